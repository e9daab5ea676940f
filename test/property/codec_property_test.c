/* Records of random events of every type: read back, damaged, cut, and compared with msgpack-c. */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "core/codec.h"
#include "core/schema.h"
#include "harness.h"
#include "reference.h"

enum { TEXT_ROOM = 8192 };

/* Where the text of one random event lives. */
struct scratch {
    char *text;
    size_t used;
};

static char arena[1024 * 1024];

static const char *random_text(struct random *random, struct scratch *scratch, size_t limit) {
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "7",
                                         " ",
                                         "\"",
                                         "\\",
                                         "<",
                                         "\xC3\xA9",
                                         "\xC2\xA0",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x93\x88"};
    char *text = scratch->text + scratch->used;
    size_t most = random_below(random, 4) ? 1 + random_below(random, limit) : limit;
    size_t size = 0;
    while (size < most) {
        const char *piece = pieces[random_below(random, sizeof pieces / sizeof pieces[0])];
        if (size + strlen(piece) > most)
            piece = "x";
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    text[size] = '\0';
    scratch->used += size + 1;
    return text;
}

static int64_t random_wide(struct random *random, int64_t low, int64_t high) {
    switch (random_below(random, 4)) {
    case 0:
        return low;
    case 1:
        return high;
    case 2:
        return random_between(random, low > -300 ? low : -300, 70000);
    default:
        return random_between(random, low, high);
    }
}

static int64_t random_date(struct random *random) {
    return tw_date_from_days(random_between(random, 0, 100000));
}

static int64_t random_number(struct random *random, const struct field *field) {
    switch (field->kind) {
    case KIND_QTY:
    case KIND_DECIMAL:
    case KIND_TIME:
        return random_wide(random, 1, INT64_MAX);
    case KIND_AMOUNT:
        return random_wide(random, 0, INT64_MAX);
    case KIND_COUNT:
        return random_wide(random, -(INT64_C(1) << 53), INT64_C(1) << 53);
    case KIND_DATE:
        return random_date(random);
    case KIND_BOOL:
        return (int64_t)random_below(random, 2);
    case KIND_ENUM:
        return field->values->values[random_below(random, field->values->count)].number;
    case KIND_PRICE:
    case KIND_MONEY:
    case KIND_ID:
    case KIND_TEXT:
    case KIND_SYMBOL:
    case KIND_BYTES:
        break;
    }
    return random_wide(random, -INT64_MAX, INT64_MAX);
}

static struct value random_value(struct random *random, const struct field *field,
                                 struct scratch *scratch) {
    struct value value = {.known = 1};
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        value.data = random_text(random, scratch, field->limit);
        value.size = strlen(value.data);
    } else if (field->kind == KIND_BYTES) {
        value.size = random_below(random, 5) ? random_below(random, 300) : field->limit;
        value.data = scratch->text + scratch->used;
        for (size_t i = 0; i < value.size; i++)
            scratch->text[scratch->used++] = (char)random_next(random);
    } else {
        value.number = random_number(random, field);
    }
    return value;
}

static tw_event random_event(struct random *random, struct scratch *scratch) {
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    const struct event_type *type = &types[random_below(random, count)];
    tw_event event;
    memset(&event, 0, sizeof event);
    scratch->text = arena;
    scratch->used = 0;
    event.size = sizeof event;
    event.type = type->number;
    event.seq = (uint64_t)random_wide(random, 1, INT64_MAX);
    event.time_ns = random_wide(random, 1, INT64_MAX);
    event.trading_date = random_date(random);
    event.source = random_between(random, TW_SOURCE_HOST, TW_SOURCE_IMPORT);
    event.cause = (uint64_t)random_wide(random, 0, INT64_MAX);
    if (random_below(random, 2))
        event.corr = random_text(random, scratch, TW_CORR_BYTES);
    for (size_t i = 0; i < type->count; i++)
        if (!type->fields[i].optional || random_below(random, 2))
            tw_field_set(&event, &type->fields[i], random_value(random, &type->fields[i], scratch));
    tw_error why;
    ck_assert_msg(tw_schema_check(&event, &why) == 0, "%s", why.text);
    return event;
}

static void assert_same_text(const char *a, const char *b) {
    if (a && b)
        ck_assert_str_eq(a, b);
    else
        ck_assert(!a && !b);
}

static void assert_same_event(const tw_event *a, const tw_event *b) {
    ck_assert_int_eq(a->type, b->type);
    ck_assert_uint_eq(a->seq, b->seq);
    ck_assert_int_eq(a->time_ns, b->time_ns);
    ck_assert_int_eq(a->trading_date, b->trading_date);
    ck_assert_int_eq(a->source, b->source);
    ck_assert_uint_eq(a->cause, b->cause);
    assert_same_text(a->corr, b->corr);
    const struct event_type *type = tw_schema_type(a->type);
    for (size_t i = 0; i < type->count; i++) {
        struct value of_a = tw_field_get(a, &type->fields[i]);
        struct value of_b = tw_field_get(b, &type->fields[i]);
        ck_assert_int_eq(of_a.known, of_b.known);
        ck_assert_int_eq(of_a.number, of_b.number);
        ck_assert_uint_eq(of_a.size, of_b.size);
        if (of_a.size)
            ck_assert_mem_eq(of_a.data, of_b.data, of_a.size);
    }
}

static int decode(struct decoder *decoder, const struct buffer *record, tw_event *ret) {
    return tw_record_decode(decoder, record->data, record->size, ret, NULL);
}

/* msgpack-c says the same of a record whose frame is good. */
static void assert_reference_agrees(const struct buffer *record, int status,
                                    const tw_event *event) {
    static struct reference reference;
    const char *objection =
        reference_objects(&reference, (const uint8_t *)record->data, record->size, status, event);
    ck_assert_msg(!objection, "%s", objection);
}

START_TEST(an_event_comes_back_from_its_record) {
    struct random random = {seed_from_environment("codec round trip")};
    struct buffer record = {0}, again = {0};
    struct decoder decoder = {0};
    struct scratch scratch;
    for (int i = 0; i < 20000; i++) {
        tw_event event = random_event(&random, &scratch), back;
        tw_error why;
        tw_buffer_clear(&record);
        ck_assert_int_eq(tw_record_encode(&event, &record), 0);
        struct record_header header;
        ck_assert_int_eq(tw_record_header(record.data, TW_RECORD_HEADER_BYTES, &header), 0);
        ck_assert_uint_eq(header.body_bytes + TW_RECORD_HEADER_BYTES, record.size);
        ck_assert_uint_eq(header.seq, event.seq);
        ck_assert_int_eq(header.type, event.type);
        ck_assert_msg(tw_record_decode(&decoder, record.data, record.size, &back, &why) == 0, "%s",
                      why.text);
        assert_same_event(&event, &back);
        assert_reference_agrees(&record, 0, &event);
        /* What was read stands on its own: the record may be gone. */
        tw_buffer_clear(&again);
        ck_assert_int_eq(tw_record_encode(&back, &again), 0);
        ck_assert_uint_eq(again.size, record.size);
        ck_assert_mem_eq(again.data, record.data, record.size);
    }
    tw_buffer_free(&record);
    tw_buffer_free(&again);
    tw_decoder_free(&decoder);
}
END_TEST

START_TEST(a_flipped_bit_and_a_missing_end_are_refused) {
    struct random random = {seed_from_environment("codec damage")};
    struct buffer record = {0};
    struct decoder decoder = {0};
    struct scratch scratch;
    for (int i = 0; i < 200; i++) {
        tw_event event = random_event(&random, &scratch), back;
        tw_buffer_clear(&record);
        ck_assert_int_eq(tw_record_encode(&event, &record), 0);
        if (record.size > 1000)
            continue;
        for (size_t bit = 0; bit < record.size * 8; bit++) {
            record.data[bit / 8] = (char)(record.data[bit / 8] ^ 1 << bit % 8);
            ck_assert_int_eq(decode(&decoder, &record, &back), TW_E_DAMAGED);
            record.data[bit / 8] = (char)(record.data[bit / 8] ^ 1 << bit % 8);
        }
        for (size_t size = 0; size < record.size; size++) {
            /* In memory of its own, so that a read past the end is seen. */
            char *cut = malloc(size ? size : 1);
            memcpy(cut, record.data, size);
            ck_assert_int_eq(tw_record_decode(&decoder, cut, size, &back, NULL), TW_E_DAMAGED);
            free(cut);
        }
        tw_buffer_char(&record, 0);
        ck_assert_int_eq(decode(&decoder, &record, &back), TW_E_DAMAGED);
    }
    tw_buffer_free(&record);
    tw_decoder_free(&decoder);
}
END_TEST

static void mutate(struct random *random, struct buffer *record) {
    static const uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xC0, 0xC1,
                                      0xC4, 0xC7, 0xCB, 0xCF, 0xD3, 0xD9, 0xDB, 0xDD, 0xDF, 0xFF};
    for (uint64_t i = random_below(random, 3); i + 1 > 0; i--) {
        size_t at =
            TW_RECORD_HEADER_BYTES + random_below(random, record->size - TW_RECORD_HEADER_BYTES);
        record->data[at] =
            (char)(random_below(random, 2) ? telling[random_below(random, sizeof telling)]
                                           : random_next(random));
    }
    if (random_below(random, 4) == 0)
        record->size -= random_below(random, record->size - TW_RECORD_HEADER_BYTES);
    if (random_below(random, 10) == 0)
        tw_put_u16((uint8_t *)record->data + 6, (uint16_t)random_below(random, 30));
}

/* What is accepted has one form only: it is what encoding it again gives. */
static void check_accepted(const struct buffer *record, const tw_event *event,
                           struct buffer *again) {
    if (event->type == TW_TYPE_OPAQUE)
        return;
    tw_buffer_clear(again);
    ck_assert_int_eq(tw_record_encode(event, again), 0);
    ck_assert_uint_eq(again->size, record->size);
    ck_assert_mem_eq(again->data, record->data, record->size);
}

START_TEST(a_changed_body_is_refused_or_read_as_msgpack_says) {
    struct random random = {seed_from_environment("codec hostile")};
    struct buffer record = {0}, again = {0};
    struct decoder decoder = {0};
    struct scratch scratch;
    int accepted = 0, refused = 0;
    for (int i = 0; i < 60000; i++) {
        tw_event event = random_event(&random, &scratch), back;
        tw_buffer_clear(&record);
        ck_assert_int_eq(tw_record_encode(&event, &record), 0);
        mutate(&random, &record);
        reference_seal((uint8_t *)record.data, record.size);
        tw_error why;
        char *exact = malloc(record.size);
        memcpy(exact, record.data, record.size);
        int status = tw_record_decode(&decoder, exact, record.size, &back, &why);
        free(exact);
        assert_reference_agrees(&record, status, &back);
        if (status) {
            ck_assert(status == TW_E_DAMAGED || status == TW_E_NEWER);
            ck_assert_int_eq(why.code, status);
            refused++;
        } else {
            check_accepted(&record, &back, &again);
            accepted++;
        }
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_gt(refused, 0);
    tw_buffer_free(&record);
    tw_buffer_free(&again);
    tw_decoder_free(&decoder);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("codec_property");
    TCase *tests = tcase_create("codec");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, an_event_comes_back_from_its_record);
    tcase_add_test(tests, a_flipped_bit_and_a_missing_end_are_refused);
    tcase_add_test(tests, a_changed_body_is_refused_or_read_as_msgpack_says);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
