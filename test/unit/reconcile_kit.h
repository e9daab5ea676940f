/* A day, a broker's answer to it, and what reconcile makes of the two. Every apply also checks that
 * a second run finds nothing new and that the quantities are the broker's. */
#ifndef TW_TEST_RECONCILE_KIT_H
#define TW_TEST_RECONCILE_KIT_H

#include <string.h>

#include "core/reconcile.h"
#include "events.h"
#include "harness.h"

enum { KIT_ROWS = 16 };

#define KIT __attribute__((unused)) static

struct world {
    struct day day, older;
    int has_older;
    int64_t overnight;
    tw_answer answer;
    tw_holding holdings[KIT_ROWS];
    tw_broker_order orders[KIT_ROWS];
    tw_broker_execution executions[KIT_ROWS];
    tw_proposal *proposal;
};

/* A complete answer about nothing; orders are not asked for. */
KIT void answer_again(struct world *world) {
    tw_answer answer = {.size = sizeof answer,
                        .broker = "file:positions.json",
                        .account = "DU1",
                        .environment = TW_ENVIRONMENT_PAPER,
                        .positions_completeness = TW_ANSWER_COMPLETE,
                        .executions_completeness = TW_ANSWER_COMPLETE,
                        .holdings = world->holdings,
                        .orders = world->orders,
                        .executions = world->executions};
    world->answer = answer;
}

KIT void ask_orders(struct world *world) {
    world->answer.orders_completeness = TW_ANSWER_COMPLETE;
    world->answer.completed_completeness = TW_ANSWER_COMPLETE;
}

KIT void world_open(struct world *world) {
    memset(world, 0, sizeof *world);
    day_open(&world->day, TW_COST_METHOD_AVERAGE);
    answer_again(world);
}

/* The trading date before: what is added to it was held overnight. */
KIT struct day *world_yesterday(struct world *world) {
    day_open(&world->older, TW_COST_METHOD_AVERAGE);
    world->older.trading_date = TEST_DATE - 3;
    world->older.state->trading_date = TEST_DATE - 3;
    world->has_older = 1;
    return &world->older;
}

KIT void world_close(struct world *world) {
    tw_proposal_free(world->proposal);
    day_close(&world->day);
    if (world->has_older)
        day_close(&world->older);
}

KIT tw_holding *hold(struct world *world, const char *symbol, const char *qty, const char *cost) {
    tw_holding *row = &world->holdings[world->answer.holding_count++];
    ck_assert_uint_le(world->answer.holding_count, KIT_ROWS);
    tw_holding holding = {
        .size = sizeof holding, .symbol = symbol, .qty_e8 = e8(qty), .avg_cost_e8 = maybe_e8(cost)};
    *row = holding;
    return row;
}

KIT tw_broker_execution *executed(struct world *world, const char *exec_id, const char *symbol,
                                  int64_t action, const char *qty, const char *price,
                                  const char *fee) {
    tw_broker_execution *row = &world->executions[world->answer.execution_count++];
    ck_assert_uint_le(world->answer.execution_count, KIT_ROWS);
    tw_broker_execution execution = {.size = sizeof execution,
                                     .exec_id = exec_id,
                                     .symbol = symbol,
                                     .action = action,
                                     .qty_e8 = e8(qty),
                                     .price_e8 = e8(price),
                                     .fee_e8 = maybe_e8(fee)};
    execution.time_ns = tw_known(TEST_TIME_NS + (int64_t)world->answer.execution_count);
    *row = execution;
    return row;
}

KIT tw_broker_order *working(struct world *world, const char *order_ref, int64_t perm_id,
                             const char *symbol, int64_t action, const char *type, const char *qty,
                             const char *price) {
    tw_broker_order *row = &world->orders[world->answer.order_count++];
    ck_assert_uint_le(world->answer.order_count, KIT_ROWS);
    tw_broker_order order = {.size = sizeof order,
                             .order_ref = order_ref,
                             .symbol = symbol,
                             .action = action,
                             .order_type = type,
                             .qty_e8 = e8(qty),
                             .tif = "GTC",
                             .status = "Submitted"};
    if (perm_id)
        order.perm_id = tw_known(perm_id);
    if (strncmp(type, "STP", 3) == 0) {
        order.stop_e8 = maybe_e8(price);
        order.status = "PreSubmitted";
        order.why_held = "trigger";
    } else {
        order.limit_e8 = maybe_e8(price);
    }
    *row = order;
    return row;
}

KIT int reconcile_gives(struct world *world, tw_error *why) {
    tw_proposal *proposal = NULL;
    int status =
        tw_reconcile(world->day.state, &world->answer, world->has_older ? world->older.state : NULL,
                     world->overnight, &proposal, why);
    if (status)
        ck_assert_ptr_null(proposal);
    tw_proposal_free(world->proposal);
    world->proposal = proposal;
    return status;
}

KIT void reconcile(struct world *world) {
    tw_error why = {0};
    int status = reconcile_gives(world, &why);
    ck_assert_msg(status == 0, "%s: %s", tw_error_name(status), why.text);
}

/* ---- what it says
 * --------------------------------------------------------------------------------------- */

static int is_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

KIT uint64_t count_findings(const struct world *world, const char *case_id, const char *symbol) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < tw_proposal_findings(world->proposal); i++) {
        tw_finding_view view = {.size = sizeof view};
        ck_assert_int_eq(tw_proposal_finding(world->proposal, i, &view), 0);
        count += strcmp(view.case_id, case_id) == 0 && (!symbol || is_text(view.symbol, symbol));
    }
    return count;
}

/* The one finding of the case in the symbol. */
KIT tw_finding_view finding(const struct world *world, const char *case_id, const char *symbol) {
    tw_finding_view view = {.size = sizeof view}, found = {0};
    for (uint64_t i = 0; i < tw_proposal_findings(world->proposal); i++) {
        ck_assert_int_eq(tw_proposal_finding(world->proposal, i, &view), 0);
        if (strcmp(view.case_id, case_id) != 0 || !is_text(view.symbol, symbol))
            continue;
        ck_assert_msg(!found.case_id, "two findings %s of %s", case_id, symbol ? symbol : "all");
        found = view;
    }
    ck_assert_msg(found.case_id, "no finding %s of %s", case_id, symbol ? symbol : "all");
    return found;
}

KIT void finding_says(const struct world *world, const char *case_id, const char *symbol,
                      const char *ours, const char *theirs, int64_t action, const char *words) {
    tw_finding_view view = finding(world, case_id, symbol);
    ck_assert_msg(is_text(view.ours, ours), "ours is %s, expected %s", view.ours, ours);
    ck_assert_msg(is_text(view.theirs, theirs), "theirs is %s, expected %s", view.theirs, theirs);
    ck_assert_msg(strstr(view.text, words), "the text is \"%s\", expected \"%s\" in it", view.text,
                  words);
    ck_assert_int_eq(view.action, action);
}

KIT uint64_t count_events(const struct world *world, int64_t type) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < tw_proposal_events(world->proposal); i++)
        count += tw_proposal_event(world->proposal, i)->type == type;
    return count;
}

/* The index-th event of the type. */
KIT const tw_event *event_of(const struct world *world, int64_t type, uint64_t index) {
    for (uint64_t i = 0; i < tw_proposal_events(world->proposal); i++) {
        const tw_event *event = tw_proposal_event(world->proposal, i);
        if (event->type == type && index-- == 0)
            return event;
    }
    ck_abort_msg("no such event of type %s", tw_type_name(type));
    return NULL;
}

KIT void assert_gates(const struct world *world, const char *scope, const char *reason) {
    const tw_event *gate = event_of(world, TW_TYPE_gate, 0);
    ck_assert_uint_eq(count_events(world, TW_TYPE_gate), 1);
    ck_assert_str_eq(gate->as.gate.scope, scope);
    ck_assert_int_eq(gate->as.gate.state, TW_GATE_CLOSED);
    ck_assert_msg(strncmp(gate->as.gate.reason, reason, strlen(reason)) == 0,
                  "gated for \"%s\", expected \"%s\"", gate->as.gate.reason, reason);
}

KIT int64_t quantity(const struct day *day, const char *symbol) {
    uint32_t id = tw_state_find_symbol(day->state, symbol);
    if (id == TW_NONE)
        return 0;
    const struct position *position = &day->state->symbols[id].position;
    return position->side == TW_SIDE_SHORT ? -position->qty_e8 : position->qty_e8;
}

KIT void assert_quantity(const struct world *world, const char *symbol, const char *expected) {
    ck_assert_int_eq(quantity(&world->day, symbol), e8(expected));
}

KIT void apply(struct world *world) {
    for (uint64_t i = 0; i < tw_proposal_events(world->proposal); i++)
        day_add(&world->day, *tw_proposal_event(world->proposal, i));
    if (world->answer.positions_completeness == TW_ANSWER_COMPLETE)
        for (uint64_t i = 0; i < world->answer.holding_count; i++)
            ck_assert_int_eq(quantity(&world->day, world->holdings[i].symbol),
                             world->holdings[i].qty_e8);
    reconcile(world);
    for (uint64_t i = 0; i < tw_proposal_findings(world->proposal); i++) {
        tw_finding_view view = {.size = sizeof view};
        ck_assert_int_eq(tw_proposal_finding(world->proposal, i, &view), 0);
        ck_assert_msg(!view.fresh, "found again: %s: %s", view.case_id, view.text);
    }
    ck_assert_uint_eq(tw_proposal_events(world->proposal), 0);
}

/* LONG 100 TSLA at 445.25 with a fee of 1, all of it in the log. */
KIT void hold_tesla(struct world *world) {
    world_open(world);
    day_add(&world->day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1"));
}

#endif
