/* A checked reader of the msgpack subset our records and snapshots are written in: nil, booleans,
 * canonical integers, str, bin, array and map headers. Every value has to be in its shortest form,
 * so that the same content is always the same bytes. It never reads past the end, never allocates,
 * and its first error sticks: the caller reads on and asks once. Pure. */
#ifndef TW_CORE_UNPACK_H
#define TW_CORE_UNPACK_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many arrays and maps may lie in each other in a value that is skipped. */
enum { TW_UNPACK_DEPTH = 4 };

struct unpack {
    const uint8_t *at; /* after an error: the value that could not be read */
    const uint8_t *end;
    int failed;
};

/* Makes the reader fail here: for a caller that finds a well-formed value wrong. */
void tw_unpack_fail(struct unpack *in);

int tw_unpack_nil(struct unpack *in); /* 1 and taken if a nil is next */
int64_t tw_unpack_any_int(struct unpack *in);
uint64_t tw_unpack_any_uint(struct unpack *in);
int tw_unpack_bool(struct unpack *in);
/* The bytes lie in the input; NULL with *size 0 after an error. */
const char *tw_unpack_any_str(struct unpack *in, size_t *size);
const void *tw_unpack_bin(struct unpack *in, size_t *size);
/* Counts never exceed what the remaining bytes could hold (an element has at least one byte). */
size_t tw_unpack_array(struct unpack *in);
size_t tw_unpack_map(struct unpack *in);
/* Passes over one value of any of these types. */
void tw_unpack_skip(struct unpack *in);
/* 1 when nothing failed and nothing is left. */
int tw_unpack_done(const struct unpack *in);

/* The forms that nearly all numbers and texts of a record have, inline; the rest by the functions
 * above. Replay reads some thirty of them per record. */
static inline uint64_t tw_unpack_uint(struct unpack *in) {
    if (in->at < in->end && *in->at <= 0x7F)
        return *in->at++;
    return tw_unpack_any_uint(in);
}

static inline int64_t tw_unpack_int(struct unpack *in) {
    if (in->at < in->end && *in->at <= 0x7F)
        return *in->at++;
    if (in->end - in->at > 8 && *in->at == 0xCF) {
        uint64_t value;
        memcpy(&value, in->at + 1, sizeof value);
        value = be64toh(value);
        if (value > UINT32_MAX && value <= INT64_MAX) {
            in->at += 9;
            return (int64_t)value;
        }
    }
    return tw_unpack_any_int(in);
}

static inline const char *tw_unpack_str(struct unpack *in, size_t *size) {
    if (in->at < in->end && (*in->at & 0xE0) == 0xA0) {
        size_t length = *in->at & 0x1F;
        if ((size_t)(in->end - in->at) > length) {
            const char *start = (const char *)in->at + 1;
            in->at += 1 + length;
            *size = length;
            return start;
        }
    }
    return tw_unpack_any_str(in, size);
}

#endif
