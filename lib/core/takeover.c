/* Which frames of an intake a recovery takes over. Pure. */
#include "core/takeover.h"

#include <stdlib.h>

#include "base/error.h"

/* The frames of one half that belong to its last use, one behind the other from its start. */
struct run {
    const struct frame_session *session;
    const struct intake_half *half;
    struct frame first; /* count 0: there is none */
    size_t end;         /* behind the last of them */
    uint64_t next_seq;  /* that a frame there would have */
};

static void find_run(const struct frame_session *session, const struct intake_half *half,
                     struct run *ret) {
    struct frame frame;
    *ret = (struct run){.session = session, .half = half};
    if (tw_frame_read(session, half->bytes, half->size, &frame) != TW_FRAME_WHOLE)
        return;
    ret->first = frame;
    ret->next_seq = frame.first_seq;
    do {
        frame.first_seq = ret->next_seq;
        if (!tw_frame_follow(session, half->bytes, half->size, &ret->end, &frame, &frame))
            return;
        ret->next_seq = frame.first_seq + frame.count;
    } while (1);
}

int64_t tw_takeover_date(const struct frame_session *session, const struct intake_half *half) {
    struct frame frame;
    return tw_frame_read(session, half->bytes, half->size, &frame) != TW_FRAME_NONE ? frame.date
                                                                                    : 0;
}

/* ---- frames wherever they lie -------------------------------------------------------------- */

/* A half that was forged may say at each place that a frame of megabytes begins there, and so that
 * its checksum is to be computed over and over. Of one that a writer filled hardly more than all
 * of it is. */
enum { MOST_READ = 64 };

struct search {
    const struct frame_session *session;
    const struct intake_half *half;
    size_t at;
    size_t read; /* bytes of what was found */
};

/* 1 and the next whole frame, which lies behind search->at - frame->bytes; 0 when there is none;
 * TW_E_DAMAGED. */
static int find_next(struct search *search, struct frame *ret, tw_error *why) {
    const struct intake_half *half = search->half;
    size_t at = search->at;
    while ((at = tw_frame_search(half->bytes, half->size, at)) < half->size) {
        enum frame_verdict verdict =
            tw_frame_read(search->session, half->bytes + at, half->size - at, ret);
        if (verdict != TW_FRAME_NONE)
            search->read += ret->bytes;
        if (search->read / MOST_READ > half->size)
            return tw_fail(why, TW_E_DAMAGED,
                           "the intake has more frames in one another than a writer leaves");
        search->at = at += verdict == TW_FRAME_WHOLE ? ret->bytes : TW_FRAME_ALIGN;
        if (verdict == TW_FRAME_WHOLE)
            return 1;
    }
    return 0;
}

int tw_takeover_any(const struct intake_image *image) {
    for (int i = 0; i < TW_INTAKE_HALVES; i++) {
        struct search search = {.session = &image->session, .half = &image->halves[i]};
        struct frame frame;
        if (find_next(&search, &frame, NULL) != 0)
            return 1;
    }
    return 0;
}

/* ---- what goes on behind the day file ------------------------------------------------------ */

static int keep(struct takeover *takeover, size_t *capacity, const struct frame *frame,
                tw_error *why) {
    if (tw_array_reserve((void **)&takeover->frames, capacity, takeover->count + 1,
                         sizeof *takeover->frames))
        return tw_fail(why, TW_E_NOMEM, "no memory for the frames of the intake");
    takeover->frames[takeover->count++] = *frame;
    takeover->last_seq = frame->first_seq + frame->count - 1;
    return 0;
}

static int take_run(const struct run *run, struct takeover *takeover, size_t *capacity,
                    tw_error *why) {
    struct frame frame = run->first;
    size_t at = 0;
    while (at < run->end &&
           tw_frame_follow(run->session, run->half->bytes, run->half->size, &at, &frame, &frame)) {
        uint64_t last = frame.first_seq + frame.count - 1;
        uint64_t expected = takeover->last_seq + 1;
        if (frame.first_seq > expected)
            return 0;
        if (frame.first_seq < expected && last >= expected)
            return tw_fail(why, TW_E_DAMAGED,
                           "records %llu to %llu were appended as one, but the day file has only "
                           "those up to %llu",
                           (unsigned long long)frame.first_seq, (unsigned long long)last,
                           (unsigned long long)takeover->last_seq);
        if (frame.first_seq == expected) {
            int status = keep(takeover, capacity, &frame, why);
            if (status)
                return status;
        }
        frame.first_seq = last + 1;
    }
    return 0;
}

/* ---- what is left -------------------------------------------------------------------------- */

/* A frame behind the end that still says what was durable when it was written. */
static int judge_orphan(const struct frame *frame, struct takeover *takeover, tw_error *why) {
    if (frame->first_seq <= takeover->last_seq)
        return 0;
    if (frame->durable_seq > takeover->last_seq)
        return tw_fail(why, TW_E_DAMAGED,
                       "record %llu is missing: it was acknowledged as durable before record %llu "
                       "was appended, which is there",
                       (unsigned long long)takeover->last_seq + 1,
                       (unsigned long long)frame->first_seq);
    takeover->torn++;
    return 0;
}

/* A disk writes a sector whole or not at all: where a frame begins in the sector in which the one
 * that is missing began, that one was written too. Its checksum has to be in there: what is before
 * that reads the same in each frame, and may be of one that was there before. */
static int judge_neighbour(const struct run *run, size_t at, const struct takeover *takeover,
                           tw_error *why) {
    size_t known = at + TW_FRAME_CHECKSUM_END;
    if (at <= run->end || (known - 1) / TW_FRAME_SECTOR_BYTES != run->end / TW_FRAME_SECTOR_BYTES)
        return 0;
    return tw_fail(why, TW_E_DAMAGED,
                   "record %llu is damaged: what follows it in the same sector is whole",
                   (unsigned long long)takeover->last_seq + 1);
}

/* All frames of a half that are not taken over, wherever they lie: behind a gap in their run, or in
 * a use whose first frame is gone, so that the run is that of an older use or there is none. What
 * is of another use may be old, but nothing of this day was ever written that knew of more durable
 * records than there are. */
static int judge_rest(const struct run *run, const struct takeover_day *day,
                      struct takeover *takeover, tw_error *why) {
    struct search search = {.session = run->session, .half = run->half};
    struct frame frame;
    int status;
    while ((status = find_next(&search, &frame, why)) > 0) {
        int is_of_run = run->first.count && frame.epoch == run->first.epoch;
        if (frame.date != day->date)
            continue;
        if ((is_of_run || !run->first.count) && frame.first_seq > takeover->last_seq)
            status = judge_neighbour(run, search.at - frame.bytes, takeover, why);
        if (status >= 0 && (is_of_run || frame.durable_seq > takeover->last_seq))
            status = judge_orphan(&frame, takeover, why);
        if (status < 0)
            return status;
    }
    return status;
}

/* A header of the frame that would come next, without the rest of it. A disk writes a sector whole
 * or not at all, so a frame within one cannot be torn. */
static int judge_broken(const struct run *run, size_t at, const struct takeover_day *day,
                        struct takeover *takeover, tw_error *why) {
    const struct intake_half *half = run->half;
    struct frame frame;
    if (at >= half->size ||
        tw_frame_read(run->session, half->bytes + at, half->size - at, &frame) != TW_FRAME_BROKEN ||
        frame.date != day->date || frame.first_seq != takeover->last_seq + 1 ||
        frame.epoch > day->transaction || (run->first.count && frame.epoch != run->first.epoch))
        return 0;
    if (at / TW_FRAME_SECTOR_BYTES == (at + frame.bytes - 1) / TW_FRAME_SECTOR_BYTES)
        return tw_fail(why, TW_E_DAMAGED,
                       "record %llu is damaged: its frame in the intake has another checksum than "
                       "its bytes, and is too short to have been cut off",
                       (unsigned long long)frame.first_seq);
    takeover->torn++;
    return 0;
}

static int judge_end(const struct run *run, const struct takeover_day *day,
                     struct takeover *takeover, tw_error *why) {
    uint64_t expected = takeover->last_seq + 1;
    /* Only where this run ends is its next frame the one that is missing. A half without any frame
     * may be the one that the next was begun in. */
    int is_next = !run->first.count || run->next_seq == expected;
    int status = 0;
    if (is_next)
        status = judge_broken(run, run->end, day, takeover, why);
    if (!status && is_next && run->end)
        status = judge_broken(run, tw_frame_block_after(run->end), day, takeover, why);
    if (!status)
        status = judge_rest(run, day, takeover, why);
    return status;
}

/* ---- all of it ----------------------------------------------------------------------------- */

static int check_run(const struct run *run, const struct takeover_day *day, tw_error *why) {
    if (run->first.epoch <= day->transaction)
        return 0;
    return tw_fail(why, TW_E_DAMAGED,
                   "the intake goes on from commit %llu of the day file, which ends with commit "
                   "%llu: an older copy of it was put back",
                   (unsigned long long)run->first.epoch, (unsigned long long)day->transaction);
}

int tw_takeover_judge(const struct intake_image *image, const struct takeover_day *day,
                      struct takeover *ret, tw_error *why) {
    struct takeover takeover = {.last_seq = day->last_seq};
    struct run runs[TW_INTAKE_HALVES];
    size_t capacity = 0;
    int status = 0;
    for (int i = 0; i < TW_INTAKE_HALVES; i++)
        find_run(&image->session, &image->halves[i], &runs[i]);
    /* The half whose seqs are lower was begun earlier. */
    if (runs[0].first.count && runs[1].first.count &&
        runs[1].first.first_seq < runs[0].first.first_seq) {
        struct run later = runs[0];
        runs[0] = runs[1];
        runs[1] = later;
    }
    uint64_t epoch = 0;
    for (int i = 0; !status && i < TW_INTAKE_HALVES; i++) {
        const struct frame *first = &runs[i].first;
        if (!first->count || first->date != day->date)
            continue;
        status = check_run(&runs[i], day, why);
        /* A use that began earlier has lower seqs: what has higher ones is of a dead session. */
        if (!status && first->epoch >= epoch)
            status = take_run(&runs[i], &takeover, &capacity, why);
        epoch = first->epoch;
    }
    for (int i = 0; !status && i < TW_INTAKE_HALVES; i++)
        if (!runs[i].first.count || runs[i].first.date == day->date)
            status = judge_end(&runs[i], day, &takeover, why);
    if (status) {
        free(takeover.frames);
        return status;
    }
    *ret = takeover;
    return 0;
}
