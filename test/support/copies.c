/* Journals as bytes, and what a salvage makes of them. */
#include "copies.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/codec.h"
#include "harness.h"

static void path_in(char out[600], const char *folder, const char *name) {
    snprintf(out, 600, "%s/%s", folder, name);
}

static void load(struct copy *copy, const char *folder, const char *name) {
    char path[600];
    struct stat status;
    path_in(path, folder, name);
    ck_assert_int_eq(stat(path, &status), 0);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    snprintf(copy->name, sizeof copy->name, "%s", name);
    copy->size = (size_t)status.st_size;
    copy->bytes = malloc(copy->size + 1);
    ck_assert_uint_eq(fread(copy->bytes, 1, copy->size, file), copy->size);
    fclose(file);
}

void copies_take(struct copies *copies, const char *folder) {
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    ck_assert_ptr_nonnull(listing);
    memset(copies, 0, sizeof *copies);
    while ((entry = readdir(listing)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        ck_assert_uint_lt(copies->count, MOST_COPIES);
        load(&copies->files[copies->count++], folder, entry->d_name);
    }
    closedir(listing);
}

void copies_clone(struct copies *copies, const struct copies *from) {
    *copies = *from;
    for (size_t i = 0; i < from->count; i++) {
        copies->files[i].bytes = malloc(from->files[i].size + 1);
        memcpy(copies->files[i].bytes, from->files[i].bytes, from->files[i].size);
    }
}

void copies_put(const struct copies *copies, const char *folder) {
    char path[600];
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < copies->count; i++) {
        path_in(path, folder, copies->files[i].name);
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(copies->files[i].bytes, 1, copies->files[i].size, file),
                          copies->files[i].size);
        fclose(file);
        ck_assert_int_eq(chmod(path, 0400), 0);
    }
    ck_assert_int_eq(chmod(folder, 0500), 0);
}

void copies_check(const struct copies *copies, const char *folder) {
    struct copies now;
    copies_take(&now, folder);
    ck_assert_uint_eq(now.count, copies->count);
    for (size_t i = 0; i < copies->count; i++) {
        const struct copy *file = copies_find(&now, copies->files[i].name);
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(file->size, copies->files[i].size);
        ck_assert_int_eq(memcmp(file->bytes, copies->files[i].bytes, file->size), 0);
    }
    copies_free(&now);
}

void copies_free(struct copies *copies) {
    for (size_t i = 0; i < copies->count; i++)
        free(copies->files[i].bytes);
    memset(copies, 0, sizeof *copies);
}

struct copy *copies_find(struct copies *copies, const char *name) {
    for (size_t i = 0; i < copies->count; i++)
        if (strcmp(copies->files[i].name, name) == 0)
            return &copies->files[i];
    return NULL;
}

void copies_drop(struct copies *copies, const char *name) {
    struct copy *copy = copies_find(copies, name);
    if (!copy)
        return;
    free(copy->bytes);
    *copy = copies->files[--copies->count];
}

void folder_drop(const char *folder) {
    char path[600];
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    if (!listing)
        return;
    chmod(folder, 0700);
    while ((entry = readdir(listing)) != NULL) {
        path_in(path, folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(listing);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Most of an intake is zeros that nobody has to look through. */
static size_t used_size(const struct copy *copy) {
    size_t size = copy->size;
    while (size > 0 && copy->bytes[size - 1] == 0)
        size--;
    /* A record may end in zeros. */
    return size + 64 < copy->size ? size + 64 : copy->size;
}

static int have(const struct copies *copies, const size_t *sizes, const struct buffer *record) {
    for (size_t i = 0; i < copies->count; i++)
        if (memmem(copies->files[i].bytes, sizes[i], record->data, record->size))
            return 1;
    return 0;
}

/* ---- records ------------------------------------------------------------------------------- */

static tw_journal *look_into(const char *path) {
    tw_journal *journal = NULL;
    tw_error why = {0};
    ck_assert_msg(tw_journal_open(path, &journal, &why) == 0, "%s", why.text);
    return journal;
}

/* Every event of every day, in order. Returns how many there are. */
static uint64_t each_event(const char *path, void (*each)(void *context, const tw_event *event),
                           void *context) {
    tw_journal *journal = look_into(path);
    tw_cursor *cursor = NULL;
    tw_error why = {0};
    tw_event event = {.size = sizeof event};
    int64_t dates[16];
    uint64_t found = 0;
    int64_t count = tw_journal_dates(journal, dates, 16);
    for (int64_t i = 0; i < count; i++) {
        int status;
        ck_assert_msg(tw_cursor_open(journal, dates[i], 0, &cursor, &why) == 0, "%s", why.text);
        while ((status = tw_cursor_next(cursor, &event, &why)) == 1) {
            each(context, &event);
            found++;
        }
        ck_assert_msg(status == 0, "%s", why.text);
        tw_cursor_close(cursor);
    }
    tw_journal_close(journal);
    return found;
}

static void add_record(void *context, const tw_event *event) {
    struct records *records = context;
    ck_assert_uint_eq(event->seq, records->count + 1);
    records->records =
        realloc(records->records, (size_t)(records->count + 1) * sizeof *records->records);
    struct buffer *record = &records->records[records->count++];
    memset(record, 0, sizeof *record);
    ck_assert_int_eq(tw_record_encode(event, record), 0);
}

void records_take(struct records *records, const char *journal) {
    memset(records, 0, sizeof *records);
    each_event(journal, add_record, records);
}

void records_free(struct records *records) {
    for (uint64_t i = 0; i < records->count; i++)
        tw_buffer_free(&records->records[i]);
    free(records->records);
}

/* ---- salvage ------------------------------------------------------------------------------- */

struct review {
    const struct records *records;
    uint8_t *found; /* by seq */
    uint64_t own_seq;
    uint64_t missing; /* not in their places */
};

/* A record without its first four letters. */
static void review_kept(struct review *review, const tw_custom *kept) {
    ck_assert_uint_gt(kept->bytes_size, 20);
    uint64_t seq = tw_get_u64((const uint8_t *)kept->bytes + 12);
    ck_assert_uint_ge(seq, 1);
    ck_assert_uint_le(seq, review->records->count);
    const struct buffer *record = &review->records->records[seq - 1];
    ck_assert_uint_eq(kept->bytes_size + 4, record->size);
    ck_assert_int_eq(memcmp(kept->bytes, record->data + 4, record->size - 4), 0);
    review->found[seq - 1] = 1;
}

static void review_event(void *context, const tw_event *event) {
    struct review *review = context;
    struct buffer record = {0};
    if (event->type == TW_TYPE_custom && strncmp(event->as.custom.tag, "salvage-", 8) == 0) {
        review_kept(review, &event->as.custom);
        review->missing += event->seq < review->own_seq;
        return;
    }
    if (event->seq >= review->own_seq)
        return;
    ck_assert_uint_le(event->seq, review->records->count);
    const struct buffer *original = &review->records->records[event->seq - 1];
    ck_assert_int_eq(tw_record_encode(event, &record), 0);
    int same =
        record.size == original->size && memcmp(record.data, original->data, record.size) == 0;
    int stands_in =
        (event->type == TW_TYPE_note && strcmp(event->as.note.actor, "tradewal salvage") == 0) ||
        (event->type == TW_TYPE_session_opened &&
         strcmp(event->as.session_opened.host, "salvage") == 0);
    ck_assert_msg(same || stands_in, "record %llu was invented", (unsigned long long)event->seq);
    review->found[event->seq - 1] |= (uint8_t)same;
    review->missing += !same;
    tw_buffer_free(&record);
}

static void check_verifies(const char *path) {
    tw_journal *journal = look_into(path);
    tw_error why = {0};
    int64_t dates[16];
    int64_t count = tw_journal_dates(journal, dates, 16);
    for (int64_t i = 0; i < count; i++) {
        tw_verify_report report = {.size = sizeof report};
        ck_assert_msg(tw_journal_verify(journal, dates[i], &report, &why) == 0, "%s", why.text);
    }
    tw_journal_close(journal);
}

static void check_gated(const char *path, int64_t date) {
    tw_options options = {
        .size = sizeof options, .trading_date = date, .no_thread = 1, .checkpoint_ns = -1};
    tw_store *store = NULL;
    tw_error why = {0};
    ck_assert_msg(tw_open(path, &options, &store, &why) == 0, "%s", why.text);
    ck_assert_int_eq(tw_store_gated(store, NULL), 1);
    tw_abandon(store);
}

struct outcome salvage_copies(const struct copies *damaged, const struct records *records) {
    char from[512], to[512];
    tw_error why = {0};
    struct outcome outcome = {0};
    tw_salvage_report report = {.size = sizeof report};
    snprintf(from, sizeof from, "%s", scratch_path("damaged"));
    snprintf(to, sizeof to, "%s", scratch_path("new"));
    folder_drop(from);
    folder_drop(to);
    copies_put(damaged, from);
    tw_salvage_options options = {.size = sizeof options, .any_file_system = 1};
    outcome.status = tw_salvage(from, to, &options, &report, &why);
    copies_check(damaged, from);
    if (outcome.status) {
        ck_assert_msg(why.code == outcome.status && why.text[0], "no reason");
        ck_assert_int_ne(access(to, F_OK), 0);
        return outcome;
    }
    struct review review = {.records = records, .own_seq = report.salvage_seq};
    size_t sizes[MOST_COPIES];
    for (size_t i = 0; i < damaged->count; i++)
        sizes[i] = used_size(&damaged->files[i]);
    review.found = calloc((size_t)records->count + 1, 1);
    each_event(to, review_event, &review);
    for (uint64_t i = 0; i < records->count; i++) {
        int intact = have(damaged, sizes, &records->records[i]);
        ck_assert_msg(intact || !review.found[i], "record %llu is found and lost",
                      (unsigned long long)i + 1);
        outcome.intact += (uint64_t)intact;
        outcome.found += review.found[i];
    }
    outcome.missing = report.missing;
    ck_assert_uint_eq(report.missing + report.refused, review.missing);
    check_verifies(to);
    check_gated(to, report.trading_date);
    free(review.found);
    tw_free(report.gaps);
    tw_free(report.files);
    return outcome;
}
