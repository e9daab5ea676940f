/* tradewal bench: how long an append takes, durable, crash-safe and in batches, beside its floor
 * and beside the stores a trader would take instead. */
#include <stdio.h>

#include "bench_rounds.h"

enum { FLOOR = 0, FLOOR_PACED = 1 };

/* Blocks are short where an append waits for the disk, longer where it takes a microsecond: the
 * tails of those need more of them. Paced is 1,000 events a second. */
static const struct stint flushed = {1, 40, 0}, written = {1, 400, 0}, paced = {1, 200, 1000000};

static const struct contender durable[] = {
    {"floor: write + flush, shared tail block", &tw_engine_floor_tail, &flushed, FLOOR, 0, 0},
    {"floor: write + flush, own block", &tw_engine_floor_block, &flushed, FLOOR, 0, 0},
    {"tradewal, each event flushed", &tw_engine_each, &flushed, FLOOR, 1.1, 1.6},
    {"tradewal, the same, committing all the time", &tw_engine_each_busy, &flushed, FLOOR, 0, 0},
    {"LMDB, a transaction per event", &tw_engine_lmdb, &flushed, FLOOR, 0, 0},
    {"SQLite WAL, synchronous FULL", &tw_engine_sqlite_full, &flushed, FLOOR, 0, 0},
    {"JSON file of 2 KB, fsync, rename", &tw_engine_json, &flushed, FLOOR, 0, 0},
    {"RocksDB, sync", &tw_engine_rocksdb_sync, &flushed, FLOOR, 0, 0},
    {"RocksDB, sync, log recycled", &tw_engine_rocksdb_recycled, &flushed, FLOOR, 0, 0},
};

static const struct contender safe[] = {
    {"floor: write alone", &tw_engine_floor_bare, &written, FLOOR, 0, 0},
    {"floor: write alone, 1 kHz", &tw_engine_floor_bare, &paced, FLOOR_PACED, 0, 0},
    {"tradewal, group mode, burst", &tw_engine_group, &written, FLOOR, 1.3, 0},
    {"tradewal, group mode, 1 kHz", &tw_engine_group, &paced, FLOOR_PACED, 1.3, 0},
    {"SQLite WAL, synchronous NORMAL", &tw_engine_sqlite_normal, &written, FLOOR, 0, 0},
    {"RocksDB, no sync", &tw_engine_rocksdb_async, &written, FLOOR, 0, 0},
};

void tw_bench_latency(const struct bench *bench) {
    tw_bench_part("durable", "Append of one event that survives loss of power", "x floor");
    tw_rounds_run(bench, "durable", durable, sizeof durable / sizeof durable[0]);
    tw_bench_part("safe", "Append of one event that survives the death of the process", "x floor");
    tw_rounds_run(bench, "safe", safe, sizeof safe / sizeof safe[0]);
}

void tw_bench_batches(const struct bench *bench) {
    static const struct stint stints[] = {{2, 20, 0}, {8, 20, 0}, {64, 10, 0}, {BENCH_BATCH, 4, 0}};
    enum { SIZES = sizeof stints / sizeof stints[0], ROW_BYTES = 48 };
    struct contender contenders[2 * SIZES];
    char rows[2 * SIZES][ROW_BYTES];
    for (size_t i = 0; i < SIZES; i++) {
        size_t floor = 2 * i, ours = floor + 1;
        snprintf(rows[floor], ROW_BYTES, "floor: write + flush, the bytes of %zu", stints[i].batch);
        snprintf(rows[ours], ROW_BYTES, "tradewal, a batch of %zu", stints[i].batch);
        contenders[floor] =
            (struct contender){rows[floor], &tw_engine_floor_tail, &stints[i], floor, 0, 0};
        contenders[ours] =
            (struct contender){rows[ours], &tw_engine_each, &stints[i], floor, 1.25, 0};
    }
    tw_bench_part("batches", "Append of a batch that survives loss of power", "x floor");
    tw_rounds_run(bench, "batches", contenders, 2 * SIZES);
}
