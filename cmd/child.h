/* Looks at a day in a process of its own: a file that is damaged may kill whoever maps it. */
#ifndef TW_CMD_CHILD_H
#define TW_CMD_CHILD_H

#include "tradewal.h"

/* Checks one trading date of a journal. 0, or an error: a child that was killed is TW_E_DAMAGED
 * with the signal's name. */
int tw_child_verify(const char *path, int64_t trading_date, tw_verify_report *ret, tw_error *why);

/* The trading dates of a journal; *ret is freed by the caller. */
int tw_child_dates(const char *path, int64_t **ret, uint64_t *ret_count, tw_error *why);

#endif
