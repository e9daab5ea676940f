/* The state: making, freeing and asking it. Pure. */
#include "core/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/give.h"

static int new_tables(struct state *state) {
    struct names **tables[] = {&state->texts, &state->symbol_names, &state->order_names,
                               &state->exec_names};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        int status = tw_names_new(tables[i]);
        if (status)
            return status;
    }
    return 0;
}

int tw_state_new(struct state **ret) {
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return TW_E_NOMEM;
    state->session.account = state->session.zone = state->session.host = TW_NONE;
    state->session.version = state->session.currency = state->session.closed_reason = TW_NONE;
    state->answer.broker = state->answer.digest = TW_NONE;
    state->answer.as_of_ns = TW_UNKNOWN;
    state->clock.offset = state->clock.max_error = TW_UNKNOWN;
    int status = new_tables(state);
    if (status) {
        tw_state_free(state);
        return status;
    }
    *ret = state;
    return 0;
}

static void free_symbol(struct symbol *symbol) {
    free(symbol->position.lots);
    free(symbol->position.partials);
    free(symbol->attempts);
    free(symbol->bars);
    free(symbol->inferred);
    free(symbol->changes);
    free(symbol->closed);
}

void tw_state_free(tw_state *state) {
    if (!state)
        return;
    /* Beyond the symbols in use lies one that a check may have made room in. */
    for (size_t i = 0; i < state->symbol_capacity; i++)
        free_symbol(&state->symbols[i]);
    free(state->symbols);
    free(state->orders);
    free(state->executions);
    free(state->gates);
    free(state->findings);
    free(state->counters);
    free(state->money);
    tw_names_free(state->texts);
    tw_names_free(state->symbol_names);
    tw_names_free(state->order_names);
    tw_names_free(state->exec_names);
    free(state);
}

uint32_t tw_state_find_symbol(const struct state *state, const char *symbol) {
    return symbol ? tw_names_find(state->symbol_names, symbol) : TW_NONE;
}

uint32_t tw_state_find_order(const struct state *state, const char *order_ref) {
    return order_ref ? tw_names_find(state->order_names, order_ref) : TW_NONE;
}

uint32_t tw_state_find_execution(const struct state *state, const char *exec_id) {
    return exec_id ? tw_names_find(state->exec_names, exec_id) : TW_NONE;
}

const char *tw_state_base_currency(const struct state *state) {
    const char *currency = tw_state_text(state, state->session.currency);
    return currency ? currency : "USD";
}

const char *tw_state_currency(const struct state *state, uint32_t symbol) {
    const char *currency = tw_state_text(state, state->symbols[symbol].currency);
    return currency ? currency : tw_state_base_currency(state);
}

int tw_state_average_cost(const struct position *position, int64_t *ret_e8) {
    tw_int128 cost = 0;
    for (size_t i = 0; i < position->lot_count; i++) {
        if (!position->lots[i].cost_known)
            return TW_E_NOT_FOUND;
        cost += position->lots[i].cost_e16;
    }
    if (position->qty_e8 == 0)
        return TW_E_NOT_FOUND;
    return tw_narrow_64(tw_divide_half_even(cost, position->qty_e8), ret_e8);
}

const struct plan_data *tw_state_plan(const struct symbol *symbol) {
    int64_t side = symbol->position.side;
    int meant = symbol->plan.side && (!side || side == symbol->plan.side);
    return meant ? &symbol->plan : NULL;
}

int64_t tw_state_computed_result(const struct execution *execution, int *ret_known) {
    *ret_known = execution->realized_e8 != TW_UNKNOWN && execution->fee_e8 != TW_UNKNOWN;
    int64_t realized = execution->realized_e8 == TW_UNKNOWN ? 0 : execution->realized_e8;
    int64_t fee = execution->fee_e8 == TW_UNKNOWN ? 0 : execution->fee_e8;
    return realized - fee; /* the fold's check has seen to it that this fits */
}

int64_t tw_state_execution_result(const struct execution *execution, int *ret_known) {
    if (execution->booked_e8 == TW_UNKNOWN)
        return tw_state_computed_result(execution, ret_known);
    *ret_known = 1;
    return execution->booked_e8;
}

int tw_state_gated(const struct state *state, const char *symbol, const struct gate_data **ret) {
    for (size_t i = 0; i < state->gate_count; i++) {
        const struct gate_data *gate = &state->gates[i];
        const char *scope = tw_state_text(state, gate->scope);
        if (!scope || (symbol && strcmp(scope, symbol) == 0)) {
            if (ret)
                *ret = gate;
            return 1;
        }
    }
    return 0;
}

int tw_order_is_terminal(int64_t status) {
    return status == TW_ORDER_FILLED || status == TW_ORDER_CANCELLED ||
           status == TW_ORDER_REJECTED || status == TW_ORDER_EXPIRED || status == TW_ORDER_LAPSED;
}

static tw_maybe maybe_of(int64_t value) {
    tw_maybe maybe = {value == TW_UNKNOWN ? 0 : value, value != TW_UNKNOWN};
    return maybe;
}

/* A trade's result is wider than what shows it; no account comes near. */
static int64_t narrow_to_limit(tw_int128 value) {
    int64_t narrow;
    if (tw_narrow_64(value, &narrow) == 0)
        return narrow;
    return value < 0 ? -INT64_MAX : INT64_MAX;
}

static void fill_plan(const struct plan_data *plan, tw_position *ret) {
    ret->pivot_e8 = maybe_of(plan ? plan->pivot_e8 : TW_UNKNOWN);
    ret->stop_e8 = maybe_of(plan ? plan->stop_e8 : TW_UNKNOWN);
    ret->target1_e8 = maybe_of(plan ? plan->target1_e8 : TW_UNKNOWN);
    ret->target2_e8 = maybe_of(plan ? plan->target2_e8 : TW_UNKNOWN);
    ret->stop_reason = plan ? plan->stop_reason : 0;
}

static void fill_position(const struct state *state, uint32_t id, tw_position *ret) {
    const struct symbol *symbol = &state->symbols[id];
    const struct position *position = &symbol->position;
    int64_t average = TW_UNKNOWN;
    if (tw_state_average_cost(position, &average))
        average = TW_UNKNOWN;
    ret->symbol = tw_state_symbol_name(state, id);
    ret->side = position->side;
    ret->qty_e8 = position->qty_e8;
    ret->shares_e8 = position->shares_e8;
    ret->entry_price_e8 = maybe_of(average);
    ret->entry_time_ns = position->side ? position->trade.open_ns : 0;
    fill_plan(tw_state_plan(symbol), ret);
    ret->realized_e8 = narrow_to_limit(position->trade.result_e8);
    ret->partials = (int64_t)position->partial_count;
    ret->estimated = position->estimated;
    ret->gated = tw_state_gated(state, ret->symbol, NULL);
}

static void give_position(const struct state *state, uint32_t id, tw_position *ret) {
    tw_position position;
    fill_position(state, id, &position);
    tw_give(ret, &position, sizeof position);
}

int tw_state_position(const tw_state *state, const char *symbol, tw_position *ret) {
    if (!state || !symbol || !tw_has_size(ret))
        return TW_E_INVALID;
    uint32_t id = tw_state_find_symbol(state, symbol);
    if (id == TW_NONE)
        return TW_E_NOT_FOUND;
    give_position(state, id, ret);
    return 0;
}

int tw_state_position_at(const tw_state *state, uint64_t index, tw_position *ret) {
    if (!state || !tw_has_size(ret))
        return TW_E_INVALID;
    uint32_t count = tw_state_symbol_count(state);
    for (uint32_t id = 0; id < count; id++)
        if (state->symbols[id].position.side && index-- == 0) {
            give_position(state, id, ret);
            return 0;
        }
    return TW_E_NOT_FOUND;
}
