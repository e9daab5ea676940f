/* Records in portions, checked and chained, in the caller's thread or ahead of it in another. */
#ifndef TW_IO_PORTION_H
#define TW_IO_PORTION_H

#include "base/digest.h"
#include "io/log.h"

/* Records as stored, each behind its size as u32. Those that are there are whole: their frame and
 * CRC were compared. `status` is what follows them: 1 more records, 0 nothing, or an error. */
struct portion {
    struct buffer bytes;
    uint8_t digest[TW_DIGEST_BYTES]; /* the chain after its last record */
    int status;
    tw_error why;
};

/* Which records: from next_seq to last_seq, chained to `digest`. */
struct portion_range {
    struct log *log;
    uint64_t next_seq, last_seq;
    uint8_t digest[TW_DIGEST_BYTES];
};

/* The next portion of a range, which moves on. */
void tw_portion_read(struct portion_range *range, struct portion *ret);

struct portion_queue;

/* `ahead`: a thread of its own reads up to two portions ahead, so that reading, CRC and chain go on
 * beside what the caller does with the records. Without it, or where no thread can be started, each
 * portion is read when it is asked for; what is delivered is the same. TW_E_NOMEM. */
int tw_portion_queue_open(const struct portion_range *range, int ahead, struct portion_queue **ret);

/* The next one, valid until the next call. After one whose status is not 1 there is none. */
const struct portion *tw_portion_queue_next(struct portion_queue *queue);

/* Also before the end of the range. NULL is fine. */
void tw_portion_queue_close(struct portion_queue *queue);

#endif
