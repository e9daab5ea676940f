/* Exact decimals: reading, showing, sums. */
#include "base/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tradewal.h"

static int parse(const char *text, int64_t *ret) {
    return tw_decimal_parse(text, strlen(text), ret);
}

static void expect_value(const char *text, int64_t expected) {
    int64_t value = 77;
    int code = parse(text, &value);
    ck_assert_msg(code == 0 && value == expected, "%s gave %d and %lld", text, code,
                  (long long)value);
}

static void expect_refusal(const char *text, int expected) {
    int64_t value = 77;
    int code = parse(text, &value);
    ck_assert_msg(code == expected && value == 77, "%s gave %d and %lld", text, code,
                  (long long)value);
}

START_TEST(what_is_shown_reads_back_as_the_same_value) {
    struct random random = {seed_from_environment("what_is_shown_reads_back")};
    for (int i = 0; i < 40000; i++) {
        int64_t value = random_e8(&random), back = 1;
        char text[TW_DECIMAL_TEXT_BYTES];
        size_t length = tw_decimal_format(value, text);
        ck_assert_uint_eq(strlen(text), length);
        ck_assert_int_eq(tw_decimal_parse(text, length, &back), 0);
        ck_assert_int_eq(back, value);
        unsigned decimals = (unsigned)random_below(&random, 9);
        length = tw_decimal_format_min(value, decimals, text);
        ck_assert_uint_eq(strlen(text), length);
        const char *point = strchr(text, '.');
        ck_assert_uint_ge(point ? strlen(point + 1) : 0, decimals);
        ck_assert_int_eq(tw_decimal_parse(text, length, &back), 0);
        ck_assert_int_eq(back, value);
    }
}
END_TEST

/* The C library's division into whole and part is the second way. */
START_TEST(the_text_is_the_whole_a_point_and_the_part) {
    struct random random = {seed_from_environment("the_text_is_the_whole_a_point_and_the_part")};
    for (int i = 0; i < 30000; i++) {
        int64_t value = random_e8(&random);
        lldiv_t parts = lldiv(llabs(value), TW_E8);
        char expected[48], text[TW_DECIMAL_TEXT_BYTES];
        snprintf(expected, sizeof expected, "%s%lld.%08lld", value < 0 ? "-" : "", parts.quot,
                 parts.rem);
        tw_decimal_format_min(value, 8, text);
        ck_assert_str_eq(text, expected);
        size_t length = strlen(expected);
        while (expected[length - 1] == '0')
            expected[--length] = '\0';
        if (expected[length - 1] == '.')
            expected[--length] = '\0';
        tw_decimal_format(value, text);
        ck_assert_str_eq(text, expected);
    }
}
END_TEST

/* A value written with its point moved and an exponent that moves it back. */
START_TEST(an_exponent_only_moves_the_point) {
    struct random random = {seed_from_environment("an_exponent_only_moves_the_point")};
    for (int i = 0; i < 30000; i++) {
        int64_t value = random_e8(&random);
        char digits[32], text[512];
        snprintf(digits, sizeof digits, "%llu", llabs(value));
        int length = (int)strlen(digits), zeros = (int)random_below(&random, 200);
        /* value = digits * 1e-8; the point goes behind `whole` digits, zeros are added around. */
        int whole = 1 + (int)random_below(&random, (uint64_t)length);
        snprintf(text, sizeof text, "%s%.*s.%s%0*dE%s%d", value < 0 ? "-" : "", whole, digits,
                 digits + whole, zeros + 1, 0,
                 random_below(&random, 2) && length >= whole + 8 ? "+" : "", length - whole - 8);
        expect_value(text, value);
        snprintf(text, sizeof text, "%s0.%0*d%se%d", value < 0 ? "-" : "", zeros + 1, 0, digits,
                 zeros + 1 + length - 8);
        expect_value(text, value);
        snprintf(text, sizeof text, "%s%s%0*de-%d", value < 0 ? "-" : "", digits, zeros + 1, 0,
                 zeros + 1 + 8);
        if (value != 0)
            expect_value(text, value);
    }
}
END_TEST

START_TEST(numbers_as_people_and_machines_write_them) {
    expect_value("0", 0);
    expect_value("-0", 0);
    expect_value("-0.000", 0);
    expect_value("0e999999999999999999999", 0);
    expect_value("0.000e-5", 0);
    expect_value("1", TW_E8);
    expect_value("-1", -TW_E8);
    expect_value("445.25", 44525000000);
    expect_value("445.250000000000000000000000000000", 44525000000);
    expect_value("0.00000001", 1);
    expect_value("-0.00000001", -1);
    expect_value("1e3", 1000 * TW_E8);
    expect_value("4.4525E2", 44525000000);
    expect_value("1E+2", 100 * TW_E8);
    expect_value("1e-8", 1);
    expect_value("1000e-11", 1);
    expect_value("1e0", TW_E8);
    expect_value("1e00000000000000000000000000000003", 1000 * TW_E8);
    expect_value("92233720368.54775807", INT64_MAX);
    expect_value("-92233720368.54775807", -INT64_MAX);
    expect_value("9223372036854775807e-8", INT64_MAX);
    expect_value("92233720368547758070e-9", INT64_MAX);
}
END_TEST

START_TEST(a_price_with_nine_decimals_is_refused) {
    expect_refusal("445.250000001", TW_E_RANGE);
    expect_refusal("0.000000001", TW_E_RANGE);
    expect_refusal("1e-9", TW_E_RANGE);
    expect_refusal("0.123456789", TW_E_RANGE);
}
END_TEST

START_TEST(a_number_beyond_64_bits_is_out_of_range) {
    expect_refusal("92233720368.54775808", TW_E_RANGE);
    expect_refusal("-92233720368.54775808", TW_E_RANGE);
    expect_refusal("184467440737.09551616", TW_E_RANGE);
    expect_refusal("1e11", TW_E_RANGE);
    expect_refusal("1e19", TW_E_RANGE);
    expect_refusal("1.7976931348623157E308", TW_E_RANGE);
    expect_refusal("-1.7976931348623157E308", TW_E_RANGE);
    expect_refusal("1e999999999999999999999999999999", TW_E_RANGE);
    expect_refusal("1e-999999999999999999999999999999", TW_E_RANGE);
    expect_refusal("1e18446744073709551616", TW_E_RANGE); /* 2^64 */
    expect_refusal("1e-18446744073709551616", TW_E_RANGE);
    expect_refusal("12345678901234567890", TW_E_RANGE);
    expect_refusal("12345678901234567890123456789012345678901234567890", TW_E_RANGE);
    expect_refusal("10000000000000000000000000000000000000000000000001", TW_E_RANGE);
}
END_TEST

START_TEST(what_is_no_number_is_refused) {
    static const char *const texts[] = {
        "",     "-",    "+1",   ".",     ".5",   "5.",    "-.5",   "1.e3",  "01",      "-01",
        "00",   "00.5", " 1",   "1 ",    "1,5",  "1.5.5", "1e",    "1e+",   "1e-",     "1e1.5",
        "e5",   "1ee5", "--1",  "-+1",   "0x10", "NaN",   "nan",   "inf",   "-inf",    "1_000",
        "1f",   "1e5x", "1\n",  "1.5-",  "1-5",  "null",  "1e5e5", "1e--5", "1e+-5",   "\xC2\xB2",
        "1e 5", "12a",  "0.1a", "1e18.", "1/2",  "$5",    "5%",    "(5)",   "Infinity"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refusal(texts[i], TW_E_PARSE);
    /* A wrong form is named before a value that does not fit. */
    expect_refusal("99999999999999999999999999x", TW_E_PARSE);
    int64_t value = 77;
    ck_assert_int_eq(tw_decimal_parse("1\0"
                                      "2",
                                      3, &value),
                     TW_E_PARSE);
    ck_assert_int_eq(tw_decimal_parse("12", 1, &value), 0);
    ck_assert_int_eq(value, TW_E8);
}
END_TEST

START_TEST(a_million_digits_are_read_once) {
    enum { DIGITS = 1000000 };
    char *text = malloc(DIGITS + 32);
    memset(text, '0', DIGITS);
    memcpy(text, "0.", 2);
    strcpy(text + DIGITS, "25e999999");
    /* 999,998 zeros stand behind the point before the 25. */
    expect_value(text, 25 * TW_E8 / 10);
    memset(text, '9', DIGITS);
    expect_refusal(text, TW_E_RANGE);
    memset(text, '0', DIGITS);
    memcpy(text, "7", 1);
    strcpy(text + DIGITS, "e-999999");
    expect_value(text, 7 * TW_E8);
    free(text);
}
END_TEST

START_TEST(the_smallest_int64_can_still_be_shown) {
    char text[TW_DECIMAL_TEXT_BYTES];
    ck_assert_uint_eq(tw_decimal_format(INT64_MIN, text), 21);
    ck_assert_str_eq(text, "-92233720368.54775808");
    tw_decimal_format_min(44530000000, 2, text);
    ck_assert_str_eq(text, "445.30");
    tw_decimal_format_min(44531250000, 2, text);
    ck_assert_str_eq(text, "445.3125");
}
END_TEST

START_TEST(sums_that_do_not_fit_say_so) {
    struct random random = {seed_from_environment("sums_that_do_not_fit_say_so")};
    for (int i = 0; i < 30000; i++) {
        int64_t a = random_e8(&random), b = random_e8(&random);
        tw_int128 sums[] = {(tw_int128)a + b, (tw_int128)a - b};
        for (int minus = 0; minus < 2; minus++) {
            int64_t result = 77;
            int code = minus ? tw_decimal_sub(a, b, &result) : tw_decimal_add(a, b, &result);
            int fits = sums[minus] <= INT64_MAX && sums[minus] >= -INT64_MAX;
            ck_assert_int_eq(code, fits ? 0 : TW_E_RANGE);
            ck_assert_int_eq(result, fits ? (int64_t)sums[minus] : 77);
            int64_t narrow = 77;
            ck_assert_int_eq(tw_narrow_64(sums[minus], &narrow), code);
            ck_assert_int_eq(narrow, result);
        }
    }
    int64_t result = 77;
    ck_assert_int_eq(tw_decimal_sub(-INT64_MAX, 1, &result), TW_E_RANGE);
    ck_assert_int_eq(tw_decimal_add(INT64_MIN, 0, &result), TW_E_RANGE);
    ck_assert_int_eq(result, 77);
}
END_TEST

START_TEST(division_down_goes_towards_the_past) {
    for (int64_t value = -50; value <= 50; value++)
        for (int64_t by = 1; by < 12; by++) {
            int64_t down = tw_divide_down(value, by);
            ck_assert(down * by <= value && (down + 1) * by > value);
        }
    ck_assert_int_eq(tw_divide_down(INT64_MIN, 1), INT64_MIN);
    ck_assert_int_eq(tw_divide_down(INT64_MIN, INT64_MAX), -2);
}
END_TEST

START_TEST(the_public_functions_refuse_what_they_cannot_use) {
    int64_t value = 77;
    char text[TW_DECIMAL_TEXT_BYTES];
    ck_assert_int_eq(tw_e8_parse(NULL, &value), TW_E_INVALID);
    ck_assert_int_eq(tw_e8_parse("1", NULL), TW_E_INVALID);
    ck_assert_int_eq(tw_e8_parse("1x", &value), TW_E_PARSE);
    ck_assert_int_eq(value, 77);
    ck_assert_int_eq(tw_e8_parse("445.25", &value), 0);
    ck_assert_int_eq(value, 44525000000);
    ck_assert_int_eq(tw_e8_format(value, NULL, sizeof text), TW_E_INVALID);
    ck_assert_int_eq(tw_e8_format(value, text, sizeof text - 1), TW_E_INVALID);
    ck_assert_int_eq(tw_e8_format(value, text, sizeof text), 6);
    ck_assert_str_eq(text, "445.25");
    tw_maybe known = tw_known(5);
    ck_assert(known.value == 5 && known.known == 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("decimal");
    TCase *cases = tcase_create("decimal");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, what_is_shown_reads_back_as_the_same_value);
    tcase_add_test(cases, the_text_is_the_whole_a_point_and_the_part);
    tcase_add_test(cases, an_exponent_only_moves_the_point);
    tcase_add_test(cases, numbers_as_people_and_machines_write_them);
    tcase_add_test(cases, a_price_with_nine_decimals_is_refused);
    tcase_add_test(cases, a_number_beyond_64_bits_is_out_of_range);
    tcase_add_test(cases, what_is_no_number_is_refused);
    tcase_add_test(cases, a_million_digits_are_read_once);
    tcase_add_test(cases, the_smallest_int64_can_still_be_shown);
    tcase_add_test(cases, sums_that_do_not_fit_say_so);
    tcase_add_test(cases, division_down_goes_towards_the_past);
    tcase_add_test(cases, the_public_functions_refuse_what_they_cannot_use);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
