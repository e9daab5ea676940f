/* The small text files of a journal: lines "key: value" in a fixed order. Pure. */
#include "io/lines.h"

#include <string.h>

#include "base/text.h"

/* The length of the next line without its end, or -1 when there is none. */
static ptrdiff_t line_length(const struct lines *lines) {
    const char *end = lines->left ? memchr(lines->at, '\n', lines->left) : NULL;
    return end ? end - lines->at : -1;
}

static void skip_line(struct lines *lines, size_t length) {
    lines->at += length + 1;
    lines->left -= length + 1;
}

int tw_lines_expect(struct lines *lines, const char *line) {
    ptrdiff_t length = line_length(lines);
    if (length < 0 || (size_t)length != strlen(line) ||
        memcmp(lines->at, line, (size_t)length) != 0)
        return 0;
    skip_line(lines, (size_t)length);
    return 1;
}

int tw_lines_take(struct lines *lines, const char *key, char *value, size_t room) {
    ptrdiff_t found = line_length(lines);
    size_t length = found < 0 ? 0 : (size_t)found;
    size_t key_length = strlen(key);
    if (length < key_length + 2 || memcmp(lines->at, key, key_length) != 0 ||
        memcmp(lines->at + key_length, ": ", 2) != 0)
        return 0;
    const char *text = lines->at + key_length + 2;
    size_t text_length = length - key_length - 2;
    if (text_length >= room)
        return 0;
    if (!tw_text_is_clean(text, text_length))
        return 0;
    memcpy(value, text, text_length);
    value[text_length] = '\0';
    skip_line(lines, length);
    return 1;
}

int tw_lines_number(struct lines *lines, const char *key, int64_t most, int64_t *ret) {
    struct lines ahead = *lines;
    char text[24];
    if (!tw_lines_take(&ahead, key, text, sizeof text) || text[0] == '\0')
        return 0;
    if (text[0] == '0' && text[1] != '\0')
        return 0;
    int64_t number = 0;
    for (const char *at = text; *at; at++) {
        int digit = *at - '0';
        if (digit < 0 || digit > 9 || number > (most - digit) / 10)
            return 0;
        number = number * 10 + digit;
    }
    *ret = number;
    *lines = ahead;
    return 1;
}
