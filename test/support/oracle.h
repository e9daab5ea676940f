/* A second fold, written from the event list and from nothing else, in the simplest way there is:
 * it keeps every event and works everything out anew each time it is asked. */
#ifndef TW_TEST_ORACLE_H
#define TW_TEST_ORACLE_H

#include "core/state.h"
#include "tradewal.h"

enum { ORACLE_EVENTS = 512, ORACLE_LOTS = 512 };

struct oracle {
    tw_event events[ORACLE_EVENTS]; /* that went in; their texts are the caller's */
    int64_t actions[ORACLE_EVENTS]; /* of a partial that counts as its fill: what it did then */
    size_t count;
};

/* What the event deserves: 0, or the error it is refused with. It has passed tw_schema_check, and
 * has no number so large that a limit could be met. */
int oracle_expects(const struct oracle *oracle, const tw_event *event);

/* The event went in. */
void oracle_add(struct oracle *oracle, const tw_event *event);

/* Fails the test where the state differs from what the events come to. */
void oracle_compare(const struct oracle *oracle, const struct state *state);

/* ---- what the files of the oracle share ---------------------------------------------------- */

struct oracle_execution {
    const char *id, *symbol, *order_ref, *reason;
    int64_t action, qty, price, fee, booked; /* the last three or TW_UNKNOWN */
    int64_t told_ns, broker_ns;              /* broker_ns or TW_UNKNOWN */
    size_t root;                             /* the event that booked it, or what it replaced */
    size_t order;       /* the event that submitted its order, or ORACLE_EVENTS */
    size_t replaced_by; /* or ORACLE_EVENTS */
    int is_void, is_inferred, is_partial, is_external;
    /* worked out */
    int64_t realized, closed_qty; /* realized or TW_UNKNOWN */
    int trade;
};

struct oracle_table {
    struct oracle_execution executions[ORACLE_EVENTS];
    size_t count;
};

struct oracle_lot {
    int64_t qty;
    tw_int128 cost; /* in 1e-16 */
    int cost_known;
};

/* A symbol after some events. */
struct oracle_position {
    int64_t side, qty, shares, external, estimated, carried_from;
    struct oracle_lot lots[ORACLE_LOTS];
    size_t lot_count;
    int trades;                  /* closed */
    int closed_by_adjusting;     /* how often something was closed at no price */
    int adjusted[ORACLE_EVENTS]; /* the same by trade */
};

/* What is meant with a symbol. */
struct oracle_plan {
    int64_t side, pivot, stop, target1, target2, reason; /* side 0: nothing */
    const char *entry_path, *note, *order;
};

void oracle_plan(const struct oracle *oracle, const char *symbol, struct oracle_plan *ret);

/* An order, as the broker and its executions have it. */
struct oracle_order {
    size_t submitted; /* event */
    int64_t status, qty, filled, limit, stop, perm_id;
};

/* All orders, in the order they were submitted. Returns how many. */
size_t oracle_orders(const struct oracle *oracle, struct oracle_order ret[ORACLE_EVENTS]);

/* The executions that the first `count` events come to. */
void oracle_executions(const struct oracle *oracle, size_t count, struct oracle_table *ret);

/* Works out a symbol, and what its executions in the table realized. */
void oracle_work_out(const struct oracle *oracle, size_t count, const char *symbol,
                     struct oracle_table *table, struct oracle_position *ret);

struct oracle_execution *oracle_find(struct oracle_table *table, const char *exec_id);
struct oracle_execution *oracle_live(struct oracle_table *table, const char *exec_id);

const char *oracle_currency(const struct oracle *oracle, size_t count, const char *symbol);
int64_t oracle_multiplier(const struct oracle *oracle, size_t count, const char *symbol);
int64_t oracle_cost_method(const struct oracle *oracle);
/* The event that submitted the order, before `count`; ORACLE_EVENTS if there is none. */
size_t oracle_order(const struct oracle *oracle, size_t count, const char *order_ref);
/* Does the event change the quantity of the symbol, or what is known of its executions? */
int oracle_moves(const struct oracle *oracle, size_t index, const char *symbol);
int same(const char *a, const char *b); /* both NULL is the same */

#endif
