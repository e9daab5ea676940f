/* Rows of a broker file: JSON objects into the structs of tradewal.h, by tables of members. Pure.
 */
#ifndef TW_BROKER_ROWS_H
#define TW_BROKER_ROWS_H

#include <stddef.h>

#include "core/json_read.h"
#include "tradewal.h"

enum member_kind {
    MEMBER_TEXT,        /* const char * */
    MEMBER_E8,          /* int64_t, required */
    MEMBER_MAYBE_E8,    /* tw_maybe */
    MEMBER_MAYBE_WHOLE, /* tw_maybe, a whole number */
    MEMBER_MAYBE_TIME,  /* tw_maybe, RFC 3339 */
    MEMBER_MAYBE_BOOL,  /* tw_maybe */
    MEMBER_BOOL,        /* int64_t */
    MEMBER_ACTION,      /* int64_t, required: BUY or SELL */
    MEMBER_FILL_KIND,   /* int64_t */
    MEMBER_OTHER        /* read by its own rule */
};

struct member {
    const char *name;
    enum member_kind kind;
    int required;
    size_t offset;
};

enum row_kind { ROW_HOLDING, ROW_ORDER, ROW_EXECUTION };

/* Rows of a list into an array of the kind's struct with room for them all; text lies in the
 * document. A member that is not known, missing or wrong is named with its line: TW_E_PARSE,
 * TW_E_RANGE, TW_E_UNKNOWN_NAME. */
int tw_rows_read(const struct json *list, enum row_kind kind, void *out, tw_error *why);

/* One member of any object. */
int tw_rows_member(const struct json *object, const struct member *member, const struct json *value,
                   void *at, tw_error *why);

/* NULL if there is none of that name. */
const struct member *tw_rows_find(const struct member *members, size_t count, const char *name);

/* TW_E_UNKNOWN_NAME: where, what `what` has not, and the members that it has. */
int tw_rows_unknown(const struct json *value, const char *what, const struct member *members,
                    size_t count, tw_error *why);

/* TW_E_PARSE: where, what was found, what was expected. */
int tw_rows_wrong(const struct json *value, const char *name, const char *expected, tw_error *why);

#endif
