/* Text eight bytes at a time, without reading beyond its end. Pure. */
#ifndef TW_BASE_WORD_H
#define TW_BASE_WORD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t tw_word(const char *text) {
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

/* A text of 1 to 7 bytes as a word in which every byte is one of the text, and every one of the
 * text is there. With the size it tells two texts apart. */
static inline uint64_t tw_word_short(const char *text, size_t size) {
    uint32_t first, last;
    if (size >= sizeof first) {
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + size - sizeof last, sizeof last);
        return (uint64_t)last << 32 | first;
    }
    const unsigned char *bytes = (const unsigned char *)text;
    first = bytes[0] | (uint32_t)bytes[size / 2] << 8 | (uint32_t)bytes[size - 1] << 16;
    return (first | (uint64_t)bytes[0] << 24) * UINT64_C(0x100000001);
}

#endif
