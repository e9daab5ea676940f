/* Changes of bytes for the tests of a fuzz target. */
#include "mutate.h"

#include <string.h>

static const uint64_t telling[] = {0,
                                   1,
                                   0x7F,
                                   0x80,
                                   0xFF,
                                   0x7FFF,
                                   0x8000,
                                   UINT32_MAX,
                                   INT64_MAX,
                                   UINT64_MAX,
                                   UINT64_C(1) << 63,
                                   4096,
                                   65536};

static size_t put_in(uint8_t *bytes, size_t size, size_t room, size_t at, const void *piece,
                     size_t length) {
    if (length > room - size)
        length = room - size;
    memmove(bytes + at + length, bytes + at, size - at);
    memmove(bytes + at, piece, length);
    return size + length;
}

size_t mutate_once(struct random *random, uint8_t *bytes, size_t size, size_t room,
                   const char *const *tokens) {
    size_t count = 0;
    while (tokens && tokens[count])
        count++;
    if (size == 0)
        return size;
    size_t at = random_below(random, size);
    size_t length = 1 + random_below(random, random_below(random, 4) ? 16 : size);
    if (length > size - at)
        length = size - at;
    uint8_t piece[256];
    size_t copied = length < sizeof piece ? length : sizeof piece;
    uint64_t value = telling[random_below(random, sizeof telling / sizeof telling[0])];
    switch (random_below(random, 8)) {
    case 0:
        bytes[at] ^= (uint8_t)(1 << random_below(random, 8));
        return size;
    case 1:
        bytes[at] = (uint8_t)random_next(random);
        return size;
    case 2:
        memcpy(bytes + at, &value, size - at < sizeof value ? size - at : sizeof value);
        return size;
    case 3:
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    case 4:
        memcpy(piece, bytes + at, copied);
        return put_in(bytes, size, room, random_below(random, size), piece, copied);
    case 5:
        memcpy(piece, bytes + at, copied);
        at = random_below(random, size - copied + 1);
        memcpy(bytes + at, piece, copied);
        return size;
    default:
        if (!count)
            return size;
        const char *token = tokens[random_below(random, count)];
        return put_in(bytes, size, room, at, token, strlen(token));
    }
}
