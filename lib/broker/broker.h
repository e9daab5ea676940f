/* Brokers: one small table of functions per kind, chosen by the scheme of a URL. */
#ifndef TW_BROKER_BROKER_H
#define TW_BROKER_BROKER_H

#include "tradewal.h"

struct broker_kind {
    const char *scheme; /* "file" of "file:positions.json" */
    /* Makes the adapter for what follows the colon. */
    int (*open)(const char *rest, void **ret, tw_error *why);
    /* Asks once; the answer lives in the adapter until the next call on it. TW_E_BROKER may be
     * worth another try, other errors are not. */
    int (*ask)(void *adapter, const tw_answer **ret, tw_error *why);
    void (*close)(void *adapter);
    /* From now on writes each conversation to a tape of its own, and ends it; NULL: has none. */
    int (*record)(void *adapter, const char *url, const char *path, tw_error *why);
    int (*finish)(void *adapter, tw_error *why);
};

extern const struct broker_kind tw_broker_file, tw_broker_tws, tw_broker_replay;

#endif
