/* A day file in the hands of several handles, threads and processes. */
#include "day_file.h"

#include <lmdb.h>
#include <pthread.h>
#include <signal.h>

/* ---- handles of one process ---------------------------------------------------------------- */

START_TEST(a_process_writes_through_one_handle_and_reads_through_many) {
    make_journal();
    make_day_file();
    struct log *early = open_day(TW_LOG_READ);
    struct log *log = open_day(TW_LOG_WRITE);
    struct log *late = open_day(TW_LOG_READ);
    struct log *second = NULL;
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &second, why), TW_E_OPEN_TWICE, "already");
    append(log, 1, 30, 3000);
    check_all(early, 1, 30);
    check_all(late, 1, 30);
    tw_log_close(late);
    tw_log_close_trimmed(log, NULL);
    check_all(early, 1, 30);
    log = open_day(TW_LOG_WRITE);
    append(log, 31, 1, 100);
    check_all(early, 1, 31);
    tw_log_close(log);
    check_all(early, 1, 31);
    tw_log_close(early);
}
END_TEST

static struct log *inherited;

static int use_inherited(void) {
    struct log_head head;
    uint8_t digest[TW_DIGEST_BYTES] = {0};
    uint8_t *bytes = make_record(2, 100);
    struct log_record record = {bytes, 100, 2, 2, NULL, NULL};
    struct buffer out = {0};
    uint64_t seq;
    int wrong = tw_log_commit(inherited, &record, 1, NULL, digest, NULL) != TW_E_FORKED;
    wrong += tw_log_head(inherited, &head, NULL) != TW_E_FORKED;
    wrong += tw_log_snapshot_read(inherited, 1, &out, NULL) != TW_E_FORKED;
    wrong += tw_log_find_execution(inherited, "x", &seq, NULL) != TW_E_FORKED;
    wrong += tw_log_snapshots(inherited, NULL, 0, NULL) != TW_E_FORKED;
    wrong += tw_log_watch(inherited, NULL, NULL) != TW_E_FORKED;
    wrong += tw_lock_check(writer, NULL) != TW_E_FORKED;
    tw_log_close(inherited);
    tw_lock_release(writer);
    free(bytes);
    return wrong;
}

START_TEST(a_child_of_the_process_cannot_use_the_handle_nor_spoil_it) {
    make_journal();
    make_day_file();
    inherited = open_day(TW_LOG_WRITE);
    append(inherited, 1, 1, 100);
    check_child(use_inherited);
    append(inherited, 2, 1, 100);
    struct lock_holder holder;
    CHECK_OK(tw_lock_query(journal, &holder, why));
    ck_assert_int_eq(holder.alive, 1);
    check_all(inherited, 1, 2);
    tw_log_close(inherited);
}
END_TEST

struct racing {
    struct log *log;
    int bad;
};

static void *read_while_it_grows(void *context) {
    struct racing *racing = context;
    uint64_t last = 0;
    while (last < 120) {
        struct log_head head;
        struct reading reading = {1, 0};
        if (tw_log_head(racing->log, &head, NULL) != 0)
            racing->bad++;
        if (head.last_seq > 0 &&
            tw_log_read(racing->log, 1, check_record, &reading, head.last_seq, NULL) < 0)
            racing->bad++;
        racing->bad += reading.bad + (reading.next < last + 1) + (head.last_seq < last);
        last = head.last_seq;
        if (racing->bad)
            break;
    }
    return NULL;
}

START_TEST(threads_read_while_the_file_grows) {
    make_journal();
    make_day_file();
    struct racing racing = {open_day(TW_LOG_WRITE), 0};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, read_while_it_grows, &racing), 0);
    for (uint64_t seq = 1; seq <= 120; seq += 4)
        append(racing.log, seq, 4, 100000);
    pthread_join(thread, NULL);
    ck_assert_int_eq(racing.bad, 0);
    tw_log_close(racing.log);
}
END_TEST

/* ---- other processes ----------------------------------------------------------------------- */

/* A child that opens the day for reading and, for each byte it is sent, reads all of it and
 * answers with the last seq. */
struct follower {
    pid_t pid;
    int ask;
    int answer;
};

static void follow(int ask, int answer) {
    struct log *log = NULL;
    struct folder *folder = NULL;
    tw_error why = {0, ""};
    char order;
    if (tw_folder_open(journal_path, TW_FOLDER_READ, &folder, &why) != 0 ||
        tw_log_open(folder, DAY, TW_LOG_READ, &log, &why) != 0) {
        fprintf(stderr, "follower: %s\n", why.text);
        _exit(3);
    }
    while (read(ask, &order, 1) == 1) {
        struct reading reading = {1, 0};
        int64_t got = 1;
        while (got > 0)
            got = tw_log_read(log, reading.next, check_record, &reading, 7, &why);
        uint64_t last = got < 0 || reading.bad ? UINT64_MAX : reading.next - 1;
        if (got < 0)
            fprintf(stderr, "follower: %s\n", why.text);
        if (write(answer, &last, sizeof last) != sizeof last)
            _exit(4);
    }
    tw_log_close(log);
    tw_folder_close(folder);
    _exit(0);
}

static struct follower start_follower(void) {
    int ask[2];
    int answer[2];
    ck_assert_int_eq(pipe(ask), 0);
    ck_assert_int_eq(pipe(answer), 0);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(ask[1]);
        close(answer[0]);
        follow(ask[0], answer[1]);
    }
    close(ask[0]);
    close(answer[1]);
    return (struct follower){pid, ask[1], answer[0]};
}

static uint64_t ask_follower(struct follower *follower) {
    uint64_t last = 0;
    ck_assert_int_eq(write(follower->ask, "?", 1), 1);
    ck_assert_int_eq(read(follower->answer, &last, sizeof last), sizeof last);
    return last;
}

static void end_follower(struct follower *follower) {
    int status = 0;
    close(follower->ask);
    close(follower->answer);
    ck_assert_int_eq(waitpid(follower->pid, &status, 0), follower->pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

START_TEST(a_reader_in_another_process_follows_a_file_that_grows) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 100);
    struct follower follower = start_follower();
    ck_assert_uint_eq(ask_follower(&follower), 1);
    uint64_t last = 1;
    for (int round = 0; round < 12; round++) {
        append(log, last + 1, 20, 100000);
        last += 20;
        ck_assert_uint_eq(ask_follower(&follower), last);
    }
    struct log_stat stat;
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_gt(stat.map_bytes, 5 * (uint64_t)TW_LOG_FIRST_BYTES);
    ck_assert_uint_eq(stat.map_bytes, stat.file_bytes);
    ck_assert_uint_le(stat.used_bytes, stat.map_bytes);
    CHECK_OK(tw_log_watch(log, NULL, why));
    tw_log_close_trimmed(log, NULL);
    ck_assert_uint_eq(ask_follower(&follower), last);
    log = open_day(TW_LOG_WRITE);
    append(log, last + 1, 1, 100);
    ck_assert_uint_eq(ask_follower(&follower), last + 1);
    end_follower(&follower);
    tw_log_close(log);
}
END_TEST

static int parked[2];

static int park(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    (void)context;
    (void)seq;
    (void)bytes;
    (void)size;
    if (write(parked[1], "!", 1) != 1)
        _exit(5);
    for (;;)
        pause();
}

START_TEST(the_slot_of_a_reader_that_was_killed_is_cleared) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 100);
    ck_assert_int_eq(pipe(parked), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct log *own = NULL;
        if (tw_log_open(journal, DAY, TW_LOG_READ, &own, NULL) == 0)
            tw_log_read(own, 1, park, NULL, 1, NULL);
        _exit(6);
    }
    char mark;
    ck_assert_int_eq(read(parked[0], &mark, 1), 1);
    append(log, 2, 1, 100);
    append(log, 3, 1, 100);
    struct log_stat stat;
    uint64_t cleared = 99;
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.readers, 1);
    ck_assert_uint_eq(stat.oldest_lag, 2);
    CHECK_OK(tw_log_watch(log, &cleared, why));
    ck_assert_uint_eq(cleared, 0);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    CHECK_OK(tw_log_watch(log, &cleared, why));
    ck_assert_uint_eq(cleared, 1);
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.readers, 0);
    ck_assert_uint_eq(stat.oldest_lag, 0);
    tw_log_close(log);
}
END_TEST

static int die_writing(void) {
    struct log *log = NULL;
    if (tw_lock_take(journal, &writer, NULL) != 0 ||
        tw_log_open(journal, DAY, TW_LOG_WRITE, &log, NULL) != 0)
        return 1;
    if (append_records(log, 1, 7, 3000, NULL, NULL) != 0)
        return 2;
    kill(getpid(), SIGKILL);
    return 3;
}

START_TEST(what_a_killed_writer_committed_is_there_and_can_be_gone_on_with) {
    make_journal();
    make_day_file();
    tw_lock_release(writer);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(die_writing());
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK_OK(tw_lock_take(journal, &writer, why));
    struct log *log = open_day(TW_LOG_WRITE);
    check_all(log, 1, 7);
    append(log, 8, 1, 100);
    check_all(log, 1, 8);
    tw_log_close(log);
}
END_TEST

/* Somebody who knows LMDB but not our lock takes record 2 out. */
static int tamper(void) {
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi dbi = 0;
    uint8_t seq[8] = {0, 0, 0, 0, 0, 0, 0, 2};
    MDB_val key = {sizeof seq, seq};
    return mdb_env_create(&env) || mdb_env_set_maxdbs(env, 8) ||
           mdb_env_set_mapsize(env, TW_LOG_FIRST_BYTES) ||
           mdb_env_open(env, day_path(), MDB_NOSUBDIR, 0600) || mdb_txn_begin(env, NULL, 0, &txn) ||
           mdb_dbi_open(txn, "events", 0, &dbi) || mdb_del(txn, dbi, &key, NULL) ||
           mdb_txn_commit(txn);
}

START_TEST(a_commit_of_a_stranger_stops_the_writer_and_a_gap_stops_the_reader) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 3, 100);
    check_child(tamper);
    struct reading reading = {1, 0};
    struct log_head head;
    CHECK_FAILS(tw_log_read(log, 1, check_record, &reading, 10, why), TW_E_DAMAGED,
                "record 2 is missing");
    CHECK_FAILS(tw_log_read(log, 2, check_record, &reading, 10, why), TW_E_DAMAGED,
                "record 2 is missing");
    CHECK_FAILS(tw_log_head(log, &head, why), TW_E_DAMAGED, "the head is of commit");
    CHECK_FAILS(append_records(log, 4, 1, 100, NULL, why), TW_E_DAMAGED, "the next commit is");
    ck_assert(tw_log_failed(log));
    tw_log_close(log);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log_share");
    TCase *company = tcase_create("company");
    tcase_set_timeout(company, 120);
    tcase_add_test(company, a_process_writes_through_one_handle_and_reads_through_many);
    tcase_add_test(company, a_child_of_the_process_cannot_use_the_handle_nor_spoil_it);
    tcase_add_test(company, threads_read_while_the_file_grows);
    tcase_add_test(company, a_reader_in_another_process_follows_a_file_that_grows);
    tcase_add_test(company, the_slot_of_a_reader_that_was_killed_is_cleared);
    tcase_add_test(company, what_a_killed_writer_committed_is_there_and_can_be_gone_on_with);
    tcase_add_test(company, a_commit_of_a_stranger_stops_the_writer_and_a_gap_stops_the_reader);
    suite_add_tcase(suite, company);
    return run_suite(suite);
}
