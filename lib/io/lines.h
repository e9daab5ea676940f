/* The small text files of a journal: lines "key: value" in a fixed order. Pure. */
#ifndef TW_IO_LINES_H
#define TW_IO_LINES_H

#include <stddef.h>
#include <stdint.h>

/* What is still to be read. */
struct lines {
    const char *at;
    size_t left;
};

/* Takes the next line when it is exactly `line`. 1 or 0. */
int tw_lines_expect(struct lines *lines, const char *line);

/* Takes the next line when its key is `key`, its value into `value` (NUL-terminated). 0 when the
 * key is another one, the value does not fit or is not clean text. */
int tw_lines_take(struct lines *lines, const char *key, char *value, size_t room);

/* The same for a whole number from 0 to `most`, without leading zeros. */
int tw_lines_number(struct lines *lines, const char *key, int64_t most, int64_t *ret);

#endif
