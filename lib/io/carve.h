/* Finding records in bytes that nobody vouches for: pages of a damaged day file, the intake, or
 * anything else. Nothing around a record is believed; what is there is used to tell a record that
 * lies where a writer puts one from bytes that only look like it. Pure.
 *
 * The work is bounded: what is no record costs at most some hundred times its own bytes, however
 * many records it says there are. */
#ifndef TW_IO_CARVE_H
#define TW_IO_CARVE_H

#include "core/codec.h"
#include "core/frame.h"
#include "io/log_head.h"

enum {
    TW_CARVE_BEFORE = 64, /* bytes in front of `at` that are looked at, where there are any */
    TW_CARVE_BEYOND = TW_RECORD_HEADER_BYTES + TW_RECORD_BODY_BYTES_MAX,
    TW_CARVE_SPARE = 64 << 20, /* what a file may cost beyond its own bytes */
    TW_CARVE_SPARE_TIMES = 16  /* and for each of them */
};

enum carve_kind {
    TW_CARVE_RECORD,
    TW_CARVE_ORIGIN,
    TW_CARVE_HEAD,
    TW_CARVE_SNAPSHOT, /* its seq, and the chain there, which nothing vouches for */
    TW_CARVE_FRAME     /* a whole frame of the session; its records come next */
};

/* How a record lies where it was found; more is better. */
enum carve_trust {
    TW_CARVE_STRAY,  /* in an intake, in no frame of its session: it may be of an earlier one */
    TW_CARVE_LOOSE,  /* whole, but what was around it is damaged */
    TW_CARVE_FRAMED, /* in a whole frame of the intake's session */
    TW_CARVE_KEYED   /* behind its key in a page, or at the start of pages of its own */
};

/* Zeroed but for what is said here. */
struct carve {
    const uint8_t *bytes;
    size_t size;
    size_t at;       /* where to look next; behind the last find */
    size_t until;    /* what begins here or behind is not looked at */
    uint64_t offset; /* of bytes[0] in its file */
    int is_intake;
    const struct frame_session *frames; /* of the intake; NULL: not known */
    uint64_t spare;
    size_t frame_end; /* the frame that was found last, and what its records are */
    enum carve_trust frame_trust;
};

struct carved {
    enum carve_kind kind;
    size_t at, size;
    struct record_header record;
    enum carve_trust trust;
    int is_newer; /* a record of a later version */
    struct log_origin origin;
    struct log_head head;
    uint64_t seq; /* of a snapshot; the last that a frame knows of */
    uint8_t digest[TW_DIGEST_BYTES];
};

/* 1 and the next find, 0 when there is none before `until`. */
int tw_carve_next(struct carve *carve, struct carved *ret);

#endif
