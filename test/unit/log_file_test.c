/* The files of a day: made whole, private, watched, and read where no writer is. */
#include "day_file.h"

#include <sys/wait.h>

/* ---- files that are not as they have to be ------------------------------------------------- */

START_TEST(a_missing_day_is_not_made) {
    make_journal();
    struct log *log = NULL;
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_NOT_FOUND, DAY_NAME);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_NOT_FOUND, DAY_NAME);
    ck_assert_int_eq(tw_folder_dates(journal, NULL, 0, NULL), 0);
    ck_assert_ptr_null(log);
}
END_TEST

START_TEST(an_empty_day_file_is_damage_and_stays_empty) {
    make_journal();
    store_file(day_path(), (const uint8_t *)"", 0);
    struct log *log = NULL;
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_DAMAGED, "is empty");
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_DAMAGED, "is empty");
    struct stat status;
    ck_assert_int_eq(stat(day_path(), &status), 0);
    ck_assert_int_eq(status.st_size, 0);
}
END_TEST

START_TEST(a_day_is_made_once_and_what_a_crash_left_is_no_hindrance) {
    make_journal();
    store_file(in_journal(DAY_NAME ".new"), (const uint8_t *)"half", 4);
    store_file(in_journal(DAY_NAME ".new-lock"), (const uint8_t *)"half", 4);
    make_day_file();
    ck_assert_int_eq(access(in_journal(DAY_NAME ".new"), F_OK), -1);
    ck_assert_int_eq(access(in_journal(DAY_NAME ".new-lock"), F_OK), -1);
    struct log_origin origin = origin_of(DAY, 0);
    CHECK_FAILS(tw_log_create(journal, DAY, &origin, 0, why), TW_E_EXISTS, "there already");
    CHECK_FAILS(tw_log_create(journal, 20251007, &origin, 0, why), TW_E_INVALID, "2025-10-07");
}
END_TEST

START_TEST(nobody_writes_without_the_writer_lock) {
    make_journal();
    make_day_file();
    tw_lock_release(writer);
    struct log *log = NULL;
    struct log_origin origin = origin_of(20251007, 0);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_INVALID, "writer lock");
    CHECK_FAILS(tw_log_create(journal, 20251007, &origin, 0, why), TW_E_INVALID, "writer lock");
}
END_TEST

static mode_t mode_of(const char *path) {
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 07777;
}

START_TEST(files_are_private_whatever_the_umask) {
    mode_t masks[] = {0, 0777};
    scratch_folder();
    umask(masks[_i]);
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 100);
    ck_assert_uint_eq(mode_of(day_path()), 0600);
    ck_assert_uint_eq(mode_of(day_lock_path()), 0600);
    ck_assert_uint_eq(mode_of(in_journal("writer.lock")), 0600);
    ck_assert_uint_eq(mode_of(journal_path), 0700);
    tw_log_close(log);
}
END_TEST

START_TEST(a_linked_or_shared_day_file_is_refused) {
    make_journal();
    make_day_file();
    struct log *log = NULL;
    ck_assert_int_eq(link(day_path(), scratch_path("second")), 0);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_PERMISSION, "2 names");
    ck_assert_int_eq(unlink(scratch_path("second")), 0);
    ck_assert_int_eq(chmod(day_path(), 0620), 0);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_PERMISSION, "0620");
    ck_assert_int_eq(chmod(day_path(), 0600), 0);
    ck_assert_int_eq(rename(day_path(), scratch_path("elsewhere")), 0);
    ck_assert_int_eq(symlink(scratch_path("elsewhere"), day_path()), 0);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_PERMISSION,
                "symbolic link");
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_PERMISSION,
                "symbolic link");
    ck_assert_int_eq(unlink(day_path()), 0);
    ck_assert_int_eq(mkfifo(day_path(), 0600), 0);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_DAMAGED, "regular");
}
END_TEST

START_TEST(a_linked_lock_file_is_refused) {
    make_journal();
    make_day_file();
    struct log *log = NULL;
    ck_assert_int_eq(rename(day_lock_path(), scratch_path("elsewhere")), 0);
    ck_assert_int_eq(symlink(scratch_path("elsewhere"), day_lock_path()), 0);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_PERMISSION,
                "symbolic link");
}
END_TEST

START_TEST(the_day_file_of_another_date_is_refused) {
    make_journal();
    make_day_file();
    ck_assert_int_eq(rename(day_path(), in_journal("20251007.mdb")), 0);
    ck_assert_int_eq(rename(day_lock_path(), in_journal("20251007.mdb-lock")), 0);
    struct log *log = NULL;
    CHECK_FAILS(tw_log_open(journal, 20251007, TW_LOG_READ, &log, why), TW_E_DAMAGED, "2025-10-06");
    CHECK_FAILS(tw_log_open(journal, 20251007, TW_LOG_WRITE, &log, why), TW_E_DAMAGED,
                "2025-10-06");
}
END_TEST

START_TEST(descriptors_are_not_inherited_by_programs) {
    int before[64];
    make_journal();
    make_day_file();
    for (int fd = 0; fd < 64; fd++)
        before[fd] = fcntl(fd, F_GETFD);
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 5000000);
    int opened = 0;
    for (int fd = 0; fd < 64; fd++) {
        int flags = fcntl(fd, F_GETFD);
        int fresh = before[fd] < 0 && flags >= 0;
        ck_assert_msg(!fresh || flags & FD_CLOEXEC, "descriptor %d is inherited", fd);
        opened += fresh;
    }
    ck_assert_int_ge(opened, 4);
    tw_log_close(log);
}
END_TEST

/* ---- copies -------------------------------------------------------------------------------- */

static int count_entries(const char *path) {
    struct folder *folder = NULL;
    (void)path;
    int count = 0;
    CHECK_OK(tw_folder_open(path, TW_FOLDER_READ, &folder, why));
    count += tw_folder_has(folder, DAY_NAME, NULL) == 1;
    count += tw_folder_has(folder, DAY_NAME "-lock", NULL) == 1;
    count += tw_folder_has(folder, "writer.lock", NULL) == 1;
    tw_folder_close(folder);
    return count;
}

START_TEST(a_copied_day_file_is_read_without_lock_file_and_nothing_is_made) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 50, 3000);
    tw_log_close_trimmed(log, NULL);
    size_t size = 0;
    uint8_t *bytes = load_file(day_path(), &size);
    const char *copy = scratch_path("copy");
    ck_assert_int_eq(mkdir(copy, 0700), 0);
    store_file(scratch_path("copy/" DAY_NAME), bytes, size);
    free(bytes);
    struct folder *folder = NULL;
    CHECK_OK(tw_folder_open(copy, TW_FOLDER_READ, &folder, why));
    CHECK_OK(tw_log_open(folder, DAY, TW_LOG_READ, &log, why));
    check_all(log, 1, 50);
    struct log_stat stat;
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.file_bytes, size);
    tw_log_close(log);
    tw_folder_close(folder);
    ck_assert_int_eq(count_entries(copy), 1);
}
END_TEST

START_TEST(a_lock_file_that_is_gone_while_a_process_writes_is_refused) {
    make_journal();
    make_day_file();
    ck_assert_int_eq(unlink(day_lock_path()), 0);
    tw_lock_release(writer);
    int held[2], done[2];
    char byte = 0;
    ck_assert_int_eq(pipe(held), 0);
    ck_assert_int_eq(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        close(done[1]);
        int taken = tw_lock_take(journal, &writer, NULL) == 0;
        int told = taken && write(held[1], &byte, 1) == 1;
        /* Until the parent closes its end. */
        _exit(told && read(done[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(held[1]);
    ck_assert_int_eq(read(held[0], &byte, 1), 1);
    struct log *log = NULL;
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_DAMAGED, "is missing");
    close(done[1]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_finished_day_is_small_and_has_room_again_when_opened) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 5, 100);
    struct log_stat stat;
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.file_bytes, TW_LOG_FIRST_BYTES);
    CHECK_OK(tw_log_close_trimmed(log, why));
    struct stat status;
    ck_assert_int_eq(stat.used_bytes < TW_LOG_FIRST_BYTES, 1);
    ck_assert_int_eq(lstat(day_path(), &status), 0);
    ck_assert_int_eq(status.st_size, (off_t)stat.used_bytes);
    log = open_day(TW_LOG_READ);
    check_all(log, 1, 5);
    tw_log_close(log);
    log = open_day(TW_LOG_WRITE);
    ck_assert_int_eq(lstat(day_path(), &status), 0);
    ck_assert_int_eq(status.st_size, TW_LOG_FIRST_BYTES);
    ck_assert_int_ge(status.st_blocks * 512, TW_LOG_FIRST_BYTES);
    check_all(log, 1, 5);
    tw_log_close(log);
}
END_TEST

/* ---- the watch ----------------------------------------------------------------------------- */

static struct log *open_watched(void) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, 100);
    CHECK_OK(tw_log_watch(log, NULL, why));
    return log;
}

static void check_watch(struct log *log, const char *said) {
    CHECK_FAILS(tw_log_watch(log, NULL, why), TW_E_DAMAGED, said);
    ck_assert(tw_log_failed(log));
    CHECK_FAILS(append_records(log, 2, 1, 100, NULL, why), TW_E_FAILED, "open it again");
    tw_log_close(log);
}

START_TEST(a_day_file_replaced_under_the_writer_is_noticed) {
    struct log *log = open_watched();
    size_t size = 0;
    uint8_t *bytes = load_file(day_path(), &size);
    store_file(in_journal("other"), bytes, size);
    free(bytes);
    ck_assert_int_eq(rename(in_journal("other"), day_path()), 0);
    check_watch(log, "was replaced");
}
END_TEST

START_TEST(a_day_file_removed_under_the_writer_is_noticed) {
    struct log *log = open_watched();
    ck_assert_int_eq(unlink(day_path()), 0);
    check_watch(log, "was removed");
}
END_TEST

START_TEST(a_day_file_cut_under_the_writer_is_noticed) {
    struct log *log = open_watched();
    ck_assert_int_eq(truncate(day_path(), TW_LOG_FIRST_BYTES / 2), 0);
    check_watch(log, "expected 4194304");
}
END_TEST

START_TEST(a_second_name_of_the_day_file_is_noticed) {
    struct log *log = open_watched();
    ck_assert_int_eq(link(day_path(), in_journal("other")), 0);
    check_watch(log, "2 names");
}
END_TEST

START_TEST(a_lock_file_removed_under_the_writer_is_noticed) {
    struct log *log = open_watched();
    ck_assert_int_eq(unlink(day_lock_path()), 0);
    check_watch(log, "lock file of the day file was removed");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log_file");
    TCase *files = tcase_create("files");
    tcase_add_test(files, a_missing_day_is_not_made);
    tcase_add_test(files, an_empty_day_file_is_damage_and_stays_empty);
    tcase_add_test(files, a_day_is_made_once_and_what_a_crash_left_is_no_hindrance);
    tcase_add_test(files, nobody_writes_without_the_writer_lock);
    tcase_add_loop_test(files, files_are_private_whatever_the_umask, 0, 2);
    tcase_add_test(files, a_linked_or_shared_day_file_is_refused);
    tcase_add_test(files, a_linked_lock_file_is_refused);
    tcase_add_test(files, the_day_file_of_another_date_is_refused);
    tcase_add_test(files, descriptors_are_not_inherited_by_programs);
    tcase_add_test(files, a_copied_day_file_is_read_without_lock_file_and_nothing_is_made);
    tcase_add_test(files, a_lock_file_that_is_gone_while_a_process_writes_is_refused);
    tcase_add_test(files, a_finished_day_is_small_and_has_room_again_when_opened);
    suite_add_tcase(suite, files);
    TCase *watch = tcase_create("watch");
    tcase_set_timeout(watch, 120);
    tcase_add_test(watch, a_day_file_replaced_under_the_writer_is_noticed);
    tcase_add_test(watch, a_day_file_removed_under_the_writer_is_noticed);
    tcase_add_test(watch, a_day_file_cut_under_the_writer_is_noticed);
    tcase_add_test(watch, a_second_name_of_the_day_file_is_noticed);
    tcase_add_test(watch, a_lock_file_removed_under_the_writer_is_noticed);
    suite_add_tcase(suite, watch);
    return run_suite(suite);
}
