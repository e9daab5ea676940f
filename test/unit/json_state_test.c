/* The state as traders' scripts read it: a day is folded from lines of JSON and written as one. */
#include <string.h>

#include "core/fold.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "harness.h"

static struct zone *zone;
static struct state *state;
static struct json_document *document;
static struct buffer out;

static void set_up(void) {
    document = NULL;
    state = NULL;
    ck_assert_int_eq(tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, NULL), 0);
    ck_assert_int_eq(tw_state_new(&state), 0);
}

static void tear_down(void) {
    tw_buffer_free(&out);
    tw_json_free(document);
    tw_state_free(state);
    tw_zone_free(zone);
}

/* One line, stamped: seq, the date, and a second later than the line before. */
static void fold(const char *line) {
    tw_event event;
    tw_error why = {0};
    ck_assert_msg(tw_json_parse_again(&document, line, strlen(line), 1, &why) == 0, "%s", why.text);
    ck_assert_msg(tw_json_to_event(document, zone, &event, &why) == 0, "%s", why.text);
    event.seq = state->last_seq + 1;
    event.trading_date = 20251006;
    if (event.time_ns == 0)
        event.time_ns = state->last_time_ns + INT64_C(1000000000);
    ck_assert_msg(tw_fold(state, &event, &why) == 0, "%s: %s", line, why.text);
}

static void fold_opening(void) {
    fold("{\"type\":\"session_opened\",\"time\":\"2025-10-06T09:30:00.5-04:00\",\"account\":\"U1\","
         "\"environment\":\"paper\",\"zone\":\"America/New_York\",\"host\":\"h\",\"pid\":1,"
         "\"version\":\"0\",\"resumed\":\"new\",\"currency\":\"USD\",\"cost_method\":\"average\","
         "\"previous_digest\":\"0\"}");
}

static const struct json *write_state(void) {
    tw_buffer_clear(&out);
    tw_json_state(&out, state, zone);
    tw_error why = {0};
    int status = tw_json_parse_again(&document, out.data, out.size, 1, &why);
    ck_assert_msg(status == 0, "%s: %s", why.text, tw_buffer_string(&out));
    return tw_json_root(document);
}

static void check_state(const char *json) {
    write_state();
    ck_assert_str_eq(tw_buffer_string(&out), json);
}

START_TEST(a_state_of_nothing_has_every_part_and_no_content) {
    check_state("{\"timestamp\":null,\"date\":null,\"positions\":{},\"attempt_counts\":{},"
                "\"analytics\":{\"daily_pnl\":0,\"total_trades\":0,\"winners\":0,\"losers\":0,"
                "\"pnl_by_currency\":{},\"drift\":{},\"pnl_incomplete\":false,"
                "\"filter_blocks\":{},\"entry_paths\":{},\"counters\":{}},\"orders\":{},"
                "\"gates\":[],\"findings\":[],\"seq\":0}");
}
END_TEST

START_TEST(a_day_with_a_partial_exit_has_the_documented_shape) {
    fold_opening();
    fold("{\"type\":\"plan\",\"symbol\":\"TSLA\",\"side\":\"LONG\",\"entry_path\":\"momentum\","
         "\"pivot\":444.77,\"stop\":443,\"target1\":460.25}");
    fold("{\"type\":\"attempt\",\"symbol\":\"TSLA\",\"side\":\"LONG\",\"level\":444.77,\"max\":2}");
    fold("{\"type\":\"order_submitted\",\"order_ref\":\"tsla-1\",\"symbol\":\"TSLA\","
         "\"action\":\"BUY\",\"purpose\":\"entry\",\"qty\":100,\"order_type\":\"LMT\","
         "\"limit\":445.3,\"tif\":\"DAY\"}");
    fold("{\"type\":\"order_updated\",\"order_ref\":\"tsla-1\",\"status\":\"acknowledged\","
         "\"perm_id\":\"1760000000000000001\"}");
    fold("{\"type\":\"fill\",\"time\":\"2025-10-06T10:05:47.112-04:00\",\"exec_id\":\"e1\","
         "\"symbol\":\"TSLA\",\"action\":\"BUY\",\"qty\":100,\"price\":445.25,\"fee\":0,"
         "\"order_ref\":\"tsla-1\"}");
    fold("{\"type\":\"partial\",\"exec_id\":\"e2\",\"symbol\":\"TSLA\",\"qty\":50,"
         "\"price\":450.10,\"reason\":\"target1\",\"fee\":0}");
    fold("{\"type\":\"stop_moved\",\"symbol\":\"TSLA\",\"stop\":445.25,"
         "\"reason\":\"breakeven\"}");
    fold("{\"type\":\"counter\",\"group\":\"filter_block\",\"name\":\"choppy\",\"delta\":4}");
    fold("{\"type\":\"counter\",\"group\":\"entry_path\",\"name\":\"momentum\",\"delta\":2}");
    fold("{\"type\":\"counter\",\"group\":\"scan\",\"name\":\"seen\",\"delta\":9}");
    fold("{\"type\":\"counter\",\"group\":\"scan\",\"name\":\"say \\\"no\\\"\",\"delta\":-1}");
    check_state(
        "{\"timestamp\":\"2025-10-06T10:05:53-04:00\",\"date\":\"2025-10-06\",\"positions\":{"
        "\"TSLA\":{\"symbol\":\"TSLA\",\"side\":\"LONG\",\"entry_price\":445.25,"
        "\"entry_time\":\"2025-10-06T10:05:47-04:00\",\"shares\":100,\"remaining\":0.5,"
        "\"quantity\":50,\"pivot\":444.77,\"stop\":445.25,\"target1\":460.25,\"target2\":null,"
        "\"stop_reason\":\"breakeven\",\"partials_taken\":[{"
        "\"time\":\"2025-10-06T10:05:48-04:00\",\"qty\":50,\"price\":450.1,"
        "\"reason\":\"target1\",\"exec_id\":\"e2\"}],\"realized\":242.5,\"estimated\":false,"
        "\"entry_path\":\"momentum\",\"gated\":false}},"
        "\"attempt_counts\":{\"TSLA\":{\"long_attempts\":1,\"resistance\":444.77,"
        "\"short_attempts\":0,\"support\":null,\"levels\":[{\"side\":\"LONG\",\"level\":444.77,"
        "\"count\":1,\"max\":2}]}},"
        "\"analytics\":{\"daily_pnl\":242.5,\"total_trades\":0,\"winners\":0,\"losers\":0,"
        "\"pnl_by_currency\":{\"USD\":242.5},\"drift\":{},\"pnl_incomplete\":false,"
        "\"filter_blocks\":{\"choppy\":4},\"entry_paths\":{\"momentum\":2},"
        "\"counters\":{\"scan\":{\"seen\":9,\"say \\\"no\\\"\":-1}}},"
        "\"orders\":{\"tsla-1\":{\"symbol\":\"TSLA\",\"action\":\"BUY\",\"purpose\":\"entry\","
        "\"qty\":100,\"filled\":100,\"order_type\":\"LMT\",\"limit\":445.3,\"stop\":null,"
        "\"tif\":\"DAY\",\"status\":\"filled\",\"perm_id\":\"1760000000000000001\","
        "\"time\":\"2025-10-06T09:30:03-04:00\"}},"
        "\"gates\":[],\"findings\":[],\"seq\":12}");
}
END_TEST

static const struct json *member(const struct json *value, const char *name) {
    const struct json *found = tw_json_member(value, name);
    ck_assert_msg(found != NULL, "no %s in %s", name, tw_buffer_string(&out));
    return found;
}

START_TEST(the_count_and_the_level_of_a_side_belong_together) {
    fold_opening();
    fold("{\"type\":\"attempt\",\"symbol\":\"F\",\"side\":\"LONG\",\"level\":12.5}");
    fold("{\"type\":\"attempt\",\"symbol\":\"F\",\"side\":\"LONG\",\"level\":12.75}");
    fold("{\"type\":\"attempt\",\"symbol\":\"F\",\"side\":\"SHORT\",\"level\":12}");
    fold("{\"type\":\"attempt\",\"symbol\":\"F\",\"side\":\"LONG\",\"level\":12.5}");
    fold("{\"type\":\"attempt\",\"symbol\":\"F\",\"side\":\"SHORT\"}");
    const struct json *counts = member(member(write_state(), "attempt_counts"), "F");
    ck_assert_str_eq(member(counts, "long_attempts")->text, "2");
    ck_assert_str_eq(member(counts, "resistance")->text, "12.5");
    ck_assert_str_eq(member(counts, "short_attempts")->text, "1");
    ck_assert_int_eq(member(counts, "support")->kind, JSON_NULL);
    ck_assert_uint_eq(member(counts, "levels")->count, 4);
    ck_assert_int_eq(member(member(counts, "levels")->first, "max")->kind, JSON_NULL);
}
END_TEST

START_TEST(what_is_not_known_is_null_and_said_to_be_incomplete) {
    fold_opening();
    fold("{\"type\":\"position_opening\",\"symbol\":\"AMD\",\"side\":\"SHORT\",\"qty\":30,"
         "\"from_date\":\"2025-10-03\"}");
    fold("{\"type\":\"fill\",\"exec_id\":\"e1\",\"symbol\":\"AMD\",\"action\":\"BUY\",\"qty\":10,"
         "\"price\":200}");
    const struct json *root = write_state();
    const struct json *amd = member(member(root, "positions"), "AMD");
    ck_assert_str_eq(member(amd, "side")->text, "SHORT");
    ck_assert_int_eq(member(amd, "entry_price")->kind, JSON_NULL);
    ck_assert_int_eq(member(amd, "stop")->kind, JSON_NULL);
    ck_assert_str_eq(member(amd, "quantity")->text, "20");
    ck_assert_str_eq(member(amd, "remaining")->text, "0.66666667");
    ck_assert_str_eq(member(amd, "carried_from")->text, "2025-10-03");
    ck_assert_int_eq(member(amd, "realized_incomplete")->kind, JSON_TRUE);
    ck_assert_int_eq(member(member(root, "analytics"), "pnl_incomplete")->kind, JSON_TRUE);
}
END_TEST

START_TEST(a_flat_symbol_is_no_position) {
    fold_opening();
    fold("{\"type\":\"fill\",\"exec_id\":\"e1\",\"symbol\":\"F\",\"action\":\"SELL\",\"qty\":10,"
         "\"price\":12,\"fee\":0.5}");
    fold("{\"type\":\"fill\",\"exec_id\":\"e2\",\"symbol\":\"F\",\"action\":\"BUY\",\"qty\":10,"
         "\"price\":12.5,\"fee\":0.5}");
    const struct json *root = write_state();
    ck_assert_uint_eq(member(root, "positions")->count, 0);
    const struct json *analytics = member(root, "analytics");
    ck_assert_str_eq(member(analytics, "daily_pnl")->text, "-6");
    ck_assert_str_eq(member(analytics, "total_trades")->text, "1");
    ck_assert_str_eq(member(analytics, "winners")->text, "0");
    ck_assert_str_eq(member(analytics, "losers")->text, "1");
}
END_TEST

START_TEST(gates_and_findings_are_listed) {
    fold_opening();
    fold("{\"type\":\"gate\",\"scope\":\"AMD\",\"state\":\"closed\",\"reason\":\"differs\"}");
    fold("{\"type\":\"gate\",\"scope\":\"all\",\"state\":\"closed\",\"reason\":\"no answer\","
         "\"by\":\"jo\"}");
    fold("{\"type\":\"finding\",\"case\":\"D2\",\"symbol\":\"AMD\",\"ours\":\"LONG 100\","
         "\"theirs\":\"LONG 50\",\"text\":\"half is gone\",\"action\":\"lock\",\"open\":true}");
    const struct json *root = write_state();
    const struct json *gates = member(root, "gates");
    ck_assert_uint_eq(gates->count, 2);
    ck_assert_str_eq(member(gates->first, "scope")->text, "AMD");
    ck_assert_int_eq(member(gates->first, "by")->kind, JSON_NULL);
    ck_assert_str_eq(member(gates->first->next, "scope")->text, "all");
    ck_assert_str_eq(member(gates->first->next, "reason")->text, "no answer");
    ck_assert_str_eq(member(gates->first->next, "by")->text, "jo");
    ck_assert_str_eq(member(gates->first->next, "time")->text, "2025-10-06T09:30:02-04:00");
    const struct json *finding = member(root, "findings")->first;
    ck_assert_str_eq(member(finding, "case")->text, "D2");
    ck_assert_str_eq(member(finding, "theirs")->text, "LONG 50");
    ck_assert_str_eq(member(finding, "action")->text, "lock");
    ck_assert_int_eq(member(finding, "about")->kind, JSON_NULL);
}
END_TEST

START_TEST(currencies_stand_side_by_side_and_drift_only_where_there_is_one) {
    fold_opening();
    fold("{\"type\":\"pnl\",\"amount\":\"12.34\",\"reason\":\"correction\"}");
    fold("{\"type\":\"pnl\",\"amount\":\"-5\",\"reason\":\"fee\",\"currency\":\"EUR\"}");
    fold("{\"type\":\"fill\",\"exec_id\":\"e1\",\"symbol\":\"F\",\"action\":\"BUY\",\"qty\":1,"
         "\"price\":10,\"fee\":0}");
    fold("{\"type\":\"fill\",\"exec_id\":\"e2\",\"symbol\":\"F\",\"action\":\"SELL\",\"qty\":1,"
         "\"price\":11,\"fee\":0}");
    fold("{\"type\":\"pnl\",\"amount\":\"0.75\",\"exec_id\":\"e2\",\"reason\":\"realized\"}");
    const struct json *analytics = member(write_state(), "analytics");
    ck_assert_str_eq(member(analytics, "daily_pnl")->text, "13.09");
    const struct json *sums = member(analytics, "pnl_by_currency");
    ck_assert_uint_eq(sums->count, 2);
    ck_assert_str_eq(member(sums, "USD")->text, "13.09");
    ck_assert_str_eq(member(sums, "EUR")->text, "-5");
    ck_assert_uint_eq(member(analytics, "drift")->count, 1);
    ck_assert_str_eq(member(member(analytics, "drift"), "USD")->text, "-0.25");
}
END_TEST

START_TEST(a_sum_beyond_64_bits_is_null_and_not_a_wrong_number) {
    fold_opening();
    ck_assert_uint_ge(state->money_count, 1);
    state->money[0].result_e8 = (tw_int128)INT64_MAX * 2;
    const struct json *analytics = member(write_state(), "analytics");
    ck_assert_int_eq(member(analytics, "daily_pnl")->kind, JSON_NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_state");
    TCase *tests = tcase_create("state");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_state_of_nothing_has_every_part_and_no_content);
    tcase_add_test(tests, a_day_with_a_partial_exit_has_the_documented_shape);
    tcase_add_test(tests, the_count_and_the_level_of_a_side_belong_together);
    tcase_add_test(tests, what_is_not_known_is_null_and_said_to_be_incomplete);
    tcase_add_test(tests, a_flat_symbol_is_no_position);
    tcase_add_test(tests, gates_and_findings_are_listed);
    tcase_add_test(tests, currencies_stand_side_by_side_and_drift_only_where_there_is_one);
    tcase_add_test(tests, a_sum_beyond_64_bits_is_null_and_not_a_wrong_number);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
