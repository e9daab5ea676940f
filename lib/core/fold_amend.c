/* The fold of what changes executions and quantities afterwards: corrections, busts, superseded
 * inferences, opening and adjusted positions. Pure. */
#include <assert.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "core/book.h"
#include "core/fold_internal.h"
#include "core/position.h"
#include "core/schema.h"

static const char *show(const char *text, char out[80]) {
    return tw_text_show(text, strlen(text), out, 80);
}

/* The execution that is to be amended: booked, not void, with all of its symbol's changes at hand.
 */
static int find_amended(struct state *state, const tw_event *event, const char *exec_id,
                        uint32_t *ret_id, tw_error *why) {
    char shown[80];
    uint32_t id;
    int status = tw_fold_find_execution(state, event, exec_id, &id, why);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_REFUSED, "no execution %s is in the log", show(exec_id, shown));
    if (status)
        return status;
    if (id == TW_NONE)
        return tw_fail(why, TW_E_HISTORY, "execution %s lies before the snapshot",
                       show(exec_id, shown));
    const struct execution *execution = &state->executions[id];
    if (execution->replaced_by != TW_NONE)
        return tw_fail(why, TW_E_REFUSED, "execution %s was replaced by %s", show(exec_id, shown),
                       tw_state_exec_name(state, execution->replaced_by));
    if (execution->flags & EXECUTION_VOID)
        return tw_fail(why, TW_E_REFUSED, "execution %s was voided before", show(exec_id, shown));
    *ret_id = id;
    return tw_fold_needs_changes(&state->symbols[execution->symbol],
                                 tw_state_symbol_name(state, execution->symbol), why);
}

/* The id of the correction or bust itself: new, or the one it amends. */
static int check_own_id(struct state *state, const tw_event *event, const char *exec_id,
                        const char *corrects, tw_error *why) {
    uint32_t id;
    char shown[80];
    if (strcmp(exec_id, corrects) == 0)
        return 0;
    int status = tw_fold_find_execution(state, event, exec_id, &id, why);
    if (status == 0)
        return tw_fail(why, TW_E_DUPLICATE, "execution %s is in the log", show(exec_id, shown));
    return status == TW_E_NOT_FOUND ? 0 : status;
}

static struct inferred *find_inferred(struct state *state, uint32_t id) {
    struct symbol *symbol = &state->symbols[state->executions[id].symbol];
    for (size_t i = 0; i < symbol->inferred_count; i++)
        if (symbol->inferred[i].seq == state->executions[id].seq)
            return &symbol->inferred[i];
    return NULL;
}

static void drop_inferred(struct state *state, uint32_t id) {
    struct symbol *symbol = &state->symbols[state->executions[id].symbol];
    struct inferred *gone = find_inferred(state, id);
    assert(gone);
    size_t behind = (size_t)(&symbol->inferred[symbol->inferred_count] - (gone + 1));
    memmove(gone, gone + 1, behind * sizeof *gone);
    symbol->inferred_count--;
}

/* ---- fill_corrected ------------------------------------------------------------------------ */

int tw_check_fill_corrected(struct state *state, const tw_event *event, tw_error *why) {
    const tw_fill_corrected *corrected = &event->as.fill_corrected;
    uint32_t id = TW_NONE;
    int status = check_own_id(state, event, corrected->exec_id, corrected->corrects, why);
    if (!status)
        status = find_amended(state, event, corrected->corrects, &id, why);
    if (status)
        return status;
    const struct execution *execution = &state->executions[id];
    status = tw_fold_check_price(state, &state->symbols[execution->symbol], "the price",
                                 corrected->price_e8, why);
    if (status)
        return status;
    struct amendment amendment = {.execution = id,
                                  .qty_e8 = corrected->qty_e8,
                                  .price_e8 = corrected->price_e8,
                                  .fee_e8 = corrected->fee_e8.known ? corrected->fee_e8.value
                                                                    : execution->fee_e8};
    return tw_book_plan_again(state, execution->symbol, &amendment, why);
}

/* A correction under a new id takes the old one's place among the changes. */
static uint32_t replace(struct state *state, uint32_t old, const char *exec_id) {
    uint32_t id;
    tw_fold_new_execution(state, exec_id, &id);
    state->executions[id] = state->executions[old];
    state->executions[old].flags |= EXECUTION_VOID;
    state->executions[old].replaced_by = id;
    struct symbol *symbol = &state->symbols[state->executions[id].symbol];
    for (size_t i = 0; i < symbol->change_count; i++)
        if (symbol->changes[i].kind == CHANGE_EXECUTION && symbol->changes[i].execution == old)
            symbol->changes[i].execution = id;
    if (state->executions[id].flags & EXECUTION_PARTIAL)
        tw_fold_text(state, exec_id);
    return id;
}

void tw_apply_fill_corrected(struct state *state, const tw_event *event) {
    const tw_fill_corrected *corrected = &event->as.fill_corrected;
    uint32_t id = tw_state_find_execution(state, corrected->corrects);
    uint32_t symbol = state->executions[id].symbol;
    int64_t more = corrected->qty_e8 - state->executions[id].qty_e8;
    int64_t side = tw_book_again_begin(state, symbol);
    if (strcmp(corrected->exec_id, corrected->corrects) != 0)
        id = replace(state, id, corrected->exec_id);
    struct execution *execution = &state->executions[id];
    execution->qty_e8 = corrected->qty_e8;
    execution->price_e8 = corrected->price_e8;
    execution->flags |= EXECUTION_CORRECTED;
    if (corrected->fee_e8.known)
        execution->fee_e8 = corrected->fee_e8.value;
    if (execution->flags & EXECUTION_INFERRED) {
        struct inferred *stand_in = find_inferred(state, id);
        stand_in->exec_id = tw_fold_text(state, corrected->exec_id);
        stand_in->qty_e8 = corrected->qty_e8;
    }
    /* What the host booked was the result of other numbers. */
    execution->booked_e8 = TW_UNKNOWN;
    tw_book_again_end(state, symbol, side);
    tw_fold_order_filled(state, execution->order, more, event);
}

/* ---- fill_busted, inferred_superseded ------------------------------------------------------ */

static int check_void(struct state *state, uint32_t id, tw_error *why) {
    struct amendment amendment = {.execution = id, .void_it = 1};
    return tw_book_plan_again(state, state->executions[id].symbol, &amendment, why);
}

static void void_execution(struct state *state, uint32_t id, const tw_event *event) {
    struct execution *execution = &state->executions[id];
    int64_t side = tw_book_again_begin(state, execution->symbol);
    execution->flags |= EXECUTION_VOID;
    if (execution->flags & EXECUTION_INFERRED)
        drop_inferred(state, id);
    tw_book_again_end(state, execution->symbol, side);
    tw_fold_order_filled(state, execution->order, -execution->qty_e8, event);
}

int tw_check_fill_busted(struct state *state, const tw_event *event, tw_error *why) {
    const tw_fill_busted *busted = &event->as.fill_busted;
    uint32_t id = TW_NONE;
    int status = check_own_id(state, event, busted->exec_id, busted->corrects, why);
    if (!status)
        status = find_amended(state, event, busted->corrects, &id, why);
    return status ? status : check_void(state, id, why);
}

void tw_apply_fill_busted(struct state *state, const tw_event *event) {
    const tw_fill_busted *busted = &event->as.fill_busted;
    uint32_t id = tw_state_find_execution(state, busted->corrects);
    void_execution(state, id, event);
    if (strcmp(busted->exec_id, busted->corrects) == 0)
        return;
    /* The bust's own id counts as seen: the same message again is a duplicate. */
    uint32_t own;
    struct execution *execution = tw_fold_new_execution(state, busted->exec_id, &own);
    execution->seq = event->seq;
    execution->time_ns = event->time_ns;
    execution->symbol = state->executions[id].symbol;
    execution->action = state->executions[id].action;
    execution->flags = EXECUTION_VOID;
}

int tw_check_inferred_superseded(struct state *state, const tw_event *event, tw_error *why) {
    const tw_inferred_superseded *superseded = &event->as.inferred_superseded;
    uint32_t id = TW_NONE;
    int status = find_amended(state, event, superseded->exec_id, &id, why);
    if (status)
        return status;
    if (!(state->executions[id].flags & EXECUTION_INFERRED))
        return tw_fail(why, TW_E_REFUSED,
                       "execution %s is a real one, only an inferred one can be "
                       "superseded",
                       superseded->exec_id);
    return check_void(state, id, why);
}

void tw_apply_inferred_superseded(struct state *state, const tw_event *event) {
    const tw_inferred_superseded *superseded = &event->as.inferred_superseded;
    void_execution(state, tw_state_find_execution(state, superseded->exec_id), event);
}

/* ---- position_opening ---------------------------------------------------------------------- */

static struct change opening_of(const tw_event *event) {
    const tw_position_opening *opening = &event->as.position_opening;
    struct change change = {.kind = CHANGE_OPENING,
                            .execution = TW_NONE,
                            .side = opening->side,
                            .qty_e8 = opening->qty_e8,
                            .cost_e8 = tw_or_unknown(opening->avg_cost_e8),
                            .time_ns = event->time_ns,
                            .date = opening->from_date.known ? opening->from_date.value : 0,
                            .seq = event->seq,
                            .entry_path = TW_NONE};
    return change;
}

int tw_check_position_opening(struct state *state, const tw_event *event, tw_error *why) {
    const tw_position_opening *opening = &event->as.position_opening;
    struct symbol *symbol = tw_fold_slot(state, opening->symbol);
    int status = tw_fold_check_price(state, symbol, "the average cost",
                                     tw_or_unknown(opening->avg_cost_e8), why);
    if (!status)
        status = tw_fold_needs_changes(symbol, opening->symbol, why);
    if (status)
        return status;
    if (opening->from_date.known && opening->from_date.value >= event->trading_date)
        return tw_fail(why, TW_E_REFUSED, "from_date is %s, expected a date before the session's",
                       tw_date_text(opening->from_date.value).text);
    if (symbol->change_count > 0 && symbol->changes[0].kind == CHANGE_OPENING)
        return tw_fail(why, TW_E_REFUSED, "%s has its opening position already", opening->symbol);
    struct change change = opening_of(event);
    struct amendment amendment = {.execution = TW_NONE, .opening = &change};
    uint32_t id = tw_state_find_symbol(state, opening->symbol);
    /* A symbol that is new today is rehearsed in the slot that it would get. */
    if (id == TW_NONE)
        id = tw_state_symbol_count(state);
    return tw_book_plan_again(state, id, &amendment, why);
}

/* It was there before the first record of the day: it is folded before them. */
void tw_apply_position_opening(struct state *state, const tw_event *event) {
    uint32_t id;
    struct symbol *symbol = tw_fold_symbol(state, event->as.position_opening.symbol, &id);
    int64_t side = tw_book_again_begin(state, id);
    tw_fold_add_change(symbol, event, CHANGE_OPENING);
    memmove(&symbol->changes[1], &symbol->changes[0],
            (symbol->change_count - 1) * sizeof *symbol->changes);
    symbol->changes[0] = opening_of(event);
    if (symbol->plan.side == event->as.position_opening.side)
        symbol->changes[0].entry_path = symbol->plan.entry_path;
    tw_book_again_end(state, id, side);
}

/* ---- position_adjusted --------------------------------------------------------------------- */

static struct change adjustment_of(const tw_event *event) {
    const tw_position_adjusted *adjusted = &event->as.position_adjusted;
    struct change change = {.kind = CHANGE_ADJUSTED,
                            .execution = TW_NONE,
                            .side = adjusted->side,
                            .qty_e8 = adjusted->qty_e8,
                            .cost_e8 = tw_or_unknown(adjusted->avg_cost_e8),
                            .estimated = adjusted->estimated,
                            .time_ns = event->time_ns,
                            .seq = event->seq,
                            .entry_path = TW_NONE};
    return change;
}

int tw_check_position_adjusted(struct state *state, const tw_event *event, tw_error *why) {
    const tw_position_adjusted *adjusted = &event->as.position_adjusted;
    struct symbol *symbol = tw_fold_slot(state, adjusted->symbol);
    const struct position *position = &symbol->position;
    int64_t cost = tw_or_unknown(adjusted->avg_cost_e8);
    int status = tw_fold_check_price(state, symbol, "the average cost", cost, why);
    if (status)
        return status;
    int same_side = position->side == adjusted->side;
    struct entry entry = {.action = adjusted->side == TW_SIDE_LONG ? TW_ACTION_BUY : TW_ACTION_SELL,
                          .price_e8 = cost,
                          .fee_e8 = 0,
                          .seq = event->seq,
                          .time_ns = event->time_ns};
    /* The whole of what will be open must fit, also where only its cost is set anew. */
    entry.qty_e8 = adjusted->qty_e8;
    struct symbol flat = *symbol;
    memset(&flat.position, 0, sizeof flat.position);
    struct booking booking;
    if (adjusted->qty_e8 > 0)
        status = tw_position_plan(&flat, &entry, &booking, why);
    if (!status && same_side && adjusted->qty_e8 > position->qty_e8) {
        entry.qty_e8 = adjusted->qty_e8 - position->qty_e8;
        status = tw_position_plan(symbol, &entry, &booking, why);
    }
    return status;
}

void tw_apply_position_adjusted(struct state *state, const tw_event *event) {
    uint32_t id;
    struct symbol *symbol = tw_fold_symbol(state, event->as.position_adjusted.symbol, &id);
    struct change *change = tw_fold_add_change(symbol, event, CHANGE_ADJUSTED);
    struct change adjustment = adjustment_of(event);
    adjustment.closes = tw_book_adjustment_closes(&symbol->position, &adjustment);
    *change = adjustment;
    tw_book_adjusted(state, id, change);
    if (symbol->position.side && symbol->position.trade.open_seq == event->seq &&
        symbol->plan.side == symbol->position.side) {
        change->entry_path = symbol->plan.entry_path;
        symbol->position.trade.entry_path = change->entry_path;
    }
}
