/* The state as JSON, in the shape that traders' scripts read (docs/events.md). Pure. */
#include <string.h>

#include "core/json_put.h"
#include "core/json_write.h"
#include "core/schema.h"

struct view {
    struct buffer *out;
    const struct state *state;
    const struct zone *zone;
};

/* ---- members ------------------------------------------------------------------------------- */

static void put_number(struct buffer *out, const char *name, int64_t value_e8) {
    tw_json_key(out, name);
    tw_json_decimal(out, value_e8);
}

static void put_count(struct buffer *out, const char *name, int64_t value) {
    tw_json_key(out, name);
    tw_json_int(out, value);
}

static void put_flag(struct buffer *out, const char *name, int64_t value) {
    tw_json_key(out, name);
    tw_json_bool(out, value);
}

static void put_text(struct view *view, const char *name, text_id text) {
    tw_json_key(view->out, name);
    tw_json_text_or_null(view->out, tw_state_text(view->state, text));
}

/* One of our own words; null for 0, which no enumeration has. */
static void put_word(struct buffer *out, const char *name, const char *enumeration, int64_t value) {
    tw_json_key(out, name);
    tw_json_word(out, value ? tw_text_of(enumeration, value) : NULL);
}

static void put_time(struct view *view, const char *name, int64_t time_ns) {
    tw_json_key(view->out, name);
    if (time_ns == 0)
        tw_json_word(view->out, NULL);
    else
        tw_json_time(view->out, time_ns, tw_json_offset(view->zone, time_ns), 0);
}

static void open_object(struct buffer *out, const char *name) {
    tw_json_key(out, name);
    tw_buffer_char(out, '{');
}

static void open_array(struct buffer *out, const char *name) {
    tw_json_key(out, name);
    tw_buffer_char(out, '[');
}

static void open_element(struct buffer *out) {
    tw_json_separate(out);
    tw_buffer_char(out, '{');
}

/* ---- positions ----------------------------------------------------------------------------- */

static void put_partials(struct view *view, const struct position *position) {
    open_array(view->out, "partials_taken");
    for (size_t i = 0; i < position->partial_count; i++) {
        const struct partial_exit *partial = &position->partials[i];
        open_element(view->out);
        put_time(view, "time", partial->time_ns);
        put_number(view->out, "qty", partial->qty_e8);
        put_number(view->out, "price", partial->price_e8);
        put_text(view, "reason", partial->reason);
        put_text(view, "exec_id", partial->exec_id);
        tw_buffer_char(view->out, '}');
    }
    tw_buffer_char(view->out, ']');
}

static void put_plan(struct buffer *out, const struct plan_data *plan) {
    put_number(out, "pivot", plan ? plan->pivot_e8 : TW_UNKNOWN);
    put_number(out, "stop", plan ? plan->stop_e8 : TW_UNKNOWN);
    put_number(out, "target1", plan ? plan->target1_e8 : TW_UNKNOWN);
    put_number(out, "target2", plan ? plan->target2_e8 : TW_UNKNOWN);
    if (plan && plan->stop_reason)
        put_word(out, "stop_reason", "stop_reason", plan->stop_reason);
}

/* The part of what was entered that is still open, to eight decimals. */
static int64_t remaining_e8(const struct position *position) {
    if (position->shares_e8 <= 0 || position->qty_e8 > position->shares_e8)
        return TW_UNKNOWN;
    return (int64_t)tw_share_half_even(TW_E8, position->qty_e8, position->shares_e8);
}

static void put_position(struct view *view, uint32_t id) {
    struct buffer *out = view->out;
    const struct symbol *symbol = &view->state->symbols[id];
    const struct position *position = &symbol->position;
    const char *name = tw_state_symbol_name(view->state, id);
    int64_t average_e8 = TW_UNKNOWN;
    if (tw_state_average_cost(position, &average_e8) != 0)
        average_e8 = TW_UNKNOWN;
    tw_json_key_text(out, name);
    tw_buffer_char(out, '{');
    tw_json_key(out, "symbol");
    tw_json_text_or_null(out, name);
    put_word(out, "side", "side", position->side);
    put_number(out, "entry_price", average_e8);
    put_time(view, "entry_time", position->trade.open_ns);
    put_number(out, "shares", position->shares_e8);
    put_number(out, "remaining", remaining_e8(position));
    put_number(out, "quantity", position->qty_e8);
    put_plan(out, tw_state_plan(symbol));
    put_partials(view, position);
    tw_json_key(out, "realized");
    tw_json_decimal_128(out, position->trade.result_e8);
    if (position->trade.unknown > 0)
        put_flag(out, "realized_incomplete", 1);
    put_flag(out, "estimated", position->estimated);
    if (position->trade.entry_path != TW_NONE)
        put_text(view, "entry_path", position->trade.entry_path);
    if (position->external_e8 != 0)
        put_number(out, "external", position->external_e8);
    if (position->carried_from != 0) {
        tw_json_key(out, "carried_from");
        tw_json_date(out, position->carried_from);
    }
    put_flag(out, "gated", tw_state_gated(view->state, name, NULL));
    tw_buffer_char(out, '}');
}

static void put_positions(struct view *view) {
    uint32_t count = tw_state_symbol_count(view->state);
    open_object(view->out, "positions");
    for (uint32_t id = 0; id < count; id++)
        if (view->state->symbols[id].position.side != 0)
            put_position(view, id);
    tw_buffer_char(view->out, '}');
}

/* ---- attempts ------------------------------------------------------------------------------ */

/* The level of a side that was tried last: its count and its price belong together. */
static const struct attempt *latest_attempt(const struct symbol *symbol, int64_t side) {
    const struct attempt *latest = NULL;
    for (size_t i = 0; i < symbol->attempt_count; i++) {
        const struct attempt *attempt = &symbol->attempts[i];
        if (attempt->side == side && (!latest || attempt->last_seq > latest->last_seq))
            latest = attempt;
    }
    return latest;
}

static void put_latest(struct buffer *out, const struct attempt *latest, const char *count_name,
                       const char *level_name) {
    put_count(out, count_name, latest ? latest->count : 0);
    put_number(out, level_name, latest ? latest->level_e8 : TW_UNKNOWN);
}

static void put_levels(struct buffer *out, const struct symbol *symbol) {
    open_array(out, "levels");
    for (size_t i = 0; i < symbol->attempt_count; i++) {
        const struct attempt *attempt = &symbol->attempts[i];
        open_element(out);
        put_word(out, "side", "side", attempt->side);
        put_number(out, "level", attempt->level_e8);
        put_count(out, "count", attempt->count);
        tw_json_key(out, "max");
        if (attempt->max == TW_UNKNOWN)
            tw_json_word(out, NULL);
        else
            tw_json_int(out, attempt->max);
        tw_buffer_char(out, '}');
    }
    tw_buffer_char(out, ']');
}

static void put_attempts(struct view *view) {
    struct buffer *out = view->out;
    uint32_t count = tw_state_symbol_count(view->state);
    open_object(out, "attempt_counts");
    for (uint32_t id = 0; id < count; id++) {
        const struct symbol *symbol = &view->state->symbols[id];
        if (symbol->attempt_count == 0)
            continue;
        tw_json_key_text(out, tw_state_symbol_name(view->state, id));
        tw_buffer_char(out, '{');
        put_latest(out, latest_attempt(symbol, TW_SIDE_LONG), "long_attempts", "resistance");
        put_latest(out, latest_attempt(symbol, TW_SIDE_SHORT), "short_attempts", "support");
        put_levels(out, symbol);
        tw_buffer_char(out, '}');
    }
    tw_buffer_char(out, '}');
}

/* ---- analytics ----------------------------------------------------------------------------- */

static void put_counters_of(struct view *view, const char *member, text_id group) {
    const struct state *state = view->state;
    tw_json_key_text(view->out, member);
    tw_buffer_char(view->out, '{');
    for (size_t i = 0; i < state->counter_count; i++) {
        if (state->counters[i].group != group)
            continue;
        tw_json_key_text(view->out, tw_state_text(state, state->counters[i].name));
        tw_json_int(view->out, state->counters[i].value);
    }
    tw_buffer_char(view->out, '}');
}

static int is_first_of_group(const struct state *state, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (state->counters[i].group == state->counters[index].group)
            return 0;
    return 1;
}

/* Two groups have a name of their own in the reference's shape; all others stand under "counters".
 */
static void put_counters(struct view *view) {
    const struct state *state = view->state;
    text_id blocks = TW_NONE, paths = TW_NONE;
    for (size_t i = 0; i < state->counter_count; i++) {
        const char *group = tw_state_text(state, state->counters[i].group);
        if (strcmp(group, "filter_block") == 0)
            blocks = state->counters[i].group;
        else if (strcmp(group, "entry_path") == 0)
            paths = state->counters[i].group;
    }
    put_counters_of(view, "filter_blocks", blocks);
    put_counters_of(view, "entry_paths", paths);
    open_object(view->out, "counters");
    for (size_t i = 0; i < state->counter_count; i++) {
        text_id group = state->counters[i].group;
        if (group != blocks && group != paths && is_first_of_group(state, i))
            put_counters_of(view, tw_state_text(state, group), group);
    }
    tw_buffer_char(view->out, '}');
}

static void put_money(struct view *view) {
    const struct state *state = view->state;
    int64_t unknown = 0;
    tw_json_key(view->out, "daily_pnl");
    tw_json_decimal_128(view->out, state->money_count > 0 ? state->money[0].result_e8 : 0);
    put_count(view->out, "total_trades", state->total_trades);
    put_count(view->out, "winners", state->winners);
    put_count(view->out, "losers", state->losers);
    open_object(view->out, "pnl_by_currency");
    for (size_t i = 0; i < state->money_count; i++) {
        tw_json_key_text(view->out, tw_state_text(state, state->money[i].currency));
        tw_json_decimal_128(view->out, state->money[i].result_e8);
        unknown += state->money[i].unknown;
    }
    tw_buffer_char(view->out, '}');
    open_object(view->out, "drift");
    for (size_t i = 0; i < state->money_count; i++) {
        if (state->money[i].drift_e8 == 0)
            continue;
        tw_json_key_text(view->out, tw_state_text(state, state->money[i].currency));
        tw_json_decimal_128(view->out, state->money[i].drift_e8);
    }
    tw_buffer_char(view->out, '}');
    put_flag(view->out, "pnl_incomplete", unknown > 0);
}

static void put_analytics(struct view *view) {
    open_object(view->out, "analytics");
    put_money(view);
    put_counters(view);
    tw_buffer_char(view->out, '}');
}

/* ---- orders, gates, findings --------------------------------------------------------------- */

static void put_order(struct view *view, uint32_t id) {
    struct buffer *out = view->out;
    const struct order *order = &view->state->orders[id];
    const char *symbol =
        order->symbol == TW_NONE ? NULL : tw_state_symbol_name(view->state, order->symbol);
    tw_json_key_text(out, tw_state_order_name(view->state, id));
    tw_buffer_char(out, '{');
    tw_json_key(out, "symbol");
    tw_json_text_or_null(out, symbol);
    put_word(out, "action", "action", order->action);
    put_word(out, "purpose", "purpose", order->purpose);
    put_number(out, "qty", order->qty_e8);
    put_number(out, "filled", order->filled_e8);
    put_text(view, "order_type", order->order_type);
    put_number(out, "limit", order->limit_e8);
    put_number(out, "stop", order->stop_e8);
    put_text(view, "tif", order->tif);
    put_word(out, "status", "order_status", order->status);
    tw_json_key(out, "perm_id");
    if (order->perm_id == TW_UNKNOWN) {
        tw_json_word(out, NULL);
    } else {
        tw_buffer_char(out, '"');
        tw_json_int(out, order->perm_id);
        tw_buffer_char(out, '"');
    }
    put_time(view, "time", order->submitted_ns);
    tw_buffer_char(out, '}');
}

static void put_orders(struct view *view) {
    uint32_t count = tw_state_order_count(view->state);
    open_object(view->out, "orders");
    for (uint32_t id = 0; id < count; id++)
        put_order(view, id);
    tw_buffer_char(view->out, '}');
}

static void put_gates(struct view *view) {
    open_array(view->out, "gates");
    for (size_t i = 0; i < view->state->gate_count; i++) {
        const struct gate_data *gate = &view->state->gates[i];
        const char *scope = tw_state_text(view->state, gate->scope);
        open_element(view->out);
        tw_json_key(view->out, "scope");
        tw_json_text_or_null(view->out, scope ? scope : "all");
        put_text(view, "reason", gate->reason);
        put_text(view, "by", gate->by);
        put_time(view, "time", gate->time_ns);
        tw_buffer_char(view->out, '}');
    }
    tw_buffer_char(view->out, ']');
}

static void put_findings(struct view *view) {
    open_array(view->out, "findings");
    for (size_t i = 0; i < view->state->finding_count; i++) {
        const struct finding_data *finding = &view->state->findings[i];
        open_element(view->out);
        put_text(view, "case", finding->case_id);
        put_text(view, "symbol", finding->symbol);
        put_text(view, "about", finding->about);
        put_text(view, "ours", finding->ours);
        put_text(view, "theirs", finding->theirs);
        put_text(view, "text", finding->text);
        put_word(view->out, "action", "finding_action", finding->action);
        put_time(view, "time", finding->time_ns);
        tw_buffer_char(view->out, '}');
    }
    tw_buffer_char(view->out, ']');
}

void tw_json_state(struct buffer *out, const struct state *state, const struct zone *zone) {
    struct view view = {out, state, zone};
    tw_buffer_char(out, '{');
    put_time(&view, "timestamp", state->last_time_ns);
    tw_json_key(out, "date");
    if (state->trading_date == 0)
        tw_json_word(out, NULL);
    else
        tw_json_date(out, state->trading_date);
    put_positions(&view);
    put_attempts(&view);
    put_analytics(&view);
    put_orders(&view);
    put_gates(&view);
    put_findings(&view);
    put_count(out, "seq", (int64_t)state->last_seq);
    tw_buffer_char(out, '}');
}
