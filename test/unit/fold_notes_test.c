/* Sessions, instruments, plans and stops, bars, counters, findings and evidence. */
#include <string.h>

#include "core/fold.h"
#include "events.h"
#include "harness.h"

static struct day day;

static void open_average(void) {
    day_open(&day, TW_COST_METHOD_AVERAGE);
}

static void close_day(void) {
    day_close(&day);
}

static tw_position shown(const char *symbol) {
    tw_position position = {.size = sizeof position};
    ck_assert_int_eq(tw_state_position(day.state, symbol, &position), 0);
    return position;
}

/* ---- sessions ------------------------------------------------------------------------------ */

START_TEST(a_day_begins_with_a_session) {
    day_close(&day);
    ck_assert_int_eq(tw_state_new(&day.state), 0);
    day.seq = 1;
    day_refuses(&day, event_note("first"), TW_E_REFUSED, "expected session_opened first");
}
END_TEST

START_TEST(a_closed_session_takes_nothing_until_the_next_one_opens) {
    day_add(&day, event_closed());
    ck_assert_int_eq(day.state->session.closed, 1);
    day_refuses(&day, event_note("too late"), TW_E_REFUSED, "was closed");
    day_refuses(&day, event_closed(), TW_E_REFUSED, "was closed");
    day_add(&day, event_session(TW_RESUMED_CLEAN));
    ck_assert_int_eq(day.state->session.closed, 0);
    ck_assert_int_eq(day.state->session.sessions, 2);
    day_add(&day, event_note("again"));
}
END_TEST

START_TEST(a_session_after_a_crash_goes_on_with_everything) {
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "10", "1"));
    day_add(&day, event_attempt("TSLA", TW_SIDE_LONG, "10", 2));
    day_add(&day, event_session(TW_RESUMED_CRASH));
    ck_assert_int_eq(day.state->session.resumed, TW_RESUMED_CRASH);
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("100"));
    ck_assert_int_eq(day_symbol(&day, "TSLA")->attempts[0].count, 1);
}
END_TEST

START_TEST(a_session_of_another_account_or_environment_is_refused) {
    tw_event other = event_session(TW_RESUMED_CRASH);
    other.as.session_opened.account = "DU2";
    day_refuses(&day, other, TW_E_OTHER_ACCOUNT, "DU1 (paper)");
    other = event_session(TW_RESUMED_CRASH);
    other.as.session_opened.environment = TW_ENVIRONMENT_LIVE;
    day_refuses(&day, other, TW_E_OTHER_ACCOUNT, NULL);
}
END_TEST

START_TEST(a_session_cannot_change_what_the_day_is_counted_in) {
    tw_event other = event_session(TW_RESUMED_CRASH);
    other.as.session_opened.currency = "EUR";
    day_refuses(&day, other, TW_E_REFUSED, "cost method");
    other = event_session(TW_RESUMED_CRASH);
    other.as.session_opened.zone = "Europe/Berlin";
    day_refuses(&day, other, TW_E_REFUSED, "zone");
    other = event_session(TW_RESUMED_CRASH);
    other.as.session_opened.cost_method = TW_COST_METHOD_FIFO;
    day_refuses(&day, other, TW_E_REFUSED, "cost method");
}
END_TEST

START_TEST(an_event_of_another_date_is_refused) {
    tw_event note = event_note("tomorrow");
    note.trading_date = 20251007;
    day_refuses(&day, note, TW_E_DATE, "2025-10-07, the session of 2025-10-06");
    tw_event session = event_session(TW_RESUMED_CRASH);
    session.trading_date = 20251003;
    day_refuses(&day, session, TW_E_DATE, NULL);
}
END_TEST

START_TEST(a_gap_in_the_seqs_is_refused) {
    tw_event note = event_note("skipped one");
    note.seq = day.seq + 1;
    day_refuses(&day, note, TW_E_REFUSED, "expected 2");
    note.seq = day.seq - 1;
    day_refuses(&day, note, TW_E_REFUSED, "expected 2");
}
END_TEST

START_TEST(a_clock_that_goes_backwards_does_not_stop_the_day) {
    tw_event note = event_note("earlier");
    note.time_ns = TEST_TIME_NS - INT64_C(3600000000000);
    day_add(&day, note);
    ck_assert_int_eq(day.state->last_time_ns, note.time_ns);
}
END_TEST

START_TEST(a_record_of_a_later_versions_type_is_counted_and_changes_nothing_else) {
    tw_event opaque = event_note("unknown");
    opaque.type = TW_TYPE_OPAQUE;
    day_add(&day, opaque);
    ck_assert_int_eq(day.state->type_counts[TW_TYPE_OPAQUE], 1);
    ck_assert_uint_eq(day.state->last_seq, 2);
    tw_event unknown = event_note("unknown");
    unknown.type = 27;
    day_refuses(&day, unknown, TW_E_UNKNOWN_NAME, "27");
    unknown.type = -1;
    day_refuses(&day, unknown, TW_E_UNKNOWN_NAME, "-1");
}
END_TEST

/* ---- plans and stops ----------------------------------------------------------------------- */

START_TEST(a_break_even_stop_is_kept_through_a_partial) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "440"));
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "0"));
    day_add(&day, event_partial("e2", "TSLA", "50", "450.10"));
    day_add(&day, event_stop("TSLA", "445.25", TW_STOP_BREAKEVEN));
    tw_event noted = event_plan("TSLA", TW_SIDE_LONG, NULL, NULL);
    noted.as.plan.target2_e8 = maybe_e8("460.25");
    day_add(&day, noted);
    ck_assert_int_eq(shown("TSLA").stop_e8.value, e8("445.25"));
    ck_assert_int_eq(shown("TSLA").stop_reason, TW_STOP_BREAKEVEN);
    ck_assert_int_eq(shown("TSLA").target2_e8.value, e8("460.25"));
    ck_assert_int_eq(shown("TSLA").shares_e8, e8("100"));
    ck_assert_int_eq(shown("TSLA").qty_e8, e8("50"));
}
END_TEST

START_TEST(a_plan_goes_when_its_position_closes) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "440"));
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "0"));
    day_add(&day, event_fill("e2", "TSLA", TW_ACTION_SELL, "100", "445.25", "0"));
    ck_assert_int_eq(shown("TSLA").stop_e8.known, 0);
    day_refuses(&day, event_stop("TSLA", "440", TW_STOP_TRAIL), TW_E_REFUSED, "neither");
}
END_TEST

START_TEST(a_plan_names_the_path_of_the_trade_it_was_made_for) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "440"));
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "0"));
    day_add(&day, event_fill("e2", "TSLA", TW_ACTION_SELL, "150", "445.25", "0"));
    const struct symbol *symbol = day_symbol(&day, "TSLA");
    ck_assert_str_eq(tw_state_text(day.state, symbol->closed[0].entry_path), "breakout");
    ck_assert_uint_eq(symbol->position.trade.entry_path, TW_NONE);
    day_add(&day, event_plan("TSLA", TW_SIDE_SHORT, "fade", NULL));
    ck_assert_str_eq(tw_state_text(day.state, symbol->position.trade.entry_path), "fade");
}
END_TEST

START_TEST(a_plan_for_the_other_side_is_not_that_of_the_position) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "440"));
    ck_assert_int_eq(shown("TSLA").stop_e8.value, e8("440"));
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_SELL, "100", "445.25", "0"));
    ck_assert_int_eq(shown("TSLA").stop_e8.known, 0);
    ck_assert_int_eq(shown("TSLA").stop_reason, 0);
    tw_event wrong = event_plan("TSLA", TW_SIDE_LONG, NULL, NULL);
    day_refuses(&day, wrong, TW_E_REFUSED, "SHORT 100");
    day_add(&day, event_stop("TSLA", "450", TW_STOP_INITIAL));
    ck_assert_int_eq(shown("TSLA").stop_e8.value, e8("450"));
}
END_TEST

/* ---- prices -------------------------------------------------------------------------------- */

START_TEST(a_price_below_0_is_for_instruments_that_can_have_one) {
    tw_event fill = event_fill("e1", "CL", TW_ACTION_BUY, "1", "-37.63", "0");
    day_refuses(&day, fill, TW_E_REFUSED, "below 0");
    day_refuses(&day, event_attempt("CL", TW_SIDE_LONG, "-1", 0), TW_E_REFUSED, "the level");
    day_refuses(&day, event_opening("CL", TW_SIDE_LONG, "1", "-1"), TW_E_REFUSED, "average cost");
    day_refuses(&day, event_adjusted("CL", TW_SIDE_LONG, "1", "-1"), TW_E_REFUSED, "average cost");
    day_refuses(&day, event_plan("CL", TW_SIDE_LONG, NULL, "-1"), TW_E_REFUSED, "the stop");
    day_refuses(&day, event_bar("CL", TEST_TIME_NS, "-1"), TW_E_REFUSED, "low");
    tw_event order = event_order("o1", "CL", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "1");
    order.as.order_submitted.limit_e8 = maybe_e8("-1");
    day_refuses(&day, order, TW_E_REFUSED, "the limit");
    day_add(&day, event_instrument("CL", "FUT", "USD", "1000"));
    day_add(&day, fill);
    day_add(&day, order);
    day_add(&day, event_fill("e2", "CL", TW_ACTION_SELL, "1", "-30.13", "0"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), e8("7500"));
}
END_TEST

/* ---- bars and counters --------------------------------------------------------------------- */

START_TEST(the_newest_120_bars_of_a_symbol_are_kept) {
    for (int i = 0; i < 300; i++)
        day_add(&day, event_bar("TSLA", TEST_TIME_NS + i * INT64_C(60000000000), "445"));
    const struct symbol *symbol = day_symbol(&day, "TSLA");
    ck_assert_uint_eq(symbol->bar_count, 120);
    ck_assert_int_eq(symbol->bars[symbol->bar_first].start_ns,
                     TEST_TIME_NS + 180 * INT64_C(60000000000));
}
END_TEST

START_TEST(a_bar_is_in_itself_consistent) {
    tw_event bar = event_bar("TSLA", TEST_TIME_NS, "445");
    bar.as.bar.high_e8 = e8("444");
    day_refuses(&day, bar, TW_E_REFUSED, "outside its low and high");
    bar = event_bar("TSLA", TEST_TIME_NS, "445");
    bar.as.bar.low_e8 = e8("446");
    day_refuses(&day, bar, TW_E_REFUSED, "outside its low and high");
    bar = event_bar("TSLA", TEST_TIME_NS, "445");
    bar.as.bar.seconds = 0;
    day_refuses(&day, bar, TW_E_RANGE, "at least 1");
    bar.as.bar.seconds = 60;
    bar.as.bar.volume_e8 = -1;
    day_refuses(&day, bar, TW_E_RANGE, "volume");
}
END_TEST

START_TEST(counters_add_up_by_group_and_name) {
    day_add(&day, event_counter("filter_block", "choppy", 1));
    day_add(&day, event_counter("filter_block", "choppy", 3));
    day_add(&day, event_counter("entry_path", "choppy", -2));
    ck_assert_uint_eq(day.state->counter_count, 2);
    ck_assert_int_eq(day.state->counters[0].value, 4);
    ck_assert_int_eq(day.state->counters[1].value, -2);
}
END_TEST

/* ---- findings and evidence ----------------------------------------------------------------- */

START_TEST(a_finding_stays_open_until_it_is_settled) {
    day_add(&day, event_finding("D2", "TSLA", NULL, 1));
    day_add(&day, event_finding("D2", "AMD", NULL, 1));
    day_add(&day, event_finding("D28", "TSLA", "o1", 1));
    day_add(&day, event_finding("D28", "TSLA", "o2", 1));
    day_add(&day, event_finding("D7", NULL, NULL, 1));
    tw_event again = event_finding("D2", "TSLA", NULL, 1);
    again.as.finding.text = "the broker holds even less";
    day_add(&day, again);
    ck_assert_uint_eq(day.state->finding_count, 5);
    day_add(&day, event_finding("D28", "TSLA", "o1", 0));
    day_add(&day, event_finding("D7", NULL, NULL, 0));
    day_add(&day, event_finding("D9", "TSLA", NULL, 0));
    ck_assert_uint_eq(day.state->finding_count, 3);
    ck_assert_str_eq(tw_state_text(day.state, day.state->findings[2].text),
                     "the broker holds even less");
}
END_TEST

START_TEST(the_last_answer_and_the_last_word_of_the_clock_are_kept) {
    day_add(&day, event_answer(TW_ANSWER_FAILED));
    day_add(&day, event_answer(TW_ANSWER_COMPLETE));
    day_add(&day, event_clock());
    ck_assert_int_eq(day.state->answer.completeness, TW_ANSWER_COMPLETE);
    ck_assert_uint_eq(day.state->answer.seq, 3);
    ck_assert_int_eq(day.state->clock.offset, -1500);
    ck_assert_int_eq(day.state->clock.max_error, TW_UNKNOWN);
    tw_event answer = event_answer(TW_ANSWER_COMPLETE);
    answer.as.broker_answer.positions = -1;
    day_refuses(&day, answer, TW_E_RANGE, "below 0");
}
END_TEST

/* ---- what no event may be ------------------------------------------------------------------ */

START_TEST(text_that_is_not_clean_is_refused) {
    day_refuses(&day, event_note("\xff"), TW_E_TEXT, "UTF-8");
    day_refuses(&day, event_note("a\nb"), TW_E_TEXT, "control");
    day_refuses(&day, event_note(""), TW_E_TEXT, "empty");
    day_refuses(&day, event_note(NULL), TW_E_REFUSED, "missing");
    char symbol[66];
    memset(symbol, 'A', 65);
    symbol[65] = 0;
    day_refuses(&day, event_stop(symbol, "1", TW_STOP_TRAIL), TW_E_TEXT, "at most 64");
    tw_event note = event_note("fine");
    note.corr = "";
    day_refuses(&day, note, TW_E_TEXT, "corr");
}
END_TEST

START_TEST(a_quantity_of_0_or_less_is_refused) {
    day_refuses(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "0", "1", "0"), TW_E_RANGE, "qty");
    day_refuses(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "-1", "1", "0"), TW_E_RANGE, "qty");
    day_refuses(&day, event_partial("e1", "TSLA", "0", "1"), TW_E_RANGE, "qty");
    day_refuses(&day, event_opening("TSLA", TW_SIDE_LONG, "0", "1"), TW_E_RANGE, "qty");
    day_refuses(&day, event_adjusted("TSLA", TW_SIDE_LONG, "-1", "1"), TW_E_RANGE, "qty");
    day_refuses(&day, event_instrument("ES", "FUT", "USD", "0"), TW_E_RANGE, "multiplier");
}
END_TEST

START_TEST(an_unknown_value_of_an_enumeration_is_refused) {
    day_refuses(&day, event_fill("e1", "TSLA", 3, "1", "1", "0"), TW_E_UNKNOWN_NAME, "action");
    day_refuses(&day, event_fill("e1", "TSLA", 0, "1", "1", "0"), TW_E_REFUSED, "missing");
    day_refuses(&day, event_status("o1", 12), TW_E_UNKNOWN_NAME, "status");
    tw_event note = event_note("fine");
    note.source = 7;
    day_refuses(&day, note, TW_E_UNKNOWN_NAME, "source");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_notes");
    TCase *tests = tcase_create("notes");
    tcase_add_checked_fixture(tests, open_average, close_day);
    tcase_add_test(tests, a_day_begins_with_a_session);
    tcase_add_test(tests, a_closed_session_takes_nothing_until_the_next_one_opens);
    tcase_add_test(tests, a_session_after_a_crash_goes_on_with_everything);
    tcase_add_test(tests, a_session_of_another_account_or_environment_is_refused);
    tcase_add_test(tests, a_session_cannot_change_what_the_day_is_counted_in);
    tcase_add_test(tests, an_event_of_another_date_is_refused);
    tcase_add_test(tests, a_gap_in_the_seqs_is_refused);
    tcase_add_test(tests, a_clock_that_goes_backwards_does_not_stop_the_day);
    tcase_add_test(tests, a_record_of_a_later_versions_type_is_counted_and_changes_nothing_else);
    tcase_add_test(tests, a_break_even_stop_is_kept_through_a_partial);
    tcase_add_test(tests, a_plan_goes_when_its_position_closes);
    tcase_add_test(tests, a_plan_names_the_path_of_the_trade_it_was_made_for);
    tcase_add_test(tests, a_plan_for_the_other_side_is_not_that_of_the_position);
    tcase_add_test(tests, a_price_below_0_is_for_instruments_that_can_have_one);
    tcase_add_test(tests, the_newest_120_bars_of_a_symbol_are_kept);
    tcase_add_test(tests, a_bar_is_in_itself_consistent);
    tcase_add_test(tests, counters_add_up_by_group_and_name);
    tcase_add_test(tests, a_finding_stays_open_until_it_is_settled);
    tcase_add_test(tests, the_last_answer_and_the_last_word_of_the_clock_are_kept);
    tcase_add_test(tests, text_that_is_not_clean_is_refused);
    tcase_add_test(tests, a_quantity_of_0_or_less_is_refused);
    tcase_add_test(tests, an_unknown_value_of_an_enumeration_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
