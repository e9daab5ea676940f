/* Booking: what changes of quantity do to the sums of the day. Pure. */
#include "core/book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/position.h"

/* +1 won, -1 lost, 0 neither or not known. */
static int outcome(const struct trade *trade) {
    if (trade->unpriced)
        return 0;
    return (trade->result_e8 > 0) - (trade->result_e8 < 0);
}

static void count_outcome(struct state *state, const struct trade *trade, int64_t times) {
    int how = outcome(trade);
    if (how > 0)
        state->winners += times;
    if (how < 0)
        state->losers += times;
}

static void count_closed(struct state *state, const struct trade *trade) {
    state->total_trades++;
    count_outcome(state, trade, 1);
}

void tw_book_uncount(struct state *state, const struct trade *trade) {
    state->total_trades--;
    count_outcome(state, trade, -1);
}

struct trade *tw_book_trade(struct symbol *symbol, int64_t serial) {
    if (serial == symbol->trades_closed)
        return symbol->position.side ? &symbol->position.trade : NULL;
    int64_t index = serial - symbol->closed_first;
    if (index < 0 || (size_t)index >= symbol->closed_count)
        return NULL;
    return &symbol->closed[index];
}

struct money *tw_book_money(struct state *state, text_id currency) {
    if (currency == TW_NONE)
        currency = state->session.currency;
    assert(currency != TW_NONE);
    for (size_t i = 0; i < state->money_count; i++)
        if (state->money[i].currency == currency)
            return &state->money[i];
    assert(state->money_count < state->money_capacity);
    struct money *money = &state->money[state->money_count++];
    memset(money, 0, sizeof *money);
    money->currency = currency;
    return money;
}

static void add_to_money(struct state *state, const struct execution *execution, int64_t times) {
    struct money *money = tw_book_money(state, state->symbols[execution->symbol].currency);
    int known, computed_known;
    int64_t computed = tw_state_computed_result(execution, &computed_known);
    int64_t result = tw_state_execution_result(execution, &known);
    money->result_e8 += (tw_int128)result * times;
    if (!known)
        money->unknown += times;
    if (execution->fee_e8 != TW_UNKNOWN)
        money->fees_e8 += (tw_int128)execution->fee_e8 * times;
    if (execution->booked_e8 != TW_UNKNOWN && execution->realized_e8 != TW_UNKNOWN)
        money->drift_e8 += ((tw_int128)execution->booked_e8 - computed) * times;
}

static void add_to_trade(struct trade *trade, const struct execution *execution, int64_t times) {
    int known;
    trade->result_e8 += (tw_int128)tw_state_execution_result(execution, &known) * times;
    trade->executions += times;
    if (!known)
        trade->unknown += times;
    if (execution->booked_e8 == TW_UNKNOWN && execution->realized_e8 == TW_UNKNOWN)
        trade->unpriced += times;
    if (execution->flags & EXECUTION_PARTIAL)
        trade->partials += times;
}

static void add_execution(struct state *state, const struct execution *execution, int64_t times) {
    struct symbol *symbol = &state->symbols[execution->symbol];
    add_to_money(state, execution, times);
    struct trade *trade = tw_book_trade(symbol, execution->trade);
    assert(trade);
    int closed = trade != &symbol->position.trade;
    if (closed)
        count_outcome(state, trade, -1);
    add_to_trade(trade, execution, times);
    if (closed)
        count_outcome(state, trade, 1);
}

void tw_book_take_out(struct state *state, const struct execution *execution) {
    add_execution(state, execution, -1);
}

void tw_book_put_in(struct state *state, const struct execution *execution) {
    add_execution(state, execution, 1);
}

static struct entry entry_of(const struct execution *execution) {
    struct entry entry = {.action = execution->action,
                          .qty_e8 = execution->qty_e8,
                          .price_e8 = execution->price_e8,
                          .fee_e8 = execution->fee_e8,
                          .seq = execution->seq,
                          .time_ns = execution->time_ns};
    return entry;
}

void tw_book_mark_partial(struct state *state, uint32_t id) {
    const struct execution *execution = &state->executions[id];
    struct symbol *symbol = &state->symbols[execution->symbol];
    struct position *position = &symbol->position;
    if (!position->side || execution->trade != symbol->trades_closed)
        return;
    assert(position->partial_count < position->partial_capacity);
    /* In order of the executions, as when they are folded again; one may be marked late. */
    size_t at = position->partial_count++;
    for (; at > 0 && position->partials[at - 1].seq > execution->seq; at--)
        position->partials[at] = position->partials[at - 1];
    struct partial_exit *partial = &position->partials[at];
    partial->time_ns = execution->time_ns;
    partial->seq = execution->seq;
    partial->qty_e8 = execution->closed_qty_e8;
    partial->price_e8 = execution->price_e8;
    partial->target_e8 = execution->partial_target_e8;
    partial->fraction_e8 = execution->partial_fraction_e8;
    partial->reason = execution->partial_reason;
    partial->exec_id = tw_names_add(state->texts, tw_state_exec_name(state, id));
}

void tw_book_execution(struct state *state, uint32_t id) {
    struct execution *execution = &state->executions[id];
    struct symbol *symbol = &state->symbols[execution->symbol];
    int64_t method = state->session.cost_method;
    struct entry entry = entry_of(execution);
    struct booking booking;
    int status = tw_position_plan(symbol, &entry, &booking, NULL);
    assert(status == 0);
    (void)status;
    execution->realized_e8 = booking.realized_e8;
    execution->closed_qty_e8 = booking.closed_qty_e8;
    execution->basis_fee_e8 = booking.released_fee_e8;
    execution->trade = symbol->trades_closed;
    if (booking.closed_qty_e8 > 0)
        tw_position_shrink(symbol, &entry, booking.closed_qty_e8);
    else
        tw_position_grow(symbol, method, &entry, booking.opened_qty_e8, booking.opened_fee_e8,
                         execution->flags & EXECUTION_EXTERNAL);
    add_to_money(state, execution, 1);
    add_to_trade(&symbol->position.trade, execution, 1);
    if (booking.closed_qty_e8 == 0)
        return;
    if (execution->flags & EXECUTION_PARTIAL && symbol->position.qty_e8 > 0)
        tw_book_mark_partial(state, id);
    if (symbol->position.qty_e8 == 0)
        count_closed(state, tw_position_close(symbol, &entry));
    if (booking.opened_qty_e8 > 0)
        tw_position_grow(symbol, method, &entry, booking.opened_qty_e8, booking.opened_fee_e8,
                         execution->flags & EXECUTION_EXTERNAL);
}

/* The lot that holds what the execution opened. With average cost that is the one lot of its trade,
 * or of the trade that it opened by going through zero. */
static struct lot *find_lot(const struct state *state, const struct execution *execution) {
    const struct symbol *symbol = &state->symbols[execution->symbol];
    const struct position *position = &symbol->position;
    int average = state->session.cost_method == TW_COST_METHOD_AVERAGE;
    if (average && position->lot_count > 0 && execution->trade == symbol->trades_closed)
        return &position->lots[0];
    for (size_t i = 0; i < position->lot_count; i++)
        if (position->lots[i].seq == execution->seq)
            return &position->lots[i];
    return NULL;
}

void tw_book_late_fee(struct state *state, const struct execution *execution, tw_int128 more_e8) {
    int64_t opened = execution->qty_e8 - execution->closed_qty_e8;
    struct lot *lot = opened > 0 ? find_lot(state, execution) : NULL;
    if (!lot)
        return;
    tw_int128 share = tw_share_half_even(more_e8, opened, execution->qty_e8);
    lot->fee_e8 += (int64_t)tw_share_half_even(share, lot->qty_e8, lot->entered_qty_e8);
}

int tw_book_check_sum(const struct state *state, const char *currency, tw_int128 more_e8,
                      tw_error *why) {
    tw_int128 sum = more_e8;
    for (size_t i = 0; i < state->money_count; i++)
        if (strcmp(tw_state_text(state, state->money[i].currency), currency) == 0)
            sum += state->money[i].result_e8;
    int64_t ignored;
    if (tw_narrow_64(sum, &ignored))
        return tw_fail(why, TW_E_RANGE, "the day's result in %s would not fit 64 bits", currency);
    return 0;
}

/* How a step of an adjustment looks to the position: no price on the way out. */
static struct entry adjusting_entry(const struct change *change, int64_t side, int opens) {
    struct entry entry = {.qty_e8 = change->qty_e8,
                          .price_e8 = opens ? change->cost_e8 : TW_UNKNOWN,
                          .fee_e8 = 0,
                          .seq = change->seq,
                          .time_ns = change->time_ns};
    int buys = (side == TW_SIDE_LONG) == (opens != 0);
    entry.action = buys ? TW_ACTION_BUY : TW_ACTION_SELL;
    return entry;
}

static void adjust_down(struct state *state, uint32_t id, const struct change *change,
                        int64_t target) {
    struct symbol *symbol = &state->symbols[id];
    struct position *position = &symbol->position;
    struct entry entry = adjusting_entry(change, position->side, 0);
    tw_position_shrink(symbol, &entry, position->qty_e8 - target);
    position->trade.unknown++;
    position->trade.unpriced++;
    tw_book_money(state, symbol->currency)->unknown++;
    if (position->qty_e8 == 0)
        count_closed(state, tw_position_close(symbol, &entry));
}

static void adjust_up(struct state *state, uint32_t id, const struct change *change) {
    struct symbol *symbol = &state->symbols[id];
    struct entry entry = adjusting_entry(change, change->side, 1);
    int64_t more = change->qty_e8 - symbol->position.qty_e8;
    tw_position_grow(symbol, state->session.cost_method, &entry, more, 0, 0);
    if (change->kind == CHANGE_OPENING)
        symbol->position.carried_from = change->date;
}

int tw_book_adjustment_closes(const struct position *position, const struct change *change) {
    if (!position->side)
        return 0;
    return position->side != change->side || change->qty_e8 < position->qty_e8;
}

void tw_book_adjusted(struct state *state, uint32_t id, const struct change *change) {
    struct symbol *symbol = &state->symbols[id];
    struct position *position = &symbol->position;
    int same_side = position->side == change->side;
    if (position->side && (!same_side || change->qty_e8 < position->qty_e8))
        adjust_down(state, id, change, same_side ? change->qty_e8 : 0);
    else if (same_side && change->qty_e8 == position->qty_e8 && change->cost_e8 != TW_UNKNOWN)
        tw_position_set_cost(position, change->cost_e8, change->seq);
    if (change->qty_e8 > position->qty_e8)
        adjust_up(state, id, change);
    if (position->side) {
        position->estimated = change->estimated;
        position->trade.estimated |= change->estimated;
    }
}
