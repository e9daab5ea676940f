/* The JSON Schema of the export: valid JSON, and every type and field of the one list in it. */
#include "core/schema.h"

#include <string.h>

#include "core/json_read.h"
#include "core/json_write.h"
#include "harness.h"

static struct json_document *document;
static const struct json *definitions;

static void set_up(void) {
    struct buffer out = {0};
    tw_error why = {0};
    tw_json_schema(&out);
    int status = tw_json_parse(out.data, out.size, &document, &why);
    ck_assert_msg(status == 0, "%s", why.text);
    definitions = tw_json_member(tw_json_root(document), "$defs");
    ck_assert_ptr_nonnull(definitions);
    tw_buffer_free(&out);
}

static void tear_down(void) {
    tw_json_free(document);
}

static const struct json *find(const struct json *value, const char *name) {
    const struct json *found = tw_json_member(value, name);
    ck_assert_msg(found != NULL, "no member %s at line %u, column %u", name, (unsigned)value->line,
                  (unsigned)value->column);
    return found;
}

static int lists(const struct json *array, const char *text) {
    for (const struct json *item = array->first; item; item = item->next)
        if (strcmp(item->text, text) == 0)
            return 1;
    return 0;
}

START_TEST(every_type_has_its_branch_with_every_field) {
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    for (size_t i = 0; i < count; i++) {
        const struct json *branch = find(definitions, types[i].name);
        const struct json *properties = find(branch, "properties");
        ck_assert_str_eq(find(branch, "description")->text, types[i].sentence);
        ck_assert_int_eq(find(branch, "additionalProperties")->kind, JSON_FALSE);
        ck_assert_str_eq(find(find(properties, "type"), "const")->text, types[i].name);
        ck_assert_uint_eq(properties->count, types[i].count + 7);
        for (size_t j = 0; j < types[i].count; j++) {
            const struct field *field = &types[i].fields[j];
            ck_assert_str_eq(find(find(properties, field->name), "description")->text,
                             field->sentence);
            ck_assert_int_eq(lists(find(branch, "required"), field->name), !field->optional);
        }
    }
    const struct json *choices = find(tw_json_root(document), "oneOf");
    ck_assert_uint_eq(choices->count, count + 1);
    ck_assert_uint_eq(definitions->count, count + 1);
}
END_TEST

START_TEST(the_shapes_are_those_of_the_kinds) {
    const struct json *fill = find(find(definitions, "fill"), "properties");
    ck_assert_str_eq(find(find(fill, "price"), "pattern")->text,
                     "^-?(0|[1-9][0-9]*)(\\.[0-9]{1,8})?$");
    ck_assert_str_eq(find(find(fill, "qty"), "pattern")->text, "^(0|[1-9][0-9]*)(\\.[0-9]{1,8})?$");
    ck_assert_str_eq(find(find(fill, "symbol"), "maxLength")->text, "64");
    ck_assert_uint_eq(find(find(fill, "action"), "enum")->count, 2);
    const struct json *custom = find(find(definitions, "custom"), "properties");
    ck_assert_str_eq(find(find(custom, "bytes"), "maxLength")->text, "87384");
    const struct json *clock = find(find(definitions, "clock"), "properties");
    ck_assert_str_eq(find(find(clock, "synchronised"), "type")->text, "boolean");
    ck_assert_str_eq(find(find(clock, "offset"), "type")->text, "integer");
}
END_TEST

START_TEST(an_opaque_record_has_a_branch_without_fields) {
    const struct json *opaque = find(definitions, "opaque");
    ck_assert_uint_eq(find(opaque, "properties")->count, 7);
    ck_assert_uint_eq(find(opaque, "required")->count, 3);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_schema");
    TCase *tests = tcase_create("schema");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_type_has_its_branch_with_every_field);
    tcase_add_test(tests, the_shapes_are_those_of_the_kinds);
    tcase_add_test(tests, an_opaque_record_has_a_branch_without_fields);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
