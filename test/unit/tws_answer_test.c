/* What TWS said, joined into one answer: which of the rows count, and what they are called. */
#include "broker/tws_answer.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "wire.h"

#define E8 INT64_C(100000000)

static struct tws_rows positions, rows;
static struct tws_answer answer;
static tw_error why;

/* Times are what a clock would make of them; here each is known by its length alone. */
static tw_maybe read_clock(void *context, const char *text) {
    int64_t *read = context;
    ++*read;
    return (tw_maybe){(int64_t)strlen(text), strcmp(text, "nonsense") != 0};
}

static int keep(struct tws_rows *into, const struct buffer *payload) {
    struct tws_row row;
    int status = tw_tws_row_make(payload->data, payload->size, 178, &row, &why);
    if (!status)
        status = tw_tws_rows_add(into, &row, &why);
    return status;
}

static void hear(const char *fields) {
    static struct buffer payload;
    wire_payload(&payload, fields);
    int is_position = strncmp(fields, "61|", 3) == 0;
    int status = keep(is_position ? &positions : &rows, &payload);
    ck_assert_msg(status == 0, "%s: %s", fields, why.text);
}

static void join(void) {
    int64_t read = 0;
    tw_tws_answer_free(&answer);
    ck_assert_msg(tw_tws_answer_make(&positions, &rows, "DU1", read_clock, &read, &answer, &why) ==
                      0,
                  "%s", why.text);
}

static void forget(void) {
    tw_tws_answer_free(&answer);
    tw_tws_rows_free(&positions);
    tw_tws_rows_free(&rows);
}

static void hear_fill(const char *exec_id, const char *time, const char *price) {
    char fields[400];
    snprintf(fields, sizeof fields,
             "11|1|5|7|TSLA|STK||0.0|||N|USD|TSLA|NMS|%s|%s|DU1|N|BOT|10|%s|77|0|0|10|1|ref|||||0",
             exec_id, time, price);
    hear(fields);
}

START_TEST(a_stock_is_called_by_its_symbol_and_a_future_by_its_local_one) {
    hear("61|3|DU1|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL X|NMS|-110|201.5");
    hear("61|3|DU1|637533641|ES|FUT|20250919|0.0||50||USD|ESU5|ES|1|315114.75");
    join();
    ck_assert_uint_eq(answer.holding_count, 2);
    ck_assert_str_eq(answer.holdings[0].symbol, "AAPL");
    ck_assert_int_eq(answer.holdings[0].multiplier_e8.known, 0);
    ck_assert_str_eq(answer.holdings[1].symbol, "ESU5");
    ck_assert_int_eq(answer.holdings[1].multiplier_e8.value, 50 * E8);
    /* 315,114.75 of a contract is 6,302.295 of a point. */
    ck_assert_int_eq(answer.holdings[1].avg_cost_e8.value, INT64_C(630229500000));
    forget();
}
END_TEST

START_TEST(a_position_that_is_told_again_takes_the_place_of_what_was_told) {
    hear("61|3|DU1|1|A|STK||0.0|||N|USD|A|N|100|1");
    hear("61|3|DU1|2|B|STK||0.0|||N|USD|B|N|5|1");
    hear("61|3|DU1|1|A|STK||0.0|||N|USD|A|N|40|1");
    hear("61|3|DU2|1|A|STK||0.0|||N|USD|A|N|7|1");
    join();
    ck_assert_uint_eq(answer.holding_count, 2);
    ck_assert_int_eq(answer.holdings[0].qty_e8, 40 * E8);
    ck_assert_int_eq(answer.holdings[1].qty_e8, 5 * E8);
    ck_assert_uint_eq(answer.other_accounts, 1);
    forget();
}
END_TEST

START_TEST(a_multiplier_that_is_none_is_refused) {
    static const char *const wrong[] = {"x", "0", "-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char fields[200];
        int64_t read = 0;
        snprintf(fields, sizeof fields, "61|3|DU1|1|ES|FUT||0||%s||USD|ESU5|ES|1|1", wrong[i]);
        hear(fields);
        ck_assert_int_eq(
            tw_tws_answer_make(&positions, &rows, "DU1", read_clock, &read, &answer, &why),
            TW_E_PARSE);
        ck_assert_ptr_nonnull(strstr(why.text, "ESU5: its multiplier"));
        forget();
    }
}
END_TEST

START_TEST(a_fill_has_its_commission_or_none_that_is_known) {
    hear_fill("a.01", "t", "10");
    hear_fill("b.01", "nonsense", "10");
    hear_fill("c.01", "t", "10");
    hear("59|1|c.01|1.7976931348623157E308|USD|||");
    hear("59|1|a.01|9|USD|||");
    hear("59|1|a.01|1.25|USD|-3.5||");
    hear("59|1|z.01|7|USD|||");
    join();
    ck_assert_uint_eq(answer.execution_count, 3);
    ck_assert_int_eq(answer.executions[0].fee_e8.value, INT64_C(125000000));
    ck_assert_int_eq(answer.executions[0].realized_e8.value, INT64_C(-350000000));
    ck_assert_int_eq(answer.executions[0].kind, 0);
    ck_assert_int_eq(answer.executions[1].fee_e8.known, 0);
    ck_assert_int_eq(answer.executions[1].time_ns.known, 0);
    ck_assert_int_eq(answer.executions[2].fee_e8.known, 0);
    ck_assert_uint_eq(answer.unknown_times, 1);
    forget();
}
END_TEST

START_TEST(the_highest_correction_of_a_fill_stands_for_all_of_them) {
    hear_fill("x.10", "t", "3");
    hear_fill("x.9", "t", "2");
    hear_fill("y.01", "t", "7");
    hear_fill("x.9", "t", "2");
    hear_fill("xx.11", "t", "8");
    join();
    ck_assert_uint_eq(answer.execution_count, 3);
    ck_assert_str_eq(answer.executions[0].exec_id, "x.10");
    ck_assert_str_eq(answer.executions[1].exec_id, "y.01");
    ck_assert_str_eq(answer.executions[2].exec_id, "xx.11");
    forget();
}
END_TEST

START_TEST(what_is_longer_than_we_keep_is_counted) {
    hear_fill("a.01", "t", "10.0000000001");
    hear("61|3|DU1|1|A|STK||0.0|||N|USD|A|N|100|1.0000000001");
    join();
    ck_assert_uint_eq(answer.rounded, 2);
    forget();
}
END_TEST

static void hear_order(const struct wire_change *changes, size_t count) {
    static struct buffer payload;
    wire_order(&payload, 178, changes, count);
    ck_assert_int_eq(keep(&rows, &payload), 0);
}

START_TEST(an_order_counts_once_as_it_was_told_last_with_its_state) {
    const struct wire_change first[] = {
        {"account", "DU1"}, {"permId", "77"}, {"orderType", "STP"}, {"auxPrice", "5"}};
    const struct wire_change again[] = {
        {"account", "DU1"}, {"permId", "77"}, {"orderType", "STP"}, {"auxPrice", "6"}};
    const struct wire_change other[] = {{"account", "DU2"}, {"permId", "78"}};
    const struct wire_change tried[] = {{"account", "DU1"}, {"permId", "79"}, {"whatIf", "1"}};
    hear_order(first, 4);
    hear("3|0|Submitted|1|9|0|77|0|0|0||0");
    hear_order(other, 2);
    hear_order(again, 4);
    hear_order(tried, 3);
    hear("3|0|PreSubmitted|2|8|0|77|0|0|0|trigger|0");
    join();
    ck_assert_uint_eq(answer.order_count, 1);
    ck_assert_int_eq(answer.orders[0].stop_e8.value, 6 * E8);
    ck_assert_int_eq(answer.orders[0].filled_e8.value, 2 * E8);
    ck_assert_str_eq(answer.orders[0].status, "PreSubmitted");
    ck_assert_str_eq(answer.orders[0].why_held, "trigger");
    /* What TWS puts there for a stop is not a limit. */
    ck_assert_int_eq(answer.orders[0].limit_e8.known, 0);
    ck_assert_uint_eq(answer.other_accounts, 1);
    forget();
}
END_TEST

START_TEST(a_state_that_says_nothing_leaves_the_order_as_it_was_told) {
    const struct wire_change said[] = {{"account", "DU1"}, {"permId", "77"}, {"parentId", "41"}};
    const struct wire_change unsaid[] = {{"account", "DU1"},    {"permId", "78"},
                                         {"totalQuantity", ""}, {"status", ""},
                                         {"goodTillDate", ""},  {"parentId", "0"}};
    hear_order(said, 3);
    hear_order(unsaid, 6);
    hear("3|0|||8|0|77|0|0|0||0");
    join();
    ck_assert_uint_eq(answer.order_count, 2);
    ck_assert_str_eq(answer.orders[0].status, "PreSubmitted");
    ck_assert_int_eq(answer.orders[0].filled_e8.known, 0);
    ck_assert_int_eq(answer.orders[0].parent_id.value, 41);
    ck_assert_str_eq(answer.orders[0].good_till, "20261231 20:00:00 US/Eastern");
    ck_assert_str_eq(answer.orders[1].status, "");
    ck_assert_int_eq(answer.orders[1].qty_e8, 0);
    ck_assert_int_eq(answer.orders[1].parent_id.known, 0);
    ck_assert_ptr_null(answer.orders[1].good_till);
    forget();
}
END_TEST

START_TEST(two_answers_are_the_same_whatever_their_order_and_their_rows_of_none) {
    static struct tws_rows before;
    hear("61|3|DU1|1|A|STK||0.0|||N|USD|A|N|100|1");
    hear("61|3|DU1|2|B|STK||0.0|||N|USD|B|N|5|1");
    before = positions;
    memset(&positions, 0, sizeof positions);
    hear("61|3|DU1|2|B|STK||0.0|||N|USD|B|N|5|9");
    hear("61|3|DU1|3|C|STK||0.0|||N|USD|C|N|0|1");
    ck_assert_int_eq(tw_tws_rows_same_positions(&before, &positions), 0);
    hear("61|3|DU1|1|A|STK||0.0|||N|USD|A|N|100|1");
    ck_assert_int_eq(tw_tws_rows_same_positions(&before, &positions), 1);
    hear("61|3|DU1|1|A|STK||0.0|||N|USD|A|N|99|1");
    ck_assert_int_eq(tw_tws_rows_same_positions(&before, &positions), 0);
    tw_tws_rows_free(&before);
    forget();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_answer");
    TCase *cases = tcase_create("tws_answer");
    tcase_add_test(cases, a_stock_is_called_by_its_symbol_and_a_future_by_its_local_one);
    tcase_add_test(cases, a_position_that_is_told_again_takes_the_place_of_what_was_told);
    tcase_add_test(cases, a_multiplier_that_is_none_is_refused);
    tcase_add_test(cases, a_fill_has_its_commission_or_none_that_is_known);
    tcase_add_test(cases, the_highest_correction_of_a_fill_stands_for_all_of_them);
    tcase_add_test(cases, what_is_longer_than_we_keep_is_counted);
    tcase_add_test(cases, an_order_counts_once_as_it_was_told_last_with_its_state);
    tcase_add_test(cases, a_state_that_says_nothing_leaves_the_order_as_it_was_told);
    tcase_add_test(cases, two_answers_are_the_same_whatever_their_order_and_their_rows_of_none);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
