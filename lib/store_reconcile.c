/* The facade: comparing with a broker's answer, and recording what came of it. */
#include <string.h>

#include "base/error.h"
#include "core/reconcile.h"
#include "store_internal.h"

/* What the newest day before held, NULL if there is none. An older day that cannot be read, or
 * that today does not go on from, is no reason not to reconcile: what it held is then adopted as
 * unknown. */
static int read_older_day(tw_store *store, int64_t today, struct state **ret, tw_error *why) {
    struct log_origin origin;
    struct log_head head;
    struct state *older = NULL;
    int64_t date = 0;
    *ret = NULL;
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    origin = *tw_log_origin(store->log);
    tw_store_leave(store);
    status = tw_date_before(store->folder, today, &date, why);
    if (status || !date ||
        tw_day_end(store->folder, store->identity.uuid, date, &head, &older, NULL))
        return status;
    if (origin.date == today && head.last_seq == origin.previous_seq &&
        memcmp(head.digest, origin.previous_digest, sizeof head.digest) == 0)
        *ret = older;
    else
        tw_state_free(older);
    return 0;
}

int tw_store_reconcile(tw_store *store, const tw_answer *answer, tw_proposal **ret, tw_error *why) {
    struct recovered now;
    struct state *older = NULL;
    int64_t today = 0;
    if (!answer || !ret)
        return tw_fail(why, TW_E_INVALID, "answer or result are missing");
    /* The broker's executions are compared with all of the day, not only with those since the
     * snapshot that the store was started from. What is appended meanwhile makes the proposal
     * stale. */
    int status = tw_store_whole_day(store, &now, &today, why);
    if (status)
        return status;
    status = read_older_day(store, today, &older, why);
    if (!status)
        status = tw_reconcile(now.state, answer, older, store->identity.overnight, ret, why);
    tw_state_free(older);
    tw_state_free(now.state);
    return status;
}

/* With the mutex held. */
static int apply(tw_store *store, const tw_proposal *proposal, uint64_t *ret_count, tw_error *why) {
    *ret_count = 0;
    if (proposal->state_seq != store->state->last_seq ||
        proposal->trading_date != tw_log_date(store->log))
        return tw_fail(
            why, TW_E_STALE, "the log is at seq %llu, the proposal was made for seq %llu",
            (unsigned long long)store->state->last_seq, (unsigned long long)proposal->state_seq);
    if (proposal->event_count == 0)
        return 0;
    return tw_store_append_locked(store, proposal->events, proposal->event_count, 1, ret_count,
                                  why);
}

/* Lets go of the mutex. */
static int leave_and_settle(tw_store *store, int status, uint64_t count, tw_error *why) {
    uint64_t seq = store->written_seq;
    tw_store_leave(store);
    return status || !count ? status : tw_store_settle(store, seq, why);
}

int tw_store_apply(tw_store *store, const tw_proposal *proposal, tw_error *why) {
    if (!proposal)
        return tw_fail(why, TW_E_INVALID, "the proposal is NULL");
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    uint64_t count;
    status = apply(store, proposal, &count, why);
    return leave_and_settle(store, status, count, why);
}

/* ---- both in one step ---------------------------------------------------------------------- */

static void count_traded(const struct state *state, int64_t date, struct traded *ret) {
    static const int64_t types[] = {
        TW_TYPE_position_opening, TW_TYPE_order_submitted,
        TW_TYPE_order_updated,    TW_TYPE_fill,
        TW_TYPE_fill_corrected,   TW_TYPE_fill_busted,
        TW_TYPE_partial,          TW_TYPE_position_adjusted,
        TW_TYPE_fill_inferred,    TW_TYPE_inferred_superseded,
    };
    *ret = (struct traded){.date = date};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        ret->records += state->type_counts[types[i]];
}

int tw_store_traded(tw_store *store, struct traded *ret, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    count_traded(store->state, tw_log_date(store->log), ret);
    tw_store_leave(store);
    return 0;
}

static int check_traded(tw_store *store, const struct traded *since, tw_error *why) {
    struct traded now;
    count_traded(store->state, tw_log_date(store->log), &now);
    if (since && (now.date != since->date || now.records != since->records))
        return tw_fail(why, TW_E_STALE,
                       "orders or executions were logged while the broker was asked, expected none "
                       "until its answer is recorded");
    return 0;
}

int tw_store_reconcile_and_apply(tw_store *store, const tw_answer *answer,
                                 const struct traded *since, tw_proposal **ret,
                                 uint64_t *ret_events, tw_error *why) {
    struct recovered now;
    struct state *older = NULL;
    tw_proposal *proposal = NULL;
    int64_t today = tw_store_date(store), date;
    uint64_t count = 0;
    /* Before the mutex is taken: the older day may be a long one. */
    int status = read_older_day(store, today, &older, why);
    if (!status)
        status = tw_store_whole_day_held(store, &now, &date, why);
    if (status) {
        tw_state_free(older);
        return status;
    }
    status = check_traded(store, since, why);
    if (!status && date != today)
        status = tw_fail(why, TW_E_STALE, "the day was rolled while the broker was asked");
    if (!status)
        status = tw_reconcile(now.state, answer, older, store->identity.overnight, &proposal, why);
    if (!status)
        status = apply(store, proposal, &count, why);
    status = leave_and_settle(store, status, count, why);
    tw_state_free(older);
    tw_state_free(now.state);
    if (status) {
        tw_proposal_free(proposal);
        return status;
    }
    *ret = proposal;
    *ret_events = count;
    return 0;
}
