/* Any bytes as a record: what our decoder says of them, msgpack-c says too, and what it accepts is
 * encoded to the same bytes again. An entry for libFuzzer, and without it a test over the records
 * of every type, whole and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "core/schema.h"
#include "reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int accepted, refused;

static void look_at(const uint8_t *record, size_t size) {
    static struct reference reference;
    static struct decoder decoder;
    tw_event event;
    tw_error why = {0};
    int status = tw_record_decode(&decoder, record, size, &event, &why);
    const char *objection = reference_objects(&reference, record, size, status, &event);
    if (!objection && status && (why.code != status || why.text[0] == '\0'))
        objection = "refused without a reason";
    *(status ? &refused : &accepted) += 1;
    if (!objection)
        return;
    fprintf(stderr, "%s (%d: %s)\n", objection, status, status ? why.text : "");
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_event event;
    struct decoder decoder = {0};
    /* As they are: hardly ever a record, and never to be read beyond their end. */
    tw_record_decode(&decoder, data, size, &event, NULL);
    tw_decoder_free(&decoder);
    if (size < TW_RECORD_HEADER_BYTES || size - TW_RECORD_HEADER_BYTES > TW_RECORD_BODY_BYTES_MAX)
        return 0;
    uint8_t *record = malloc(size); /* of its size, so that a read past the end is seen */
    memcpy(record, data, size);
    /* Types that are known, and a few that are not. */
    size_t types;
    tw_schema_types(&types);
    tw_put_u16(record + 6, (uint16_t)(1 + tw_get_u16(data + 6) % (types + 4)));
    reference_seal(record, size);
    look_at(record, size);
    free(record);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "events.h"
#include "harness.h"

enum { MOST_SEEDS = 64, ROUNDS = 1000000, MORE_BYTES = 64 };

/* Tells all of an event that its builder left out. */
static void fill_up(tw_event *event) {
    const struct event_type *type = tw_schema_type(event->type);
    for (size_t i = 0; i < type->count; i++) {
        struct value value = {.known = 1, .number = 1, .data = "x", .size = 1};
        if (type->fields[i].kind == KIND_DATE)
            value.number = TEST_DATE;
        if (!tw_field_get(event, &type->fields[i]).known)
            tw_field_set(event, &type->fields[i], value);
    }
}

/* One event of every type, and then each of them again with all of its fields. */
static size_t make_seeds(tw_event ret[MOST_SEEDS]) {
    const tw_event seeds[] = {
        event_session(TW_RESUMED_NEW),
        event_closed(),
        event_instrument("ESZ5", "FUT", "USD", "50"),
        event_opening("NVDA", TW_SIDE_LONG, "100", "187.45"),
        event_attempt("NVDA", TW_SIDE_LONG, "188", 3),
        event_order("order-1", "NVDA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"),
        event_status("order-1", TW_ORDER_ACKNOWLEDGED),
        event_fill("0000e0d5.68e3c1a2.01.01", "NVDA", TW_ACTION_BUY, "100", "187.45", "1"),
        event_corrected("0000e0d5.68e3c1a2.01.02", "0000e0d5.68e3c1a2.01.01", "90", "187.4"),
        event_busted("e2", "e1"),
        event_commission("e1", "0.35"),
        event_partial("e3", "NVDA", "50", "190.01"),
        event_plan("NVDA", TW_SIDE_LONG, "breakout", "186"),
        event_stop("NVDA", "187", TW_STOP_BREAKEVEN),
        event_pnl("-12.5", "e1"),
        event_counter("filter_block", "caf\xC3\xA9", -32),
        event_bar("NVDA", TEST_TIME_NS, "187.45"),
        event_answer(TW_ANSWER_PARTIAL),
        event_finding("D7", "NVDA", "e1", 1),
        event_adjusted("NVDA", TW_SIDE_LONG, "0", NULL),
        event_gate("all", TW_GATE_CLOSED, "halted"),
        event_clock(),
        event_note("as expected"),
        event_custom("\x00\x01\xFF", 3),
        event_superseded("inferred-1", "e1"),
        event_inferred("inferred-1", "NVDA", TW_ACTION_SELL, "10"),
    };
    size_t count = sizeof seeds / sizeof seeds[0];
    memcpy(ret, seeds, sizeof seeds);
    memcpy(ret + count, seeds, sizeof seeds);
    for (size_t i = count; i < 2 * count; i++)
        fill_up(&ret[i]);
    return 2 * count;
}

struct seeds {
    struct buffer records[MOST_SEEDS];
    size_t count;
};

static void seeds_open(struct seeds *seeds) {
    static tw_event events[MOST_SEEDS];
    memset(seeds, 0, sizeof *seeds);
    seeds->count = make_seeds(events);
    for (size_t i = 0; i < seeds->count; i++) {
        events[i].seq = i + 1;
        events[i].time_ns = TEST_TIME_NS + (int64_t)i;
        events[i].trading_date = TEST_DATE;
        events[i].source = TW_SOURCE_HOST;
        events[i].cause = i % 3;
        events[i].corr = i % 2 ? "idea-7" : NULL;
        ck_assert_int_eq(tw_schema_check(&events[i], NULL), 0);
        ck_assert_int_eq(tw_record_encode(&events[i], &seeds->records[i]), 0);
    }
}

static void seeds_close(struct seeds *seeds) {
    for (size_t i = 0; i < seeds->count; i++)
        tw_buffer_free(&seeds->records[i]);
}

static void put_byte(struct random *random, uint8_t *at) {
    static const uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
                                      0xC1, 0xC2, 0xC3, 0xC4, 0xC7, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE,
                                      0xCF, 0xD0, 0xD1, 0xD2, 0xD3, 0xD9, 0xDA, 0xDC, 0xE0, 0xFF};
    *at = random_below(random, 2) ? telling[random_below(random, sizeof telling)]
                                  : (uint8_t)random_next(random);
}

/* What stands at `at` in the next longer form, if it is the head of something that has one. Returns
 * how many bytes longer it is. */
static size_t widen(uint8_t *record, size_t at, size_t size) {
    static const uint8_t wider[][2] = {{0xCC, 1}, {0xCD, 2}, {0xCE, 4}, {0xD0, 1}, {0xD1, 2},
                                       {0xD2, 4}, {0xD9, 1}, {0xDA, 2}, {0xC4, 1}, {0xC5, 2}};
    uint8_t head = record[at];
    uint8_t is_negative = at + 1 < size && head >= 0xD0 && head <= 0xD2;
    size_t more = 1;
    uint8_t fill = is_negative ? 0xFF : 0x00;
    if (head <= 0x7F || head >= 0xE0) {
        fill = head;
        head = head <= 0x7F ? 0xCC : 0xD0;
    } else if ((head & 0xE0) == 0xA0) {
        fill = head & 0x1F;
        head = 0xD9;
    } else {
        size_t i = 0;
        while (i < sizeof wider / sizeof wider[0] && wider[i][0] != head)
            i++;
        if (i == sizeof wider / sizeof wider[0])
            return 0;
        head++;
        more = wider[i][1];
    }
    memmove(record + at + 1 + more, record + at + 1, size - at - 1);
    record[at] = head;
    memset(record + at + 1, fill, more);
    return more;
}

/* One change: a byte, some more, some less, a piece of itself at another place, another type, a
 * longer form. */
static size_t change(struct random *random, uint8_t *record, size_t size) {
    size_t body = size - TW_RECORD_HEADER_BYTES;
    size_t at = TW_RECORD_HEADER_BYTES + (body ? random_below(random, body) : 0);
    size_t length = 1 + random_below(random, 9);
    switch (random_below(random, 8)) {
    case 0:
        memmove(record + at + length, record + at, size - at);
        for (size_t i = 0; i < length; i++)
            put_byte(random, record + at + i);
        return size + length;
    case 1:
        length = length < size - at ? length : size - at;
        memmove(record + at, record + at + length, size - at - length);
        return size - length;
    case 2:
        length = length < size - at ? length : size - at;
        memmove(record + TW_RECORD_HEADER_BYTES, record + at, length);
        return size;
    case 3:
        tw_put_u16(record + 6, (uint16_t)random_below(random, 32));
        return size;
    case 4:
        if (body)
            record[at] = 0;
        return size;
    case 5:
        return body ? size + widen(record, at, size) : size;
    default:
        if (body)
            put_byte(random, record + at);
        return size;
    }
}

START_TEST(a_record_of_every_type_is_read_as_msgpack_reads_it) {
    struct seeds seeds;
    size_t types;
    tw_schema_types(&types);
    seeds_open(&seeds);
    ck_assert_uint_eq(seeds.count, 2 * types);
    for (size_t i = 0; i < seeds.count; i++)
        look_at((const uint8_t *)seeds.records[i].data, seeds.records[i].size);
    seeds_close(&seeds);
}
END_TEST

START_TEST(a_changed_record_is_read_or_refused_as_msgpack_says) {
    struct random random = {seed_from_environment("record fuzz")};
    struct seeds seeds;
    static uint8_t record[4096];
    seeds_open(&seeds);
    for (int i = 0; i < ROUNDS; i++) {
        const struct buffer *seed = &seeds.records[random_below(&random, seeds.count)];
        size_t size = seed->size;
        ck_assert_uint_lt(size + MORE_BYTES, sizeof record);
        memcpy(record, seed->data, size);
        /* The entry counts types from 1, so that what is not changed stays of its type. */
        tw_put_u16(record + 6, (uint16_t)(tw_get_u16(record + 6) - 1));
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            size = change(&random, record, size);
        LLVMFuzzerTestOneInput(record, size);
    }
    ck_assert_int_gt(accepted, ROUNDS / 4);
    ck_assert_int_gt(refused, ROUNDS / 4);
    seeds_close(&seeds);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("record_fuzz");
    TCase *tests = tcase_create("records");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_record_of_every_type_is_read_as_msgpack_reads_it);
    tcase_add_test(tests, a_changed_record_is_read_or_refused_as_msgpack_says);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
