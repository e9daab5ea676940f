/* The body of a record, packed. Pure. */
#ifndef TW_CORE_CODEC_PACK_H
#define TW_CORE_CODEC_PACK_H

#include "base/buffer.h"
#include "tradewal.h"

/* Appends the body of an event's record; whether there was memory for it, the buffer remembers. */
void tw_codec_pack(const tw_event *event, struct buffer *out);

#endif
