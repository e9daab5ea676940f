/* Looking through the files of a damaged journal. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "io/intake.h"
#include "io/preflight.h"
#include "io/salvage.h"

/* One file that is looked through, a window at a time. */
struct scan {
    struct salvage *salvage;
    struct salvage_file *file;
    uint16_t index;
    int fd;
    uint64_t size;
    uint8_t *window;
    struct frame_session frames;
    struct carve carve;
    struct decoder decoder;
    int is_foreign; /* an origin of another journal was in it */
    int is_ours;
};

/* ---- what is found ------------------------------------------------------------------------- */

/* Where nothing else does, the last session says what the journal is. */
static void note_session(struct salvage *salvage, const tw_event *event) {
    const tw_session_opened *opened = &event->as.session_opened;
    struct identity *identity = &salvage->identity;
    if (salvage->identity_known || event->seq <= salvage->session_seq)
        return;
    salvage->session_seq = event->seq;
    snprintf(identity->account, sizeof identity->account, "%s", opened->account);
    snprintf(identity->zone, sizeof identity->zone, "%s", opened->zone);
    snprintf(identity->currency, sizeof identity->currency, "%s", opened->currency);
    identity->environment = opened->environment;
    identity->cost_method = opened->cost_method;
}

static int add_witness(struct salvage *salvage, uint64_t seq, const uint8_t *digest, int strong,
                       tw_error *why) {
    if (salvage->witness_count == TW_SALVAGE_WITNESSES)
        return 0;
    if (tw_array_reserve((void **)&salvage->witnesses, &salvage->witness_capacity,
                         salvage->witness_count + 1, sizeof *salvage->witnesses))
        return tw_fail(why, TW_E_NOMEM, "no memory for what is left of the chain");
    struct salvage_witness *witness = &salvage->witnesses[salvage->witness_count++];
    witness->seq = seq;
    witness->strong = strong != 0;
    memcpy(witness->digest, digest, sizeof witness->digest);
    return 0;
}

static int take_origin(struct scan *scan, const struct log_origin *origin, tw_error *why) {
    struct salvage *salvage = scan->salvage;
    if (!salvage->uuid_known) {
        memcpy(salvage->identity.uuid, origin->uuid, sizeof origin->uuid);
        salvage->uuid_known = 1;
    }
    if (memcmp(origin->uuid, salvage->identity.uuid, sizeof origin->uuid) != 0) {
        scan->is_foreign = 1;
        return 0;
    }
    scan->is_ours = 1;
    if (tw_salvage_day(salvage, origin->date) || !tw_date_valid(origin->date))
        return 0;
    if (tw_array_reserve((void **)&salvage->days, &salvage->day_capacity, salvage->day_count + 1,
                         sizeof *salvage->days))
        return tw_fail(why, TW_E_NOMEM, "no memory for %zu days", salvage->day_count);
    salvage->days[salvage->day_count++] = (struct salvage_day){origin->date, origin->previous_seq};
    return add_witness(salvage, origin->previous_seq, origin->previous_digest, 1, why);
}

static int take_record(struct scan *scan, const struct carved *found, tw_error *why) {
    struct salvage *salvage = scan->salvage;
    const uint8_t *bytes = scan->carve.bytes + found->at;
    uint8_t digest[TW_DIGEST_BYTES];
    tw_event event;
    if (found->is_newer) {
        salvage->newer += found->trust > TW_CARVE_LOOSE;
        return 0;
    }
    if (found->record.type == TW_TYPE_session_opened && found->trust > TW_CARVE_STRAY &&
        tw_record_decode_checked(&scan->decoder, bytes, found->size, &event, NULL) == 0)
        note_session(salvage, &event);
    tw_sha256(bytes, found->size, digest);
    struct salvage_entry entry = {.seq = found->record.seq,
                                  .mark = tw_get_u64(digest),
                                  .offset = scan->carve.offset + found->at,
                                  .size = (uint32_t)found->size,
                                  .file = scan->index,
                                  .trust = (uint8_t)found->trust};
    return tw_salvage_add(salvage, &entry, why);
}

static int take_find(struct scan *scan, const struct carved *found, tw_error *why) {
    struct salvage *salvage = scan->salvage;
    switch (found->kind) {
    case TW_CARVE_RECORD:
        return take_record(scan, found, why);
    case TW_CARVE_ORIGIN:
        return take_origin(scan, &found->origin, why);
    case TW_CARVE_HEAD:
        if (found->head.last_seq > scan->file->last_seq)
            scan->file->last_seq = found->head.last_seq;
        return add_witness(salvage, found->head.last_seq, found->head.digest, 1, why);
    case TW_CARVE_SNAPSHOT:
        return add_witness(salvage, found->seq, found->digest, 0, why);
    case TW_CARVE_FRAME:
        if (found->seq > scan->file->last_seq)
            scan->file->last_seq = found->seq;
        return 0;
    }
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* What the disk does not give is zeros, and counted. */
static int read_window(struct scan *scan, uint64_t offset, size_t size, tw_error *why) {
    size_t got = 0;
    int status = tw_file_read(scan->fd, scan->window, size, (int64_t)offset, &got, why);
    if (status == 0) {
        memset(scan->window + got, 0, size - got);
        return 0;
    }
    for (size_t at = 0; at < size; at += TW_PAGE_BYTES) {
        size_t block = size - at < TW_PAGE_BYTES ? size - at : TW_PAGE_BYTES;
        got = 0;
        scan->file->unread += tw_file_read(scan->fd, scan->window + at, block,
                                           (int64_t)(offset + at), &got, NULL) != 0;
        memset(scan->window + at + got, 0, block - got);
    }
    return 0;
}

static void tell_progress(struct salvage *salvage, uint64_t bytes) {
    salvage->done_bytes += bytes;
    if (salvage->progress)
        salvage->progress(salvage->context, "reading", salvage->done_bytes, salvage->all_bytes);
}

/* The next place at or behind `at` where the file has anything: holes have no records. */
static uint64_t skip_hole(const struct scan *scan, uint64_t at) {
    off_t data = lseek(scan->fd, (off_t)at, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? scan->size : at;
    return (uint64_t)data;
}

static int scan_window(struct scan *scan, uint64_t from, uint64_t *ret_next, tw_error *why) {
    struct carve *carve = &scan->carve;
    struct carved found;
    uint64_t start = from > TW_CARVE_BEFORE ? from - TW_CARVE_BEFORE : 0;
    uint64_t left = scan->size - start;
    size_t size = left < TW_SALVAGE_WINDOW_BYTES ? (size_t)left : TW_SALVAGE_WINDOW_BYTES;
    int status = read_window(scan, start, size, why);
    carve->size = size;
    carve->offset = start;
    carve->at = (size_t)(from - start);
    carve->until = size == left ? size : size - TW_CARVE_BEYOND;
    carve->spare += (uint64_t)size * TW_CARVE_SPARE_TIMES;
    while (status == 0 && tw_carve_next(carve, &found))
        status = take_find(scan, &found, why);
    size_t next = carve->at > carve->until ? carve->at : carve->until;
    *ret_next = start + next;
    return status;
}

static int scan_bytes(struct scan *scan, tw_error *why) {
    uint64_t at = 0;
    int status = 0;
    scan->carve.bytes = scan->window;
    scan->carve.spare = TW_CARVE_SPARE;
    while (status == 0 && (at = skip_hole(scan, at)) < scan->size) {
        uint64_t before = at;
        status = scan_window(scan, at, &at, why);
        tell_progress(scan->salvage, at - before);
    }
    return status;
}

/* ---- the files ----------------------------------------------------------------------------- */

static void note_damage(struct salvage_file *file, const tw_error *found) {
    if (!file->damage[0])
        snprintf(file->damage, sizeof file->damage, "%s", found->text);
}

/* The intake is of this journal's last session as far as its first block says so. */
static void read_intake_header(struct scan *scan) {
    struct salvage *salvage = scan->salvage;
    uint8_t block[TW_INTAKE_HEADER_BYTES];
    struct intake_header header;
    tw_error found = {0};
    size_t size = 0;
    uint8_t uuid[TW_UUID_BYTES] = {0};
    int status = tw_file_read(scan->fd, block, sizeof block, 0, &size, &found);
    if (salvage->uuid_known)
        memcpy(uuid, salvage->identity.uuid, sizeof uuid);
    else if (size > 24)
        memcpy(uuid, block + 8, sizeof uuid);
    if (status == 0)
        status = tw_intake_header_decode(block, size, uuid, &header, &found);
    if (status == 0) {
        scan->frames = tw_intake_header_frames(&header, uuid);
        scan->carve.frames = &scan->frames;
        salvage->intake_known = 1;
    }
    if (status == 0 && scan->size != TW_INTAKE_BYTES)
        status = tw_fail(&found, TW_E_DAMAGED, "it has %" PRIu64 " bytes, expected %d", scan->size,
                         TW_INTAKE_BYTES);
    if (status)
        note_damage(scan->file, &found);
}

static void check_pages(struct scan *scan) {
    struct preflight preflight;
    tw_error found = {0};
    if (tw_preflight(scan->fd, &preflight, &found))
        note_damage(scan->file, &found);
    scan->salvage->end_known = !scan->file->damage[0];
}

static int scan_open_file(struct scan *scan, tw_error *why) {
    struct salvage *salvage = scan->salvage;
    scan->carve.is_intake = scan->file->date == 0;
    if (scan->carve.is_intake)
        read_intake_header(scan);
    else
        check_pages(scan);
    int status = scan_bytes(scan, why);
    if (status)
        return status;
    if (scan->is_foreign && !scan->is_ours) {
        tw_salvage_forget(salvage, scan->index);
        scan->file->is_foreign = 1;
        snprintf(scan->file->damage, sizeof scan->file->damage,
                 "it is of another journal: nothing was taken from it");
    } else if (scan->file->last_seq > salvage->known_last) {
        salvage->known_last = scan->file->last_seq;
    }
    return 0;
}

static int scan_file(struct salvage *salvage, size_t index, uint8_t *window, tw_error *why) {
    struct scan scan = {.salvage = salvage,
                        .file = &salvage->files[index],
                        .index = (uint16_t)index,
                        .fd = -1,
                        .window = window};
    struct stat status;
    int rc =
        tw_folder_open_file(salvage->folder, scan.file->name, O_RDONLY, &scan.fd, &status, why);
    if (rc == TW_E_DAMAGED || rc == TW_E_NOT_FOUND) {
        snprintf(scan.file->damage, sizeof scan.file->damage, "%s",
                 rc == TW_E_NOT_FOUND ? "it is missing" : "it is no file");
        return 0;
    }
    if (rc)
        return rc;
    scan.size = scan.file->bytes = (uint64_t)status.st_size;
    rc = scan_open_file(&scan, why);
    if (scan.file->unread)
        snprintf(scan.file->damage, sizeof scan.file->damage,
                 "%" PRIu64 " blocks of it cannot be read", scan.file->unread);
    tw_decoder_free(&scan.decoder);
    close(scan.fd);
    return rc;
}

static int list_files(struct salvage *salvage, tw_error *why) {
    int64_t count = tw_folder_dates(salvage->folder, NULL, 0, why);
    if (count < 0)
        return (int)count;
    if (count >= UINT16_MAX)
        return tw_fail(why, TW_E_RANGE, "%s has %" PRId64 " day files: salvage some at a time",
                       salvage->folder->shown, count);
    int64_t *dates = calloc((size_t)count + 1, sizeof *dates);
    salvage->files = calloc((size_t)count + 1, sizeof *salvage->files);
    int64_t found = dates && salvage->files
                        ? tw_folder_dates(salvage->folder, dates, (uint64_t)count, why)
                        : tw_fail(why, TW_E_NOMEM, "no memory for a list of files");
    for (int64_t i = 0; i < found && i < count; i++) {
        struct salvage_file *file = &salvage->files[salvage->file_count++];
        file->date = dates[i];
        tw_folder_day_name(dates[i], file->name);
    }
    if (found >= 0)
        snprintf(salvage->files[salvage->file_count++].name, TW_FILE_NAME_BYTES, "intake.wal");
    free(dates);
    return found < 0 ? (int)found : 0;
}

static void measure(struct salvage *salvage) {
    struct stat status;
    for (size_t i = 0; i < salvage->file_count; i++)
        if (fstatat(salvage->folder->fd, salvage->files[i].name, &status, AT_SYMLINK_NOFOLLOW) == 0)
            salvage->all_bytes += (uint64_t)status.st_size;
}

static int read_identity(struct salvage *salvage, tw_error *why) {
    tw_error found = {0};
    struct identity identity;
    int status = tw_identity_read(salvage->folder, &identity, &found);
    if (status == 0) {
        salvage->identity = identity;
        salvage->identity_known = salvage->uuid_known = 1;
        return 0;
    }
    if (status != TW_E_NOT_JOURNAL && status != TW_E_DAMAGED)
        return tw_fail(why, status, "%s", found.text);
    snprintf(salvage->identity_damage, sizeof salvage->identity_damage, "%s", found.text);
    return 0;
}

static void count_records(struct salvage *salvage) {
    for (size_t i = 0; i < salvage->entry_count; i++)
        salvage->files[salvage->entries[i].file].records++;
}

int tw_salvage_scan(struct salvage *salvage, tw_error *why) {
    salvage->fd = -1;
    int status = read_identity(salvage, why);
    if (!status)
        status = list_files(salvage, why);
    if (status)
        return status;
    measure(salvage);
    uint8_t *window = malloc(TW_SALVAGE_WINDOW_BYTES);
    if (!window)
        return tw_fail(why, TW_E_NOMEM, "no memory to read the files");
    for (size_t i = 0; status == 0 && i < salvage->file_count; i++)
        status = scan_file(salvage, i, window, why);
    free(window);
    if (status)
        return status;
    if (salvage->newer)
        return tw_fail(why, TW_E_NEWER, "%" PRIu64 " records are of a later version",
                       salvage->newer);
    tw_salvage_settle(salvage);
    count_records(salvage);
    return 0;
}
