/* The one list as tables: what events, fields and enumerations there are. Pure, immutable. */
#ifndef TW_CORE_SCHEMA_H
#define TW_CORE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/date.h"
#include "tradewal.h"

enum kind {
    KIND_TEXT,
    KIND_SYMBOL,
    KIND_PRICE,
    KIND_QTY,
    KIND_AMOUNT,
    KIND_MONEY,
    KIND_DECIMAL,
    KIND_COUNT,
    KIND_ID,
    KIND_TIME,
    KIND_DATE,
    KIND_ENUM,
    KIND_BOOL,
    KIND_BYTES
};

enum { TW_SYMBOL_BYTES = 64, TW_CORR_BYTES = 64 };

struct enum_value {
    int64_t number;
    const char *text; /* as JSON says it */
};

struct enumeration {
    const char *name;
    const char *sentence;
    const struct enum_value *values; /* in order of their numbers, which are 1..count */
    size_t count;
};

struct field {
    uint8_t number; /* key in the record */
    enum kind kind;
    int optional;
    const char *name;   /* in JSON */
    const char *member; /* in C, without _e8 or _ns */
    const char *sentence;
    uint32_t limit;                   /* TEXT, SYMBOL, BYTES: longest size */
    const struct enumeration *values; /* ENUM */
    int64_t least, most;              /* of what is a number */
    size_t offset;                    /* of the member within the event's own struct */
};

struct event_type {
    int64_t number;
    const char *name;
    const char *sentence;
    const struct field *fields;
    size_t count;
    size_t struct_bytes;
    uint32_t texts;       /* how many of its fields are text, */
    uint32_t text_bytes;  /* and the longest they may be together */
    size_t symbol_offset; /* of its one symbol within its own struct; 0: it has none */
};

/* All types in order of their numbers, which are 1..count. */
const struct event_type *tw_schema_types(size_t *ret_count);
const struct event_type *tw_schema_type(int64_t number);         /* NULL if unknown */
const struct event_type *tw_schema_type_named(const char *name); /* NULL if unknown */
const struct field *tw_schema_field_named(const struct event_type *type, const char *name);
const struct enumeration *tw_schema_enumeration(const char *name);

static inline int tw_enum_has(const struct enumeration *values, int64_t number) {
    return number >= 1 && (uint64_t)number <= values->count;
}

/* NULL if unknown. */
static inline const char *tw_enum_text(const struct enumeration *values, int64_t number) {
    return tw_enum_has(values, number) ? values->values[number - 1].text : NULL;
}

int64_t tw_enum_number(const struct enumeration *values, const char *text); /* 0 if unknown */

/* Shorthand: the text of a value of the enumeration of that name; "?" if unknown. */
const char *tw_text_of(const char *enumeration, int64_t number);

/* One field of an event, whatever its kind. What is not known has known = 0 (text NULL). */
struct value {
    int known;
    int64_t number;   /* every kind but text and bytes */
    const void *data; /* TEXT and SYMBOL (NUL-terminated), BYTES */
    size_t size;      /* of data, without the NUL */
};

/* Reads and writes a field of event->as; `event` may be a tw_event of any type. Inline: an append
 * reads and a replay writes some ten of them. A union member's address is the union's, so that a
 * field's offset is within the event's own struct. */
static inline __attribute__((always_inline)) struct value tw_field_get(const tw_event *event,
                                                                       const struct field *field) {
    const char *at = (const char *)&event->as + field->offset;
    struct value value = {0};
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        const char *text;
        memcpy(&text, at, sizeof text);
        value.known = text != NULL;
        value.data = text;
        value.size = text ? strlen(text) : 0;
    } else if (field->kind == KIND_BYTES) {
        uint64_t size;
        memcpy(&value.data, at, sizeof value.data);
        memcpy(&size, at + sizeof value.data, sizeof size);
        value.size = size;
        value.known = value.data != NULL || size == 0;
    } else if (field->optional && field->kind != KIND_ENUM) {
        tw_maybe maybe;
        memcpy(&maybe, at, sizeof maybe);
        value.known = maybe.known != 0;
        value.number = maybe.known ? maybe.value : 0;
    } else {
        memcpy(&value.number, at, sizeof value.number);
        value.known = !(field->optional && value.number == 0);
    }
    return value;
}

static inline void tw_field_set(tw_event *event, const struct field *field, struct value value) {
    char *at = (char *)&event->as + field->offset;
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        const char *text = value.known ? value.data : NULL;
        memcpy(at, &text, sizeof text);
    } else if (field->kind == KIND_BYTES) {
        uint64_t size = value.known ? value.size : 0;
        memcpy(at, &value.data, sizeof value.data);
        memcpy(at + sizeof value.data, &size, sizeof size);
    } else if (field->optional && field->kind != KIND_ENUM) {
        tw_maybe maybe = {value.known ? value.number : 0, value.known ? 1 : 0};
        memcpy(at, &maybe, sizeof maybe);
    } else {
        int64_t number = value.known ? value.number : 0;
        memcpy(at, &number, sizeof number);
    }
}

/* JSON numbers are exact up to 2^53; a count beyond that would come back as another number. */
#define TW_LARGEST_COUNT (INT64_C(1) << 53)

/* May a field of this kind, any but text and bytes, have this number? */
static inline int tw_field_fits(const struct field *field, int64_t number) {
    return number >= field->least && number <= field->most &&
           (field->kind != KIND_DATE || tw_date_valid(number));
}

/* What can be told of an event without the state: its type is known, what is required is there,
 * text is clean and within its limit, numbers and enumerations are in range, the envelope is sound.
 * TW_E_UNKNOWN_NAME, TW_E_TEXT, TW_E_RANGE, TW_E_REFUSED. */
int tw_schema_check(const tw_event *event, tw_error *why);

/* The part of it that holds for every type, also one that is not known: time, date, source, corr
 * and cause. TW_E_RANGE, TW_E_UNKNOWN_NAME, TW_E_TEXT. */
int tw_schema_check_envelope(const tw_event *event, tw_error *why);

#endif
