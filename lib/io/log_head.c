/* The two fixed records of a day file's table `meta`, as bytes. Pure.
 *
 * Both: magic (4), version (4), ..., CRC32C of all before it (4) in the last four bytes. Numbers
 * are little-endian. */
#include "io/log_head.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"

enum { ORIGIN_VERSION = 1, HEAD_VERSION = 2, CRC_BYTES = 4, OLD_HEAD_BYTES = 80 };

#define HEAD_MAGIC   UINT32_C(0x44485754) /* "TWHD" */
#define ORIGIN_MAGIC UINT32_C(0x524F5754) /* "TWOR" */

static void seal(uint8_t *record, uint32_t magic, uint32_t version, size_t size) {
    tw_put_u32(record, magic);
    tw_put_u32(record + 4, version);
    tw_put_u32(record + size - CRC_BYTES, tw_crc32c(0, record, size - CRC_BYTES));
}

/* What a record of one kind is: how many bytes it has in which version. */
struct shape {
    const char *name;
    uint32_t magic, newest;
    size_t bytes[HEAD_VERSION + 1];
};

static const struct shape head_shape = {
    "head", HEAD_MAGIC, HEAD_VERSION, {0, OLD_HEAD_BYTES, TW_HEAD_BYTES}};
static const struct shape origin_shape = {
    "origin", ORIGIN_MAGIC, ORIGIN_VERSION, {0, TW_ORIGIN_BYTES, 0}};

static int check_seal(const uint8_t *record, size_t found, const struct shape *shape,
                      tw_error *why) {
    const char *name = shape->name;
    if (found < 8 || tw_get_u32(record) != shape->magic)
        return tw_fail(why, TW_E_DAMAGED, "the %s record of the day file is missing or no %s", name,
                       name);
    if (tw_get_u32(record + found - CRC_BYTES) != tw_crc32c(0, record, found - CRC_BYTES))
        return tw_fail(why, TW_E_DAMAGED, "the %s record of the day file has a wrong checksum",
                       name);
    uint32_t version = tw_get_u32(record + 4);
    if (version > shape->newest)
        return tw_fail(why, TW_E_NEWER,
                       "the day file has format %" PRIu32 ", this version knows up to %" PRIu32,
                       version, shape->newest);
    if (version == 0 || found != shape->bytes[version])
        return tw_fail(why, TW_E_DAMAGED,
                       "the %s record of the day file has %zu bytes, expected %zu", name, found,
                       shape->bytes[version]);
    return 0;
}

size_t tw_head_encode(const struct log_head *head, uint8_t out[TW_HEAD_BYTES]) {
    memset(out, 0, TW_HEAD_BYTES);
    tw_put_u64(out + 8, head->first_seq);
    tw_put_u64(out + 16, head->last_seq);
    tw_put_u64(out + 24, (uint64_t)head->last_time_ns);
    tw_put_u64(out + 32, head->transaction);
    memcpy(out + 40, head->digest, TW_DIGEST_BYTES);
    if (head->session == 0) {
        seal(out, HEAD_MAGIC, 1, OLD_HEAD_BYTES);
        return OLD_HEAD_BYTES;
    }
    tw_put_u64(out + 72, head->session);
    seal(out, HEAD_MAGIC, HEAD_VERSION, TW_HEAD_BYTES);
    return TW_HEAD_BYTES;
}

int tw_head_decode(const void *bytes, size_t size, struct log_head *ret, tw_error *why) {
    const uint8_t *record = bytes;
    int rc = check_seal(record, size, &head_shape, why);
    if (rc)
        return rc;
    ret->first_seq = tw_get_u64(record + 8);
    ret->last_seq = tw_get_u64(record + 16);
    ret->last_time_ns = (int64_t)tw_get_u64(record + 24);
    ret->transaction = tw_get_u64(record + 32);
    memcpy(ret->digest, record + 40, TW_DIGEST_BYTES);
    ret->session = size == TW_HEAD_BYTES ? tw_get_u64(record + 72) : 0;
    return 0;
}

void tw_origin_encode(const struct log_origin *origin, uint8_t out[TW_ORIGIN_BYTES]) {
    memset(out, 0, TW_ORIGIN_BYTES);
    tw_put_u64(out + 8, (uint64_t)origin->date);
    memcpy(out + 16, origin->uuid, sizeof origin->uuid);
    memcpy(out + 32, origin->previous_digest, TW_DIGEST_BYTES);
    tw_put_u64(out + 64, origin->previous_seq);
    seal(out, ORIGIN_MAGIC, ORIGIN_VERSION, TW_ORIGIN_BYTES);
}

int tw_origin_decode(const void *bytes, size_t size, struct log_origin *ret, tw_error *why) {
    const uint8_t *record = bytes;
    int rc = check_seal(record, size, &origin_shape, why);
    if (rc)
        return rc;
    ret->date = (int64_t)tw_get_u64(record + 8);
    memcpy(ret->uuid, record + 16, sizeof ret->uuid);
    memcpy(ret->previous_digest, record + 32, TW_DIGEST_BYTES);
    ret->previous_seq = tw_get_u64(record + 64);
    return 0;
}
