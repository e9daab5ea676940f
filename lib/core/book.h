/* Booking: what executions, openings and adjustments do to a symbol's position, its trades and the
 * money of the day. The arithmetic of the fold. Pure.
 */
#ifndef TW_CORE_BOOK_H
#define TW_CORE_BOOK_H

#include "core/state.h"
#include "tradewal.h"

/* Books a new execution of a symbol: position, trades, money, and what was computed for it. The
 * execution is filled in but for realized, closed_qty, basis_fee and trade, and is in the changes.
 */
void tw_book_execution(struct state *state, uint32_t execution);

/* What position_opening and position_adjusted do: the quantity becomes (side, qty). What closes by
 * it has no price: its result is not known. */
void tw_book_adjusted(struct state *state, uint32_t symbol, const struct change *change);

/* 1 when the adjustment closes a part of the position. */
int tw_book_adjustment_closes(const struct position *position, const struct change *change);

/* The sums of a currency (TW_NONE: the base currency), made if need be: room is reserved. */
struct money *tw_book_money(struct state *state, text_id currency);

/* A fee, a booked result or a partial mark of an execution changes: around it, take its numbers out
 * of the sums and put them in again. */
void tw_book_take_out(struct state *state, const struct execution *execution);
void tw_book_put_in(struct state *state, const struct execution *execution);

/* A closed trade is no longer counted among won and lost. */
void tw_book_uncount(struct state *state, const struct trade *trade);

/* The trade an execution's result belongs to: open or closed; NULL before history_from. */
struct trade *tw_book_trade(struct symbol *symbol, int64_t serial);

/* Adds an execution that is marked as partial to the list of the open position, if it is of it. */
void tw_book_mark_partial(struct state *state, uint32_t execution);

/* Puts more of the fee of an execution, told later, into the lot that it opened, if that is still
 * open. tw_position_check_fee has let it pass. */
void tw_book_late_fee(struct state *state, const struct execution *execution, tw_int128 more_e8);

/* Would the day's result in a currency still fit 64 bits with this on top? 0 or TW_E_RANGE. */
int tw_book_check_sum(const struct state *state, const char *currency, tw_int128 more_e8,
                      tw_error *why);

/* How an execution or the opening of a symbol is to be changed before folding it again. */
struct amendment {
    uint32_t execution; /* TW_NONE: none */
    int void_it;
    int64_t qty_e8, price_e8, fee_e8;
    const struct change *opening; /* goes before all changes; NULL: none */
};

/* Would folding the symbol's changes again with the amendment work? Reserves what it takes.
 * TW_E_RANGE, TW_E_NOMEM. */
int tw_book_plan_again(struct state *state, uint32_t symbol, const struct amendment *amendment,
                       tw_error *why);
/* Does it; the amendment to the execution itself has been made by the caller between the two calls
 * tw_book_again_begin (which takes all out of the sums and returns the side that was open) and
 * tw_book_again_end (which is told that side). */
int64_t tw_book_again_begin(struct state *state, uint32_t symbol);
void tw_book_again_end(struct state *state, uint32_t symbol, int64_t side_before);

#endif
