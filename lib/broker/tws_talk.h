/* One conversation with TWS: who asks what, in which order, how long it waits, and what each part
 * of the answer is worth. Nothing it sends can change an order. */
#ifndef TW_BROKER_TWS_TALK_H
#define TW_BROKER_TWS_TALK_H

#include "broker/tws_link.h"
#include "broker/tws_rows.h"
#include "broker/tws_url.h"

/* What was heard. Zeroed is nothing. */
struct tws_talk {
    const struct tws_url *url;
    struct tws_tape *played, *recorded; /* either may be NULL */
    struct tws_link *link;
    int64_t version;
    int32_t client; /* the id it was connected with */
    struct buffer accounts;
    struct tws_rows positions, earlier; /* the answer about positions, and the one before it */
    struct tws_rows rows;               /* orders, their states, executions, commissions */
    tw_maybe broker_time_ns;
    int64_t positions_completeness, orders_completeness, executions_completeness;
    int is_lost;      /* TWS has lost IBKR's servers and has not found them again */
    int restored;     /* it found them again: what was asked before has to be asked anew */
    int fills;        /* executions that came without being asked for */
    int fills_before; /* how many had when the last answer about positions was whole */
    int refused;      /* the request that is waited for was refused; the reason says how */
    tw_error reason;  /* the first thing that makes the answer less than complete */
};

/* Connects, asks everything, disconnects. 0 also when parts of the answer failed. TW_E_BROKER when
 * there is no answer at all and another try may bring one; TW_E_PARSE when what came is not what
 * TWS says; TW_E_NOMEM. */
int tw_tws_talk(struct tws_talk *talk, tw_error *why);

/* Forgets what was heard, keeps URL and tapes. */
void tw_tws_talk_clear(struct tws_talk *talk);

#endif
