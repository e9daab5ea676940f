/* Executions that the log knows, and their revisions: D10 to D13. */
#include "reconcile_kit.h"

#define FIRST  "0000e0d5.69dd7411.01.01"
#define SECOND "0000e0d5.69dd7411.01.02"
#define THIRD  "0000e0d5.69dd7411.01.03"
#define FOURTH "0000e0d5.69dd7411.01.04"

/* LONG 100 TSLA by an execution with revisions, of order t1. */
static void buy_by_order(struct world *world) {
    world_open(world);
    day_add(&world->day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    tw_event fill = event_fill(FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    fill.as.fill.order_ref = "t1";
    day_add(&world->day, fill);
}

START_TEST(d10_the_same_execution_again_is_no_event) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    world.executions[1].time_ns = world.executions[0].time_ns;
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 1);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d11_another_price_corrects_the_execution_without_a_lock) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.50", "1");
    reconcile(&world);
    finding_says(&world, "D11", "TSLA", "100 @ 445.25", "100 @ 445.5", TW_FINDING_ACCEPT,
                 "replace the log's, which are kept");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 0);
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, FIRST)->price_e8, e8("445.5"));
    world_close(&world);
}
END_TEST

START_TEST(d11_another_quantity_corrects_the_execution_and_locks) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "90", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "90", "445.25", "1");
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D11", "TSLA").action, TW_FINDING_LOCK);
    finding_says(&world, "D2", "TSLA", "LONG 100", "LONG 90", TW_FINDING_ACCEPT, "corrections");
    assert_gates(&world, "TSLA", "D11: ");
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->filled_e8, e8("90"));
    world_close(&world);
}
END_TEST

START_TEST(d11_another_fee_corrects_the_execution) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1.25");
    reconcile(&world);
    finding_says(&world, "D11", "TSLA", "100 @ 445.25, fee 1", "100 @ 445.25, fee 1.25",
                 TW_FINDING_ACCEPT, "");
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, FIRST)->fee_e8, e8("1.25"));
    world_close(&world);
}
END_TEST

START_TEST(d11_an_execution_of_another_symbol_in_the_log_is_not_corrected) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, FIRST, "AMD", TW_ACTION_BUY, "100", "445.25", "1");
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D11", "AMD").action, TW_FINDING_LOCK);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_corrected), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d12_a_later_revision_replaces_the_one_in_the_log) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    executed(&world, SECOND, "TSLA", TW_ACTION_BUY, "100", "445", "1")->cum_qty_e8 =
        tw_known(e8("100"));
    reconcile(&world);
    finding_says(&world, "D12", "TSLA", "100 @ 445.25", "100 @ 445", TW_FINDING_ACCEPT, "replaces");
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill), 0);
    apply(&world);
    ck_assert_uint_ne(day_execution(&world.day, FIRST)->flags & EXECUTION_VOID, 0);
    world_close(&world);
}
END_TEST

START_TEST(d12_an_earlier_revision_than_the_one_in_the_log_is_nothing) {
    struct world world;
    buy_by_order(&world);
    day_add(&world.day, event_corrected(SECOND, FIRST, "100", "445"));
    hold(&world, "TSLA", "100", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d12_revisions_that_are_both_new_are_booked_as_one_execution) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "80", NULL);
    executed(&world, SECOND, "TSLA", TW_ACTION_BUY, "80", "445", "1");
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill), 1);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_corrected), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d12_a_count_that_shows_missing_fills_locks) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, SECOND, "TSLA", TW_ACTION_BUY, "100", "445", "1")->cum_qty_e8 =
        tw_known(e8("150"));
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D12", "TSLA").action, TW_FINDING_LOCK);
    assert_gates(&world, "TSLA", "D12: ");
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d13_a_busted_trade_is_voided_and_stays_on_record) {
    struct world world;
    buy_by_order(&world);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->busted = 1;
    reconcile(&world);
    finding_says(&world, "D13", "TSLA", "100 @ 445.25", "busted", TW_FINDING_ACCEPT, "voided");
    apply(&world);
    assert_quantity(&world, "TSLA", "0");
    ck_assert_int_eq(day_order(&world.day, "t1")->filled_e8, 0);
    world_close(&world);
}
END_TEST

START_TEST(d13_a_bust_under_an_id_of_its_own_voids_the_revision_before_it) {
    struct world world;
    buy_by_order(&world);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    executed(&world, SECOND, "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->busted = 1;
    reconcile(&world);
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill_busted, 0)->as.fill_busted.corrects, FIRST);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d13_a_trade_that_was_busted_may_be_booked_anew) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "70", NULL);
    executed(&world, SECOND, "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->busted = 1;
    executed(&world, THIRD, "TSLA", TW_ACTION_BUY, "70", "445.75", "1");
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill_inferred), 0);
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, THIRD)->qty_e8, e8("70"));
    world_close(&world);
}
END_TEST

START_TEST(d13_what_was_booked_anew_after_a_bust_may_be_revised_in_the_same_answer) {
    struct world world;
    buy_by_order(&world);
    hold(&world, "TSLA", "60", NULL);
    executed(&world, SECOND, "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->busted = 1;
    executed(&world, THIRD, "TSLA", TW_ACTION_BUY, "70", "445.75", "1");
    executed(&world, FOURTH, "TSLA", TW_ACTION_BUY, "60", "445.75", "1");
    reconcile(&world);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_fill), 1);
    ck_assert_str_eq(event_of(&world, TW_TYPE_fill_corrected, 0)->as.fill_corrected.corrects,
                     THIRD);
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, FOURTH)->qty_e8, e8("60"));
    world_close(&world);
}
END_TEST

START_TEST(d13_an_order_that_was_never_filled_is_not_reopened_by_a_bust) {
    struct world world;
    world_open(&world);
    ask_orders(&world);
    day_add(&world.day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    tw_event fill = event_fill(FIRST, "TSLA", TW_ACTION_BUY, "40", "445.25", "1");
    fill.as.fill.order_ref = "t1";
    day_add(&world.day, fill);
    day_add(&world.day, event_status("t1", TW_ORDER_CANCELLED));
    hold(&world, "TSLA", "60", NULL);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "40", "445.25", "1")->busted = 1;
    executed(&world, "e2", "TSLA", TW_ACTION_BUY, "60", "445.25", "1")->order_ref = "t1";
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D23", NULL), 0);
    apply(&world);
    ck_assert_int_eq(day_order(&world.day, "t1")->status, TW_ORDER_CANCELLED);
    world_close(&world);
}
END_TEST

START_TEST(d13_a_bust_of_what_was_never_booked_books_nothing) {
    struct world world;
    world_open(&world);
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1")->busted = 1;
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d13_what_the_log_voided_and_the_broker_lists_is_noted) {
    struct world world;
    buy_by_order(&world);
    day_add(&world.day, event_busted(FIRST, FIRST));
    executed(&world, FIRST, "TSLA", TW_ACTION_BUY, "100", "445.25", "1");
    reconcile(&world);
    finding_says(&world, "D13", "TSLA", "busted", "100 @ 445.25", TW_FINDING_NOTE, "still lists");
    apply(&world);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_revisions");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d10_the_same_execution_again_is_no_event);
    tcase_add_test(tcase, d11_another_price_corrects_the_execution_without_a_lock);
    tcase_add_test(tcase, d11_another_quantity_corrects_the_execution_and_locks);
    tcase_add_test(tcase, d11_another_fee_corrects_the_execution);
    tcase_add_test(tcase, d11_an_execution_of_another_symbol_in_the_log_is_not_corrected);
    tcase_add_test(tcase, d12_a_later_revision_replaces_the_one_in_the_log);
    tcase_add_test(tcase, d12_an_earlier_revision_than_the_one_in_the_log_is_nothing);
    tcase_add_test(tcase, d12_revisions_that_are_both_new_are_booked_as_one_execution);
    tcase_add_test(tcase, d12_a_count_that_shows_missing_fills_locks);
    tcase_add_test(tcase, d13_a_busted_trade_is_voided_and_stays_on_record);
    tcase_add_test(tcase, d13_a_bust_under_an_id_of_its_own_voids_the_revision_before_it);
    tcase_add_test(tcase, d13_a_trade_that_was_busted_may_be_booked_anew);
    tcase_add_test(tcase, d13_what_was_booked_anew_after_a_bust_may_be_revised_in_the_same_answer);
    tcase_add_test(tcase, d13_an_order_that_was_never_filled_is_not_reopened_by_a_bust);
    tcase_add_test(tcase, d13_a_bust_of_what_was_never_booked_books_nothing);
    tcase_add_test(tcase, d13_what_the_log_voided_and_the_broker_lists_is_noted);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
