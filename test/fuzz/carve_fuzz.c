/* Any bytes as a part of a damaged file: what the carver finds lies inside of them, is what it says
 * and comes in order, and the work is bounded. An entry for libFuzzer, and without it a test over
 * files that code made, whole and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "io/carve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 1 << 20 };

static const struct frame_session session = {.version = 2, .seed = 0xC0FFEE11, .epoch = 1};

static int records, others;

static void object(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void look_at(const struct carve *carve, const struct carved *found, size_t last) {
    if (found->at < last || found->at >= carve->until || found->size > carve->size - found->at)
        object("a find lies outside of what was looked at");
    if (found->kind != TW_CARVE_RECORD) {
        others++;
        return;
    }
    records++;
    tw_error why = {0};
    int status = tw_record_check(carve->bytes + found->at, found->size, &why);
    if (status != (found->is_newer ? TW_E_NEWER : 0))
        object("a find is no record");
    if (found->record.seq == 0 || found->size != 24 + (size_t)found->record.body_bytes)
        object("a find has another header than bytes");
    if (!carve->is_intake && found->trust != TW_CARVE_KEYED && found->trust != TW_CARVE_LOOSE)
        object("a record of a page is said to be in a frame");
}

static void carve_all(const uint8_t *bytes, size_t size, uint64_t offset, int is_intake) {
    struct carved found;
    struct carve carve = {.bytes = bytes,
                          .size = size,
                          .until = size - size / 64,
                          .offset = offset,
                          .is_intake = is_intake,
                          .frames = is_intake ? &session : NULL,
                          .spare = MOST_BYTES};
    size_t last = 0;
    while (tw_carve_next(&carve, &found)) {
        look_at(&carve, &found, last);
        last = found.at + found.size;
        if (carve.at != last)
            object("the next look begins elsewhere than behind the find");
    }
    if (carve.at < carve.until)
        object("it ended before the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || size > MOST_BYTES)
        return 0;
    uint8_t *bytes = malloc(size); /* of its size, so that a read past the end is seen */
    memcpy(bytes, data, size);
    carve_all(bytes, size, 0, 0);
    carve_all(bytes, size, 4096 - 64, 1);
    free(bytes);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "events.h"
#include "harness.h"

enum { ROUNDS = 200000, FILE_BYTES = 16384 };

static size_t put_record(uint8_t *out, uint64_t seq) {
    struct buffer record = {0};
    tw_event event = seq % 2 ? event_note("as expected")
                             : event_fill("e1", "NVDA", TW_ACTION_BUY, "100", "187.45", "1");
    event.seq = seq;
    event.time_ns = TEST_TIME_NS;
    event.trading_date = TEST_DATE;
    event.source = TW_SOURCE_HOST;
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    size_t size = record.size;
    memcpy(out, record.data, size);
    tw_buffer_free(&record);
    return size;
}

/* Records behind keys, records behind nothing, an origin, a head, a snapshot's header. */
static size_t make_file(struct random *random, uint8_t out[FILE_BYTES]) {
    struct log_origin origin = {.date = TEST_DATE};
    struct log_head head = {.first_seq = 1, .last_seq = 9, .session = random_below(random, 2)};
    size_t at = 16;
    memset(out, 0, FILE_BYTES);
    for (uint64_t seq = 1; seq < 20 + random_below(random, 20); seq++) {
        size_t size = put_record(out + at + 16, seq);
        if (random_below(random, 2)) {
            tw_put_u32(out + at, (uint32_t)size);
            out[at + 6] = 8;
            out[at + 15] = (uint8_t)seq;
        }
        at += 16 + size + random_below(random, 3);
    }
    tw_origin_encode(&origin, out + at);
    at += TW_ORIGIN_BYTES;
    at += tw_head_encode(&head, out + at);
    memcpy(out + at + 32, "TWSS", 4);
    tw_put_u32(out + at + 32 + 60, tw_crc32c(0, out + at + 32, 60));
    return at + 128;
}

START_TEST(all_that_is_whole_is_found) {
    struct random random = {seed_from_environment("carve whole")};
    static uint8_t file[FILE_BYTES];
    size_t size = make_file(&random, file);
    struct carve carve = {.bytes = file, .size = size, .until = size};
    struct carved found;
    uint64_t seq = 0;
    int kinds[5] = {0};
    while (tw_carve_next(&carve, &found)) {
        kinds[found.kind]++;
        if (found.kind == TW_CARVE_RECORD)
            ck_assert_uint_eq(found.record.seq, ++seq);
    }
    ck_assert_uint_ge(seq, 19);
    ck_assert_int_eq(kinds[TW_CARVE_ORIGIN], 1);
    ck_assert_int_eq(kinds[TW_CARVE_HEAD], 1);
    ck_assert_int_eq(kinds[TW_CARVE_SNAPSHOT], 1);
}
END_TEST

START_TEST(changed_bytes_give_whole_records_or_none) {
    struct random random = {seed_from_environment("carve fuzz")};
    static uint8_t file[FILE_BYTES];
    for (int i = 0; i < ROUNDS; i++) {
        static size_t size;
        if (i % 100 == 0)
            size = make_file(&random, file);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--) {
            size_t at = random_below(&random, size);
            size_t length = 1 + random_below(&random, 16);
            size_t from = random_below(&random, size);
            if (random_below(&random, 2) && at + length <= size && from + length <= size)
                memmove(file + at, file + from, length);
            else
                file[at] = (uint8_t)random_next(&random);
        }
        LLVMFuzzerTestOneInput(file, size - random_below(&random, 16));
    }
    ck_assert_int_gt(records, ROUNDS);
    ck_assert_int_gt(others, ROUNDS / 8);
}
END_TEST

static int finds_in(const uint8_t *file, size_t size, uint64_t offset, uint64_t spare) {
    struct carve carve = {
        .bytes = file, .size = size, .until = size, .offset = offset, .spare = spare};
    struct carved found;
    int count = 0;
    while (tw_carve_next(&carve, &found))
        count++;
    return count;
}

/* Each of these bytes would be looked at five thousand times. What may be found all the same lies
 * where a writer puts it. */
START_TEST(behind_claims_of_long_records_one_is_found_only_where_pages_begin) {
    enum { CLAIMS = 100, SPARE = 32 * TW_CARVE_BEYOND, LONG = 8192 };
    static uint8_t file[MOST_BYTES], text[LONG];
    struct buffer record = {0};
    tw_event event = event_custom(text, sizeof text);
    event.seq = 8;
    event.time_ns = TEST_TIME_NS;
    event.trading_date = TEST_DATE;
    event.source = TW_SOURCE_HOST;
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    put_record(file, 7);
    tw_put_u32(file + 8, TW_RECORD_BODY_BYTES_MAX);
    for (size_t at = 24; at < (size_t)CLAIMS * 24; at += 24)
        memcpy(file + at, file, 24);
    uint8_t *page = file + 4096;
    memcpy(page + 16, record.data, record.size);
    size_t size = MOST_BYTES;
    ck_assert_int_eq(finds_in(file, size, 0, TW_CARVE_SPARE), 1);
    ck_assert_int_eq(finds_in(file, size, 0, SPARE), 0);
    page[10] = 4;
    page[12] = 3;
    ck_assert_int_eq(finds_in(file, size, 0, SPARE), 1);
    ck_assert_int_eq(finds_in(file, size, 1, SPARE), 0);
    tw_buffer_free(&record);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("carve_fuzz");
    TCase *tests = tcase_create("carving");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, all_that_is_whole_is_found);
    tcase_add_test(tests, changed_bytes_give_whole_records_or_none);
    tcase_add_test(tests, behind_claims_of_long_records_one_is_found_only_where_pages_begin);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
