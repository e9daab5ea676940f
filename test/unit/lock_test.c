/* One writer: among processes, in one process, and across fork. */
#include "day_file.h"

#include <signal.h>

#include "io/clock.h"

static int take_lock_too(void) {
    struct folder *folder = NULL;
    struct lock *lock = NULL;
    tw_error why = {0, ""};
    char named[64];
    snprintf(named, sizeof named, "process %d on ", (int)getppid());
    if (tw_folder_open(journal_path, TW_FOLDER_WRITE, &folder, &why) != 0)
        return 1;
    if (tw_lock_take(folder, &lock, &why) != TW_E_BUSY)
        return 2;
    if (!strstr(why.text, named) || !strstr(why.text, " since 20"))
        return 3;
    char host[TW_HOST_BYTES];
    tw_clock_host(host);
    return strstr(why.text, host) ? 0 : 4;
}

START_TEST(a_second_process_is_told_who_writes) {
    make_journal();
    check_child(take_lock_too);
}
END_TEST

START_TEST(a_second_handle_in_this_process_is_refused) {
    make_journal();
    struct folder *again = NULL;
    struct lock *second = NULL;
    CHECK_OK(tw_folder_open(journal_path, TW_FOLDER_WRITE, &again, why));
    ck_assert(tw_lock_held_here(again));
    CHECK_FAILS(tw_lock_take(again, &second, why), TW_E_OPEN_TWICE, "already");
    tw_lock_release(writer);
    ck_assert(!tw_lock_held_here(again));
    CHECK_OK(tw_lock_take(again, &second, why));
    CHECK_OK(tw_lock_check(second, why));
    tw_lock_release(second);
    tw_lock_release(NULL);
    tw_folder_close(again);
}
END_TEST

START_TEST(a_query_tells_the_holder_and_takes_nothing) {
    struct lock_holder holder;
    snprintf(journal_path, sizeof journal_path, "%s/journal", scratch_folder());
    CHECK_OK(tw_folder_create(journal_path, &journal, why));
    CHECK_OK(tw_lock_query(journal, &holder, why));
    ck_assert_int_eq(holder.alive, 0);
    ck_assert_int_eq(holder.pid, 0);
    int64_t before = tw_clock_now_ns();
    CHECK_OK(tw_lock_take(journal, &writer, why));
    int64_t after = tw_clock_now_ns();
    char boot[TW_BOOT_ID_BYTES];
    tw_clock_boot_id(boot);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(tw_lock_query(journal, &holder, why));
        ck_assert_int_eq(holder.alive, 1);
        ck_assert_int_eq(holder.gone, 0);
        ck_assert_int_eq(holder.pid, getpid());
        ck_assert_int_eq(holder.process_start, tw_clock_process_start(getpid()));
        ck_assert(holder.since_ns >= before && holder.since_ns <= after);
        ck_assert_str_eq(holder.boot_id, boot);
    }
    check_child(take_lock_too);
    tw_lock_release(writer);
    CHECK_OK(tw_lock_query(journal, &holder, why));
    ck_assert_int_eq(holder.alive, 0);
    ck_assert_int_eq(holder.pid, getpid());
}
END_TEST

static int hold_and_die(void) {
    struct lock *lock = NULL;
    if (tw_lock_take(journal, &lock, NULL) != 0)
        return 1;
    raise(SIGKILL);
    return 2;
}

START_TEST(a_killed_writer_frees_the_lock_and_is_remembered) {
    make_journal();
    tw_lock_release(writer);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(hold_and_die());
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    struct lock_holder holder;
    CHECK_OK(tw_lock_query(journal, &holder, why));
    ck_assert_int_eq(holder.alive, 0);
    ck_assert_int_eq(holder.pid, child);
    CHECK_OK(tw_lock_take(journal, &writer, why));
    tw_lock_release(writer);
}
END_TEST

/* Takes the lock, leaves a child behind that knows nothing of it, and dies. */
static int leave_a_child(int ready, int end) {
    struct lock *lock = NULL;
    char order;
    if (tw_lock_take(journal, &lock, NULL) != 0)
        return 1;
    if (fork() == 0) {
        if (write(ready, "!", 1) != 1 || read(end, &order, 1) < 0)
            _exit(1);
        _exit(0);
    }
    raise(SIGKILL);
    return 2;
}

START_TEST(a_lock_held_on_by_a_child_of_a_dead_writer_is_explained) {
    int ready[2];
    int end[2];
    char mark;
    make_journal();
    tw_lock_release(writer);
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(end), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(end[1]);
        _exit(leave_a_child(ready[1], end[0]));
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(read(ready[0], &mark, 1), 1);
    struct lock_holder holder;
    CHECK_OK(tw_lock_query(journal, &holder, why));
    ck_assert_int_eq(holder.alive, 1);
    ck_assert_int_eq(holder.gone, 1);
    ck_assert_int_eq(holder.pid, child);
    CHECK_FAILS(tw_lock_take(journal, &writer, why), TW_E_BUSY, "a child of it holds on");
    /* The child ends when the last writing end of its pipe is closed, and with it its hold. */
    close(ready[1]);
    close(end[1]);
    ck_assert_int_eq(read(ready[0], &mark, 1), 0);
}
END_TEST

static int use_lock_of_parent(void) {
    struct lock *own = NULL;
    if (tw_lock_check(writer, NULL) != TW_E_FORKED)
        return 1;
    if (tw_lock_held_here(journal))
        return 2;
    if (tw_lock_take(journal, &own, NULL) != TW_E_BUSY)
        return 3;
    tw_lock_release(writer);
    return 0;
}

START_TEST(a_child_neither_has_nor_breaks_the_lock_of_its_parent) {
    make_journal();
    check_child(use_lock_of_parent);
    ck_assert(tw_lock_held_here(journal));
    check_child(take_lock_too);
    CHECK_OK(tw_lock_check(writer, why));
}
END_TEST

START_TEST(a_lock_file_with_anything_in_it_is_read_without_harm) {
    struct random random = {seed_from_environment("a_lock_file_with_anything_in_it")};
    make_journal();
    tw_lock_release(writer);
    size_t size = 0;
    uint8_t *text = load_file(in_journal("writer.lock"), &size);
    ck_assert_uint_eq(size, 512);
    for (int round = 0; round < 500; round++) {
        uint8_t bytes[600];
        struct lock_holder holder;
        size_t length = random_below(&random, sizeof bytes);
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, text, size);
        for (uint64_t i = random_below(&random, 4); i > 0; i--)
            bytes[random_below(&random, 200)] = (uint8_t)random_next(&random);
        store_file(in_journal("writer.lock"), bytes, length);
        CHECK_OK(tw_lock_query(journal, &holder, why));
        ck_assert_int_eq(holder.alive, 0);
        ck_assert(holder.pid >= 0);
    }
    free(text);
    CHECK_OK(tw_lock_take(journal, &writer, why));
    tw_lock_release(writer);
}
END_TEST

START_TEST(a_lock_file_that_is_a_link_is_refused) {
    make_journal();
    tw_lock_release(writer);
    ck_assert_int_eq(unlink(in_journal("writer.lock")), 0);
    ck_assert_int_eq(symlink(scratch_path("elsewhere"), in_journal("writer.lock")), 0);
    CHECK_FAILS(tw_lock_take(journal, &writer, why), TW_E_PERMISSION, "symbolic link");
    ck_assert_int_eq(access(scratch_path("elsewhere"), F_OK), -1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("lock");
    TCase *lock = tcase_create("lock");
    tcase_add_test(lock, a_second_process_is_told_who_writes);
    tcase_add_test(lock, a_second_handle_in_this_process_is_refused);
    tcase_add_test(lock, a_query_tells_the_holder_and_takes_nothing);
    tcase_add_test(lock, a_killed_writer_frees_the_lock_and_is_remembered);
    tcase_add_test(lock, a_lock_held_on_by_a_child_of_a_dead_writer_is_explained);
    tcase_add_test(lock, a_child_neither_has_nor_breaks_the_lock_of_its_parent);
    tcase_add_test(lock, a_lock_file_with_anything_in_it_is_read_without_harm);
    tcase_add_test(lock, a_lock_file_that_is_a_link_is_refused);
    suite_add_tcase(suite, lock);
    return run_suite(suite);
}
