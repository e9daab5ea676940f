/* What executions do: quantity, cost, realized P&L, identity. */
#include "fold_kit.h"

static int64_t realized(const char *exec_id) {
    return day_execution(&day, exec_id)->realized_e8;
}

static int64_t average_cost(const char *symbol) {
    int64_t cost = 0;
    ck_assert_int_eq(tw_state_average_cost(day_position(&day, symbol), &cost), 0);
    return cost;
}

/* ---- quantity and cost --------------------------------------------------------------------- */

START_TEST(a_buy_opens_a_long_position_at_its_price) {
    buy("e1", "100", "445.25");
    const struct position *position = day_position(&day, "TSLA");
    ck_assert_int_eq(position->side, TW_SIDE_LONG);
    ck_assert_int_eq(position->qty_e8, e8("100"));
    ck_assert_int_eq(position->shares_e8, e8("100"));
    ck_assert_int_eq(average_cost("TSLA"), e8("445.25"));
    ck_assert_int_eq(position->estimated, 0);
}
END_TEST

START_TEST(a_sell_from_flat_opens_a_short_position) {
    sell("e1", "100", "445.25");
    ck_assert_int_eq(day_position(&day, "TSLA")->side, TW_SIDE_SHORT);
    day_add(&day, event_fill("e2", "TSLA", TW_ACTION_BUY, "40", "440", NULL));
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("60"));
    ck_assert_int_eq(realized("e2"), e8("210"));
}
END_TEST

START_TEST(average_cost_takes_off_a_share_of_all_that_is_open) {
    buy("e1", "100", "10");
    buy("e2", "100", "20");
    sell("e3", "100", "30");
    ck_assert_int_eq(realized("e3"), e8("1500"));
    ck_assert_int_eq(average_cost("TSLA"), e8("15"));
}
END_TEST

START_TEST(fifo_takes_off_the_oldest_lot_first) {
    day_close(&day);
    day_open(&day, TW_COST_METHOD_FIFO);
    buy("e1", "100", "10");
    buy("e2", "100", "20");
    sell("e3", "150", "30");
    ck_assert_int_eq(realized("e3"), e8("2500"));
    ck_assert_int_eq(average_cost("TSLA"), e8("20"));
    ck_assert_uint_eq(day_position(&day, "TSLA")->lot_count, 1);
}
END_TEST

START_TEST(through_zero_closes_then_opens) {
    buy("e1", "100", "10");
    sell("e2", "150", "12");
    const struct position *position = day_position(&day, "TSLA");
    ck_assert_int_eq(position->side, TW_SIDE_SHORT);
    ck_assert_int_eq(position->qty_e8, e8("50"));
    ck_assert_int_eq(position->shares_e8, e8("50"));
    ck_assert_int_eq(average_cost("TSLA"), e8("12"));
    ck_assert_int_eq(realized("e2"), e8("200"));
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day.state->winners, 1);
    buy("e3", "50", "13");
    ck_assert_int_eq(realized("e3"), e8("-50"));
    ck_assert_int_eq(day.state->total_trades, 2);
    ck_assert_int_eq(day.state->losers, 1);
}
END_TEST

START_TEST(the_multiplier_of_an_instrument_counts_in_its_result) {
    day_add(&day, event_instrument("ESZ5", "FUT", "USD", "50"));
    day_add(&day, event_fill("e1", "ESZ5", TW_ACTION_BUY, "2", "6000.25", "0"));
    day_add(&day, event_fill("e2", "ESZ5", TW_ACTION_SELL, "2", "6001.50", "0"));
    ck_assert_int_eq(realized("e2"), e8("125"));
}
END_TEST

START_TEST(what_is_left_and_what_was_taken_off_add_up_to_the_last_digit) {
    buy("e1", "3", "0.33333333");
    sell("e2", "1", "1");
    sell("e3", "1", "1");
    sell("e4", "1", "1");
    ck_assert_int_eq(realized("e2") + realized("e3") + realized("e4"), e8("2.00000001"));
}
END_TEST

/* Half of 1.00000001 x 1e-8 is a little more than half a unit of money: one unit. Rounded to 1e-16
 * on the way it is a tie, and then nothing. */
START_TEST(the_share_of_a_cost_is_rounded_once) {
    buy("e1", "0.00000001", "0.00000001");
    buy("e2", "0.00000001", "1");
    sell("e3", "0.00000001", "1");
    ck_assert_int_eq(realized("e3"), 0);
}
END_TEST

START_TEST(a_position_of_unknown_cost_has_no_realized_result) {
    day_add(&day, event_opening("TSLA", TW_SIDE_LONG, "100", NULL));
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_SELL, "100", "450", "1"));
    ck_assert_int_eq(realized("e1"), TW_UNKNOWN);
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 1);
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), e8("-1"));
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day.state->winners + day.state->losers, 0);
}
END_TEST

/* ---- identity ------------------------------------------------------------------------------ */

START_TEST(the_same_exec_id_counts_once) {
    buy("e1", "100", "445.25");
    tw_event again = event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "0");
    day_refuses(&day, again, TW_E_DUPLICATE, "in the log as seq 2");
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("100"));
}
END_TEST

START_TEST(the_same_exec_id_with_other_numbers_is_no_correction) {
    buy("e1", "100", "445.25");
    tw_event other = event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.26", "0");
    day_refuses(&day, other, TW_E_DUPLICATE, "append fill_corrected");
}
END_TEST

START_TEST(a_later_revision_is_not_booked_beside_the_earlier_one) {
    buy("0000e0d5.68e3c1a2.01.01", "100", "445.25");
    tw_event next =
        event_fill("0000e0d5.68e3c1a2.01.02", "TSLA", TW_ACTION_BUY, "100", "445.3", "0");
    day_refuses(&day, next, TW_E_REFUSED, "another revision");
}
END_TEST

START_TEST(a_late_first_revision_is_not_booked_beside_the_third) {
    buy("0000e0d5.68e3c1a2.01.03", "100", "445.25");
    tw_event first =
        event_fill("0000e0d5.68e3c1a2.01.01", "TSLA", TW_ACTION_BUY, "100", "445.3", "0");
    day_refuses(&day, first, TW_E_REFUSED, "another revision");
}
END_TEST

START_TEST(other_parts_of_one_execution_are_executions_of_their_own) {
    buy("0000e0d5.68e3c1a2.01.01", "100", "445.25");
    buy("0000e0d5.68e3c1a2.02.01", "100", "445.25");
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("200"));
}
END_TEST

START_TEST(ids_that_only_look_like_revisions_are_ids) {
    buy("2025.10.06.01", "100", "445.25");
    buy("2025.10.06.02", "100", "445.25");
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("200"));
}
END_TEST

START_TEST(a_busted_execution_may_come_back_under_a_later_revision) {
    buy("0000e0d5.68e3c1a2.01.01", "100", "445.25");
    day_add(&day, event_busted("0000e0d5.68e3c1a2.01.02", "0000e0d5.68e3c1a2.01.01"));
    buy("0000e0d5.68e3c1a2.01.03", "90", "445.25");
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("90"));
}
END_TEST

/* ---- partials ------------------------------------------------------------------------------ */

START_TEST(a_partial_of_a_new_execution_counts_as_its_fill) {
    buy("e1", "100", "445.25");
    day_add(&day, event_partial("e2", "TSLA", "50", "450.10"));
    const struct position *position = day_position(&day, "TSLA");
    ck_assert_int_eq(position->qty_e8, e8("50"));
    ck_assert_int_eq(position->shares_e8, e8("100"));
    ck_assert_uint_eq(position->partial_count, 1);
    ck_assert_int_eq(position->partials[0].qty_e8, e8("50"));
    ck_assert_int_eq(position->partials[0].price_e8, e8("450.10"));
    ck_assert_str_eq(tw_state_text(day.state, position->partials[0].reason), "target1");
    ck_assert_str_eq(tw_state_text(day.state, position->partials[0].exec_id), "e2");
    ck_assert_int_eq(realized("e2"), e8("242.5"));
}
END_TEST

START_TEST(a_partial_of_a_booked_execution_only_annotates) {
    buy("e1", "100", "445.25");
    sell("e2", "50", "450.10");
    day_add(&day, event_partial("e2", "TSLA", "50", "450.10"));
    const struct position *position = day_position(&day, "TSLA");
    ck_assert_int_eq(position->qty_e8, e8("50"));
    ck_assert_uint_eq(position->partial_count, 1);
    ck_assert_int_eq(position->trade.partials, 1);
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), e8("242.5"));
}
END_TEST

START_TEST(a_fill_of_what_a_partial_booked_is_a_duplicate) {
    buy("e1", "100", "445.25");
    day_add(&day, event_partial("e2", "TSLA", "50", "450.10"));
    tw_event fill = event_fill("e2", "TSLA", TW_ACTION_SELL, "50", "450.10", "1");
    day_refuses(&day, fill, TW_E_DUPLICATE, NULL);
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("50"));
}
END_TEST

START_TEST(a_short_position_takes_its_partials_by_buying) {
    sell("e1", "100", "445.25");
    day_add(&day, event_partial("e2", "TSLA", "50", "440.25"));
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("50"));
    ck_assert_int_eq(day_position(&day, "TSLA")->side, TW_SIDE_SHORT);
    ck_assert_int_eq(realized("e2"), e8("250"));
}
END_TEST

START_TEST(a_partial_beyond_what_is_open_is_refused) {
    day_refuses(&day, event_partial("e0", "TSLA", "1", "450"), TW_E_REFUSED, "flat");
    buy("e1", "100", "445.25");
    day_refuses(&day, event_partial("e2", "TSLA", "100.00000001", "450"), TW_E_REFUSED, "LONG 100");
    sell("e3", "40", "450");
    day_refuses(&day, event_partial("e3", "TSLA", "41", "450"), TW_E_REFUSED, "took off 40");
    day_refuses(&day, event_partial("e1", "TSLA", "1", "445.25"), TW_E_REFUSED, "took off 0");
    day_add(&day, event_partial("e4", "TSLA", "60", "450"));
    ck_assert_int_eq(day_position(&day, "TSLA")->side, 0);
}
END_TEST

START_TEST(a_partial_is_marked_once_and_in_its_own_symbol) {
    buy("e1", "100", "445.25");
    sell("e2", "50", "450");
    day_refuses(&day, event_partial("e2", "AMD", "50", "450"), TW_E_REFUSED, "is of TSLA");
    day_add(&day, event_partial("e2", "TSLA", "50", "450"));
    day_refuses(&day, event_partial("e2", "TSLA", "50", "450"), TW_E_DUPLICATE, "marked");
    day_add(&day, event_busted("e2", "e2"));
    sell("e3", "50", "450");
    day_add(&day, event_busted("e3", "e3"));
    day_refuses(&day, event_partial("e3", "TSLA", "50", "450"), TW_E_REFUSED, "voided");
}
END_TEST

START_TEST(partials_stand_in_order_of_their_executions_also_when_marked_late) {
    buy("e1", "100", "445.25");
    sell("e2", "20", "450");
    day_add(&day, event_partial("e3", "TSLA", "30", "451"));
    day_add(&day, event_partial("e2", "TSLA", "20", "450"));
    const struct position *position = day_position(&day, "TSLA");
    ck_assert_uint_eq(position->partial_count, 2);
    ck_assert_int_eq(position->partials[0].qty_e8, e8("20"));
    ck_assert_int_eq(position->partials[1].qty_e8, e8("30"));
}
END_TEST

/* ---- inferred fills ------------------------------------------------------------------------ */

static tw_event told_at(tw_event fill, int64_t broker_time_ns) {
    fill.as.fill.broker_time_ns = tw_known(broker_time_ns);
    return fill;
}

START_TEST(an_inferred_fill_changes_the_quantity_at_no_known_price) {
    buy("e1", "100", "445.25");
    day_add(&day, event_inferred("inferred-1", "TSLA", TW_ACTION_SELL, "40"));
    const struct position *position = day_position(&day, "TSLA");
    ck_assert_int_eq(position->qty_e8, e8("60"));
    ck_assert_int_eq(realized("inferred-1"), TW_UNKNOWN);
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 1);
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), 0);
    day_add(&day, event_inferred("inferred-2", "TSLA", TW_ACTION_BUY, "40"));
    ck_assert_int_eq(position->external_e8, e8("40"));
    ck_assert_int_eq(tw_state_average_cost(position, &(int64_t){0}), TW_E_NOT_FOUND);
}
END_TEST

START_TEST(a_fill_that_an_inferred_one_may_stand_for_is_not_booked_beside_it) {
    buy("e1", "100", "445.25");
    day_add(&day, event_inferred("inferred-1", "TSLA", TW_ACTION_SELL, "40"));
    tw_event real = event_fill("e2", "TSLA", TW_ACTION_SELL, "40", "446", "1");
    day_refuses(&day, told_at(real, TEST_TIME_NS), TW_E_REFUSED, "inferred-1");
    tw_event later = event_fill("e3", "TSLA", TW_ACTION_SELL, "40", "446", "1");
    day_add(&day, told_at(later, day.time_ns));
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("20"));
}
END_TEST

START_TEST(a_superseded_inference_makes_room_for_the_real_fill) {
    buy("e1", "100", "445.25");
    day_add(&day, event_inferred("inferred-1", "TSLA", TW_ACTION_SELL, "40"));
    day_add(&day, event_superseded("inferred-1", "e2"));
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("100"));
    tw_event real = event_fill("e2", "TSLA", TW_ACTION_SELL, "40", "446.25", "1");
    day_add(&day, told_at(real, TEST_TIME_NS));
    ck_assert_int_eq(day_position(&day, "TSLA")->qty_e8, e8("60"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), e8("39"));
    ck_assert_int_eq(day_money(&day, "USD")->unknown, 0);
}
END_TEST

START_TEST(only_an_inferred_fill_can_be_superseded_and_only_once) {
    buy("e1", "100", "445.25");
    day_refuses(&day, event_superseded("e1", "e2"), TW_E_REFUSED, "real one");
    day_add(&day, event_inferred("inferred-1", "TSLA", TW_ACTION_SELL, "40"));
    day_add(&day, event_superseded("inferred-1", "e2"));
    day_refuses(&day, event_superseded("inferred-1", "e2"), TW_E_REFUSED, "voided");
    day_refuses(&day, event_superseded("unheard", "e2"), TW_E_REFUSED, "in the log");
}
END_TEST

START_TEST(a_corrected_inference_is_still_one_that_can_be_superseded) {
    buy("e1", "100", "445.25");
    day_add(&day, event_inferred("inferred-1", "TSLA", TW_ACTION_SELL, "40"));
    day_add(&day, event_corrected("inferred-1b", "inferred-1", "30", "446"));
    const struct inferred *stand_in = day_symbol(&day, "TSLA")->inferred;
    ck_assert_str_eq(tw_state_text(day.state, stand_in->exec_id), "inferred-1b");
    ck_assert_int_eq(stand_in->qty_e8, e8("30"));
    day_add(&day, event_superseded("inferred-1b", "e2"));
    ck_assert_uint_eq(day_symbol(&day, "TSLA")->inferred_count, 0);
    tw_event real = event_fill("e2", "TSLA", TW_ACTION_SELL, "40", "446.25", "1");
    day_add(&day, told_at(real, TEST_TIME_NS));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_fill");
    TCase *tests = tcase_create("fill");
    tcase_add_checked_fixture(tests, open_average, close_day);
    tcase_add_test(tests, a_buy_opens_a_long_position_at_its_price);
    tcase_add_test(tests, a_sell_from_flat_opens_a_short_position);
    tcase_add_test(tests, average_cost_takes_off_a_share_of_all_that_is_open);
    tcase_add_test(tests, fifo_takes_off_the_oldest_lot_first);
    tcase_add_test(tests, through_zero_closes_then_opens);
    tcase_add_test(tests, the_multiplier_of_an_instrument_counts_in_its_result);
    tcase_add_test(tests, what_is_left_and_what_was_taken_off_add_up_to_the_last_digit);
    tcase_add_test(tests, the_share_of_a_cost_is_rounded_once);
    tcase_add_test(tests, a_position_of_unknown_cost_has_no_realized_result);
    tcase_add_test(tests, the_same_exec_id_counts_once);
    tcase_add_test(tests, the_same_exec_id_with_other_numbers_is_no_correction);
    tcase_add_test(tests, a_later_revision_is_not_booked_beside_the_earlier_one);
    tcase_add_test(tests, a_late_first_revision_is_not_booked_beside_the_third);
    tcase_add_test(tests, other_parts_of_one_execution_are_executions_of_their_own);
    tcase_add_test(tests, ids_that_only_look_like_revisions_are_ids);
    tcase_add_test(tests, a_busted_execution_may_come_back_under_a_later_revision);
    tcase_add_test(tests, a_partial_of_a_new_execution_counts_as_its_fill);
    tcase_add_test(tests, a_partial_of_a_booked_execution_only_annotates);
    tcase_add_test(tests, a_fill_of_what_a_partial_booked_is_a_duplicate);
    tcase_add_test(tests, a_short_position_takes_its_partials_by_buying);
    tcase_add_test(tests, a_partial_beyond_what_is_open_is_refused);
    tcase_add_test(tests, a_partial_is_marked_once_and_in_its_own_symbol);
    tcase_add_test(tests, partials_stand_in_order_of_their_executions_also_when_marked_late);
    tcase_add_test(tests, an_inferred_fill_changes_the_quantity_at_no_known_price);
    tcase_add_test(tests, a_fill_that_an_inferred_one_may_stand_for_is_not_booked_beside_it);
    tcase_add_test(tests, a_superseded_inference_makes_room_for_the_real_fill);
    tcase_add_test(tests, only_an_inferred_fill_can_be_superseded_and_only_once);
    tcase_add_test(tests, a_corrected_inference_is_still_one_that_can_be_superseded);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
