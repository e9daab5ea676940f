/* A day in which one symbol is traded, without fees. */
#ifndef TW_TEST_FOLD_KIT_H
#define TW_TEST_FOLD_KIT_H

#include "events.h"
#include "harness.h"

static struct day day;

static inline void open_average(void) {
    day_open(&day, TW_COST_METHOD_AVERAGE);
}

static inline void close_day(void) {
    day_close(&day);
}

static inline void buy(const char *exec_id, const char *qty, const char *price) {
    day_add(&day, event_fill(exec_id, "TSLA", TW_ACTION_BUY, qty, price, "0"));
}

static inline void sell(const char *exec_id, const char *qty, const char *price) {
    day_add(&day, event_fill(exec_id, "TSLA", TW_ACTION_SELL, qty, price, "0"));
}

#endif
