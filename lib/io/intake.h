/* intake.wal: what was appended and is in no day file yet. One file of fixed size, written once
 * with zeros so that a flush never has to record a size or an extent, and used again and again.
 *
 * A block of 4096 bytes says what the file is (io/intake_header.h); behind it lie two halves that
 * are filled in turn with frames (core/frame.h). A half is used again when all its frames are in
 * the day file. An append is one write. After a flush the next frame begins in a new block: a write
 * of a disk that is cut off by a power failure can then hurt no byte that a flush has made durable
 * before.
 *
 * One thread at a time appends, one takes frames over; any may flush meanwhile. */
#ifndef TW_IO_INTAKE_H
#define TW_IO_INTAKE_H

#include "io/folder.h"
#include "io/intake_header.h"

enum {
    TW_INTAKE_HEADER_BYTES = TW_FRAME_BLOCK_BYTES,
    TW_INTAKE_HALF_BYTES = 4 << 20,
    TW_INTAKE_BYTES = TW_INTAKE_HEADER_BYTES + TW_INTAKE_HALVES * TW_INTAKE_HALF_BYTES
};

struct intake;

/* Makes the file, durably and empty: under a temporary name first. It belongs to day files that
 * name this session. TW_E_EXISTS, TW_E_NO_SPACE, TW_E_IO. */
int tw_intake_create(const struct folder *folder, const uint8_t uuid[16], uint64_t session,
                     tw_error *why);

/* The same in the place of one that a crashed init left behind; no session has begun. */
int tw_intake_remake(const struct folder *folder, const uint8_t uuid[16], tw_error *why);

/* What the file is and, in `bytes`, both halves: of a journal that nobody writes. Of one
 * that was closed the halves have size 0. TW_E_NOT_FOUND,
 * TW_E_DAMAGED (not the intake of this journal), TW_E_NEWER, TW_E_NOMEM, TW_E_IO. */
int tw_intake_look(const struct folder *folder, const uint8_t uuid[16], struct buffer *bytes,
                   struct intake_header *ret_header, struct intake_image *ret, tw_error *why);

/* Opens it for appending; the writer lock is held. tw_intake_reset comes next. Errors as of
 * tw_intake_look. */
int tw_intake_open(const struct folder *folder, const uint8_t uuid[16], struct intake **ret,
                   tw_error *why);
void tw_intake_close(struct intake *intake); /* NULL is fine */

/* The same in a forked child, where a thread that is not here may still count as waiting. */
void tw_intake_forget(struct intake *intake);

/* Begins a session, durably: everything in it is in a day file and is not found any more. The day
 * file of `date` names the session before, and frames may follow as soon as it names this one, by
 * the commit that will have the number `epoch`. */
int tw_intake_reset(struct intake *intake, int64_t date, uint64_t session_before, uint64_t epoch,
                    uint64_t *ret_session, tw_error *why);

/* Says, durably, that all of it is in the day file, which ends with this head: nothing is appended
 * in this session any more. */
int tw_intake_finish(struct intake *intake, const struct log_head *head, tw_error *why);

/* A frame that is longer than this goes straight into the day file. */
int tw_intake_takes(size_t frame_bytes);

struct intake_room {
    int begins;     /* it was empty before this frame */
    int is_crowded; /* so much waits to be taken over that it should begin now */
};

/* Writes one frame (all but its header filled in, see tw_frame_end) of `count` records behind the
 * last one. Waits up to wait_ns for room; then TW_E_FULL with nothing changed. After TW_E_IO or any
 * other error it may be there or not. */
int tw_intake_append(struct intake *intake, struct buffer *frame, uint64_t first_seq,
                     uint64_t count, uint64_t durable_seq, int64_t wait_ns, struct intake_room *ret,
                     tw_error *why);

/* Makes durable what was appended; *ret_seq is the last record of that. */
int tw_intake_flush(struct intake *intake, uint64_t *ret_seq, tw_error *why);

/* How far somebody has read. */
struct intake_place {
    uint64_t at;
    uint64_t next_seq; /* 0: nothing was appended yet */
};

/* The oldest frame that waits to be taken over. */
void tw_intake_oldest(struct intake *intake, struct intake_place *ret);

/* Some frames, one behind the other in `bytes` and aligned there as in their half. */
struct intake_span {
    uint64_t records; /* 0: nothing is left to read */
    uint64_t first_seq, last_seq;
    int64_t date;
    uint64_t epoch;
    struct frame_session session;
    size_t at; /* of the first of them in `bytes` */
};

/* The next frames from a place on, which moves behind them: about max_bytes, one frame at least if
 * there is any. TW_E_DAMAGED when what is read is not what was written. Nothing that waits from
 * `place` on may be released and written over meanwhile. */
int tw_intake_read(struct intake *intake, struct intake_place *place, size_t max_bytes,
                   struct buffer *bytes, struct intake_span *ret, tw_error *why);

/* The same from the oldest frame that waits on, for who releases them, while others append. */
int tw_intake_read_oldest(struct intake *intake, struct intake_place *ret_place, size_t max_bytes,
                          struct buffer *bytes, struct intake_span *ret, tw_error *why);

/* The next frame of a span: 1, and *at, which starts as that of the span, moves on; 0 at its end.
 * *frame is zeroed before the first. */
int tw_intake_next(const struct intake_span *span, const struct buffer *bytes, size_t *at,
                   struct frame *frame);

/* What lies before the place is in the day file, in the commit of this number. */
void tw_intake_release(struct intake *intake, const struct intake_place *place, uint64_t epoch);

/* The last record that was appended since the reset, 0 if there is none. */
uint64_t tw_intake_last_seq(struct intake *intake);

/* 1 when frames wait to be taken over. */
int tw_intake_waits(struct intake *intake);

/* The file is still the one that was opened. TW_E_DAMAGED. */
int tw_intake_watch(struct intake *intake, tw_error *why);

#endif
