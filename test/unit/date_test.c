/* Calendar dates and RFC 3339 times. The second way is to count the days one by one, and the C
 * library's own calendar. */
#include "base/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness.h"
#include "tradewal.h"

static int month_days(int year, int month) {
    if (month == 2)
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

START_TEST(every_day_from_year_0_to_9999_is_the_day_after_the_one_before) {
    int64_t days =
        -719528; /* 0000-01-01, which Python calls one before ordinal 1, less a leap year */
    for (int year = 0; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= month_days(year, month); day++, days++) {
                int64_t expected = year * 10000 + month * 100 + day;
                if (tw_date_from_days(days) != expected)
                    ck_abort_msg("day %lld is not %lld", (long long)days, (long long)expected);
                int valid = year >= 1970 && year <= 2261;
                if (tw_date_valid(expected) != valid)
                    ck_abort_msg("%lld is said to be %d", (long long)expected, !valid);
                if (valid && tw_date_to_days(expected) != days)
                    ck_abort_msg("%lld is not day %lld", (long long)expected, (long long)days);
            }
    ck_assert_int_eq(tw_date_from_days(0), 19700101);
}
END_TEST

START_TEST(a_day_that_no_calendar_has_is_not_valid) {
    static const int64_t dates[] = {0,         19700100,      19700132, 19700001,  19701301,
                                    20250229,  21000229,      20250431, 19691231,  22620101,
                                    -20250101, 2025,          20251,    200000101, INT64_MAX,
                                    INT64_MIN, 20251006000000};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++)
        ck_assert_msg(!tw_date_valid(dates[i]), "%lld", (long long)dates[i]);
    ck_assert(tw_date_valid(20000229) && tw_date_valid(20240229) && tw_date_valid(22611231));
}
END_TEST

START_TEST(a_date_reads_back_from_its_text) {
    for (int64_t days = 0; days < 106000; days += 7) {
        int64_t date = tw_date_from_days(days), back = 0;
        char text[TW_DATE_TEXT_BYTES], plain[32];
        ck_assert_uint_eq(tw_date_format(date, text), 10);
        ck_assert_uint_eq(strlen(text), 10);
        ck_assert_int_eq(tw_date_parse(text, 10, &back), 0);
        ck_assert_int_eq(back, date);
        snprintf(plain, sizeof plain, "%lld", (long long)date);
        ck_assert_int_eq(tw_date_parse(plain, 8, &back), 0);
        ck_assert_int_eq(back, date);
    }
    char text[TW_DATE_TEXT_BYTES];
    tw_date_format(20251006, text);
    ck_assert_str_eq(text, "2025-10-06");
}
END_TEST

START_TEST(a_text_that_is_no_date_is_refused) {
    static const struct {
        const char *text;
        int code;
    } wrong[] = {
        {"", TW_E_PARSE},           {"2025-10-6", TW_E_PARSE},  {"2025-10-006", TW_E_PARSE},
        {"2025/10/06", TW_E_PARSE}, {"202510-06", TW_E_PARSE},  {"2025-1006", TW_E_PARSE},
        {"2025-02-29", TW_E_PARSE}, {"2025-13-01", TW_E_PARSE}, {"20251006 ", TW_E_PARSE},
        {" 20251006", TW_E_PARSE},  {"-2025-1-06", TW_E_PARSE}, {"2025-10-0a", TW_E_PARSE},
        {"1969-12-31", TW_E_RANGE}, {"2262-01-01", TW_E_RANGE}, {"00000101", TW_E_RANGE},
        {"today", TW_E_PARSE},      {"2025100", TW_E_PARSE},    {"20251006T", TW_E_PARSE}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t date = 77;
        int code = tw_date_parse(wrong[i].text, strlen(wrong[i].text), &date);
        ck_assert_msg(code == wrong[i].code && date == 77, "%s gave %d", wrong[i].text, code);
    }
}
END_TEST

START_TEST(civil_times_are_those_of_the_c_library) {
    struct random random = {seed_from_environment("civil_times_are_those_of_the_c_library")};
    for (int i = 0; i < 20000; i++) {
        time_t seconds = (time_t)random_between(&random, -100000000000, 300000000000);
        struct tm expected;
        ck_assert_ptr_nonnull(gmtime_r(&seconds, &expected));
        struct civil civil = {.nanosecond = 5};
        tw_civil_from_seconds(seconds, &civil);
        if (civil.year != expected.tm_year + 1900 || civil.month != expected.tm_mon + 1 ||
            civil.day != expected.tm_mday || civil.hour != expected.tm_hour ||
            civil.minute != expected.tm_min || civil.second != expected.tm_sec ||
            civil.nanosecond != 5 || tw_civil_to_seconds(&civil) != seconds)
            ck_abort_msg("second %lld", (long long)seconds);
    }
}
END_TEST

/* Shown with any offset, a time reads back as the same instant. */
START_TEST(a_time_reads_back_from_its_text) {
    struct random random = {seed_from_environment("a_time_reads_back_from_its_text")};
    for (int i = 0; i < 40000; i++) {
        int64_t time_ns = (int64_t)random_next(&random), back = 0;
        if (i % 4)
            time_ns = random_between(&random, 0, INT64_C(4000000000) * TW_NS_PER_SECOND);
        if (i == 0 || i == 1)
            time_ns = i ? INT64_MIN : INT64_MAX;
        int32_t offset = (int32_t)random_between(&random, -86399, 86399);
        unsigned decimals = 3 * (unsigned)random_below(&random, 4);
        static const int64_t units[] = {1000000000, 1000000, 1000, 1};
        char text[TW_TIME_TEXT_BYTES];
        size_t length = tw_time_format(time_ns, offset, decimals, text);
        ck_assert_uint_eq(strlen(text), length);
        ck_assert_uint_eq(length, 25 + decimals + (decimals > 0));
        int code = tw_time_parse(text, length, &back);
        int64_t unit = units[decimals / 3], rest = time_ns % unit;
        if (rest < 0)
            rest += unit;
        /* Cut off, the earliest instants lie before the range. */
        if (time_ns < INT64_MIN + rest) {
            ck_assert_int_eq(code, TW_E_RANGE);
            continue;
        }
        ck_assert_msg(code == 0 && back == time_ns - rest, "%s", text);
    }
}
END_TEST

static void expect_time(const char *text, int64_t expected) {
    int64_t time_ns = 77;
    int code = tw_time_parse(text, strlen(text), &time_ns);
    ck_assert_msg(code == 0 && time_ns == expected, "%s gave %d, %lld", text, code,
                  (long long)time_ns);
}

START_TEST(times_as_rfc_3339_writes_them) {
    const int64_t base = INT64_C(1759759547) * TW_NS_PER_SECOND;
    expect_time("2025-10-06T14:05:47Z", base);
    expect_time("2025-10-06t14:05:47z", base);
    expect_time("2025-10-06 14:05:47Z", base);
    expect_time("2025-10-06T10:05:47-04:00", base);
    expect_time("2025-10-06T19:35:47+05:30", base);
    expect_time("2025-10-06T14:05:47-00:00", base);
    expect_time("2025-10-07T14:04:47+23:59", base);
    expect_time("2025-10-06T14:05:47.1Z", base + 100000000);
    expect_time("2025-10-06T14:05:47.112908Z", base + 112908000);
    expect_time("2025-10-06T14:05:47.000000001Z", base + 1);
    expect_time("1970-01-01T00:00:00Z", 0);
    expect_time("1969-12-31T23:59:59.999999999Z", -1);
    expect_time("2262-04-11T23:47:16.854775807Z", INT64_MAX);
    expect_time("1677-09-21T00:12:43.145224192Z", INT64_MIN);
    expect_time("2024-02-29T00:00:00Z", INT64_C(1709164800) * TW_NS_PER_SECOND);
}
END_TEST

START_TEST(a_text_that_is_no_time_is_refused) {
    static const char *const wrong[] = {
        "",
        "2025-10-06",
        "2025-10-06T14:05:47",
        "2025-10-06T14:05Z",
        "2025-10-06T14:05:47.Z",
        "2025-10-06T14:05:47.1234567890Z",
        "2025-10-06T14:05:60Z",
        "2025-10-06T24:00:00Z",
        "2025-10-06T14:60:00Z",
        "2025-10-06T14:05:47+24:00",
        "2025-10-06T14:05:47+04:60",
        "2025-10-06T14:05:47+0400",
        "2025-10-06T14:05:47+04",
        "2025-10-06T14:05:47 Z",
        "2025-10-06T14:05:47Z ",
        "2025-10-06_14:05:47Z",
        "2025-10-06T14:05:47,5Z",
        "2025-02-29T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-01-00T00:00:00Z",
        "+025-10-06T14:05:47Z",
        "20251006T14:05:47Z",
        "2025-10-06T14:05:47ZZ",
        "2025-10-06T-4:05:47Z",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t time_ns = 77;
        int code = tw_time_parse(wrong[i], strlen(wrong[i]), &time_ns);
        ck_assert_msg(code == TW_E_PARSE && time_ns == 77, "%s gave %d", wrong[i], code);
    }
}
END_TEST

START_TEST(a_time_beyond_64_bits_is_out_of_range) {
    static const char *const far[] = {
        "2262-04-11T23:47:16.854775808Z", "2262-04-12T00:00:00Z", "1677-09-21T00:12:43.145224191Z",
        "0000-01-01T00:00:00Z",           "9999-12-31T23:59:59Z", "2262-04-11T23:47:17-00:01"};
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        int64_t time_ns = 77;
        int code = tw_time_parse(far[i], strlen(far[i]), &time_ns);
        ck_assert_msg(code == TW_E_RANGE && time_ns == 77, "%s gave %d", far[i], code);
    }
}
END_TEST

START_TEST(a_time_is_shown_in_its_zone_to_the_decimals_asked_for) {
    const int64_t time_ns = INT64_C(1759759547112908999);
    char text[TW_TIME_TEXT_BYTES];
    tw_time_format(time_ns, -14400, 9, text);
    ck_assert_str_eq(text, "2025-10-06T10:05:47.112908999-04:00");
    tw_time_format(time_ns, 19800, 6, text);
    ck_assert_str_eq(text, "2025-10-06T19:35:47.112908+05:30");
    tw_time_format(time_ns, 0, 3, text);
    ck_assert_str_eq(text, "2025-10-06T14:05:47.112+00:00");
    tw_time_format(time_ns, -30, 0, text);
    ck_assert_str_eq(text, "2025-10-06T14:05:47+00:00");
    tw_time_format(-1, -17762, 9, text); /* New York before 1883: -4:56:02 */
    ck_assert_str_eq(text, "1969-12-31T19:03:59.999999999-04:56");
}
END_TEST

START_TEST(a_date_is_shown_with_dashes_and_what_is_none_as_the_number_it_is) {
    ck_assert_str_eq(tw_date_text(20251006).text, "2025-10-06");
    ck_assert_str_eq(tw_date_text(0).text, "0");
    ck_assert_str_eq(tw_date_text(20251306).text, "20251306");
    ck_assert_str_eq(tw_date_text(INT64_MIN).text, "-9223372036854775808");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("date");
    TCase *cases = tcase_create("date");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_day_from_year_0_to_9999_is_the_day_after_the_one_before);
    tcase_add_test(cases, a_day_that_no_calendar_has_is_not_valid);
    tcase_add_test(cases, a_date_reads_back_from_its_text);
    tcase_add_test(cases, a_text_that_is_no_date_is_refused);
    tcase_add_test(cases, civil_times_are_those_of_the_c_library);
    tcase_add_test(cases, a_time_reads_back_from_its_text);
    tcase_add_test(cases, times_as_rfc_3339_writes_them);
    tcase_add_test(cases, a_text_that_is_no_time_is_refused);
    tcase_add_test(cases, a_time_beyond_64_bits_is_out_of_range);
    tcase_add_test(cases, a_time_is_shown_in_its_zone_to_the_decimals_asked_for);
    tcase_add_test(cases, a_date_is_shown_with_dashes_and_what_is_none_as_the_number_it_is);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
