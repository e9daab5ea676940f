/* Points in time as people type and read them. */
#ifndef TW_CMD_MOMENT_H
#define TW_CMD_MOMENT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/zone.h"
#include "tradewal.h"

/* What a time without a date, a zone or an anchor refers to. */
struct moment_context {
    const struct zone *zone;
    int64_t trading_date; /* 10:05 lies on it */
    int64_t roll_seconds; /* local time at which a trading date begins; 0: midnight */
    int64_t last_ns;      /* -15m counts back from it; 0: there is no record */
};

/* 10:05, 10:05:47.112, 2025-10-06, 2025-10-06 10:05, RFC 3339, -15m (s, m, h, d). TW_E_PARSE,
 * TW_E_RANGE. */
int tw_moment_parse(const char *text, const struct moment_context *context, int64_t *ret_ns,
                    tw_error *why);

/* 10:05:47.112 in the zone. */
void tw_moment_clock(struct buffer *out, int64_t time_ns, const struct zone *zone);
/* 2025-10-06 10:05:47.112 */
void tw_moment_day_clock(struct buffer *out, int64_t time_ns, const struct zone *zone);
/* 2025-10-06T10:05:47.112908000-04:00 */
void tw_moment_exact(struct buffer *out, int64_t time_ns, const struct zone *zone);
/* How long: 0.9 ms, 61.8 s, 14 min, 3.2 h, 5 days. */
void tw_moment_span(struct buffer *out, int64_t span_ns);

/* The clock of the machine. */
int64_t tw_moment_now(void);

#endif
