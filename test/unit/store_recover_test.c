/* Recovering in one call: the broker is away, an operator overrides that, answers are no use. */
#include "scripted_broker.h"

/* ---- the broker is away -------------------------------------------------------------------- */

START_TEST(a_broker_that_is_away_is_asked_three_times_and_the_log_alone_is_believed) {
    crash_with_100();
    tw_recover_report report = recover_with(away);
    ck_assert_int_eq(broker_says.asked, 3);
    ck_assert_int_eq(report.tries, 3);
    ck_assert_int_eq(report.log_only, 1);
    ck_assert_int_eq(report.entries_gated, 1);
    ck_assert_int_eq((int)report.events, 3);
    ck_assert_int_eq((int)report.critical, 1);
    ck_assert_ptr_nonnull(strstr(report.warning, "possible drift: nobody answers"));
    ck_assert_str_eq(report.broker, "script:");
    ck_assert_int_eq(open_quantity(live), 100 * TW_E8);
    tw_abandon(live);
}
END_TEST

START_TEST(while_the_broker_is_away_entries_are_refused_and_exits_are_recorded) {
    crash_with_100();
    recover_with(away);
    FAILS(try_to_enter(), TW_E_GATED);
    tw_order_submitted order = {.size = sizeof order,
                                .order_ref = "n1",
                                .symbol = "NVDA",
                                .action = TW_ACTION_BUY,
                                .purpose = TW_PURPOSE_ENTRY,
                                .qty_e8 = TW_E8,
                                .order_type = "LMT"};
    FAILS(tw_append_order_submitted(live, &order, NULL, &why), TW_E_GATED);
    order = (tw_order_submitted){.size = sizeof order,
                                 .order_ref = "t2",
                                 .symbol = "TSLA",
                                 .action = TW_ACTION_SELL,
                                 .purpose = TW_PURPOSE_EXIT,
                                 .qty_e8 = 100 * TW_E8,
                                 .order_type = "MKT"};
    OK(tw_append_order_submitted(live, &order, NULL, &why));
    sell(live, "e2", 100, 10100);
    ck_assert_int_eq(open_quantity(live), 0);
    tw_abandon(live);
}
END_TEST

START_TEST(the_pauses_between_the_tries_grow) {
    crash_with_100();
    tw_recover_report report;
    tw_broker *broker = broker_of(&scripted_slowly);
    broker_says = away;
    OK(recover_now(broker, &report));
    const int64_t *asked_ns = broker_says.asked_ns;
    ck_assert_int_ge(asked_ns[1] - asked_ns[0], scripted_slowly.pause_ns);
    ck_assert_int_ge(asked_ns[2] - asked_ns[1], 2 * scripted_slowly.pause_ns);
    tw_broker_close(broker);
    tw_abandon(live);
}
END_TEST

START_TEST(a_broker_that_answers_at_the_third_try_is_believed) {
    crash_with_100();
    tw_recover_report report = recover_with((struct script){.failing = 2, .qty = 100});
    ck_assert_int_eq(report.tries, 3);
    ck_assert_int_eq(report.log_only, 0);
    ck_assert_int_eq(report.entries_gated, 0);
    ck_assert_str_eq(report.warning, "");
    OK(try_to_enter());
    tw_abandon(live);
}
END_TEST

START_TEST(a_broker_that_comes_back_opens_the_gate_and_what_happened_meanwhile_is_booked) {
    crash_with_100();
    recover_with(away);
    tw_recover_report report = again_with((struct script){.qty = 50, .exec_id = "e2"});
    ck_assert_int_eq(report.log_only, 0);
    ck_assert_int_eq(report.entries_gated, 0);
    ck_assert_int_eq(open_quantity(live), 50 * TW_E8);
    ck_assert_int_eq(pnl_of(live), (500 - 2) * TW_E8);
    OK(try_to_enter());
    tw_abandon(live);
}
END_TEST

START_TEST(a_second_run_appends_nothing) {
    struct script explained = {.qty = 50, .exec_id = "e2"};
    crash_with_100();
    recover_with(away);
    uint64_t last = tw_durable_seq(live);
    ck_assert_int_eq((int)again_with(away).events, 0);
    ck_assert_uint_eq(tw_durable_seq(live), last);
    ck_assert_int_gt((int)again_with(explained).events, 0);
    last = tw_durable_seq(live);
    ck_assert_int_eq((int)again_with(explained).events, 0);
    ck_assert_uint_eq(tw_durable_seq(live), last);
    tw_abandon(live);
}
END_TEST

/* ---- the operator -------------------------------------------------------------------------- */

static int64_t gates_opened_by(const char *who) {
    tw_journal *journal;
    tw_cursor *cursor;
    tw_event event = {.size = sizeof event};
    int64_t count = 0;
    OK(tw_checkpoint(live, NULL, &why));
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_cursor_open(journal, MONDAY, 0, &cursor, &why));
    while (tw_cursor_next(cursor, &event, &why) == 1)
        count += event.type == TW_TYPE_gate && event.as.gate.state == TW_GATE_OPEN &&
                 strcmp(event.as.gate.by, who) == 0;
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    return count;
}

static void open_gate_by(const char *who) {
    tw_gate gate = {.size = sizeof gate,
                    .scope = "all",
                    .state = TW_GATE_OPEN,
                    .reason = "checked by telephone",
                    .by = who};
    OK(tw_append_gate(live, &gate, NULL, &why));
}

START_TEST(an_operator_s_word_lets_entries_through_and_the_same_failure_does_not_take_it_back) {
    crash_with_100();
    recover_with(away);
    FAILS(try_to_enter(), TW_E_GATED);
    open_gate_by("kj");
    OK(try_to_enter());
    tw_recover_report report = again_with(away);
    ck_assert_int_eq((int)report.events, 0);
    ck_assert_int_eq(report.log_only, 1);
    ck_assert_int_eq(report.entries_gated, 0);
    OK(try_to_enter());
    ck_assert_int_eq(gates_opened_by("kj"), 1);
    tw_abandon(live);
}
END_TEST

START_TEST(an_operator_s_word_holds_until_the_broker_has_answered_once) {
    struct script away_otherwise = {.failing = ASKED_MOST, .words = "the line is dead"};
    crash_with_100();
    recover_with(away);
    open_gate_by("kj");
    tw_recover_report report = again_with(away_otherwise);
    ck_assert_ptr_nonnull(strstr(report.warning, "the line is dead"));
    ck_assert_int_eq(report.entries_gated, 0);
    OK(try_to_enter());
    again_with(holds_100);
    OK(try_to_enter());
    report = again_with(away_otherwise);
    ck_assert_int_eq(report.entries_gated, 1);
    FAILS(try_to_enter(), TW_E_GATED);
    tw_abandon(live);
}
END_TEST

START_TEST(an_operator_s_word_holds_after_a_clean_end_and_not_after_a_crash) {
    crash_with_100();
    recover_with(away);
    open_gate_by("kj");
    OK(tw_close(live, "to try again", &why));
    ck_assert_int_eq(recover_with(away).entries_gated, 0);
    OK(try_to_enter());
    tw_abandon(live);
    ck_assert_int_eq(recover_with(away).entries_gated, 1);
    FAILS(try_to_enter(), TW_E_GATED);
    open_gate_by("kj");
    ck_assert_int_eq(again_with(away).entries_gated, 0);
    tw_abandon(live);
}
END_TEST

START_TEST(a_gate_that_an_operator_closed_stays_closed_when_the_broker_comes_back) {
    crash_with_100();
    recover_with(away);
    tw_gate gate = {.size = sizeof gate,
                    .scope = "all",
                    .state = TW_GATE_CLOSED,
                    .reason = "lunch",
                    .by = "kj"};
    OK(tw_append_gate(live, &gate, NULL, &why));
    tw_recover_report report = again_with(holds_100);
    ck_assert_int_eq(report.log_only, 0);
    ck_assert_int_eq(report.entries_gated, 1);
    FAILS(try_to_enter(), TW_E_GATED);
    tw_abandon(live);
}
END_TEST

/* ---- answers that cannot be used ----------------------------------------------------------- */

START_TEST(half_an_answer_is_asked_for_again_and_believed_when_it_is_whole) {
    crash_with_100();
    tw_recover_report report = recover_with((struct script){.partial = 2, .qty = 100});
    ck_assert_int_eq(report.tries, 3);
    ck_assert_int_eq(report.log_only, 0);
    tw_abandon(live);
}
END_TEST

START_TEST(three_halves_are_no_answer_and_positions_stay) {
    crash_with_100();
    tw_recover_report report = recover_with((struct script){.partial = 3, .qty = 7});
    ck_assert_int_eq(report.tries, 3);
    ck_assert_int_eq(report.log_only, 1);
    ck_assert_int_eq(report.entries_gated, 1);
    ck_assert_ptr_nonnull(strstr(report.warning, "the line is bad"));
    ck_assert_int_eq(open_quantity(live), 100 * TW_E8);
    tw_abandon(live);
}
END_TEST

START_TEST(without_the_open_orders_positions_are_compared_and_entries_halted) {
    crash_with_100();
    tw_recover_report report =
        recover_with((struct script){.qty = 50, .exec_id = "e2", .orders = TW_ANSWER_FAILED});
    ck_assert_int_eq(report.tries, 3);
    ck_assert_int_eq(report.log_only, 0);
    ck_assert_int_eq(report.entries_gated, 1);
    ck_assert_ptr_nonnull(strstr(report.warning, "protected"));
    ck_assert_int_eq(open_quantity(live), 50 * TW_E8);
    report = again_with((struct script){.qty = 50, .exec_id = "e2"});
    ck_assert_int_eq(report.entries_gated, 1); /* not asked for is not known */
    report = again_with((struct script){.qty = 50, .exec_id = "e2", .orders = TW_ANSWER_COMPLETE});
    ck_assert_int_eq(report.entries_gated, 0);
    tw_abandon(live);
}
END_TEST

START_TEST(an_answer_that_cannot_be_read_halts_entries_at_once) {
    static const int unreadable[] = {TW_E_PARSE, TW_E_TEXT, TW_E_RANGE, TW_E_UNKNOWN_NAME};
    crash_with_100();
    tw_recover_report report =
        recover_with((struct script){.failing = 1, .error = unreadable[_i], .qty = 7});
    ck_assert_int_eq(report.tries, 1);
    ck_assert_int_eq(report.log_only, 1);
    ck_assert_int_eq(report.entries_gated, 1);
    ck_assert_int_eq(open_quantity(live), 100 * TW_E8);
    tw_abandon(live);
}
END_TEST

START_TEST(an_answer_that_contradicts_itself_halts_entries) {
    crash_with_100();
    tw_recover_report report = recover_with((struct script){.qty = 99, .twice = 1});
    ck_assert_int_eq(report.tries, 3);
    ck_assert_int_eq(report.log_only, 1);
    ck_assert_int_eq(report.entries_gated, 1);
    ck_assert_int_eq(open_quantity(live), 100 * TW_E8);
    tw_abandon(live);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_recover");
    TCase *tests = tcase_create("store_recover");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_broker_that_is_away_is_asked_three_times_and_the_log_alone_is_believed);
    tcase_add_test(tests, while_the_broker_is_away_entries_are_refused_and_exits_are_recorded);
    tcase_add_test(tests, the_pauses_between_the_tries_grow);
    tcase_add_test(tests, a_broker_that_answers_at_the_third_try_is_believed);
    tcase_add_test(tests,
                   a_broker_that_comes_back_opens_the_gate_and_what_happened_meanwhile_is_booked);
    tcase_add_test(tests, a_second_run_appends_nothing);
    tcase_add_test(
        tests, an_operator_s_word_lets_entries_through_and_the_same_failure_does_not_take_it_back);
    tcase_add_test(tests, an_operator_s_word_holds_until_the_broker_has_answered_once);
    tcase_add_test(tests, an_operator_s_word_holds_after_a_clean_end_and_not_after_a_crash);
    tcase_add_test(tests, a_gate_that_an_operator_closed_stays_closed_when_the_broker_comes_back);
    tcase_add_test(tests, half_an_answer_is_asked_for_again_and_believed_when_it_is_whole);
    tcase_add_test(tests, three_halves_are_no_answer_and_positions_stay);
    tcase_add_test(tests, without_the_open_orders_positions_are_compared_and_entries_halted);
    tcase_add_loop_test(tests, an_answer_that_cannot_be_read_halts_entries_at_once, 0, 4);
    tcase_add_test(tests, an_answer_that_contradicts_itself_halts_entries);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
