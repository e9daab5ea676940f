/* Frames of the intake, to and from bytes. Pure. */
#include "core/frame.h"

#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "core/codec.h"

enum {
    UNBOUND_VERSION = 1,
    VERSION = 2,
    VERSION_AT = 4,
    PAYLOAD_AT = 8,
    CRC_AT = 12,
    SEQ_AT = 16,
    COUNT_AT = 24,
    DATE_AT = 28,
    EPOCH_AT = 32,
    DURABLE_AT = 40
};

static const uint8_t magic[VERSION_AT] = {'T', 'W', 'F', 'R'};

static size_t round_up(size_t size, size_t step) {
    return (size + step - 1) / step * step;
}

/* Over all of the frame, its own four bytes taken as zero. */
static uint32_t frame_crc(uint32_t seed, const uint8_t *bytes, size_t size) {
    uint8_t header[TW_FRAME_HEADER_BYTES];
    memcpy(header, bytes, sizeof header);
    tw_put_u32(header + CRC_AT, 0);
    uint32_t crc = tw_crc32c(seed, header, sizeof header);
    return tw_crc32c(crc, bytes + sizeof header, size - sizeof header);
}

struct frame_session tw_frame_session(const uint8_t uuid[16], uint64_t session, uint64_t epoch) {
    uint8_t bytes[16 + sizeof session];
    memcpy(bytes, uuid, 16);
    tw_put_u64(bytes + 16, session);
    return (struct frame_session){
        .version = VERSION, .seed = tw_crc32c(0, bytes, sizeof bytes), .epoch = epoch};
}

struct frame_session tw_frame_session_unbound(void) {
    return (struct frame_session){.version = UNBOUND_VERSION};
}

/* ---- making one ---------------------------------------------------------------------------- */

void tw_frame_begin(struct buffer *out) {
    static const uint8_t nothing[TW_FRAME_HEADER_BYTES];
    tw_buffer_clear(out);
    tw_buffer_put(out, nothing, sizeof nothing);
}

size_t tw_frame_add(struct buffer *out) {
    static const uint8_t nothing[TW_FRAME_PREFIX_BYTES];
    size_t at = out->size;
    tw_buffer_put(out, nothing, sizeof nothing);
    return at;
}

void tw_frame_mark(struct buffer *out, size_t prefix_at, uint32_t marks) {
    if (out->failed)
        return;
    uint8_t *prefix = (uint8_t *)out->data + prefix_at;
    tw_put_u32(prefix, (uint32_t)(out->size - prefix_at - TW_FRAME_PREFIX_BYTES));
    tw_put_u32(prefix + 4, marks);
}

void tw_frame_end(struct buffer *out) {
    static const uint8_t nothing[TW_FRAME_ALIGN];
    tw_buffer_put(out, nothing, round_up(out->size, TW_FRAME_ALIGN) - out->size);
}

void tw_frame_seal(uint8_t *bytes, size_t size, const struct frame_session *session,
                   const struct frame *frame) {
    assert(size >= TW_FRAME_HEADER_BYTES && size % TW_FRAME_ALIGN == 0 && size <= UINT32_MAX);
    memcpy(bytes, magic, sizeof magic);
    tw_put_u16(bytes + VERSION_AT, session->version);
    tw_put_u16(bytes + VERSION_AT + 2, 0);
    tw_put_u32(bytes + PAYLOAD_AT, (uint32_t)(size - TW_FRAME_HEADER_BYTES));
    tw_put_u32(bytes + CRC_AT, 0);
    tw_put_u64(bytes + SEQ_AT, frame->first_seq);
    tw_put_u32(bytes + COUNT_AT, (uint32_t)frame->count);
    tw_put_u32(bytes + DATE_AT, (uint32_t)frame->date);
    tw_put_u64(bytes + EPOCH_AT, frame->epoch);
    tw_put_u64(bytes + DURABLE_AT, frame->durable_seq);
    tw_put_u32(bytes + CRC_AT, tw_crc32c(session->seed, bytes, size));
}

/* ---- reading one --------------------------------------------------------------------------- */

enum frame_verdict tw_frame_read(const struct frame_session *session, const uint8_t *at,
                                 size_t room, struct frame *ret) {
    if (room < TW_FRAME_HEADER_BYTES || memcmp(at, magic, sizeof magic) != 0 ||
        tw_get_u16(at + VERSION_AT) != session->version)
        return TW_FRAME_NONE;
    struct frame frame = {.first_seq = tw_get_u64(at + SEQ_AT),
                          .count = tw_get_u32(at + COUNT_AT),
                          .date = tw_get_u32(at + DATE_AT),
                          .epoch = tw_get_u64(at + EPOCH_AT),
                          .durable_seq = tw_get_u64(at + DURABLE_AT),
                          .payload = at + TW_FRAME_HEADER_BYTES,
                          .payload_bytes = tw_get_u32(at + PAYLOAD_AT)};
    if (frame.payload_bytes > room - TW_FRAME_HEADER_BYTES ||
        frame.payload_bytes % TW_FRAME_ALIGN != 0 || frame.count == 0 ||
        frame.count > frame.payload_bytes / (TW_FRAME_PREFIX_BYTES + TW_RECORD_HEADER_BYTES) ||
        frame.first_seq == 0 || frame.first_seq > INT64_MAX - frame.count ||
        frame.epoch < session->epoch)
        return TW_FRAME_NONE;
    frame.bytes = TW_FRAME_HEADER_BYTES + frame.payload_bytes;
    *ret = frame;
    return frame_crc(session->seed, at, frame.bytes) == tw_get_u32(at + CRC_AT) ? TW_FRAME_WHOLE
                                                                                : TW_FRAME_BROKEN;
}

size_t tw_frame_block_after(size_t at) {
    return round_up(at + 1, TW_FRAME_BLOCK_BYTES);
}

static int read_wanted(const struct frame_session *session, const uint8_t *half, size_t size,
                       size_t at, const struct frame *wanted, struct frame *ret) {
    struct frame frame;
    if (at >= size || tw_frame_read(session, half + at, size - at, &frame) != TW_FRAME_WHOLE ||
        frame.date != wanted->date || frame.epoch != wanted->epoch ||
        frame.first_seq != wanted->first_seq)
        return 0;
    *ret = frame;
    return 1;
}

int tw_frame_follow(const struct frame_session *session, const uint8_t *half, size_t size,
                    size_t *at, const struct frame *wanted, struct frame *ret) {
    size_t place = *at;
    if (!read_wanted(session, half, size, place, wanted, ret)) {
        place = tw_frame_block_after(place);
        if (!read_wanted(session, half, size, place, wanted, ret))
            return 0;
    }
    *at = place + ret->bytes;
    return 1;
}

size_t tw_frame_search(const uint8_t *half, size_t size, size_t at) {
    for (at = round_up(at, TW_FRAME_ALIGN); at < size; at += TW_FRAME_ALIGN)
        if (size - at >= sizeof magic && memcmp(half + at, magic, sizeof magic) == 0)
            return at;
    return size;
}

static int fail_walk(const struct frame_walk *walk, tw_error *why) {
    return tw_fail(why, TW_E_DAMAGED, "record %llu of the intake is not what its frame says",
                   (unsigned long long)(walk->frame->first_seq + walk->index));
}

int tw_frame_next(struct frame_walk *walk, tw_error *why) {
    const struct frame *frame = walk->frame;
    struct record_header header;
    if (walk->index == frame->count)
        return frame->payload_bytes - walk->at < TW_FRAME_ALIGN ? 0 : fail_walk(walk, why);
    if (frame->payload_bytes - walk->at < TW_FRAME_PREFIX_BYTES)
        return fail_walk(walk, why);
    const uint8_t *prefix = frame->payload + walk->at;
    size_t room = frame->payload_bytes - walk->at - TW_FRAME_PREFIX_BYTES;
    walk->size = tw_get_u32(prefix);
    walk->marks = tw_get_u32(prefix + 4);
    walk->record = prefix + TW_FRAME_PREFIX_BYTES;
    if (walk->size > room || tw_record_header(walk->record, walk->size, &header) != 0 ||
        header.seq != frame->first_seq + walk->index ||
        walk->size != (size_t)TW_RECORD_HEADER_BYTES + header.body_bytes ||
        walk->marks > (TW_FRAME_BOOKS_EXECUTION | TW_FRAME_SUBMITS_ORDER))
        return fail_walk(walk, why);
    walk->at += TW_FRAME_PREFIX_BYTES + walk->size;
    walk->index++;
    return 1;
}
