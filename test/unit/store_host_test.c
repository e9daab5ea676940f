/* What a host may do around a store: fork, signals, odd options, sessions of its own, other
 * readers. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.h"

static tw_store *open_with_timer(void) {
    tw_options options = {.size = sizeof options, .trading_date = MONDAY};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    return store;
}

static void in_a_child(tw_store *store, void (*end)(tw_store *store)) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* A child that hangs dies of this, which its status shows. */
        alarm(20);
        end(store);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static void close_it(tw_store *store) {
    if (tw_close(store, "child", &why) != TW_E_FORKED)
        _exit(1);
}

START_TEST(a_child_lets_go_of_a_store_whose_timer_stayed_with_the_parent) {
    make_journal();
    tw_store *store = open_with_timer();
    in_a_child(store, close_it);
    in_a_child(store, tw_abandon);
    buy(store, "e1", 1, 100);
    OK(tw_close(store, "parent", &why));
}
END_TEST

static void ask_settings(tw_store *store) {
    tw_settings settings = {.size = sizeof settings};
    if (tw_store_settings(store, &settings) != TW_E_FORKED)
        _exit(1);
}

START_TEST(a_child_is_not_told_the_settings_either) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    in_a_child(store, ask_settings);
    tw_abandon(store);
}
END_TEST

START_TEST(the_timer_thread_leaves_the_signals_to_the_host) {
    make_journal();
    tw_store *store = open_with_timer();
    sigset_t mine;
    sigemptyset(&mine);
    sigaddset(&mine, SIGUSR1);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &mine, NULL), 0);
    /* Had another thread left it open, this would end the process. */
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    int taken = 0;
    ck_assert_int_eq(sigwait(&mine, &taken), 0);
    ck_assert_int_eq(taken, SIGUSR1);
    tw_abandon(store);
}
END_TEST

START_TEST(a_checkpoint_that_is_never_due_is_never_taken) {
    make_journal();
    tw_options options = {
        .size = sizeof options, .trading_date = MONDAY, .no_thread = 1, .checkpoint_ns = INT64_MAX};
    tw_store *store;
    OK(tw_open(path, &options, &store, &why));
    buy(store, "e1", 1, 100);
    OK(tw_tick(store, &why));
    tw_journal *journal;
    tw_day day = {.size = sizeof day};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_day(journal, MONDAY, &day, &why));
    ck_assert_uint_eq(day.snapshots, 0);
    tw_journal_close(journal);
    tw_abandon(store);
}
END_TEST

START_TEST(a_host_cannot_end_or_begin_a_session_by_an_event) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    tw_session_closed closed = {.size = sizeof closed, .reason = "by hand"};
    FAILS(tw_append_session_closed(store, &closed, NULL, &why), TW_E_REFUSED);
    tw_event events[2] = {{.size = sizeof *events, .type = TW_TYPE_custom},
                          {.size = sizeof *events, .type = TW_TYPE_session_closed}};
    events[0].as.custom = (tw_custom){.tag = "t", .bytes = "b", .bytes_size = 1};
    events[1].as.session_closed.reason = "by hand";
    uint64_t before = tw_durable_seq(store), bad = 0, count = 0;
    FAILS(tw_append_batch(store, events, 2, NULL, &bad, &why), TW_E_REFUSED);
    ck_assert_uint_eq(bad, 1);
    ck_assert_uint_eq(tw_durable_seq(store), before);
    FAILS(tw_append_leading(store, events, 2, NULL, &count, &why), TW_E_REFUSED);
    ck_assert_uint_eq(count, 1);
    buy(store, "e1", 1, 100);
    OK(tw_close(store, "done", &why));
}
END_TEST

START_TEST(a_reason_that_cannot_be_recorded_does_not_make_a_clean_end_a_crash) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 1, 100);
    FAILS(tw_close(store, "two\nlines", &why), TW_E_TEXT);
    store = open_on(MONDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CLEAN);
    tw_abandon(store);
}
END_TEST

START_TEST(what_open_found_is_not_changed_by_a_roll) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 1, 100);
    OK(tw_checkpoint(store, NULL, &why));
    tw_abandon(store);
    store = open_on(MONDAY);
    tw_recovery before = recovery_of(store);
    ck_assert_uint_gt(before.snapshot_seq, 0);
    OK(tw_roll(store, TUESDAY, &why));
    tw_recovery after = recovery_of(store);
    ck_assert_mem_eq(&before, &after, sizeof before);
    tw_abandon(store);
}
END_TEST

START_TEST(an_older_day_without_its_lock_file_does_not_keep_a_new_one_from_starting) {
    char lock[256];
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 1, 100);
    OK(tw_close(store, "done", &why));
    snprintf(lock, sizeof lock, "%s/%d.mdb-lock", path, MONDAY);
    ck_assert_int_eq(unlink(lock), 0);
    store = open_on(TUESDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CLEAN);
    ck_assert_int_eq(recovery_of(store).older_date, MONDAY);
    tw_abandon(store);
}
END_TEST

struct busy {
    tw_store *store;
    atomic_int stop;
};

static void *append_and_save(void *context) {
    struct busy *busy = context;
    tw_custom custom = {.size = sizeof custom, .tag = "t", .bytes = "b", .bytes_size = 1};
    while (!atomic_load(&busy->stop))
        if (tw_append_custom(busy->store, &custom, NULL, NULL) ||
            tw_checkpoint(busy->store, NULL, NULL))
            break;
    return NULL;
}

/* So many records that the snapshots that there are at the start of a walk are gone at its end. */
static void fill_day(tw_store *store) {
    tw_event events[1000];
    for (int i = 0; i < 1000; i++) {
        events[i] = (tw_event){.size = sizeof *events, .type = TW_TYPE_custom};
        events[i].as.custom = (tw_custom){.tag = "t", .bytes = "b", .bytes_size = 1};
    }
    for (int i = 0; i < 20; i++)
        OK(tw_append_batch(store, events, 1000, NULL, NULL, &why));
    OK(tw_checkpoint(store, NULL, &why));
}

START_TEST(a_journal_that_is_written_meanwhile_is_not_called_damaged) {
    make_journal();
    struct busy busy = {.store = open_on(MONDAY)};
    fill_day(busy.store);
    tw_journal *journal;
    tw_verify_report report = {.size = sizeof report};
    pthread_t writer;
    OK(tw_journal_open(path, &journal, &why));
    ck_assert_int_eq(pthread_create(&writer, NULL, append_and_save, &busy), 0);
    for (int i = 0; i < 20; i++)
        OK(tw_journal_verify(journal, MONDAY, &report, &why));
    atomic_store(&busy.stop, 1);
    pthread_join(writer, NULL);
    tw_journal_close(journal);
    tw_abandon(busy.store);
}
END_TEST

static void *look_again_and_again(void *context) {
    atomic_int *stop = context;
    tw_journal *journal = NULL;
    tw_day day = {.size = sizeof day};
    if (tw_journal_open(path, &journal, NULL))
        return NULL;
    while (!atomic_load(stop))
        tw_journal_day(journal, MONDAY, &day, NULL);
    tw_journal_close(journal);
    return NULL;
}

static void make_journal_number(int number) {
    char name[32];
    snprintf(name, sizeof name, "journal-%d", number);
    path = scratch_path(name);
    tw_settings settings = {
        .size = sizeof settings, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    OK(tw_init(path, &settings, &why));
}

START_TEST(a_day_file_grows_while_other_threads_open_it) {
    static const unsigned char bulk[65536];
    enum { THREADS = 1, RECORDS = 130, ROUNDS = 3 };
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t readers[THREADS];
        atomic_int stop = 0;
        make_journal_number(round);
        tw_store *store = open_on(MONDAY);
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_create(&readers[i], NULL, look_again_and_again, &stop), 0);
        tw_custom custom = {
            .size = sizeof custom, .tag = "t", .bytes = bulk, .bytes_size = sizeof bulk};
        for (int i = 0; i < RECORDS; i++)
            OK(tw_append_custom(store, &custom, NULL, &why));
        atomic_store(&stop, 1);
        for (int i = 0; i < THREADS; i++)
            pthread_join(readers[i], NULL);
        OK(tw_close(store, "done", &why));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_host");
    TCase *tests = tcase_create("store_host");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_child_lets_go_of_a_store_whose_timer_stayed_with_the_parent);
    tcase_add_test(tests, a_child_is_not_told_the_settings_either);
    tcase_add_test(tests, the_timer_thread_leaves_the_signals_to_the_host);
    tcase_add_test(tests, a_checkpoint_that_is_never_due_is_never_taken);
    tcase_add_test(tests, a_host_cannot_end_or_begin_a_session_by_an_event);
    tcase_add_test(tests, a_reason_that_cannot_be_recorded_does_not_make_a_clean_end_a_crash);
    tcase_add_test(tests, what_open_found_is_not_changed_by_a_roll);
    tcase_add_test(tests, an_older_day_without_its_lock_file_does_not_keep_a_new_one_from_starting);
    tcase_add_test(tests, a_journal_that_is_written_meanwhile_is_not_called_damaged);
    tcase_add_test(tests, a_day_file_grows_while_other_threads_open_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
