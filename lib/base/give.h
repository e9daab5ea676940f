/* Handing a struct to a caller whose header may be older or newer than this library. Pure. */
#ifndef TW_BASE_GIVE_H
#define TW_BASE_GIVE_H

#include <stdint.h>
#include <string.h>

#include "tradewal.h"

/* Copies as much of `value` as both sides know. *ret starts with its size, which stays as the
 * caller set it; what the caller knows beyond this library is left alone. TW_E_INVALID when it was
 * not set. */
static inline int tw_give(void *ret, const void *value, uint64_t value_bytes) {
    uint64_t size;
    if (!ret)
        return TW_E_INVALID;
    memcpy(&size, ret, sizeof size);
    if (size <= sizeof size)
        return TW_E_INVALID;
    uint64_t known = size < value_bytes ? size : value_bytes;
    memcpy((char *)ret + sizeof size, (const char *)value + sizeof size, known - sizeof size);
    return 0;
}

/* 1 when the caller's struct says its size. */
static inline int tw_has_size(const void *given) {
    uint64_t size = 0;
    if (given)
        memcpy(&size, given, sizeof size);
    return size > sizeof size;
}

#endif
