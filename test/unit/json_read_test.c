/* What JSON text is accepted, what is refused, and how the refusal reads. */
#include "core/json_read.h"

#include <stdlib.h>
#include <string.h>

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

int main(void) {
    Suite *suite = suite_create("json_read");
    TCase *tests = tcase_create("reading");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, what_rfc_8259_allows_is_read, 0, ACCEPTED_COUNT);
    tcase_add_loop_test(tests, anything_else_is_refused_with_its_place, 0, REFUSED_COUNT);
    tcase_add_test(tests, every_cut_of_a_text_is_refused_and_never_read_beyond);
    tcase_add_loop_test(tests, a_refusal_says_where_what_was_found_and_what_was_expected, 0,
                        PLACE_COUNT);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
