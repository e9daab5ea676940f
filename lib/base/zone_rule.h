/* A POSIX TZ rule, as RFC 9636 widens it: the offset from UTC for all years. Pure. */
#ifndef TW_BASE_ZONE_RULE_H
#define TW_BASE_ZONE_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "tradewal.h"

/* A day of any year and the local time on it at which the clocks change. */
struct rule_date {
    char form;     /* 'J': day 1..365 without 29 February; 'N': day 0..365; 'M': m.w.d */
    int32_t month; /* 1..12, for 'M' */
    int32_t week;  /* 1..5, for 'M'; 5 is the last one */
    int32_t day;   /* of the year; for 'M' of the week, 0 is Sunday */
    int32_t time;  /* seconds from midnight, -167 to 167 hours */
};

/* Offsets are seconds east of UTC. */
struct zone_rule {
    int32_t standard, summer;
    int has_summer;
    struct rule_date start, end; /* of summer time; each in the local time before the change */
};

/* "EST5EDT,M3.2.0,M11.1.0", "<+03>-3". A name for summer time without dates is refused: what it
 * means is left to each system. TW_E_PARSE. */
int tw_zone_rule_parse(const char *text, size_t length, struct zone_rule *ret, tw_error *why);

/* Seconds east of UTC at a UTC instant. */
int32_t tw_zone_rule_offset(const struct zone_rule *rule, int64_t utc_seconds);

/* The first instant after utc_seconds at which the rule names a change. 1, or 0 if it has none. */
int tw_zone_rule_next(const struct zone_rule *rule, int64_t utc_seconds, int64_t *ret);

#endif
