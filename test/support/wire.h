/* Messages of TWS made by hand, for tests of what reads them. */
#ifndef TW_TEST_WIRE_H
#define TW_TEST_WIRE_H

#include "base/buffer.h"
#include "broker/tws_message.h"
#include "harness.h"

/* "61|1" as the payload 61 NUL 1 NUL; the buffer is cleared first. */
void wire_payload(struct buffer *out, const char *fields);

/* One field of an openOrder, by name, as another text. A text with "|" is more than one field, NULL
 * is none. */
struct wire_change {
    const char *name;
    const char *text;
};

/* An openOrder of a plain order, with so many changes; a name that it does not have fails the
 * test. */
void wire_order(struct buffer *out, int64_t version, const struct wire_change *changes,
                size_t count);

/* A payload with its length in front, behind what the buffer holds. */
void wire_frame(struct buffer *out, const char *payload, size_t size);

/* One change: another text for a field, one field less or more, a byte, an end. */
void wire_change_any(struct random *random, struct buffer *bytes);

/* Decodes a copy of just that size, so that a read beyond it is seen. Text in *ret lies in
 * *ret_copy, which is to be freed. */
int wire_decode(const char *payload, size_t size, int64_t version, char **ret_copy,
                struct tws_message *ret, tw_error *why);

/* What is wrong with an outcome, or NULL: a message of a known kind has text that ends within the
 * payload; an error has a code and a clean line of text. */
const char *wire_objection(const char *payload, size_t size, int status,
                           const struct tws_message *message, const tw_error *why);

#endif
