/* Any event of any type comes back from its JSON as it was. With TW_JSON_EMIT=path the program
 * writes random lines to that path and the schema to path.schema instead, for the test in Python.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "core/schema.h"
#include "harness.h"

enum { ROUNDS = 400, EMITTED = 60, TEXTS = 16, MOST_BYTES = 65536 };

/* Random events whose text lives until the next one is made. */
struct maker {
    struct random random;
    struct buffer texts[TEXTS];
    size_t used;
    uint8_t bytes[MOST_BYTES];
};

static void free_maker(struct maker *maker) {
    for (size_t i = 0; i < TEXTS; i++)
        tw_buffer_free(&maker->texts[i]);
    free(maker);
}

static struct zone *new_york(void) {
    struct zone *zone = NULL;
    ck_assert_int_eq(tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, NULL), 0);
    return zone;
}

/* One to `limit` bytes of clean text of one to four bytes a character, quotes among them. */
static const char *make_text(struct maker *maker, uint32_t limit) {
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "0",
                                         " ",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\xC3\xA9",
                                         "\xDF\xBF",
                                         "\xE2\x82\xAC",
                                         "\xED\x9F\xBF",
                                         "\xEF\xBF\xBD",
                                         "\xF0\x9F\x98\x80",
                                         "\xF4\x8F\xBF\xBF",
                                         "<",
                                         "u0041"};
    struct buffer *text = &maker->texts[maker->used++ % TEXTS];
    tw_buffer_clear(text);
    size_t size = random_below(&maker->random, 4) ? random_below(&maker->random, 12) + 1 : limit;
    while (text->size < size) {
        const char *piece = pieces[random_below(&maker->random, sizeof pieces / sizeof pieces[0])];
        if (text->size + strlen(piece) > limit)
            piece = "x";
        tw_buffer_text(text, piece);
    }
    if (text->size > limit)
        text->size = limit;
    return tw_buffer_string(text);
}

static int64_t make_number(struct maker *maker, int64_t low, int64_t high) {
    switch (random_below(&maker->random, 4)) {
    case 0:
        return random_below(&maker->random, 2) ? low : high;
    case 1:
        return random_between(&maker->random, low > -1000 ? low : -1000, 1000);
    case 2: /* whole units */
        if (high == INT64_MAX)
            return random_between(&maker->random, low == -INT64_MAX ? -1000 : 1, 1000) * TW_E8;
        break;
    default:
        break;
    }
    return random_between(&maker->random, low, high);
}

static int64_t make_date(struct maker *maker) {
    return tw_date_from_days(random_between(&maker->random, 0, 106000));
}

static struct value make_value(struct maker *maker, const struct field *field) {
    struct value value = {.known = 1};
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_SYMBOL:
        value.data = make_text(maker, field->limit);
        value.size = strlen(value.data);
        break;
    case KIND_PRICE:
    case KIND_MONEY:
    case KIND_ID:
        value.number = make_number(maker, -INT64_MAX, INT64_MAX);
        break;
    case KIND_QTY:
    case KIND_DECIMAL:
    case KIND_TIME:
        value.number = make_number(maker, 1, INT64_MAX);
        break;
    case KIND_AMOUNT:
        value.number = make_number(maker, 0, INT64_MAX);
        break;
    case KIND_COUNT:
        value.number = make_number(maker, -(INT64_C(1) << 53), INT64_C(1) << 53);
        break;
    case KIND_DATE:
        value.number = make_date(maker);
        break;
    case KIND_ENUM:
        value.number =
            field->values->values[random_below(&maker->random, field->values->count)].number;
        break;
    case KIND_BOOL:
        value.number = (int64_t)random_below(&maker->random, 2);
        break;
    case KIND_BYTES:
        value.data = maker->bytes;
        value.size =
            random_below(&maker->random, 8) ? random_below(&maker->random, 30) : MOST_BYTES;
        for (size_t i = 0; i < value.size; i++)
            maker->bytes[i] = (uint8_t)random_next(&maker->random);
        break;
    }
    return value;
}

static tw_event make_event(struct maker *maker, const struct event_type *type) {
    tw_event event = {.size = sizeof event, .type = type ? type->number : TW_TYPE_OPAQUE};
    event.seq = random_below(&maker->random, UINT64_C(1) << 53) + 1;
    event.time_ns = make_number(maker, 1, INT64_MAX);
    event.trading_date = make_date(maker);
    event.source = (int64_t)random_below(&maker->random, 6) + 1;
    if (random_below(&maker->random, 2))
        event.corr = make_text(maker, TW_CORR_BYTES);
    if (random_below(&maker->random, 2))
        event.cause = random_below(&maker->random, INT64_MAX) + 1;
    for (size_t i = 0; type && i < type->count; i++) {
        const struct field *field = &type->fields[i];
        if (!field->optional || random_below(&maker->random, 2))
            tw_field_set(&event, field, make_value(maker, field));
    }
    return event;
}

static int same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_same(const tw_event *a, const tw_event *b, const char *json) {
    const struct event_type *type = tw_schema_type(a->type);
    ck_assert_msg(a->type == b->type && a->time_ns == b->time_ns && a->source == b->source &&
                      a->cause == b->cause && same_text(a->corr, b->corr),
                  "the envelope changed: %s", json);
    for (size_t i = 0; i < type->count; i++) {
        struct value left = tw_field_get(a, &type->fields[i]);
        struct value right = tw_field_get(b, &type->fields[i]);
        int same = left.known == right.known && left.number == right.number &&
                   left.size == right.size &&
                   (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
        ck_assert_msg(same, "%s changed: %s", type->fields[i].name, json);
    }
}

static void round_trip(struct maker *maker, const struct event_type *type, const struct zone *zone,
                       struct json_document **document, struct buffer *out) {
    tw_event event = make_event(maker, type), back = {0};
    tw_error why = {0};
    int64_t local_date = tw_trading_date(zone, event.time_ns, 0);
    if (random_below(&maker->random, 2) && tw_date_valid(local_date))
        event.trading_date = local_date;
    ck_assert_msg(tw_schema_check(&event, &why) == 0, "%s", why.text);
    tw_buffer_clear(out);
    tw_json_event(out, &event, zone);
    int status = tw_json_parse_again(document, out->data, out->size, 1, &why);
    if (status == 0)
        status = tw_json_to_event(*document, zone, &back, &why);
    ck_assert_msg(status == 0, "%s: %s", why.text, tw_buffer_string(out));
    check_same(&event, &back, tw_buffer_string(out));
    if (back.trading_date == 0)
        back.trading_date = tw_trading_date(zone, back.time_ns, 0);
    ck_assert_int_eq(event.trading_date, back.trading_date);
    back.seq = event.seq;
    struct buffer again = {0};
    tw_json_event(&again, &back, zone);
    ck_assert_uint_eq(again.size, out->size);
    ck_assert_mem_eq(again.data, out->data, out->size);
    tw_buffer_free(&again);
}

START_TEST(any_event_comes_back_from_its_json_as_it_was) {
    struct maker *maker = calloc(1, sizeof *maker);
    ck_assert_ptr_nonnull(maker);
    maker->random.state = seed_from_environment("json_roundtrip");
    struct zone *zone = new_york();
    struct json_document *document = NULL;
    struct buffer out = {0};
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    for (size_t i = 0; i < count; i++)
        for (int round = 0; round < ROUNDS; round++)
            round_trip(maker, &types[i], zone, &document, &out);
    tw_buffer_free(&out);
    tw_json_free(document);
    tw_zone_free(zone);
    free_maker(maker);
}
END_TEST

START_TEST(a_damaged_line_is_refused_or_still_an_event_that_may_be) {
    struct maker *maker = calloc(1, sizeof *maker);
    ck_assert_ptr_nonnull(maker);
    maker->random.state = seed_from_environment("json_roundtrip");
    struct zone *zone = new_york();
    struct json_document *document = NULL;
    struct buffer out = {0};
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    for (int round = 0; round < 20000; round++) {
        tw_event event = make_event(maker, &types[random_below(&maker->random, count)]);
        tw_event back = {0};
        tw_error why = {0};
        tw_buffer_clear(&out);
        tw_json_event(&out, &event, zone);
        if (out.size > 2000)
            continue;
        out.data[random_below(&maker->random, out.size)] = (char)random_next(&maker->random);
        int status = tw_json_parse_again(&document, out.data, out.size, 1, &why);
        if (status == 0)
            status = tw_json_to_event(document, zone, &back, &why);
        if (status != 0) {
            ck_assert_int_eq(why.code, status);
            ck_assert_msg(tw_text_is_clean(why.text, strlen(why.text)), "%s", why.text);
            continue;
        }
        if (back.time_ns == 0)
            back.time_ns = 1;
        back.trading_date = 20251006;
        ck_assert_msg(tw_schema_check(&back, &why) == 0, "%s", why.text);
    }
    tw_buffer_free(&out);
    tw_json_free(document);
    tw_zone_free(zone);
    free_maker(maker);
}
END_TEST

static int write_file(const char *path, struct buffer *text) {
    FILE *file = fopen(path, "wb");
    if (!file)
        return 1;
    size_t written = fwrite(text->data, 1, text->size, file);
    return fclose(file) != 0 || text->failed || written != text->size;
}

static int emit(const char *path) {
    struct maker *maker = calloc(1, sizeof *maker);
    struct zone *zone = NULL;
    if (!maker || tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, NULL) != 0)
        return 1;
    maker->random.state = seed_from_environment("json_roundtrip");
    struct buffer out = {0};
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    for (size_t i = 0; i <= count; i++)
        for (int round = 0; round < EMITTED; round++) {
            tw_event event = make_event(maker, i < count ? &types[i] : NULL);
            tw_json_event(&out, &event, zone);
            tw_buffer_char(&out, '\n');
        }
    int failed = write_file(path, &out);
    tw_buffer_clear(&out);
    tw_json_schema(&out);
    char schema_path[1024];
    snprintf(schema_path, sizeof schema_path, "%s.schema", path);
    failed |= write_file(schema_path, &out);
    tw_buffer_free(&out);
    tw_zone_free(zone);
    free_maker(maker);
    return failed;
}

int main(void) {
    const char *path = getenv("TW_JSON_EMIT");
    if (path)
        return emit(path);
    Suite *suite = suite_create("json_roundtrip");
    TCase *tests = tcase_create("roundtrip");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, any_event_comes_back_from_its_json_as_it_was);
    tcase_add_test(tests, a_damaged_line_is_refused_or_still_an_event_that_may_be);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
