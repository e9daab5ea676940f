/* The longest message of TWS, openOrder, and the contract that starts three kinds of rows. Pure. */
#ifndef TW_BROKER_TWS_ORDER_H
#define TW_BROKER_TWS_ORDER_H

#include "broker/tws_fields.h"
#include "broker/tws_message.h"

/* conId, symbol, type, expiry, strike, right, multiplier, exchange, currency, local symbol, trading
 * class. */
void tw_tws_take_contract(struct tws_fields *fields, struct tws_contract *ret);

/* Behind the message id. Walked from the front to the end: parts whose presence other fields decide
 * move everything behind them. */
void tw_tws_take_order(struct tws_fields *fields, int64_t version, struct tws_order *ret);

#endif
