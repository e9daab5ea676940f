/* Frames of the intake: what one append wrote, one event or a whole batch, all or none of it.
 *
 * A frame is a header of 48 bytes, the records, each behind its size and its marks, and zeros up to
 * a multiple of 8 bytes; the bytes are in docs/format.md. Its checksum is that of one journal and
 * one session, so that a frame of any other is none. Frames lie in a half of the intake one
 * behind the other, from its start; the next one begins where the one before ended or, where that
 * was flushed, at the next multiple of 4096. All frames of one use of a half have the same date and
 * epoch and go on in their seqs, so what an earlier use left behind is never taken for a frame of
 * this one. Pure. */
#ifndef TW_CORE_FRAME_H
#define TW_CORE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tradewal.h"

enum {
    TW_FRAME_HEADER_BYTES = 48,
    TW_FRAME_CHECKSUM_END = 16, /* where its checksum lies in the header */
    TW_FRAME_PREFIX_BYTES = 8,  /* in front of each record */
    TW_FRAME_ALIGN = 8,
    TW_FRAME_BLOCK_BYTES = 4096, /* what a flush writes at least, and again if it is shared */
    TW_FRAME_SECTOR_BYTES = 512  /* what a disk writes whole or not at all */
};

/* Marks of a record: which of its ids are new with it and go into an index of the day file. */
enum { TW_FRAME_BOOKS_EXECUTION = 1, TW_FRAME_SUBMITS_ORDER = 2 };

/* What all frames of a session have in common. */
struct frame_session {
    uint16_t version;
    uint32_t seed;  /* which their checksums go on from */
    uint64_t epoch; /* of none of them is lower */
};

/* Of the session of this number that began with that epoch. */
struct frame_session tw_frame_session(const uint8_t uuid[16], uint64_t session, uint64_t epoch);

/* Of all journals of format 2, whose frames say nothing of either. */
struct frame_session tw_frame_session_unbound(void);

struct frame {
    uint64_t first_seq;
    uint64_t count; /* records */
    int64_t date;
    uint64_t epoch;       /* of the use of the half: LMDB's number of a commit before it began */
    uint64_t durable_seq; /* what was known to be durable when it was written */
    const uint8_t *payload;
    size_t payload_bytes;
    size_t bytes; /* of all of it */
};

/* Makes a frame in an empty buffer: begin, then add and tw_record_encode for each record and mark
 * behind it, then finish. A buffer that has failed stays so. */
void tw_frame_begin(struct buffer *out);
size_t tw_frame_add(struct buffer *out); /* where the record's prefix is */
void tw_frame_mark(struct buffer *out, size_t prefix_at, uint32_t marks);

/* Fills in the zeros at the end; then the header, from first_seq, count, date, epoch and
 * durable_seq of `frame`, in the bytes of a frame. */
void tw_frame_end(struct buffer *out);
void tw_frame_seal(uint8_t *bytes, size_t size, const struct frame_session *session,
                   const struct frame *frame);

enum frame_verdict {
    TW_FRAME_NONE,  /* nothing that could be a frame of this session */
    TW_FRAME_WHOLE, /* header and CRC are right */
    TW_FRAME_BROKEN /* a header that could be one; *ret says what it says, its CRC is another */
};

enum frame_verdict tw_frame_read(const struct frame_session *session, const uint8_t *at,
                                 size_t room, struct frame *ret);

/* The frame that goes on at *at in a half: of this date and epoch, with that first seq. 1, and *at
 * behind it; 0 when there is none. */
int tw_frame_follow(const struct frame_session *session, const uint8_t *half, size_t size,
                    size_t *at, const struct frame *wanted, struct frame *ret);

/* The next place at or behind `at` where a frame could begin, other than `at` itself. */
size_t tw_frame_block_after(size_t at);

/* The first place from `at` on where a frame may begin, by its first bytes; `size` if none. */
size_t tw_frame_search(const uint8_t *half, size_t size, size_t at);

/* The records of a whole frame, one after the other. Zeroed but for `frame`. */
struct frame_walk {
    const struct frame *frame;
    size_t at;
    uint64_t index;
    const uint8_t *record; /* the one that was delivered */
    size_t size;
    uint32_t marks;
};

/* 1 and the next record, 0 behind the last, TW_E_DAMAGED when the frame does not hold what its
 * header says. */
int tw_frame_next(struct frame_walk *walk, tw_error *why);

#endif
