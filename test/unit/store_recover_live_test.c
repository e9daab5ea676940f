/* Recovering in one call: what is refused, what happens meanwhile, and a death in the middle. */
#include <pthread.h>
#include <stdatomic.h>

#include "scripted_broker.h"

/* ---- refusals ------------------------------------------------------------------------------ */

static void count_types(int64_t ret[64]) {
    tw_journal *journal;
    tw_cursor *cursor;
    tw_event event = {.size = sizeof event};
    memset(ret, 0, 64 * sizeof *ret);
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_cursor_open(journal, MONDAY, 0, &cursor, &why));
    while (tw_cursor_next(cursor, &event, &why) == 1)
        ret[event.type]++;
    tw_cursor_close(cursor);
    tw_journal_close(journal);
}

START_TEST(another_account_is_refused_and_leaves_no_more_than_a_session) {
    int64_t types[64];
    tw_recover_report report;
    crash_with_100();
    tw_broker *broker = broker_of(&scripted);
    broker_says = (struct script){.qty = 100, .account = "DU2"};
    FAILS(recover_now(broker, &report), TW_E_OTHER_ACCOUNT);
    ck_assert_ptr_null(live);
    count_types(types);
    ck_assert_int_eq(types[TW_TYPE_session_opened], 2);
    ck_assert_int_eq(types[TW_TYPE_session_closed], 1);
    ck_assert_int_eq(types[TW_TYPE_broker_answer] + types[TW_TYPE_finding] + types[TW_TYPE_gate],
                     0);
    tw_broker_close(broker);
    recover_with(holds_100);
    ck_assert_int_eq(recovery_of(live).ended, TW_RESUMED_CLEAN);
    tw_abandon(live);
}
END_TEST

START_TEST(a_live_store_is_left_alone_by_what_is_refused) {
    tw_recover_report report;
    crash_with_100();
    recover_with(holds_100);
    uint64_t last = tw_durable_seq(live);
    FAILS(again_now((struct script){.qty = 1, .account = "DU2"}, &report), TW_E_OTHER_ACCOUNT);
    FAILS(again_now((struct script){.failing = 1, .error = TW_E_INCOMPLETE}, &report),
          TW_E_INCOMPLETE);
    ck_assert_int_eq(broker_says.asked, 1);
    ck_assert_uint_eq(tw_durable_seq(live), last);
    tw_abandon(live);
}
END_TEST

START_TEST(what_is_missing_in_a_call_is_said) {
    tw_recover_report report = {.size = sizeof report}, unsized = {0};
    crash_with_100();
    tw_broker *broker = broker_of(&scripted);
    FAILS(tw_recover(path, NULL, NULL, &live, &report, NULL, &why), TW_E_INVALID);
    FAILS(tw_recover(path, NULL, broker, NULL, &report, NULL, &why), TW_E_INVALID);
    FAILS(tw_recover(path, NULL, broker, &live, NULL, NULL, &why), TW_E_INVALID);
    FAILS(tw_recover(NULL, NULL, broker, &live, &report, NULL, &why), TW_E_INVALID);
    live = open_on(MONDAY);
    FAILS(tw_recover_again(NULL, broker, &report, NULL, &why), TW_E_INVALID);
    FAILS(tw_recover_again(live, NULL, &report, NULL, &why), TW_E_INVALID);
    FAILS(tw_recover_again(live, broker, &unsized, NULL, &why), TW_E_INVALID);
    tw_broker_close(broker);
    tw_abandon(live);
}
END_TEST

/* ---- while the broker is asked ------------------------------------------------------------- */

static void try_to_open(int asked) {
    tw_store *other = NULL;
    (void)asked;
    FAILS(tw_open(path, NULL, &other, &why), TW_E_OPEN_TWICE);
}

START_TEST(nobody_else_can_write_while_the_broker_is_asked) {
    crash_with_100();
    struct script says = holds_100;
    says.meanwhile = try_to_open;
    recover_with(says);
    ck_assert_int_eq(broker_says.asked, 1);
    tw_abandon(live);
}
END_TEST

static void sell_once(int asked) {
    if (asked == 1)
        sell(live, "e2", 50, 11000);
    broker_says.qty = asked == 1 ? 100 : 50;
}

START_TEST(a_fill_that_comes_while_the_broker_is_asked_is_not_taken_for_a_difference) {
    crash_with_100();
    recover_with(holds_100);
    tw_recover_report report = again_with((struct script){.meanwhile = sell_once});
    ck_assert_int_eq(report.tries, 2);
    ck_assert_int_eq((int)report.differ, 0);
    ck_assert_int_eq(open_quantity(live), 50 * TW_E8);
    ck_assert_int_eq(tw_store_gated(live, "TSLA"), 0);
    tw_abandon(live);
}
END_TEST

static void send_an_order(int asked) {
    char ref[16];
    snprintf(ref, sizeof ref, "t%d", asked);
    tw_order_submitted order = {.size = sizeof order,
                                .order_ref = ref,
                                .symbol = "TSLA",
                                .action = TW_ACTION_SELL,
                                .purpose = TW_PURPOSE_EXIT,
                                .qty_e8 = TW_E8,
                                .order_type = "LMT",
                                .limit_e8 = tw_known(TW_E8)};
    OK(tw_append_order_submitted(live, &order, NULL, &why));
}

START_TEST(where_orders_go_out_at_each_try_nothing_is_recorded) {
    tw_recover_report report;
    crash_with_100();
    recover_with(holds_100);
    uint64_t last = tw_durable_seq(live);
    struct script says = {.qty = 50, .orders = TW_ANSWER_COMPLETE, .meanwhile = send_an_order};
    FAILS(again_now(says, &report), TW_E_STALE);
    ck_assert_int_eq(broker_says.asked, 3);
    ck_assert_uint_eq(tw_durable_seq(live), last + 3);
    ck_assert_int_eq(tw_store_gated(live, "TSLA"), 0);
    tw_abandon(live);
}
END_TEST

START_TEST(a_broker_that_tells_only_a_part_halts_entries_also_while_orders_go_out) {
    crash_with_100();
    recover_with(holds_100);
    struct script says = {.partial = 3, .qty = 100, .meanwhile = send_an_order};
    tw_recover_report report = again_with(says);
    ck_assert_int_eq(report.log_only, 1);
    ck_assert_int_eq(report.entries_gated, 1);
    tw_abandon(live);
}
END_TEST

static void note_something(int asked) {
    (void)asked;
    tw_note note = {.size = sizeof note, .actor = "test", .tag = "t", .text = "words"};
    OK(tw_append_note(live, &note, NULL, &why));
}

START_TEST(a_log_that_is_busy_with_other_things_is_compared_at_once) {
    crash_with_100();
    recover_with(holds_100);
    tw_recover_report report =
        again_with((struct script){.qty = 50, .exec_id = "e2", .meanwhile = note_something});
    ck_assert_int_eq(report.tries, 1);
    ck_assert_int_eq(open_quantity(live), 50 * TW_E8);
    tw_abandon(live);
}
END_TEST

static void *note_without_end(void *context) {
    atomic_int *stop = context;
    tw_note note = {.size = sizeof note, .actor = "test", .tag = "t", .text = "words"};
    while (!atomic_load(stop))
        if (tw_append_note(live, &note, NULL, NULL))
            break;
    return NULL;
}

/* So much that comparing takes far longer than appending. */
static void trade_all_day(void) {
    enum { FILLS = 4000 };
    char ids[2][16];
    tw_event events[2];
    for (int i = 0; i < FILLS; i += 2) {
        for (int k = 0; k < 2; k++) {
            snprintf(ids[k], sizeof ids[k], "f%d", i + k);
            put_fill(&events[k], ids[k], k ? TW_ACTION_SELL : TW_ACTION_BUY, 1);
        }
        OK(tw_append_batch(live, events, 2, NULL, NULL, &why));
    }
}

START_TEST(a_thread_that_logs_without_end_does_not_keep_an_answer_from_being_recorded) {
    enum { RUNS = 6 };
    crash_with_100();
    tw_options options = {.size = sizeof options, .trading_date = MONDAY, .mode = TW_MODE_GROUP};
    OK(tw_open(path, &options, &live, &why));
    trade_all_day();
    atomic_int stop = 0;
    pthread_t writer;
    ck_assert_int_eq(pthread_create(&writer, NULL, note_without_end, &stop), 0);
    for (int i = 0; i < RUNS; i++) {
        tw_recover_report report = again_with(i % 2 ? holds_100 : away);
        ck_assert_int_eq(report.tries, i % 2 ? 1 : 3);
        ck_assert_int_eq(report.entries_gated, i % 2 == 0);
    }
    atomic_store(&stop, 1);
    pthread_join(writer, NULL);
    OK(tw_close(live, "done", &why));
}
END_TEST

static void roll_once(int asked) {
    if (asked == 1)
        OK(tw_roll(live, TUESDAY, &why));
}

START_TEST(a_day_that_begins_while_the_broker_is_asked_is_compared_with_a_later_answer) {
    crash_with_100();
    recover_with(holds_100);
    tw_recover_report report = again_with((struct script){.qty = 100, .meanwhile = roll_once});
    ck_assert_int_eq(report.tries, 2);
    ck_assert_int_eq(tw_store_date(live), TUESDAY);
    ck_assert_int_eq(open_quantity(live), 100 * TW_E8);
    tw_abandon(live);
}
END_TEST

/* ---- a death between answer and log -------------------------------------------------------- */

START_TEST(a_death_between_the_answer_and_the_log_is_made_up_for_by_the_next_run) {
    struct script says = {.qty = 50, .exec_id = "e2"};
    const tw_answer *answer;
    tw_proposal *proposal = NULL;
    crash_with_100();
    tw_broker *broker = broker_of(&scripted);
    tw_store *store = open_on(MONDAY);
    broker_says = says;
    OK(tw_broker_ask(broker, &answer, &why));
    OK(tw_store_reconcile(store, answer, &proposal, &why));
    ck_assert_uint_gt(tw_proposal_events(proposal), 0);
    tw_proposal_free(proposal);
    tw_broker_close(broker);
    tw_abandon(store);
    tw_recover_report report = recover_with(says);
    ck_assert_int_gt((int)report.events, 0);
    ck_assert_int_eq(open_quantity(live), 50 * TW_E8);
    ck_assert_int_eq((int)again_with(says).events, 0);
    tw_abandon(live);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_recover_live");
    TCase *tests = tcase_create("store_recover_live");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, another_account_is_refused_and_leaves_no_more_than_a_session);
    tcase_add_test(tests, a_live_store_is_left_alone_by_what_is_refused);
    tcase_add_test(tests, what_is_missing_in_a_call_is_said);
    tcase_add_test(tests, nobody_else_can_write_while_the_broker_is_asked);
    tcase_add_test(tests,
                   a_fill_that_comes_while_the_broker_is_asked_is_not_taken_for_a_difference);
    tcase_add_test(tests, where_orders_go_out_at_each_try_nothing_is_recorded);
    tcase_add_test(tests, a_broker_that_tells_only_a_part_halts_entries_also_while_orders_go_out);
    tcase_add_test(tests, a_log_that_is_busy_with_other_things_is_compared_at_once);
    tcase_add_test(tests,
                   a_thread_that_logs_without_end_does_not_keep_an_answer_from_being_recorded);
    tcase_add_test(tests,
                   a_day_that_begins_while_the_broker_is_asked_is_compared_with_a_later_answer);
    tcase_add_test(tests, a_death_between_the_answer_and_the_log_is_made_up_for_by_the_next_run);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
