/* Events for tests: a builder for every type, and a day that folds them. Numbers are decimal text;
 * where a builder takes NULL for one, it is not known. */
#ifndef TW_TEST_EVENTS_H
#define TW_TEST_EVENTS_H

#include "base/buffer.h"
#include "core/state.h"
#include "tradewal.h"

enum { TEST_DATE = 20251006 };

#define TEST_TIME_NS INT64_C(1759759200000000000) /* 2025-10-06T10:00:00-04:00 */

int64_t e8(const char *decimal);        /* "445.25"; a text that is none fails the test */
tw_maybe maybe_e8(const char *decimal); /* NULL is not known */

tw_event event_session(int64_t resumed); /* account DU1, paper, New York, USD, average cost */
tw_event event_closed(void);
tw_event event_instrument(const char *symbol, const char *sec_type, const char *currency,
                          const char *multiplier);
tw_event event_opening(const char *symbol, int64_t side, const char *qty, const char *cost);
tw_event event_attempt(const char *symbol, int64_t side, const char *level, int64_t max);
tw_event event_order(const char *order_ref, const char *symbol, int64_t action, int64_t purpose,
                     const char *qty);
tw_event event_status(const char *order_ref, int64_t status);
tw_event event_fill(const char *exec_id, const char *symbol, int64_t action, const char *qty,
                    const char *price, const char *fee);
tw_event event_corrected(const char *exec_id, const char *corrects, const char *qty,
                         const char *price);
tw_event event_busted(const char *exec_id, const char *corrects);
tw_event event_commission(const char *exec_id, const char *fee);
tw_event event_partial(const char *exec_id, const char *symbol, const char *qty, const char *price);
tw_event event_plan(const char *symbol, int64_t side, const char *entry_path, const char *stop);
tw_event event_stop(const char *symbol, const char *stop, int64_t reason);
tw_event event_pnl(const char *amount, const char *exec_id); /* NULL: a change of its own */
tw_event event_counter(const char *group, const char *name, int64_t delta);
tw_event event_bar(const char *symbol, int64_t start_ns, const char *price);
tw_event event_answer(int64_t completeness);
tw_event event_finding(const char *case_id, const char *symbol, const char *about, int64_t open);
tw_event event_adjusted(const char *symbol, int64_t side, const char *qty, const char *cost);
tw_event event_gate(const char *scope, int64_t state, const char *reason);
tw_event event_clock(void);
tw_event event_note(const char *text);
tw_event event_custom(const void *bytes, uint64_t size);
tw_event event_superseded(const char *exec_id, const char *by);
tw_event event_inferred(const char *exec_id, const char *symbol, int64_t action, const char *qty);

/* A state and where its next event stands. */
struct day {
    struct state *state;
    uint64_t seq; /* of the next event */
    int64_t time_ns;
    int64_t trading_date;
};

void day_open(struct day *day, int64_t cost_method); /* and its first session */
void day_close(struct day *day);

/* Sets seq, date and time, which moves on by a second, where the event does not say them. */
void day_stamp(const struct day *day, tw_event *event);

/* Stamps and folds the event. Counts it only when it went in. */
int day_try(struct day *day, tw_event event, tw_error *why);

void day_add(struct day *day, tw_event event); /* it has to go in */

/* The event is refused with this code and with these words in the reason (NULL: whatever they are),
 * and nothing has changed. */
void day_refuses(struct day *day, tw_event event, int code, const char *words);

const struct symbol *day_symbol(const struct day *day, const char *symbol);
const struct position *day_position(const struct day *day, const char *symbol);
const struct execution *day_execution(const struct day *day, const char *exec_id);
const struct order *day_order(const struct day *day, const char *order_ref);
const struct money *day_money(const struct day *day, const char *currency); /* NULL: none */

/* A 128-bit number of units of 1e-8 as int64; one that does not fit fails the test. */
int64_t narrow(tw_int128 value);

/* The day as it is, in bytes: the image, and behind it everything the image leaves out (finished
 * orders, executions, closed trades, changes). */
void day_bytes(const struct state *state, struct buffer *out);

/* The part of it that a snapshot has to hold, written down once more by hand. */
void day_kept_bytes(const struct state *state, struct buffer *out);

#endif
