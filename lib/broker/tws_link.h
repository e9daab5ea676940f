/* A connection to TWS, or the tape of one: whole messages out and in, each with a time limit. */
#ifndef TW_BROKER_TWS_LINK_H
#define TW_BROKER_TWS_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "broker/tws_tape.h"
#include "tradewal.h"

struct tws_link;

/* Connects. With `played` that tape is played and nothing connected; with `recorded` all is
 * written to that one. Both may be NULL and outlive the link. TW_E_BROKER says what a trader can do
 * about it. */
int tw_tws_link_open(const char *host, const char *port, int64_t timeout_ns,
                     struct tws_tape *played, struct tws_tape *recorded, struct tws_link **ret,
                     tw_error *why);
void tw_tws_link_close(struct tws_link *link);

/* Sends all of it. TW_E_BROKER when the connection is gone or takes too long. */
int tw_tws_link_send(struct tws_link *link, const struct buffer *bytes, tw_error *why);

/* The next payload, which lives until the next call: 1; 0 when none has come before `until_ns` of
 * the monotonic clock. TW_E_BROKER when the connection has ended, TW_E_PARSE when what comes is not
 * the protocol. */
int tw_tws_link_next(struct tws_link *link, int64_t until_ns, const char **ret, size_t *ret_size,
                     tw_error *why);

#endif
