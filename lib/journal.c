/* The facade for looking: opening a journal read-only, its days, cursors and states. */
#include "journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "io/clock.h"
#include "io/log_tail.h"
#include "io/takeover_start.h"
#include "io/zone_file.h"
#include "store_internal.h"

struct tw_journal {
    struct folder *folder;
    struct identity identity;
    struct zone *zone;
};

struct tw_cursor {
    struct log *log;
    struct record_reader reader;
};

int tw_journal_open(const char *path, tw_journal **ret, tw_error *why) {
    if (!path || !ret)
        return tw_fail(why, TW_E_INVALID, "path or result are missing");
    tw_journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return tw_fail(why, TW_E_NOMEM, "no memory for a journal");
    int status = tw_folder_open(path, TW_FOLDER_READ, &journal->folder, why);
    if (status == TW_E_NOT_FOUND)
        status = tw_fail(why, TW_E_NOT_JOURNAL, "there is no journal at %s", path);
    if (!status)
        status = tw_identity_read(journal->folder, &journal->identity, why);
    if (!status)
        status = tw_folder_check_newest(journal->folder, why);
    if (!status)
        status = tw_takeover_check_unused(journal->folder, &journal->identity, why);
    if (!status)
        status = tw_zone_load(journal->identity.zone, &journal->zone, why);
    if (status) {
        tw_journal_close(journal);
        return status;
    }
    *ret = journal;
    return 0;
}

void tw_journal_close(tw_journal *journal) {
    if (!journal)
        return;
    tw_zone_free(journal->zone);
    tw_folder_close(journal->folder);
    free(journal);
}

int tw_journal_zone(const tw_journal *journal, const struct zone **ret) {
    *ret = journal->zone;
    return 0;
}

int tw_journal_settings(const tw_journal *journal, tw_settings *ret) {
    tw_settings settings;
    if (!journal || !tw_has_size(ret))
        return TW_E_INVALID;
    tw_identity_to_settings(&journal->identity, &settings);
    return tw_give(ret, &settings, sizeof settings);
}

int64_t tw_journal_dates(const tw_journal *journal, int64_t *ret, uint64_t room) {
    if (!journal || (!ret && room))
        return TW_E_INVALID;
    return tw_folder_dates(journal->folder, ret, room, NULL);
}

/* Where the last writer died, what it appended last may be in the intake alone. A copy of a day
 * without the intake is whole if that session ended cleanly; an older day is whole without it. */
static int attach_tail(tw_journal *journal, struct log *log, tw_error *why) {
    struct log_tail *tail = NULL;
    int64_t newest = 0, still = 0;
    int status = tw_folder_newest(journal->folder, &newest, why);
    int is_newest = newest == tw_log_date(log);
    /* With sessions the intake has nothing of an older day. */
    if (status || (!is_newest && journal->identity.format >= TW_FORMAT_SESSIONS))
        return status;
    status = tw_log_tail_load(log, is_newest, journal->folder, journal->identity.uuid, &tail, why);
    if (status == TW_E_NOT_FOUND)
        status = is_newest ? tw_takeover_excuse(journal->folder, log, why) : 0;
    /* Somebody may have begun the next day meanwhile. */
    if (status == TW_E_DAMAGED && is_newest &&
        tw_folder_newest(journal->folder, &still, NULL) == 0 && still != newest)
        return 0;
    if (!status && tail)
        tw_log_attach_tail(log, tail);
    return status;
}

int tw_journal_log(tw_journal *journal, int64_t date, struct log **ret, tw_error *why) {
    if (!journal || !ret)
        return tw_fail(why, TW_E_INVALID, "journal or result are missing");
    *ret = NULL;
    int status = tw_log_open(journal->folder, date, TW_LOG_READ, ret, why);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_NOT_FOUND, "the journal has no trading date %s",
                       tw_date_text(date).text);
    if (!status)
        status = tw_log_check_journal(*ret, journal->identity.uuid, why);
    if (status)
        status = tw_fail_in(why, status, "the day file of %s", tw_date_text(date).text);
    else if (journal->identity.format >= TW_FORMAT_INTAKE)
        status = attach_tail(journal, *ret, why);
    if (status && *ret) {
        tw_log_close(*ret);
        *ret = NULL;
    }
    return status;
}

int tw_journal_check_before(tw_journal *journal, const struct log *log, tw_error *why) {
    const struct log_origin *origin = tw_log_origin(log);
    struct log_head head;
    int64_t older;
    int status = tw_date_before(journal->folder, origin->date, &older, why);
    /* What is wrong with the older day itself is told where that one is looked at. */
    if (status || !older ||
        tw_day_end(journal->folder, journal->identity.uuid, older, &head, NULL, NULL))
        return status;
    if (head.last_seq == origin->previous_seq &&
        memcmp(head.digest, origin->previous_digest, sizeof head.digest) == 0)
        return 0;
    return tw_fail(why, TW_E_DAMAGED,
                   "the day follows record %llu of an older day, the newest older day file, %s, "
                   "ends otherwise at record %llu: a day file is missing or was exchanged",
                   (unsigned long long)origin->previous_seq, tw_date_text(older).text,
                   (unsigned long long)head.last_seq);
}

static int describe_day(struct log *log, tw_day *ret, tw_error *why) {
    struct log_head head;
    struct log_stat stat;
    uint64_t newest = 0;
    int status = tw_log_head(log, &head, why);
    if (!status)
        status = tw_log_stat(log, &stat, why);
    if (status)
        return status;
    int64_t snapshots = tw_log_snapshots(log, &newest, 1, why);
    if (snapshots < 0)
        return (int)snapshots;
    ret->trading_date = tw_log_date(log);
    ret->first_seq = head.first_seq;
    ret->last_seq = head.first_seq ? head.last_seq : 0;
    ret->last_time_ns = head.last_time_ns;
    ret->snapshot_seq = newest;
    ret->snapshots = (uint64_t)snapshots;
    ret->file_bytes = (int64_t)stat.file_bytes;
    ret->used_bytes = (int64_t)stat.used_bytes;
    memcpy(ret->digest, head.digest, sizeof ret->digest);
    tw_log_unsaved(log, &ret->intake_records, &ret->intake_torn);
    ret->last_type = 0;
    return head.first_seq ? tw_log_type_of(log, head.last_seq, &ret->last_type, why) : 0;
}

int tw_journal_day(tw_journal *journal, int64_t trading_date, tw_day *ret, tw_error *why) {
    struct log *log;
    tw_day day = {.size = sizeof day};
    if (!tw_has_size(ret))
        return tw_fail(why, TW_E_INVALID, "the result or its size are missing");
    int status = tw_journal_log(journal, trading_date, &log, why);
    if (status)
        return status;
    status = describe_day(log, &day, why);
    tw_log_close(log);
    return status ? status : tw_give(ret, &day, sizeof day);
}

int64_t tw_journal_snapshots(tw_journal *journal, int64_t trading_date, uint64_t *ret,
                             uint64_t room, tw_error *why) {
    struct log *log;
    int status = tw_journal_log(journal, trading_date, &log, why);
    if (status)
        return status;
    int64_t count = tw_log_snapshots(log, ret, room, why);
    tw_log_close(log);
    return count;
}

int tw_journal_writer(tw_journal *journal, tw_writer *ret, tw_error *why) {
    struct lock_holder holder;
    if (!journal || !tw_has_size(ret))
        return tw_fail(why, TW_E_INVALID, "journal, result or its size are missing");
    int status = tw_lock_query(journal->folder, &holder, why);
    if (status)
        return status;
    tw_writer writer = {.size = sizeof writer,
                        .alive = holder.alive,
                        .pid = holder.pid,
                        .since_ns = holder.since_ns};
    memcpy(writer.host, holder.host, sizeof holder.host);
    memcpy(writer.boot_id, holder.boot_id, sizeof holder.boot_id);
    _Static_assert(sizeof writer.host >= sizeof holder.host &&
                       sizeof writer.boot_id >= sizeof holder.boot_id,
                   "what the lock says fits");
    return tw_give(ret, &writer, sizeof writer);
}

/* ---- cursors ------------------------------------------------------------------------------- */

int tw_cursor_open(tw_journal *journal, int64_t trading_date, uint64_t from_seq, tw_cursor **ret,
                   tw_error *why) {
    tw_cursor *cursor = calloc(1, sizeof *cursor);
    struct log_head head;
    if (!cursor)
        return tw_fail(why, TW_E_NOMEM, "no memory for a cursor");
    int status = tw_journal_log(journal, trading_date, &cursor->log, why);
    if (!status)
        status = tw_log_head(cursor->log, &head, why);
    if (status) {
        tw_cursor_close(cursor);
        return status;
    }
    uint64_t first = tw_log_origin(cursor->log)->previous_seq + 1;
    cursor->reader.log = cursor->log;
    cursor->reader.next_seq = from_seq > first ? from_seq : first;
    *ret = cursor;
    return 0;
}

int tw_cursor_next(tw_cursor *cursor, tw_event *ret, tw_error *why) {
    tw_event event;
    if (!cursor || !tw_has_size(ret))
        return tw_fail(why, TW_E_INVALID, "cursor, event or its size are missing");
    int status = tw_reader_next(&cursor->reader, &event, why);
    if (status > 0)
        tw_give(ret, &event, sizeof event);
    return status;
}

void tw_cursor_close(tw_cursor *cursor) {
    if (!cursor)
        return;
    tw_reader_free(&cursor->reader);
    tw_log_close(cursor->log);
    free(cursor);
}

/* ---- states -------------------------------------------------------------------------------- */

static void describe_session(const struct state *state, tw_recovery *report) {
    report->ended = TW_RESUMED_NEW;
    if (!state->last_seq)
        return;
    report->ended = state->session.closed ? TW_RESUMED_CLEAN : TW_RESUMED_CRASH;
    report->ended_ns = state->last_time_ns;
    report->opened_pid = (uint64_t)state->session.pid;
    report->opened_ns = state->session.opened_ns;
}

static void describe_recovery(const struct recovered *found, int64_t date, int64_t older,
                              int64_t took_ns, uint64_t unsaved, uint64_t torn, tw_recovery *ret) {
    tw_recovery report = {.size = sizeof report,
                          .trading_date = date,
                          .last_seq = found->state->last_seq,
                          .first_seq = found->state->first_seq,
                          .last_time_ns = found->state->last_time_ns,
                          .snapshot_seq = found->snapshot_seq,
                          .snapshots_bad = found->snapshots_bad,
                          .replayed = found->replayed,
                          .older_date = older,
                          .took_ns = took_ns,
                          .intake_records = unsaved,
                          .intake_torn = torn};
    describe_session(found->state, &report);
    tw_give(ret, &report, sizeof report);
}

int tw_journal_state(tw_journal *journal, int64_t trading_date, uint64_t at_seq, int64_t at_ns,
                     tw_state **ret, tw_recovery *recovery, tw_error *why) {
    struct log *log;
    struct recovered found;
    int64_t older = 0;
    if (!ret || (recovery && recovery->size <= sizeof recovery->size))
        return tw_fail(why, TW_E_INVALID, "the result or a size are missing");
    int64_t started = tw_clock_monotonic_ns();
    int status = tw_journal_log(journal, trading_date, &log, why);
    if (status)
        return status;
    struct recover_limit limit = {.at_seq = at_seq, .at_ns = at_ns, .whole_day = !recovery};
    status = tw_recover_day(log, &limit, &found, why);
    uint64_t unsaved, torn;
    tw_log_unsaved(log, &unsaved, &torn);
    tw_log_close(log);
    if (status)
        return status;
    if (recovery)
        status = tw_date_before(journal->folder, trading_date, &older, why);
    if (status) {
        tw_state_free(found.state);
        return status;
    }
    if (recovery)
        describe_recovery(&found, trading_date, older, tw_clock_monotonic_ns() - started, unsaved,
                          torn, recovery);
    *ret = found.state;
    return 0;
}

int tw_journal_invalidate(const char *path, int64_t trading_date, uint64_t *ret_seq,
                          tw_error *why) {
    struct folder *folder = NULL;
    struct lock *lock = NULL;
    struct log *log = NULL;
    struct identity identity;
    uint64_t newest = 0;
    int status = tw_folder_open(path, TW_FOLDER_WRITE, &folder, why);
    if (!status)
        status = tw_identity_read(folder, &identity, why);
    if (!status)
        status = tw_lock_take(folder, &lock, why);
    if (!status)
        status = tw_log_open(folder, trading_date, TW_LOG_WRITE, &log, why);
    if (!status) {
        int64_t count = tw_log_snapshots(log, &newest, 1, why);
        status = count < 0 ? (int)count : 0;
        if (count == 0)
            status = tw_fail(why, TW_E_NOT_FOUND, "trading date %s has no snapshot",
                             tw_date_text(trading_date).text);
    }
    if (!status)
        status = tw_log_snapshot_drop(log, newest, why);
    tw_log_close(log);
    tw_lock_release(lock);
    tw_folder_close(folder);
    if (!status && ret_seq)
        *ret_seq = newest;
    return status;
}
