/* The growing buffer, growing arrays and little-endian numbers. */
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tradewal.h"

START_TEST(a_buffer_holds_what_was_put_in_order) {
    struct random random = {seed_from_environment("a_buffer_holds_what_was_put_in_order")};
    enum { MOST = 20000 };
    char *model = malloc(MOST + 300);
    size_t size = 0;
    struct buffer buffer = {0};
    while (size < MOST) {
        char piece[256];
        size_t length = random_below(&random, sizeof piece);
        for (size_t i = 0; i < length; i++)
            piece[i] = (char)random_next(&random);
        if (length == 1)
            tw_buffer_char(&buffer, piece[0]);
        else
            tw_buffer_put(&buffer, piece, length);
        memcpy(model + size, piece, length);
        size += length;
        ck_assert_uint_eq(buffer.size, size);
    }
    ck_assert_mem_eq(buffer.data, model, size);
    ck_assert_int_eq(buffer.failed, 0);
    tw_buffer_free(&buffer);
    ck_assert_ptr_null(buffer.data);
    free(model);
}
END_TEST

START_TEST(an_empty_buffer_is_an_empty_string) {
    struct buffer buffer = {0};
    ck_assert_str_eq(tw_buffer_string(&buffer), "");
    tw_buffer_put(&buffer, NULL, 0);
    ck_assert_str_eq(tw_buffer_string(&buffer), "");
    tw_buffer_free(&buffer);
    tw_buffer_free(NULL);
}
END_TEST

/* Every length around the places where the buffer grows. */
START_TEST(the_string_ends_in_a_nul_at_every_length) {
    for (size_t length = 0; length < 600; length++) {
        struct buffer buffer = {0};
        for (size_t i = 0; i < length; i++)
            tw_buffer_char(&buffer, 'a');
        ck_assert_uint_eq(strlen(tw_buffer_string(&buffer)), length);
        tw_buffer_free(&buffer);
    }
}
END_TEST

START_TEST(formatted_pieces_of_any_length_are_whole) {
    for (int length = 0; length < 1200; length++) {
        struct buffer buffer = {0};
        tw_buffer_text(&buffer, "start ");
        tw_buffer_format(&buffer, "%*d|", length, 7);
        size_t width = length > 0 ? (size_t)length : 1;
        const char *text = tw_buffer_string(&buffer);
        ck_assert_uint_eq(buffer.size, strlen("start ") + width + 1);
        ck_assert_uint_eq(strlen(text), buffer.size);
        ck_assert_str_eq(text + buffer.size - 2, "7|");
        tw_buffer_free(&buffer);
    }
}
END_TEST

START_TEST(a_reservation_makes_the_next_appends_stay_in_place) {
    struct buffer buffer = {0};
    ck_assert_int_eq(tw_buffer_reserve(&buffer, 5000), 0);
    char *before = buffer.data;
    for (int i = 0; i < 5000; i++)
        tw_buffer_char(&buffer, 'x');
    ck_assert_ptr_eq(buffer.data, before);
    ck_assert_uint_eq(strlen(tw_buffer_string(&buffer)), 5000);
    tw_buffer_free(&buffer);
}
END_TEST

START_TEST(a_failed_buffer_takes_nothing_until_it_is_cleared) {
    struct buffer buffer = {0};
    tw_buffer_text(&buffer, "kept");
    ck_assert_int_eq(tw_buffer_reserve(&buffer, SIZE_MAX - 2), TW_E_NOMEM);
    ck_assert_int_eq(buffer.failed, 1);
    tw_buffer_text(&buffer, "lost");
    tw_buffer_format(&buffer, "%d", 1);
    ck_assert_uint_eq(buffer.size, 4);
    ck_assert_str_eq(tw_buffer_string(&buffer), "");
    ck_assert_int_eq(tw_buffer_reserve(&buffer, 1), TW_E_NOMEM);
    tw_buffer_clear(&buffer);
    tw_buffer_text(&buffer, "again");
    ck_assert_str_eq(tw_buffer_string(&buffer), "again");
    tw_buffer_free(&buffer);
}
END_TEST

struct item {
    int64_t a;
    int32_t b;
};

START_TEST(an_array_grows_with_zeroed_items_and_keeps_the_old_ones) {
    struct item *items = NULL;
    size_t capacity = 0;
    for (size_t count = 1; count < 500; count++) {
        size_t before = capacity;
        ck_assert_int_eq(tw_array_reserve((void **)&items, &capacity, count, sizeof *items), 0);
        ck_assert_uint_ge(capacity, count);
        for (size_t i = before; i < capacity; i++)
            ck_assert(items[i].a == 0 && items[i].b == 0);
        items[count - 1] = (struct item){(int64_t)count, -(int32_t)count};
        for (size_t i = 0; i < count; i++)
            ck_assert(items[i].a == (int64_t)i + 1 && items[i].b == -(int32_t)i - 1);
    }
    free(items);
}
END_TEST

START_TEST(an_array_that_cannot_grow_is_left_as_it_was) {
    struct item *items = NULL;
    size_t capacity = 0;
    ck_assert_int_eq(tw_array_reserve((void **)&items, &capacity, 10, sizeof *items), 0);
    struct item *before = items;
    size_t held = capacity;
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / sizeof *items + 1};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int code = tw_array_reserve((void **)&items, &capacity, counts[i], sizeof *items);
        ck_assert_int_eq(code, TW_E_NOMEM);
        ck_assert_ptr_eq(items, before);
        ck_assert_uint_eq(capacity, held);
    }
    free(items);
}
END_TEST

START_TEST(numbers_are_little_endian_at_any_address) {
    static const uint8_t expected[] = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
    uint8_t bytes[16];
    for (size_t at = 0; at < 8; at++) {
        memset(bytes, 0xEE, sizeof bytes);
        tw_put_u64(bytes + at, UINT64_C(0x0102030405060708));
        ck_assert_mem_eq(bytes + at, expected, 8);
        ck_assert_uint_eq(bytes[at + 8 < 16 ? at + 8 : 0], at + 8 < 16 ? 0xEE : bytes[0]);
        ck_assert(tw_get_u64(bytes + at) == UINT64_C(0x0102030405060708));
        ck_assert_uint_eq(tw_get_u32(bytes + at), 0x05060708u);
        ck_assert_uint_eq(tw_get_u16(bytes + at), 0x0708u);
        tw_put_u32(bytes + at, 0xF1F2F3F4u);
        ck_assert_uint_eq(tw_get_u32(bytes + at), 0xF1F2F3F4u);
        ck_assert_uint_eq(bytes[at + 4], 0x04);
        tw_put_u16(bytes + at, 0xFFFEu);
        ck_assert_uint_eq(tw_get_u16(bytes + at), 0xFFFEu);
        ck_assert_uint_eq(bytes[at + 2], 0xF2);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("buffer");
    TCase *cases = tcase_create("buffer");
    tcase_add_test(cases, a_buffer_holds_what_was_put_in_order);
    tcase_add_test(cases, an_empty_buffer_is_an_empty_string);
    tcase_add_test(cases, the_string_ends_in_a_nul_at_every_length);
    tcase_add_test(cases, formatted_pieces_of_any_length_are_whole);
    tcase_add_test(cases, a_reservation_makes_the_next_appends_stay_in_place);
    tcase_add_test(cases, a_failed_buffer_takes_nothing_until_it_is_cleared);
    tcase_add_test(cases, an_array_grows_with_zeroed_items_and_keeps_the_old_ones);
    tcase_add_test(cases, an_array_that_cannot_grow_is_left_as_it_was);
    tcase_add_test(cases, numbers_are_little_endian_at_any_address);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
