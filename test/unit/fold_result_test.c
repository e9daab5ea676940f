/* What a day comes to: fees, booked results, drift, trades, winners and losers, currencies. */
#include "events.h"
#include "harness.h"

static struct day day;

static void open_average(void) {
    day_open(&day, TW_COST_METHOD_AVERAGE);
}

static void close_day(void) {
    day_close(&day);
}

static void fill(const char *exec_id, int64_t action, const char *qty, const char *price,
                 const char *fee) {
    day_add(&day, event_fill(exec_id, "TSLA", action, qty, price, fee));
}

static int64_t usd(void) {
    return narrow(day_money(&day, "USD")->result_e8);
}

static int64_t unknown(void) {
    return day_money(&day, "USD")->unknown;
}

/* ---- fees ---------------------------------------------------------------------------------- */

START_TEST(a_fee_is_taken_off_when_it_is_paid) {
    fill("e1", TW_ACTION_BUY, "100", "445.25", "1.00");
    ck_assert_int_eq(usd(), e8("-1"));
    fill("e2", TW_ACTION_SELL, "50", "450.10", "0.50");
    ck_assert_int_eq(usd(), e8("241"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->fees_e8), e8("1.5"));
    ck_assert_int_eq(narrow(day_position(&day, "TSLA")->trade.result_e8), e8("241"));
}
END_TEST

START_TEST(an_unknown_fee_is_not_a_fee_of_0) {
    fill("e1", TW_ACTION_BUY, "100", "445.25", NULL);
    ck_assert_int_eq(unknown(), 1);
    ck_assert_int_eq(day_position(&day, "TSLA")->trade.unknown, 1);
    day_add(&day, event_commission("e1", "0"));
    ck_assert_int_eq(unknown(), 0);
    ck_assert_int_eq(day_position(&day, "TSLA")->trade.unknown, 0);
    ck_assert_int_eq(usd(), 0);
}
END_TEST

START_TEST(a_commission_completes_its_fill) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    fill("e2", TW_ACTION_SELL, "100", "11", NULL);
    tw_event commission = event_commission("e2", "1.25");
    commission.as.commission.realized_e8 = maybe_e8("98.75");
    day_add(&day, commission);
    ck_assert_int_eq(usd(), e8("98.75"));
    ck_assert_int_eq(day_execution(&day, "e2")->broker_realized_e8, e8("98.75"));
    ck_assert_int_eq(unknown(), 0);
}
END_TEST

START_TEST(a_later_commission_replaces_the_earlier_one) {
    fill("e1", TW_ACTION_BUY, "100", "10", "5");
    day_add(&day, event_commission("e1", "3"));
    day_add(&day, event_commission("e1", "-0.25"));
    ck_assert_int_eq(usd(), e8("0.25"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->fees_e8), e8("-0.25"));
}
END_TEST

START_TEST(a_late_fee_can_turn_a_winner_into_a_loser_and_back) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    fill("e2", TW_ACTION_SELL, "100", "10.01", NULL);
    ck_assert_int_eq(day.state->winners, 1);
    day_add(&day, event_commission("e2", "2"));
    ck_assert_int_eq(day.state->winners, 0);
    ck_assert_int_eq(day.state->losers, 1);
    day_add(&day, event_commission("e2", "1"));
    ck_assert_int_eq(day.state->losers, 0);
    ck_assert_int_eq(day.state->winners, 0);
    day_add(&day, event_commission("e1", "-0.01"));
    ck_assert_int_eq(day.state->winners, 1);
    ck_assert_int_eq(day.state->total_trades, 1);
}
END_TEST

START_TEST(a_commission_of_an_unknown_execution_is_refused) {
    day_refuses(&day, event_commission("e1", "1"), TW_E_REFUSED, "append the fill first");
}
END_TEST

START_TEST(a_commission_of_a_busted_execution_costs_nothing) {
    fill("e1", TW_ACTION_BUY, "100", "10", NULL);
    day_add(&day, event_busted("e1", "e1"));
    day_add(&day, event_commission("e1", "1"));
    ck_assert_int_eq(usd(), 0);
    ck_assert_int_eq(unknown(), 0);
}
END_TEST

START_TEST(a_commission_under_the_old_id_reaches_the_correction) {
    fill("e1", TW_ACTION_BUY, "100", "10", NULL);
    day_add(&day, event_corrected("e2", "e1", "90", "10"));
    day_add(&day, event_commission("e1", "1"));
    ck_assert_int_eq(day_execution(&day, "e2")->fee_e8, e8("1"));
    ck_assert_int_eq(usd(), e8("-1"));
}
END_TEST

/* ---- opening fees in the lots -------------------------------------------------------------- */

START_TEST(an_opening_fee_stays_with_what_it_opened) {
    fill("e1", TW_ACTION_BUY, "100", "10", "1");
    fill("e2", TW_ACTION_SELL, "25", "11", "1");
    ck_assert_int_eq(day_execution(&day, "e2")->basis_fee_e8, e8("0.25"));
    ck_assert_int_eq(day_position(&day, "TSLA")->lots[0].fee_e8, e8("0.75"));
    fill("e3", TW_ACTION_SELL, "175", "11", "7");
    ck_assert_int_eq(day_execution(&day, "e3")->basis_fee_e8, e8("0.75"));
    ck_assert_int_eq(day_position(&day, "TSLA")->lots[0].fee_e8, e8("4"));
}
END_TEST

START_TEST(a_late_opening_fee_goes_to_the_part_that_is_still_open) {
    fill("e1", TW_ACTION_BUY, "100", "10", NULL);
    fill("e2", TW_ACTION_SELL, "25", "11", "1");
    day_add(&day, event_commission("e1", "1"));
    ck_assert_int_eq(day_position(&day, "TSLA")->lots[0].fee_e8, e8("0.75"));
}
END_TEST

START_TEST(a_late_fee_goes_to_no_lot_but_its_own) {
    day_close(&day);
    day_open(&day, TW_COST_METHOD_FIFO);
    fill("e1", TW_ACTION_BUY, "100", "10", NULL);
    fill("e2", TW_ACTION_BUY, "100", "10", "2");
    fill("e3", TW_ACTION_SELL, "100", "11", "1");
    day_add(&day, event_commission("e1", "1"));
    ck_assert_uint_eq(day_position(&day, "TSLA")->lot_count, 1);
    ck_assert_int_eq(day_position(&day, "TSLA")->lots[0].fee_e8, e8("2"));
    day_add(&day, event_commission("e2", "3"));
    ck_assert_int_eq(day_position(&day, "TSLA")->lots[0].fee_e8, e8("3"));
}
END_TEST

/* ---- booked results ------------------------------------------------------------------------ */

START_TEST(a_booked_result_is_the_days_number_and_the_difference_is_drift) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    fill("e2", TW_ACTION_SELL, "100", "11", "1");
    day_add(&day, event_pnl("98.50", "e2"));
    ck_assert_int_eq(usd(), e8("98.5"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->drift_e8), e8("-0.5"));
    day_add(&day, event_pnl("99", "e2"));
    ck_assert_int_eq(usd(), e8("99"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->drift_e8), 0);
}
END_TEST

START_TEST(a_booked_result_already_has_the_fee_in_it) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    fill("e2", TW_ACTION_SELL, "100", "11", NULL);
    day_add(&day, event_pnl("99", "e2"));
    day_add(&day, event_commission("e2", "1"));
    ck_assert_int_eq(usd(), e8("99"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->drift_e8), 0);
    ck_assert_int_eq(unknown(), 0);
}
END_TEST

START_TEST(a_booked_result_makes_known_what_no_price_tells) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    day_add(&day, event_inferred("inferred-1", "TSLA", TW_ACTION_SELL, "100"));
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day.state->winners + day.state->losers, 0);
    ck_assert_int_eq(unknown(), 1);
    day_add(&day, event_pnl("-20", "inferred-1"));
    ck_assert_int_eq(day.state->losers, 1);
    ck_assert_int_eq(unknown(), 0);
    ck_assert_int_eq(usd(), e8("-20"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->drift_e8), 0);
}
END_TEST

START_TEST(an_amount_of_its_own_belongs_to_the_day_and_to_no_trade) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    day_add(&day, event_pnl("12.34", NULL));
    ck_assert_int_eq(usd(), e8("12.34"));
    ck_assert_int_eq(narrow(day_position(&day, "TSLA")->trade.result_e8), 0);
    ck_assert_int_eq(day.state->total_trades, 0);
}
END_TEST

START_TEST(a_booked_result_must_fit_its_execution) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    day_refuses(&day, event_pnl("1", "e9"), TW_E_REFUSED, "append the fill first");
    tw_event pnl = event_pnl("1", "e1");
    pnl.as.pnl.symbol = "AMD";
    day_refuses(&day, pnl, TW_E_REFUSED, "is of TSLA");
    pnl = event_pnl("1", "e1");
    pnl.as.pnl.currency = "EUR";
    day_refuses(&day, pnl, TW_E_REFUSED, "is in USD");
    pnl = event_pnl("1", "e1");
    pnl.as.pnl.reason = TW_PNL_FEE;
    day_refuses(&day, pnl, TW_E_REFUSED, "commission event");
}
END_TEST

START_TEST(a_correction_forgets_the_booked_result_of_the_old_numbers) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    fill("e2", TW_ACTION_SELL, "100", "11", "1");
    day_add(&day, event_pnl("99", "e2"));
    day_add(&day, event_corrected("e2", "e2", "100", "12"));
    ck_assert_int_eq(usd(), e8("199"));
    ck_assert_int_eq(narrow(day_money(&day, "USD")->drift_e8), 0);
}
END_TEST

/* ---- trades -------------------------------------------------------------------------------- */

START_TEST(a_trade_lasts_from_flat_to_flat) {
    fill("e1", TW_ACTION_BUY, "100", "10", "1");
    fill("e2", TW_ACTION_BUY, "100", "12", "1");
    fill("e3", TW_ACTION_SELL, "150", "13", "1");
    ck_assert_int_eq(day.state->total_trades, 0);
    fill("e4", TW_ACTION_SELL, "50", "13", "1");
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day.state->winners, 1);
    const struct symbol *symbol = day_symbol(&day, "TSLA");
    ck_assert_uint_eq(symbol->closed_count, 1);
    const struct trade *trade = &symbol->closed[0];
    ck_assert_int_eq(trade->entered_qty_e8, e8("200"));
    ck_assert_int_eq(trade->exited_qty_e8, e8("200"));
    ck_assert_int_eq(narrow(trade->result_e8), e8("396"));
    ck_assert_int_eq(trade->executions, 4);
    ck_assert_uint_eq(trade->open_seq, 2);
    ck_assert_uint_eq(trade->close_seq, 5);
}
END_TEST

START_TEST(a_trade_that_comes_to_nothing_is_neither_won_nor_lost) {
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    fill("e2", TW_ACTION_SELL, "100", "10", "0");
    ck_assert_int_eq(day.state->total_trades, 1);
    ck_assert_int_eq(day.state->winners + day.state->losers, 0);
}
END_TEST

/* ---- currencies ---------------------------------------------------------------------------- */

START_TEST(currencies_stand_beside_each_other) {
    day_add(&day, event_instrument("SAP", "STK", "EUR", "1"));
    day_add(&day, event_fill("e1", "SAP", TW_ACTION_BUY, "10", "200", "1"));
    day_add(&day, event_fill("e2", "SAP", TW_ACTION_SELL, "10", "210", "1"));
    fill("e3", TW_ACTION_BUY, "100", "10", "0.5");
    ck_assert_int_eq(usd(), e8("-0.5"));
    ck_assert_int_eq(narrow(day_money(&day, "EUR")->result_e8), e8("98"));
    ck_assert_uint_eq(day.state->money_count, 2);
}
END_TEST

START_TEST(an_amount_without_a_currency_is_in_its_symbols) {
    day_add(&day, event_instrument("SAP", "STK", "EUR", "1"));
    tw_event dividend = event_pnl("22", NULL);
    dividend.as.pnl.reason = TW_PNL_DIVIDEND;
    dividend.as.pnl.symbol = "SAP";
    day_add(&day, dividend);
    tw_event interest = event_pnl("3", NULL);
    interest.as.pnl.currency = "CHF";
    day_add(&day, interest);
    ck_assert_int_eq(usd(), 0);
    ck_assert_int_eq(narrow(day_money(&day, "EUR")->result_e8), e8("22"));
    ck_assert_int_eq(narrow(day_money(&day, "CHF")->result_e8), e8("3"));
}
END_TEST

START_TEST(a_symbol_trades_in_one_currency) {
    tw_event first = event_fill("e1", "SAP", TW_ACTION_BUY, "10", "200", "1");
    first.as.fill.currency = "EUR";
    day_add(&day, first);
    tw_event other = event_fill("e2", "SAP", TW_ACTION_SELL, "10", "200", "1");
    other.as.fill.currency = "USD";
    day_refuses(&day, other, TW_E_REFUSED, "expected EUR");
    day_refuses(&day, event_instrument("SAP", "STK", "USD", "1"), TW_E_REFUSED, "has traded");
    fill("e3", TW_ACTION_BUY, "1", "10", "0");
    tw_event euro = event_fill("e4", "TSLA", TW_ACTION_BUY, "1", "10", "0");
    euro.as.fill.currency = "EUR";
    day_refuses(&day, euro, TW_E_REFUSED, "expected USD");
    ck_assert_int_eq(narrow(day_money(&day, "EUR")->result_e8), e8("-1"));
}
END_TEST

START_TEST(a_multiplier_stays_once_there_was_an_execution) {
    day_add(&day, event_instrument("TSLA", "STK", "USD", "1"));
    fill("e1", TW_ACTION_BUY, "100", "10", "0");
    day_refuses(&day, event_instrument("TSLA", "STK", "USD", "100"), TW_E_REFUSED, "multiplier");
    day_add(&day, event_instrument("TSLA", "STK", "USD", "1"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_result");
    TCase *tests = tcase_create("result");
    tcase_add_checked_fixture(tests, open_average, close_day);
    tcase_add_test(tests, a_fee_is_taken_off_when_it_is_paid);
    tcase_add_test(tests, an_unknown_fee_is_not_a_fee_of_0);
    tcase_add_test(tests, a_commission_completes_its_fill);
    tcase_add_test(tests, a_later_commission_replaces_the_earlier_one);
    tcase_add_test(tests, a_late_fee_can_turn_a_winner_into_a_loser_and_back);
    tcase_add_test(tests, a_commission_of_an_unknown_execution_is_refused);
    tcase_add_test(tests, a_commission_of_a_busted_execution_costs_nothing);
    tcase_add_test(tests, a_commission_under_the_old_id_reaches_the_correction);
    tcase_add_test(tests, an_opening_fee_stays_with_what_it_opened);
    tcase_add_test(tests, a_late_opening_fee_goes_to_the_part_that_is_still_open);
    tcase_add_test(tests, a_late_fee_goes_to_no_lot_but_its_own);
    tcase_add_test(tests, a_booked_result_is_the_days_number_and_the_difference_is_drift);
    tcase_add_test(tests, a_booked_result_already_has_the_fee_in_it);
    tcase_add_test(tests, a_booked_result_makes_known_what_no_price_tells);
    tcase_add_test(tests, an_amount_of_its_own_belongs_to_the_day_and_to_no_trade);
    tcase_add_test(tests, a_booked_result_must_fit_its_execution);
    tcase_add_test(tests, a_correction_forgets_the_booked_result_of_the_old_numbers);
    tcase_add_test(tests, a_trade_lasts_from_flat_to_flat);
    tcase_add_test(tests, a_trade_that_comes_to_nothing_is_neither_won_nor_lost);
    tcase_add_test(tests, currencies_stand_beside_each_other);
    tcase_add_test(tests, an_amount_without_a_currency_is_in_its_symbols);
    tcase_add_test(tests, a_symbol_trades_in_one_currency);
    tcase_add_test(tests, a_multiplier_stays_once_there_was_an_execution);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
