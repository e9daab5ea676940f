/* The fold of intentions and limits: attempts, orders, gates. Pure. */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/fold.h"
#include "core/fold_internal.h"
#include "core/schema.h"

/* ---- gates --------------------------------------------------------------------------------- */

static const char ALL[] = "all";

static int check_gates(const struct state *state, const char *symbol, tw_error *why) {
    const struct gate_data *gate;
    if (!tw_state_gated(state, symbol, &gate))
        return 0;
    const char *scope = tw_state_text(state, gate->scope);
    return tw_fail(why, TW_E_GATED, "no new entries in %s: %s gated since seq %llu: %s", symbol,
                   scope ? "the symbol is" : "all are", (unsigned long long)gate->seq,
                   tw_state_text(state, gate->reason));
}

int tw_check_gate(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return 0;
}

static int same_scope(const struct state *state, const struct gate_data *gate, const char *scope) {
    const char *mine = tw_state_text(state, gate->scope);
    return strcmp(mine ? mine : ALL, scope) == 0;
}

static void open_gate(struct state *state, const char *scope) {
    size_t kept = 0;
    for (size_t i = 0; i < state->gate_count; i++)
        if (!same_scope(state, &state->gates[i], scope))
            state->gates[kept++] = state->gates[i];
    state->gate_count = kept;
}

void tw_apply_gate(struct state *state, const tw_event *event) {
    const tw_gate *gate = &event->as.gate;
    if (gate->state == TW_GATE_OPEN) {
        open_gate(state, gate->scope);
        return;
    }
    /* The same gate for the same reason stands once, since when it was closed first. */
    for (size_t i = 0; i < state->gate_count; i++)
        if (same_scope(state, &state->gates[i], gate->scope) &&
            strcmp(tw_state_text(state, state->gates[i].reason), gate->reason) == 0)
            return;
    assert(state->gate_count < state->gate_capacity);
    struct gate_data *closed = &state->gates[state->gate_count++];
    closed->scope = strcmp(gate->scope, ALL) == 0 ? TW_NONE : tw_fold_text(state, gate->scope);
    closed->reason = tw_fold_text(state, gate->reason);
    closed->by = tw_fold_text(state, gate->by);
    closed->time_ns = event->time_ns;
    closed->seq = event->seq;
}

/* ---- attempts ------------------------------------------------------------------------------ */

static struct attempt *find_attempt(const struct symbol *symbol, int64_t side, int64_t level_e8) {
    for (size_t i = 0; i < symbol->attempt_count; i++)
        if (symbol->attempts[i].side == side && symbol->attempts[i].level_e8 == level_e8)
            return &symbol->attempts[i];
    return NULL;
}

int tw_check_attempt(struct state *state, const tw_event *event, tw_error *why) {
    const tw_attempt *attempt = &event->as.attempt;
    const struct symbol *symbol = tw_fold_slot(state, attempt->symbol);
    int64_t level = tw_or_unknown(attempt->level_e8);
    int status = tw_fold_check_price(state, symbol, "the level", level, why);
    if (!status)
        status = check_gates(state, attempt->symbol, why);
    if (status)
        return status;
    if (attempt->max.known && attempt->max.value < 1)
        return tw_fail(why, TW_E_RANGE, "max is %lld, expected at least 1",
                       (long long)attempt->max.value);
    const struct attempt *before = find_attempt(symbol, attempt->side, level);
    int64_t count = before ? before->count : 0;
    int64_t max = attempt->max.known ? attempt->max.value : before ? before->max : TW_UNKNOWN;
    if (max == TW_UNKNOWN || count < max)
        return 0;
    char text[TW_DECIMAL_TEXT_BYTES] = "an unknown level";
    if (level != TW_UNKNOWN)
        tw_decimal_format(level, text);
    return tw_fail(why, TW_E_REFUSED, "%s %s at %s has had %lld of %lld attempts today",
                   attempt->symbol, attempt->side == TW_SIDE_LONG ? "long" : "short", text,
                   (long long)count, (long long)max);
}

void tw_apply_attempt(struct state *state, const tw_event *event) {
    const tw_attempt *attempt = &event->as.attempt;
    struct symbol *symbol = tw_fold_symbol(state, attempt->symbol, NULL);
    int64_t level = tw_or_unknown(attempt->level_e8);
    struct attempt *now = find_attempt(symbol, attempt->side, level);
    if (!now) {
        assert(symbol->attempt_count < symbol->attempt_capacity);
        now = &symbol->attempts[symbol->attempt_count++];
        now->side = attempt->side;
        now->level_e8 = level;
        now->count = 0;
        now->max = TW_UNKNOWN;
    }
    now->count++;
    if (attempt->max.known)
        now->max = attempt->max.value;
    now->last_seq = event->seq;
}

/* ---- orders -------------------------------------------------------------------------------- */

static int opens_exposure(int64_t purpose) {
    return purpose == TW_PURPOSE_ENTRY || purpose == TW_PURPOSE_ADD;
}

int tw_check_order_submitted(struct state *state, const tw_event *event, tw_error *why) {
    const tw_order_submitted *submitted = &event->as.order_submitted;
    uint32_t id;
    int status = TW_E_NOT_FOUND;
    if (!state->history.replaying || tw_state_find_order(state, submitted->order_ref) != TW_NONE)
        status = tw_fold_find_order(state, event, submitted->order_ref, &id, why);
    if (status && status != TW_E_NOT_FOUND)
        return status;
    if (status == 0)
        return tw_fail(why, TW_E_REFUSED, "order %s is in the log as seq %llu",
                       submitted->order_ref, (unsigned long long)state->orders[id].submitted_seq);
    const struct symbol *symbol = tw_fold_slot(state, submitted->symbol);
    status =
        tw_fold_check_price(state, symbol, "the limit", tw_or_unknown(submitted->limit_e8), why);
    if (!status)
        status =
            tw_fold_check_price(state, symbol, "the stop", tw_or_unknown(submitted->stop_e8), why);
    if (!status && opens_exposure(submitted->purpose))
        status = check_gates(state, submitted->symbol, why);
    return status;
}

void tw_apply_order_submitted(struct state *state, const tw_event *event) {
    const tw_order_submitted *submitted = &event->as.order_submitted;
    uint32_t symbol;
    tw_fold_symbol(state, submitted->symbol, &symbol);
    uint32_t id = tw_names_add(state->order_names, submitted->order_ref);
    assert(id < state->order_capacity);
    struct order order = {.symbol = symbol,
                          .action = submitted->action,
                          .purpose = submitted->purpose,
                          .status = TW_ORDER_SENT,
                          .qty_e8 = submitted->qty_e8,
                          .limit_e8 = tw_or_unknown(submitted->limit_e8),
                          .stop_e8 = tw_or_unknown(submitted->stop_e8),
                          .perm_id = TW_UNKNOWN,
                          .order_id = TW_UNKNOWN,
                          .client_id = TW_UNKNOWN,
                          .reason = TW_NONE,
                          .submitted_ns = event->time_ns,
                          .updated_ns = event->time_ns,
                          .submitted_seq = event->seq,
                          .updated_seq = event->seq};
    order.order_type = tw_fold_text(state, submitted->order_type);
    order.tif = tw_fold_text(state, submitted->tif);
    state->orders[id] = order;
}

int tw_check_order_updated(struct state *state, const tw_event *event, tw_error *why) {
    const tw_order_updated *updated = &event->as.order_updated;
    char shown[80];
    uint32_t id;
    int status = tw_fold_find_order(state, event, updated->order_ref, &id, why);
    if (status && status != TW_E_NOT_FOUND)
        return status;
    if (status)
        return tw_fail(
            why, TW_E_REFUSED, "no order %s is in the log",
            tw_text_show(updated->order_ref, strlen(updated->order_ref), shown, sizeof shown));
    const struct order *order = &state->orders[id];
    if (updated->perm_id.known && order->perm_id != TW_UNKNOWN && updated->perm_id.value &&
        updated->perm_id.value != order->perm_id)
        return tw_fail(why, TW_E_REFUSED, "order %s has perm id %lld, the update says %lld",
                       updated->order_ref, (long long)order->perm_id,
                       (long long)updated->perm_id.value);
    const struct symbol *symbol = &state->symbols[order->symbol];
    status = tw_fold_check_price(state, symbol, "the limit", tw_or_unknown(updated->limit_e8), why);
    if (!status)
        status =
            tw_fold_check_price(state, symbol, "the stop", tw_or_unknown(updated->stop_e8), why);
    return status;
}

/* Messages overtake each other: a late "acknowledged" does not bring a finished order back. Lapsed
 * is our own conclusion, and what the broker says of the order overrules it. */
static int64_t status_after(const struct order *order, int64_t said) {
    int was_final = tw_order_is_terminal(order->status) && order->status != TW_ORDER_LAPSED;
    if (was_final && !tw_order_is_terminal(said))
        return order->status;
    if (order->status == TW_ORDER_FILLED && order->filled_e8 >= order->qty_e8)
        return order->status;
    return said;
}

static void set_known(int64_t *member, tw_maybe value) {
    if (value.known)
        *member = value.value;
}

void tw_apply_order_updated(struct state *state, const tw_event *event) {
    const tw_order_updated *updated = &event->as.order_updated;
    struct order *order = &state->orders[tw_state_find_order(state, updated->order_ref)];
    /* The broker's first echo may carry perm id 0, which is none. */
    if (updated->perm_id.known && updated->perm_id.value)
        order->perm_id = updated->perm_id.value;
    set_known(&order->order_id, updated->order_id);
    set_known(&order->client_id, updated->client_id);
    set_known(&order->qty_e8, updated->qty_e8);
    set_known(&order->limit_e8, updated->limit_e8);
    set_known(&order->stop_e8, updated->stop_e8);
    order->status = status_after(order, updated->status);
    if (updated->reason)
        order->reason = tw_fold_text(state, updated->reason);
    order->updated_ns = event->time_ns;
    order->updated_seq = event->seq;
}

int tw_fold_is_entry(const tw_event *event) {
    return event->type == TW_TYPE_attempt || (event->type == TW_TYPE_order_submitted &&
                                              opens_exposure(event->as.order_submitted.purpose));
}
