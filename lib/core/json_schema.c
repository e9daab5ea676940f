/* JSON Schema of the export's lines, expanded from the one list. Pure. */

#include "core/json_put.h"
#include "core/json_write.h"
#include "core/schema.h"

#define DECIMAL_TAIL   "(0|[1-9][0-9]*)(\\.[0-9]{1,8})?$"
#define DATE_PATTERN   "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
#define TIME_PATTERN   DATE_PATTERN "T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}[+-][0-9]{2}:[0-9]{2}$"
#define BASE64_PATTERN "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

#define LARGEST_COUNT (INT64_C(1) << 53)

/* ---- the kinds of values ------------------------------------------------------------------- */

static void put_member(struct buffer *out, const char *name, const char *text) {
    tw_json_key(out, name);
    tw_json_text_or_null(out, text);
}

static void put_bound(struct buffer *out, const char *name, int64_t value) {
    tw_json_key(out, name);
    tw_json_int(out, value);
}

static void open_object(struct buffer *out, const char *name) {
    tw_json_key(out, name);
    tw_buffer_char(out, '{');
}

static void put_pattern(struct buffer *out, const char *pattern) {
    put_member(out, "type", "string");
    put_member(out, "pattern", pattern);
}

/* A limit in bytes is one in characters too, only wider. */
static void put_text_limits(struct buffer *out, uint32_t limit) {
    put_member(out, "type", "string");
    put_bound(out, "minLength", 1);
    put_bound(out, "maxLength", limit);
}

static void put_choices(struct buffer *out, const struct enumeration *values) {
    tw_json_key(out, "enum");
    tw_buffer_char(out, '[');
    for (size_t i = 0; i < values->count; i++) {
        tw_json_separate(out);
        tw_json_text_or_null(out, values->values[i].text);
    }
    tw_buffer_char(out, ']');
}

static void put_shape(struct buffer *out, const struct field *field) {
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_SYMBOL:
        put_text_limits(out, field->limit);
        break;
    case KIND_PRICE:
    case KIND_MONEY:
        put_pattern(out, "^-?" DECIMAL_TAIL);
        break;
    case KIND_QTY:
    case KIND_AMOUNT:
    case KIND_DECIMAL:
        put_pattern(out, "^" DECIMAL_TAIL);
        break;
    case KIND_COUNT:
        put_member(out, "type", "integer");
        put_bound(out, "minimum", -LARGEST_COUNT);
        put_bound(out, "maximum", LARGEST_COUNT);
        break;
    case KIND_ID:
        put_pattern(out, "^-?(0|[1-9][0-9]{0,18})$");
        break;
    case KIND_TIME:
        put_pattern(out, TIME_PATTERN);
        put_member(out, "format", "date-time");
        break;
    case KIND_DATE:
        put_pattern(out, DATE_PATTERN "$");
        put_member(out, "format", "date");
        break;
    case KIND_ENUM:
        put_choices(out, field->values);
        break;
    case KIND_BOOL:
        put_member(out, "type", "boolean");
        break;
    case KIND_BYTES:
        put_pattern(out, BASE64_PATTERN);
        put_member(out, "contentEncoding", "base64");
        put_bound(out, "maxLength", ((int64_t)field->limit + 2) / 3 * 4);
        break;
    }
}

/* ---- events -------------------------------------------------------------------------------- */

static void put_property(struct buffer *out, const struct field *field) {
    open_object(out, field->name);
    put_member(out, "description", field->sentence);
    put_shape(out, field);
    tw_buffer_char(out, '}');
}

/* What every record has. They are fields like the others, but stand in no list. */
static void put_envelope(struct buffer *out, const char *type) {
    static const struct field fields[] = {
        {.kind = KIND_TIME, .name = "time", .sentence = "when it was logged"},
        {.kind = KIND_DATE,
         .name = "trading_date",
         .sentence = "the day it belongs to, where it is not the date of the time"},
        {.kind = KIND_TEXT,
         .name = "corr",
         .sentence = "the trade idea it belongs to",
         .limit = TW_CORR_BYTES},
    };
    open_object(out, "seq");
    put_member(out, "description", "place in the journal");
    put_member(out, "type", "integer");
    put_bound(out, "minimum", 1);
    tw_buffer_char(out, '}');
    open_object(out, "type");
    put_member(out, "const", type);
    tw_buffer_char(out, '}');
    open_object(out, "source");
    put_member(out, "description", "where the record comes from, unless from the host");
    put_choices(out, tw_schema_enumeration("source"));
    tw_buffer_char(out, '}');
    open_object(out, "cause");
    put_member(out, "description", "seq of the record that led to it");
    put_member(out, "type", "integer");
    put_bound(out, "minimum", 1);
    tw_buffer_char(out, '}');
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_property(out, &fields[i]);
}

static void put_required(struct buffer *out, const struct event_type *type) {
    tw_json_key(out, "required");
    tw_buffer_text(out, "[\"seq\",\"time\",\"type\"");
    for (size_t i = 0; type && i < type->count; i++) {
        if (type->fields[i].optional)
            continue;
        tw_json_separate(out);
        tw_json_word(out, type->fields[i].name);
    }
    tw_buffer_char(out, ']');
}

/* `type` is NULL for a record whose fields this version does not know. */
static void put_definition(struct buffer *out, const char *name, const char *sentence,
                           const struct event_type *type) {
    open_object(out, name);
    put_member(out, "description", sentence);
    put_member(out, "type", "object");
    open_object(out, "properties");
    put_envelope(out, name);
    for (size_t i = 0; type && i < type->count; i++)
        put_property(out, &type->fields[i]);
    tw_buffer_char(out, '}');
    put_required(out, type);
    tw_json_key(out, "additionalProperties");
    tw_json_bool(out, 0);
    tw_buffer_char(out, '}');
}

static void put_reference(struct buffer *out, const char *name) {
    tw_json_separate(out);
    tw_buffer_text(out, "{\"$ref\":\"#/$defs/");
    tw_buffer_text(out, name);
    tw_buffer_text(out, "\"}");
}

void tw_json_schema(struct buffer *out) {
    static const char opaque[] = "opaque";
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    tw_buffer_char(out, '{');
    put_member(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put_member(out, "title", "One line of a tradewal export");
    tw_json_key(out, "oneOf");
    tw_buffer_char(out, '[');
    for (size_t i = 0; i < count; i++)
        put_reference(out, types[i].name);
    put_reference(out, opaque);
    tw_buffer_char(out, ']');
    open_object(out, "$defs");
    for (size_t i = 0; i < count; i++)
        put_definition(out, types[i].name, types[i].sentence, &types[i]);
    put_definition(out, opaque, "A record of a type that this version does not know.", NULL);
    tw_buffer_text(out, "}}");
}
