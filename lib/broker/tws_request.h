/* What this library asks TWS: bytes of requests. Pure. There is none that could place, change or
 * cancel an order. */
#ifndef TW_BROKER_TWS_REQUEST_H
#define TW_BROKER_TWS_REQUEST_H

#include "base/buffer.h"

enum tws_request {
    TWS_ASK_CURRENT_TIME,
    TWS_ASK_POSITIONS, /* goes on after its end until it is cancelled */
    TWS_CANCEL_POSITIONS,
    TWS_ASK_OWN_ORDERS, /* open orders of this client id */
    TWS_ASK_ALL_ORDERS  /* open orders of all clients and manual ones, without binding them */
};

/* The first bytes of a connection: which protocol, which versions. */
void tw_tws_put_hello(struct buffer *out);

/* The first message behind the greeting. 0 as client id is refused by an assert: with it TWS would
 * bind manual orders. */
void tw_tws_put_start(struct buffer *out, int32_t client_id);

void tw_tws_put_request(struct buffer *out, enum tws_request request);

/* Executions since midnight that the filter lets through; client id 0 is no filter, or the fills of
 * client 0 alone: which one differs between releases. */
void tw_tws_put_executions(struct buffer *out, int32_t request_id, int32_t client_id);

#endif
