/* What the tests of the facade share: one journal, fills in one symbol. */
#ifndef TW_TEST_STORE_FIXTURE_H
#define TW_TEST_STORE_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "journal.h"
#include "tradewal.h"

enum { MONDAY = 20251006, TUESDAY = 20251007 };

static const char *path __attribute__((unused));
static tw_error why;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, why.text)
#define FAILS(call, code)                                                                  \
    do {                                                                                   \
        int status_ = (call);                                                              \
        ck_assert_msg(status_ == (code), "%s gave %s (%s)", #call, tw_error_name(status_), \
                      why.text);                                                           \
    } while (0)

static inline void make_journal(void) {
    path = scratch_path("journal");
    tw_settings settings = {
        .size = sizeof settings, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    OK(tw_init(path, &settings, &why));
}

static inline tw_store *open_on(int64_t date) {
    tw_options options = {
        .size = sizeof options, .trading_date = date, .no_thread = 1, .checkpoint_ns = -1};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    return store;
}

/* One that nothing but a wait or a full intake makes commit. */
static inline tw_store *open_group(int64_t date) {
    tw_options options = {.size = sizeof options,
                          .trading_date = date,
                          .checkpoint_ns = -1,
                          .mode = TW_MODE_GROUP,
                          .commit_delay_ns = INT64_MAX};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    return store;
}

static inline tw_fill fill_of(const char *exec_id, int64_t action, int64_t qty,
                              int64_t price_cents) {
    return (tw_fill){.size = sizeof(tw_fill),
                     .exec_id = exec_id,
                     .symbol = "TSLA",
                     .action = action,
                     .qty_e8 = qty * TW_E8,
                     .price_e8 = price_cents * (TW_E8 / 100),
                     .fee_e8 = tw_known(TW_E8)};
}

static inline void buy(tw_store *store, const char *exec_id, int64_t qty, int64_t price_cents) {
    tw_fill fill = fill_of(exec_id, TW_ACTION_BUY, qty, price_cents);
    OK(tw_append_fill(store, &fill, NULL, &why));
}

static inline void sell(tw_store *store, const char *exec_id, int64_t qty, int64_t price_cents) {
    tw_fill fill = fill_of(exec_id, TW_ACTION_SELL, qty, price_cents);
    OK(tw_append_fill(store, &fill, NULL, &why));
}

static inline int64_t open_quantity(tw_store *store) {
    tw_position position = {.size = sizeof position};
    OK(tw_store_position(store, "TSLA", &position, &why));
    return position.side == TW_SIDE_SHORT ? -position.qty_e8 : position.qty_e8;
}

static inline int64_t pnl_of(tw_store *store) {
    int64_t pnl, complete;
    ck_assert_int_eq(tw_store_pnl(store, &pnl, &complete), 0);
    return pnl;
}

static inline tw_recovery recovery_of(tw_store *store) {
    tw_recovery recovery = {.size = sizeof recovery};
    ck_assert_int_eq(tw_store_recovery(store, &recovery), 0);
    return recovery;
}

static inline void put_fill(tw_event *event, const char *exec_id, int64_t action, int64_t qty) {
    *event = (tw_event){.size = sizeof *event, .type = TW_TYPE_fill};
    event->as.fill = fill_of(exec_id, action, qty, 10000);
}

#endif
