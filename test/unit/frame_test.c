/* Frames of the intake: made, read, damaged, cut, and looked for in a half. */
#include "core/frame.h"

#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "frames.h"
#include "harness.h"

enum {
    DATE = 20251006,
    PAYLOAD_AT = 8,
    VERSION_AT = 4,
    LEAST_RECORD_BYTES = TW_FRAME_PREFIX_BYTES + TW_RECORD_HEADER_BYTES,
    HALF_BYTES = 4 * TW_FRAME_BLOCK_BYTES
};

static const struct frame usual = {
    .first_seq = 41, .count = 3, .date = DATE, .epoch = 7, .durable_seq = 39};

static enum frame_verdict verdict_on(const struct buffer *bytes) {
    struct frame frame;
    return tw_frame_read(&frames_session, (const uint8_t *)bytes->data, bytes->size, &frame);
}

START_TEST(a_frame_says_when_it_is_read_what_was_put_into_it) {
    struct buffer out = {0};
    struct frame read;
    for (size_t body = 0; body < 100; body++) {
        frame_make(&out, &usual, body);
        ck_assert_uint_eq(out.size % TW_FRAME_ALIGN, 0);
        ck_assert_int_eq(tw_frame_read(&frames_session, (uint8_t *)out.data, out.size, &read),
                         TW_FRAME_WHOLE);
        ck_assert_uint_eq(read.first_seq, usual.first_seq);
        ck_assert_uint_eq(read.count, usual.count);
        ck_assert_int_eq(read.date, usual.date);
        ck_assert_uint_eq(read.epoch, usual.epoch);
        ck_assert_uint_eq(read.durable_seq, usual.durable_seq);
        ck_assert_uint_eq(read.bytes, out.size);
        struct frame_walk walk = {.frame = &read};
        tw_error why;
        for (uint64_t i = 0; i < usual.count; i++) {
            struct record_header header;
            ck_assert_int_eq(tw_frame_next(&walk, &why), 1);
            ck_assert_int_eq(tw_record_check(walk.record, walk.size, &why), 0);
            ck_assert_int_eq(tw_record_header(walk.record, walk.size, &header), 0);
            ck_assert_uint_eq(header.seq, usual.first_seq + i);
        }
        ck_assert_int_eq(tw_frame_next(&walk, &why), 0);
    }
    tw_buffer_free(&out);
}
END_TEST

START_TEST(the_marks_of_a_record_are_read_as_they_were_set) {
    struct buffer out = {0};
    struct frame read, one = usual;
    one.count = 1;
    for (uint32_t marks = 0; marks <= 4; marks++) {
        frame_make(&out, &one, 9);
        tw_put_u32((uint8_t *)out.data + TW_FRAME_HEADER_BYTES + 4, marks);
        frame_reseal((uint8_t *)out.data, out.size);
        ck_assert_int_eq(tw_frame_read(&frames_session, (uint8_t *)out.data, out.size, &read),
                         TW_FRAME_WHOLE);
        struct frame_walk walk = {.frame = &read};
        tw_error why;
        ck_assert_int_eq(tw_frame_next(&walk, &why), marks <= 3 ? 1 : TW_E_DAMAGED);
        ck_assert(marks > 3 || walk.marks == marks);
    }
    tw_buffer_free(&out);
}
END_TEST

START_TEST(a_frame_with_a_changed_byte_is_not_whole) {
    struct buffer out = {0};
    frame_make(&out, &usual, 33);
    for (size_t at = 0; at < out.size; at++)
        for (int change = 1; change < 256; change++) {
            out.data[at] = (char)(out.data[at] ^ change);
            ck_assert_int_ne(verdict_on(&out), TW_FRAME_WHOLE);
            out.data[at] = (char)(out.data[at] ^ change);
        }
    ck_assert_int_eq(verdict_on(&out), TW_FRAME_WHOLE);
    tw_buffer_free(&out);
}
END_TEST

START_TEST(a_frame_that_is_cut_off_is_none) {
    struct buffer out = {0};
    struct frame read;
    frame_make(&out, &usual, 33);
    for (size_t room = 0; room < out.size; room++) {
        uint8_t *cut = malloc(room + 1); /* of its size, so that a read past the end is seen */
        ck_assert_ptr_nonnull(cut);
        uint8_t *end = cut + 1;
        memcpy(end, out.data, room);
        ck_assert_int_eq(tw_frame_read(&frames_session, end, room, &read), TW_FRAME_NONE);
        free(cut);
    }
    tw_buffer_free(&out);
}
END_TEST

/* ---- limits -------------------------------------------------------------------------------- */

START_TEST(a_frame_has_no_more_records_than_there_is_room_for) {
    struct buffer out = {0};
    frame_fill(&out, TW_FRAME_HEADER_BYTES + 10 * LEAST_RECORD_BYTES, 1);
    struct frame frame = usual;
    static const struct {
        uint64_t count;
        enum frame_verdict verdict;
    } cases[] = {{0, TW_FRAME_NONE},
                 {1, TW_FRAME_WHOLE},
                 {10, TW_FRAME_WHOLE},
                 {11, TW_FRAME_NONE},
                 {UINT32_MAX, TW_FRAME_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        frame.count = cases[i].count;
        tw_frame_seal((uint8_t *)out.data, out.size, &frames_session, &frame);
        ck_assert_int_eq(verdict_on(&out), cases[i].verdict);
    }
    tw_buffer_free(&out);
}
END_TEST

START_TEST(the_seqs_of_a_frame_are_those_that_a_record_can_have) {
    struct buffer out = {0};
    frame_fill(&out, TW_FRAME_HEADER_BYTES + 10 * LEAST_RECORD_BYTES, 1);
    struct frame frame = usual;
    frame.count = 10;
    static const struct {
        uint64_t seq;
        enum frame_verdict verdict;
    } cases[] = {{0, TW_FRAME_NONE},
                 {1, TW_FRAME_WHOLE},
                 {INT64_MAX - 10, TW_FRAME_WHOLE},
                 {INT64_MAX - 9, TW_FRAME_NONE},
                 {UINT64_MAX, TW_FRAME_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        frame.first_seq = cases[i].seq;
        tw_frame_seal((uint8_t *)out.data, out.size, &frames_session, &frame);
        ck_assert_int_eq(verdict_on(&out), cases[i].verdict);
    }
    tw_buffer_free(&out);
}
END_TEST

START_TEST(a_frame_of_another_version_is_none) {
    struct buffer out = {0};
    frame_make(&out, &usual, 1);
    tw_put_u16((uint8_t *)out.data + VERSION_AT, 1);
    frame_reseal((uint8_t *)out.data, out.size);
    ck_assert_int_eq(verdict_on(&out), TW_FRAME_NONE);
    tw_buffer_free(&out);
}
END_TEST

static enum frame_verdict verdict_in(const struct frame_session *session,
                                     const struct buffer *bytes) {
    struct frame frame;
    return tw_frame_read(session, (const uint8_t *)bytes->data, bytes->size, &frame);
}

START_TEST(a_frame_is_of_one_journal_and_one_session) {
    static const uint8_t mine[16] = {1}, yours[16] = {2};
    struct frame_session here = tw_frame_session(mine, 77, usual.epoch);
    struct frame_session others[] = {
        tw_frame_session(yours, 77, usual.epoch), tw_frame_session(mine, 78, usual.epoch),
        tw_frame_session(mine, 77, usual.epoch + 1), tw_frame_session_unbound()};
    struct buffer out = {0};
    frame_make(&out, &usual, 33);
    tw_frame_seal((uint8_t *)out.data, out.size, &here, &usual);
    ck_assert_int_eq(verdict_in(&here, &out), TW_FRAME_WHOLE);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_int_ne(verdict_in(&others[i], &out), TW_FRAME_WHOLE);
    tw_buffer_free(&out);
}
END_TEST

START_TEST(a_frame_whose_size_is_not_aligned_is_none) {
    struct buffer out = {0};
    frame_make(&out, &usual, 64);
    uint32_t payload = tw_get_u32((uint8_t *)out.data + PAYLOAD_AT);
    for (uint32_t less = 1; less < TW_FRAME_ALIGN; less++) {
        tw_put_u32((uint8_t *)out.data + PAYLOAD_AT, payload - less);
        frame_reseal((uint8_t *)out.data, out.size - less);
        ck_assert_int_eq(verdict_on(&out), TW_FRAME_NONE);
    }
    tw_buffer_free(&out);
}
END_TEST

/* ---- in a half ----------------------------------------------------------------------------- */

static uint8_t half[HALF_BYTES];

/* Puts a frame of one record there and returns where it ends. */
static size_t put_at(size_t at, uint64_t seq, uint64_t epoch, int64_t date) {
    struct buffer out = {0};
    struct frame frame = {.first_seq = seq, .count = 1, .date = date, .epoch = epoch};
    frame_make(&out, &frame, 50);
    memcpy(half + at, out.data, out.size);
    at += out.size;
    tw_buffer_free(&out);
    return at;
}

static int follows(size_t at, uint64_t seq, size_t *ret_end) {
    struct frame wanted = {.first_seq = seq, .date = DATE, .epoch = 7};
    struct frame found;
    *ret_end = at;
    return tw_frame_follow(&frames_session, half, sizeof half, ret_end, &wanted, &found);
}

START_TEST(the_next_frame_lies_behind_the_last_or_in_the_next_block) {
    size_t end, second = put_at(0, 1, 7, DATE);
    size_t third = put_at(second, 2, 7, DATE);
    size_t fourth = put_at(TW_FRAME_BLOCK_BYTES, 3, 7, DATE);
    put_at(3 * TW_FRAME_BLOCK_BYTES, 4, 7, DATE);
    ck_assert_int_eq(follows(0, 1, &end), 1);
    ck_assert_uint_eq(end, second);
    ck_assert_int_eq(follows(second, 2, &end), 1);
    ck_assert_uint_eq(end, third);
    ck_assert_int_eq(follows(third, 3, &end), 1);
    ck_assert_uint_eq(end, fourth);
    ck_assert_int_eq(follows(fourth, 4, &end), 0);
    ck_assert_uint_eq(end, fourth);
    ck_assert_int_eq(follows(2 * TW_FRAME_BLOCK_BYTES, 4, &end), 1);
    ck_assert_int_eq(follows(sizeof half, 5, &end), 0);
}
END_TEST

START_TEST(a_frame_of_another_use_or_day_or_seq_does_not_follow) {
    size_t end;
    put_at(0, 5, 7, DATE);
    ck_assert_int_eq(follows(0, 5, &end), 1);
    ck_assert_int_eq(follows(0, 4, &end), 0);
    put_at(0, 5, 6, DATE);
    ck_assert_int_eq(follows(0, 5, &end), 0);
    put_at(0, 5, 7, DATE + 1);
    ck_assert_int_eq(follows(0, 5, &end), 0);
}
END_TEST

START_TEST(a_search_finds_every_place_where_a_frame_may_begin) {
    put_at(80, 1, 7, DATE);
    put_at(8000, 2, 7, DATE);
    memcpy(half + 4004, half + 80, 4); /* not where one may begin */
    memcpy(half + sizeof half - 4, half + 80, 3);
    ck_assert_uint_eq(tw_frame_search(half, sizeof half, 0), 80);
    ck_assert_uint_eq(tw_frame_search(half, sizeof half, 80), 80);
    ck_assert_uint_eq(tw_frame_search(half, sizeof half, 81), 8000);
    ck_assert_uint_eq(tw_frame_search(half, sizeof half, 8001), sizeof half);
    ck_assert_uint_eq(tw_frame_search(half, 83, 0), 83);
}
END_TEST

/* ---- hostile bytes ------------------------------------------------------------------------- */

static void set_hostile(struct random *random, uint8_t *at) {
    static const uint32_t values[] = {
        0, 1, 7, 8, 15, 23, 24, 31, 32, 4096, INT32_MAX, UINT32_MAX, UINT32_MAX - 7};
    size_t count = sizeof values / sizeof values[0];
    tw_put_u32(at, random_below(random, 3) ? values[random_below(random, count)]
                                           : (uint32_t)random_below(random, 400));
}

START_TEST(hostile_sizes_and_counts_are_never_read_past_the_room) {
    struct random random = {seed_from_environment("frame")};
    struct buffer out = {0};
    int walked = 0, refused = 0;
    for (int i = 0; i < 100000; i++) {
        struct frame frame;
        tw_error why;
        frame_make(&out, &usual, random_below(&random, 60));
        uint8_t *bytes = malloc(out.size);
        ck_assert_ptr_nonnull(bytes);
        memcpy(bytes, out.data, out.size);
        for (uint64_t n = random_below(&random, 3); n > 0; n--)
            set_hostile(&random, bytes + random_below(&random, out.size / 4) * 4);
        size_t said = TW_FRAME_HEADER_BYTES + (size_t)tw_get_u32(bytes + PAYLOAD_AT);
        frame_reseal(bytes, said < out.size ? said : out.size);
        size_t at = 0;
        if (tw_frame_read(&frames_session, bytes, out.size, &frame) == TW_FRAME_WHOLE) {
            struct frame_walk walk = {.frame = &frame};
            int status;
            while ((status = tw_frame_next(&walk, &why)) > 0)
                ck_assert_uint_le(walk.at, frame.payload_bytes);
            ck_assert(status == 0 || status == TW_E_DAMAGED);
            *(status ? &refused : &walked) += 1;
            ck_assert_int_eq(tw_frame_follow(&frames_session, bytes, out.size, &at, &frame, &frame),
                             1);
        }
        ck_assert_uint_le(at, out.size);
        free(bytes);
    }
    ck_assert_int_gt(walked, 1000);
    ck_assert_int_gt(refused, 1000);
    tw_buffer_free(&out);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("frame");
    TCase *cases = tcase_create("frame");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_frame_says_when_it_is_read_what_was_put_into_it);
    tcase_add_test(cases, the_marks_of_a_record_are_read_as_they_were_set);
    tcase_add_test(cases, a_frame_with_a_changed_byte_is_not_whole);
    tcase_add_test(cases, a_frame_that_is_cut_off_is_none);
    tcase_add_test(cases, a_frame_has_no_more_records_than_there_is_room_for);
    tcase_add_test(cases, the_seqs_of_a_frame_are_those_that_a_record_can_have);
    tcase_add_test(cases, a_frame_of_another_version_is_none);
    tcase_add_test(cases, a_frame_is_of_one_journal_and_one_session);
    tcase_add_test(cases, a_frame_whose_size_is_not_aligned_is_none);
    tcase_add_test(cases, the_next_frame_lies_behind_the_last_or_in_the_next_block);
    tcase_add_test(cases, a_frame_of_another_use_or_day_or_seq_does_not_follow);
    tcase_add_test(cases, a_search_finds_every_place_where_a_frame_may_begin);
    tcase_add_test(cases, hostile_sizes_and_counts_are_never_read_past_the_room);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
