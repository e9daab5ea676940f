/* What must hold for any bytes that are read as a message of TWS. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire.h"

int wire_decode(const char *payload, size_t size, int64_t version, char **ret_copy,
                struct tws_message *ret, tw_error *why) {
    char *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, payload, size);
    *ret_copy = copy;
    return tw_tws_decode(copy, size, version, ret, why);
}

enum { TEXTS_MAX = 24 };

static size_t contract_texts(const struct tws_contract *contract, const char **out) {
    const char *texts[] = {contract->symbol,   contract->sec_type,     contract->expiry,
                           contract->right,    contract->multiplier,   contract->exchange,
                           contract->currency, contract->local_symbol, contract->trading_class};
    memcpy(out, texts, sizeof texts);
    return sizeof texts / sizeof texts[0];
}

static size_t put_texts(const char **out, const char *const *texts, size_t count) {
    memcpy(out, texts, count * sizeof *texts);
    return count;
}

static size_t message_texts(const struct tws_message *message, const char **out) {
    size_t count = 0;
    if (message->kind == TWS_OPEN_ORDER) {
        const struct tws_order *order = &message->as.order;
        const char *texts[] = {order->action,    order->order_type, order->tif,
                               order->oca_group, order->account,    order->order_ref,
                               order->good_till, order->status};
        count = contract_texts(&order->contract, out);
        return count + put_texts(out + count, texts, sizeof texts / sizeof texts[0]);
    }
    if (message->kind == TWS_EXECUTION) {
        const struct tws_execution *execution = &message->as.execution;
        const char *texts[] = {execution->exec_id, execution->time_text, execution->account,
                               execution->exchange, execution->order_ref};
        count = contract_texts(&execution->contract, out);
        return count + put_texts(out + count, texts, sizeof texts / sizeof texts[0]);
    }
    if (message->kind == TWS_POSITION) {
        count = contract_texts(&message->as.position.contract, out);
        out[count++] = message->as.position.account;
    }
    if (message->kind == TWS_COMMISSION) {
        out[count++] = message->as.commission.exec_id;
        out[count++] = message->as.commission.currency;
    }
    if (message->kind == TWS_ORDER_STATUS) {
        out[count++] = message->as.order_status.status;
        out[count++] = message->as.order_status.why_held;
    }
    if (message->kind == TWS_NOTICE)
        out[count++] = message->as.notice.text;
    if (message->kind == TWS_ACCOUNTS)
        out[count++] = message->as.accounts;
    return count;
}

const char *wire_objection(const char *payload, size_t size, int status,
                           const struct tws_message *message, const tw_error *why) {
    const char *texts[TEXTS_MAX];
    if (status) {
        if (status != TW_E_PARSE || why->code != status || why->text[0] == '\0')
            return "refused without a reason";
        return tw_text_is_clean(why->text, strlen(why->text)) ? NULL : "a reason is not clean";
    }
    for (size_t i = message_texts(message, texts); i > 0; i--) {
        uintptr_t at = (uintptr_t)texts[i - 1], start = (uintptr_t)payload;
        if (!texts[i - 1] || at < start || at >= start + size)
            return "text lies outside of its payload";
        if (at + strlen(texts[i - 1]) >= start + size)
            return "text ends outside of its payload";
    }
    return NULL;
}
