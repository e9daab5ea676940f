/* Folding a symbol's changes again after a correction. Pure. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "core/book.h"
#include "core/position.h"

/* What a rehearsal books on: a symbol with arrays of its own, without a plan, and what its
 * executions come to. */
struct rehearsal {
    struct symbol symbol;
    tw_int128 result_e8;
};

static int new_rehearsal(const struct symbol *symbol, size_t changes, struct symbol *ret) {
    memset(ret, 0, sizeof *ret);
    ret->multiplier_e8 = symbol->multiplier_e8;
    size_t room = changes + 2;
    int status = tw_array_reserve((void **)&ret->position.lots, &ret->position.lot_capacity, room,
                                  sizeof *ret->position.lots);
    if (!status)
        status = tw_array_reserve((void **)&ret->closed, &ret->closed_capacity, room,
                                  sizeof *ret->closed);
    return status;
}

static void rehearse_entry(struct symbol *symbol, int64_t method, const struct entry *entry,
                           const struct booking *booking) {
    if (booking->closed_qty_e8 > 0) {
        tw_position_shrink(symbol, entry, booking->closed_qty_e8);
        if (symbol->position.qty_e8 == 0)
            tw_position_close(symbol, entry);
    }
    if (booking->opened_qty_e8 > 0)
        tw_position_grow(symbol, method, entry, booking->opened_qty_e8, booking->opened_fee_e8, 0);
}

static int rehearse_target(struct symbol *symbol, int64_t method, const struct change *change,
                           tw_error *why) {
    struct position *position = &symbol->position;
    if (position->side == change->side && change->qty_e8 == position->qty_e8 &&
        change->cost_e8 != TW_UNKNOWN)
        tw_position_set_cost(position, change->cost_e8, change->seq);
    struct entry entry = {.seq = change->seq, .time_ns = change->time_ns, .fee_e8 = 0};
    struct booking booking;
    if (tw_book_adjustment_closes(position, change)) {
        int64_t keep = position->side == change->side ? change->qty_e8 : 0;
        entry.action = position->side == TW_SIDE_LONG ? TW_ACTION_SELL : TW_ACTION_BUY;
        entry.qty_e8 = position->qty_e8 - keep;
        entry.price_e8 = TW_UNKNOWN;
        int status = tw_position_plan(symbol, &entry, &booking, why);
        if (status)
            return status;
        rehearse_entry(symbol, method, &entry, &booking);
    }
    if (change->qty_e8 <= position->qty_e8)
        return 0;
    entry.action = change->side == TW_SIDE_LONG ? TW_ACTION_BUY : TW_ACTION_SELL;
    entry.qty_e8 = change->qty_e8 - position->qty_e8;
    entry.price_e8 = change->cost_e8;
    int status = tw_position_plan(symbol, &entry, &booking, why);
    if (status == 0)
        rehearse_entry(symbol, method, &entry, &booking);
    return status;
}

static int rehearse_execution(const struct state *state, struct rehearsal *stage, uint32_t id,
                              const struct amendment *amendment, tw_error *why) {
    struct execution execution = state->executions[id];
    int gone = execution.flags & EXECUTION_VOID;
    if (amendment->execution == id) {
        execution.qty_e8 = amendment->qty_e8;
        execution.price_e8 = amendment->price_e8;
        execution.fee_e8 = amendment->fee_e8;
        execution.booked_e8 = TW_UNKNOWN;
        gone = amendment->void_it;
    }
    if (gone)
        return 0;
    struct entry entry = {.action = execution.action,
                          .qty_e8 = execution.qty_e8,
                          .price_e8 = execution.price_e8,
                          .fee_e8 = execution.fee_e8,
                          .seq = execution.seq,
                          .time_ns = execution.time_ns};
    struct booking booking;
    int status = tw_position_plan(&stage->symbol, &entry, &booking, why);
    if (status)
        return status;
    rehearse_entry(&stage->symbol, state->session.cost_method, &entry, &booking);
    execution.realized_e8 = booking.realized_e8;
    int ignored;
    stage->result_e8 += tw_state_execution_result(&execution, &ignored);
    return 0;
}

/* What the symbol's executions come to now. */
static tw_int128 result_now(const struct state *state, const struct symbol *symbol) {
    tw_int128 sum = 0;
    int ignored;
    for (size_t i = 0; i < symbol->change_count; i++) {
        const struct change *change = &symbol->changes[i];
        if (change->kind == CHANGE_EXECUTION &&
            !(state->executions[change->execution].flags & EXECUTION_VOID))
            sum += tw_state_execution_result(&state->executions[change->execution], &ignored);
    }
    return sum;
}

static int rehearse(const struct state *state, uint32_t id, const struct amendment *amendment,
                    struct rehearsal *stage, tw_error *why) {
    const struct symbol *symbol = &state->symbols[id];
    int64_t method = state->session.cost_method;
    int status = 0;
    if (amendment->opening)
        status = rehearse_target(&stage->symbol, method, amendment->opening, why);
    for (size_t i = 0; status == 0 && i < symbol->change_count; i++) {
        const struct change *change = &symbol->changes[i];
        if (change->kind == CHANGE_EXECUTION)
            status = rehearse_execution(state, stage, change->execution, amendment, why);
        else
            status = rehearse_target(&stage->symbol, method, change, why);
    }
    if (status)
        return status;
    const char *currency = tw_state_text(state, symbol->currency);
    return tw_book_check_sum(state, currency ? currency : tw_state_base_currency(state),
                             stage->result_e8 - result_now(state, symbol), why);
}

static int reserve_again(struct symbol *symbol) {
    struct position *position = &symbol->position;
    size_t room = symbol->change_count + 3;
    int status = tw_array_reserve((void **)&position->lots, &position->lot_capacity, room,
                                  sizeof *position->lots);
    if (!status)
        status = tw_array_reserve((void **)&position->partials, &position->partial_capacity, room,
                                  sizeof *position->partials);
    if (!status)
        status = tw_array_reserve((void **)&symbol->closed, &symbol->closed_capacity, room,
                                  sizeof *symbol->closed);
    return status;
}

int tw_book_plan_again(struct state *state, uint32_t id, const struct amendment *amendment,
                       tw_error *why) {
    struct symbol *symbol = &state->symbols[id];
    struct rehearsal stage = {.result_e8 = 0};
    int status = new_rehearsal(symbol, symbol->change_count, &stage.symbol);
    if (!status)
        status = reserve_again(symbol);
    if (status)
        tw_fail(why, status, "no memory to fold the executions of a symbol again");
    else
        status = rehearse(state, id, amendment, &stage, why);
    free(stage.symbol.position.lots);
    free(stage.symbol.closed);
    return status;
}

/* Takes the symbol's share out of every sum, and leaves it as at the start of the day. What is
 * meant with the position (its plan) is kept aside by the caller. */
static void take_all_out(struct state *state, struct symbol *symbol) {
    for (size_t i = 0; i < symbol->change_count; i++) {
        const struct change *change = &symbol->changes[i];
        if (change->kind != CHANGE_EXECUTION)
            tw_book_money(state, symbol->currency)->unknown -= change->closes;
        else if (!(state->executions[change->execution].flags & EXECUTION_VOID))
            tw_book_take_out(state, &state->executions[change->execution]);
    }
}

static void forget_trades(struct state *state, struct symbol *symbol) {
    for (size_t i = 0; i < symbol->closed_count; i++)
        tw_book_uncount(state, &symbol->closed[i]);
    symbol->closed_count = 0;
    symbol->trades_closed = 0;
    struct position *position = &symbol->position;
    struct position empty = {.lots = position->lots,
                             .partials = position->partials,
                             .lot_capacity = position->lot_capacity,
                             .partial_capacity = position->partial_capacity};
    *position = empty;
}

int64_t tw_book_again_begin(struct state *state, uint32_t id) {
    struct symbol *symbol = &state->symbols[id];
    int64_t side = symbol->position.side;
    assert(symbol->changes_total == (int64_t)symbol->change_count && symbol->closed_first == 0);
    take_all_out(state, symbol);
    forget_trades(state, symbol);
    return side;
}

void tw_book_again_end(struct state *state, uint32_t id, int64_t side_before) {
    struct symbol *symbol = &state->symbols[id];
    struct plan_data plan = symbol->plan;
    for (size_t i = 0; i < symbol->change_count; i++) {
        struct change *change = &symbol->changes[i];
        if (change->kind != CHANGE_EXECUTION) {
            change->closes = tw_book_adjustment_closes(&symbol->position, change);
            tw_book_adjusted(state, id, change);
        } else if (!(state->executions[change->execution].flags & EXECUTION_VOID)) {
            tw_book_execution(state, change->execution);
        }
        if (symbol->position.side && symbol->position.trade.open_seq == change->seq)
            symbol->position.trade.entry_path = change->entry_path;
    }
    /* On the way every flat moment took the plan. It goes only if it was that of the position that
     * was open and is not any more; a plan for the next entry stays. */
    symbol->plan = plan;
    if (plan.side && plan.side == side_before && plan.side != symbol->position.side)
        tw_plan_clear(&symbol->plan, 0);
}
