/* Reconcile: a pure function from a state and a broker's answer to findings and the events that
 * record and repair them (docs/reconcile.md). Running it on its own result finds nothing new. */
#ifndef TW_CORE_RECONCILE_H
#define TW_CORE_RECONCILE_H

#include "core/state.h"
#include "tradewal.h"

struct finding {
    const char *case_id;
    const char *symbol;
    const char *about;
    const char *ours;
    const char *theirs;
    const char *text;
    int64_t action;
    int critical;
    int open;    /* still to be settled after the proposed events */
    int fresh;   /* not among the state's open findings yet */
    int differs; /* 0: both sides agree */
};

/* Is a finding that stands on record one of those that are shown first? */
int tw_finding_is_critical(const char *case_id, int64_t action);

/* tw_proposal. Owns all its text. */
struct proposal {
    struct finding *findings; /* critical ones first, then by symbol in the order of the state */
    size_t finding_count, finding_capacity;
    tw_event *events; /* broker_answer, findings, repairs, gates; time, seq and date are 0 */
    size_t event_count, event_capacity;
    uint64_t state_seq; /* last_seq of the state it was made from */
    int64_t trading_date;
    struct names *texts; /* every text above */
    int failed;          /* an allocation failed while it was made */
};

/* tw_reconcile, tw_proposal_* of tradewal.h. */

#endif
