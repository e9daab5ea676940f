/* Positions: lots, what an execution takes off or adds, trades from flat to flat. Pure. */
#include "core/position.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/* 1e-16 to 1e-8: the unit of a product to the unit of money. */
#define E8 ((tw_int128)TW_E8)

__extension__ typedef unsigned __int128 uint128;

static int64_t side_of(int64_t action) {
    return action == TW_ACTION_BUY ? TW_SIDE_LONG : TW_SIDE_SHORT;
}

/* What `take` of a lot has cost: its share, rounded half to even at 1e-8 and not before. */
static tw_int128 share_of_cost(const struct lot *lot, int64_t take) {
    int negative = lot->cost_e16 < 0;
    uint128 magnitude = (uint128)(negative ? -lot->cost_e16 : lot->cost_e16);
    uint128 part = (uint128)take, whole = (uint128)lot->qty_e8, one = (uint128)TW_E8;
    uint128 rest = (magnitude % whole) * part;
    uint128 exact = (magnitude / whole) * part + rest / whole;
    uint128 rounded = exact / one, twice = (exact % one) * 2;
    int beyond = rest % whole != 0;
    if (twice > one || (twice == one && (beyond || rounded % 2 == 1)))
        rounded++;
    tw_int128 cost = (tw_int128)(rounded * one);
    return negative ? -cost : cost;
}

/* Takes `qty` off the oldest lots, without changing them. */
static void plan_release(const struct position *position, int64_t qty, struct booking *ret) {
    int64_t left = qty;
    ret->released_known = 1;
    for (size_t i = 0; i < position->lot_count && left > 0; i++) {
        const struct lot *lot = &position->lots[i];
        int64_t take = left < lot->qty_e8 ? left : lot->qty_e8;
        tw_int128 cost = lot->cost_e16;
        int64_t fee = lot->fee_e8;
        if (take < lot->qty_e8) {
            cost = share_of_cost(lot, take);
            fee = (int64_t)tw_share_half_even(lot->fee_e8, take, lot->qty_e8);
        }
        if (!lot->cost_known)
            ret->released_known = 0;
        ret->released_e16 += cost;
        ret->released_fee_e8 += fee;
        left -= take;
    }
}

/* Money of a difference of costs: times the multiplier, rounded half to even at 1e-8. */
static int money_of(tw_int128 value_e16, int64_t multiplier_e8, int64_t *ret_e8) {
    tw_int128 product;
    if (multiplier_e8 == TW_E8)
        return tw_narrow_64(tw_divide_half_even(value_e16, E8), ret_e8);
    if (tw_multiply_128(value_e16, multiplier_e8, &product))
        return TW_E_RANGE;
    return tw_narrow_64(tw_divide_half_even(product, E8 * E8), ret_e8);
}

static int plan_close(const struct symbol *symbol, const struct entry *entry, struct booking *ret) {
    plan_release(&symbol->position, ret->closed_qty_e8, ret);
    if (!ret->released_known || entry->price_e8 == TW_UNKNOWN)
        return 0;
    tw_int128 exit_value = (tw_int128)entry->price_e8 * ret->closed_qty_e8;
    tw_int128 gain = entry->action == TW_ACTION_SELL ? exit_value - ret->released_e16
                                                     : ret->released_e16 - exit_value;
    return money_of(gain, symbol->multiplier_e8, &ret->realized_e8);
}

/* Largest |price x quantity| of one change, and of what a position or a trade adds up to: far
 * beyond any account, and such that the sums and differences made of them on the way cannot
 * overflow. */
#define LARGEST_VALUE (((tw_int128)1) << 120)

static int is_small(tw_int128 value) {
    return value > -LARGEST_VALUE && value < LARGEST_VALUE;
}

static int fits(tw_int128 a, tw_int128 b) {
    return is_small(b) && is_small(a + b);
}

int tw_position_check_fee(const struct position *position, tw_int128 more_e8) {
    tw_int128 sum = more_e8 < 0 ? -more_e8 : more_e8;
    for (size_t i = 0; i < position->lot_count; i++) {
        int64_t fee = position->lots[i].fee_e8;
        sum += fee < 0 ? -fee : fee;
    }
    return sum <= INT64_MAX ? 0 : TW_E_RANGE;
}

static int plan_sums(const struct position *position, const struct entry *entry,
                     const struct booking *booking) {
    const struct trade *trade = &position->trade;
    int64_t price = entry->price_e8 == TW_UNKNOWN ? 0 : entry->price_e8;
    tw_int128 opened = (tw_int128)price * booking->opened_qty_e8;
    tw_int128 closed = (tw_int128)price * booking->closed_qty_e8;
    tw_int128 cost = 0;
    for (size_t i = 0; i < position->lot_count; i++)
        cost += position->lots[i].cost_e16;
    int64_t ignored;
    int flips = booking->closed_qty_e8 > 0;
    if (!fits(flips ? 0 : cost, opened) || !fits(flips ? 0 : trade->entered_value_e16, opened) ||
        !fits(trade->exited_value_e16, closed))
        return TW_E_RANGE;
    if (tw_position_check_fee(position, booking->opened_fee_e8))
        return TW_E_RANGE;
    if (tw_decimal_add(trade->entered_qty_e8, flips ? 0 : booking->opened_qty_e8, &ignored) ||
        tw_decimal_add(trade->exited_qty_e8, booking->closed_qty_e8, &ignored) ||
        tw_decimal_add(position->qty_e8, flips ? 0 : booking->opened_qty_e8, &ignored))
        return TW_E_RANGE;
    int64_t realized = booking->realized_e8 == TW_UNKNOWN ? 0 : booking->realized_e8;
    int64_t fee = entry->fee_e8 == TW_UNKNOWN ? 0 : entry->fee_e8;
    return tw_decimal_sub(realized, fee, &ignored);
}

int tw_position_plan(const struct symbol *symbol, const struct entry *entry, struct booking *ret,
                     tw_error *why) {
    const struct position *position = &symbol->position;
    struct booking booking = {.released_known = 1};
    if (position->side && position->side != side_of(entry->action)) {
        booking.closed_qty_e8 = entry->qty_e8 < position->qty_e8 ? entry->qty_e8 : position->qty_e8;
        booking.realized_e8 = TW_UNKNOWN;
        if (plan_close(symbol, entry, &booking))
            return tw_fail(why, TW_E_RANGE, "the result of this execution does not fit 64 bits");
    }
    booking.opened_qty_e8 = entry->qty_e8 - booking.closed_qty_e8;
    if (entry->fee_e8 != TW_UNKNOWN)
        booking.opened_fee_e8 =
            (int64_t)tw_share_half_even(entry->fee_e8, booking.opened_qty_e8, entry->qty_e8);
    if (plan_sums(position, entry, &booking))
        return tw_fail(why, TW_E_RANGE,
                       "the position this makes does not fit the numbers of a day");
    *ret = booking;
    return 0;
}

int tw_position_reserve(struct symbol *symbol) {
    struct position *position = &symbol->position;
    int status = tw_array_reserve((void **)&position->lots, &position->lot_capacity,
                                  position->lot_count + 2, sizeof *position->lots);
    if (!status)
        status = tw_array_reserve((void **)&position->partials, &position->partial_capacity,
                                  position->partial_count + 1, sizeof *position->partials);
    if (!status)
        status = tw_array_room((void **)&symbol->closed, &symbol->closed_capacity,
                               symbol->closed_count + 2, sizeof *symbol->closed);
    if (!status)
        status = tw_array_room((void **)&symbol->changes, &symbol->change_capacity,
                               symbol->change_count + 2, sizeof *symbol->changes);
    if (!status)
        status = tw_array_reserve((void **)&symbol->inferred, &symbol->inferred_capacity,
                                  symbol->inferred_count + 1, sizeof *symbol->inferred);
    return status;
}

static void release(struct position *position, int64_t qty) {
    size_t gone = 0;
    int64_t left = qty;
    while (left > 0) {
        assert(gone < position->lot_count);
        struct lot *lot = &position->lots[gone];
        if (lot->qty_e8 <= left) {
            left -= lot->qty_e8;
            gone++;
            continue;
        }
        lot->cost_e16 -= share_of_cost(lot, left);
        lot->fee_e8 -= (int64_t)tw_share_half_even(lot->fee_e8, left, lot->qty_e8);
        lot->qty_e8 -= left;
        left = 0;
    }
    position->lot_count -= gone;
    memmove(position->lots, position->lots + gone, position->lot_count * sizeof *position->lots);
}

static void add_lot(struct position *position, int64_t method, const struct entry *entry,
                    int64_t qty, int64_t fee_e8) {
    struct lot lot = {.qty_e8 = qty, .entered_qty_e8 = qty, .seq = entry->seq, .fee_e8 = fee_e8};
    lot.cost_known = entry->price_e8 != TW_UNKNOWN;
    lot.cost_e16 = lot.cost_known ? (tw_int128)entry->price_e8 * qty : 0;
    if (method == TW_COST_METHOD_FIFO || position->lot_count == 0) {
        assert(position->lot_count < position->lot_capacity);
        position->lots[position->lot_count++] = lot;
        return;
    }
    struct lot *all = &position->lots[0];
    all->qty_e8 += lot.qty_e8;
    all->entered_qty_e8 += lot.qty_e8;
    all->cost_e16 += lot.cost_e16;
    all->cost_known = all->cost_known && lot.cost_known;
    all->fee_e8 += lot.fee_e8;
}

const struct trade *tw_position_close(struct symbol *symbol, const struct entry *entry) {
    struct position *position = &symbol->position;
    struct trade *trade = &position->trade;
    trade->close_seq = entry->seq;
    trade->close_ns = entry->time_ns;
    assert(symbol->closed_count < symbol->closed_capacity);
    symbol->closed[symbol->closed_count++] = *trade;
    symbol->trades_closed++;
    if (symbol->plan.side == position->side)
        tw_plan_clear(&symbol->plan, 0);
    struct lot *lots = position->lots;
    struct partial_exit *partials = position->partials;
    size_t lot_capacity = position->lot_capacity, partial_capacity = position->partial_capacity;
    memset(position, 0, sizeof *position);
    position->lots = lots;
    position->partials = partials;
    position->lot_capacity = lot_capacity;
    position->partial_capacity = partial_capacity;
    return &symbol->closed[symbol->closed_count - 1];
}

static void open_trade(struct position *position, int64_t side, const struct entry *entry) {
    position->side = side;
    position->trade.side = side;
    position->trade.open_seq = entry->seq;
    position->trade.open_ns = entry->time_ns;
    position->trade.entry_path = TW_NONE;
}

void tw_position_grow(struct symbol *symbol, int64_t method, const struct entry *entry, int64_t qty,
                      int64_t fee_e8, int external) {
    struct position *position = &symbol->position;
    if (position->side == 0)
        open_trade(position, side_of(entry->action), entry);
    add_lot(position, method, entry, qty, fee_e8);
    position->qty_e8 += qty;
    position->shares_e8 += qty;
    if (external)
        position->external_e8 += qty;
    position->trade.entered_qty_e8 += qty;
    if (entry->price_e8 == TW_UNKNOWN)
        position->trade.values_unknown = 1;
    else
        position->trade.entered_value_e16 += (tw_int128)entry->price_e8 * qty;
}

void tw_position_shrink(struct symbol *symbol, const struct entry *entry, int64_t qty) {
    struct position *position = &symbol->position;
    release(position, qty);
    position->qty_e8 -= qty;
    if (position->external_e8 > position->qty_e8)
        position->external_e8 = position->qty_e8;
    position->trade.exited_qty_e8 += qty;
    if (entry->price_e8 == TW_UNKNOWN)
        position->trade.values_unknown = 1;
    else
        position->trade.exited_value_e16 += (tw_int128)entry->price_e8 * qty;
}

void tw_position_set_cost(struct position *position, int64_t price_e8, uint64_t seq) {
    struct lot all = {.qty_e8 = position->qty_e8,
                      .entered_qty_e8 = position->qty_e8,
                      .cost_e16 = (tw_int128)price_e8 * position->qty_e8,
                      .cost_known = 1,
                      .seq = seq};
    for (size_t i = 0; i < position->lot_count; i++)
        all.fee_e8 += position->lots[i].fee_e8;
    position->lots[0] = all;
    position->lot_count = 1;
}

void tw_plan_clear(struct plan_data *plan, int64_t side) {
    memset(plan, 0, sizeof *plan);
    plan->side = side;
    plan->pivot_e8 = plan->stop_e8 = plan->target1_e8 = plan->target2_e8 = TW_UNKNOWN;
    plan->entry_path = plan->note = plan->stop_order = TW_NONE;
}
