/* The reference scenarios of docs/reconcile.md, and what went wrong in the implementation that they
 * come from: one test for each of its failures that a reconcile could repeat. */
#include "reconcile_kit.h"

/* TSLA long, half of it taken off at the first target, stop at break-even, two attempts used. */
static void trade_half(struct world *world) {
    world_open(world);
    day_add(&world->day, event_attempt("TSLA", TW_SIDE_LONG, "444.77", 2));
    day_add(&world->day, event_attempt("TSLA", TW_SIDE_LONG, "444.77", 2));
    tw_event plan = event_plan("TSLA", TW_SIDE_LONG, "momentum", "443");
    plan.as.plan.pivot_e8 = maybe_e8("444.77");
    day_add(&world->day, plan);
    day_add(&world->day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1"));
    day_add(&world->day, event_partial("e2", "TSLA", "50", "450.10"));
    day_add(&world->day, event_stop("TSLA", "445.25", TW_STOP_BREAKEVEN));
}

static int64_t attempts(const struct world *world) {
    const struct symbol *symbol = day_symbol(&world->day, "TSLA");
    ck_assert_uint_eq(symbol->attempt_count, 1);
    return symbol->attempts[0].count;
}

START_TEST(a_day_of_three_symbols_reads_as_the_manual_shows_it) {
    struct world world;
    world_open(&world);
    day_add(&world.day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1"));
    day_add(&world.day, event_fill("e2", "NVDA", TW_ACTION_BUY, "100", "725.50", "1"));
    hold(&world, "TSLA", "50", NULL);
    hold(&world, "NVDA", "100", NULL);
    hold(&world, "AMD", "200", "165.30");
    reconcile(&world);
    static const char *const cases[] = {"D2", "D1", "D8"};
    static const char *const symbols[] = {"TSLA", "NVDA", "AMD"};
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 3);
    int differ = 0;
    for (uint64_t i = 0; i < 3; i++) {
        tw_finding_view view = {.size = sizeof view};
        ck_assert_int_eq(tw_proposal_finding(world.proposal, i, &view), 0);
        ck_assert_str_eq(view.case_id, cases[i]);
        ck_assert_str_eq(view.symbol, symbols[i]);
        differ += view.differs != 0;
    }
    ck_assert_int_eq(differ, 2);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(tesla_in_the_log_and_nothing_at_the_broker_is_closed) {
    struct world world;
    hold_tesla(&world);
    reconcile(&world);
    apply(&world);
    assert_quantity(&world, "TSLA", "0");
    world_close(&world);
}
END_TEST

START_TEST(a_broker_that_is_not_there_drops_no_position) {
    struct world world;
    trade_half(&world);
    world.answer.positions_completeness = TW_ANSWER_FAILED;
    world.answer.executions_completeness = TW_ANSWER_FAILED;
    reconcile(&world);
    apply(&world);
    assert_quantity(&world, "TSLA", "50");
    ck_assert_int_eq(day_symbol(&world.day, "TSLA")->plan.stop_e8, e8("445.25"));
    world_close(&world);
}
END_TEST

START_TEST(a_partial_exit_is_not_halved_twice_and_its_stop_not_lost) {
    struct world world;
    trade_half(&world);
    hold(&world, "TSLA", "50", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    executed(&world, "e2", "TSLA", TW_ACTION_SELL, "50", "450.10", NULL);
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill), 0);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 0);
    apply(&world);
    const struct symbol *symbol = day_symbol(&world.day, "TSLA");
    ck_assert_int_eq(symbol->position.qty_e8, e8("50"));
    ck_assert_int_eq(symbol->position.shares_e8, e8("100"));
    ck_assert_uint_eq(symbol->position.partial_count, 1);
    ck_assert_int_eq(symbol->plan.stop_e8, e8("445.25"));
    ck_assert_int_eq(symbol->plan.stop_reason, TW_STOP_BREAKEVEN);
    world_close(&world);
}
END_TEST

START_TEST(after_two_attempts_a_third_stays_blocked) {
    struct world world;
    trade_half(&world);
    hold(&world, "TSLA", "50", NULL);
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(attempts(&world), 2);
    day_refuses(&world.day, event_attempt("TSLA", TW_SIDE_LONG, "444.77", 2), TW_E_REFUSED,
                "2 of 2 attempts");
    world_close(&world);
}
END_TEST

START_TEST(a_fill_during_the_downtime_keeps_plan_attempts_and_earlier_results) {
    struct world world;
    trade_half(&world);
    int64_t before = narrow(day_money(&world.day, "USD")->result_e8);
    day_add(&world.day, event_order("x1", "TSLA", TW_ACTION_SELL, TW_PURPOSE_PARTIAL, "20"));
    hold(&world, "TSLA", "30", NULL);
    executed(&world, "e3", "TSLA", TW_ACTION_SELL, "20", "455.25", "0")->order_ref = "x1";
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(narrow(day_money(&world.day, "USD")->result_e8), before + e8("200"));
    ck_assert_int_eq(attempts(&world), 2);
    ck_assert_int_eq(day_symbol(&world.day, "TSLA")->plan.pivot_e8, e8("444.77"));
    ck_assert_int_eq(day_order(&world.day, "x1")->status, TW_ORDER_FILLED);
    world_close(&world);
}
END_TEST

START_TEST(the_side_is_compared_not_only_the_number) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "-100", NULL);
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D1", NULL), 0);
    ck_assert_uint_eq(count_findings(&world, "D4", "TSLA"), 1);
    world_close(&world);
}
END_TEST

START_TEST(exits_pass_while_a_symbol_is_locked) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    reconcile(&world);
    apply(&world);
    day_refuses(&world.day, event_order("a", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ADD, "10"),
                TW_E_GATED, "D2: ");
    day_add(&world.day, event_order("x", "TSLA", TW_ACTION_SELL, TW_PURPOSE_EXIT, "50"));
    world_close(&world);
}
END_TEST

START_TEST(a_symbol_of_either_side_alone_is_compared) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "AMD", "200", "165.30");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D6", "TSLA"), 1);
    ck_assert_uint_eq(count_findings(&world, "D8", "AMD"), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_reference");
    TCase *tcase = tcase_create("scenarios");
    tcase_add_test(tcase, a_day_of_three_symbols_reads_as_the_manual_shows_it);
    tcase_add_test(tcase, tesla_in_the_log_and_nothing_at_the_broker_is_closed);
    tcase_add_test(tcase, a_broker_that_is_not_there_drops_no_position);
    tcase_add_test(tcase, a_partial_exit_is_not_halved_twice_and_its_stop_not_lost);
    tcase_add_test(tcase, after_two_attempts_a_third_stays_blocked);
    tcase_add_test(tcase, a_fill_during_the_downtime_keeps_plan_attempts_and_earlier_results);
    tcase_add_test(tcase, the_side_is_compared_not_only_the_number);
    tcase_add_test(tcase, exits_pass_while_a_symbol_is_locked);
    tcase_add_test(tcase, a_symbol_of_either_side_alone_is_compared);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
