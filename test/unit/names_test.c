/* The table of names: dense ids, addresses that stay, memory that stays small. */
#include "base/names.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tradewal.h"

static struct names *new_names(void) {
    struct names *names = NULL;
    ck_assert_int_eq(tw_names_new(&names), 0);
    return names;
}

static uint32_t add_name(struct names *names, const char *text) {
    ck_assert_int_eq(tw_names_reserve(names, 1, strlen(text)), 0);
    return tw_names_add(names, text);
}

/* Few different texts, so that finding and adding both happen. A list searched from its start is
 * the model. */
START_TEST(a_table_gives_the_ids_of_a_plain_list) {
    struct random random = {seed_from_environment("a_table_gives_the_ids_of_a_plain_list")};
    enum { TEXTS = 3000 };
    static char model[TEXTS][16];
    static const char *places[TEXTS];
    uint32_t count = 0;
    struct names *names = new_names();
    for (int step = 0; step < 12000; step++) {
        char text[16];
        snprintf(text, sizeof text, "%llX", (unsigned long long)random_below(&random, TEXTS));
        uint32_t id = 0;
        while (id < count && strcmp(model[id], text) != 0)
            id++;
        ck_assert_uint_eq(tw_names_find(names, text), id < count ? id : TW_NO_NAME);
        if (random_below(&random, 3) == 0)
            continue;
        ck_assert_uint_eq(add_name(names, text), id);
        if (id == count) {
            strcpy(model[count], text);
            places[count++] = tw_names_text(names, id);
        }
        ck_assert_uint_eq(tw_names_count(names), count);
    }
    for (uint32_t id = 0; id < count; id++) {
        ck_assert_ptr_eq(tw_names_text(names, id), places[id]);
        ck_assert_str_eq(places[id], model[id]);
    }
    tw_names_free(names);
}
END_TEST

START_TEST(a_new_table_knows_no_name) {
    struct names *names = new_names();
    ck_assert_uint_eq(tw_names_count(names), 0);
    ck_assert_uint_eq(tw_names_find(names, ""), TW_NO_NAME);
    ck_assert_int_eq(tw_names_reserve(names, 0, 0), 0);
    ck_assert_uint_eq(tw_names_find(names, "AAPL"), TW_NO_NAME);
    tw_names_free(names);
    tw_names_free(NULL);
}
END_TEST

START_TEST(the_empty_name_and_a_very_long_one_are_names) {
    enum { LONG = 200000 };
    char *text = malloc(LONG + 1);
    memset(text, 'L', LONG);
    text[LONG] = '\0';
    struct names *names = new_names();
    ck_assert_uint_eq(add_name(names, ""), 0);
    ck_assert_uint_eq(add_name(names, text), 1);
    ck_assert_uint_eq(add_name(names, "after"), 2);
    ck_assert_uint_eq(tw_names_find(names, text), 1);
    ck_assert_uint_eq(tw_names_find(names, ""), 0);
    text[LONG - 1] = 'M';
    ck_assert_uint_eq(tw_names_find(names, text), TW_NO_NAME);
    tw_names_free(names);
    free(text);
}
END_TEST

/* The bytes of a reservation may come in any split over its names. */
START_TEST(a_reservation_holds_for_any_split_of_its_bytes) {
    struct random random = {seed_from_environment("a_reservation_holds_for_any_split")};
    struct names *names = new_names();
    uint32_t expected = 0;
    for (int round = 0; round < 200; round++) {
        size_t count = 1 + random_below(&random, 40), bytes = 12 * count;
        bytes += random_below(&random, 60000);
        ck_assert_int_eq(tw_names_reserve(names, count, bytes), 0);
        for (size_t i = 0; i < count; i++) {
            static char text[80000];
            size_t most = i + 1 == count ? bytes : bytes - 12 * (count - 1 - i);
            size_t length = i + 1 == count ? bytes : 12 + random_below(&random, most - 11);
            memset(text, 'a' + (int)(i % 26), length);
            text[length] = '\0';
            char unique[13];
            snprintf(unique, sizeof unique, "%08x", expected);
            memcpy(text, unique, 8);
            ck_assert_uint_eq(tw_names_add(names, text), expected++);
            bytes -= length;
        }
        ck_assert_uint_eq(bytes, 0);
    }
    tw_names_free(names);
}
END_TEST

START_TEST(a_reservation_that_is_too_large_adds_nothing) {
    struct names *names = new_names();
    ck_assert_uint_eq(add_name(names, "AAPL"), 0);
    ck_assert_int_eq(tw_names_reserve(names, SIZE_MAX, 1), TW_E_NOMEM);
    ck_assert_int_eq(tw_names_reserve(names, 1, SIZE_MAX), TW_E_NOMEM);
    ck_assert_int_eq(tw_names_reserve(names, 1, SIZE_MAX - 1), TW_E_NOMEM);
    ck_assert_int_eq(tw_names_reserve(names, UINT32_MAX, 1), TW_E_NOMEM);
    ck_assert_uint_eq(tw_names_count(names), 1);
    ck_assert_uint_eq(tw_names_find(names, "AAPL"), 0);
    ck_assert_uint_eq(add_name(names, "MSFT"), 1);
    tw_names_free(names);
}
END_TEST

/* What the allocator has handed out; 0 where a sanitizer has put its own in place. */
static size_t allocated_bytes(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

START_TEST(a_million_execution_ids_fit_in_56_megabytes) {
    enum { NAMES = 1000000, MOST_BYTES = 56 << 20 };
    size_t before = allocated_bytes();
    struct names *names = new_names();
    char text[40];
    for (uint32_t i = 0; i < NAMES; i++) {
        snprintf(text, sizeof text, "0000e0d5.%08x.01.%09u", i * 2654435761u, i);
        ck_assert_uint_eq(strlen(text), 30);
        if (tw_names_reserve(names, 1, 30) != 0 || tw_names_add(names, text) != i)
            ck_abort_msg("name %u was not new", i);
    }
    size_t used = allocated_bytes() - before;
    ck_assert_uint_le(used, MOST_BYTES);
    for (uint32_t i = 0; i < NAMES; i += 997) {
        snprintf(text, sizeof text, "0000e0d5.%08x.01.%09u", i * 2654435761u, i);
        ck_assert_uint_eq(tw_names_find(names, text), i);
    }
    tw_names_free(names);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("names");
    TCase *cases = tcase_create("names");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_table_gives_the_ids_of_a_plain_list);
    tcase_add_test(cases, a_new_table_knows_no_name);
    tcase_add_test(cases, the_empty_name_and_a_very_long_one_are_names);
    tcase_add_test(cases, a_reservation_holds_for_any_split_of_its_bytes);
    tcase_add_test(cases, a_reservation_that_is_too_large_adds_nothing);
    tcase_add_test(cases, a_million_execution_ids_fit_in_56_megabytes);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
