/* tradewal bench: what an append makes the machine do. Flushes of the disk and bytes to it, which
 * another machine repeats, and the processor time of the thread that appends: where a ratio to the
 * floor is missed, it says how much of the miss is computing. */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "bench_engine.h"
#include "bench_out.h"

enum { ROUND_SHARE = 4, PATH_BYTES = 64 };

/* What is measured, and in which state an append finds the processor. */
struct subject {
    const char *row;
    const struct engine *engine;
    size_t batch, block;
    int64_t pace_ns;
    double most_flushes; /* is meant to be at most this; 0: just told */
};

#define STEADY_NS INT64_C(1000000)

static const struct subject subjects[] = {
    {"floor: write + flush", &tw_engine_floor_tail, 1, 500, 0, 0},
    {"tradewal, each event flushed", &tw_engine_each, 1, 500, 0, 1.1},
    {"LMDB, a transaction per event", &tw_engine_lmdb, 1, 500, 0, 0},
    {"SQLite WAL, synchronous FULL", &tw_engine_sqlite_full, 1, 500, 0, 0},
    {"JSON file of 2 KB, fsync, rename", &tw_engine_json, 1, 500, 0, 0},
    {"RocksDB, sync", &tw_engine_rocksdb_sync, 1, 500, 0, 0},
    {"floor: write + flush, the bytes of 64", &tw_engine_floor_tail, 64, 100, 0, 0},
    {"tradewal, a batch of 64", &tw_engine_each, 64, 100, 0, 1.1},
    {"floor: write + flush, the bytes of 512", &tw_engine_floor_tail, 512, 20, 0, 0},
    {"tradewal, a batch of 512", &tw_engine_each, 512, 20, 0, 1.1},
    {"floor: write alone", &tw_engine_floor_bare, 1, 1000, 0, 0},
    {"tradewal, group mode, burst", &tw_engine_group, 1, 1000, 0, 0},
    {"floor: write alone, 1 kHz", &tw_engine_floor_bare, 1, 100, STEADY_NS, 0},
    {"tradewal, group mode, 1 kHz", &tw_engine_group, 1, 100, STEADY_NS, 0},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

/* Counters of the machine; NaN where it does not tell. */
struct meters {
    double flushes;   /* of the whole disk, whoever asked for them */
    double bytes;     /* that this process made the system write */
    double thread_us; /* processor time of this thread, in the program and in the system */
};

struct measured {
    void *self; /* NULL: not on this machine */
    const char *absent;
    uint64_t number;
    struct samples flushes, bytes, thread_us, wall_us;
};

/* What this thread has computed so far. A clock of the thread's own: rusage counts in ticks on
 * some systems. */
static double thread_microseconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

/* The sixteenth number of a block device's `stat` counts its flushes (Linux 5.5 and later;
 * Documentation/block/stat.rst). Some devices have none: those without a cache, those that are no
 * block device. */
static double disk_flushes(const char *folder) {
    char path[PATH_BYTES];
    struct stat about;
    uint64_t flushes = 0;
    int fields = 0;
    if (stat(folder, &about) != 0)
        return NAN;
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/stat", major(about.st_dev),
             minor(about.st_dev));
    FILE *file = fopen(path, "r");
    if (!file)
        return NAN;
    while (fields < 16 && fscanf(file, "%" SCNu64, &flushes) == 1)
        fields++;
    fclose(file);
    return fields == 16 ? (double)flushes : NAN;
}

static struct meters read_meters(const struct bench *bench) {
    return (struct meters){.flushes = disk_flushes(bench->folder),
                           .bytes = tw_bench_written_bytes(),
                           .thread_us = thread_microseconds()};
}

/* Processor time is that of the appends alone. What tradewal does behind them goes on meanwhile, as
 * it would in a host: its flushes and bytes count. */
static void run_block(const struct bench *bench, const struct subject *subject,
                      struct measured *measured, struct load *load) {
    struct meters spent = {0};
    double wall_us = 0;
    struct meters began = read_meters(bench);
    int64_t due_ns = tw_bench_now_ns();
    for (size_t i = 0; i < subject->block; i++) {
        tw_load_make(load, measured->number, subject->batch);
        measured->number += subject->batch;
        if (subject->pace_ns)
            tw_bench_sleep_until(due_ns += subject->pace_ns);
        int64_t began_ns = tw_bench_now_ns();
        double before_us = thread_microseconds();
        subject->engine->append(measured->self, load);
        spent.thread_us += thread_microseconds() - before_us;
        wall_us += (double)(tw_bench_now_ns() - began_ns) / 1e3;
    }
    struct meters ended = read_meters(bench);
    double appends = (double)subject->block;
    tw_samples_add(&measured->flushes, (ended.flushes - began.flushes) / appends);
    tw_samples_add(&measured->bytes, (ended.bytes - began.bytes) / appends);
    tw_samples_add(&measured->thread_us, spent.thread_us / appends);
    tw_samples_add(&measured->wall_us, wall_us / appends);
    if (subject->engine->settle)
        subject->engine->settle(measured->self);
}

static void open_all(const struct bench *bench, struct measured *measured) {
    for (size_t i = 0; i < SUBJECTS; i++) {
        char name[PATH_BYTES];
        snprintf(name, sizeof name, "costs-%zu", i);
        char *path = tw_bench_path(bench, name);
        const struct engine *engine = subjects[i].engine;
        measured[i].self = engine->open(engine, bench, path, &measured[i].absent);
        free(path);
    }
}

static void print_section(const char *part, const char *title, struct measured *measured, size_t at,
                          const char *unit, const char *absent) {
    int flushes = at == offsetof(struct measured, flushes);
    tw_bench_part(part, title, NULL);
    if (flushes)
        tw_bench_part_doubt(" (may count flushes of others)");
    for (size_t i = 0; i < SUBJECTS; i++) {
        double value = NAN;
        if (measured[i].self)
            value = tw_samples_median((struct samples *)((char *)&measured[i] + at));
        struct bench_target target = {0};
        if (flushes && subjects[i].most_flushes > 0)
            target = (struct bench_target){TARGET_AT_MOST, subjects[i].most_flushes};
        if (!measured[i].self)
            tw_bench_absent_row(subjects[i].row, measured[i].absent);
        else if (isnan(value))
            tw_bench_absent_row(subjects[i].row, absent);
        else
            tw_bench_row(subjects[i].row, value, unit, target);
    }
}

void tw_bench_costs(const struct bench *bench) {
    struct measured measured[SUBJECTS] = {0};
    size_t order[SUBJECTS];
    uint64_t random = bench->seed, rounds = bench->rounds / ROUND_SHARE + 1;
    struct load *load = tw_load_new();
    open_all(bench, measured);
    for (uint64_t round = 0; round < rounds; round++) {
        tw_bench_shuffle(&random, order, SUBJECTS);
        for (size_t i = 0; i < SUBJECTS; i++)
            if (measured[order[i]].self)
                run_block(bench, &subjects[order[i]], &measured[order[i]], load);
        tw_bench_progress(round + 1, rounds);
    }
    print_section("flushes", "Flushes of the disk for an append, those of others too", measured,
                  offsetof(struct measured, flushes), "flushes",
                  "the system counts no flushes of this disk");
    print_section("bytes", "Bytes to the disk for an append", measured,
                  offsetof(struct measured, bytes), "bytes", "/proc/self/io cannot be read here");
    print_section("processor", "Processor time of the appending thread for an append", measured,
                  offsetof(struct measured, thread_us), "us", "");
    print_section("time", "Time of an append, mean of a long block", measured,
                  offsetof(struct measured, wall_us), "us", "");
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (measured[i].self)
            subjects[i].engine->close(measured[i].self);
        tw_samples_free(&measured[i].flushes);
        tw_samples_free(&measured[i].bytes);
        tw_samples_free(&measured[i].thread_us);
        tw_samples_free(&measured[i].wall_us);
    }
    tw_load_free(load);
}
