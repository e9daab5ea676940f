/* Group mode: what is durable when, who is told, and many who append at once, in both modes. */
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_producers.h"

enum { BULK_BYTES = 65536, BULK_EVENTS = 70 };

#define NEVER_NS INT64_MAX
#define SOON_NS  1000000

static unsigned char bulk[BULK_BYTES];

static tw_store *open_mode(int64_t mode, int64_t delay_ns) {
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .checkpoint_ns = -1,
                          .mode = mode,
                          .commit_delay_ns = delay_ns};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    return store;
}

static uint64_t append(tw_store *store, const char *exec_id) {
    tw_fill fill = fill_of(exec_id, TW_ACTION_BUY, 1, 100);
    uint64_t seq = 0;
    OK(tw_append_fill(store, &fill, &seq, &why));
    ck_assert_uint_gt(seq, 0);
    return seq;
}

START_TEST(an_event_of_a_group_survives_the_death_of_the_process) {
    make_journal();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    append(store, "e1");
    uint64_t seq = append(store, "e2");
    ck_assert_uint_lt(tw_durable_seq(store), seq);
    tw_abandon(store);
    tw_journal *journal = NULL;
    tw_day day = {.size = sizeof day};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_day(journal, MONDAY, &day, &why));
    ck_assert_uint_eq(day.intake_records, 2);
    tw_journal_close(journal);
    store = open_mode(TW_MODE_GROUP, NEVER_NS);
    ck_assert_uint_eq(recovery_of(store).intake_records, 2);
    ck_assert_uint_eq(recovery_of(store).intake_torn, 0);
    ck_assert_uint_eq(recovery_of(store).last_seq, seq);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CRASH);
    ck_assert_int_eq(open_quantity(store), 2 * TW_E8);
    tw_abandon(store);
    store = open_mode(TW_MODE_GROUP, NEVER_NS);
    ck_assert_uint_eq(recovery_of(store).intake_records, 0);
    ck_assert_int_eq(open_quantity(store), 2 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(an_event_of_a_group_becomes_durable_by_itself) {
    make_journal();
    tw_store *store = open_mode(TW_MODE_GROUP, SOON_NS);
    for (int i = 0; i < 20; i++) {
        char exec_id[16];
        snprintf(exec_id, sizeof exec_id, "e%d", i);
        uint64_t seq = append(store, exec_id);
        while (tw_durable_seq(store) < seq)
            sched_yield();
    }
    tw_abandon(store);
    store = open_mode(TW_MODE_GROUP, NEVER_NS);
    ck_assert_uint_eq(recovery_of(store).intake_records, 0);
    tw_abandon(store);
}
END_TEST

START_TEST(who_waits_for_an_event_makes_it_durable) {
    make_journal();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    uint64_t seq = append(store, "e1");
    ck_assert_uint_lt(tw_durable_seq(store), seq);
    OK(tw_wait(store, seq, -1, &why));
    ck_assert_uint_eq(tw_durable_seq(store), seq);
    OK(tw_wait(store, seq, 0, &why));
    FAILS(tw_wait(store, seq + 1, -1, &why), TW_E_INVALID);
    uint64_t later = append(store, "e2");
    OK(tw_wait(store, later, NEVER_NS, &why));
    ck_assert_uint_eq(tw_durable_seq(store), later);
    tw_abandon(store);
}
END_TEST

START_TEST(who_has_no_time_to_wait_has_asked_all_the_same) {
    make_journal();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    uint64_t seq = append(store, "e1");
    int status = tw_wait(store, seq, 0, &why);
    ck_assert(status == 0 || status == TW_E_TIMEOUT);
    while (tw_durable_seq(store) < seq)
        sched_yield();
    OK(tw_wait(store, seq, 0, &why));
    tw_abandon(store);
}
END_TEST

START_TEST(an_event_loop_is_told_when_the_group_is_durable) {
    make_journal();
    tw_store *store = open_mode(TW_MODE_GROUP, SOON_NS);
    int fd = tw_durable_fd(store, &why);
    ck_assert_int_ge(fd, 0);
    uint64_t seq = append(store, "e1");
    while (tw_durable_seq(store) < seq) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
        uint64_t told;
        ck_assert_int_eq(read(fd, &told, sizeof told), sizeof told);
    }
    tw_abandon(store);
}
END_TEST

START_TEST(a_batch_of_a_group_survives_as_one) {
    make_journal();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    tw_event events[3];
    uint64_t first, last = recovery_of(store).last_seq, bad;
    put_fill(&events[0], "e1", TW_ACTION_BUY, 10);
    put_fill(&events[1], "e2", TW_ACTION_BUY, 20);
    put_fill(&events[2], "e3", TW_ACTION_SELL, 5);
    OK(tw_append_batch(store, events, 3, &first, &bad, &why));
    ck_assert_uint_gt(first, last);
    OK(tw_wait(store, first + 2, -1, &why));
    ck_assert_int_eq(open_quantity(store), 25 * TW_E8);
    tw_abandon(store);
    store = open_mode(TW_MODE_EACH, 0);
    ck_assert_uint_eq(recovery_of(store).intake_records, 3);
    ck_assert_int_eq(open_quantity(store), 25 * TW_E8);
    tw_abandon(store);
}
END_TEST

static tw_event *make_bulk(void) {
    tw_event *events = calloc(BULK_EVENTS, sizeof *events);
    ck_assert_ptr_nonnull(events);
    for (int i = 0; i < BULK_EVENTS; i++) {
        events[i] = (tw_event){.size = sizeof *events, .type = TW_TYPE_custom};
        events[i].as.custom = (tw_custom){.tag = "bulk", .bytes = bulk, .bytes_size = sizeof bulk};
    }
    return events;
}

START_TEST(a_batch_that_is_longer_than_the_intake_is_durable_at_once) {
    make_journal();
    tw_event *events = make_bulk();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    uint64_t waits = append(store, "e1"), first;
    OK(tw_append_batch(store, events, BULK_EVENTS, &first, NULL, &why));
    ck_assert_uint_eq(first, waits + 1);
    ck_assert_uint_eq(tw_durable_seq(store), waits + BULK_EVENTS);
    uint64_t behind = append(store, "e2");
    ck_assert_uint_eq(behind, waits + BULK_EVENTS + 1);
    tw_abandon(store);
    store = open_mode(TW_MODE_GROUP, NEVER_NS);
    ck_assert_uint_eq(recovery_of(store).last_seq, behind);
    ck_assert_uint_eq(recovery_of(store).intake_records, 1);
    free(events);
    tw_abandon(store);
}
END_TEST

/* Nothing but the delay keeps the committer from making room, so it has to be told. */
START_TEST(what_does_not_fit_into_the_intake_does_not_wait_for_the_delay) {
    make_journal();
    tw_event *events = make_bulk();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    uint64_t first = 0;
    for (int i = 0; i < 3 * BULK_EVENTS; i++)
        OK(tw_append_batch(store, events, 1, &first, NULL, &why));
    free(events);
    tw_abandon(store);
    store = open_mode(TW_MODE_GROUP, NEVER_NS);
    ck_assert_uint_eq(recovery_of(store).last_seq, first);
    tw_abandon(store);
}
END_TEST

START_TEST(a_batch_that_is_longer_than_the_intake_is_all_or_none) {
    make_journal();
    tw_event *events = make_bulk();
    tw_store *store = open_mode(TW_MODE_GROUP, NEVER_NS);
    uint64_t waits = append(store, "e1"), bad = 0;
    put_fill(&events[BULK_EVENTS - 1], "e1", TW_ACTION_BUY, 1);
    FAILS(tw_append_batch(store, events, BULK_EVENTS, NULL, &bad, &why), TW_E_DUPLICATE);
    ck_assert_uint_eq(bad, BULK_EVENTS - 1);
    ck_assert_uint_eq(append(store, "e2"), waits + 1);
    tw_abandon(store);
    store = open_mode(TW_MODE_GROUP, NEVER_NS);
    ck_assert_uint_eq(recovery_of(store).last_seq, waits + 1);
    ck_assert_int_eq(open_quantity(store), 2 * TW_E8);
    free(events);
    tw_abandon(store);
}
END_TEST

/* ---- many at once -------------------------------------------------------------------------- */

static void produce_and_wait(int64_t mode) {
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .checkpoint_ns = 2000000,
                          .mode = mode,
                          .commit_delay_ns = SOON_NS};
    produce_in_threads(&options, 1);
}

START_TEST(several_threads_append_and_wait_with_one_flush_for_each) {
    produce_and_wait(TW_MODE_EACH);
}
END_TEST

START_TEST(several_threads_append_and_wait_with_one_flush_for_a_group) {
    produce_and_wait(TW_MODE_GROUP);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_group");
    TCase *cases = tcase_create("store_group");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, an_event_of_a_group_survives_the_death_of_the_process);
    tcase_add_test(cases, an_event_of_a_group_becomes_durable_by_itself);
    tcase_add_test(cases, who_waits_for_an_event_makes_it_durable);
    tcase_add_test(cases, who_has_no_time_to_wait_has_asked_all_the_same);
    tcase_add_test(cases, an_event_loop_is_told_when_the_group_is_durable);
    tcase_add_test(cases, a_batch_of_a_group_survives_as_one);
    tcase_add_test(cases, a_batch_that_is_longer_than_the_intake_is_durable_at_once);
    tcase_add_test(cases, what_does_not_fit_into_the_intake_does_not_wait_for_the_delay);
    tcase_add_test(cases, a_batch_that_is_longer_than_the_intake_is_all_or_none);
    tcase_add_test(cases, several_threads_append_and_wait_with_one_flush_for_each);
    tcase_add_test(cases, several_threads_append_and_wait_with_one_flush_for_a_group);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
