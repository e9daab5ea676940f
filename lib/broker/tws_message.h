/* What TWS and IB Gateway say, for server versions 170 to 178. Pure.
 *
 * Field layouts are those that the official client and two independent ones agree on; recorded
 * messages of live gateways fit them. Text of a message lies in its payload. */
#ifndef TW_BROKER_TWS_MESSAGE_H
#define TW_BROKER_TWS_MESSAGE_H

#include <stddef.h>

#include "broker/tws_number.h"
#include "tradewal.h"

/* The largest installed base of text clients sits on 178; below 170 errors and orders lack fields,
 * from 201 on messages are binary. */
enum { TW_TWS_VERSION_MIN = 170, TW_TWS_VERSION_MAX = 178 };

enum tws_kind {
    TWS_OTHER, /* nothing that is asked for; only its id was read */
    TWS_ORDER_STATUS = 3,
    TWS_NOTICE = 4, /* TWS calls it error; most are none */
    TWS_OPEN_ORDER = 5,
    TWS_NEXT_ID = 9,
    TWS_EXECUTION = 11,
    TWS_ACCOUNTS = 15,
    TWS_CURRENT_TIME = 49,
    TWS_ORDERS_END = 53,
    TWS_EXECUTIONS_END = 55,
    TWS_COMMISSION = 59,
    TWS_POSITION = 61,
    TWS_POSITIONS_END = 62
};

struct tws_contract {
    int64_t con_id;
    const char *symbol;
    const char *sec_type;
    const char *expiry;
    tw_maybe strike_e8;
    const char *right;
    const char *multiplier; /* "" where there is none */
    const char *exchange;
    const char *currency;
    const char *local_symbol;
    const char *trading_class;
};

struct tws_position {
    const char *account;
    struct tws_contract contract;
    int64_t qty_e8;       /* short is below 0; 0 is flat */
    tw_maybe avg_cost_e8; /* commissions in it; of futures and options times the multiplier */
};

struct tws_execution {
    int64_t request_id; /* -1: nobody asked */
    int64_t order_id;
    struct tws_contract contract;
    const char *exec_id;
    const char *time_text;
    const char *account;
    const char *exchange;
    int64_t is_sell;
    int64_t qty_e8; /* above 0 */
    int64_t price_e8;
    int64_t perm_id; /* 0: none */
    int64_t client_id;
    int64_t is_liquidation;
    tw_maybe cum_qty_e8;
    const char *order_ref;
};

struct tws_commission {
    const char *exec_id;
    tw_maybe fee_e8;
    const char *currency;
    tw_maybe realized_e8; /* unknown of a fill that opens */
};

struct tws_order {
    int64_t order_id; /* below 0: a manual order that some client has bound */
    struct tws_contract contract;
    const char *action;
    tw_maybe qty_e8;
    const char *order_type;
    tw_maybe limit_e8;
    tw_maybe aux_e8;        /* trigger of a stop, amount of a trailing stop */
    tw_maybe trail_stop_e8; /* trigger of a trailing stop; of other types a figure to ignore */
    tw_maybe trail_percent_e8;
    const char *tif;
    const char *good_till; /* "" of all but GTD orders; as TWS writes times, perhaps with a zone */
    const char *oca_group;
    const char *account;
    const char *order_ref;
    int64_t client_id;
    int64_t perm_id; /* 0: not known yet */
    int64_t outside_rth;
    int64_t parent_id; /* 0: none */
    int64_t is_what_if;
    const char *status; /* "": not said */
};

struct tws_order_status {
    int64_t order_id;
    const char *status; /* "": not said */
    tw_maybe filled_e8;
    tw_maybe remaining_e8;
    int64_t perm_id;
    int64_t client_id;
    const char *why_held;
};

struct tws_notice {
    int64_t id; /* of a request or an order; -1: of neither */
    int64_t code;
    const char *text; /* any bytes: escape before showing */
};

struct tws_message {
    enum tws_kind kind;
    int64_t id;
    int rounded; /* a decimal had more than eight decimals that matter */
    union {
        struct tws_order_status order_status;
        struct tws_notice notice;
        struct tws_order order;
        struct tws_execution execution;
        struct tws_commission commission;
        struct tws_position position;
        const char *accounts; /* a comma between them, perhaps one behind the last */
        int64_t number;       /* next id, seconds since 1970, or the request of an end */
    } as;
};

/* One payload of a server of that version. TW_E_PARSE with message, field and what was found. */
int tw_tws_decode(const char *payload, size_t size, int64_t version, struct tws_message *ret,
                  tw_error *why);

/* The first payload of a connection: the version the server chose, and its text of the time.
 * TW_E_PARSE; TW_E_BROKER when it redirects to another host or has another version. */
int tw_tws_decode_hello(const char *payload, size_t size, int64_t *ret_version,
                        const char **ret_time, tw_error *why);

/* What class a notice is of. */
enum tws_notice_class {
    TWS_NOTICE_INFO,     /* farms that are fine */
    TWS_NOTICE_WARNING,  /* market data, old orders: nothing an answer rests on */
    TWS_NOTICE_LOST,     /* TWS has lost IBKR's servers: what it answers may be old */
    TWS_NOTICE_RESTORED, /* it has them again */
    TWS_NOTICE_MOVED,    /* the port has changed: connect again */
    TWS_NOTICE_REFUSED,  /* a request was refused: its end will not come */
    TWS_NOTICE_ID_USED,  /* another client has this client id */
    TWS_NOTICE_RATE,     /* too many messages: the connection will be closed */
    TWS_NOTICE_ORDER     /* about somebody's order */
};

enum tws_notice_class tw_tws_notice_class(int64_t code);

#endif
