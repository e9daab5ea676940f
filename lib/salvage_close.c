/* What salvage itself has to say, behind all that it found: for whoever reads the log later, and
 * for the trader, who must not take a salvaged day for a whole one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "salvage_internal.h"

enum { MOST_NOTES = 64 };

static int say_note(struct rewrite *rewrite, const char *tag, const char *text, tw_error *why) {
    tw_event event = {.type = TW_TYPE_note};
    event.as.note.actor = "tradewal salvage";
    event.as.note.tag = tag;
    event.as.note.text = text;
    return tw_writer_say(&rewrite->writer, &event, why);
}

static int say_gaps(struct rewrite *rewrite, tw_error *why) {
    const tw_salvage_report *report = &rewrite->report;
    char text[160];
    int status = 0;
    for (uint64_t i = 0; status == 0 && i < report->gap_count; i++) {
        if (i == MOST_NOTES) {
            snprintf(text, sizeof text, "and %" PRIu64 " holes more, each with notes in its place",
                     report->gap_count - i);
            return say_note(rewrite, "missing", text, why);
        }
        snprintf(text, sizeof text, "missing: %" PRIu64 " to %" PRIu64 ", %" PRIu64 " records",
                 report->gaps[i].first_seq, report->gaps[i].last_seq,
                 report->gaps[i].last_seq - report->gaps[i].first_seq + 1);
        status = say_note(rewrite, "missing", text, why);
    }
    return status;
}

static int say_asides(struct rewrite *rewrite, tw_error *why) {
    struct salvage *salvage = rewrite->salvage;
    tw_event event;
    int status = 0;
    for (size_t i = 0; status == 0 && i < rewrite->aside_count; i++) {
        const struct aside *aside = &rewrite->asides[i];
        status = tw_salvage_fetch(salvage, &salvage->entries[aside->entry], &rewrite->bytes, why);
        if (status || tw_record_decode_checked(&rewrite->decoder, rewrite->bytes.data,
                                               rewrite->bytes.size, &event, NULL))
            continue;
        status = tw_rewrite_keep(rewrite, &event, aside->tag, why);
        /* One that is too long is in the report all the same. */
        if (status == TW_E_RANGE)
            status = 0;
    }
    return status;
}

static int say_what_happened(struct rewrite *rewrite, tw_error *why) {
    const tw_salvage_report *report = &rewrite->report;
    char uuid[TW_UUID_TEXT_BYTES], text[512];
    tw_uuid_text(rewrite->salvage->identity.uuid, uuid);
    snprintf(text, sizeof text,
             "salvaged from the damaged journal %s: seqs %" PRIu64 " to %" PRIu64 ", of which "
             "%" PRIu64 " were found and %" PRIu64 " are missing; %" PRIu64 " contradict what is "
             "left and are kept as bytes; the old chain holds for %" PRIu64 "%s",
             rewrite->salvage->uuid_known ? uuid : "of unknown uuid", report->first_seq,
             report->last_seq, report->records + report->refused, report->missing, report->refused,
             report->proven,
             report->missing || report->refused
                 ? "; the chain was computed anew, so digests of the old journal do not hold"
                   " behind the first hole"
                 : "");
    int status = say_note(rewrite, "salvage", text, why);
    if (status)
        return status;
    tw_event event = {.type = TW_TYPE_finding};
    event.as.finding.case_id = "D38";
    event.as.finding.text = text;
    event.as.finding.action = TW_FINDING_HALT;
    event.as.finding.open = 1;
    return tw_writer_say(&rewrite->writer, &event, why);
}

/* Its reason is not that of any case that reconcile opens again: what a salvage lost beside the
 * quantities (attempts, limits, plans) no broker can tell. */
static int close_gate(struct rewrite *rewrite, tw_error *why) {
    char reason[256];
    tw_event event = {.type = TW_TYPE_gate};
    snprintf(reason, sizeof reason,
             TW_SALVAGE_GATE "%" PRIu64 " of %" PRIu64 " records are missing; reconcile with the "
                             "broker, then clear this gate on record",
             rewrite->report.missing, rewrite->report.last_seq - rewrite->report.first_seq + 1);
    event.as.gate.scope = "all";
    event.as.gate.state = TW_GATE_CLOSED;
    event.as.gate.reason = reason;
    event.as.gate.by = "tradewal salvage";
    return tw_writer_say(&rewrite->writer, &event, why);
}

int tw_rewrite_close(struct rewrite *rewrite, tw_error *why) {
    struct writer *writer = &rewrite->writer;
    int64_t resumed = tw_writer_in_session(writer) ? TW_RESUMED_CRASH : TW_RESUMED_CLEAN;
    tw_event closed = {.type = TW_TYPE_session_closed};
    closed.as.session_closed.reason = "salvaged";
    rewrite->report.salvage_seq = writer->last_seq + 1;
    rewrite->report.trading_date = writer->date;
    int status = tw_rewrite_open_session(rewrite, resumed, 0, why);
    if (!status)
        status = close_gate(rewrite, why);
    if (!status)
        status = say_what_happened(rewrite, why);
    if (!status)
        status = say_gaps(rewrite, why);
    if (!status)
        status = say_asides(rewrite, why);
    if (!status)
        status = tw_writer_say(writer, &closed, why);
    return status ? status : tw_writer_end_day(writer, why);
}
