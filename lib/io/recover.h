/* From a day file to a state: the newest snapshot that is good, and the records after it. */
#ifndef TW_IO_RECOVER_H
#define TW_IO_RECOVER_H

#include "base/digest.h"
#include "core/codec.h"
#include "core/frame.h"
#include "core/state.h"
#include "io/log.h"

/* Where to stop, and whether the day's history is wanted: then no snapshot is used. Zeroed: the end
 * of the day, from the newest snapshot. */
struct recover_limit {
    uint64_t at_seq; /* 0: no limit */
    int64_t at_ns;   /* 0: no limit; the last record stamped at or before it */
    int whole_day;
    int one_thread;      /* never a second one beside the caller's */
    uint64_t ahead_from; /* records to fold from which a second thread pays; 0: the usual number */
};

struct recovered {
    struct state *state;             /* empty (trading_date 0) when there are no records yet */
    uint8_t digest[TW_DIGEST_BYTES]; /* chain after its last record */
    uint64_t snapshot_seq;           /* 0: folded from the first record */
    uint64_t snapshots_bad;
    uint64_t replayed;
};

/* Every record is checked (frame, CRC, seq, chain) and must pass the fold: what does not is
 * TW_E_DAMAGED with its seq. Snapshots that cannot be used are passed over and counted. The caller
 * frees ret->state. */
int tw_recover_day(struct log *log, const struct recover_limit *limit, struct recovered *ret,
                   tw_error *why);

/* Folds in what the log has got since: `found` is what tw_recover_day gave, or this call. */
int tw_recover_more(struct log *log, int one_thread, struct recovered *found, tw_error *why);

/* Folds in a frame of the intake; records that are in the state already are passed over.
 * TW_E_DAMAGED, TW_E_HISTORY, TW_E_NOMEM. */
int tw_recover_frame(const struct frame *frame, struct decoder *decoder, struct recovered *found,
                     tw_error *why);

/* Reads records one after the other, in short read transactions. */
struct record_reader {
    struct log *log;
    uint64_t next_seq;
    struct buffer bytes; /* records as stored, each behind its size as u32 */
    size_t at;
    struct decoder decoder;
    const uint8_t *record; /* of the event delivered last */
    size_t record_size;
};

/* 1 and the next event, 0 at the end, or an error. The event lives until the next call. */
int tw_reader_next(struct record_reader *reader, tw_event *ret, tw_error *why);
void tw_reader_free(struct record_reader *reader);

/* The value of a snapshot in the log: the chain's digest at its seq, then the image. */
int tw_snapshot_encode(const struct state *state, const uint8_t digest[TW_DIGEST_BYTES],
                       struct buffer *out);
int tw_snapshot_decode(const struct buffer *bytes, uint64_t seq, int64_t date, struct state **ret,
                       uint8_t ret_digest[TW_DIGEST_BYTES], tw_error *why);

/* Lets the fold ask the log's index for executions before the state's history. */
void tw_recover_attach(struct state *state, struct log *log);

#endif
