/* What the tests of zones share: any zone must give the earliest instant of a local time. */
#ifndef TW_TEST_ZONE_CHECK_H
#define TW_TEST_ZONE_CHECK_H

#include "base/zone.h"
#include "harness.h"

enum { HOUR = 3600, DAY = 86400 };

#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"

static void ask_everything(const struct zone *zone, struct random *random) {
    for (int i = 0; i < 20; i++) {
        int64_t at = (int64_t)(random_next(random) & INT64_MAX) >> (2 + random_below(random, 40));
        at = i % 2 ? at : -at;
        int32_t offset = tw_zone_offset(zone, at);
        ck_assert(offset >= -26 * HOUR && offset <= 26 * HOUR);
        int64_t from_local = tw_zone_to_utc(zone, at);
        ck_assert(from_local >= at - 2 * DAY && from_local <= at + 2 * DAY);
    }
}

/* A local time is given the earliest instant that shows it; one that no instant shows is given the
 * instant at which the clocks pass over it. */
static void expect_local(const struct zone *zone, int64_t local, const int32_t *offsets,
                         size_t count) {
    int64_t got = tw_zone_to_utc(zone, local), earliest = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t at = local - offsets[i];
        if (tw_zone_offset(zone, at) == offsets[i] && at < earliest)
            earliest = at;
    }
    if (earliest != INT64_MAX) {
        ck_assert_int_eq(got, earliest);
        return;
    }
    ck_assert_int_gt(got + tw_zone_offset(zone, got), local);
    ck_assert_int_lt(got - 1 + tw_zone_offset(zone, got - 1), local);
}

#endif
