/* The pieces JSON is written from. Pure. An export writes millions of them, so digits are written
 * by hand and nothing here is formatted by printf. */
#include "core/json_put.h"

#include <assert.h>
#include <string.h>

#include "base/date.h"
#include "core/json_write.h"
#include "core/state.h"

void tw_json_separate(struct buffer *out) {
    char before = out->size > 0 ? out->data[out->size - 1] : '{';
    if (before != '{' && before != '[')
        tw_buffer_char(out, ',');
}

void tw_json_key(struct buffer *out, const char *name) {
    size_t size = strlen(name);
    tw_json_separate(out);
    if (tw_buffer_reserve(out, size + 3) != 0)
        return;
    char *at = out->data + out->size;
    *at++ = '"';
    memcpy(at, name, size);
    memcpy(at + size, "\":", 2);
    out->size += size + 3;
}

void tw_json_key_text(struct buffer *out, const char *name) {
    tw_json_separate(out);
    tw_json_text(out, name, strlen(name));
    tw_buffer_char(out, ':');
}

void tw_json_bool(struct buffer *out, int64_t value) {
    tw_buffer_text(out, value ? "true" : "false");
}

void tw_json_int(struct buffer *out, int64_t value) {
    char text[20];
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    tw_buffer_put(out, text + at, sizeof text - at);
}

void tw_json_decimal(struct buffer *out, int64_t value_e8) {
    if (value_e8 == TW_UNKNOWN) {
        tw_buffer_text(out, "null");
        return;
    }
    char text[TW_DECIMAL_TEXT_BYTES];
    tw_buffer_put(out, text, tw_decimal_format(value_e8, text));
}

void tw_json_decimal_128(struct buffer *out, tw_int128 value_e8) {
    int64_t narrow = TW_UNKNOWN;
    int status = tw_narrow_64(value_e8, &narrow);
    tw_json_decimal(out, status == 0 ? narrow : TW_UNKNOWN);
}

void tw_json_word(struct buffer *out, const char *word) {
    if (!word) {
        tw_buffer_text(out, "null");
        return;
    }
    tw_buffer_char(out, '"');
    tw_buffer_text(out, word);
    tw_buffer_char(out, '"');
}

void tw_json_text_or_null(struct buffer *out, const char *text) {
    if (text)
        tw_json_text(out, text, strlen(text));
    else
        tw_buffer_text(out, "null");
}

static char *write_two(char *at, int32_t value) {
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

static char *write_date(char *at, int32_t year, int32_t month, int32_t day) {
    at = write_two(write_two(at, year / 100), year % 100);
    *at++ = '-';
    at = write_two(at, month);
    *at++ = '-';
    return write_two(at, day);
}

void tw_json_date(struct buffer *out, int64_t yyyymmdd) {
    assert(yyyymmdd >= 0 && yyyymmdd <= 99991231);
    int32_t date = (int32_t)yyyymmdd;
    char text[12] = "\"";
    char *at = write_date(text + 1, date / 10000, date / 100 % 100, date % 100);
    *at++ = '"';
    tw_buffer_put(out, text, (size_t)(at - text));
}

int64_t tw_json_whole_seconds(int64_t time_ns) {
    return time_ns / TW_NS_PER_SECOND - (time_ns % TW_NS_PER_SECOND < 0);
}

static int64_t part_of_second(int64_t time_ns) {
    int64_t part = time_ns % TW_NS_PER_SECOND;
    return part < 0 ? part + TW_NS_PER_SECOND : part;
}

static char *write_clock(char *at, const struct civil *civil) {
    at = write_two(at, civil->hour);
    *at++ = ':';
    at = write_two(at, civil->minute);
    *at++ = ':';
    return write_two(at, civil->second);
}

static char *write_fraction(char *at, int64_t nanosecond) {
    *at = '.';
    for (int digit = 9; digit > 0; digit--, nanosecond /= 10)
        at[digit] = (char)('0' + nanosecond % 10);
    return at + 10;
}

void tw_json_time(struct buffer *out, int64_t time_ns, int32_t offset_seconds, unsigned decimals) {
    assert(decimals == 0 || decimals == 9);
    int32_t minutes = offset_seconds / 60;
    int64_t seconds = tw_json_whole_seconds(time_ns);
    struct civil civil;
    tw_civil_from_seconds(seconds + minutes * 60, &civil);
    char text[TW_TIME_TEXT_BYTES + 2] = "\"";
    char *at = write_date(text + 1, civil.year, civil.month, civil.day);
    *at++ = 'T';
    at = write_clock(at, &civil);
    if (decimals > 0)
        at = write_fraction(at, part_of_second(time_ns));
    *at++ = minutes < 0 ? '-' : '+';
    if (minutes < 0)
        minutes = -minutes;
    at = write_two(at, minutes / 60);
    *at++ = ':';
    at = write_two(at, minutes % 60);
    *at++ = '"';
    assert(at <= text + sizeof text);
    tw_buffer_put(out, text, (size_t)(at - text));
}

int32_t tw_json_offset(const struct zone *zone, int64_t time_ns) {
    return tw_zone_offset(zone, tw_json_whole_seconds(time_ns));
}
