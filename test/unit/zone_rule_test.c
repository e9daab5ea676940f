/* POSIX rules, local times and trading dates. */
#include "base/zone.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "harness.h"
#include "zone_check.h"

#define ERA (INT64_C(146097) * DAY)

static struct zone *zone_of_rule(const char *rule) {
    struct zone *zone = NULL;
    tw_error why = {0};
    int code = tw_zone_from_rule(rule, &zone, &why);
    ck_assert_msg(code == 0, "%s: %s", rule, why.text);
    return zone;
}

static int64_t utc(int year, int month, int day, int hour, int minute, int second) {
    struct civil civil = {
        .year = year, .month = month, .day = day, .hour = hour, .minute = minute, .second = second};
    return tw_civil_to_seconds(&civil);
}

static const struct {
    const char *text;
    int32_t offsets[2];
} rules[] = {
    {"UTC0", {0, 0}},
    {NEW_YORK, {-5 * HOUR, -4 * HOUR}},
    {"AEST-10AEDT,M10.1.0,M4.1.0/3", {10 * HOUR, 11 * HOUR}},
    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", {10 * HOUR + HOUR / 2, 11 * HOUR}},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", {HOUR, 0}},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", {-2 * HOUR, -HOUR}},
    {"EET-2EEST,M3.4.4/50,M10.4.4/50", {2 * HOUR, 3 * HOUR}},
    {"AAA5BBB4,J60/0,J300/24:30:15", {-5 * HOUR, -4 * HOUR}},
    {"AAA-24:59:59BBB24:59:59,0/-167,365/167", {DAY + HOUR - 1, -DAY - HOUR + 1}},
    {"AAA3BBB,59,J59/-1:02:03", {-3 * HOUR, -2 * HOUR}},
};

START_TEST(a_rule_names_the_earliest_instant_of_a_local_time) {
    struct random random = {seed_from_environment("a_rule_names_the_earliest_instant")};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct zone *zone = zone_of_rule(rules[i].text);
        for (int k = 0; k < 3000; k++) {
            int64_t local = random_between(&random, -4000000000, 12000000000);
            expect_local(zone, local, rules[i].offsets, 2);
            ck_assert_int_eq(tw_zone_offset(zone, local), tw_zone_offset(zone, local + ERA));
            ck_assert_int_eq(tw_zone_offset(zone, local), tw_zone_offset(zone, local - 9 * ERA));
        }
        ask_everything(zone, &random);
        tw_zone_free(zone);
    }
}
END_TEST

START_TEST(in_new_york_a_gap_ends_and_a_fold_begins_with_the_earlier) {
    struct zone *zone = zone_of_rule(NEW_YORK);
    int64_t spring = utc(2025, 3, 9, 7, 0, 0), autumn = utc(2025, 11, 2, 6, 0, 0);
    ck_assert_int_eq(tw_zone_offset(zone, spring - 1), -5 * HOUR);
    ck_assert_int_eq(tw_zone_offset(zone, spring), -4 * HOUR);
    ck_assert_int_eq(tw_zone_offset(zone, autumn - 1), -4 * HOUR);
    ck_assert_int_eq(tw_zone_offset(zone, autumn), -5 * HOUR);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 3, 9, 1, 59, 59)), spring - 1);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 3, 9, 2, 0, 0)), spring);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 3, 9, 2, 59, 59)), spring);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 3, 9, 3, 0, 0)), spring);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 3, 9, 3, 0, 1)), spring + 1);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 11, 2, 1, 0, 0)), autumn - HOUR);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 11, 2, 1, 59, 59)), autumn - 1);
    ck_assert_int_eq(tw_zone_to_utc(zone, utc(2025, 11, 2, 2, 0, 0)), autumn + HOUR);
    tw_zone_free(zone);
}
END_TEST

/* ---- rules --------------------------------------------------------------------------------- */

START_TEST(days_of_a_rule_are_counted_as_posix_says) {
    static const struct {
        const char *date;
        int year, month, day;
    } starts[] = {
        {"J59", 2024, 2, 28},      {"J60", 2024, 3, 1},       {"J60", 2025, 3, 1},
        {"J365", 2024, 12, 31},    {"59", 2024, 2, 29},       {"59", 2025, 3, 1},
        {"0", 2025, 1, 1},         {"364", 2025, 12, 31},     {"M2.5.4", 2024, 2, 29},
        {"M2.5.4", 2025, 2, 27},   {"M3.2.0", 2025, 3, 9},    {"M3.1.6", 2025, 3, 1},
        {"M12.5.3", 2025, 12, 31}, {"M10.5.0", 2025, 10, 26},
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        char rule[64];
        snprintf(rule, sizeof rule, "AAA0BBB,%s/1:30:30,J200", starts[i].date);
        struct zone *zone = zone_of_rule(rule);
        int64_t at = utc(starts[i].year, starts[i].month, starts[i].day, 1, 30, 30);
        ck_assert_msg(tw_zone_offset(zone, at - 1) == 0, "%s", rule);
        ck_assert_msg(tw_zone_offset(zone, at) == HOUR, "%s", rule);
        tw_zone_free(zone);
    }
}
END_TEST

START_TEST(summer_time_may_last_all_year) {
    struct zone *zone = zone_of_rule("XXX3EDT4,0/0,J365/23");
    for (int64_t at = utc(2020, 1, 1, 0, 0, 0); at < utc(2026, 1, 1, 0, 0, 0); at += HOUR)
        ck_assert_int_eq(tw_zone_offset(zone, at), -4 * HOUR);
    tw_zone_free(zone);
}
END_TEST

START_TEST(a_text_that_is_no_rule_is_refused) {
    static const char *const texts[] = {
        "",
        "EST",
        "5",
        "ES5",
        "<+0>0",
        "<+03-3",
        "<+03>",
        "<+0 3>-3",
        ":America/New_York",
        "America/New_York",
        "EST5EDT",
        "EST5EDT4",
        "EST25",
        "EST5:60",
        "EST5:00:60",
        "EST5:",
        "EST--5",
        "EST5,M3.2.0,M11.1.0",
        "EST5EDT,M3.2.0",
        "EST5EDT,M3.2.0,",
        "EST5EDT,M3.2.0,M11.1.0,",
        "EST5EDT,M3.2.0,M11.1.0 ",
        "EST5EDT,M0.2.0,M11.1.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.0.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,M3.2,M11.1.0",
        "EST5EDT,J0,J300",
        "EST5EDT,J366,J300",
        "EST5EDT,366,300",
        "EST5EDT,-1,300",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0/-168,M11.1.0",
        "EST5EDT,M3.2.0/,M11.1.0",
        "EST5EDT,M3.2.0/1:2:3:4,M11.1.0",
        "EST5EDT;M3.2.0;M11.1.0",
        "EST0000005",
        "\303\204\303\226\303\2345",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct zone *zone = NULL;
        tw_error why = {0};
        int code = tw_zone_from_rule(texts[i], &zone, &why);
        ck_assert_msg(code == TW_E_PARSE && !zone, "%s was taken", texts[i]);
        ck_assert_ptr_nonnull(strstr(why.text, "expected"));
    }
    struct zone *zone = NULL;
    tw_error why = {0};
    tw_zone_from_rule("EST5EDT,M13.2.0,M11.1.0", &zone, &why);
    ck_assert_str_eq(why.text, "zone rule \"EST5EDT,M13.2.0,M11.1.0\" at byte 11: "
                               "expected a month from 1 to 12");
}
END_TEST

START_TEST(any_text_is_a_rule_or_refused) {
    struct random random = {seed_from_environment("any_text_is_a_rule_or_refused")};
    int accepted = 0;
    for (int round = 0; round < 10000; round++) {
        char text[64];
        strcpy(text, rules[random_below(&random, sizeof rules / sizeof rules[0])].text);
        static const char letters[] = "ABCz<>+-,./:JM0123456789";
        for (uint64_t hits = 1 + random_below(&random, 3); hits > 0; hits--)
            text[random_below(&random, strlen(text))] =
                letters[random_below(&random, sizeof letters - 1)];
        struct zone *zone = NULL;
        int code = tw_zone_from_rule(text, &zone, NULL);
        ck_assert((code == 0) == (zone != NULL) && (code == 0 || code == TW_E_PARSE));
        if (zone)
            ask_everything(zone, &random);
        tw_zone_free(zone);
        accepted += code == 0;
    }
    ck_assert_int_gt(accepted, 500);
}
END_TEST

/* ---- trading dates ------------------------------------------------------------------------- */

static const int32_t rolls[] = {0, 1, 17 * HOUR, 18 * HOUR, DAY - 1};

/* The days of a year meet without a hole; each begins at its local time, also on the two days on
 * which the clocks change. */
START_TEST(a_trading_date_begins_at_its_local_time_every_day) {
    static const char *const zones[] = {NEW_YORK, "UTC0", "AEST-10AEDT,M10.1.0,M4.1.0/3"};
    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        struct zone *zone = zone_of_rule(zones[z]);
        for (size_t r = 0; r < sizeof rolls / sizeof rolls[0]; r++)
            for (int64_t day = 20089; day < 20089 + 366; day++) {
                int64_t before = rolls[r] ? (day - 1) * DAY + rolls[r] : day * DAY;
                int64_t begin_ns = tw_zone_to_utc(zone, before) * TW_NS_PER_SECOND;
                int64_t date = tw_date_from_days(day), last = tw_date_from_days(day - 1);
                ck_assert_int_eq(tw_trading_date(zone, begin_ns, rolls[r]), date);
                ck_assert_int_eq(tw_trading_date(zone, begin_ns - 1, rolls[r]), last);
            }
        tw_zone_free(zone);
    }
}
END_TEST

START_TEST(a_future_traded_on_sunday_evening_belongs_to_monday) {
    struct zone *zone = zone_of_rule(NEW_YORK);
    int64_t sunday_six = utc(2025, 10, 5, 22, 0, 0) * TW_NS_PER_SECOND;
    ck_assert_int_eq(tw_trading_date(zone, sunday_six, 18 * HOUR), 20251006);
    ck_assert_int_eq(tw_trading_date(zone, sunday_six - 1, 18 * HOUR), 20251005);
    ck_assert_int_eq(tw_trading_date(zone, sunday_six, 0), 20251005);
    int64_t new_year = utc(2026, 1, 1, 4, 59, 59) * TW_NS_PER_SECOND;
    ck_assert_int_eq(tw_trading_date(zone, new_year, 0), 20251231);
    ck_assert_int_eq(tw_trading_date(zone, new_year, 18 * HOUR), 20260101);
    tw_zone_free(zone);
}
END_TEST

START_TEST(the_day_of_a_clock_change_has_23_or_25_hours) {
    struct zone *zone = zone_of_rule(NEW_YORK);
    static const struct {
        int64_t date;
        int hours;
    } days[] = {{20250309, 23}, {20251102, 25}, {20251006, 24}};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        int64_t at = (tw_date_to_days(days[i].date) - 1) * DAY;
        int hours = 0;
        for (int64_t end = at + 3 * DAY; at < end; at += HOUR)
            hours += tw_trading_date(zone, at * TW_NS_PER_SECOND, 0) == days[i].date;
        ck_assert_int_eq(hours, days[i].hours);
    }
    tw_zone_free(zone);
}
END_TEST

START_TEST(the_ends_of_time_have_a_trading_date) {
    struct zone *zone = zone_of_rule("UTC0");
    ck_assert_int_eq(tw_trading_date(zone, INT64_MIN, 0), 16770921);
    ck_assert_int_eq(tw_trading_date(zone, INT64_MAX, 18 * HOUR), 22620412);
    ck_assert_int_eq(tw_trading_date(zone, -1, 0), 19691231);
    tw_zone_free(zone);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("zone_rule");
    TCase *cases = tcase_create("zone_rule");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_rule_names_the_earliest_instant_of_a_local_time);
    tcase_add_test(cases, in_new_york_a_gap_ends_and_a_fold_begins_with_the_earlier);
    tcase_add_test(cases, days_of_a_rule_are_counted_as_posix_says);
    tcase_add_test(cases, summer_time_may_last_all_year);
    tcase_add_test(cases, a_text_that_is_no_rule_is_refused);
    tcase_add_test(cases, any_text_is_a_rule_or_refused);
    tcase_add_test(cases, a_trading_date_begins_at_its_local_time_every_day);
    tcase_add_test(cases, a_future_traded_on_sunday_evening_belongs_to_monday);
    tcase_add_test(cases, the_day_of_a_clock_change_has_23_or_25_hours);
    tcase_add_test(cases, the_ends_of_time_have_a_trading_date);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
