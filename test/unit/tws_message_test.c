/* What TWS says, decoded: every kind of message, every part of an order that may be there or not,
 * and nothing else. */
#include "broker/tws_message.h"

#include <stdlib.h>
#include <string.h>

#include "broker/tws_frame.h"
#include "harness.h"
#include "tws.h"

static struct buffer payload;
static struct tws_message message;
static tw_error why;

static int decode_at(int64_t version) {
    memset(&message, 0xA5, sizeof message);
    memset(&why, 0, sizeof why);
    return tw_tws_decode(payload.data, payload.size, version, &message, &why);
}

static void decode(const char *fields) {
    tws_payload(&payload, fields);
    ck_assert_msg(decode_at(178) == 0, "%s: %s", fields, why.text);
}

static void check_wrong(const char *fields, const char *words) {
    tws_payload(&payload, fields);
    ck_assert_msg(decode_at(178) == TW_E_PARSE, "%s", fields);
    ck_assert_msg(strstr(why.text, words) != NULL, "%s: %s", fields, why.text);
}

/* ---- small messages ------------------------------------------------------------------------ */

START_TEST(a_connection_begins_with_accounts_and_an_id) {
    decode("15|1|DU1,DU2,|");
    ck_assert_int_eq(message.kind, TWS_ACCOUNTS);
    ck_assert_str_eq(message.as.accounts, "DU1,DU2,");
    decode("9|1|211|");
    ck_assert_int_eq(message.kind, TWS_NEXT_ID);
    ck_assert_int_eq(message.as.number, 211);
    decode("49|1|1752606307|");
    ck_assert_int_eq(message.kind, TWS_CURRENT_TIME);
    ck_assert_int_eq(message.as.number, 1752606307);
}
END_TEST

START_TEST(a_position_is_signed_and_its_cost_may_be_longer_than_we_keep) {
    decode("61|3|DU1|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL|NMS|-110|201.88297091234|");
    ck_assert_int_eq(message.kind, TWS_POSITION);
    ck_assert_str_eq(message.as.position.account, "DU1");
    ck_assert_int_eq(message.as.position.contract.con_id, 265598);
    ck_assert_str_eq(message.as.position.contract.symbol, "AAPL");
    ck_assert_int_eq(message.as.position.qty_e8, INT64_C(-11000000000));
    ck_assert_int_eq(message.as.position.avg_cost_e8.value, INT64_C(20188297091));
    ck_assert_int_eq(message.rounded, 1);
    decode("62|1|");
    ck_assert_int_eq(message.kind, TWS_POSITIONS_END);
}
END_TEST

START_TEST(an_execution_has_its_sides_and_ids) {
    tws_payload(&payload, "11|9001|13|76792991|TSLA|STK||0.0|||ISLAND|USD|TSLA|NMS|"
                          "00025b46.63f8f39c.01.01|20230224  12:04:56|DU1|ISLAND|SLD|100|196.52|"
                          "1376327563|2001|1|100|196.52|stop-7||||2|0|");
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
    tws_replace(&payload, 31, NULL);
    ck_assert_int_eq(decode_at(178), TW_E_PARSE);
    ck_assert_int_eq(decode_at(177), 0);
}
END_TEST

START_TEST(a_commission_without_a_figure_is_unknown_and_not_0) {
    decode("59|1|e.01.01|1.0003|USD|1.7976931348623157E308|1.7976931348623157E308||");
    ck_assert_int_eq(message.kind, TWS_COMMISSION);
    ck_assert_int_eq(message.as.commission.fee_e8.value, 100030000);
    ck_assert_int_eq(message.as.commission.realized_e8.known, 0);
    decode("59|1|e.01.01||USD|-68.051912|0|20300101|");
    ck_assert_int_eq(message.as.commission.fee_e8.known, 0);
    ck_assert_int_eq(message.as.commission.realized_e8.value, INT64_C(-6805191200));
}
END_TEST

START_TEST(a_status_has_what_is_filled_and_why_it_is_held) {
    decode("3|211|PreSubmitted|0|100|0|1376327563|210|0|2001|trigger|0|");
    ck_assert_int_eq(message.kind, TWS_ORDER_STATUS);
    ck_assert_str_eq(message.as.order_status.status, "PreSubmitted");
    ck_assert_str_eq(message.as.order_status.why_held, "trigger");
    ck_assert_int_eq(message.as.order_status.remaining_e8.value, 100 * INT64_C(100000000));
    ck_assert_int_eq(message.as.order_status.perm_id, 1376327563);
}
END_TEST

START_TEST(a_notice_has_its_code_and_its_class) {
    decode("4|2|-1|2104|Market data farm connection is OK:usfarm||");
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
    decode("63|1|9000|DU1|NetLiquidation|246447.83|USD|");
    ck_assert_int_eq(message.kind, TWS_OTHER);
    ck_assert_int_eq(message.id, 63);
    decode("101|anything|");
    ck_assert_int_eq(message.kind, TWS_COMPLETED_ORDER);
    decode("102|");
    ck_assert_int_eq(message.kind, TWS_COMPLETED_END);
    decode("53|1|");
    ck_assert_int_eq(message.kind, TWS_ORDERS_END);
    decode("55|1|9001|");
    ck_assert_int_eq(message.as.number, 9001);
}
END_TEST

START_TEST(what_does_not_fit_is_named) {
    check_wrong("x|1|", "field 0, id, is \"x\"");
    check_wrong("9|1|", "nextValidId of TWS: it ends before field 2, orderId");
    check_wrong("9|1|2|3|", "it goes on behind its last field, 2");
    check_wrong("9|1|12\x1b[2J|", "field 2, orderId, is \"12\\x1b[2J\", expected an integer");
    check_wrong("61|3||1|A|STK||0|||N|USD|A|N|1|1|", "field 2, account");
    check_wrong("61|3|DU1|1|A|STK||0|||N|USD|A|N||1|", "field 14, position, is \"\"");
    check_wrong("61|3|DU1|1|A|STK||0|||N|USD|A|N|1E11|1|", "less than 92 billion");
    check_wrong("11|1|1|1|A|STK||0|||I|USD|A|N|e|t|DU1|I|BUY|1|1|1|1|0|1|1||||||0|",
                "field 18, side, is \"BUY\", expected BOT or SLD");
    check_wrong("11|1|1|1|A|STK||0|||I|USD|A|N|e|t|DU1|I|BOT|-1|1|1|1|0|1|1||||||0|", "shares");
    tws_payload(&payload, "9|1|2|");
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
    tws_payload(&payload, "178|20240324 21:18:59 Greenwich Mean Time|");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why), 0);
    ck_assert_int_eq(version, 178);
    ck_assert_str_eq(time, "20240324 21:18:59 Greenwich Mean Time");
    tws_payload(&payload, "-1|10.0.0.1:4001|");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why),
                     TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(why.text, "10.0.0.1:4001"));
    tws_payload(&payload, "169|t|");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why),
                     TW_E_BROKER);
    tws_payload(&payload, "179|t|");
    ck_assert_int_eq(tw_tws_decode_hello(payload.data, payload.size, &version, &time, &why),
                     TW_E_BROKER);
}
END_TEST

/* ---- orders -------------------------------------------------------------------------------- */

static void check_order(int64_t version) {
    const struct tws_order *order = &message.as.order;
    ck_assert_msg(decode_at(version) == 0, "%s", why.text);
    ck_assert_int_eq(message.kind, TWS_OPEN_ORDER);
    ck_assert_int_eq(order->order_id, 211);
    ck_assert_int_eq(order->contract.con_id, 76792991);
    ck_assert_str_eq(order->contract.trading_class, "NMS");
    ck_assert_str_eq(order->action, "SELL");
    ck_assert_int_eq(order->qty_e8, 100 * INT64_C(100000000));
    ck_assert_int_eq(order->aux_e8.value, INT64_C(24550000000));
    ck_assert_str_eq(order->tif, "GTC");
    ck_assert_str_eq(order->oca_group, "1571710075");
    ck_assert_str_eq(order->account, "DU1");
    ck_assert_str_eq(order->order_ref, "stop-7");
    ck_assert_int_eq(order->client_id, 2001);
    ck_assert_int_eq(order->perm_id, 1376327563);
    ck_assert_int_eq(order->outside_rth, 1);
    ck_assert_int_eq(order->parent_id, 210);
    ck_assert_int_eq(order->is_what_if, 0);
    ck_assert_str_eq(order->status, "PreSubmitted");
    ck_assert_int_eq(order->trail_stop_e8.value, INT64_C(24550000000));
}

START_TEST(an_order_is_read_at_every_version) {
    for (int64_t version = 170; version <= 178; version++) {
        tws_plain_order(&payload, version);
        check_order(version);
    }
    tws_plain_order(&payload, 176);
    ck_assert_int_eq(decode_at(177), TW_E_PARSE);
    tws_plain_order(&payload, 177);
    ck_assert_int_eq(decode_at(176), TW_E_PARSE);
}
END_TEST

/* What stands at a place of the plain order, and what else may: then the rest is still read as it
 * was. */
static const struct {
    int index;
    const char *fields;
} parts[] = {
    {61, "Keine|"},
    {78, "2|1|2|BUY|SMART|0|0||-1|3|4|SELL|SMART|0|0||-1|"},
    {79, "2|1.5||"},
    {80, "1|NonGuaranteed|1|"},
    {83, "0.05|0.1|60|0.2|1|100|0|0|"},
    {84, "D|0.5|"},
    {89, "1|265598|0.5|201.5|"},
    {90, "Adaptive|1|adaptivePriority|Normal|"},
    {110, "1|1|a|1|100.5|265598|SMART|0|1|0|"},
    {110, "2|3|a|1|20251006 10:00:00|4|o|0|30|0|0|"},
    {110, "1|5|a|STK|SMART|TSLA|1|1|"},
    {110, "2|6|a|1|1000|265598|SMART|7|o|0|-2.5|265598|SMART|1|0|"},
    {112, "1.5|"},
    {132, "Infinity|"},
};

START_TEST(each_part_that_may_be_there_moves_nothing_behind_it) {
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        tws_plain_order(&payload, 178);
        tws_replace(&payload, parts[i].index, parts[i].fields);
        check_order(178);
    }
    /* All together: from the back, so that places stay what they are. */
    tws_plain_order(&payload, 178);
    for (size_t i = sizeof parts / sizeof parts[0]; i-- > 0;)
        if (parts[i].index != 110 || parts[i].fields[2] == '1')
            tws_replace(&payload, parts[i].index, parts[i].fields);
    check_order(178);
    /* Without a type of delta neutral order its eight fields are gone. */
    tws_plain_order(&payload, 178);
    for (int i = 0; i < 8; i++)
        tws_replace(&payload, 63, NULL);
    tws_replace(&payload, 61, "|");
    check_order(178);
    tws_plain_order(&payload, 178);
    tws_replace(&payload, 109, "0|265598|1|0.5|0.25|NASDAQ|");
    tws_replace(&payload, 15, "PEG BENCH|");
    ck_assert_msg(decode_at(178) == 0, "%s", why.text);
    ck_assert_str_eq(message.as.order.order_type, "PEG BENCH");
}
END_TEST

START_TEST(a_part_that_does_not_fit_is_named_and_never_believed) {
    static const struct {
        int index;
        const char *fields, *words;
    } wrong[] = {
        {25, "12x|", "openOrder of TWS: field 25, permId, is \"12x\", expected an integer"},
        {78, "4097|", "field 78, combo legs, is \"4097\", expected a count of 0 to 4096"},
        {78, "-1|", "combo legs"},
        {80, "4096|", "it ends before"},
        {90, "Adaptive|2147483647|", "algo parameters"},
        {110, "1|2|a|", "field 111, condition type, is \"2\""},
        {110, "1|9|a|", "condition type"},
        {110, "99999999999999999999|", "conditions"},
        {26, "yes|", "field 26, outsideRth, is \"yes\", expected 0 or 1"},
        {94, "much|", "field 94, initMarginBefore, is \"much\""},
        {14, "2147483647|", "totalQuantity"},
        {134, NULL, "it ends before field 134, midOffsetAtHalf"},
        {134, "||", "it goes on behind its last field, 134"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tws_plain_order(&payload, 178);
        tws_replace(&payload, wrong[i].index, wrong[i].fields);
        ck_assert_msg(decode_at(178) == TW_E_PARSE, "%s", wrong[i].words);
        ck_assert_msg(strstr(why.text, wrong[i].words) != NULL, "%s: %s", wrong[i].words, why.text);
    }
}
END_TEST

START_TEST(no_beginning_of_an_order_passes_for_one) {
    tws_plain_order(&payload, 178);
    for (size_t size = 0; size < payload.size; size++) {
        char *copy = malloc(size + 1); /* of its size, so that a read behind it is seen */
        memcpy(copy, payload.data, size);
        ck_assert_int_eq(tw_tws_decode(copy, size, 178, &message, &why), TW_E_PARSE);
        free(copy);
    }
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
            tws_frame(&stream, bytes, size);
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
    tcase_add_test(cases, an_order_is_read_at_every_version);
    tcase_add_test(cases, each_part_that_may_be_there_moves_nothing_behind_it);
    tcase_add_test(cases, a_part_that_does_not_fit_is_named_and_never_believed);
    tcase_add_test(cases, no_beginning_of_an_order_passes_for_one);
    tcase_add_test(cases, frames_are_the_same_wherever_the_connection_cuts_them);
    tcase_add_test(cases, a_length_that_no_message_has_ends_the_reading_and_costs_no_memory);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
