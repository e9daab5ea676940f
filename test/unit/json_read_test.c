/* What JSON text is accepted, what is refused, and how the refusal reads. */
#include "core/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "harness.h"

struct sample {
    const char *text;
    size_t size; /* 0: strlen */
};

static int parse(const char *text, size_t size, tw_error *why) {
    /* A copy of exact size, so that a sanitizer sees a read beyond it. */
    char *copy = malloc(size + (size == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    struct json_document *document = NULL;
    int status = tw_json_parse(copy, size, &document, why);
    free(copy);
    if (status == 0)
        ck_assert_ptr_nonnull(tw_json_root(document));
    else
        ck_assert_ptr_null(document);
    tw_json_free(document);
    return status;
}

static const struct sample accepted[] = {
    {"{}", 0},
    {"[]", 0},
    {"null", 0},
    {"true", 0},
    {"false", 0},
    {"0", 0},
    {"-0", 0},
    {"1", 0},
    {"-1.5", 0},
    {"1e5", 0},
    {"1E+5", 0},
    {"1e-05", 0},
    {"0.000", 0},
    {"123456789012345678901234567890", 0},
    {"\"\"", 0},
    {"\"a\"", 0},
    {" \t\r\n{ \"a\" : [ 1 , 2 ] } \n", 0},
    {"[[],{},\"\",null]", 0},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 0},
    {"\"\\u00e9\\u0001\"", 0},
    {"\"\\uD83D\\uDE00\"", 0},
    {"\"\\ud83d\\ude00\"", 0},
    {"\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", 0},
    {"\"\\\\\xC3\xA9\"", 0},
    {"\"\x7F\"", 0},
    {"\"\\uFFFF\"", 0},
    {"{\"\":0}", 0},
    {"{\"a\":1,\"A\":2,\"a \":3}", 0},
    {"[{\"a\":1},{\"a\":1}]", 0},
    {"{\"a\":{\"a\":{\"a\":1}}}", 0},
};

static const struct sample refused[] = {
    {"", 0},
    {" ", 0},
    {"{", 0},
    {"}", 0},
    {"[", 0},
    {"]", 0},
    {"[1", 0},
    {"[1,", 0},
    {"[1,]", 0},
    {"[,1]", 0},
    {"[1 2]", 0},
    {"[1}", 0},
    {"{\"a\"}", 0},
    {"{\"a\":}", 0},
    {"{\"a\" 1}", 0},
    {"{\"a\":1,}", 0},
    {"{,}", 0},
    {"{a:1}", 0},
    {"{'a':1}", 0},
    {"{1:1}", 0},
    {"{\"a\":1]", 0},
    {"{\"a\":1 \"b\":2}", 0},
    {"{\"a\":1,\"a\":2}", 0},
    {"{\"a\":1,\"\\u0061\":2}", 0},
    {"{\"\":1,\"\":2}", 0},
    {"1 2", 0},
    {"{} {}", 0},
    {"[]]", 0},
    {"null,", 0},
    {"nul", 0},
    {"nulll", 0},
    {"NULL", 0},
    {"True", 0},
    {"NaN", 0},
    {"Infinity", 0},
    {"-Infinity", 0},
    {"01", 0},
    {"-01", 0},
    {"00", 0},
    {"+1", 0},
    {".5", 0},
    {"1.", 0},
    {"-", 0},
    {"1.e5", 0},
    {"1e", 0},
    {"1e+", 0},
    {"0x10", 0},
    {"1_000", 0},
    {"1.2.3", 0},
    {"- 1", 0},
    {"\"", 0},
    {"\"a", 0},
    {"\"\\\"", 0},
    {"\"\\", 0},
    {"\"\\x41\"", 0},
    {"\"\\a\"", 0},
    {"\"\\\xC3\xA9\"", 0},
    {"\"\\u\"", 0},
    {"\"\\u12\"", 0},
    {"\"\\u123g\"", 0},
    {"\"\\u0000\"", 0},
    {"\"\\uD83D\"", 0},
    {"\"\\uD83Dx\"", 0},
    {"\"\\uD83D\\u0041\"", 0},
    {"\"\\uD83D\\uD83D\"", 0},
    {"\"\\uDE00\"", 0},
    {"\"\\uD83D\\uDE0\"", 0},
    {"\"a\tb\"", 0},
    {"\"a\nb\"", 0},
    {"\"\x1F\"", 0},
    {"\"a\0b\"", 5},
    {"\"\\\n\"", 0},
    {"\0", 1},
    {"[1]\0", 4},
    {"\"\x80\"", 0},
    {"\"\xC0\xAF\"", 0},
    {"\"\xC3\"", 0},
    {"\"\\\xC3\"", 0},
    {"\"\xED\xA0\x80\"", 0},
    {"\"\xF4\x90\x80\x80\"", 0},
    {"\"\xE2\x82\"", 0},
    {"\xEF\xBB\xBF{}", 0},
    {"\xFF\xFE{", 0},
    {"// no\n{}", 0},
    {"/* no */{}", 0},
    {"{}#", 0},
    {"\v1", 0},
    {"\xC2\xA0{}", 0},
};

enum {
    ACCEPTED_COUNT = sizeof accepted / sizeof accepted[0],
    REFUSED_COUNT = sizeof refused / sizeof refused[0]
};

static size_t size_of(const struct sample *sample) {
    return sample->size ? sample->size : strlen(sample->text);
}

START_TEST(what_rfc_8259_allows_is_read) {
    tw_error why = {0};
    int status = parse(accepted[_i].text, size_of(&accepted[_i]), &why);
    ck_assert_msg(status == 0, "%s: %s", accepted[_i].text, why.text);
    ck_assert_int_eq(why.code, 0);
}
END_TEST

START_TEST(anything_else_is_refused_with_its_place) {
    tw_error why = {0};
    int status = parse(refused[_i].text, size_of(&refused[_i]), &why);
    ck_assert_msg(status == TW_E_PARSE, "accepted: %s", refused[_i].text);
    ck_assert_msg(strncmp(why.text, "line ", 5) == 0, "%s", why.text);
    ck_assert_msg(strstr(why.text, "expected "), "%s", why.text);
    for (const char *c = why.text; *c; c++)
        ck_assert_msg((unsigned char)*c >= 0x20, "a control character in: %s", why.text);
}
END_TEST

START_TEST(every_cut_of_a_text_is_refused_and_never_read_beyond) {
    static const char text[] =
        "{\"a\":[1.5e3,true,null,\"x\\u00e9\\ud83d\\ude00\xC3\xA9\"],\"b\":{}}";
    for (size_t size = 0; size < sizeof text - 1; size++)
        ck_assert_int_eq(parse(text, size, NULL), TW_E_PARSE);
    ck_assert_int_eq(parse(text, sizeof text - 1, NULL), 0);
}
END_TEST

static const struct {
    const char *text, *line;
} places[] = {
    {"", "line 1, column 1: found the end of the text, expected a value"},
    {"{\"a\":nope}", "line 1, column 6: found nope, expected a value"},
    {"{\n \"a\": 1,\n  }", "line 3, column 3: found }, expected a name in quotes"},
    {"[1,\r\n\t2\n 3]", "line 3, column 2: found 3, expected ',' or ']'"},
    {"{\"a\":1\n", "line 2, column 1: found the end of the text, expected ',' or '}'"},
    {"{\"a\" 1}", "line 1, column 6: found 1, expected ':'"},
    {"[01]",
     "line 1, column 2: found 01, expected a number (no '+' or zero in front, digits around the "
     "point)"},
    {"[\"a\x01\"]", "line 1, column 4: found \\x01, expected control characters in a string as \\u "
                    "escapes"},
    {"[\"ab\xFF\"]", "line 1, column 5: found \\xff, expected UTF-8"},
    {"[\"\xC3\xA9\\q\"]",
     "line 1, column 5: found \\, expected one of the escapes \\\" \\\\ \\/ \\b \\f "
     "\\n \\r \\t \\u"},
    {"[\"\\ud83d\"]", "line 1, column 3: found \\, expected both halves of a surrogate pair"},
    {"\xEF\xBB\xBF[]",
     "line 1, column 1: found \\xef\\xbb\\xbf, expected JSON without a byte order mark"},
    {"[] []", "line 1, column 4: found [, expected nothing more"},
    {"{\"a\":1,\n\"b\":2,\n  \"a\":3}",
     "line 3, column 7: found \"a\" a second time, expected each name once"},
    {"{\"\x7F\xE2\x80\xAE\":1,\"\x7F\xE2\x80\xAE\":2}",
     "line 1, column 18: found \"\\x7f\\xe2\\x80\\xae\" a second time, expected each name once"},
};
enum { PLACE_COUNT = sizeof places / sizeof places[0] };

START_TEST(a_refusal_says_where_what_was_found_and_what_was_expected) {
    tw_error why = {0};
    ck_assert_int_eq(parse(places[_i].text, strlen(places[_i].text), &why), TW_E_PARSE);
    ck_assert_str_eq(why.text, places[_i].line);
    ck_assert_int_eq(why.code, TW_E_PARSE);
}
END_TEST

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
    Suite *suite = suite_create("json_read");
    TCase *tests = tcase_create("reading");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, what_rfc_8259_allows_is_read, 0, ACCEPTED_COUNT);
    tcase_add_loop_test(tests, anything_else_is_refused_with_its_place, 0, REFUSED_COUNT);
    tcase_add_test(tests, every_cut_of_a_text_is_refused_and_never_read_beyond);
    tcase_add_loop_test(tests, a_refusal_says_where_what_was_found_and_what_was_expected, 0,
                        PLACE_COUNT);
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
