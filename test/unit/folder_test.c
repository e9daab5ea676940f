/* The folder of a journal: private, local, ours, and nothing in it is ever lost. */
#include "day_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "io/system.h"

static struct folder *folder;

static void make_plain(const char *path, mode_t mode) {
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(a_folder_is_made_private_and_found_again) {
    const char *path = scratch_path("fresh");
    umask(0);
    CHECK_OK(tw_folder_create(path, &folder, why));
    struct stat status;
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
    ck_assert_int_eq(fcntl(folder->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_str_eq(folder->shown, path);
    tw_folder_close(folder);
    CHECK_OK(tw_folder_open(path, TW_FOLDER_WRITE, &folder, why));
    tw_folder_close(folder);
    tw_folder_close(NULL);
}
END_TEST

START_TEST(an_empty_folder_or_a_crashed_init_is_taken_over) {
    const char *path = scratch_path("there");
    make_plain(path, 0750);
    store_file(scratch_path("there/identity.new"), (const uint8_t *)"half", 4);
    store_file(scratch_path("there/writer.lock"), (const uint8_t *)"", 0);
    CHECK_OK(tw_folder_create(path, &folder, why));
    struct stat status;
    ck_assert_int_eq(fstat(folder->fd, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
    tw_folder_close(folder);
}
END_TEST

START_TEST(a_folder_with_anything_in_it_is_left_alone) {
    const char *path = scratch_path("there");
    make_plain(path, 0700);
    store_file(scratch_path("there/notes\n.txt"), (const uint8_t *)"x", 1);
    CHECK_FAILS(tw_folder_create(path, &folder, why), TW_E_EXISTS, "notes\\x0a.txt");
    store_file(scratch_path("file"), (const uint8_t *)"x", 1);
    CHECK_FAILS(tw_folder_create(scratch_path("file"), &folder, why), TW_E_EXISTS, "is a file");
    CHECK_FAILS(tw_folder_create(scratch_path("no/such/place"), &folder, why), TW_E_NOT_FOUND,
                "no/such is missing");
}
END_TEST

START_TEST(a_folder_that_others_may_write_is_refused) {
    mode_t modes[] = {0720, 0702, 0777};
    const char *path = scratch_path("shared");
    make_plain(path, modes[_i]);
    CHECK_FAILS(tw_folder_open(path, TW_FOLDER_WRITE, &folder, why), TW_E_PERMISSION,
                "others may write");
    CHECK_FAILS(tw_folder_open(path, TW_FOLDER_READ, &folder, why), TW_E_PERMISSION,
                "others may write");
    CHECK_FAILS(tw_folder_create(path, &folder, why), TW_E_PERMISSION, "others may write");
}
END_TEST

START_TEST(a_link_a_file_or_nothing_is_no_folder) {
    make_plain(scratch_path("real"), 0700);
    ck_assert_int_eq(symlink(scratch_path("real"), scratch_path("link")), 0);
    store_file(scratch_path("file"), (const uint8_t *)"x", 1);
    CHECK_FAILS(tw_folder_open(scratch_path("link"), TW_FOLDER_READ, &folder, why), TW_E_PERMISSION,
                "symbolic link");
    CHECK_FAILS(tw_folder_open(scratch_path("file"), TW_FOLDER_READ, &folder, why),
                TW_E_NOT_JOURNAL, "not a folder");
    CHECK_FAILS(tw_folder_open(scratch_path("none"), TW_FOLDER_READ, &folder, why), TW_E_NOT_FOUND,
                "none");
}
END_TEST

static int open_as_nobody(void) {
    struct folder *other = NULL;
    if (seteuid(65534) != 0)
        return 9;
    int rc = tw_folder_open(journal_path, TW_FOLDER_WRITE, &other, NULL);
    if (rc != TW_E_PERMISSION)
        return 1;
    /* Root may do anything anyway, so what belongs to root may be read. */
    rc = tw_folder_open(journal_path, TW_FOLDER_READ, &other, NULL);
    return rc == 0 ? 0 : 2;
}

START_TEST(a_folder_of_another_user_is_refused) {
    if (geteuid() != 0) {
        printf("skipped: a_folder_of_another_user_is_refused needs root to become somebody else\n");
        return;
    }
    ck_assert_int_eq(chmod(scratch_folder(), 0711), 0);
    make_journal();
    ck_assert_int_eq(chmod(journal_path, 0755), 0);
    check_child(open_as_nobody);
}
END_TEST

START_TEST(file_systems_that_cannot_keep_a_promise_are_known_by_number) {
    static const struct {
        int64_t magic;
        const char *kind;
    } kinds[] = {
        {0x6969, "nfs"},    {0xFF534D42, "cifs"},  {0x517B, "smb"},       {0xFE534D42, "smb2"},
        {0x01021997, "9p"}, {0x01021994, "tmpfs"}, {0x858458F6, "ramfs"}, {0x65735546, "fuse"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        ck_assert_str_eq(tw_folder_refused_kind(kinds[i].magic), kinds[i].kind);
    ck_assert_ptr_null(tw_folder_refused_kind(0xEF53));     /* ext4 */
    ck_assert_ptr_null(tw_folder_refused_kind(0x58465342)); /* xfs */
    ck_assert_ptr_null(tw_folder_refused_kind(0x9123683E)); /* btrfs */
}
END_TEST

START_TEST(a_folder_in_memory_is_refused_unless_asked_for) {
    char path[] = "/dev/shm/tradewal-test-XXXXXX";
    if (!mkdtemp(path)) {
        printf("skipped: no /dev/shm to try\n");
        return;
    }
    CHECK_OK(tw_folder_open(path, TW_FOLDER_WRITE, &folder, why));
    CHECK_FAILS(tw_folder_check_file_system(folder, 0, why), TW_E_FILE_SYSTEM, "tmpfs");
    CHECK_OK(tw_folder_check_file_system(folder, 1, why));
    ck_assert(!tw_folder_is_remote(folder));
    tw_folder_close(folder);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(dates_are_listed_in_order_and_other_names_are_not_dates) {
    static const char *const names[] = {
        "20251007.mdb",     "20251006.mdb", "19991231.mdb",      "20251006.mdb-lock",
        "20251306.mdb",     "20250229.mdb", "2025100.mdb",       "20251008.MDB",
        "20251009.mdb.new", "x0251009.mdb", "20251009.mdb.bad-", "+2025100.mdb",
        "identity",         ".mdb",         "020251009.mdb",
    };
    make_journal();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        store_file(in_journal(names[i]), (const uint8_t *)"", 0);
    int64_t dates[8] = {0};
    ck_assert_int_eq(tw_folder_dates(journal, dates, 8, NULL), 3);
    ck_assert_int_eq(dates[0], 19991231);
    ck_assert_int_eq(dates[1], 20251006);
    ck_assert_int_eq(dates[2], 20251007);
    ck_assert_int_eq(dates[3], 0);
    memset(dates, 0, sizeof dates);
    ck_assert_int_eq(tw_folder_dates(journal, dates, 1, NULL), 3);
    ck_assert_int_eq(dates[0], 19991231);
    ck_assert_int_eq(dates[1], 0);
    ck_assert_int_eq(tw_folder_dates(journal, NULL, 0, NULL), 3);
}
END_TEST

START_TEST(a_file_set_aside_keeps_its_bytes_and_never_covers_another) {
    int64_t now = INT64_C(1759760115) * 1000000000; /* 2025-10-06T14:15:15Z */
    char name[TW_FILE_NAME_BYTES];
    make_journal();
    for (int i = 1; i <= 3; i++) {
        uint8_t content = (uint8_t)i;
        char expected[64] = DAY_NAME ".bad-20251006T141515Z";
        if (i > 1)
            snprintf(expected + strlen(expected), 8, "-%d", i);
        store_file(day_path(), &content, 1);
        CHECK_OK(tw_folder_set_aside(journal, DAY_NAME, now, name, why));
        ck_assert_str_eq(name, expected);
    }
    for (int i = 1; i <= 3; i++) {
        char path[64] = DAY_NAME ".bad-20251006T141515Z";
        size_t size = 0;
        if (i > 1)
            snprintf(path + strlen(path), 8, "-%d", i);
        uint8_t *bytes = load_file(in_journal(path), &size);
        ck_assert_uint_eq(size, 1);
        ck_assert_int_eq(bytes[0], i);
        free(bytes);
    }
    ck_assert_int_eq(tw_folder_has(journal, DAY_NAME, NULL), 0);
    CHECK_FAILS(tw_folder_set_aside(journal, DAY_NAME, now, name, why), TW_E_NOT_FOUND, DAY_NAME);
}
END_TEST

START_TEST(a_rename_never_covers_a_file) {
    make_journal();
    store_file(in_journal("one"), (const uint8_t *)"1", 1);
    store_file(in_journal("two"), (const uint8_t *)"2", 1);
    CHECK_FAILS(tw_folder_rename(journal, "one", "two", why), TW_E_EXISTS, "one");
    ck_assert_int_eq(tw_folder_has(journal, "one", NULL), 1);
    CHECK_OK(tw_folder_rename(journal, "one", "three", why));
    CHECK_OK(tw_folder_remove(journal, "three", why));
    CHECK_OK(tw_folder_remove(journal, "three", why));
    CHECK_OK(tw_folder_sync(journal, why));
    int fd = -1;
    CHECK_FAILS(tw_folder_make_file(journal, "two", &fd, why), TW_E_EXISTS, "two");
}
END_TEST

START_TEST(a_reservation_that_fails_leaves_the_size_as_it_was) {
    struct rlimit limit;
    int fd = -1;
    struct stat status;
    make_journal();
    CHECK_OK(tw_folder_make_file(journal, "room", &fd, why));
    CHECK_OK(tw_file_reserve(fd, 10000, why));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 20000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK_FAILS(tw_file_reserve(fd, 30000, why), TW_E_NO_SPACE, "reserving 30000 bytes");
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_eq(status.st_size, 10000);
    ck_assert_int_ge(status.st_blocks * 512, 10000);
    close(fd);
}
END_TEST

START_TEST(what_the_system_says_becomes_an_error_of_ours) {
    ck_assert_int_eq(tw_system_code(ENOSPC), TW_E_NO_SPACE);
    ck_assert_int_eq(tw_system_code(EDQUOT), TW_E_NO_SPACE);
    ck_assert_int_eq(tw_system_code(EROFS), TW_E_READ_ONLY);
    ck_assert_int_eq(tw_system_code(EACCES), TW_E_PERMISSION);
    ck_assert_int_eq(tw_system_code(ENOENT), TW_E_NOT_FOUND);
    ck_assert_int_eq(tw_system_code(EIO), TW_E_IO);
    CHECK_FAILS(tw_system_fail(why, EIO, "writing %d bytes", 7), TW_E_IO,
                "writing 7 bytes: Input/output error");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("folder");
    TCase *opening = tcase_create("opening");
    tcase_add_test(opening, a_folder_is_made_private_and_found_again);
    tcase_add_test(opening, an_empty_folder_or_a_crashed_init_is_taken_over);
    tcase_add_test(opening, a_folder_with_anything_in_it_is_left_alone);
    tcase_add_loop_test(opening, a_folder_that_others_may_write_is_refused, 0, 3);
    tcase_add_test(opening, a_link_a_file_or_nothing_is_no_folder);
    tcase_add_test(opening, a_folder_of_another_user_is_refused);
    tcase_add_test(opening, file_systems_that_cannot_keep_a_promise_are_known_by_number);
    tcase_add_test(opening, a_folder_in_memory_is_refused_unless_asked_for);
    suite_add_tcase(suite, opening);
    TCase *files = tcase_create("files");
    tcase_add_test(files, dates_are_listed_in_order_and_other_names_are_not_dates);
    tcase_add_test(files, a_file_set_aside_keeps_its_bytes_and_never_covers_another);
    tcase_add_test(files, a_rename_never_covers_a_file);
    tcase_add_test(files, a_reservation_that_fails_leaves_the_size_as_it_was);
    tcase_add_test(files, what_the_system_says_becomes_an_error_of_ours);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
