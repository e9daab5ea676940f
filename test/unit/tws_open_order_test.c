/* openOrder of TWS, in its plain form and with each part that may be missing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "wire.h"

#define UNSET "1.7976931348623157E308"

static const int64_t versions[] = {170, 176, 177, 178};
enum { VERSIONS = sizeof versions / sizeof versions[0] };

static struct buffer bytes;

static int decode(int64_t version, const struct wire_change *changes, size_t count,
                  struct tws_message *ret, tw_error *why) {
    wire_order(&bytes, version, changes, count);
    return tw_tws_decode(bytes.data, bytes.size, version, ret, why);
}

static const struct tws_order *expect_order(int64_t version, const struct wire_change *changes,
                                            size_t count) {
    static struct tws_message message;
    tw_error why = {0};
    int status = decode(version, changes, count, &message, &why);
    ck_assert_msg(status == 0, "version %d: %s", (int)version, why.text);
    ck_assert_int_eq(message.kind, TWS_OPEN_ORDER);
    return &message.as.order;
}

static void expect_refusal(const char *name, const char *text, const char *expected) {
    struct wire_change change = {name, text};
    struct tws_message message;
    tw_error why = {0};
    int status = decode(178, &change, 1, &message, &why);
    ck_assert_msg(status == TW_E_PARSE && strcmp(why.text, expected) == 0, "%s=%s gave %d: %s",
                  name, text ? text : "(nothing)", status, why.text);
}

static void expect_maybe(tw_maybe value, int64_t known, int64_t expected) {
    ck_assert_int_eq(value.known, known);
    if (known)
        ck_assert_int_eq(value.value, expected);
}

START_TEST(a_plain_order_is_read_at_every_version) {
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct tws_order *order = expect_order(versions[i], NULL, 0);
        ck_assert_int_eq(order->order_id, 42);
        ck_assert_int_eq(order->contract.con_id, 265598);
        ck_assert_str_eq(order->contract.symbol, "AAPL");
        ck_assert_str_eq(order->contract.sec_type, "STK");
        ck_assert_str_eq(order->contract.expiry, "");
        expect_maybe(order->contract.strike_e8, 1, 0);
        ck_assert_str_eq(order->contract.right, "?");
        ck_assert_str_eq(order->contract.multiplier, "");
        ck_assert_str_eq(order->contract.exchange, "SMART");
        ck_assert_str_eq(order->contract.currency, "USD");
        ck_assert_str_eq(order->contract.local_symbol, "AAPL");
        ck_assert_str_eq(order->contract.trading_class, "NMS");
        ck_assert_str_eq(order->action, "SELL");
        expect_maybe(order->qty_e8, 1, 100 * TW_E8);
        ck_assert_str_eq(order->good_till, "20261231 20:00:00 US/Eastern");
        ck_assert_str_eq(order->order_type, "STP");
        expect_maybe(order->limit_e8, 1, 0);
        expect_maybe(order->aux_e8, 1, 18725 * TW_E8 / 100);
        ck_assert_str_eq(order->tif, "GTC");
        ck_assert_str_eq(order->oca_group, "group-7");
        ck_assert_str_eq(order->account, "DU0000001");
        ck_assert_str_eq(order->order_ref, "stop-1");
        ck_assert_int_eq(order->client_id, 7);
        ck_assert_int_eq(order->perm_id, INT64_C(1234567890123));
        ck_assert_int_eq(order->outside_rth, 1);
        ck_assert_int_eq(order->parent_id, 41);
        expect_maybe(order->trail_stop_e8, 1, 18725 * TW_E8 / 100);
        expect_maybe(order->trail_percent_e8, 0, 0);
        ck_assert_int_eq(order->is_what_if, 0);
        ck_assert_str_eq(order->status, "PreSubmitted");
    }
}
END_TEST

START_TEST(a_profile_where_none_belongs_is_not_taken_for_another_field) {
    struct tws_message message;
    tw_error why;
    wire_order(&bytes, 176, NULL, 0);
    ck_assert_int_eq(tw_tws_decode(bytes.data, bytes.size, 177, &message, &why), TW_E_PARSE);
    wire_order(&bytes, 177, NULL, 0);
    ck_assert_int_eq(tw_tws_decode(bytes.data, bytes.size, 176, &message, &why), TW_E_PARSE);
}
END_TEST

/* ---- parts that may be missing ------------------------------------------------------------- */

/* Each of them alone moves all that is behind it, and all that is behind it is still read. */
static const struct wire_change parts[][3] = {
    {{"deltaNeutralOrderType", ""}, {"deltaNeutralPart", NULL}},
    {{"deltaNeutralOrderType", "Keine"}},
    {{"deltaNeutralOrderType", "LMT"}, {"deltaNeutralPart", "12|firm|acc|PTA|O|1|2|loc"}},
    {{"comboLegsDescrip", "9, 8"}, {"comboLegs", "1|9|1|BUY|SMART|0|0||-1"}},
    {{"comboLegs", "2|9|1|BUY|SMART|0|0||-1|8|2|SELL|CBOE|1|2|loc|-1"}},
    {{"comboLegs", ""}, {"orderComboLegs", ""}, {"smartRouting", ""}},
    {{"orderComboLegs", "2|1.5|" UNSET}},
    {{"smartRouting", "1|NonGuaranteed|1"}},
    {{"smartRouting", "2|a|1||"}},
    {{"scalePriceIncrement", "0.05|0.1|60|0.2|1|100|50|0"}},
    {{"scalePriceIncrement", "0.05|" UNSET "|2147483647|" UNSET "|0|2147483647||1"}},
    {{"scalePriceIncrement", "0"}},
    {{"scalePriceIncrement", "-0.05"}},
    {{"scalePriceIncrement", UNSET}},
    {{"hedgeType", "D|"}},
    {{"hedgeType", "B|1.5"}},
    {{"deltaNeutralContract", "1|265598|0.5|187.2"}},
    {{"algoStrategy", "Adaptive|1|adaptivePriority|Normal"}},
    {{"algoStrategy", "Twap|0"}},
    {{"algoStrategy", "Vwap|"}},
    {{"algoStrategy", "Vwap|2|a|b|c|d"}},
    {{"orderType", "PEG BENCH"}, {"pegBench", "756733|0|0.1|0.2|ARCA"}},
    {{"orderType", "PEGBENCH"}, {"pegBench", "756733|1|||"}},
    {{"conditions", "1|1|a|1|190.5|265598|SMART|0|0|0"}},
    {{"conditions", "1|3|o|0|20261231 15:00:00 US/Eastern|1|0"}},
    {{"conditions", "1|4|a|1|30|0|1"}},
    {{"conditions", "1|5|a|STK|SMART|AAPL|0|0"}},
    {{"conditions", "1|6|a|1|1000000|265598|SMART|0|0"}},
    {{"conditions", "1|7|o|0|-2.5|265598|SMART|1|1"}},
    {{"conditions", "3|5|a|STK|SMART|AAPL|4|o|0|10|1|a|1|1|2|X|4|1|1"}},
    {{"conditions", ""}},
    {{"competeAgainstBestOffset", "Infinity"}},
    {{"minTradeQty", "10"}, {"minCompeteSize", "100"}, {"competeAgainstBestOffset", "0.02"}},
    {{"adjustedOrderType", "TRAIL"}, {"adjustedStopPrice", "180"}, {"triggerPrice", "190"}},
    {{"orderType", "PEG BENCH"}, {"pegBench", "1|0|1|1|X"}, {"conditions", "1|4|a|1|30|0|1"}},
};

enum { PARTS = sizeof parts / sizeof parts[0], MOST_CHANGES = 3 };

static size_t changes_in(const struct wire_change *changes) {
    size_t count = 0;
    while (count < MOST_CHANGES && changes[count].name)
        count++;
    return count;
}

START_TEST(what_stands_behind_a_part_is_read_as_before) {
    for (size_t i = 0; i < PARTS; i++)
        for (size_t v = 0; v < VERSIONS; v++) {
            const struct tws_order *order =
                expect_order(versions[v], parts[i], changes_in(parts[i]));
            ck_assert_int_eq(order->perm_id, INT64_C(1234567890123));
            ck_assert_str_eq(order->status, "PreSubmitted");
            expect_maybe(order->trail_stop_e8, 1, 18725 * TW_E8 / 100);
        }
}
END_TEST

/* Ending early, or with one field more, is never a message; nor is it a read beyond the end. */
START_TEST(an_order_that_is_cut_or_too_long_is_refused_whatever_its_parts) {
    for (size_t i = 0; i < PARTS; i++) {
        struct tws_message message;
        tw_error why;
        wire_order(&bytes, 178, parts[i], changes_in(parts[i]));
        for (size_t size = 0; size < bytes.size; size++) {
            char *copy;
            int status = wire_decode(bytes.data, size, 178, &copy, &message, &why);
            const char *objection = wire_objection(copy, size, status, &message, &why);
            ck_assert_msg(status == TW_E_PARSE && !objection, "part %zu, %zu bytes: %d %s", i, size,
                          status, objection ? objection : why.text);
            free(copy);
        }
        tw_buffer_put(&bytes, "0", 2);
        ck_assert_int_eq(tw_tws_decode(bytes.data, bytes.size, 178, &message, &why), TW_E_PARSE);
    }
}
END_TEST

START_TEST(an_unset_price_is_not_zero) {
    static const char *const unset[] = {"", UNSET, "2147483647", "9223372036854775807",
                                        "-9223372036854775808"};
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++) {
        struct wire_change changes[] = {
            {"lmtPrice", unset[i]},        {"auxPrice", unset[i]},
            {"trailingPercent", unset[i]}, {"trailStopPriceAgain", unset[i]},
            {"totalQuantity", unset[i]},   {"strike", unset[i]}};
        const struct tws_order *order = expect_order(178, changes, 6);
        expect_maybe(order->qty_e8, 0, 0);
        expect_maybe(order->limit_e8, 0, 0);
        expect_maybe(order->aux_e8, 0, 0);
        expect_maybe(order->trail_percent_e8, 0, 0);
        expect_maybe(order->trail_stop_e8, 0, 0);
        expect_maybe(order->contract.strike_e8, 0, 0);
    }
}
END_TEST

START_TEST(the_second_trailing_stop_price_is_the_one_that_counts) {
    struct wire_change changes[] = {{"orderType", "TRAIL"},
                                    {"trailStopPrice", "180.5"},
                                    {"trailingPercent", "1.5"},
                                    {"trailStopPriceAgain", "181.25"}};
    const struct tws_order *order = expect_order(178, changes, 4);
    expect_maybe(order->trail_stop_e8, 1, 18125 * TW_E8 / 100);
    expect_maybe(order->trail_percent_e8, 1, 15 * TW_E8 / 10);
}
END_TEST

START_TEST(a_trailing_stop_price_that_is_told_once_is_kept) {
    struct wire_change changes[] = {
        {"orderType", "TRAIL"}, {"trailStopPrice", "180.5"}, {"trailStopPriceAgain", UNSET}};
    expect_maybe(expect_order(178, changes, 3)->trail_stop_e8, 1, 1805 * TW_E8 / 10);
}
END_TEST

START_TEST(an_order_whose_status_is_not_said_is_an_order) {
    struct wire_change change = {"status", ""};
    ck_assert_str_eq(expect_order(178, &change, 1)->status, "");
}
END_TEST

START_TEST(a_bound_manual_order_has_an_id_below_zero) {
    struct wire_change changes[] = {
        {"orderId", "-38"}, {"clientId", "0"}, {"whatIf", "1"}, {"permId", "9223372036854775806"}};
    const struct tws_order *order = expect_order(178, changes, 4);
    ck_assert_int_eq(order->order_id, -38);
    ck_assert_int_eq(order->client_id, 0);
    ck_assert_int_eq(order->is_what_if, 1);
    ck_assert_int_eq(order->perm_id, INT64_MAX - 1);
}
END_TEST

/* ---- what does not fit --------------------------------------------------------------------- */

START_TEST(a_field_that_does_not_fit_is_named_with_its_place) {
    expect_refusal("permId", "12x",
                   "openOrder of TWS: field 25, permId, is \"12x\", expected an integer");
    expect_refusal("orderId", "",
                   "openOrder of TWS: field 1, orderId, is \"\", expected an integer");
    expect_refusal("permId", "9223372036854775809",
                   "openOrder of TWS: field 25, permId, is \"9223372036854775809\", expected an "
                   "integer of 64 bits");
    expect_refusal("outsideRth", "2",
                   "openOrder of TWS: field 26, outsideRth, is \"2\", expected 0 or 1");
    expect_refusal("auxPrice", "1,5",
                   "openOrder of TWS: field 17, auxPrice, is \"1,5\", expected a decimal number");
    expect_refusal("totalQuantity", "1e12",
                   "openOrder of TWS: field 14, totalQuantity, is \"1e12\", expected less than 92 "
                   "billion");
    expect_refusal("midOffsetAtHalf", NULL,
                   "openOrder of TWS: it ends before field 134, midOffsetAtHalf");
    expect_refusal("midOffsetAtHalf", "0|0",
                   "openOrder of TWS: it goes on behind its last field, 134");
}
END_TEST

START_TEST(text_in_an_error_is_escaped_and_short) {
    static char longest[4000];
    struct wire_change change = {"permId", longest};
    struct tws_message message;
    tw_error why = {0};
    memset(longest, '\x1b', sizeof longest - 1);
    ck_assert_int_eq(decode(178, &change, 1, &message, &why), TW_E_PARSE);
    ck_assert_ptr_nonnull(strstr(why.text, "\\x1b"));
    ck_assert_ptr_null(strchr(why.text, '\x1b'));
    ck_assert_uint_lt(strlen(why.text), 200);
}
END_TEST

START_TEST(an_unknown_condition_is_refused) {
    static const char *const unknown[] = {"1|2|a|1|0|0",  "1|8|a|1|0|0",  "1|0|a|0|0",  "1||a|0|0",
                                          "1|11|a|1|0|0", "1|-1|a|1|0|0", "1|x|a|1|0|0"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        struct wire_change change = {"conditions", unknown[i]};
        struct tws_message message;
        tw_error why = {0};
        ck_assert_int_eq(decode(178, &change, 1, &message, &why), TW_E_PARSE);
        ck_assert_msg(strstr(why.text, "condition type") != NULL, "%s", why.text);
    }
}
END_TEST

/* Counts are checked before they are followed; one as large as is allowed finds no fields. */
START_TEST(a_count_that_lies_costs_nothing) {
    static const char *const lists[] = {"comboLegs", "orderComboLegs", "smartRouting",
                                        "conditions"};
    static const char *const counts[] = {
        "-1", "4097", "4096", "2147483647", "1000000000000", "99999999999999999999", "1.5", "x"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            struct wire_change change = {lists[i], counts[k]};
            struct tws_message message;
            tw_error why = {0};
            ck_assert_int_eq(decode(178, &change, 1, &message, &why), TW_E_PARSE);
            ck_assert_msg(wire_objection(NULL, 0, TW_E_PARSE, &message, &why) == NULL, "%s",
                          why.text);
        }
    expect_refusal("conditions", "4097",
                   "openOrder of TWS: field 110, conditions, is \"4097\", expected a count of 0 to "
                   "4096");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_open_order");
    TCase *tests = tcase_create("open orders");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_plain_order_is_read_at_every_version);
    tcase_add_test(tests, a_profile_where_none_belongs_is_not_taken_for_another_field);
    tcase_add_test(tests, what_stands_behind_a_part_is_read_as_before);
    tcase_add_test(tests, an_order_that_is_cut_or_too_long_is_refused_whatever_its_parts);
    tcase_add_test(tests, an_unset_price_is_not_zero);
    tcase_add_test(tests, the_second_trailing_stop_price_is_the_one_that_counts);
    tcase_add_test(tests, a_trailing_stop_price_that_is_told_once_is_kept);
    tcase_add_test(tests, an_order_whose_status_is_not_said_is_an_order);
    tcase_add_test(tests, a_bound_manual_order_has_an_id_below_zero);
    tcase_add_test(tests, a_field_that_does_not_fit_is_named_with_its_place);
    tcase_add_test(tests, text_in_an_error_is_escaped_and_short);
    tcase_add_test(tests, an_unknown_condition_is_refused);
    tcase_add_test(tests, a_count_that_lies_costs_nothing);
    suite_add_tcase(suite, tests);
    int status = run_suite(suite);
    tw_buffer_free(&bytes);
    return status;
}
