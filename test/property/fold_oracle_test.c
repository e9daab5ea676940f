/* Random days: the fold and a second, naive one agree on everything after every event. */
#include <stdio.h>
#include <string.h>

#include "core/fold.h"
#include "core/schema.h"
#include "events_random.h"
#include "harness.h"
#include "oracle.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW 1
#endif
#endif

#ifdef SLOW
enum { DAYS = 600 };
#else
enum { DAYS = 1500 };
#endif
enum { TRIES = 70 };

/* Numbers near the limits are another test's business: the oracle has none. */
static int is_moderate(const tw_event *event) {
    const struct event_type *type = tw_schema_type(event->type);
    for (size_t i = 0; i < type->count; i++) {
        struct value value = tw_field_get(event, &type->fields[i]);
        enum kind kind = type->fields[i].kind;
        int is_amount = kind == KIND_PRICE || kind == KIND_QTY || kind == KIND_AMOUNT ||
                        kind == KIND_MONEY || kind == KIND_DECIMAL;
        if (is_amount && (value.number > INT64_C(1) << 50 || value.number < -(INT64_C(1) << 50)))
            return 0;
    }
    return 1;
}

static void try_event(struct oracle *oracle, struct day *day, tw_event event) {
    tw_error why = {0};
    day_stamp(day, &event);
    int expected = tw_schema_check(&event, NULL);
    if (!expected)
        expected = oracle_expects(oracle, &event);
    int status = day_try(day, event, &why);
    ck_assert_msg(status == expected, "%s, seq %llu: %d %s, the oracle expects %d",
                  tw_type_name(event.type), (unsigned long long)event.seq, status, why.text,
                  expected);
    if (status == 0)
        oracle_add(oracle, &event);
}

static size_t random_history(uint64_t seed, int64_t cost_method, int compare_always) {
    static struct oracle oracle;
    struct generator generator;
    struct day day;
    struct told told = {0};
    generator_open(&generator, seed, 15);
    random_day(&generator, cost_method, 0, &day, &told);
    oracle.count = 0;
    oracle_add(&oracle, &told.events[0]);
    for (int i = 0; i < TRIES; i++) {
        tw_event event = generator_next(&generator, &day);
        if (!is_moderate(&event))
            continue;
        try_event(&oracle, &day, event);
        if (compare_always || one_in(&generator, 30))
            oracle_compare(&oracle, day.state);
    }
    oracle_compare(&oracle, day.state);
    told_free(&told);
    day_close(&day);
    generator_close(&generator);
    return oracle.count;
}

START_TEST(a_naive_fold_agrees_on_random_days) {
    uint64_t seed = seed_from_environment("fold oracle");
    size_t taken = 0;
    for (int i = 0; i < DAYS; i++)
        taken += random_history(seed + (uint64_t)i, 1 + i % 2, i % 50 < 2);
    printf("%zu events in %d days\n", taken, DAYS);
    ck_assert_uint_gt(taken, DAYS * TRIES / 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fold_oracle");
    TCase *tests = tcase_create("oracle");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_naive_fold_agrees_on_random_days);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
