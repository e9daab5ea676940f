/* Messages of TWS, changed a little. */
#include "wire.h"

#include <string.h>

/* Where a field starts, any of them. */
static size_t any_field(struct random *random, const char *bytes, size_t size) {
    size_t at = random_below(random, size);
    while (at > 0 && bytes[at - 1] != '\0')
        at--;
    return at;
}

void wire_change_any(struct random *random, struct buffer *bytes) {
    static const char *const telling[] = {"",
                                          "0",
                                          "1",
                                          "2",
                                          "-1",
                                          "4096",
                                          "4097",
                                          "x",
                                          "a",
                                          "?",
                                          "2147483647",
                                          "1e5",
                                          "1E-9",
                                          "Infinity",
                                          "0.1",
                                          "Z",
                                          " ",
                                          "-",
                                          "NaN",
                                          "1e99",
                                          "\xFF\x1b",
                                          "5",
                                          "PEG BENCH",
                                          "1.7976931348623157E308",
                                          "9223372036854775808"};
    if (bytes->size == 0)
        return;
    size_t from = any_field(random, bytes->data, bytes->size), to = from;
    const char *text = telling[random_below(random, sizeof telling / sizeof telling[0])];
    struct buffer out = {0};
    switch (random_below(random, 8)) {
    case 0:
        bytes->data[random_below(random, bytes->size)] = (char)random_next(random);
        return;
    case 1:
        bytes->size = random_below(random, bytes->size);
        return;
    case 2: /* a field more */
        break;
    case 3: /* a field less */
        text = NULL;
        /* fallthrough */
    default:
        while (to < bytes->size && bytes->data[to++] != '\0')
            continue;
    }
    tw_buffer_put(&out, bytes->data, from);
    if (text)
        tw_buffer_put(&out, text, strlen(text) + 1);
    tw_buffer_put(&out, bytes->data + to, bytes->size - to);
    tw_buffer_free(bytes);
    *bytes = out;
}
