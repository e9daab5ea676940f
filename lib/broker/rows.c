/* Rows of a broker file. Pure. */
#include "broker/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "core/schema.h"

static const struct member holding_members[] = {
    {"symbol", MEMBER_TEXT, 1, offsetof(tw_holding, symbol)},
    {"qty", MEMBER_E8, 1, offsetof(tw_holding, qty_e8)},
    {"avg_cost", MEMBER_MAYBE_E8, 0, offsetof(tw_holding, avg_cost_e8)},
    {"con_id", MEMBER_MAYBE_WHOLE, 0, offsetof(tw_holding, con_id)},
    {"currency", MEMBER_TEXT, 0, offsetof(tw_holding, currency)},
    {"sec_type", MEMBER_TEXT, 0, offsetof(tw_holding, sec_type)},
    {"multiplier", MEMBER_MAYBE_E8, 0, offsetof(tw_holding, multiplier_e8)},
};

static const struct member order_members[] = {
    {"order_ref", MEMBER_TEXT, 0, offsetof(tw_broker_order, order_ref)},
    {"perm_id", MEMBER_MAYBE_WHOLE, 0, offsetof(tw_broker_order, perm_id)},
    {"order_id", MEMBER_MAYBE_WHOLE, 0, offsetof(tw_broker_order, order_id)},
    {"client_id", MEMBER_MAYBE_WHOLE, 0, offsetof(tw_broker_order, client_id)},
    {"symbol", MEMBER_TEXT, 1, offsetof(tw_broker_order, symbol)},
    {"action", MEMBER_ACTION, 1, offsetof(tw_broker_order, action)},
    {"order_type", MEMBER_TEXT, 0, offsetof(tw_broker_order, order_type)},
    {"qty", MEMBER_E8, 1, offsetof(tw_broker_order, qty_e8)},
    {"filled", MEMBER_MAYBE_E8, 0, offsetof(tw_broker_order, filled_e8)},
    {"limit", MEMBER_MAYBE_E8, 0, offsetof(tw_broker_order, limit_e8)},
    {"stop", MEMBER_MAYBE_E8, 0, offsetof(tw_broker_order, stop_e8)},
    {"tif", MEMBER_TEXT, 0, offsetof(tw_broker_order, tif)},
    {"status", MEMBER_TEXT, 1, offsetof(tw_broker_order, status)},
    {"why_held", MEMBER_TEXT, 0, offsetof(tw_broker_order, why_held)},
    {"outside_rth", MEMBER_MAYBE_BOOL, 0, offsetof(tw_broker_order, outside_rth)},
    {"parent_id", MEMBER_MAYBE_WHOLE, 0, offsetof(tw_broker_order, parent_id)},
    {"good_till", MEMBER_TEXT, 0, offsetof(tw_broker_order, good_till)},
};

static const struct member execution_members[] = {
    {"exec_id", MEMBER_TEXT, 1, offsetof(tw_broker_execution, exec_id)},
    {"symbol", MEMBER_TEXT, 1, offsetof(tw_broker_execution, symbol)},
    {"action", MEMBER_ACTION, 1, offsetof(tw_broker_execution, action)},
    {"qty", MEMBER_E8, 1, offsetof(tw_broker_execution, qty_e8)},
    {"price", MEMBER_E8, 1, offsetof(tw_broker_execution, price_e8)},
    {"fee", MEMBER_MAYBE_E8, 0, offsetof(tw_broker_execution, fee_e8)},
    {"realized", MEMBER_MAYBE_E8, 0, offsetof(tw_broker_execution, realized_e8)},
    {"order_ref", MEMBER_TEXT, 0, offsetof(tw_broker_execution, order_ref)},
    {"perm_id", MEMBER_MAYBE_WHOLE, 0, offsetof(tw_broker_execution, perm_id)},
    {"time", MEMBER_MAYBE_TIME, 0, offsetof(tw_broker_execution, time_ns)},
    {"cum_qty", MEMBER_MAYBE_E8, 0, offsetof(tw_broker_execution, cum_qty_e8)},
    {"currency", MEMBER_TEXT, 0, offsetof(tw_broker_execution, currency)},
    {"kind", MEMBER_FILL_KIND, 0, offsetof(tw_broker_execution, kind)},
    {"busted", MEMBER_BOOL, 0, offsetof(tw_broker_execution, busted)},
};

int tw_rows_wrong(const struct json *json, const char *name, const char *expected, tw_error *why) {
    static const char *const kinds[] = {
        [JSON_NULL] = "null",       [JSON_FALSE] = "false", [JSON_TRUE] = "true",
        [JSON_NUMBER] = NULL,       [JSON_STRING] = NULL,   [JSON_ARRAY] = "a list",
        [JSON_OBJECT] = "an object"};
    char shown[64];
    const char *found = kinds[json->kind];
    /* In quotes: "true" is not true. */
    const char *quote = json->kind == JSON_STRING ? "\"" : "";
    if (!found)
        found = tw_text_show(json->text, json->size, shown, sizeof shown);
    return tw_fail(why, TW_E_PARSE, "line %u, column %u: %s is %s%s%s, expected %s",
                   (unsigned)json->line, (unsigned)json->column, name, quote, found, quote,
                   expected);
}

int tw_rows_unknown(const struct json *value, const char *what, const struct member *members,
                    size_t count, tw_error *why) {
    char shown[64], known[256] = "";
    for (size_t i = 0, used = 0; i < count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 members[i].name);
    return tw_fail(why, TW_E_UNKNOWN_NAME, "line %u: %s has no member \"%s\", expected %s",
                   (unsigned)value->line, what,
                   tw_text_show(value->key, strlen(value->key), shown, sizeof shown), known);
}

static int put_number(const struct json *row, const struct member *member, char *at,
                      tw_error *why) {
    int64_t number = 0;
    int status = tw_json_e8(row, member->name, &number, why);
    if (status)
        return status;
    if (member->kind == MEMBER_MAYBE_WHOLE) {
        if (number % TW_E8)
            return tw_rows_wrong(tw_json_member(row, member->name), member->name, "a whole number",
                                 why);
        number /= TW_E8;
    }
    if (member->kind == MEMBER_E8) {
        memcpy(at, &number, sizeof number);
    } else {
        tw_maybe maybe = {number, 1};
        memcpy(at, &maybe, sizeof maybe);
    }
    return 0;
}

static int put_named(const struct json *value, const struct member *member, char *at,
                     tw_error *why) {
    const char *enumeration = member->kind == MEMBER_ACTION ? "action" : "fill_kind";
    int64_t number = 0;
    if (value->kind == JSON_STRING)
        number = tw_enum_number(tw_schema_enumeration(enumeration), value->text);
    if (!number)
        return tw_rows_wrong(value, member->name,
                             member->kind == MEMBER_ACTION
                                 ? "BUY or SELL"
                                 : "trade, exercise, assignment, expiry or "
                                   "liquidation",
                             why);
    memcpy(at, &number, sizeof number);
    return 0;
}

static int put_bool(const struct json *value, const struct member *member, char *at,
                    tw_error *why) {
    if (value->kind != JSON_TRUE && value->kind != JSON_FALSE)
        return tw_rows_wrong(value, member->name, "true or false without quotes", why);
    int64_t number = value->kind == JSON_TRUE;
    tw_maybe maybe = {number, 1};
    if (member->kind == MEMBER_BOOL)
        memcpy(at, &number, sizeof number);
    else
        memcpy(at, &maybe, sizeof maybe);
    return 0;
}

static int put_time(const struct json *value, const struct member *member, char *at,
                    tw_error *why) {
    tw_maybe maybe = {0, 1};
    if (value->kind != JSON_STRING || tw_time_parse(value->text, value->size, &maybe.value))
        return tw_rows_wrong(value, member->name, "a time such as 2025-10-06T10:15:30-04:00", why);
    memcpy(at, &maybe, sizeof maybe);
    return 0;
}

/* perm ids go up to 2^63, beyond what e8 can hold. */
static int put_whole(const struct json *value, const struct member *member, char *at,
                     tw_error *why) {
    char *end = NULL;
    errno = 0;
    tw_maybe maybe = {0, 1};
    if ((value->kind == JSON_NUMBER || value->kind == JSON_STRING) && value->size &&
        strspn(value->text, "-0123456789") == value->size)
        maybe.value = strtoll(value->text, &end, 10);
    if (!end || *end || errno || maybe.value == INT64_MIN)
        return tw_rows_wrong(value, member->name, "a whole number of 64 bits", why);
    memcpy(at, &maybe, sizeof maybe);
    return 0;
}

int tw_rows_member(const struct json *row, const struct member *member, const struct json *value,
                   void *at, tw_error *why) {
    switch (member->kind) {
    case MEMBER_TEXT:
        if (value->kind != JSON_STRING)
            return tw_rows_wrong(value, member->name, "a text", why);
        memcpy(at, &value->text, sizeof value->text);
        return 0;
    case MEMBER_E8:
    case MEMBER_MAYBE_E8:
        return put_number(row, member, at, why);
    case MEMBER_MAYBE_WHOLE:
        return put_whole(value, member, at, why);
    case MEMBER_MAYBE_TIME:
        return put_time(value, member, at, why);
    case MEMBER_MAYBE_BOOL:
    case MEMBER_BOOL:
        return put_bool(value, member, at, why);
    case MEMBER_ACTION:
    case MEMBER_FILL_KIND:
        return put_named(value, member, at, why);
    case MEMBER_OTHER:
        break;
    }
    return 0;
}

const struct member *tw_rows_find(const struct member *members, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

static int read_row(const struct json *row, const char *what, const struct member *members,
                    size_t count, char *out, tw_error *why) {
    if (row->kind != JSON_OBJECT)
        return tw_rows_wrong(row, what, "an object", why);
    for (const struct json *value = row->first; value; value = value->next) {
        const struct member *member = tw_rows_find(members, count, value->key);
        if (!member)
            return tw_rows_unknown(value, what, members, count, why);
        if (value->kind == JSON_NULL && !member->required)
            continue;
        int status = tw_rows_member(row, member, value, out + member->offset, why);
        if (status)
            return status;
    }
    for (size_t i = 0; i < count; i++)
        if (members[i].required && !tw_json_member(row, members[i].name))
            return tw_fail(why, TW_E_PARSE, "line %u: %s lacks %s", (unsigned)row->line, what,
                           members[i].name);
    return 0;
}

#define COUNT(members) (sizeof(members) / sizeof(members)[0])

static const struct {
    const struct member *members;
    size_t count;
    size_t row_bytes;
    const char *what;
} tables[] = {
    [ROW_HOLDING] = {holding_members, COUNT(holding_members), sizeof(tw_holding), "a position"},
    [ROW_ORDER] = {order_members, COUNT(order_members), sizeof(tw_broker_order), "an order"},
    [ROW_EXECUTION] = {execution_members, COUNT(execution_members), sizeof(tw_broker_execution),
                       "an execution"},
};

int tw_rows_read(const struct json *list, enum row_kind kind, void *out, tw_error *why) {
    uint64_t size = tables[kind].row_bytes;
    char *at = out;
    int status = 0;
    for (const struct json *row = list->first; row && !status; row = row->next) {
        memset(at, 0, size);
        memcpy(at, &size, sizeof size);
        status =
            read_row(row, tables[kind].what, tables[kind].members, tables[kind].count, at, why);
        at += size;
    }
    return status;
}
