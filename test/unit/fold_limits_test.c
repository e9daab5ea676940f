/* Numbers near the limits of 64 bits, and a day of ten thousand symbols. */
#include <stdio.h>

#include "core/image.h"
#include "events.h"
#include "harness.h"

/* The largest number a field can hold, as text. */
#define LARGEST "92233720368.54775807"

static struct day day;

static void open_average(void) {
    day_open(&day, TW_COST_METHOD_AVERAGE);
}

static void open_fifo(void) {
    day_open(&day, TW_COST_METHOD_FIFO);
}

static void close_day(void) {
    day_close(&day);
}

static tw_event fill(const char *exec_id, int64_t action, const char *qty, const char *price,
                     const char *fee) {
    return event_fill(exec_id, "TSLA", action, qty, price, fee);
}

START_TEST(a_value_no_account_has_is_refused) {
    tw_event huge = fill("e1", TW_ACTION_BUY, LARGEST, LARGEST, "0");
    day_refuses(&day, huge, TW_E_RANGE, "position");
    day_refuses(&day, event_adjusted("TSLA", TW_SIDE_LONG, LARGEST, LARGEST), TW_E_RANGE, NULL);
    day_refuses(&day, event_opening("TSLA", TW_SIDE_LONG, LARGEST, LARGEST), TW_E_RANGE, NULL);
}
END_TEST

START_TEST(quantities_that_do_not_add_up_in_64_bits_are_refused) {
    day_add(&day, fill("e1", TW_ACTION_BUY, LARGEST, "0.01", "0"));
    tw_event more = fill("e2", TW_ACTION_BUY, "0.00000001", "0.01", "0");
    day_refuses(&day, more, TW_E_RANGE, "position");
    day_add(&day, fill("e3", TW_ACTION_SELL, LARGEST, "0.01", "0"));
    ck_assert_int_eq(day_position(&day, "TSLA")->side, 0);
    day_add(&day, fill("e4", TW_ACTION_BUY, "92233720368", "0.01", "0"));
    day_add(&day, fill("e5", TW_ACTION_SELL, LARGEST, "0.01", "0"));
    ck_assert_int_eq(day_position(&day, "TSLA")->side, TW_SIDE_SHORT);
}
END_TEST

START_TEST(what_one_trade_turned_over_has_a_limit_too) {
    day_add(&day, fill("e1", TW_ACTION_BUY, "50000000000", "0.01", "0"));
    day_add(&day, fill("e2", TW_ACTION_SELL, "49999999999", "0.01", "0"));
    tw_event again = fill("e3", TW_ACTION_BUY, "50000000000", "0.01", "0");
    day_refuses(&day, again, TW_E_RANGE, "position");
    day_add(&day, fill("e4", TW_ACTION_SELL, "1", "0.01", "0"));
    day_add(&day, fill("e5", TW_ACTION_BUY, "50000000000", "0.01", "0"));
}
END_TEST

START_TEST(a_result_beyond_64_bits_is_refused) {
    day_add(&day, event_instrument("ES", "FUT", "USD", LARGEST));
    day_add(&day, event_fill("e1", "ES", TW_ACTION_BUY, "2", "1", "0"));
    tw_event exit = event_fill("e2", "ES", TW_ACTION_SELL, "2", "2", "0");
    day_refuses(&day, exit, TW_E_RANGE, "result");
    exit.as.fill.price_e8 = e8("-5");
    day_refuses(&day, exit, TW_E_RANGE, "result");
    exit.as.fill.price_e8 = e8("1.5");
    day_add(&day, exit);
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), INT64_MAX);
}
END_TEST

START_TEST(a_product_beyond_128_bits_is_refused) {
    day_add(&day, event_instrument("ES", "FUT", "USD", LARGEST));
    day_add(&day, event_fill("e1", "ES", TW_ACTION_BUY, "1000000000", "0", "0"));
    tw_event exit = event_fill("e2", "ES", TW_ACTION_SELL, "1000000000", LARGEST, "0");
    day_refuses(&day, exit, TW_E_RANGE, "result");
}
END_TEST

START_TEST(the_days_sum_stays_within_64_bits) {
    day_add(&day, event_pnl(LARGEST, NULL));
    day_refuses(&day, event_pnl("0.00000001", NULL), TW_E_RANGE, "in USD");
    day_refuses(&day, fill("e1", TW_ACTION_BUY, "1", "1", "-0.00000001"), TW_E_RANGE, "in USD");
    day_add(&day, fill("e1", TW_ACTION_BUY, "1", "1", NULL));
    day_refuses(&day, event_commission("e1", "-1"), TW_E_RANGE, "in USD");
    day_refuses(&day, event_pnl("1", "e1"), TW_E_RANGE, "in USD");
    day_refuses(&day, fill("e2", TW_ACTION_SELL, "1", "2", "0"), TW_E_RANGE, "in USD");
    day_add(&day, fill("e2", TW_ACTION_SELL, "1", "1", "0"));
    day_refuses(&day, event_corrected("e2", "e2", "1", "2"), TW_E_RANGE, "in USD");
    day_refuses(&day, event_opening("TSLA", TW_SIDE_LONG, "1", "0.5"), TW_E_RANGE, "in USD");
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), INT64_MAX);
}
END_TEST

START_TEST(a_full_sum_of_one_currency_does_not_stop_another) {
    day_add(&day, event_pnl(LARGEST, NULL));
    tw_event euro = event_pnl("1", NULL);
    euro.as.pnl.currency = "EUR";
    day_add(&day, euro);
    tw_event bought = event_fill("e1", "SAP", TW_ACTION_BUY, "1", "1", "-1");
    bought.as.fill.currency = "EUR";
    day_add(&day, bought);
    ck_assert_int_eq(narrow(day_money(&day, "EUR")->result_e8), e8("2"));
}
END_TEST

START_TEST(opening_fees_stay_within_64_bits) {
    day_add(&day, fill("e1", TW_ACTION_BUY, "1", "1", LARGEST));
    day_add(&day, event_pnl(LARGEST, NULL));
    day_refuses(&day, fill("e2", TW_ACTION_BUY, "1", "1", "1"), TW_E_RANGE, NULL);
    day_add(&day, fill("e2", TW_ACTION_BUY, "1", "1", NULL));
    day_refuses(&day, event_commission("e2", "1"), TW_E_RANGE, "fee");
    tw_event corrected = event_corrected("e2", "e2", "1", "1");
    corrected.as.fill_corrected.fee_e8 = maybe_e8("1");
    day_refuses(&day, corrected, TW_E_RANGE, NULL);
    day_refuses(&day, event_commission("e1", "-" LARGEST), TW_E_RANGE, "fee");
    day_add(&day, event_adjusted("TSLA", TW_SIDE_LONG, "2", "3"));
    day_add(&day, fill("e3", TW_ACTION_SELL, "2", "3", "0"));
}
END_TEST

START_TEST(a_correction_that_cannot_be_folded_again_is_refused) {
    day_add(&day, fill("e1", TW_ACTION_BUY, "10", "1", "0"));
    day_add(&day, fill("e2", TW_ACTION_BUY, "90000000000", "0.01", "0"));
    day_add(&day, fill("e3", TW_ACTION_SELL, "50", "2", "0"));
    day_refuses(&day, event_corrected("e1", "e1", "9000000000", "1"), TW_E_RANGE, "position");
    day_refuses(&day, event_corrected("e1b", "e1", LARGEST, LARGEST), TW_E_RANGE, NULL);
    day_refuses(&day, event_corrected("e3", "e3", LARGEST, LARGEST), TW_E_RANGE, NULL);
    day_refuses(&day, event_opening("TSLA", TW_SIDE_LONG, "9000000000", "1"), TW_E_RANGE, NULL);
}
END_TEST

START_TEST(a_correction_is_tried_with_the_cost_that_was_adjusted) {
    day_add(&day, event_instrument("ES", "FUT", "USD", LARGEST));
    day_add(&day, event_fill("e1", "ES", TW_ACTION_BUY, "2", "1", "0"));
    day_add(&day, event_adjusted("ES", TW_SIDE_LONG, "2", "1.4"));
    day_add(&day, event_fill("e2", "ES", TW_ACTION_SELL, "2", "1.5", "0"));
    day_refuses(&day, event_corrected("e2", "e2", "2", "0.85"), TW_E_RANGE, "result");
    day_add(&day, event_corrected("e2", "e2", "2", "0.9"));
}
END_TEST

START_TEST(a_counter_stays_within_64_bits) {
    const int64_t step = INT64_C(1) << 53;
    tw_event too_much = event_counter("g", "n", step + 1);
    day_refuses(&day, too_much, TW_E_RANGE, "2^53");
    for (int i = 0; i < 1023; i++)
        day_add(&day, event_counter("g", "n", step));
    day_refuses(&day, event_counter("g", "n", step), TW_E_RANGE, "counter n");
    day_add(&day, event_counter("g", "n", -step));
}
END_TEST

START_TEST(random_numbers_of_any_size_are_booked_or_refused_and_never_overflow) {
    struct random random = {seed_from_environment("fold limits")};
    char id[24];
    int booked = 0, refused = 0;
    day_add(&day, event_instrument("TSLA", "FUT", "USD", "50"));
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "e%d", i);
        tw_event event = fill(id, 1 + (int64_t)random_below(&random, 2), "1", "1", "0");
        event.as.fill.qty_e8 = (int64_t)(random_next(&random) >> (1 + random_below(&random, 40)));
        event.as.fill.price_e8 = (int64_t)(random_next(&random) >> (1 + random_below(&random, 60)));
        event.as.fill.fee_e8 =
            tw_known((int64_t)(random_next(&random) >> (1 + random_below(&random, 30))));
        if (random_below(&random, 2))
            event.as.fill.price_e8 = -event.as.fill.price_e8;
        if (random_below(&random, 2))
            event.as.fill.fee_e8.value = -event.as.fill.fee_e8.value;
        int status = day_try(&day, event, NULL);
        ck_assert(status == 0 || status == TW_E_RANGE);
        booked += status == 0;
        refused += status != 0;
        if (status || random_below(&random, 4))
            continue;
        tw_event late = event_commission(id, "0");
        late.as.commission.fee_e8 = -event.as.fill.fee_e8.value;
        status = day_try(&day, late, NULL);
        ck_assert(status == 0 || status == TW_E_RANGE);
        tw_event other = event_corrected(id, id, "1", "1");
        other.as.fill_corrected.qty_e8 = event.as.fill.qty_e8 / 2 + 1;
        other.as.fill_corrected.price_e8 = event.as.fill.price_e8 / 3;
        status = day_try(&day, other, NULL);
        ck_assert(status == 0 || status == TW_E_RANGE);
    }
    ck_assert_int_gt(booked, 100);
    ck_assert_int_gt(refused, 100);
}
END_TEST

START_TEST(ten_thousand_symbols_fit_in_a_day) {
    char name[16], id[16];
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "S%d", i);
        snprintf(id, sizeof id, "e%d", i);
        day_add(&day, event_fill(id, name, TW_ACTION_BUY, "1", "10", "0.01"));
    }
    for (int i = 0; i < 10000; i += 2) {
        snprintf(name, sizeof name, "S%d", i);
        snprintf(id, sizeof id, "x%d", i);
        day_add(&day, event_fill(id, name, TW_ACTION_SELL, "1", "11", "0.01"));
    }
    ck_assert_uint_eq(tw_state_symbol_count(day.state), 10000);
    ck_assert_int_eq(day.state->total_trades, 5000);
    ck_assert_int_eq(day.state->winners, 5000);
    ck_assert_int_eq(narrow(day_money(&day, "USD")->result_e8), e8("4850"));
    struct buffer image = {0}, again = {0};
    struct state *back;
    tw_position last = {.size = sizeof last};
    ck_assert_int_eq(tw_image_encode(day.state, &image), 0);
    ck_assert_int_eq(tw_image_decode(image.data, image.size, &back, NULL), 0);
    ck_assert_int_eq(tw_image_encode(back, &again), 0);
    ck_assert_uint_eq(image.size, again.size);
    ck_assert_mem_eq(image.data, again.data, image.size);
    ck_assert_int_eq(tw_state_position_at(back, 4999, &last), 0);
    ck_assert_str_eq(last.symbol, "S9999");
    ck_assert_int_eq(tw_state_position_at(back, 5000, &last), TW_E_NOT_FOUND);
    tw_buffer_free(&image);
    tw_buffer_free(&again);
    tw_state_free(back);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_limits");
    TCase *average = tcase_create("average");
    tcase_set_timeout(average, 60);
    tcase_add_checked_fixture(average, open_average, close_day);
    tcase_add_test(average, a_value_no_account_has_is_refused);
    tcase_add_test(average, quantities_that_do_not_add_up_in_64_bits_are_refused);
    tcase_add_test(average, what_one_trade_turned_over_has_a_limit_too);
    tcase_add_test(average, a_result_beyond_64_bits_is_refused);
    tcase_add_test(average, a_product_beyond_128_bits_is_refused);
    tcase_add_test(average, the_days_sum_stays_within_64_bits);
    tcase_add_test(average, a_full_sum_of_one_currency_does_not_stop_another);
    tcase_add_test(average, opening_fees_stay_within_64_bits);
    tcase_add_test(average, a_correction_that_cannot_be_folded_again_is_refused);
    tcase_add_test(average, a_correction_is_tried_with_the_cost_that_was_adjusted);
    tcase_add_test(average, a_counter_stays_within_64_bits);
    tcase_add_test(average, random_numbers_of_any_size_are_booked_or_refused_and_never_overflow);
    tcase_add_test(average, ten_thousand_symbols_fit_in_a_day);
    suite_add_tcase(suite, average);
    TCase *fifo = tcase_create("fifo");
    tcase_set_timeout(fifo, 60);
    tcase_add_checked_fixture(fifo, open_fifo, close_day);
    tcase_add_test(fifo, quantities_that_do_not_add_up_in_64_bits_are_refused);
    tcase_add_test(fifo, opening_fees_stay_within_64_bits);
    tcase_add_test(fifo, a_correction_that_cannot_be_folded_again_is_refused);
    tcase_add_test(fifo, random_numbers_of_any_size_are_booked_or_refused_and_never_overflow);
    suite_add_tcase(suite, fifo);
    return run_suite(suite);
}
