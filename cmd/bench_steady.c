/* tradewal bench: a steady stream of events in group mode. What checkpoints do to its appends, and
 * what it costs in processor time and in bytes to the disk. */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench_engine.h"
#include "bench_out.h"

enum { SLICE_SHARE = 8, BARS = 120 * BENCH_SYMBOLS, ROUNDS_A_SECOND = 8 };

#define FAST_NS   INT64_C(200000) /* 5,000 events a second: more appends meet a checkpoint */
#define STEADY_NS INT64_C(1000000)
#define SLICE_NS  INT64_C(500000000)
#define SECOND_NS INT64_C(1000000000)

/* ---- checkpoints ---------------------------------------------------------------------------- */

/* A thread that takes one checkpoint after the other. `turns` is odd while one is running. */
struct checkpointer {
    pthread_t thread;
    tw_store *store;
    _Atomic uint64_t turns;
    _Atomic int stopping;
};

static void *take_checkpoints(void *self) {
    struct checkpointer *taker = self;
    while (!atomic_load(&taker->stopping)) {
        tw_error why = {0};
        atomic_fetch_add(&taker->turns, 1);
        if (tw_checkpoint(taker->store, NULL, &why) != 0)
            tw_bench_die_of(&why);
        atomic_fetch_add(&taker->turns, 1);
    }
    return NULL;
}

/* Appends at a steady pace for a while; of a slice with a checkpointer only the appends count that
 * met a checkpoint. */
static void run_slice(void *ours, struct load *load, uint64_t *number, struct checkpointer *taker,
                      struct samples *ret_us) {
    int64_t due_ns = tw_bench_now_ns(), end_ns = due_ns + SLICE_NS;
    while (tw_bench_now_ns() < end_ns) {
        tw_load_make_bars(load, (*number)++, 1);
        tw_bench_sleep_until(due_ns += FAST_NS);
        uint64_t turns = taker ? atomic_load(&taker->turns) : 1;
        int64_t began_ns = tw_bench_now_ns();
        tw_engine_group.append(ours, load);
        double took_us = (double)(tw_bench_now_ns() - began_ns) / 1000;
        if (turns % 2 == 1 || (taker && atomic_load(&taker->turns) != turns))
            tw_samples_add(ret_us, took_us);
    }
}

static void run_beside_checkpoints(void *ours, struct load *load, uint64_t *number,
                                   struct samples *ret_us) {
    struct checkpointer taker = {.store = tw_engine_store(ours)};
    if (pthread_create(&taker.thread, NULL, take_checkpoints, &taker) != 0)
        tw_bench_die("a thread could not be started");
    run_slice(ours, load, number, &taker, ret_us);
    atomic_store(&taker.stopping, 1);
    pthread_join(taker.thread, NULL);
}

/* A state as large as the bars of a day make it. */
static uint64_t fill_bars(void *ours, struct load *load) {
    uint64_t number = 0;
    while (number < BARS) {
        size_t count = BARS - number < BENCH_BATCH ? BARS - number : BENCH_BATCH;
        tw_load_make_bars(load, number, count);
        tw_engine_group.append(ours, load);
        number += count;
    }
    tw_engine_group.settle(ours);
    return number;
}

static void *open_group(const struct bench *bench, const char *name) {
    const char *absent = NULL;
    char *path = tw_bench_path(bench, name);
    void *ours = tw_engine_group.open(&tw_engine_group, bench, path, &absent);
    free(path);
    return ours;
}

void tw_bench_checkpoints(const struct bench *bench) {
    struct samples with = {0}, without = {0};
    struct bench_target none = {0};
    uint64_t slices = bench->rounds / SLICE_SHARE + 1;
    tw_bench_part("checkpoints",
                  "Append in group mode while checkpoints are taken: 200 symbols, "
                  "120 bars each, 5,000 events/s",
                  "x alone");
    struct load *load = tw_load_new();
    void *ours = open_group(bench, "checkpoints");
    uint64_t number = fill_bars(ours, load);
    for (uint64_t slice = 0; slice < slices; slice++) {
        run_slice(ours, load, &number, NULL, &without);
        run_beside_checkpoints(ours, load, &number, &with);
        tw_bench_progress(slice + 1, slices);
    }
    struct latency alone = tw_bench_latency_of(&without), beside = tw_bench_latency_of(&with);
    beside.ratio_p50 = beside.p50_us / alone.p50_us;
    beside.ratio_p99 = beside.p99_us / alone.p99_us;
    tw_bench_latency_row("no checkpoint running", &alone, none, none);
    tw_bench_latency_row("a checkpoint running", &beside, none,
                         (struct bench_target){TARGET_AT_MOST, 2});
    tw_engine_group.close(ours);
    tw_load_free(load);
    tw_samples_free(&with);
    tw_samples_free(&without);
}

/* ---- processor time and bytes --------------------------------------------------------------- */

double tw_bench_processor_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double tw_bench_written_bytes(void) {
    FILE *file = fopen("/proc/self/io", "r");
    char line[128];
    uint64_t bytes = 0;
    int is_known = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "write_bytes: %" SCNu64, &bytes) == 1)
            is_known = 1;
    if (file)
        fclose(file);
    return is_known ? (double)bytes : NAN;
}

void tw_bench_cpu(const struct bench *bench) {
    uint64_t seconds = bench->rounds / ROUNDS_A_SECOND + 1, number = 0;
    static const char bytes_row[] = "bytes to the disk for an event";
    tw_bench_part("cpu", "A steady 1,000 events/s in group mode", NULL);
    struct load *load = tw_load_new();
    void *ours = open_group(bench, "steady");
    int64_t began_ns = tw_bench_now_ns(), due_ns = began_ns;
    double processor = tw_bench_processor_seconds(), written = tw_bench_written_bytes();
    while (due_ns < began_ns + (int64_t)seconds * SECOND_NS) {
        tw_load_make(load, number++, 1);
        tw_bench_sleep_until(due_ns += STEADY_NS);
        tw_engine_group.append(ours, load);
        tw_bench_progress(number / 1000, seconds);
    }
    double took_s = (double)(tw_bench_now_ns() - began_ns) / 1e9;
    processor = tw_bench_processor_seconds() - processor;
    written = tw_bench_written_bytes() - written;
    tw_bench_row("processor time, share of one core", 100 * processor / took_s, "%",
                 (struct bench_target){TARGET_AT_MOST, 5});
    if (isnan(written))
        tw_bench_absent_row(bytes_row, "/proc/self/io cannot be read here");
    else
        tw_bench_row(bytes_row, written / (double)number, "bytes",
                     (struct bench_target){TARGET_AT_MOST, 1024});
    tw_engine_group.close(ours);
    tw_load_free(load);
}
