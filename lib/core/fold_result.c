/* The fold of what is told of an execution later: its commission and its booked result. Pure. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/book.h"
#include "core/fold_internal.h"
#include "core/position.h"
#include "core/schema.h"

static int find_booked(struct state *state, const tw_event *event, const char *exec_id,
                       uint32_t *ret_id, tw_error *why) {
    char shown[80];
    int status = tw_fold_find_execution(state, event, exec_id, ret_id, why);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_REFUSED, "no execution %s is in the log: append the fill first",
                       tw_text_show(exec_id, strlen(exec_id), shown, sizeof shown));
    if (status)
        return status;
    if (*ret_id == TW_NONE)
        return tw_fail(why, TW_E_HISTORY, "execution %s lies before the snapshot",
                       tw_text_show(exec_id, strlen(exec_id), shown, sizeof shown));
    *ret_id = tw_fold_live(state, *ret_id);
    return 0;
}

/* How much more its fee is than what was known of it. */
static tw_int128 fee_change(const struct execution *execution, const tw_commission *commission) {
    int64_t before = execution->fee_e8 == TW_UNKNOWN ? 0 : execution->fee_e8;
    return (tw_int128)commission->fee_e8 - before;
}

/* Would the day's sum fit if the execution came to this? */
static int check_result(const struct state *state, uint32_t id, const struct execution *changed,
                        tw_error *why) {
    const struct execution *now = &state->executions[id];
    int ignored;
    if (now->flags & EXECUTION_VOID)
        return 0;
    tw_int128 more = (tw_int128)tw_state_execution_result(changed, &ignored) -
                     tw_state_execution_result(now, &ignored);
    return tw_book_check_sum(state, tw_state_currency(state, now->symbol), more, why);
}

int tw_check_commission(struct state *state, const tw_event *event, tw_error *why) {
    const tw_commission *commission = &event->as.commission;
    uint32_t id;
    int status = find_booked(state, event, commission->exec_id, &id, why);
    if (status)
        return status;
    struct execution execution = state->executions[id];
    int64_t realized = execution.realized_e8 == TW_UNKNOWN ? 0 : execution.realized_e8;
    int64_t ignored;
    tw_int128 more = fee_change(&execution, commission);
    const struct position *position = &state->symbols[execution.symbol].position;
    if (tw_decimal_sub(realized, commission->fee_e8, &ignored) ||
        tw_position_check_fee(position, more))
        return tw_fail(why, TW_E_RANGE, "the fee makes the result too large for 64 bits");
    execution.fee_e8 = commission->fee_e8;
    return check_result(state, id, &execution, why);
}

void tw_apply_commission(struct state *state, const tw_event *event) {
    const tw_commission *commission = &event->as.commission;
    uint32_t id = tw_fold_live(state, tw_state_find_execution(state, commission->exec_id));
    struct execution *execution = &state->executions[id];
    int counted = !(execution->flags & EXECUTION_VOID);
    tw_int128 more = fee_change(execution, commission);
    if (counted)
        tw_book_take_out(state, execution);
    execution->fee_e8 = commission->fee_e8;
    if (counted) {
        tw_book_put_in(state, execution);
        tw_book_late_fee(state, execution, more);
    }
    if (commission->realized_e8.known)
        execution->broker_realized_e8 = commission->realized_e8.value;
}

static int check_pnl_of_execution(struct state *state, const tw_event *event, tw_error *why) {
    const tw_pnl *pnl = &event->as.pnl;
    uint32_t id;
    if (pnl->reason != TW_PNL_REALIZED && pnl->reason != TW_PNL_CORRECTION)
        return tw_fail(why, TW_E_REFUSED,
                       "the %s of an execution is a commission event, expected realized or "
                       "correction",
                       tw_text_of("pnl_reason", pnl->reason));
    int status = find_booked(state, event, pnl->exec_id, &id, why);
    if (status)
        return status;
    const struct execution *execution = &state->executions[id];
    const char *symbol = tw_state_symbol_name(state, execution->symbol);
    if (pnl->symbol && strcmp(pnl->symbol, symbol) != 0)
        return tw_fail(why, TW_E_REFUSED, "execution %s is of %s, the pnl says %s", pnl->exec_id,
                       symbol, pnl->symbol);
    const char *currency = tw_state_currency(state, execution->symbol);
    if (pnl->currency && strcmp(pnl->currency, currency) != 0)
        return tw_fail(why, TW_E_REFUSED, "execution %s is in %s, the pnl says %s", pnl->exec_id,
                       currency, pnl->currency);
    struct execution changed = *execution;
    changed.booked_e8 = pnl->amount_e8;
    return check_result(state, id, &changed, why);
}

int tw_check_pnl(struct state *state, const tw_event *event, tw_error *why) {
    const tw_pnl *pnl = &event->as.pnl;
    if (pnl->exec_id)
        return check_pnl_of_execution(state, event, why);
    const char *currency = pnl->currency;
    if (!currency && pnl->symbol)
        currency = tw_state_text(state, tw_fold_slot(state, pnl->symbol)->currency);
    if (!currency)
        currency = tw_state_base_currency(state);
    return tw_book_check_sum(state, currency, pnl->amount_e8, why);
}

void tw_apply_pnl(struct state *state, const tw_event *event) {
    const tw_pnl *pnl = &event->as.pnl;
    if (pnl->exec_id) {
        uint32_t id = tw_fold_live(state, tw_state_find_execution(state, pnl->exec_id));
        struct execution *execution = &state->executions[id];
        int counted = !(execution->flags & EXECUTION_VOID);
        if (counted)
            tw_book_take_out(state, execution);
        execution->booked_e8 = pnl->amount_e8;
        if (counted)
            tw_book_put_in(state, execution);
        return;
    }
    text_id currency = tw_fold_text(state, pnl->currency);
    if (pnl->symbol) {
        struct symbol *symbol = tw_fold_symbol(state, pnl->symbol, NULL);
        if (currency == TW_NONE)
            currency = symbol->currency;
    }
    tw_book_money(state, currency)->result_e8 += pnl->amount_e8;
}
