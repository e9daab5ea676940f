/* Numbers and times as TWS writes them. Pure. */
#include "broker/tws_number.h"

#include <string.h>

#include "base/date.h"
#include "base/decimal.h"

enum { DECIMALS = 8, EXPONENT_MAX = 9999, POWER_MAX = 38 };

int tw_tws_is_unset(const char *text) {
    static const char *const unset[] = {"",
                                        "1.7976931348623157E308",
                                        "1.7976931348623157e308",
                                        "1.7976931348623157E+308",
                                        "1.7976931348623157e+308",
                                        "2147483647",
                                        "-2147483648",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775807",
                                        "-9223372036854775808"};
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
        if (strcmp(text, unset[i]) == 0)
            return 1;
    return 0;
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* ---- decimals ------------------------------------------------------------------------------ */

/* A number is mantissa x 10^exponent. */
struct digits {
    tw_int128 mantissa;
    int exponent;
    int is_cut; /* digits that are not zero found no room in the mantissa */
    int count;
};

static const char *read_digits(const char *at, struct digits *digits, int is_fraction) {
    const tw_int128 full = (tw_int128)1000000000000000 * 1000000000000;
    for (; is_digit(*at); at++, digits->count++) {
        if (digits->mantissa < full) {
            digits->mantissa = digits->mantissa * 10 + (*at - '0');
            digits->exponent -= is_fraction;
        } else {
            digits->is_cut |= *at != '0';
            digits->exponent += !is_fraction;
        }
    }
    return at;
}

static const char *read_exponent(const char *at, int *ret) {
    int is_negative = *at == '-', exponent = 0;
    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return NULL;
    for (; is_digit(*at); at++)
        if (exponent <= EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    *ret = is_negative ? -exponent : exponent;
    return at;
}

static tw_int128 power_of_ten(int exponent) {
    tw_int128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static int scale(struct digits *digits, int64_t *ret_e8, int *ret_rounded) {
    /* One more digit stands for all that were cut: half way is half way no more. */
    if (digits->is_cut) {
        digits->mantissa = digits->mantissa * 10 + 1;
        digits->exponent--;
    }
    int shift = digits->exponent + DECIMALS;
    tw_int128 value = digits->mantissa;
    int is_rounded = 0;
    for (; value != 0 && shift > 0; shift--)
        if (tw_multiply_128(value, 10, &value) != 0)
            return TW_E_RANGE;
    if (value != 0 && shift < -POWER_MAX) {
        value = 0;
        is_rounded = 1;
    } else if (value != 0 && shift < 0) {
        tw_int128 divisor = power_of_ten(-shift);
        is_rounded = value % divisor != 0;
        value = tw_divide_half_even(value, divisor);
    }
    int64_t result;
    if (tw_narrow_64(value, &result) != 0)
        return TW_E_RANGE;
    *ret_e8 = result;
    *ret_rounded = is_rounded;
    return 0;
}

int tw_tws_decimal(const char *text, int64_t *ret_e8, int *ret_rounded) {
    struct digits digits = {0};
    int is_negative = *text == '-', exponent = 0;
    const char *at = read_digits(text + is_negative, &digits, 0);
    if (*at == '.')
        at = read_digits(at + 1, &digits, 1);
    if (digits.count == 0)
        return TW_E_PARSE;
    if (*at == 'E' || *at == 'e')
        at = read_exponent(at + 1, &exponent);
    if (!at || *at != '\0')
        return TW_E_PARSE;
    digits.exponent += exponent;
    int status = scale(&digits, ret_e8, ret_rounded);
    if (status == 0 && is_negative)
        *ret_e8 = -*ret_e8;
    return status;
}

int tw_tws_integer(const char *text, int64_t *ret) {
    int is_negative = *text == '-';
    const char *at = text + is_negative;
    int64_t value = 0;
    if (!is_digit(*at))
        return TW_E_PARSE;
    for (; is_digit(*at); at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *at - '0', &value))
            return TW_E_RANGE;
    if (*at != '\0')
        return TW_E_PARSE;
    if (!is_negative && value == INT64_MIN)
        return TW_E_RANGE;
    *ret = is_negative ? value : -value;
    return 0;
}

/* ---- times --------------------------------------------------------------------------------- */

/* So many digits as a number; -1 when they are not there. */
static int32_t read_number(const char **at, int digits) {
    int32_t value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (!is_digit(**at))
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static int read_clock(const char **at, struct civil *civil) {
    civil->hour = read_number(at, 2);
    if (civil->hour < 0 || civil->hour > 23 || *(*at)++ != ':')
        return TW_E_PARSE;
    civil->minute = read_number(at, 2);
    if (civil->minute < 0 || civil->minute > 59 || *(*at)++ != ':')
        return TW_E_PARSE;
    civil->second = read_number(at, 2);
    return civil->second < 0 || civil->second > 59 ? TW_E_PARSE : 0;
}

int tw_tws_time(const char *text, struct tws_time *ret) {
    struct tws_time time = {.clock = TWS_CLOCK_ASSUMED};
    struct civil civil = {0};
    const char *at = text;
    int64_t date = read_number(&at, 8);
    if (date < 0 || !tw_date_valid(date))
        return TW_E_PARSE;
    civil.year = (int32_t)(date / 10000);
    civil.month = (int32_t)(date / 100 % 100);
    civil.day = (int32_t)(date % 100);
    if (*at == '-')
        time.clock = TWS_CLOCK_UTC;
    else if (*at != ' ')
        return TW_E_PARSE;
    at += at[0] == ' ' && at[1] == ' ' ? 2 : 1;
    if (read_clock(&at, &civil) != 0)
        return TW_E_PARSE;
    if (*at == 'Z') {
        time.clock = TWS_CLOCK_UTC;
        at++;
    } else if (*at == ' ' && at[1] != '\0' && time.clock != TWS_CLOCK_UTC) {
        time.clock = TWS_CLOCK_NAMED;
        time.zone = at + 1;
        at += strlen(at);
    }
    if (*at != '\0')
        return TW_E_PARSE;
    time.local_seconds = tw_civil_to_seconds(&civil);
    *ret = time;
    return 0;
}

/* ---- exec ids ------------------------------------------------------------------------------ */

uint64_t tw_tws_correction(const char *exec_id, size_t *ret_length) {
    const char *dot = strrchr(exec_id, '.');
    int64_t number;
    *ret_length = strlen(exec_id);
    if (!dot || dot[1] == '-' || tw_tws_integer(dot + 1, &number) != 0)
        return 0;
    *ret_length = (size_t)(dot - exec_id);
    return (uint64_t)number;
}
