/* The records that were found: each once, and of each seq one that is chosen. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/salvage.h"
#include "io/system.h"

static int compare_entries(const void *left, const void *right) {
    const struct salvage_entry *a = left, *b = right;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    if (a->mark != b->mark)
        return a->mark < b->mark ? -1 : 1;
    if (a->trust != b->trust)
        return a->trust > b->trust ? -1 : 1;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

void tw_salvage_settle(struct salvage *salvage) {
    struct salvage_entry *entries = salvage->entries;
    size_t kept = 0;
    if (salvage->settled == salvage->entry_count)
        return;
    qsort(entries, salvage->entry_count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < salvage->entry_count; i++)
        if (kept == 0 || entries[kept - 1].seq != entries[i].seq ||
            entries[kept - 1].mark != entries[i].mark)
            entries[kept++] = entries[i];
    salvage->entry_count = salvage->settled = kept;
}

/* Copies of a page are many: before the list grows it is looked through for what is there twice. */
int tw_salvage_add(struct salvage *salvage, const struct salvage_entry *entry, tw_error *why) {
    if (salvage->entry_count == salvage->entry_capacity) {
        tw_salvage_settle(salvage);
        if (salvage->entry_count >= TW_SALVAGE_RECORDS)
            return tw_fail(why, TW_E_RANGE,
                           "there are more than %d different records: salvage some of the day "
                           "files at a time",
                           TW_SALVAGE_RECORDS);
        if (salvage->entry_count >= salvage->entry_capacity / 2 &&
            tw_array_room((void **)&salvage->entries, &salvage->entry_capacity,
                          salvage->entry_count * 2 + 1024, sizeof *salvage->entries))
            return tw_fail(why, TW_E_NOMEM, "no memory to list %zu records", salvage->entry_count);
    }
    salvage->entries[salvage->entry_count++] = *entry;
    return 0;
}

void tw_salvage_forget(struct salvage *salvage, uint16_t file) {
    size_t kept = 0;
    for (size_t i = 0; i < salvage->entry_count; i++)
        if (salvage->entries[i].file != file)
            salvage->entries[kept++] = salvage->entries[i];
    salvage->entry_count = kept;
    salvage->settled = 0;
}

/* ---- choosing ------------------------------------------------------------------------------ */

static size_t group_end(const struct salvage *salvage, size_t at) {
    size_t end = at + 1;
    while (end < salvage->entry_count && salvage->entries[end].seq == salvage->entries[at].seq)
        end++;
    return end;
}

/* The longest row of records without a hole that is too long for one: all else is astray. */
static void find_row(const struct salvage *salvage, size_t *ret_from, size_t *ret_to) {
    size_t from = 0;
    *ret_from = *ret_to = 0;
    for (size_t i = 0; i < salvage->entry_count; i++) {
        int ends = i + 1 == salvage->entry_count ||
                   salvage->entries[i + 1].seq - salvage->entries[i].seq > TW_SALVAGE_HOLE;
        if (ends && i + 1 - from > *ret_to - *ret_from) {
            *ret_from = from;
            *ret_to = i + 1;
        }
        if (ends)
            from = i + 1;
    }
}

/* What lies in no frame of the intake's session may be of an earlier one, whose frames were cut off
 * and dropped, and whose numbers were given out again. Behind all that is known it proves nothing.
 */
static uint64_t last_trusted(const struct salvage *salvage) {
    uint64_t last = salvage->known_last;
    for (size_t i = 0; i < salvage->entry_count; i++)
        if (salvage->entries[i].trust > TW_CARVE_STRAY && salvage->entries[i].seq > last)
            last = salvage->entries[i].seq;
    return last;
}

int tw_salvage_choose(struct salvage *salvage, tw_error *why) {
    size_t from, to;
    tw_salvage_settle(salvage);
    find_row(salvage, &from, &to);
    if (to == from)
        return tw_fail(why, TW_E_NOT_FOUND, "%s: no record is left in it", salvage->folder->shown);
    salvage->astray = salvage->entry_count - (to - from);
    memmove(salvage->entries, salvage->entries + from, (to - from) * sizeof *salvage->entries);
    salvage->entry_count = salvage->settled = to - from;
    uint64_t last = salvage->entries[to - from - 1].seq;
    if (salvage->known_last > last + TW_SALVAGE_HOLE)
        salvage->known_last = last;
    uint64_t trusted = last_trusted(salvage);
    for (size_t at = 0, end; at < salvage->entry_count; at = end) {
        size_t best = at;
        end = group_end(salvage, at);
        for (size_t i = at + 1; i < end; i++)
            if (salvage->entries[i].trust > salvage->entries[best].trust)
                best = i;
        struct salvage_entry *chosen = &salvage->entries[best];
        chosen->chosen = chosen->trust > TW_CARVE_STRAY || chosen->seq <= trusted;
        salvage->others += end - at - 1;
        salvage->astray += !chosen->chosen;
    }
    return 0;
}

/* ---- reading again ------------------------------------------------------------------------- */

static int open_again(struct salvage *salvage, size_t file, tw_error *why) {
    if (salvage->fd >= 0 && salvage->fd_file == file)
        return 0;
    if (salvage->fd >= 0)
        close(salvage->fd);
    salvage->fd = -1;
    salvage->fd_file = file;
    return tw_folder_open_file(salvage->folder, salvage->files[file].name, O_RDONLY, &salvage->fd,
                               NULL, why);
}

int tw_salvage_fetch(struct salvage *salvage, const struct salvage_entry *entry, struct buffer *out,
                     tw_error *why) {
    uint8_t digest[TW_DIGEST_BYTES];
    size_t size = 0;
    tw_buffer_clear(out);
    int status = open_again(salvage, entry->file, why);
    if (!status && tw_buffer_reserve(out, entry->size))
        status =
            tw_fail(why, TW_E_NOMEM, "no memory for a record of %" PRIu32 " bytes", entry->size);
    if (!status)
        status =
            tw_file_read(salvage->fd, out->data, entry->size, (int64_t)entry->offset, &size, why);
    if (status)
        return status;
    out->size = size;
    if (size == entry->size)
        tw_sha256(out->data, size, digest);
    if (size != entry->size || tw_get_u64(digest) != entry->mark)
        return tw_fail(why, TW_E_DAMAGED, "%s/%s has changed while it was read",
                       salvage->folder->shown, salvage->files[entry->file].name);
    return 0;
}

const struct salvage_day *tw_salvage_day(const struct salvage *salvage, int64_t date) {
    for (size_t i = 0; i < salvage->day_count; i++)
        if (salvage->days[i].date == date)
            return &salvage->days[i];
    return NULL;
}

void tw_salvage_free(struct salvage *salvage) {
    if (salvage->fd >= 0)
        close(salvage->fd);
    free(salvage->files);
    free(salvage->entries);
    free(salvage->witnesses);
    free(salvage->days);
}
