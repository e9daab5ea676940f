/* The checked reader of msgpack, compared with msgpack-c. */
#include <msgpack.h>
#include <string.h>

#include "core/unpack.h"
#include "harness.h"

static struct unpack reader_of(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    struct unpack in = {at, at + size, 0};
    return in;
}

START_TEST(every_integer_reads_back_as_msgpack_writes_it) {
    struct random random = {seed_from_environment("unpack integers")};
    for (int i = 0; i < 20000; i++) {
        /* Around every power of two, where the forms change, and anywhere. */
        uint64_t power = UINT64_C(1) << random_below(&random, 64);
        int64_t value = (int64_t)(power + (uint64_t)random_between(&random, -2, 2));
        if (i % 3 == 0)
            value = (int64_t)(0 - (uint64_t)value);
        if (i % 7 == 0)
            value = (int64_t)random_next(&random);
        msgpack_sbuffer out;
        msgpack_sbuffer_init(&out);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
        msgpack_pack_int64(&packer, value);
        msgpack_pack_uint64(&packer, (uint64_t)value);
        struct unpack in = reader_of(out.data, out.size);
        ck_assert_int_eq(tw_unpack_int(&in), value);
        ck_assert_uint_eq(tw_unpack_uint(&in), (uint64_t)value);
        ck_assert(tw_unpack_done(&in));
        msgpack_sbuffer_destroy(&out);
    }
}
END_TEST

START_TEST(sizes_read_back_as_msgpack_writes_them) {
    static const size_t sizes[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, 70000};
    static char content[70000];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i], said;
        msgpack_sbuffer out;
        msgpack_sbuffer_init(&out);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
        msgpack_pack_str_with_body(&packer, content, size);
        msgpack_pack_bin_with_body(&packer, content, size);
        msgpack_pack_array(&packer, size);
        size_t array_end = out.size;
        msgpack_sbuffer_write(&out, content, size);
        struct unpack in = reader_of(out.data, out.size);
        ck_assert_ptr_nonnull(tw_unpack_str(&in, &said));
        ck_assert_uint_eq(said, size);
        ck_assert_ptr_nonnull(tw_unpack_bin(&in, &said));
        ck_assert_uint_eq(said, size);
        ck_assert_uint_eq(tw_unpack_array(&in), size);
        ck_assert_ptr_eq(in.at, (const uint8_t *)out.data + array_end);
        ck_assert(!in.failed);
        msgpack_sbuffer_destroy(&out);
    }
}
END_TEST

struct bad {
    const char *bytes;
    size_t size;
};

#define BAD(literal) \
    { literal, sizeof(literal) - 1 }

START_TEST(an_integer_in_a_longer_form_than_it_needs_is_refused) {
    static const struct bad bad[] = {
        BAD("\xCC\x7F"),             /* 127 in two bytes */
        BAD("\xCD\x00\xFF"),         /* 255 in three */
        BAD("\xCE\x00\x00\xFF\xFF"), /* 65535 in five */
        BAD("\xCF\x00\x00\x00\x00\xFF\xFF\xFF\xFF"),
        BAD("\xD0\xE0"),             /* -32 in two bytes */
        BAD("\xD0\x01"),             /* a positive number as a signed one */
        BAD("\xD1\xFF\x80"),         /* -128 in three */
        BAD("\xD2\xFF\xFF\x80\x00"), /* -32768 in five */
        BAD("\xD3\xFF\xFF\xFF\xFF\x80\x00\x00\x00"),
        BAD("\xCF\x80\x00\x00\x00\x00\x00\x00\x00"), /* beyond int64 */
        BAD("\xCD\x01"),                             /* cut off */
        BAD("\xC0"),
        BAD("\xCA\x00\x00\x00\x00"), /* a float */
        BAD(""),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct unpack in = reader_of(bad[i].bytes, bad[i].size);
        ck_assert_int_eq(tw_unpack_int(&in), 0);
        ck_assert_msg(in.failed, "case %zu was accepted", i);
        ck_assert_ptr_eq(in.at, bad[i].bytes);
        ck_assert(!tw_unpack_done(&in));
    }
}
END_TEST

START_TEST(a_size_in_a_longer_form_or_beyond_the_input_is_refused) {
    static const struct bad bad[] = {
        BAD("\xD9\x01x"), /* a str of one byte with its size behind */
        BAD("\xDA\x00\x01x"),
        BAD("\xDB\x00\x00\x00\x01x"),
        BAD("\xC5\x00\x01x"), /* a bin */
        BAD("\xC6\x00\x00\x00\x01x"),
        BAD("\xDC\x00\x01x"), /* an array */
        BAD("\xDD\x00\x00\x00\x01x"),
        BAD("\xDE\x00\x01xx"),
        BAD("\xA2x"), /* one byte of two */
        BAD("\xD9"),
        BAD("\xDB\xFF\xFF\xFF\xFFxxxx"),
        BAD("\x92\x01"),                 /* one element of two */
        BAD("\xDD\xFF\xFF\xFF\xFF\x01"), /* four thousand million of one */
        BAD("\x81\x01"),                 /* a key without its value */
        BAD("\xC1"),                     /* what msgpack never uses */
        BAD("\xC7\x01\x01x"),            /* an extension */
        BAD("\xCB\x00\x00\x00\x00\x00\x00\x00\x00"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct unpack in = reader_of(bad[i].bytes, bad[i].size);
        tw_unpack_skip(&in);
        ck_assert_msg(in.failed, "case %zu was accepted", i);
    }
}
END_TEST

START_TEST(the_first_error_sticks) {
    struct unpack in = reader_of("\xC1\x01\x02", 3);
    size_t size = 7;
    ck_assert_int_eq(tw_unpack_int(&in), 0);
    ck_assert_ptr_null(tw_unpack_str(&in, &size));
    ck_assert_uint_eq(size, 0);
    ck_assert_uint_eq(tw_unpack_array(&in), 0);
    ck_assert_uint_eq(tw_unpack_map(&in), 0);
    ck_assert_int_eq(tw_unpack_nil(&in), 0);
    ck_assert_int_eq(tw_unpack_bool(&in), 0);
    tw_unpack_skip(&in);
    ck_assert(in.failed);
    ck_assert(!tw_unpack_done(&in));
}
END_TEST

START_TEST(four_arrays_in_each_other_are_passed_over_and_five_are_not) {
    struct unpack four = reader_of("\x91\x81\x01\x91\x90\x05", 6);
    tw_unpack_skip(&four);
    ck_assert(!four.failed);
    ck_assert_int_eq(tw_unpack_int(&four), 5);
    ck_assert(tw_unpack_done(&four));
    struct unpack five = reader_of("\x91\x91\x91\x91\x90", 5);
    tw_unpack_skip(&five);
    ck_assert(five.failed);
}
END_TEST

START_TEST(what_is_left_over_is_not_done) {
    struct unpack in = reader_of("\xC0\xC3", 2);
    ck_assert_int_eq(tw_unpack_nil(&in), 1);
    ck_assert(!tw_unpack_done(&in));
    ck_assert_int_eq(tw_unpack_bool(&in), 1);
    ck_assert(tw_unpack_done(&in));
}
END_TEST

static void pack_random(struct random *random, msgpack_packer *packer, int depth) {
    static const char content[40000];
    size_t size = random_below(random, 40);
    if (random_below(random, 50) == 0)
        size = random_below(random, sizeof content);
    switch (random_below(random, depth ? 8 : 6)) {
    case 0:
        msgpack_pack_nil(packer);
        return;
    case 1:
        msgpack_pack_true(packer);
        return;
    case 2:
        msgpack_pack_int64(packer, (int64_t)(random_next(random) >> random_below(random, 64)));
        return;
    case 3:
        msgpack_pack_int64(packer,
                           -(int64_t)(random_next(random) >> 1 >> random_below(random, 63)));
        return;
    case 4:
        msgpack_pack_str_with_body(packer, content, size);
        return;
    case 5:
        msgpack_pack_bin_with_body(packer, content, size);
        return;
    case 6:
        size = random_below(random, 20);
        msgpack_pack_array(packer, size);
        for (size_t i = 0; i < size; i++)
            pack_random(random, packer, depth - 1);
        return;
    default:
        size = random_below(random, 4);
        msgpack_pack_map(packer, size);
        for (size_t i = 0; i < 2 * size; i++)
            pack_random(random, packer, depth - 1);
    }
}

/* Both ways: what msgpack-c writes we pass over, and what we pass over msgpack-c reads, to the same
 * end; also after bytes were changed. */
START_TEST(what_is_passed_over_is_what_msgpack_reads) {
    struct random random = {seed_from_environment("unpack trees")};
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
        msgpack_sbuffer out;
        msgpack_sbuffer_init(&out);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
        pack_random(&random, &packer, TW_UNPACK_DEPTH);
        struct unpack in = reader_of(out.data, out.size);
        tw_unpack_skip(&in);
        ck_assert(tw_unpack_done(&in));
        for (int change = 0; change < 10; change++) {
            out.data[random_below(&random, out.size)] = (char)random_next(&random);
            in = reader_of(out.data, out.size);
            tw_unpack_skip(&in);
            refused += in.failed;
            if (in.failed)
                continue;
            msgpack_unpacked result;
            msgpack_unpacked_init(&result);
            size_t end = 0;
            msgpack_unpack_return said = msgpack_unpack_next(&result, out.data, out.size, &end);
            ck_assert(said == MSGPACK_UNPACK_SUCCESS || said == MSGPACK_UNPACK_EXTRA_BYTES);
            ck_assert_uint_eq(end, (size_t)((const char *)in.at - out.data));
            msgpack_unpacked_destroy(&result);
        }
        msgpack_sbuffer_destroy(&out);
    }
    ck_assert_int_gt(refused, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("unpack");
    TCase *tests = tcase_create("unpack");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, every_integer_reads_back_as_msgpack_writes_it);
    tcase_add_test(tests, sizes_read_back_as_msgpack_writes_them);
    tcase_add_test(tests, what_is_passed_over_is_what_msgpack_reads);
    tcase_add_test(tests, an_integer_in_a_longer_form_than_it_needs_is_refused);
    tcase_add_test(tests, a_size_in_a_longer_form_or_beyond_the_input_is_refused);
    tcase_add_test(tests, the_first_error_sticks);
    tcase_add_test(tests, four_arrays_in_each_other_are_passed_over_and_five_are_not);
    tcase_add_test(tests, what_is_left_over_is_not_done);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
