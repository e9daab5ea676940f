/* Salvage: what becomes of records when others are missing. */
#include "base/digest.h"
#include "core/codec.h"
#include "salvage_kit.h"

/* ---- records ------------------------------------------------------------------------------- */

START_TEST(a_missing_record_leaves_a_note_and_all_others_keep_their_seqs) {
    trade_on_monday();
    lose(5);
    OK(salvage());
    ck_assert_uint_eq(report.missing, 1);
    ck_assert_uint_eq(report.gap_count, 1);
    ck_assert_uint_eq(report.gaps[0].first_seq, 5);
    ck_assert_uint_eq(report.gaps[0].last_seq, 5);
    ck_assert_uint_eq(report.records, 5);
    ck_assert_int_eq(type_at(MONDAY, 4), TW_TYPE_fill_corrected);
    ck_assert_int_eq(type_at(MONDAY, 5), TW_TYPE_note);
    ck_assert_int_eq(type_at(MONDAY, 6), TW_TYPE_session_closed);
}
END_TEST

START_TEST(a_correction_of_a_lost_fill_is_kept_as_bytes_and_not_counted) {
    trade_on_monday();
    lose(3);
    OK(salvage());
    ck_assert_uint_eq(report.missing, 1);
    ck_assert_uint_eq(report.refused, 1);
    ck_assert_int_eq(type_at(MONDAY, 4), TW_TYPE_custom);
    tw_store *store = open_new(MONDAY);
    ck_assert_int_eq(open_quantity(store), 10 * TW_E8);
    tw_abandon(store);
}
END_TEST

START_TEST(what_follows_a_lost_session_has_one_again) {
    trade_on_monday();
    tw_store *store = open_on(MONDAY); /* 7 and 8 */
    sell(store, "e3", 10, 10000);
    OK(tw_close(store, "done", &why));
    lose(7);
    OK(salvage());
    ck_assert_uint_eq(report.refused, 0);
    ck_assert_int_eq(type_at(MONDAY, 7), TW_TYPE_session_opened);
    ck_assert_int_eq(type_at(MONDAY, 9), TW_TYPE_fill);
}
END_TEST

START_TEST(a_day_that_lost_its_first_records_begins_with_a_session) {
    trade_on_monday();
    tw_store *store = open_on(TUESDAY); /* 7 and 8 */
    sell(store, "e3", 10, 10000);
    OK(tw_close(store, "done", &why));
    const uint64_t lost[] = {6, 7, 8};
    lose_many(lost, 3);
    OK(salvage());
    ck_assert_uint_eq(report.missing, 3);
    ck_assert_int_eq(type_at(MONDAY, 6), TW_TYPE_note);
    ck_assert_int_eq(type_at(TUESDAY, 7), TW_TYPE_session_opened);
    ck_assert_int_eq(type_at(TUESDAY, 9), TW_TYPE_fill);
}
END_TEST

START_TEST(records_at_the_end_that_the_head_knows_of_are_missing_too) {
    trade_on_monday();
    const uint64_t lost[] = {5, 6};
    lose_many(lost, 2);
    OK(salvage());
    ck_assert_uint_eq(report.last_seq, 6);
    ck_assert_uint_eq(report.missing, 2);
    ck_assert_uint_eq(report.salvage_seq, 7);
}
END_TEST

START_TEST(the_chain_of_a_whole_journal_is_the_old_one) {
    trade_on_monday();
    tw_journal *journal;
    tw_day day = {.size = sizeof day};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_day(journal, MONDAY, &day, &why));
    tw_journal_close(journal);
    OK(salvage());
    ck_assert_uint_eq(report.missing + report.refused + report.others, 0);
    ck_assert_uint_eq(report.proven, 6);
    ck_assert_int_eq(report.end_known, 1);
    char old[TW_DIGEST_TEXT_BYTES];
    tw_digest_text(day.digest, old);
    tw_cursor *cursor;
    const tw_event *opened = event_at(MONDAY, 7, &journal, &cursor);
    ck_assert_int_eq(opened->type, TW_TYPE_session_opened);
    ck_assert_str_eq(opened->as.session_opened.previous_digest, old);
    tw_cursor_close(cursor);
    tw_journal_close(journal);
}
END_TEST

/* Another record, behind its key as in a page: of a copy of the journal that went its own way. */
static void put_other(struct copy *copy, void *context) {
    const struct buffer *record = context;
    if (strcmp(copy->name, "20251006.mdb") != 0)
        return;
    copy->bytes = realloc(copy->bytes, copy->size + record->size + 17);
    uint8_t *node = copy->bytes + copy->size;
    memset(node, 0, 16);
    tw_put_u32(node, (uint32_t)record->size);
    node[6] = 8;
    for (size_t i = 0; i < 8; i++)
        node[8 + i] = (uint8_t)record->data[23 - i];
    memcpy(node + 16, record->data, record->size);
    copy->size += record->size + 16;
}

static void reseal(uint8_t *record, size_t size) {
    tw_put_u32(record + 12, 0);
    tw_put_u32(record + 12, tw_crc32c(0, record, size));
}

START_TEST(of_two_records_with_one_seq_the_one_that_the_chain_is_of_is_taken) {
    struct records records;
    struct buffer other = {0};
    trade_on_monday();
    records_take(&records, path);
    tw_buffer_put(&other, records.records[2].data, records.records[2].size);
    uint8_t *place = memmem(other.data, other.size, "TSLA", 4);
    for (uint8_t letter = 'B'; letter <= 'H'; letter++) {
        place[3] = letter;
        reseal((uint8_t *)other.data, other.size);
        change_files(put_other, &other);
    }
    OK(salvage());
    ck_assert_uint_eq(report.others, 7);
    ck_assert_uint_eq(report.missing, 0);
    ck_assert_uint_eq(report.proven, 6);
    ck_assert_uint_eq(report.chain_breaks, 0);
    tw_store *store = open_new(MONDAY);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    tw_abandon(store);
    tw_buffer_free(&other);
    records_free(&records);
}
END_TEST

START_TEST(a_record_far_from_all_others_is_astray) {
    struct records records;
    struct buffer far = {0};
    trade_on_monday();
    records_take(&records, path);
    tw_buffer_put(&far, records.records[2].data, records.records[2].size);
    tw_put_u64((uint8_t *)far.data + 16, INT64_MAX);
    reseal((uint8_t *)far.data, far.size);
    change_files(put_other, &far);
    OK(salvage());
    ck_assert_uint_eq(report.astray, 1);
    ck_assert_uint_eq(report.missing, 0);
    ck_assert_uint_eq(report.last_seq, 6);
    tw_buffer_free(&far);
    records_free(&records);
}
END_TEST

static void put_into_intake(struct copy *copy, void *context) {
    const struct buffer *record = context;
    if (strcmp(copy->name, "intake.wal") == 0)
        memcpy(copy->bytes + (6 << 20), record->data, record->size);
}

/* Frames that a start dropped stay where they were, and their seqs are given out again. */
START_TEST(a_record_in_the_intake_that_is_of_no_session_is_not_taken_behind_the_end) {
    struct records records;
    struct buffer dropped = {0};
    trade_on_monday();
    records_take(&records, path);
    tw_buffer_put(&dropped, records.records[4].data, records.records[4].size);
    dropped.data[16] = 7;
    reseal((uint8_t *)dropped.data, dropped.size);
    change_files(put_into_intake, &dropped);
    OK(salvage());
    ck_assert_uint_eq(report.astray, 1);
    ck_assert_uint_eq(report.last_seq, 6);
    tw_buffer_free(&dropped);
    records_free(&records);
}
END_TEST

START_TEST(what_is_kept_as_bytes_is_not_found_as_a_record_by_the_next_salvage) {
    trade_on_monday();
    lose(3);
    OK(salvage());
    ck_assert_uint_eq(report.refused, 1);
    path = scratch_path("again");
    ck_assert_int_eq(rename(into, path), 0);
    struct records records;
    records_take(&records, path);
    change_files(zero_header, &records.records[3]);
    OK(salvage());
    ck_assert_uint_eq(report.missing, 1);
    ck_assert_uint_eq(report.refused + report.others, 0);
    records_free(&records);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("salvage");
    TCase *tests = tcase_create("salvage");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_missing_record_leaves_a_note_and_all_others_keep_their_seqs);
    tcase_add_test(tests, a_correction_of_a_lost_fill_is_kept_as_bytes_and_not_counted);
    tcase_add_test(tests, what_follows_a_lost_session_has_one_again);
    tcase_add_test(tests, a_day_that_lost_its_first_records_begins_with_a_session);
    tcase_add_test(tests, records_at_the_end_that_the_head_knows_of_are_missing_too);
    tcase_add_test(tests, the_chain_of_a_whole_journal_is_the_old_one);
    tcase_add_test(tests, of_two_records_with_one_seq_the_one_that_the_chain_is_of_is_taken);
    tcase_add_test(tests, a_record_far_from_all_others_is_astray);
    tcase_add_test(tests, a_record_in_the_intake_that_is_of_no_session_is_not_taken_behind_the_end);
    tcase_add_test(tests, what_is_kept_as_bytes_is_not_found_as_a_record_by_the_next_salvage);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
