/* Numbers, times and exec ids as TWS writes them. */
#include "broker/tws_number.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "harness.h"

static int64_t decimal(const char *text, int rounded) {
    int64_t value = -1;
    int is_rounded = -1;
    ck_assert_msg(tw_tws_decimal(text, &value, &is_rounded) == 0, "%s", text);
    ck_assert_msg(is_rounded == rounded, "%s", text);
    return value;
}

START_TEST(a_decimal_is_exact_in_every_way_it_is_written) {
    ck_assert_int_eq(decimal("0", 0), 0);
    ck_assert_int_eq(decimal("-0.0", 0), 0);
    ck_assert_int_eq(decimal("2498.00", 0), INT64_C(249800000000));
    ck_assert_int_eq(decimal("1.0003", 0), INT64_C(100030000));
    ck_assert_int_eq(decimal("-110", 0), INT64_C(-11000000000));
    ck_assert_int_eq(decimal("1.5E3", 0), INT64_C(150000000000));
    ck_assert_int_eq(decimal("1.5e+3", 0), INT64_C(150000000000));
    ck_assert_int_eq(decimal("25E-2", 0), INT64_C(25000000));
    ck_assert_int_eq(decimal("0E400", 0), 0);
    ck_assert_int_eq(decimal("0.3571000000000000000000000000000000000000", 0), INT64_C(35710000));
    ck_assert_int_eq(decimal("92233720368.54775807", 0), INT64_MAX);
}
END_TEST

START_TEST(a_longer_decimal_is_rounded_half_to_even_and_says_so) {
    ck_assert_int_eq(decimal("201.8829709", 0), INT64_C(20188297090));
    ck_assert_int_eq(decimal("0.000000005", 1), 0);
    ck_assert_int_eq(decimal("0.000000015", 1), 2);
    ck_assert_int_eq(decimal("0.0000000050000000000000000000000000000001", 1), 1);
    ck_assert_int_eq(decimal("-0.000000015", 1), -2);
    ck_assert_int_eq(decimal("1E-9", 1), 0);
    ck_assert_int_eq(decimal("1E-9999", 1), 0);
    ck_assert_int_eq(decimal("68.0519123456", 1), INT64_C(6805191235));
}
END_TEST

START_TEST(what_is_no_decimal_or_too_large_is_refused) {
    static const char *const wrong[] = {"",   "-",  ".",   "1x",  "0x10",     "1e",  "1e+",  " 1",
                                        "1 ", "+1", "1,5", "NaN", "Infinity", "--1", "1.2.3"};
    static const char *const large[] = {"92233720368.54775808", "-92233720369", "1E11", "1E9999",
                                        "99999999999999999999999999999999999999999999"};
    int64_t value;
    int is_rounded;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(tw_tws_decimal(wrong[i], &value, &is_rounded) == TW_E_PARSE, "%s", wrong[i]);
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
        ck_assert_msg(tw_tws_decimal(large[i], &value, &is_rounded) == TW_E_RANGE, "%s", large[i]);
}
END_TEST

/* A decimal of ours, written with random zeros and exponents, is the same number. */
START_TEST(any_number_of_ours_comes_back) {
    struct random random = {seed_from_environment("tws decimals")};
    for (int i = 0; i < 50000; i++) {
        int64_t value = (int64_t)(random_next(&random) >> random_below(&random, 64));
        if (random_below(&random, 2))
            value = -value;
        if (value == INT64_MIN)
            continue;
        char text[80], plain[40];
        ck_assert_int_ge(tw_e8_format(value, plain, sizeof plain), 0);
        int shift = (int)random_below(&random, 20);
        /* The number as an integer of 1e-8, and the exponent that makes it one again. */
        snprintf(text, sizeof text, "%lld%.*sE-%d", (long long)value, shift, "00000000000000000000",
                 8 + shift);
        ck_assert_int_eq(decimal(text, 0), value);
        ck_assert_int_eq(decimal(plain, 0), value);
    }
}
END_TEST

START_TEST(an_integer_is_one_of_64_bits) {
    int64_t value;
    ck_assert_int_eq(tw_tws_integer("9223372036854775807", &value), 0);
    ck_assert_int_eq(value, INT64_MAX);
    ck_assert_int_eq(tw_tws_integer("-9223372036854775808", &value), 0);
    ck_assert_int_eq(value, INT64_MIN);
    ck_assert_int_eq(tw_tws_integer("-38", &value), 0);
    ck_assert_int_eq(value, -38);
    ck_assert_int_eq(tw_tws_integer("9223372036854775808", &value), TW_E_RANGE);
    ck_assert_int_eq(tw_tws_integer("", &value), TW_E_PARSE);
    ck_assert_int_eq(tw_tws_integer("-", &value), TW_E_PARSE);
    ck_assert_int_eq(tw_tws_integer("1.0", &value), TW_E_PARSE);
}
END_TEST

START_TEST(not_set_is_written_in_many_ways) {
    static const char *const unset[] = {"",
                                        "1.7976931348623157E308",
                                        "1.7976931348623157e308",
                                        "1.7976931348623157E+308",
                                        "1.7976931348623157e+308",
                                        "2147483647",
                                        "-2147483648",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775807",
                                        "-9223372036854775808"};
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
        ck_assert_msg(tw_tws_is_unset(unset[i]), "%s", unset[i]);
    ck_assert(!tw_tws_is_unset("0"));
    ck_assert(!tw_tws_is_unset("0.0"));
}
END_TEST

static struct tws_time time_of(const char *text) {
    struct tws_time time;
    ck_assert_msg(tw_tws_time(text, &time) == 0, "%s", text);
    return time;
}

static int64_t utc(const char *text) {
    int64_t time_ns;
    ck_assert_int_eq(tw_time_parse(text, strlen(text), &time_ns), 0);
    return time_ns / TW_NS_PER_SECOND;
}

START_TEST(a_time_is_read_in_every_form_that_was_seen) {
    struct tws_time time = time_of("20230224  12:04:56");
    ck_assert_int_eq(time.clock, TWS_CLOCK_ASSUMED);
    ck_assert_int_eq(time.local_seconds, utc("2023-02-24T12:04:56Z"));
    ck_assert_int_eq(time_of("20240125 10:30:00").clock, TWS_CLOCK_ASSUMED);
    ck_assert_int_eq(time_of("20231116-12:15:35").clock, TWS_CLOCK_UTC);
    ck_assert_int_eq(time_of("20231116-12:15:35").local_seconds, utc("2023-11-16T12:15:35Z"));
    ck_assert_int_eq(time_of("20231116 12:15:35Z").clock, TWS_CLOCK_UTC);
    ck_assert_int_eq(time_of("20231116-12:15:35Z").clock, TWS_CLOCK_UTC);
    ck_assert_str_eq(time_of("20231115 09:20:44 GB-Eire").zone, "GB-Eire");
    ck_assert_str_eq(time_of("20250708 02:35:00 America/New_York").zone, "America/New_York");
    ck_assert_int_eq(time_of("20260413 15:27:04 US/Eastern").clock, TWS_CLOCK_NAMED);
    ck_assert_ptr_null(time_of("20260413 15:27:04").zone);
}
END_TEST

START_TEST(what_is_no_time_is_refused) {
    static const char *const wrong[] = {"",
                                        "2023",
                                        "20230224",
                                        "20230230 12:00:00",
                                        "20230224 24:00:00",
                                        "20230224 12:60:00",
                                        "20230224 12:00:60",
                                        "20230224   12:00:00",
                                        "20230224 12:00",
                                        "20230224 12:00:00 ",
                                        "20230224 12:00:00X",
                                        "20230224-12:00:00 UTC",
                                        "20230224T12:00:00",
                                        "2023-02-24 12:00:00",
                                        "20230224-"};
    struct tws_time time;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(tw_tws_time(wrong[i], &time) == TW_E_PARSE, "%s", wrong[i]);
}
END_TEST

START_TEST(the_last_part_of_an_exec_id_counts_corrections) {
    size_t length;
    ck_assert_uint_eq(tw_tws_correction("0000e0d5.69dd7411.01.01", &length), 1);
    ck_assert_uint_eq(length, strlen("0000e0d5.69dd7411.01"));
    ck_assert_uint_eq(tw_tws_correction("0000e0d5.69dd7411.01.10", &length), 10);
    ck_assert_uint_eq(tw_tws_correction("plain", &length), 0);
    ck_assert_uint_eq(length, 5);
    ck_assert_uint_eq(tw_tws_correction("a.b", &length), 0);
    ck_assert_uint_eq(tw_tws_correction("a.", &length), 0);
    ck_assert_uint_eq(tw_tws_correction("a.-1", &length), 0);
    ck_assert_uint_eq(tw_tws_correction("", &length), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_number");
    TCase *cases = tcase_create("tws_number");
    tcase_add_test(cases, a_decimal_is_exact_in_every_way_it_is_written);
    tcase_add_test(cases, a_longer_decimal_is_rounded_half_to_even_and_says_so);
    tcase_add_test(cases, what_is_no_decimal_or_too_large_is_refused);
    tcase_add_test(cases, any_number_of_ours_comes_back);
    tcase_add_test(cases, an_integer_is_one_of_64_bits);
    tcase_add_test(cases, not_set_is_written_in_many_ways);
    tcase_add_test(cases, a_time_is_read_in_every_form_that_was_seen);
    tcase_add_test(cases, what_is_no_time_is_refused);
    tcase_add_test(cases, the_last_part_of_an_exec_id_counts_corrections);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
