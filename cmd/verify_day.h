/* Checking a day and saying what was found; verify and checkpoint verify do it. */
#ifndef TW_CMD_VERIFY_DAY_H
#define TW_CMD_VERIFY_DAY_H

#include "out.h"

/* Prints what was found. EXIT_DIFFERENT when the day is damaged. */
int tw_verify_day(const char *path, int64_t date, enum format format);

/* The dates of the journal, freed by the caller; *ret_date becomes the newest where it is 0. 0, or
 * an exit status after telling. */
int tw_verify_newest(const char *path, int64_t *ret_date, int64_t **ret_dates, uint64_t *ret_count);

#endif
