/* The day that tradewal bench writes: in ten events five bars, two fills, an order, a result and a
 * count, in 200 symbols. The same number gives the same event. */
#ifndef TW_CMD_BENCH_DAY_H
#define TW_CMD_BENCH_DAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tradewal.h"

enum {
    BENCH_SYMBOLS = 200,
    BENCH_BATCH = 512,
    BENCH_DATE = 20251006,
    BENCH_EVENTS_MAX = 2000000 /* 20 ms apart they still fit into one trading date */
};

/* What one append writes: events for tradewal, and the same as record bytes for everybody else,
 * made beforehand so that only the append itself is timed. */
struct load {
    uint64_t number; /* of the first event: the day's begins with 0 */
    size_t count;
    tw_event events[BENCH_BATCH];
    struct buffer bytes; /* the records, one behind the other */
    size_t starts[BENCH_BATCH + 1];
    char symbol[BENCH_BATCH][16], exec_id[BENCH_BATCH][32], order_ref[BENCH_BATCH][32];
};

struct load *tw_load_new(void);
void tw_load_free(struct load *load);

/* Fills in `count` (at most BENCH_BATCH) events of the day. */
void tw_load_make(struct load *load, uint64_t number, size_t count);
/* The same, all of them bars, a minute of each symbol after the other. */
void tw_load_make_bars(struct load *load, uint64_t number, size_t count);
/* Empties it and takes records as they come, without events. */
void tw_load_clear(struct load *load, uint64_t number);
void tw_load_add_record(struct load *load, const tw_event *event);

/* How many bytes tradewal's intake takes for the load: one frame with all its records. */
size_t tw_load_frame_bytes(const struct load *load);

#endif
