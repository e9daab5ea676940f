/* Lines of a file or a pipe, none longer than a limit, without buffering more than one of them. */
#ifndef TW_CMD_LINE_READER_H
#define TW_CMD_LINE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "tradewal.h"

enum { TW_LINE_BYTES_MAX = 1 << 20 };

enum line_result { LINE_END, LINE_TAKEN, LINE_TOO_LONG, LINE_STOPPED, LINE_FAILED };

struct line_reader {
    int fd;
    char *bytes;
    size_t start, end; /* what is buffered and not yet taken */
    size_t searched;   /* of it: known to have no line end */
    uint64_t line;     /* number of the line taken last */
    int at_end, skipping;
};

/* 0 or TW_E_NOMEM. */
int tw_line_reader_open(struct line_reader *reader, int fd);
void tw_line_reader_close(struct line_reader *reader); /* leaves the descriptor alone */

/* The next line without its end; it stays until the next call. A line that is too long is read over
 * and counted. LINE_STOPPED: SIGINT or SIGTERM came in; LINE_FAILED: `why`. */
enum line_result tw_line_next(struct line_reader *reader, const char **ret, size_t *ret_size,
                              tw_error *why);

int tw_line_is_blank(const char *line, size_t size);

/* 1 when the next call would have to wait for the one who writes. */
int tw_line_waits(const struct line_reader *reader);

/* From now on SIGINT and SIGTERM only stop the reading. Threads started later do not see them. */
void tw_line_stop_on_signals(void);

#endif
