/* The state: the fold of one trading date's records. Plain data with dense arrays; ids index them.
 *
 * Two kinds of content. What every snapshot holds: symbols with their positions, attempts, bars and
 * plans, orders that are not finished, gates, findings, counters, totals. And the day's history,
 * which is in memory only as far back as `history_from`: executions, closed trades, changes per
 * symbol, finished orders. An event that needs older history makes the fold answer TW_E_HISTORY;
 * the store then folds the whole day.
 *
 * Pure. One thread at a time. */
#ifndef TW_CORE_STATE_H
#define TW_CORE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/names.h"
#include "tradewal.h"

#define TW_UNKNOWN INT64_MIN /* no number of the log has this value */
#define TW_NONE    UINT32_MAX

enum { TW_BARS_PER_SYMBOL = 120 };

typedef uint32_t text_id; /* in state->texts; TW_NONE is "not said" */

/* Part of a position bought or sold at one price (fifo), or all of it (average). */
struct lot {
    int64_t qty_e8;
    int64_t entered_qty_e8; /* size when it was opened */
    tw_int128 cost_e16;     /* price x quantity of what is left */
    int64_t cost_known;
    int64_t fee_e8; /* opening fees of what is left, as far as known */
    uint64_t seq;   /* record that opened it */
};

struct partial_exit {
    int64_t time_ns;
    uint64_t seq; /* record of the execution */
    int64_t qty_e8;
    int64_t price_e8;    /* or TW_UNKNOWN */
    int64_t target_e8;   /* or TW_UNKNOWN */
    int64_t fraction_e8; /* or TW_UNKNOWN */
    text_id reason;
    text_id exec_id;
};

/* From flat to flat. The open one lives in its position. */
struct trade {
    int64_t side;
    uint64_t open_seq, close_seq; /* close_seq 0: open */
    int64_t open_ns, close_ns;
    int64_t entered_qty_e8, exited_qty_e8;
    tw_int128 entered_value_e16, exited_value_e16; /* price x quantity */
    tw_int128 result_e8; /* booked else computed, fees off; what is known of it */
    int64_t unknown;     /* how many of its executions have an unknown part */
    int64_t executions;
    int64_t partials;
    int64_t estimated;
    int64_t unpriced;       /* of them: without a result for want of a price or a cost; such
                             * a trade is neither won nor lost */
    int64_t values_unknown; /* 1: an entry or exit price is not known, the values are less */
    text_id entry_path;
};

struct position {
    int64_t side; /* 0: flat */
    int64_t qty_e8;
    int64_t shares_e8;   /* entered in this trade */
    int64_t external_e8; /* of qty: not opened by the log's own orders */
    int64_t estimated;
    int64_t carried_from; /* trading date it was opened on, 0: today */
    struct lot *lots;     /* open lots, oldest first */
    size_t lot_count, lot_capacity;
    struct partial_exit *partials;
    size_t partial_count, partial_capacity;
    struct trade trade; /* the open trade */
};

/* Metadata of a position; it may be set before the entry and goes when the position closes. */
struct plan_data {
    int64_t side;                                      /* 0: none */
    int64_t pivot_e8, stop_e8, target1_e8, target2_e8; /* or TW_UNKNOWN */
    int64_t stop_reason;                               /* 0: not said */
    text_id entry_path, note, stop_order;
};

struct attempt {
    int64_t side;
    int64_t level_e8; /* or TW_UNKNOWN */
    int64_t count;
    int64_t max; /* or TW_UNKNOWN */
    uint64_t last_seq;
};

struct bar_data {
    int64_t start_ns, seconds, open_e8, high_e8, low_e8, close_e8, volume_e8;
};

/* An inferred fill that stands for one the broker has not shown yet. */
struct inferred {
    text_id exec_id;
    int64_t action;
    int64_t qty_e8;
    int64_t time_ns;
    uint64_t seq;
};

enum change_kind { CHANGE_EXECUTION = 1, CHANGE_OPENING, CHANGE_ADJUSTED };

/* What changed a symbol's quantity, in order; folded again after a correction. */
struct change {
    int64_t kind;
    uint32_t execution;                       /* CHANGE_EXECUTION */
    int64_t side, qty_e8, cost_e8, estimated; /* the others; cost_e8 or TW_UNKNOWN */
    int64_t closes;                           /* the others: it closed a part, at no known price */
    int64_t time_ns, date;
    uint64_t seq;
    text_id entry_path; /* of the trade that it opened */
};

struct symbol {
    text_id sec_type, currency, exchange; /* currency TW_NONE: the base currency so far */
    int64_t con_id;                       /* or TW_UNKNOWN */
    int64_t multiplier_e8;
    struct position position;
    struct plan_data plan;
    struct attempt *attempts;
    size_t attempt_count, attempt_capacity;
    struct bar_data *bars; /* ring: bar_first is the oldest */
    size_t bar_count, bar_capacity, bar_first;
    struct inferred *inferred;
    size_t inferred_count, inferred_capacity;
    int64_t trades_closed; /* today, the serial of the open trade */
    int64_t changes_total; /* today; more than change_count: history lies before the snapshot */
    /* history */
    struct change *changes;
    size_t change_count, change_capacity;
    struct trade *closed; /* closed trades, the first of them has serial closed_first */
    size_t closed_count, closed_capacity;
    int64_t closed_first;
};

enum {
    EXECUTION_VOID = 1,    /* busted, superseded or replaced */
    EXECUTION_PARTIAL = 2, /* marked as a partial exit */
    EXECUTION_INFERRED = 4,
    EXECUTION_EXTERNAL = 8,  /* of an order that the log does not know */
    EXECUTION_CORRECTED = 16 /* its numbers were replaced at least once */
};

/* History. Index = id of its exec id in state->exec_names. */
struct execution {
    uint64_t seq;    /* record that booked it */
    int64_t time_ns; /* the broker's time where known, else the record's */
    int64_t qty_e8;
    int64_t price_e8;      /* or TW_UNKNOWN (inferred) */
    int64_t fee_e8;        /* or TW_UNKNOWN */
    int64_t booked_e8;     /* or TW_UNKNOWN: the host's own result */
    int64_t realized_e8;   /* computed from prices alone; TW_UNKNOWN when a cost is not known */
    int64_t closed_qty_e8; /* how much of it closed */
    int64_t basis_fee_e8;  /* opening fees of what it closed */
    int64_t broker_realized_e8; /* or TW_UNKNOWN */
    int64_t cum_qty_e8;         /* or TW_UNKNOWN */
    int64_t perm_id;            /* or TW_UNKNOWN */
    int64_t trade;              /* serial of the trade its result belongs to */
    uint32_t symbol;
    uint32_t order;       /* in state->orders, or TW_NONE */
    text_id order_ref;    /* as told, also when no such order is known */
    uint32_t replaced_by; /* execution id, or TW_NONE */
    text_id partial_reason;
    int64_t partial_target_e8, partial_fraction_e8;
    uint8_t action, source, kind, flags;
};

/* Index = id of its order_ref in state->order_names. */
struct order {
    uint32_t symbol;
    int64_t action, purpose, status;
    int64_t qty_e8, filled_e8;
    int64_t limit_e8, stop_e8;            /* or TW_UNKNOWN */
    int64_t perm_id, order_id, client_id; /* or TW_UNKNOWN */
    text_id order_type, tif, reason;
    int64_t submitted_ns, updated_ns;
    uint64_t submitted_seq, updated_seq;
};

struct gate_data {
    text_id scope; /* TW_NONE: all */
    text_id reason, by;
    int64_t time_ns;
    uint64_t seq;
};

struct finding_data {
    text_id case_id, symbol, about, ours, theirs, text;
    int64_t action;
    int64_t time_ns;
    uint64_t seq;
};

struct count_data {
    text_id group, name;
    int64_t value;
};

/* Sums of one currency. */
struct money {
    text_id currency;
    tw_int128 result_e8; /* booked else computed, fees off, and amounts of their own */
    tw_int128 fees_e8;   /* fees known so far */
    tw_int128 drift_e8;  /* booked minus computed */
    int64_t unknown;     /* executions with an unknown part */
};

struct session {
    text_id account, zone, host, version, currency;
    int64_t environment, cost_method;
    int64_t pid, resumed;
    int64_t opened_ns;
    uint64_t opened_seq;
    int64_t sessions; /* opened today */
    int64_t closed;   /* 1: ended cleanly */
    text_id closed_reason;
};

struct answer_data { /* the last broker_answer of the day */
    text_id broker, digest;
    int64_t completeness; /* 0: none yet */
    int64_t as_of_ns;     /* or TW_UNKNOWN */
    int64_t time_ns;
    uint64_t seq;
};

struct clock_data {
    uint64_t seq;                            /* 0: none yet */
    int64_t synchronised, offset, max_error; /* the last two or TW_UNKNOWN */
};

/* Finds the seq of an execution booked, or of an order submitted, before history_from: 0,
 * TW_E_NOT_FOUND, or an error. Both or none are set. */
struct history {
    int (*find)(void *context, const char *exec_id, uint64_t *ret_seq);
    int (*find_order)(void *context, const char *order_ref, uint64_t *ret_seq);
    void *context;
    int replaying; /* what is folded was let pass when it was appended: a new id is new */
};

struct state {
    int64_t trading_date; /* 0 until the first record */
    uint64_t first_seq, last_seq;
    int64_t last_time_ns;
    uint64_t history_from;  /* history holds the records from this seq on; first_seq: all of it */
    struct history history; /* asked for what lies before; find NULL where nothing does */

    struct names *texts, *symbol_names, *order_names, *exec_names;
    struct symbol *symbols;
    size_t symbol_capacity;
    uint64_t symbol_asked; /* by the fold, the last time; it says nothing of the day */
    struct order *orders;
    size_t order_capacity;
    struct execution *executions;
    size_t execution_capacity;
    struct gate_data *gates;
    size_t gate_count, gate_capacity;
    struct finding_data *findings; /* the open ones */
    size_t finding_count, finding_capacity;
    struct count_data *counters;
    size_t counter_count, counter_capacity;
    struct money *money; /* [0] is the base currency */
    size_t money_count, money_capacity;

    int64_t total_trades, winners, losers;
    int64_t highest_revision; /* of any exec id of the day, for those that have revisions */
    struct session session;
    struct answer_data answer;
    struct clock_data clock;
    int64_t type_counts[64]; /* records per event type; [0]: opaque */
};

int tw_state_new(struct state **ret);
/* tw_state_free is public. */

static inline uint32_t tw_state_symbol_count(const struct state *state) {
    return tw_names_count(state->symbol_names);
}

static inline uint32_t tw_state_order_count(const struct state *state) {
    return tw_names_count(state->order_names);
}

static inline uint32_t tw_state_execution_count(const struct state *state) {
    return tw_names_count(state->exec_names);
}

uint32_t tw_state_find_symbol(const struct state *state, const char *symbol); /* or TW_NONE */
uint32_t tw_state_find_order(const struct state *state, const char *order_ref);
uint32_t tw_state_find_execution(const struct state *state, const char *exec_id);

static inline const char *tw_state_symbol_name(const struct state *state, uint32_t symbol) {
    return tw_names_text(state->symbol_names, symbol);
}

static inline const char *tw_state_order_name(const struct state *state, uint32_t order) {
    return tw_names_text(state->order_names, order);
}

static inline const char *tw_state_exec_name(const struct state *state, uint32_t execution) {
    return tw_names_text(state->exec_names, execution);
}

/* NULL for TW_NONE. */
static inline const char *tw_state_text(const struct state *state, text_id text) {
    return text == TW_NONE ? NULL : tw_names_text(state->texts, text);
}

/* The currency a symbol's results are in. */
const char *tw_state_currency(const struct state *state, uint32_t symbol);
const char *tw_state_base_currency(const struct state *state);

/* Average cost per unit of what is open, rounded half to even: 0, or TW_E_NOT_FOUND when flat or
 * not known. */
int tw_state_average_cost(const struct position *position, int64_t *ret_e8);

/* What is meant with the open position, or with the next entry; NULL when nothing is. A plan for
 * the other side than the open one waits for its own entry. */
const struct plan_data *tw_state_plan(const struct symbol *symbol);

/* realized - fee, as far as known; *ret_known is 0 when a part of it is not. */
int64_t tw_state_computed_result(const struct execution *execution, int *ret_known);

/* booked, else that. */
int64_t tw_state_execution_result(const struct execution *execution, int *ret_known);

/* 1 when new entries in the symbol (TW_NONE: in all) are gated, and *ret the first such gate. */
int tw_state_gated(const struct state *state, const char *symbol, const struct gate_data **ret);

int tw_order_is_terminal(int64_t status); /* filled, cancelled, rejected, expired, lapsed */

#endif
