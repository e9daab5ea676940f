/* Reads TZif bytes and finds offsets in them. Pure. */
#include "base/zone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/zone_rule.h"

enum {
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
    /* What the reference implementation allows; the files of 2025 have up to 236 and 14. */
    MOST_CHANGES = 2000,
    MOST_TYPES = 256,
    MOST_OFFSET = 26 * 3600,
    DAY = 86400
};

#define FARTHEST_LOCAL (INT64_C(1) << 62)

struct change {
    int64_t at;
    int32_t offset; /* from then on */
};

struct zone {
    struct zone_rule rule; /* from the last change on, when has_rule */
    int has_rule;
    int32_t first_offset; /* before the first change */
    size_t count;
    struct change changes[];
};

/* One header and where the data behind it lies. */
struct block {
    char version;
    uint64_t utc_flags, standard_flags, leaps, changes, types, name_bytes;
    uint64_t time_bytes; /* of one instant: 4 in the first block, 8 in the second */
    const uint8_t *data;
    uint64_t size; /* of the data */
};

static uint64_t get_big(const uint8_t *at, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static int64_t get_instant(const struct block *block, uint64_t index) {
    const uint8_t *at = block->data + index * block->time_bytes;
    if (block->time_bytes == 4)
        return (int32_t)(uint32_t)get_big(at, 4);
    return (int64_t)get_big(at, 8);
}

/* Reads the header at the start of the bytes; all of its data lies within them when it succeeds. */
static int read_header(const uint8_t *bytes, size_t size, uint64_t time_bytes, struct block *ret,
                       tw_error *why) {
    if (size < HEADER_BYTES)
        return tw_fail(why, TW_E_DAMAGED, "zone file: %zu bytes are left, expected a header of %d",
                       size, HEADER_BYTES);
    if (memcmp(bytes, "TZif", 4) != 0)
        return tw_fail(why, TW_E_DAMAGED, "zone file: no \"TZif\" at the start of a header");
    char version = (char)bytes[4];
    if (version != '\0' && (version < '2' || version > '9'))
        return tw_fail(why, TW_E_DAMAGED,
                       "zone file: version byte 0x%02x, expected 0 or '2' to '9'", bytes[4]);
    struct block block = {.version = version,
                          .utc_flags = get_big(bytes + 20, 4),
                          .standard_flags = get_big(bytes + 24, 4),
                          .leaps = get_big(bytes + 28, 4),
                          .changes = get_big(bytes + 32, 4),
                          .types = get_big(bytes + 36, 4),
                          .name_bytes = get_big(bytes + 40, 4),
                          .time_bytes = time_bytes,
                          .data = bytes + HEADER_BYTES};
    block.size = block.changes * (time_bytes + 1) + block.types * TYPE_BYTES + block.name_bytes +
                 block.leaps * (time_bytes + 4) + block.standard_flags + block.utc_flags;
    if (block.size > size - HEADER_BYTES)
        return tw_fail(why, TW_E_DAMAGED,
                       "zone file: a header promises %llu bytes of data, %zu are there",
                       (unsigned long long)block.size, size - HEADER_BYTES);
    *ret = block;
    return 0;
}

static int check_counts(const struct block *block, tw_error *why) {
    if (block->leaps > 0)
        return tw_fail(why, TW_E_DAMAGED,
                       "zone file: it counts leap seconds, expected one without");
    if (block->types == 0 || block->types > MOST_TYPES || block->changes > MOST_CHANGES)
        return tw_fail(why, TW_E_DAMAGED,
                       "zone file: %llu types and %llu changes, expected 1 to %d and at most %d",
                       (unsigned long long)block->types, (unsigned long long)block->changes,
                       MOST_TYPES, MOST_CHANGES);
    if ((block->standard_flags != 0 && block->standard_flags != block->types) ||
        (block->utc_flags != 0 && block->utc_flags != block->types) || block->name_bytes == 0)
        return tw_fail(why, TW_E_DAMAGED,
                       "zone file: the counts of a header contradict each other");
    return 0;
}

static int read_type(const struct block *block, uint64_t index, int32_t *ret_offset,
                     tw_error *why) {
    const uint8_t *types = block->data + block->changes * (block->time_bytes + 1);
    const uint8_t *type = types + index * TYPE_BYTES;
    int32_t offset = (int32_t)(uint32_t)get_big(type, 4);
    if (offset < -MOST_OFFSET || offset > MOST_OFFSET || type[4] > 1 ||
        type[5] >= block->name_bytes)
        return tw_fail(why, TW_E_DAMAGED,
                       "zone file: type %llu has offset %d, summer flag %d and name at %d",
                       (unsigned long long)index, offset, type[4], type[5]);
    *ret_offset = offset;
    return 0;
}

static int read_changes(const struct block *block, struct zone *zone, tw_error *why) {
    int32_t offsets[MOST_TYPES];
    for (uint64_t i = 0; i < block->types; i++) {
        int failed = read_type(block, i, &offsets[i], why);
        if (failed)
            return failed;
    }
    zone->first_offset = offsets[0];
    zone->count = block->changes;
    const uint8_t *types = block->data + block->changes * block->time_bytes;
    for (size_t i = 0; i < zone->count; i++) {
        zone->changes[i].at = get_instant(block, i);
        if (i > 0 && zone->changes[i].at <= zone->changes[i - 1].at)
            return tw_fail(why, TW_E_DAMAGED, "zone file: change %zu is not after the one before",
                           i);
        if (types[i] >= block->types)
            return tw_fail(why, TW_E_DAMAGED, "zone file: change %zu has type %d of %llu", i,
                           types[i], (unsigned long long)block->types);
        zone->changes[i].offset = offsets[types[i]];
    }
    return 0;
}

/* What is behind the second block: a newline, a rule or nothing, a newline. */
static int read_footer(const char *text, size_t size, struct zone *zone, tw_error *why) {
    if (size < 2 || text[0] != '\n' || memchr(text + 1, '\n', size - 1) != text + size - 1)
        return tw_fail(why, TW_E_DAMAGED, "zone file: its %zu last bytes are not one line", size);
    if (size == 2)
        return 0;
    if (tw_zone_rule_parse(text + 1, size - 2, &zone->rule, why) != 0)
        return tw_fail_in(why, TW_E_DAMAGED, "zone file");
    zone->has_rule = 1;
    return 0;
}

/* Finds the block to be used: the second, wide one where there is one. */
static int find_block(const uint8_t *bytes, size_t size, struct block *ret, tw_error *why) {
    int failed = read_header(bytes, size, 4, ret, why);
    if (failed || ret->version == '\0')
        return failed;
    size_t first = HEADER_BYTES + (size_t)ret->size;
    return read_header(bytes + first, size - first, 8, ret, why);
}

int tw_zone_from_tzif(const void *data, size_t size, struct zone **ret, tw_error *why) {
    struct block block;
    int failed = find_block(data, size, &block, why);
    if (!failed)
        failed = check_counts(&block, why);
    if (failed)
        return failed;
    struct zone *zone = calloc(1, sizeof *zone + block.changes * sizeof zone->changes[0]);
    if (!zone)
        return tw_fail(why, TW_E_NOMEM, "no memory for a zone of %llu changes",
                       (unsigned long long)block.changes);
    failed = read_changes(&block, zone, why);
    const uint8_t *rest = block.data + block.size;
    size_t rest_size = size - (size_t)(rest - (const uint8_t *)data);
    if (!failed && block.time_bytes == 8)
        failed = read_footer((const char *)rest, rest_size, zone, why);
    else if (!failed && rest_size > 0)
        failed = tw_fail(why, TW_E_DAMAGED, "zone file: %zu bytes behind its end", rest_size);
    if (failed) {
        free(zone);
        return failed;
    }
    *ret = zone;
    return 0;
}

int tw_zone_from_rule(const char *rule, struct zone **ret, tw_error *why) {
    struct zone_rule parsed;
    int failed = tw_zone_rule_parse(rule, strlen(rule), &parsed, why);
    if (failed)
        return failed;
    struct zone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return tw_fail(why, TW_E_NOMEM, "no memory for a zone");
    zone->rule = parsed;
    zone->has_rule = 1;
    *ret = zone;
    return 0;
}

void tw_zone_free(struct zone *zone) {
    free(zone);
}

/* How many changes lie at or before the instant. */
static size_t count_changes(const struct zone *zone, int64_t utc_seconds) {
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= utc_seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t tw_zone_offset(const struct zone *zone, int64_t utc_seconds) {
    size_t passed = count_changes(zone, utc_seconds);
    if (passed == zone->count && zone->has_rule)
        return tw_zone_rule_offset(&zone->rule, utc_seconds);
    return passed > 0 ? zone->changes[passed - 1].offset : zone->first_offset;
}

/* The first change after the instant: 1, or 0 if there is none. */
static int next_change(const struct zone *zone, int64_t utc_seconds, int64_t *ret) {
    size_t passed = count_changes(zone, utc_seconds);
    if (passed == zone->count)
        return zone->has_rule && tw_zone_rule_next(&zone->rule, utc_seconds, ret);
    *ret = zone->changes[passed].at;
    return 1;
}

/* Walks the stretches of one offset around the time, the earliest first. A time that lies before a
 * stretch but not in the one before that was passed over by the clocks as the stretch began; a
 * later one may still show it, where the clocks are soon set back. */
int64_t tw_zone_to_utc(const struct zone *zone, int64_t local_seconds) {
    assert(local_seconds > -FARTHEST_LOCAL && local_seconds < FARTHEST_LOCAL);
    int64_t start = local_seconds - (int64_t)2 * DAY, end = local_seconds + (int64_t)2 * DAY;
    int64_t gap_end = 0;
    int in_gap = 0;
    while (start <= end) {
        int64_t utc = local_seconds - tw_zone_offset(zone, start), next;
        int is_last = !next_change(zone, start, &next) || next > end;
        if (utc >= start && (is_last || utc < next))
            return utc;
        if (utc < start && !in_gap) {
            in_gap = 1;
            gap_end = start;
        }
        if (is_last)
            break;
        start = next;
    }
    assert(in_gap);
    return gap_end;
}

int64_t tw_trading_date(const struct zone *zone, int64_t time_ns, int32_t roll_seconds) {
    assert(roll_seconds >= 0 && roll_seconds < DAY);
    int64_t utc = tw_divide_down(time_ns, TW_NS_PER_SECOND);
    int64_t local = utc + tw_zone_offset(zone, utc);
    int64_t day = tw_divide_down(local, DAY);
    if (roll_seconds > 0 && local - day * DAY >= roll_seconds)
        day++;
    return tw_date_from_days(day);
}
