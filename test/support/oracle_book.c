/* The oracle: positions, cost and realized results, from flat to flat. */
#include <string.h>

#include "oracle.h"

/* n / d to the nearest, to the even one of two; d > 0. */
static tw_int128 round_even(tw_int128 n, tw_int128 d) {
    tw_int128 quotient = n / d;
    if (n % d < 0)
        quotient--;
    tw_int128 rest = n - quotient * d;
    if (2 * rest > d || (2 * rest == d && quotient % 2 != 0))
        quotient++;
    return quotient;
}

struct taken {
    tw_int128 cost;
    int known;
};

/* Takes a quantity off the oldest lots. A lot that goes as a whole takes all of its cost along, of
 * another one it is the share, rounded half to even at 1e-8. */
static struct taken take(struct oracle_position *position, int64_t qty) {
    struct taken taken = {0, 1};
    while (qty > 0) {
        struct oracle_lot *lot = &position->lots[0];
        int64_t part = qty < lot->qty ? qty : lot->qty;
        tw_int128 cost = lot->cost;
        if (part < lot->qty)
            cost = round_even(lot->cost * part, (tw_int128)lot->qty * TW_E8) * TW_E8;
        taken.cost += cost;
        taken.known = taken.known && lot->cost_known;
        lot->cost -= cost;
        lot->qty -= part;
        position->qty -= part;
        qty -= part;
        if (lot->qty == 0)
            memmove(lot, lot + 1, --position->lot_count * sizeof *lot);
    }
    if (position->external > position->qty)
        position->external = position->qty;
    return taken;
}

static void put(struct oracle_position *position, int64_t method, int64_t side, int64_t qty,
                int64_t price) {
    struct oracle_lot lot = {qty, price == TW_UNKNOWN ? 0 : (tw_int128)price * qty,
                             price != TW_UNKNOWN};
    position->side = side;
    position->qty += qty;
    position->shares += qty;
    position->lots[position->lot_count++] = lot;
    if (method == TW_COST_METHOD_AVERAGE && position->lot_count == 2) {
        position->lots[0].qty += lot.qty;
        position->lots[0].cost += lot.cost;
        position->lots[0].cost_known = position->lots[0].cost_known && lot.cost_known;
        position->lot_count = 1;
    }
}

/* Flat: the trade is over. */
static void end_trade(struct oracle_position *position) {
    position->trades++;
    position->side = position->shares = position->external = 0;
    position->estimated = position->carried_from = 0;
}

static void execute(struct oracle_position *position, int64_t method, int64_t multiplier,
                    struct oracle_execution *execution) {
    int64_t side = execution->action == TW_ACTION_BUY ? TW_SIDE_LONG : TW_SIDE_SHORT;
    int64_t left = execution->qty;
    execution->trade = position->trades;
    execution->realized = execution->closed_qty = 0;
    if (position->side && position->side != side) {
        int64_t closed = left < position->qty ? left : position->qty;
        struct taken taken = take(position, closed);
        execution->closed_qty = closed;
        execution->realized = TW_UNKNOWN;
        if (taken.known && execution->price != TW_UNKNOWN) {
            tw_int128 gain = (tw_int128)execution->price * closed - taken.cost;
            if (side == TW_SIDE_LONG)
                gain = -gain;
            execution->realized = (int64_t)round_even(gain * multiplier, (tw_int128)TW_E8 * TW_E8);
        }
        left -= closed;
        if (position->qty == 0)
            end_trade(position);
    }
    if (left == 0)
        return;
    put(position, method, side, left, execution->price);
    if (execution->is_external)
        position->external += left;
}

/* The quantity becomes what the event says. What that closes has no price. */
static void become(struct oracle_position *position, int64_t method, int64_t side, int64_t qty,
                   int64_t cost) {
    int64_t keep = position->side == side ? qty : 0;
    if (position->side && keep < position->qty) {
        position->adjusted[position->trades]++;
        position->closed_by_adjusting++;
        take(position, position->qty - keep);
        if (position->qty == 0)
            end_trade(position);
    } else if (position->side && keep == position->qty && cost != TW_UNKNOWN) {
        position->lot_count = 1;
        position->lots[0].qty = qty;
        position->lots[0].cost = (tw_int128)cost * qty;
        position->lots[0].cost_known = 1;
    }
    if (qty > position->qty)
        put(position, method, side, qty - position->qty, cost);
}

static int64_t number_of(tw_maybe maybe) {
    return maybe.known ? maybe.value : TW_UNKNOWN;
}

static void adjust(const tw_position_adjusted *adjusted, int64_t method,
                   struct oracle_position *position) {
    become(position, method, adjusted->side, adjusted->qty_e8, number_of(adjusted->avg_cost_e8));
    if (position->side)
        position->estimated = adjusted->estimated;
}

static void begin(const struct oracle *oracle, size_t count, const char *symbol, int64_t method,
                  struct oracle_position *position) {
    memset(position, 0, sizeof *position);
    for (size_t i = 0; i < count; i++) {
        const tw_event *event = &oracle->events[i];
        const tw_position_opening *opening = &event->as.position_opening;
        if (event->type != TW_TYPE_position_opening || !same(opening->symbol, symbol))
            continue;
        put(position, method, opening->side, opening->qty_e8, number_of(opening->avg_cost_e8));
        position->carried_from = opening->from_date.known ? opening->from_date.value : 0;
    }
}

/* What was held before the day comes first; then everything in its order, a correction in the place
 * of what it corrects. */
void oracle_work_out(const struct oracle *oracle, size_t count, const char *symbol,
                     struct oracle_table *table, struct oracle_position *ret) {
    int64_t method = oracle_cost_method(oracle);
    int64_t multiplier = oracle_multiplier(oracle, count, symbol);
    begin(oracle, count, symbol, method, ret);
    for (size_t i = 0; i < count; i++) {
        const tw_event *event = &oracle->events[i];
        for (size_t k = 0; k < table->count; k++) {
            struct oracle_execution *execution = &table->executions[k];
            if (execution->root == i && !execution->is_void && same(execution->symbol, symbol))
                execute(ret, method, multiplier, execution);
        }
        if (event->type == TW_TYPE_position_adjusted &&
            same(event->as.position_adjusted.symbol, symbol))
            adjust(&event->as.position_adjusted, method, ret);
    }
}
