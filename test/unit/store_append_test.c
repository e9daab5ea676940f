/* Appending: one, many, by several threads, twice. */
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "store_producers.h"

START_TEST(a_duplicate_execution_is_said_and_not_counted) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    uint64_t last = tw_durable_seq(store);
    tw_fill again = fill_of("e1", TW_ACTION_BUY, 100, 44525);
    FAILS(tw_append_fill(store, &again, NULL, &why), TW_E_DUPLICATE);
    ck_assert_uint_eq(tw_durable_seq(store), last);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(a_batch_is_all_or_none) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e0", 10, 10000);
    uint64_t last = tw_durable_seq(store);
    int64_t pnl = pnl_of(store);
    tw_event events[3];
    put_fill(&events[0], "e1", TW_ACTION_BUY, 10);
    put_fill(&events[1], "e2", TW_ACTION_SELL, 5);
    put_fill(&events[2], "e1", TW_ACTION_BUY, 10);
    uint64_t bad = 99;
    FAILS(tw_append_batch(store, events, 3, NULL, &bad, &why), TW_E_DUPLICATE);
    ck_assert_uint_eq(bad, 2);
    ck_assert_uint_eq(tw_durable_seq(store), last);
    ck_assert_int_eq(open_quantity(store), 10 * TW_E8);
    ck_assert_int_eq(pnl_of(store), pnl);
    uint64_t first;
    OK(tw_append_batch(store, events, 2, &first, NULL, &why));
    ck_assert_uint_eq(first, last + 1);
    ck_assert_int_eq(open_quantity(store), 15 * TW_E8);
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_int_eq(open_quantity(store), 15 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(the_leading_events_of_a_batch_go_in_up_to_the_refused_one) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_event events[4];
    put_fill(&events[0], "e1", TW_ACTION_BUY, 10);
    put_fill(&events[1], "e2", TW_ACTION_BUY, 10);
    put_fill(&events[2], "e1", TW_ACTION_BUY, 10);
    put_fill(&events[3], "e3", TW_ACTION_BUY, 10);
    uint64_t count, first;
    FAILS(tw_append_leading(store, events, 4, &first, &count, &why), TW_E_DUPLICATE);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(tw_durable_seq(store), first + 1);
    ck_assert_int_eq(open_quantity(store), 20 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(an_event_of_another_date_is_refused) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_event event;
    put_fill(&event, "e1", TW_ACTION_BUY, 10);
    event.trading_date = TUESDAY;
    FAILS(tw_append(store, &event, NULL, &why), TW_E_DATE);
    event.trading_date = MONDAY;
    OK(tw_append(store, &event, NULL, &why));
    tw_abandon(store);
}
END_TEST

START_TEST(several_threads_append_while_the_timer_takes_checkpoints) {
    tw_options options = {.size = sizeof options, .trading_date = MONDAY, .checkpoint_ns = 2000000};
    produce_in_threads(&options, 0);
}
END_TEST

START_TEST(a_caller_with_an_older_shorter_struct_is_served) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_fill fill = fill_of("e1", TW_ACTION_BUY, 1, 100);
    fill.kind = 77; /* beyond what the older caller knows, so it must not be looked at */
    fill.size = offsetof(tw_fill, kind);
    OK(tw_append_fill(store, &fill, NULL, &why));
    fill.exec_id = "e2";
    fill.size = 0;
    FAILS(tw_append_fill(store, &fill, NULL, &why), TW_E_INVALID);
    tw_abandon(store);
}
END_TEST

START_TEST(no_symbol_is_called_as_the_gate_for_all_is) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_fill fill = fill_of("e1", TW_ACTION_BUY, 1, 100);
    fill.symbol = "all";
    FAILS(tw_append_fill(store, &fill, NULL, &why), TW_E_TEXT);
    fill.symbol = "ALL";
    OK(tw_append_fill(store, &fill, NULL, &why));
    tw_abandon(store);
}
END_TEST

static int is_readable(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents == POLLIN;
}

START_TEST(an_event_loop_is_told_that_an_event_is_durable) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    int fd = tw_durable_fd(store, &why);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tw_durable_fd(store, &why), fd);
    ck_assert(!is_readable(fd));
    buy(store, "e1", 1, 100);
    ck_assert(is_readable(fd));
    uint64_t told;
    ck_assert_int_eq(read(fd, &told, sizeof told), sizeof told);
    ck_assert(!is_readable(fd));
    ck_assert_int_eq(read(fd, &told, sizeof told), -1);
    tw_abandon(store);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_append");
    TCase *cases = tcase_create("store_append");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_duplicate_execution_is_said_and_not_counted);
    tcase_add_test(cases, a_batch_is_all_or_none);
    tcase_add_test(cases, the_leading_events_of_a_batch_go_in_up_to_the_refused_one);
    tcase_add_test(cases, an_event_of_another_date_is_refused);
    tcase_add_test(cases, several_threads_append_while_the_timer_takes_checkpoints);
    tcase_add_test(cases, a_caller_with_an_older_shorter_struct_is_served);
    tcase_add_test(cases, no_symbol_is_called_as_the_gate_for_all_is);
    tcase_add_test(cases, an_event_loop_is_told_that_an_event_is_durable);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
