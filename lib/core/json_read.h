/* Strict JSON in: RFC 8259 and nothing else (no NaN, no comments, no trailing data), duplicate keys
 * refused, every number kept as its text, and a limit on size, depth and values. A tree in one
 * arena. Pure. */
#ifndef TW_CORE_JSON_READ_H
#define TW_CORE_JSON_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"
#include "tradewal.h"

enum {
    TW_JSON_DEPTH_MAX = 32,
    TW_JSON_BYTES_MAX = 64 * 1024 * 1024,
    TW_JSON_VALUES_MAX = 4 * 1024 * 1024
};

enum json_kind {
    JSON_NULL = 1,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    const char *key;          /* inside an object: its name, NUL-terminated; else NULL */
    const char *text;         /* STRING (decoded, NUL-terminated) and NUMBER (as written) */
    size_t size;              /* of text */
    size_t count;             /* members of an ARRAY or OBJECT */
    const struct json *first; /* first member */
    const struct json *next;  /* next sibling */
    uint32_t line, column;    /* where it starts, from 1; a column is a byte */
};

struct json_document; /* owns the tree */

/* Reads all of the text. TW_E_PARSE with line and column, TW_E_NOMEM. Strings with U+0000 are
 * refused. */
int tw_json_parse(const char *text, size_t size, struct json_document **ret, tw_error *why);

/* The same into *document, whose memory is used again and whose old tree is gone; NULL makes one.
 * `line` is what the first line is called: input that comes line by line counts them itself. After
 * a failure the document has no root but may be used again; free it either way. */
int tw_json_parse_again(struct json_document **document, const char *text, size_t size,
                        uint32_t line, tw_error *why);
const struct json *tw_json_root(const struct json_document *document); /* NULL after a failure */
void tw_json_free(struct json_document *document);
/* NULL where there is none, also when it is no object. */
const struct json *tw_json_member(const struct json *object, const char *name);

/* One event from one JSON object: the inverse of tw_json_event. Unknown members and types are
 * refused by name; `time` may be absent (time_ns 0), `seq` is ignored, `trading_date` may be given.
 * The event's text lies in the document. `zone` reads times that have no offset. TW_E_PARSE,
 * TW_E_UNKNOWN_NAME, TW_E_RANGE, TW_E_REFUSED (missing), TW_E_TEXT; `bytes` decoded from base64
 * live in the document. */
int tw_json_to_event(struct json_document *document, const struct zone *zone, tw_event *ret,
                     tw_error *why);

/* The same from an object anywhere in the document, as in an array of events. */
int tw_json_object_to_event(struct json_document *document, const struct json *object,
                            const struct zone *zone, tw_event *ret, tw_error *why);

/* A time as RFC 3339; without an offset it is local in `zone`. TW_E_PARSE, TW_E_RANGE. */
int tw_json_time_ns(const struct json *value, const struct zone *zone, int64_t *ret_ns,
                    tw_error *why);

/* Puts "line L, column C: " of the value in front of the line in `why`. Returns code. */
int tw_json_place(const struct json *value, int code, tw_error *why);

/* A member as an exact decimal (JSON number or string of one): 0; TW_E_NOT_FOUND if absent or null;
 * TW_E_PARSE or TW_E_RANGE with the name of the member in `why`. */
int tw_json_e8(const struct json *object, const char *name, int64_t *ret_e8, tw_error *why);

#endif
