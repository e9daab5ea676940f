/* Any bytes as the body of a snapshot: refused for a reason, or a state that is written to the same
 * bytes again. An entry for libFuzzer, and without it a test over snapshots of days, whole and
 * changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "core/image.h"
#include "core/image_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int taken, refused;

static void object_to(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

/* So that more than the checksums is looked at. */
static void seal(uint8_t *image, size_t size) {
    size_t body = size - TW_IMAGE_HEADER_BYTES;
    memcpy(image, TW_IMAGE_MAGIC, TW_IMAGE_VERSION_AT);
    tw_put_u16(image + TW_IMAGE_VERSION_AT, TW_IMAGE_VERSION);
    tw_put_u64(image + TW_IMAGE_BODY_BYTES_AT, body);
    tw_sha256(image + TW_IMAGE_HEADER_BYTES, body, image + TW_IMAGE_DIGEST_AT);
    tw_put_u32(image + TW_IMAGE_CRC_AT, tw_crc32c(0, image, TW_IMAGE_CRC_AT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct state *state = NULL;
    struct buffer again = {0};
    tw_error why = {0};
    uint8_t *image = malloc(size ? size : 1); /* of its size, so that a read past the end is seen */
    if (size)
        memcpy(image, data, size);
    if (size >= TW_IMAGE_HEADER_BYTES)
        seal(image, size);
    int status = tw_image_decode(image, size, &state, &why);
    if (status && (why.code != status || why.text[0] == '\0'))
        object_to("refused without a reason");
    if (!status && (tw_image_encode(state, &again) || again.size != size ||
                    memcmp(again.data, image, size) != 0))
        object_to("a state is written otherwise than it was read");
    *(status ? &refused : &taken) += 1;
    if (!status)
        tw_state_free(state);
    tw_buffer_free(&again);
    free(image);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "events.h"
#include "mutate.h"

enum { ROUNDS = 200000, ROOM = 65536 };

static void make_day(struct buffer *out) {
    struct day day;
    day_open(&day, TW_COST_METHOD_AVERAGE);
    day_add(&day, event_order("order-1", "NVDA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    day_add(&day, event_attempt("NVDA", TW_SIDE_LONG, "188", 3));
    day_add(&day, event_fill("e1", "NVDA", TW_ACTION_BUY, "100", "187.45", "1"));
    day_add(&day, event_fill("e2", "NVDA", TW_ACTION_SELL, "40", "188.45", "1"));
    day_add(&day, event_plan("NVDA", TW_SIDE_LONG, "breakout", "186"));
    day_add(&day, event_bar("NVDA", TEST_TIME_NS, "187.45"));
    day_add(&day, event_counter("filter_block", "caf\xC3\xA9", -32));
    day_add(&day, event_finding("D7", "NVDA", "e1", 1));
    day_add(&day, event_gate("NVDA", TW_GATE_CLOSED, "halted"));
    ck_assert_int_eq(tw_image_encode(day.state, out), 0);
    day_close(&day);
}

START_TEST(any_snapshot_is_a_state_that_is_written_as_it_was_read_or_is_refused) {
    struct random random = {seed_from_environment("image fuzz")};
    struct buffer day = {0};
    static uint8_t image[ROOM];
    make_day(&day);
    ck_assert_uint_lt(day.size, sizeof image / 2);
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = day.size;
        memcpy(image, day.data, size);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            size = TW_IMAGE_HEADER_BYTES + mutate_once(&random, image + TW_IMAGE_HEADER_BYTES,
                                                       size - TW_IMAGE_HEADER_BYTES,
                                                       sizeof image - TW_IMAGE_HEADER_BYTES, NULL);
        LLVMFuzzerTestOneInput(image, size);
    }
    ck_assert_int_gt(taken, ROUNDS / 10);
    ck_assert_int_gt(refused, ROUNDS / 10);
    tw_buffer_free(&day);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("image_fuzz");
    TCase *tests = tcase_create("images");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, any_snapshot_is_a_state_that_is_written_as_it_was_read_or_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
