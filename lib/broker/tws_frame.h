/* Frames of the TWS socket protocol: a length of four bytes, big-endian, and that many bytes. Pure.
 */
#ifndef TW_BROKER_TWS_FRAME_H
#define TW_BROKER_TWS_FRAME_H

#include "base/buffer.h"
#include "tradewal.h"

/* What IBKR's own Java client takes at most. */
enum { TW_TWS_FRAME_BYTES_MAX = 0xFFFFFF, TW_TWS_LENGTH_BYTES = 4 };

/* What came and was not taken yet. Zeroed is empty. It grows by what really came, never by what a
 * length announces. */
struct tws_frames {
    struct buffer bytes;
    size_t taken;
};

void tw_tws_frames_free(struct tws_frames *frames);

/* Adds bytes, however the connection cut them. TW_E_NOMEM. */
int tw_tws_frames_feed(struct tws_frames *frames, const void *bytes, size_t size, tw_error *why);

/* 1 and the next payload, which lives until more is fed; 0 when it has not all come yet.
 * TW_E_PARSE for a length of 0 or over the limit: what follows cannot be read then. */
int tw_tws_frames_next(struct tws_frames *frames, const char **ret, size_t *ret_size,
                       tw_error *why);

#endif
