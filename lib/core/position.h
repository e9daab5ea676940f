/* Positions: lots, what an execution takes off or adds, trades from flat to flat. Pure.
 *
 * A change is planned first (which may fail, and touches nothing) and made then (which cannot
 * fail). Cost is kept as price x quantity in 1e-16, without the multiplier; a partial close takes
 * off its share rounded half to even at 1e-8, so that what is left and what was taken always add
 * up. */
#ifndef TW_CORE_POSITION_H
#define TW_CORE_POSITION_H

#include "core/state.h"
#include "tradewal.h"

/* One change of quantity. */
struct entry {
    int64_t action; /* TW_ACTION_* */
    int64_t qty_e8;
    int64_t price_e8; /* or TW_UNKNOWN */
    int64_t fee_e8;   /* or TW_UNKNOWN */
    uint64_t seq;
    int64_t time_ns;
};

struct booking {
    int64_t closed_qty_e8, opened_qty_e8;
    tw_int128 released_e16; /* cost of what closed */
    int64_t released_known;
    int64_t released_fee_e8; /* its opening fees */
    int64_t opened_fee_e8;   /* of the entry's fee, the share of what opened; 0 if not known */
    int64_t realized_e8; /* result of prices alone; TW_UNKNOWN if a price or cost is not known */
};

/* What the entry would close and open. TW_E_RANGE when a number would not fit. */
int tw_position_plan(const struct symbol *symbol, const struct entry *entry, struct booking *ret,
                     tw_error *why);

/* May a fee, or a change of one, still be added to those of the lots? 0 or TW_E_RANGE. */
int tw_position_check_fee(const struct position *position, tw_int128 more_e8);

/* Room for one more change of a symbol: lots, closed trades, changes, partials. 0 or TW_E_NOMEM. */
int tw_position_reserve(struct symbol *symbol);

/* Takes qty off the open position, which has at least that. */
void tw_position_shrink(struct symbol *symbol, const struct entry *entry, int64_t qty);

/* Adds qty; opens a trade if the position is flat. */
void tw_position_grow(struct symbol *symbol, int64_t method, const struct entry *entry, int64_t qty,
                      int64_t fee_e8, int external);

/* The position has come to 0: its trade goes to the closed ones, its plan goes. Returns the trade.
 */
const struct trade *tw_position_close(struct symbol *symbol, const struct entry *entry);

/* Says what all that is open has cost per unit. */
void tw_position_set_cost(struct position *position, int64_t price_e8, uint64_t seq);

/* A plan that says nothing yet, for a side (0: there is none). */
void tw_plan_clear(struct plan_data *plan, int64_t side);

#endif
