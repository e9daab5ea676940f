/* Where TWS is and how it is asked, as a URL. Pure. */
#ifndef TW_BROKER_TWS_URL_H
#define TW_BROKER_TWS_URL_H

#include <stdint.h>

#include "tradewal.h"

enum { TW_TWS_CLIENTS_MAX = 8, TW_TWS_HOST_BYTES = 256, TW_TWS_NAME_BYTES = 65 };

struct tws_url {
    char host[TW_TWS_HOST_BYTES];
    char port[6];
    int32_t clients[TW_TWS_CLIENTS_MAX]; /* own ids to connect with, in this order */
    int32_t client_count;
    int32_t trader;                  /* client id of the trading process; 0: not said */
    char account[TW_TWS_NAME_BYTES]; /* "": the only one there is */
    char zone[TW_TWS_NAME_BYTES];    /* of times without a zone: that of the TWS login */
    int64_t timeout_ns;              /* of one query */
    int64_t settle_ns;               /* between the two answers about positions */
};

/* What follows "tws:": //HOST:PORT, or //[IPV6]:PORT, and then ?client=N[,N...] and perhaps
 * &trader=N &account=NAME &zone=NAME &timeout=SECONDS &settle=SECONDS. A client id of 0 is refused:
 * with it TWS binds manual orders. TW_E_INVALID says what is wrong, and what was expected. */
int tw_tws_url_parse(const char *text, struct tws_url *ret, tw_error *why);

#endif
