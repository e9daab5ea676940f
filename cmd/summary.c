/* A state in a few labelled lines. Text of the log is escaped on its way into the buffer. */
#include "summary.h"
#include "base/date.h"

#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "core/reconcile.h"
#include "core/schema.h"
#include "moment.h"

enum { LABEL_COLUMNS = 15, CENTS = 2 };

void tw_summary_label(struct buffer *out, const char *label) {
    size_t before = out->size;
    tw_text_escape(out, label, strlen(label));
    size_t width = out->size - before;
    tw_buffer_format(out, "%*s", width < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - width) : 1, "");
}

static void put_text(struct buffer *out, const char *text) {
    if (!text)
        text = "-";
    tw_text_escape(out, text, strlen(text));
}

void tw_summary_qty(struct buffer *out, int64_t value_e8) {
    char text[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(value_e8, text);
    tw_buffer_text(out, text);
}

static void put_price(struct buffer *out, int64_t value_e8) {
    char text[TW_DECIMAL_TEXT_BYTES];
    if (value_e8 == TW_UNKNOWN) {
        tw_buffer_char(out, '?');
        return;
    }
    tw_decimal_format_min(value_e8, CENTS, text);
    tw_buffer_text(out, text);
}

void tw_summary_sum(struct buffer *out, tw_int128 value_e8) {
    int64_t narrow;
    put_price(out, tw_narrow_64(value_e8, &narrow) == 0 ? narrow : TW_UNKNOWN);
}

void tw_summary_holding(struct buffer *out, const struct position *position) {
    int64_t cost_e8;
    if (position->side == 0) {
        tw_buffer_text(out, "flat");
        return;
    }
    tw_buffer_format(out, "%s ", tw_text_of("side", position->side));
    tw_summary_qty(out, position->qty_e8);
    tw_buffer_text(out, " @ ");
    put_price(out, tw_state_average_cost(position, &cost_e8) == 0 ? cost_e8 : TW_UNKNOWN);
}

/* qty / shares in percent, two decimals at most: the part of the entry that is still open. */
static void put_remaining(struct buffer *out, const struct position *position) {
    enum { HUNDREDTH_E8 = 1000000 };
    if (position->shares_e8 <= 0)
        return;
    int64_t hundredths =
        (int64_t)tw_divide_half_even((tw_int128)position->qty_e8 * 10000, position->shares_e8);
    tw_buffer_text(out, "   remaining ");
    tw_summary_qty(out, hundredths * HUNDREDTH_E8);
    tw_buffer_text(out, " %");
}

static int has_stop_order(const struct state *state, uint32_t symbol) {
    for (uint32_t i = 0; i < tw_state_order_count(state); i++) {
        const struct order *order = &state->orders[i];
        if (order->symbol == symbol && order->purpose == TW_PURPOSE_STOP &&
            !tw_order_is_terminal(order->status))
            return 1;
    }
    return 0;
}

/* That there is none has to be seen: a line without the word looks like one of no matter. */
static void put_stop(struct buffer *out, const struct state *state, uint32_t index,
                     const struct plan_data *plan) {
    if (plan && plan->stop_e8 != TW_UNKNOWN) {
        tw_buffer_text(out, "   stop ");
        put_price(out, plan->stop_e8);
        if (plan->stop_reason)
            tw_buffer_format(out, " (%s)", tw_text_of("stop_reason", plan->stop_reason));
    } else if (!has_stop_order(state, index)) {
        tw_buffer_text(out, "   NO STOP");
    }
}

static void put_position(struct buffer *out, const struct state *state, uint32_t index) {
    const struct symbol *symbol = &state->symbols[index];
    const struct position *position = &symbol->position;
    const struct plan_data *plan = tw_state_plan(symbol);
    tw_summary_label(out, tw_state_symbol_name(state, index));
    tw_summary_holding(out, position);
    put_remaining(out, position);
    put_stop(out, state, index, plan);
    if (plan && plan->pivot_e8 != TW_UNKNOWN) {
        tw_buffer_text(out, "   pivot ");
        put_price(out, plan->pivot_e8);
    }
    if (position->estimated)
        tw_buffer_text(out, "   estimated");
    if (position->carried_from)
        tw_buffer_format(out, "   held since %s", tw_date_text(position->carried_from).text);
    tw_buffer_char(out, '\n');
}

void tw_summary_positions(struct buffer *out, const struct state *state) {
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++)
        if (state->symbols[i].position.side)
            put_position(out, state, i);
}

void tw_summary_attempts(struct buffer *out, const struct state *state) {
    const char *label = "Attempts";
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++) {
        for (size_t j = 0; j < state->symbols[i].attempt_count; j++) {
            const struct attempt *attempt = &state->symbols[i].attempts[j];
            tw_summary_label(out, label);
            put_text(out, tw_state_symbol_name(state, i));
            tw_buffer_format(out, " %s %" PRId64, attempt->side == TW_SIDE_SHORT ? "short" : "long",
                             attempt->count);
            if (attempt->max != TW_UNKNOWN)
                tw_buffer_format(out, " of %" PRId64, attempt->max);
            tw_buffer_text(out, " at ");
            if (attempt->level_e8 == TW_UNKNOWN)
                tw_buffer_text(out, "no level");
            else
                put_price(out, attempt->level_e8);
            tw_buffer_char(out, '\n');
            label = "";
        }
    }
}

static void put_money(struct buffer *out, const struct state *state, const struct money *money) {
    const char *currency = tw_state_text(state, money->currency);
    tw_summary_sum(out, money->result_e8);
    tw_buffer_char(out, ' ');
    put_text(out, currency ? currency : tw_state_base_currency(state));
    if (money->unknown)
        tw_buffer_format(
            out, " (not complete: price, cost or fee of %" PRId64 " execution%s is unknown)",
            money->unknown, money->unknown == 1 ? "" : "s");
}

void tw_summary_today(struct buffer *out, const struct state *state) {
    tw_summary_label(out, "Today");
    tw_buffer_format(out, "%" PRId64 " trade%s (%" PRId64 " won), P&L ", state->total_trades,
                     state->total_trades == 1 ? "" : "s", state->winners);
    if (state->money_count == 0)
        tw_buffer_text(out, "0.00");
    for (size_t i = 0; i < state->money_count; i++) {
        tw_buffer_text(out, i ? ", " : "");
        put_money(out, state, &state->money[i]);
    }
    tw_buffer_char(out, '\n');
    if (state->counter_count == 0)
        return;
    tw_summary_label(out, "Counted");
    for (size_t i = 0; i < state->counter_count; i++) {
        const struct count_data *counter = &state->counters[i];
        tw_buffer_text(out, i ? ", " : "");
        put_text(out, tw_state_text(state, counter->group));
        tw_buffer_char(out, ' ');
        put_text(out, tw_state_text(state, counter->name));
        tw_buffer_format(out, " %" PRId64, counter->value);
    }
    tw_buffer_char(out, '\n');
}

void tw_summary_gates(struct buffer *out, const struct state *state, const struct zone *zone) {
    for (size_t i = 0; i < state->gate_count; i++) {
        const struct gate_data *gate = &state->gates[i];
        const char *scope = tw_state_text(state, gate->scope);
        const char *by = tw_state_text(state, gate->by);
        tw_summary_label(out, i ? "" : "GATED");
        tw_buffer_text(out, "no new entries in ");
        put_text(out, scope ? scope : "any symbol");
        tw_buffer_text(out, " since ");
        tw_moment_clock(out, gate->time_ns, zone);
        tw_buffer_text(out, ": ");
        put_text(out, tw_state_text(state, gate->reason));
        if (by) {
            tw_buffer_text(out, " (by ");
            put_text(out, by);
            tw_buffer_char(out, ')');
        }
        tw_buffer_char(out, '\n');
    }
}

static void put_finding(struct buffer *out, const struct state *state,
                        const struct finding_data *finding) {
    const char *symbol = tw_state_text(state, finding->symbol);
    put_text(out, tw_state_text(state, finding->case_id));
    tw_buffer_char(out, ' ');
    if (symbol) {
        put_text(out, symbol);
        tw_buffer_char(out, ' ');
    }
    put_text(out, tw_state_text(state, finding->text));
    tw_buffer_char(out, '\n');
}

/* Critical first, each kind in the order it was found in. */
void tw_summary_findings(struct buffer *out, const struct state *state) {
    const char *label = "Open findings";
    for (int critical = 1; critical >= 0; critical--) {
        for (size_t i = 0; i < state->finding_count; i++) {
            const struct finding_data *finding = &state->findings[i];
            if (tw_finding_is_critical(tw_state_text(state, finding->case_id), finding->action) !=
                critical)
                continue;
            tw_summary_label(out, label);
            put_finding(out, state, finding);
            label = "";
        }
    }
}

int tw_summary_in_doubt(const struct order *order) {
    return order->status == TW_ORDER_SENT || order->status == TW_ORDER_CHANGE_PENDING ||
           order->status == TW_ORDER_CANCEL_PENDING;
}

static void put_order(struct buffer *out, const struct state *state, uint32_t index) {
    const struct order *order = &state->orders[index];
    put_text(out, tw_state_order_name(state, index));
    tw_buffer_format(out, "  %s ", tw_text_of("action", order->action));
    tw_summary_qty(out, order->qty_e8);
    tw_buffer_char(out, ' ');
    put_text(out, order->symbol == TW_NONE ? NULL : tw_state_symbol_name(state, order->symbol));
}

/* What was sent and never answered is the first thing to settle after a crash. */
static void put_doubt(struct buffer *out, const struct state *state, uint32_t index,
                      const struct zone *zone) {
    const struct order *order = &state->orders[index];
    const char *said = order->status == TW_ORDER_SENT             ? "sent"
                       : order->status == TW_ORDER_CANCEL_PENDING ? "cancel asked"
                                                                  : "change asked";
    put_order(out, state, index);
    tw_buffer_format(out, "  %s ", said);
    tw_moment_clock(out, order->updated_ns ? order->updated_ns : order->submitted_ns, zone);
    tw_buffer_text(out, ", no answer logged\n");
    tw_summary_label(out, "");
    tw_buffer_text(out, "ask the broker about ");
    put_text(out, tw_state_order_name(state, index));
    tw_buffer_text(out, " before placing any order in ");
    put_text(out, order->symbol == TW_NONE ? NULL : tw_state_symbol_name(state, order->symbol));
    tw_buffer_char(out, '\n');
}

/* A stop that no position and no entry on its way needs would open one. */
static int is_stray_stop(const struct state *state, const struct order *stop) {
    if (stop->purpose != TW_PURPOSE_STOP || stop->symbol == TW_NONE ||
        state->symbols[stop->symbol].position.side)
        return 0;
    for (uint32_t i = 0; i < tw_state_order_count(state); i++) {
        const struct order *order = &state->orders[i];
        if (order->symbol == stop->symbol && order->purpose == TW_PURPOSE_ENTRY &&
            !tw_order_is_terminal(order->status))
            return 0;
    }
    return 1;
}

/* How much of the stop the position does not need: what would be held on the other side. */
static int64_t excess_of_stop_e8(const struct state *state, const struct order *stop) {
    if (stop->purpose != TW_PURPOSE_STOP || stop->symbol == TW_NONE)
        return 0;
    const struct position *position = &state->symbols[stop->symbol].position;
    int64_t closes = position->side == TW_SIDE_LONG    ? TW_ACTION_SELL
                     : position->side == TW_SIDE_SHORT ? TW_ACTION_BUY
                                                       : 0;
    int64_t left_e8 = stop->qty_e8 - stop->filled_e8;
    return closes && stop->action == closes && left_e8 > position->qty_e8
               ? left_e8 - position->qty_e8
               : 0;
}

static void put_working(struct buffer *out, const struct state *state, uint32_t index) {
    const struct order *order = &state->orders[index];
    put_order(out, state, index);
    tw_buffer_char(out, ' ');
    put_text(out, tw_state_text(state, order->order_type));
    int64_t price_e8 = order->stop_e8 != TW_UNKNOWN ? order->stop_e8 : order->limit_e8;
    if (price_e8 != TW_UNKNOWN) {
        tw_buffer_char(out, ' ');
        put_price(out, price_e8);
    }
    if (order->filled_e8) {
        tw_buffer_text(out, "  filled ");
        tw_summary_qty(out, order->filled_e8);
    }
    tw_buffer_format(out, "  %s", tw_text_of("order_status", order->status));
    if (is_stray_stop(state, order))
        tw_buffer_text(out, "; nothing is held: triggered, it opens a position");
    int64_t excess_e8 = excess_of_stop_e8(state, order);
    if (excess_e8) {
        tw_buffer_format(out, "; larger than the position: triggered, it opens %s ",
                         order->action == TW_ACTION_SELL ? "SHORT" : "LONG");
        tw_summary_qty(out, excess_e8);
    }
    tw_buffer_char(out, '\n');
}

void tw_summary_orders(struct buffer *out, const struct state *state, const struct zone *zone) {
    const char *label = "Working";
    for (uint32_t i = 0; i < tw_state_order_count(state); i++) {
        const struct order *order = &state->orders[i];
        if (tw_order_is_terminal(order->status) || tw_summary_in_doubt(order))
            continue;
        tw_summary_label(out, label);
        put_working(out, state, i);
        label = "";
    }
    label = "IN DOUBT";
    for (uint32_t i = 0; i < tw_state_order_count(state); i++) {
        if (!tw_summary_in_doubt(&state->orders[i]))
            continue;
        tw_summary_label(out, label);
        put_doubt(out, state, i, zone);
        label = "";
    }
}
