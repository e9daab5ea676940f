/* Events and text as JSON. Pure. */
#include "core/json_write.h"

#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "core/json_base64.h"
#include "core/json_put.h"
#include "core/schema.h"

enum { SECONDS_PER_DAY = 86400 };

/* Printable ASCII that stands for itself. */
static int is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void put_unicode(struct buffer *out, uint32_t character) {
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\',
                    'u',
                    digits[character >> 12 & 15],
                    digits[character >> 8 & 15],
                    digits[character >> 4 & 15],
                    digits[character & 15]};
    tw_buffer_put(out, text, sizeof text);
}

static void put_ascii_escape(struct buffer *out, unsigned char c) {
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = c ? strchr(from, c) : NULL;
    if (!found) {
        put_unicode(out, c);
        return;
    }
    char text[2] = {'\\', to[found - from]};
    tw_buffer_put(out, text, sizeof text);
}

/* One character that is not ASCII; returns its size. */
static size_t put_wide(struct buffer *out, const char *text, size_t length) {
    unsigned char first = (unsigned char)text[0];
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (size > length || !tw_text_is_utf8(text, size)) {
        tw_buffer_text(out, "\xEF\xBF\xBD");
        return 1;
    }
    if (tw_text_is_clean(text, size)) {
        tw_buffer_put(out, text, size);
        return size;
    }
    /* Everything hidden lies below U+10000. */
    uint32_t character = first & (size == 3 ? 0x0Fu : 0x1Fu);
    for (size_t i = 1; i < size; i++)
        character = character << 6 | (text[i] & 0x3F);
    put_unicode(out, character);
    return size;
}

void tw_json_text(struct buffer *out, const char *text, size_t length) {
    tw_buffer_char(out, '"');
    for (size_t at = 0; at < length;) {
        size_t plain = at;
        while (plain < length && is_plain((unsigned char)text[plain]))
            plain++;
        tw_buffer_put(out, text + at, plain - at);
        at = plain;
        if (at == length)
            break;
        if ((unsigned char)text[at] < 0x80)
            put_ascii_escape(out, (unsigned char)text[at++]);
        else
            at += put_wide(out, text + at, length - at);
    }
    tw_buffer_char(out, '"');
}

static void put_quoted_decimal(struct buffer *out, int64_t value_e8) {
    char text[TW_DECIMAL_TEXT_BYTES + 2] = "\"";
    size_t size = tw_decimal_format(value_e8, text + 1);
    text[size + 1] = '"';
    tw_buffer_put(out, text, size + 2);
}

static void put_value(struct buffer *out, const struct field *field, struct value value,
                      const struct zone *zone) {
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_SYMBOL:
        tw_json_text(out, value.data, value.size);
        break;
    case KIND_PRICE:
    case KIND_QTY:
    case KIND_AMOUNT:
    case KIND_MONEY:
    case KIND_DECIMAL:
        put_quoted_decimal(out, value.number);
        break;
    case KIND_COUNT:
        tw_json_int(out, value.number);
        break;
    case KIND_ID:
        tw_buffer_char(out, '"');
        tw_json_int(out, value.number);
        tw_buffer_char(out, '"');
        break;
    case KIND_TIME:
        tw_json_time(out, value.number, tw_json_offset(zone, value.number), 9);
        break;
    case KIND_DATE:
        tw_json_date(out, value.number);
        break;
    case KIND_ENUM:
        tw_json_word(out, tw_enum_text(field->values, value.number));
        break;
    case KIND_BOOL:
        tw_json_bool(out, value.number);
        break;
    case KIND_BYTES:
        tw_buffer_char(out, '"');
        tw_base64_put(out, value.data, value.size);
        tw_buffer_char(out, '"');
        break;
    }
}

/* The calendar date of an instant where clocks show that offset. */
static int64_t local_date(int64_t time_ns, int32_t offset_seconds) {
    int64_t seconds = tw_json_whole_seconds(time_ns) + offset_seconds;
    return tw_date_from_days(seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0));
}

/* A trading date is told only where it is not what the time already says. */
static void put_time(struct buffer *out, const tw_event *event, const struct zone *zone) {
    int64_t said = 0;
    if (event->time_ns != 0) {
        int32_t offset = tw_json_offset(zone, event->time_ns);
        tw_json_key(out, "time");
        tw_json_time(out, event->time_ns, offset, 9);
        said = local_date(event->time_ns, offset);
    }
    if (event->trading_date == 0 || event->trading_date == said)
        return;
    tw_json_key(out, "trading_date");
    tw_json_date(out, event->trading_date);
}

static void put_origin(struct buffer *out, const tw_event *event) {
    if (event->source != 0 && event->source != TW_SOURCE_HOST) {
        tw_json_key(out, "source");
        tw_json_word(out, tw_text_of("source", event->source));
    }
    if (event->corr) {
        tw_json_key(out, "corr");
        tw_json_text(out, event->corr, strlen(event->corr));
    }
    if (event->cause != 0) {
        tw_json_key(out, "cause");
        tw_json_int(out, (int64_t)event->cause);
    }
}

void tw_json_event(struct buffer *out, const tw_event *event, const struct zone *zone) {
    const struct event_type *type = tw_schema_type(event->type);
    tw_buffer_char(out, '{');
    if (event->seq != 0) {
        tw_json_key(out, "seq");
        tw_json_int(out, (int64_t)event->seq);
    }
    put_time(out, event, zone);
    tw_json_key(out, "type");
    tw_json_word(out, type ? type->name : "opaque");
    for (size_t i = 0; type && i < type->count; i++) {
        struct value value = tw_field_get(event, &type->fields[i]);
        if (!value.known)
            continue;
        tw_json_key(out, type->fields[i].name);
        put_value(out, &type->fields[i], value, zone);
    }
    put_origin(out, event);
    tw_buffer_char(out, '}');
}
