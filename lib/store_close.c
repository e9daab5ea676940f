/* The facade: where a session or a day ends. */
#include "base/date.h"
#include "base/error.h"
#include "store_internal.h"

static int close_session(tw_store *store, const char *reason, tw_error *why) {
    tw_event event = {.size = sizeof event, .type = TW_TYPE_session_closed};
    uint64_t count;
    event.as.session_closed.reason = reason;
    return tw_store_append_locked(store, &event, 1, 1, &count, why);
}

void tw_abandon(tw_store *store) {
    if (!store)
        return;
    tw_timer_stop(store);
    tw_store_free(store);
}

/* What there is no room for in the day file stays in the intake, durably, for the next start. */
static int save_all(tw_store *store, tw_error *why) {
    uint64_t seq;
    int status = tw_store_checkpoint_locked(store, &seq, why);
    if (status && !tw_durable_failed(store->durable))
        tw_durable_wait(store->durable, store->written_seq, -1, NULL);
    return status;
}

/* All is in the day file. Where the intake is empty too, a copy of the day file alone is whole. */
static int close_files(tw_store *store, tw_error *why) {
    tw_committer_close(store->committer);
    store->committer = NULL;
    struct log_head head;
    int status = tw_log_head(store->log, &head, why);
    if (!status)
        status = tw_intake_finish(store->intake, &head, why);
    if (!status)
        status = tw_log_close_trimmed(store->log, why);
    else
        tw_log_close(store->log);
    store->log = NULL;
    return status;
}

int tw_close(tw_store *store, const char *reason, tw_error *why) {
    if (!store)
        return 0;
    int status = tw_lock_check(store->lock, why);
    if (status) {
        /* A forked child lets go of its copy and leaves the parent's files alone. */
        tw_store_free(store);
        return status;
    }
    int unsaid = 0;
    tw_timer_stop(store);
    status = tw_store_enter(store, why);
    if (!status) {
        status = close_session(store, reason ? reason : "closed", why);
        /* A reason that cannot be recorded is an error, but no crash. */
        if (status == TW_E_TEXT || status == TW_E_RANGE)
            unsaid = status;
        if (unsaid)
            status = close_session(store, "closed", NULL);
        if (!status)
            status = save_all(store, why);
        tw_store_leave(store);
    }
    if (!status)
        status = close_files(store, why);
    tw_store_free(store);
    return status ? status : unsaid;
}

static int roll_locked(tw_store *store, int64_t date, tw_error *why) {
    int64_t today = tw_log_date(store->log);
    if (!tw_date_valid(date) || date <= today)
        return tw_fail(why, TW_E_DATE, "cannot roll from %s to %s, expected a later date",
                       tw_date_text(today).text, tw_date_text(date).text);
    /* Whether the day file has room is asked while nothing has changed. */
    int status = tw_committer_drain(store->committer, why);
    if (!status)
        status = close_session(store, "the trading date is over", why);
    if (status)
        return status;
    /* A snapshot for which there is no room is none that the day needs: its log has everything. To
     * stop here would leave a day whose session is closed and that takes no event any more. */
    uint64_t seq;
    tw_store_checkpoint_locked(store, &seq, NULL);
    /* From here on a failure leaves no day to write to: only opening the journal again helps. */
    store->failed = 1;
    status = tw_committer_leave(store->committer, why);
    if (status)
        return status;
    tw_recovery opened = store->recovery;
    struct state *older = store->state;
    store->state = NULL;
    status = tw_log_close_trimmed(store->log, why);
    store->log = NULL;
    if (!status)
        status = tw_store_load_next_day(store, date, today, why);
    store->recovery = opened;
    if (!status)
        status = tw_store_open_session(store, TW_RESUMED_CLEAN, older, why);
    tw_state_free(older);
    if (!status)
        status = tw_committer_drain(store->committer, why);
    if (!status)
        store->failed = 0;
    return status;
}

int tw_roll(tw_store *store, int64_t trading_date, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    status = roll_locked(store, trading_date, why);
    tw_store_leave(store);
    return status;
}
