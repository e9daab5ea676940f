/* Which frames of an intake a recovery takes over into a day file: those that go on, without a gap,
 * behind the last record there. What a dead process or a power failure cut off at the end is left
 * out and counted; what was acknowledged and is not there is damage. Pure. */
#ifndef TW_CORE_TAKEOVER_H
#define TW_CORE_TAKEOVER_H

#include "core/frame.h"

enum { TW_INTAKE_HALVES = 2 };

/* The bytes of one half, all of it. */
struct intake_half {
    const uint8_t *bytes;
    size_t size;
};

/* All that an intake holds. */
struct intake_image {
    struct frame_session session;
    struct intake_half halves[TW_INTAKE_HALVES];
};

/* Where the day file stands. */
struct takeover_day {
    int64_t date;
    uint64_t last_seq;
    uint64_t transaction; /* LMDB's number of its last commit */
};

struct takeover {
    struct frame *frames; /* in the order of their seqs; they point into the halves; free() it */
    size_t count;
    uint64_t last_seq; /* behind all of them; the day file's where there are none */
    uint64_t torn;     /* frames behind the last that are not whole, or behind such a one */
};

/* The date of the frames in a half, also where the first of them is broken; 0 where there is none.
 */
int64_t tw_takeover_date(const struct frame_session *session, const struct intake_half *half);

/* 1 when there is a whole frame anywhere in it. */
int tw_takeover_any(const struct intake_image *image);

/* TW_E_DAMAGED: a frame that was acknowledged is missing or broken, the frames do not fit the day
 * file, or belong to a commit that it has not seen (an old copy of it was put back). TW_E_NOMEM. */
int tw_takeover_judge(const struct intake_image *image, const struct takeover_day *day,
                      struct takeover *ret, tw_error *why);

#endif
