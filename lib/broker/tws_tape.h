/* The tape of a conversation with TWS: what was sent and heard, line by line, to look at and to be
 * played again in place of TWS. Reads and writes one file. */
#ifndef TW_BROKER_TWS_TAPE_H
#define TW_BROKER_TWS_TAPE_H

#include <stddef.h>

#include "base/buffer.h"
#include "tradewal.h"

struct tws_tape;

/* What a line tells. */
enum tws_mark {
    TWS_MARK_END, /* no more lines */
    TWS_MARK_CONNECTED,
    TWS_MARK_REFUSED, /* there was no connection; the text says why */
    TWS_MARK_SENT,
    TWS_MARK_HEARD,
    TWS_MARK_SILENCE, /* nothing came for as long as was waited */
    TWS_MARK_CLOSED
};

/* Writes anew; the file must not be there yet. `url` goes into its first line. TW_E_IO. */
int tw_tws_tape_write(const char *path, const char *url, struct tws_tape **ret, tw_error *why);

/* Opens one to be played. The URL it was made with lives as long as the tape. TW_E_BROKER when it
 * cannot be read, TW_E_PARSE when it is no tape. */
int tw_tws_tape_read(const char *path, struct tws_tape **ret, const char **ret_url, tw_error *why);

/* Adds a line. A tape that cannot be written any more says so when it is closed. Does nothing
 * without a tape. */
void tw_tws_tape_add(struct tws_tape *tape, enum tws_mark mark, const char *bytes, size_t size);

/* The next line into *ret and its bytes into `out`. TW_E_PARSE. */
int tw_tws_tape_next(struct tws_tape *tape, enum tws_mark *ret, struct buffer *out, tw_error *why);

int tw_tws_tape_ended(struct tws_tape *tape); /* 1: there are no more lines */

/* Writes out what is left. TW_E_IO when something could not be written; frees it either way. */
int tw_tws_tape_close(struct tws_tape *tape, tw_error *why);

#endif
