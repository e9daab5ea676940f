/* Reads a POSIX TZ rule and finds its changes. Pure. */
#include "base/zone_rule.h"

#include <assert.h>

#include "base/date.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"

enum {
    HOUR = 3600,
    DAY = 24 * HOUR,
    MOST_OFFSET_HOURS = 24,
    MOST_TIME_HOURS = 167, /* a week less an hour */
    DEFAULT_TIME = 2 * HOUR,
    SHORTEST_NAME = 3
};

/* After 400 years the calendar repeats, weekdays included. */
#define ERA (INT64_C(146097) * DAY)

/* The rule's text from where it is read; `expected` says what was missing once something was. */
struct scan {
    const char *at, *end;
    const char *expected;
};

static int next_is(const struct scan *scan, char c) {
    return scan->at < scan->end && *scan->at == c;
}

static int take(struct scan *scan, char c) {
    int taken = !scan->expected && next_is(scan, c);
    scan->at += taken;
    return taken;
}

static void expect(struct scan *scan, char c, const char *expected) {
    if (!take(scan, c) && !scan->expected)
        scan->expected = expected;
}

/* One to three digits, low..high. */
static int32_t take_number(struct scan *scan, int32_t low, int32_t high, const char *expected) {
    int32_t value = 0;
    int digits = 0;
    for (; !scan->expected && digits < 3 && scan->at < scan->end; digits++, scan->at++) {
        if (*scan->at < '0' || *scan->at > '9')
            break;
        value = value * 10 + (*scan->at - '0');
    }
    if (scan->expected)
        return low;
    if (digits == 0 || value < low || value > high) {
        scan->expected = expected;
        return low;
    }
    return value;
}

static int is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int is_quoted_character(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-';
}

/* A name is checked and forgotten: nothing here shows one. */
static void take_name(struct scan *scan) {
    int quoted = take(scan, '<');
    int length = 0;
    for (; !scan->expected && scan->at < scan->end; scan->at++, length++)
        if (quoted ? !is_quoted_character(*scan->at) : !is_letter(*scan->at))
            break;
    if (!scan->expected && length < SHORTEST_NAME)
        scan->expected = "a name of three letters or more";
    if (quoted)
        expect(scan, '>', "'>' after the name");
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t take_time(struct scan *scan, int32_t most_hours) {
    int negative = take(scan, '-');
    if (!negative)
        take(scan, '+');
    int32_t seconds = take_number(scan, 0, most_hours, "hours") * HOUR;
    if (take(scan, ':')) {
        seconds += take_number(scan, 0, 59, "minutes from 0 to 59") * 60;
        if (take(scan, ':'))
            seconds += take_number(scan, 0, 59, "seconds from 0 to 59");
    }
    return negative ? -seconds : seconds;
}

static struct rule_date take_date(struct scan *scan) {
    struct rule_date date = {.form = 'N', .time = DEFAULT_TIME};
    expect(scan, ',', "',' and a date");
    if (take(scan, 'J')) {
        date.form = 'J';
        date.day = take_number(scan, 1, 365, "a day of the year from 1 to 365");
    } else if (take(scan, 'M')) {
        date.form = 'M';
        date.month = take_number(scan, 1, 12, "a month from 1 to 12");
        expect(scan, '.', "'.' after the month");
        date.week = take_number(scan, 1, 5, "a week from 1 to 5");
        expect(scan, '.', "'.' after the week");
        date.day = take_number(scan, 0, 6, "a day of the week from 0 to 6");
    } else {
        date.day = take_number(scan, 0, 365, "a day of the year from 0 to 365");
    }
    if (take(scan, '/'))
        date.time = take_time(scan, MOST_TIME_HOURS);
    return date;
}

int tw_zone_rule_parse(const char *text, size_t length, struct zone_rule *ret, tw_error *why) {
    struct scan scan = {.at = text, .end = text + length};
    struct zone_rule rule = {0};
    take_name(&scan);
    /* The text counts west of Greenwich. */
    rule.standard = -take_time(&scan, MOST_OFFSET_HOURS);
    if (!scan.expected && scan.at < scan.end) {
        rule.has_summer = 1;
        take_name(&scan);
        rule.summer = rule.standard + HOUR;
        if (scan.at < scan.end && !next_is(&scan, ','))
            rule.summer = -take_time(&scan, MOST_OFFSET_HOURS);
        rule.start = take_date(&scan);
        rule.end = take_date(&scan);
    }
    if (!scan.expected && scan.at != scan.end)
        scan.expected = "its end";
    if (scan.expected) {
        char shown[96];
        return tw_fail(why, TW_E_PARSE, "zone rule \"%s\" at byte %zu: expected %s",
                       tw_text_show(text, length, shown, sizeof shown), (size_t)(scan.at - text),
                       scan.expected);
    }
    *ret = rule;
    return 0;
}

static int64_t days_to(int32_t year, int32_t month, int32_t day) {
    struct civil civil = {.year = year, .month = month, .day = day};
    return tw_civil_to_seconds(&civil) / DAY;
}

/* The day of the week'th weekday `day` of the month, in days since 1970. */
static int64_t weekday_in_month(const struct rule_date *date, int32_t year) {
    int64_t first = days_to(year, date->month, 1);
    int64_t after = date->month == 12 ? days_to(year + 1, 1, 1) : days_to(year, date->month + 1, 1);
    /* 1970 began on a Thursday. */
    int64_t weekday = (first + 4) - tw_divide_down(first + 4, 7) * 7;
    int64_t day = first + (date->day - weekday + 7) % 7 + 7 * (date->week - 1);
    return day < after ? day : day - 7;
}

/* The local second, as if it were UTC, that the date names in a year. */
static int64_t local_second(const struct rule_date *date, int32_t year) {
    int64_t first = days_to(year, 1, 1), day = 0;
    switch (date->form) {
    case 'J':
        day = date->day < 60 ? first + date->day - 1 : days_to(year, 3, 1) + date->day - 60;
        break;
    case 'N':
        day = first + date->day;
        break;
    case 'M':
        day = weekday_in_month(date, year);
        break;
    }
    return day * DAY + date->time;
}

enum { YEARS_AROUND = 2, CHANGES = 2 * (2 * YEARS_AROUND + 1) };

struct rule_change {
    int64_t at;
    int summer;
};

/* The changes of the years around an instant of 1970..2369: with times of up to a week and any
 * offset a change may lie in the year before or after the one that names it. Starts come first. */
static void list_changes(const struct zone_rule *rule, int64_t utc, struct rule_change *changes) {
    struct civil civil;
    tw_civil_from_seconds(utc, &civil);
    for (int32_t i = 0; i < CHANGES / 2; i++) {
        int32_t year = civil.year - YEARS_AROUND + i;
        changes[i].at = local_second(&rule->start, year) - rule->standard;
        changes[i].summer = 1;
        changes[CHANGES / 2 + i].at = local_second(&rule->end, year) - rule->summer;
        changes[CHANGES / 2 + i].summer = 0;
    }
}

int32_t tw_zone_rule_offset(const struct zone_rule *rule, int64_t utc_seconds) {
    if (!rule->has_summer)
        return rule->standard;
    int64_t utc = utc_seconds - tw_divide_down(utc_seconds, ERA) * ERA;
    struct rule_change changes[CHANGES];
    list_changes(rule, utc, changes);
    /* Where summer time ends as the next one starts it is summer all year: the start wins. */
    const struct rule_change *last = NULL;
    for (int i = 0; i < CHANGES; i++)
        if (changes[i].at <= utc && (!last || changes[i].at > last->at))
            last = &changes[i];
    assert(last);
    return last->summer ? rule->summer : rule->standard;
}

int tw_zone_rule_next(const struct zone_rule *rule, int64_t utc_seconds, int64_t *ret) {
    if (!rule->has_summer)
        return 0;
    int64_t era = tw_divide_down(utc_seconds, ERA) * ERA;
    struct rule_change changes[CHANGES];
    list_changes(rule, utc_seconds - era, changes);
    const struct rule_change *next = NULL;
    for (int i = 0; i < CHANGES; i++)
        if (changes[i].at > utc_seconds - era && (!next || changes[i].at < next->at))
            next = &changes[i];
    assert(next);
    *ret = next->at + era;
    return 1;
}
