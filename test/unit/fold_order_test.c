/* Attempts, gates and orders. */
#include "events.h"
#include "harness.h"

static struct day day;

static void open_average(void) {
    day_open(&day, TW_COST_METHOD_AVERAGE);
}

static void close_day(void) {
    day_close(&day);
}

static void fill_of(const char *order_ref, const char *exec_id, const char *qty) {
    tw_event fill = event_fill(exec_id, "TSLA", TW_ACTION_BUY, qty, "10", "0");
    fill.as.fill.order_ref = order_ref;
    day_add(&day, fill);
}

static int64_t status_of(const char *order_ref) {
    return day_order(&day, order_ref)->status;
}

/* ---- attempts ------------------------------------------------------------------------------ */

START_TEST(a_level_is_the_same_however_it_is_written) {
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445.0", 0));
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445.00", 0));
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "4.45e2", 0));
    const struct symbol *symbol = day_symbol(&day, "TSLA");
    ck_assert_uint_eq(symbol->attempt_count, 1);
    ck_assert_int_eq(symbol->attempts[0].count, 3);
}
END_TEST

START_TEST(a_third_attempt_is_refused_when_two_are_allowed) {
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445", 2));
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445.00", 2));
    tw_event third = event_attempt("TSLA", TW_SIDE_LONG, "445.0", 2);
    day_refuses(&day, third, TW_E_REFUSED, "long at 445 has had 2 of 2 attempts");
    ck_assert_int_eq(day_symbol(&day, "TSLA")->attempts[0].count, 2);
}
END_TEST

START_TEST(a_max_once_said_holds_for_attempts_that_do_not_say_it) {
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445", 1));
    day_refuses(&day, event_attempt("TSLA", TW_SIDE_LONG, "445", 0), TW_E_REFUSED, "1 of 1");
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445", 2));
    ck_assert_int_eq(day_symbol(&day, "TSLA")->attempts[0].max, 2);
}
END_TEST

START_TEST(attempts_are_counted_by_symbol_side_and_level) {
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445", 1));
    day_add(&day, event_attempt("TSLA", TW_SIDE_SHORT, "445", 1));
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "445.01", 1));
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, NULL, 1));
    day_add(&day, event_attempt("AMD", TW_SIDE_LONG, "445", 1));
    day_refuses(&day, event_attempt("TSLA", TW_SIDE_LONG, NULL, 0), TW_E_REFUSED, "unknown level");
    ck_assert_uint_eq(day_symbol(&day, "TSLA")->attempt_count, 4);
}
END_TEST

START_TEST(a_limit_of_no_attempts_is_no_limit_at_all) {
    tw_event attempt = event_attempt("TSLA", TW_SIDE_LONG, "445", 0);
    attempt.as.attempt.max = tw_known(0);
    day_refuses(&day, attempt, TW_E_RANGE, "at least 1");
    attempt.as.attempt.max = tw_known(-1);
    day_refuses(&day, attempt, TW_E_RANGE, "at least 1");
}
END_TEST

/* ---- gates --------------------------------------------------------------------------------- */

START_TEST(a_gate_blocks_attempts_and_entries_and_never_an_exit) {
    static const int64_t exits[] = {TW_PURPOSE_PARTIAL, TW_PURPOSE_TARGET, TW_PURPOSE_STOP,
                                    TW_PURPOSE_EXIT};
    static const char *const refs[] = {"o1", "o2", "o3", "o4"};
    fill_of("o0", "e0", "100");
    day_add(&day, event_gate("TSLA", TW_GATE_CLOSED, "broker holds less"));
    day_refuses(&day, event_attempt("TSLA", TW_SIDE_LONG, "445", 2), TW_E_GATED, "the symbol is");
    tw_event entry = event_order("o9", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100");
    day_refuses(&day, entry, TW_E_GATED, "broker holds less");
    entry.as.order_submitted.purpose = TW_PURPOSE_ADD;
    day_refuses(&day, entry, TW_E_GATED, NULL);
    for (int i = 0; i < 4; i++)
        day_add(&day, event_order(refs[i], "TSLA", TW_ACTION_SELL, exits[i], "100"));
    fill_of("o8", "e1", "10");
    day_add(&day, event_partial("e2", "TSLA", "10", "11"));
    day_add(&day, event_stop("TSLA", "10", TW_STOP_BREAKEVEN));
    day_add(&day, event_attempt("AMD", TW_SIDE_LONG, "165", 2));
}
END_TEST

START_TEST(a_gate_for_all_blocks_every_symbol_until_it_is_opened) {
    day_add(&day, event_gate("all", TW_GATE_CLOSED, "no answer"));
    day_refuses(&day, event_attempt("AMD", TW_SIDE_LONG, "165", 2), TW_E_GATED, "all are");
    ck_assert_int_eq(tw_state_gated(day.state, NULL, NULL), 1);
    day_add(&day, event_gate("AMD", TW_GATE_OPEN, "checked"));
    day_refuses(&day, event_attempt("AMD", TW_SIDE_LONG, "165", 2), TW_E_GATED, "all are");
    day_add(&day, event_gate("all", TW_GATE_OPEN, "answered"));
    day_add(&day, event_attempt("AMD", TW_SIDE_LONG, "165", 2));
}
END_TEST

START_TEST(gates_with_two_reasons_open_together_and_each_stands_once) {
    day_add(&day, event_gate("TSLA", TW_GATE_CLOSED, "D2"));
    day_add(&day, event_gate("TSLA", TW_GATE_CLOSED, "D2"));
    day_add(&day, event_gate("TSLA", TW_GATE_CLOSED, "D25"));
    ck_assert_uint_eq(day.state->gate_count, 2);
    ck_assert_uint_eq(day.state->gates[0].seq, 2);
    day_add(&day, event_gate("TSLA", TW_GATE_OPEN, "operator"));
    ck_assert_uint_eq(day.state->gate_count, 0);
}
END_TEST

/* ---- orders -------------------------------------------------------------------------------- */

START_TEST(an_order_is_sent_then_what_the_broker_says) {
    tw_event order = event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100");
    order.as.order_submitted.limit_e8 = maybe_e8("445.30");
    day_add(&day, order);
    ck_assert_int_eq(status_of("o1"), TW_ORDER_SENT);
    tw_event said = event_status("o1", TW_ORDER_ACKNOWLEDGED);
    said.as.order_updated.perm_id = tw_known(1760000000000000001);
    said.as.order_updated.order_id = tw_known(17);
    day_add(&day, said);
    tw_event modified = event_status("o1", TW_ORDER_MODIFIED);
    modified.as.order_updated.qty_e8 = maybe_e8("150");
    modified.as.order_updated.limit_e8 = maybe_e8("445.50");
    day_add(&day, modified);
    const struct order *known = day_order(&day, "o1");
    ck_assert_int_eq(known->perm_id, 1760000000000000001);
    ck_assert_int_eq(known->order_id, 17);
    ck_assert_int_eq(known->client_id, TW_UNKNOWN);
    ck_assert_int_eq(known->qty_e8, e8("150"));
    ck_assert_int_eq(known->limit_e8, e8("445.5"));
    ck_assert_int_eq(known->stop_e8, TW_UNKNOWN);
}
END_TEST

START_TEST(an_order_reference_is_used_once_a_day) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    tw_event again = event_order("o1", "AMD", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100");
    day_refuses(&day, again, TW_E_REFUSED, "in the log as seq 2");
    day_refuses(&day, event_status("o2", TW_ORDER_CANCELLED), TW_E_REFUSED, "no order o2");
}
END_TEST

START_TEST(an_order_keeps_its_permanent_id) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    tw_event said = event_status("o1", TW_ORDER_ACKNOWLEDGED);
    said.as.order_updated.perm_id = tw_known(0);
    day_add(&day, said);
    ck_assert_int_eq(day_order(&day, "o1")->perm_id, TW_UNKNOWN);
    said.as.order_updated.perm_id = tw_known(5);
    day_add(&day, said);
    said.as.order_updated.perm_id = tw_known(6);
    day_refuses(&day, said, TW_E_REFUSED, "has perm id 5");
}
END_TEST

START_TEST(fills_complete_an_order) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    fill_of("o1", "e1", "60");
    ck_assert_int_eq(status_of("o1"), TW_ORDER_ACKNOWLEDGED);
    fill_of("o1", "e2", "40");
    ck_assert_int_eq(status_of("o1"), TW_ORDER_FILLED);
    day_add(&day, event_status("o1", TW_ORDER_ACKNOWLEDGED));
    ck_assert_int_eq(status_of("o1"), TW_ORDER_FILLED);
    fill_of("o1", "e3", "40");
    ck_assert_int_eq(day_order(&day, "o1")->filled_e8, e8("140"));
    ck_assert_int_eq(status_of("o1"), TW_ORDER_FILLED);
}
END_TEST

START_TEST(an_order_the_broker_calls_filled_stays_so_while_its_executions_arrive) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    day_add(&day, event_status("o1", TW_ORDER_FILLED));
    fill_of("o1", "e1", "60");
    ck_assert_int_eq(status_of("o1"), TW_ORDER_FILLED);
    day_add(&day, event_busted("e1", "e1"));
    ck_assert_int_eq(status_of("o1"), TW_ORDER_ACKNOWLEDGED);
}
END_TEST

START_TEST(a_finished_order_is_still_fillable_and_does_not_come_back) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    fill_of("o1", "e1", "30");
    day_add(&day, event_status("o1", TW_ORDER_CANCELLED));
    day_add(&day, event_status("o1", TW_ORDER_ACKNOWLEDGED));
    ck_assert_int_eq(status_of("o1"), TW_ORDER_CANCELLED);
    fill_of("o1", "e2", "30");
    ck_assert_int_eq(status_of("o1"), TW_ORDER_CANCELLED);
    ck_assert_int_eq(day_order(&day, "o1")->filled_e8, e8("60"));
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("60"));
}
END_TEST

START_TEST(a_lapsed_order_that_the_broker_speaks_of_had_not_lapsed) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    day_add(&day, event_status("o1", TW_ORDER_LAPSED));
    fill_of("o1", "e1", "30");
    ck_assert_int_eq(status_of("o1"), TW_ORDER_ACKNOWLEDGED);
    day_add(&day, event_status("o1", TW_ORDER_LAPSED));
    day_add(&day, event_status("o1", TW_ORDER_ACKNOWLEDGED));
    ck_assert_int_eq(status_of("o1"), TW_ORDER_ACKNOWLEDGED);
}
END_TEST

START_TEST(a_fill_of_an_unknown_order_is_booked_as_external) {
    fill_of("someone elses", "e1", "30");
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("30"));
    ck_assert_int_eq(day_position(&day, "TSLA")->external_e8, e8("30"));
    day_add(&day, event_fill("e2", "TSLA", TW_ACTION_SELL, "10", "10", "0"));
    ck_assert_int_eq(day_position(&day, "TSLA")->external_e8, e8("20"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_order");
    TCase *tests = tcase_create("order");
    tcase_add_checked_fixture(tests, open_average, close_day);
    tcase_add_test(tests, a_level_is_the_same_however_it_is_written);
    tcase_add_test(tests, a_third_attempt_is_refused_when_two_are_allowed);
    tcase_add_test(tests, a_max_once_said_holds_for_attempts_that_do_not_say_it);
    tcase_add_test(tests, attempts_are_counted_by_symbol_side_and_level);
    tcase_add_test(tests, a_limit_of_no_attempts_is_no_limit_at_all);
    tcase_add_test(tests, a_gate_blocks_attempts_and_entries_and_never_an_exit);
    tcase_add_test(tests, a_gate_for_all_blocks_every_symbol_until_it_is_opened);
    tcase_add_test(tests, gates_with_two_reasons_open_together_and_each_stands_once);
    tcase_add_test(tests, an_order_is_sent_then_what_the_broker_says);
    tcase_add_test(tests, an_order_reference_is_used_once_a_day);
    tcase_add_test(tests, an_order_keeps_its_permanent_id);
    tcase_add_test(tests, fills_complete_an_order);
    tcase_add_test(tests, an_order_the_broker_calls_filled_stays_so_while_its_executions_arrive);
    tcase_add_test(tests, a_finished_order_is_still_fillable_and_does_not_come_back);
    tcase_add_test(tests, a_lapsed_order_that_the_broker_speaks_of_had_not_lapsed);
    tcase_add_test(tests, a_fill_of_an_unknown_order_is_booked_as_external);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
