/* The intake while it is used: what is read is what was appended, over many turns of its halves. */
#include "io/intake.h"

#include <pthread.h>

#include "day_file.h"
#include "frames.h"

enum { EPOCH = 5, MOST_WAITING = 65536, ROUNDS = 3000, LEAST_BYTES = 80 };

#define A_LITTLE_NS 1000000
#define LONG_NS     INT64_C(60000000000)

static const uint8_t uuid[16] = {7};
static struct intake *intake;
static struct buffer frame_bytes, read_bytes;

static void reset(void) {
    static uint64_t session;
    CHECK_OK(tw_intake_reset(intake, DAY, session, EPOCH, &session, why));
}

static void open_intake(void) {
    make_journal();
    CHECK_OK(tw_intake_create(journal, uuid, 0, why));
    CHECK_OK(tw_intake_open(journal, uuid, &intake, why));
    reset();
}

static void close_intake(void) {
    tw_intake_close(intake);
    tw_buffer_free(&frame_bytes);
    tw_buffer_free(&read_bytes);
    tw_lock_release(writer);
    tw_folder_close(journal);
}

static int put(uint64_t seq, uint64_t count, size_t size, int64_t wait_ns, tw_error *why) {
    struct intake_room room;
    frame_fill(&frame_bytes, size, seq);
    return tw_intake_append(intake, &frame_bytes, seq, count, 0, wait_ns, &room, why);
}

static void release(const struct intake_place *place) {
    static uint64_t epoch = EPOCH;
    tw_intake_release(intake, place, ++epoch);
}

/* ---- what was appended is read ------------------------------------------------------------- */

struct waiting {
    uint64_t first_seq, count;
    size_t size;
};

/* Frames that wait, oldest first. */
struct queue {
    struct waiting frames[MOST_WAITING];
    size_t first, end;
    uint64_t next_seq;
};

static void check_frame(const struct frame *frame, const struct waiting *expected) {
    static struct buffer same;
    ck_assert_uint_eq(frame->first_seq, expected->first_seq);
    ck_assert_uint_eq(frame->count, expected->count);
    ck_assert_uint_eq(frame->bytes, expected->size);
    frame_fill(&same, expected->size, expected->first_seq);
    ck_assert_mem_eq(frame->payload, same.data + TW_FRAME_HEADER_BYTES, frame->payload_bytes);
}

/* Reads some from the oldest on and says that the day file has them. */
static void take_some(struct queue *queue, size_t most) {
    struct intake_place place;
    struct intake_span span;
    struct frame frame = {0};
    tw_intake_oldest(intake, &place);
    CHECK_OK(tw_intake_read(intake, &place, most, &read_bytes, &span, why));
    ck_assert_int_eq(span.records == 0, queue->first == queue->end);
    size_t at = span.at;
    while (span.records && tw_intake_next(&span, &read_bytes, &at, &frame)) {
        ck_assert_uint_lt(queue->first, queue->end);
        check_frame(&frame, &queue->frames[queue->first++ % MOST_WAITING]);
    }
    if (span.records)
        release(&place);
}

static size_t random_size(struct random *random) {
    size_t steps = (TW_INTAKE_HALF_BYTES - LEAST_BYTES) / TW_FRAME_ALIGN;
    switch (random_below(random, 40)) {
    case 0:
        return TW_INTAKE_HALF_BYTES;
    case 1:
        return LEAST_BYTES + random_below(random, steps + 1) * TW_FRAME_ALIGN;
    case 2:
    case 3:
    case 4:
        return LEAST_BYTES + random_below(random, 20000) * TW_FRAME_ALIGN;
    default:
        return LEAST_BYTES + random_below(random, 600) * TW_FRAME_ALIGN;
    }
}

static void append_some(struct random *random, struct queue *queue) {
    size_t size = random_size(random);
    uint64_t most = (size - TW_FRAME_HEADER_BYTES) / 32;
    struct waiting frame = {queue->next_seq, 1 + random_below(random, most), size};
    tw_error reason;
    int status = put(frame.first_seq, frame.count, size, -1, &reason);
    if (status == TW_E_FULL) {
        ck_assert_uint_lt(queue->first, queue->end);
        return;
    }
    ck_assert_int_eq(status, 0);
    queue->frames[queue->end++ % MOST_WAITING] = frame;
    ck_assert_uint_lt(queue->end - queue->first, MOST_WAITING);
    queue->next_seq += frame.count;
}

START_TEST(what_is_read_is_what_was_appended_over_many_turns) {
    struct random random = {seed_from_environment("intake")};
    static struct queue queue = {.next_seq = 1};
    int is_reset = 1; /* and nothing was appended since */
    open_intake();
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t seq = 0;
        uint64_t step = random_below(&random, 16);
        if (step < 10) {
            append_some(&random, &queue);
            is_reset = is_reset && queue.first == queue.end;
        } else if (step < 13) {
            CHECK_OK(tw_intake_flush(intake, &seq, why));
            ck_assert(is_reset || seq == queue.next_seq - 1);
        } else {
            take_some(&queue, 1 + random_below(&random, 1 << 21));
        }
        ck_assert_int_eq(tw_intake_waits(intake), queue.first != queue.end);
        if (random_below(&random, 500) == 0) {
            reset();
            queue.first = queue.end;
            is_reset = 1;
        }
    }
    while (queue.first != queue.end)
        take_some(&queue, 1 << 20);
    ck_assert(!tw_intake_waits(intake));
    close_intake();
}
END_TEST

/* ---- when it is full ----------------------------------------------------------------------- */

START_TEST(a_full_intake_says_so_in_time_and_is_as_it_was) {
    static struct queue queue;
    tw_error reason;
    open_intake();
    for (uint64_t seq = 1; seq <= 2; seq++) {
        ck_assert_int_eq(put(seq, 1, TW_INTAKE_HALF_BYTES, -1, &reason), 0);
        queue.frames[queue.end++] = (struct waiting){seq, 1, TW_INTAKE_HALF_BYTES};
    }
    ck_assert_int_eq(put(3, 1, LEAST_BYTES, A_LITTLE_NS, &reason), TW_E_FULL);
    ck_assert_int_eq(put(3, 1, LEAST_BYTES, -1, &reason), TW_E_FULL);
    uint64_t seq;
    CHECK_OK(tw_intake_flush(intake, &seq, why));
    ck_assert_uint_eq(seq, 2);
    take_some(&queue, 1);
    ck_assert_int_eq(put(3, 1, LEAST_BYTES, -1, &reason), 0);
    queue.frames[queue.end++] = (struct waiting){3, 1, LEAST_BYTES};
    while (queue.first != queue.end)
        take_some(&queue, 1);
    ck_assert(!tw_intake_waits(intake));
    close_intake();
}
END_TEST

/* Else an append that does not fit behind it would wait for a committer that nobody woke up. */
START_TEST(a_little_in_each_half_is_already_a_crowd) {
    static struct queue queue;
    struct intake_room room;
    open_intake();
    static const size_t sizes[] = {TW_INTAKE_HALF_BYTES - 8000, 4000, 8000};
    static const int crowded[] = {1, 0, 1};
    for (uint64_t seq = 1; seq <= 3; seq++) {
        size_t size = sizes[seq - 1];
        frame_fill(&frame_bytes, size, seq);
        CHECK_OK(tw_intake_append(intake, &frame_bytes, seq, 1, 0, -1, &room, why));
        ck_assert_int_eq(room.is_crowded, crowded[seq - 1]);
        queue.frames[queue.end++] = (struct waiting){seq, 1, size};
        if (seq == 1)
            take_some(&queue, 1);
    }
    close_intake();
}
END_TEST

static void *make_room(void *context) {
    take_some(context, 1);
    return NULL;
}

START_TEST(an_append_to_a_full_intake_goes_on_when_there_is_room) {
    static struct queue queue;
    pthread_t thread;
    tw_error reason;
    open_intake();
    for (uint64_t seq = 1; seq <= 2; seq++) {
        ck_assert_int_eq(put(seq, 1, TW_INTAKE_HALF_BYTES, -1, &reason), 0);
        queue.frames[queue.end++] = (struct waiting){seq, 1, TW_INTAKE_HALF_BYTES};
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, make_room, &queue), 0);
    ck_assert_int_eq(put(3, 1, LEAST_BYTES, LONG_NS, &reason), 0);
    pthread_join(thread, NULL);
    close_intake();
}
END_TEST

/* ---- what is over -------------------------------------------------------------------------- */

/* What a start would find in the file. */
static void look(uint64_t last_in_file, struct takeover *ret) {
    static struct buffer whole;
    struct intake_header header;
    struct intake_image image;
    struct takeover_day day = {.date = DAY, .last_seq = last_in_file, .transaction = 1000};
    CHECK_OK(tw_intake_look(journal, uuid, &whole, &header, &image, why));
    CHECK_OK(tw_takeover_judge(&image, &day, ret, why));
    free(ret->frames);
}

START_TEST(a_reset_leaves_nothing_to_take_over) {
    struct takeover found;
    tw_error reason;
    open_intake();
    for (uint64_t seq = 1; seq <= 2; seq++)
        ck_assert_int_eq(put(seq, 1, TW_INTAKE_HALF_BYTES, -1, &reason), 0);
    look(0, &found);
    ck_assert_uint_eq(found.last_seq, 2);
    reset();
    ck_assert(!tw_intake_waits(intake));
    look(0, &found);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_int_eq(put(1, 1, LEAST_BYTES, -1, &reason), 0);
    look(0, &found);
    ck_assert_uint_eq(found.last_seq, 1);
    close_intake();
}
END_TEST

START_TEST(a_frame_of_a_half_that_was_left_is_never_read_again) {
    enum { SMALL = 100, FIRST_OF_THIRD = SMALL + 2 };
    static struct queue queue = {.next_seq = 1};
    struct takeover found;
    tw_error reason;
    open_intake();
    for (; queue.next_seq <= SMALL + 1; queue.next_seq++) {
        size_t size = queue.next_seq <= SMALL ? 800 : TW_INTAKE_HALF_BYTES;
        ck_assert_int_eq(put(queue.next_seq, 1, size, -1, &reason), 0);
        queue.frames[queue.end++] = (struct waiting){queue.next_seq, 1, size};
    }
    while (queue.first != queue.end)
        take_some(&queue, 1 << 20);
    /* The first half is begun again; behind the new frame lie those of the use before. */
    ck_assert_int_eq(put(FIRST_OF_THIRD, 1, 800, -1, &reason), 0);
    queue.frames[queue.end++] = (struct waiting){FIRST_OF_THIRD, 1, 800};
    take_some(&queue, 1 << 20);
    ck_assert_uint_eq(queue.first, queue.end);
    take_some(&queue, 1 << 20);
    look(SMALL + 1, &found);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_uint_eq(found.torn, 0);
    ck_assert_uint_eq(found.last_seq, FIRST_OF_THIRD);
    close_intake();
}
END_TEST

START_TEST(records_that_went_past_the_intake_are_no_gap_in_it) {
    static struct queue queue;
    struct takeover found;
    tw_error reason;
    open_intake();
    ck_assert_int_eq(put(1, 1, 800, -1, &reason), 0);
    queue.frames[queue.end++] = (struct waiting){1, 1, 800};
    take_some(&queue, 1 << 20);
    ck_assert_int_eq(put(50, 1, 800, -1, &reason), 0);
    queue.frames[queue.end++] = (struct waiting){50, 1, 800};
    look(49, &found);
    ck_assert_uint_eq(found.last_seq, 50);
    take_some(&queue, 1 << 20);
    ck_assert_uint_eq(queue.first, queue.end);
    close_intake();
}
END_TEST

/* ---- the file ------------------------------------------------------------------------------ */

START_TEST(an_intake_that_was_removed_or_changed_is_noticed) {
    uint64_t seq;
    open_intake();
    CHECK_OK(tw_intake_watch(intake, why));
    ck_assert_int_eq(link(in_journal("intake.wal"), in_journal("other")), 0);
    CHECK_FAILS(tw_intake_watch(intake, why), TW_E_DAMAGED, "names");
    ck_assert_int_eq(unlink(in_journal("other")), 0);
    ck_assert_int_eq(truncate(in_journal("intake.wal"), TW_INTAKE_BYTES - 1), 0);
    CHECK_FAILS(tw_intake_watch(intake, why), TW_E_DAMAGED, "bytes");
    ck_assert_int_eq(truncate(in_journal("intake.wal"), TW_INTAKE_BYTES), 0);
    CHECK_OK(tw_intake_watch(intake, why));
    ck_assert_int_eq(unlink(in_journal("intake.wal")), 0);
    CHECK_FAILS(tw_intake_watch(intake, why), TW_E_DAMAGED, "removed");
    CHECK_FAILS(tw_intake_flush(intake, &seq, why), TW_E_DAMAGED, "removed");
    CHECK_OK(tw_intake_create(journal, uuid, 0, why));
    CHECK_FAILS(tw_intake_watch(intake, why), TW_E_DAMAGED, "replaced");
    close_intake();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("intake");
    TCase *cases = tcase_create("intake");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_is_read_is_what_was_appended_over_many_turns);
    tcase_add_test(cases, a_full_intake_says_so_in_time_and_is_as_it_was);
    tcase_add_test(cases, a_little_in_each_half_is_already_a_crowd);
    tcase_add_test(cases, an_append_to_a_full_intake_goes_on_when_there_is_room);
    tcase_add_test(cases, a_reset_leaves_nothing_to_take_over);
    tcase_add_test(cases, a_frame_of_a_half_that_was_left_is_never_read_again);
    tcase_add_test(cases, records_that_went_past_the_intake_are_no_gap_in_it);
    tcase_add_test(cases, an_intake_that_was_removed_or_changed_is_noticed);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
