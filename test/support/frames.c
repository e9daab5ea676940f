/* Frames for tests, built as the store builds them. */
#include "frames.h"

#include <check.h>
#include <stdlib.h>

#include "base/digest.h"
#include "core/codec.h"
#include "events.h"

const struct frame_session frames_session = {.version = 2, .seed = 0xC0FFEE11, .epoch = 0};

enum { CRC_AT = 12, MOST_BODY_BYTES = 65536 };

void frame_make(struct buffer *out, const struct frame *said, size_t body_bytes) {
    static const uint8_t body[MOST_BODY_BYTES];
    ck_assert_uint_le(body_bytes, sizeof body);
    tw_frame_begin(out);
    for (uint64_t i = 0; i < said->count; i++) {
        tw_event event = event_custom(body, body_bytes);
        event.seq = said->first_seq + i;
        event.trading_date = said->date;
        event.time_ns = TEST_TIME_NS;
        event.source = TW_SOURCE_HOST;
        size_t prefix = tw_frame_add(out);
        ck_assert_int_eq(tw_record_encode(&event, out), 0);
        tw_frame_mark(out, prefix, 0);
    }
    tw_frame_end(out);
    ck_assert(!out->failed);
    tw_frame_seal((uint8_t *)out->data, out->size, &frames_session, said);
}

void frame_fill(struct buffer *out, size_t bytes, uint64_t mark) {
    tw_frame_begin(out);
    ck_assert_int_eq(tw_buffer_reserve(out, bytes), 0);
    for (size_t at = out->size; at < bytes; at += sizeof mark) {
        mark = mark * UINT64_C(6364136223846793005) + 1442695040888963407U;
        tw_put_u64((uint8_t *)out->data + at, mark);
    }
    out->size = bytes;
}

void frame_reseal(uint8_t *frame, size_t bytes) {
    tw_put_u32(frame + CRC_AT, 0);
    tw_put_u32(frame + CRC_AT, tw_crc32c(frames_session.seed, frame, bytes));
}
