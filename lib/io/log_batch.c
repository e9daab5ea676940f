/* Frames of the intake as a batch of records for the log. */
#include "io/log_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int tw_log_batch_begin(struct log_batch *batch, const uint8_t digest[TW_DIGEST_BYTES], size_t bytes,
                       tw_error *why) {
    batch->count = 0;
    memcpy(batch->digest, digest, TW_DIGEST_BYTES);
    tw_buffer_clear(&batch->ids);
    /* An id is shorter than the record it is in, so that none of them ever moves. */
    if (tw_buffer_reserve(&batch->ids, bytes))
        return tw_fail(why, TW_E_NOMEM, "no memory for the ids of a batch");
    return 0;
}

static const char *keep(struct log_batch *batch, const char *id) {
    size_t size = strlen(id) + 1;
    assert(batch->ids.capacity - batch->ids.size >= size);
    char *copy = batch->ids.data + batch->ids.size;
    memcpy(copy, id, size);
    batch->ids.size += size;
    return copy;
}

/* Which ids the record puts into an index was told when it was appended: only then the state was at
 * hand. */
static int find_ids(struct log_batch *batch, const struct frame_walk *walk,
                    struct log_record *record, tw_error *why) {
    tw_event event = {.size = sizeof event};
    int status = tw_record_decode_checked(&batch->decoder, walk->record, walk->size, &event, why);
    if (status)
        return status;
    record->time_ns = event.time_ns;
    const char *exec_id = tw_event_exec_id(&event);
    const char *order_ref =
        event.type == TW_TYPE_order_submitted ? event.as.order_submitted.order_ref : NULL;
    if (walk->marks && event.type == TW_TYPE_OPAQUE)
        return tw_fail(why, TW_E_NEWER, "record %llu of the intake is of a type of a later version",
                       (unsigned long long)event.seq);
    if ((walk->marks & TW_FRAME_BOOKS_EXECUTION && !exec_id) ||
        (walk->marks & TW_FRAME_SUBMITS_ORDER && !order_ref))
        return tw_fail(why, TW_E_DAMAGED, "record %llu has not the id that its mark says",
                       (unsigned long long)event.seq);
    if (walk->marks & TW_FRAME_BOOKS_EXECUTION)
        record->exec_id = keep(batch, exec_id);
    if (walk->marks & TW_FRAME_SUBMITS_ORDER)
        record->order_ref = keep(batch, order_ref);
    return 0;
}

int tw_log_batch_add(struct log_batch *batch, const struct frame *frame, tw_error *why) {
    struct frame_walk walk = {.frame = frame};
    if (tw_array_reserve((void **)&batch->records, &batch->capacity,
                         batch->count + (size_t)frame->count, sizeof *batch->records))
        return tw_fail(why, TW_E_NOMEM, "no memory for a batch of records");
    int status;
    while ((status = tw_frame_next(&walk, why)) > 0) {
        struct log_record *record = &batch->records[batch->count];
        *record = (struct log_record){
            .bytes = walk.record, .size = walk.size, .seq = frame->first_seq + walk.index - 1};
        status = tw_record_check(walk.record, walk.size, why);
        if (!status)
            status = find_ids(batch, &walk, record, why);
        if (status)
            return status;
        tw_chain(batch->digest, walk.record, walk.size, batch->digest);
        batch->count++;
    }
    return status;
}

void tw_log_batch_free(struct log_batch *batch) {
    free(batch->records);
    tw_buffer_free(&batch->ids);
    tw_decoder_free(&batch->decoder);
    memset(batch, 0, sizeof *batch);
}
