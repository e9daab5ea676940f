/* The oracle: comparing a state with what the events come to. */
#include <string.h>

#include "harness.h"
#include "oracle.h"

static struct oracle_table table;
static struct oracle_position position;

/* What all symbols come to. */
struct sums {
    int64_t total_trades, winners, losers;
};

struct money_of {
    tw_int128 result, fees, drift;
    int64_t unknown;
};

#define SAME(what, a, b)                                                                        \
    ck_assert_msg((a) == (b), "%s: %s is %lld, the oracle says %lld", of, what, (long long)(a), \
                  (long long)(b))

static int64_t result_of(const struct oracle_execution *execution, int *ret_known) {
    if (execution->booked != TW_UNKNOWN) {
        *ret_known = 1;
        return execution->booked;
    }
    *ret_known = execution->realized != TW_UNKNOWN && execution->fee != TW_UNKNOWN;
    return (execution->realized == TW_UNKNOWN ? 0 : execution->realized) -
           (execution->fee == TW_UNKNOWN ? 0 : execution->fee);
}

/* ---- executions and trades ----------------------------------------------------------------- */

static void compare_executions(const struct state *state, const char *of) {
    SAME("executions", tw_state_execution_count(state), table.count);
    for (size_t i = 0; i < table.count; i++) {
        const struct oracle_execution *mine = &table.executions[i];
        uint32_t id = tw_state_find_execution(state, mine->id);
        ck_assert_msg(id != TW_NONE, "no execution %s", mine->id);
        const struct execution *execution = &state->executions[id];
        of = mine->id;
        SAME("void", (execution->flags & EXECUTION_VOID) != 0, mine->is_void);
        if (mine->is_void)
            continue;
        SAME("action", execution->action, mine->action);
        SAME("qty", execution->qty_e8, mine->qty);
        SAME("price", execution->price_e8, mine->price);
        SAME("fee", execution->fee_e8, mine->fee);
        SAME("booked", execution->booked_e8, mine->booked);
        SAME("realized", execution->realized_e8, mine->realized);
        SAME("closed quantity", execution->closed_qty_e8, mine->closed_qty);
        SAME("trade", execution->trade, mine->trade);
        SAME("partial", (execution->flags & EXECUTION_PARTIAL) != 0, mine->is_partial);
    }
}

static tw_int128 compare_trade(const char *of, const struct trade *trade, const char *symbol,
                               int number, int *ret_unpriced) {
    tw_int128 result = 0;
    int64_t unknown = position.adjusted[number], executions = 0, partials = 0;
    *ret_unpriced = position.adjusted[number];
    for (size_t i = 0; i < table.count; i++) {
        const struct oracle_execution *execution = &table.executions[i];
        int known;
        if (execution->is_void || !same(execution->symbol, symbol) || execution->trade != number)
            continue;
        result += result_of(execution, &known);
        unknown += !known;
        executions++;
        partials += execution->is_partial;
        *ret_unpriced += execution->booked == TW_UNKNOWN && execution->realized == TW_UNKNOWN;
    }
    if (trade) {
        ck_assert_msg(trade->result_e8 == result, "%s: a trade came to another result", of);
        SAME("unknown", trade->unknown, unknown);
        SAME("executions", trade->executions, executions);
        SAME("partials", trade->partials, partials);
        SAME("unpriced", trade->unpriced, *ret_unpriced);
    }
    return result;
}

static void compare_trades(const struct symbol *symbol, const char *name, struct sums *sums) {
    const char *of = name;
    SAME("closed trades", symbol->trades_closed, position.trades);
    SAME("closed trades kept", (int64_t)symbol->closed_count, position.trades);
    for (int i = 0; i < position.trades; i++) {
        int unpriced;
        tw_int128 result = compare_trade(name, &symbol->closed[i], name, i, &unpriced);
        sums->total_trades++;
        sums->winners += !unpriced && result > 0;
        sums->losers += !unpriced && result < 0;
    }
    int ignored;
    compare_trade(name, position.side ? &symbol->position.trade : NULL, name, position.trades,
                  &ignored);
}

/* ---- positions ----------------------------------------------------------------------------- */

static void compare_partials(const struct state *state, const struct position *theirs,
                             const char *of) {
    size_t count = 0;
    for (size_t root = 0; root < ORACLE_EVENTS; root++)
        for (size_t i = 0; i < table.count; i++) {
            const struct oracle_execution *mine = &table.executions[i];
            if (mine->root != root || mine->is_void || !mine->is_partial || !mine->closed_qty ||
                mine->trade != position.trades || !same(mine->symbol, of))
                continue;
            ck_assert_msg(count < theirs->partial_count, "%s: a partial is missing", of);
            const struct partial_exit *partial = &theirs->partials[count++];
            ck_assert_str_eq(tw_state_text(state, partial->exec_id), mine->id);
            ck_assert(same(tw_state_text(state, partial->reason), mine->reason));
            SAME("quantity of a partial", partial->qty_e8, mine->closed_qty);
            SAME("price of a partial", partial->price_e8, mine->price);
        }
    SAME("partials", theirs->partial_count, count);
}

static void compare_position(const struct state *state, const struct position *theirs,
                             const char *of) {
    SAME("side", theirs->side, position.side);
    if (!position.side)
        return;
    SAME("quantity", theirs->qty_e8, position.qty);
    SAME("shares", theirs->shares_e8, position.shares);
    SAME("external", theirs->external_e8, position.external);
    SAME("estimated", theirs->estimated, position.estimated);
    SAME("carried from", theirs->carried_from, position.carried_from);
    SAME("lots", theirs->lot_count, position.lot_count);
    for (size_t i = 0; i < position.lot_count; i++) {
        SAME("quantity of a lot", theirs->lots[i].qty_e8, position.lots[i].qty);
        SAME("known cost of a lot", theirs->lots[i].cost_known, position.lots[i].cost_known);
        ck_assert_msg(theirs->lots[i].cost_e16 == position.lots[i].cost, "%s: cost of a lot", of);
    }
    compare_partials(state, theirs, of);
}

static void compare_plan(const struct oracle *oracle, const struct state *state,
                         const struct plan_data *theirs, const char *of) {
    struct oracle_plan mine;
    oracle_plan(oracle, of, &mine);
    SAME("side of the plan", theirs->side, mine.side);
    if (!mine.side)
        return;
    SAME("pivot", theirs->pivot_e8, mine.pivot);
    SAME("stop", theirs->stop_e8, mine.stop);
    SAME("target1", theirs->target1_e8, mine.target1);
    SAME("target2", theirs->target2_e8, mine.target2);
    SAME("reason of the stop", theirs->stop_reason, mine.reason);
    ck_assert(same(tw_state_text(state, theirs->entry_path), mine.entry_path));
    ck_assert(same(tw_state_text(state, theirs->note), mine.note));
    ck_assert(same(tw_state_text(state, theirs->stop_order), mine.order));
}

/* ---- money --------------------------------------------------------------------------------- */

static const char *currency_of_pnl(const struct oracle *oracle, size_t index) {
    const tw_pnl *pnl = &oracle->events[index].as.pnl;
    return pnl->currency ? pnl->currency : oracle_currency(oracle, index, pnl->symbol);
}

/* What executions and amounts of their own come to in a currency. The table has been worked out. */
static struct money_of money_in(const struct oracle *oracle, const char *currency) {
    struct money_of sum = {0, 0, 0, 0};
    for (size_t i = 0; i < table.count; i++) {
        const struct oracle_execution *execution = &table.executions[i];
        int known;
        if (execution->is_void ||
            !same(oracle_currency(oracle, oracle->count, execution->symbol), currency))
            continue;
        sum.result += result_of(execution, &known);
        sum.unknown += !known;
        int64_t fee = execution->fee == TW_UNKNOWN ? 0 : execution->fee;
        sum.fees += fee;
        if (execution->booked != TW_UNKNOWN && execution->realized != TW_UNKNOWN)
            sum.drift += (tw_int128)execution->booked - (execution->realized - fee);
    }
    for (size_t i = 0; i < oracle->count; i++)
        if (oracle->events[i].type == TW_TYPE_pnl && !oracle->events[i].as.pnl.exec_id &&
            same(currency_of_pnl(oracle, i), currency))
            sum.result += oracle->events[i].as.pnl.amount_e8;
    return sum;
}

static void compare_money(const struct oracle *oracle, const struct state *state,
                          const int64_t *closed_by_adjusting) {
    for (size_t i = 0; i < state->money_count; i++) {
        const struct money *money = &state->money[i];
        const char *of = tw_state_text(state, money->currency);
        struct money_of mine = money_in(oracle, of);
        for (uint32_t k = 0; k < tw_state_symbol_count(state); k++)
            if (same(oracle_currency(oracle, oracle->count, tw_state_symbol_name(state, k)), of))
                mine.unknown += closed_by_adjusting[k];
        SAME("result", money->result_e8, mine.result);
        SAME("fees", money->fees_e8, mine.fees);
        SAME("drift", money->drift_e8, mine.drift);
        SAME("unknown", money->unknown, mine.unknown);
    }
}

/* ---- the rest of the state ----------------------------------------------------------------- */

static void compare_attempts(const struct oracle *oracle, const struct symbol *symbol,
                             const char *of) {
    int64_t mine = 0, theirs = 0;
    for (size_t i = 0; i < oracle->count; i++)
        mine += oracle->events[i].type == TW_TYPE_attempt &&
                same(oracle->events[i].as.attempt.symbol, of);
    for (size_t k = 0; k < symbol->attempt_count; k++) {
        const struct attempt *attempt = &symbol->attempts[k];
        int64_t count = 0;
        for (size_t i = 0; i < oracle->count; i++) {
            const tw_attempt *said = &oracle->events[i].as.attempt;
            int64_t level = said->level_e8.known ? said->level_e8.value : TW_UNKNOWN;
            count += oracle->events[i].type == TW_TYPE_attempt && same(said->symbol, of) &&
                     said->side == attempt->side && level == attempt->level_e8;
        }
        SAME("attempts", attempt->count, count);
        theirs += attempt->count;
    }
    SAME("attempts in all", theirs, mine);
}

static void compare_counters(const struct oracle *oracle, const struct state *state) {
    const char *of = "counters";
    int64_t mine = 0, theirs = 0;
    for (size_t i = 0; i < oracle->count; i++)
        if (oracle->events[i].type == TW_TYPE_counter)
            mine += oracle->events[i].as.counter.delta;
    for (size_t k = 0; k < state->counter_count; k++) {
        int64_t sum = 0;
        for (size_t i = 0; i < oracle->count; i++) {
            const tw_counter *counter = &oracle->events[i].as.counter;
            if (oracle->events[i].type == TW_TYPE_counter &&
                same(counter->group, tw_state_text(state, state->counters[k].group)) &&
                same(counter->name, tw_state_text(state, state->counters[k].name)))
                sum += counter->delta;
        }
        SAME("one of them", state->counters[k].value, sum);
        theirs += sum;
    }
    SAME("all of them", theirs, mine);
}

/* A gate is closed from the first of its scope and reason behind the last opening of its scope. */
static void compare_gates(const struct oracle *oracle, const struct state *state) {
    const char *of = "gates";
    size_t count = 0;
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_gate *gate = &oracle->events[i].as.gate;
        if (oracle->events[i].type != TW_TYPE_gate || gate->state != TW_GATE_CLOSED)
            continue;
        int counts = 1;
        for (size_t k = 0; k < oracle->count; k++) {
            const tw_gate *other = &oracle->events[k].as.gate;
            if (oracle->events[k].type != TW_TYPE_gate || !same(other->scope, gate->scope))
                continue;
            if (k > i && other->state == TW_GATE_OPEN)
                counts = 0;
            int again = other->state == TW_GATE_CLOSED && same(other->reason, gate->reason);
            for (size_t between = k; k < i && again && between < i; between++)
                if (oracle->events[between].type == TW_TYPE_gate &&
                    oracle->events[between].as.gate.state == TW_GATE_OPEN &&
                    same(oracle->events[between].as.gate.scope, gate->scope))
                    again = 0;
            if (k < i && again)
                counts = 0;
        }
        if (!counts)
            continue;
        ck_assert_uint_lt(count, state->gate_count);
        SAME("seq", state->gates[count].seq, oracle->events[i].seq);
        count++;
    }
    SAME("closed", state->gate_count, count);
}

static void compare_orders(const struct oracle *oracle, const struct state *state) {
    static struct oracle_order orders[ORACLE_EVENTS];
    const char *of = "orders";
    size_t count = oracle_orders(oracle, orders);
    SAME("known", tw_state_order_count(state), count);
    for (size_t i = 0; i < count; i++) {
        const struct order *theirs = &state->orders[i];
        of = oracle->events[orders[i].submitted].as.order_submitted.order_ref;
        ck_assert_str_eq(tw_state_order_name(state, (uint32_t)i), of);
        SAME("status", theirs->status, orders[i].status);
        SAME("quantity", theirs->qty_e8, orders[i].qty);
        SAME("filled", theirs->filled_e8, orders[i].filled);
        SAME("limit", theirs->limit_e8, orders[i].limit);
        SAME("stop", theirs->stop_e8, orders[i].stop);
        SAME("perm id", theirs->perm_id, orders[i].perm_id);
    }
}

static void compare_bars(const struct oracle *oracle, const struct symbol *symbol, const char *of) {
    size_t bars = 0, seen = 0;
    for (size_t i = 0; i < oracle->count; i++)
        bars += oracle->events[i].type == TW_TYPE_bar && same(oracle->events[i].as.bar.symbol, of);
    SAME("bars", symbol->bar_count, bars < TW_BARS_PER_SYMBOL ? bars : TW_BARS_PER_SYMBOL);
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_bar *bar = &oracle->events[i].as.bar;
        if (oracle->events[i].type != TW_TYPE_bar || !same(bar->symbol, of))
            continue;
        size_t at = symbol->bar_count - (bars - seen++);
        if (at >= symbol->bar_count)
            continue;
        const struct bar_data *kept = &symbol->bars[(symbol->bar_first + at) % TW_BARS_PER_SYMBOL];
        SAME("start of a bar", kept->start_ns, bar->start_ns);
        SAME("close of a bar", kept->close_e8, bar->close_e8);
    }
}

static void compare_day(const struct oracle *oracle, const struct state *state) {
    const char *of = "day";
    int64_t counts[64] = {0}, sessions = 0;
    for (size_t i = 0; i < oracle->count; i++) {
        counts[oracle->events[i].type]++;
        sessions += oracle->events[i].type == TW_TYPE_session_opened;
    }
    SAME("sessions", state->session.sessions, sessions);
    SAME("last seq", state->last_seq, oracle->events[oracle->count - 1].seq);
    SAME("last time", state->last_time_ns, oracle->events[oracle->count - 1].time_ns);
    ck_assert_mem_eq(state->type_counts, counts, sizeof counts);
}

void oracle_compare(const struct oracle *oracle, const struct state *state) {
    static int64_t closed_by_adjusting[ORACLE_EVENTS];
    const char *of = "day";
    struct sums sums = {0, 0, 0};
    uint32_t symbols = tw_state_symbol_count(state);
    compare_day(oracle, state);
    oracle_executions(oracle, oracle->count, &table);
    for (uint32_t i = 0; i < symbols; i++) {
        const char *name = tw_state_symbol_name(state, i);
        const struct symbol *symbol = &state->symbols[i];
        oracle_work_out(oracle, oracle->count, name, &table, &position);
        closed_by_adjusting[i] = position.closed_by_adjusting;
        compare_position(state, &symbol->position, name);
        compare_trades(symbol, name, &sums);
        compare_plan(oracle, state, &symbol->plan, name);
        compare_attempts(oracle, symbol, name);
        compare_bars(oracle, symbol, name);
    }
    compare_executions(state, of);
    SAME("trades", state->total_trades, sums.total_trades);
    SAME("winners", state->winners, sums.winners);
    SAME("losers", state->losers, sums.losers);
    compare_money(oracle, state, closed_by_adjusting);
    compare_counters(oracle, state);
    compare_gates(oracle, state);
    compare_orders(oracle, state);
}
