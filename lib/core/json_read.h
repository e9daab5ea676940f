/* Strict JSON in: RFC 8259 and nothing else (no NaN, no comments, no trailing data), duplicate keys
 * refused, depth at most 32, every number kept as its text. A tree in one arena. Pure. */
#ifndef TW_CORE_JSON_READ_H
#define TW_CORE_JSON_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"
#include "tradewal.h"

enum { TW_JSON_DEPTH_MAX = 32 };

enum json_kind {
    JSON_NULL = 1, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT
};

struct json {
    enum json_kind kind;
    const char *key;          /* inside an object: its name, NUL-terminated; else NULL */
    const char *text;         /* STRING (decoded, NUL-terminated) and NUMBER (as written) */
    size_t size;              /* of text */
    size_t count;             /* members of an ARRAY or OBJECT */
    const struct json *first; /* first member */
    const struct json *next;  /* next sibling */
    uint32_t line, column;    /* where it starts, from 1 */
};

struct json_document;         /* owns the tree */

/* Reads all of the text. TW_E_PARSE with line and column, TW_E_NOMEM. Strings with U+0000 are refused. */
int tw_json_parse(const char *text, size_t size, struct json_document **ret, tw_error *why);
const struct json *tw_json_root(const struct json_document *document);
void tw_json_free(struct json_document *document);
const struct json *tw_json_member(const struct json *object, const char *name); /* or NULL */

/* One event from one JSON object: the inverse of tw_json_event. Unknown members and types are refused
 * by name; `time` may be absent (time_ns 0), `seq` is ignored, `trading_date` may be given. The event's
 * text lies in the document. `zone` reads times that have no offset. TW_E_PARSE, TW_E_UNKNOWN_NAME,
 * TW_E_RANGE, TW_E_REFUSED (missing), TW_E_TEXT; `bytes` decoded from base64 live in the document. */
int tw_json_to_event(struct json_document *document, const struct zone *zone, tw_event *ret,
                     tw_error *why);

/* A member as an exact decimal (JSON number or string of one): 0; TW_E_NOT_FOUND if absent or null;
 * TW_E_PARSE or TW_E_RANGE with the name of the member in `why`. */
int tw_json_e8(const struct json *object, const char *name, int64_t *ret_e8, tw_error *why);

#endif
