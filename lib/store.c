/* The facade: appending. The line is readable here: check, write, apply. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/error.h"
#include "core/fold.h"
#include "core/schema.h"
#include "io/clock.h"
#include "io/system.h"
#include "store_internal.h"

int tw_store_enter(tw_store *store, tw_error *why) {
    if (!store)
        return tw_fail(why, TW_E_INVALID, "the store is NULL");
    int status = tw_lock_check(store->lock, why);
    if (status)
        return status;
    pthread_mutex_lock(&store->mutex);
    if (!store->failed)
        return 0;
    pthread_mutex_unlock(&store->mutex);
    return tw_fail(why, TW_E_FAILED,
                   "an earlier write failed: close the journal and open it again");
}

int tw_store_enter_to_look(tw_store *store) {
    if (!store)
        return TW_E_INVALID;
    int status = tw_lock_check(store->lock, NULL);
    if (status == 0)
        pthread_mutex_lock(&store->mutex);
    return status;
}

void tw_store_leave(tw_store *store) {
    pthread_mutex_unlock(&store->mutex);
}

/* ---- one event ----------------------------------------------------------------------------- */

/* Some event speaks of an execution from before the snapshot that this state was started from: from
 * now on the state is the fold of the whole day, which is equal to it and remembers more. */
static int remember_whole_day(tw_store *store, tw_error *why) {
    struct recover_limit limit = {.whole_day = 1, .one_thread = store->one_thread};
    struct recovered whole;
    int status = tw_recover_day(store->log, &limit, &whole, why);
    if (status)
        return status;
    tw_state_free(store->state);
    store->state = whole.state;
    memcpy(store->digest, whole.digest, sizeof store->digest);
    return 0;
}

static void stamp(const tw_store *store, const tw_event *said, tw_event *ret) {
    size_t known = said->size < sizeof *ret ? said->size : sizeof *ret;
    memset(ret, 0, sizeof *ret);
    memcpy(ret, said, known);
    ret->size = sizeof *ret;
    ret->seq = store->state->last_seq + 1;
    if (ret->seq == 1 && tw_log_origin(store->log)->previous_seq)
        ret->seq = tw_log_origin(store->log)->previous_seq + 1;
    if (ret->time_ns == 0)
        ret->time_ns = tw_clock_now_ns();
    if (ret->trading_date == 0)
        ret->trading_date = tw_log_date(store->log);
    if (ret->source == 0)
        ret->source = TW_SOURCE_HOST;
}

/* What goes into the index of executions: an exec id that is new with this event. */
static const char *indexed_id(const struct state *state, const tw_event *event) {
    const char *exec_id = tw_event_exec_id(event);
    if (exec_id && tw_state_find_execution(state, exec_id) != TW_NONE)
        return NULL;
    return exec_id;
}

/* The events of one batch, encoded; the exec ids point into the caller's events. */
struct batch {
    struct log_record *records;
    size_t count, capacity;
    uint8_t digest[TW_DIGEST_BYTES];
};

static int check_date(const tw_store *store, const tw_event *event, tw_error *why) {
    if (event->trading_date == tw_log_date(store->log))
        return 0;
    return tw_fail(why, TW_E_DATE, "the event is of trading date %lld, the session of %lld",
                   (long long)event->trading_date, (long long)tw_log_date(store->log));
}

/* Checks one event, folds it into the state and puts its record behind the others. */
static int take(tw_store *store, const tw_event *said, struct batch *batch, tw_error *why) {
    tw_event event;
    if (said->size < offsetof(tw_event, as))
        return tw_fail(why, TW_E_INVALID, "size of the event is not set");
    if (said->type == TW_TYPE_OPAQUE)
        return tw_fail(why, TW_E_UNKNOWN_NAME, "the event has no type");
    stamp(store, said, &event);
    int status = check_date(store, &event, why);
    if (!status)
        status = tw_fold_check(store->state, &event, why);
    if (status)
        return status;
    const char *exec_id = indexed_id(store->state, &event);
    size_t start = store->records.size;
    if (tw_record_encode(&event, &store->records)) {
        store->records.failed = 0;
        store->records.size = start;
        return tw_fail(why, TW_E_NOMEM, "no memory to encode the event");
    }
    if (tw_array_reserve((void **)&batch->records, &batch->capacity, batch->count + 1,
                         sizeof *batch->records)) {
        store->records.size = start;
        return tw_fail(why, TW_E_NOMEM, "no memory for a batch of %zu events", batch->count + 1);
    }
    struct log_record *record = &batch->records[batch->count++];
    record->size = store->records.size - start;
    record->seq = event.seq;
    record->time_ns = event.time_ns;
    record->exec_id = exec_id;
    record->order_ref =
        event.type == TW_TYPE_order_submitted ? event.as.order_submitted.order_ref : NULL;
    tw_chain(batch->digest, store->records.data + start, record->size, batch->digest);
    return 0;
}

/* The buffer may have moved while it grew: the records are found again from their sizes. */
static void locate(const tw_store *store, struct batch *batch) {
    const uint8_t *at = (const uint8_t *)store->records.data;
    for (size_t i = 0; i < batch->count; i++) {
        batch->records[i].bytes = at;
        at += batch->records[i].size;
    }
}

static int write_batch(tw_store *store, struct batch *batch, tw_error *why) {
    locate(store, batch);
    int status = tw_log_commit(store->log, batch->records, batch->count, NULL, batch->digest, why);
    if (tw_log_failed(store->log))
        store->failed = 1;
    if (!status) {
        memcpy(store->digest, batch->digest, sizeof store->digest);
        store->durable_seq = batch->records[batch->count - 1].seq;
    }
    if (store->durable_fd >= 0 && (!status || store->failed))
        eventfd_write(store->durable_fd, 1);
    return status;
}

/* A batch was folded in part and not written: the state is what the log says. */
static void roll_back(tw_store *store) {
    if (store->failed)
        return;
    /* A state that remembered the whole day goes on remembering it. */
    struct recover_limit limit = {.whole_day =
                                      store->state->history_from <= store->state->first_seq,
                                  .one_thread = store->one_thread};
    struct recovered before;
    if (tw_recover_day(store->log, &limit, &before, NULL)) {
        store->failed = 1;
        return;
    }
    tw_state_free(store->state);
    store->state = before.state;
    memcpy(store->digest, before.digest, sizeof store->digest);
    tw_recover_attach(store->state, store->log);
}

/* The common case: nothing is applied before it is written, so a failure needs no way back. */
static int append_one(tw_store *store, const tw_event *said, tw_error *why) {
    struct log_record room;
    struct batch batch = {.records = &room, .capacity = 1};
    memcpy(batch.digest, store->digest, sizeof batch.digest);
    int status = take(store, said, &batch, why);
    if (status == TW_E_HISTORY) {
        status = remember_whole_day(store, why);
        if (!status)
            status = take(store, said, &batch, why);
    }
    if (!status)
        status = write_batch(store, &batch, why);
    if (status)
        return status;
    tw_event event;
    stamp(store, said, &event);
    event.time_ns = room.time_ns;
    tw_fold_apply(store->state, &event);
    return 0;
}

static int append_many(tw_store *store, const tw_event *events, uint64_t count, int all,
                       uint64_t *ret_count, tw_error *why) {
    struct batch batch = {0};
    memcpy(batch.digest, store->digest, sizeof batch.digest);
    int refused = 0;
    uint64_t stride = events->size;
    uint64_t done = 0;
    for (; done < count; done++) {
        const tw_event *said = (const tw_event *)((const char *)events + done * stride);
        refused = take(store, said, &batch, why);
        if (refused)
            break;
        tw_event event;
        stamp(store, said, &event);
        event.time_ns = batch.records[batch.count - 1].time_ns;
        tw_fold_apply(store->state, &event);
    }
    int status = 0;
    if (batch.count && !(refused && all))
        status = write_batch(store, &batch, why);
    if (batch.count && (status || (refused && all)))
        roll_back(store);
    free(batch.records);
    *ret_count = status && !all ? 0 : done;
    return status ? status : refused;
}

int tw_store_append_locked(tw_store *store, const tw_event *events, uint64_t count, int all,
                           uint64_t *ret_count, tw_error *why) {
    tw_buffer_clear(&store->records);
    *ret_count = 0;
    if (count == 1) {
        int status = append_one(store, events, why);
        *ret_count = status == 0;
        return status;
    }
    uint64_t done = 0;
    int status = append_many(store, events, count, all, &done, why);
    if (status == TW_E_HISTORY) {
        /* Nothing was kept if all or none; else the ones before it were. Go on with the whole day.
         */
        uint64_t kept = all ? 0 : done;
        uint64_t more = 0;
        status = remember_whole_day(store, why);
        tw_buffer_clear(&store->records);
        const tw_event *rest = (const tw_event *)((const char *)events + kept * events->size);
        if (!status)
            status = append_many(store, rest, count - kept, all, &more, why);
        done = kept + more;
    }
    *ret_count = done;
    return status;
}

/* Where a session begins and ends is the store's to say: one that a host closed would take no more
 * events, and a crash after it would pass for a clean end. Returns how many of the events come
 * before the first that is not a host's. */
static uint64_t count_of_host(const tw_event *events, uint64_t count) {
    uint64_t stride = events->size;
    for (uint64_t i = 0; i < count && stride >= offsetof(tw_event, as); i++) {
        const tw_event *said = (const tw_event *)((const char *)events + i * stride);
        if (said->type == TW_TYPE_session_opened || said->type == TW_TYPE_session_closed)
            return i;
    }
    return count;
}

static int refuse_session(tw_error *why) {
    return tw_fail(why, TW_E_REFUSED,
                   "the journal itself records where its sessions begin and end");
}

/* ---- the public calls ---------------------------------------------------------------------- */

int tw_append(tw_store *store, const tw_event *event, uint64_t *ret_seq, tw_error *why) {
    if (!event)
        return tw_fail(why, TW_E_INVALID, "the event is NULL");
    if (count_of_host(event, 1) == 0)
        return refuse_session(why);
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    uint64_t count;
    status = tw_store_append_locked(store, event, 1, 1, &count, why);
    if (!status && ret_seq)
        *ret_seq = store->state->last_seq;
    tw_store_leave(store);
    return status;
}

int tw_append_batch(tw_store *store, const tw_event *events, uint64_t count,
                    uint64_t *ret_first_seq, uint64_t *ret_bad, tw_error *why) {
    if (!events || !count)
        return tw_fail(why, TW_E_INVALID, "the batch has no events");
    uint64_t allowed = count_of_host(events, count);
    if (allowed < count) {
        if (ret_bad)
            *ret_bad = allowed;
        return refuse_session(why);
    }
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    uint64_t done;
    status = tw_store_append_locked(store, events, count, 1, &done, why);
    if (!status && ret_first_seq)
        *ret_first_seq = store->state->last_seq - count + 1;
    if (status && ret_bad)
        *ret_bad = done;
    tw_store_leave(store);
    return status;
}

int tw_append_leading(tw_store *store, const tw_event *events, uint64_t count,
                      uint64_t *ret_first_seq, uint64_t *ret_count, tw_error *why) {
    if (!events || !count || !ret_count)
        return tw_fail(why, TW_E_INVALID, "the batch has no events or the count no place");
    *ret_count = 0;
    uint64_t allowed = count_of_host(events, count);
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    if (allowed)
        status = tw_store_append_locked(store, events, allowed, 0, ret_count, why);
    if (!status && allowed < count)
        status = refuse_session(why);
    if (ret_first_seq && *ret_count)
        *ret_first_seq = store->durable_seq - *ret_count + 1;
    tw_store_leave(store);
    return status;
}

uint64_t tw_durable_seq(tw_store *store) {
    if (tw_store_enter_to_look(store))
        return 0;
    /* Not the state's: after a batch whose writing failed that may be ahead of the log. */
    uint64_t seq = store->durable_seq;
    tw_store_leave(store);
    return seq;
}

int tw_durable_fd(tw_store *store, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    if (store->durable_fd < 0)
        store->durable_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    status = store->durable_fd;
    int error = errno;
    tw_store_leave(store);
    return status < 0 ? tw_system_fail(why, error, "making a descriptor to wait on") : status;
}

int tw_wait(tw_store *store, uint64_t seq, int64_t timeout_ns, tw_error *why) {
    (void)timeout_ns;
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    /* Every append is durable when it returns: a seq that is not there was never given out. */
    if (seq > store->state->last_seq)
        status = tw_fail(why, TW_E_INVALID, "seq %llu was not given out yet, the last is %llu",
                         (unsigned long long)seq, (unsigned long long)store->state->last_seq);
    tw_store_leave(store);
    return status;
}
