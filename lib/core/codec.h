/* Events to and from record bytes: a fixed header that describes itself (magic, version, type,
 * length, seq, CRC32C; docs/format.md) and a msgpack body. Pure. */
#ifndef TW_CORE_CODEC_H
#define TW_CORE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tradewal.h"

enum {
    TW_RECORD_HEADER_BYTES = 24,
    TW_RECORD_VERSION = 1,
    TW_RECORD_BODY_BYTES_MAX = 128 * 1024
};

/* Reused between records so that encoding allocates only while it grows. Zeroed is fresh. */
struct encoder {
    struct buffer out;
};

/* Holds the text of the last decoded event. Zeroed is fresh. */
struct decoder {
    struct buffer text;
    /* Of the last record, also when its type is not known: */
    uint16_t type_number;
};

/* Appends the record of an event (checked by tw_schema_check, seq and date set) to `out`.
 * 0 or TW_E_NOMEM with out->failed set. */
int tw_record_encode(const tw_event *event, struct buffer *out);

/* Reads one record that fills `size` bytes exactly. The event's text lies in the decoder until its
 * next use. A record of a type that is not known comes out with type TW_TYPE_OPAQUE and its envelope.
 * TW_E_DAMAGED (what and where), TW_E_NEWER (version or field of a later version), TW_E_NOMEM. */
int tw_record_decode(struct decoder *decoder, const void *bytes, size_t size, tw_event *ret,
                     tw_error *why);
void tw_decoder_free(struct decoder *decoder);

/* Looks at the header alone: 0 and the whole size of the record that starts here, its seq and type, or
 * TW_E_DAMAGED. The body need not be there yet: this is how salvage finds records. */
struct record_header {
    uint16_t version;
    uint16_t type;
    uint32_t body_bytes;
    uint32_t crc;
    uint64_t seq;
};
int tw_record_header(const void *bytes, size_t size, struct record_header *ret);

/* The exec id an event books (fill, partial as fill, fill_inferred, fill_corrected's new id), or NULL. */
const char *tw_event_exec_id(const tw_event *event);

#endif
