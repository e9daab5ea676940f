/* Frames for tests: whole ones with real records, and ones whose records are any bytes. */
#ifndef TW_TEST_FRAMES_H
#define TW_TEST_FRAMES_H

#include "base/buffer.h"
#include "core/frame.h"

/* What the frames made here are sealed with. */
extern const struct frame_session frames_session;

/* One sealed frame: first_seq, count, date, epoch and durable_seq of `said`; each record an event
 * of the host's own with so many bytes, marked as 0. */
void frame_make(struct buffer *out, const struct frame *said, size_t body_bytes);

/* A frame of exactly `bytes` (a multiple of 8, 80 at least) that is not sealed yet, filled with
 * bytes that follow from `mark`. */
void frame_fill(struct buffer *out, size_t bytes, uint64_t mark);

/* Computes the checksum of a frame again after its header was changed. */
void frame_reseal(uint8_t *frame, size_t bytes);

#endif
