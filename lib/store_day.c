/* The facade: days. What a journal has of them, and making one the day that is written. */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "io/takeover_start.h"
#include "store_internal.h"

int tw_date_before(const struct folder *folder, int64_t date, int64_t *ret_date, tw_error *why) {
    int64_t count = tw_folder_dates(folder, NULL, 0, why);
    if (count < 0)
        return (int)count;
    int64_t *dates = calloc((size_t)count + 1, sizeof *dates);
    if (!dates)
        return tw_fail(why, TW_E_NOMEM, "no memory for a list of %lld dates", (long long)count);
    int64_t found = tw_folder_dates(folder, dates, (uint64_t)count, why);
    *ret_date = 0;
    for (int64_t i = 0; i < found && i < count; i++)
        if (dates[i] < date)
            *ret_date = dates[i];
    free(dates);
    return found < 0 ? (int)found : 0;
}

int tw_day_end(const struct folder *folder, const uint8_t uuid[16], int64_t date,
               struct log_head *ret_head, struct state **ret_state, tw_error *why) {
    struct log *log;
    struct recovered end;
    struct recover_limit limit = {.one_thread = 1};
    int status = tw_log_open(folder, date, TW_LOG_READ, &log, why);
    if (status)
        return tw_fail_in(why, status, "the day file of %s", tw_date_text(date).text);
    status = tw_log_check_journal(log, uuid, why);
    if (!status)
        status = tw_log_head(log, ret_head, why);
    if (!status && ret_state) {
        status = tw_recover_day(log, &limit, &end, why);
        if (!status)
            *ret_state = end.state;
    }
    tw_log_close(log);
    return status ? tw_fail_in(why, status, "the day file of %s", tw_date_text(date).text) : 0;
}

/* Where the chain stands before a new day: at the end of the newest older one. */
static int make_day(tw_store *store, int64_t date, int64_t older,
                    const struct takeover_start *start, tw_error *why) {
    struct log_origin origin = {.date = date};
    struct log_head head = {0};
    memcpy(origin.uuid, store->identity.uuid, sizeof origin.uuid);
    if (older) {
        int status = tw_day_end(store->folder, store->identity.uuid, older, &head, NULL, why);
        if (status)
            return status;
        memcpy(origin.previous_digest, head.digest, sizeof origin.previous_digest);
        origin.previous_seq = head.last_seq;
    }
    int status = start ? tw_takeover_match(start, &head, why) : 0;
    return status ? status : tw_log_create(store->folder, date, &origin, head.session, why);
}

/* `start` is NULL where the intake is open already. */
static int open_log(tw_store *store, int64_t date, int64_t older,
                    const struct takeover_start *start, tw_error *why) {
    int status = tw_log_open(store->folder, date, TW_LOG_WRITE, &store->log, why);
    if (status == TW_E_NOT_FOUND) {
        status = make_day(store, date, older, start, why);
        if (!status)
            status = tw_log_open(store->folder, date, TW_LOG_WRITE, &store->log, why);
    }
    return status ? status : tw_log_check_journal(store->log, store->identity.uuid, why);
}

static int recover_state(tw_store *store, struct recovered *ret, tw_error *why) {
    struct recover_limit limit = {.one_thread = store->one_thread};
    int status = tw_recover_day(store->log, &limit, ret, why);
    if (status)
        return status;
    store->state = ret->state;
    tw_recover_attach(store->state, store->log);
    store->recovery.snapshot_seq = ret->snapshot_seq;
    store->recovery.snapshots_bad = ret->snapshots_bad;
    store->recovery.replayed = ret->replayed;
    return 0;
}

static int flush_intake(void *context, uint64_t *ret_seq, tw_error *why) {
    return tw_intake_flush(context, ret_seq, why);
}

static int start_committer(tw_store *store, uint64_t snapshot_seq, tw_error *why) {
    struct log_head head;
    int status = tw_log_head(store->log, &head, why);
    if (status)
        return status;
    store->written_seq = head.last_seq;
    if (tw_durable_new(head.last_seq, store->one_thread, flush_intake, store->intake,
                       &store->durable))
        return tw_fail(why, TW_E_NOMEM, "no memory to open the journal");
    struct committer_setup setup = {.log = store->log,
                                    .intake = store->intake,
                                    .durable = store->durable,
                                    .snapshot_seq = snapshot_seq,
                                    .delay_ns = store->commit_delay_ns,
                                    .has_thread = !store->one_thread};
    return tw_committer_open(&setup, &store->committer, why);
}

/* First of all what the intake holds is brought into the day files: only then is it known where
 * today, and the day before it, ends. */
int tw_store_load_day(tw_store *store, int64_t date, int64_t older, tw_error *why) {
    struct takeover_start start = {0};
    struct recovered found = {0};
    int status = tw_takeover_read(&start, store->folder, &store->identity, why);
    if (!status)
        status = tw_takeover_older(&start, store->folder, date, why);
    if (!status)
        status = open_log(store, date, older, &start, why);
    if (!status)
        status = tw_takeover_into(&start, store->log, why);
    if (!status)
        status = recover_state(store, &found, why);
    if (!status)
        status = tw_takeover_open(&start, store->folder, &store->identity, store->log,
                                  &store->intake, why);
    if (!status)
        status = start_committer(store, found.snapshot_seq, why);
    store->recovery.intake_records = start.records;
    store->recovery.intake_torn = start.torn;
    tw_takeover_free(&start);
    return status;
}

int tw_store_load_next_day(tw_store *store, int64_t date, int64_t older, tw_error *why) {
    struct recovered found = {0};
    int status = open_log(store, date, older, NULL, why);
    if (!status)
        status = recover_state(store, &found, why);
    if (!status)
        status = tw_takeover_begin_session(store->intake, store->log, why);
    if (!status)
        status = tw_committer_enter(store->committer, store->log, found.snapshot_seq, why);
    return status;
}
