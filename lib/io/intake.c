/* The intake while it is used: appending, flushing, taking over. */
#include "io/intake.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/intake_internal.h"
#include "io/system.h"

enum { CROWDED_BYTES = TW_INTAKE_HALF_BYTES / 2 };

int tw_intake_takes(size_t frame_bytes) {
    return frame_bytes <= TW_INTAKE_HALF_BYTES;
}

/* ---- appending ----------------------------------------------------------------------------- */

static uint64_t block_of(uint64_t place) {
    return place / TW_FRAME_BLOCK_BYTES * TW_FRAME_BLOCK_BYTES;
}

/* Where a frame of that size goes. What a flush may have made durable is not written again. Where
 * the records before it went straight into the day file, its seq does not go on behind the last
 * frame: only a new use of a half may begin with any. */
static uint64_t choose_place(const struct intake *intake, size_t size, uint64_t first_seq) {
    uint64_t place = intake->end;
    if (intake->sealed > block_of(place))
        place = block_of(place) + TW_FRAME_BLOCK_BYTES;
    uint64_t use = tw_intake_use(place);
    int goes_on = !intake->last_seq || first_seq == intake->last_seq + 1;
    if (place + size > (use + 1) * TW_INTAKE_HALF_BYTES ||
        (!goes_on && place % TW_INTAKE_HALF_BYTES != 0))
        place = (use + 1) * TW_INTAKE_HALF_BYTES;
    return place;
}

/* A half is begun again when all of its use before is in the day file. */
static int is_free(const struct intake *intake, uint64_t place) {
    return place % TW_INTAKE_HALF_BYTES != 0 ||
           intake->taken >= intake->filled[tw_intake_use(place) % TW_INTAKE_HALVES];
}

static int wait_for_room(struct intake *intake, uint64_t place, int64_t wait_ns, tw_error *why) {
    struct timespec until = {0};
    int error = wait_ns > 0 ? 0 : ETIMEDOUT;
    if (wait_ns > 0)
        until = tw_thread_time(tw_clock_monotonic_ns() + wait_ns);
    while (!is_free(intake, place)) {
        if (error)
            return tw_fail(why, TW_E_FULL,
                           "the intake is full: the day file has not taken record %llu yet",
                           (unsigned long long)intake->next_seq);
        error = pthread_cond_timedwait(&intake->released, &intake->mutex, &until);
    }
    return 0;
}

static void begin_use(struct intake *intake, uint64_t place) {
    uint64_t use = tw_intake_use(place);
    intake->use_epoch[use % TW_INTAKE_HALVES] = intake->epoch;
    /* The use before of this half is over, and nobody may look for its end any more. */
    if (use >= TW_INTAKE_HALVES && intake->taken < (use - 1) * TW_INTAKE_HALF_BYTES)
        intake->taken = (use - 1) * TW_INTAKE_HALF_BYTES;
}

/* With the mutex held all the while: a flush that begins now must know of this frame, or of none in
 * its block. */
static int write_frame(struct intake *intake, struct buffer *bytes, struct frame *frame,
                       uint64_t place, tw_error *why) {
    uint64_t half = tw_intake_use(place) % TW_INTAKE_HALVES;
    if (place % TW_INTAKE_HALF_BYTES == 0)
        begin_use(intake, place);
    frame->date = intake->header.date;
    frame->epoch = intake->use_epoch[half];
    tw_frame_seal((uint8_t *)bytes->data, bytes->size, &intake->session, frame);
    int rc = tw_file_write(intake->fd, bytes->data, bytes->size, tw_intake_offset(place), why);
    if (rc)
        return tw_fail_in(why, rc, "%s/%s", intake->folder->shown, TW_INTAKE_NAME);
    if (!intake->next_seq || intake->taken >= intake->end)
        intake->next_seq = frame->first_seq;
    intake->end = intake->filled[half] = place + bytes->size;
    intake->last_seq = frame->first_seq + frame->count - 1;
    return 0;
}

/* Also when the other half still waits: the next frame that does not fit into this one needs it. */
static int is_crowded(const struct intake *intake) {
    uint64_t use = tw_intake_use(intake->end), from = intake->taken;
    if (!is_free(intake, (use + 1) * TW_INTAKE_HALF_BYTES))
        return 1;
    if (from < use * TW_INTAKE_HALF_BYTES)
        from = use * TW_INTAKE_HALF_BYTES; /* what was passed over waits for nobody */
    return intake->end - from >= CROWDED_BYTES;
}

int tw_intake_append(struct intake *intake, struct buffer *bytes, uint64_t first_seq,
                     uint64_t count, uint64_t durable_seq, int64_t wait_ns, struct intake_room *ret,
                     tw_error *why) {
    struct frame frame = {.first_seq = first_seq, .count = count, .durable_seq = durable_seq};
    pthread_mutex_lock(&intake->mutex);
    uint64_t place = choose_place(intake, bytes->size, first_seq);
    ret->begins = intake->taken >= intake->end;
    int rc = wait_for_room(intake, place, wait_ns, why);
    if (rc == 0)
        rc = write_frame(intake, bytes, &frame, place, why);
    ret->is_crowded = is_crowded(intake);
    pthread_mutex_unlock(&intake->mutex);
    return rc;
}

int tw_intake_flush(struct intake *intake, uint64_t *ret_seq, tw_error *why) {
    pthread_mutex_lock(&intake->mutex);
    uint64_t seq = intake->last_seq;
    intake->sealed = intake->end;
    pthread_mutex_unlock(&intake->mutex);
    /* EINTR too: whether it was flushed is not known then. */
    if (fdatasync(intake->fd) != 0)
        return tw_system_fail(why, errno, "syncing %s/%s", intake->folder->shown, TW_INTAKE_NAME);
    /* In a file that nobody finds again, nothing is durable. */
    int rc = tw_intake_watch(intake, why);
    if (rc == 0)
        *ret_seq = seq;
    return rc;
}

/* ---- taking over --------------------------------------------------------------------------- */

/* What waits in one half: from a place to behind the last frame of that use. */
struct stretch {
    uint64_t from, to;
    struct frame wanted; /* what the first of it has to be */
};

void tw_intake_oldest(struct intake *intake, struct intake_place *ret) {
    pthread_mutex_lock(&intake->mutex);
    *ret = (struct intake_place){intake->taken, intake->next_seq};
    pthread_mutex_unlock(&intake->mutex);
}

/* 1 when there is one. `oldest`: from what waits now on, which an append that begins a half may
 * move as soon as the mutex is free. */
static int find_stretch(struct intake *intake, struct intake_place *place, int oldest,
                        struct stretch *ret) {
    pthread_mutex_lock(&intake->mutex);
    if (oldest)
        *place = (struct intake_place){intake->taken, intake->next_seq};
    uint64_t use = tw_intake_use(place->at);
    uint64_t half = use % TW_INTAKE_HALVES;
    ret->from = place->at;
    ret->to = intake->filled[half];
    /* The half is left, and everything in it was read. */
    if (ret->from == ret->to && intake->end > (use + 1) * TW_INTAKE_HALF_BYTES) {
        ret->from = (use + 1) * TW_INTAKE_HALF_BYTES;
        half = (use + 1) % TW_INTAKE_HALVES;
        ret->to = intake->filled[half];
    }
    ret->wanted = (struct frame){.date = intake->header.date,
                                 .epoch = intake->use_epoch[half],
                                 .first_seq = place->next_seq};
    int waits = ret->to > ret->from;
    pthread_mutex_unlock(&intake->mutex);
    return waits;
}

static int read_stretch(struct intake *intake, const struct stretch *stretch, size_t most,
                        struct buffer *bytes, tw_error *why) {
    uint64_t start = block_of(stretch->from);
    size_t size = (size_t)(stretch->to - start);
    size_t got = 0;
    if (size > most)
        size = most;
    tw_buffer_clear(bytes);
    if (tw_buffer_reserve(bytes, size))
        return tw_fail(why, TW_E_NOMEM, "no memory to read the intake");
    int rc = tw_file_read(intake->fd, bytes->data, size, tw_intake_offset(start), &got, why);
    if (rc)
        return tw_fail_in(why, rc, "%s/%s", intake->folder->shown, TW_INTAKE_NAME);
    bytes->size = got;
    return 0;
}

/* The frames that are whole in what was read. */
static void find_frames(const struct frame_session *session, const struct stretch *stretch,
                        const struct buffer *bytes, struct intake_place *place,
                        struct intake_span *ret) {
    struct frame frame = stretch->wanted;
    uint64_t start = block_of(stretch->from);
    size_t at = (size_t)(stretch->from - start);
    *ret = (struct intake_span){.session = *session,
                                .first_seq = frame.first_seq,
                                .date = frame.date,
                                .epoch = frame.epoch,
                                .at = at};
    while (start + at < stretch->to && tw_frame_follow(session, (const uint8_t *)bytes->data,
                                                       bytes->size, &at, &frame, &frame)) {
        place->at = start + at;
        ret->records += frame.count;
        ret->last_seq = frame.first_seq + frame.count - 1;
        place->next_seq = frame.first_seq = ret->last_seq + 1;
    }
}

static int read_from(struct intake *intake, struct intake_place *place, int oldest,
                     size_t max_bytes, struct buffer *bytes, struct intake_span *ret,
                     tw_error *why) {
    struct stretch stretch;
    struct intake_span span = {0};
    if (!find_stretch(intake, place, oldest, &stretch)) {
        *ret = span;
        return 0;
    }
    int rc = read_stretch(intake, &stretch, max_bytes, bytes, why);
    if (rc == 0)
        find_frames(&intake->session, &stretch, bytes, place, &span);
    /* The first of them is longer than that. */
    if (rc == 0 && span.records == 0) {
        rc = read_stretch(intake, &stretch, SIZE_MAX, bytes, why);
        if (rc == 0)
            find_frames(&intake->session, &stretch, bytes, place, &span);
    }
    if (rc == 0 && span.records == 0)
        rc = tw_fail(why, TW_E_DAMAGED,
                     "record %llu was written to the intake and does not read back as it was",
                     (unsigned long long)stretch.wanted.first_seq);
    if (rc == 0)
        *ret = span;
    return rc;
}

int tw_intake_read(struct intake *intake, struct intake_place *place, size_t max_bytes,
                   struct buffer *bytes, struct intake_span *ret, tw_error *why) {
    return read_from(intake, place, 0, max_bytes, bytes, ret, why);
}

int tw_intake_read_oldest(struct intake *intake, struct intake_place *ret_place, size_t max_bytes,
                          struct buffer *bytes, struct intake_span *ret, tw_error *why) {
    return read_from(intake, ret_place, 1, max_bytes, bytes, ret, why);
}

int tw_intake_next(const struct intake_span *span, const struct buffer *bytes, size_t *at,
                   struct frame *frame) {
    uint64_t next = frame->first_seq ? frame->first_seq + frame->count : span->first_seq;
    if (next > span->last_seq)
        return 0;
    struct frame wanted = {.first_seq = next, .date = span->date, .epoch = span->epoch};
    int follows = tw_frame_follow(&span->session, (const uint8_t *)bytes->data, bytes->size, at,
                                  &wanted, frame);
    assert(follows);
    return follows;
}

void tw_intake_release(struct intake *intake, const struct intake_place *place, uint64_t epoch) {
    pthread_mutex_lock(&intake->mutex);
    intake->taken = place->at;
    intake->next_seq = place->next_seq;
    intake->epoch = epoch;
    pthread_cond_broadcast(&intake->released);
    pthread_mutex_unlock(&intake->mutex);
}

int tw_intake_waits(struct intake *intake) {
    pthread_mutex_lock(&intake->mutex);
    int waits = intake->end > intake->taken;
    pthread_mutex_unlock(&intake->mutex);
    return waits;
}

uint64_t tw_intake_last_seq(struct intake *intake) {
    pthread_mutex_lock(&intake->mutex);
    uint64_t seq = intake->last_seq;
    pthread_mutex_unlock(&intake->mutex);
    return seq;
}
