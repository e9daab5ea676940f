/* The start of a writer: what the intake still holds goes into the day files it belongs to. */
#include "io/takeover_start.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "io/log_batch.h"

/* ---- a missing intake ---------------------------------------------------------------------- */

int tw_takeover_excuse(const struct folder *folder, struct log *log, tw_error *why) {
    struct log_head head;
    int64_t type = 0;
    if (!log)
        return 0;
    int status = tw_log_head(log, &head, why);
    if (!status && head.first_seq)
        status = tw_log_type_of(log, head.last_seq, &type, why);
    if (status || type == TW_TYPE_session_closed)
        return status;
    return tw_fail(why, TW_E_DAMAGED,
                   "%s/intake.wal is missing, and the last session of %lld did not end cleanly: "
                   "what was appended last may have been in it alone",
                   folder->shown, (long long)tw_log_date(log));
}

static int excuse_missing(const struct folder *folder, tw_error *why) {
    struct log *log = NULL;
    int64_t date = 0;
    int status = tw_folder_newest(folder, &date, why);
    if (status || !date)
        return status;
    status = tw_log_open(folder, date, TW_LOG_READ, &log, why);
    if (!status)
        status = tw_takeover_excuse(folder, log, why);
    tw_log_close(log);
    return status;
}

int tw_takeover_check_unused(const struct folder *folder, const struct identity *identity,
                             tw_error *why) {
    struct intake_header header;
    struct intake_image image;
    struct buffer bytes = {0};
    int64_t date = 0;
    int status = tw_folder_newest(folder, &date, why);
    if (status || date || identity->format < TW_FORMAT_INTAKE)
        return status;
    status = tw_intake_look(folder, identity->uuid, &bytes, &header, &image, why);
    int is_used = !status && (header.session || tw_takeover_any(&image));
    tw_buffer_free(&bytes);
    if (status)
        return status == TW_E_NOT_FOUND ? 0 : status;
    /* Somebody may have begun the first day meanwhile. */
    if (!is_used || tw_folder_newest(folder, &date, NULL) || date)
        return 0;
    return tw_fail(why, TW_E_DAMAGED,
                   "%s/intake.wal is of a session, and there is no day file: it is missing",
                   folder->shown);
}

int tw_takeover_read(struct takeover_start *start, const struct folder *folder,
                     const struct identity *identity, tw_error *why) {
    int status =
        tw_intake_look(folder, identity->uuid, &start->bytes, &start->header, &start->image, why);
    start->is_there = status == 0;
    if (status != TW_E_NOT_FOUND)
        return status;
    return identity->format < TW_FORMAT_INTAKE ? 0 : excuse_missing(folder, why);
}

/* ---- taking over --------------------------------------------------------------------------- */

int tw_takeover_match(const struct takeover_start *start, const struct log_head *head,
                      tw_error *why) {
    return start->is_there ? tw_intake_header_match(&start->header, &start->image, head, why) : 0;
}

int tw_takeover_into(struct takeover_start *start, struct log *log, tw_error *why) {
    struct log_batch batch = {0};
    struct takeover takeover;
    struct log_head head;
    int status = tw_log_head(log, &head, why);
    if (status)
        return status;
    struct takeover_day day = {
        .date = tw_log_date(log), .last_seq = head.last_seq, .transaction = head.transaction};
    status = tw_takeover_match(start, &head, why);
    if (!status)
        status = tw_takeover_judge(&start->image, &day, &takeover, why);
    if (status)
        return tw_fail_in(why, status, "intake.wal, day %s", tw_date_text(day.date).text);
    status = tw_log_batch_begin(&batch, head.digest, start->bytes.size, why);
    for (size_t i = 0; !status && i < takeover.count; i++)
        status = tw_log_batch_add(&batch, &takeover.frames[i], why);
    if (!status && batch.count)
        status = tw_log_commit(log, batch.records, batch.count, NULL, batch.digest, why);
    if (!status) {
        start->records += batch.count;
        start->torn += takeover.torn;
    }
    free(takeover.frames);
    tw_log_batch_free(&batch);
    return status;
}

static int take_into_date(struct takeover_start *start, const struct folder *folder, int64_t date,
                          tw_error *why) {
    struct log *log = NULL;
    int status = tw_log_open(folder, date, TW_LOG_WRITE, &log, why);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_DAMAGED,
                       "%s/intake.wal has records of %s, and there is no day file of that date",
                       folder->shown, tw_date_text(date).text);
    if (!status)
        status = tw_takeover_into(start, log, why);
    if (status) {
        tw_log_close(log);
        return status;
    }
    return tw_log_close_trimmed(log, why);
}

/* An intake with sessions has frames of one date, and says of which; else they say it. */
static void dates_of(const struct takeover_start *start, int64_t ret[TW_INTAKE_HALVES]) {
    const struct intake_header *header = &start->header;
    for (int i = 0; i < TW_INTAKE_HALVES; i++)
        ret[i] = !header->date ? tw_takeover_date(&start->image.session, &start->image.halves[i])
                               : (header->is_empty ? 0 : header->date);
}

int tw_takeover_older(struct takeover_start *start, const struct folder *folder, int64_t date,
                      tw_error *why) {
    int64_t dates[TW_INTAKE_HALVES];
    int status = 0;
    dates_of(start, dates);
    for (int i = 0; !status && i < TW_INTAKE_HALVES; i++) {
        if (dates[i] && (!tw_date_valid(dates[i]) || dates[i] > date))
            status = tw_fail(why, TW_E_DAMAGED, "%s/intake.wal has records of %s, a later date",
                             folder->shown, tw_date_text(dates[i]).text);
        else if (dates[i] && dates[i] < date && (i == 0 || dates[i] != dates[0]))
            status = take_into_date(start, folder, dates[i], why);
    }
    return status;
}

/* ---- ready for appends --------------------------------------------------------------------- */

int tw_takeover_begin_session(struct intake *intake, struct log *log, tw_error *why) {
    struct log_head head;
    uint64_t session;
    int status = tw_log_head(log, &head, why);
    if (!status)
        status = tw_intake_reset(intake, tw_log_date(log), head.session, head.transaction + 1,
                                 &session, why);
    return status ? status : tw_log_begin_session(log, session, why);
}

int tw_takeover_open(struct takeover_start *start, const struct folder *folder,
                     struct identity *identity, struct log *log, struct intake **ret,
                     tw_error *why) {
    struct log_head head;
    struct intake *intake = NULL;
    int status = tw_log_head(log, &head, why);
    if (!status && !start->is_there)
        status = tw_intake_create(folder, identity->uuid, head.session, why);
    if (!status)
        status = tw_intake_open(folder, identity->uuid, &intake, why);
    if (!status)
        status = tw_takeover_begin_session(intake, log, why);
    if (!status && identity->format < TW_FORMAT)
        status = tw_identity_upgrade(folder, identity, why);
    if (status) {
        tw_intake_close(intake);
        return status;
    }
    *ret = intake;
    return 0;
}

void tw_takeover_free(struct takeover_start *start) {
    tw_buffer_free(&start->bytes);
    memset(start, 0, sizeof *start);
}
