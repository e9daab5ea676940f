/* Calendar dates and RFC 3339 times; the proleptic Gregorian calendar, UTC nanoseconds. Pure. */
#ifndef TW_BASE_DATE_H
#define TW_BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

#define TW_NS_PER_SECOND INT64_C(1000000000)

enum { TW_DATE_TEXT_BYTES = 11, TW_TIME_TEXT_BYTES = 36 };

struct civil {
    int32_t year, month, day; /* month and day from 1 */
    int32_t hour, minute, second;
    int32_t nanosecond;
};

/* A trading date is the number yyyymmdd, 1970..2261. */
int tw_date_valid(int64_t yyyymmdd);
int64_t tw_date_from_days(int64_t days_since_1970); /* years 0..9999 */
int64_t tw_date_to_days(int64_t yyyymmdd);          /* valid dates only */
/* 2025-10-06 or 20251006 and nothing around it. TW_E_PARSE; TW_E_RANGE outside those years. */
int tw_date_parse(const char *text, size_t length, int64_t *ret_yyyymmdd);
size_t tw_date_format(int64_t yyyymmdd, char out[TW_DATE_TEXT_BYTES]); /* 2025-10-06 */

/* For error lines: 2025-10-06, or the number as it is where it is no date. The text lives to the
 * end of the statement. */
struct date_text {
    char text[24];
};
struct date_text tw_date_text(int64_t yyyymmdd);

/* Seconds since 1970 of a civil time taken as UTC, and back (nanosecond not touched). The year has
 * to fit its field. */
int64_t tw_civil_to_seconds(const struct civil *civil);
void tw_civil_from_seconds(int64_t seconds, struct civil *ret);

/* RFC 3339 with an offset or Z (z), up to nine decimals, 'T', 't' or blank between date and time.
 * TW_E_PARSE, or TW_E_RANGE outside what int64 nanoseconds hold. A leap second :60 is refused. */
int tw_time_parse(const char *text, size_t length, int64_t *ret_ns);

/* 2025-10-06T10:05:47.112908000-04:00; `decimals` is 0, 3, 6 or 9, what lies behind them is cut
 * off. The text is an exact form of the instant: an offset with seconds, as before about 1920, is
 * shown as its whole minutes and the local time with it. UTC is +00:00. Returns the length. */
size_t tw_time_format(int64_t time_ns, int32_t offset_seconds, unsigned decimals,
                      char out[TW_TIME_TEXT_BYTES]);

#endif
