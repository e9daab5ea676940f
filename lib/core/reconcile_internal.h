/* What the files of reconcile share: one run over one answer. Pure. */
#ifndef TW_CORE_RECONCILE_INTERNAL_H
#define TW_CORE_RECONCILE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "core/reconcile.h"
#include "core/state.h"
#include "tradewal.h"

enum {
    TW_CASES = 42, /* D1 to D41; index 0 is none */
    TW_HOLDINGS_MOST = 100000,
    TW_ORDERS_MOST = 100000,
    TW_EXECUTIONS_MOST = 1100000,
    TW_QUANTITY_TEXT_BYTES = 32, /* "SHORT 92233720368.54775807" */
    TW_LINE_BYTES = 512,
    TW_STEM_BYTES = 22
};

/* One symbol of either side, and what is about to become of it. */
struct subject {
    const char *name;
    uint32_t symbol;           /* in the state, or TW_NONE */
    uint32_t older;            /* in the older state, or TW_NONE; only where it is open there */
    const tw_holding *holding; /* NULL: the answer has no row */
    const char *currency;      /* as far as known, else NULL */
    int64_t log_e8;            /* what the log says, short below 0 */
    int64_t theirs_e8;         /* what the broker says; 0 where it has no row */
    int64_t now_e8;            /* the log's after the repairs so far */
    uint64_t settled_seq;      /* record that last set its quantity whatever was before; 0: none */
    int64_t fees_unknown;      /* executions without a fee, after the repairs so far */
    size_t first_row, row_count; /* in run->rows */
    size_t booked;               /* executions that are booked now */
    size_t fees_paid;            /* fees of known executions that are told now */
    uint64_t locks;              /* a bit per case that gates it */
    int repaired;                /* executions or quantity change */
    int told;                    /* a finding says what became of its quantity */
    int introduced;              /* its instrument event was proposed */
    /* Working stops at the broker for the final position, and our live entries. */
    int64_t stop_qty_e8;
    size_t stop_count, stops_of_day, stops_inside, stops_until, stops_inactive;
    const char *stop_names[2], *stop_until;
    size_t entry_count[3]; /* by action */
    const char *entry_names[3][2];
};

/* One execution of the answer and what the log knows about it. */
struct row {
    const tw_broker_execution *is;
    uint32_t subject;
    uint32_t known; /* in state->executions, or TW_NONE */
    uint32_t order; /* in state->orders, or TW_NONE */
    uint32_t stem;  /* in run->stems: it is a revision of one execution; or TW_NONE */
    int revision;   /* 1..99, 0: its id has another form */
    int fresh;      /* is to be booked as a fill */
    int amended;    /* corrected or voided in this run */
};

/* A revision that is booked as a fill: the others follow it. */
struct stem_start {
    const tw_broker_execution *is; /* NULL: none */
    uint32_t subject, order;
    int revision;
};

/* The revisions of one execution that the log does not know all of. */
struct stem {
    uint32_t known; /* the newest revision in the log, or TW_NONE */
    int known_revision;
    int last_revision; /* in the answer, of those that the log does not know */
    int bust_revision; /* the last one that the answer voids; 0: none */
    int replaced;      /* the log has one that was replaced: it takes no new fill */
    struct stem_start anew;
    uint32_t subject; /* of the execution that is replaced */
    int64_t action;
    const char *exec_id; /* the one that stands, or NULL while none is booked */
    uint64_t seq;        /* of its record; UINT64_MAX: booked in this run */
    int64_t qty_e8, price_e8;
    tw_maybe fee_e8;
    uint32_t order;
    int known_amended; /* what the log has of it is corrected or voided in this run */
    int amended;       /* so is what is booked in this run */
    int dead;          /* the one that stood was voided */
};

/* What an order will be once the executions are booked. */
struct order_after {
    int64_t qty_e8, filled_e8, status;
    int live; /* the broker has a working row of it */
};

struct order_row {
    const tw_broker_order *is;
    uint32_t order; /* in state->orders, or TW_NONE */
    uint32_t subject;
    int64_t status; /* TW_ORDER_*, 0: the word says nothing about it */
    int live;       /* works, or may work, at the broker */
};

struct repair {
    uint32_t subject;
    uint32_t order; /* that an execution moves, or TW_NONE */
    int64_t order_delta_e8;
    int last;     /* 1: after everything else, 0: with its subject */
    int rank;     /* within the subject: what has to come before executions does */
    size_t place; /* in order of arrival */
    tw_event event;
};

struct found {
    struct finding finding;
    uint32_t subject; /* TW_NONE: it is about no symbol */
    int number;       /* of its case */
};

/* The part of an answer that D7 may be about. */
#define TW_OPEN_ORDERS "open orders"

struct run {
    const struct state *state, *older;
    const tw_answer *answer;
    int64_t overnight;
    tw_error *why;
    struct proposal *proposal;
    int drifting; /* positions are not complete: D7 */
    int blind;    /* they are, but the open orders are not: D7 too */

    /* The answer in canonical order, without rows that say the same thing twice. */
    const tw_holding **holdings;
    const tw_broker_order **orders;
    const tw_broker_execution **executions;
    size_t holding_count, order_count, execution_count;
    char digest[65];

    struct names *symbols; /* id = index in subjects: those of the state, then new ones */
    struct subject *subjects;
    uint32_t subject_count;
    struct row *rows; /* by subject, in the order in which they are booked */
    size_t row_count;
    struct names *stem_names;
    struct stem *stems;
    struct order_row *order_rows; /* by order, then as in orders */
    size_t order_row_count;
    struct order_after *after; /* per order of the state */
    struct perm *perms;        /* of the state's orders, ascending */
    size_t perm_count;

    struct names *open_keys; /* id = index in state->findings */
    unsigned char *seen;     /* per finding of the state: found again */
    struct names *new_keys;  /* of what was found in this run */
    struct names *gate_keys; /* "scope reason" of every closed gate */
    struct found *found;
    size_t found_count, found_capacity;
    struct repair *repairs;
    size_t repair_count, repair_capacity;
    uint64_t halts; /* a bit per case that gates all */
    int reopens;    /* the gate that D7 closed may open again */
    int failed;     /* an allocation failed */
};

struct perm {
    int64_t perm_id;
    uint32_t order;
};

/* ---- reconcile_answer.c, reconcile_sort.c: the answer ------------------------------------------
 */

/* Text, limits, completeness, account: TW_E_INVALID, TW_E_INCOMPLETE, TW_E_OTHER_ACCOUNT,
 * TW_E_TEXT, TW_E_RANGE. */
int tw_reconcile_check_answer(struct run *run);

/* Sorts the rows and drops those that repeat another. TW_E_BROKER when two rows contradict each
 * other. */
int tw_reconcile_sort_answer(struct run *run);
int tw_reconcile_compare_maybe(tw_maybe a, tw_maybe b);
int tw_reconcile_compare_text(const char *a, const char *b);

/* SHA-256 over the rows in canonical order; what the rows say counts, when they were asked for does
 * not. */
void tw_reconcile_digest(struct run *run);

/* ---- reconcile_subjects.c: the union of symbols -------------------------------------------------
 */

int tw_reconcile_collect_subjects(struct run *run);
uint32_t tw_reconcile_find_subject(const struct run *run, const char *symbol);
int64_t tw_reconcile_signed(const struct position *position);
/* Says what the instrument is before its first execution, where the broker or the older day knows.
 */
void tw_reconcile_introduce(struct run *run, uint32_t subject);
/* 1 when the symbol may have a price below 0. */
int tw_reconcile_price_fits(const struct run *run, const struct subject *subject, int64_t price_e8);

/* ---- reconcile_rows.c, reconcile_executions.c, reconcile_revisions.c: D10 to D20, D29, D33
 * ------- */

int tw_reconcile_collect_rows(struct run *run);
/* The revision that an exec id of Interactive Brokers names, and its stem; 0 for an id of another
 * form. */
int tw_reconcile_revision(const char *exec_id, char stem[TW_STEM_BYTES]);
/* The stem of a row that the log knows, where the answer has other revisions; or NULL. */
struct stem *tw_reconcile_stem_of_known(const struct run *run, const struct row *row);
void tw_reconcile_begin_stem(struct stem *stem, const struct stem_start *start);
/* Books what the log does not know and corrects what it knows differently. TW_E_RANGE. */
int tw_reconcile_executions(struct run *run, uint32_t subject);
/* Compares rows that the log knows, or knows another revision of. TW_E_RANGE. */
int tw_reconcile_known_rows(struct run *run, uint32_t subject);
/* Voids inferred fills that executions explain (D16). TW_E_HISTORY. */
int tw_reconcile_supersede(struct run *run, uint32_t subject);
/* What an execution does to the quantity and to its order when it comes, goes or changes by qty;
 * seq is that of its record, UINT64_MAX for a new one. TW_E_RANGE. */
int tw_reconcile_move(struct run *run, uint32_t subject, uint64_t seq, int64_t action,
                      int64_t qty_e8, uint32_t order);
/* What the orders will be once the repairs are folded in, in their order. */
void tw_reconcile_replay_orders(struct run *run);
void tw_reconcile_begin_orders(struct run *run); /* as the state has them */
/* The order of the state that a row belongs to: by order_ref, then by perm_id. */
uint32_t tw_reconcile_match_order(const struct run *run, const char *order_ref, tw_maybe perm_id);

/* ---- reconcile_positions.c, reconcile_overnight.c: D1 to D9, D20, D32, D34
 * ----------------------- */

int tw_reconcile_positions(struct run *run, uint32_t subject);
/* Where the positions are complete and another part is not: what that means, said loudly. */
void tw_reconcile_unanswered(struct run *run);

void tw_reconcile_drift(struct run *run);
int tw_reconcile_overnight(struct run *run, uint32_t subject, int *ret_settled);
void tw_reconcile_adopt(struct run *run, uint32_t subject, const char *reason);
void tw_reconcile_infer(struct run *run, uint32_t subject, int64_t to_e8, const char *reason);

/* ---- reconcile_costs.c, reconcile_rehearsal.c: D9, D30
 * ------------------------------------------- */

/* A state with the symbol alone, and its repairs folded in. TW_E_HISTORY, or what the fold refuses.
 */
int tw_reconcile_rehearse(struct run *run, uint32_t subject, struct state **ret);
/* Compares costs and results as they will be after the repairs. */
int tw_reconcile_costs(struct run *run, uint32_t subject);

/* ---- reconcile_orders.c, reconcile_stops.c: D21 to D28
 * -------------------------------------------- */

int tw_reconcile_orders(struct run *run);
int tw_reconcile_stops(struct run *run);
int tw_reconcile_is_stop(const char *order_type);
const char *tw_reconcile_order_label(struct run *run, const tw_broker_order *order);

/* ---- reconcile_findings.c, reconcile_assemble.c: what was found, and its events
 * ------------------- */

enum found_flags {
    FOUND_OPEN = 1, /* still to be settled */
    FOUND_DIFFERS = 2,
    FOUND_CRITICAL = 4,
    FOUND_LOCKS = 8, /* gates its symbol */
    FOUND_EVENT = 16 /* something happened: always new. Without it: it stands until it goes away */
};

int tw_reconcile_index_findings(struct run *run);
/* Text is copied; ours, theirs and about may be NULL. */
void tw_reconcile_find(struct run *run, int number, uint32_t subject, const char *about,
                       const char *ours, const char *theirs, int64_t action, unsigned flags,
                       const char *format, ...) __attribute__((format(printf, 9, 10)));
/* A finding that makes no event: the two sides agree. */
void tw_reconcile_agree(struct run *run, uint32_t subject, const char *ours, const char *theirs);
/* An event to be appended for the subject, zeroed but for type and source; valid until the next
 * one. NULL when memory is short. */
tw_event *tw_reconcile_repair(struct run *run, uint32_t subject, int64_t type, int64_t source);
/* What has to come first comes first: from the first-th repair on, all of one subject. */
void tw_reconcile_sort_repairs(struct run *run, size_t first);
/* Copies text to live as long as the proposal. */
const char *tw_reconcile_keep(struct run *run, const char *text);
const char *tw_reconcile_keepf(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "LONG 100", "SHORT 50", and `flat` for 0. Returns out. */
const char *tw_reconcile_quantity(int64_t signed_e8, const char *flat,
                                  char out[TW_QUANTITY_TEXT_BYTES]);
/* What is open in the state and was not found again: kept or resolved. */
void tw_reconcile_settle(struct run *run);
int tw_reconcile_gate_closed(const struct run *run, const char *scope, int number);
const char *tw_reconcile_gate_reason(int number);
int tw_reconcile_assemble(struct run *run);

#endif
