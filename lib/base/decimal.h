/* Exact decimals: int64 in units of 1e-8, products in 128 bits. Pure.
 * Every function that can overflow says so; nothing rounds unless its name says so. */
#ifndef TW_BASE_DECIMAL_H
#define TW_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "tradewal.h"

__extension__ typedef __int128 tw_int128;

enum { TW_DECIMAL_TEXT_BYTES = 24 }; /* longest text, with its NUL */

/* Reads all of text[0..length): optional '-', digits, optional '.' with digits, optional exponent
 * (e or E, optional sign, digits; the value must still be a multiple of 1e-8). No blanks, no '+' in
 * front, no bare '.', no leading zeros other than "0.". "-0" is 0. TW_E_PARSE when it is not a
 * number, TW_E_RANGE when it has more than eight decimals that matter or does not fit. The result
 * is never INT64_MIN. */
int tw_decimal_parse(const char *text, size_t length, int64_t *ret_e8);

/* Shortest exact text, no exponent, no trailing zeros: "445.25", "-0.5". Returns its length. */
size_t tw_decimal_format(int64_t value_e8, char out[TW_DECIMAL_TEXT_BYTES]);

/* As tw_decimal_format, but at least `decimals` (0..8) digits after the point: "445.30". */
size_t tw_decimal_format_min(int64_t value_e8, unsigned decimals, char out[TW_DECIMAL_TEXT_BYTES]);

/* 0, or TW_E_RANGE with *ret untouched. The result is never INT64_MIN, so it may be negated.
 * Inline, as the one that narrows: the check of an execution makes some ten of them. */
static inline int tw_decimal_add(int64_t a, int64_t b, int64_t *ret) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum == INT64_MIN)
        return TW_E_RANGE;
    *ret = sum;
    return 0;
}

static inline int tw_decimal_sub(int64_t a, int64_t b, int64_t *ret) {
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference) || difference == INT64_MIN)
        return TW_E_RANGE;
    *ret = difference;
    return 0;
}

/* value / by rounded towards minus infinity; by > 0. */
int64_t tw_divide_down(int64_t value, int64_t by);

/* value / divisor rounded half to even; divisor > 0. */
tw_int128 tw_divide_half_even(tw_int128 value, tw_int128 divisor);

/* value * numerator / denominator rounded half to even, exact in between;
 * 0 <= numerator <= denominator, denominator > 0. Cannot overflow. */
tw_int128 tw_share_half_even(tw_int128 value, int64_t numerator, int64_t denominator);

/* a * b in 128 bits: 0, or TW_E_RANGE. */
int tw_multiply_128(tw_int128 a, tw_int128 b, tw_int128 *ret);
int tw_add_128(tw_int128 a, tw_int128 b, tw_int128 *ret);

/* Narrows to int64 (never INT64_MIN): 0, or TW_E_RANGE. */
static inline int tw_narrow_64(tw_int128 value, int64_t *ret) {
    if (value > INT64_MAX || value <= INT64_MIN)
        return TW_E_RANGE;
    *ret = (int64_t)value;
    return 0;
}

#endif
