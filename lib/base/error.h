/* How the library's own functions report an error. Pure. */
#ifndef TW_BASE_ERROR_H
#define TW_BASE_ERROR_H

#include "tradewal.h"

/* Fills `why` (may be NULL) with `code` and one lower-case line: what was found, what was expected.
 * Text that comes from outside must be escaped by the caller (tw_text_escape). Returns `code`. */
int tw_fail(tw_error *why, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the line that is in `why` (may be NULL) and makes `code` its code:
 * what the callee returned, or what that means here. Returns `code`. */
int tw_fail_in(tw_error *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
