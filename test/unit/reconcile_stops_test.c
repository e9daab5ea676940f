/* Is what is held protected, and for how much: D26 to D28. */
#include "reconcile_kit.h"

/* LONG 100 TSLA on both sides, all orders asked for. */
static void hold_and_ask(struct world *world) {
    hold_tesla(world);
    ask_orders(world);
    hold(world, "TSLA", "100", "445.25");
}

static tw_broker_order *stop(struct world *world, int64_t perm_id, const char *qty) {
    return working(world, NULL, perm_id, "TSLA", TW_ACTION_SELL, "STP", qty, "440");
}

START_TEST(d26_a_position_without_a_stop_is_reported_first) {
    struct world world;
    hold_and_ask(&world);
    reconcile(&world);
    tw_finding_view view = {.size = sizeof view};
    ck_assert_int_eq(tw_proposal_finding(world.proposal, 0, &view), 0);
    ck_assert_str_eq(view.case_id, "D26");
    ck_assert_int_eq(view.critical, 1);
    ck_assert_ptr_nonnull(strstr(view.text, "unprotected"));
    apply(&world);
    ck_assert_int_eq(finding(&world, "D26", "TSLA").critical, 1);
    world_close(&world);
}
END_TEST

START_TEST(d26_a_resting_stop_protects) {
    struct world world;
    hold_and_ask(&world);
    stop(&world, 7, "100");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D26", NULL), 0);
    ck_assert_uint_eq(count_findings(&world, "D27", NULL), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d26_what_does_not_work_does_not_protect) {
    static const char *const words[][2] = {
        {"Inactive", NULL},         {"PendingCancel", NULL},
        {"PendingSubmit", NULL},    {"PreSubmitted", "child,trigger"},
        {"PreSubmitted", "locate"}, {NULL, NULL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct world world;
        hold_and_ask(&world);
        tw_broker_order *row = stop(&world, 7, "100");
        row->status = words[i][0];
        row->why_held = words[i][1];
        reconcile(&world);
        tw_finding_view view = finding(&world, "D26", "TSLA");
        ck_assert_int_eq(view.critical, 1);
        ck_assert_ptr_nonnull(strstr(view.text, "the one there is does not work"));
        apply(&world);
        world_close(&world);
    }
}
END_TEST

START_TEST(d26_a_stop_of_an_unknown_quantity_does_not_protect) {
    struct world world;
    hold_and_ask(&world);
    stop(&world, 7, "0");
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D26", "TSLA").critical, 1);
    finding_says(&world, "D22", "TSLA", "-", "SELL ? STP at 440 (PreSubmitted)", TW_FINDING_NOTE,
                 "a working order");
    apply(&world);
    world_close(&world);
}
END_TEST

/* An order that works and has an order id of the trader's. */
static tw_broker_order *entry(struct world *world, int64_t perm_id, int64_t order_id) {
    tw_broker_order *row =
        working(world, NULL, perm_id, "TSLA", TW_ACTION_BUY, "LMT", "100", "430");
    row->order_id = tw_known(order_id);
    row->client_id = tw_known(2001);
    return row;
}

START_TEST(d26_the_stop_of_an_entry_that_has_not_filled_does_not_protect) {
    static const struct {
        int64_t parent, client;
        const char *filled, *status;
        int protects;
    } cases[] = {
        {41, 2001, "0", "Submitted", 0},  {41, 2001, NULL, "PendingSubmit", 0},
        {41, 2001, "40", "Submitted", 1}, {41, 2001, "0", "Cancelled", 1},
        {41, 2002, "0", "Submitted", 1},  {42, 2001, "0", "Submitted", 1},
        {0, 2001, "0", "Submitted", 1},   {39, 2001, "0", "Submitted", 0},
        {-38, 2001, "0", "Submitted", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        hold_and_ask(&world);
        entry(&world, 5, 39);
        tw_broker_order *parent = entry(&world, 6, 41);
        entry(&world, 8, -38);
        tw_broker_order *row = stop(&world, 7, "100");
        parent->status = cases[i].status;
        parent->filled_e8 = maybe_e8(cases[i].filled);
        row->parent_id = tw_known(cases[i].parent);
        row->client_id = tw_known(cases[i].client);
        row->why_held = NULL;
        reconcile(&world);
        ck_assert_msg(count_findings(&world, "D26", "TSLA") == !cases[i].protects, "case %zu", i);
        apply(&world);
        world_close(&world);
    }
}
END_TEST

START_TEST(d26_a_stop_with_a_last_day_is_noted) {
    struct world world;
    hold_and_ask(&world);
    tw_broker_order *first = stop(&world, 7, "60"), *second = stop(&world, 8, "40");
    first->tif = "GTD";
    first->good_till = "20251010 20:00:00 US/Eastern";
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D26", "TSLA"), 0);
    second->tif = "DAY";
    reconcile(&world);
    finding_says(&world, "D26", "TSLA", "LONG 100", "a stop with limits", TW_FINDING_NOTE,
                 "protected until 20251010 20:00:00 US/Eastern only");
    ck_assert_uint_eq(count_findings(&world, "D22", "TSLA"), 2);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d26_a_limit_order_or_a_stop_on_the_same_side_does_not_protect) {
    struct world world;
    hold_and_ask(&world);
    working(&world, NULL, 7, "TSLA", TW_ACTION_SELL, "LMT", "100", "460");
    working(&world, NULL, 8, "TSLA", TW_ACTION_BUY, "STP", "100", "450");
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D26", "TSLA").critical, 1);
    world_close(&world);
}
END_TEST

START_TEST(d26_is_not_judged_by_orders_that_are_not_complete) {
    struct world world;
    hold_and_ask(&world);
    world.answer.orders_completeness = TW_ANSWER_PARTIAL;
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D26", NULL), 0);
    world_close(&world);
}
END_TEST

START_TEST(d26_a_stop_of_the_day_inside_hours_is_noted) {
    struct world world;
    hold_and_ask(&world);
    tw_broker_order *row = stop(&world, 7, "100");
    row->tif = "DAY";
    row->outside_rth = tw_known(0);
    reconcile(&world);
    finding_says(&world, "D26", "TSLA", "LONG 100", "a stop with limits", TW_FINDING_NOTE,
                 "for this session only, the stop is DAY, and not outside regular hours");
    ck_assert_int_eq(finding(&world, "D26", "TSLA").critical, 0);
    ck_assert_int_eq(finding(&world, "D26", "TSLA").differs, 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d26_is_judged_by_the_quantity_after_the_repairs) {
    struct world world;
    hold_tesla(&world);
    ask_orders(&world);
    hold(&world, "TSLA", "0", NULL);
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D26", NULL), 0);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d27_a_stop_for_another_quantity_names_both_numbers) {
    struct world world;
    hold_and_ask(&world);
    stop(&world, 7, "60")->filled_e8 = tw_known(e8("10"));
    reconcile(&world);
    finding_says(&world, "D27", "TSLA", "LONG 100", "stops for 50", TW_FINDING_NOTE,
                 "stops cover 50, the position is LONG 100");
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d28_two_stops_for_more_than_is_held_are_named_and_lock) {
    struct world world;
    hold_and_ask(&world);
    stop(&world, 7, "100");
    stop(&world, 8, "100");
    reconcile(&world);
    tw_finding_view view = finding(&world, "D28", "TSLA");
    ck_assert_ptr_nonnull(strstr(view.text, "perm 7 and perm 8"));
    assert_gates(&world, "TSLA", "D28: ");
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d28_two_stops_that_share_the_position_are_fine) {
    struct world world;
    hold_and_ask(&world);
    stop(&world, 7, "60");
    tw_broker_order *second = stop(&world, 8, "40");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D28", NULL), 0);
    ck_assert_uint_eq(count_findings(&world, "D27", NULL), 0);
    second->qty_e8 = e8("30");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D28", NULL), 0);
    ck_assert_uint_eq(count_findings(&world, "D27", NULL), 1);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_stops");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d26_a_position_without_a_stop_is_reported_first);
    tcase_add_test(tcase, d26_a_resting_stop_protects);
    tcase_add_test(tcase, d26_what_does_not_work_does_not_protect);
    tcase_add_test(tcase, d26_a_stop_of_an_unknown_quantity_does_not_protect);
    tcase_add_test(tcase, d26_the_stop_of_an_entry_that_has_not_filled_does_not_protect);
    tcase_add_test(tcase, d26_a_stop_with_a_last_day_is_noted);
    tcase_add_test(tcase, d26_a_limit_order_or_a_stop_on_the_same_side_does_not_protect);
    tcase_add_test(tcase, d26_is_not_judged_by_orders_that_are_not_complete);
    tcase_add_test(tcase, d26_a_stop_of_the_day_inside_hours_is_noted);
    tcase_add_test(tcase, d26_is_judged_by_the_quantity_after_the_repairs);
    tcase_add_test(tcase, d27_a_stop_for_another_quantity_names_both_numbers);
    tcase_add_test(tcase, d28_two_stops_for_more_than_is_held_are_named_and_lock);
    tcase_add_test(tcase, d28_two_stops_that_share_the_position_are_fine);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
