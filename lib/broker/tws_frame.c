/* Frames of the TWS socket protocol. Pure. */
#include "broker/tws_frame.h"

#include <string.h>

#include "base/error.h"

void tw_tws_frames_free(struct tws_frames *frames) {
    tw_buffer_free(&frames->bytes);
    frames->taken = 0;
}

int tw_tws_frames_feed(struct tws_frames *frames, const void *bytes, size_t size, tw_error *why) {
    struct buffer *held = &frames->bytes;
    if (frames->taken > 0) {
        memmove(held->data, held->data + frames->taken, held->size - frames->taken);
        held->size -= frames->taken;
        frames->taken = 0;
    }
    tw_buffer_put(held, bytes, size);
    if (held->failed)
        return tw_fail(why, TW_E_NOMEM, "no memory for what the broker sent");
    return 0;
}

int tw_tws_frames_next(struct tws_frames *frames, const char **ret, size_t *ret_size,
                       tw_error *why) {
    size_t left = frames->bytes.size - frames->taken;
    if (left < TW_TWS_LENGTH_BYTES)
        return 0;
    const uint8_t *at = (const uint8_t *)frames->bytes.data + frames->taken;
    uint32_t size = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    if (size == 0 || size > TW_TWS_FRAME_BYTES_MAX)
        return tw_fail(why, TW_E_PARSE,
                       "a message announces %lu bytes, expected 1 to %d: this is not the protocol "
                       "of TWS, or the connection is out of step",
                       (unsigned long)size, TW_TWS_FRAME_BYTES_MAX);
    if (left - TW_TWS_LENGTH_BYTES < size)
        return 0;
    *ret = (const char *)at + TW_TWS_LENGTH_BYTES;
    *ret_size = size;
    frames->taken += TW_TWS_LENGTH_BYTES + size;
    return 1;
}
