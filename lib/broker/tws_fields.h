/* Walks over the fields of one TWS message: each of them text that a NUL ends. Pure.
 *
 * The first field that does not fit is remembered with its name and place; what is read after it is
 * empty, 0 or unknown. So a decoder reads all it wants and asks once, at the end. */
#ifndef TW_BROKER_TWS_FIELDS_H
#define TW_BROKER_TWS_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "tradewal.h"

/* No list inside a message is longer. Counts of the peer are compared with it before use, and
 * nothing is allocated by them. */
enum { TW_TWS_COUNT_MAX = 4096 };

struct tws_fields {
    const char *message; /* its name, for errors */
    const char *at, *end;
    int index;   /* of the next field; the message id is field 0 */
    int rounded; /* some decimal had more than eight decimals that matter */
    int failed;
    tw_error why;
};

/* Starts before field 0. A payload whose last byte is not NUL fails. */
void tw_tws_fields_begin(struct tws_fields *fields, const char *payload, size_t size);

/* Text lies in the payload. "" behind a failure. */
const char *tw_tws_take_text(struct tws_fields *fields, const char *name);
const char *tw_tws_take_name(struct tws_fields *fields, const char *name); /* not empty */
int64_t tw_tws_take_integer(struct tws_fields *fields, const char *name);
int64_t tw_tws_take_decimal(struct tws_fields *fields, const char *name); /* must be set */
tw_maybe tw_tws_take_maybe_decimal(struct tws_fields *fields, const char *name);
int64_t tw_tws_take_flag(struct tws_fields *fields, const char *name); /* 0 or 1, nothing is 0 */
int64_t tw_tws_take_count(struct tws_fields *fields, const char *name);

/* Passes over fields that nobody needs, by their names; what stands before a name says what it must
 * look like: s any text, i an integer, d a decimal, b a flag; the last three may be unset.
 * "s ocaGroup, i origin". */
void tw_tws_skip(struct tws_fields *fields, const char *names);

/* Any number of texts. */
void tw_tws_skip_texts(struct tws_fields *fields, const char *name, int64_t count);

/* Marks the last field that was taken as wrong, in words. */
void tw_tws_reject(struct tws_fields *fields, const char *name, const char *text,
                   const char *expected);

/* 0 when everything fitted and nothing is left; else TW_E_PARSE with the message, the field and
 * what it was. */
int tw_tws_fields_end(struct tws_fields *fields, tw_error *why);

#endif
