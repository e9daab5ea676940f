/* A checked reader of the msgpack subset our records and snapshots are written in: nil, booleans,
 * canonical integers, str, bin, array and map headers. Every value has to be in its shortest form,
 * so that the same content is always the same bytes. It never reads past the end, never allocates,
 * and its first error sticks: the caller reads on and asks once. Pure. */
#ifndef TW_CORE_UNPACK_H
#define TW_CORE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

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
int64_t tw_unpack_int(struct unpack *in);
uint64_t tw_unpack_uint(struct unpack *in);
int tw_unpack_bool(struct unpack *in);
/* The bytes lie in the input; NULL with *size 0 after an error. */
const char *tw_unpack_str(struct unpack *in, size_t *size);
const void *tw_unpack_bin(struct unpack *in, size_t *size);
/* Counts never exceed what the remaining bytes could hold (an element has at least one byte). */
size_t tw_unpack_array(struct unpack *in);
size_t tw_unpack_map(struct unpack *in);
/* Passes over one value of any of these types. */
void tw_unpack_skip(struct unpack *in);
/* 1 when nothing failed and nothing is left. */
int tw_unpack_done(const struct unpack *in);

#endif
