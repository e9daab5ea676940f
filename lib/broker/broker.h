/* Brokers: one small table of functions per kind, chosen by the scheme of a URL. */
#ifndef TW_BROKER_BROKER_H
#define TW_BROKER_BROKER_H

#include "tradewal.h"

struct broker_kind {
    const char *scheme; /* "file" of "file:positions.json" */
    /* Before a second try; twice that before the third. A file that is not there yet is worth a
     * short wait, a gateway that starts a longer one, a tape none. */
    int64_t pause_ns;
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

enum { TW_BROKER_TRIES = 3 };

/* A broker of this kind; `rest` is what follows the colon of the URL. */
int tw_broker_make(const struct broker_kind *kind, const char *url, const char *rest,
                   tw_broker **ret, tw_error *why);

/* Waits before try 2 or 3: pause_ns, or twice that. Try 1 comes at once. */
void tw_broker_pause(int64_t pause_ns, int try);

int64_t tw_broker_pause_ns(const tw_broker *broker); /* that of its kind */

/* The answer of a broker that gave none: all its parts are failed, for this reason. Lives until the
 * next call of this or of tw_broker_close. */
const tw_answer *tw_broker_failed(tw_broker *broker, const tw_error *reason);

#endif
