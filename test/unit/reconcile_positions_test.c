/* What becomes of quantities: D1 to D9, one situation a test. */
#include "reconcile_kit.h"

START_TEST(d1_what_both_sides_hold_alike_makes_no_event_but_the_answer) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", "445.25");
    reconcile(&world);
    finding_says(&world, "D1", "TSLA", "LONG 100", "LONG 100", TW_FINDING_ACCEPT, "same");
    ck_assert_int_eq(finding(&world, "D1", "TSLA").differs, 0);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 1);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 1);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_broker_answer), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d1_a_zero_row_of_a_flat_symbol_is_no_divergence) {
    struct world world;
    hold_tesla(&world);
    day_add(&world.day, event_fill("e2", "TSLA", TW_ACTION_SELL, "100", "446", "1"));
    hold(&world, "TSLA", "0", NULL);
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d2_less_at_the_broker_without_an_execution_is_inferred_and_locked) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    reconcile(&world);
    finding_says(&world, "D2", "TSLA", "LONG 100", "LONG 50", TW_FINDING_INFER,
                 "using the broker's 50 (source of truth); unexplained, entries locked");
    const tw_event *fill = event_of(&world, TW_TYPE_fill_inferred, 0);
    ck_assert_int_eq(fill->as.fill_inferred.action, TW_ACTION_SELL);
    ck_assert_int_eq(fill->as.fill_inferred.qty_e8, e8("50"));
    ck_assert_str_eq(fill->as.fill_inferred.exec_id, "inferred-20251006-TSLA-100to50-1");
    ck_assert_int_eq(fill->source, TW_SOURCE_INFERRED);
    assert_gates(&world, "TSLA", "D2: ");
    apply(&world);
    ck_assert_int_eq(tw_state_gated(world.day.state, "TSLA", NULL), 1);
    /* It stays visible until somebody has opened the gate, and then goes. */
    ck_assert_int_eq(finding(&world, "D2", "TSLA").fresh, 0);
    day_add(&world.day, event_gate("TSLA", TW_GATE_OPEN, "looked at it"));
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D2", "TSLA").action, TW_FINDING_RESOLVED);
    apply(&world);
    ck_assert_uint_eq(count_findings(&world, "D2", "TSLA"), 0);
    world_close(&world);
}
END_TEST

START_TEST(d2_less_at_the_broker_that_an_execution_explains_is_booked_and_not_locked) {
    struct world world;
    hold_tesla(&world);
    day_add(&world.day, event_order("t1", "TSLA", TW_ACTION_SELL, TW_PURPOSE_TARGET, "50"));
    day_add(&world.day, event_status("t1", TW_ORDER_ACKNOWLEDGED));
    hold(&world, "TSLA", "50", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "50", "450.10", "0.50")->order_ref = "t1";
    reconcile(&world);
    finding_says(&world, "D2", "TSLA", "LONG 100", "LONG 50", TW_FINDING_ACCEPT,
                 "using the broker's 50 (source of truth); explained by 1 execution, booked");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 0);
    const tw_event *fill = event_of(&world, TW_TYPE_fill, 0);
    ck_assert_int_eq(fill->source, TW_SOURCE_QUERY);
    ck_assert_int_eq(fill->as.fill.price_e8, e8("450.10"));
    ck_assert_int_eq(fill->as.fill.fee_e8.value, e8("0.50"));
    ck_assert_str_eq(fill->as.fill.order_ref, "t1");
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e9")->realized_e8, e8("242.5"));
    world_close(&world);
}
END_TEST

START_TEST(d2_what_executions_explain_in_part_is_booked_and_the_rest_inferred) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "20", "450", "0.50");
    reconcile(&world);
    finding_says(&world, "D2", "TSLA", "LONG 100", "LONG 50", TW_FINDING_INFER,
                 "partly explained by 1 execution, booked, the rest is inferred");
    ck_assert_int_eq(event_of(&world, TW_TYPE_fill_inferred, 0)->as.fill_inferred.qty_e8, e8("30"));
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d3_more_at_the_broker_is_inferred_as_external_and_locked) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "150", NULL);
    reconcile(&world);
    finding_says(&world, "D3", "TSLA", "LONG 100", "LONG 150", TW_FINDING_INFER,
                 "unexplained, marked external, entries locked");
    assert_gates(&world, "TSLA", "D3: ");
    apply(&world);
    ck_assert_int_eq(day_position(&world.day, "TSLA")->external_e8, e8("50"));
    world_close(&world);
}
END_TEST

START_TEST(d4_the_opposite_side_is_a_close_and_an_opening_and_never_a_match) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "-100", NULL);
    reconcile(&world);
    finding_says(&world, "D4", "TSLA", "LONG 100", "SHORT 100", TW_FINDING_INFER, "opposite side");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 2);
    const tw_event *first = event_of(&world, TW_TYPE_fill_inferred, 0);
    const tw_event *second = event_of(&world, TW_TYPE_fill_inferred, 1);
    ck_assert_int_eq(first->as.fill_inferred.qty_e8, e8("100"));
    ck_assert_int_eq(second->as.fill_inferred.qty_e8, e8("100"));
    ck_assert_str_ne(first->as.fill_inferred.exec_id, second->as.fill_inferred.exec_id);
    assert_gates(&world, "TSLA", "D4: ");
    apply(&world);
    ck_assert_int_eq(world.day.state->total_trades, 1);
    ck_assert_int_eq(day_position(&world.day, "TSLA")->side, TW_SIDE_SHORT);
    world_close(&world);
}
END_TEST

START_TEST(d5_explicitly_flat_closes_at_the_real_exit_where_there_is_one) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "0", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "100", "450", "1");
    reconcile(&world);
    finding_says(&world, "D5", "TSLA", "LONG 100", "flat", TW_FINDING_ACCEPT, "explained by 1");
    apply(&world);
    ck_assert_int_eq(world.day.state->winners, 1);
    world_close(&world);
}
END_TEST

START_TEST(d5_explicitly_flat_without_an_exit_closes_with_unknown_result) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "0", NULL);
    reconcile(&world);
    finding_says(&world, "D5", "TSLA", "LONG 100", "flat", TW_FINDING_INFER,
                 "closed at an unknown price, entries locked");
    apply(&world);
    ck_assert_int_eq(world.day.state->total_trades, 1);
    ck_assert_int_eq(world.day.state->winners + world.day.state->losers, 0);
    ck_assert_int_ge(day_money(&world.day, "USD")->unknown, 1);
    world_close(&world);
}
END_TEST

START_TEST(d6_absent_from_a_complete_answer_is_flat) {
    struct world world;
    hold_tesla(&world);
    reconcile(&world);
    finding_says(&world, "D6", "TSLA", "LONG 100", "-", TW_FINDING_INFER, "complete answer");
    assert_gates(&world, "TSLA", "D6: ");
    apply(&world);
    assert_quantity(&world, "TSLA", "0");
    world_close(&world);
}
END_TEST

START_TEST(d6_absent_from_a_partial_answer_changes_nothing_and_locks) {
    struct world world;
    hold_tesla(&world);
    world.answer.positions_completeness = TW_ANSWER_PARTIAL;
    reconcile(&world);
    finding_says(&world, "D6", "TSLA", "LONG 100", "-", TW_FINDING_LOCK, "nothing is changed");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 0);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 2);
    apply(&world);
    assert_quantity(&world, "TSLA", "100");
    world_close(&world);
}
END_TEST

START_TEST(d7_a_failed_query_changes_no_position_and_halts_all_entries) {
    struct world world;
    hold_tesla(&world);
    world.answer.positions_completeness = TW_ANSWER_FAILED;
    world.answer.executions_completeness = TW_ANSWER_FAILED;
    world.answer.failure = "connection refused\x1b[2J";
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "100", "450", "1");
    reconcile(&world);
    tw_finding_view view = finding(&world, "D7", NULL);
    ck_assert_int_eq(view.action, TW_FINDING_HALT);
    ck_assert_int_eq(view.critical, 1);
    ck_assert_ptr_nonnull(strstr(view.text, "possible drift: connection refused\\x1b"));
    assert_gates(&world, "all", "D7: ");
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 3);
    apply(&world);
    assert_quantity(&world, "TSLA", "100");
    ck_assert_int_eq(tw_state_gated(world.day.state, "ANY", NULL), 1);
    world_close(&world);
}
END_TEST

START_TEST(d7_rows_of_a_failed_part_say_nothing) {
    struct world world;
    hold_tesla(&world);
    world.answer.positions_completeness = TW_ANSWER_FAILED;
    hold(&world, "TSLA", "0", NULL);
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 1);
    apply(&world);
    assert_quantity(&world, "TSLA", "100");
    world_close(&world);
}
END_TEST

START_TEST(d7_in_part_shows_what_differs_without_changing_it) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    world.answer.positions_completeness = TW_ANSWER_PARTIAL;
    reconcile(&world);
    finding_says(&world, "D2", "TSLA", "LONG 100", "LONG 50", TW_FINDING_NOTE, "not complete");
    assert_gates(&world, "all", "D7: ");
    apply(&world);
    assert_quantity(&world, "TSLA", "100");
    world_close(&world);
}
END_TEST

static void fail_then_answer(struct world *world) {
    hold_tesla(world);
    world->answer.positions_completeness = TW_ANSWER_FAILED;
    reconcile(world);
    apply(world);
    answer_again(world);
    hold(world, "TSLA", "100", "445.25");
}

START_TEST(d7_ends_with_the_next_complete_answer_which_opens_its_gate) {
    struct world world;
    fail_then_answer(&world);
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D7", NULL).action, TW_FINDING_RESOLVED);
    apply(&world);
    ck_assert_int_eq(tw_state_gated(world.day.state, "TSLA", NULL), 0);
    world_close(&world);
}
END_TEST

START_TEST(d7_does_not_open_a_gate_that_somebody_else_closed) {
    struct world world;
    fail_then_answer(&world);
    day_add(&world.day, event_gate("all", TW_GATE_CLOSED, "no trading before the news"));
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    ck_assert_int_eq(tw_state_gated(world.day.state, "TSLA", NULL), 1);
    world_close(&world);
}
END_TEST

START_TEST(d7_overridden_by_an_operator_does_not_halt_again_for_the_same_answer) {
    struct world world;
    hold_tesla(&world);
    world.answer.positions_completeness = TW_ANSWER_FAILED;
    reconcile(&world);
    apply(&world);
    day_add(&world.day, event_gate("all", TW_GATE_OPEN, "trading on by hand"));
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 0);
    ck_assert_int_eq(finding(&world, "D7", NULL).critical, 1);
    world_close(&world);
}
END_TEST

START_TEST(d8_what_the_log_does_not_know_is_adopted_as_estimated_and_locked) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", "445.25");
    hold(&world, "AMD", "200", "165.30");
    reconcile(&world);
    finding_says(&world, "D8", "AMD", "-", "LONG 200", TW_FINDING_ASK,
                 "not in the log: opened by hand or log lost; adopted as estimated with --apply");
    assert_gates(&world, "AMD", "D8: ");
    apply(&world);
    const struct position *position = day_position(&world.day, "AMD");
    int64_t cost = 0;
    ck_assert_int_eq(position->estimated, 1);
    ck_assert_int_eq(tw_state_average_cost(position, &cost), 0);
    ck_assert_int_eq(cost, e8("165.30"));
    world_close(&world);
}
END_TEST

START_TEST(d8_the_multiplier_of_what_is_adopted_comes_before_it) {
    struct world world;
    world_open(&world);
    tw_holding *row = hold(&world, "ESZ5", "-2", "6302.25");
    row->sec_type = "FUT";
    row->currency = "USD";
    row->multiplier_e8 = tw_known(e8("50"));
    row->con_id = tw_known(495512563);
    reconcile(&world);
    const tw_event *instrument = event_of(&world, TW_TYPE_instrument, 0);
    ck_assert_int_eq(instrument->as.instrument.multiplier_e8, e8("50"));
    apply(&world);
    ck_assert_int_eq(day_symbol(&world.day, "ESZ5")->multiplier_e8, e8("50"));
    ck_assert_int_eq(day_position(&world.day, "ESZ5")->side, TW_SIDE_SHORT);
    world_close(&world);
}
END_TEST

START_TEST(d9_a_cost_that_commissions_explain_is_a_note_that_differs_in_nothing) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", "445.26");
    reconcile(&world);
    finding_says(&world, "D9", "TSLA", "LONG 100 @ 445.25", "LONG 100 @ 445.26", TW_FINDING_NOTE,
                 "explained by commissions; the entry price is kept");
    ck_assert_int_eq(finding(&world, "D9", "TSLA").differs, 0);
    apply(&world);
    int64_t cost = 0;
    ck_assert_int_eq(tw_state_average_cost(day_position(&world.day, "TSLA"), &cost), 0);
    ck_assert_int_eq(cost, e8("445.25"));
    ck_assert_uint_eq(count_findings(&world, "D9", "TSLA"), 1);
    world_close(&world);
}
END_TEST

START_TEST(d9_a_cost_that_nothing_explains_is_a_note_that_differs) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", "440");
    reconcile(&world);
    finding_says(&world, "D9", "TSLA", "LONG 100 @ 445.25", "LONG 100 @ 440", TW_FINDING_NOTE,
                 "not explained by commissions");
    ck_assert_int_eq(finding(&world, "D9", "TSLA").differs, 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d9_commissions_lower_the_cost_of_a_short_position) {
    struct world world;
    world_open(&world);
    day_add(&world.day, event_fill("e1", "PENNY", TW_ACTION_SELL, "10", "2", "5"));
    hold(&world, "PENNY", "-10", "1.5");
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D9", "PENNY").differs, 0);
    world.holdings[0].avg_cost_e8 = tw_known(e8("2.5"));
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D9", "PENNY").differs, 1);
    world_close(&world);
}
END_TEST

START_TEST(an_inferred_fill_has_a_new_id_when_the_same_step_comes_again) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    reconcile(&world);
    apply(&world);
    day_add(&world.day, event_fill("e2", "TSLA", TW_ACTION_BUY, "50", "446", "1"));
    reconcile(&world);
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill_inferred, 0)->as.fill_inferred.exec_id,
                     "inferred-20251006-TSLA-100to50-3");
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(an_inferred_id_of_a_long_symbol_still_fits) {
    struct world world;
    static const char name[] = "SYMBOL-OF-SIXTY-FOUR-BYTES-AS-LONG-AS-A-SYMBOL-MAY-EVER-BE-HERE!";
    world_open(&world);
    ck_assert_uint_eq(strlen(name), 64);
    day_add(&world.day, event_fill("e1", name, TW_ACTION_BUY, "12345678.12345678", "1", NULL));
    reconcile(&world);
    ck_assert_uint_le(strlen(event_of(&world, TW_TYPE_fill_inferred, 0)->as.fill_inferred.exec_id),
                      64);
    apply(&world);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_positions");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d1_what_both_sides_hold_alike_makes_no_event_but_the_answer);
    tcase_add_test(tcase, d1_a_zero_row_of_a_flat_symbol_is_no_divergence);
    tcase_add_test(tcase, d2_less_at_the_broker_without_an_execution_is_inferred_and_locked);
    tcase_add_test(tcase,
                   d2_less_at_the_broker_that_an_execution_explains_is_booked_and_not_locked);
    tcase_add_test(tcase, d2_what_executions_explain_in_part_is_booked_and_the_rest_inferred);
    tcase_add_test(tcase, d3_more_at_the_broker_is_inferred_as_external_and_locked);
    tcase_add_test(tcase, d4_the_opposite_side_is_a_close_and_an_opening_and_never_a_match);
    tcase_add_test(tcase, d5_explicitly_flat_closes_at_the_real_exit_where_there_is_one);
    tcase_add_test(tcase, d5_explicitly_flat_without_an_exit_closes_with_unknown_result);
    tcase_add_test(tcase, d6_absent_from_a_complete_answer_is_flat);
    tcase_add_test(tcase, d6_absent_from_a_partial_answer_changes_nothing_and_locks);
    tcase_add_test(tcase, d7_a_failed_query_changes_no_position_and_halts_all_entries);
    tcase_add_test(tcase, d7_rows_of_a_failed_part_say_nothing);
    tcase_add_test(tcase, d7_in_part_shows_what_differs_without_changing_it);
    tcase_add_test(tcase, d7_ends_with_the_next_complete_answer_which_opens_its_gate);
    tcase_add_test(tcase, d7_does_not_open_a_gate_that_somebody_else_closed);
    tcase_add_test(tcase, d7_overridden_by_an_operator_does_not_halt_again_for_the_same_answer);
    tcase_add_test(tcase, d8_what_the_log_does_not_know_is_adopted_as_estimated_and_locked);
    tcase_add_test(tcase, d8_the_multiplier_of_what_is_adopted_comes_before_it);
    tcase_add_test(tcase, d9_a_cost_that_commissions_explain_is_a_note_that_differs_in_nothing);
    tcase_add_test(tcase, d9_a_cost_that_nothing_explains_is_a_note_that_differs);
    tcase_add_test(tcase, d9_commissions_lower_the_cost_of_a_short_position);
    tcase_add_test(tcase, an_inferred_fill_has_a_new_id_when_the_same_step_comes_again);
    tcase_add_test(tcase, an_inferred_id_of_a_long_symbol_still_fits);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
