/* Writing the day files of a new journal from records that are there already. */
#include "salvage_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/codec.h"
#include "core/fold.h"
#include "io/clock.h"
#include "io/recover.h"

enum { MOST_WAITING = 4096, MOST_WAITING_BYTES = 4 << 20 };

static const char *id_at(const struct writer *writer, size_t at) {
    return at ? writer->ids.data + at - 1 : NULL;
}

static int commit(struct writer *writer, tw_error *why) {
    if (writer->count == 0)
        return 0;
    if (tw_array_room((void **)&writer->records, &writer->record_capacity, writer->count,
                      sizeof *writer->records))
        return tw_fail(why, TW_E_NOMEM, "no memory to write %zu records", writer->count);
    for (size_t i = 0; i < writer->count; i++) {
        const struct waiting *waiting = &writer->waiting[i];
        writer->records[i] =
            (struct log_record){.bytes = (const uint8_t *)writer->bytes.data + waiting->at,
                                .size = waiting->size,
                                .seq = waiting->seq,
                                .time_ns = waiting->time_ns,
                                .exec_id = id_at(writer, waiting->exec_at),
                                .order_ref = id_at(writer, waiting->order_at)};
    }
    int status =
        tw_log_commit(writer->log, writer->records, writer->count, NULL, writer->digest, why);
    tw_buffer_clear(&writer->bytes);
    tw_buffer_clear(&writer->ids);
    writer->count = 0;
    return status;
}

/* So that a start does not have to fold the whole day. */
static int put_snapshot(struct writer *writer, tw_error *why) {
    if (writer->state->last_seq == 0)
        return 0;
    tw_buffer_clear(&writer->snapshot);
    if (tw_snapshot_encode(writer->state, writer->digest, &writer->snapshot))
        return tw_fail(why, TW_E_NOMEM, "no memory for a snapshot");
    struct log_snapshot snapshot = {.seq = writer->state->last_seq,
                                    .bytes = (const uint8_t *)writer->snapshot.data,
                                    .size = writer->snapshot.size};
    return tw_log_commit(writer->log, NULL, 0, &snapshot, NULL, why);
}

int tw_writer_end_day(struct writer *writer, tw_error *why) {
    if (!writer->log)
        return 0;
    int status = commit(writer, why);
    if (!status)
        status = put_snapshot(writer, why);
    if (!status)
        status = tw_log_close_trimmed(writer->log, why);
    else
        tw_log_close(writer->log);
    writer->log = NULL;
    tw_state_free(writer->state);
    writer->state = NULL;
    return status;
}

int tw_writer_begin_day(struct writer *writer, int64_t date, tw_error *why) {
    struct log_origin origin = {.date = date, .previous_seq = writer->last_seq};
    int status = tw_writer_end_day(writer, why);
    memcpy(origin.uuid, writer->identity->uuid, sizeof origin.uuid);
    memcpy(origin.previous_digest, writer->digest, sizeof origin.previous_digest);
    if (!status)
        status = tw_log_create(writer->folder, date, &origin, 0, why);
    if (!status)
        status = tw_log_open(writer->folder, date, TW_LOG_WRITE, &writer->log, why);
    if (!status && tw_state_new(&writer->state))
        status = tw_fail(why, TW_E_NOMEM, "no memory for a day");
    writer->date = date;
    return status;
}

int tw_writer_in_session(const struct writer *writer) {
    return writer->state && writer->state->session.opened_seq && !writer->state->session.closed;
}

static size_t keep_id(struct writer *writer, const char *id) {
    size_t at = writer->ids.size + 1;
    if (!id)
        return 0;
    tw_buffer_put(&writer->ids, id, strlen(id) + 1);
    return at;
}

int tw_writer_put(struct writer *writer, const tw_event *event, const void *bytes, size_t size,
                  int *ret_refused, tw_error *why) {
    *ret_refused = 0;
    int status = tw_fold_check(writer->state, event, why);
    if (status) {
        *ret_refused = status != TW_E_NOMEM;
        return status;
    }
    if (tw_array_room((void **)&writer->waiting, &writer->capacity, writer->count + 1,
                      sizeof *writer->waiting))
        return tw_fail(why, TW_E_NOMEM, "no memory to write records");
    struct waiting *waiting = &writer->waiting[writer->count];
    *waiting = (struct waiting){
        .at = writer->bytes.size, .size = size, .seq = event->seq, .time_ns = event->time_ns};
    const char *exec_id = tw_event_exec_id(event);
    if (exec_id && tw_state_find_execution(writer->state, exec_id) == TW_NONE)
        waiting->exec_at = keep_id(writer, exec_id);
    if (event->type == TW_TYPE_order_submitted)
        waiting->order_at = keep_id(writer, event->as.order_submitted.order_ref);
    tw_buffer_put(&writer->bytes, bytes, size);
    if (writer->bytes.failed || writer->ids.failed)
        return tw_fail(why, TW_E_NOMEM, "no memory to write records");
    tw_fold_apply(writer->state, event);
    tw_chain(writer->digest, bytes, size, writer->digest);
    writer->last_seq = event->seq;
    writer->count++;
    if (writer->count >= MOST_WAITING || writer->bytes.size >= MOST_WAITING_BYTES)
        return commit(writer, why);
    return 0;
}

int tw_writer_say(struct writer *writer, tw_event *event, tw_error *why) {
    struct buffer record = {0};
    int refused;
    event->size = sizeof *event;
    event->seq = writer->last_seq + 1;
    event->trading_date = writer->date;
    if (event->source == 0)
        event->source = TW_SOURCE_INFERRED;
    if (event->time_ns == 0)
        event->time_ns = tw_clock_now_ns();
    /* What the fold refuses is not asked to be encoded. */
    int status = tw_fold_check(writer->state, event, why);
    if (!status && tw_record_encode(event, &record))
        status = tw_fail(why, TW_E_NOMEM, "no memory to encode an event");
    if (!status)
        status = tw_writer_put(writer, event, record.data, record.size, &refused, why);
    tw_buffer_free(&record);
    return status;
}

void tw_writer_free(struct writer *writer) {
    tw_log_close(writer->log);
    tw_state_free(writer->state);
    tw_buffer_free(&writer->bytes);
    tw_buffer_free(&writer->ids);
    tw_buffer_free(&writer->snapshot);
    free(writer->waiting);
    free(writer->records);
}
