/* The pieces JSON is written from: members, numbers, times. Pure. */
#ifndef TW_CORE_JSON_PUT_H
#define TW_CORE_JSON_PUT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/decimal.h"
#include "base/zone.h"

/* A comma, unless the member or element to come is the first of its object or array. */
void tw_json_separate(struct buffer *out);

/* "name": with the comma before it. `name` is one of ours and needs no escape... */
void tw_json_key(struct buffer *out, const char *name);
/* ...and this one comes from outside. */
void tw_json_key_text(struct buffer *out, const char *name);

void tw_json_bool(struct buffer *out, int64_t value);
void tw_json_int(struct buffer *out, int64_t value);

/* A JSON number; null for TW_UNKNOWN. */
void tw_json_decimal(struct buffer *out, int64_t value_e8);
/* A JSON number; null where it does not fit 64 bits. */
void tw_json_decimal_128(struct buffer *out, tw_int128 value_e8);

/* A string of our own words (no escape needed), or null. */
void tw_json_word(struct buffer *out, const char *word);
/* Text from outside, NUL-terminated, or null. */
void tw_json_text_or_null(struct buffer *out, const char *text);

/* "2025-10-06"; any number below 10000 years. */
void tw_json_date(struct buffer *out, int64_t yyyymmdd);

/* "2025-10-06T10:05:47.112908000-04:00", or without decimals (0 or 9 of them). An offset with
 * seconds is shown as its whole minutes, and the local time with it. */
void tw_json_time(struct buffer *out, int64_t time_ns, int32_t offset_seconds, unsigned decimals);

/* Seconds of an instant, rounded down. */
int64_t tw_json_whole_seconds(int64_t time_ns);

/* The offset that holds at an instant. */
int32_t tw_json_offset(const struct zone *zone, int64_t time_ns);

#endif
