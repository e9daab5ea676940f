/* The facade: opening, appending, rolling, checkpoints and recovery, as an embedder sees them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "journal.h"
#include "tradewal.h"

enum { MONDAY = 20251006, TUESDAY = 20251007 };

static const char *path;
static tw_error why;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, why.text)
#define FAILS(call, code)                                                                  \
    do {                                                                                   \
        int status_ = (call);                                                              \
        ck_assert_msg(status_ == (code), "%s gave %s (%s)", #call, tw_error_name(status_), \
                      why.text);                                                           \
    } while (0)

static void make_journal(void) {
    path = scratch_path("journal");
    tw_settings settings = {
        .size = sizeof settings, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    OK(tw_init(path, &settings, &why));
}

static tw_store *open_on(int64_t date) {
    tw_options options = {
        .size = sizeof options, .trading_date = date, .no_thread = 1, .checkpoint_ns = -1};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    return store;
}

static tw_fill fill_of(const char *exec_id, int64_t action, int64_t qty, int64_t price_cents) {
    return (tw_fill){.size = sizeof(tw_fill),
                     .exec_id = exec_id,
                     .symbol = "TSLA",
                     .action = action,
                     .qty_e8 = qty * TW_E8,
                     .price_e8 = price_cents * (TW_E8 / 100),
                     .fee_e8 = tw_known(TW_E8)};
}

static void buy(tw_store *store, const char *exec_id, int64_t qty, int64_t price_cents) {
    tw_fill fill = fill_of(exec_id, TW_ACTION_BUY, qty, price_cents);
    OK(tw_append_fill(store, &fill, NULL, &why));
}

static void sell(tw_store *store, const char *exec_id, int64_t qty, int64_t price_cents) {
    tw_fill fill = fill_of(exec_id, TW_ACTION_SELL, qty, price_cents);
    OK(tw_append_fill(store, &fill, NULL, &why));
}

static int64_t open_quantity(tw_store *store) {
    tw_position position = {.size = sizeof position};
    OK(tw_store_position(store, "TSLA", &position, &why));
    return position.side == TW_SIDE_SHORT ? -position.qty_e8 : position.qty_e8;
}

static int64_t pnl_of(tw_store *store) {
    int64_t pnl, complete;
    ck_assert_int_eq(tw_store_pnl(store, &pnl, &complete), 0);
    return pnl;
}

static tw_recovery recovery_of(tw_store *store) {
    tw_recovery recovery = {.size = sizeof recovery};
    ck_assert_int_eq(tw_store_recovery(store, &recovery), 0);
    return recovery;
}

START_TEST(what_was_appended_is_there_after_a_crash) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    uint64_t last = tw_durable_seq(store);
    tw_abandon(store);
    store = open_on(MONDAY);
    tw_recovery recovery = recovery_of(store);
    ck_assert_int_eq(recovery.ended, TW_RESUMED_CRASH);
    ck_assert_uint_eq(recovery.last_seq, last);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    OK(tw_close(store, "done", &why));
}
END_TEST

START_TEST(a_clean_end_is_told_from_a_crash) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_NEW);
    OK(tw_close(store, "the bell has rung", &why));
    store = open_on(MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CLEAN);
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CRASH);
    tw_abandon(store);
}
END_TEST

START_TEST(a_journal_is_opened_once_in_a_process) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_store *second = NULL;
    FAILS(tw_open(path, NULL, &second, &why), TW_E_OPEN_TWICE);
    ck_assert_ptr_null(second);
    buy(store, "e1", 1, 100);
    tw_abandon(store);
}
END_TEST

START_TEST(a_second_process_is_refused_and_told_who_writes) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    char expected[32];
    snprintf(expected, sizeof expected, "%ld", (long)getpid());
    const char *line = scratch_path("line");
    FILE *file = fopen(line, "w");
    ck_assert_ptr_nonnull(file);
    fputs("{\"type\":\"note\",\"actor\":\"a\",\"tag\":\"b\",\"text\":\"c\"}\n", file);
    fclose(file);
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        /* A fresh process image would not have the table of open journals: the lock has to refuse.
         */
        dup2(pipes[1], STDERR_FILENO);
        execl(getenv("TW_COMMAND"), "tradewal", "append", path, line, (char *)NULL);
        _exit(99);
    }
    close(pipes[1]);
    char text[512] = "";
    size_t size = 0;
    ssize_t got;
    while (size < sizeof text - 1 &&
           (got = read(pipes[0], text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)got;
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(pipes[0]);
    tw_abandon(store);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 3, "exit %d: %s", WEXITSTATUS(status),
                  text);
    ck_assert_ptr_nonnull(strstr(text, expected));
}
END_TEST

START_TEST(a_handle_does_not_work_in_a_forked_child) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    pid_t child = fork();
    if (child == 0) {
        tw_fill fill = fill_of("e1", TW_ACTION_BUY, 1, 100);
        int refused = tw_append_fill(store, &fill, NULL, &why) == TW_E_FORKED &&
                      tw_checkpoint(store, NULL, &why) == TW_E_FORKED &&
                      tw_close(store, "child", &why) == TW_E_FORKED;
        _exit(refused ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    buy(store, "e1", 1, 100);
    OK(tw_close(store, "parent", &why));
    store = open_on(MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CLEAN);
    tw_abandon(store);
}
END_TEST

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

START_TEST(an_execution_before_the_snapshot_is_still_a_duplicate) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    OK(tw_checkpoint(store, NULL, &why));
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_uint_gt(recovery_of(store).snapshot_seq, 0);
    tw_fill again = fill_of("e1", TW_ACTION_BUY, 100, 44525);
    FAILS(tw_append_fill(store, &again, NULL, &why), TW_E_DUPLICATE);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(a_commission_for_an_execution_before_the_snapshot_is_counted) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44500);
    sell(store, "e2", 100, 44600);
    OK(tw_checkpoint(store, NULL, &why));
    int64_t before = pnl_of(store);
    tw_abandon(store);
    store = open_on(MONDAY);
    tw_commission late = {.size = sizeof late, .exec_id = "e2", .fee_e8 = 3 * TW_E8};
    OK(tw_append_commission(store, &late, NULL, &why));
    ck_assert_int_eq(pnl_of(store), before - 2 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(an_order_finished_before_the_snapshot_cannot_be_submitted_again) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_order_submitted order = {.size = sizeof order,
                                .order_ref = "tsla-1",
                                .symbol = "TSLA",
                                .action = TW_ACTION_BUY,
                                .purpose = TW_PURPOSE_ENTRY,
                                .qty_e8 = TW_E8,
                                .order_type = "MKT"};
    OK(tw_append_order_submitted(store, &order, NULL, &why));
    tw_order_updated cancelled = {
        .size = sizeof cancelled, .order_ref = "tsla-1", .status = TW_ORDER_CANCELLED};
    OK(tw_append_order_updated(store, &cancelled, NULL, &why));
    OK(tw_checkpoint(store, NULL, &why));
    tw_abandon(store);
    store = open_on(MONDAY);
    FAILS(tw_append_order_submitted(store, &order, NULL, &why), TW_E_REFUSED);
    tw_abandon(store);
}
END_TEST

static void put_fill(tw_event *event, const char *exec_id, int64_t action, int64_t qty) {
    *event = (tw_event){.size = sizeof *event, .type = TW_TYPE_fill};
    event->as.fill = fill_of(exec_id, action, qty, 10000);
}

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

START_TEST(a_new_day_starts_flat_and_the_chain_runs_on) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    FAILS(tw_roll(store, MONDAY, &why), TW_E_DATE);
    OK(tw_roll(store, TUESDAY, &why));
    ck_assert_int_eq(tw_store_date(store), TUESDAY);
    tw_position position = {.size = sizeof position};
    FAILS(tw_store_position(store, "TSLA", &position, &why), TW_E_NOT_FOUND);
    buy(store, "e1", 5, 100);
    OK(tw_close(store, "done", &why));

    tw_journal *journal;
    OK(tw_journal_open(path, &journal, &why));
    int64_t dates[4];
    ck_assert_int_eq(tw_journal_dates(journal, dates, 4), 2);
    tw_day monday = {.size = sizeof monday}, tuesday = {.size = sizeof tuesday};
    OK(tw_journal_day(journal, MONDAY, &monday, &why));
    OK(tw_journal_day(journal, TUESDAY, &tuesday, &why));
    ck_assert_uint_eq(tuesday.first_seq, monday.last_seq + 1);
    ck_assert_int_eq(monday.last_type, TW_TYPE_session_closed);
    tw_verify_report report = {.size = sizeof report};
    OK(tw_journal_verify(journal, MONDAY, &report, &why));
    OK(tw_journal_verify(journal, TUESDAY, &report, &why));
    tw_journal_close(journal);
}
END_TEST

START_TEST(yesterday_is_reported_and_not_restored) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    tw_abandon(store);
    store = open_on(TUESDAY);
    tw_recovery recovery = recovery_of(store);
    ck_assert_int_eq(recovery.older_date, MONDAY);
    ck_assert_uint_eq(recovery.last_seq, 0);
    ck_assert_int_eq(recovery.ended, TW_RESUMED_CRASH);
    tw_position position = {.size = sizeof position};
    FAILS(tw_store_position(store, "TSLA", &position, &why), TW_E_NOT_FOUND);
    tw_abandon(store);
    tw_options options = {.size = sizeof options, .trading_date = MONDAY};
    FAILS(tw_open(path, &options, &store, &why), TW_E_DATE);
}
END_TEST

START_TEST(another_account_or_environment_is_refused) {
    make_journal();
    tw_options options = {.size = sizeof options, .account = "DU2"};
    tw_store *store = NULL;
    FAILS(tw_open(path, &options, &store, &why), TW_E_OTHER_ACCOUNT);
    options.account = "DU1";
    options.environment = TW_ENVIRONMENT_LIVE;
    FAILS(tw_open(path, &options, &store, &why), TW_E_OTHER_ACCOUNT);
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(a_checkpoint_is_skipped_when_nothing_is_new_and_deletes_no_event) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    char exec_id[16];
    for (int i = 0; i < 15; i++) {
        snprintf(exec_id, sizeof exec_id, "e%d", i);
        buy(store, exec_id, 1, 100);
        OK(tw_checkpoint(store, NULL, &why));
        OK(tw_checkpoint(store, NULL, &why));
    }
    uint64_t last = tw_durable_seq(store);
    tw_journal *journal;
    OK(tw_journal_open(path, &journal, &why));
    tw_day day = {.size = sizeof day};
    OK(tw_journal_day(journal, MONDAY, &day, &why));
    ck_assert_uint_eq(day.snapshots, 10);
    ck_assert_uint_eq(day.snapshot_seq, last);
    ck_assert_uint_eq(day.first_seq, 1);
    tw_cursor *cursor;
    tw_event event = {.size = sizeof event};
    uint64_t seen = 0;
    OK(tw_cursor_open(journal, MONDAY, 0, &cursor, &why));
    while (tw_cursor_next(cursor, &event, &why) == 1)
        ck_assert_uint_eq(event.seq, ++seen);
    ck_assert_uint_eq(seen, last);
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    tw_abandon(store);
}
END_TEST

START_TEST(the_library_takes_checkpoints_by_itself_however_quiet_the_market) {
    make_journal();
    tw_options options = {.size = sizeof options, .trading_date = MONDAY, .checkpoint_ns = 1000000};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    tw_journal *journal;
    OK(tw_journal_open(path, &journal, &why));
    tw_day day = {.size = sizeof day};
    /* Nobody calls the store: only its own timer can bring the snapshot about. */
    for (int i = 0; i < 20000 && day.snapshot_seq == 0; i++) {
        struct timespec moment = {.tv_nsec = 1000000};
        nanosleep(&moment, NULL);
        OK(tw_journal_day(journal, MONDAY, &day, &why));
    }
    ck_assert_uint_eq(day.snapshot_seq, tw_durable_seq(store));
    tw_journal_close(journal);
    OK(tw_close(store, "done", &why));
}
END_TEST

START_TEST(recovery_starts_from_the_newest_snapshot_and_falls_back) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    uint64_t first, second, dropped;
    buy(store, "e1", 1, 100);
    OK(tw_checkpoint(store, &first, &why));
    buy(store, "e2", 1, 100);
    OK(tw_checkpoint(store, &second, &why));
    buy(store, "e3", 1, 100);
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).snapshot_seq, second);
    ck_assert_uint_eq(recovery_of(store).replayed, 1);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
    OK(tw_journal_invalidate(path, MONDAY, &dropped, &why));
    ck_assert_uint_eq(dropped, second);
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).snapshot_seq, first);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
    OK(tw_journal_invalidate(path, MONDAY, NULL, &why));
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).snapshot_seq, 0);
    ck_assert_int_eq(open_quantity(store), 3 * TW_E8);
    tw_abandon(store);
}
END_TEST

enum { THREADS = 4, PER_THREAD = 25 };

struct producer {
    tw_store *store;
    int number;
    int failures;
};

static void *produce(void *context) {
    struct producer *producer = context;
    char exec_id[32];
    for (int i = 0; i < PER_THREAD; i++) {
        snprintf(exec_id, sizeof exec_id, "t%d-%d", producer->number, i);
        tw_fill fill = fill_of(exec_id, TW_ACTION_BUY, 1, 100);
        producer->failures += tw_append_fill(producer->store, &fill, NULL, NULL) != 0;
    }
    return NULL;
}

START_TEST(several_threads_append_while_the_timer_takes_checkpoints) {
    make_journal();
    tw_options options = {.size = sizeof options, .trading_date = MONDAY, .checkpoint_ns = 2000000};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    pthread_t threads[THREADS];
    struct producer producers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        producers[i] = (struct producer){store, i, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(producers[i].failures, 0);
    }
    ck_assert_int_eq(open_quantity(store), (int64_t)THREADS * PER_THREAD * TW_E8);
    OK(tw_close(store, "done", &why));
    tw_journal *journal;
    tw_verify_report report = {.size = sizeof report};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_verify(journal, MONDAY, &report, &why));
    ck_assert_uint_eq(report.executions, THREADS * PER_THREAD);
    tw_journal_close(journal);
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

START_TEST(a_path_that_is_no_journal_is_named) {
    tw_store *store = NULL;
    tw_journal *journal = NULL;
    FAILS(tw_open(scratch_path("nothing"), NULL, &store, &why), TW_E_NOT_JOURNAL);
    FAILS(tw_journal_open(scratch_path("nothing"), &journal, &why), TW_E_NOT_JOURNAL);
    ck_assert_ptr_nonnull(strstr(why.text, "nothing"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store");
    TCase *cases = tcase_create("store");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_was_appended_is_there_after_a_crash);
    tcase_add_test(cases, a_clean_end_is_told_from_a_crash);
    tcase_add_test(cases, a_journal_is_opened_once_in_a_process);
    tcase_add_test(cases, a_second_process_is_refused_and_told_who_writes);
    tcase_add_test(cases, a_handle_does_not_work_in_a_forked_child);
    tcase_add_test(cases, a_duplicate_execution_is_said_and_not_counted);
    tcase_add_test(cases, an_execution_before_the_snapshot_is_still_a_duplicate);
    tcase_add_test(cases, a_commission_for_an_execution_before_the_snapshot_is_counted);
    tcase_add_test(cases, an_order_finished_before_the_snapshot_cannot_be_submitted_again);
    tcase_add_test(cases, a_batch_is_all_or_none);
    tcase_add_test(cases, the_leading_events_of_a_batch_go_in_up_to_the_refused_one);
    tcase_add_test(cases, an_event_of_another_date_is_refused);
    tcase_add_test(cases, a_new_day_starts_flat_and_the_chain_runs_on);
    tcase_add_test(cases, yesterday_is_reported_and_not_restored);
    tcase_add_test(cases, another_account_or_environment_is_refused);
    tcase_add_test(cases, a_checkpoint_is_skipped_when_nothing_is_new_and_deletes_no_event);
    tcase_add_test(cases, the_library_takes_checkpoints_by_itself_however_quiet_the_market);
    tcase_add_test(cases, recovery_starts_from_the_newest_snapshot_and_falls_back);
    tcase_add_test(cases, several_threads_append_while_the_timer_takes_checkpoints);
    tcase_add_test(cases, a_caller_with_an_older_shorter_struct_is_served);
    tcase_add_test(cases, a_path_that_is_no_journal_is_named);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
