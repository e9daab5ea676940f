/* What one event changed in the state, in words. */
#include "changes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/schema.h"
#include "event_text.h"
#include "summary.h"

/* Adds a part; the text is cut where it is longer than any picture needs. */
static void add(struct picture *picture, const char *what, const char *about,
                const struct buffer *value) {
    char shown[TW_CHANGE_BYTES / 2] = "";
    if (picture->count == TW_CHANGES_MAX)
        return;
    if (about)
        tw_text_show(about, strlen(about), shown, sizeof shown);
    snprintf(picture->parts[picture->count].what, TW_CHANGE_BYTES, "%s%s%s", what, about ? " " : "",
             shown);
    snprintf(picture->parts[picture->count++].value, TW_CHANGE_BYTES, "%.*s",
             (int)(value->size < TW_CHANGE_BYTES ? value->size : TW_CHANGE_BYTES - 1),
             value->data ? value->data : "");
}

/* The symbol an event is about: said, or that of the execution it is about. */
static uint32_t symbol_of(const struct state *state, const tw_event *event) {
    static const char *const execs[] = {"corrects", "superseded_by", "exec_id"};
    const char *symbol = tw_event_text(event, "symbol");
    if (symbol)
        return tw_state_find_symbol(state, symbol);
    for (size_t i = 0; i < sizeof execs / sizeof execs[0]; i++) {
        const char *exec = tw_event_text(event, execs[i]);
        uint32_t execution = exec ? tw_state_find_execution(state, exec) : TW_NONE;
        if (execution != TW_NONE)
            return state->executions[execution].symbol;
    }
    return TW_NONE;
}

static int64_t attempts_of(const struct symbol *symbol) {
    int64_t count = 0;
    for (size_t i = 0; i < symbol->attempt_count; i++)
        count += symbol->attempts[i].count;
    return count;
}

static void add_symbol(struct picture *picture, const struct state *state, uint32_t index,
                       const char *name) {
    struct buffer value = {0};
    static const struct symbol none;
    const struct symbol *symbol = index == TW_NONE ? &none : &state->symbols[index];
    tw_summary_holding(&value, &symbol->position);
    add(picture, "position", name, &value);
    tw_buffer_clear(&value);
    const struct plan_data *plan = tw_state_plan(symbol);
    if (plan && plan->stop_e8 != TW_UNKNOWN)
        tw_summary_sum(&value, plan->stop_e8);
    else
        tw_buffer_text(&value, "none");
    add(picture, "stop", name, &value);
    tw_buffer_clear(&value);
    tw_buffer_format(&value, "%" PRId64, attempts_of(symbol));
    add(picture, "attempts", name, &value);
    tw_buffer_free(&value);
}

static void add_order(struct picture *picture, const struct state *state, const char *ref) {
    struct buffer value = {0};
    uint32_t index = tw_state_find_order(state, ref);
    if (index == TW_NONE) {
        tw_buffer_text(&value, "not known");
    } else {
        const struct order *order = &state->orders[index];
        tw_buffer_text(&value, tw_text_of("order_status", order->status));
        if (order->filled_e8) {
            tw_buffer_text(&value, ", filled ");
            tw_summary_qty(&value, order->filled_e8);
        }
    }
    add(picture, "order", ref, &value);
    tw_buffer_free(&value);
}

static void add_day(struct picture *picture, const struct state *state) {
    struct buffer value = {0};
    int nothing =
        state->money_count == 0 || (state->money_count == 1 && state->money[0].result_e8 == 0);
    for (size_t i = 0; !nothing && i < state->money_count; i++) {
        const char *currency = tw_state_text(state, state->money[i].currency);
        tw_buffer_text(&value, i ? ", " : "");
        tw_summary_sum(&value, state->money[i].result_e8);
        tw_buffer_char(&value, ' ');
        if (!currency)
            currency = tw_state_base_currency(state);
        if (currency)
            tw_text_escape(&value, currency, strlen(currency));
    }
    if (nothing)
        tw_buffer_text(&value, "0.00");
    add(picture, "P&L", NULL, &value);
    tw_buffer_clear(&value);
    tw_buffer_format(&value, "%" PRId64 " (%" PRId64 " won)", state->total_trades, state->winners);
    add(picture, "trades", NULL, &value);
    tw_buffer_clear(&value);
    tw_buffer_format(&value, "%zu", state->gate_count);
    add(picture, "gates closed", NULL, &value);
    tw_buffer_clear(&value);
    tw_buffer_format(&value, "%zu", state->finding_count);
    add(picture, "open findings", NULL, &value);
    tw_buffer_free(&value);
}

void tw_changes_picture(const struct state *state, const tw_event *event, struct picture *ret) {
    const char *symbol = tw_event_text(event, "symbol");
    const char *order = tw_event_text(event, "order_ref");
    uint32_t index = symbol_of(state, event);
    ret->count = 0;
    if (symbol || index != TW_NONE)
        add_symbol(ret, state, index, symbol ? symbol : tw_state_symbol_name(state, index));
    if (order)
        add_order(ret, state, order);
    add_day(ret, state);
}
