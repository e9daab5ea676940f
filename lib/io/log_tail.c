/* What the intake of a dead writer holds behind the last record of a day file. */
#include "io/log_tail.h"
#include "base/date.h"

#include <stdlib.h>
#include <string.h>

#include "io/intake.h"
#include "io/lock.h"
#include "io/log_batch.h"
#include "io/log_internal.h"

enum { TRIES_TO_READ = 5 };

struct log_tail {
    struct buffer bytes; /* of the intake */
    struct intake_header header;
    struct intake_image image;
    struct log_batch batch;
    uint64_t torn;
};

void tw_log_tail_free(struct log_tail *tail) {
    if (!tail)
        return;
    tw_buffer_free(&tail->bytes);
    tw_log_batch_free(&tail->batch);
    free(tail);
}

/* ---- loading ------------------------------------------------------------------------------- */

static int fill(struct log_tail *tail, int is_newest, const struct log_head *head, int64_t date,
                tw_error *why) {
    struct takeover_day day = {
        .date = date, .last_seq = head->last_seq, .transaction = head->transaction};
    struct takeover takeover;
    /* With sessions, all frames are of one date. */
    if (!is_newest && tail->header.session)
        return 0;
    int status = is_newest ? tw_intake_header_match(&tail->header, &tail->image, head, why) : 0;
    if (!status)
        status = tw_takeover_judge(&tail->image, &day, &takeover, why);
    if (status)
        return tw_fail_in(why, status, "intake.wal, day %s", tw_date_text(date).text);
    tail->torn = takeover.torn;
    status = tw_log_batch_begin(&tail->batch, head->digest, tail->bytes.size, why);
    for (size_t i = 0; !status && i < takeover.count; i++)
        status = tw_log_batch_add(&tail->batch, &takeover.frames[i], why);
    free(takeover.frames);
    return status;
}

/* Reads the intake while nobody writes it. 1: somebody writes it, or has between the two looks at
 * the commit. A start that has come no further than to the intake's header has not committed, and
 * leaves nothing to read but a header that fits what was there before. */
static int read_still(struct log *log, const struct folder *folder, const uint8_t uuid[16],
                      struct log_tail *tail, struct log_head *head, tw_error *why) {
    struct lock_holder holder;
    struct log_head after;
    int status = tw_log_head(log, head, why);
    if (status)
        return status;
    int looked = tw_intake_look(folder, uuid, &tail->bytes, &tail->header, &tail->image, why);
    tw_error later;
    status = tw_lock_query(folder, &holder, &later);
    if (!status && holder.alive)
        return 1;
    if (!status)
        status = tw_log_head(log, &after, &later);
    if (!status && after.transaction != head->transaction)
        return 1;
    /* What was read while a writer came may have been half of it. */
    if (looked)
        return looked;
    if (status && why)
        *why = later;
    return status;
}

int tw_log_tail_load(struct log *log, int is_newest, const struct folder *folder,
                     const uint8_t uuid[16], struct log_tail **ret, tw_error *why) {
    struct lock_holder holder = {0};
    struct log_head head;
    struct log_tail *tail = calloc(1, sizeof *tail);
    int status = tail ? 1 : tw_fail(why, TW_E_NOMEM, "no memory for what the intake holds");
    *ret = NULL;
    for (int i = 0; status > 0 && i < TRIES_TO_READ; i++) {
        status = tw_lock_query(folder, &holder, why);
        if (status || holder.alive)
            break;
        status = read_still(log, folder, uuid, tail, &head, why);
    }
    int unread = status > 0 || holder.alive;
    if (!status && !unread)
        status = fill(tail, is_newest, &head, tw_log_date(log), why);
    if (status || unread || (tail->batch.count == 0 && tail->torn == 0)) {
        tw_log_tail_free(tail);
        return status > 0 ? 0 : status;
    }
    *ret = tail;
    return 0;
}

void tw_log_attach_tail(struct log *log, struct log_tail *tail) {
    tw_log_tail_free(log->tail);
    log->tail = tail;
}

void tw_log_unsaved(struct log *log, uint64_t *ret_records, uint64_t *ret_torn) {
    *ret_records = log->tail ? log->tail->batch.count : 0;
    *ret_torn = log->tail ? log->tail->torn : 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const struct log_record *last_record(const struct log_tail *tail) {
    return tail->batch.count ? &tail->batch.records[tail->batch.count - 1] : NULL;
}

void tw_log_tail_head(const struct log_tail *tail, struct log_head *head) {
    const struct log_record *last = last_record(tail);
    if (!last || head->last_seq >= last->seq)
        return;
    if (head->first_seq == 0)
        head->first_seq = tail->batch.records[0].seq;
    head->last_seq = last->seq;
    head->last_time_ns = last->time_ns;
    memcpy(head->digest, tail->batch.digest, sizeof head->digest);
}

int64_t tw_log_tail_read(const struct log_tail *tail, uint64_t from_seq,
                         int (*each)(void *context, uint64_t seq, const uint8_t *bytes,
                                     size_t size),
                         void *context, uint64_t max_records) {
    int64_t count = 0;
    for (size_t i = 0; i < tail->batch.count && (uint64_t)count < max_records; i++) {
        const struct log_record *record = &tail->batch.records[i];
        if (record->seq < from_seq)
            continue;
        int status = each(context, record->seq, record->bytes, record->size);
        if (status < 0)
            return status;
        count++;
        if (status > 0)
            break;
    }
    return count;
}

int tw_log_tail_read_one(const struct log_tail *tail, uint64_t seq, struct buffer *out,
                         tw_error *why) {
    const struct log_record *last = last_record(tail);
    if (!last || seq > last->seq || seq < tail->batch.records[0].seq)
        return tw_fail(why, TW_E_NOT_FOUND, "there is no record %llu", (unsigned long long)seq);
    const struct log_record *record = &tail->batch.records[seq - tail->batch.records[0].seq];
    tw_buffer_put(out, record->bytes, record->size);
    return out->failed ? tw_fail(why, TW_E_NOMEM, "no memory for %zu bytes", record->size) : 0;
}

static const char *id_of(const struct log_record *record, int is_order) {
    return is_order ? record->order_ref : record->exec_id;
}

int tw_log_tail_find(const struct log_tail *tail, int is_order, const char *id, uint64_t *ret_seq) {
    for (size_t i = 0; i < tail->batch.count; i++) {
        const char *its = id_of(&tail->batch.records[i], is_order);
        if (its && strcmp(its, id) == 0) {
            *ret_seq = tail->batch.records[i].seq;
            return 1;
        }
    }
    return 0;
}

int tw_log_tail_each(const struct log_tail *tail, int is_order,
                     int (*each)(void *context, const char *id, size_t length, uint64_t seq),
                     void *context, int64_t *count) {
    for (size_t i = 0; i < tail->batch.count; i++) {
        const char *id = id_of(&tail->batch.records[i], is_order);
        if (!id)
            continue;
        int status = each(context, id, strlen(id), tail->batch.records[i].seq);
        if (status < 0)
            return status;
        ++*count;
        if (status > 0)
            break;
    }
    return 0;
}

uint64_t tw_log_tail_executions(const struct log_tail *tail) {
    uint64_t count = 0;
    for (size_t i = 0; i < tail->batch.count; i++)
        count += tail->batch.records[i].exec_id != NULL;
    return count;
}
