/* A time zone read from the bytes of a TZif file (RFC 9636, version 2 and later, footer included)
 * or from a POSIX TZ rule. Pure: whoever calls it reads the file (io/zone_file.h). Immutable after
 * it is made, so any thread may use it. */
#ifndef TW_BASE_ZONE_H
#define TW_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "tradewal.h"

struct zone;

/* TW_E_DAMAGED when the bytes are not a zone, or one that counts leap seconds; TW_E_NOMEM. Bounded
 * work and memory for any bytes. */
int tw_zone_from_tzif(const void *data, size_t size, struct zone **ret, tw_error *why);

/* A rule such as "EST5EDT,M3.2.0,M11.1.0" or "UTC0" (zone_rule.h). TW_E_PARSE; TW_E_NOMEM. */
int tw_zone_from_rule(const char *rule, struct zone **ret, tw_error *why);

void tw_zone_free(struct zone *zone);

/* Seconds east of UTC at a UTC instant. */
int32_t tw_zone_offset(const struct zone *zone, int64_t utc_seconds);

/* The earliest UTC second that shows a local civil time (seconds as if it were UTC); of one that no
 * clock showed, the instant at which the gap ends. Within 2^62 of 1970. */
int64_t tw_zone_to_utc(const struct zone *zone, int64_t local_seconds);

/* The trading date of an instant: its local date, plus one day when the local time of day is at or
 * after roll_seconds (0..86399) and roll_seconds is not 0. So 0 is the calendar date, and 64800
 * (18:00) starts the next trading date at six in the evening, as futures do. */
int64_t tw_trading_date(const struct zone *zone, int64_t time_ns, int32_t roll_seconds);

#endif
