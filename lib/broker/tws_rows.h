/* What TWS has said so far that an answer is made of: messages with their bytes. Pure. */
#ifndef TW_BROKER_TWS_ROWS_H
#define TW_BROKER_TWS_ROWS_H

#include "broker/tws_message.h"

/* A peer may send what it likes for as long as it likes: more than this is no account of a day
 * trader. */
enum { TW_TWS_ROWS_MAX = 200000, TW_TWS_POSITIONS_MAX = 10000, TW_TWS_ROWS_BYTES_MAX = 256 << 20 };

struct tws_row {
    char *payload;
    size_t size;
    struct tws_message message; /* its text lies in the payload */
};

/* Zeroed is empty. */
struct tws_rows {
    struct tws_row *rows;
    size_t count, capacity, bytes;
};

/* Keeps a copy of a payload that was decoded at that version. TW_E_NOMEM; TW_E_PARSE when there are
 * too many. */
int tw_tws_rows_add(struct tws_rows *rows, const char *payload, size_t size, int64_t version,
                    tw_error *why);

/* The same for a position, in place of an earlier row of its account and contract: TWS goes on
 * telling what changes, and sometimes tells twice. */
int tw_tws_rows_put_position(struct tws_rows *rows, const char *payload, size_t size,
                             int64_t version, tw_error *why);

/* Forgets all, or what came after the first `count`. */
void tw_tws_rows_cut(struct tws_rows *rows, size_t count);
void tw_tws_rows_free(struct tws_rows *rows);

/* 1 when both say the same about positions: the same accounts, contracts and quantities, in
 * whatever order, with a row of 0 like no row. TW_E_NOMEM. */
int tw_tws_rows_same_positions(const struct tws_rows *a, const struct tws_rows *b);

#endif
