/* Points in time as people type and read them. */
#include "moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"

enum { SHOWN_BYTES = 80, FRACTION_DIGITS = 9, SPAN_DIGITS = 9 };

#define SECONDS_PER_DAY INT64_C(86400)

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads exactly `digits` digits; 0, or -1. */
static int take_number(const char **at, int digits, int32_t *ret) {
    int32_t number = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (!is_digit(**at))
            return -1;
        number = number * 10 + (**at - '0');
    }
    *ret = number;
    return 0;
}

/* HH:MM[:SS[.fraction]] to the end of the text. */
static int take_clock(const char *at, struct civil *ret) {
    int hour_digits = is_digit(at[0]) && at[1] == ':' ? 1 : 2; /* 9:30 */
    if (take_number(&at, hour_digits, &ret->hour) != 0 || *at++ != ':' ||
        take_number(&at, 2, &ret->minute) != 0)
        return -1;
    if (*at == ':') {
        at++;
        if (take_number(&at, 2, &ret->second) != 0)
            return -1;
    }
    if (*at == '.') {
        int digits = 0;
        for (at++; is_digit(*at) && digits < FRACTION_DIGITS; at++, digits++)
            ret->nanosecond = ret->nanosecond * 10 + (*at - '0');
        if (digits == 0)
            return -1;
        for (; digits < FRACTION_DIGITS; digits++)
            ret->nanosecond *= 10;
    }
    return *at == '\0' && ret->hour < 24 && ret->minute < 60 && ret->second < 60 ? 0 : -1;
}

/* -15m: so long before the newest record. */
static int parse_back(const char *text, const struct moment_context *context, int64_t *ret_ns,
                      tw_error *why) {
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', SECONDS_PER_DAY}};
    const char *at = text + 1;
    int64_t number = 0;
    for (; is_digit(*at) && at - text <= SPAN_DIGITS; at++)
        number = number * 10 + (*at - '0');
    for (size_t i = 0; at > text + 1 && i < sizeof units / sizeof units[0]; i++) {
        if (at[0] != units[i].letter || at[1] != '\0')
            continue;
        if (context->last_ns == 0)
            return tw_fail(why, TW_E_NOT_FOUND,
                           "%s counts back from the last record, and there is none", text);
        if (number > INT64_MAX / TW_NS_PER_SECOND / units[i].seconds)
            break;
        *ret_ns = context->last_ns - number * units[i].seconds * TW_NS_PER_SECOND;
        return 0;
    }
    char shown[SHOWN_BYTES];
    return tw_fail(why, TW_E_PARSE, "time %s, expected a span such as -90s, -15m, -2h, -1d",
                   tw_text_show(text, strlen(text), shown, sizeof shown));
}

static int from_local(const struct civil *civil, const struct zone *zone, int64_t *ret_ns) {
    int64_t seconds = tw_zone_to_utc(zone, tw_civil_to_seconds(civil));
    return __builtin_mul_overflow(seconds, TW_NS_PER_SECOND, ret_ns) ||
                   __builtin_add_overflow(*ret_ns, civil->nanosecond, ret_ns)
               ? -1
               : 0;
}

static void set_date(struct civil *civil, int64_t yyyymmdd) {
    civil->year = (int32_t)(yyyymmdd / 10000);
    civil->month = (int32_t)(yyyymmdd / 100 % 100);
    civil->day = (int32_t)(yyyymmdd % 100);
}

/* A time of day on the trading date. Where that begins in the evening, the evening is of the
 * calendar day before. */
static void set_trading_date(struct civil *civil, const struct moment_context *context) {
    int64_t date = context->trading_date;
    int64_t of_day = civil->hour * 3600 + civil->minute * 60 + civil->second;
    if (context->roll_seconds != 0 && of_day >= context->roll_seconds)
        date = tw_date_from_days(tw_date_to_days(date) - 1);
    set_date(civil, date);
}

int tw_moment_parse(const char *text, const struct moment_context *context, int64_t *ret_ns,
                    tw_error *why) {
    enum { DATE_LETTERS = TW_DATE_TEXT_BYTES - 1 };
    size_t length = strlen(text);
    struct civil civil = {0};
    int64_t date;
    if (text[0] == '-')
        return parse_back(text, context, ret_ns, why);
    if (take_clock(text, &civil) == 0) {
        if (!tw_date_valid(context->trading_date))
            return tw_fail(why, TW_E_NOT_FOUND,
                           "time %s has no date, and the journal has no day to take", text);
        set_trading_date(&civil, context);
        if (from_local(&civil, context->zone, ret_ns) == 0)
            return 0;
    }
    if (tw_time_parse(text, length, ret_ns) == 0)
        return 0;
    if (length >= DATE_LETTERS && tw_date_parse(text, DATE_LETTERS, &date) == 0) {
        civil = (struct civil){0};
        const char *rest = text + DATE_LETTERS;
        int whole = *rest == '\0';
        int separated = *rest == ' ' || *rest == 'T';
        set_date(&civil, date);
        if (whole || (separated && take_clock(rest + 1, &civil) == 0))
            if (from_local(&civil, context->zone, ret_ns) == 0)
                return 0;
    }
    char shown[SHOWN_BYTES];
    return tw_fail(why, TW_E_PARSE,
                   "time %s, expected 10:05, 10:05:47.112, 2025-10-06 10:05, RFC 3339 or -15m",
                   tw_text_show(text, length, shown, sizeof shown));
}

/* RFC 3339 with so many decimals, of which the letters from `from` to `to` are shown. */
static void put_time(struct buffer *out, int64_t time_ns, const struct zone *zone,
                     unsigned decimals, size_t from, size_t to) {
    char text[TW_TIME_TEXT_BYTES];
    int64_t seconds = time_ns / TW_NS_PER_SECOND - (time_ns % TW_NS_PER_SECOND < 0);
    size_t length = tw_time_format(time_ns, tw_zone_offset(zone, seconds), decimals, text);
    for (size_t i = from; i < length && i < to; i++)
        tw_buffer_char(out, from == 0 && to < length && text[i] == 'T' ? ' ' : text[i]);
}

void tw_moment_clock(struct buffer *out, int64_t time_ns, const struct zone *zone) {
    enum { CLOCK_FROM = 11, CLOCK_TO = 23 };
    put_time(out, time_ns, zone, 3, CLOCK_FROM, CLOCK_TO);
}

void tw_moment_day_clock(struct buffer *out, int64_t time_ns, const struct zone *zone) {
    enum { CLOCK_TO = 23 };
    put_time(out, time_ns, zone, 3, 0, CLOCK_TO);
}

void tw_moment_exact(struct buffer *out, int64_t time_ns, const struct zone *zone) {
    put_time(out, time_ns, zone, 9, 0, TW_TIME_TEXT_BYTES);
}

void tw_moment_span(struct buffer *out, int64_t span_ns) {
    static const struct {
        int64_t below, unit; /* nanoseconds */
        const char *name;
        int tenths;
    } steps[] = {{TW_NS_PER_SECOND, 1000000, "ms", 1},
                 {120 * TW_NS_PER_SECOND, TW_NS_PER_SECOND, "s", 1},
                 {7200 * TW_NS_PER_SECOND, 60 * TW_NS_PER_SECOND, "min", 0},
                 {172800 * TW_NS_PER_SECOND, 3600 * TW_NS_PER_SECOND, "h", 1},
                 {INT64_MAX, SECONDS_PER_DAY * TW_NS_PER_SECOND, "days", 0}};
    size_t i = 0;
    if (span_ns < 0)
        span_ns = 0;
    while (span_ns >= steps[i].below && i + 1 < sizeof steps / sizeof steps[0])
        i++;
    int64_t whole = span_ns / steps[i].unit;
    int64_t tenth = span_ns % steps[i].unit / (steps[i].unit / 10);
    if (steps[i].tenths)
        tw_buffer_format(out, "%" PRId64 ".%" PRId64 " %s", whole, tenth, steps[i].name);
    else
        tw_buffer_format(out, "%" PRId64 " %s", whole, steps[i].name);
}

int64_t tw_moment_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * TW_NS_PER_SECOND + now.tv_nsec;
}
