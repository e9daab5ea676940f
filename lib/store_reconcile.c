/* The facade: comparing with a broker's answer, and recording what came of it. */
#include "base/error.h"
#include "core/reconcile.h"
#include "store_internal.h"

int tw_store_reconcile(tw_store *store, const tw_answer *answer, tw_proposal **ret, tw_error *why) {
    struct recovered now;
    struct log_head head;
    struct state *older = NULL;
    int64_t today = 0, date = 0;
    if (!answer || !ret)
        return tw_fail(why, TW_E_INVALID, "answer or result are missing");
    /* The broker's executions are compared with all of the day, not only with those since the
     * snapshot that the store was started from. What is appended meanwhile makes the proposal
     * stale. */
    int status = tw_store_whole_day(store, &now, &today, why);
    if (status)
        return status;
    status = tw_date_before(store->folder, today, &date, why);
    /* An older day that cannot be read is no reason not to reconcile: what it held is then adopted
     * as unknown. */
    if (!status && date &&
        tw_day_end(store->folder, store->identity.uuid, date, &head, &older, NULL))
        older = NULL;
    if (!status)
        status = tw_reconcile(now.state, answer, older, store->identity.overnight, ret, why);
    tw_state_free(older);
    tw_state_free(now.state);
    return status;
}

int tw_store_apply(tw_store *store, const tw_proposal *proposal, tw_error *why) {
    if (!proposal)
        return tw_fail(why, TW_E_INVALID, "the proposal is NULL");
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    uint64_t count = 0;
    if (proposal->state_seq != store->state->last_seq ||
        proposal->trading_date != tw_log_date(store->log))
        status = tw_fail(
            why, TW_E_STALE, "the log is at seq %llu, the proposal was made for seq %llu",
            (unsigned long long)store->state->last_seq, (unsigned long long)proposal->state_seq);
    else if (proposal->event_count)
        status =
            tw_store_append_locked(store, proposal->events, proposal->event_count, 1, &count, why);
    uint64_t seq = store->written_seq;
    tw_store_leave(store);
    return status || !count ? status : tw_store_settle(store, seq, why);
}
