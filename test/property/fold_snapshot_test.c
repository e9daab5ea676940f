/* A fold that goes on from a snapshot ends where the whole fold ends, or says that it needs the
 * history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "core/fold.h"
#include "core/image.h"
#include "events_random.h"
#include "harness.h"

enum { DAYS = 40, EVENTS = 120, PROBES = 6 };

/* ---- the index of executions and orders that a log keeps ----------------------------------- */

struct index_entry {
    const char *id;
    uint64_t seq;
};

struct index {
    struct index_entry executions[EVENTS + 1], orders[EVENTS + 1];
    size_t execution_count, order_count;
};

static int look_up(const struct index_entry *entries, size_t count, const char *id,
                   uint64_t *ret_seq) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].id, id) == 0) {
            *ret_seq = entries[i].seq;
            return 0;
        }
    return TW_E_NOT_FOUND;
}

static int find_execution(void *context, const char *exec_id, uint64_t *ret_seq) {
    const struct index *index = context;
    return look_up(index->executions, index->execution_count, exec_id, ret_seq);
}

static int find_order(void *context, const char *order_ref, uint64_t *ret_seq) {
    const struct index *index = context;
    return look_up(index->orders, index->order_count, order_ref, ret_seq);
}

/* Of the whole day, as the log of a day that is replayed has it. */
static void fill_index(const struct told *told, struct index *index) {
    memset(index, 0, sizeof *index);
    for (size_t i = 0; i < told->count; i++) {
        const tw_event *event = &told->events[i];
        const char *id = tw_event_exec_id(event);
        uint64_t seq;
        if (id && find_execution(index, id, &seq))
            index->executions[index->execution_count++] = (struct index_entry){id, event->seq};
        if (event->type == TW_TYPE_order_submitted)
            index->orders[index->order_count++] =
                (struct index_entry){event->as.order_submitted.order_ref, event->seq};
    }
}

/* ---- folding ------------------------------------------------------------------------------- */

static struct state *fold_to(const struct told *told, size_t count) {
    struct state *state;
    ck_assert_int_eq(tw_state_new(&state), 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tw_fold(state, &told->events[i], NULL), 0);
    return state;
}

static void assert_image(const struct state *state, const struct buffer *expected, size_t from,
                         size_t at) {
    struct buffer image = {0};
    ck_assert_int_eq(tw_image_encode(state, &image), 0);
    ck_assert_msg(image.size == expected->size &&
                      memcmp(image.data, expected->data, image.size) == 0,
                  "folded on from the snapshot at %zu, the state at %zu is another", from, at);
    tw_buffer_free(&image);
}

static void assert_unchanged(struct state *state, const tw_event *event) {
    struct buffer before = {0}, after = {0};
    day_bytes(state, &before);
    ck_assert_int_eq(tw_fold(state, event, NULL), TW_E_HISTORY);
    day_bytes(state, &after);
    ck_assert_uint_eq(before.size, after.size);
    ck_assert_mem_eq(before.data, after.data, before.size);
    tw_buffer_free(&before);
    tw_buffer_free(&after);
}

static struct state *from_snapshot(const struct buffer *image, struct index *index) {
    struct state *state;
    tw_error why = {0};
    ck_assert_msg(tw_image_decode(image->data, image->size, &state, &why) == 0, "%s", why.text);
    state->history.find = find_execution;
    state->history.find_order = find_order;
    state->history.context = index;
    return state;
}

/* What a snapshot holds is compared apart from the encoder, which may have forgotten some of it. */
static void assert_kept(const struct state *whole, const struct state *part, size_t from) {
    struct buffer here = {0}, there = {0};
    day_kept_bytes(whole, &here);
    day_kept_bytes(part, &there);
    ck_assert_msg(here.size == there.size && memcmp(here.data, there.data, here.size) == 0,
                  "the snapshot at %zu has not kept everything", from);
    tw_buffer_free(&here);
    tw_buffer_free(&there);
}

/* Whether an event is let in is the same for both, unless the one cannot tell. */
static int probe(struct generator *generator, struct day *whole, struct state *part) {
    int undecided = 0;
    for (int i = 0; i < PROBES; i++) {
        tw_event event = generator_next(generator, whole);
        day_stamp(whole, &event);
        tw_error why = {0}, why_part = {0};
        int expected = tw_fold_check(whole->state, &event, &why);
        int status = tw_fold_check(part, &event, &why_part);
        ck_assert_msg(status == expected || status == TW_E_HISTORY,
                      "%s: the whole says %d %s, the part %d %s", tw_type_name(event.type),
                      expected, why.text, status, why_part.text);
        undecided += status != expected;
    }
    return undecided;
}

struct tally {
    int needed_history, undecided, steps;
};

/* From the snapshot behind event k to the end of the day. */
static void go_on(const struct told *told, struct buffer *images, size_t k, struct index *index,
                  struct generator *generator, struct tally *tally) {
    struct day whole = {.state = fold_to(told, k), .seq = k + 1, .trading_date = TEST_DATE};
    whole.time_ns = whole.state->last_time_ns;
    struct state *state = from_snapshot(&images[k], index);
    assert_image(state, &images[k], k, k);
    assert_kept(whole.state, state, k);
    tally->undecided += probe(generator, &whole, state);
    for (size_t i = k; i < told->count; i++) {
        int status = tw_fold(state, &told->events[i], NULL);
        if (status) {
            assert_unchanged(state, &told->events[i]);
            tw_state_free(state);
            state = fold_to(told, i + 1);
            tally->needed_history++;
        }
        ck_assert_int_eq(tw_fold(whole.state, &told->events[i], NULL), 0);
        assert_image(state, &images[i + 1], k, i + 1);
        tally->steps++;
    }
    assert_kept(whole.state, state, k);
    whole.seq = told->count + 1;
    tally->undecided += probe(generator, &whole, state);
    tw_state_free(state);
    day_close(&whole);
}

static void check_day(uint64_t seed, int64_t cost_method, struct tally *tally) {
    struct generator generator;
    struct day day;
    struct told told = {0};
    struct index index;
    generator_open(&generator, seed, 10);
    random_day(&generator, cost_method, EVENTS, &day, &told);
    fill_index(&told, &index);
    struct buffer *images = calloc(told.count + 1, sizeof *images);
    struct state *state = fold_to(&told, 0);
    for (size_t k = 0; k <= told.count; k++) {
        ck_assert_int_eq(tw_image_encode(state, &images[k]), 0);
        if (k < told.count)
            ck_assert_int_eq(tw_fold(state, &told.events[k], NULL), 0);
    }
    generator.spoil_percent = 30;
    for (size_t k = 1; k <= told.count; k++)
        go_on(&told, images, k, &index, &generator, tally);
    for (size_t k = 0; k <= told.count; k++)
        tw_buffer_free(&images[k]);
    free(images);
    tw_state_free(state);
    told_free(&told);
    day_close(&day);
    generator_close(&generator);
}

START_TEST(a_fold_from_any_snapshot_ends_like_the_whole_fold) {
    uint64_t seed = seed_from_environment("fold snapshot");
    struct tally tally = {0};
    for (int i = 0; i < DAYS; i++)
        check_day(seed + (uint64_t)i, 1 + i % 2, &tally);
    printf("steps %d, needed history %d, probes that did %d\n", tally.steps, tally.needed_history,
           tally.undecided);
    ck_assert_int_gt(tally.needed_history, DAYS);
    ck_assert_int_gt(tally.undecided, DAYS);
    ck_assert_int_gt(tally.steps, 20 * tally.needed_history);
}
END_TEST

START_TEST(what_the_index_knows_before_the_snapshot_counts) {
    struct day day;
    struct buffer image = {0};
    day_open(&day, TW_COST_METHOD_AVERAGE);
    ck_assert_int_eq(tw_image_encode(day.state, &image), 0);
    struct index index;
    struct state *state = from_snapshot(&image, &index);
    tw_event fill = event_fill("e1", "TSLA", TW_ACTION_BUY, "1", "1", "0");
    day_stamp(&day, &fill);
    memset(&index, 0, sizeof index);
    ck_assert_int_eq(tw_fold_check(state, &fill, NULL), 0);
    index.executions[0] = (struct index_entry){"e1", 1};
    index.execution_count = 1;
    ck_assert_int_eq(tw_fold_check(state, &fill, NULL), TW_E_DUPLICATE);
    /* An id that only a later record books is not booked yet. */
    index.executions[0].seq = fill.seq;
    ck_assert_int_eq(tw_fold_check(state, &fill, NULL), 0);
    tw_event order = event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "1");
    day_stamp(&day, &order);
    index.orders[0] = (struct index_entry){"o1", order.seq};
    index.order_count = 1;
    ck_assert_int_eq(tw_fold_check(state, &order, NULL), 0);
    index.orders[0].seq = 1;
    ck_assert_int_eq(tw_fold_check(state, &order, NULL), TW_E_HISTORY);
    tw_state_free(state);
    tw_buffer_free(&image);
    day_close(&day);
}
END_TEST

static int cannot_read(void *context, const char *id, uint64_t *ret_seq) {
    (void)context;
    (void)id;
    (void)ret_seq;
    return TW_E_IO;
}

START_TEST(an_index_that_cannot_be_read_refuses_the_event) {
    struct day day;
    struct buffer image = {0};
    struct index index;
    day_open(&day, TW_COST_METHOD_AVERAGE);
    ck_assert_int_eq(tw_image_encode(day.state, &image), 0);
    struct state *state = from_snapshot(&image, &index);
    state->history.find = cannot_read;
    state->history.find_order = cannot_read;
    tw_event fill = event_fill("e1", "TSLA", TW_ACTION_BUY, "1", "1", "0");
    tw_event order = event_order("o1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "1");
    day_stamp(&day, &fill);
    day_stamp(&day, &order);
    ck_assert_int_eq(tw_fold_check(state, &fill, NULL), TW_E_IO);
    ck_assert_int_eq(tw_fold_check(state, &order, NULL), TW_E_IO);
    tw_state_free(state);
    tw_buffer_free(&image);
    day_close(&day);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_snapshot");
    TCase *tests = tcase_create("snapshot");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_fold_from_any_snapshot_ends_like_the_whole_fold);
    tcase_add_test(tests, what_the_index_knows_before_the_snapshot_counts);
    tcase_add_test(tests, an_index_that_cannot_be_read_refuses_the_event);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
