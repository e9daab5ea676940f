/* What TWS and IB Gateway say. Pure. */
#include "broker/tws_message.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "broker/tws_fields.h"
#include "broker/tws_order.h"

enum { VERSION_PRICE_REVISION = 178, SHOWN_BYTES = 64 };

/* ---- contracts and their rows -------------------------------------------------------------- */

static void take_position(struct tws_fields *fields, struct tws_message *ret) {
    struct tws_position *position = &ret->as.position;
    tw_tws_skip(fields, "i version");
    position->account = tw_tws_take_name(fields, "account");
    tw_tws_take_contract(fields, &position->contract);
    position->qty_e8 = tw_tws_take_decimal(fields, "position");
    position->avg_cost_e8 = tw_tws_take_maybe_decimal(fields, "avgCost");
}

static int64_t take_side(struct tws_fields *fields) {
    const char *text = tw_tws_take_text(fields, "side");
    int is_sell = strcmp(text, "SLD") == 0;
    if (!is_sell && strcmp(text, "BOT") != 0)
        tw_tws_reject(fields, "side", text, "BOT or SLD");
    return is_sell;
}

static void take_execution(struct tws_fields *fields, int64_t version, struct tws_message *ret) {
    struct tws_execution *execution = &ret->as.execution;
    execution->request_id = tw_tws_take_integer(fields, "reqId");
    execution->order_id = tw_tws_take_integer(fields, "orderId");
    tw_tws_take_contract(fields, &execution->contract);
    execution->exec_id = tw_tws_take_name(fields, "execId");
    execution->time_text = tw_tws_take_name(fields, "time");
    execution->account = tw_tws_take_name(fields, "account");
    execution->exchange = tw_tws_take_text(fields, "exchange");
    execution->is_sell = take_side(fields);
    const char *shares = fields->at;
    execution->qty_e8 = tw_tws_take_decimal(fields, "shares");
    if (!fields->failed && execution->qty_e8 <= 0)
        tw_tws_reject(fields, "shares", shares, "more than 0");
    execution->price_e8 = tw_tws_take_decimal(fields, "price");
    execution->perm_id = tw_tws_take_integer(fields, "permId");
    execution->client_id = tw_tws_take_integer(fields, "clientId");
    execution->is_liquidation = tw_tws_take_flag(fields, "liquidation");
    execution->cum_qty_e8 = tw_tws_take_maybe_decimal(fields, "cumQty");
    tw_tws_skip(fields, "d avgPrice");
    execution->order_ref = tw_tws_take_text(fields, "orderRef");
    tw_tws_skip(fields, "s evRule, d evMultiplier, s modelCode, i lastLiquidity");
    if (version >= VERSION_PRICE_REVISION)
        tw_tws_skip(fields, "b pendingPriceRevision");
}

static void take_commission(struct tws_fields *fields, struct tws_message *ret) {
    struct tws_commission *commission = &ret->as.commission;
    tw_tws_skip(fields, "i version");
    commission->exec_id = tw_tws_take_name(fields, "execId");
    commission->fee_e8 = tw_tws_take_maybe_decimal(fields, "commission");
    commission->currency = tw_tws_take_text(fields, "currency");
    commission->realized_e8 = tw_tws_take_maybe_decimal(fields, "realizedPNL");
    tw_tws_skip(fields, "d yield, i yieldRedemptionDate");
}

static void take_order_status(struct tws_fields *fields, struct tws_message *ret) {
    struct tws_order_status *status = &ret->as.order_status;
    status->order_id = tw_tws_take_integer(fields, "orderId");
    status->status = tw_tws_take_text(fields, "status");
    status->filled_e8 = tw_tws_take_maybe_decimal(fields, "filled");
    status->remaining_e8 = tw_tws_take_maybe_decimal(fields, "remaining");
    tw_tws_skip(fields, "d avgFillPrice");
    status->perm_id = tw_tws_take_integer(fields, "permId");
    tw_tws_skip(fields, "i parentId, d lastFillPrice");
    status->client_id = tw_tws_take_integer(fields, "clientId");
    status->why_held = tw_tws_take_text(fields, "whyHeld");
    tw_tws_skip(fields, "d mktCapPrice");
}

/* ---- messages ------------------------------------------------------------------------------ */

static void take_notice(struct tws_fields *fields, struct tws_message *ret) {
    struct tws_notice *notice = &ret->as.notice;
    tw_tws_skip(fields, "i version");
    notice->id = tw_tws_take_integer(fields, "id");
    notice->code = tw_tws_take_integer(fields, "code");
    notice->text = tw_tws_take_text(fields, "text");
    tw_tws_skip(fields, "s advancedOrderReject");
}

static void take_number(struct tws_fields *fields, const char *name, struct tws_message *ret) {
    tw_tws_skip(fields, "i version");
    ret->as.number = tw_tws_take_integer(fields, name);
}

static const char *name_of(int64_t id) {
    static const struct {
        int64_t id;
        const char *name;
    } names[] = {{TWS_ORDER_STATUS, "orderStatus"},
                 {TWS_NOTICE, "error"},
                 {TWS_OPEN_ORDER, "openOrder"},
                 {TWS_NEXT_ID, "nextValidId"},
                 {TWS_EXECUTION, "execDetails"},
                 {TWS_ACCOUNTS, "managedAccounts"},
                 {TWS_CURRENT_TIME, "currentTime"},
                 {TWS_ORDERS_END, "openOrderEnd"},
                 {TWS_EXECUTIONS_END, "execDetailsEnd"},
                 {TWS_COMMISSION, "commissionReport"},
                 {TWS_POSITION, "position"},
                 {TWS_POSITIONS_END, "positionEnd"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].id == id)
            return names[i].name;
    return NULL;
}

static void take_body(struct tws_fields *fields, int64_t version, struct tws_message *ret) {
    switch (ret->kind) {
    case TWS_ORDER_STATUS:
        take_order_status(fields, ret);
        break;
    case TWS_NOTICE:
        take_notice(fields, ret);
        break;
    case TWS_OPEN_ORDER:
        tw_tws_take_order(fields, version, &ret->as.order);
        break;
    case TWS_NEXT_ID:
        take_number(fields, "orderId", ret);
        break;
    case TWS_EXECUTION:
        take_execution(fields, version, ret);
        break;
    case TWS_ACCOUNTS:
        tw_tws_skip(fields, "i version");
        ret->as.accounts = tw_tws_take_text(fields, "accounts");
        break;
    case TWS_CURRENT_TIME:
        take_number(fields, "time", ret);
        break;
    case TWS_EXECUTIONS_END:
        take_number(fields, "reqId", ret);
        break;
    case TWS_COMMISSION:
        take_commission(fields, ret);
        break;
    case TWS_POSITION:
        take_position(fields, ret);
        break;
    case TWS_ORDERS_END:
    case TWS_POSITIONS_END:
        tw_tws_skip(fields, "i version");
        break;
    case TWS_OTHER:
        fields->at = fields->end;
        break;
    }
}

int tw_tws_decode(const char *payload, size_t size, int64_t version, struct tws_message *ret,
                  tw_error *why) {
    struct tws_fields fields;
    struct tws_message message = {0};
    tw_tws_fields_begin(&fields, payload, size);
    message.id = tw_tws_take_integer(&fields, "id");
    if (!fields.failed) {
        const char *name = name_of(message.id);
        if (name) {
            fields.message = name;
            message.kind = (enum tws_kind)message.id;
        }
        take_body(&fields, version, &message);
    }
    int status = tw_tws_fields_end(&fields, why);
    if (status)
        return status;
    message.rounded = fields.rounded;
    *ret = message;
    return 0;
}

int tw_tws_decode_hello(const char *payload, size_t size, int64_t *ret_version,
                        const char **ret_time, tw_error *why) {
    struct tws_fields fields;
    char shown[SHOWN_BYTES];
    tw_tws_fields_begin(&fields, payload, size);
    fields.message = "the greeting";
    int64_t version = tw_tws_take_integer(&fields, "server version");
    const char *time = tw_tws_take_text(&fields, "connection time");
    int status = tw_tws_fields_end(&fields, why);
    if (status)
        return status;
    if (version == -1)
        return tw_fail(why, TW_E_BROKER, "TWS sends its clients on to %s; connect to that address",
                       tw_text_show(time, strlen(time), shown, sizeof shown));
    if (version < TW_TWS_VERSION_MIN || version > TW_TWS_VERSION_MAX)
        return tw_fail(why, TW_E_BROKER,
                       "TWS answered with protocol version %lld, expected %d to %d; another "
                       "release of TWS or of tradewal is needed",
                       (long long)version, TW_TWS_VERSION_MIN, TW_TWS_VERSION_MAX);
    *ret_version = version;
    *ret_time = time;
    return 0;
}

/* ---- notices ------------------------------------------------------------------------------- */

enum tws_notice_class tw_tws_notice_class(int64_t code) {
    static const struct {
        int64_t code;
        enum tws_notice_class is;
    } known[] = {
        {100, TWS_NOTICE_RATE},      {320, TWS_NOTICE_REFUSED},   {321, TWS_NOTICE_REFUSED},
        {322, TWS_NOTICE_REFUSED},   {326, TWS_NOTICE_ID_USED},   {1100, TWS_NOTICE_LOST},
        {1101, TWS_NOTICE_RESTORED}, {1102, TWS_NOTICE_RESTORED}, {1300, TWS_NOTICE_MOVED},
        {2104, TWS_NOTICE_INFO},     {2106, TWS_NOTICE_INFO},     {2107, TWS_NOTICE_INFO},
        {2108, TWS_NOTICE_INFO},     {2110, TWS_NOTICE_LOST},     {2119, TWS_NOTICE_INFO},
        {2158, TWS_NOTICE_INFO},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == code)
            return known[i].is;
    if (code >= 2100 && code < 2200)
        return TWS_NOTICE_WARNING;
    if (code == 162 || code == 300 || code == 366 || code == 10167 || code == 10197)
        return TWS_NOTICE_WARNING;
    return TWS_NOTICE_ORDER;
}
