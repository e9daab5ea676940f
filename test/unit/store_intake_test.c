/* What waits in the intake, as the rest of the world sees it: the next start, the next day, who
 * only looks, and the store itself. */
#include <sched.h>
#include <unistd.h>

#include "store_fixture.h"

#define NEVER_NS INT64_MAX

static tw_day day_of(int64_t date) {
    tw_journal *journal;
    tw_day day = {.size = sizeof day};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_day(journal, date, &day, &why));
    tw_journal_close(journal);
    return day;
}

static void remove_intake(void) {
    char name[512];
    snprintf(name, sizeof name, "%s/intake.wal", path);
    ck_assert_int_eq(unlink(name), 0);
}

static uint64_t executions_of(int64_t date) {
    tw_journal *journal;
    tw_verify_report report = {.size = sizeof report};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_verify(journal, date, &report, &why));
    tw_journal_close(journal);
    return report.executions;
}

START_TEST(what_a_crash_left_of_monday_goes_into_mondays_file_on_tuesday) {
    make_journal();
    tw_store *store = open_group(MONDAY);
    buy(store, "e1", 10, 10000);
    sell(store, "e2", 10, 10100);
    tw_abandon(store);
    uint64_t last = day_of(MONDAY).last_seq;
    store = open_group(TUESDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 2);
    ck_assert_int_eq(recovery_of(store).older_date, MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CRASH);
    buy(store, "e3", 1, 10000);
    OK(tw_close(store, "done", &why));
    ck_assert_uint_eq(executions_of(MONDAY), 2);
    ck_assert_uint_eq(executions_of(TUESDAY), 1);
    ck_assert_uint_eq(day_of(MONDAY).last_seq, last);
    ck_assert_uint_eq(day_of(TUESDAY).first_seq, last + 1);
}
END_TEST

START_TEST(who_only_looks_sees_what_a_dead_writer_left_in_the_intake) {
    make_journal();
    tw_store *store = open_group(MONDAY);
    uint64_t before = tw_durable_seq(store), seen = 0;
    buy(store, "e1", 10, 10000);
    buy(store, "e2", 10, 10000);
    tw_abandon(store);
    tw_journal *journal;
    tw_cursor *cursor;
    tw_event event = {.size = sizeof event};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_cursor_open(journal, MONDAY, before + 1, &cursor, &why));
    while (tw_cursor_next(cursor, &event, &why) == 1) {
        ck_assert_int_eq(event.type, TW_TYPE_fill);
        ck_assert_uint_eq(event.seq, before + ++seen);
    }
    ck_assert_uint_eq(seen, 2);
    tw_cursor_close(cursor);
    tw_state *state;
    tw_position position = {.size = sizeof position};
    OK(tw_journal_state(journal, MONDAY, 0, 0, &state, NULL, &why));
    ck_assert_int_eq(tw_state_position(state, "TSLA", &position), 0);
    ck_assert_int_eq(position.qty_e8, 20 * TW_E8);
    tw_state_free(state);
    tw_journal_close(journal);
    ck_assert_uint_eq(executions_of(MONDAY), 2);
    store = open_group(MONDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 2);
    tw_abandon(store);
}
END_TEST

START_TEST(an_intake_that_is_missing_after_a_crash_is_damage) {
    make_journal();
    tw_store *store = open_group(MONDAY);
    buy(store, "e1", 10, 10000);
    tw_abandon(store);
    remove_intake();
    for (int64_t date = MONDAY; date <= TUESDAY; date++) {
        tw_options options = {.size = sizeof options, .trading_date = date, .no_thread = 1};
        store = NULL;
        FAILS(tw_open(path, &options, &store, &why), TW_E_DAMAGED);
        ck_assert_ptr_null(store);
    }
    tw_journal *journal;
    tw_state *state;
    OK(tw_journal_open(path, &journal, &why));
    FAILS(tw_journal_state(journal, MONDAY, 0, 0, &state, NULL, &why), TW_E_DAMAGED);
    tw_journal_close(journal);
}
END_TEST

START_TEST(an_intake_that_is_missing_after_a_clean_end_is_made_anew) {
    make_journal();
    tw_store *store = open_group(MONDAY);
    buy(store, "e1", 10, 10000);
    OK(tw_close(store, "done", &why));
    remove_intake();
    ck_assert_uint_eq(executions_of(MONDAY), 1);
    store = open_group(MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CLEAN);
    buy(store, "e2", 10, 10000);
    tw_abandon(store);
    store = open_group(MONDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 1);
    ck_assert_int_eq(open_quantity(store), 20 * TW_E8);
    tw_abandon(store);
}
END_TEST

static void roll_in(int64_t mode) {
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .checkpoint_ns = -1,
                          .mode = mode,
                          .commit_delay_ns = NEVER_NS};
    tw_store *store = NULL;
    make_journal();
    OK(tw_open(path, &options, &store, &why));
    buy(store, "e1", 10, 10000);
    OK(tw_roll(store, TUESDAY, &why));
    ck_assert_int_eq(tw_store_date(store), TUESDAY);
    uint64_t rolled = tw_durable_seq(store);
    buy(store, "e2", 3, 10000);
    ck_assert_uint_eq(tw_durable_seq(store), rolled + (mode == TW_MODE_EACH));
    tw_abandon(store);
    ck_assert_uint_eq(executions_of(MONDAY), 1);
    ck_assert_uint_eq(executions_of(TUESDAY), 1);
    store = open_group(TUESDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 1);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
}

START_TEST(a_day_is_rolled_with_one_flush_for_each) {
    roll_in(TW_MODE_EACH);
}
END_TEST

START_TEST(a_day_is_rolled_while_events_of_a_group_wait) {
    roll_in(TW_MODE_GROUP);
}
END_TEST

static char *state_text(tw_store *store) {
    tw_state *state;
    char *text;
    OK(tw_store_state(store, &state, &why));
    OK(tw_state_json(state, &text, &why));
    tw_state_free(state);
    return text;
}

START_TEST(a_refused_batch_leaves_what_waits_as_it_was) {
    make_journal();
    tw_store *store = open_group(MONDAY);
    buy(store, "e1", 10, 10000);
    sell(store, "e2", 4, 10100);
    char *before = state_text(store);
    tw_event events[3];
    uint64_t bad = 0;
    put_fill(&events[0], "e3", TW_ACTION_SELL, 6);
    put_fill(&events[1], "e4", TW_ACTION_SELL, 50);
    put_fill(&events[2], "e2", TW_ACTION_SELL, 4);
    FAILS(tw_append_batch(store, events, 3, NULL, &bad, &why), TW_E_DUPLICATE);
    ck_assert_uint_eq(bad, 2);
    char *after = state_text(store);
    ck_assert_str_eq(after, before);
    ck_assert_int_eq(open_quantity(store), 6 * TW_E8);
    ck_assert_int_eq(pnl_of(store), 2 * TW_E8);
    FAILS(tw_append(store, &events[2], NULL, &why), TW_E_DUPLICATE);
    OK(tw_append_batch(store, events, 2, NULL, NULL, &why));
    ck_assert_int_eq(open_quantity(store), -50 * TW_E8);
    tw_free(before);
    tw_free(after);
    tw_abandon(store);
    store = open_group(MONDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 4);
    ck_assert_int_eq(open_quantity(store), -50 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(the_state_of_a_store_has_what_waits_in_the_intake) {
    make_journal();
    tw_store *store = open_group(MONDAY);
    uint64_t in_file = tw_durable_seq(store);
    buy(store, "e1", 7, 10000);
    tw_state *state;
    tw_position position = {.size = sizeof position};
    OK(tw_store_state(store, &state, &why));
    ck_assert_int_eq(tw_state_position(state, "TSLA", &position), 0);
    ck_assert_int_eq(position.qty_e8, 7 * TW_E8);
    tw_state_free(state);
    ck_assert_uint_eq(tw_durable_seq(store), in_file);
    tw_abandon(store);
}
END_TEST

START_TEST(a_host_without_threads_brings_events_into_the_day_file_by_a_tick) {
    make_journal();
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .checkpoint_ns = -1,
                          .no_thread = 1,
                          .mode = TW_MODE_GROUP,
                          .commit_delay_ns = 20000000};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    tw_fill fill = fill_of("e1", TW_ACTION_BUY, 1, 100);
    uint64_t seq;
    OK(tw_append_fill(store, &fill, &seq, &why));
    while (tw_durable_seq(store) < seq) {
        OK(tw_tick(store, &why));
        sched_yield();
    }
    tw_abandon(store);
    store = open_group(MONDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 0);
    ck_assert_int_eq(open_quantity(store), TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(a_rolled_back_batch_does_not_book_a_waiting_correction_beside_what_it_corrects) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "0000e0d5.0.01.01", 1, 100);
    OK(tw_checkpoint(store, NULL, &why));
    tw_abandon(store);
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .no_thread = 1,
                          .checkpoint_ns = -1,
                          .commit_delay_ns = INT64_C(3600000000000)};
    OK(tw_open(path, &options, &store, &why));
    buy(store, "0000e0d5.1.01.01", 100, 100);
    OK(tw_checkpoint(store, NULL, &why));
    tw_fill_corrected corrected = {.size = sizeof corrected,
                                   .exec_id = "0000e0d5.1.01.02",
                                   .corrects = "0000e0d5.1.01.01",
                                   .qty_e8 = 60 * TW_E8,
                                   .price_e8 = TW_E8};
    OK(tw_append_fill_corrected(store, &corrected, NULL, &why));
    ck_assert_int_eq(open_quantity(store), 61 * TW_E8);
    int64_t before = open_quantity(store);
    tw_event events[2];
    put_fill(&events[0], "e1", TW_ACTION_BUY, 5);
    put_fill(&events[1], "e1", TW_ACTION_BUY, 5);
    FAILS(tw_append_batch(store, events, 2, NULL, NULL, &why), TW_E_DUPLICATE);
    ck_assert_int_eq(open_quantity(store), before);
    tw_abandon(store);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_intake");
    TCase *cases = tcase_create("store_intake");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_a_crash_left_of_monday_goes_into_mondays_file_on_tuesday);
    tcase_add_test(cases, who_only_looks_sees_what_a_dead_writer_left_in_the_intake);
    tcase_add_test(cases, an_intake_that_is_missing_after_a_crash_is_damage);
    tcase_add_test(cases, an_intake_that_is_missing_after_a_clean_end_is_made_anew);
    tcase_add_test(cases, a_day_is_rolled_with_one_flush_for_each);
    tcase_add_test(cases, a_day_is_rolled_while_events_of_a_group_wait);
    tcase_add_test(cases, a_refused_batch_leaves_what_waits_as_it_was);
    tcase_add_test(cases, the_state_of_a_store_has_what_waits_in_the_intake);
    tcase_add_test(cases, a_host_without_threads_brings_events_into_the_day_file_by_a_tick);
    tcase_add_test(cases,
                   a_rolled_back_batch_does_not_book_a_waiting_correction_beside_what_it_corrects);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
