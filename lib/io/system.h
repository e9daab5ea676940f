/* Turning what the operating system says into an error of ours. */
#ifndef TW_IO_SYSTEM_H
#define TW_IO_SYSTEM_H

#include "base/error.h"

/* The TW_E_ number that fits an errno: NO_SPACE, READ_ONLY, PERMISSION, NOT_FOUND, EXISTS, NOMEM,
 * otherwise IO. */
int tw_system_code(int error);

/* tw_fail with that number; ": " and the system's words are put behind the line. */
int tw_system_fail(tw_error *why, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
