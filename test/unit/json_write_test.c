/* How text, numbers, times and events look as JSON. */
#include "core/json_write.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "core/json_base64.h"
#include "core/json_put.h"
#include "core/json_read.h"
#include "core/schema.h"
#include "harness.h"

static struct zone *new_york(void) {
    struct zone *zone = NULL;
    ck_assert_int_eq(tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, NULL), 0);
    return zone;
}

static int64_t at(const char *text) {
    int64_t time_ns = 0;
    ck_assert_int_eq(tw_time_parse(text, strlen(text), &time_ns), 0);
    return time_ns;
}

static const struct {
    const char *text;
    size_t size;
    const char *json;
} texts[] = {
    {"", 0, "\"\""},
    {"TSLA 445.25", 11, "\"TSLA 445.25\""},
    {"a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\""},
    {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
    {"a\0b", 3, "\"a\\u0000b\""},
    {"\x01\x1F\x7F", 3, "\"\\u0001\\u001f\\u007f\""},
    {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", 14,
     "\"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\""},
    {"\xC2\x85", 2, "\"\\u0085\""},
    {"\xE2\x80\xA8\xE2\x80\xA9", 6, "\"\\u2028\\u2029\""},
    {"\xE2\x80\xAE"
     "evil\xE2\x81\xA6",
     10, "\"\\u202eevil\\u2066\""},
    {"\xEF\xBB\xBF", 3, "\"\\ufeff\""},
    {"\xFFx", 2, "\"\xEF\xBF\xBDx\""},
    {"x\xC3", 2, "\"x\xEF\xBF\xBD\""},
    {"\xC0\xAF", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"\xF0\x9F\x98", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"<script>&'", 10, "\"<script>&'\""},
};
enum { TEXT_COUNT = sizeof texts / sizeof texts[0] };

START_TEST(text_is_escaped_where_it_could_deceive_or_break) {
    struct buffer out = {0};
    tw_json_text(&out, texts[_i].text, texts[_i].size);
    ck_assert_str_eq(tw_buffer_string(&out), texts[_i].json);
    tw_buffer_free(&out);
}
END_TEST

START_TEST(any_bytes_become_json_that_reads_back) {
    struct random random = {seed_from_environment("json_write")};
    struct buffer out = {0};
    struct json_document *document = NULL;
    for (int round = 0; round < 20000; round++) {
        char bytes[24];
        size_t size = random_below(&random, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)random_between(&random, 1, 255);
        tw_buffer_clear(&out);
        tw_json_text(&out, bytes, size);
        tw_error why = {0};
        int status = tw_json_parse_again(&document, out.data, out.size, 1, &why);
        ck_assert_msg(status == 0, "%s", why.text);
    }
    tw_json_free(document);
    tw_buffer_free(&out);
}
END_TEST

START_TEST(times_agree_with_the_slow_way_of_writing_them) {
    struct random random = {seed_from_environment("json_write")};
    struct buffer out = {0};
    for (int round = 0; round < 20000; round++) {
        int64_t time_ns = random_between(&random, INT64_MIN, INT64_MAX);
        if (round < 2)
            time_ns = round ? INT64_MAX : INT64_MIN;
        int32_t offset = (int32_t)random_between(&random, -50000, 50000);
        unsigned decimals = random_below(&random, 2) ? 9 : 0;
        char want[TW_TIME_TEXT_BYTES];
        size_t size = tw_time_format(time_ns, offset, decimals, want);
        tw_buffer_clear(&out);
        tw_json_time(&out, time_ns, offset, decimals);
        ck_assert_uint_eq(out.size, size + 2);
        ck_assert_mem_eq(out.data + 1, want, size);
    }
    tw_buffer_free(&out);
}
END_TEST

START_TEST(numbers_are_written_in_full) {
    struct buffer out = {0};
    int64_t numbers[] = {0, -1, 10, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        tw_json_int(&out, numbers[i]);
        tw_buffer_char(&out, ' ');
    }
    tw_json_decimal(&out, -INT64_MAX);
    tw_json_decimal(&out, TW_UNKNOWN);
    tw_json_decimal_128(&out, (tw_int128)INT64_MAX + 1);
    tw_json_decimal_128(&out, 5 * TW_E8);
    ck_assert_str_eq(tw_buffer_string(&out), "0 -1 10 9223372036854775807 -9223372036854775808 "
                                             "-92233720368.54775807nullnull5");
    tw_buffer_free(&out);
}
END_TEST

static void check_event(const tw_event *event, const char *json) {
    struct zone *zone = new_york();
    struct buffer out = {0};
    tw_json_event(&out, event, zone);
    ck_assert_str_eq(tw_buffer_string(&out), json);
    tw_buffer_free(&out);
    tw_zone_free(zone);
}

static tw_event sample_fill(void) {
    tw_event event = {.type = TW_TYPE_fill,
                      .seq = 41,
                      .time_ns = at("2025-10-06T10:05:47.112908-04:00"),
                      .trading_date = 20251006,
                      .source = TW_SOURCE_HOST};
    event.as.fill = (tw_fill){.exec_id = "0000e0d5.68e3c1a2.01.01",
                              .symbol = "TSLA",
                              .action = TW_ACTION_BUY,
                              .qty_e8 = 100 * TW_E8,
                              .price_e8 = INT64_C(44525000000),
                              .fee_e8 = {TW_E8, 1},
                              .order_ref = "tsla-1"};
    return event;
}

START_TEST(a_fill_is_written_as_documented) {
    tw_event event = sample_fill();
    check_event(&event, "{\"seq\":41,\"time\":\"2025-10-06T10:05:47.112908000-04:00\","
                        "\"type\":\"fill\",\"exec_id\":\"0000e0d5.68e3c1a2.01.01\","
                        "\"symbol\":\"TSLA\",\"action\":\"BUY\",\"qty\":\"100\","
                        "\"price\":\"445.25\",\"fee\":\"1\",\"order_ref\":\"tsla-1\"}");
}
END_TEST

START_TEST(a_trading_date_is_written_only_where_the_time_does_not_say_it) {
    tw_event event = sample_fill();
    event.trading_date = 20251007;
    event.as.fill.fee_e8.known = 0;
    event.as.fill.order_ref = NULL;
    event.as.fill.perm_id = (tw_maybe){INT64_C(1760000000000000001), 1};
    event.as.fill.broker_time_ns = (tw_maybe){at("2025-01-06T15:00:00Z"), 1};
    event.as.fill.kind = TW_FILL_LIQUIDATION;
    event.source = TW_SOURCE_STREAM;
    event.corr = "idea \"7\"";
    event.cause = 40;
    check_event(&event,
                "{\"seq\":41,\"time\":\"2025-10-06T10:05:47.112908000-04:00\","
                "\"trading_date\":\"2025-10-07\",\"type\":\"fill\","
                "\"exec_id\":\"0000e0d5.68e3c1a2.01.01\",\"symbol\":\"TSLA\",\"action\":\"BUY\","
                "\"qty\":\"100\",\"price\":\"445.25\",\"perm_id\":\"1760000000000000001\","
                "\"broker_time\":\"2025-01-06T10:00:00.000000000-05:00\","
                "\"kind\":\"liquidation\",\"source\":\"stream\",\"corr\":\"idea \\\"7\\\"\","
                "\"cause\":40}");
}
END_TEST

START_TEST(an_evening_in_new_york_is_not_the_date_of_utc) {
    tw_event event = {.type = TW_TYPE_session_closed,
                      .seq = 1,
                      .time_ns = at("2025-10-07T01:00:00Z"),
                      .trading_date = 20251006};
    event.as.session_closed.reason = "done";
    check_event(&event, "{\"seq\":1,\"time\":\"2025-10-06T21:00:00.000000000-04:00\","
                        "\"type\":\"session_closed\",\"reason\":\"done\"}");
}
END_TEST

START_TEST(a_record_of_an_unknown_type_is_opaque) {
    tw_event event = {.type = TW_TYPE_OPAQUE,
                      .seq = 9,
                      .time_ns = at("2025-10-06T14:00:00Z"),
                      .trading_date = 20251006,
                      .source = TW_SOURCE_HOST};
    check_event(&event, "{\"seq\":9,\"time\":\"2025-10-06T10:00:00.000000000-04:00\","
                        "\"type\":\"opaque\"}");
}
END_TEST

START_TEST(an_event_without_stamp_shows_none) {
    tw_event event = {.type = TW_TYPE_custom};
    event.as.custom = (tw_custom){.tag = "t", .bytes = "\xFB\xFF\x00", .bytes_size = 3};
    check_event(&event, "{\"type\":\"custom\",\"tag\":\"t\",\"bytes\":\"+/8A\"}");
}
END_TEST

static const struct {
    const char *bytes, *text;
} base64[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

START_TEST(base64_is_that_of_rfc_4648) {
    struct buffer out = {0};
    for (size_t i = 0; i < sizeof base64 / sizeof base64[0]; i++) {
        uint8_t bytes[8];
        size_t size = 99;
        tw_buffer_clear(&out);
        tw_base64_put(&out, base64[i].bytes, strlen(base64[i].bytes));
        ck_assert_str_eq(tw_buffer_string(&out), base64[i].text);
        ck_assert_int_eq(tw_base64_read(base64[i].text, strlen(base64[i].text), bytes, &size), 0);
        ck_assert_uint_eq(size, strlen(base64[i].bytes));
        ck_assert_mem_eq(bytes, base64[i].bytes, size);
    }
    tw_buffer_free(&out);
}
END_TEST

START_TEST(base64_that_is_not_the_only_form_is_refused) {
    static const char *const bad[] = {"Z",    "Zg",   "Zg=",     "Zh==",     "Zm9=",    "Zg===",
                                      "====", "Z===", "=Zg=",    "Zg==Zg==", "Zm 9v",   "Zm9v\n",
                                      "Zm-v", "Zm_v", "Zm9\xC3", "Zg=A",     "Zm9vZm9", "Zg==\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[16];
        size_t size = 99;
        ck_assert_msg(tw_base64_read(bad[i], strlen(bad[i]), bytes, &size) == TW_E_PARSE, "%s",
                      bad[i]);
        ck_assert_uint_eq(size, 99);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_write");
    TCase *tests = tcase_create("writing");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, any_bytes_become_json_that_reads_back);
    tcase_add_test(tests, times_agree_with_the_slow_way_of_writing_them);
    tcase_add_loop_test(tests, text_is_escaped_where_it_could_deceive_or_break, 0, TEXT_COUNT);
    tcase_add_test(tests, numbers_are_written_in_full);
    tcase_add_test(tests, a_fill_is_written_as_documented);
    tcase_add_test(tests, a_trading_date_is_written_only_where_the_time_does_not_say_it);
    tcase_add_test(tests, an_evening_in_new_york_is_not_the_date_of_utc);
    tcase_add_test(tests, a_record_of_an_unknown_type_is_opaque);
    tcase_add_test(tests, an_event_without_stamp_shows_none);
    tcase_add_test(tests, base64_is_that_of_rfc_4648);
    tcase_add_test(tests, base64_that_is_not_the_only_form_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
