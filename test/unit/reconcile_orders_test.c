/* Orders, and one intent that is sent twice: D21 to D25, D28. */
#include "reconcile_kit.h"

/* TSLA t1, BUY 100 LMT at 440, sent; the answer has all orders. */
static void send_order(struct world *world) {
    world_open(world);
    ask_orders(world);
    tw_event order = event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100");
    order.as.order_submitted.limit_e8 = maybe_e8("440");
    day_add(&world->day, order);
}

static void acknowledge(struct world *world, int64_t perm_id) {
    tw_event status = event_status("t1", TW_ORDER_ACKNOWLEDGED);
    status.as.order_updated.perm_id = tw_known(perm_id);
    day_add(&world->day, status);
}

START_TEST(d21_a_sent_order_that_works_is_linked_again_by_its_order_ref) {
    struct world world;
    send_order(&world);
    working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440")->order_id = tw_known(5);
    reconcile(&world);
    finding_says(&world, "D21", "TSLA", "sent", "BUY 100 LMT at 440 (Submitted)", TW_FINDING_ACCEPT,
                 "linked again: acknowledged");
    apply(&world);
    const struct order *order = day_order(&world.day, "t1");
    ck_assert_int_eq(order->status, TW_ORDER_ACKNOWLEDGED);
    ck_assert_int_eq(order->perm_id, 77);
    world_close(&world);
}
END_TEST

START_TEST(d21_an_order_without_a_ref_is_linked_by_its_perm_id_and_never_by_its_order_id) {
    struct world world;
    send_order(&world);
    acknowledge(&world, 77);
    tw_broker_order *mine = working(&world, NULL, 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "441");
    tw_broker_order *other = working(&world, NULL, 78, "TSLA", TW_ACTION_BUY, "LMT", "5", "1");
    mine->order_id = tw_known(9);
    other->order_id = tw_known(1);
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D22", "TSLA"), 1);
    ck_assert_uint_eq(count_findings(&world, "D21", "TSLA"), 1);
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->limit_e8, e8("441"));
    world_close(&world);
}
END_TEST

START_TEST(d21_what_both_know_alike_is_not_linked_again) {
    struct world world;
    send_order(&world);
    acknowledge(&world, 77);
    working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440")->order_id = tw_known(99);
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d21_a_modified_order_that_works_stays_modified) {
    struct world world;
    send_order(&world);
    acknowledge(&world, 77);
    day_add(&world.day, event_status("t1", TW_ORDER_MODIFIED));
    working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d21_numbers_that_mean_nothing_for_the_order_type_are_not_taken) {
    struct world world;
    send_order(&world);
    acknowledge(&world, 77);
    tw_broker_order *row = working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "MKT", "100", "96.9");
    row->stop_e8 = tw_known(e8("12"));
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_order_updated), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d21_an_order_that_is_over_in_the_log_but_works_is_critical) {
    struct world world;
    send_order(&world);
    day_add(&world.day, event_status("t1", TW_ORDER_CANCELLED));
    working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    reconcile(&world);
    tw_finding_view view = finding(&world, "D21", "TSLA");
    ck_assert_int_eq(view.critical, 1);
    ck_assert_ptr_nonnull(strstr(view.text, "may still fill"));
    assert_gates(&world, "TSLA", "D21: ");
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d21_a_lapsed_order_that_works_after_all_lives_again) {
    struct world world;
    send_order(&world);
    day_add(&world.day, event_status("t1", TW_ORDER_LAPSED));
    working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_ACKNOWLEDGED);
    world_close(&world);
}
END_TEST

START_TEST(d22_a_foreign_order_is_counted_and_not_touched) {
    struct world world;
    world_open(&world);
    ask_orders(&world);
    working(&world, NULL, 613177345, "TSLA", TW_ACTION_SELL, "STP", "100", "440");
    working(&world, NULL, 613177346, "TSLA", TW_ACTION_SELL, "STP", "100", "440");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D22", "TSLA"), 2);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_order_updated), 0);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    answer_again(&world);
    ask_orders(&world);
    world.answer.order_count = 0;
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D22", "TSLA"), 2);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 3);
    apply(&world);
    ck_assert_uint_eq(count_findings(&world, "D22", "TSLA"), 0);
    world_close(&world);
}
END_TEST

START_TEST(d23_an_order_that_nobody_shows_stays_unknown_while_a_part_is_missing) {
    for (int missing = 0; missing < 3; missing++) {
        struct world world;
        send_order(&world);
        int64_t *parts[] = {&world.answer.orders_completeness, &world.answer.completed_completeness,
                            &world.answer.executions_completeness};
        *parts[missing] = TW_ANSWER_PARTIAL;
        reconcile(&world);
        finding_says(&world, "D23", "TSLA", "sent", "-", TW_FINDING_LOCK, "stays unknown until");
        /* Open orders that are not known halt everything besides. */
        if (missing == 0)
            ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 2);
        else
            assert_gates(&world, "TSLA", "D23: ");
        ck_assert_uint_eq(count_events(&world, TW_TYPE_order_updated), 0);
        apply(&world);
        ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_SENT);
        world_close(&world);
    }
}
END_TEST

START_TEST(d23_an_order_that_three_complete_answers_do_not_show_has_lapsed) {
    struct world world;
    send_order(&world);
    reconcile(&world);
    finding_says(&world, "D23", "TSLA", "sent", "-", TW_FINDING_ACCEPT, "lapsed");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_LAPSED);
    world_close(&world);
}
END_TEST

START_TEST(d23_an_order_in_doubt_is_told_also_when_nobody_was_asked_for_orders) {
    struct world world;
    send_order(&world);
    world.answer.orders_completeness = world.answer.completed_completeness = 0;
    reconcile(&world);
    finding_says(&world, "D23", "TSLA", "sent", "-", TW_FINDING_NOTE, "was not asked for orders");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d24_filled_in_part_then_cancelled_keeps_its_fills) {
    struct world world;
    send_order(&world);
    acknowledge(&world, 77);
    hold(&world, "TSLA", "40", NULL);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "40", "440", "1")->order_ref = "t1";
    tw_broker_order *row = working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    row->status = "Cancelled";
    row->completed = 1;
    reconcile(&world);
    finding_says(&world, "D24", "TSLA", "acknowledged", "BUY 100 LMT at 440 (Cancelled)",
                 TW_FINDING_ACCEPT, "its fills are kept");
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_CANCELLED);
    ck_assert_int_eq(day_order(&world.day, "t1")->filled_e8, e8("40"));
    world_close(&world);
}
END_TEST

START_TEST(d25_a_pending_change_or_cancel_stays_pending_and_locks) {
    static const int64_t pending[] = {TW_ORDER_CHANGE_PENDING, TW_ORDER_CANCEL_PENDING};
    for (int i = 0; i < 2; i++) {
        struct world world;
        send_order(&world);
        acknowledge(&world, 77);
        day_add(&world.day, event_status("t1", pending[i]));
        working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
        reconcile(&world);
        ck_assert_int_eq(finding(&world, "D25", "TSLA").action, TW_FINDING_LOCK);
        assert_gates(&world, "TSLA", "D25: ");
        apply(&world);
        ck_assert_int_eq(day_order(&world.day, "t1")->status, pending[i]);
        world_close(&world);
    }
}
END_TEST

START_TEST(d25_a_cancel_that_the_broker_confirms_is_over) {
    struct world world;
    send_order(&world);
    acknowledge(&world, 77);
    day_add(&world.day, event_status("t1", TW_ORDER_CANCEL_PENDING));
    working(&world, "t1", 77, "TSLA", TW_ACTION_BUY, "LMT", "100", "440")->status = "Cancelled";
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D25", NULL), 0);
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_CANCELLED);
    world_close(&world);
}
END_TEST

START_TEST(d28_two_entries_on_their_way_are_named_and_lock) {
    struct world world;
    send_order(&world);
    day_add(&world.day, event_order("t2", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    working(&world, "t1", 7, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    working(&world, "t2", 8, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    reconcile(&world);
    tw_finding_view view = finding(&world, "D28", "TSLA");
    ck_assert_ptr_nonnull(strstr(view.text, "t1 and t2"));
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d28_one_order_that_is_live_under_two_perm_ids_locks) {
    struct world world;
    send_order(&world);
    working(&world, "t1", 7, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    working(&world, "t1", 8, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    reconcile(&world);
    ck_assert_ptr_nonnull(strstr(finding(&world, "D28", "TSLA").text, "perm 7 and perm 8"));
    apply(&world);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_orders");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d21_a_sent_order_that_works_is_linked_again_by_its_order_ref);
    tcase_add_test(tcase,
                   d21_an_order_without_a_ref_is_linked_by_its_perm_id_and_never_by_its_order_id);
    tcase_add_test(tcase, d21_what_both_know_alike_is_not_linked_again);
    tcase_add_test(tcase, d21_a_modified_order_that_works_stays_modified);
    tcase_add_test(tcase, d21_numbers_that_mean_nothing_for_the_order_type_are_not_taken);
    tcase_add_test(tcase, d21_an_order_that_is_over_in_the_log_but_works_is_critical);
    tcase_add_test(tcase, d21_a_lapsed_order_that_works_after_all_lives_again);
    tcase_add_test(tcase, d22_a_foreign_order_is_counted_and_not_touched);
    tcase_add_test(tcase, d23_an_order_that_nobody_shows_stays_unknown_while_a_part_is_missing);
    tcase_add_test(tcase, d23_an_order_that_three_complete_answers_do_not_show_has_lapsed);
    tcase_add_test(tcase, d23_an_order_in_doubt_is_told_also_when_nobody_was_asked_for_orders);
    tcase_add_test(tcase, d24_filled_in_part_then_cancelled_keeps_its_fills);
    tcase_add_test(tcase, d25_a_pending_change_or_cancel_stays_pending_and_locks);
    tcase_add_test(tcase, d25_a_cancel_that_the_broker_confirms_is_over);
    tcase_add_test(tcase, d28_two_entries_on_their_way_are_named_and_lock);
    tcase_add_test(tcase, d28_one_order_that_is_live_under_two_perm_ids_locks);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
