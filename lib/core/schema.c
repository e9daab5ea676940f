/* The one list as tables. Pure. */
#include "core/schema.h"

#include <assert.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"

#define TW_ENUM(name, sentence)              static const struct enum_value values_##name[] = {
#define TW_VALUE(of, number, constant, text) {number, text},
#define TW_ENUM_END(name) \
    }                     \
    ;
#include "tradewal_events.def"

#define TW_ENUM(name, sentence)                            \
    static const struct enumeration enumeration_##name = { \
        #name, sentence, values_##name, sizeof values_##name / sizeof values_##name[0]};
#define TW_VALUE(of, number, constant, text)
#define TW_ENUM_END(name)
#include "tradewal_events.def"

/* Counted from 1 without a gap, a number is the place of its value. */
#define TW_ENUM(name, sentence)              enum { PLACE_##name,
#define TW_VALUE(of, number, constant, text) PLACE_##of##_##constant,
#define TW_ENUM_END(name) \
    }                     \
    ;
#include "tradewal_events.def"
#define TW_ENUM(name, sentence)
#define TW_VALUE(of, number, constant, text) \
    _Static_assert(PLACE_##of##_##constant == (number), "numbers of values are 1, 2, 3 ...");
#define TW_ENUM_END(name)
#include "tradewal_events.def"

static const struct enumeration *const enumerations[] = {
#define TW_ENUM(name, sentence) &enumeration_##name,
#define TW_VALUE(of, number, constant, text)
#define TW_ENUM_END(name)
#include "tradewal_events.def"
};

enum { NEED_REQUIRED = 0, NEED_OPTIONAL = 1 };

#define OFFSET_TEXT(event, member)    offsetof(tw_##event, member)
#define OFFSET_SYMBOL(event, member)  offsetof(tw_##event, member)
#define OFFSET_PRICE(event, member)   offsetof(tw_##event, member##_e8)
#define OFFSET_QTY(event, member)     offsetof(tw_##event, member##_e8)
#define OFFSET_AMOUNT(event, member)  offsetof(tw_##event, member##_e8)
#define OFFSET_MONEY(event, member)   offsetof(tw_##event, member##_e8)
#define OFFSET_DECIMAL(event, member) offsetof(tw_##event, member##_e8)
#define OFFSET_COUNT(event, member)   offsetof(tw_##event, member)
#define OFFSET_ID(event, member)      offsetof(tw_##event, member)
#define OFFSET_TIME(event, member)    offsetof(tw_##event, member##_ns)
#define OFFSET_DATE(event, member)    offsetof(tw_##event, member)
#define OFFSET_ENUM(event, member)    offsetof(tw_##event, member)
#define OFFSET_BOOL(event, member)    offsetof(tw_##event, member)
#define OFFSET_BYTES(event, member)   offsetof(tw_##event, member)

#define LIMIT_TEXT(limit)    limit, NULL
#define LIMIT_SYMBOL(limit)  TW_SYMBOL_BYTES, NULL
#define LIMIT_BYTES(limit)   limit, NULL
#define LIMIT_ENUM(limit)    0, &enumeration_##limit
#define LIMIT_PRICE(limit)   0, NULL
#define LIMIT_QTY(limit)     0, NULL
#define LIMIT_AMOUNT(limit)  0, NULL
#define LIMIT_MONEY(limit)   0, NULL
#define LIMIT_DECIMAL(limit) 0, NULL
#define LIMIT_COUNT(limit)   0, NULL
#define LIMIT_ID(limit)      0, NULL
#define LIMIT_TIME(limit)    0, NULL
#define LIMIT_DATE(limit)    0, NULL
#define LIMIT_BOOL(limit)    0, NULL

#define TEXTUAL       0, 0
#define ANY           -INT64_MAX, INT64_MAX
#define POSITIVE      1, INT64_MAX
#define LARGEST_COUNT (INT64_C(1) << 53) /* beyond it a JSON number would come back as another */

#define RANGE_TEXT(limit)    TEXTUAL
#define RANGE_SYMBOL(limit)  TEXTUAL
#define RANGE_BYTES(limit)   TEXTUAL
#define RANGE_PRICE(limit)   ANY
#define RANGE_QTY(limit)     POSITIVE
#define RANGE_AMOUNT(limit)  0, INT64_MAX
#define RANGE_MONEY(limit)   ANY
#define RANGE_DECIMAL(limit) POSITIVE
#define RANGE_COUNT(limit)   -LARGEST_COUNT, LARGEST_COUNT
#define RANGE_ID(limit)      ANY
#define RANGE_TIME(limit)    POSITIVE
#define RANGE_DATE(limit)    POSITIVE
#define RANGE_ENUM(limit)    1, sizeof values_##limit / sizeof values_##limit[0]
#define RANGE_BOOL(limit)    0, 1

#define TW_EVENT(number, name, sentence) static const struct field fields_##name[] = {
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    {number,                                                               \
     KIND_##kind,                                                          \
     NEED_##need,                                                          \
     text,                                                                 \
     #member,                                                              \
     sentence,                                                             \
     LIMIT_##kind(limit),                                                  \
     RANGE_##kind(limit),                                                  \
     OFFSET_##kind(event, member)},
#define TW_EVENT_END(name) \
    }                      \
    ;
#include "tradewal_events.def"

#define IS_TEXT(kind)     (KIND_##kind == KIND_TEXT || KIND_##kind == KIND_SYMBOL)
#define IS_SYMBOL(kind)   (KIND_##kind == KIND_SYMBOL)
#define FIRST(first, ...) first
#define LIMIT_OF(...)     FIRST(__VA_ARGS__, 0)

/* Sums over the fields of each type; with one symbol at most the sum of their offsets is its. */
#define TW_EVENT(number, name, sentence)                                   enum { TEXTS_##name = 0
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) +IS_TEXT(kind)
#define TW_EVENT_END(name) \
    }                      \
    ;
#include "tradewal_events.def"
#define TW_EVENT(number, name, sentence) enum { TEXT_BYTES_##name = 0
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    +(IS_TEXT(kind) ? LIMIT_OF(LIMIT_##kind(limit)) : 0)
#define TW_EVENT_END(name) \
    }                      \
    ;
#include "tradewal_events.def"
#define TW_EVENT(number, name, sentence) _Static_assert(0
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) +IS_SYMBOL(kind)
#define TW_EVENT_END(name) <= 1, "one symbol at most");
#include "tradewal_events.def"
#define TW_EVENT(number, name, sentence) enum { SYMBOL_AT_##name = 0
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    +(IS_SYMBOL(kind) ? OFFSET_##kind(event, member) : 0)
#define TW_EVENT_END(name) \
    }                      \
    ;
#include "tradewal_events.def"

static const struct event_type types[] = {
#define TW_EVENT(number, name, sentence)             \
    {number,                                         \
     #name,                                          \
     sentence,                                       \
     fields_##name,                                  \
     sizeof fields_##name / sizeof fields_##name[0], \
     sizeof(tw_##name),                              \
     TEXTS_##name,                                   \
     TEXT_BYTES_##name,                              \
     SYMBOL_AT_##name},
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

const struct event_type *tw_schema_types(size_t *ret_count) {
    *ret_count = TYPE_COUNT;
    return types;
}

const struct event_type *tw_schema_type(int64_t number) {
    if (number < 1 || number > TYPE_COUNT)
        return NULL;
    assert(types[number - 1].number == number);
    return &types[number - 1];
}

const struct event_type *tw_schema_type_named(const char *name) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

const struct field *tw_schema_field_named(const struct event_type *type, const char *name) {
    for (size_t i = 0; i < type->count; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    return NULL;
}

const struct enumeration *tw_schema_enumeration(const char *name) {
    for (size_t i = 0; i < sizeof enumerations / sizeof enumerations[0]; i++)
        if (strcmp(enumerations[i]->name, name) == 0)
            return enumerations[i];
    return NULL;
}

int64_t tw_enum_number(const struct enumeration *values, const char *text) {
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->values[i].text, text) == 0)
            return values->values[i].number;
    return 0;
}

const char *tw_text_of(const char *enumeration, int64_t number) {
    const struct enumeration *values = tw_schema_enumeration(enumeration);
    assert(values);
    const char *text = tw_enum_text(values, number);
    return text ? text : "?";
}

const char *tw_type_name(int64_t type) {
    const struct event_type *known = tw_schema_type(type);
    return known ? known->name : "opaque";
}

static inline int text_fits(const struct field *field, const struct value *value) {
    if (value->size == 0 || value->size > field->limit ||
        !tw_text_is_clean(value->data, value->size))
        return 0;
    /* A gate for all symbols has this scope: no symbol may be mistaken for it. */
    return field->kind != KIND_SYMBOL || value->size != 3 || memcmp(value->data, "all", 3) != 0;
}

/* Inlined where the compiler knows the field, so that of all this only what its kind asks for is
 * left. */
static inline __attribute__((always_inline)) int field_fits(const tw_event *event,
                                                            const struct field *field) {
    struct value value = tw_field_get(event, field);
    /* An unset enumeration that is required reads as 0, which is no value of it. */
    if (!value.known || (field->kind == KIND_ENUM && value.number == 0))
        return field->optional;
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL)
        return text_fits(field, &value);
    if (field->kind == KIND_BYTES)
        return value.size <= field->limit;
    return tw_field_fits(field, value.number);
}

#define TW_EVENT(number, name, sentence)            \
    static int name##_fits(const tw_event *event) { \
        const struct field *next = fields_##name;   \
        return 1
#define TW_FIELD(event_, number, kind, member, text, need, limit, sentence) \
    &&field_fits(event, next++)
#define TW_EVENT_END(name) \
    ;                      \
    }
#include "tradewal_events.def"

static int fields_fit(const tw_event *event) {
    switch (event->type) {
#define TW_EVENT(number, name, sentence) \
    case number:                         \
        return name##_fits(event);
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    }
    return 0;
}

/* ---- what is wrong with an event ----------------------------------------------------------- */

static int explain_text(const struct event_type *type, const struct field *field,
                        struct value value, tw_error *why) {
    if (value.size == 0)
        return tw_fail(why, TW_E_TEXT, "%s: %s is empty, expected text or nothing at all",
                       type->name, field->name);
    if (value.size > field->limit)
        return tw_fail(why, TW_E_TEXT, "%s: %s has %zu bytes, at most %u are allowed", type->name,
                       field->name, value.size, (unsigned)field->limit);
    if (!tw_text_is_clean(value.data, value.size)) {
        char shown[96];
        return tw_fail(why, TW_E_TEXT,
                       "%s: %s is \"%s\", expected UTF-8 without control characters", type->name,
                       field->name, tw_text_show(value.data, value.size, shown, sizeof shown));
    }
    return tw_fail(why, TW_E_TEXT, "%s: %s is \"all\", which means every symbol", type->name,
                   field->name);
}

static const char *expected_of(enum kind kind) {
    switch (kind) {
    case KIND_QTY:
    case KIND_DECIMAL:
        return "a number above 0";
    case KIND_AMOUNT:
        return "0 or above";
    case KIND_COUNT:
        return "at most 2^53";
    case KIND_TIME:
        return "a time after 1970";
    case KIND_DATE:
        return "a calendar date";
    case KIND_BOOL:
        return "true or false";
    case KIND_PRICE:
    case KIND_MONEY:
    case KIND_ID:
    case KIND_ENUM:
    case KIND_TEXT:
    case KIND_SYMBOL:
    case KIND_BYTES:
        break;
    }
    return "a number within 64 bits";
}

static int explain_field(const tw_event *event, const struct event_type *type,
                         const struct field *field, tw_error *why) {
    struct value value = tw_field_get(event, field);
    if (!value.known || (field->kind == KIND_ENUM && value.number == 0))
        return tw_fail(why, TW_E_REFUSED, "%s: %s is missing", type->name, field->name);
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL)
        return explain_text(type, field, value, why);
    if (field->kind == KIND_BYTES)
        return tw_fail(why, TW_E_TEXT, "%s: %s has %zu bytes, at most %u are allowed", type->name,
                       field->name, value.size, (unsigned)field->limit);
    if (field->kind == KIND_ENUM)
        return tw_fail(why, TW_E_UNKNOWN_NAME, "%s: %s has no value number %lld", type->name,
                       field->name, (long long)value.number);
    return tw_fail(why, TW_E_RANGE, "%s: %s is out of range, expected %s", type->name, field->name,
                   expected_of(field->kind));
}

int tw_schema_check_envelope(const tw_event *event, tw_error *why) {
    if (event->time_ns <= 0)
        return tw_fail(why, TW_E_RANGE, "the time is %lld ns, expected a time after 1970",
                       (long long)event->time_ns);
    if (!tw_date_valid(event->trading_date))
        return tw_fail(why, TW_E_RANGE, "the trading date is %lld, expected a date as yyyymmdd",
                       (long long)event->trading_date);
    if (!tw_enum_has(&enumeration_source, event->source))
        return tw_fail(why, TW_E_UNKNOWN_NAME, "no source has the number %lld",
                       (long long)event->source);
    if (event->corr) {
        size_t size = strlen(event->corr);
        if (size == 0 || size > TW_CORR_BYTES || !tw_text_is_clean(event->corr, size))
            return tw_fail(why, TW_E_TEXT, "corr is not 1 to %d bytes of clean text",
                           TW_CORR_BYTES);
    }
    if (event->cause > INT64_MAX)
        return tw_fail(why, TW_E_RANGE, "cause is out of range, expected a seq");
    return 0;
}

int tw_schema_check(const tw_event *event, tw_error *why) {
    const struct event_type *type = tw_schema_type(event->type);
    if (!type)
        return tw_fail(why, TW_E_UNKNOWN_NAME, "no event type has the number %lld",
                       (long long)event->type);
    int status = tw_schema_check_envelope(event, why);
    if (status || fields_fit(event))
        return status;
    const struct field *field = type->fields;
    while (field_fits(event, field)) {
        field++;
        assert(field < type->fields + type->count);
    }
    return explain_field(event, type, field, why);
}
