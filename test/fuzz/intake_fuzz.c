/* Any bytes as the two halves of an intake: what the judge takes over goes on behind the day file
 * without a gap, lies in the halves and is walked without a read past its end. An entry for
 * libFuzzer, and without it a test over halves that code made, whole and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "core/takeover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAYLOAD_AT = 8, CRC_AT = 12, EPOCH_LIMIT = 8, DAY = 20251006, LAST_SEQ = 10 };

/* As test/support/frames.c seals them. */
static const struct frame_session session = {.version = 2, .seed = 0xC0FFEE11, .epoch = 1};

static int taken, refused, walked, unfit;

static void object(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void walk_frame(const struct frame *frame) {
    struct frame_walk walk = {.frame = frame};
    tw_error why = {0};
    unsigned sum = 0;
    int status;
    while ((status = tw_frame_next(&walk, &why)) > 0) {
        if (walk.record < frame->payload || walk.at > frame->payload_bytes ||
            walk.record + walk.size != frame->payload + walk.at)
            object("a record lies outside of its frame");
        for (size_t i = 0; i < walk.size; i++)
            sum += walk.record[i];
    }
    if (status == 0 ? walk.index != frame->count : why.code != TW_E_DAMAGED || sum == UINT32_MAX)
        object("a walk ended without a reason");
    *(status ? &unfit : &walked) += 1;
}

static void check_frame(const struct intake_half *halves, const struct frame *frame) {
    const uint8_t *start = frame->payload - TW_FRAME_HEADER_BYTES;
    for (int i = 0; i < TW_INTAKE_HALVES; i++) {
        size_t at = (size_t)(start - halves[i].bytes);
        if (start >= halves[i].bytes && at <= halves[i].size &&
            frame->bytes <= halves[i].size - at) {
            walk_frame(frame);
            return;
        }
    }
    object("a frame lies in no half");
}

static void look_at(const struct intake_image *image) {
    struct takeover_day day = {.date = DAY, .last_seq = LAST_SEQ, .transaction = EPOCH_LIMIT};
    struct takeover found;
    tw_error why = {0};
    int status = tw_takeover_judge(image, &day, &found, &why);
    if (status) {
        if (status != TW_E_DAMAGED || why.code != status || why.text[0] == '\0')
            object("refused without a reason");
        refused++;
        return;
    }
    uint64_t seq = LAST_SEQ;
    for (size_t i = 0; i < found.count; i++) {
        const struct frame *frame = &found.frames[i];
        if (frame->first_seq != seq + 1 || frame->date != DAY || frame->epoch > EPOCH_LIMIT)
            object("a frame does not go on behind the last");
        seq += frame->count;
        check_frame(image->halves, frame);
    }
    if (found.last_seq != seq)
        object("the last record is another");
    taken += found.count > 0;
    free(found.frames);
}

/* Checksums as they have to be, so that more than the checksum is looked at. */
static void seal(uint8_t *half, size_t size) {
    size_t at = 0;
    while ((at = tw_frame_search(half, size, at)) < size) {
        size_t room = size - at;
        size_t bytes = TW_FRAME_HEADER_BYTES;
        if (room >= bytes && tw_get_u32(half + at + PAYLOAD_AT) <= room - bytes) {
            bytes += tw_get_u32(half + at + PAYLOAD_AT);
            tw_put_u32(half + at + CRC_AT, 0);
            tw_put_u32(half + at + CRC_AT, tw_crc32c(session.seed, half + at, bytes));
            at += bytes - bytes % TW_FRAME_ALIGN;
        } else {
            at += TW_FRAME_ALIGN;
        }
    }
}

/* The first byte: which checksums are put right. The rest is both halves. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct intake_image image = {.session = session};
    uint8_t *copies[TW_INTAKE_HALVES];
    if (size < 1)
        return 0;
    size_t first = (size - 1) / 2;
    for (size_t i = 0; i < TW_INTAKE_HALVES; i++) {
        size_t bytes = i ? size - 1 - first : first;
        uint8_t *half = malloc(bytes); /* of its size, so that a read past the end is seen */
        if (bytes && !half)
            abort();
        if (bytes)
            memcpy(half, data + 1 + i * first, bytes);
        copies[i] = half;
        if (data[0] >> i & 1)
            seal(half, bytes);
        image.halves[i] = (struct intake_half){half, bytes};
    }
    look_at(&image);
    for (size_t i = 0; i < TW_INTAKE_HALVES; i++)
        free(copies[i]);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "frames.h"
#include "harness.h"

enum { HALF_BYTES = 3 * TW_FRAME_BLOCK_BYTES, ROUNDS = 60000 };

static uint8_t input[1 + TW_INTAKE_HALVES * HALF_BYTES];

/* Frames of one use, some of them in a block of their own, some long, the last ones perhaps cut. */
static uint64_t fill_half(struct random *random, uint8_t *half, uint64_t seq, uint64_t epoch) {
    struct buffer bytes = {0};
    size_t at = 0;
    for (uint64_t i = 1 + random_below(random, 8); i > 0; i--) {
        struct frame frame = {.first_seq = seq,
                              .count = 1 + random_below(random, 4),
                              .date = random_below(random, 40) ? DAY : DAY - 1,
                              .epoch = epoch,
                              .durable_seq = random_below(random, 4) ? LAST_SEQ : seq - 1};
        frame_make(&bytes, &frame, random_below(random, 300));
        if (at + bytes.size > HALF_BYTES)
            break;
        memcpy(half + at, bytes.data, bytes.size);
        at += bytes.size;
        seq += frame.count;
        if (random_below(random, 3) == 0)
            at = tw_frame_block_after(at);
    }
    tw_buffer_free(&bytes);
    return seq;
}

static void make_input(struct random *random) {
    memset(input, 0, sizeof input);
    input[0] = (uint8_t)random_below(random, 4);
    uint64_t first = random_below(random, 2);
    uint64_t epoch = 1 + random_below(random, EPOCH_LIMIT - 1);
    uint64_t seq = LAST_SEQ + 1 - random_below(random, 3);
    seq = fill_half(random, input + 1 + first * HALF_BYTES, seq, epoch);
    if (random_below(random, 3))
        fill_half(random, input + 1 + (1 - first) * HALF_BYTES, seq, epoch + 1);
}

/* Mostly in what frames say of themselves and of their records. */
static void change(struct random *random) {
    size_t at = 1 + random_below(random, sizeof input - 8);
    size_t frame = tw_frame_search(input + 1, sizeof input - 1, at);
    if (frame < sizeof input - 1 - 64 && random_below(random, 4))
        at = 1 + frame + random_below(random, 64);
    switch (random_below(random, 4)) {
    case 0:
        input[at] = (uint8_t)random_next(random);
        break;
    case 1:
        input[at] ^= (uint8_t)(1 << random_below(random, 8));
        break;
    case 2:
        memset(input + at, 0, 8);
        break;
    default:
        memset(input + at, 0xFF, 4);
    }
}

START_TEST(any_halves_are_taken_over_without_a_gap_or_refused) {
    struct random random = {seed_from_environment("intake fuzz")};
    for (int i = 0; i < ROUNDS; i++) {
        make_input(&random);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            change(&random);
        size_t less = random_below(&random, 4) ? 0 : random_below(&random, sizeof input);
        LLVMFuzzerTestOneInput(input, sizeof input - less);
    }
    ck_assert_int_gt(taken, ROUNDS / 4);
    ck_assert_int_gt(refused, ROUNDS / 100);
    ck_assert_int_gt(walked, ROUNDS / 4);
    ck_assert_int_gt(unfit, ROUNDS / 100);
}
END_TEST

/* Each of them would have its checksum computed over megabytes. */
START_TEST(a_half_full_of_frames_in_one_another_is_refused_in_time) {
    enum { BYTES = 4 << 20 };
    struct buffer whole = {0};
    struct frame frame = {
        .first_seq = LAST_SEQ + 2, .count = 1, .date = DAY, .epoch = 1, .durable_seq = LAST_SEQ};
    uint8_t *half = calloc(1, BYTES);
    ck_assert(half);
    frame_make(&whole, &frame, 0);
    for (size_t at = 0; at + TW_FRAME_HEADER_BYTES <= BYTES; at += TW_FRAME_HEADER_BYTES) {
        memcpy(half + at, whole.data, TW_FRAME_HEADER_BYTES);
        size_t rest = BYTES - at - TW_FRAME_HEADER_BYTES;
        tw_put_u32(half + at + PAYLOAD_AT, (uint32_t)(rest - rest % TW_FRAME_ALIGN));
    }
    struct intake_image image = {.session = session, .halves = {{half, BYTES}, {half, 0}}};
    struct takeover_day day = {.date = DAY, .last_seq = LAST_SEQ, .transaction = EPOCH_LIMIT};
    struct takeover found;
    tw_error why = {0};
    ck_assert_int_eq(tw_takeover_judge(&image, &day, &found, &why), TW_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(why.text, "in one another"));
    tw_buffer_free(&whole);
    free(half);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("intake_fuzz");
    TCase *tests = tcase_create("intake");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, any_halves_are_taken_over_without_a_gap_or_refused);
    tcase_add_test(tests, a_half_full_of_frames_in_one_another_is_refused_in_time);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
