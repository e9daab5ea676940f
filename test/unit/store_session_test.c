/* An intake and a day file that do not belong together are refused, whichever of both is the old
 * one; and what a start may leave behind when it dies is gone on from. */
#include <stdlib.h>
#include <unistd.h>

#include "io/identity.h"
#include "io/intake.h"
#include "io/lock.h"
#include "io/log.h"
#include "store_fixture.h"

enum { FILE_NAME_BYTES = 600, BLOCK = TW_FRAME_BLOCK_BYTES };

static const char monday_file[] = "20251006.mdb";

static const char *inside(const char *name) {
    static char full[FILE_NAME_BYTES];
    snprintf(full, sizeof full, "%s/%s", path, name);
    return full;
}

static struct buffer load(const char *name) {
    struct buffer bytes = {0};
    FILE *file = fopen(inside(name), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(tw_buffer_reserve(&bytes, TW_INTAKE_BYTES + (1 << 24)), 0);
    bytes.size = fread(bytes.data, 1, bytes.capacity, file);
    ck_assert_uint_lt(bytes.size, bytes.capacity);
    fclose(file);
    return bytes;
}

static void store_bytes(const char *name, struct buffer *bytes) {
    FILE *file = fopen(inside(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    ck_assert_int_eq(fclose(file), 0);
    tw_buffer_free(bytes);
}

/* Dies with its fills in the intake alone. */
static void crash_with(int64_t date, const char *first, const char *second) {
    tw_store *store = open_group(date);
    buy(store, first, 10, 10000);
    buy(store, second, 10, 10000);
    tw_abandon(store);
}

static void session_with(int64_t date, const char *exec_id) {
    tw_store *store = open_group(date);
    buy(store, exec_id, 1, 10000);
    OK(tw_close(store, "done", &why));
}

static int opens(int64_t date) {
    tw_options options = {.size = sizeof options, .trading_date = date, .no_thread = 1};
    tw_store *store = NULL;
    int status = tw_open(path, &options, &store, &why);
    tw_abandon(store);
    return status;
}

static int looks(int64_t date) {
    tw_journal *journal;
    tw_state *state = NULL;
    OK(tw_journal_open(path, &journal, &why));
    int status = tw_journal_state(journal, date, 0, 0, &state, NULL, &why);
    tw_state_free(state);
    tw_journal_close(journal);
    return status;
}

/* By who looks and by who starts, on the day itself and on the next. */
static void is_refused(void) {
    FAILS(looks(MONDAY), TW_E_DAMAGED);
    ck_assert_msg(strstr(why.text, "another session") != NULL, "%s", why.text);
    for (int64_t date = MONDAY; date <= TUESDAY; date++) {
        FAILS(opens(date), TW_E_DAMAGED);
        ck_assert_msg(strstr(why.text, "another session") != NULL, "%s", why.text);
    }
}

static void monday_has(uint64_t expected) {
    tw_journal *journal;
    tw_verify_report report = {.size = sizeof report};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_verify(journal, MONDAY, &report, &why));
    ck_assert_uint_eq(report.executions, expected);
    tw_journal_close(journal);
}

static void has_all(uint64_t expected) {
    OK(opens(MONDAY));
    monday_has(expected);
}

/* Unused (0), or with what one crash left before. */
START_TEST(an_older_intake_under_a_crashed_day_is_refused) {
    make_journal();
    if (_i)
        crash_with(MONDAY, "e1", "e2");
    struct buffer older = load("intake.wal");
    crash_with(MONDAY, "e3", "e4");
    struct buffer left = load("intake.wal");
    store_bytes("intake.wal", &older);
    is_refused();
    store_bytes("intake.wal", &left);
    has_all(_i ? 4 : 2);
}
END_TEST

START_TEST(an_older_day_file_beside_an_intake_is_refused) {
    make_journal();
    session_with(MONDAY, "e1");
    struct buffer older = load(monday_file);
    session_with(MONDAY, "e2");
    struct buffer left = load(monday_file);
    store_bytes(monday_file, &older);
    is_refused();
    store_bytes(monday_file, &left);
    has_all(2);
}
END_TEST

/* Also one of the same session, made while it ran. */
START_TEST(an_older_day_file_of_a_session_that_was_closed_is_refused) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 1, 10000);
    OK(tw_checkpoint(store, NULL, &why));
    struct buffer older = load(monday_file);
    buy(store, "e2", 1, 10000);
    OK(tw_close(store, "done", &why));
    struct buffer left = load(monday_file);
    store_bytes(monday_file, &older);
    FAILS(looks(MONDAY), TW_E_DAMAGED);
    ck_assert_msg(strstr(why.text, "was closed at record") != NULL, "%s", why.text);
    FAILS(opens(MONDAY), TW_E_DAMAGED);
    FAILS(opens(TUESDAY), TW_E_DAMAGED);
    store_bytes(monday_file, &left);
    has_all(2);
}
END_TEST

START_TEST(the_newest_day_file_lost_with_its_lock_file_is_missed) {
    make_journal();
    session_with(MONDAY, "e1");
    session_with(TUESDAY, "e2");
    ck_assert_int_eq(unlink(inside("20251007.mdb")), 0);
    ck_assert_int_eq(unlink(inside("20251007.mdb-lock")), 0);
    is_refused();
    ck_assert_int_eq(unlink(inside(monday_file)), 0);
    ck_assert_int_eq(unlink(inside("20251006.mdb-lock")), 0);
    FAILS(opens(MONDAY), TW_E_DAMAGED);
    FAILS(opens(TUESDAY), TW_E_DAMAGED);
}
END_TEST

/* What a start writes before its commit, and then the process is gone. */
static void begin_and_die(int64_t date) {
    struct folder *folder;
    struct identity identity;
    struct lock *lock;
    struct intake *intake;
    struct log *log;
    struct log_head head;
    uint64_t session;
    OK(tw_folder_open(path, TW_FOLDER_WRITE, &folder, &why));
    OK(tw_identity_read(folder, &identity, &why));
    OK(tw_lock_take(folder, &lock, &why));
    OK(tw_log_open(folder, date, TW_LOG_WRITE, &log, &why));
    OK(tw_log_head(log, &head, &why));
    OK(tw_intake_open(folder, identity.uuid, &intake, &why));
    OK(tw_intake_reset(intake, date, head.session, head.transaction + 1, &session, &why));
    ck_assert_uint_ne(session, head.session);
    tw_intake_close(intake);
    tw_log_close(log);
    tw_lock_release(lock);
    tw_folder_close(folder);
}

START_TEST(a_start_that_died_before_its_commit_is_gone_on_from) {
    make_journal();
    session_with(MONDAY, "e1");
    for (int i = 0; i < 2; i++) {
        begin_and_die(MONDAY);
        OK(looks(MONDAY));
    }
    has_all(1);
    begin_and_die(MONDAY);
    session_with(TUESDAY, "e2");
    monday_has(1);
}
END_TEST

START_TEST(a_start_without_its_commit_that_was_appended_to_is_no_start) {
    make_journal();
    session_with(MONDAY, "e1");
    struct buffer before = load(monday_file);
    crash_with(MONDAY, "e2", "e3");
    struct buffer left = load(monday_file);
    store_bytes(monday_file, &before);
    is_refused();
    store_bytes(monday_file, &left);
    has_all(3);
}
END_TEST

/* One block at a time: what follows it says that it is missed. */
START_TEST(a_block_of_the_intake_that_went_back_to_what_it_was_is_missed) {
    enum { FILLS = 6 };
    static const char marks[][5] = {"", "TWEM"};
    make_journal();
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .checkpoint_ns = -1,
                          .commit_delay_ns = INT64_MAX};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    for (int i = 0; i < FILLS; i++) {
        char exec_id[] = {'e', (char)('1' + i), 0};
        buy(store, exec_id, 1, 10000);
    }
    tw_abandon(store);
    struct buffer left = load("intake.wal");
    for (size_t block = 1; block < FILLS; block++) {
        struct buffer damaged = load("intake.wal");
        char *at = damaged.data + block * BLOCK;
        memset(at, 0, BLOCK);
        memcpy(at, marks[_i], strlen(marks[_i]));
        store_bytes("intake.wal", &damaged);
        FAILS(looks(MONDAY), TW_E_DAMAGED);
        FAILS(opens(MONDAY), TW_E_DAMAGED);
        damaged = (struct buffer){0};
        ck_assert_int_eq(tw_buffer_reserve(&damaged, left.size), 0);
        tw_buffer_put(&damaged, left.data, left.size);
        store_bytes("intake.wal", &damaged);
    }
    tw_buffer_free(&left);
    has_all(FILLS);
}
END_TEST

START_TEST(an_older_day_is_read_whatever_became_of_the_intake) {
    make_journal();
    session_with(MONDAY, "e1");
    crash_with(TUESDAY, "e2", "e3");
    struct buffer damaged = load("intake.wal");
    damaged.data[20] ^= 1;
    store_bytes("intake.wal", &damaged);
    monday_has(1);
    FAILS(looks(TUESDAY), TW_E_DAMAGED);
    ck_assert_int_eq(unlink(inside("intake.wal")), 0);
    monday_has(1);
    FAILS(looks(TUESDAY), TW_E_DAMAGED);
}
END_TEST

START_TEST(who_looks_at_a_journal_that_lost_its_only_day_is_told) {
    tw_journal *journal;
    make_journal();
    OK(tw_journal_open(path, &journal, &why));
    tw_journal_close(journal);
    crash_with(MONDAY, "e1", "e2");
    ck_assert_int_eq(unlink(inside(monday_file)), 0);
    ck_assert_int_eq(unlink(inside("20251006.mdb-lock")), 0);
    FAILS(tw_journal_open(path, &journal, &why), TW_E_DAMAGED);
    FAILS(opens(MONDAY), TW_E_DAMAGED);
}
END_TEST

/* What the broker holds on Tuesday comes from Monday, if that is the Monday that Tuesday follows.
 */
static int is_carried(void) {
    tw_holding held = {.size = sizeof held, .symbol = "TSLA", .qty_e8 = TW_E8};
    tw_answer answer = {.size = sizeof answer,
                        .broker = "test:",
                        .positions_completeness = TW_ANSWER_COMPLETE,
                        .holdings = &held,
                        .holding_count = 1};
    tw_proposal *proposal;
    int carried = 0;
    tw_store *store = open_on(TUESDAY);
    OK(tw_store_reconcile(store, &answer, &proposal, &why));
    for (uint64_t i = 0; i < tw_proposal_findings(proposal); i++) {
        tw_finding_view view = {.size = sizeof view};
        ck_assert_int_eq(tw_proposal_finding(proposal, i, &view), 0);
        carried |= strcmp(view.case_id, "D34") == 0;
    }
    tw_proposal_free(proposal);
    OK(tw_close(store, "done", &why));
    return carried;
}

START_TEST(an_older_copy_of_the_day_before_is_not_what_was_held_overnight) {
    make_journal();
    session_with(MONDAY, "e1");
    struct buffer older = load(monday_file);
    tw_store *store = open_on(MONDAY);
    sell(store, "e2", 1, 10000);
    buy(store, "e3", 1, 20000);
    OK(tw_close(store, "done", &why));
    struct buffer left = load(monday_file);
    OK(tw_close(open_on(TUESDAY), "done", &why));
    ck_assert(is_carried());
    store_bytes(monday_file, &older);
    ck_assert(!is_carried());
    store_bytes(monday_file, &left);
    ck_assert(is_carried());
}
END_TEST

START_TEST(frames_of_another_journal_are_not_taken_over) {
    make_journal();
    crash_with(MONDAY, "a1", "a2");
    struct buffer other = load("intake.wal");
    ck_assert_int_eq(rename(path, scratch_path("other")), 0);
    make_journal();
    crash_with(MONDAY, "e1", "e2");
    struct buffer mine = load("intake.wal");
    memcpy(mine.data + BLOCK, other.data + BLOCK, mine.size - BLOCK);
    store_bytes("intake.wal", &mine);
    tw_buffer_free(&other);
    tw_store *store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, 0);
    tw_abandon(store);
    monday_has(0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_session");
    TCase *cases = tcase_create("store_session");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, an_older_intake_under_a_crashed_day_is_refused, 0, 2);
    tcase_add_test(cases, an_older_day_file_beside_an_intake_is_refused);
    tcase_add_test(cases, an_older_day_file_of_a_session_that_was_closed_is_refused);
    tcase_add_test(cases, the_newest_day_file_lost_with_its_lock_file_is_missed);
    tcase_add_test(cases, a_start_that_died_before_its_commit_is_gone_on_from);
    tcase_add_test(cases, a_start_without_its_commit_that_was_appended_to_is_no_start);
    tcase_add_loop_test(cases, a_block_of_the_intake_that_went_back_to_what_it_was_is_missed, 0, 2);
    tcase_add_test(cases, an_older_day_is_read_whatever_became_of_the_intake);
    tcase_add_test(cases, who_looks_at_a_journal_that_lost_its_only_day_is_told);
    tcase_add_test(cases, an_older_copy_of_the_day_before_is_not_what_was_held_overnight);
    tcase_add_test(cases, frames_of_another_journal_are_not_taken_over);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
