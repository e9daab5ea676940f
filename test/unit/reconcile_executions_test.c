/* What becomes of executions: D14 to D19, D29, D30, D33. */
#include "reconcile_kit.h"

START_TEST(d14_a_fill_of_an_unknown_order_is_booked_as_external) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, "m1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    reconcile(&world);
    tw_finding_view view = finding(&world, "D14", "TSLA");
    ck_assert_str_eq(view.about, "m1");
    finding_says(&world, "D8", "TSLA", "-", "LONG 100", TW_FINDING_ACCEPT, "explained by 1");
    apply(&world);
    ck_assert_uint_ne(day_execution(&world.day, "m1")->flags & EXECUTION_EXTERNAL, 0);
    ck_assert_int_eq(day_position(&world.day, "TSLA")->external_e8, e8("100"));
    world_close(&world);
}
END_TEST

static void send_and_fill(struct world *world, int64_t status) {
    world_open(world);
    day_add(&world->day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    if (status != TW_ORDER_SENT)
        day_add(&world->day, event_status("t1", status));
    hold(world, "TSLA", "100", NULL);
    executed(world, "e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->order_ref = "t1";
    reconcile(world);
}

START_TEST(d15_a_fill_before_the_acknowledgement_is_booked) {
    struct world world;
    send_and_fill(&world, TW_ORDER_SENT);
    finding_says(&world, "D15", "TSLA", "sent", "filled", TW_FINDING_ACCEPT, "before its order");
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_FILLED);
    world_close(&world);
}
END_TEST

START_TEST(d15_a_fill_after_the_cancel_is_booked) {
    struct world world;
    send_and_fill(&world, TW_ORDER_CANCELLED);
    finding_says(&world, "D15", "TSLA", "cancelled", "filled", TW_FINDING_ACCEPT, "after the end");
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->filled_e8, e8("100"));
    world_close(&world);
}
END_TEST

START_TEST(a_fill_is_linked_by_its_perm_id_where_it_has_no_order_ref) {
    struct world world;
    world_open(&world);
    day_add(&world.day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    tw_event status = event_status("t1", TW_ORDER_ACKNOWLEDGED);
    status.as.order_updated.perm_id = tw_known(77);
    day_add(&world.day, status);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->perm_id = tw_known(77);
    reconcile(&world);
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill, 0)->as.fill.order_ref, "t1");
    apply(&world);
    world_close(&world);
}
END_TEST

/* The broker held 50 of 100 and showed no execution. */
static void infer_first(struct world *world) {
    hold_tesla(world);
    hold(world, "TSLA", "50", NULL);
    reconcile(world);
    apply(world);
}

START_TEST(d16_the_real_fill_takes_the_place_of_the_inferred_one) {
    struct world world;
    infer_first(&world);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "50", "450", "0.5");
    reconcile(&world);
    finding_says(&world, "D16", "TSLA", "inferred", "e9", TW_FINDING_ACCEPT, "has arrived");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_inferred_superseded), 1);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill), 1);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 0);
    apply(&world);
    assert_quantity(&world, "TSLA", "50");
    ck_assert_uint_eq(day_symbol(&world.day, "TSLA")->inferred_count, 0);
    world_close(&world);
}
END_TEST

START_TEST(d16_a_real_fill_of_a_part_leaves_the_rest_inferred) {
    struct world world;
    infer_first(&world);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "20", "450", "0.5");
    reconcile(&world);
    ck_assert_int_eq(event_of(&world, TW_TYPE_fill_inferred, 0)->as.fill_inferred.qty_e8, e8("30"));
    apply(&world);
    assert_quantity(&world, "TSLA", "50");
    world_close(&world);
}
END_TEST

START_TEST(d16_a_later_trade_is_not_taken_for_the_inferred_one) {
    struct world world;
    infer_first(&world);
    answer_again(&world);
    hold(&world, "TSLA", "30", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "20", "450", "0.5")->time_ns =
        tw_known(world.day.time_ns + 1);
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_inferred_superseded), 0);
    apply(&world);
    assert_quantity(&world, "TSLA", "30");
    world_close(&world);
}
END_TEST

START_TEST(d16_a_fill_that_the_host_booked_late_is_not_counted_twice) {
    struct world world;
    infer_first(&world);
    day_add(&world.day, event_fill("e9", "TSLA", TW_ACTION_SELL, "50", "450", "1"));
    assert_quantity(&world, "TSLA", "0");
    reconcile(&world);
    ck_assert_str_eq(
        event_of(&world, TW_TYPE_inferred_superseded, 0)->as.inferred_superseded.superseded_by,
        "e9");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d16_executions_that_an_adopted_quantity_contained_do_not_double_it) {
    struct world world;
    world_open(&world);
    world.answer.executions_completeness = TW_ANSWER_FAILED;
    hold(&world, "AMD", "200", "165.30");
    reconcile(&world);
    apply(&world);
    world.answer.executions_completeness = TW_ANSWER_COMPLETE;
    executed(&world, "m1", "AMD", TW_ACTION_BUY, "200", "165.295", "1");
    reconcile(&world);
    finding_says(&world, "D16", "AMD", "LONG 200", "LONG 200", TW_FINDING_ACCEPT, "contained");
    apply(&world);
    assert_quantity(&world, "AMD", "200");
    world_close(&world);
}
END_TEST

START_TEST(d17_fills_of_a_working_order_that_net_to_nothing_are_booked) {
    struct world world;
    hold_tesla(&world);
    day_add(&world.day, event_order("a", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ADD, "60"));
    day_add(&world.day, event_status("a", TW_ORDER_ACKNOWLEDGED));
    day_add(&world.day, event_order("b", "TSLA", TW_ACTION_SELL, TW_PURPOSE_TARGET, "60"));
    day_add(&world.day, event_status("b", TW_ORDER_ACKNOWLEDGED));
    hold(&world, "TSLA", "100", NULL);
    executed(&world, "e2", "TSLA", TW_ACTION_BUY, "40", "446", "1")->order_ref = "a";
    executed(&world, "e3", "TSLA", TW_ACTION_SELL, "40", "447", "1")->order_ref = "b";
    reconcile(&world);
    finding_says(&world, "D17", "TSLA", "LONG 100", "LONG 100", TW_FINDING_ACCEPT, "2 executions");
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "a")->filled_e8, e8("40"));
    world_close(&world);
}
END_TEST

START_TEST(d18_an_overfill_is_booked_in_full_and_locks) {
    struct world world;
    world_open(&world);
    day_add(&world.day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    hold(&world, "TSLA", "120", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "100", "445", "1")->order_ref = "t1";
    executed(&world, "e2", "TSLA", TW_ACTION_BUY, "20", "445", "1")->order_ref = "t1";
    reconcile(&world);
    finding_says(&world, "D18", "TSLA", "100", "120", TW_FINDING_LOCK, "120 of 100 ordered");
    assert_gates(&world, "TSLA", "D18: ");
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->filled_e8, e8("120"));
    world_close(&world);
}
END_TEST

static tw_broker_execution *at_once(struct world *world, const char *exec_id, int64_t action,
                                    const char *price, const char *order_ref, const char *cum) {
    tw_broker_execution *row = executed(world, exec_id, "TSLA", action, "50", price, "1");
    row->time_ns = tw_known(TEST_TIME_NS);
    row->order_ref = order_ref;
    row->cum_qty_e8 = maybe_e8(cum);
    return row;
}

START_TEST(d19_executions_of_one_order_at_one_time_follow_what_it_had_filled) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "100", NULL);
    day_add(&world.day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    at_once(&world, "a", TW_ACTION_BUY, "446", "t1", "100");
    at_once(&world, "b", TW_ACTION_BUY, "445", "t1", "50");
    reconcile(&world);
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill, 0)->as.fill.exec_id, "b");
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill, 1)->as.fill.exec_id, "a");
    ck_assert_uint_eq(count_findings(&world, "D19", NULL), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d19_what_nothing_puts_in_order_is_marked) {
    struct world world;
    world_open(&world);
    at_once(&world, "b", TW_ACTION_SELL, "446", "t2", NULL);
    at_once(&world, "a", TW_ACTION_BUY, "445", "t1", NULL);
    reconcile(&world);
    finding_says(&world, "D19", "TSLA", NULL, NULL, TW_FINDING_NOTE, "not certain");
    apply(&world);
    ck_assert_uint_eq(count_findings(&world, "D19", "TSLA"), 1);
    world_close(&world);
}
END_TEST

START_TEST(executions_are_booked_in_the_order_of_their_times) {
    struct world world;
    world_open(&world);
    executed(&world, "late", "TSLA", TW_ACTION_SELL, "50", "446", "1")->time_ns =
        tw_known(TEST_TIME_NS + 9);
    executed(&world, "soon", "TSLA", TW_ACTION_BUY, "50", "445", "1")->time_ns =
        tw_known(TEST_TIME_NS + 1);
    reconcile(&world);
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill, 0)->as.fill.exec_id, "soon");
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "late")->realized_e8, e8("50"));
    world_close(&world);
}
END_TEST

START_TEST(d29_a_fill_without_a_fee_is_booked_now_and_its_fee_later) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "100", NULL);
    tw_broker_execution *row = executed(&world, "e1", "TSLA", TW_ACTION_BUY, "100", "445", NULL);
    reconcile(&world);
    ck_assert_int_eq(event_of(&world, TW_TYPE_fill, 0)->as.fill.fee_e8.known, 0);
    finding_says(&world, "D29", "TSLA", NULL, NULL, TW_FINDING_NOTE, "1 execution without a fee");
    ck_assert_int_eq(finding(&world, "D29", "TSLA").differs, 0);
    apply(&world);
    row->fee_e8 = tw_known(e8("1.05"));
    reconcile(&world);
    ck_assert_int_eq(event_of(&world, TW_TYPE_commission, 0)->as.commission.fee_e8, e8("1.05"));
    finding_says(&world, "D29", "TSLA", NULL, NULL, TW_FINDING_ACCEPT, "known now");
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e1")->fee_e8, e8("1.05"));
    ck_assert_uint_eq(count_findings(&world, "D29", "TSLA"), 0);
    world_close(&world);
}
END_TEST

START_TEST(d30_a_realized_result_that_differs_is_noted_and_the_log_is_kept) {
    struct world world;
    hold_tesla(&world);
    tw_broker_execution *row = executed(&world, "e9", "TSLA", TW_ACTION_SELL, "100", "450", "1");
    row->realized_e8 = tw_known(e8("470"));
    reconcile(&world);
    finding_says(&world, "D30", "TSLA", "473", "470", TW_FINDING_NOTE, "the log is kept");
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e9")->broker_realized_e8, e8("470"));
    ck_assert_int_eq(day_execution(&world.day, "e9")->realized_e8, e8("475"));
    world_close(&world);
}
END_TEST

START_TEST(d30_a_realized_result_within_a_cent_is_the_same) {
    struct world world;
    hold_tesla(&world);
    tw_broker_execution *row = executed(&world, "e9", "TSLA", TW_ACTION_SELL, "100", "450", "1");
    row->realized_e8 = tw_known(e8("473.004"));
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D30", NULL), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d33_an_assignment_is_booked_as_what_it_is) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "100", "440", "0")->kind = TW_FILL_ASSIGNMENT;
    reconcile(&world);
    finding_says(&world, "D33", "TSLA", NULL, NULL, TW_FINDING_ACCEPT, "assignment by the broker");
    ck_assert_int_eq(finding(&world, "D33", "TSLA").differs, 0);
    ck_assert_int_eq(event_of(&world, TW_TYPE_fill, 0)->as.fill.kind, TW_FILL_ASSIGNMENT);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d33_a_liquidation_is_shown_first) {
    struct world world;
    hold_tesla(&world);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "100", "430", "1")->kind = TW_FILL_LIQUIDATION;
    reconcile(&world);
    tw_finding_view view = {.size = sizeof view};
    ck_assert_int_eq(tw_proposal_finding(world.proposal, 0, &view), 0);
    ck_assert_str_eq(view.case_id, "D33");
    ck_assert_int_eq(view.critical, 1);
    apply(&world);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_executions");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d14_a_fill_of_an_unknown_order_is_booked_as_external);
    tcase_add_test(tcase, d15_a_fill_before_the_acknowledgement_is_booked);
    tcase_add_test(tcase, d15_a_fill_after_the_cancel_is_booked);
    tcase_add_test(tcase, a_fill_is_linked_by_its_perm_id_where_it_has_no_order_ref);
    tcase_add_test(tcase, d16_the_real_fill_takes_the_place_of_the_inferred_one);
    tcase_add_test(tcase, d16_a_real_fill_of_a_part_leaves_the_rest_inferred);
    tcase_add_test(tcase, d16_a_later_trade_is_not_taken_for_the_inferred_one);
    tcase_add_test(tcase, d16_a_fill_that_the_host_booked_late_is_not_counted_twice);
    tcase_add_test(tcase, d16_executions_that_an_adopted_quantity_contained_do_not_double_it);
    tcase_add_test(tcase, d17_fills_of_a_working_order_that_net_to_nothing_are_booked);
    tcase_add_test(tcase, d18_an_overfill_is_booked_in_full_and_locks);
    tcase_add_test(tcase, d19_executions_of_one_order_at_one_time_follow_what_it_had_filled);
    tcase_add_test(tcase, d19_what_nothing_puts_in_order_is_marked);
    tcase_add_test(tcase, executions_are_booked_in_the_order_of_their_times);
    tcase_add_test(tcase, d29_a_fill_without_a_fee_is_booked_now_and_its_fee_later);
    tcase_add_test(tcase, d30_a_realized_result_that_differs_is_noted_and_the_log_is_kept);
    tcase_add_test(tcase, d30_a_realized_result_within_a_cent_is_the_same);
    tcase_add_test(tcase, d33_an_assignment_is_booked_as_what_it_is);
    tcase_add_test(tcase, d33_a_liquidation_is_shown_first);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
