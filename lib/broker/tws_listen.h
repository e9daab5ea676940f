/* Listening to TWS until it has said what is waited for: whatever else comes meanwhile is kept too.
 */
#ifndef TW_BROKER_TWS_LISTEN_H
#define TW_BROKER_TWS_LISTEN_H

#include "broker/tws_talk.h"

/* What is waited for. */
struct tws_wanted {
    enum tws_kind end;
    int64_t request; /* that the end has to name; 0: it names none */
    const char *what;
};

/* Hears until the end that is wanted: 1; 0 when it does not come within span_ns or was refused. The
 * notice that the client id is used sets *ret_id_used, which may be NULL, and is TW_E_BROKER: it
 * comes only while connecting. */
int tw_tws_listen(struct tws_talk *talk, const struct tws_wanted *wanted, int64_t span_ns,
                  int *ret_id_used, tw_error *why);

/* Keeps the first reason why the answer is less than complete. */
void tw_tws_note_reason(struct tws_talk *talk, const tw_error *reason);

#endif
