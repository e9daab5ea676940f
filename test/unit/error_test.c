/* Errors as text: the list, and the line that goes with one. */
#include "base/error.h"

#include <stdint.h>
#include <string.h>

#include "harness.h"

START_TEST(every_error_of_the_list_has_a_name_and_two_sentences) {
    static const struct {
        int code;
        const char *name;
    } listed[] = {
#define TW_ERROR(number, name, happened, remedy) {TW_E_##name, #name},
#include "tradewal_errors.def"
#undef TW_ERROR
    };
    for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++) {
        ck_assert_int_lt(listed[i].code, 0);
        ck_assert_str_eq(tw_error_name(listed[i].code), listed[i].name);
        ck_assert_uint_gt(strlen(tw_error_happened(listed[i].code)), 10);
        ck_assert_uint_gt(strlen(tw_error_remedy(listed[i].code)), 4);
    }
    ck_assert_str_eq(tw_error_name(TW_E_DUPLICATE), "DUPLICATE");
    ck_assert_str_eq(tw_error_happened(TW_E_FULL), "the log cannot take more records");
}
END_TEST

START_TEST(a_number_that_is_no_error_is_called_unknown) {
    static const int numbers[] = {0, 1, 7, INT32_MAX, INT32_MIN, -10000};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ck_assert_str_eq(tw_error_name(numbers[i]), "UNKNOWN");
        ck_assert_ptr_nonnull(tw_error_happened(numbers[i]));
        ck_assert_ptr_nonnull(tw_error_remedy(numbers[i]));
    }
}
END_TEST

START_TEST(a_failure_says_what_was_found) {
    tw_error why;
    memset(&why, 'x', sizeof why);
    int code = tw_fail(&why, TW_E_RANGE, "quantity %d, expected at most %d", 12, 10);
    ck_assert_int_eq(code, TW_E_RANGE);
    ck_assert_int_eq(why.code, TW_E_RANGE);
    ck_assert_str_eq(why.text, "quantity 12, expected at most 10");
}
END_TEST

START_TEST(a_context_is_put_in_front_of_the_line) {
    tw_error why;
    tw_fail(&why, TW_E_PARSE, "byte %d is odd", 7);
    ck_assert_int_eq(tw_fail_in(&why, TW_E_DAMAGED, "record %d", 3), TW_E_DAMAGED);
    ck_assert_int_eq(why.code, TW_E_DAMAGED);
    ck_assert_str_eq(why.text, "record 3: byte 7 is odd");
}
END_TEST

START_TEST(a_failure_may_quote_the_line_it_replaces) {
    tw_error why;
    tw_fail(&why, TW_E_IO, "the disk is gone");
    tw_fail(&why, TW_E_FAILED, "closed after: %s", why.text);
    ck_assert_str_eq(why.text, "closed after: the disk is gone");
}
END_TEST

START_TEST(nobody_has_to_listen) {
    ck_assert_int_eq(tw_fail(NULL, TW_E_IO, "unheard"), TW_E_IO);
    ck_assert_int_eq(tw_fail_in(NULL, TW_E_BUSY, "unheard"), TW_E_BUSY);
}
END_TEST

/* The longest line, with a character of two bytes across every place where it may be cut. */
START_TEST(a_line_that_is_too_long_ends_in_dots_after_a_whole_character) {
    enum { ROOM = sizeof((tw_error *)0)->text };
    for (int shift = 0; shift < 4; shift++) {
        char text[2 * ROOM] = "aaaa";
        size_t at = (size_t)shift;
        while (at + 2 < sizeof text) {
            memcpy(text + at, "\xC3\xA9", 2);
            at += 2;
        }
        text[at] = '\0';
        tw_error why;
        tw_fail(&why, TW_E_TEXT, "%s", text);
        size_t length = strlen(why.text);
        ck_assert_uint_ge(length, ROOM - 2);
        ck_assert_uint_lt(length, ROOM);
        ck_assert_str_eq(why.text + length - 3, "...");
        ck_assert_uint_eq((unsigned char)why.text[length - 4], 0xA9);
    }
}
END_TEST

START_TEST(a_line_that_just_fits_is_not_cut) {
    char text[sizeof((tw_error *)0)->text];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    tw_error why;
    tw_fail(&why, TW_E_TEXT, "%s", text);
    ck_assert_str_eq(why.text, text);
    tw_fail(&why, TW_E_TEXT, "%sb", text);
    ck_assert_str_ne(why.text, text);
}
END_TEST

START_TEST(the_version_is_that_of_the_header) {
    ck_assert_str_eq(tw_version(), TW_VERSION);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("error");
    TCase *cases = tcase_create("error");
    tcase_add_test(cases, every_error_of_the_list_has_a_name_and_two_sentences);
    tcase_add_test(cases, a_number_that_is_no_error_is_called_unknown);
    tcase_add_test(cases, a_failure_says_what_was_found);
    tcase_add_test(cases, a_context_is_put_in_front_of_the_line);
    tcase_add_test(cases, a_failure_may_quote_the_line_it_replaces);
    tcase_add_test(cases, nobody_has_to_listen);
    tcase_add_test(cases, a_line_that_is_too_long_ends_in_dots_after_a_whole_character);
    tcase_add_test(cases, a_line_that_just_fits_is_not_cut);
    tcase_add_test(cases, the_version_is_that_of_the_header);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
