/* tradewal bench: eight threads that each append an event and wait until it is durable, beside one
 * raw thread and beside LMDB. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench_engine.h"
#include "bench_out.h"

enum { THREADS = 8, ROUND_SHARE = 4, GROUP = 10 };

#define ALONE_NS  INT64_C(200000000)
#define SHARED_NS INT64_C(500000000)

/* One thread of those that share a store. */
struct hand {
    pthread_t thread;
    tw_store *store;
    _Atomic uint64_t *next; /* number of the next ten events nobody has taken */
    int64_t end_ns;
    uint64_t done;
    struct samples us;
};

/* Ten events belong together (an order and its fills), so a thread takes ten. */
static void *append_and_wait(void *self) {
    struct hand *hand = self;
    struct load *load = tw_load_new();
    while (tw_bench_now_ns() < hand->end_ns) {
        tw_load_make(load, atomic_fetch_add(hand->next, GROUP), GROUP);
        for (size_t i = 0; i < GROUP; i++) {
            tw_error why = {0};
            uint64_t seq = 0;
            int64_t began_ns = tw_bench_now_ns();
            if (tw_append(hand->store, &load->events[i], &seq, &why) != 0 ||
                tw_wait(hand->store, seq, -1, &why) != 0)
                tw_bench_die_of(&why);
            tw_samples_add(&hand->us, (double)(tw_bench_now_ns() - began_ns) / 1000);
            hand->done++;
        }
    }
    tw_load_free(load);
    return NULL;
}

/* Events a second of all threads together; which share of the processors they kept busy. */
static double run_shared(tw_store *store, _Atomic uint64_t *next, struct samples *all,
                         struct samples *busy) {
    struct hand hands[THREADS] = {0};
    int64_t began_ns = tw_bench_now_ns();
    double processor = tw_bench_processor_seconds();
    uint64_t done = 0;
    for (size_t i = 0; i < THREADS; i++) {
        hands[i].store = store;
        hands[i].next = next;
        hands[i].end_ns = began_ns + SHARED_NS;
        if (pthread_create(&hands[i].thread, NULL, append_and_wait, &hands[i]) != 0)
            tw_bench_die("a thread could not be started");
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(hands[i].thread, NULL);
        done += hands[i].done;
        for (size_t at = 0; at < hands[i].us.count; at++)
            tw_samples_add(all, hands[i].us.values[at]);
        tw_samples_free(&hands[i].us);
    }
    double took_s = (double)(tw_bench_now_ns() - began_ns) / 1e9;
    tw_samples_add(busy, 100 * (tw_bench_processor_seconds() - processor) / took_s /
                             (double)sysconf(_SC_NPROCESSORS_ONLN));
    return (double)done / took_s;
}

static double run_alone(const struct engine *engine, void *self, struct load *load,
                        uint64_t *next) {
    int64_t began_ns = tw_bench_now_ns(), now_ns = began_ns;
    uint64_t done = 0;
    for (; now_ns < began_ns + ALONE_NS; now_ns = tw_bench_now_ns(), done++) {
        tw_load_make(load, (*next)++, 1);
        engine->append(self, load);
    }
    return (double)done * 1e9 / (double)(now_ns - began_ns);
}

static void *open_engine(const struct engine *engine, const struct bench *bench, const char *name) {
    const char *absent = NULL;
    char *path = tw_bench_path(bench, name);
    void *self = engine->open(engine, bench, path, &absent);
    free(path);
    return self;
}

void tw_bench_threads(const struct bench *bench) {
    const struct engine *raw = &tw_engine_floor_tail, *lmdb = &tw_engine_lmdb;
    struct samples raw_rate = {0}, lmdb_rate = {0}, rate = {0}, times_raw = {0}, times_lmdb = {0};
    struct samples us = {0}, busy = {0};
    uint64_t raw_next = 0, lmdb_next = 0, rounds = bench->rounds / ROUND_SHARE + 1;
    _Atomic uint64_t next = 0;
    struct bench_target none = {0};
    tw_bench_part("threads", "8 threads, each appends an event and waits until it is durable",
                  NULL);
    void *raw_self = open_engine(raw, bench, "threads-raw");
    void *lmdb_self = open_engine(lmdb, bench, "threads-lmdb");
    void *ours = open_engine(&tw_engine_group, bench, "threads");
    struct load *load = tw_load_new();
    for (uint64_t round = 0; round < rounds; round++) {
        double alone = run_alone(raw, raw_self, load, &raw_next);
        double beside = run_alone(lmdb, lmdb_self, load, &lmdb_next);
        double shared = run_shared(tw_engine_store(ours), &next, &us, &busy);
        tw_engine_group.settle(ours);
        tw_samples_add(&raw_rate, alone);
        tw_samples_add(&lmdb_rate, beside);
        tw_samples_add(&rate, shared);
        tw_samples_add(&times_raw, shared / alone);
        tw_samples_add(&times_lmdb, shared / beside);
        tw_bench_progress(round + 1, rounds);
    }
    tw_bench_row("one raw thread, write + flush", tw_samples_median(&raw_rate), "events/s", none);
    tw_bench_row("LMDB, a transaction per event", tw_samples_median(&lmdb_rate), "events/s", none);
    tw_bench_row("tradewal, 8 threads, append + wait", tw_samples_median(&rate), "events/s", none);
    tw_bench_row("the same, times one raw thread", tw_samples_median(&times_raw), "x",
                 (struct bench_target){TARGET_AT_LEAST, 2.5});
    tw_bench_row("the same, times LMDB", tw_samples_median(&times_lmdb), "x",
                 (struct bench_target){TARGET_AT_LEAST, 5});
    tw_bench_row("processors kept busy by that, share of all", tw_samples_median(&busy), "%", none);
    tw_bench_part("threads", "Of one of the 8 threads", "");
    struct latency latency = tw_bench_latency_of(&us);
    tw_bench_latency_row("tradewal, append + wait", &latency, none, none);
    raw->close(raw_self);
    lmdb->close(lmdb_self);
    tw_engine_group.close(ours);
    tw_load_free(load);
    struct samples *all[] = {&raw_rate, &lmdb_rate, &rate, &times_raw, &times_lmdb, &us, &busy};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        tw_samples_free(all[i]);
}
