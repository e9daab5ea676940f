/* The facade: checking a day through and through. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "core/fold.h"
#include "core/image.h"
#include "journal.h"
#include "store_internal.h"

/* Snapshots of a day that is being verified: the newest ten, oldest first. */
struct verify {
    struct log *log;
    struct state *state;
    uint8_t digest[TW_DIGEST_BYTES];
    struct names *exec_ids; /* as the index should have them */
    uint64_t *exec_seqs;    /* by id */
    size_t exec_capacity;
    uint64_t snapshots[TW_LOG_SNAPSHOTS];
    int64_t snapshot_count;
    struct buffer stored, made;
    uint64_t orders; /* found in their index */
    tw_verify_report report;
};

static int check_snapshot(struct verify *verify, uint64_t seq, tw_error *why) {
    tw_buffer_clear(&verify->stored);
    tw_buffer_clear(&verify->made);
    int status = tw_log_snapshot_read(verify->log, seq, &verify->stored, why);
    /* A writer keeps the newest ones only. */
    if (status == TW_E_NOT_FOUND)
        return 0;
    if (status)
        return status;
    if (tw_snapshot_encode(verify->state, verify->digest, &verify->made))
        return tw_fail(why, TW_E_NOMEM, "no memory for a snapshot");
    if (verify->made.size != verify->stored.size ||
        memcmp(verify->made.data, verify->stored.data, verify->made.size) != 0)
        return tw_fail(why, TW_E_DAMAGED, "snapshot %llu is not the fold of the records up to it",
                       (unsigned long long)seq);
    verify->report.snapshots++;
    return 0;
}

static int check_snapshots_at(struct verify *verify, tw_error *why) {
    for (int64_t i = 0; i < verify->snapshot_count; i++)
        if (verify->snapshots[i] == verify->state->last_seq)
            return check_snapshot(verify, verify->snapshots[i], why);
    return 0;
}

static int remember_execution(struct verify *verify, const tw_event *event, tw_error *why) {
    const char *exec_id = tw_event_exec_id(event);
    if (!exec_id || tw_names_find(verify->exec_ids, exec_id) != TW_NO_NAME)
        return 0;
    size_t count = tw_names_count(verify->exec_ids) + (size_t)1;
    if (tw_names_reserve(verify->exec_ids, 1, strlen(exec_id)) ||
        tw_array_reserve((void **)&verify->exec_seqs, &verify->exec_capacity, count,
                         sizeof *verify->exec_seqs))
        return tw_fail(why, TW_E_NOMEM, "no memory for %zu executions", count);
    verify->exec_seqs[tw_names_add(verify->exec_ids, exec_id)] = event->seq;
    return 0;
}

static int walk_records(struct verify *verify, const struct log_head *head, tw_error *why) {
    struct record_reader reader = {.log = verify->log, .next_seq = head->first_seq};
    tw_event event;
    int status = 0;
    while (!status && head->first_seq && verify->state->last_seq < head->last_seq) {
        status = tw_reader_next(&reader, &event, why);
        if (status == 0)
            status = tw_fail(why, TW_E_DAMAGED, "the log ends at record %llu, its head says %llu",
                             (unsigned long long)verify->state->last_seq,
                             (unsigned long long)head->last_seq);
        if (status < 0)
            break;
        status = remember_execution(verify, &event, why);
        if (!status)
            status = tw_fold_decoded(verify->state, &event, why);
        if (status && status != TW_E_NOMEM) {
            tw_error reason = {0};
            if (why)
                reason = *why;
            status = tw_fail(why, TW_E_DAMAGED, "record %llu contradicts those before it: %s",
                             (unsigned long long)event.seq, reason.text);
        }
        if (status)
            break;
        tw_chain(verify->digest, reader.record, reader.record_size, verify->digest);
        verify->report.records++;
        status = check_snapshots_at(verify, why);
    }
    tw_reader_free(&reader);
    if (!status && memcmp(verify->digest, head->digest, TW_DIGEST_BYTES) != 0)
        status = tw_fail(why, TW_E_DAMAGED,
                         "the chain of records does not end in the digest of the head");
    return status;
}

static int check_indexed(void *context, const char *exec_id, size_t length, uint64_t seq) {
    struct verify *verify = context;
    char name[TW_LOG_ID_BYTES + 1];
    if (length > TW_LOG_ID_BYTES)
        return TW_E_DAMAGED;
    memcpy(name, exec_id, length);
    name[length] = 0;
    uint32_t id = tw_names_find(verify->exec_ids, name);
    /* What was appended after the walk began is not the walk's to judge. */
    if (seq > verify->state->last_seq)
        return 0;
    if (id == TW_NO_NAME || verify->exec_seqs[id] != seq)
        return TW_E_DAMAGED;
    verify->report.executions++;
    return 0;
}

static int check_index(struct verify *verify, tw_error *why) {
    int64_t count = tw_log_each_execution(verify->log, check_indexed, verify, why);
    if (count == TW_E_DAMAGED)
        return tw_fail(why, TW_E_DAMAGED,
                       "the index of executions names one that the records do not have there");
    if (count < 0)
        return (int)count;
    if (verify->report.executions != tw_names_count(verify->exec_ids))
        return tw_fail(why, TW_E_DAMAGED, "the index has %llu executions, the records have %u",
                       (unsigned long long)verify->report.executions,
                       (unsigned)tw_names_count(verify->exec_ids));
    return 0;
}

static int check_indexed_order(void *context, const char *order_ref, size_t length, uint64_t seq) {
    struct verify *verify = context;
    char name[TW_LOG_ID_BYTES + 1];
    if (length > TW_LOG_ID_BYTES)
        return TW_E_DAMAGED;
    memcpy(name, order_ref, length);
    name[length] = 0;
    if (seq > verify->state->last_seq)
        return 0;
    uint32_t id = tw_state_find_order(verify->state, name);
    if (id == TW_NONE || verify->state->orders[id].submitted_seq != seq)
        return TW_E_DAMAGED;
    verify->orders++;
    return 0;
}

static int check_order_index(struct verify *verify, tw_error *why) {
    int64_t count = tw_log_each_order(verify->log, check_indexed_order, verify, why);
    if (count == TW_E_DAMAGED)
        return tw_fail(why, TW_E_DAMAGED,
                       "the index of orders names one that the records do not have there");
    if (count < 0)
        return (int)count;
    if (verify->orders != tw_state_order_count(verify->state))
        return tw_fail(why, TW_E_DAMAGED, "the index has %llu orders, the records have %u",
                       (unsigned long long)verify->orders,
                       (unsigned)tw_state_order_count(verify->state));
    return 0;
}

static int verify_log(struct verify *verify, int64_t date, tw_error *why) {
    struct log_head head;
    /* The list before the head: what a writer adds in between is beyond neither. */
    verify->snapshot_count =
        tw_log_snapshots(verify->log, verify->snapshots, TW_LOG_SNAPSHOTS, why);
    if (verify->snapshot_count < 0)
        return (int)verify->snapshot_count;
    int status = tw_log_head(verify->log, &head, why);
    if (status)
        return status;
    if (tw_state_new(&verify->state) || tw_names_new(&verify->exec_ids))
        return tw_fail(why, TW_E_NOMEM, "no memory to verify a day");
    if (verify->snapshot_count > TW_LOG_SNAPSHOTS)
        return tw_fail(why, TW_E_DAMAGED, "there are %lld snapshots, at most %d are kept",
                       (long long)verify->snapshot_count, TW_LOG_SNAPSHOTS);
    memcpy(verify->digest, tw_log_origin(verify->log)->previous_digest, TW_DIGEST_BYTES);
    status = walk_records(verify, &head, why);
    if (!status)
        status = check_index(verify, why);
    if (!status)
        status = check_order_index(verify, why);
    if (!status && verify->state->last_seq && verify->state->trading_date != date)
        status = tw_fail(why, TW_E_DAMAGED, "the records are of %lld",
                         (long long)verify->state->trading_date);
    for (int64_t i = 0; !status && i < verify->snapshot_count; i++)
        if (verify->snapshots[i] < head.first_seq || verify->snapshots[i] > head.last_seq)
            status = tw_fail(why, TW_E_DAMAGED, "snapshot %llu covers records that are not there",
                             (unsigned long long)verify->snapshots[i]);
    return status;
}

int tw_journal_verify(tw_journal *journal, int64_t trading_date, tw_verify_report *ret,
                      tw_error *why) {
    struct verify verify = {0};
    if (!journal || !tw_has_size(ret))
        return tw_fail(why, TW_E_INVALID, "journal, result or its size are missing");
    int status = tw_journal_log(journal, trading_date, &verify.log, why);
    if (status)
        return status;
    status = verify_log(&verify, trading_date, why);
    if (!status)
        status = tw_journal_check_before(journal, verify.log, why);
    if (!status) {
        verify.report.trading_date = trading_date;
        memcpy(verify.report.digest, verify.digest, TW_DIGEST_BYTES);
        tw_give(ret, &verify.report, sizeof verify.report);
    }
    tw_log_close(verify.log);
    tw_state_free(verify.state);
    tw_names_free(verify.exec_ids);
    free(verify.exec_seqs);
    tw_buffer_free(&verify.stored);
    tw_buffer_free(&verify.made);
    return status;
}
