/* The facade: appending. The line is readable here: check, write, apply. */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "core/fold.h"
#include "core/schema.h"
#include "io/clock.h"
#include "store_internal.h"

int tw_store_enter(tw_store *store, tw_error *why) {
    if (!store)
        return tw_fail(why, TW_E_INVALID, "the store is NULL");
    int status = tw_lock_check(store->lock, why);
    if (status)
        return status;
    pthread_mutex_lock(&store->mutex);
    status = tw_durable_check(store->durable, why);
    if (!status && store->failed)
        status = tw_fail(why, TW_E_FAILED,
                         "an earlier write failed: close the journal and open it again");
    if (status)
        pthread_mutex_unlock(&store->mutex);
    return status;
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

/* The events of one append, encoded as one frame in store->frame. */
struct batch {
    uint64_t first_seq;
    uint64_t count;
    int64_t time_ns; /* of the last */
};

static int check_date(const tw_store *store, const tw_event *event, tw_error *why) {
    if (event->trading_date == tw_log_date(store->log))
        return 0;
    return tw_fail(why, TW_E_DATE, "the event is of trading date %s, the session of %s",
                   tw_date_text(event->trading_date).text,
                   tw_date_text(tw_log_date(store->log)).text);
}

/* While the day file has no room, what is left in the intake is for those who want to get out. */
static int check_room(const tw_store *store, const tw_event *event, tw_error *why) {
    if (!tw_committer_is_full(store->committer) || !tw_fold_is_entry(event))
        return 0;
    return tw_fail(why, TW_E_FULL,
                   "the day file cannot grow: no new entries, exits are still recorded");
}

/* Encodes one event behind the others. */
static int encode(tw_store *store, const tw_event *event, uint32_t marks, tw_error *why) {
    struct buffer *frame = &store->frame;
    size_t start = frame->size;
    size_t prefix = tw_frame_add(frame);
    if (frame->failed || tw_record_encode(event, frame)) {
        frame->failed = 0;
        frame->size = start;
        return tw_fail(why, TW_E_NOMEM, "no memory to encode the event");
    }
    tw_frame_mark(frame, prefix, marks);
    return 0;
}

/* Checks one event and puts its record into the frame; *ret is the event as it is recorded. */
static int take(tw_store *store, const tw_event *said, struct batch *batch, tw_event *ret,
                tw_error *why) {
    if (said->size < offsetof(tw_event, as))
        return tw_fail(why, TW_E_INVALID, "size of the event is not set");
    if (said->type == TW_TYPE_OPAQUE)
        return tw_fail(why, TW_E_UNKNOWN_NAME, "the event has no type");
    stamp(store, said, ret);
    int status = check_date(store, ret, why);
    if (!status)
        status = check_room(store, ret, why);
    if (!status)
        status = tw_fold_check(store->state, ret, why);
    if (status)
        return status;
    uint32_t marks = indexed_id(store->state, ret) ? TW_FRAME_BOOKS_EXECUTION : 0;
    if (ret->type == TW_TYPE_order_submitted)
        marks |= TW_FRAME_SUBMITS_ORDER;
    status = encode(store, ret, marks, why);
    if (status)
        return status;
    if (!batch->count)
        batch->first_seq = ret->seq;
    batch->count++;
    return 0;
}

static int put_directly(tw_store *store, const struct batch *batch, tw_error *why) {
    struct frame frame = {.first_seq = batch->first_seq,
                          .count = batch->count,
                          .payload = (const uint8_t *)store->frame.data + TW_FRAME_HEADER_BYTES,
                          .payload_bytes = store->frame.size - TW_FRAME_HEADER_BYTES,
                          .bytes = store->frame.size};
    return tw_committer_put(store->committer, &frame, why);
}

static int try_intake(tw_store *store, const struct batch *batch, struct intake_room *ret,
                      tw_error *why) {
    int64_t wait_ns = store->one_thread ? 0 : store->full_wait_ns;
    return tw_intake_append(store->intake, &store->frame, batch->first_seq, batch->count,
                            tw_durable_reached(store->durable), wait_ns, ret, why);
}

static int put_into_intake(tw_store *store, const struct batch *batch, tw_error *why) {
    struct intake_room room;
    tw_error reason = {0};
    int status = try_intake(store, batch, &room, &reason);
    /* Where there is no thread, nobody else will make room. */
    if (status == TW_E_FULL && store->one_thread &&
        tw_committer_drain(store->committer, &reason) == 0)
        status = try_intake(store, batch, &room, &reason);
    if (status && status != TW_E_FULL)
        tw_durable_fail(store->durable, &reason);
    if (status)
        return tw_fail(why, status, "%s", reason.text);
    tw_committer_note(store->committer, &room);
    return 0;
}

static int write_batch(tw_store *store, const struct batch *batch, tw_error *why) {
    tw_frame_end(&store->frame);
    if (store->frame.failed)
        return tw_fail(why, TW_E_NOMEM, "no memory to encode the event");
    int status = tw_intake_takes(store->frame.size) ? put_into_intake(store, batch, why)
                                                    : put_directly(store, batch, why);
    if (!status)
        store->written_seq = batch->first_seq + batch->count - 1;
    return status;
}

/* The common case: nothing is applied before it is written, so a failure needs no way back. */
static int append_one(tw_store *store, const tw_event *said, tw_error *why) {
    struct batch batch = {0};
    tw_event event;
    tw_frame_begin(&store->frame);
    int status = take(store, said, &batch, &event, why);
    if (status == TW_E_HISTORY) {
        status = tw_store_replace_state(store, 1, why);
        if (!status)
            status = take(store, said, &batch, &event, why);
    }
    if (!status)
        status = write_batch(store, &batch, why);
    if (!status)
        tw_fold_apply(store->state, &event);
    return status;
}

/* A batch was folded in part and not written: the state is what was written. */
static void roll_back(tw_store *store) {
    /* A state that remembered the whole day goes on remembering it. */
    int whole_day = store->state->history_from <= store->state->first_seq;
    if (!tw_durable_failed(store->durable) && tw_store_replace_state(store, whole_day, NULL))
        store->failed = 1;
}

static int append_many(tw_store *store, const tw_event *events, uint64_t count, int all,
                       uint64_t *ret_count, tw_error *why) {
    struct batch batch = {0};
    int refused = 0;
    uint64_t stride = events->size;
    uint64_t done = 0;
    tw_frame_begin(&store->frame);
    for (; done < count; done++) {
        const tw_event *said = (const tw_event *)((const char *)events + done * stride);
        tw_event event;
        refused = take(store, said, &batch, &event, why);
        if (refused)
            break;
        tw_fold_apply(store->state, &event);
    }
    int status = 0;
    if (batch.count && !(refused && all))
        status = write_batch(store, &batch, why);
    if (batch.count && (status || (refused && all)))
        roll_back(store);
    *ret_count = status && !all ? 0 : done;
    return status ? status : refused;
}

int tw_store_append_locked(tw_store *store, const tw_event *events, uint64_t count, int all,
                           uint64_t *ret_count, tw_error *why) {
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
        status = tw_store_replace_state(store, 1, why);
        const tw_event *rest = (const tw_event *)((const char *)events + kept * events->size);
        if (!status)
            status = append_many(store, rest, count - kept, all, &more, why);
        done = kept + more;
    }
    *ret_count = done;
    return status;
}

int tw_store_settle(tw_store *store, uint64_t seq, tw_error *why) {
    return store->mode == TW_MODE_EACH ? tw_durable_wait(store->durable, seq, -1, why) : 0;
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

/* Behind the append proper, when others may go on: what the mode asks for. */
static int finish(tw_store *store, int status, uint64_t appended, tw_error *why) {
    uint64_t seq = store->written_seq;
    tw_store_leave(store);
    int unsettled = appended ? tw_store_settle(store, seq, status ? NULL : why) : 0;
    return status ? status : unsettled;
}

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
    uint64_t seq = store->state->last_seq;
    status = finish(store, status, count, why);
    if (!status && ret_seq)
        *ret_seq = seq;
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
    if (status && ret_bad)
        *ret_bad = done;
    uint64_t first = store->written_seq - count + 1;
    status = finish(store, status, status ? 0 : count, why);
    if (!status && ret_first_seq)
        *ret_first_seq = first;
    return status;
}

int tw_append_leading(tw_store *store, const tw_event *events, uint64_t count,
                      uint64_t *ret_first_seq, uint64_t *ret_count, tw_error *why) {
    if (!events || !count || !ret_count)
        return tw_fail(why, TW_E_INVALID, "the batch has no events or the count no place");
    *ret_count = 0;
    uint64_t allowed = count_of_host(events, count);
    uint64_t done = 0;
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    if (allowed)
        status = tw_store_append_locked(store, events, allowed, 0, &done, why);
    if (!status && allowed < count)
        status = refuse_session(why);
    uint64_t first = store->written_seq - done + 1;
    uint64_t seq = store->written_seq;
    tw_store_leave(store);
    int unsettled = done ? tw_store_settle(store, seq, why) : 0;
    if (unsettled)
        return unsettled;
    *ret_count = done;
    if (ret_first_seq && done)
        *ret_first_seq = first;
    return status;
}

uint64_t tw_durable_seq(tw_store *store) {
    return store && tw_lock_check(store->lock, NULL) == 0 ? tw_durable_reached(store->durable) : 0;
}

int tw_durable_fd(tw_store *store, tw_error *why) {
    if (!store)
        return tw_fail(why, TW_E_INVALID, "the store is NULL");
    int status = tw_lock_check(store->lock, why);
    return status ? status : tw_durable_descriptor(store->durable, why);
}

int tw_wait(tw_store *store, uint64_t seq, int64_t timeout_ns, tw_error *why) {
    if (!store)
        return tw_fail(why, TW_E_INVALID, "the store is NULL");
    int status = tw_lock_check(store->lock, why);
    if (status || seq <= tw_durable_reached(store->durable))
        return status;
    status = tw_store_enter(store, why);
    if (status)
        return status;
    uint64_t last = store->written_seq;
    tw_store_leave(store);
    if (seq > last)
        return tw_fail(why, TW_E_INVALID, "seq %llu was not given out yet, the last is %llu",
                       (unsigned long long)seq, (unsigned long long)last);
    return tw_durable_wait(store->durable, seq, timeout_ns, why);
}
