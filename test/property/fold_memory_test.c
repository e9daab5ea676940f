/* Memory that runs out: a check that cannot get any has changed nothing, and apply asks for none.
 * This program is linked with --wrap for malloc, calloc and realloc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "core/fold.h"
#include "events_random.h"
#include "harness.h"

enum { DAYS = 20, TRIES = 150 };

/* Counts down to the allocation that fails; below 0 none does. */
static int64_t until_failure = -1;
static uint64_t allocations;

/* What the linker makes of a wrapped function has names of its form. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static int fails(void) {
    allocations++;
    return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return fails() ? NULL : __real_realloc(memory, size);
}

static void assert_unchanged(const struct state *state, const struct buffer *before) {
    struct buffer after = {0};
    day_bytes(state, &after);
    ck_assert_uint_eq(before->size, after.size);
    ck_assert_mem_eq(before->data, after.data, before->size);
    tw_buffer_free(&after);
}

/* The check with its nth allocation failing: 1 if it came to that. */
static int check_failing_at(struct state *state, const tw_event *event, int64_t nth,
                            const struct buffer *before, int *ret_status) {
    until_failure = nth;
    *ret_status = tw_fold_check(state, event, NULL);
    int failed = until_failure < 0;
    until_failure = -1;
    if (failed) {
        ck_assert_int_eq(*ret_status, TW_E_NOMEM);
        assert_unchanged(state, before);
    }
    return failed;
}

/* The first allocation fails, then the second, until the check gets through. What it did get before
 * it failed stays as room, so that some are passed over; the next events make up for that. Returns
 * how often memory was out. */
static int check_without_memory(struct state *state, const tw_event *event, int *ret_status) {
    struct buffer before = {0};
    int failures = 0;
    day_bytes(state, &before);
    while (check_failing_at(state, event, failures, &before, ret_status))
        failures++;
    tw_buffer_free(&before);
    return failures;
}

static void apply_without_memory(struct day *day, const tw_event *event) {
    uint64_t before = allocations;
    tw_fold_apply(day->state, event);
    ck_assert_msg(allocations == before, "%s asked for memory", tw_type_name(event->type));
    day->seq++;
    day->time_ns += INT64_C(1000000000);
}

static void assert_same_as_with_memory(const struct state *state, const struct told *told) {
    struct buffer here = {0}, there = {0};
    struct state *other;
    ck_assert_int_eq(tw_state_new(&other), 0);
    for (size_t i = 0; i < told->count; i++)
        ck_assert_int_eq(tw_fold(other, &told->events[i], NULL), 0);
    day_bytes(state, &here);
    day_bytes(other, &there);
    ck_assert_uint_eq(here.size, there.size);
    ck_assert_mem_eq(here.data, there.data, here.size);
    tw_buffer_free(&here);
    tw_buffer_free(&there);
    tw_state_free(other);
}

START_TEST(a_check_without_memory_changes_nothing_and_apply_asks_for_none) {
    uint64_t seed = seed_from_environment("fold memory");
    int failures = 0;
    for (int i = 0; i < DAYS; i++) {
        struct generator generator;
        struct day day;
        struct told told = {0};
        generator_open(&generator, seed + (uint64_t)i, 10);
        random_day(&generator, 1 + i % 2, 0, &day, &told);
        for (int j = 0; j < TRIES; j++) {
            int status;
            tw_event event = generator_next(&generator, &day);
            day_stamp(&day, &event);
            failures += check_without_memory(day.state, &event, &status);
            if (status)
                continue;
            apply_without_memory(&day, &event);
            told_add(&told, &event);
        }
        assert_same_as_with_memory(day.state, &told);
        told_free(&told);
        day_close(&day);
        generator_close(&generator);
    }
    printf("memory was out %d times\n", failures);
    ck_assert_int_gt(failures, DAYS);
}
END_TEST

START_TEST(a_state_that_cannot_be_made_leaves_nothing_behind) {
    int failures = 0, status;
    do {
        struct state *state = NULL;
        until_failure = failures;
        status = tw_state_new(&state);
        until_failure = -1;
        ck_assert(status == 0 || status == TW_E_NOMEM);
        ck_assert((status == 0) == (state != NULL));
        tw_state_free(state);
        failures += status != 0;
    } while (status);
    ck_assert_int_gt(failures, 1);
}
END_TEST

/* A record with texts that each ask for more memory: whichever does not get it. */
START_TEST(a_record_that_finds_no_memory_leaves_what_was_there) {
    static char texts[4][4000];
    for (int i = 0; i < 4; i++)
        memset(texts[i], 'a' + i, sizeof texts[i] - 1);
    tw_event event = event_finding("D7", texts[0], texts[1], 1);
    event.as.finding.theirs = texts[2];
    event.corr = texts[3];
    event.seq = 1;
    struct buffer out = {0}, whole = {0};
    ck_assert_int_eq(tw_record_encode(&event, &whole), 0);
    int failures = 0;
    for (;; failures++) {
        tw_buffer_free(&out);
        tw_buffer_text(&out, "before");
        until_failure = failures;
        int status = tw_record_encode(&event, &out);
        int failed = until_failure < 0;
        until_failure = -1;
        ck_assert_mem_eq(out.data, "before", 6);
        if (!failed)
            break;
        ck_assert_int_eq(status, TW_E_NOMEM);
        ck_assert_int_eq(out.failed, 1);
        ck_assert_uint_eq(out.size, 6);
    }
    ck_assert_int_gt(failures, 3);
    ck_assert_uint_eq(out.size, whole.size + 6);
    ck_assert_mem_eq(out.data + 6, whole.data, whole.size);
    tw_buffer_free(&out);
    tw_buffer_free(&whole);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_memory");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_check_without_memory_changes_nothing_and_apply_asks_for_none);
    tcase_add_test(tests, a_state_that_cannot_be_made_leaves_nothing_behind);
    tcase_add_test(tests, a_record_that_finds_no_memory_leaves_what_was_there);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
