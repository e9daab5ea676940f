/* Every record back in its place, and a note in the place of each that is missing: seqs have no
 * gaps, and what others wrote down about a seq stays true. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "salvage_internal.h"

enum { PROGRESS_EVERY = 1024, MOST_ASIDE = 1024, MAGIC_BYTES = 4, CUSTOM_BYTES = 65536 };

static void tell_progress(struct rewrite *rewrite) {
    struct salvage *salvage = rewrite->salvage;
    if (salvage->progress && rewrite->tried++ % PROGRESS_EVERY == 0)
        salvage->progress(salvage->context, "writing", rewrite->tried, rewrite->to_try);
}

static int put_aside(struct rewrite *rewrite, size_t entry, const char *tag, tw_error *why) {
    if (rewrite->aside_count == MOST_ASIDE)
        return 0;
    if (tw_array_reserve((void **)&rewrite->asides, &rewrite->aside_capacity,
                         rewrite->aside_count + 1, sizeof *rewrite->asides))
        return tw_fail(why, TW_E_NOMEM, "no memory for %zu records", rewrite->aside_count);
    rewrite->asides[rewrite->aside_count++] = (struct aside){entry, tag};
    return 0;
}

/* ---- holes --------------------------------------------------------------------------------- */

static int note_gap(struct rewrite *rewrite, uint64_t first, uint64_t last, tw_error *why) {
    tw_salvage_report *report = &rewrite->report;
    if (tw_array_reserve((void **)&report->gaps, &rewrite->gap_capacity, report->gap_count + 1,
                         sizeof *report->gaps))
        return tw_fail(why, TW_E_NOMEM, "no memory for %" PRIu64 " holes", report->gap_count);
    report->gaps[report->gap_count++] =
        (tw_salvage_gap){.size = sizeof *report->gaps, .first_seq = first, .last_seq = last};
    report->missing += last - first + 1;
    if (report->missing > TW_SALVAGE_MISSING)
        return tw_fail(why, TW_E_RANGE,
                       "more than %d records are missing: salvage some of the day files at a time",
                       TW_SALVAGE_MISSING);
    return 0;
}

int tw_rewrite_open_session(struct rewrite *rewrite, int64_t resumed, int64_t time_ns,
                            tw_error *why) {
    const struct identity *identity = rewrite->writer.identity;
    char digest[TW_DIGEST_TEXT_BYTES];
    tw_digest_text(rewrite->writer.digest, digest);
    tw_event event = {.type = TW_TYPE_session_opened, .time_ns = time_ns};
    event.as.session_opened = (tw_session_opened){.account = identity->account,
                                                  .environment = identity->environment,
                                                  .zone = identity->zone,
                                                  .host = "salvage",
                                                  .version = TW_VERSION,
                                                  .resumed = resumed,
                                                  .currency = identity->currency,
                                                  .cost_method = identity->cost_method,
                                                  .previous_digest = digest};
    return tw_writer_say(&rewrite->writer, &event, why);
}

static int fill_place(struct rewrite *rewrite, int64_t time_ns, tw_error *why) {
    struct writer *writer = &rewrite->writer;
    char text[96];
    tw_event event = {.type = TW_TYPE_note, .time_ns = time_ns};
    tell_progress(rewrite);
    /* What comes behind the hole needs a session to be of. */
    if (!tw_writer_in_session(writer))
        return tw_rewrite_open_session(rewrite, TW_RESUMED_CRASH, time_ns, why);
    snprintf(text, sizeof text, "record %" PRIu64 " is missing from the damaged journal",
             writer->last_seq + 1);
    event.as.note.actor = "tradewal salvage";
    event.as.note.tag = "missing";
    event.as.note.text = text;
    return tw_writer_say(writer, &event, why);
}

/* Up to a seq. Nobody knows when it was: it is given the time of its neighbour. */
static int fill_places(struct rewrite *rewrite, uint64_t last, int64_t time_ns, tw_error *why) {
    struct writer *writer = &rewrite->writer;
    int status = 0;
    while (status == 0 && writer->last_seq < last) {
        int64_t time = writer->state->last_time_ns ? writer->state->last_time_ns : time_ns;
        status = fill_place(rewrite, time, why);
    }
    return status;
}

/* How much of a hole before the first record that is left of a day is of the day before: what the
 * origin says, else all that the later day does not need for a session. */
static uint64_t end_of_day(const struct rewrite *rewrite, uint64_t last, const tw_event *next) {
    const struct salvage_day *day = tw_salvage_day(rewrite->salvage, next->trading_date);
    if (day && day->previous_seq >= rewrite->writer.last_seq && day->previous_seq <= last)
        return day->previous_seq;
    return next->type == TW_TYPE_session_opened ? last : last - 1;
}

/* `next` is what comes behind the hole, NULL at the end. */
static int fill_hole(struct rewrite *rewrite, uint64_t last, const tw_event *next, tw_error *why) {
    struct writer *writer = &rewrite->writer;
    int64_t time_ns = next ? next->time_ns : writer->state->last_time_ns;
    uint64_t first = writer->last_seq + 1;
    int is_new_day = next && next->trading_date > writer->date;
    if (last < first)
        return 0;
    int status = note_gap(rewrite, first, last, why);
    if (!status)
        status =
            fill_places(rewrite, is_new_day ? end_of_day(rewrite, last, next) : last, time_ns, why);
    if (!status && writer->last_seq < last)
        status = tw_writer_begin_day(writer, next->trading_date, why);
    return status ? status : fill_places(rewrite, last, time_ns, why);
}

/* ---- records ------------------------------------------------------------------------------- */

int tw_rewrite_keep(struct rewrite *rewrite, const tw_event *original, const char *tag,
                    tw_error *why) {
    tw_event event = {.type = TW_TYPE_custom};
    if (rewrite->bytes.size > CUSTOM_BYTES)
        return tw_fail(why, TW_E_RANGE, "record %" PRIu64 " is too long to be kept aside",
                       original->seq);
    event.time_ns = original->time_ns;
    event.corr = original->corr;
    event.as.custom.tag = tag;
    event.as.custom.bytes = rewrite->bytes.data + MAGIC_BYTES;
    event.as.custom.bytes_size = rewrite->bytes.size - MAGIC_BYTES;
    return tw_writer_say(&rewrite->writer, &event, why);
}

/* With records missing before it a record may say what cannot be: it is kept, and not counted. */
static int put_refused(struct rewrite *rewrite, size_t entry, const tw_event *event,
                       tw_error *why) {
    rewrite->report.refused++;
    if (tw_writer_in_session(&rewrite->writer) && rewrite->bytes.size <= CUSTOM_BYTES)
        return tw_rewrite_keep(rewrite, event, "salvage-refused", why);
    int status = put_aside(rewrite, entry, "salvage-refused", why);
    return status ? status : fill_place(rewrite, event->time_ns, why);
}

static int put_record(struct rewrite *rewrite, size_t entry, const tw_event *event, tw_error *why) {
    struct writer *writer = &rewrite->writer;
    int refused = event->trading_date < writer->date;
    int status = fill_hole(rewrite, event->seq - 1, event, why);
    if (!status && event->trading_date > writer->date)
        status = tw_writer_begin_day(writer, event->trading_date, why);
    if (status)
        return status;
    if (!refused) {
        status =
            tw_writer_put(writer, event, rewrite->bytes.data, rewrite->bytes.size, &refused, why);
        rewrite->report.records += status == 0;
    }
    return refused ? put_refused(rewrite, entry, event, why) : status;
}

/* The oldest date that the journal has a day file of. */
static int64_t oldest_date(const struct salvage *salvage, int64_t otherwise) {
    for (size_t i = 0; i < salvage->file_count; i++)
        if (salvage->files[i].date && !salvage->files[i].is_foreign)
            return salvage->files[i].date < otherwise ? salvage->files[i].date : otherwise;
    return otherwise;
}

/* Where the journal began: where the origin of its oldest day says so, else at 1. */
static int begin(struct rewrite *rewrite, const tw_event *first, tw_error *why) {
    struct salvage *salvage = rewrite->salvage;
    struct writer *writer = &rewrite->writer;
    int64_t date = oldest_date(salvage, first->trading_date);
    const struct salvage_day *day = tw_salvage_day(salvage, date);
    uint64_t before = day && day->previous_seq < first->seq ? day->previous_seq : 0;
    if (first->seq - before > TW_SALVAGE_HOLE)
        before = first->seq - 1;
    writer->last_seq = before;
    for (size_t i = 0; before && i < salvage->witness_count; i++)
        if (salvage->witnesses[i].strong && salvage->witnesses[i].seq == before)
            memcpy(writer->digest, salvage->witnesses[i].digest, sizeof writer->digest);
    rewrite->report.first_seq = before + 1;
    return tw_writer_begin_day(writer, first->seq == before + 1 ? first->trading_date : date, why);
}

/* 1 and the record of a chosen entry; 0 when its content is none. */
static int read_entry(struct rewrite *rewrite, size_t entry, tw_event *ret, tw_error *why) {
    int status =
        tw_salvage_fetch(rewrite->salvage, &rewrite->salvage->entries[entry], &rewrite->bytes, why);
    if (status)
        return status;
    status = tw_record_decode_checked(&rewrite->decoder, rewrite->bytes.data, rewrite->bytes.size,
                                      ret, why);
    return status == 0 ? 1 : status == TW_E_DAMAGED ? 0 : status;
}

int tw_rewrite_records(struct rewrite *rewrite, tw_error *why) {
    struct salvage *salvage = rewrite->salvage;
    struct writer *writer = &rewrite->writer;
    tw_event event;
    int status = 0;
    rewrite->to_try =
        salvage->known_last > salvage->entry_count ? salvage->known_last : salvage->entry_count;
    for (size_t i = 0; status == 0 && i < salvage->entry_count; i++) {
        if (!salvage->entries[i].chosen) {
            status = put_aside(rewrite, i, "salvage-other", why);
            continue;
        }
        tell_progress(rewrite);
        int found = read_entry(rewrite, i, &event, why);
        if (found < 0)
            return found;
        if (found && !writer->date)
            status = begin(rewrite, &event, why);
        if (found && !status)
            status = put_record(rewrite, i, &event, why);
    }
    if (!status && !writer->date)
        status =
            tw_fail(why, TW_E_NOT_FOUND, "%s: no record is left in it", salvage->folder->shown);
    if (!status)
        status = fill_hole(rewrite, salvage->known_last, NULL, why);
    rewrite->report.last_seq = writer->last_seq;
    return status;
}
