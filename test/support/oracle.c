/* The oracle: the list of events, and the executions they come to. */
#include "oracle.h"

#include <string.h>

#include "harness.h"

int same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int64_t oracle_cost_method(const struct oracle *oracle) {
    return oracle->events[0].as.session_opened.cost_method;
}

int64_t oracle_multiplier(const struct oracle *oracle, size_t count, const char *symbol) {
    int64_t multiplier = TW_E8;
    for (size_t i = 0; i < count; i++) {
        const tw_event *event = &oracle->events[i];
        if (event->type == TW_TYPE_instrument && same(event->as.instrument.symbol, symbol))
            multiplier = event->as.instrument.multiplier_e8;
    }
    return multiplier;
}

/* What an instrument or else the first fill that says it says; else the base currency. */
const char *oracle_currency(const struct oracle *oracle, size_t count, const char *symbol) {
    const char *currency = NULL;
    for (size_t i = 0; i < count; i++) {
        const tw_event *event = &oracle->events[i];
        if (event->type == TW_TYPE_instrument && same(event->as.instrument.symbol, symbol))
            currency = event->as.instrument.currency;
        if (event->type == TW_TYPE_fill && same(event->as.fill.symbol, symbol) && !currency)
            currency = event->as.fill.currency;
    }
    return currency ? currency : oracle->events[0].as.session_opened.currency;
}

size_t oracle_order(const struct oracle *oracle, size_t count, const char *order_ref) {
    for (size_t i = 0; order_ref && i < count; i++)
        if (oracle->events[i].type == TW_TYPE_order_submitted &&
            same(oracle->events[i].as.order_submitted.order_ref, order_ref))
            return i;
    return ORACLE_EVENTS;
}

struct oracle_execution *oracle_find(struct oracle_table *table, const char *exec_id) {
    for (size_t i = 0; i < table->count; i++)
        if (same(table->executions[i].id, exec_id))
            return &table->executions[i];
    return NULL;
}

struct oracle_execution *oracle_live(struct oracle_table *table, const char *exec_id) {
    struct oracle_execution *execution = oracle_find(table, exec_id);
    while (execution && execution->replaced_by != ORACLE_EVENTS)
        execution = &table->executions[execution->replaced_by];
    return execution;
}

/* ---- executions from events ---------------------------------------------------------------- */

static struct oracle_execution *add(struct oracle_table *table, const char *id, size_t root) {
    struct oracle_execution *execution = &table->executions[table->count++];
    memset(execution, 0, sizeof *execution);
    execution->id = id;
    execution->root = root;
    execution->price = execution->fee = execution->booked = TW_UNKNOWN;
    execution->broker_ns = execution->realized = TW_UNKNOWN;
    execution->order = execution->replaced_by = ORACLE_EVENTS;
    return execution;
}

static int64_t number_of(tw_maybe maybe) {
    return maybe.known ? maybe.value : TW_UNKNOWN;
}

static void find_its_order(const struct oracle *oracle, size_t at, const char *order_ref,
                           struct oracle_execution *execution) {
    execution->order_ref = order_ref;
    execution->order = oracle_order(oracle, at, order_ref);
    int of_query = oracle->events[at].source == TW_SOURCE_QUERY;
    execution->is_external = execution->order == ORACLE_EVENTS && (order_ref || of_query);
}

static void add_fill(const struct oracle *oracle, size_t at, struct oracle_table *table) {
    const tw_fill *fill = &oracle->events[at].as.fill;
    struct oracle_execution *execution = add(table, fill->exec_id, at);
    execution->symbol = fill->symbol;
    execution->action = fill->action;
    execution->qty = fill->qty_e8;
    execution->price = fill->price_e8;
    execution->fee = number_of(fill->fee_e8);
    execution->broker_ns = number_of(fill->broker_time_ns);
    find_its_order(oracle, at, fill->order_ref, execution);
}

static void add_inferred(const struct oracle *oracle, size_t at, struct oracle_table *table) {
    const tw_fill_inferred *fill = &oracle->events[at].as.fill_inferred;
    struct oracle_execution *execution = add(table, fill->exec_id, at);
    execution->symbol = fill->symbol;
    execution->action = fill->action;
    execution->qty = fill->qty_e8;
    execution->is_inferred = execution->is_external = 1;
}

static void add_partial(const struct oracle *oracle, size_t at, struct oracle_table *table) {
    const tw_partial *partial = &oracle->events[at].as.partial;
    struct oracle_execution *execution = oracle_live(table, partial->exec_id);
    if (!execution) {
        execution = add(table, partial->exec_id, at);
        execution->symbol = partial->symbol;
        execution->action = oracle->actions[at];
        execution->qty = partial->qty_e8;
        execution->price = partial->price_e8;
        execution->fee = number_of(partial->fee_e8);
        find_its_order(oracle, at, partial->order_ref, execution);
    }
    execution->is_partial = 1;
    execution->reason = partial->reason;
}

static void correct(const tw_fill_corrected *corrected, struct oracle_table *table) {
    struct oracle_execution *execution = oracle_find(table, corrected->corrects);
    if (!same(corrected->exec_id, corrected->corrects)) {
        execution->replaced_by = table->count;
        struct oracle_execution *next = add(table, corrected->exec_id, execution->root);
        *next = *execution;
        next->id = corrected->exec_id;
        next->replaced_by = ORACLE_EVENTS;
        execution->is_void = 1;
        execution = next;
    }
    execution->qty = corrected->qty_e8;
    execution->price = corrected->price_e8;
    execution->booked = TW_UNKNOWN;
    if (corrected->fee_e8.known)
        execution->fee = corrected->fee_e8.value;
}

/* The id of a bust is taken, in the symbol of what it voids. */
static void bust_id(struct oracle_execution *execution, const struct oracle_execution *busted) {
    execution->symbol = busted->symbol;
    execution->action = busted->action;
    execution->is_void = 1;
}

static void bust(const tw_fill_busted *busted, size_t at, struct oracle_table *table) {
    oracle_find(table, busted->corrects)->is_void = 1;
    if (!same(busted->exec_id, busted->corrects))
        bust_id(add(table, busted->exec_id, at), oracle_find(table, busted->corrects));
}

void oracle_executions(const struct oracle *oracle, size_t count, struct oracle_table *ret) {
    ret->count = 0;
    for (size_t i = 0; i < count; i++) {
        const tw_event *event = &oracle->events[i];
        if (event->type == TW_TYPE_fill)
            add_fill(oracle, i, ret);
        else if (event->type == TW_TYPE_fill_inferred)
            add_inferred(oracle, i, ret);
        else if (event->type == TW_TYPE_partial)
            add_partial(oracle, i, ret);
        else if (event->type == TW_TYPE_fill_corrected)
            correct(&event->as.fill_corrected, ret);
        else if (event->type == TW_TYPE_fill_busted)
            bust(&event->as.fill_busted, i, ret);
        else if (event->type == TW_TYPE_inferred_superseded)
            oracle_find(ret, event->as.inferred_superseded.exec_id)->is_void = 1;
        else if (event->type == TW_TYPE_commission)
            oracle_live(ret, event->as.commission.exec_id)->fee = event->as.commission.fee_e8;
        else if (event->type == TW_TYPE_pnl && event->as.pnl.exec_id)
            oracle_live(ret, event->as.pnl.exec_id)->booked = event->as.pnl.amount_e8;
    }
}

/* ---- the list ------------------------------------------------------------------------------ */

static struct oracle_table table;
static struct oracle_position position;

int oracle_moves(const struct oracle *oracle, size_t index, const char *symbol) {
    const tw_event *event = &oracle->events[index];
    if (event->type == TW_TYPE_fill)
        return same(event->as.fill.symbol, symbol);
    if (event->type == TW_TYPE_fill_inferred)
        return same(event->as.fill_inferred.symbol, symbol);
    if (event->type == TW_TYPE_partial)
        return same(event->as.partial.symbol, symbol);
    if (event->type == TW_TYPE_position_opening)
        return same(event->as.position_opening.symbol, symbol);
    if (event->type == TW_TYPE_position_adjusted)
        return same(event->as.position_adjusted.symbol, symbol);
    return event->type == TW_TYPE_fill_corrected || event->type == TW_TYPE_fill_busted ||
           event->type == TW_TYPE_inferred_superseded;
}

void oracle_add(struct oracle *oracle, const tw_event *event) {
    ck_assert_uint_lt(oracle->count, ORACLE_EVENTS);
    if (event->type == TW_TYPE_partial) {
        oracle_executions(oracle, oracle->count, &table);
        oracle_work_out(oracle, oracle->count, event->as.partial.symbol, &table, &position);
        oracle->actions[oracle->count] =
            position.side == TW_SIDE_LONG ? TW_ACTION_SELL : TW_ACTION_BUY;
    }
    oracle->events[oracle->count++] = *event;
}
