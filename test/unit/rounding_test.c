/* Products, quotients and shares in 128 bits, each against long multiplication and division. */
#include <stdint.h>

#include "base/decimal.h"
#include "harness.h"
#include "tradewal.h"

static tw_int128 any_wide(struct random *random) {
    tw_int128 value = (tw_int128)random_e8(random);
    uint64_t shape = random_below(random, 4);
    if (shape == 0)
        return value;
    value = (tw_int128)((__extension__(unsigned __int128) value << (63 * (shape > 1))) |
                        random_next(random));
    return shape == 3 ? value >> random_below(random, 60) : value;
}

/* Numbers of eight 32-bit digits, least first: the second way for products and quotients. */
struct slow {
    uint32_t digits[8];
};

static struct slow slow_of(tw_int128 value) {
    __extension__ unsigned __int128 left = (__extension__(unsigned __int128) value);
    if (value < 0)
        left = -left;
    struct slow slow = {{0}};
    for (int i = 0; i < 4; i++)
        slow.digits[i] = (uint32_t)(left >> (32 * i));
    return slow;
}

static struct slow slow_product(struct slow a, struct slow b) {
    struct slow product = {{0}};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int k = 0; k + i < 8; k++) {
            carry += (uint64_t)a.digits[i] * (k < 4 ? b.digits[k] : 0) + product.digits[i + k];
            product.digits[i + k] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    return product;
}

static int slow_compare(struct slow a, struct slow b) {
    for (int i = 7; i >= 0; i--)
        if (a.digits[i] != b.digits[i])
            return a.digits[i] < b.digits[i] ? -1 : 1;
    return 0;
}

static struct slow slow_shift(struct slow a, unsigned low_bit) {
    uint32_t carry = low_bit;
    for (int i = 0; i < 8; i++) {
        uint32_t out = a.digits[i] >> 31;
        a.digits[i] = a.digits[i] << 1 | carry;
        carry = out;
    }
    return a;
}

static struct slow slow_minus(struct slow a, struct slow b) {
    int64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        borrow += (int64_t)a.digits[i] - b.digits[i];
        a.digits[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    return a;
}

/* Bit by bit, as by hand; rounds half to even. */
static struct slow slow_divide(struct slow a, struct slow by) {
    struct slow quotient = {{0}}, rest = {{0}};
    for (int bit = 255; bit >= 0; bit--) {
        rest = slow_shift(rest, a.digits[bit / 32] >> (bit % 32) & 1);
        int fits = slow_compare(rest, by) >= 0;
        if (fits)
            rest = slow_minus(rest, by);
        quotient = slow_shift(quotient, (unsigned)fits);
    }
    int half = slow_compare(slow_shift(rest, 0), by);
    if (half > 0 || (half == 0 && (quotient.digits[0] & 1)))
        for (int i = 0; i < 8 && ++quotient.digits[i] == 0; i++)
            continue;
    return quotient;
}

static void expect_same(tw_int128 value, struct slow expected, int negative) {
    struct slow magnitude = slow_of(value);
    ck_assert_int_eq(slow_compare(magnitude, expected), 0);
    if (value != 0)
        ck_assert_int_eq(value < 0, negative);
}

START_TEST(a_quotient_is_rounded_half_to_even) {
    struct random random = {seed_from_environment("a_quotient_is_rounded_half_to_even")};
    for (int i = 0; i < 20000; i++) {
        tw_int128 value = any_wide(&random), by = any_wide(&random);
        if (by < 0)
            by = -(by + 1);
        by += by == 0;
        if (random_below(&random, 3) == 0)
            by = by >> 90 << 1 | 2; /* small and even: ties happen */
        tw_int128 result = tw_divide_half_even(value, by);
        expect_same(result, slow_divide(slow_of(value), slow_of(by)), value < 0);
    }
    static const int halves[][2] = {{1, 0}, {3, 2}, {5, 2}, {7, 4}, {-1, 0}, {-3, -2}, {-5, -2}};
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++)
        ck_assert(tw_divide_half_even(halves[i][0], 2) == halves[i][1]);
}
END_TEST

START_TEST(a_share_is_exact_until_it_is_rounded_once) {
    struct random random = {seed_from_environment("a_share_is_exact_until_it_is_rounded_once")};
    for (int i = 0; i < 20000; i++) {
        tw_int128 value = any_wide(&random);
        int64_t denominator = random_e8(&random);
        denominator = denominator < 0 ? -denominator : denominator;
        if (random_below(&random, 2))
            denominator = 2 + 2 * (int64_t)random_below(&random, 50);
        denominator += denominator == 0;
        int64_t numerator = random_between(&random, 0, denominator);
        tw_int128 share = tw_share_half_even(value, numerator, denominator);
        struct slow product = slow_product(slow_of(value), slow_of(numerator));
        expect_same(share, slow_divide(product, slow_of(denominator)), value < 0);
    }
}
END_TEST

START_TEST(the_whole_share_is_the_value_itself_at_the_ends_of_the_range) {
    __extension__ const tw_int128 most = (tw_int128)((((unsigned __int128)1) << 127) - 1);
    ck_assert(tw_share_half_even(most, INT64_MAX, INT64_MAX) == most);
    ck_assert(tw_share_half_even(-most - 1, INT64_MAX, INT64_MAX) == -most - 1);
    ck_assert(tw_share_half_even(most, 0, 3) == 0);
    ck_assert(tw_share_half_even(-most - 1, 1, 2) == -(most / 2) - 1);
    ck_assert(tw_divide_half_even(-most - 1, 1) == -most - 1);
    ck_assert(tw_divide_half_even(most, most) == 1);
    /* 7 of 2 parts by halves: 3.5 goes to 4, and 2.5 to 2 although a part of it was odd. */
    ck_assert(tw_share_half_even(7, 1, 2) == 4);
    ck_assert(tw_share_half_even(5, 1, 2) == 2);
    ck_assert(tw_share_half_even(-5, 3, 6) == -2);
}
END_TEST

START_TEST(a_product_beyond_128_bits_says_so) {
    struct random random = {seed_from_environment("a_product_beyond_128_bits_says_so")};
    __extension__ const tw_int128 most = (tw_int128)((((unsigned __int128)1) << 127) - 1);
    struct slow limit = slow_of(most), limit_below = slow_of(-most - 1);
    int fitted = 0, refused = 0;
    for (int i = 0; i < 20000; i++) {
        tw_int128 a = any_wide(&random), b = any_wide(&random), product = 77;
        int negative = (a < 0) != (b < 0);
        struct slow expected = slow_product(slow_of(a), slow_of(b));
        int fits = slow_compare(expected, negative ? limit_below : limit) <= 0;
        ck_assert_int_eq(tw_multiply_128(a, b, &product), fits ? 0 : TW_E_RANGE);
        if (fits)
            expect_same(product, expected, negative);
        else
            ck_assert(product == 77);
        fitted += fits;
        refused += !fits;
    }
    ck_assert_int_gt(fitted, 1000);
    ck_assert_int_gt(refused, 1000);
    tw_int128 product = 77;
    ck_assert_int_eq(tw_multiply_128(-most - 1, 1, &product), 0);
    ck_assert(product == -most - 1);
    ck_assert_int_eq(tw_multiply_128(-most - 1, -1, &product), TW_E_RANGE);
    ck_assert_int_eq(tw_add_128(most, 1, &product), TW_E_RANGE);
    ck_assert_int_eq(tw_add_128(-most - 1, -1, &product), TW_E_RANGE);
    ck_assert_int_eq(tw_add_128(most, -most - 1, &product), 0);
    ck_assert(product == -1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rounding");
    TCase *cases = tcase_create("rounding");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_quotient_is_rounded_half_to_even);
    tcase_add_test(cases, a_share_is_exact_until_it_is_rounded_once);
    tcase_add_test(cases, the_whole_share_is_the_value_itself_at_the_ends_of_the_range);
    tcase_add_test(cases, a_product_beyond_128_bits_says_so);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
