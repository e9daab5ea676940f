/* Snapshot bytes: the state without its history, the same bytes for the same state. Pure. */
#ifndef TW_CORE_IMAGE_H
#define TW_CORE_IMAGE_H

#include "base/buffer.h"
#include "core/state.h"

enum { TW_IMAGE_VERSION = 1 };

/* Appends magic, version, seq, length, SHA-256 and the msgpack of the state. 0 or TW_E_NOMEM. */
int tw_image_encode(const struct state *state, struct buffer *out);

/* A state whose history starts after the snapshot. TW_E_DAMAGED, TW_E_NEWER, TW_E_NOMEM; bounded
 * work and memory for any bytes. */
int tw_image_decode(const void *bytes, size_t size, struct state **ret, tw_error *why);

#endif
