/* Calendar dates and RFC 3339 times. Pure. */
#include "base/date.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "tradewal.h"

enum {
    SECONDS_PER_DAY = 86400,
    DAYS_PER_ERA = 146097, /* 400 years, after which the calendar repeats */
    EPOCH_DAY = 719468,    /* days from 0000-03-01, where an era begins, to 1970-01-01 */
    FIRST_YEAR = 1970,
    LAST_YEAR = 2261 /* the last whole year of int64 nanoseconds */
};

static int is_leap_year(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t month_length(int64_t year, int64_t month) {
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap_year(year));
}

static int is_day(int64_t year, int64_t month, int64_t day) {
    return month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= month_length(year, month));
}

/* A year here begins in March, so that the leap day is its last and 30.6 days make a month. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = tw_divide_down(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_DAY;
}

static void date_of(int64_t days, int64_t *year, int32_t *month, int32_t *day) {
    days += EPOCH_DAY;
    int64_t era = tw_divide_down(days, DAYS_PER_ERA);
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int32_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

int tw_date_valid(int64_t yyyymmdd) {
    if (yyyymmdd < FIRST_YEAR * 10000 || yyyymmdd >= (LAST_YEAR + 1) * 10000)
        return 0;
    uint32_t date = (uint32_t)yyyymmdd; /* narrow: every event that is checked has one */
    return is_day(date / 10000, date / 100 % 100, date % 100);
}

int64_t tw_date_from_days(int64_t days_since_1970) {
    int64_t year;
    int32_t month, day;
    date_of(days_since_1970, &year, &month, &day);
    assert(year >= 0 && year <= 9999);
    return year * 10000 + month * 100 + day;
}

int64_t tw_date_to_days(int64_t yyyymmdd) {
    assert(tw_date_valid(yyyymmdd));
    return days_of(yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100);
}

int64_t tw_civil_to_seconds(const struct civil *civil) {
    int64_t seconds = days_of(civil->year, civil->month, civil->day) * SECONDS_PER_DAY;
    return seconds + (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

void tw_civil_from_seconds(int64_t seconds, struct civil *ret) {
    int64_t days = tw_divide_down(seconds, SECONDS_PER_DAY);
    int32_t rest = (int32_t)(seconds - days * SECONDS_PER_DAY);
    int64_t year;
    date_of(days, &year, &ret->month, &ret->day);
    assert(year >= INT32_MIN && year <= INT32_MAX);
    ret->year = (int32_t)year;
    ret->hour = rest / 3600;
    ret->minute = rest / 60 % 60;
    ret->second = rest % 60;
}

/* A text that is being read; `bad` stays set once something was not as expected. */
struct reader {
    const char *at, *end;
    int bad;
};

static int32_t read_digits(struct reader *reader, int count) {
    int32_t value = 0;
    for (int i = 0; i < count; i++, reader->at++) {
        if (reader->bad || reader->at == reader->end || *reader->at < '0' || *reader->at > '9') {
            reader->bad = 1;
            return 0;
        }
        value = value * 10 + (*reader->at - '0');
    }
    return value;
}

/* The next character if it is one of `wanted`; otherwise 0 and nothing is taken. */
static char read_one_of(struct reader *reader, const char *wanted) {
    if (reader->bad || reader->at == reader->end)
        return '\0';
    for (; *wanted; wanted++)
        if (*reader->at == *wanted)
            return *reader->at++;
    return '\0';
}

static void expect_one_of(struct reader *reader, const char *wanted) {
    if (!read_one_of(reader, wanted))
        reader->bad = 1;
}

static void read_date(struct reader *reader, const char *separator, struct civil *civil) {
    civil->year = read_digits(reader, 4);
    if (separator)
        expect_one_of(reader, separator);
    civil->month = read_digits(reader, 2);
    if (separator)
        expect_one_of(reader, separator);
    civil->day = read_digits(reader, 2);
}

int tw_date_parse(const char *text, size_t length, int64_t *ret_yyyymmdd) {
    struct reader reader = {text, text + length, 0};
    struct civil civil = {0};
    read_date(&reader, length == 10 ? "-" : NULL, &civil);
    if (reader.bad || reader.at != reader.end || !is_day(civil.year, civil.month, civil.day))
        return TW_E_PARSE;
    if (civil.year < FIRST_YEAR || civil.year > LAST_YEAR)
        return TW_E_RANGE;
    *ret_yyyymmdd = (int64_t)civil.year * 10000 + civil.month * 100 + civil.day;
    return 0;
}

size_t tw_date_format(int64_t yyyymmdd, char out[TW_DATE_TEXT_BYTES]) {
    assert(yyyymmdd >= 0 && yyyymmdd <= 99991231);
    snprintf(out, TW_DATE_TEXT_BYTES, "%04u-%02u-%02u", (unsigned)(yyyymmdd / 10000) % 10000u,
             (unsigned)(yyyymmdd / 100 % 100), (unsigned)(yyyymmdd % 100));
    return TW_DATE_TEXT_BYTES - 1;
}

struct date_text tw_date_text(int64_t yyyymmdd) {
    struct date_text shown;
    if (tw_date_valid(yyyymmdd))
        tw_date_format(yyyymmdd, shown.text);
    else
        snprintf(shown.text, sizeof shown.text, "%lld", (long long)yyyymmdd);
    return shown;
}

/* Up to nine digits behind the point, as nanoseconds. */
static int32_t read_fraction(struct reader *reader) {
    int32_t value = read_digits(reader, 1), digits = 1;
    for (char c; digits < 9 && (c = read_one_of(reader, "0123456789")); digits++)
        value = value * 10 + (c - '0');
    for (; digits < 9; digits++)
        value *= 10;
    return value;
}

/* Seconds east of UTC. */
static int32_t read_offset(struct reader *reader) {
    if (read_one_of(reader, "Zz"))
        return 0;
    char sign = read_one_of(reader, "+-");
    int32_t hours = read_digits(reader, 2);
    expect_one_of(reader, ":");
    int32_t minutes = read_digits(reader, 2);
    if (!sign || hours > 23 || minutes > 59)
        reader->bad = 1;
    int32_t seconds = hours * 3600 + minutes * 60;
    return sign == '-' ? -seconds : seconds;
}

int tw_time_parse(const char *text, size_t length, int64_t *ret_ns) {
    struct reader reader = {text, text + length, 0};
    struct civil civil = {0};
    read_date(&reader, "-", &civil);
    expect_one_of(&reader, "Tt ");
    civil.hour = read_digits(&reader, 2);
    expect_one_of(&reader, ":");
    civil.minute = read_digits(&reader, 2);
    expect_one_of(&reader, ":");
    civil.second = read_digits(&reader, 2);
    if (read_one_of(&reader, "."))
        civil.nanosecond = read_fraction(&reader);
    int32_t offset = read_offset(&reader);
    if (reader.bad || reader.at != reader.end || !is_day(civil.year, civil.month, civil.day) ||
        civil.hour > 23 || civil.minute > 59 || civil.second > 59)
        return TW_E_PARSE;
    tw_int128 time_ns = 0;
    int64_t seconds = tw_civil_to_seconds(&civil) - offset;
    if (tw_multiply_128(seconds, TW_NS_PER_SECOND, &time_ns) != 0)
        return TW_E_RANGE;
    time_ns += civil.nanosecond;
    if (time_ns < INT64_MIN || time_ns > INT64_MAX)
        return TW_E_RANGE;
    *ret_ns = (int64_t)time_ns;
    return 0;
}

size_t tw_time_format(int64_t time_ns, int32_t offset_seconds, unsigned decimals,
                      char out[TW_TIME_TEXT_BYTES]) {
    assert(decimals <= 9 && decimals % 3 == 0);
    assert(abs(offset_seconds) < 100 * 3600);
    int32_t offset = offset_seconds - offset_seconds % 60;
    int64_t seconds = tw_divide_down(time_ns, TW_NS_PER_SECOND);
    int64_t rest = time_ns % TW_NS_PER_SECOND;
    uint32_t fraction = (uint32_t)(rest < 0 ? rest + TW_NS_PER_SECOND : rest);
    struct civil civil;
    tw_civil_from_seconds(seconds + offset, &civil);
    char point[12] = "";
    for (unsigned cut = decimals; cut < 9; cut++)
        fraction /= 10;
    if (decimals > 0)
        snprintf(point, sizeof point, ".%0*" PRIu32, (int)decimals, fraction);
    uint32_t minutes = (uint32_t)abs(offset) / 60;
    int length = snprintf(out, TW_TIME_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d%s%c%02u:%02u",
                          civil.year, civil.month, civil.day, civil.hour, civil.minute,
                          civil.second, point, offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    assert(length > 0 && length < TW_TIME_TEXT_BYTES);
    return (size_t)length;
}
