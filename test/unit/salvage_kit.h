/* What the tests of salvage share: a day to be damaged, ways to damage it, and a look at what was
 * made of it. */
#ifndef TW_TEST_SALVAGE_KIT_H
#define TW_TEST_SALVAGE_KIT_H

#include <stdlib.h>
#include <unistd.h>

#include "copies.h"
#include "store_fixture.h"

static tw_salvage_report report;
static char into[512];

static inline void drop_report(void) {
    tw_free(report.gaps);
    tw_free(report.files);
    memset(&report, 0, sizeof report);
}

static inline int salvage_with(const tw_salvage_options *options) {
    drop_report();
    report.size = sizeof report;
    snprintf(into, sizeof into, "%s", scratch_path("salvaged"));
    return tw_salvage(path, into, options, &report, &why);
}

static inline int salvage(void) {
    return salvage_with(NULL);
}

/* ---- damage -------------------------------------------------------------------------------- */

static inline void change_files(void (*change)(struct copy *copy, void *context), void *context) {
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

static inline void zero_record(struct copy *copy, void *context) {
    const struct buffer *record = context;
    uint8_t *found = copy->bytes;
    size_t left;
    while ((left = copy->size - (size_t)(found - copy->bytes)) > 0 &&
           (found = memmem(found, left, record->data, record->size)) != NULL)
        memset(found, 0, record->size);
}

static inline void zero_header(struct copy *copy, void *context) {
    const struct buffer *record = context;
    uint8_t *found = memmem(copy->bytes, copy->size, record->data, record->size);
    if (found)
        memset(found, 0, 24);
}

/* Wherever the record stands, it is gone. */
static inline void lose(uint64_t seq) {
    struct records records;
    records_take(&records, path);
    ck_assert_uint_le(seq, records.count);
    change_files(zero_record, &records.records[seq - 1]);
    records_free(&records);
}

static inline void lose_many(const uint64_t *seqs, size_t count) {
    struct records records;
    records_take(&records, path);
    for (size_t i = 0; i < count; i++)
        change_files(zero_record, &records.records[seqs[i] - 1]);
    records_free(&records);
}

static inline void remove_file(const char *name) {
    char file[600];
    snprintf(file, sizeof file, "%s/%s", path, name);
    ck_assert_int_eq(unlink(file), 0);
}

/* ---- looking at the new journal ------------------------------------------------------------ */

static inline tw_event *event_at(int64_t date, uint64_t seq, tw_journal **journal,
                                 tw_cursor **cursor) {
    static tw_event event;
    event = (tw_event){.size = sizeof event};
    OK(tw_journal_open(into, journal, &why));
    OK(tw_cursor_open(*journal, date, seq, cursor, &why));
    ck_assert_int_eq(tw_cursor_next(*cursor, &event, &why), 1);
    ck_assert_uint_eq(event.seq, seq);
    return &event;
}

static inline int64_t type_at(int64_t date, uint64_t seq) {
    tw_journal *journal;
    tw_cursor *cursor;
    int64_t type = event_at(date, seq, &journal, &cursor)->type;
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    return type;
}

static inline tw_store *open_new(int64_t date) {
    const char *old = path;
    path = into;
    tw_store *store = open_on(date);
    path = old;
    return store;
}

/* session_opened and clock are 1 and 2. */
static inline void trade_on_monday(void) {
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

static inline int attempt_in(tw_store *store) {
    tw_attempt attempt = {.size = sizeof attempt, .symbol = "TSLA", .side = TW_SIDE_LONG};
    return tw_append_attempt(store, &attempt, NULL, &why);
}

#endif
