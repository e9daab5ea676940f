/* Writes JSON into a buffer: RFC 8259 text, exact decimals. Pure. */
#ifndef TW_CORE_JSON_WRITE_H
#define TW_CORE_JSON_WRITE_H

#include "base/buffer.h"
#include "base/zone.h"
#include "core/state.h"
#include "tradewal.h"

/* "text" with quotes, everything outside printable ASCII and valid UTF-8 escaped; what is not UTF-8
 * becomes U+FFFD. U+2028, U+2029, bidirectional controls and DEL are written as \u escapes. */
void tw_json_text(struct buffer *out, const char *text, size_t length);

/* One event as one JSON object without a line end, as in docs/events.md: seq, time, type, the
 * fields in their order, then source (unless host), corr, cause. `zone` gives the offset of times.
 */
void tw_json_event(struct buffer *out, const tw_event *event, const struct zone *zone);

/* The state in the shape of docs/events.md (numbers, not strings). */
void tw_json_state(struct buffer *out, const struct state *state, const struct zone *zone);

/* JSON Schema (draft 2020-12) of the export's lines, from the one list. */
void tw_json_schema(struct buffer *out);

#endif
