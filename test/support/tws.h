/* Messages of TWS for tests, written with | behind each field. */
#ifndef TW_TEST_TWS_H
#define TW_TEST_TWS_H

#include "base/buffer.h"
#include "broker/tws_message.h"

/* An openOrder at version 178 without any of the parts that may be missing: 135 fields. `version`
 * below 177 adds the one that older servers send. */
void tws_plain_order(struct buffer *out, int64_t version);

/* The payload of the fields; of a text that is one literal. */
void tws_payload(struct buffer *out, const char *fields);

/* The same behind its length, as on the wire. */
void tws_frame(struct buffer *out, const char *payload, size_t size);

/* Puts other text in place of field `index`; it may hold several fields, or with NULL none. */
void tws_replace(struct buffer *payload, int index, const char *fields);

#endif
