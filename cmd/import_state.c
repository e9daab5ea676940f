/* A trader_state.json of the reference trader as events. It tells what is, not how it came about:
 * what it does not say stays unknown. */
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "import.h"
#include "out.h"

/* What every event of the file gets. */
struct source_file {
    struct feed *feed;
    int64_t time_ns; /* of the file's timestamp; 0: now */
};

int tw_import_is_trader_state(const struct json *root) {
    return root && root->kind == JSON_OBJECT && !tw_json_member(root, "type") &&
           (tw_json_member(root, "positions") || tw_json_member(root, "attempt_counts") ||
            tw_json_member(root, "analytics"));
}

static int put(const struct source_file *file, tw_event *event, const struct json *at) {
    event->size = sizeof *event;
    event->time_ns = file->time_ns;
    event->source = TW_SOURCE_IMPORT;
    return tw_feed_put(file->feed, event, at->line, sizeof *event);
}

static const char *text_of(const struct json *object, const char *name) {
    const struct json *member = tw_json_member(object, name);
    return member && member->kind == JSON_STRING ? member->text : NULL;
}

/* Absent, null and 0 are unknown: the reference trader writes 0 for "none". 0 or an exit status. */
static int maybe_price(const struct json *object, const char *name, tw_maybe *ret) {
    tw_error why = {0};
    int64_t value_e8;
    int result = tw_json_e8(object, name, &value_e8, &why);
    *ret = (tw_maybe){0};
    if (result == 0 && value_e8 != 0)
        *ret = tw_known(value_e8);
    return result == 0 || result == TW_E_NOT_FOUND ? 0 : tw_out_error(&why);
}

/* A whole number that is not negative; absent is 0. */
static int whole_number(const struct json *object, const char *name, int64_t *ret) {
    tw_error why = {0};
    int64_t value_e8;
    int result = tw_json_e8(object, name, &value_e8, &why);
    *ret = 0;
    if (result == TW_E_NOT_FOUND)
        return 0;
    if (result != 0)
        return tw_out_error(&why);
    if (value_e8 < 0 || value_e8 % TW_E8 != 0)
        return tw_out_wrong("line %u: %s is no whole number from 0, expected a count; "
                            "correct the file",
                            (unsigned)object->line, name);
    *ret = value_e8 / TW_E8;
    return 0;
}

/* The open quantity: said outright, or as the remaining part of the shares. */
static int open_quantity(const struct json *position, int64_t *ret_e8) {
    tw_maybe quantity, shares, remaining;
    int64_t part_e8;
    int status = maybe_price(position, "quantity", &quantity);
    if (status == 0)
        status = maybe_price(position, "shares", &shares);
    if (status == 0)
        status = maybe_price(position, "remaining", &remaining);
    if (status != 0)
        return status;
    *ret_e8 = quantity.known ? quantity.value : shares.known ? shares.value : 0;
    if (!quantity.known && shares.known && remaining.known) {
        tw_int128 product_e16 = (tw_int128)shares.value * remaining.value;
        if (tw_narrow_64(tw_divide_half_even(product_e16, TW_E8), &part_e8) == 0)
            *ret_e8 = part_e8;
    }
    /* Some write a short as a negative quantity; the side says it here. */
    if (*ret_e8 < 0)
        *ret_e8 = -*ret_e8;
    return 0;
}

static int put_plan(const struct source_file *file, const struct json *position, const char *symbol,
                    int64_t side) {
    tw_event event = {.type = TW_TYPE_plan};
    tw_plan *plan = &event.as.plan;
    plan->symbol = symbol;
    plan->side = side;
    plan->entry_path = text_of(position, "entry_path");
    int status = maybe_price(position, "pivot", &plan->pivot_e8);
    if (status == 0)
        status = maybe_price(position, "stop", &plan->stop_e8);
    if (status == 0)
        status = maybe_price(position, "target1", &plan->target1_e8);
    if (status == 0)
        status = maybe_price(position, "target2", &plan->target2_e8);
    if (status != 0)
        return status;
    if (!plan->entry_path && !plan->pivot_e8.known && !plan->stop_e8.known &&
        !plan->target1_e8.known && !plan->target2_e8.known)
        return 0;
    return put(file, &event, position);
}

static int put_position(const struct source_file *file, const struct json *position) {
    const char *symbol = text_of(position, "symbol");
    const char *side_text = text_of(position, "side");
    int64_t side = 0, qty_e8 = 0;
    if (!symbol)
        symbol = position->key;
    if (side_text && (strcmp(side_text, "LONG") == 0 || strcmp(side_text, "long") == 0))
        side = TW_SIDE_LONG;
    else if (side_text && (strcmp(side_text, "SHORT") == 0 || strcmp(side_text, "short") == 0))
        side = TW_SIDE_SHORT;
    if (side == 0)
        return tw_out_wrong("line %u: the position of %s has no side, expected LONG or SHORT; "
                            "correct the file",
                            (unsigned)position->line, symbol);
    tw_event event = {.type = TW_TYPE_position_opening};
    int status = open_quantity(position, &qty_e8);
    if (status == 0)
        status = maybe_price(position, "entry_price", &event.as.position_opening.avg_cost_e8);
    if (status != 0)
        return status;
    event.as.position_opening.symbol = symbol;
    event.as.position_opening.side = side;
    event.as.position_opening.qty_e8 = qty_e8;
    status = put(file, &event, position);
    return status ? status : put_plan(file, position, symbol, side);
}

static int put_attempts(const struct source_file *file, const struct json *counts, int64_t side,
                        const char *count_name, const char *level_name) {
    enum { ATTEMPTS_MAX = 1000 };
    int64_t count;
    tw_event event = {.type = TW_TYPE_attempt};
    event.as.attempt.symbol = counts->key;
    event.as.attempt.side = side;
    int status = whole_number(counts, count_name, &count);
    if (status == 0)
        status = maybe_price(counts, level_name, &event.as.attempt.level_e8);
    if (status == 0 && count > ATTEMPTS_MAX)
        status = tw_out_wrong("line %u: %s is more than %d, expected a day's attempts; "
                              "correct the file",
                              (unsigned)counts->line, count_name, ATTEMPTS_MAX);
    for (int64_t i = 0; status == 0 && i < count; i++)
        status = put(file, &event, counts);
    return status;
}

static int put_counters(const struct source_file *file, const struct json *counters,
                        const char *group) {
    int status = 0;
    if (!counters || counters->kind != JSON_OBJECT)
        return 0;
    for (const struct json *at = counters->first; status == 0 && at; at = at->next) {
        tw_event event = {.type = TW_TYPE_counter};
        event.as.counter.group = group;
        event.as.counter.name = at->key;
        status = whole_number(counters, at->key, &event.as.counter.delta);
        if (status == 0 && event.as.counter.delta != 0)
            status = put(file, &event, at);
    }
    return status;
}

static int put_analytics(const struct source_file *file, const struct json *analytics) {
    tw_maybe result;
    int status = maybe_price(analytics, "daily_pnl", &result);
    if (status == 0 && result.known) {
        tw_event event = {.type = TW_TYPE_pnl};
        event.as.pnl.amount_e8 = result.value;
        event.as.pnl.reason = TW_PNL_REALIZED;
        status = put(file, &event, analytics);
    }
    if (status == 0)
        status = put_counters(file, tw_json_member(analytics, "filter_blocks"), "filter_block");
    if (status == 0)
        status = put_counters(file, tw_json_member(analytics, "entry_paths"), "entry_path");
    return status;
}

/* Trades cannot be counted from a sum: what the file says of them is kept as a note. */
static int put_note(const struct source_file *file, const struct json *root,
                    const struct json *analytics) {
    struct buffer text = {0};
    static const char *const names[] = {"total_trades", "winners", "losers"};
    tw_event event = {.type = TW_TYPE_note};
    tw_buffer_text(&text, "imported from a trader_state.json; its trades are not in the log");
    for (size_t i = 0; analytics && i < sizeof names / sizeof names[0]; i++) {
        const struct json *count = tw_json_member(analytics, names[i]);
        if (count && count->kind == JSON_NUMBER)
            tw_buffer_format(&text, ", %s %s", names[i], count->text);
    }
    event.as.note.actor = "import";
    event.as.note.tag = "trader_state";
    event.as.note.text = tw_buffer_string(&text);
    int status = put(file, &event, root);
    /* The batch points at the text. */
    if (status == 0)
        status = tw_feed_flush(file->feed);
    tw_buffer_free(&text);
    return status;
}

int tw_import_trader_state(struct feed *feed, const struct json *root) {
    struct source_file file = {.feed = feed};
    const struct json *stamp = tw_json_member(root, "timestamp");
    const struct json *positions = tw_json_member(root, "positions");
    const struct json *attempts = tw_json_member(root, "attempt_counts");
    const struct json *analytics = tw_json_member(root, "analytics");
    tw_error why = {0};
    int status = 0;
    if (stamp && stamp->kind != JSON_NULL &&
        tw_json_time_ns(stamp, feed->view.zone, &file.time_ns, &why) != 0)
        return tw_out_error_at("timestamp", &why);
    for (const struct json *at = positions ? positions->first : NULL; status == 0 && at;
         at = at->next)
        status = put_position(&file, at);
    for (const struct json *at = attempts ? attempts->first : NULL; status == 0 && at;
         at = at->next) {
        status = put_attempts(&file, at, TW_SIDE_LONG, "long_attempts", "resistance");
        if (status == 0)
            status = put_attempts(&file, at, TW_SIDE_SHORT, "short_attempts", "support");
    }
    if (status == 0 && analytics)
        status = put_analytics(&file, analytics);
    return status ? status : put_note(&file, root, analytics);
}
