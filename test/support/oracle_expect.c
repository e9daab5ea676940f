/* The oracle: which events are refused, and as what. */
#include <stdio.h>
#include <string.h>

#include "oracle.h"

/* What an event is judged against. One at a time: the tests have one thread. */
static struct oracle_table table;
static struct oracle_position position;

static void look(const struct oracle *oracle, const char *symbol) {
    oracle_executions(oracle, oracle->count, &table);
    if (symbol)
        oracle_work_out(oracle, oracle->count, symbol, &table, &position);
}

/* Something has changed the symbol's quantity, at whatever time. */
static int has_moved(const struct oracle *oracle, const char *symbol) {
    for (size_t i = 0; i < oracle->count; i++) {
        int64_t type = oracle->events[i].type;
        int amends = type == TW_TYPE_fill_corrected || type == TW_TYPE_fill_busted ||
                     type == TW_TYPE_inferred_superseded;
        if (!amends && oracle_moves(oracle, i, symbol))
            return 1;
    }
    return 0;
}

static int may_be_negative(const struct oracle *oracle, const char *symbol) {
    const char *sec_type = NULL;
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_event *event = &oracle->events[i];
        if (event->type == TW_TYPE_instrument && same(event->as.instrument.symbol, symbol) &&
            event->as.instrument.sec_type)
            sec_type = event->as.instrument.sec_type;
    }
    return same(sec_type, "FUT") || same(sec_type, "FOP") || same(sec_type, "BAG") ||
           same(sec_type, "CFD") || same(sec_type, "CMDTY");
}

static int price(const struct oracle *oracle, const char *symbol, int64_t value) {
    return value < 0 && !may_be_negative(oracle, symbol) ? TW_E_REFUSED : 0;
}

static int maybe_price(const struct oracle *oracle, const char *symbol, tw_maybe value) {
    return value.known ? price(oracle, symbol, value.value) : 0;
}

static int is_gated(const struct oracle *oracle, const char *symbol) {
    int of_symbol = 0, of_all = 0;
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_gate *gate = &oracle->events[i].as.gate;
        if (oracle->events[i].type != TW_TYPE_gate)
            continue;
        if (same(gate->scope, "all"))
            of_all = gate->state == TW_GATE_CLOSED;
        else if (same(gate->scope, symbol))
            of_symbol = gate->state == TW_GATE_CLOSED;
    }
    return of_symbol || of_all;
}

/* ---- sessions ------------------------------------------------------------------------------ */

static int session_state(const struct oracle *oracle) { /* 0 none, 1 open, 2 closed */
    int state = 0;
    for (size_t i = 0; i < oracle->count; i++) {
        if (oracle->events[i].type == TW_TYPE_session_opened)
            state = 1;
        if (oracle->events[i].type == TW_TYPE_session_closed)
            state = 2;
    }
    return state;
}

static int envelope(const struct oracle *oracle, const tw_event *event) {
    if (oracle->count > 0 && event->trading_date != oracle->events[0].trading_date)
        return TW_E_DATE;
    if (oracle->count > 0 && event->seq != oracle->events[oracle->count - 1].seq + 1)
        return TW_E_REFUSED;
    if (event->type != TW_TYPE_session_opened && session_state(oracle) != 1)
        return TW_E_REFUSED;
    return 0;
}

static int session(const struct oracle *oracle, const tw_session_opened *opened) {
    if (oracle->count == 0)
        return 0;
    const tw_session_opened *first = &oracle->events[0].as.session_opened;
    if (!same(opened->account, first->account) || opened->environment != first->environment)
        return TW_E_OTHER_ACCOUNT;
    int counts_alike = same(opened->zone, first->zone) && same(opened->currency, first->currency) &&
                       opened->cost_method == first->cost_method;
    return counts_alike ? 0 : TW_E_REFUSED;
}

static int instrument(const struct oracle *oracle, const tw_instrument *said) {
    if (!has_moved(oracle, said->symbol))
        return 0;
    int same_money = same(said->currency, oracle_currency(oracle, oracle->count, said->symbol));
    int same_size = said->multiplier_e8 == oracle_multiplier(oracle, oracle->count, said->symbol);
    return same_money && same_size ? 0 : TW_E_REFUSED;
}

/* ---- executions ---------------------------------------------------------------------------- */

/* 0000e0d5.0000001c.01.02 is a revision of what ends in .01; at most nine are looked at. */
static int other_revision(const char *exec_id) {
    char other[24];
    if (strlen(exec_id) != 23 || exec_id[8] != '.' || exec_id[17] != '.' || exec_id[20] != '.')
        return 0;
    for (int i = 1; i <= 9; i++) {
        snprintf(other, sizeof other, "%.21s0%d", exec_id, i);
        const struct oracle_execution *execution = oracle_find(&table, other);
        int gone = execution && execution->is_void && execution->replaced_by == ORACLE_EVENTS;
        if (execution && !gone && !same(other, exec_id))
            return 1;
    }
    return 0;
}

static int new_execution(const struct oracle *oracle, const char *exec_id, const char *symbol,
                         int64_t price_e8) {
    if (oracle_find(&table, exec_id))
        return TW_E_DUPLICATE;
    if (other_revision(exec_id))
        return TW_E_REFUSED;
    return price(oracle, symbol, price_e8);
}

static int fill(const struct oracle *oracle, const tw_fill *said) {
    look(oracle, said->symbol);
    int status = new_execution(oracle, said->exec_id, said->symbol, said->price_e8);
    const char *currency = oracle_currency(oracle, oracle->count, said->symbol);
    int said_before = has_moved(oracle, said->symbol);
    for (size_t i = 0; i < oracle->count; i++)
        if (oracle->events[i].type == TW_TYPE_instrument &&
            same(oracle->events[i].as.instrument.symbol, said->symbol))
            said_before = 1;
    if (!status && said->currency && said_before && !same(said->currency, currency))
        status = TW_E_REFUSED;
    for (size_t i = 0; !status && i < table.count; i++) {
        const struct oracle_execution *other = &table.executions[i];
        int stands_in = other->is_inferred && !other->is_void &&
                        same(other->symbol, said->symbol) && other->action == said->action;
        if (stands_in && said->broker_time_ns.known &&
            said->broker_time_ns.value <= oracle->events[other->root].time_ns)
            status = TW_E_REFUSED;
    }
    return status;
}

static int inferred(const struct oracle *oracle, const tw_fill_inferred *said) {
    look(oracle, said->symbol);
    return new_execution(oracle, said->exec_id, said->symbol, 0);
}

static int partial(const struct oracle *oracle, const tw_partial *said) {
    look(oracle, said->symbol);
    const struct oracle_execution *execution = oracle_live(&table, said->exec_id);
    if (!execution) {
        if (!position.side || said->qty_e8 > position.qty)
            return TW_E_REFUSED;
        return new_execution(oracle, said->exec_id, said->symbol, said->price_e8);
    }
    if (!same(execution->symbol, said->symbol))
        return TW_E_REFUSED;
    if (execution->is_partial)
        return TW_E_DUPLICATE;
    return execution->is_void || said->qty_e8 > execution->closed_qty ? TW_E_REFUSED : 0;
}

static int amends(const struct oracle *oracle, const char *exec_id, const char *corrects) {
    look(oracle, NULL);
    const struct oracle_execution *execution = oracle_find(&table, corrects);
    if (!same(exec_id, corrects) && oracle_find(&table, exec_id))
        return TW_E_DUPLICATE;
    return !execution || execution->is_void ? TW_E_REFUSED : 0;
}

static int corrected(const struct oracle *oracle, const tw_fill_corrected *said) {
    int status = amends(oracle, said->exec_id, said->corrects);
    return status ? status
                  : price(oracle, oracle_find(&table, said->corrects)->symbol, said->price_e8);
}

static int superseded(const struct oracle *oracle, const tw_inferred_superseded *said) {
    int status = amends(oracle, said->exec_id, said->exec_id);
    return status ? status : oracle_find(&table, said->exec_id)->is_inferred ? 0 : TW_E_REFUSED;
}

static int pnl(const struct oracle *oracle, const tw_pnl *said) {
    if (!said->exec_id)
        return 0;
    look(oracle, NULL);
    const struct oracle_execution *execution = oracle_live(&table, said->exec_id);
    if (said->reason != TW_PNL_REALIZED && said->reason != TW_PNL_CORRECTION)
        return TW_E_REFUSED;
    if (!execution)
        return TW_E_REFUSED;
    if (said->symbol && !same(said->symbol, execution->symbol))
        return TW_E_REFUSED;
    const char *currency = oracle_currency(oracle, oracle->count, execution->symbol);
    return said->currency && !same(said->currency, currency) ? TW_E_REFUSED : 0;
}

static int opening(const struct oracle *oracle, const tw_event *event) {
    const tw_position_opening *said = &event->as.position_opening;
    int status = maybe_price(oracle, said->symbol, said->avg_cost_e8);
    if (said->from_date.known && said->from_date.value >= event->trading_date)
        status = TW_E_REFUSED;
    for (size_t i = 0; i < oracle->count; i++)
        if (oracle->events[i].type == TW_TYPE_position_opening &&
            same(oracle->events[i].as.position_opening.symbol, said->symbol))
            status = TW_E_REFUSED;
    return status;
}

/* ---- intentions ---------------------------------------------------------------------------- */

static int attempt(const struct oracle *oracle, const tw_attempt *said) {
    int status = maybe_price(oracle, said->symbol, said->level_e8);
    if (!status && is_gated(oracle, said->symbol))
        return TW_E_GATED;
    int64_t count = 0, max = INT64_MAX;
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_attempt *before = &oracle->events[i].as.attempt;
        if (oracle->events[i].type != TW_TYPE_attempt || !same(before->symbol, said->symbol) ||
            before->side != said->side || before->level_e8.known != said->level_e8.known ||
            (said->level_e8.known && before->level_e8.value != said->level_e8.value))
            continue;
        count++;
        if (before->max.known)
            max = before->max.value;
    }
    if (said->max.known)
        max = said->max.value;
    if (!status && max < 1)
        return TW_E_RANGE;
    return status ? status : count >= max ? TW_E_REFUSED : 0;
}

static int submitted(const struct oracle *oracle, const tw_order_submitted *said) {
    if (oracle_order(oracle, oracle->count, said->order_ref) != ORACLE_EVENTS)
        return TW_E_REFUSED;
    int status = maybe_price(oracle, said->symbol, said->limit_e8);
    if (!status)
        status = maybe_price(oracle, said->symbol, said->stop_e8);
    int enters = said->purpose == TW_PURPOSE_ENTRY || said->purpose == TW_PURPOSE_ADD;
    return !status && enters && is_gated(oracle, said->symbol) ? TW_E_GATED : status;
}

static int updated(const struct oracle *oracle, const tw_order_updated *said) {
    size_t order = oracle_order(oracle, oracle->count, said->order_ref);
    if (order == ORACLE_EVENTS)
        return TW_E_REFUSED;
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_order_updated *before = &oracle->events[i].as.order_updated;
        if (oracle->events[i].type == TW_TYPE_order_updated &&
            same(before->order_ref, said->order_ref) && before->perm_id.value != 0 &&
            said->perm_id.value != 0 && before->perm_id.value != said->perm_id.value)
            return TW_E_REFUSED;
    }
    const char *symbol = oracle->events[order].as.order_submitted.symbol;
    int status = maybe_price(oracle, symbol, said->limit_e8);
    return status ? status : maybe_price(oracle, symbol, said->stop_e8);
}

static int plan(const struct oracle *oracle, const tw_plan *said) {
    const tw_maybe prices[] = {said->pivot_e8, said->stop_e8, said->target1_e8, said->target2_e8};
    look(oracle, said->symbol);
    int status = position.side && position.side != said->side ? TW_E_REFUSED : 0;
    for (int i = 0; !status && i < 4; i++)
        status = maybe_price(oracle, said->symbol, prices[i]);
    return status;
}

/* ---- the rest ------------------------------------------------------------------------------ */

static int stop(const struct oracle *oracle, const tw_stop_moved *said) {
    struct oracle_plan now;
    look(oracle, said->symbol);
    if (!position.side) {
        oracle_plan(oracle, said->symbol, &now);
        if (!now.side)
            return TW_E_REFUSED;
    }
    return price(oracle, said->symbol, said->stop_e8);
}

static int bar(const struct oracle *oracle, const tw_bar *said) {
    if (said->seconds < 1)
        return TW_E_RANGE;
    if (said->low_e8 > said->open_e8 || said->low_e8 > said->close_e8 ||
        said->high_e8 < said->open_e8 || said->high_e8 < said->close_e8)
        return TW_E_REFUSED;
    return price(oracle, said->symbol, said->low_e8);
}

static int answer(const tw_broker_answer *said) {
    return said->positions < 0 || said->orders < 0 || said->executions < 0 ? TW_E_RANGE : 0;
}

static int commission(const struct oracle *oracle, const tw_commission *said) {
    look(oracle, NULL);
    return oracle_find(&table, said->exec_id) ? 0 : TW_E_REFUSED;
}

int oracle_expects(const struct oracle *oracle, const tw_event *event) {
    int status = envelope(oracle, event);
    if (status)
        return status;
    switch (event->type) {
    case TW_TYPE_session_opened:
        return session(oracle, &event->as.session_opened);
    case TW_TYPE_instrument:
        return instrument(oracle, &event->as.instrument);
    case TW_TYPE_position_opening:
        return opening(oracle, event);
    case TW_TYPE_position_adjusted:
        return maybe_price(oracle, event->as.position_adjusted.symbol,
                           event->as.position_adjusted.avg_cost_e8);
    case TW_TYPE_attempt:
        return attempt(oracle, &event->as.attempt);
    case TW_TYPE_order_submitted:
        return submitted(oracle, &event->as.order_submitted);
    case TW_TYPE_order_updated:
        return updated(oracle, &event->as.order_updated);
    case TW_TYPE_fill:
        return fill(oracle, &event->as.fill);
    case TW_TYPE_fill_inferred:
        return inferred(oracle, &event->as.fill_inferred);
    case TW_TYPE_partial:
        return partial(oracle, &event->as.partial);
    case TW_TYPE_fill_corrected:
        return corrected(oracle, &event->as.fill_corrected);
    case TW_TYPE_fill_busted:
        return amends(oracle, event->as.fill_busted.exec_id, event->as.fill_busted.corrects);
    case TW_TYPE_inferred_superseded:
        return superseded(oracle, &event->as.inferred_superseded);
    case TW_TYPE_commission:
        return commission(oracle, &event->as.commission);
    case TW_TYPE_pnl:
        return pnl(oracle, &event->as.pnl);
    case TW_TYPE_plan:
        return plan(oracle, &event->as.plan);
    case TW_TYPE_stop_moved:
        return stop(oracle, &event->as.stop_moved);
    case TW_TYPE_bar:
        return bar(oracle, &event->as.bar);
    case TW_TYPE_broker_answer:
        return answer(&event->as.broker_answer);
    default:
        return 0;
    }
}
