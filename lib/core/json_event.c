/* A JSON object to an event. Pure. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"
#include "core/json_base64.h"
#include "core/json_read.h"
#include "core/json_tree.h"
#include "core/schema.h"

enum { SHOWN_BYTES = 96, TIME_BYTES = 40, MOST_FIELDS = 64, NAMES_BYTES = 256 };

struct reading {
    struct json_document *document;
    const struct zone *zone;
    tw_event *event;
    const struct event_type *type;
    uint64_t seen; /* bit i: the type's field i was told */
    tw_error *why;
};

int tw_json_place(const struct json *value, int code, tw_error *why) {
    return tw_fail_in(why, code, "line %u, column %u", (unsigned)value->line,
                      (unsigned)value->column);
}

static const char *show(const struct json *value, char shown[SHOWN_BYTES]) {
    switch (value->kind) {
    case JSON_NULL:
        return "null";
    case JSON_FALSE:
        return "false";
    case JSON_TRUE:
        return "true";
    case JSON_ARRAY:
        return "an array";
    case JSON_OBJECT:
        return "an object";
    case JSON_NUMBER:
        return tw_text_show(value->text, value->size, shown, SHOWN_BYTES);
    case JSON_STRING:
        break;
    }
    shown[0] = '"';
    tw_text_show(value->text, value->size, shown + 1, SHOWN_BYTES - 2);
    return strcat(shown, "\"");
}

/* "line 1, column 9: price: found "x", expected ..." */
static int refuse(const struct json *value, int code, const char *expected, tw_error *why) {
    char shown[SHOWN_BYTES];
    tw_fail(why, code, "%s%sfound %s, expected %s", value->key ? value->key : "",
            value->key ? ": " : "", show(value, shown), expected);
    return tw_json_place(value, code, why);
}

static int has_text(const struct json *value) {
    return value->kind == JSON_STRING || value->kind == JSON_NUMBER;
}

static int read_decimal(const struct json *value, int64_t *ret_e8, tw_error *why) {
    if (!has_text(value))
        return refuse(value, TW_E_PARSE, "a decimal number", why);
    int status = tw_decimal_parse(value->text, value->size, ret_e8);
    if (status == TW_E_RANGE)
        return refuse(value, status, "at most eight decimals and 64 bits", why);
    return status == 0 ? 0 : refuse(value, status, "a decimal number", why);
}

int tw_json_e8(const struct json *object, const char *name, int64_t *ret_e8, tw_error *why) {
    const struct json *value = tw_json_member(object, name);
    if (!value || value->kind == JSON_NULL)
        return tw_json_place(object, tw_fail(why, TW_E_NOT_FOUND, "%s is missing", name), why);
    return read_decimal(value, ret_e8, why);
}

/* A whole number in its only form: no plus, no zeros in front, no exponent. */
static int read_whole(const struct json *value, int64_t *ret, tw_error *why) {
    static const char expected[] = "a whole number";
    if (!has_text(value))
        return refuse(value, TW_E_PARSE, expected, why);
    int negative = value->text[0] == '-';
    const char *digits = value->text + negative;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || digits[count] || (digits[0] == '0' && count > 1))
        return refuse(value, TW_E_PARSE, expected, why);
    int64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[i] - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, negative ? -digit : digit, &number))
            return refuse(value, TW_E_RANGE, "a whole number of 64 bits", why);
    }
    *ret = number;
    return 0;
}

int tw_json_time_ns(const struct json *value, const struct zone *zone, int64_t *ret_ns,
                    tw_error *why) {
    static const char expected[] = "a time such as 2025-10-06T10:05:47.112-04:00";
    if (value->kind != JSON_STRING)
        return refuse(value, TW_E_PARSE, expected, why);
    int64_t time_ns = 0;
    int status = tw_time_parse(value->text, value->size, &time_ns);
    int local = status == TW_E_PARSE && value->size < TIME_BYTES - 1;
    if (local) {
        char text[TIME_BYTES];
        memcpy(text, value->text, value->size);
        text[value->size] = 'Z';
        status = tw_time_parse(text, value->size + 1, &time_ns);
    }
    if (status == 0 && local) {
        int64_t part = time_ns % TW_NS_PER_SECOND;
        part += part < 0 ? TW_NS_PER_SECOND : 0;
        int64_t seconds = time_ns / TW_NS_PER_SECOND - (time_ns % TW_NS_PER_SECOND < 0);
        int64_t utc = tw_zone_to_utc(zone, seconds);
        if (__builtin_mul_overflow(utc, TW_NS_PER_SECOND, &time_ns) ||
            __builtin_add_overflow(time_ns, part, &time_ns))
            status = TW_E_RANGE;
    }
    if (status == 0) {
        *ret_ns = time_ns;
        return 0;
    }
    return refuse(value, status, status == TW_E_RANGE ? "a time before 2262" : expected, why);
}

static int read_date(const struct json *value, int64_t *ret, tw_error *why) {
    if (value->kind != JSON_STRING)
        return refuse(value, TW_E_PARSE, "a date such as 2025-10-06", why);
    int status = tw_date_parse(value->text, value->size, ret);
    if (status == TW_E_RANGE)
        return refuse(value, status, "a date from 1970 to 2261", why);
    return status == 0 ? 0 : refuse(value, status, "a date such as 2025-10-06", why);
}

static int read_enum(const struct json *value, const struct enumeration *values, int64_t *ret,
                     tw_error *why) {
    int64_t number = value->kind == JSON_STRING ? tw_enum_number(values, value->text) : 0;
    if (number != 0) {
        *ret = number;
        return 0;
    }
    char expected[256] = "one of";
    for (size_t i = 0, used = strlen(expected); i < values->count; i++) {
        size_t size = strlen(values->values[i].text);
        assert(used + size + 2 <= sizeof expected);
        expected[used] = ' ';
        memcpy(expected + used + 1, values->values[i].text, size + 1);
        used += size + 1;
    }
    return refuse(value, value->kind == JSON_STRING ? TW_E_UNKNOWN_NAME : TW_E_PARSE, expected,
                  why);
}

static int read_bytes(struct reading *reading, const struct json *value, struct value *ret) {
    static const char expected[] = "base64 with its padding";
    if (value->kind != JSON_STRING)
        return refuse(value, TW_E_PARSE, expected, reading->why);
    struct json_arena *arena = tw_json_arena_of(reading->document);
    uint8_t *bytes = tw_json_take(arena, value->size / 4 * 3 + 1);
    if (!bytes)
        return tw_fail(reading->why, TW_E_NOMEM, "no memory for %s", value->key);
    if (tw_base64_read(value->text, value->size, bytes, &ret->size) != 0)
        return refuse(value, TW_E_PARSE, expected, reading->why);
    ret->data = bytes;
    return 0;
}

static int read_text(const struct json *value, const char **ret, tw_error *why) {
    if (value->kind != JSON_STRING)
        return refuse(value, TW_E_PARSE, "text in quotes", why);
    *ret = value->text;
    return 0;
}

static int read_value(struct reading *reading, const struct field *field, const struct json *value,
                      struct value *ret) {
    tw_error *why = reading->why;
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_SYMBOL: {
        const char *text = NULL;
        int status = read_text(value, &text, why);
        ret->data = text;
        ret->size = value->size;
        return status;
    }
    case KIND_PRICE:
    case KIND_QTY:
    case KIND_AMOUNT:
    case KIND_MONEY:
    case KIND_DECIMAL:
        return read_decimal(value, &ret->number, why);
    case KIND_COUNT:
    case KIND_ID:
        return read_whole(value, &ret->number, why);
    case KIND_TIME:
        return tw_json_time_ns(value, reading->zone, &ret->number, why);
    case KIND_DATE:
        return read_date(value, &ret->number, why);
    case KIND_ENUM:
        return read_enum(value, field->values, &ret->number, why);
    case KIND_BOOL:
        ret->number = value->kind == JSON_TRUE;
        return value->kind == JSON_TRUE || value->kind == JSON_FALSE
                   ? 0
                   : refuse(value, TW_E_PARSE, "true or false", why);
    case KIND_BYTES:
        return read_bytes(reading, value, ret);
    }
    return tw_fail(why, TW_E_INVALID, "%s is of no kind", field->name);
}

static int read_cause(const struct json *value, uint64_t *ret, tw_error *why) {
    int64_t seq = 0;
    int status = read_whole(value, &seq, why);
    if (status == 0 && seq < 0)
        status = refuse(value, TW_E_RANGE, "the seq of a record", why);
    if (status == 0)
        *ret = (uint64_t)seq;
    return status;
}

/* A stamp of 0 would mean that none was given. */
static int read_stamp(struct reading *reading, const struct json *value) {
    int status = tw_json_time_ns(value, reading->zone, &reading->event->time_ns, reading->why);
    if (status == 0 && reading->event->time_ns <= 0)
        status = refuse(value, TW_E_RANGE, "a time after 1970", reading->why);
    return status;
}

/* What every event has. TW_E_NOT_FOUND when the member is not one of them. */
static int read_envelope(struct reading *reading, const struct json *member) {
    tw_event *event = reading->event;
    tw_error *why = reading->why;
    const char *name = member->key;
    if (strcmp(name, "type") == 0 || strcmp(name, "seq") == 0)
        return 0;
    if (strcmp(name, "time") == 0)
        return read_stamp(reading, member);
    if (strcmp(name, "trading_date") == 0)
        return read_date(member, &event->trading_date, why);
    if (strcmp(name, "source") == 0)
        return read_enum(member, tw_schema_enumeration("source"), &event->source, why);
    if (strcmp(name, "corr") == 0)
        return read_text(member, &event->corr, why);
    if (strcmp(name, "cause") == 0)
        return read_cause(member, &event->cause, why);
    return TW_E_NOT_FOUND;
}

/* The names stand in the line: whoever feeds events seldom has the list at hand. */
static int refuse_member(const struct reading *reading, const struct json *member) {
    const struct event_type *type = reading->type;
    char shown[SHOWN_BYTES], known[NAMES_BYTES] = "";
    for (size_t i = 0, used = 0; i < type->count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 type->fields[i].name);
    tw_text_show(member->key, strlen(member->key), shown, sizeof shown);
    return tw_json_place(member,
                         tw_fail(reading->why, TW_E_UNKNOWN_NAME,
                                 "found a member \"%s\", expected only those of %s: %s", shown,
                                 type->name, known),
                         reading->why);
}

static int read_member(struct reading *reading, const struct json *member) {
    const struct event_type *type = reading->type;
    const struct field *field = tw_schema_field_named(type, member->key);
    if (field) {
        if (member->kind == JSON_NULL && field->optional)
            return 0;
        struct value value = {.known = 1};
        int status = read_value(reading, field, member, &value);
        if (status != 0)
            return status;
        tw_field_set(reading->event, field, value);
        reading->seen |= UINT64_C(1) << (field - type->fields);
        return 0;
    }
    int status = read_envelope(reading, member);
    if (status != TW_E_NOT_FOUND)
        return status;
    return refuse_member(reading, member);
}

static int read_type(const struct json *object, const struct event_type **ret, tw_error *why) {
    const struct json *name = tw_json_member(object, "type");
    if (!name)
        return tw_json_place(object, tw_fail(why, TW_E_REFUSED, "type is missing"), why);
    if (name->kind != JSON_STRING)
        return refuse(name, TW_E_PARSE, "the name of an event type", why);
    if (strcmp(name->text, "opaque") == 0)
        return refuse(name, TW_E_REFUSED, "a type whose fields are in the text", why);
    *ret = tw_schema_type_named(name->text);
    return *ret ? 0 : refuse(name, TW_E_UNKNOWN_NAME, "the name of an event type", why);
}

static int check_required(const struct reading *reading) {
    const struct event_type *type = reading->type;
    for (size_t i = 0; i < type->count; i++)
        if (!type->fields[i].optional && !(reading->seen >> i & 1))
            return tw_fail(reading->why, TW_E_REFUSED, "%s: %s is missing", type->name,
                           type->fields[i].name);
    return 0;
}

/* The schema's own check, which wants a time and a date: the store gives them to what has none. */
static int check_schema(const tw_event *event, tw_error *why) {
    tw_event stamped = *event;
    if (stamped.time_ns == 0)
        stamped.time_ns = 1;
    if (stamped.trading_date == 0)
        stamped.trading_date = 19700101;
    return tw_schema_check(&stamped, why);
}

int tw_json_object_to_event(struct json_document *document, const struct json *object,
                            const struct zone *zone, tw_event *ret, tw_error *why) {
    assert(document && object && zone);
    if (object->kind != JSON_OBJECT)
        return refuse(object, TW_E_PARSE, "an object with a type", why);
    tw_event event = {.size = sizeof event, .source = TW_SOURCE_HOST};
    struct reading reading = {.document = document, .zone = zone, .event = &event, .why = why};
    int status = read_type(object, &reading.type, why);
    if (status != 0)
        return status;
    assert(reading.type->count <= MOST_FIELDS);
    event.type = reading.type->number;
    /* Whichever struct is in `as`, its size comes first. */
    event.as.fill.size = reading.type->struct_bytes;
    for (const struct json *member = object->first; member; member = member->next)
        if ((status = read_member(&reading, member)) != 0)
            return status;
    status = check_required(&reading);
    if (status == 0)
        status = check_schema(&event, why);
    if (status != 0)
        return tw_json_place(object, status, why);
    *ret = event;
    return 0;
}

int tw_json_to_event(struct json_document *document, const struct zone *zone, tw_event *ret,
                     tw_error *why) {
    assert(tw_json_root(document));
    return tw_json_object_to_event(document, tw_json_root(document), zone, ret, why);
}
