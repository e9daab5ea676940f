/* Frames of the intake as a batch of records for the log: with the ids that go into its indexes,
 * and the chain after each. */
#ifndef TW_IO_LOG_BATCH_H
#define TW_IO_LOG_BATCH_H

#include "core/codec.h"
#include "core/frame.h"
#include "io/log.h"

/* Zeroed is empty. It points into the frames it was filled from. */
struct log_batch {
    struct log_record *records;
    size_t count, capacity;
    struct buffer ids;
    struct decoder decoder;
    uint8_t digest[TW_DIGEST_BYTES]; /* after its last record */
};

/* Empties it; the chain goes on from `digest`, and the frames that follow have at most so many
 * bytes. TW_E_NOMEM. */
int tw_log_batch_begin(struct log_batch *batch, const uint8_t digest[TW_DIGEST_BYTES], size_t bytes,
                       tw_error *why);

/* TW_E_DAMAGED, TW_E_NEWER, TW_E_NOMEM. */
int tw_log_batch_add(struct log_batch *batch, const struct frame *frame, tw_error *why);
void tw_log_batch_free(struct log_batch *batch);

#endif
