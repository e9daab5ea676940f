/* The two fixed records of a day file's table `meta`, as bytes: `origin`, written when the file is
 * made, and `head`, written in every commit. Pure. */
#ifndef TW_IO_LOG_HEAD_H
#define TW_IO_LOG_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

enum { TW_HEAD_BYTES = 88, TW_ORIGIN_BYTES = 80 };

struct log_origin {
    int64_t date;
    uint8_t uuid[16];                         /* of the journal */
    uint8_t previous_digest[TW_DIGEST_BYTES]; /* where the chain stood before this day */
    uint64_t previous_seq;                    /* the first record of the day is the one after */
};

struct log_head {
    uint64_t first_seq; /* 0 when the day has no record yet */
    uint64_t last_seq;  /* the origin's previous_seq when the day has no record yet */
    int64_t last_time_ns;
    uint64_t transaction; /* LMDB's number of the commit that wrote this */
    uint8_t digest[TW_DIGEST_BYTES];
    uint64_t session; /* of the intake that goes on behind it (io/intake_header.h); 0: none did */
};

/* Returns how many bytes it has: without a session it is that of an earlier format. */
size_t tw_head_encode(const struct log_head *head, uint8_t out[TW_HEAD_BYTES]);
int tw_head_decode(const void *bytes, size_t size, struct log_head *ret, tw_error *why);
void tw_origin_encode(const struct log_origin *origin, uint8_t out[TW_ORIGIN_BYTES]);
int tw_origin_decode(const void *bytes, size_t size, struct log_origin *ret, tw_error *why);

#endif
