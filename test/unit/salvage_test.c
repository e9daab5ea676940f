/* Salvage: what becomes of records when others are missing, whose journal the new one is, and who
 * may trade on it. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "copies.h"
#include "core/codec.h"
#include "store_fixture.h"

static tw_salvage_report report;
static char into[512];

static void drop_report(void) {
    tw_free(report.gaps);
    tw_free(report.files);
    memset(&report, 0, sizeof report);
}

static int salvage_with(const tw_salvage_options *options) {
    drop_report();
    report.size = sizeof report;
    snprintf(into, sizeof into, "%s", scratch_path("salvaged"));
    return tw_salvage(path, into, options, &report, &why);
}

static int salvage(void) {
    return salvage_with(NULL);
}

/* ---- damage -------------------------------------------------------------------------------- */

static void change_files(void (*change)(struct copy *copy, void *context), void *context) {
    struct copies copies;
    copies_take(&copies, path);
    for (size_t i = 0; i < copies.count; i++) {
        char name[600];
        snprintf(name, sizeof name, "%s/%s", path, copies.files[i].name);
        change(&copies.files[i], context);
        FILE *file = fopen(name, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(copies.files[i].bytes, 1, copies.files[i].size, file),
                          copies.files[i].size);
        fclose(file);
    }
    copies_free(&copies);
}

static void zero_record(struct copy *copy, void *context) {
    const struct buffer *record = context;
    uint8_t *found = copy->bytes;
    size_t left;
    while ((left = copy->size - (size_t)(found - copy->bytes)) > 0 &&
           (found = memmem(found, left, record->data, record->size)) != NULL)
        memset(found, 0, record->size);
}

static void zero_header(struct copy *copy, void *context) {
    const struct buffer *record = context;
    uint8_t *found = memmem(copy->bytes, copy->size, record->data, record->size);
    if (found)
        memset(found, 0, 24);
}

/* Wherever the record stands, it is gone. */
static void lose(uint64_t seq) {
    struct records records;
    records_take(&records, path);
    ck_assert_uint_le(seq, records.count);
    change_files(zero_record, &records.records[seq - 1]);
    records_free(&records);
}

static void lose_many(const uint64_t *seqs, size_t count) {
    struct records records;
    records_take(&records, path);
    for (size_t i = 0; i < count; i++)
        change_files(zero_record, &records.records[seqs[i] - 1]);
    records_free(&records);
}

static void remove_file(const char *name) {
    char file[600];
    snprintf(file, sizeof file, "%s/%s", path, name);
    ck_assert_int_eq(unlink(file), 0);
}

/* ---- looking at the new journal ------------------------------------------------------------ */

static tw_event *event_at(int64_t date, uint64_t seq, tw_journal **journal, tw_cursor **cursor) {
    static tw_event event;
    event = (tw_event){.size = sizeof event};
    OK(tw_journal_open(into, journal, &why));
    OK(tw_cursor_open(*journal, date, seq, cursor, &why));
    ck_assert_int_eq(tw_cursor_next(*cursor, &event, &why), 1);
    ck_assert_uint_eq(event.seq, seq);
    return &event;
}

static int64_t type_at(int64_t date, uint64_t seq) {
    tw_journal *journal;
    tw_cursor *cursor;
    int64_t type = event_at(date, seq, &journal, &cursor)->type;
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    return type;
}

static tw_store *open_new(int64_t date) {
    const char *old = path;
    path = into;
    tw_store *store = open_on(date);
    path = old;
    return store;
}

/* session_opened and clock are 1 and 2. */
static void trade_on_monday(void) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 10000);
    tw_fill_corrected corrected = {.size = sizeof corrected,
                                   .exec_id = "e1c",
                                   .corrects = "e1",
                                   .qty_e8 = 90 * TW_E8,
                                   .price_e8 = 100 * TW_E8};
    OK(tw_append_fill_corrected(store, &corrected, NULL, &why));
    buy(store, "e2", 10, 10000);
    OK(tw_close(store, "done", &why));
}

static int attempt_in(tw_store *store) {
    tw_attempt attempt = {.size = sizeof attempt, .symbol = "TSLA", .side = TW_SIDE_LONG};
    return tw_append_attempt(store, &attempt, NULL, &why);
}

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

/* ---- whose it is --------------------------------------------------------------------------- */

START_TEST(without_its_identity_the_last_session_says_whose_journal_it_is) {
    trade_on_monday();
    remove_file("identity");
    OK(salvage());
    ck_assert_int_eq(report.settings_from, TW_SALVAGE_FROM_LOG);
    ck_assert_ptr_nonnull(strstr(report.identity_damage, "identity"));
    tw_journal *journal;
    tw_settings settings = {.size = sizeof settings};
    OK(tw_journal_open(into, &journal, &why));
    OK(tw_journal_settings(journal, &settings));
    ck_assert_str_eq(settings.account, "DU1");
    ck_assert_int_eq(settings.environment, TW_ENVIRONMENT_PAPER);
    tw_journal_close(journal);
}
END_TEST

START_TEST(where_nothing_says_whose_it_is_the_caller_has_to) {
    trade_on_monday();
    lose(1);
    remove_file("identity");
    FAILS(salvage(), TW_E_INVALID);
    ck_assert_ptr_nonnull(strstr(why.text, "account"));
    ck_assert_int_ne(access(into, F_OK), 0);
    tw_salvage_options options = {
        .size = sizeof options, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    OK(salvage_with(&options));
    ck_assert_int_eq(report.settings_from, TW_SALVAGE_FROM_OPTIONS);
}
END_TEST

START_TEST(another_account_than_the_one_that_is_expected_is_refused) {
    trade_on_monday();
    tw_salvage_options options = {.size = sizeof options, .account = "DU2"};
    FAILS(salvage_with(&options), TW_E_OTHER_ACCOUNT);
    options = (tw_salvage_options){.size = sizeof options, .environment = TW_ENVIRONMENT_LIVE};
    FAILS(salvage_with(&options), TW_E_OTHER_ACCOUNT);
    ck_assert_int_ne(access(into, F_OK), 0);
}
END_TEST

START_TEST(a_day_file_of_another_journal_gives_nothing) {
    struct copies foreign;
    trade_on_monday();
    copies_take(&foreign, path);
    const char *other = scratch_path("other");
    ck_assert_int_eq(rename(path, other), 0);
    trade_on_monday();
    tw_store *store = open_on(TUESDAY);
    OK(tw_close(store, "done", &why));
    char name[600];
    snprintf(name, sizeof name, "%s/20251007.mdb", path);
    FILE *file = fopen(name, "wb");
    const struct copy *copy = copies_find(&foreign, "20251006.mdb");
    ck_assert_uint_eq(fwrite(copy->bytes, 1, copy->size, file), copy->size);
    fclose(file);
    OK(salvage());
    ck_assert_uint_eq(report.others, 0);
    ck_assert_uint_eq(report.files[1].records, 0);
    ck_assert_ptr_nonnull(strstr(report.files[1].damage, "another journal"));
    copies_free(&foreign);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------ */

START_TEST(a_journal_that_is_being_written_is_left_alone) {
    trade_on_monday();
    tw_store *store = open_on(MONDAY);
    FAILS(salvage(), TW_E_BUSY);
    tw_abandon(store);
}
END_TEST

START_TEST(a_new_journal_inside_of_the_damaged_one_is_refused) {
    struct copies before;
    char inside[600];
    trade_on_monday();
    copies_take(&before, path);
    snprintf(inside, sizeof inside, "%s/new/", path);
    drop_report();
    report.size = sizeof report;
    FAILS(tw_salvage(path, inside, NULL, &report, &why), TW_E_INVALID);
    FAILS(tw_salvage(path, path, NULL, &report, &why), TW_E_EXISTS);
    copies_check(&before, path);
    copies_free(&before);
}
END_TEST

static void zero_file(struct copy *copy, void *context) {
    (void)context;
    if (strcmp(copy->name, "identity") != 0)
        memset(copy->bytes, 0, copy->size);
}

START_TEST(where_no_record_is_left_nothing_is_made) {
    trade_on_monday();
    change_files(zero_file, NULL);
    FAILS(salvage(), TW_E_NOT_FOUND);
    ck_assert_int_ne(access(into, F_OK), 0);
}
END_TEST

/* Somebody cuts the file off when the new journal is half written. */
static void cut_off(void *context, const char *doing, uint64_t done, uint64_t all) {
    int *cuts = context;
    (void)done;
    (void)all;
    if (strcmp(doing, "writing") != 0 || (*cuts)++ > 0)
        return;
    char name[600];
    snprintf(name, sizeof name, "%s/20251006.mdb", path);
    ck_assert_int_eq(truncate(name, 0), 0);
}

START_TEST(a_damaged_journal_that_changes_meanwhile_leaves_nothing_new) {
    int cuts = 0;
    trade_on_monday();
    tw_salvage_options options = {.size = sizeof options, .progress = cut_off, .context = &cuts};
    FAILS(salvage_with(&options), TW_E_DAMAGED);
    ck_assert_int_gt(cuts, 0);
    ck_assert_int_ne(access(into, F_OK), 0);
}
END_TEST

/* ---- trading ------------------------------------------------------------------------------- */

START_TEST(entries_stay_gated_on_the_dates_after_until_somebody_opens_the_gate) {
    trade_on_monday();
    OK(salvage());
    tw_store *store = open_new(MONDAY);
    FAILS(attempt_in(store), TW_E_GATED);
    sell(store, "e3", 10, 10000);
    OK(tw_close(store, "done", &why));
    store = open_new(TUESDAY);
    FAILS(attempt_in(store), TW_E_GATED);
    OK(tw_roll(store, TUESDAY + 1, &why));
    FAILS(attempt_in(store), TW_E_GATED);
    tw_gate gate = {.size = sizeof gate,
                    .scope = "all",
                    .state = TW_GATE_OPEN,
                    .reason = "reconciled by hand",
                    .by = "operator"};
    OK(tw_append_gate(store, &gate, NULL, &why));
    OK(attempt_in(store));
    OK(tw_roll(store, TUESDAY + 2, &why));
    OK(attempt_in(store));
    OK(tw_close(store, "done", &why));
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
    tcase_add_test(tests, what_is_kept_as_bytes_is_not_found_as_a_record_by_the_next_salvage);
    tcase_add_test(tests, without_its_identity_the_last_session_says_whose_journal_it_is);
    tcase_add_test(tests, where_nothing_says_whose_it_is_the_caller_has_to);
    tcase_add_test(tests, another_account_than_the_one_that_is_expected_is_refused);
    tcase_add_test(tests, a_day_file_of_another_journal_gives_nothing);
    tcase_add_test(tests, a_journal_that_is_being_written_is_left_alone);
    tcase_add_test(tests, a_new_journal_inside_of_the_damaged_one_is_refused);
    tcase_add_test(tests, where_no_record_is_left_nothing_is_made);
    tcase_add_test(tests, a_damaged_journal_that_changes_meanwhile_leaves_nothing_new);
    tcase_add_test(tests, entries_stay_gated_on_the_dates_after_until_somebody_opens_the_gate);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
