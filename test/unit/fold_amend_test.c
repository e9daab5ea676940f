/* What changes executions and positions afterwards: corrections, busts, late openings, adjustments.
 */
#include <stdio.h>

#include "fold_kit.h"

static int64_t usd(void) {
    return narrow(day_money(&day, "USD")->result_e8);
}

static const struct position *tsla(void) {
    return day_position(&day, "TSLA");
}

/* ---- corrections --------------------------------------------------------------------------- */

START_TEST(a_correction_folds_the_position_again_from_its_fills) {
    buy("e1", "100", "10");
    sell("e2", "100", "11");
    buy("e3", "100", "12");
    sell("e4", "50", "13");
    day_add(&day, event_corrected("e1b", "e1", "100", "10.50"));
    ck_assert_int_eq(day_execution(&day, "e2")->realized_e8, e8("50"));
    ck_assert_int_eq(usd(), e8("100"));
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(tsla()->qty_e8, e8("50"));
    day_add(&day, event_corrected("e1c", "e1b", "150", "10.50"));
    ck_assert_int_eq(tsla()->qty_e8, e8("100"));
    ck_assert_int_eq(day.state->total_trades, 0);
    ck_assert_int_eq(tsla()->trade.executions, 4);
}
END_TEST

START_TEST(a_correction_under_the_same_id_keeps_what_it_does_not_say) {
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "10", "1"));
    day_add(&day, event_corrected("e1", "e1", "90", "10"));
    ck_assert_int_eq(day_execution(&day, "e1")->fee_e8, e8("1"));
    ck_assert_int_eq(tsla()->qty_e8, e8("90"));
    tw_event again = event_corrected("e1", "e1", "80", "10");
    again.as.fill_corrected.fee_e8 = maybe_e8("2");
    day_add(&day, again);
    ck_assert_int_eq(usd(), e8("-2"));
}
END_TEST

START_TEST(a_replaced_execution_cannot_be_amended_again) {
    buy("e1", "100", "10");
    day_add(&day, event_corrected("e2", "e1", "90", "10"));
    day_refuses(&day, event_corrected("e3", "e1", "80", "10"), TW_E_REFUSED, "replaced by e2");
    day_refuses(&day, event_busted("e1", "e1"), TW_E_REFUSED, "replaced by e2");
    day_refuses(&day, event_corrected("e2", "e1", "80", "10"), TW_E_DUPLICATE, "e2");
    day_refuses(&day, event_corrected("e3", "e0", "80", "10"), TW_E_REFUSED, "no execution e0");
}
END_TEST

START_TEST(a_corrected_quantity_reaches_the_order) {
    day_add(&day, event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    tw_event fill = event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "10", "0");
    fill.as.fill.order_ref = "o1";
    day_add(&day, fill);
    ck_assert_int_eq(day_order(&day, "o1")->status, TW_ORDER_FILLED);
    day_add(&day, event_corrected("e2", "e1", "60", "10"));
    ck_assert_int_eq(day_order(&day, "o1")->filled_e8, e8("60"));
    ck_assert_int_eq(day_order(&day, "o1")->status, TW_ORDER_ACKNOWLEDGED);
    day_add(&day, event_busted("e3", "e2"));
    ck_assert_int_eq(day_order(&day, "o1")->filled_e8, 0);
}
END_TEST

START_TEST(a_plan_for_the_next_entry_survives_a_correction_of_the_last_trade) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "9"));
    buy("e1", "100", "10");
    sell("e2", "100", "11");
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.side, 0);
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "pullback", "10"));
    day_add(&day, event_corrected("e3", "e2", "100", "11.05"));
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.side, TW_SIDE_LONG);
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.stop_e8, e8("10"));
}
END_TEST

START_TEST(a_plan_goes_with_the_position_that_a_bust_takes_away) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "9"));
    buy("e1", "100", "10");
    day_add(&day, event_busted("e1", "e1"));
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.side, 0);
}
END_TEST

START_TEST(the_plan_of_an_open_position_survives_a_correction) {
    buy("e0", "10", "9");
    sell("e1", "10", "9");
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", "9"));
    buy("e2", "100", "10");
    day_add(&day, event_stop("TSLA", "10", TW_STOP_BREAKEVEN));
    day_add(&day, event_corrected("e3", "e0", "10", "8.5"));
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.stop_e8, e8("10"));
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.stop_reason, TW_STOP_BREAKEVEN);
    ck_assert_str_eq(tw_state_text(day.state, tsla()->trade.entry_path), "breakout");
}
END_TEST

/* More of them than a single event has room reserved for. */
START_TEST(exits_become_partials_when_a_late_opening_shows_more_was_held) {
    enum { EXITS = 60 };
    char entry[8], exit[8];
    for (int i = 0; i < EXITS; i++) {
        snprintf(entry, sizeof entry, "b%d", i);
        snprintf(exit, sizeof exit, "p%d", i);
        buy(entry, "10", "10");
        sell(exit, "10", "11");
        day_add(&day, event_partial(exit, "TSLA", "10", "11"));
    }
    ck_assert_int_eq(day.state->total_trades, EXITS);
    day_add(&day, event_opening("TSLA", TW_SIDE_LONG, "100", "10"));
    ck_assert_int_eq(day.state->total_trades, 0);
    ck_assert_uint_eq(tsla()->partial_count, EXITS);
    for (int i = 0; i < EXITS; i++) {
        snprintf(exit, sizeof exit, "p%d", i);
        ck_assert_str_eq(tw_state_text(day.state, tsla()->partials[i].exec_id), exit);
    }
}
END_TEST

/* ---- busts --------------------------------------------------------------------------------- */

START_TEST(a_bust_voids_an_execution_and_deletes_nothing) {
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "10", "1"));
    sell("e2", "50", "11");
    day_add(&day, event_busted("b1", "e2"));
    ck_assert_int_eq(tsla()->qty_e8, e8("100"));
    ck_assert_int_eq(usd(), e8("-1"));
    ck_assert(day_execution(&day, "e2")->flags & EXECUTION_VOID);
    ck_assert_int_eq(day_execution(&day, "e2")->qty_e8, e8("50"));
    day_refuses(&day, event_busted("b1", "e1"), TW_E_DUPLICATE, "b1");
    day_refuses(&day, event_busted("b2", "e2"), TW_E_REFUSED, "voided before");
    tw_event again = event_fill("e2", "TSLA", TW_ACTION_SELL, "50", "11", "0");
    day_refuses(&day, again, TW_E_DUPLICATE, NULL);
}
END_TEST

START_TEST(a_busted_entry_turns_its_exit_into_a_short_entry) {
    buy("e1", "100", "10");
    sell("e2", "100", "11");
    day_add(&day, event_busted("e1", "e1"));
    ck_assert_int_eq(tsla()->side, TW_SIDE_SHORT);
    ck_assert_int_eq(tsla()->qty_e8, e8("100"));
    ck_assert_int_eq(day.state->total_trades, 0);
    ck_assert_int_eq(day.state->winners, 0);
}
END_TEST

/* ---- opening positions --------------------------------------------------------------------- */

START_TEST(an_opening_position_was_there_before_the_days_first_fill) {
    sell("e1", "100", "12");
    ck_assert_int_eq(tsla()->side, TW_SIDE_SHORT);
    tw_event opening = event_opening("TSLA", TW_SIDE_LONG, "150", "10");
    opening.as.position_opening.from_date = tw_known(20251003);
    day_add(&day, opening);
    ck_assert_int_eq(tsla()->side, TW_SIDE_LONG);
    ck_assert_int_eq(tsla()->qty_e8, e8("50"));
    ck_assert_int_eq(tsla()->carried_from, 20251003);
    ck_assert_int_eq(usd(), e8("200"));
}
END_TEST

START_TEST(an_opening_position_is_of_the_path_that_its_plan_says) {
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", NULL));
    day_add(&day, event_plan("AMD", TW_SIDE_LONG, "breakout", NULL));
    day_add(&day, event_opening("TSLA", TW_SIDE_LONG, "100", "10"));
    day_add(&day, event_opening("AMD", TW_SIDE_SHORT, "100", "10"));
    ck_assert_str_eq(tw_state_text(day.state, tsla()->trade.entry_path), "breakout");
    ck_assert_uint_eq(day_position(&day, "AMD")->trade.entry_path, TW_NONE);
}
END_TEST

START_TEST(a_path_that_was_told_after_the_entry_survives_a_correction) {
    buy("e1", "100", "10");
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, "breakout", NULL));
    day_add(&day, event_corrected("e2", "e1", "90", "10"));
    ck_assert_str_eq(tw_state_text(day.state, tsla()->trade.entry_path), "breakout");
}
END_TEST

START_TEST(a_symbol_has_one_opening_position_from_an_earlier_date) {
    tw_event opening = event_opening("TSLA", TW_SIDE_LONG, "150", "10");
    opening.as.position_opening.from_date = tw_known(TEST_DATE);
    day_refuses(&day, opening, TW_E_REFUSED, "before the session");
    day_add(&day, event_opening("TSLA", TW_SIDE_LONG, "150", "10"));
    day_refuses(&day, event_opening("TSLA", TW_SIDE_LONG, "150", "10"), TW_E_REFUSED, "already");
}
END_TEST

START_TEST(a_carried_position_stays_carried_when_it_is_adjusted) {
    tw_event opening = event_opening("TSLA", TW_SIDE_LONG, "150", "10");
    opening.as.position_opening.from_date = tw_known(20251003);
    day_add(&day, opening);
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "200", "11"));
    ck_assert_int_eq(tsla()->carried_from, 20251003);
    day_add(&day, event_adjusted("TSLA", TW_SIDE_SHORT, "200", "11"));
    ck_assert_int_eq(tsla()->carried_from, 0);
}
END_TEST

/* ---- adjustments --------------------------------------------------------------------------- */

START_TEST(an_adjustment_upwards_adds_at_the_cost_it_says) {
    buy("e1", "100", "10");
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "150", "13"));
    ck_assert_int_eq(tsla()->qty_e8, e8("150"));
    ck_assert_int_eq(tsla()->estimated, 1);
    int64_t cost;
    ck_assert_int_eq(tw_state_average_cost(tsla(), &cost), 0);
    ck_assert_int_eq(cost, e8("11"));
}
END_TEST

START_TEST(an_adjustment_that_is_sure_leaves_nothing_estimated) {
    tw_event sure = event_adjusted("TSLA", TW_SIDE_LONG, "100", "10");
    sure.as.position_adjusted.estimated = 0;
    day_add(&day, sure);
    ck_assert_int_eq(tsla()->estimated, 0);
    ck_assert_int_eq(tsla()->trade.estimated, 0);
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "110", "10"));
    sure.as.position_adjusted.qty_e8 = e8("120");
    day_add(&day, sure);
    ck_assert_int_eq(tsla()->estimated, 0);
    ck_assert_int_eq(tsla()->trade.estimated, 1);
}
END_TEST

START_TEST(what_an_adjustment_closes_has_no_known_result) {
    buy("e1", "100", "10");
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "40", NULL));
    ck_assert_int_eq(tsla()->qty_e8, e8("40"));
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 1);
    sell("e2", "40", "12");
    ck_assert_int_eq(usd(), e8("80"));
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day.state->winners + day.state->losers, 0);
}
END_TEST

START_TEST(an_adjustment_to_0_is_flat_whatever_side_it_says) {
    buy("e1", "100", "10");
    day_add(&day, event_plan("TSLA", TW_SIDE_LONG, NULL, "9"));
    day_add(&day, event_adjusted("TSLA", TW_SIDE_SHORT, "0", NULL));
    ck_assert_int_eq(tsla()->side, 0);
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day_symbol(&day, "TSLA")->plan.side, 0);
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "0", NULL));
    ck_assert_int_eq(day.state->total_trades, 1);
}
END_TEST

START_TEST(an_adjustment_to_the_other_side_closes_then_opens) {
    buy("e1", "100", "10");
    day_add(&day, event_adjusted("TSLA", TW_SIDE_SHORT, "30", "12"));
    ck_assert_int_eq(tsla()->side, TW_SIDE_SHORT);
    ck_assert_int_eq(tsla()->shares_e8, e8("30"));
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 1);
}
END_TEST

START_TEST(an_adjustment_of_the_cost_alone_is_no_trade) {
    buy("e1", "100", "10");
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "100", "9"));
    sell("e2", "100", "10");
    ck_assert_int_eq(usd(), e8("100"));
    ck_assert_int_eq(day.state->winners, 1);
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 0);
}
END_TEST

START_TEST(an_adjusted_cost_counts_also_when_folded_again) {
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "1000", "10", "0"));
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "1000", "9"));
    sell("e2", "1000", "10");
    day_add(&day, event_corrected("e3", "e2", "1000", "11"));
    ck_assert_int_eq(usd(), e8("2000"));
}
END_TEST

START_TEST(an_opening_position_before_an_adjustment_makes_it_close_a_part) {
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "40", "10"));
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 0);
    day_add(&day, event_opening("TSLA", TW_SIDE_LONG, "100", "10"));
    ck_assert_int_eq(tsla()->qty_e8, e8("40"));
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_amend");
    TCase *tests = tcase_create("amend");
    tcase_add_checked_fixture(tests, open_average, close_day);
    tcase_add_test(tests, a_correction_folds_the_position_again_from_its_fills);
    tcase_add_test(tests, a_correction_under_the_same_id_keeps_what_it_does_not_say);
    tcase_add_test(tests, a_replaced_execution_cannot_be_amended_again);
    tcase_add_test(tests, a_corrected_quantity_reaches_the_order);
    tcase_add_test(tests, a_plan_for_the_next_entry_survives_a_correction_of_the_last_trade);
    tcase_add_test(tests, a_plan_goes_with_the_position_that_a_bust_takes_away);
    tcase_add_test(tests, the_plan_of_an_open_position_survives_a_correction);
    tcase_add_test(tests, exits_become_partials_when_a_late_opening_shows_more_was_held);
    tcase_add_test(tests, a_bust_voids_an_execution_and_deletes_nothing);
    tcase_add_test(tests, a_busted_entry_turns_its_exit_into_a_short_entry);
    tcase_add_test(tests, an_opening_position_was_there_before_the_days_first_fill);
    tcase_add_test(tests, an_opening_position_is_of_the_path_that_its_plan_says);
    tcase_add_test(tests, a_path_that_was_told_after_the_entry_survives_a_correction);
    tcase_add_test(tests, a_symbol_has_one_opening_position_from_an_earlier_date);
    tcase_add_test(tests, a_carried_position_stays_carried_when_it_is_adjusted);
    tcase_add_test(tests, an_adjustment_upwards_adds_at_the_cost_it_says);
    tcase_add_test(tests, an_adjustment_that_is_sure_leaves_nothing_estimated);
    tcase_add_test(tests, what_an_adjustment_closes_has_no_known_result);
    tcase_add_test(tests, an_adjustment_to_0_is_flat_whatever_side_it_says);
    tcase_add_test(tests, an_adjustment_to_the_other_side_closes_then_opens);
    tcase_add_test(tests, an_adjustment_of_the_cost_alone_is_no_trade);
    tcase_add_test(tests, an_adjusted_cost_counts_also_when_folded_again);
    tcase_add_test(tests, an_opening_position_before_an_adjustment_makes_it_close_a_part);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
