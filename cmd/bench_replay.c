/* tradewal bench: folding a whole day, starting from a snapshot, and the size of the file. The
 * peers hold the same records, and decode, check, chain and fold them with the same functions. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "bench_journal.h"
#include "bench_out.h"
#include "core/codec.h"
#include "core/fold.h"

enum { TAIL_SHARE = 100, SHORT_SHARE = 10, ROUND_SHARE = 2 };

/* ---- a peer with the day in it -------------------------------------------------------------- */

struct fold_run {
    struct decoder decoder;
    struct state *state;
    tw_event event;
    int without_chain;
    uint8_t digest[TW_DIGEST_BYTES];
};

static void fold_record(void *to, const void *record, size_t size) {
    struct fold_run *run = to;
    tw_error why = {0};
    if (tw_record_decode(&run->decoder, record, size, &run->event, &why) != 0 ||
        tw_fold_decoded(run->state, &run->event, &why) != 0)
        tw_bench_die_of(&why);
    if (!run->without_chain)
        tw_chain(run->digest, record, size, run->digest);
}

static double replay_peer(const struct engine *engine, void *self, int without_chain) {
    struct fold_run run = {.event = {.size = sizeof run.event}, .without_chain = without_chain};
    int64_t began_ns = tw_bench_now_ns();
    if (tw_state_new(&run.state) != 0)
        tw_bench_die("memory could not be allocated for a state");
    engine->read(self, fold_record, &run);
    double took_s = (double)(tw_bench_now_ns() - began_ns) / 1e9;
    tw_state_free(run.state);
    tw_decoder_free(&run.decoder);
    return took_s;
}

/* The stores beside tradewal, the flat file first. */
static const struct peer {
    const struct engine *engine;
    const char *name, *rate_row, *times_row;
    double least;
} peers[] = {
    {&tw_engine_flat, "flat", "the same records from a mapped flat file; one thread",
     "replay, times the flat file", 0.8},
    {&tw_engine_sqlite_normal, "sqlite", "the same records from SQLite; one thread",
     "replay, times SQLite", 1.3},
    {&tw_engine_rocksdb_async, "rocksdb", "the same records from RocksDB; one thread",
     "replay, times RocksDB", 2},
};

enum { FLAT, PEERS = sizeof peers / sizeof peers[0] };

/* One of them with the day in it, and what it took. */
struct shelf {
    void *self; /* NULL: not on this machine */
    const char *absent;
    struct samples took_s, times;
};

static void walk(const char *path, void (*take)(void *to, const tw_event *event), void *to) {
    tw_journal *journal = NULL;
    tw_cursor *cursor = NULL;
    tw_error why = {0};
    tw_event event = {.size = sizeof event};
    if (tw_journal_open(path, &journal, &why) != 0 ||
        tw_cursor_open(journal, BENCH_DATE, 0, &cursor, &why) != 0)
        tw_bench_die_of(&why);
    int found;
    while ((found = tw_cursor_next(cursor, &event, &why)) > 0)
        take(to, &event);
    if (found < 0)
        tw_bench_die_of(&why);
    tw_cursor_close(cursor);
    tw_journal_close(journal);
}

struct copy {
    struct shelf *shelves;
    struct load *load;
};

static void put_into_shelves(struct copy *copy) {
    if (copy->load->count == 0)
        return;
    for (size_t i = 0; i < PEERS; i++)
        if (copy->shelves[i].self)
            peers[i].engine->append(copy->shelves[i].self, copy->load);
}

static void copy_event(void *to, const tw_event *event) {
    struct copy *copy = to;
    if (copy->load->count == BENCH_BATCH) {
        put_into_shelves(copy);
        tw_load_clear(copy->load, event->seq - 1);
    }
    tw_load_add_record(copy->load, event);
}

static void fill_shelves(const struct bench *bench, const char *journal, struct shelf *shelves) {
    struct copy copy = {.shelves = shelves, .load = tw_load_new()};
    for (size_t i = 0; i < PEERS; i++) {
        char *path = tw_bench_path(bench, peers[i].name);
        shelves[i].self = peers[i].engine->open(peers[i].engine, bench, path, &shelves[i].absent);
        free(path);
    }
    tw_load_clear(copy.load, 0);
    walk(journal, copy_event, &copy);
    put_into_shelves(&copy);
    tw_load_free(copy.load);
}

/* ---- tradewal ------------------------------------------------------------------------------- */

static double replay_journal(const char *path) {
    tw_journal *journal = NULL;
    tw_state *state = NULL;
    tw_error why = {0};
    if (tw_journal_open(path, &journal, &why) != 0)
        tw_bench_die_of(&why);
    int64_t began_ns = tw_bench_now_ns();
    if (tw_journal_state(journal, BENCH_DATE, 0, 0, &state, NULL, &why) != 0)
        tw_bench_die_of(&why);
    double took_s = (double)(tw_bench_now_ns() - began_ns) / 1e9;
    tw_state_free(state);
    tw_journal_close(journal);
    return took_s;
}

static double open_from_snapshot(const char *path, uint64_t tail) {
    enum { SESSION_RECORDS = 8 }; /* at most, behind the tail */
    tw_journal *journal = NULL;
    tw_state *state = NULL;
    tw_error why = {0};
    tw_recovery recovery = {.size = sizeof recovery};
    int64_t began_ns = tw_bench_now_ns();
    if (tw_journal_open(path, &journal, &why) != 0 ||
        tw_journal_state(journal, BENCH_DATE, 0, 0, &state, &recovery, &why) != 0)
        tw_bench_die_of(&why);
    double took_s = (double)(tw_bench_now_ns() - began_ns) / 1e9;
    if (recovery.replayed < tail || recovery.replayed > tail + SESSION_RECORDS)
        tw_bench_die("%llu records were folded, expected the %llu after the snapshot",
                     (unsigned long long)recovery.replayed, (unsigned long long)tail);
    tw_state_free(state);
    tw_journal_close(journal);
    return took_s;
}

/* ---- rows ----------------------------------------------------------------------------------- */

struct times {
    struct samples ours_s, start_s, short_s, share, growth, chainless;
};

/* One after the other in an order drawn anew: tradewal last of the indexes. */
static double run_one(size_t index, const char *path, const struct shelf *shelves) {
    if (index == PEERS)
        return replay_journal(path);
    return shelves[index].self ? replay_peer(peers[index].engine, shelves[index].self, 0) : 0;
}

static void run_rounds(const struct bench *bench, const char *const paths[2], uint64_t tail,
                       struct shelf *shelves, struct times *times) {
    uint64_t rounds = bench->rounds / ROUND_SHARE + 1, random = bench->seed;
    for (uint64_t round = 0; round < rounds; round++) {
        size_t order[PEERS + 1];
        double took_s[PEERS + 1];
        tw_bench_shuffle(&random, order, PEERS + 1);
        for (size_t i = 0; i <= PEERS; i++)
            took_s[order[i]] = run_one(order[i], paths[0], shelves);
        double ours = took_s[PEERS];
        double chainless = replay_peer(peers[FLAT].engine, shelves[FLAT].self, 1);
        double start = open_from_snapshot(paths[0], tail);
        double brief = open_from_snapshot(paths[1], tail);
        tw_samples_add(&times->ours_s, ours);
        tw_samples_add(&times->start_s, start);
        tw_samples_add(&times->short_s, brief);
        tw_samples_add(&times->share, 100 * start / ours);
        tw_samples_add(&times->growth, start / brief);
        tw_samples_add(&times->chainless, chainless / ours);
        for (size_t i = 0; i < PEERS; i++) {
            tw_samples_add(&shelves[i].took_s, took_s[i]);
            tw_samples_add(&shelves[i].times, took_s[i] / ours);
        }
        tw_bench_progress(round + 1, rounds);
    }
}

static void print_shelves(struct shelf *shelves, uint64_t events) {
    for (size_t i = 0; i < PEERS; i++) {
        struct shelf *shelf = &shelves[i];
        if (!shelf->self) {
            tw_bench_absent_row(peers[i].rate_row, shelf->absent);
            tw_bench_absent_row(peers[i].times_row, shelf->absent);
            continue;
        }
        tw_bench_row(peers[i].rate_row, (double)events / tw_samples_median(&shelf->took_s),
                     "events/s", (struct bench_target){0});
        tw_bench_row(peers[i].times_row, tw_samples_median(&shelf->times), "x",
                     (struct bench_target){TARGET_AT_LEAST, peers[i].least});
    }
}

struct payload {
    uint64_t bytes, records;
    struct buffer record;
};

/* Keys and values that the day file holds for a record: the record by its seq, and the index of
 * executions and orders. */
static void add_payload(void *to, const tw_event *event) {
    enum { SEQ_BYTES = 8 };
    struct payload *payload = to;
    const char *exec_id = tw_event_exec_id(event);
    tw_buffer_clear(&payload->record);
    if (tw_record_encode(event, &payload->record) != 0)
        tw_bench_die("memory could not be allocated for a record");
    payload->records++;
    payload->bytes += SEQ_BYTES + payload->record.size;
    if (exec_id)
        payload->bytes += strlen(exec_id) + SEQ_BYTES;
    if (event->type == TW_TYPE_order_submitted)
        payload->bytes += strlen(event->as.order_submitted.order_ref) + SEQ_BYTES;
}

static void print_size(const char *path) {
    tw_journal *journal = NULL;
    tw_error why = {0};
    tw_day day = {.size = sizeof day};
    struct payload payload = {0};
    if (tw_journal_open(path, &journal, &why) != 0 ||
        tw_journal_day(journal, BENCH_DATE, &day, &why) != 0)
        tw_bench_die_of(&why);
    tw_journal_close(journal);
    walk(path, add_payload, &payload);
    tw_bench_row("used part of the day file, times keys and values",
                 (double)day.used_bytes / (double)payload.bytes, "x",
                 (struct bench_target){TARGET_AT_MOST, 1.2});
    tw_bench_row("keys and values of a record, mean",
                 (double)payload.bytes / (double)payload.records, "bytes",
                 (struct bench_target){0});
    tw_buffer_free(&payload.record);
}

static void print_times(struct times *times, struct shelf *shelves, uint64_t events) {
    struct bench_target none = {0};
    tw_bench_row("replay: decode, CRC, chain, fold; two threads",
                 (double)events / tw_samples_median(&times->ours_s), "events/s", none);
    print_shelves(shelves, events);
    tw_bench_row("replay, times the flat file without the chain",
                 tw_samples_median(&times->chainless), "x", none);
    tw_bench_row("open + newest snapshot + 1 % of the log",
                 1000 * tw_samples_median(&times->start_s), "ms", none);
    tw_bench_row("the same, share of a full replay", tw_samples_median(&times->share), "%",
                 (struct bench_target){TARGET_AT_MOST, 2});
    tw_bench_row("the same tail behind a tenth of the log",
                 1000 * tw_samples_median(&times->short_s), "ms", none);
    tw_bench_row("growth of the start when the log is ten times as long",
                 tw_samples_median(&times->growth), "x",
                 (struct bench_target){TARGET_AT_MOST, 1.25});
}

void tw_bench_replay(const struct bench *bench) {
    struct shelf shelves[PEERS] = {0};
    struct times times = {0};
    uint64_t tail = bench->events / TAIL_SHARE;
    char *path = tw_bench_path(bench, "day"), *path_short = tw_bench_path(bench, "day-short");
    tw_bench_part("replay", "A whole day: written, replayed, started from a snapshot", NULL);
    double rate = tw_bench_make_journal(bench, path, bench->events, tail);
    tw_bench_row("append in batches of 512, folded and committed", rate, "events/s",
                 (struct bench_target){0});
    tw_bench_make_journal(bench, path_short, bench->events / SHORT_SHARE, tail);
    fill_shelves(bench, path, shelves);
    run_rounds(bench, (const char *const[]){path, path_short}, tail, shelves, &times);
    print_times(&times, shelves, bench->events);
    print_size(path);
    for (size_t i = 0; i < PEERS; i++) {
        if (shelves[i].self)
            peers[i].engine->close(shelves[i].self);
        tw_samples_free(&shelves[i].took_s);
        tw_samples_free(&shelves[i].times);
    }
    struct samples *all[] = {&times.ours_s, &times.start_s, &times.short_s,
                             &times.share,  &times.growth,  &times.chainless};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        tw_samples_free(all[i]);
    free(path);
    free(path_short);
}
