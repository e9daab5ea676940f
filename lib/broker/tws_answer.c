/* What TWS said, as one answer for reconcile. Pure. */
#include "broker/tws_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"

enum { SHOWN_BYTES = 48 };

#define E8 INT64_C(100000000)

/* ---- rows in an order of their own --------------------------------------------------------- */

/* Messages of one kind. Rows lie behind each other as they came, so of two pointers the higher is
 * the later. */
struct sorted {
    const struct tws_message **at;
    size_t count;
};

typedef int (*row_order)(const struct tws_message *a, const struct tws_message *b);

static int compare_numbers(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int compare_arrival(const struct tws_message *a, const struct tws_message *b) {
    return (a > b) - (a < b);
}

static int order_rows(const void *left, const void *right, void *order) {
    const struct tws_message *a = *(const struct tws_message *const *)left;
    const struct tws_message *b = *(const struct tws_message *const *)right;
    int result = (*(row_order *)order)(a, b);
    return result ? result : compare_arrival(a, b);
}

static int collect(const struct tws_rows *rows, enum tws_kind kind, row_order order,
                   struct sorted *ret) {
    ret->at = calloc(rows->count + 1, sizeof(const void *));
    ret->count = 0;
    if (!ret->at)
        return TW_E_NOMEM;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].message.kind == kind)
            ret->at[ret->count++] = &rows->rows[i].message;
    qsort_r(ret->at, ret->count, sizeof(const void *), order_rows, &order);
    return 0;
}

/* The last of those that the order finds equal to `key`, or NULL. */
static const struct tws_message *find_last(const struct sorted *sorted, row_order order,
                                           const struct tws_message *key) {
    size_t low = 0, high = sorted->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(sorted->at[middle], key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && order(sorted->at[low - 1], key) == 0 ? sorted->at[low - 1] : NULL;
}

/* Keeps the last of each group that is equal by `same`, and puts what is left in the order it came
 * in. */
static void keep_last(struct sorted *sorted, row_order same) {
    size_t kept = 0;
    row_order arrival = compare_arrival;
    for (size_t i = 0; i < sorted->count; i++)
        if (i + 1 == sorted->count || same(sorted->at[i], sorted->at[i + 1]) != 0)
            sorted->at[kept++] = sorted->at[i];
    sorted->count = kept;
    qsort_r(sorted->at, kept, sizeof(const void *), order_rows, &arrival);
}

/* ---- identities ---------------------------------------------------------------------------- */

static void order_key(const struct tws_message *message, int64_t key[3]) {
    int is_order = message->kind == TWS_OPEN_ORDER;
    const struct tws_order *order = &message->as.order;
    const struct tws_order_status *status = &message->as.order_status;
    int64_t perm_id = is_order ? order->perm_id : status->perm_id;
    key[0] = perm_id;
    key[1] = perm_id ? 0 : is_order ? order->client_id : status->client_id;
    key[2] = perm_id ? 0 : is_order ? order->order_id : status->order_id;
}

static int compare_orders(const struct tws_message *a, const struct tws_message *b) {
    int64_t left[3], right[3];
    order_key(a, left);
    order_key(b, right);
    for (int i = 0; i < 3; i++)
        if (left[i] != right[i])
            return compare_numbers(left[i], right[i]);
    return 0;
}

/* Same fill, corrections or not. */
static int compare_fills(const struct tws_message *a, const struct tws_message *b) {
    size_t left, right;
    tw_tws_correction(a->as.execution.exec_id, &left);
    tw_tws_correction(b->as.execution.exec_id, &right);
    int order =
        memcmp(a->as.execution.exec_id, b->as.execution.exec_id, left < right ? left : right);
    if (order == 0)
        order = compare_numbers((int64_t)left, (int64_t)right);
    return order ? order : strcmp(a->as.execution.account, b->as.execution.account);
}

static int compare_corrections(const struct tws_message *a, const struct tws_message *b) {
    size_t length;
    uint64_t left = tw_tws_correction(a->as.execution.exec_id, &length);
    uint64_t right = tw_tws_correction(b->as.execution.exec_id, &length);
    int order = compare_fills(a, b);
    return order ? order : (left > right) - (left < right);
}

static int compare_commissions(const struct tws_message *a, const struct tws_message *b) {
    return strcmp(a->as.commission.exec_id, b->as.commission.exec_id);
}

/* ---- positions ----------------------------------------------------------------------------- */

static const char *name_of(const struct tws_contract *contract) {
    int is_stock = strcmp(contract->sec_type, "STK") == 0;
    return is_stock || !*contract->local_symbol ? contract->symbol : contract->local_symbol;
}

static int wrong_figure(const struct tws_position *position, const char *what, tw_error *why) {
    char shown[SHOWN_BYTES];
    const char *name = name_of(&position->contract);
    return tw_fail(why, TW_E_PARSE, "position of TWS in %s: its %s is no figure that can be kept",
                   tw_text_show(name, strlen(name), shown, sizeof shown), what);
}

static int make_holding(const struct tws_position *position, tw_holding *ret, tw_error *why) {
    const struct tws_contract *contract = &position->contract;
    int rounded;
    *ret = (tw_holding){.size = sizeof *ret,
                        .symbol = name_of(contract),
                        .qty_e8 = position->qty_e8,
                        .avg_cost_e8 = position->avg_cost_e8,
                        .con_id = {contract->con_id, 1},
                        .currency = contract->currency,
                        .sec_type = contract->sec_type};
    if (!*contract->multiplier)
        return 0;
    if (tw_tws_decimal(contract->multiplier, &ret->multiplier_e8.value, &rounded) != 0 ||
        ret->multiplier_e8.value <= 0)
        return wrong_figure(position, "multiplier", why);
    ret->multiplier_e8.known = 1;
    tw_int128 each =
        tw_divide_half_even((tw_int128)position->avg_cost_e8.value * E8, ret->multiplier_e8.value);
    if (position->avg_cost_e8.known && tw_narrow_64(each, &ret->avg_cost_e8.value) != 0)
        return wrong_figure(position, "average cost", why);
    return 0;
}

static int make_holdings(const struct tws_rows *rows, const char *account, struct tws_answer *ret,
                         tw_error *why) {
    ret->holdings = calloc(rows->count + 1, sizeof *ret->holdings);
    if (!ret->holdings)
        return tw_fail(why, TW_E_NOMEM, "no memory for the broker's positions");
    for (size_t i = 0; i < rows->count; i++) {
        const struct tws_message *message = &rows->rows[i].message;
        if (message->kind != TWS_POSITION)
            continue;
        if (strcmp(message->as.position.account, account) != 0) {
            ret->other_accounts++;
            continue;
        }
        int status = make_holding(&message->as.position, &ret->holdings[ret->holding_count], why);
        if (status)
            return status;
        ret->rounded += (uint64_t)message->rounded;
        ret->holding_count++;
    }
    return 0;
}

/* ---- orders -------------------------------------------------------------------------------- */

static int has_limit(const char *type) {
    return strstr(type, "LMT") != NULL || strstr(type, "LIMIT") != NULL ||
           strcmp(type, "LIT") == 0 || strcmp(type, "LOC") == 0 || strcmp(type, "REL") == 0;
}

static tw_maybe trigger_of(const struct tws_order *order) {
    if (strncmp(order->order_type, "TRAIL", strlen("TRAIL")) == 0)
        return order->trail_stop_e8;
    if (strncmp(order->order_type, "STP", strlen("STP")) == 0 ||
        strcmp(order->order_type, "MIT") == 0 || strcmp(order->order_type, "LIT") == 0)
        return order->aux_e8;
    return (tw_maybe){0};
}

static int64_t action_of(const char *action) {
    if (strcmp(action, "BUY") == 0)
        return TW_ACTION_BUY;
    return strcmp(action, "SELL") == 0 || strcmp(action, "SSHORT") == 0 ? TW_ACTION_SELL : 0;
}

static void make_order(const struct tws_order *order, const struct tws_message *status,
                       tw_broker_order *ret) {
    *ret = (tw_broker_order){.size = sizeof *ret,
                             .order_ref = *order->order_ref ? order->order_ref : NULL,
                             .perm_id = {order->perm_id, order->perm_id != 0},
                             .order_id = {order->order_id, order->order_id != 0},
                             .client_id = {order->client_id, 1},
                             .symbol = name_of(&order->contract),
                             .action = action_of(order->action),
                             .order_type = order->order_type,
                             .qty_e8 = order->qty_e8.known ? order->qty_e8.value : 0,
                             .stop_e8 = trigger_of(order),
                             .tif = order->tif,
                             .status = order->status,
                             .outside_rth = {order->outside_rth, 1},
                             .parent_id = {order->parent_id, order->parent_id != 0},
                             .good_till = *order->good_till ? order->good_till : NULL};
    if (has_limit(order->order_type))
        ret->limit_e8 = order->limit_e8;
    if (!status)
        return;
    ret->filled_e8 = status->as.order_status.filled_e8;
    if (*status->as.order_status.status)
        ret->status = status->as.order_status.status;
    if (*status->as.order_status.why_held)
        ret->why_held = status->as.order_status.why_held;
}

static int make_orders(const struct tws_rows *rows, const char *account, struct tws_answer *ret,
                       tw_error *why) {
    struct sorted orders = {0}, states = {0};
    int status = collect(rows, TWS_OPEN_ORDER, compare_orders, &orders);
    if (!status)
        status = collect(rows, TWS_ORDER_STATUS, compare_orders, &states);
    if (!status && !(ret->orders = calloc(orders.count + 1, sizeof *ret->orders)))
        status = TW_E_NOMEM;
    if (status)
        tw_fail(why, status, "no memory for the broker's orders");
    else
        keep_last(&orders, compare_orders);
    for (size_t i = 0; !status && i < orders.count; i++) {
        const struct tws_order *order = &orders.at[i]->as.order;
        if (*order->account && strcmp(order->account, account) != 0)
            ret->other_accounts++;
        else if (!order->is_what_if)
            make_order(order, find_last(&states, compare_orders, orders.at[i]),
                       &ret->orders[ret->order_count++]);
    }
    free(orders.at);
    free(states.at);
    return status;
}

/* ---- executions ---------------------------------------------------------------------------- */

static void make_execution(const struct tws_execution *execution,
                           const struct tws_message *commission, tw_maybe time_ns,
                           tw_broker_execution *ret) {
    *ret = (tw_broker_execution){.size = sizeof *ret,
                                 .exec_id = execution->exec_id,
                                 .symbol = name_of(&execution->contract),
                                 .action = execution->is_sell ? TW_ACTION_SELL : TW_ACTION_BUY,
                                 .qty_e8 = execution->qty_e8,
                                 .price_e8 = execution->price_e8,
                                 .order_ref = *execution->order_ref ? execution->order_ref : NULL,
                                 .perm_id = {execution->perm_id, execution->perm_id != 0},
                                 .time_ns = time_ns,
                                 .cum_qty_e8 = execution->cum_qty_e8,
                                 .currency = execution->contract.currency,
                                 .kind = execution->is_liquidation ? TW_FILL_LIQUIDATION : 0};
    if (!commission)
        return;
    ret->fee_e8 = commission->as.commission.fee_e8;
    ret->realized_e8 = commission->as.commission.realized_e8;
}

static int make_executions(const struct tws_rows *rows, const char *account,
                           tws_clock_reader read_clock, void *context, struct tws_answer *ret,
                           tw_error *why) {
    struct sorted fills = {0}, fees = {0};
    int status = collect(rows, TWS_EXECUTION, compare_corrections, &fills);
    if (!status)
        status = collect(rows, TWS_COMMISSION, compare_commissions, &fees);
    if (!status && !(ret->executions = calloc(fills.count + 1, sizeof *ret->executions)))
        status = TW_E_NOMEM;
    if (status)
        tw_fail(why, status, "no memory for the broker's executions");
    else
        keep_last(&fills, compare_fills);
    for (size_t i = 0; !status && i < fills.count; i++) {
        const struct tws_execution *execution = &fills.at[i]->as.execution;
        if (strcmp(execution->account, account) != 0) {
            ret->other_accounts++;
            continue;
        }
        struct tws_message key = {.as.commission.exec_id = execution->exec_id};
        const struct tws_message *fee = find_last(&fees, compare_commissions, &key);
        tw_maybe time_ns = read_clock(context, execution->time_text);
        ret->unknown_times += !time_ns.known;
        ret->rounded += fills.at[i]->rounded || (fee && fee->rounded);
        make_execution(execution, fee, time_ns, &ret->executions[ret->execution_count++]);
    }
    free(fills.at);
    free(fees.at);
    return status;
}

/* ---- the answer ---------------------------------------------------------------------------- */

void tw_tws_answer_free(struct tws_answer *answer) {
    free(answer->holdings);
    free(answer->orders);
    free(answer->executions);
    memset(answer, 0, sizeof *answer);
}

int tw_tws_answer_make(const struct tws_rows *positions, const struct tws_rows *rows,
                       const char *account, tws_clock_reader read_clock, void *context,
                       struct tws_answer *ret, tw_error *why) {
    struct tws_answer answer = {0};
    int status = make_holdings(positions, account, &answer, why);
    if (!status)
        status = make_orders(rows, account, &answer, why);
    if (!status)
        status = make_executions(rows, account, read_clock, context, &answer, why);
    if (status)
        tw_tws_answer_free(&answer);
    else
        *ret = answer;
    return status;
}
