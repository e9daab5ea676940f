/* What TWS says, decoded: every kind of message but orders, and nothing else. */
#include "broker/tws_message.h"

#include <string.h>

#include "broker/tws_frame.h"
#include "harness.h"
#include "wire.h"

static struct buffer payload;
static struct tws_message message;
static tw_error why;

static int decode_at(int64_t version) {
    memset(&message, 0xA5, sizeof message);
    memset(&why, 0, sizeof why);
    return tw_tws_decode(payload.data, payload.size, version, &message, &why);
}

static void decode(const char *fields) {
    wire_payload(&payload, fields);
    ck_assert_msg(decode_at(178) == 0, "%s: %s", fields, why.text);
}

static void check_wrong(const char *fields, const char *words) {
    wire_payload(&payload, fields);
    ck_assert_msg(decode_at(178) == TW_E_PARSE, "%s", fields);
    ck_assert_msg(strstr(why.text, words) != NULL, "%s: %s", fields, why.text);
}

/* ---- small messages ------------------------------------------------------------------------ */

START_TEST(a_connection_begins_with_accounts_and_an_id) {
    decode("15|1|DU1,DU2,");
    ck_assert_int_eq(message.kind, TWS_ACCOUNTS);
    ck_assert_str_eq(message.as.accounts, "DU1,DU2,");
    decode("9|1|211");
    ck_assert_int_eq(message.kind, TWS_NEXT_ID);
    ck_assert_int_eq(message.as.number, 211);
    decode("49|1|1752606307");
    ck_assert_int_eq(message.kind, TWS_CURRENT_TIME);
    ck_assert_int_eq(message.as.number, 1752606307);
}
END_TEST

START_TEST(a_position_is_signed_and_its_cost_may_be_longer_than_we_keep) {
    decode("61|3|DU1|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL|NMS|-110|201.88297091234");
    ck_assert_int_eq(message.kind, TWS_POSITION);
    ck_assert_str_eq(message.as.position.account, "DU1");
    ck_assert_int_eq(message.as.position.contract.con_id, 265598);
    ck_assert_str_eq(message.as.position.contract.symbol, "AAPL");
    ck_assert_int_eq(message.as.position.qty_e8, INT64_C(-11000000000));
    ck_assert_int_eq(message.as.position.avg_cost_e8.value, INT64_C(20188297091));
    ck_assert_int_eq(message.rounded, 1);
    decode("62|1");
    ck_assert_int_eq(message.kind, TWS_POSITIONS_END);
}
END_TEST

START_TEST(an_execution_has_its_sides_and_ids) {
    wire_payload(&payload, "11|9001|13|76792991|TSLA|STK||0.0|||ISLAND|USD|TSLA|NMS|"
                           "00025b46.63f8f39c.01.01|20230224  12:04:56|DU1|ISLAND|SLD|100|196.52|"
                           "1376327563|2001|1|100|196.52|stop-7||||2|0");
    ck_assert_msg(decode_at(178) == 0, "%s", why.text);
    const struct tws_execution *execution = &message.as.execution;
    ck_assert_int_eq(message.kind, TWS_EXECUTION);
    ck_assert_int_eq(execution->request_id, 9001);
    ck_assert_str_eq(execution->exec_id, "00025b46.63f8f39c.01.01");
    ck_assert_int_eq(execution->is_sell, 1);
    ck_assert_int_eq(execution->qty_e8, 100 * INT64_C(100000000));
    ck_assert_int_eq(execution->price_e8, INT64_C(19652000000));
    ck_assert_int_eq(execution->perm_id, 1376327563);
    ck_assert_int_eq(execution->client_id, 2001);
    ck_assert_int_eq(execution->is_liquidation, 1);
    ck_assert_str_eq(execution->order_ref, "stop-7");
    ck_assert_int_eq(execution->cum_qty_e8.known, 1);
    /* Below 178 the last field is not there; at 178 it has to be. */
    ck_assert_int_eq(decode_at(177), TW_E_PARSE);
    payload.size -= 2;
    ck_assert_int_eq(decode_at(178), TW_E_PARSE);
    ck_assert_int_eq(decode_at(177), 0);
}
END_TEST

START_TEST(a_commission_without_a_figure_is_unknown_and_not_0) {
    decode("59|1|e.01.01|1.0003|USD|1.7976931348623157E308|1.7976931348623157E308|");
    ck_assert_int_eq(message.kind, TWS_COMMISSION);
    ck_assert_int_eq(message.as.commission.fee_e8.value, 100030000);
    ck_assert_int_eq(message.as.commission.realized_e8.known, 0);
    decode("59|1|e.01.01||USD|-68.051912|0|20300101");
    ck_assert_int_eq(message.as.commission.fee_e8.known, 0);
    ck_assert_int_eq(message.as.commission.realized_e8.value, INT64_C(-6805191200));
}
END_TEST

START_TEST(a_status_has_what_is_filled_and_why_it_is_held) {
    decode("3|211|PreSubmitted|0|100|0|1376327563|210|0|2001|trigger|0");
    ck_assert_int_eq(message.kind, TWS_ORDER_STATUS);
    ck_assert_str_eq(message.as.order_status.status, "PreSubmitted");
    ck_assert_str_eq(message.as.order_status.why_held, "trigger");
    ck_assert_int_eq(message.as.order_status.remaining_e8.value, 100 * INT64_C(100000000));
    ck_assert_int_eq(message.as.order_status.perm_id, 1376327563);
    decode("3|211|||2147483647|0|1376327563|210|0|2001||0");
    ck_assert_str_eq(message.as.order_status.status, "");
    ck_assert_int_eq(message.as.order_status.filled_e8.known, 0);
}
END_TEST

START_TEST(a_notice_has_its_code_and_its_class) {
    decode("4|2|-1|2104|Market data farm connection is OK:usfarm|");
    ck_assert_int_eq(message.kind, TWS_NOTICE);
    ck_assert_int_eq(message.as.notice.id, -1);
    ck_assert_int_eq(tw_tws_notice_class(message.as.notice.code), TWS_NOTICE_INFO);
    ck_assert_int_eq(tw_tws_notice_class(1100), TWS_NOTICE_LOST);
    ck_assert_int_eq(tw_tws_notice_class(2110), TWS_NOTICE_LOST);
    ck_assert_int_eq(tw_tws_notice_class(1101), TWS_NOTICE_RESTORED);
    ck_assert_int_eq(tw_tws_notice_class(321), TWS_NOTICE_REFUSED);
    ck_assert_int_eq(tw_tws_notice_class(326), TWS_NOTICE_ID_USED);
    ck_assert_int_eq(tw_tws_notice_class(2105), TWS_NOTICE_WARNING);
    ck_assert_int_eq(tw_tws_notice_class(202), TWS_NOTICE_ORDER);
}
END_TEST

START_TEST(what_nobody_asked_for_is_passed_over_whatever_it_says) {
    decode("63|1|9000|DU1|NetLiquidation|246447.83|USD");
    ck_assert_int_eq(message.kind, TWS_OTHER);
    ck_assert_int_eq(message.id, 63);
    decode("101|anything");
    ck_assert_int_eq(message.kind, TWS_OTHER);
    decode("53|1");
    ck_assert_int_eq(message.kind, TWS_ORDERS_END);
    decode("55|1|9001");
    ck_assert_int_eq(message.as.number, 9001);
}
END_TEST

START_TEST(what_does_not_fit_is_named) {
    check_wrong("x|1", "field 0, id, is \"x\"");
    check_wrong("9|1", "nextValidId of TWS: it ends before field 2, orderId");
    check_wrong("9|1|2|3", "it goes on behind its last field, 2");
    check_wrong("9|1|12\x1b[2J", "field 2, orderId, is \"12\\x1b[2J\", expected an integer");
    check_wrong("61|3||1|A|STK||0|||N|USD|A|N|1|1", "field 2, account");
    check_wrong("61|3|DU1|1|A|STK||0|||N|USD|A|N||1", "field 14, position, is \"\"");
    check_wrong("61|3|DU1|1|A|STK||0|||N|USD|A|N|1E11|1", "less than 92 billion");
    check_wrong("11|1|1|1|A|STK||0|||I|USD|A|N|e|t|DU1|I|BUY|1|1|1|1|0|1|1||||||0",
                "field 18, side, is \"BUY\", expected BOT or SLD");
    check_wrong("11|1|1|1|A|STK||0|||I|USD|A|N|e|t|DU1|I|BOT|-1|1|1|1|0|1|1||||||0",
                "field 19, shares, is \"-1\", expected more than 0");
    wire_payload(&payload, "9|1|2");
    payload.size--;
    ck_assert_int_eq(decode_at(178), TW_E_PARSE);
    ck_assert_ptr_nonnull(strstr(why.text, "NUL"));
    payload.size = 0;
    ck_assert_int_eq(decode_at(178), TW_E_PARSE);
}
END_TEST

START_TEST(the_greeting_says_which_version_it_is) {
    int64_t version;
    const char *time;
    wire_payload(&payload, "178|20240324 21:18:59 Greenwich Mean Time");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why), 0);
    ck_assert_int_eq(version, 178);
    ck_assert_str_eq(time, "20240324 21:18:59 Greenwich Mean Time");
    wire_payload(&payload, "-1|10.0.0.1:4001");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why),
                     TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(why.text, "10.0.0.1:4001"));
    wire_payload(&payload, "169|t");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why),
                     TW_E_BROKER);
    wire_payload(&payload, "179|t");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why),
                     TW_E_BROKER);
}
END_TEST

/* ---- frames -------------------------------------------------------------------------------- */

START_TEST(frames_are_the_same_wherever_the_connection_cuts_them) {
    struct random random = {seed_from_environment("tws frames")};
    for (int round = 0; round < 300; round++) {
        struct buffer stream = {0}, sent = {0}, got = {0};
        struct tws_frames frames = {0};
        size_t count = 1 + random_below(&random, 20);
        for (size_t i = 0; i < count; i++) {
            char bytes[300];
            size_t size = 1 + random_below(&random, sizeof bytes);
            for (size_t at = 0; at < size; at++)
                bytes[at] = (char)random_next(&random);
            wire_frame(&stream, bytes, size);
            tw_buffer_put(&sent, bytes, size);
        }
        size_t at = 0, found = 0, step = 1 + random_below(&random, 400);
        while (at < stream.size) {
            size_t some = random_below(&random, 2) ? 1 : random_below(&random, step + 1);
            some = some > stream.size - at ? stream.size - at : some;
            ck_assert_int_eq(tw_tws_frames_feed(&frames, stream.data + at, some, &why), 0);
            at += some;
            const char *bytes;
            size_t size;
            while (tw_tws_frames_next(&frames, &bytes, &size, &why) == 1) {
                tw_buffer_put(&got, bytes, size);
                found++;
            }
        }
        ck_assert_uint_eq(found, count);
        ck_assert_uint_eq(got.size, sent.size);
        ck_assert_mem_eq(got.data, sent.data, sent.size);
        tw_tws_frames_free(&frames);
        tw_buffer_free(&stream);
        tw_buffer_free(&sent);
        tw_buffer_free(&got);
    }
}
END_TEST

START_TEST(a_length_that_no_message_has_ends_the_reading_and_costs_no_memory) {
    static const struct {
        const char bytes[5];
        int expected;
    } lengths[] = {{"\0\0\0\0", TW_E_PARSE},
                   {"\x01\0\0\0", TW_E_PARSE},
                   {"\xff\xff\xff\xff", TW_E_PARSE},
                   {"HTTP", TW_E_PARSE},
                   {"\0\xff\xff\xff", 0}};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct tws_frames frames = {0};
        const char *bytes;
        size_t size;
        ck_assert_int_eq(tw_tws_frames_feed(&frames, lengths[i].bytes, 4, &why), 0);
        ck_assert_int_eq(tw_tws_frames_next(&frames, &bytes, &size, &why), lengths[i].expected);
        ck_assert_uint_lt(frames.bytes.capacity, 4096);
        tw_tws_frames_free(&frames);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_message");
    TCase *cases = tcase_create("tws_message");
    tcase_add_test(cases, a_connection_begins_with_accounts_and_an_id);
    tcase_add_test(cases, a_position_is_signed_and_its_cost_may_be_longer_than_we_keep);
    tcase_add_test(cases, an_execution_has_its_sides_and_ids);
    tcase_add_test(cases, a_commission_without_a_figure_is_unknown_and_not_0);
    tcase_add_test(cases, a_status_has_what_is_filled_and_why_it_is_held);
    tcase_add_test(cases, a_notice_has_its_code_and_its_class);
    tcase_add_test(cases, what_nobody_asked_for_is_passed_over_whatever_it_says);
    tcase_add_test(cases, what_does_not_fit_is_named);
    tcase_add_test(cases, the_greeting_says_which_version_it_is);
    tcase_add_test(cases, frames_are_the_same_wherever_the_connection_cuts_them);
    tcase_add_test(cases, a_length_that_no_message_has_ends_the_reading_and_costs_no_memory);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
