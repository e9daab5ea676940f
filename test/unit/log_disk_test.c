/* Disks that are full or fail. */
#include "day_file.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- disks that fail ----------------------------------------------------------------------- */

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_file_that_cannot_grow_is_full_and_takes_small_records_still) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 100);
    limit_file_size(TW_LOG_FIRST_BYTES);
    CHECK_FAILS(append_records(log, 2, 1, 5000000, NULL, why), TW_E_FULL, "cannot grow");
    ck_assert(!tw_log_failed(log));
    ck_assert_uint_eq(head_of(log).last_seq, 1);
    append(log, 2, 1, 100);
    uint64_t last = 2;
    int rc = 0;
    while ((rc = append_records(log, last + 1, 1, 100000, NULL, NULL)) == 0)
        last++;
    ck_assert_int_eq(rc, TW_E_FULL);
    check_all(log, 1, last);
    CHECK_OK(tw_log_watch(log, NULL, why));
    limit_file_size(RLIM_INFINITY);
    append(log, last + 1, 1, 5000000);
    check_all(log, 1, last + 1);
    tw_log_close(log);
    log = open_day(TW_LOG_WRITE);
    check_all(log, 1, last + 1);
    tw_log_close(log);
}
END_TEST

START_TEST(a_full_disk_does_not_keep_a_day_with_room_from_being_opened) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 100);
    append(log, 2, 1, 3500000);
    tw_log_close(log);
    /* As large as what is used plus a little, where a file with room would be 8 MiB. */
    ck_assert_int_eq(truncate(day_path(), TW_LOG_FIRST_BYTES), 0);
    limit_file_size(TW_LOG_FIRST_BYTES);
    log = open_day(TW_LOG_WRITE);
    append(log, 3, 1, 100);
    check_all(log, 1, 3);
    tw_log_close_trimmed(log, NULL);
    struct log *none = NULL;
    struct stat status;
    ck_assert_int_eq(lstat(day_path(), &status), 0);
    limit_file_size((rlim_t)status.st_size);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &none, why), TW_E_NO_SPACE,
                "room for the day");
    limit_file_size(RLIM_INFINITY);
    log = open_day(TW_LOG_READ);
    check_all(log, 1, 3);
    tw_log_close(log);
}
END_TEST

START_TEST(a_failed_commit_is_final_for_the_handle) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 2, 100);
    limit_file_size(2 * 4096);
    CHECK_FAILS(append_records(log, 3, 1, 100, NULL, why), TW_E_NO_SPACE, "is not known");
    limit_file_size(RLIM_INFINITY);
    ck_assert(tw_log_failed(log));
    CHECK_FAILS(append_records(log, 3, 1, 100, NULL, why), TW_E_FAILED, "earlier write");
    CHECK_FAILS(tw_log_snapshot_drop(log, 1, why), TW_E_FAILED, "earlier write");
    tw_log_close(log);
    log = open_day(TW_LOG_WRITE);
    check_all(log, 1, 2);
    append(log, 3, 1, 100);
    tw_log_close(log);
}
END_TEST

START_TEST(a_day_that_cannot_be_made_leaves_nothing_behind) {
    make_journal();
    struct log_origin origin = origin_of(DAY, 0);
    limit_file_size(TW_LOG_FIRST_BYTES / 2);
    CHECK_FAILS(tw_log_create(journal, DAY, &origin, 0, why), TW_E_NO_SPACE, "");
    limit_file_size(RLIM_INFINITY);
    ck_assert_int_eq(access(day_path(), F_OK), -1);
    ck_assert_int_eq(access(in_journal(DAY_NAME ".new"), F_OK), -1);
    make_day_file();
}
END_TEST

START_TEST(a_lock_file_without_room_is_neither_left_behind_nor_mapped) {
    make_journal();
    make_day_file();
    struct log *log = NULL;
    ck_assert_int_eq(unlink(in_journal(DAY_NAME "-lock")), 0);
    limit_file_size(4096);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_NO_SPACE, "-lock");
    ck_assert_int_eq(access(in_journal(DAY_NAME "-lock"), F_OK), -1);
    /* As another version may have left it. */
    int fd = open(in_journal(DAY_NAME "-lock"), O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    log = open_day(TW_LOG_READ);
    tw_log_close(log);
    limit_file_size(RLIM_INFINITY);
    log = open_day(TW_LOG_WRITE);
    tw_log_close(log);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log_disk");
    TCase *disk = tcase_create("disk");
    tcase_set_timeout(disk, 120);
    tcase_add_test(disk, a_file_that_cannot_grow_is_full_and_takes_small_records_still);
    tcase_add_test(disk, a_full_disk_does_not_keep_a_day_with_room_from_being_opened);
    tcase_add_test(disk, a_failed_commit_is_final_for_the_handle);
    tcase_add_test(disk, a_day_that_cannot_be_made_leaves_nothing_behind);
    tcase_add_test(disk, a_lock_file_without_room_is_neither_left_behind_nor_mapped);
    suite_add_tcase(suite, disk);
    return run_suite(suite);
}
