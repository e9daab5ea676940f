/* The tree that JSON text becomes: its content, its limits, and its memory used again. */
#include "core/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "harness.h"

static int parse(const char *text, size_t size, tw_error *why) {
    struct json_document *document = NULL;
    int status = tw_json_parse(text, size, &document, why);
    tw_json_free(document);
    return status;
}

START_TEST(the_tree_has_every_value_in_its_place) {
    static const char text[] =
        "{\"a\":[1,-2.50e+1],\n \"b\":\"x\\u20ac\\ud83d\\ude00\\n\",\"c\":{}}";
    struct json_document *document = NULL;
    ck_assert_int_eq(tw_json_parse(text, strlen(text), &document, NULL), 0);
    const struct json *root = tw_json_root(document);
    ck_assert_int_eq(root->kind, JSON_OBJECT);
    ck_assert_uint_eq(root->count, 3);
    const struct json *a = tw_json_member(root, "a");
    ck_assert_ptr_eq(a, root->first);
    ck_assert_int_eq(a->kind, JSON_ARRAY);
    ck_assert_uint_eq(a->count, 2);
    ck_assert_str_eq(a->first->text, "1");
    ck_assert_ptr_null(a->first->key);
    ck_assert_str_eq(a->first->next->text, "-2.50e+1");
    ck_assert_uint_eq(a->first->next->size, 8);
    ck_assert_ptr_null(a->first->next->next);
    const struct json *b = tw_json_member(root, "b");
    ck_assert_str_eq(b->text, "x\xE2\x82\xAC\xF0\x9F\x98\x80\n");
    ck_assert_uint_eq(b->size, 9);
    ck_assert_uint_eq(b->line, 2);
    ck_assert_uint_eq(b->column, 6);
    ck_assert_uint_eq(tw_json_member(root, "c")->count, 0);
    ck_assert_ptr_null(tw_json_member(root, "d"));
    ck_assert_ptr_null(tw_json_member(b, "a"));
    tw_json_free(document);
}
END_TEST

START_TEST(every_unicode_escape_decodes_to_the_character_itself) {
    struct json_document *document = NULL;
    for (uint32_t c = 1; c <= 0xFFFF; c += c < 0x900 ? 1 : 37) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        char text[16], want[4] = {0};
        snprintf(text, sizeof text, "\"\\u%04X\"", (unsigned)c);
        if (c < 0x80) {
            want[0] = (char)c;
        } else if (c < 0x800) {
            want[0] = (char)(0xC0 | c >> 6);
            want[1] = (char)(0x80 | (c & 63));
        } else {
            want[0] = (char)(0xE0 | c >> 12);
            want[1] = (char)(0x80 | (c >> 6 & 63));
            want[2] = (char)(0x80 | (c & 63));
        }
        ck_assert_int_eq(tw_json_parse_again(&document, text, strlen(text), 1, NULL), 0);
        ck_assert_str_eq(tw_json_root(document)->text, want);
    }
    tw_json_free(document);
}
END_TEST

static void nest(struct buffer *out, size_t depth, const char *open, const char *close) {
    tw_buffer_clear(out);
    for (size_t i = 0; i < depth; i++)
        tw_buffer_text(out, open);
    tw_buffer_text(out, "1");
    for (size_t i = 0; i < depth; i++)
        tw_buffer_text(out, close);
}

START_TEST(thirty_two_levels_are_read_and_thirty_three_are_not) {
    struct buffer text = {0};
    tw_error why = {0};
    nest(&text, 32, "[", "]");
    ck_assert_int_eq(parse(text.data, text.size, NULL), 0);
    nest(&text, 32, "{\"a\":", "}");
    ck_assert_int_eq(parse(text.data, text.size, NULL), 0);
    nest(&text, 33, "[", "]");
    ck_assert_int_eq(parse(text.data, text.size, &why), TW_E_PARSE);
    ck_assert_str_eq(
        why.text, "line 1, column 33: found [, expected at most 32 levels of arrays and objects");
    nest(&text, 33, "{\"a\":", "}");
    ck_assert_int_eq(parse(text.data, text.size, NULL), TW_E_PARSE);
    nest(&text, 1000000, "[", "]");
    ck_assert_int_eq(parse(text.data, text.size, NULL), TW_E_PARSE);
    tw_buffer_free(&text);
}
END_TEST

/* All names have the same long start, which is what makes comparing them slow. */
static void put_names(struct buffer *out, unsigned count) {
    tw_buffer_char(out, '{');
    for (unsigned i = 0; i < count; i++)
        tw_buffer_format(out, "%s\n\"the_same_start_for_all_of_them_%06u\":%u", i ? "," : "", i, i);
}

START_TEST(one_double_among_a_hundred_thousand_names_is_found) {
    struct buffer text = {0};
    put_names(&text, 100000);
    size_t size = text.size;
    tw_buffer_char(&text, '}');
    ck_assert_int_eq(parse(text.data, text.size, NULL), 0);
    text.size = size;
    tw_buffer_text(&text, ",\n\"the_same_start_for_all_of_them_054321\":1}");
    tw_error why = {0};
    ck_assert_int_eq(parse(text.data, text.size, &why), TW_E_PARSE);
    ck_assert_str_eq(why.text, "line 100002, column 41: found "
                               "\"the_same_start_for_all_of_them_054321\" a second time, expected "
                               "each name once");
    tw_buffer_free(&text);
}
END_TEST

START_TEST(a_double_is_found_in_an_object_of_any_size) {
    struct buffer text = {0};
    for (unsigned count = 1; count < 40; count++)
        for (unsigned twice = 0; twice < count; twice++) {
            tw_buffer_clear(&text);
            put_names(&text, count);
            tw_buffer_format(&text, ",\"the_same_start_for_all_of_them_%06u\":0}", twice);
            ck_assert_int_eq(parse(text.data, text.size, NULL), TW_E_PARSE);
        }
    tw_buffer_free(&text);
}
END_TEST

START_TEST(a_text_of_64_mib_is_read_and_one_byte_more_is_not) {
    size_t most = TW_JSON_BYTES_MAX;
    char *text = malloc(most + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', most + 1);
    text[0] = text[most - 1] = '"';
    struct json_document *document = NULL;
    ck_assert_int_eq(tw_json_parse(text, most, &document, NULL), 0);
    ck_assert_uint_eq(tw_json_root(document)->size, most - 2);
    tw_json_free(document);
    text[most - 1] = 'x';
    text[most] = '"';
    tw_error why = {0};
    ck_assert_int_eq(tw_json_parse(text, most + 1, &document, &why), TW_E_PARSE);
    ck_assert_ptr_nonnull(strstr(why.text, "found 67108865 bytes"));
    free(text);
}
END_TEST

START_TEST(four_million_values_are_read_and_one_more_is_not) {
    size_t count = TW_JSON_VALUES_MAX; /* the array itself is one of them */
    char *text = malloc(count * 3 + 4);
    ck_assert_ptr_nonnull(text);
    size_t size = 0;
    text[size++] = '[';
    for (size_t i = 0; i < count - 1; i++) {
        memcpy(text + size, "{},", 3);
        size += 3;
    }
    text[size - 1] = ']';
    struct json_document *document = NULL;
    ck_assert_int_eq(tw_json_parse(text, size, &document, NULL), 0);
    ck_assert_uint_eq(tw_json_root(document)->count, count - 1);
    tw_json_free(document);
    memcpy(text + size - 1, ",1]", 3);
    tw_error why = {0};
    ck_assert_int_eq(tw_json_parse(text, size + 2, &document, &why), TW_E_PARSE);
    ck_assert_ptr_nonnull(strstr(why.text, "expected no more than 4194304 values"));
    free(text);
}
END_TEST

START_TEST(a_document_is_used_again_line_by_line) {
    struct json_document *document = NULL;
    tw_error why = {0};
    for (uint32_t line = 1; line <= 300; line++) {
        char text[64];
        int size = snprintf(text, sizeof text, "{\"line\":%u,\"text\":\"%0*d\"}", (unsigned)line,
                            (int)(line % 30) + 1, 0);
        ck_assert_int_eq(tw_json_parse_again(&document, text, (size_t)size, line, &why), 0);
        const struct json *root = tw_json_root(document);
        ck_assert_int_eq(atoi(tw_json_member(root, "line")->text), (int)line);
        ck_assert_uint_eq(tw_json_member(root, "text")->size, line % 30 + 1);
        ck_assert_uint_eq(root->line, line);
        ck_assert_int_eq(tw_json_parse_again(&document, "[1,", 3, line, &why), TW_E_PARSE);
        ck_assert_ptr_null(tw_json_root(document));
    }
    ck_assert_str_eq(why.text, "line 300, column 4: found the end of the text, expected a value");
    tw_json_free(document);
    tw_json_free(NULL);
}
END_TEST

START_TEST(memory_of_a_long_line_serves_the_short_ones_after_it) {
    struct json_document *document = NULL;
    struct buffer text = {0};
    for (int round = 0; round < 3; round++) {
        for (unsigned count = 1; count < 3000; count = count * 7 + 1) {
            tw_buffer_clear(&text);
            put_names(&text, count);
            tw_buffer_char(&text, '}');
            ck_assert_int_eq(tw_json_parse_again(&document, text.data, text.size, 1, NULL), 0);
            const struct json *member = tw_json_root(document)->first;
            for (unsigned i = 0; i < count; i++, member = member->next)
                ck_assert_uint_eq((unsigned)atoi(member->text), i);
            ck_assert_ptr_null(member);
        }
    }
    tw_buffer_free(&text);
    tw_json_free(document);
}
END_TEST

static const struct {
    const char *text;
    int status;
    int64_t value;
} decimals[] = {
    {"445.25", 0, INT64_C(44525000000)},
    {"\"445.25\"", 0, INT64_C(44525000000)},
    {"1e2", 0, INT64_C(10000000000)},
    {"92233720368.54775807", 0, INT64_MAX},
    {"\"-92233720368.54775807\"", 0, -INT64_MAX},
    {"0.1234567", 0, 12345670},
    {"0.123456789", TW_E_RANGE, 0},
    {"92233720368.54775808", TW_E_RANGE, 0},
    {"\"1,5\"", TW_E_PARSE, 0},
    {"\"\"", TW_E_PARSE, 0},
    {"true", TW_E_PARSE, 0},
    {"[1]", TW_E_PARSE, 0},
    {"null", TW_E_NOT_FOUND, 0},
};
enum { DECIMAL_COUNT = sizeof decimals / sizeof decimals[0] };

START_TEST(a_decimal_is_exact_as_number_and_as_text) {
    char text[64];
    int size = snprintf(text, sizeof text, "{\"price\":%s}", decimals[_i].text);
    struct json_document *document = NULL;
    ck_assert_int_eq(tw_json_parse(text, (size_t)size, &document, NULL), 0);
    int64_t value = 77;
    tw_error why = {0};
    int status = tw_json_e8(tw_json_root(document), "price", &value, &why);
    ck_assert_int_eq(status, decimals[_i].status);
    ck_assert_int_eq(value, status == 0 ? decimals[_i].value : 77);
    ck_assert(status == 0 || strstr(why.text, "price"));
    ck_assert_int_eq(tw_json_e8(tw_json_root(document), "cost", &value, &why), TW_E_NOT_FOUND);
    ck_assert_str_eq(why.text, "line 1, column 1: cost is missing");
    tw_json_free(document);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_tree");
    TCase *tests = tcase_create("tree");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, the_tree_has_every_value_in_its_place);
    tcase_add_test(tests, every_unicode_escape_decodes_to_the_character_itself);
    tcase_add_test(tests, thirty_two_levels_are_read_and_thirty_three_are_not);
    tcase_add_test(tests, one_double_among_a_hundred_thousand_names_is_found);
    tcase_add_test(tests, a_double_is_found_in_an_object_of_any_size);
    tcase_add_test(tests, a_text_of_64_mib_is_read_and_one_byte_more_is_not);
    tcase_add_test(tests, four_million_values_are_read_and_one_more_is_not);
    tcase_add_test(tests, a_document_is_used_again_line_by_line);
    tcase_add_test(tests, memory_of_a_long_line_serves_the_short_ones_after_it);
    tcase_add_loop_test(tests, a_decimal_is_exact_as_number_and_as_text, 0, DECIMAL_COUNT);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
