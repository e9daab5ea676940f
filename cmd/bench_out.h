/* What tradewal bench prints: rows as they are measured, as a table or as JSON lines. The bench
 * runs in a process of its own that ends where something fails, so nothing here returns an error.
 */
#ifndef TW_CMD_BENCH_OUT_H
#define TW_CMD_BENCH_OUT_H

#include <stdint.h>

#include "bench_stat.h"
#include "out.h"

/* What a value is meant to be: at most or at least a limit, or just to be told. */
struct bench_target {
    enum { TARGET_NONE, TARGET_AT_MOST, TARGET_AT_LEAST } sense;
    double limit;
};

/* Of one engine: microseconds, and how many times the floor they are. NaN: not told. */
struct latency {
    double p50_us, p99_us, p999_us;
    double ratio_p50, ratio_p99;
};

void tw_bench_out_start(enum format format);

/* Too little is measured for the targets: these words stand where they would be judged. */
void tw_bench_out_short(const char *unjudged);

/* A line at the top: where and when this is. */
void tw_bench_fact(const char *row, const char *text);

/* The rows behind it belong to this part. `times`: they are latencies, and this is what their
 * ratios are called; NULL: they are single values. */
void tw_bench_part(const char *part, const char *title, const char *times);

/* Of the targets of this part: behind one that is missed it says why that may be. */
void tw_bench_part_doubt(const char *doubt);

void tw_bench_row(const char *row, double value, const char *unit, struct bench_target target);
void tw_bench_latency_row(const char *row, const struct latency *latency,
                          struct bench_target target_p50, struct bench_target target_p99);
/* A row that cannot be had here, and why. */
void tw_bench_absent_row(const char *row, const char *why);

struct latency tw_bench_latency_of(struct samples *samples); /* without ratios */

/* How far the part is, on a terminal and only when the part takes a while. */
void tw_bench_progress(uint64_t done, uint64_t total);

_Noreturn void tw_bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void tw_bench_die_of(const tw_error *why);

#endif
