/* The fold of what is told of an execution later: its commission and its booked result. Pure. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/book.h"
#include "core/fold_internal.h"
#include "core/schema.h"

static int find_booked(struct state *state, const tw_event *event, const char *exec_id,
                       uint32_t *ret_id, tw_error *why) {
    char shown[80];
    tw_text_show(exec_id, strlen(exec_id), shown, sizeof shown);
    int status = tw_fold_find_execution(state, event, exec_id, ret_id, why);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_REFUSED, "no execution %s is in the log: append the fill first",
                       shown);
    if (status)
        return status;
    if (*ret_id == TW_NONE)
        return tw_fail(why, TW_E_HISTORY, "execution %s lies before the snapshot", shown);
    *ret_id = tw_fold_live(state, *ret_id);
    return 0;
}

int tw_check_commission(struct state *state, const tw_event *event, tw_error *why) {
    const tw_commission *commission = &event->as.commission;
    uint32_t id;
    int status = find_booked(state, event, commission->exec_id, &id, why);
    if (status)
        return status;
    const struct execution *execution = &state->executions[id];
    int64_t realized = execution->realized_e8 == TW_UNKNOWN ? 0 : execution->realized_e8;
    int64_t ignored;
    if (tw_decimal_sub(realized, commission->fee_e8, &ignored))
        return tw_fail(why, TW_E_RANGE, "the fee makes the result too large for 64 bits");
    return 0;
}

void tw_apply_commission(struct state *state, const tw_event *event) {
    const tw_commission *commission = &event->as.commission;
    uint32_t id = tw_fold_live(state, tw_state_find_execution(state, commission->exec_id));
    struct execution *execution = &state->executions[id];
    struct symbol *symbol = &state->symbols[execution->symbol];
    int counted = !(execution->flags & EXECUTION_VOID);
    int64_t before = execution->fee_e8 == TW_UNKNOWN ? 0 : execution->fee_e8;
    if (counted)
        tw_book_take_out(state, execution);
    execution->fee_e8 = commission->fee_e8;
    if (counted)
        tw_book_put_in(state, execution);
    int64_t more;
    if (counted && tw_decimal_sub(commission->fee_e8, before, &more) == 0)
        tw_book_late_fee(symbol, execution, more);
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
    return 0;
}

int tw_check_pnl(struct state *state, const tw_event *event, tw_error *why) {
    const tw_pnl *pnl = &event->as.pnl;
    if (pnl->exec_id)
        return check_pnl_of_execution(state, event, why);
    for (size_t i = 0; i < state->money_count; i++) {
        int64_t ignored;
        if (tw_narrow_64(state->money[i].result_e8 + pnl->amount_e8, &ignored))
            return tw_fail(why, TW_E_RANGE, "the day's result would not fit 64 bits");
    }
    return 0;
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
