/* An event that is refused has changed nothing, whatever is wrong with it. */
#include <stdio.h>

#include "core/fold.h"
#include "events_random.h"
#include "harness.h"

enum { DAYS = 200, TRIES = 250 };

static void assert_same(const struct buffer *before, const struct buffer *after) {
    ck_assert_uint_eq(before->size, after->size);
    ck_assert_mem_eq(before->data, after->data, before->size);
}

/* Also a check that lets the event pass shows nothing before apply. */
static int try_and_compare(struct day *day, tw_event event, struct told *told) {
    struct buffer before = {0}, after = {0};
    tw_error why = {.code = 7};
    day_bytes(day->state, &before);
    day_stamp(day, &event);
    int status = tw_fold_check(day->state, &event, &why);
    day_bytes(day->state, &after);
    assert_same(&before, &after);
    tw_buffer_free(&before);
    tw_buffer_free(&after);
    ck_assert_int_eq(why.code, status ? status : 7);
    ck_assert_int_ne(status, TW_E_HISTORY);
    ck_assert_int_ne(status, TW_E_NOT_FOUND);
    if (status)
        return status;
    ck_assert_int_eq(day_try(day, event, &why), 0);
    told_add(told, &event);
    return 0;
}

static void assert_same_as_folded_anew(const struct day *day, const struct told *told) {
    struct buffer here = {0}, anew = {0};
    struct state *state;
    tw_error why = {0};
    ck_assert_int_eq(tw_state_new(&state), 0);
    for (size_t i = 0; i < told->count; i++)
        ck_assert_msg(tw_fold(state, &told->events[i], &why) == 0, "event %zu: %s", i, why.text);
    day_bytes(day->state, &here);
    day_bytes(state, &anew);
    assert_same(&here, &anew);
    tw_buffer_free(&here);
    tw_buffer_free(&anew);
    tw_state_free(state);
}

START_TEST(a_refused_event_changes_nothing) {
    uint64_t seed = seed_from_environment("fold refusal");
    int taken = 0, refused = 0;
    for (int i = 0; i < DAYS; i++) {
        struct generator generator;
        struct day day;
        struct told told = {0};
        generator_open(&generator, seed + (uint64_t)i, 40);
        random_day(&generator, 1 + i % 2, 0, &day, &told);
        for (int j = 0; j < TRIES; j++) {
            int status = try_and_compare(&day, generator_next(&generator, &day), &told);
            taken += status == 0;
            refused += status != 0;
        }
        assert_same_as_folded_anew(&day, &told);
        told_free(&told);
        day_close(&day);
        generator_close(&generator);
    }
    printf("taken %d, refused %d\n", taken, refused);
    ck_assert_int_gt(taken, DAYS * TRIES / 4);
    ck_assert_int_gt(refused, DAYS * TRIES / 4);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_refusal");
    TCase *tests = tcase_create("refusal");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_refused_event_changes_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
