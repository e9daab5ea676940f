/* Checkpoints, and what is there after a crash. */
#include <time.h>

#include "store_fixture.h"

START_TEST(what_was_appended_is_there_after_a_crash) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    uint64_t last = tw_durable_seq(store);
    tw_abandon(store);
    store = open_on(MONDAY);
    tw_recovery recovery = recovery_of(store);
    ck_assert_int_eq(recovery.ended, TW_RESUMED_CRASH);
    ck_assert_uint_eq(recovery.last_seq, last);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    OK(tw_close(store, "done", &why));
}
END_TEST

START_TEST(an_execution_before_the_snapshot_is_still_a_duplicate) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    OK(tw_checkpoint(store, NULL, &why));
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_uint_gt(recovery_of(store).snapshot_seq, 0);
    tw_fill again = fill_of("e1", TW_ACTION_BUY, 100, 44525);
    FAILS(tw_append_fill(store, &again, NULL, &why), TW_E_DUPLICATE);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(a_commission_for_an_execution_before_the_snapshot_is_counted) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44500);
    sell(store, "e2", 100, 44600);
    OK(tw_checkpoint(store, NULL, &why));
    int64_t before = pnl_of(store);
    tw_abandon(store);
    store = open_on(MONDAY);
    tw_commission late = {.size = sizeof late, .exec_id = "e2", .fee_e8 = 3 * TW_E8};
    OK(tw_append_commission(store, &late, NULL, &why));
    ck_assert_int_eq(pnl_of(store), before - 2 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(an_order_finished_before_the_snapshot_cannot_be_submitted_again) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_order_submitted order = {.size = sizeof order,
                                .order_ref = "tsla-1",
                                .symbol = "TSLA",
                                .action = TW_ACTION_BUY,
                                .purpose = TW_PURPOSE_ENTRY,
                                .qty_e8 = TW_E8,
                                .order_type = "MKT"};
    OK(tw_append_order_submitted(store, &order, NULL, &why));
    tw_order_updated cancelled = {
        .size = sizeof cancelled, .order_ref = "tsla-1", .status = TW_ORDER_CANCELLED};
    OK(tw_append_order_updated(store, &cancelled, NULL, &why));
    OK(tw_checkpoint(store, NULL, &why));
    tw_abandon(store);
    store = open_on(MONDAY);
    FAILS(tw_append_order_submitted(store, &order, NULL, &why), TW_E_REFUSED);
    tw_abandon(store);
}
END_TEST

START_TEST(a_checkpoint_is_skipped_when_nothing_is_new_and_deletes_no_event) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    char exec_id[16];
    for (int i = 0; i < 15; i++) {
        snprintf(exec_id, sizeof exec_id, "e%d", i);
        buy(store, exec_id, 1, 100);
        OK(tw_checkpoint(store, NULL, &why));
        OK(tw_checkpoint(store, NULL, &why));
    }
    uint64_t last = tw_durable_seq(store);
    tw_journal *journal;
    OK(tw_journal_open(path, &journal, &why));
    tw_day day = {.size = sizeof day};
    OK(tw_journal_day(journal, MONDAY, &day, &why));
    ck_assert_uint_eq(day.snapshots, 10);
    ck_assert_uint_eq(day.snapshot_seq, last);
    ck_assert_uint_eq(day.first_seq, 1);
    tw_cursor *cursor;
    tw_event event = {.size = sizeof event};
    uint64_t seen = 0;
    OK(tw_cursor_open(journal, MONDAY, 0, &cursor, &why));
    while (tw_cursor_next(cursor, &event, &why) == 1)
        ck_assert_uint_eq(event.seq, ++seen);
    ck_assert_uint_eq(seen, last);
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    tw_abandon(store);
}
END_TEST

START_TEST(the_library_takes_checkpoints_by_itself_however_quiet_the_market) {
    make_journal();
    tw_options options = {.size = sizeof options, .trading_date = MONDAY, .checkpoint_ns = 1000000};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    tw_journal *journal;
    OK(tw_journal_open(path, &journal, &why));
    tw_day day = {.size = sizeof day};
    /* Nobody calls the store: only its own timer can bring the snapshot about. */
    for (int i = 0; i < 20000 && day.snapshot_seq == 0; i++) {
        struct timespec moment = {.tv_nsec = 1000000};
        nanosleep(&moment, NULL);
        OK(tw_journal_day(journal, MONDAY, &day, &why));
    }
    ck_assert_uint_eq(day.snapshot_seq, tw_durable_seq(store));
    tw_journal_close(journal);
    OK(tw_close(store, "done", &why));
}
END_TEST

START_TEST(recovery_starts_from_the_newest_snapshot_and_falls_back) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    uint64_t first, second, dropped;
    buy(store, "e1", 1, 100);
    OK(tw_checkpoint(store, &first, &why));
    buy(store, "e2", 1, 100);
    OK(tw_checkpoint(store, &second, &why));
    buy(store, "e3", 1, 100);
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).snapshot_seq, second);
    ck_assert_uint_eq(recovery_of(store).replayed, 1);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
    OK(tw_journal_invalidate(path, MONDAY, &dropped, &why));
    ck_assert_uint_eq(dropped, second);
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).snapshot_seq, first);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
    OK(tw_journal_invalidate(path, MONDAY, NULL, &why));
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).snapshot_seq, 0);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
}
END_TEST

/* Spoils the header of the page that holds record 1, as a failing disk would. */
static void spoil_first_leaf(void) {
    char name[600];
    snprintf(name, sizeof name, "%s/%d.mdb", path, MONDAY);
    FILE *file = fopen(name, "r+b");
    ck_assert_ptr_nonnull(file);
    unsigned char page[4096];
    long at = 0;
    static const unsigned char first_record[] = {'T', 'W', 'A', 'L', 1, 0, TW_TYPE_session_opened,
                                                 0};
    int found = 0;
    while (!found && fread(page, sizeof page, 1, file) == 1) {
        found = memmem(page, sizeof page, first_record, sizeof first_record) != NULL;
        at += found ? 0 : (long)sizeof page;
    }
    ck_assert(found);
    ck_assert_int_eq(fseek(file, at + 12, SEEK_SET), 0);
    fputs("\xff\xff\xff\xff", file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(damage_before_the_snapshot_is_found_when_those_records_are_needed) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    char exec_id[16];
    for (int i = 0; i < 300; i++) {
        snprintf(exec_id, sizeof exec_id, "e%d", i);
        buy(store, exec_id, 1, 100);
    }
    OK(tw_checkpoint(store, NULL, &why));
    buy(store, "after", 1, 100);
    tw_abandon(store);
    spoil_first_leaf();
    store = open_on(MONDAY);
    ck_assert_int_eq(open_quantity(store), 301 * TW_E8);
    /* The commission is of an execution before the snapshot: all of the day is asked for. */
    tw_commission late = {.size = sizeof late, .exec_id = "e0", .fee_e8 = TW_E8};
    FAILS(tw_append_commission(store, &late, NULL, &why), TW_E_DAMAGED);
    tw_abandon(store);
    tw_journal *journal;
    tw_state *state;
    tw_verify_report report = {.size = sizeof report};
    OK(tw_journal_open(path, &journal, &why));
    FAILS(tw_journal_verify(journal, MONDAY, &report, &why), TW_E_DAMAGED);
    FAILS(tw_journal_state(journal, MONDAY, 0, 0, &state, NULL, &why), TW_E_DAMAGED);
    tw_journal_close(journal);
}
END_TEST

START_TEST(a_state_at_an_instant_goes_by_the_place_in_the_log) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    /* The session was opened now; what is imported happened long before. */
    tw_event event = {
        .size = sizeof event, .type = TW_TYPE_fill, .time_ns = INT64_C(1759759200000000000)};
    event.as.fill = fill_of("e1", TW_ACTION_BUY, 10, 100);
    OK(tw_append(store, &event, NULL, &why));
    event.time_ns += 1000;
    event.as.fill = fill_of("e2", TW_ACTION_BUY, 10, 100);
    OK(tw_append(store, &event, NULL, &why));
    OK(tw_close(store, "done", &why));
    tw_journal *journal;
    tw_state *state;
    tw_position position = {.size = sizeof position};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_state(journal, MONDAY, 0, event.time_ns - 1, &state, NULL, &why));
    ck_assert_int_eq(tw_state_position(state, "TSLA", &position), 0);
    ck_assert_int_eq(position.qty_e8, 10 * TW_E8);
    tw_state_free(state);
    OK(tw_journal_state(journal, MONDAY, 0, event.time_ns - 1001, &state, NULL, &why));
    ck_assert_int_eq(tw_state_position(state, "TSLA", &position), TW_E_NOT_FOUND);
    tw_state_free(state);
    tw_journal_close(journal);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_recovery");
    TCase *cases = tcase_create("store_recovery");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_was_appended_is_there_after_a_crash);
    tcase_add_test(cases, an_execution_before_the_snapshot_is_still_a_duplicate);
    tcase_add_test(cases, a_commission_for_an_execution_before_the_snapshot_is_counted);
    tcase_add_test(cases, an_order_finished_before_the_snapshot_cannot_be_submitted_again);
    tcase_add_test(cases, a_checkpoint_is_skipped_when_nothing_is_new_and_deletes_no_event);
    tcase_add_test(cases, the_library_takes_checkpoints_by_itself_however_quiet_the_market);
    tcase_add_test(cases, recovery_starts_from_the_newest_snapshot_and_falls_back);
    tcase_add_test(cases, damage_before_the_snapshot_is_found_when_those_records_are_needed);
    tcase_add_test(cases, a_state_at_an_instant_goes_by_the_place_in_the_log);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
