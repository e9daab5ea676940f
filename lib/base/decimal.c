/* Exact decimals: text in and out, sums, and rounding where a name says so. Pure.
 *
 * No signed 128-bit product is ever formed: clang turns a checked one into a call to a function
 * that only its own run-time library has. */
#include "base/decimal.h"

#include <assert.h>
#include <string.h>

#include "tradewal.h"

__extension__ typedef unsigned __int128 uint128;

enum { DECIMALS = 8, MOST_DIGITS = 19 };

/* No text can have as many digits, so an exponent this large decides alone. */
#define EXPONENT_LIMIT INT64_C(100000000000000000)

static const uint64_t powers_of_ten[MOST_DIGITS + 1] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/* What was read of a number: mantissa * 10^zeros / 10^decimals. Zeros are held back until a digit
 * follows, so that the mantissa has only digits that matter. */
struct reading {
    uint64_t mantissa;
    int64_t zeros;
    int64_t decimals;
    int64_t digits; /* of the mantissa */
    int too_long;   /* more digits matter than 64 bits hold */
};

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void take_digit(struct reading *reading, char digit) {
    if (digit == '0') {
        reading->zeros += reading->mantissa != 0;
        return;
    }
    int64_t shift = reading->zeros + 1;
    reading->zeros = 0;
    if (reading->too_long || reading->digits + shift > MOST_DIGITS) {
        reading->too_long = 1;
        return;
    }
    reading->digits += shift;
    reading->mantissa = reading->mantissa * powers_of_ten[shift] + (uint64_t)(digit - '0');
}

/* Takes digits from `at` on; returns where they end. */
static size_t take_digits(struct reading *reading, const char *text, size_t at, size_t length) {
    for (; at < length && is_digit(text[at]); at++)
        take_digit(reading, text[at]);
    return at;
}

/* Reads what follows the 'e'. Returns 0 when there is no digit or something behind them. */
static int read_exponent(const char *text, size_t at, size_t length, int64_t *ret) {
    int negative = at < length && text[at] == '-';
    if (at < length && (text[at] == '-' || text[at] == '+'))
        at++;
    size_t first = at;
    int64_t exponent = 0;
    for (; at < length && is_digit(text[at]); at++)
        if (exponent < EXPONENT_LIMIT)
            exponent = exponent * 10 + (text[at] - '0');
    if (at == first || at != length)
        return 0;
    *ret = negative ? -exponent : exponent;
    return 1;
}

int tw_decimal_parse(const char *text, size_t length, int64_t *ret_e8) {
    struct reading reading = {0};
    int64_t exponent = 0;
    int negative = length > 0 && text[0] == '-';
    size_t first = (size_t)negative;
    size_t at = take_digits(&reading, text, first, length);
    if (at == first || (text[first] == '0' && at > first + 1))
        return TW_E_PARSE;
    if (at < length && text[at] == '.') {
        size_t point = at;
        at = take_digits(&reading, text, point + 1, length);
        if (at == point + 1)
            return TW_E_PARSE;
        reading.decimals = (int64_t)(at - point - 1);
    }
    if (at < length) {
        if ((text[at] != 'e' && text[at] != 'E') || !read_exponent(text, at + 1, length, &exponent))
            return TW_E_PARSE;
    }
    if (reading.mantissa == 0) {
        *ret_e8 = 0;
        return 0;
    }
    int64_t shift = exponent + reading.zeros - reading.decimals + DECIMALS;
    if (reading.too_long || shift < 0 || shift >= MOST_DIGITS)
        return TW_E_RANGE;
    uint64_t value;
    if (__builtin_mul_overflow(reading.mantissa, powers_of_ten[shift], &value) || value > INT64_MAX)
        return TW_E_RANGE;
    *ret_e8 = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

size_t tw_decimal_format_min(int64_t value_e8, unsigned decimals, char out[TW_DECIMAL_TEXT_BYTES]) {
    assert(decimals <= DECIMALS);
    uint64_t magnitude = value_e8 < 0 ? -(uint64_t)value_e8 : (uint64_t)value_e8;
    uint64_t whole = magnitude / (uint64_t)TW_E8, part = magnitude % (uint64_t)TW_E8;
    unsigned shown = DECIMALS;
    for (; shown > decimals && part % 10 == 0; shown--)
        part /= 10;
    /* Written backwards from the end, then moved to the front. */
    char text[TW_DECIMAL_TEXT_BYTES];
    size_t at = sizeof text;
    text[--at] = '\0';
    if (shown > 0) {
        for (unsigned i = 0; i < shown; i++, part /= 10)
            text[--at] = (char)('0' + part % 10);
        text[--at] = '.';
    }
    do {
        text[--at] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    if (value_e8 < 0)
        text[--at] = '-';
    memcpy(out, text + at, sizeof text - at);
    return sizeof text - at - 1;
}

size_t tw_decimal_format(int64_t value_e8, char out[TW_DECIMAL_TEXT_BYTES]) {
    return tw_decimal_format_min(value_e8, 0, out);
}

int64_t tw_divide_down(int64_t value, int64_t by) {
    assert(by > 0);
    return value / by - (value % by < 0);
}

/* quotient + remainder / divisor, where 0 <= remainder < divisor and the quotient is a magnitude.
 */
static uint128 round_half_even(uint128 quotient, uint128 remainder, uint128 divisor) {
    /* Twice the remainder may not fit, what is missing of the divisor does. */
    uint128 missing = divisor - remainder;
    if (remainder > missing || (remainder == missing && (quotient & 1)))
        quotient++;
    return quotient;
}

static uint128 magnitude_of(tw_int128 value) {
    return value < 0 ? -(uint128)value : (uint128)value;
}

/* The magnitude may be 2^127 when negative. */
static tw_int128 with_sign(uint128 magnitude, int negative) {
    return (tw_int128)(negative ? -magnitude : magnitude);
}

tw_int128 tw_divide_half_even(tw_int128 value, tw_int128 divisor) {
    assert(divisor > 0);
    uint128 magnitude = magnitude_of(value), by = (uint128)divisor;
    return with_sign(round_half_even(magnitude / by, magnitude % by, by), value < 0);
}

tw_int128 tw_share_half_even(tw_int128 value, int64_t numerator, int64_t denominator) {
    assert(denominator > 0 && numerator >= 0 && numerator <= denominator);
    /* All or nothing is what nearly every execution opens or closes. */
    if (numerator == denominator)
        return value;
    if (numerator == 0)
        return 0;
    uint128 magnitude = magnitude_of(value);
    uint128 part = (uint128)numerator, by = (uint128)denominator;
    /* value = whole * by + rest, so value * part / by = whole * part + rest * part / by. */
    uint128 whole = magnitude / by, rest = (magnitude % by) * part;
    return with_sign(round_half_even(whole * part + rest / by, rest % by, by), value < 0);
}

int tw_multiply_128(tw_int128 a, tw_int128 b, tw_int128 *ret) {
    int negative = (a < 0) != (b < 0);
    uint128 left = magnitude_of(a), right = magnitude_of(b);
    uint128 most = ((uint128)1 << 127) - (negative ? 0 : 1);
    /* Where both have 64 bits the product has 128, and no division is needed to see whether it
     * fits. */
    int is_narrow = left <= UINT64_MAX && right <= UINT64_MAX;
    if (is_narrow ? left * right > most : right != 0 && left > most / right)
        return TW_E_RANGE;
    *ret = with_sign(left * right, negative);
    return 0;
}

int tw_add_128(tw_int128 a, tw_int128 b, tw_int128 *ret) {
    tw_int128 sum;
    if (__builtin_add_overflow(a, b, &sum))
        return TW_E_RANGE;
    *ret = sum;
    return 0;
}

tw_maybe tw_known(int64_t value) {
    return (tw_maybe){.value = value, .known = 1};
}

int tw_e8_parse(const char *text, int64_t *ret) {
    if (!text || !ret)
        return TW_E_INVALID;
    return tw_decimal_parse(text, strlen(text), ret);
}

int tw_e8_format(int64_t value_e8, char *out, uint64_t room) {
    if (!out || room < TW_DECIMAL_TEXT_BYTES)
        return TW_E_INVALID;
    return (int)tw_decimal_format(value_e8, out);
}
