/* Events to and from record bytes: a fixed header that describes itself (magic, version, type,
 * length, seq, CRC32C; docs/format.md) and a msgpack body. Pure. */
#ifndef TW_CORE_CODEC_H
#define TW_CORE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tradewal.h"

enum { TW_RECORD_HEADER_BYTES = 24, TW_RECORD_VERSION = 1, TW_RECORD_BODY_BYTES_MAX = 128 * 1024 };

/* Holds the text of the last decoded event. Zeroed is fresh. */
struct decoder {
    struct buffer text;
    /* Of the last record, also when its type is not known: */
    uint16_t type_number;
};

/* Appends the record of an event (checked by tw_schema_check, seq and date set) to `out`.
 * 0 or TW_E_NOMEM with out->failed set and nothing appended. */
int tw_record_encode(const tw_event *event, struct buffer *out);

/* Is this one whole record, of a version that is known? All but the content of its body.
 * TW_E_DAMAGED, TW_E_NEWER. */
int tw_record_check(const void *bytes, size_t size, tw_error *why);

/* Reads one record that fills `size` bytes exactly. The event's text and bytes lie in the decoder
 * until its next use, not in the input. A record of a type that is not known comes out with type
 * TW_TYPE_OPAQUE and its envelope.
 * TW_E_DAMAGED (what and where), TW_E_NEWER (version or field of a later version), TW_E_NOMEM. */
int tw_record_decode(struct decoder *decoder, const void *bytes, size_t size, tw_event *ret,
                     tw_error *why);

/* The same for a record that tw_record_check let pass. */
int tw_record_decode_checked(struct decoder *decoder, const void *bytes, size_t size, tw_event *ret,
                             tw_error *why);
void tw_decoder_free(struct decoder *decoder);

/* Looks at the header alone: 0 and what it says about the record that starts here, which is
 * TW_RECORD_HEADER_BYTES + body_bytes long, or TW_E_DAMAGED. The body need not be there yet and the
 * CRC is not compared: this is how salvage finds records. The header of later versions is the same,
 * so their version is for the caller to look at. */
struct record_header {
    uint16_t version;
    uint16_t type;
    uint32_t body_bytes;
    uint32_t crc;
    uint64_t seq;
};
int tw_record_header(const void *bytes, size_t size, struct record_header *ret);

/* The exec id an event takes (fill, partial, fill_inferred, the new id of a fill_corrected or
 * fill_busted), or NULL. A partial may mark an execution that a fill has booked: whoever keeps an
 * index of exec ids keeps the first seq of each. */
const char *tw_event_exec_id(const tw_event *event);

#endif
