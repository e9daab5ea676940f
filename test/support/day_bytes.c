/* A state in bytes, for comparing. */
#include "core/image.h"
#include "events.h"
#include "harness.h"

static void put_number(struct buffer *out, int64_t number) {
    tw_buffer_put(out, &number, sizeof number);
}

static void put_wide(struct buffer *out, tw_int128 wide) {
    tw_buffer_put(out, &wide, sizeof wide);
}

static void put_text(struct buffer *out, const struct state *state, text_id text) {
    const char *words = tw_state_text(state, text);
    tw_buffer_text(out, words ? words : "(none)");
    tw_buffer_char(out, 0);
}

static void put_execution(struct buffer *out, const struct state *state, uint32_t id) {
    const struct execution *execution = &state->executions[id];
    tw_buffer_text(out, tw_state_exec_name(state, id));
    put_number(out, (int64_t)execution->seq);
    put_number(out, execution->time_ns);
    put_number(out, execution->qty_e8);
    put_number(out, execution->price_e8);
    put_number(out, execution->fee_e8);
    put_number(out, execution->booked_e8);
    put_number(out, execution->realized_e8);
    put_number(out, execution->closed_qty_e8);
    put_number(out, execution->basis_fee_e8);
    put_number(out, execution->broker_realized_e8);
    put_number(out, execution->cum_qty_e8);
    put_number(out, execution->perm_id);
    put_number(out, execution->trade);
    put_number(out, execution->symbol);
    put_number(out, execution->order);
    put_number(out, execution->replaced_by);
    put_number(out, execution->partial_target_e8);
    put_number(out, execution->partial_fraction_e8);
    put_text(out, state, execution->order_ref);
    put_text(out, state, execution->partial_reason);
    put_number(out, execution->action << 24 | execution->source << 16 | execution->kind << 8 |
                        execution->flags);
}

static void put_order(struct buffer *out, const struct state *state, uint32_t id) {
    const struct order *order = &state->orders[id];
    const int64_t numbers[] = {order->symbol,
                               order->action,
                               order->purpose,
                               order->status,
                               order->qty_e8,
                               order->filled_e8,
                               order->limit_e8,
                               order->stop_e8,
                               order->perm_id,
                               order->order_id,
                               order->client_id,
                               order->submitted_ns,
                               order->updated_ns,
                               (int64_t)order->submitted_seq,
                               (int64_t)order->updated_seq};
    tw_buffer_text(out, tw_state_order_name(state, id));
    tw_buffer_put(out, numbers, sizeof numbers);
    put_text(out, state, order->order_type);
    put_text(out, state, order->tif);
    put_text(out, state, order->reason);
}

static void put_trade(struct buffer *out, const struct state *state, const struct trade *trade) {
    put_number(out, trade->side);
    put_number(out, (int64_t)trade->open_seq);
    put_number(out, (int64_t)trade->close_seq);
    put_number(out, trade->open_ns);
    put_number(out, trade->close_ns);
    put_number(out, trade->entered_qty_e8);
    put_number(out, trade->exited_qty_e8);
    put_wide(out, trade->entered_value_e16);
    put_wide(out, trade->exited_value_e16);
    put_wide(out, trade->result_e8);
    put_number(out, trade->unknown);
    put_number(out, trade->executions);
    put_number(out, trade->partials);
    put_number(out, trade->estimated);
    put_number(out, trade->unpriced);
    put_number(out, trade->values_unknown);
    put_text(out, state, trade->entry_path);
}

static void put_history(struct buffer *out, const struct state *state,
                        const struct symbol *symbol) {
    for (size_t i = 0; i < symbol->change_count; i++) {
        const struct change *change = &symbol->changes[i];
        put_number(out, change->kind);
        put_number(out, change->execution);
        put_number(out, change->side);
        put_number(out, change->qty_e8);
        put_number(out, change->cost_e8);
        put_number(out, change->estimated);
        put_number(out, change->closes);
        put_number(out, change->date);
        put_number(out, (int64_t)change->seq);
        put_text(out, state, change->entry_path);
    }
    for (size_t i = 0; i < symbol->closed_count; i++)
        put_trade(out, state, &symbol->closed[i]);
}

void day_bytes(const struct state *state, struct buffer *out) {
    ck_assert_int_eq(tw_image_encode(state, out), 0);
    for (uint32_t i = 0; i < tw_state_execution_count(state); i++)
        put_execution(out, state, i);
    for (uint32_t i = 0; i < tw_state_order_count(state); i++)
        put_order(out, state, i);
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++)
        put_history(out, state, &state->symbols[i]);
    ck_assert(!out->failed);
}

/* ---- what a snapshot holds ----------------------------------------------------------------- */

static void put_lots(struct buffer *out, const struct state *state,
                     const struct position *position) {
    for (size_t i = 0; i < position->lot_count; i++) {
        const struct lot *lot = &position->lots[i];
        const int64_t numbers[] = {lot->qty_e8, lot->entered_qty_e8, lot->cost_known, lot->fee_e8,
                                   (int64_t)lot->seq};
        tw_buffer_put(out, numbers, sizeof numbers);
        put_wide(out, lot->cost_e16);
    }
    for (size_t i = 0; i < position->partial_count; i++) {
        const struct partial_exit *partial = &position->partials[i];
        const int64_t numbers[] = {partial->time_ns,  (int64_t)partial->seq, partial->qty_e8,
                                   partial->price_e8, partial->target_e8,    partial->fraction_e8};
        tw_buffer_put(out, numbers, sizeof numbers);
        put_text(out, state, partial->reason);
        put_text(out, state, partial->exec_id);
    }
}

static void put_position(struct buffer *out, const struct state *state,
                         const struct position *position) {
    put_number(out, position->side);
    if (!position->side)
        return;
    const int64_t numbers[] = {position->qty_e8, position->shares_e8, position->external_e8,
                               position->estimated, position->carried_from};
    tw_buffer_put(out, numbers, sizeof numbers);
    put_trade(out, state, &position->trade);
    put_lots(out, state, position);
}

static void put_plan(struct buffer *out, const struct state *state, const struct plan_data *plan) {
    put_number(out, plan->side);
    if (!plan->side)
        return;
    const int64_t numbers[] = {plan->pivot_e8, plan->stop_e8, plan->target1_e8, plan->target2_e8,
                               plan->stop_reason};
    tw_buffer_put(out, numbers, sizeof numbers);
    put_text(out, state, plan->entry_path);
    put_text(out, state, plan->note);
    put_text(out, state, plan->stop_order);
}

static void put_bars(struct buffer *out, const struct symbol *symbol) {
    for (size_t i = 0; i < symbol->bar_count; i++) {
        const struct bar_data *bar = &symbol->bars[(symbol->bar_first + i) % TW_BARS_PER_SYMBOL];
        const int64_t numbers[] = {bar->start_ns, bar->seconds,  bar->open_e8,  bar->high_e8,
                                   bar->low_e8,   bar->close_e8, bar->volume_e8};
        tw_buffer_put(out, numbers, sizeof numbers);
    }
}

static void put_lists(struct buffer *out, const struct state *state, const struct symbol *symbol) {
    for (size_t i = 0; i < symbol->attempt_count; i++) {
        const struct attempt *attempt = &symbol->attempts[i];
        const int64_t numbers[] = {attempt->side, attempt->level_e8, attempt->count, attempt->max,
                                   (int64_t)attempt->last_seq};
        tw_buffer_put(out, numbers, sizeof numbers);
    }
    for (size_t i = 0; i < symbol->inferred_count; i++) {
        const struct inferred *inferred = &symbol->inferred[i];
        const int64_t numbers[] = {inferred->action, inferred->qty_e8, inferred->time_ns,
                                   (int64_t)inferred->seq};
        put_text(out, state, inferred->exec_id);
        tw_buffer_put(out, numbers, sizeof numbers);
    }
}

static void put_symbol(struct buffer *out, const struct state *state, uint32_t id) {
    const struct symbol *symbol = &state->symbols[id];
    const int64_t numbers[] = {symbol->con_id, symbol->multiplier_e8, symbol->trades_closed,
                               symbol->changes_total};
    tw_buffer_text(out, tw_state_symbol_name(state, id));
    put_text(out, state, symbol->sec_type);
    put_text(out, state, symbol->currency);
    put_text(out, state, symbol->exchange);
    tw_buffer_put(out, numbers, sizeof numbers);
    put_position(out, state, &symbol->position);
    put_plan(out, state, &symbol->plan);
    put_bars(out, symbol);
    put_lists(out, state, symbol);
}

static void put_session(struct buffer *out, const struct state *state) {
    const struct session *session = &state->session;
    const struct answer_data *answer = &state->answer;
    const struct clock_data *clock = &state->clock;
    const text_id texts[] = {session->account, session->zone,     session->host,
                             session->version, session->currency, session->closed_reason,
                             answer->broker,   answer->digest};
    const int64_t numbers[] = {session->environment, session->cost_method,
                               session->pid,         session->resumed,
                               session->opened_ns,   session->sessions,
                               session->closed,      answer->completeness,
                               answer->as_of_ns,     answer->time_ns,
                               (int64_t)answer->seq, (int64_t)clock->seq,
                               clock->synchronised,  clock->offset,
                               clock->max_error,     (int64_t)session->opened_seq};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_text(out, state, texts[i]);
    tw_buffer_put(out, numbers, sizeof numbers);
}

static void put_findings(struct buffer *out, const struct state *state) {
    for (size_t i = 0; i < state->finding_count; i++) {
        const struct finding_data *finding = &state->findings[i];
        const text_id texts[] = {finding->case_id, finding->symbol, finding->about,
                                 finding->ours,    finding->theirs, finding->text};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            put_text(out, state, texts[k]);
        put_number(out, finding->action);
        put_number(out, finding->time_ns);
        put_number(out, (int64_t)finding->seq);
    }
}

static void put_sums(struct buffer *out, const struct state *state) {
    for (size_t i = 0; i < state->gate_count; i++) {
        put_text(out, state, state->gates[i].scope);
        put_text(out, state, state->gates[i].reason);
        put_text(out, state, state->gates[i].by);
        put_number(out, state->gates[i].time_ns);
        put_number(out, (int64_t)state->gates[i].seq);
    }
    for (size_t i = 0; i < state->counter_count; i++) {
        put_text(out, state, state->counters[i].group);
        put_text(out, state, state->counters[i].name);
        put_number(out, state->counters[i].value);
    }
    for (size_t i = 0; i < state->money_count; i++) {
        put_text(out, state, state->money[i].currency);
        put_wide(out, state->money[i].result_e8);
        put_wide(out, state->money[i].fees_e8);
        put_wide(out, state->money[i].drift_e8);
        put_number(out, state->money[i].unknown);
    }
}

void day_kept_bytes(const struct state *state, struct buffer *out) {
    const int64_t numbers[] = {
        state->trading_date, (int64_t)state->first_seq, (int64_t)state->last_seq,
        state->last_time_ns, state->total_trades,       state->winners,
        state->losers,       state->highest_revision};
    tw_buffer_put(out, numbers, sizeof numbers);
    tw_buffer_put(out, state->type_counts, sizeof state->type_counts);
    put_session(out, state);
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++)
        put_symbol(out, state, i);
    for (uint32_t i = 0; i < tw_state_order_count(state); i++)
        if (!tw_order_is_terminal(state->orders[i].status))
            put_order(out, state, i);
    put_findings(out, state);
    put_sums(out, state);
    ck_assert(!out->failed);
}
