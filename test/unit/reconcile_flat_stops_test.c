/* A stop that works where nothing is held: D27. */
#include "reconcile_kit.h"

/* TSLA is flat in the log and at the broker; the stop s1 was for a position that is gone. */
static tw_broker_order *leave_a_stop(struct world *world, int64_t purpose) {
    hold_tesla(world);
    day_add(&world->day, event_order("s1", "TSLA", TW_ACTION_SELL, purpose, "100"));
    day_add(&world->day, event_fill("e2", "TSLA", TW_ACTION_SELL, "100", "446.25", "1"));
    ask_orders(world);
    hold(world, "TSLA", "0", NULL);
    return working(world, "s1", 7, "TSLA", TW_ACTION_SELL, "STP", "100", "443.80");
}

START_TEST(d27_a_stop_that_works_where_nothing_is_held_is_told_until_it_is_gone) {
    struct world world;
    tw_broker_order *row = leave_a_stop(&world, TW_PURPOSE_STOP);
    row->filled_e8 = tw_known(e8("40"));
    reconcile(&world);
    finding_says(&world, "D27", "TSLA", "flat", "a stop for 60", TW_FINDING_NOTE,
                 "s1 works and nothing is held: triggered, it opens a position");
    ck_assert_int_eq(finding(&world, "D27", "TSLA").differs, 1);
    apply(&world);
    row->status = "Cancelled";
    reconcile(&world);
    ck_assert_int_eq(finding(&world, "D27", "TSLA").action, TW_FINDING_RESOLVED);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d27_a_stop_of_a_position_that_the_broker_has_closed_is_told_too) {
    struct world world;
    hold_tesla(&world);
    day_add(&world.day, event_order("s1", "TSLA", TW_ACTION_SELL, TW_PURPOSE_STOP, "100"));
    ask_orders(&world);
    working(&world, "s1", 7, "TSLA", TW_ACTION_SELL, "STP", "100", "443.80");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D6", "TSLA"), 1);
    ck_assert_uint_eq(count_findings(&world, "D27", "TSLA"), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(d27_an_entry_by_a_stop_is_meant_to_open_a_position) {
    struct world world;
    leave_a_stop(&world, TW_PURPOSE_ENTRY);
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D27", NULL), 0);
    world_close(&world);
}
END_TEST

START_TEST(d27_a_stop_that_waits_for_its_entry_is_no_stop_without_a_position) {
    struct world world;
    leave_a_stop(&world, TW_PURPOSE_STOP);
    day_add(&world.day, event_order("t1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    working(&world, "t1", 8, "TSLA", TW_ACTION_BUY, "LMT", "100", "440");
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D27", NULL), 0);
    world_close(&world);
}
END_TEST

START_TEST(d27_a_stop_that_does_not_work_opens_nothing) {
    struct world world;
    leave_a_stop(&world, TW_PURPOSE_STOP)->status = "Inactive";
    reconcile(&world);
    ck_assert_uint_eq(count_findings(&world, "D27", NULL), 0);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_flat_stops");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, d27_a_stop_that_works_where_nothing_is_held_is_told_until_it_is_gone);
    tcase_add_test(tcase, d27_a_stop_of_a_position_that_the_broker_has_closed_is_told_too);
    tcase_add_test(tcase, d27_an_entry_by_a_stop_is_meant_to_open_a_position);
    tcase_add_test(tcase, d27_a_stop_that_waits_for_its_entry_is_no_stop_without_a_position);
    tcase_add_test(tcase, d27_a_stop_that_does_not_work_opens_nothing);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
