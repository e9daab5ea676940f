/* A checked reader of the msgpack subset our records and snapshots are written in. Pure. */
#include "core/unpack.h"

enum {
    NIL = 0xC0,
    FALSE = 0xC2,
    TRUE = 0xC3,
    UINT8 = 0xCC,
    UINT64 = 0xCF,
    INT8 = 0xD0,
    INT64 = 0xD3
};

void tw_unpack_fail(struct unpack *in) {
    in->failed = 1;
    in->end = in->at; /* whatever is asked for next finds nothing */
}

static size_t left(const struct unpack *in) {
    return (size_t)(in->end - in->at);
}

static uint64_t big_endian_2(const uint8_t *at) {
    return (uint64_t)at[0] << 8 | at[1];
}

static uint64_t big_endian_4(const uint8_t *at) {
    return big_endian_2(at) << 16 | big_endian_2(at + 2);
}

/* Without a loop: integers are most of what a record is made of. */
static uint64_t big_endian(const uint8_t *at, size_t bytes) {
    if (bytes == 8)
        return big_endian_4(at) << 32 | big_endian_4(at + 4);
    if (bytes == 4)
        return big_endian_4(at);
    return bytes == 2 ? big_endian_2(at) : at[0];
}

int tw_unpack_nil(struct unpack *in) {
    if (left(in) == 0 || *in->at != NIL)
        return 0;
    in->at++;
    return 1;
}

int tw_unpack_bool(struct unpack *in) {
    if (left(in) == 0 || (*in->at != FALSE && *in->at != TRUE)) {
        tw_unpack_fail(in);
        return 0;
    }
    return *in->at++ == TRUE;
}

uint64_t tw_unpack_any_uint(struct unpack *in) {
    if (left(in) > 0 && *in->at <= 0x7F)
        return *in->at++;
    if (left(in) > 0 && *in->at >= UINT8 && *in->at <= UINT64) {
        size_t bytes = (size_t)1 << (*in->at - UINT8);
        uint64_t least = bytes == 1 ? 0x80 : UINT64_C(1) << (bytes * 4);
        if (left(in) > bytes) {
            uint64_t value = big_endian(in->at + 1, bytes);
            if (value >= least) {
                in->at += 1 + bytes;
                return value;
            }
        }
    }
    tw_unpack_fail(in);
    return 0;
}

/* What does not start as a negative number: as unsigned, within 63 bits. */
static int64_t read_positive(struct unpack *in) {
    const uint8_t *start = in->at;
    uint64_t value = tw_unpack_uint(in);
    if (value > INT64_MAX) {
        in->at = start;
        tw_unpack_fail(in);
        return 0;
    }
    return (int64_t)value;
}

int64_t tw_unpack_any_int(struct unpack *in) {
    if (left(in) > 0 && *in->at >= 0xE0)
        return (int8_t)*in->at++;
    if (left(in) == 0 || *in->at < INT8 || *in->at > INT64)
        return read_positive(in);
    size_t bytes = (size_t)1 << (*in->at - INT8);
    if (left(in) > bytes) {
        unsigned unused = 64 - 8 * (unsigned)bytes;
        int64_t value = (int64_t)(big_endian(in->at + 1, bytes) << unused) >> unused;
        int64_t shorter_down_to = bytes == 1 ? -32 : -(INT64_C(1) << (bytes * 4 - 1));
        if (value < shorter_down_to) {
            in->at += 1 + bytes;
            return value;
        }
    }
    tw_unpack_fail(in);
    return 0;
}

/* How msgpack writes a size: within the first byte, or behind a first byte that says how wide. */
struct sized {
    uint8_t fixed, fixed_most; /* first byte of size 0; the largest size within it */
    uint8_t wide;              /* first byte of the narrowest size behind it, */
    uint8_t bytes;             /* which has so many bytes; those that follow double */
    uint8_t last;              /* first byte of the widest */
};

static const struct sized str_form = {0xA0, 31, 0xD9, 1, 0xDB};
static const struct sized bin_form = {0, 0, 0xC4, 1, 0xC6};
static const struct sized array_form = {0x90, 15, 0xDC, 2, 0xDD};
static const struct sized map_form = {0x80, 15, 0xDE, 2, 0xDF};

/* Takes the size in front of a value whose elements have at least `element` bytes each. */
static size_t read_size(struct unpack *in, const struct sized *form, size_t element) {
    size_t head = 1, size = 0;
    if (left(in) == 0)
        goto failed;
    uint8_t first = *in->at;
    if (form->fixed && first >= form->fixed && first - form->fixed <= form->fixed_most) {
        size = first - form->fixed;
    } else if (first >= form->wide && first <= form->last) {
        size_t bytes = (size_t)form->bytes << (first - form->wide);
        size_t least = first > form->wide ? (size_t)1 << (bytes * 4)
                       : form->fixed      ? (size_t)form->fixed_most + 1
                                          : 0;
        head += bytes;
        if (left(in) < head)
            goto failed;
        size = (size_t)big_endian(in->at + 1, bytes);
        if (size < least)
            goto failed;
    } else {
        goto failed;
    }
    if (size * element > left(in) - head) /* no overflow: a size has 32 bits */
        goto failed;
    in->at += head;
    return size;
failed:
    tw_unpack_fail(in);
    return 0;
}

static const void *read_sized(struct unpack *in, const struct sized *form, size_t *size) {
    *size = read_size(in, form, 1);
    if (in->failed)
        return NULL;
    const uint8_t *start = in->at;
    in->at += *size;
    return start;
}

const char *tw_unpack_any_str(struct unpack *in, size_t *size) {
    return read_sized(in, &str_form, size);
}

const void *tw_unpack_bin(struct unpack *in, size_t *size) {
    return read_sized(in, &bin_form, size);
}

size_t tw_unpack_array(struct unpack *in) {
    return read_size(in, &array_form, 1);
}

size_t tw_unpack_map(struct unpack *in) {
    return read_size(in, &map_form, 2);
}

static int starts(const struct sized *form, uint8_t first) {
    return (form->fixed && first >= form->fixed && first - form->fixed <= form->fixed_most) ||
           (first >= form->wide && first <= form->last);
}

/* Passes over one value, of an array or a map its head only: *ret_inside says how many lie in it.
 * 1 for an array or a map. */
static int skip_head(struct unpack *in, size_t *ret_inside) {
    uint8_t first = left(in) > 0 ? *in->at : NIL;
    size_t size;
    *ret_inside = 0;
    if (starts(&array_form, first)) {
        *ret_inside = tw_unpack_array(in);
        return 1;
    }
    if (starts(&map_form, first)) {
        *ret_inside = tw_unpack_map(in) * 2;
        return 1;
    }
    if (starts(&str_form, first))
        tw_unpack_str(in, &size);
    else if (starts(&bin_form, first))
        tw_unpack_bin(in, &size);
    else if (first == FALSE || first == TRUE)
        tw_unpack_bool(in);
    else if (first >= UINT8 && first <= UINT64)
        tw_unpack_uint(in);
    else if (!tw_unpack_nil(in))
        tw_unpack_int(in);
    return 0;
}

void tw_unpack_skip(struct unpack *in) {
    size_t open[TW_UNPACK_DEPTH + 1] = {1}; /* values still to come at each depth */
    size_t depth = 0;
    if (left(in) == 0)
        tw_unpack_fail(in);
    while (!in->failed) {
        while (open[depth] == 0) {
            if (depth == 0)
                return;
            depth--;
        }
        open[depth]--;
        const uint8_t *start = in->at;
        size_t inside;
        if (!skip_head(in, &inside))
            continue;
        if (depth == TW_UNPACK_DEPTH) {
            in->at = start;
            tw_unpack_fail(in);
            return;
        }
        open[++depth] = inside;
    }
}

int tw_unpack_done(const struct unpack *in) {
    return !in->failed && in->at == in->end;
}
