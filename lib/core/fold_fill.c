/* The fold of executions: fill, partial, fill_inferred. Pure. */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/book.h"
#include "core/fold_internal.h"
#include "core/position.h"
#include "core/schema.h"

/* What the three kinds of event that book an execution have in common. */
struct candidate {
    const char *exec_id, *symbol, *order_ref, *currency;
    struct entry entry;
    int64_t broker_time_ns; /* or TW_UNKNOWN */
    int64_t perm_id, cum_qty_e8;
    int64_t kind;
    int inferred;
};

uint32_t tw_fold_live(const struct state *state, uint32_t execution) {
    while (state->executions[execution].replaced_by != TW_NONE)
        execution = state->executions[execution].replaced_by;
    return execution;
}

static int say_duplicate(const struct state *state, const struct candidate *candidate, uint32_t id,
                         tw_error *why) {
    char shown[80];
    tw_text_show(candidate->exec_id, strlen(candidate->exec_id), shown, sizeof shown);
    if (id == TW_NONE)
        return tw_fail(why, TW_E_DUPLICATE, "execution %s is in the log", shown);
    const struct execution *execution = &state->executions[id];
    int same = execution->qty_e8 == candidate->entry.qty_e8 &&
               execution->price_e8 == candidate->entry.price_e8;
    return tw_fail(why, TW_E_DUPLICATE, "execution %s is in the log as seq %llu%s", shown,
                   (unsigned long long)execution->seq,
                   same ? "" : ", with other numbers: to change it append fill_corrected");
}

/* A quantity that was inferred must not be booked again by the execution it stood for. */
static int check_inferred(const struct state *state, const struct symbol *symbol,
                          const struct candidate *candidate, tw_error *why) {
    if (candidate->inferred || candidate->broker_time_ns == TW_UNKNOWN)
        return 0;
    for (size_t i = 0; i < symbol->inferred_count; i++) {
        const struct inferred *stand_in = &symbol->inferred[i];
        if (stand_in->action == candidate->entry.action &&
            candidate->broker_time_ns <= stand_in->time_ns)
            return tw_fail(why, TW_E_REFUSED,
                           "seq %llu (%s) may stand for this execution already: reconcile, which "
                           "supersedes it",
                           (unsigned long long)stand_in->seq,
                           tw_state_text(state, stand_in->exec_id));
    }
    return 0;
}

static int check_currency(const struct state *state, const struct symbol *symbol,
                          const char *currency, tw_error *why) {
    if (!currency)
        return 0;
    const char *now = tw_state_text(state, symbol->currency);
    if (!now && symbol->changes_total == 0)
        return 0;
    if (!now)
        now = tw_state_base_currency(state);
    if (strcmp(now, currency) == 0)
        return 0;
    return tw_fail(why, TW_E_REFUSED, "the currency is %s, expected %s as so far today", currency,
                   now);
}

static int check_sums(const struct state *state, const struct symbol *symbol,
                      const struct candidate *candidate, const struct booking *booking,
                      tw_error *why) {
    int64_t realized = booking->realized_e8 == TW_UNKNOWN ? 0 : booking->realized_e8;
    int64_t fee = candidate->entry.fee_e8 == TW_UNKNOWN ? 0 : candidate->entry.fee_e8;
    const char *currency = candidate->currency;
    if (!currency)
        currency = tw_state_text(state, symbol->currency);
    if (!currency)
        currency = tw_state_base_currency(state);
    return tw_book_check_sum(state, currency, (tw_int128)realized - fee, why);
}

static int check_candidate(struct state *state, const tw_event *event,
                           const struct candidate *candidate, tw_error *why) {
    uint32_t id;
    int status = TW_E_NOT_FOUND;
    if (!state->history.replaying || tw_state_find_execution(state, candidate->exec_id) != TW_NONE)
        status = tw_fold_find_execution(state, event, candidate->exec_id, &id, why);
    if (status == 0)
        return say_duplicate(state, candidate, id, why);
    if (status != TW_E_NOT_FOUND)
        return status;
    const struct symbol *symbol = tw_fold_slot(state, candidate->symbol);
    status = tw_fold_check_revisions(state, event, candidate->exec_id, why);
    if (!status)
        status = check_inferred(state, symbol, candidate, why);
    if (!status)
        status = tw_fold_check_price(state, symbol, "the price", candidate->entry.price_e8, why);
    if (!status)
        status = check_currency(state, symbol, candidate->currency, why);
    if (!status && candidate->order_ref) {
        status = tw_fold_find_order(state, event, candidate->order_ref, &id, why);
        status = status == TW_E_NOT_FOUND ? 0 : status;
    }
    struct booking booking;
    if (!status)
        status = tw_position_plan(symbol, &candidate->entry, &booking, why);
    if (!status)
        status = check_sums(state, symbol, candidate, &booking, why);
    return status;
}

struct execution *tw_fold_new_execution(struct state *state, const char *exec_id,
                                        uint32_t *ret_id) {
    uint32_t id = tw_names_add(state->exec_names, exec_id);
    assert(id < state->execution_capacity);
    struct execution *execution = &state->executions[id];
    memset(execution, 0, sizeof *execution);
    execution->price_e8 = execution->fee_e8 = execution->booked_e8 = TW_UNKNOWN;
    execution->broker_realized_e8 = execution->cum_qty_e8 = execution->perm_id = TW_UNKNOWN;
    execution->partial_target_e8 = execution->partial_fraction_e8 = TW_UNKNOWN;
    execution->order = execution->replaced_by = TW_NONE;
    execution->order_ref = execution->partial_reason = TW_NONE;
    *ret_id = id;
    tw_fold_note_revision(state, exec_id);
    return execution;
}

/* An execution that comes shows that the broker has the order, and that it had not lapsed. One that
 * goes reopens an order that was filled; one that comes does not: the broker may say "filled"
 * first, and its executions arrive after that. */
static int disproves(int64_t status, int64_t delta_e8) {
    if (delta_e8 < 0)
        return status == TW_ORDER_FILLED;
    return delta_e8 > 0 && (status == TW_ORDER_SENT || status == TW_ORDER_LAPSED);
}

void tw_fold_order_filled(struct state *state, uint32_t id, int64_t delta_e8,
                          const tw_event *event) {
    if (id == TW_NONE)
        return;
    struct order *order = &state->orders[id];
    int64_t filled;
    if (tw_decimal_add(order->filled_e8, delta_e8, &filled) == 0)
        order->filled_e8 = filled < 0 ? 0 : filled;
    if (order->filled_e8 >= order->qty_e8)
        order->status = TW_ORDER_FILLED;
    else if (disproves(order->status, delta_e8))
        order->status = TW_ORDER_ACKNOWLEDGED;
    order->updated_ns = event->time_ns;
    order->updated_seq = event->seq;
}

/* The trade that this change opened is of the kind the plan says. */
static void name_entry_path(struct symbol *symbol, struct change *change) {
    if (!symbol->position.side || symbol->position.trade.open_seq != change->seq)
        return;
    if (symbol->plan.side == symbol->position.side)
        change->entry_path = symbol->plan.entry_path;
    symbol->position.trade.entry_path = change->entry_path;
}

static uint32_t book_candidate(struct state *state, const tw_event *event,
                               const struct candidate *candidate) {
    uint32_t symbol_id, id;
    struct symbol *symbol = tw_fold_symbol(state, candidate->symbol, &symbol_id);
    if (candidate->currency && symbol->currency == TW_NONE)
        symbol->currency = tw_fold_text(state, candidate->currency);
    struct execution *execution = tw_fold_new_execution(state, candidate->exec_id, &id);
    execution->seq = event->seq;
    execution->time_ns =
        candidate->broker_time_ns == TW_UNKNOWN ? event->time_ns : candidate->broker_time_ns;
    execution->qty_e8 = candidate->entry.qty_e8;
    execution->price_e8 = candidate->entry.price_e8;
    execution->fee_e8 = candidate->entry.fee_e8;
    execution->cum_qty_e8 = candidate->cum_qty_e8;
    execution->perm_id = candidate->perm_id;
    execution->symbol = symbol_id;
    execution->order_ref = tw_fold_text(state, candidate->order_ref);
    execution->order = tw_state_find_order(state, candidate->order_ref);
    execution->action = (uint8_t)candidate->entry.action;
    execution->source = (uint8_t)event->source;
    execution->kind = (uint8_t)candidate->kind;
    int unknown_order = candidate->order_ref && execution->order == TW_NONE;
    if (candidate->inferred)
        execution->flags |= EXECUTION_INFERRED | EXECUTION_EXTERNAL;
    else if (unknown_order || (event->source == TW_SOURCE_QUERY && execution->order == TW_NONE))
        execution->flags |= EXECUTION_EXTERNAL;
    tw_fold_add_change(symbol, event, CHANGE_EXECUTION)->execution = id;
    tw_fold_order_filled(state, execution->order, execution->qty_e8, event);
    return id;
}

static void finish_booking(struct state *state, uint32_t id) {
    tw_book_execution(state, id);
    struct symbol *symbol = &state->symbols[state->executions[id].symbol];
    name_entry_path(symbol, &symbol->changes[symbol->change_count - 1]);
}

static struct candidate from_fill(const tw_event *event) {
    const tw_fill *fill = &event->as.fill;
    struct candidate candidate = {.exec_id = fill->exec_id,
                                  .symbol = fill->symbol,
                                  .order_ref = fill->order_ref,
                                  .currency = fill->currency,
                                  .broker_time_ns = tw_or_unknown(fill->broker_time_ns),
                                  .perm_id = tw_or_unknown(fill->perm_id),
                                  .cum_qty_e8 = tw_or_unknown(fill->cum_qty_e8),
                                  .kind = fill->kind};
    candidate.entry.action = fill->action;
    candidate.entry.qty_e8 = fill->qty_e8;
    candidate.entry.price_e8 = fill->price_e8;
    candidate.entry.fee_e8 = tw_or_unknown(fill->fee_e8);
    return candidate;
}

int tw_check_fill(struct state *state, const tw_event *event, tw_error *why) {
    struct candidate candidate = from_fill(event);
    return check_candidate(state, event, &candidate, why);
}

void tw_apply_fill(struct state *state, const tw_event *event) {
    struct candidate candidate = from_fill(event);
    finish_booking(state, book_candidate(state, event, &candidate));
}

static struct candidate from_inferred(const tw_event *event) {
    const tw_fill_inferred *fill = &event->as.fill_inferred;
    struct candidate candidate = {.exec_id = fill->exec_id,
                                  .symbol = fill->symbol,
                                  .broker_time_ns = TW_UNKNOWN,
                                  .perm_id = TW_UNKNOWN,
                                  .cum_qty_e8 = TW_UNKNOWN,
                                  .inferred = 1};
    candidate.entry.action = fill->action;
    candidate.entry.qty_e8 = fill->qty_e8;
    candidate.entry.price_e8 = TW_UNKNOWN;
    candidate.entry.fee_e8 = TW_UNKNOWN;
    return candidate;
}

int tw_check_fill_inferred(struct state *state, const tw_event *event, tw_error *why) {
    struct candidate candidate = from_inferred(event);
    return check_candidate(state, event, &candidate, why);
}

void tw_apply_fill_inferred(struct state *state, const tw_event *event) {
    struct candidate candidate = from_inferred(event);
    uint32_t id = book_candidate(state, event, &candidate);
    struct symbol *symbol = &state->symbols[state->executions[id].symbol];
    assert(symbol->inferred_count < symbol->inferred_capacity);
    struct inferred *stand_in = &symbol->inferred[symbol->inferred_count++];
    stand_in->exec_id = tw_fold_text(state, candidate.exec_id);
    stand_in->action = candidate.entry.action;
    stand_in->qty_e8 = candidate.entry.qty_e8;
    stand_in->time_ns = event->time_ns;
    stand_in->seq = event->seq;
    finish_booking(state, id);
}

/* ---- partial ------------------------------------------------------------------------------- */

static struct candidate from_partial(const struct symbol *symbol, const tw_event *event) {
    const tw_partial *partial = &event->as.partial;
    struct candidate candidate = {.exec_id = partial->exec_id,
                                  .symbol = partial->symbol,
                                  .order_ref = partial->order_ref,
                                  .broker_time_ns = TW_UNKNOWN,
                                  .perm_id = TW_UNKNOWN,
                                  .cum_qty_e8 = TW_UNKNOWN};
    int is_long = symbol->position.side == TW_SIDE_LONG;
    candidate.entry.action = is_long ? TW_ACTION_SELL : TW_ACTION_BUY;
    candidate.entry.qty_e8 = partial->qty_e8;
    candidate.entry.price_e8 = partial->price_e8;
    candidate.entry.fee_e8 = tw_or_unknown(partial->fee_e8);
    return candidate;
}

static int check_annotation(const struct state *state, const tw_partial *partial, uint32_t id,
                            tw_error *why) {
    if (id == TW_NONE)
        return tw_fail(why, TW_E_HISTORY, "execution %s lies before the snapshot",
                       partial->exec_id);
    const struct execution *execution = &state->executions[tw_fold_live(state, id)];
    if (strcmp(tw_state_symbol_name(state, execution->symbol), partial->symbol) != 0)
        return tw_fail(why, TW_E_REFUSED, "execution %s is of %s, the partial says %s",
                       partial->exec_id, tw_state_symbol_name(state, execution->symbol),
                       partial->symbol);
    if (execution->flags & EXECUTION_PARTIAL)
        return tw_fail(why, TW_E_DUPLICATE, "execution %s is marked as a partial exit already",
                       partial->exec_id);
    if (execution->flags & EXECUTION_VOID)
        return tw_fail(why, TW_E_REFUSED, "execution %s was voided", partial->exec_id);
    if (partial->qty_e8 > execution->closed_qty_e8) {
        char closed[TW_DECIMAL_TEXT_BYTES], said[TW_DECIMAL_TEXT_BYTES];
        tw_decimal_format(execution->closed_qty_e8, closed);
        tw_decimal_format(partial->qty_e8, said);
        return tw_fail(why, TW_E_REFUSED, "execution %s took off %s, the partial says %s",
                       partial->exec_id, closed, said);
    }
    return 0;
}

static int check_open_quantity(const struct symbol *symbol, const tw_partial *partial,
                               tw_error *why) {
    const struct position *position = &symbol->position;
    if (position->side && partial->qty_e8 <= position->qty_e8)
        return 0;
    char qty[TW_DECIMAL_TEXT_BYTES], held[64];
    tw_decimal_format(partial->qty_e8, qty);
    return tw_fail(why, TW_E_REFUSED, "a partial of %s is more than what is open in %s (%s)", qty,
                   partial->symbol, tw_fold_show_position(position, held));
}

int tw_check_partial(struct state *state, const tw_event *event, tw_error *why) {
    const tw_partial *partial = &event->as.partial;
    uint32_t id;
    int status = tw_fold_find_execution(state, event, partial->exec_id, &id, why);
    if (status == 0)
        return check_annotation(state, partial, id, why);
    if (status != TW_E_NOT_FOUND)
        return status;
    const struct symbol *symbol = tw_fold_slot(state, partial->symbol);
    status = check_open_quantity(symbol, partial, why);
    if (status)
        return status;
    struct candidate candidate = from_partial(symbol, event);
    return check_candidate(state, event, &candidate, why);
}

/* The exec id becomes a text here, where room for it is reserved: a later correction may put the
 * execution on the list of a position's partial exits. */
static void mark(struct state *state, uint32_t id, const tw_partial *partial) {
    struct execution *execution = &state->executions[id];
    tw_fold_text(state, tw_state_exec_name(state, id));
    execution->flags |= EXECUTION_PARTIAL;
    execution->partial_reason = tw_fold_text(state, partial->reason);
    execution->partial_target_e8 = tw_or_unknown(partial->target_e8);
    execution->partial_fraction_e8 = tw_or_unknown(partial->fraction_e8);
}

void tw_apply_partial(struct state *state, const tw_event *event) {
    const tw_partial *partial = &event->as.partial;
    uint32_t id = tw_state_find_execution(state, partial->exec_id);
    if (id != TW_NONE) {
        id = tw_fold_live(state, id);
        struct execution *execution = &state->executions[id];
        tw_book_take_out(state, execution);
        mark(state, id, partial);
        tw_book_put_in(state, execution);
        tw_book_mark_partial(state, id);
        return;
    }
    struct candidate candidate = from_partial(tw_fold_slot(state, partial->symbol), event);
    id = book_candidate(state, event, &candidate);
    mark(state, id, partial);
    finish_booking(state, id);
}
