/* Time, order and spread of measured values, for tradewal bench. */
#include "bench_stat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "bench_out.h"

enum { NS_PER_S = 1000000000 };

int64_t tw_bench_now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

void tw_bench_sleep_until(int64_t time_ns) {
    struct timespec time = {time_ns / NS_PER_S, time_ns % NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        continue;
}

void tw_samples_add(struct samples *samples, double value) {
    if (tw_array_reserve((void **)&samples->values, &samples->capacity, samples->count + 1,
                         sizeof *samples->values) != 0)
        tw_bench_die("memory could not be allocated for what was measured");
    samples->values[samples->count++] = value;
}

void tw_samples_free(struct samples *samples) {
    free(samples->values);
    *samples = (struct samples){0};
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double tw_samples_quantile(struct samples *samples, double share) {
    if (samples->count == 0)
        return NAN;
    qsort(samples->values, samples->count, sizeof *samples->values, compare);
    size_t index = (size_t)(share * (double)samples->count);
    return samples->values[index < samples->count ? index : samples->count - 1];
}

double tw_samples_median(struct samples *samples) {
    double upper = tw_samples_quantile(samples, 0.5);
    size_t half = samples->count / 2;
    if (samples->count == 0 || samples->count % 2)
        return upper;
    return (samples->values[half - 1] + upper) / 2;
}

/* splitmix64: every seed, 0 too, gives a good sequence. */
static uint64_t next_random(uint64_t *random) {
    uint64_t mixed = *random += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

void tw_bench_shuffle(uint64_t *random, size_t *order, size_t count) {
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = next_random(random) % i;
        size_t moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
}
