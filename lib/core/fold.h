/* The fold: two functions. `check` may refuse and changes nothing that anybody can see; `apply`
 * cannot fail. The log holds only what check let pass, so on replay a refusal is damage. Pure: no
 * clock, no I/O; time, seq and date are in the event. */
#ifndef TW_CORE_FOLD_H
#define TW_CORE_FOLD_H

#include "core/state.h"
#include "tradewal.h"

/* May the event (time, seq, date and source set) be folded in? 0; TW_E_DUPLICATE, TW_E_REFUSED,
 * TW_E_GATED, TW_E_DATE, TW_E_RANGE, TW_E_TEXT, TW_E_UNKNOWN_NAME, TW_E_NOMEM; TW_E_HISTORY when it
 * cannot be told without records before state->history_from. Reserves what apply will need. */
int tw_fold_check(struct state *state, const tw_event *event, tw_error *why);

/* Folds in an event that check, the last call on this state, let pass. */
void tw_fold_apply(struct state *state, const tw_event *event);

/* 1 for what prepares a new or a larger position, which gates are for; never for an exit. */
int tw_fold_is_entry(const tw_event *event);

/* check and apply. */
int tw_fold(struct state *state, const tw_event *event, tw_error *why);

/* The same for an event that tw_record_decode has just delivered, which made sure already of all
 * that can be told of an event alone. */
int tw_fold_decoded(struct state *state, const tw_event *event, tw_error *why);

/* The event is to be folded in after another one: lets the processor fetch what that will look at
 * first, for the names of a day are more than its caches hold. */
void tw_fold_expect(const struct state *state, const tw_event *event);

#endif
