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
    size_t count, capacity, bytes, positions;
};

/* A copy of a payload, decoded at that version. TW_E_NOMEM; what decoding it says. */
int tw_tws_row_make(const char *payload, size_t size, int64_t version, struct tws_row *ret,
                    tw_error *why);
/* Also of a row that was taken: then it does nothing. */
void tw_tws_row_free(struct tws_row *row);

/* Takes the row, and leaves none in its place. Where it is a position it replaces an earlier one of
 * its account and contract: TWS goes on telling what changes, and sometimes tells twice.
 * TW_E_NOMEM; TW_E_PARSE when there are too many. */
int tw_tws_rows_add(struct tws_rows *rows, struct tws_row *row, tw_error *why);

/* Forgets all, or what came after the first `count`. */
void tw_tws_rows_cut(struct tws_rows *rows, size_t count);
void tw_tws_rows_free(struct tws_rows *rows);

/* 1 when both say the same about positions: the same accounts, contracts and quantities, in
 * whatever order, with a row of 0 like no row. TW_E_NOMEM. */
int tw_tws_rows_same_positions(const struct tws_rows *a, const struct tws_rows *b);

#endif
