/* A day file: what is committed stays, in order, once. */
#include "day_file.h"

START_TEST(a_new_day_has_an_origin_and_no_records) {
    make_journal();
    struct log_origin origin = origin_of(DAY, 41);
    CHECK_OK(tw_log_create(journal, DAY, &origin, 0, why));
    struct log *log = open_day(TW_LOG_WRITE);
    struct log_head head = head_of(log);
    ck_assert_uint_eq(head.first_seq, 0);
    ck_assert_uint_eq(head.last_seq, 41);
    ck_assert_mem_eq(head.digest, origin.previous_digest, TW_DIGEST_BYTES);
    ck_assert_int_eq(tw_log_date(log), DAY);
    ck_assert_uint_eq(tw_log_origin(log)->previous_seq, 41);
    ck_assert_mem_eq(tw_log_origin(log)->uuid, origin.uuid, sizeof origin.uuid);
    check_all(log, 1, 0);
    append(log, 42, 1, 100);
    ck_assert_uint_eq(head_of(log).first_seq, 42);
    tw_log_close(log);
}
END_TEST

START_TEST(what_was_committed_is_there_after_opening_again) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 10, 120);
    append(log, 11, 1, 9000);
    tw_log_close(log);
    log = open_day(TW_LOG_WRITE);
    struct log_head head = head_of(log);
    uint8_t digest[TW_DIGEST_BYTES];
    digest_after(11, digest);
    ck_assert_uint_eq(head.first_seq, 1);
    ck_assert_uint_eq(head.last_seq, 11);
    ck_assert_int_eq(head.last_time_ns, 11000);
    ck_assert_mem_eq(head.digest, digest, sizeof digest);
    check_all(log, 1, 11);
    uint64_t seq = 0;
    CHECK_OK(tw_log_find_execution(log, "exec-00000000000000000009", &seq, why));
    ck_assert_uint_eq(seq, 9);
    CHECK_FAILS(tw_log_find_execution(log, "exec-00000000000000000010", &seq, why), TW_E_NOT_FOUND,
                "no such execution");
    struct buffer one = {0};
    CHECK_OK(tw_log_read_one(log, 11, &one, why));
    ck_assert(record_is_good(11, (const uint8_t *)one.data, one.size));
    CHECK_FAILS(tw_log_read_one(log, 12, &one, why), TW_E_NOT_FOUND, "no such record");
    tw_buffer_free(&one);
    tw_log_close(log);
}
END_TEST

START_TEST(records_go_on_from_the_head_without_gap_or_overlap) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 3, 100);
    uint64_t before = head_of(log).transaction;
    CHECK_FAILS(append_records(log, 5, 1, 100, NULL, why), TW_E_INVALID, "record 5 after 3");
    CHECK_FAILS(append_records(log, 3, 2, 100, NULL, why), TW_E_INVALID, "record 3 after 3");
    struct log_snapshot ahead = {9, (const uint8_t *)"x", 1};
    CHECK_FAILS(append_records(log, 4, 1, 100, &ahead, why), TW_E_INVALID, "snapshot of record 9");
    ck_assert_uint_eq(head_of(log).transaction, before);
    ck_assert(!tw_log_failed(log));
    append(log, 4, 1, 100);
    tw_log_close(log);
}
END_TEST

START_TEST(an_execution_is_taken_once_and_the_whole_batch_is_refused) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 3, 100);
    uint8_t *bytes = make_record(4, 100);
    uint8_t *more = make_record(5, 100);
    uint8_t digest[TW_DIGEST_BYTES] = {0};
    struct log_record records[2] = {{bytes, 100, 4, 4, NULL, NULL},
                                    {more, 100, 5, 5, "exec-00000000000000000003", NULL}};
    CHECK_FAILS(tw_log_commit(log, records, 2, NULL, digest, why), TW_E_DUPLICATE, "record 5");
    ck_assert_uint_eq(head_of(log).last_seq, 3);
    check_all(log, 1, 3);
    append(log, 4, 2, 100);
    free(bytes);
    free(more);
    tw_log_close(log);
}
END_TEST

START_TEST(the_newest_ten_snapshots_are_kept) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    for (uint64_t seq = 1; seq <= 13; seq++) {
        uint8_t bytes[5000];
        memset(bytes, (int)seq, sizeof bytes);
        struct log_snapshot snapshot = {seq, bytes, sizeof bytes};
        CHECK_OK(append_records(log, seq, 1, 100, &snapshot, why));
    }
    uint64_t seqs[20];
    ck_assert_int_eq(tw_log_snapshots(log, seqs, 20, NULL), 10);
    for (uint64_t i = 0; i < 10; i++)
        ck_assert_uint_eq(seqs[i], 13 - i);
    ck_assert_int_eq(tw_log_snapshots(log, seqs, 2, NULL), 10);
    struct buffer bytes = {0};
    CHECK_OK(tw_log_snapshot_read(log, 7, &bytes, why));
    ck_assert_uint_eq(bytes.size, 5000);
    ck_assert_int_eq(bytes.data[4999], 7);
    CHECK_FAILS(tw_log_snapshot_read(log, 3, &bytes, why), TW_E_NOT_FOUND, "no such snapshot");
    tw_buffer_free(&bytes);
    tw_log_close(log);
}
END_TEST

START_TEST(a_snapshot_alone_leaves_records_and_chain_as_they_were) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 5, 100);
    struct log_head before = head_of(log);
    struct log_snapshot snapshot = {5, (const uint8_t *)"five", 4};
    CHECK_OK(tw_log_commit(log, NULL, 0, &snapshot, NULL, why));
    struct log_head after = head_of(log);
    ck_assert_uint_eq(after.transaction, before.transaction + 1);
    ck_assert_uint_eq(after.last_seq, 5);
    ck_assert_mem_eq(after.digest, before.digest, TW_DIGEST_BYTES);
    CHECK_OK(tw_log_snapshot_drop(log, 5, why));
    ck_assert_int_eq(tw_log_snapshots(log, NULL, 0, NULL), 0);
    CHECK_FAILS(tw_log_snapshot_drop(log, 5, why), TW_E_NOT_FOUND, "no snapshot of record 5");
    ck_assert(!tw_log_failed(log));
    append(log, 6, 1, 100);
    tw_log_close(log);
    log = open_day(TW_LOG_READ);
    check_all(log, 1, 6);
    tw_log_close(log);
}
END_TEST

static int count_execution(void *context, const char *exec_id, size_t length, uint64_t seq) {
    uint64_t *count = context;
    char id[32];
    const char *expected = exec_id_of(seq, id);
    *count += expected && strlen(expected) == length && memcmp(expected, exec_id, length) == 0 &&
              seq == (*count + 1) * 3;
    return 0;
}

static int stop_at_five(void *context, const char *exec_id, size_t length, uint64_t seq) {
    (void)context;
    (void)exec_id;
    (void)length;
    return seq / 3 == 5;
}

START_TEST(the_whole_index_is_walked_in_order) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 7500, 40);
    uint64_t count = 0;
    ck_assert_int_eq(tw_log_each_execution(log, count_execution, &count, NULL), 2500);
    ck_assert_uint_eq(count, 2500);
    ck_assert_int_eq(tw_log_each_execution(log, stop_at_five, NULL, NULL), 5);
    struct log_stat stat;
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.executions, 2500);
    tw_log_close(log);
}
END_TEST

static int stop_or_fail(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    (void)bytes;
    (void)size;
    int answer = *(int *)context;
    return seq == 4 ? answer : 0;
}

START_TEST(a_reader_can_start_in_the_middle_stop_and_fail) {
    make_journal();
    struct log_origin origin = origin_of(DAY, 0);
    CHECK_OK(tw_log_create(journal, DAY, &origin, 0, why));
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 9, 100);
    check_all(log, 6, 9);
    check_all(log, 10, 9);
    int answer = 1;
    ck_assert_int_eq(tw_log_read(log, 2, stop_or_fail, &answer, 100, NULL), 3);
    answer = TW_E_NOT_FOUND;
    ck_assert_int_eq(tw_log_read(log, 0, stop_or_fail, &answer, 100, NULL), TW_E_NOT_FOUND);
    CHECK_FAILS(tw_log_read(log, 1, stop_or_fail, &answer, 0, why), TW_E_INVALID, "no records");
    tw_log_close(log);
}
END_TEST

START_TEST(a_file_grows_before_it_has_to) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    append(log, 1, 1, TW_LOG_FIRST_BYTES / 4 * 3);
    struct log_stat stat;
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.map_bytes, TW_LOG_FIRST_BYTES);
    ck_assert_uint_lt(stat.used_bytes, TW_LOG_FIRST_BYTES);
    append(log, 2, 1, 100);
    CHECK_OK(tw_log_stat(log, &stat, why));
    ck_assert_uint_eq(stat.map_bytes, 2 * (uint64_t)TW_LOG_FIRST_BYTES);
    ck_assert_uint_eq(stat.file_bytes, stat.map_bytes);
    check_all(log, 1, 2);
    tw_log_close(log);
}
END_TEST

/* ---- against a model ----------------------------------------------------------------------- */

START_TEST(random_days_are_what_a_model_says) {
    make_journal();
    make_day_file();
    struct random random = {seed_from_environment("random_days_are_what_a_model_says")};
    struct log *log = open_day(TW_LOG_WRITE);
    uint64_t last = 0;
    uint64_t kept[TW_LOG_SNAPSHOTS + 1] = {0}; /* newest first */
    for (int round = 0; round < 250; round++) {
        size_t count = random_below(&random, 8);
        size_t size = random_below(&random, 10) ? 16 + random_below(&random, 400)
                                                : 16 + random_below(&random, 60000);
        struct log_snapshot snapshot = {last + count, (const uint8_t *)"image", 5};
        int with_snapshot = random_below(&random, 4) == 0 && last + count > 0;
        if (count > 0)
            CHECK_OK(
                append_records(log, last + 1, count, size, with_snapshot ? &snapshot : NULL, why));
        else if (with_snapshot)
            CHECK_OK(tw_log_commit(log, NULL, 0, &snapshot, NULL, why));
        last += count;
        if (with_snapshot && kept[0] != last) {
            memmove(kept + 1, kept, TW_LOG_SNAPSHOTS * sizeof kept[0]);
            kept[0] = last;
        }
        if (random_below(&random, 25) == 0) {
            if (random_below(&random, 2))
                tw_log_close(log);
            else
                CHECK_OK(tw_log_close_trimmed(log, why));
            log = open_day(TW_LOG_WRITE);
        }
        ck_assert_uint_eq(head_of(log).last_seq, last);
    }
    check_all(log, 1, last);
    uint64_t seqs[TW_LOG_SNAPSHOTS];
    int64_t count = tw_log_snapshots(log, seqs, TW_LOG_SNAPSHOTS, NULL);
    for (int64_t i = 0; i < TW_LOG_SNAPSHOTS; i++)
        ck_assert_uint_eq(i < count ? seqs[i] : 0, kept[i]);
    tw_log_close(log);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log");
    TCase *records = tcase_create("records");
    tcase_set_timeout(records, 120);
    tcase_add_test(records, a_new_day_has_an_origin_and_no_records);
    tcase_add_test(records, what_was_committed_is_there_after_opening_again);
    tcase_add_test(records, records_go_on_from_the_head_without_gap_or_overlap);
    tcase_add_test(records, an_execution_is_taken_once_and_the_whole_batch_is_refused);
    tcase_add_test(records, the_newest_ten_snapshots_are_kept);
    tcase_add_test(records, a_snapshot_alone_leaves_records_and_chain_as_they_were);
    tcase_add_test(records, the_whole_index_is_walked_in_order);
    tcase_add_test(records, a_reader_can_start_in_the_middle_stop_and_fail);
    tcase_add_test(records, a_file_grows_before_it_has_to);
    tcase_add_test(records, random_days_are_what_a_model_says);
    suite_add_tcase(suite, records);
    return run_suite(suite);
}
