/* Salvage: whose journal the new one is, when there is none, and who may trade on it. */
#include "salvage_kit.h"

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
    Suite *suite = suite_create("salvage_host");
    TCase *tests = tcase_create("salvage");
    tcase_set_timeout(tests, 120);
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
