/* Time, order and spread of measured values, for tradewal bench. */
#ifndef TW_CMD_BENCH_STAT_H
#define TW_CMD_BENCH_STAT_H

#include <stddef.h>
#include <stdint.h>

int64_t tw_bench_now_ns(void); /* monotonic */
void tw_bench_sleep_until(int64_t time_ns);

/* Measured values, in any order. Zeroed is empty. */
struct samples {
    double *values;
    size_t count, capacity;
};

void tw_samples_add(struct samples *samples, double value);
void tw_samples_free(struct samples *samples);
/* The value that a share (0 to 1) of all stays below; NaN of none. Sorts them. */
double tw_samples_quantile(struct samples *samples, double share);
double tw_samples_median(struct samples *samples);

/* 0 to count - 1 in an order that only the seed decides. */
void tw_bench_shuffle(uint64_t *random, size_t *order, size_t count);

#endif
