/* Events in words: one line from a pattern per type, or every field with its sentence. */
#include "event_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/date.h"
#include "base/decimal.h"
#include "base/text.h"
#include "moment.h"

/* {field} stands for a value; what is in brackets is left out when a field in it is not known, or
 * is what stands behind the bar. */
static const struct {
    int64_t type;
    const char *pattern;
} patterns[] = {
    {TW_TYPE_session_opened,
     "{environment} {account}, zone {zone}, pid {pid} on {host}, version {version}, "
     "the session before: {resumed}"},
    {TW_TYPE_session_closed, "{reason}"},
    {TW_TYPE_instrument,
     "[{sec_type} ]{currency} x {multiplier}[ on {exchange}][ con_id {con_id}]"},
    {TW_TYPE_position_opening, "{side} {qty}[ @ {avg_cost}][ from {from_date}]"},
    {TW_TYPE_attempt, "{side}[ at {level}][, at most {max}]"},
    {TW_TYPE_order_submitted,
     "{order_ref} {purpose} {action} {qty} {order_type}[ limit {limit}][ stop {stop}][ {tif}]"},
    {TW_TYPE_order_updated, "{order_ref} {status}[ qty {qty}][ limit {limit}][ stop {stop}]"
                            "[ perm_id {perm_id}][: {reason}]"},
    {TW_TYPE_fill,
     "{action} {qty} @ {price}[ {currency}][ fee {fee}| fee unknown][ order {order_ref}]"
     " exec {exec_id}[ ({kind})]"},
    {TW_TYPE_fill_corrected,
     "{exec_id} replaces {corrects}: {qty} @ {price}[ fee {fee}| fee unknown][, {reason}]"},
    {TW_TYPE_fill_busted, "{exec_id} voids {corrects}[: {reason}]"},
    {TW_TYPE_commission, "fee {fee} of exec {exec_id}[, realized {realized}]"},
    {TW_TYPE_partial, "{qty} @ {price}[ {reason}][ target {target}][ fraction {fraction}]"
                      "[ fee {fee}| fee unknown][ order {order_ref}] exec {exec_id}"},
    {TW_TYPE_plan, "{side}[ {entry_path}][ pivot {pivot}][ stop {stop}][ target1 {target1}]"
                   "[ target2 {target2}][: {note}]"},
    {TW_TYPE_stop_moved, "stop {stop} ({reason})[ order {order_ref}]"},
    {TW_TYPE_pnl, "{amount}[ {currency}] {reason}[ of exec {exec_id}]"},
    {TW_TYPE_counter, "{group} {name} {delta}"},
    {TW_TYPE_bar, "{start} {seconds} s, {open} {high} {low} {close}, volume {volume}"},
    {TW_TYPE_broker_answer, "{broker} {completeness}: {positions} positions, {orders} orders, "
                            "{executions} executions[, as of {as_of}]"},
    {TW_TYPE_finding, "{case} {action}[ {about}]: {text}[; log {ours}][; broker {theirs}]"},
    {TW_TYPE_position_adjusted, "{side} {qty}[ @ {avg_cost}], estimated {estimated}[: {reason}]"},
    {TW_TYPE_gate, "{scope} {state}: {reason}[ (by {by})]"},
    {TW_TYPE_clock, "synchronised {synchronised}[, offset {offset} ns]"
                    "[, error at most {max_error} ns]"},
    {TW_TYPE_note, "{actor} {tag}: {text}"},
    {TW_TYPE_custom, "{tag} {bytes}"},
    {TW_TYPE_inferred_superseded, "{exec_id} is superseded by {superseded_by}"},
    {TW_TYPE_fill_inferred, "{action} {qty} exec {exec_id}[: {reason}]"},
};

static void put_decimal(struct buffer *out, int64_t value_e8) {
    char text[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(value_e8, text);
    tw_buffer_text(out, text);
}

static void put_date(struct buffer *out, int64_t date) {
    char text[TW_DATE_TEXT_BYTES] = "-";
    if (tw_date_valid(date))
        tw_date_format(date, text);
    tw_buffer_text(out, text);
}

static void put_enum(struct buffer *out, const struct field *field, int64_t number) {
    const char *text = tw_enum_text(field->values, number);
    if (text)
        tw_buffer_text(out, text);
    else
        tw_buffer_format(out, "%" PRId64, number);
}

void tw_event_value(struct buffer *out, const struct field *field, struct value value,
                    const struct zone *zone) {
    if (!value.known) {
        tw_buffer_char(out, '-');
        return;
    }
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_SYMBOL:
        tw_text_escape(out, value.data, value.size);
        break;
    case KIND_PRICE:
    case KIND_QTY:
    case KIND_AMOUNT:
    case KIND_MONEY:
    case KIND_DECIMAL:
        put_decimal(out, value.number);
        break;
    case KIND_COUNT:
    case KIND_ID:
        tw_buffer_format(out, "%" PRId64, value.number);
        break;
    case KIND_TIME:
        tw_moment_exact(out, value.number, zone);
        break;
    case KIND_DATE:
        put_date(out, value.number);
        break;
    case KIND_ENUM:
        put_enum(out, field, value.number);
        break;
    case KIND_BOOL:
        tw_buffer_text(out, value.number ? "yes" : "no");
        break;
    case KIND_BYTES:
        tw_buffer_format(out, "(%zu bytes)", value.size);
        break;
    }
}

static const struct field *find_field(const tw_event *event, const char *name) {
    const struct event_type *type = tw_schema_type(event->type);
    return type ? tw_schema_field_named(type, name) : NULL;
}

const char *tw_event_text(const tw_event *event, const char *name) {
    const struct field *field = find_field(event, name);
    if (!field || (field->kind != KIND_TEXT && field->kind != KIND_SYMBOL))
        return NULL;
    return tw_field_get(event, field).data;
}

/* Puts the value of the {field} at *at and steps behind it; 0 when it is not known. */
static int put_field(struct buffer *out, const tw_event *event, const struct zone *zone,
                     const char **at) {
    char name[32];
    size_t length = strcspn(*at + 1, "}");
    if (length >= sizeof name)
        return 0;
    memcpy(name, *at + 1, length);
    name[length] = '\0';
    *at += length + 2;
    const struct field *field = find_field(event, name);
    if (!field)
        return 0;
    struct value value = tw_field_get(event, field);
    tw_event_value(out, field, value, zone);
    return value.known;
}

static void put_pattern(struct buffer *out, const char *pattern, const tw_event *event,
                        const struct zone *zone) {
    size_t bracket = 0; /* where the output of the open bracket began */
    int known = 1;
    for (const char *at = pattern; *at;) {
        if (*at == '[') {
            bracket = out->size;
            known = 1;
            at++;
        } else if (*at == '|') {
            /* Known: what stands behind the bar is passed over. */
            at = known ? strchr(at, ']') + 1 : at + 1;
            if (!known)
                out->size = bracket;
            known = 1;
        } else if (*at == ']') {
            if (!known)
                out->size = bracket;
            at++;
        } else if (*at == '{') {
            known &= put_field(out, event, zone, &at);
        } else {
            tw_buffer_char(out, *at++);
        }
    }
}

/* A type without a pattern: every known field by name. */
static void put_fields(struct buffer *out, const tw_event *event, const struct event_type *type,
                       const struct zone *zone) {
    for (size_t i = 0; i < type->count; i++) {
        struct value value = tw_field_get(event, &type->fields[i]);
        if (!value.known)
            continue;
        tw_buffer_format(out, "%s%s ", i ? " " : "", type->fields[i].name);
        tw_event_value(out, &type->fields[i], value, zone);
    }
}

static void put_facts(struct buffer *out, const tw_event *event, const struct zone *zone) {
    const struct event_type *type = tw_schema_type(event->type);
    if (!type) {
        tw_buffer_text(out, "of a type that this version does not know");
        return;
    }
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (patterns[i].type == event->type) {
            put_pattern(out, patterns[i].pattern, event, zone);
            return;
        }
    put_fields(out, event, type, zone);
}

void tw_event_line(struct buffer *out, const tw_event *event, const struct zone *zone) {
    const char *symbol = tw_event_text(event, "symbol");
    /* What was stamped on another day than it belongs to says so. */
    if (tw_trading_date(zone, event->time_ns, 0) == event->trading_date)
        tw_moment_clock(out, event->time_ns, zone);
    else
        tw_moment_day_clock(out, event->time_ns, zone);
    tw_buffer_format(out, " %7" PRIu64 "  %-15s  ", event->seq, tw_type_name(event->type));
    if (symbol) {
        tw_text_escape(out, symbol, strlen(symbol));
        tw_buffer_text(out, "  ");
    }
    put_facts(out, event, zone);
    if (event->source > TW_SOURCE_HOST)
        tw_buffer_format(out, " [%s]", tw_text_of("source", event->source));
}

static void put_row(struct buffer *out, const char *name, const struct buffer *value,
                    const char *sentence) {
    enum { VALUE_COLUMN = 36 };
    tw_buffer_format(out, "%-16s", name);
    out->failed |= value->failed;
    tw_buffer_put(out, value->data, value->size);
    if (*sentence)
        tw_buffer_format(out, "%*s  %s",
                         value->size < VALUE_COLUMN ? (int)(VALUE_COLUMN - value->size) : 0, "",
                         sentence);
    tw_buffer_char(out, '\n');
}

static void put_envelope(struct buffer *out, const tw_event *event, const struct zone *zone) {
    const struct event_type *type = tw_schema_type(event->type);
    struct buffer value = {0};
    tw_buffer_format(&value, "%" PRIu64, event->seq);
    put_row(out, "seq", &value, "place in the journal");
    tw_buffer_clear(&value);
    tw_moment_exact(&value, event->time_ns, zone);
    put_row(out, "time", &value, "");
    tw_buffer_clear(&value);
    put_date(&value, event->trading_date);
    put_row(out, "trading_date", &value, "");
    tw_buffer_clear(&value);
    tw_buffer_text(&value, tw_type_name(event->type));
    put_row(out, "type", &value, type ? type->sentence : "A type this version does not know.");
    tw_buffer_clear(&value);
    tw_buffer_text(&value, tw_text_of("source", event->source));
    put_row(out, "source", &value, "where the record comes from");
    if (event->corr) {
        tw_buffer_clear(&value);
        tw_text_escape(&value, event->corr, strlen(event->corr));
        put_row(out, "corr", &value, "the trade idea it belongs to");
    }
    if (event->cause) {
        tw_buffer_clear(&value);
        tw_buffer_format(&value, "%" PRIu64, event->cause);
        put_row(out, "cause", &value, "the record that led to it");
    }
    tw_buffer_free(&value);
}

void tw_event_full(struct buffer *out, const tw_event *event, const struct zone *zone) {
    const struct event_type *type = tw_schema_type(event->type);
    put_envelope(out, event, zone);
    for (size_t i = 0; type && i < type->count; i++) {
        struct buffer value = {0};
        tw_event_value(&value, &type->fields[i], tw_field_get(event, &type->fields[i]), zone);
        put_row(out, type->fields[i].name, &value, type->fields[i].sentence);
        tw_buffer_free(&value);
    }
}
