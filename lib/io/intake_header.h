/* The first block of intake.wal: which intake it is, and of which session its frames are.
 *
 * A session is what lies between two times that the intake was emptied: a start, the roll to a new
 * date. Each has a random number. The block is written first, then a commit puts the number into
 * the head of the day file, and only then are frames appended. So an intake and a day file belong
 * together where both say the same number; in between the intake says which one came before, and is
 * empty. Pure. */
#ifndef TW_IO_INTAKE_HEADER_H
#define TW_IO_INTAKE_HEADER_H

#include "core/takeover.h"
#include "io/log_head.h"

struct intake_header {
    uint32_t version;        /* 1: of journals of format 2, which had no sessions */
    int64_t date;            /* of its frames; 0: it never had any */
    uint64_t session;        /* 0: none has begun yet */
    uint64_t session_before; /* what the day file says until the commit */
    uint64_t epoch;          /* LMDB's number of that commit */
    int is_empty;            /* closed when all was in the day file: there is nothing to read */
    uint64_t last_seq;       /* where the day file ended then */
    uint8_t digest[TW_DIGEST_BYTES];
};

/* All of the block, of the newest version. */
void tw_intake_header_encode(const struct intake_header *header, const uint8_t uuid[16],
                             uint8_t out[TW_FRAME_BLOCK_BYTES]);

/* TW_E_DAMAGED (no intake, or that of another journal), TW_E_NEWER. */
int tw_intake_header_decode(const uint8_t *bytes, size_t size, const uint8_t uuid[16],
                            struct intake_header *ret, tw_error *why);

/* What its frames are sealed with. */
struct frame_session tw_intake_header_frames(const struct intake_header *header,
                                             const uint8_t uuid[16]);

/* The intake is the one that goes on behind a day file with this head. `image` is what the intake
 * holds. TW_E_DAMAGED: one of both is older than the other. */
int tw_intake_header_match(const struct intake_header *header, const struct intake_image *image,
                           const struct log_head *head, tw_error *why);

#endif
