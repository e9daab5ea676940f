/* Opening, closing and rolling a journal, as an embedder sees it. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.h"

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

START_TEST(an_init_that_is_refused_leaves_nothing_behind) {
    char shared[] = "/dev/shm/tradewal-test-XXXXXX";
    tw_settings settings = {
        .size = sizeof settings, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    if (!mkdtemp(shared)) {
        printf("skipped: no /dev/shm to try\n");
        return;
    }
    struct stat status;
    ck_assert_int_eq(chmod(shared, 0750), 0);
    FAILS(tw_init(shared, &settings, &why), TW_E_FILE_SYSTEM);
    ck_assert_int_eq(stat(shared, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0750);
    ck_assert_int_eq(rmdir(shared), 0);
    FAILS(tw_init(shared, &settings, &why), TW_E_FILE_SYSTEM);
    ck_assert_int_ne(access(shared, F_OK), 0);
}
END_TEST

START_TEST(an_init_that_fails_half_way_leaves_what_was_there) {
    struct rlimit small = {1 << 20, 1 << 20};
    tw_settings settings = {
        .size = sizeof settings, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    const char *new = scratch_path("new");
    const char *empty = scratch_path("empty");
    ck_assert_int_eq(mkdir(empty, 0700), 0);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_int_ne(tw_init(new, &settings, &why), 0);
    ck_assert_int_ne(access(new, F_OK), 0);
    ck_assert_int_ne(tw_init(empty, &settings, &why), 0);
    ck_assert_int_eq(rmdir(empty), 0);
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

START_TEST(a_path_that_is_no_journal_is_named) {
    tw_store *store = NULL;
    tw_journal *journal = NULL;
    FAILS(tw_open(scratch_path("nothing"), NULL, &store, &why), TW_E_NOT_JOURNAL);
    FAILS(tw_journal_open(scratch_path("nothing"), &journal, &why), TW_E_NOT_JOURNAL);
    ck_assert_ptr_nonnull(strstr(why.text, "nothing"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_open");
    TCase *cases = tcase_create("store_open");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_clean_end_is_told_from_a_crash);
    tcase_add_test(cases, an_init_that_is_refused_leaves_nothing_behind);
    tcase_add_test(cases, an_init_that_fails_half_way_leaves_what_was_there);
    tcase_add_test(cases, a_journal_is_opened_once_in_a_process);
    tcase_add_test(cases, a_second_process_is_refused_and_told_who_writes);
    tcase_add_test(cases, a_handle_does_not_work_in_a_forked_child);
    tcase_add_test(cases, a_new_day_starts_flat_and_the_chain_runs_on);
    tcase_add_test(cases, yesterday_is_reported_and_not_restored);
    tcase_add_test(cases, another_account_or_environment_is_refused);
    tcase_add_test(cases, a_path_that_is_no_journal_is_named);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
