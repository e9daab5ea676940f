/* The one way out: everything the command prints goes through here. What comes from a log, a broker
 * or a file is escaped before a terminal sees it. */
#ifndef TW_CMD_OUT_H
#define TW_CMD_OUT_H

#include <stdint.h>

#include "base/buffer.h"
#include "tradewal.h"

enum {
    EXIT_FINE = 0,
    EXIT_DIFFERENT = 1, /* looked and found something wrong or different */
    EXIT_WRONG = 2,     /* wrong usage, or could not run */
    EXIT_BUSY = 3,      /* another writer has it */
    EXIT_NEWER = 4      /* written by a newer version */
};

enum format { FORMAT_TEXT = 1, FORMAT_JSON = 2, FORMAT_CSV = 4, FORMAT_JSON_ARRAY = 8 };

/* Standard output. The first error sticks and is told by tw_out_finish; a reader that has gone away
 * is no error. */
void tw_out_start(void);
void tw_out_plain(const char *text);             /* our own words */
void tw_out_text(const char *text);              /* from outside: escaped; NULL is "-" */
void tw_out_buffer(const struct buffer *buffer); /* as it is: JSON, or escaped already */
void tw_out_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tw_out_flush(void);
int tw_out_broken(void);                /* 1: nothing printed will arrive any more */
int tw_out_reader_gone(int timeout_ms); /* waits so long; 1: the reader closed its end */
int tw_out_finish(int status);          /* the exit status, worse if output was lost */
int tw_out_colour(void);                /* 1: a terminal that may be coloured */

/* One line on standard error: "tradewal: what was found, expected; what to do". Returns the exit
 * status that belongs to the error. */
int tw_out_error(const tw_error *why);
int tw_out_error_at(const char *place, const tw_error *why); /* "place: " goes in front */
/* With what to do in words of our own. */
int tw_out_error_advised(const char *place, const tw_error *why, const char *advice);
/* The same for words of our own; always EXIT_WRONG. The text is escaped. */
int tw_out_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something worth saying that is no error. */
void tw_out_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
int tw_out_memory(void);

/* How far something is that takes longer than a second, on a terminal alone; the end takes the line
 * away again. */
void tw_out_progress(const char *doing, uint64_t done, uint64_t all);
void tw_out_progress_end(void);

int tw_exit_status(int code);

#endif
