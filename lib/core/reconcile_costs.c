/* Costs and results beside the broker's, as they will be once the repairs are in the log (D9, D30).
 * Pure.
 */
#include <assert.h>

#include "core/reconcile_internal.h"

/* Half a cent, and a cent. */
#define SLACK_E8 (TW_E8 / 200)
#define CENT_E8  (TW_E8 / 100)

static int64_t magnitude(int64_t value) {
    return value < 0 ? -value : value;
}

/* ---- D9 ------------------------------------------------------------------------------------ */

/* Fees of what is open, per unit: what a broker adds to the cost of a long position, and takes off
 * that of a short one. 1 when it is known and fits. */
static int fee_per_unit(const struct symbol *symbol, int64_t *ret_e8) {
    const struct position *position = &symbol->position;
    tw_int128 fees = 0, value;
    for (size_t i = 0; i < position->lot_count; i++)
        fees += position->lots[i].fee_e8;
    if (position->side == TW_SIDE_SHORT)
        fees = -fees;
    if (tw_multiply_128(position->qty_e8, symbol->multiplier_e8, &value) || value <= 0 ||
        tw_multiply_128(fees, (tw_int128)TW_E8 * TW_E8, &fees))
        return 0;
    return tw_narrow_64(tw_divide_half_even(fees, value), ret_e8) == 0;
}

static int is_explained(const struct symbol *symbol, int64_t ours_e8, int64_t theirs_e8) {
    int64_t fee, with_fees, apart;
    if (!fee_per_unit(symbol, &fee) || tw_decimal_add(ours_e8, fee, &with_fees) ||
        tw_decimal_sub(with_fees, theirs_e8, &apart))
        return 0;
    int64_t slack = magnitude(theirs_e8) / 10000;
    return magnitude(apart) <= (slack > SLACK_E8 ? slack : SLACK_E8);
}

/* 1 when the averages differ: the finding says it. */
static int compare_cost(struct run *run, uint32_t id, const struct symbol *symbol) {
    const struct subject *subject = &run->subjects[id];
    int64_t cost;
    if (!subject->holding || !subject->holding->avg_cost_e8.known ||
        tw_state_average_cost(&symbol->position, &cost))
        return 0;
    int64_t theirs_e8 = subject->holding->avg_cost_e8.value;
    if (cost == theirs_e8)
        return 0;
    char held[TW_QUANTITY_TEXT_BYTES];
    char ours[TW_DECIMAL_TEXT_BYTES], theirs[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(cost, ours);
    tw_decimal_format(theirs_e8, theirs);
    tw_reconcile_quantity(subject->theirs_e8, "-", held);
    int explained = is_explained(symbol, cost, theirs_e8);
    tw_reconcile_find(run, 9, id, NULL, tw_reconcile_keepf(run, "%s @ %s", held, ours),
                      tw_reconcile_keepf(run, "%s @ %s", held, theirs), TW_FINDING_NOTE,
                      FOUND_OPEN | (explained ? 0u : FOUND_DIFFERS),
                      "same quantity, average cost differs: %s; the entry price is kept",
                      explained ? "explained by commissions" : "not explained by commissions");
    return 1;
}

/* ---- D30 ----------------------------------------------------------------------------------- */

struct results {
    tw_int128 ours_e8, theirs_e8;
    size_t compared, pending;
};

/* The broker's result of a closing execution has both its fees in it: that of the way in as well.
 */
static int computed_result(const struct execution *execution, int64_t *ret_e8) {
    int64_t result;
    if (execution->realized_e8 == TW_UNKNOWN || execution->fee_e8 == TW_UNKNOWN)
        return 0;
    return tw_decimal_sub(execution->realized_e8, execution->fee_e8, &result) == 0 &&
           tw_decimal_sub(result, execution->basis_fee_e8, ret_e8) == 0;
}

static void add_result(const struct state *state, uint32_t symbol, const struct row *row,
                       struct results *results) {
    uint32_t id = tw_state_find_execution(state, row->is->exec_id);
    int64_t ours;
    if (id == TW_NONE || !row->is->realized_e8.known)
        return;
    const struct execution *execution = &state->executions[id];
    if (execution->flags & EXECUTION_VOID || execution->symbol != symbol)
        return;
    /* Some brokers say 0 for an execution that only opened. */
    if (execution->closed_qty_e8 == 0 && row->is->realized_e8.value == 0)
        return;
    if (!computed_result(execution, &ours)) {
        results->pending++;
        return;
    }
    results->compared++;
    results->ours_e8 += ours;
    results->theirs_e8 += row->is->realized_e8.value;
}

static void compare_results(struct run *run, uint32_t id, const struct state *state,
                            uint32_t symbol) {
    const struct subject *subject = &run->subjects[id];
    struct results results = {0};
    int64_t ours_e8, theirs_e8, apart;
    if (run->answer->executions_completeness != TW_ANSWER_COMPLETE)
        return;
    for (size_t i = 0; i < subject->row_count; i++)
        add_result(state, symbol, &run->rows[subject->first_row + i], &results);
    if (tw_narrow_64(results.ours_e8, &ours_e8) || tw_narrow_64(results.theirs_e8, &theirs_e8) ||
        tw_decimal_sub(ours_e8, theirs_e8, &apart))
        return;
    if (magnitude(apart) <= CENT_E8 * (int64_t)results.compared)
        return;
    char ours[TW_DECIMAL_TEXT_BYTES], theirs[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(ours_e8, ours);
    tw_decimal_format(theirs_e8, theirs);
    tw_reconcile_find(run, 30, id, NULL, ours, theirs, TW_FINDING_NOTE, FOUND_OPEN | FOUND_DIFFERS,
                      "realized P&L of %zu execution%s differs, %zu more %s pending; the log is "
                      "kept",
                      results.compared, results.compared == 1 ? "" : "s", results.pending,
                      results.pending == 1 ? "is" : "are");
}

int tw_reconcile_costs(struct run *run, uint32_t id) {
    const struct subject *subject = &run->subjects[id];
    struct state *stage = NULL;
    const struct state *state = run->state;
    if (run->failed)
        return 0;
    if (subject->repaired) {
        int status = tw_reconcile_rehearse(run, id, &stage);
        if (status)
            return status;
        state = stage;
    }
    int differs = 0;
    uint32_t symbol = tw_state_find_symbol(state, subject->name);
    if (symbol != TW_NONE) {
        assert(tw_reconcile_signed(&state->symbols[symbol].position) == subject->theirs_e8);
        differs = compare_cost(run, id, &state->symbols[symbol]);
        compare_results(run, id, state, symbol);
    }
    tw_state_free(stage);
    if (!differs && !subject->repaired && subject->theirs_e8 != 0) {
        char both[TW_QUANTITY_TEXT_BYTES];
        tw_reconcile_quantity(subject->theirs_e8, "-", both);
        tw_reconcile_agree(run, id, both, both);
    }
    return 0;
}
