/* What was there before the first record of the day: D20, D32, D34. */
#include "reconcile_kit.h"

/* LONG 100 TSLA at 440 was left open yesterday, with a plan. */
static void leave_open(struct world *world) {
    world_open(world);
    struct day *before = world_yesterday(world);
    day_add(before, event_fill("y1", "TSLA", TW_ACTION_BUY, "100", "440", "1"));
    tw_event plan = event_plan("TSLA", TW_SIDE_LONG, "momentum", "430");
    plan.as.plan.pivot_e8 = maybe_e8("439.5");
    plan.as.plan.target1_e8 = maybe_e8("460");
    day_add(before, plan);
    day_add(before, event_stop("TSLA", "440", TW_STOP_BREAKEVEN));
    day_add(before, event_attempt("TSLA", TW_SIDE_LONG, "439.5", 2));
}

START_TEST(d34_reject_takes_the_quantity_over_but_restores_nothing) {
    struct world world;
    leave_open(&world);
    hold(&world, "TSLA", "100", "440.01");
    reconcile(&world);
    finding_says(&world, "D34", "TSLA", "-", "LONG 100", TW_FINDING_ASK,
                 "held overnight (LONG 100 since 2025-10-03): overnight policy is reject");
    assert_gates(&world, "TSLA", "D34: ");
    apply(&world);
    ck_assert_int_eq(day_position(&world.day, "TSLA")->estimated, 1);
    ck_assert_int_eq(day_symbol(&world.day, "TSLA")->plan.side, 0);
    world_close(&world);
}
END_TEST

START_TEST(d34_carry_restores_cost_date_and_plan_and_does_not_lock) {
    struct world world;
    leave_open(&world);
    world.overnight = TW_OVERNIGHT_CARRY;
    hold(&world, "TSLA", "100", "440");
    reconcile(&world);
    finding_says(&world, "D34", "TSLA", "-", "LONG 100", TW_FINDING_ACCEPT,
                 "the broker confirms it, carried with its plan");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    const struct symbol *symbol = day_symbol(&world.day, "TSLA");
    int64_t cost = 0;
    ck_assert_int_eq(tw_state_average_cost(&symbol->position, &cost), 0);
    ck_assert_int_eq(cost, e8("440"));
    ck_assert_int_eq(symbol->position.carried_from, TEST_DATE - 3);
    ck_assert_int_eq(symbol->plan.pivot_e8, e8("439.5"));
    ck_assert_int_eq(symbol->plan.target1_e8, e8("460"));
    ck_assert_int_eq(symbol->plan.stop_e8, e8("440"));
    ck_assert_int_eq(symbol->plan.stop_reason, TW_STOP_BREAKEVEN);
    ck_assert_uint_eq(symbol->attempt_count, 0); /* counters start anew */
    world_close(&world);
}
END_TEST

START_TEST(d34_carry_fits_in_front_of_what_was_sold_today) {
    struct world world;
    leave_open(&world);
    world.overnight = TW_OVERNIGHT_CARRY;
    hold(&world, "TSLA", "60", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_SELL, "40", "450", "1");
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e1")->realized_e8, e8("400"));
    ck_assert_int_eq(day_position(&world.day, "TSLA")->side, TW_SIDE_LONG);
    world_close(&world);
}
END_TEST

START_TEST(d34_carry_goes_in_front_of_a_sale_that_the_log_has_already) {
    struct world world;
    leave_open(&world);
    world.overnight = TW_OVERNIGHT_CARRY;
    day_add(&world.day, event_fill("e1", "TSLA", TW_ACTION_SELL, "40", "450", "1"));
    ck_assert_int_eq(day_position(&world.day, "TSLA")->side, TW_SIDE_SHORT);
    hold(&world, "TSLA", "60", NULL);
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e1")->realized_e8, e8("400"));
    world_close(&world);
}
END_TEST

START_TEST(d34_carry_with_another_quantity_at_the_broker_is_locked) {
    struct world world;
    leave_open(&world);
    world.overnight = TW_OVERNIGHT_CARRY;
    hold(&world, "TSLA", "70", NULL);
    reconcile(&world);
    finding_says(&world, "D34", "TSLA", "-", "LONG 70", TW_FINDING_ASK, "carried");
    assert_gates(&world, "TSLA", "D34: ");
    apply(&world);
    ck_assert_int_eq(day_symbol(&world.day, "TSLA")->plan.pivot_e8, e8("439.5"));
    world_close(&world);
}
END_TEST

START_TEST(d34_todays_plan_is_not_replaced_by_yesterdays) {
    struct world world;
    leave_open(&world);
    world.overnight = TW_OVERNIGHT_CARRY;
    day_add(&world.day, event_plan("TSLA", TW_SIDE_LONG, "gap", "435"));
    hold(&world, "TSLA", "100", NULL);
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(day_symbol(&world.day, "TSLA")->plan.stop_e8, e8("435"));
    world_close(&world);
}
END_TEST

START_TEST(d34_what_the_broker_no_longer_holds_is_not_carried) {
    struct world world;
    leave_open(&world);
    world.overnight = TW_OVERNIGHT_CARRY;
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d34_an_estimate_is_carried_as_an_estimate) {
    struct world world;
    world_open(&world);
    day_add(world_yesterday(&world), event_adjusted("TSLA", TW_SIDE_LONG, "100", "440"));
    ck_assert_int_eq(day_position(&world.older, "TSLA")->estimated, 1);
    world.overnight = TW_OVERNIGHT_CARRY;
    hold(&world, "TSLA", "100", "440");
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(day_position(&world.day, "TSLA")->estimated, 1);
    world_close(&world);
}
END_TEST

START_TEST(d32_a_quantity_in_a_ratio_to_yesterdays_is_a_suspected_split) {
    static const char *const after[] = {"200", "300", "400", "500", "1000", "50", "10", "150"};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        struct world world;
        leave_open(&world);
        hold(&world, "TSLA", after[i], "44");
        reconcile(&world);
        ck_assert_int_eq(finding(&world, "D32", "TSLA").action, TW_FINDING_ASK);
        assert_gates(&world, "TSLA", "D32: ");
        apply(&world);
        world_close(&world);
    }
}
END_TEST

START_TEST(d32_no_ratio_is_no_split) {
    static const char *const after[] = {"110", "-200", "99.5"};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        struct world world;
        leave_open(&world);
        hold(&world, "TSLA", after[i], NULL);
        reconcile(&world);
        ck_assert_uint_eq(count_findings(&world, "D32", NULL), 0);
        ck_assert_uint_eq(count_findings(&world, "D34", "TSLA"), 1);
        apply(&world);
        world_close(&world);
    }
}
END_TEST

START_TEST(d20_a_sale_of_what_the_log_never_bought_shows_an_opening_position) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "50", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_SELL, "50", "450", "1");
    reconcile(&world);
    finding_says(&world, "D20", "TSLA", "-", "LONG 50", TW_FINDING_ASK, "LONG 100 was held before");
    const tw_event *opening = event_of(&world, TW_TYPE_position_opening, 0);
    ck_assert_int_eq(opening->as.position_opening.qty_e8, e8("100"));
    ck_assert_int_eq(opening->as.position_opening.avg_cost_e8.known, 0);
    assert_gates(&world, "TSLA", "D20: ");
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e1")->realized_e8, TW_UNKNOWN);
    world_close(&world);
}
END_TEST

START_TEST(d20_what_was_sold_out_today_leaves_nothing_to_lock) {
    struct world world;
    world_open(&world);
    executed(&world, "e1", "TSLA", TW_ACTION_SELL, "100", "450", "1");
    reconcile(&world);
    finding_says(&world, "D20", "TSLA", "-", "-", TW_FINDING_NOTE, "P&L unknown for that part");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    assert_quantity(&world, "TSLA", "0");
    world_close(&world);
}
END_TEST

START_TEST(d20_is_not_concluded_from_executions_that_are_not_complete) {
    struct world world;
    world_open(&world);
    world.answer.executions_completeness = TW_ANSWER_PARTIAL;
    hold(&world, "TSLA", "50", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_SELL, "50", "450", "1");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D20", NULL), 0);
    ck_assert_uint_eq(count_findings(&world, "D8", "TSLA"), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(an_older_day_that_is_not_older_is_refused) {
    struct world world;
    tw_error why;
    leave_open(&world);
    world.older.state->trading_date = TEST_DATE;
    ck_assert_int_eq(reconcile_gives(&world, &why), TW_E_DATE);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_overnight");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d34_reject_takes_the_quantity_over_but_restores_nothing);
    tcase_add_test(tcase, d34_carry_restores_cost_date_and_plan_and_does_not_lock);
    tcase_add_test(tcase, d34_carry_fits_in_front_of_what_was_sold_today);
    tcase_add_test(tcase, d34_carry_goes_in_front_of_a_sale_that_the_log_has_already);
    tcase_add_test(tcase, d34_carry_with_another_quantity_at_the_broker_is_locked);
    tcase_add_test(tcase, d34_todays_plan_is_not_replaced_by_yesterdays);
    tcase_add_test(tcase, d34_what_the_broker_no_longer_holds_is_not_carried);
    tcase_add_test(tcase, d34_an_estimate_is_carried_as_an_estimate);
    tcase_add_test(tcase, d32_a_quantity_in_a_ratio_to_yesterdays_is_a_suspected_split);
    tcase_add_test(tcase, d32_no_ratio_is_no_split);
    tcase_add_test(tcase, d20_a_sale_of_what_the_log_never_bought_shows_an_opening_position);
    tcase_add_test(tcase, d20_what_was_sold_out_today_leaves_nothing_to_lock);
    tcase_add_test(tcase, d20_is_not_concluded_from_executions_that_are_not_complete);
    tcase_add_test(tcase, an_older_day_that_is_not_older_is_refused);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
