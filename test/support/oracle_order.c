/* The oracle: orders. */
#include "oracle.h"

static struct oracle_table table;

static int64_t number_of(tw_maybe maybe) {
    return maybe.known ? maybe.value : TW_UNKNOWN;
}

static struct oracle_order submit(const tw_order_submitted *said, size_t index) {
    struct oracle_order order = {.submitted = index,
                                 .status = TW_ORDER_SENT,
                                 .qty = said->qty_e8,
                                 .limit = number_of(said->limit_e8),
                                 .stop = number_of(said->stop_e8),
                                 .perm_id = TW_UNKNOWN};
    return order;
}

static int is_final(int64_t status) {
    return status == TW_ORDER_FILLED || status == TW_ORDER_CANCELLED ||
           status == TW_ORDER_REJECTED || status == TW_ORDER_EXPIRED;
}

static void update(struct oracle_order *order, const tw_order_updated *said) {
    if (said->perm_id.known && said->perm_id.value != 0)
        order->perm_id = said->perm_id.value;
    if (said->qty_e8.known)
        order->qty = said->qty_e8.value;
    if (said->limit_e8.known)
        order->limit = said->limit_e8.value;
    if (said->stop_e8.known)
        order->stop = said->stop_e8.value;
    int all_filled = order->status == TW_ORDER_FILLED && order->filled >= order->qty;
    int comes_back =
        is_final(order->status) && !is_final(said->status) && said->status != TW_ORDER_LAPSED;
    if (!all_filled && !comes_back)
        order->status = said->status;
}

/* Which execution the event books, replaces or voids; NULL if it does none of it. */
static const struct oracle_execution *touched(const tw_event *event) {
    if (event->type == TW_TYPE_fill)
        return oracle_find(&table, event->as.fill.exec_id);
    if (event->type == TW_TYPE_partial)
        return oracle_find(&table, event->as.partial.exec_id);
    if (event->type == TW_TYPE_fill_corrected)
        return oracle_find(&table, event->as.fill_corrected.corrects);
    if (event->type == TW_TYPE_fill_busted)
        return oracle_find(&table, event->as.fill_busted.corrects);
    return NULL;
}

static int64_t filled_now(size_t submitted) {
    int64_t filled = 0;
    for (size_t i = 0; i < table.count; i++)
        if (table.executions[i].order == submitted && !table.executions[i].is_void)
            filled += table.executions[i].qty;
    return filled;
}

static void follow(struct oracle_order *order) {
    int64_t before = order->filled;
    order->filled = filled_now(order->submitted);
    if (order->filled >= order->qty)
        order->status = TW_ORDER_FILLED;
    else if (order->filled > before &&
             (order->status == TW_ORDER_SENT || order->status == TW_ORDER_LAPSED))
        order->status = TW_ORDER_ACKNOWLEDGED;
    else if (order->filled < before && order->status == TW_ORDER_FILLED)
        order->status = TW_ORDER_ACKNOWLEDGED;
}

static int books(const tw_event *event, const struct oracle_execution *execution, size_t index) {
    return event->type != TW_TYPE_partial || execution->root == index;
}

size_t oracle_orders(const struct oracle *oracle, struct oracle_order ret[ORACLE_EVENTS]) {
    size_t count = 0;
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_event *event = &oracle->events[i];
        if (event->type == TW_TYPE_order_submitted)
            ret[count++] = submit(&event->as.order_submitted, i);
        for (size_t k = 0; event->type == TW_TYPE_order_updated && k < count; k++)
            if (same(oracle->events[ret[k].submitted].as.order_submitted.order_ref,
                     event->as.order_updated.order_ref))
                update(&ret[k], &event->as.order_updated);
        oracle_executions(oracle, i + 1, &table);
        const struct oracle_execution *execution = touched(event);
        for (size_t k = 0; execution && k < count; k++)
            if (execution->order == ret[k].submitted && books(event, execution, i))
                follow(&ret[k]);
    }
    return count;
}
