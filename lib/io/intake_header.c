/* The first block of intake.wal, to and from bytes, and what it has to fit. Pure. */
#include "io/intake_header.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "io/intake.h"

enum {
    UNBOUND_VERSION = 1,
    VERSION = 2,
    VERSION_AT = 4,
    UUID_AT = 8,
    UUID_BYTES = 16,
    HALF_BYTES_AT = 24,
    UNBOUND_CRC_AT = 28,
    DATE_AT = 28,
    SESSION_AT = 32,
    BEFORE_AT = 40,
    EPOCH_AT = 48,
    EMPTY_AT = 56,
    LAST_AT = 64,
    DIGEST_AT = 72,
    CRC_AT = 104,
    USED_BYTES = 108
};

static const uint8_t magic[VERSION_AT] = {'T', 'W', 'I', 'N'};

void tw_intake_header_encode(const struct intake_header *header, const uint8_t uuid[UUID_BYTES],
                             uint8_t out[TW_FRAME_BLOCK_BYTES]) {
    memset(out, 0, TW_FRAME_BLOCK_BYTES);
    memcpy(out, magic, sizeof magic);
    tw_put_u32(out + VERSION_AT, VERSION);
    memcpy(out + UUID_AT, uuid, UUID_BYTES);
    tw_put_u32(out + HALF_BYTES_AT, TW_INTAKE_HALF_BYTES);
    tw_put_u32(out + DATE_AT, (uint32_t)header->date);
    tw_put_u64(out + SESSION_AT, header->session);
    tw_put_u64(out + BEFORE_AT, header->session_before);
    tw_put_u64(out + EPOCH_AT, header->epoch);
    tw_put_u32(out + EMPTY_AT, header->is_empty != 0);
    tw_put_u64(out + LAST_AT, header->last_seq);
    memcpy(out + DIGEST_AT, header->digest, TW_DIGEST_BYTES);
    tw_put_u32(out + CRC_AT, tw_crc32c(0, out, CRC_AT));
}

int tw_intake_header_decode(const uint8_t *bytes, size_t size, const uint8_t uuid[UUID_BYTES],
                            struct intake_header *ret, tw_error *why) {
    if (size < USED_BYTES || memcmp(bytes, magic, sizeof magic) != 0)
        return tw_fail(why, TW_E_DAMAGED, "it does not start as an intake does");
    uint32_t version = tw_get_u32(bytes + VERSION_AT);
    size_t crc_at = version == UNBOUND_VERSION ? UNBOUND_CRC_AT : CRC_AT;
    /* A checksum of a later version may lie elsewhere, and a damaged version is no later one. */
    if (tw_get_u32(bytes + crc_at) != tw_crc32c(0, bytes, crc_at))
        return version > VERSION && version <= UINT16_MAX
                   ? tw_fail(why, TW_E_NEWER, "it has version %u, this version knows up to %d",
                             (unsigned)version, VERSION)
                   : tw_fail(why, TW_E_DAMAGED, "its first block has another checksum than bytes");
    if (version > VERSION)
        return tw_fail(why, TW_E_NEWER, "it has version %u, this version knows up to %d",
                       (unsigned)version, VERSION);
    if (memcmp(bytes + UUID_AT, uuid, UUID_BYTES) != 0)
        return tw_fail(why, TW_E_DAMAGED, "it is of another journal");
    if (version == 0 || tw_get_u32(bytes + HALF_BYTES_AT) != TW_INTAKE_HALF_BYTES)
        return tw_fail(why, TW_E_DAMAGED, "it has halves of %u bytes, expected %d",
                       (unsigned)tw_get_u32(bytes + HALF_BYTES_AT), TW_INTAKE_HALF_BYTES);
    *ret = (struct intake_header){.version = version};
    if (version == UNBOUND_VERSION)
        return 0;
    ret->date = tw_get_u32(bytes + DATE_AT);
    ret->session = tw_get_u64(bytes + SESSION_AT);
    ret->session_before = tw_get_u64(bytes + BEFORE_AT);
    ret->epoch = tw_get_u64(bytes + EPOCH_AT);
    ret->is_empty = tw_get_u32(bytes + EMPTY_AT) != 0;
    ret->last_seq = tw_get_u64(bytes + LAST_AT);
    memcpy(ret->digest, bytes + DIGEST_AT, TW_DIGEST_BYTES);
    return 0;
}

struct frame_session tw_intake_header_frames(const struct intake_header *header,
                                             const uint8_t uuid[UUID_BYTES]) {
    return header->version == UNBOUND_VERSION
               ? tw_frame_session_unbound()
               : tw_frame_session(uuid, header->session, header->epoch);
}

/* A clean end says where it was; before the first session there was none. */
static int match_end(const struct intake_header *header, const struct log_head *head,
                     tw_error *why) {
    if (!header->is_empty || !header->date ||
        (header->last_seq == head->last_seq &&
         memcmp(header->digest, head->digest, TW_DIGEST_BYTES) == 0))
        return 0;
    return tw_fail(
        why, TW_E_DAMAGED,
        "the intake was closed at record %llu, and the day file ends otherwise at record "
        "%llu: an older copy of one of both was put in its place",
        (unsigned long long)header->last_seq, (unsigned long long)head->last_seq);
}

int tw_intake_header_match(const struct intake_header *header, const struct intake_image *image,
                           const struct log_head *head, tw_error *why) {
    if (head->session == header->session)
        return match_end(header, head, why);
    /* A start that died before its commit: nothing was appended, and nobody closed it. */
    if (head->session == header->session_before && !header->is_empty && !tw_takeover_any(image))
        return 0;
    return tw_fail(why, TW_E_DAMAGED,
                   "the intake is of another session than the day file: an older copy of one of "
                   "both was put in its place, or a newer day file is missing");
}
