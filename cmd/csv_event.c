/* Events as CSV: one column per field name of the one list. */
#include "csv_event.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "core/schema.h"
#include "event_text.h"
#include "moment.h"

void tw_csv_text(struct buffer *out, const char *text, size_t length, int from_outside) {
    struct buffer shown = {0};
    tw_buffer_char(out, '"');
    if (text) {
        if (from_outside && length && memchr("=+-@\t\r", text[0], 6))
            tw_buffer_char(out, '\'');
        tw_text_escape(&shown, text, length);
        for (size_t i = 0; i < shown.size; i++) {
            if (shown.data[i] == '"')
                tw_buffer_char(out, '"');
            tw_buffer_char(out, shown.data[i]);
        }
        out->failed |= shown.failed;
    }
    tw_buffer_char(out, '"');
    tw_buffer_free(&shown);
}

static int has_column(const struct csv_columns *columns, const char *name) {
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->names[i], name) == 0)
            return 1;
    return 0;
}

void tw_csv_columns(struct csv_columns *ret) {
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    ret->count = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < types[i].count; j++)
            if (!has_column(ret, types[i].fields[j].name)) {
                assert(ret->count < TW_CSV_COLUMNS_MAX);
                ret->names[ret->count++] = types[i].fields[j].name;
            }
}

void tw_csv_header(struct buffer *out, const struct csv_columns *columns) {
    tw_buffer_text(out, "\"seq\",\"time\",\"trading_date\",\"type\",\"source\",\"corr\",\"cause\"");
    for (size_t i = 0; i < columns->count; i++)
        tw_buffer_format(out, ",\"%s\"", columns->names[i]);
}

static void put_envelope(struct buffer *out, const tw_event *event, const struct zone *zone) {
    struct buffer time = {0};
    char date[TW_DATE_TEXT_BYTES] = "";
    tw_moment_exact(&time, event->time_ns, zone);
    if (tw_date_valid(event->trading_date))
        tw_date_format(event->trading_date, date);
    tw_buffer_format(out, "\"%" PRIu64 "\",\"%s\",\"%s\",\"%s\",\"%s\",", event->seq,
                     tw_buffer_string(&time), date, tw_type_name(event->type),
                     tw_text_of("source", event->source));
    tw_csv_text(out, event->corr, event->corr ? strlen(event->corr) : 0, 1);
    if (event->cause)
        tw_buffer_format(out, ",\"%" PRIu64 "\"", event->cause);
    else
        tw_buffer_text(out, ",\"\"");
    tw_buffer_free(&time);
}

static void put_field(struct buffer *out, const tw_event *event, const struct field *field,
                      const struct zone *zone) {
    struct value value = {0};
    if (field)
        value = tw_field_get(event, field);
    if (!value.known) {
        tw_csv_text(out, NULL, 0, 0);
    } else if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        tw_csv_text(out, value.data, value.size, 1);
    } else {
        struct buffer text = {0};
        tw_event_value(&text, field, value, zone);
        tw_csv_text(out, text.data, text.size, 0);
        tw_buffer_free(&text);
    }
}

void tw_csv_event(struct buffer *out, const struct csv_columns *columns, const tw_event *event,
                  const struct zone *zone) {
    const struct event_type *type = tw_schema_type(event->type);
    put_envelope(out, event, zone);
    for (size_t i = 0; i < columns->count; i++) {
        tw_buffer_char(out, ',');
        put_field(out, event, type ? tw_schema_field_named(type, columns->names[i]) : NULL, zone);
    }
}
