/* Any bytes as JSON, and what is an object as an event: read within bounds or refused with a place,
 * and an event that is taken is written, read again and written the same. An entry for libFuzzer,
 * and without it a test over events of many types, whole and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "core/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int taken, refused;

static void object_to(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_reason(int status, const tw_error *why) {
    if (why->code != status || why->text[0] == '\0')
        object_to("refused without a reason");
    for (const char *at = why->text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            object_to("a reason that a terminal would act on");
}

static void write_and_read(const tw_event *event, const struct zone *zone) {
    struct buffer first = {0}, second = {0};
    struct json_document *document = NULL;
    tw_event back = {.size = sizeof back};
    tw_error why = {0};
    tw_json_event(&first, event, zone);
    if (tw_json_parse(first.data, first.size, &document, &why) ||
        tw_json_to_event(document, zone, &back, &why)) {
        fprintf(stderr, "%.*s: %s\n", (int)first.size, first.data, why.text);
        object_to("an event is written as what is not read");
    }
    back.seq = event->seq; /* the store's to give, and so not read */
    tw_json_event(&second, &back, zone);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) {
        fprintf(stderr, "%.*s\n%.*s\n", (int)first.size, first.data, (int)second.size, second.data);
        object_to("an event is written otherwise when it was read");
    }
    tw_json_free(document);
    tw_buffer_free(&first);
    tw_buffer_free(&second);
}

/* What a store gives an event that did not say it. */
static void stamp(tw_event *event) {
    if (!event->seq)
        event->seq = 1;
    if (!event->time_ns)
        event->time_ns = INT64_C(1759757400000000000);
    if (!event->trading_date)
        event->trading_date = 20251006;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct zone *zone;
    struct json_document *document = NULL;
    tw_event event = {.size = sizeof event};
    tw_error why = {0};
    if (!zone && tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, &why))
        object_to(why.text);
    char *text = malloc(size ? size : 1); /* of its size, so that a read past the end is seen */
    if (size)
        memcpy(text, data, size);
    int status = tw_json_parse(text, size, &document, &why);
    if (!status)
        status = tw_json_to_event(document, zone, &event, &why);
    if (status) {
        check_reason(status, &why);
    } else {
        stamp(&event);
        if (tw_schema_check(&event, NULL) == 0)
            write_and_read(&event, zone);
    }
    *(status ? &refused : &taken) += 1;
    tw_json_free(document);
    free(text);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "events.h"
#include "mutate.h"

enum { ROUNDS = 300000, MOST_BYTES = 4096 };

static const char *const tokens[] = {"{",
                                     "}",
                                     "[",
                                     "]",
                                     "null",
                                     "true",
                                     "1e9",
                                     "-0",
                                     "0.1234567891",
                                     "\\u0000",
                                     "\\ud800",
                                     "\"",
                                     "\"type\":\"fill\",",
                                     "\xC3\x28",
                                     "9223372036854775808",
                                     "2025-11-02T01:30:00",
                                     "\x1b[2J",
                                     NULL};

static const char *make_seed(struct random *random, struct buffer *out) {
    static struct zone *zone;
    const tw_event seeds[] = {
        event_session(TW_RESUMED_NEW),
        event_order("order-1", "NVDA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"),
        event_fill("0000e0d5.68e3c1a2.01.01", "NVDA", TW_ACTION_BUY, "100", "187.45", "1"),
        event_bar("NVDA", TEST_TIME_NS, "187.45"),
        event_counter("filter_block", "caf\xC3\xA9", -32),
        event_finding("D7", "NVDA", "e1", 1),
        event_gate("all", TW_GATE_CLOSED, "halted"),
        event_custom("\x00\x01\xFF", 3),
    };
    tw_event event = seeds[random_below(random, sizeof seeds / sizeof seeds[0])];
    if (!zone)
        ck_assert_int_eq(tw_zone_from_rule("EST5EDT,M3.2.0,M11.1.0", &zone, NULL), 0);
    stamp(&event);
    tw_buffer_clear(out);
    tw_json_event(out, &event, zone);
    return out->data;
}

START_TEST(any_text_is_an_event_that_is_written_as_it_is_read_or_is_refused_with_a_place) {
    struct random random = {seed_from_environment("json fuzz")};
    struct buffer seed = {0};
    static uint8_t text[MOST_BYTES];
    for (int i = 0; i < ROUNDS; i++) {
        make_seed(&random, &seed);
        size_t size = seed.size;
        memcpy(text, seed.data, size);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            size = mutate_once(&random, text, size, sizeof text, tokens);
        LLVMFuzzerTestOneInput(text, size);
    }
    ck_assert_int_gt(taken, ROUNDS / 10);
    ck_assert_int_gt(refused, ROUNDS / 10);
    tw_buffer_free(&seed);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_fuzz");
    TCase *tests = tcase_create("json");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests,
                   any_text_is_an_event_that_is_written_as_it_is_read_or_is_refused_with_a_place);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
