/* UTF-8, and text from outside made safe to show. */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* The definition, read the other way round: the bytes a character has to have. */
static size_t encode(uint32_t character, unsigned char out[4]) {
    if (character < 0x80) {
        out[0] = (unsigned char)character;
        return 1;
    }
    size_t size = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size - 1; i > 0; i--, character >>= 6)
        out[i] = (unsigned char)(0x80 | (character & 0x3F));
    out[0] = (unsigned char)(leads[size] | character);
    return size;
}

static int is_hidden(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
           c == 0x2029 || c == 0xFEFF;
}

START_TEST(every_character_is_utf8_and_all_but_the_hidden_ones_are_clean) {
    for (uint32_t c = 0; c < 0x110000; c++) {
        unsigned char text[4];
        size_t size = encode(c, text);
        int surrogate = c >= 0xD800 && c <= 0xDFFF;
        int utf8 = tw_text_is_utf8((char *)text, size),
            clean = tw_text_is_clean((char *)text, size);
        if (utf8 != !surrogate || clean != (!surrogate && !is_hidden(c)))
            ck_abort_msg("U+%04X: utf8 %d, clean %d", c, utf8, clean);
        /* Without its last byte, and with one more, it is no character. */
        if (size > 1 && tw_text_is_utf8((char *)text, size - 1))
            ck_abort_msg("U+%04X without its last byte", c);
    }
}
END_TEST

/* Text is looked at in pieces of several bytes: none may be missed at any place of any of them. */
START_TEST(one_bad_byte_at_any_place_of_a_text_of_any_size_is_seen) {
    for (size_t size = 1; size <= 25; size++)
        for (size_t at = 0; at < size; at++)
            for (int byte = 0; byte < 256; byte++) {
                char *text = malloc(size); /* of its size, so that a read past the end is seen */
                memset(text, 'a' + (int)size, size);
                text[at] = (char)byte;
                int expected = byte >= 0x20 && byte < 0x7F;
                if (tw_text_is_clean(text, size) != expected)
                    ck_abort_msg("%02X at %zu of %zu", (unsigned)byte, at, size);
                free(text);
            }
}
END_TEST

START_TEST(one_character_at_any_place_of_a_text_of_any_size_is_clean) {
    static const char *const characters[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x93\x88"};
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
        for (size_t size = strlen(characters[i]); size <= 25; size++)
            for (size_t at = 0; at + strlen(characters[i]) <= size; at++) {
                char *text = malloc(size);
                memset(text, '~', size);
                memcpy(text + at, characters[i], strlen(characters[i]));
                ck_assert_int_eq(tw_text_is_clean(text, size), 1);
                free(text);
            }
}
END_TEST

/* A text of one to four bytes is UTF-8 exactly when it is what some characters encode to. */
START_TEST(no_other_bytes_are_utf8) {
    struct random random = {seed_from_environment("no_other_bytes_are_utf8")};
    static uint8_t is_start[256][256]; /* pairs that begin a character, from the encoder */
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        unsigned char text[4];
        encode(c, text);
        if (c < 0xD800 || c > 0xDFFF)
            is_start[text[0]][text[1]] = 1;
    }
    int valid = 0;
    for (int i = 0; i < 300000; i++) {
        unsigned char text[4];
        size_t size = 2 + random_below(&random, 3);
        text[0] = (unsigned char)(0xC0 + random_below(&random, 64));
        for (size_t k = 1; k < size; k++)
            text[k] = (unsigned char)(0x70 + random_below(&random, 0x50));
        size_t needed = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
        int expected = size >= needed && is_start[text[0]][text[1]];
        for (size_t k = 2; k < needed && expected; k++)
            expected = text[k] >= 0x80 && text[k] < 0xC0;
        for (size_t k = needed; k < size && expected; k++)
            expected = text[k] < 0x80;
        if (tw_text_is_utf8((char *)text, size) != expected)
            ck_abort_msg("%02X %02X %02X %02X of %zu", text[0], text[1], text[2], text[3], size);
        valid += expected;
    }
    ck_assert_int_gt(valid, 10000);
}
END_TEST

START_TEST(the_well_known_traps_of_utf8_are_refused) {
    static const char *const texts[] = {"\xC0\x80",
                                        "\xC1\xBF",
                                        "\xE0\x80\x80",
                                        "\xE0\x9F\xBF",
                                        "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xED\xA0\x80",
                                        "\xED\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xFF",
                                        "\xFE",
                                        "\x80",
                                        "\xBF",
                                        "\xE2\x82",
                                        "ok\xC3",
                                        "\xC3(",
                                        "\xE2\x28\xA1",
                                        "\xF8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_int_eq(tw_text_is_utf8(texts[i], strlen(texts[i])), 0);
    ck_assert_int_eq(tw_text_is_utf8("", 0), 1);
    ck_assert_int_eq(tw_text_is_clean("", 0), 1);
    static const char good[] = "S\xC3\xA3o Paulo \xE2\x82\xAC\xF0\x9F\x93\x88";
    ck_assert_int_eq(tw_text_is_clean(good, sizeof good - 1), 1);
    ck_assert_int_eq(tw_text_is_clean("a\0b", 3), 0);
}
END_TEST

START_TEST(a_name_may_become_a_file_name) {
    char longest[66];
    memset(longest, 'a', sizeof longest);
    longest[64] = '\0';
    ck_assert_int_eq(tw_text_is_name(longest), 1);
    longest[64] = 'a';
    longest[65] = '\0';
    ck_assert_int_eq(tw_text_is_name(longest), 0);
    static const char *const good[] = {"DU123", "a", "_", "A.b-c_9", "0", "a..b", "a-"};
    static const char *const bad[] = {"",    ".",    "..",  ".a",       "-a",    "a/b", "a b",
                                      "a\n", "a\\b", "a:b", "\xC3\xA9", "a%20b", "~",   "a\x7F"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(tw_text_is_name(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!tw_text_is_name(bad[i]), "%s", bad[i]);
    ck_assert_int_eq(tw_text_is_name(NULL), 0);
}
END_TEST

static void expect_escaped(const char *text, size_t length, const char *expected) {
    struct buffer buffer = {0};
    tw_text_escape(&buffer, text, length);
    ck_assert_str_eq(tw_buffer_string(&buffer), expected);
    tw_buffer_free(&buffer);
}

START_TEST(what_is_not_clean_is_shown_byte_by_byte) {
    expect_escaped("", 0, "");
    expect_escaped("AAPL 445.25", 11, "AAPL 445.25");
    expect_escaped("a\nb\0c\x1B[2J", 9, "a\\x0ab\\x00c\\x1b[2J");
    expect_escaped("\xC3\xA9\xC3", 3, "\xC3\xA9\\xc3");
    expect_escaped("\xE2\x80\xAEtxt", 6, "\\xe2\\x80\\xaetxt");
    expect_escaped("\xE2\x82(\xE2\x82\xAC", 6, "\\xe2\\x82(\xE2\x82\xAC");
    expect_escaped("c:\\dir", 6, "c:\\dir");
    expect_escaped("\xED\xA0\x80", 3, "\\xed\\xa0\\x80");
}
END_TEST

static size_t any_text(struct random *random, char *out, size_t most) {
    size_t length = 0, pieces = random_below(random, 30);
    for (size_t i = 0; i < pieces && length + 4 <= most; i++) {
        uint32_t c = (uint32_t)(random_next(random) & 0x1FFFFF) >> random_below(random, 21);
        if (random_below(random, 3) == 0 || c > 0x10FFFF)
            out[length++] = (char)random_next(random);
        else
            length += encode(c, (unsigned char *)out + length);
    }
    return length;
}

/* The long way: what is shown is what was escaped, or a part of it that ends at the end of a piece,
 * followed by the mark; and no longer part of it would have fitted. */
START_TEST(any_text_in_any_room_is_shown_clean_and_as_long_as_it_can_be) {
    struct random random = {seed_from_environment("any_text_in_any_room_is_shown_clean")};
    for (int i = 0; i < 20000; i++) {
        char text[128], shown[160];
        size_t length = any_text(&random, text, sizeof text);
        size_t room = 1 + random_below(&random, sizeof shown - 1);
        memset(shown, '#', sizeof shown);
        struct buffer whole = {0};
        tw_text_escape(&whole, text, length);
        const char *expected = tw_buffer_string(&whole);
        ck_assert(tw_text_is_clean(expected, whole.size));
        ck_assert_ptr_eq(tw_text_show(text, length, shown, room), shown);
        size_t used = strnlen(shown, room);
        ck_assert_uint_lt(used, room);
        ck_assert_int_eq(shown[room], '#');
        ck_assert(tw_text_is_clean(shown, used));
        if (whole.size < room) {
            ck_assert_str_eq(shown, expected);
        } else if (room > 3) {
            ck_assert_str_eq(shown + used - 3, "...");
            ck_assert_mem_eq(shown, expected, used - 3);
            ck_assert_uint_ge(used + 4, room); /* a piece has at most four bytes */
        }
        tw_buffer_free(&whole);
    }
}
END_TEST

START_TEST(a_text_is_cut_between_pieces) {
    char out[16];
    ck_assert_str_eq(tw_text_show("12345678", 8, out, 9), "12345678");
    ck_assert_str_eq(tw_text_show("12345678", 8, out, 8), "1234...");
    ck_assert_str_eq(tw_text_show("ab\ncdefg", 8, out, 9), "ab...");
    ck_assert_str_eq(tw_text_show("ab\ncdefg", 8, out, 10), "ab\\x0a...");
    ck_assert_str_eq(tw_text_show("a\xE2\x82\xAC"
                                  "bcdefg",
                                  10, out, 7),
                     "a...");
    ck_assert_str_eq(tw_text_show("abcdef", 6, out, 3), "..");
    ck_assert_str_eq(tw_text_show("abcdef", 6, out, 1), "");
    ck_assert_str_eq(tw_text_show("abcdef", 6, NULL, 0), "");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("text");
    TCase *cases = tcase_create("text");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_character_is_utf8_and_all_but_the_hidden_ones_are_clean);
    tcase_add_test(cases, one_bad_byte_at_any_place_of_a_text_of_any_size_is_seen);
    tcase_add_test(cases, one_character_at_any_place_of_a_text_of_any_size_is_clean);
    tcase_add_test(cases, no_other_bytes_are_utf8);
    tcase_add_test(cases, the_well_known_traps_of_utf8_are_refused);
    tcase_add_test(cases, a_name_may_become_a_file_name);
    tcase_add_test(cases, what_is_not_clean_is_shown_byte_by_byte);
    tcase_add_test(cases, any_text_in_any_room_is_shown_clean_and_as_long_as_it_can_be);
    tcase_add_test(cases, a_text_is_cut_between_pieces);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
