/* What a line of JSON must be to become an event, and how it is told that it is not. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "core/json_read.h"
#include "core/schema.h"
#include "harness.h"

static struct zone *zone;
static struct json_document *document;

static void set_up(void) {
    zone = NULL;
    document = NULL;
    ck_assert_int_eq(tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, NULL), 0);
}

static void tear_down(void) {
    tw_json_free(document);
    tw_zone_free(zone);
}

static int read_event(const char *text, tw_event *ret, tw_error *why) {
    int status = tw_json_parse_again(&document, text, strlen(text), 1, why);
    ck_assert_msg(status == 0, "not JSON: %s", text);
    return tw_json_to_event(document, zone, ret, why);
}

static int64_t at(const char *text) {
    int64_t time_ns = 0;
    ck_assert_int_eq(tw_time_parse(text, strlen(text), &time_ns), 0);
    return time_ns;
}

START_TEST(the_documented_fill_is_read) {
    tw_event event;
    tw_error why = {0};
    int status = read_event(
        "{\"seq\":41,\"time\":\"2025-10-06T10:05:47.112908000-04:00\",\"type\":\"fill\","
        "\"symbol\":\"TSLA\",\"action\":\"BUY\",\"qty\":\"100\",\"price\":\"445.25\","
        "\"fee\":\"1.00\",\"exec_id\":\"0000e0d5.68e3c1a2.01.01\",\"order_ref\":\"tsla-1\"}",
        &event, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    ck_assert_uint_eq(event.size, sizeof event);
    ck_assert_int_eq(event.type, TW_TYPE_fill);
    ck_assert_uint_eq(event.seq, 0);
    ck_assert_int_eq(event.time_ns, at("2025-10-06T14:05:47.112908Z"));
    ck_assert_int_eq(event.trading_date, 0);
    ck_assert_int_eq(event.source, TW_SOURCE_HOST);
    ck_assert_ptr_null(event.corr);
    ck_assert_uint_eq(event.cause, 0);
    ck_assert_uint_eq(event.as.fill.size, sizeof event.as.fill);
    ck_assert_str_eq(event.as.fill.symbol, "TSLA");
    ck_assert_int_eq(event.as.fill.action, TW_ACTION_BUY);
    ck_assert_int_eq(event.as.fill.qty_e8, 100 * TW_E8);
    ck_assert_int_eq(event.as.fill.price_e8, INT64_C(44525000000));
    ck_assert_int_eq(event.as.fill.fee_e8.known, 1);
    ck_assert_int_eq(event.as.fill.fee_e8.value, TW_E8);
    ck_assert_str_eq(event.as.fill.exec_id, "0000e0d5.68e3c1a2.01.01");
    ck_assert_str_eq(event.as.fill.order_ref, "tsla-1");
    ck_assert_int_eq(event.as.fill.perm_id.known, 0);
    ck_assert_ptr_null(event.as.fill.currency);
}
END_TEST

START_TEST(numbers_and_their_text_are_the_same) {
    tw_event event;
    tw_error why = {0};
    int status = read_event("{\"type\":\"fill\",\"exec_id\":\"e\",\"symbol\":\"X\","
                            "\"action\":\"SELL\",\"qty\":1e2,\"price\":0.00000001,"
                            "\"perm_id\":1760000000000000001,\"fee\":null,\"cause\":\"7\","
                            "\"source\":\"import\",\"corr\":\"c\","
                            "\"trading_date\":\"2025-10-07\",\"cum_qty\":\"92233720368.5\"}",
                            &event, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    ck_assert_int_eq(event.time_ns, 0);
    ck_assert_int_eq(event.trading_date, 20251007);
    ck_assert_int_eq(event.source, TW_SOURCE_IMPORT);
    ck_assert_str_eq(event.corr, "c");
    ck_assert_uint_eq(event.cause, 7);
    ck_assert_int_eq(event.as.fill.qty_e8, 100 * TW_E8);
    ck_assert_int_eq(event.as.fill.price_e8, 1);
    ck_assert_int_eq(event.as.fill.perm_id.value, INT64_C(1760000000000000001));
    ck_assert_int_eq(event.as.fill.fee_e8.known, 0);
    ck_assert_int_eq(event.as.fill.cum_qty_e8.value, INT64_C(9223372036850000000));
}
END_TEST

static const struct {
    const char *text, *utc;
} times[] = {
    {"2025-10-06T10:05:47.112908000-04:00", "2025-10-06T14:05:47.112908Z"},
    {"2025-10-06T14:05:47Z", "2025-10-06T14:05:47Z"},
    {"2025-10-06t14:05:47.5z", "2025-10-06T14:05:47.5Z"},
    {"2025-10-06 10:05:47", "2025-10-06T14:05:47Z"},
    {"2025-10-06T10:05:47.123456789", "2025-10-06T14:05:47.123456789Z"},
    {"2025-12-06T10:05:47", "2025-12-06T15:05:47Z"},
    {"2025-11-02T01:30:00", "2025-11-02T05:30:00Z"},
    {"2025-11-02T01:30:00-05:00", "2025-11-02T06:30:00Z"},
};

START_TEST(a_time_is_rfc_3339_or_local) {
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "{\"type\":\"session_closed\",\"reason\":\"r\",\"time\":\"%s\"}", times[i].text);
        tw_event event;
        tw_error why = {0};
        ck_assert_msg(read_event(text, &event, &why) == 0, "%s", why.text);
        ck_assert_msg(event.time_ns == at(times[i].utc), "%s", times[i].text);
    }
}
END_TEST

START_TEST(a_local_time_before_1970_keeps_its_fraction) {
    static const char text[] = "\"1969-12-31T18:59:59.25\"";
    ck_assert_int_eq(tw_json_parse_again(&document, text, strlen(text), 1, NULL), 0);
    int64_t time_ns = 0;
    ck_assert_int_eq(tw_json_time_ns(tw_json_root(document), zone, &time_ns, NULL), 0);
    ck_assert_int_eq(time_ns, -750000000);
}
END_TEST

#define FILL                                                                              \
    "{\"type\":\"fill\",\"exec_id\":\"e\",\"symbol\":\"X\",\"action\":\"BUY\",\"qty\":1," \
    "\"price\":1"
#define FILL_NAMES                                                                          \
    "exec_id, symbol, action, qty, price, fee, order_ref, perm_id, broker_time, currency, " \
    "cum_qty, kind"
#define CLOSE "{\"type\":\"session_closed\",\"reason\":\"r\""

static const struct {
    const char *text;
    int status;
    const char *line; /* the end of it */
} refused[] = {
    {"[]", TW_E_PARSE, "line 1, column 1: found an array, expected an object with a type"},
    {"7", TW_E_PARSE, "found 7, expected an object with a type"},
    {"{}", TW_E_REFUSED, "line 1, column 1: type is missing"},
    {"{\"type\":7}", TW_E_PARSE, "type: found 7, expected the name of an event type"},
    {"{\"type\":\"fil\"}", TW_E_UNKNOWN_NAME,
     "line 1, column 9: type: found \"fil\", expected the name of an event type"},
    {"{\"type\":\"FILL\"}", TW_E_UNKNOWN_NAME, "expected the name of an event type"},
    {"{\"type\":\"opaque\"}", TW_E_REFUSED, "expected a type whose fields are in the text"},
    {FILL ",\"prize\":1}", TW_E_UNKNOWN_NAME,
     "found a member \"prize\", expected only those of fill: " FILL_NAMES},
    {FILL ",\"\\u001b[2J\":1}", TW_E_UNKNOWN_NAME,
     "found a member \"\\x1b[2J\", expected only those of fill: " FILL_NAMES},
    {FILL ",\"level\":1}", TW_E_UNKNOWN_NAME,
     "found a member \"level\", expected only those of fill: " FILL_NAMES},
    {"{\"type\":\"fill\",\"exec_id\":\"e\",\"symbol\":\"X\",\"action\":\"BUY\",\"qty\":1}",
     TW_E_REFUSED, "line 1, column 1: fill: price is missing"},
    {"{\"type\":\"commission\",\"exec_id\":\"e\"}", TW_E_REFUSED, "commission: fee is missing"},
    {"{\"type\":\"counter\",\"group\":\"g\",\"name\":\"n\"}", TW_E_REFUSED,
     "counter: delta is missing"},
    {"{\"type\":\"clock\"}", TW_E_REFUSED, "clock: synchronised is missing"},
    {"{\"type\":\"custom\",\"tag\":\"t\"}", TW_E_REFUSED, "custom: bytes is missing"},
    {"{\"type\":\"session_closed\",\"reason\":null}", TW_E_PARSE,
     "reason: found null, expected text in quotes"},
    {"{\"type\":\"session_closed\",\"reason\":5}", TW_E_PARSE,
     "reason: found 5, expected text in quotes"},
    {"{\"type\":\"session_closed\",\"reason\":\"\"}", TW_E_TEXT,
     "reason is empty, expected text or nothing at all"},
    {"{\"type\":\"session_closed\",\"reason\":\"a\\u0007\"}", TW_E_TEXT,
     "reason is \"a\\x07\", expected UTF-8 without control characters"},
    {FILL ",\"fee\":\"x\"}", TW_E_PARSE, "fee: found \"x\", expected a decimal number"},
    {FILL ",\"fee\":{}}", TW_E_PARSE, "fee: found an object, expected a decimal number"},
    {FILL ",\"fee\":\"0.123456789\"}", TW_E_RANGE,
     "fee: found \"0.123456789\", expected at most eight decimals and 64 bits"},
    {FILL ",\"fee\":1e99}", TW_E_RANGE, "found 1e99, expected at most eight decimals and 64 bits"},
    {FILL ",\"cum_qty\":0}", TW_E_RANGE, "cum_qty is out of range, expected a number above 0"},
    {FILL ",\"cum_qty\":\"-1\"}", TW_E_RANGE, "cum_qty is out of range, expected a number above 0"},
    {FILL ",\"perm_id\":1.5}", TW_E_PARSE, "perm_id: found 1.5, expected a whole number"},
    {FILL ",\"perm_id\":\"007\"}", TW_E_PARSE, "perm_id: found \"007\", expected a whole number"},
    {FILL ",\"perm_id\":\"\"}", TW_E_PARSE, "perm_id: found \"\", expected a whole number"},
    {FILL ",\"perm_id\":\"9223372036854775808\"}", TW_E_RANGE,
     "expected a whole number of 64 bits"},
    {FILL ",\"kind\":\"gift\"}", TW_E_UNKNOWN_NAME,
     "kind: found \"gift\", expected one of trade exercise assignment expiry liquidation"},
    {FILL ",\"kind\":2}", TW_E_PARSE,
     "kind: found 2, expected one of trade exercise assignment expiry liquidation"},
    {FILL ",\"source\":\"me\"}", TW_E_UNKNOWN_NAME,
     "source: found \"me\", expected one of host stream query inferred operator import"},
    {FILL ",\"cause\":-1}", TW_E_RANGE, "cause: found -1, expected the seq of a record"},
    {FILL ",\"corr\":\"\"}", TW_E_TEXT, "corr is not 1 to 64 bytes of clean text"},
    {FILL ",\"broker_time\":\"10:05\"}", TW_E_PARSE,
     "broker_time: found \"10:05\", expected a time such as 2025-10-06T10:05:47.112-04:00"},
    {CLOSE ",\"time\":1759759547}", TW_E_PARSE,
     "time: found 1759759547, expected a time such as 2025-10-06T10:05:47.112-04:00"},
    {CLOSE ",\"time\":\"2025-02-29T10:00:00Z\"}", TW_E_PARSE,
     "expected a time such as 2025-10-06T10:05:47.112-04:00"},
    {CLOSE ",\"time\":\"2300-01-01T10:00:00Z\"}", TW_E_RANGE, "expected a time before 2262"},
    {CLOSE ",\"time\":\"2300-01-01T10:00:00\"}", TW_E_RANGE, "expected a time before 2262"},
    {CLOSE ",\"time\":\"2262-04-11T23:47:16.854775807\"}", TW_E_RANGE,
     "expected a time before 2262"},
    {CLOSE ",\"time\":\"1677-09-21T00:12:43.2\"}", TW_E_RANGE, "expected a time after 1970"},
    {CLOSE ",\"time\":\"1970-01-01T00:00:00Z\"}", TW_E_RANGE,
     "time: found \"1970-01-01T00:00:00Z\", expected a time after 1970"},
    {CLOSE ",\"trading_date\":20251006}", TW_E_PARSE,
     "trading_date: found 20251006, expected a date such as 2025-10-06"},
    {CLOSE ",\"trading_date\":\"2025-13-01\"}", TW_E_PARSE, "expected a date such as 2025-10-06"},
    {CLOSE ",\"trading_date\":\"1969-12-31\"}", TW_E_RANGE, "expected a date from 1970 to 2261"},
    {"{\"type\":\"clock\",\"synchronised\":1}", TW_E_PARSE,
     "synchronised: found 1, expected true or false"},
    {"{\"type\":\"counter\",\"group\":\"g\",\"name\":\"n\",\"delta\":9007199254740993}", TW_E_RANGE,
     "delta is out of range, expected at most 2^53"},
    {"{\"type\":\"custom\",\"tag\":\"t\",\"bytes\":\"Zg\"}", TW_E_PARSE,
     "bytes: found \"Zg\", expected base64 with its padding"},
    {"{\"type\":\"custom\",\"tag\":\"t\",\"bytes\":[1]}", TW_E_PARSE,
     "bytes: found an array, expected base64 with its padding"},
};
enum { REFUSED_COUNT = sizeof refused / sizeof refused[0] };

START_TEST(what_is_wrong_is_named_and_nothing_is_written) {
    tw_event event = {.type = 77};
    tw_error why = {0};
    int status = read_event(refused[_i].text, &event, &why);
    ck_assert_msg(status == refused[_i].status, "%d for %s: %s", status, refused[_i].text,
                  why.text);
    ck_assert_int_eq(why.code, refused[_i].status);
    size_t size = strlen(why.text), end = strlen(refused[_i].line);
    ck_assert_msg(size >= end && strcmp(why.text + size - end, refused[_i].line) == 0, "%s",
                  why.text);
    ck_assert_msg(strncmp(why.text, "line 1, column ", 15) == 0, "%s", why.text);
    ck_assert_int_eq(event.type, 77);
    ck_assert_int_eq(read_event(refused[_i].text, &event, NULL), refused[_i].status);
}
END_TEST

START_TEST(text_may_be_as_long_as_its_field_and_no_longer) {
    char text[512];
    tw_event event;
    tw_error why = {0};
    snprintf(text, sizeof text, "{\"type\":\"session_closed\",\"reason\":\"%0256d\"}", 0);
    ck_assert_int_eq(read_event(text, &event, NULL), 0);
    ck_assert_uint_eq(strlen(event.as.session_closed.reason), 256);
    snprintf(text, sizeof text, "{\"type\":\"session_closed\",\"reason\":\"%0257d\"}", 0);
    ck_assert_int_eq(read_event(text, &event, &why), TW_E_TEXT);
    ck_assert_ptr_nonnull(strstr(why.text, "has 257 bytes, at most 256 are allowed"));
}
END_TEST

START_TEST(an_event_may_lie_in_an_array) {
    static const char text[] = "[" CLOSE "}, " FILL "}]";
    ck_assert_int_eq(tw_json_parse_again(&document, text, strlen(text), 1, NULL), 0);
    const struct json *first = tw_json_root(document)->first;
    tw_event event;
    ck_assert_int_eq(tw_json_object_to_event(document, first, zone, &event, NULL), 0);
    ck_assert_int_eq(event.type, TW_TYPE_session_closed);
    ck_assert_int_eq(tw_json_object_to_event(document, first->next, zone, &event, NULL), 0);
    ck_assert_int_eq(event.type, TW_TYPE_fill);
}
END_TEST

START_TEST(empty_bytes_are_known) {
    tw_event event;
    ck_assert_int_eq(read_event("{\"type\":\"custom\",\"tag\":\"t\",\"bytes\":\"\"}", &event, NULL),
                     0);
    ck_assert_uint_eq(event.as.custom.bytes_size, 0);
    ck_assert_int_eq(
        read_event("{\"type\":\"custom\",\"tag\":\"t\",\"bytes\":\"AP8=\"}", &event, NULL), 0);
    ck_assert_uint_eq(event.as.custom.bytes_size, 2);
    ck_assert_mem_eq(event.as.custom.bytes, "\0\xFF", 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_event");
    TCase *tests = tcase_create("events");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_documented_fill_is_read);
    tcase_add_test(tests, numbers_and_their_text_are_the_same);
    tcase_add_test(tests, a_time_is_rfc_3339_or_local);
    tcase_add_test(tests, a_local_time_before_1970_keeps_its_fraction);
    tcase_add_loop_test(tests, what_is_wrong_is_named_and_nothing_is_written, 0, REFUSED_COUNT);
    tcase_add_test(tests, text_may_be_as_long_as_its_field_and_no_longer);
    tcase_add_test(tests, an_event_may_lie_in_an_array);
    tcase_add_test(tests, empty_bytes_are_known);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
