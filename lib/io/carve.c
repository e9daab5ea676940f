/* Finding records in bytes that nobody vouches for. Pure. */
#include "io/carve.h"

#include <string.h>

#include "io/page.h"

enum {
    LETTERS = 4,
    PAGE_BYTES = 4096,
    INLINE_BYTES = PAGE_BYTES / 2, /* a longer record of a day file has pages of its own */
    NODE_BYTES = 8,                /* in front of a key */
    KEY_BYTES = 8,
    FRAME_SIZE_AT = 8,
    SNAPSHOT_BYTES = 64,
    SNAPSHOT_CRC_AT = 60,
    SNAPSHOT_SEQ_AT = 12,
    HIGHEST_MARKS = TW_FRAME_BOOKS_EXECUTION | TW_FRAME_SUBMITS_ORDER
};

static uint64_t get_u64_high_first(const uint8_t *at) {
    uint64_t value = 0;
    for (int i = 0; i < KEY_BYTES; i++)
        value = value << 8 | at[i];
    return value;
}

/* A value that lies in its leaf follows its key, and that a head with the sizes of both. */
static int has_key(const struct carve *carve, size_t at, size_t size, uint64_t seq) {
    if (at < NODE_BYTES + KEY_BYTES)
        return 0;
    const uint8_t *node = carve->bytes + at - NODE_BYTES - KEY_BYTES;
    return tw_get_u32(node) == size && tw_get_u16(node + 4) == 0 &&
           tw_get_u16(node + 6) == KEY_BYTES && get_u64_high_first(node + NODE_BYTES) == seq;
}

/* A longer one begins behind the header of a run of pages. */
static int begins_run(const struct carve *carve, size_t at, size_t size) {
    if (at < TW_PAGE_HEADER_BYTES || (carve->offset + at - TW_PAGE_HEADER_BYTES) % PAGE_BYTES != 0)
        return 0;
    const uint8_t *page = carve->bytes + at - TW_PAGE_HEADER_BYTES;
    return tw_page_flags(page) == TW_PAGE_OVERFLOW &&
           (uint64_t)tw_page_run(page) * PAGE_BYTES >= size + TW_PAGE_HEADER_BYTES;
}

static enum carve_trust trust_of(const struct carve *carve, size_t at, size_t size, uint64_t seq) {
    if (!carve->is_intake)
        return has_key(carve, at, size, seq) || begins_run(carve, at, size) ? TW_CARVE_KEYED
                                                                            : TW_CARVE_LOOSE;
    if (!carve->frames)
        return TW_CARVE_LOOSE;
    int has_prefix = at >= TW_FRAME_PREFIX_BYTES &&
                     tw_get_u32(carve->bytes + at - TW_FRAME_PREFIX_BYTES) == size &&
                     tw_get_u32(carve->bytes + at - LETTERS) <= HIGHEST_MARKS;
    return has_prefix && at + size <= carve->frame_end ? carve->frame_trust : TW_CARVE_STRAY;
}

/* A claim of many bytes is compared with its checksum only while there is something to spare, so
 * that a file of nothing but claims does not take for ever. */
static int may_cost(const struct carve *carve, size_t at, size_t size) {
    return size <= INLINE_BYTES || size <= carve->spare || begins_run(carve, at, size);
}

static int take_record(struct carve *carve, struct carved *ret) {
    const uint8_t *bytes = carve->bytes + carve->at;
    size_t left = carve->size - carve->at;
    struct record_header header;
    if (tw_record_header(bytes, left, &header))
        return 0;
    size_t size = TW_RECORD_HEADER_BYTES + (size_t)header.body_bytes;
    if (size > left || !may_cost(carve, carve->at, size))
        return 0;
    int status = tw_record_check(bytes, size, NULL);
    if (status && status != TW_E_NEWER) {
        uint64_t cost = size > INLINE_BYTES ? size : 0;
        carve->spare -= cost < carve->spare ? cost : carve->spare;
        return 0;
    }
    *ret = (struct carved){.kind = TW_CARVE_RECORD, .record = header, .size = size};
    ret->is_newer = status == TW_E_NEWER;
    ret->trust = trust_of(carve, carve->at, size, header.seq);
    return 1;
}

static int take_fixed(struct carve *carve, struct carved *ret) {
    const uint8_t *bytes = carve->bytes + carve->at;
    size_t left = carve->size - carve->at;
    struct carved found = {.kind = TW_CARVE_ORIGIN, .size = TW_ORIGIN_BYTES};
    if (left >= TW_ORIGIN_BYTES &&
        tw_origin_decode(bytes, TW_ORIGIN_BYTES, &found.origin, NULL) == 0) {
        *ret = found;
        return 1;
    }
    found.kind = TW_CARVE_HEAD;
    for (found.size = TW_HEAD_BYTES; found.size >= TW_ORIGIN_BYTES; found.size -= 8)
        if (left >= found.size && tw_head_decode(bytes, found.size, &found.head, NULL) == 0) {
            *ret = found;
            return 1;
        }
    return 0;
}

static int take_snapshot(struct carve *carve, struct carved *ret) {
    const uint8_t *bytes = carve->bytes + carve->at;
    if (carve->at < TW_DIGEST_BYTES || carve->size - carve->at < SNAPSHOT_BYTES ||
        tw_get_u32(bytes + SNAPSHOT_CRC_AT) != tw_crc32c(0, bytes, SNAPSHOT_CRC_AT))
        return 0;
    *ret = (struct carved){.kind = TW_CARVE_SNAPSHOT,
                           .size = SNAPSHOT_BYTES,
                           .seq = tw_get_u64(bytes + SNAPSHOT_SEQ_AT)};
    memcpy(ret->digest, bytes - TW_DIGEST_BYTES, TW_DIGEST_BYTES);
    return 1;
}

/* Of a frame that is broken the records are still those of its session; only its header says so.
 * What lies inside a whole frame is no frame; where the size of a broken one cannot be believed,
 * the next whole one ends it. */
static int take_frame(struct carve *carve, struct carved *ret) {
    const uint8_t *bytes = carve->bytes + carve->at;
    size_t left = carve->size - carve->at;
    struct frame frame;
    if (!carve->frames || (carve->at < carve->frame_end && carve->frame_trust == TW_CARVE_FRAMED))
        return 0;
    if (left < TW_FRAME_HEADER_BYTES || tw_get_u32(bytes + FRAME_SIZE_AT) > carve->spare)
        return 0;
    enum frame_verdict verdict = tw_frame_read(carve->frames, bytes, left, &frame);
    if (verdict == TW_FRAME_NONE)
        return 0;
    carve->frame_trust = verdict == TW_FRAME_WHOLE ? TW_CARVE_FRAMED : TW_CARVE_LOOSE;
    carve->frame_end = carve->at + frame.bytes;
    if (verdict == TW_FRAME_BROKEN) {
        carve->spare -= frame.payload_bytes;
        return 0;
    }
    uint64_t last = frame.first_seq + frame.count - 1;
    *ret = (struct carved){.kind = TW_CARVE_FRAME, .size = TW_FRAME_HEADER_BYTES, .seq = last};
    if (frame.durable_seq > last)
        ret->seq = frame.durable_seq;
    return 1;
}

static const struct {
    char letters[LETTERS + 1];
    int (*take)(struct carve *carve, struct carved *ret);
} kinds[] = {{"TWAL", take_record},
             {"TWOR", take_fixed},
             {"TWHD", take_fixed},
             {"TWSS", take_snapshot},
             {"TWFR", take_frame}};

static int take(struct carve *carve, struct carved *ret) {
    if (carve->size - carve->at < LETTERS)
        return 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (memcmp(carve->bytes + carve->at, kinds[i].letters, LETTERS) == 0)
            return kinds[i].take(carve, ret);
    return 0;
}

int tw_carve_next(struct carve *carve, struct carved *ret) {
    while (carve->at < carve->until && carve->at < carve->size) {
        const uint8_t *from = carve->bytes + carve->at;
        const uint8_t *found = memmem(from, carve->size - carve->at, "TW", 2);
        carve->at = found ? (size_t)(found - carve->bytes) : carve->size;
        if (carve->at >= carve->until || carve->at >= carve->size)
            break;
        if (take(carve, ret)) {
            ret->at = carve->at;
            carve->at += ret->size;
            return 1;
        }
        carve->at += 2;
    }
    return 0;
}
