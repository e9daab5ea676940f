/* Orders: linked again by order_ref, then perm_id, never by order_id; what the broker does not say
 * stays unknown. Pure. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/reconcile_internal.h"
#include "core/schema.h"

/* The broker's words, English whatever its language. 0: it says nothing that the log does not know.
 */
static const struct {
    const char *word;
    int64_t status;
    int live;
} words[] = {
    {"ApiPending", 0, 1},
    {"PendingSubmit", 0, 1},
    {"PendingCancel", TW_ORDER_CANCEL_PENDING, 1},
    {"PreSubmitted", TW_ORDER_ACKNOWLEDGED, 1},
    {"Submitted", TW_ORDER_ACKNOWLEDGED, 1},
    {"ApiCancelled", TW_ORDER_CANCELLED, 0},
    {"Cancelled", TW_ORDER_CANCELLED, 0},
    {"Filled", TW_ORDER_FILLED, 0},
    {"Inactive", TW_ORDER_INACTIVE, 0},
};

static const char *said(const char *text) {
    return text && *text ? text : NULL;
}

static void read_status(struct order_row *row) {
    const tw_broker_order *is = row->is;
    row->live = !is->completed;
    row->status = 0;
    for (size_t i = 0; said(is->status) && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, is->status) == 0) {
            row->status = words[i].status;
            row->live = words[i].live && !is->completed;
        }
    if (!is->completed)
        return;
    /* A completed order that never worked was rejected; whatever else it is called, it has ended.
     */
    if (row->status == TW_ORDER_INACTIVE)
        row->status = TW_ORDER_REJECTED;
    else if (row->status != TW_ORDER_FILLED)
        row->status = TW_ORDER_CANCELLED;
}

static int compare_rows(const void *left, const void *right) {
    const struct order_row *a = left, *b = right;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    /* What works comes first: it decides what the order is. */
    if (a->live != b->live)
        return b->live - a->live;
    int by = tw_reconcile_compare_maybe(a->is->perm_id, b->is->perm_id);
    if (!by)
        by = tw_reconcile_compare_text(a->is->status, b->is->status);
    if (!by)
        by = (a->is->qty_e8 > b->is->qty_e8) - (a->is->qty_e8 < b->is->qty_e8);
    if (!by)
        by = tw_reconcile_compare_maybe(a->is->limit_e8, b->is->limit_e8);
    return by ? by : tw_reconcile_compare_maybe(a->is->stop_e8, b->is->stop_e8);
}

static int collect(struct run *run) {
    run->order_rows = calloc(run->order_count + 1, sizeof *run->order_rows);
    if (!run->order_rows)
        return tw_fail(run->why, TW_E_NOMEM, "no memory for the orders");
    for (size_t i = 0; i < run->order_count; i++) {
        struct order_row *row = &run->order_rows[i];
        row->is = run->orders[i];
        row->order = tw_reconcile_match_order(run, said(row->is->order_ref), row->is->perm_id);
        row->subject = tw_reconcile_find_subject(run, row->is->symbol);
        read_status(row);
    }
    run->order_row_count = run->order_count;
    if (run->order_row_count > 0)
        qsort(run->order_rows, run->order_row_count, sizeof *run->order_rows, compare_rows);
    return 0;
}

static int has_perm(const tw_broker_order *is) {
    return is->perm_id.known && is->perm_id.value != 0;
}

const char *tw_reconcile_order_label(struct run *run, const tw_broker_order *is) {
    if (said(is->order_ref))
        return is->order_ref;
    if (has_perm(is))
        return tw_reconcile_keepf(run, "perm %lld", (long long)is->perm_id.value);
    return "an order without an id";
}

/* "SELL 100 STP at 440 (Submitted)"; "SELL ? STP at 440, good till 20261231 (no status)". */
static const char *describe(struct run *run, const tw_broker_order *is) {
    char qty[TW_DECIMAL_TEXT_BYTES], price[TW_DECIMAL_TEXT_BYTES] = "";
    tw_maybe at = tw_reconcile_is_stop(is->order_type) ? is->stop_e8 : is->limit_e8;
    const char *until = said(is->good_till);
    tw_decimal_format(is->qty_e8, qty);
    if (at.known)
        tw_decimal_format(at.value, price);
    return tw_reconcile_keepf(run, "%s %s %s%s%s%s%s (%s)", tw_text_of("action", is->action),
                              is->qty_e8 ? qty : "?",
                              said(is->order_type) ? is->order_type : "order",
                              at.known ? " at " : "", price, until ? ", good till " : "",
                              until ? until : "", said(is->status) ? is->status : "no status");
}

/* ---- D22 ----------------------------------------------------------------------------------- */

static void find_foreign(struct run *run, const struct order_row *row) {
    if (!row->live)
        return;
    const char *about =
        has_perm(row->is) ? tw_reconcile_keepf(run, "perm %lld", (long long)row->is->perm_id.value)
                          : said(row->is->order_ref);
    tw_reconcile_find(run, 22, row->subject, about, "-", describe(run, row->is), TW_FINDING_NOTE,
                      FOUND_OPEN | FOUND_DIFFERS,
                      "a working order that the log does not know: counted, not touched");
}

/* ---- D21, D24, D25: an order that both know ------------------------------------------------ */

static int differs(tw_maybe theirs, int64_t ours) {
    return theirs.known && theirs.value != ours;
}

static int holds(const char *text, const char *part) {
    return text && strstr(text, part) != NULL;
}

/* Only numbers that mean something for the type: a stop order's limit price, a market order's
 * prices are whatever the broker filled in; a trailing stop's trigger moves by itself. */
static void read_prices(const struct run *run, const struct order_row *row, tw_maybe *limit,
                        tw_maybe *stop) {
    const struct order *order = &run->state->orders[row->order];
    const struct subject *subject = &run->subjects[order->symbol];
    const char *type = said(row->is->order_type);
    tw_maybe unknown = {0, 0};
    if (!type)
        type = tw_state_text(run->state, order->order_type);
    *limit = holds(type, "LMT") ? row->is->limit_e8 : unknown;
    *stop = holds(type, "STP") ? row->is->stop_e8 : unknown;
    if (limit->known && !tw_reconcile_price_fits(run, subject, limit->value))
        *limit = unknown;
    if (stop->known && !tw_reconcile_price_fits(run, subject, stop->value))
        *stop = unknown;
}

static tw_event *update(struct run *run, const struct order_row *row, int64_t status) {
    const struct order *order = &run->state->orders[row->order];
    tw_event *event =
        tw_reconcile_repair(run, order->symbol, TW_TYPE_order_updated, TW_SOURCE_QUERY);
    if (!event)
        return NULL;
    tw_order_updated *updated = &event->as.order_updated;
    updated->order_ref = tw_state_order_name(run->state, row->order);
    updated->status = status;
    if (has_perm(row->is) && order->perm_id == TW_UNKNOWN)
        updated->perm_id = row->is->perm_id;
    updated->order_id = row->is->order_id;
    updated->client_id = row->is->client_id;
    updated->reason = said(row->is->status);
    run->after[row->order].status = status;
    return event;
}

static const char *status_text(int64_t status) {
    return tw_text_of("order_status", status);
}

static void relink(struct run *run, const struct order_row *row) {
    const struct order *order = &run->state->orders[row->order];
    struct order_after *after = &run->after[row->order];
    tw_maybe limit, stop;
    read_prices(run, row, &limit, &stop);
    int64_t status = row->status ? row->status : after->status;
    if (status == TW_ORDER_ACKNOWLEDGED && after->status == TW_ORDER_MODIFIED)
        status = TW_ORDER_MODIFIED;
    int qty_differs = row->is->qty_e8 > 0 && row->is->qty_e8 != order->qty_e8;
    int numbers = row->live &&
                  (qty_differs || differs(limit, order->limit_e8) || differs(stop, order->stop_e8));
    int link = has_perm(row->is) && order->perm_id == TW_UNKNOWN;
    int64_t before = after->status;
    if (status == before && !numbers && !link)
        return;
    tw_event *event = update(run, row, status);
    if (!event)
        return;
    if (numbers) {
        if (qty_differs)
            event->as.order_updated.qty_e8 = tw_known(row->is->qty_e8);
        event->as.order_updated.limit_e8 = limit;
        event->as.order_updated.stop_e8 = stop;
        after->qty_e8 = qty_differs ? row->is->qty_e8 : after->qty_e8;
    }
    const char *name = tw_state_order_name(run->state, row->order);
    int cancelled = status == TW_ORDER_CANCELLED && after->filled_e8 > 0;
    const char *text = cancelled ? "filled in part, then cancelled: its fills are kept"
                       : numbers ? "linked again; quantity or price differ, the broker's are taken"
                                 : tw_reconcile_keepf(run, "linked again: %s", status_text(status));
    tw_reconcile_find(run, cancelled ? 24 : 21, order->symbol, name, status_text(order->status),
                      describe(run, row->is), TW_FINDING_ACCEPT,
                      FOUND_EVENT | (numbers ? FOUND_DIFFERS : 0u), "%s", text);
}

/* D25: the broker shows the order as it was or as it may become; neither says how the change ends.
 */
static void find_pending(struct run *run, const struct order_row *row) {
    const struct order *order = &run->state->orders[row->order];
    int64_t status = run->after[row->order].status;
    tw_reconcile_find(run, 25, order->symbol, tw_state_order_name(run->state, row->order),
                      status_text(status), describe(run, row->is), TW_FINDING_LOCK,
                      FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "the outcome of a %s is not known: it stays pending, entries locked",
                      status == TW_ORDER_CANCEL_PENDING ? "cancel" : "change");
}

static int is_pending(int64_t status) {
    return status == TW_ORDER_CHANGE_PENDING || status == TW_ORDER_CANCEL_PENDING;
}

/* Over in the log, alive at the broker: it may still fill. A list that lags behind the last fill is
 * not that. */
static void find_undead(struct run *run, const struct order_row *row) {
    const struct order *order = &run->state->orders[row->order];
    const struct order_after *after = &run->after[row->order];
    if (!row->live || (after->status == TW_ORDER_FILLED && after->filled_e8 >= after->qty_e8))
        return;
    tw_reconcile_find(run, 21, order->symbol, tw_state_order_name(run->state, row->order),
                      status_text(after->status), describe(run, row->is), TW_FINDING_LOCK,
                      FOUND_OPEN | FOUND_DIFFERS | FOUND_CRITICAL | FOUND_LOCKS,
                      "over in the log, but working at the broker: it may still fill, entries "
                      "locked");
}

/* D17: the broker has counted fills that no execution shows. */
static void find_missing_fills(struct run *run, const struct order_row *row) {
    const struct order *order = &run->state->orders[row->order];
    const struct order_after *after = &run->after[row->order];
    char ours[TW_DECIMAL_TEXT_BYTES], theirs[TW_DECIMAL_TEXT_BYTES];
    if (!row->live || !row->is->filled_e8.known || row->is->filled_e8.value <= after->filled_e8)
        return;
    tw_decimal_format(after->filled_e8, ours);
    tw_decimal_format(row->is->filled_e8.value, theirs);
    tw_reconcile_find(run, 17, order->symbol, tw_state_order_name(run->state, row->order), ours,
                      theirs, TW_FINDING_NOTE, FOUND_OPEN | FOUND_DIFFERS,
                      "the broker counts more as filled than its executions show");
}

/* D28: one intent, sent twice, accepted twice. The first echo of an order has no perm id: it proves
 * nothing. */
static void find_double(struct run *run, const struct order_row *rows, size_t count) {
    const struct order *order = &run->state->orders[rows[0].order];
    const struct order_row *first = NULL, *second = NULL;
    for (size_t i = 0; i < count && !second; i++) {
        if (!rows[i].live || !has_perm(rows[i].is))
            continue;
        if (first)
            second = &rows[i];
        else
            first = &rows[i];
    }
    if (!second)
        return;
    tw_reconcile_find(run, 28, order->symbol, tw_state_order_name(run->state, rows[0].order),
                      "one order", "two live orders", TW_FINDING_LOCK,
                      FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "live twice at the broker, as perm %lld and perm %lld: entries locked",
                      (long long)first->is->perm_id.value, (long long)second->is->perm_id.value);
}

/* One order_ref can come back under another perm id; the log keeps the one it has. */
static void find_other_perm(struct run *run, const struct order_row *row) {
    const struct order *order = &run->state->orders[row->order];
    if (!row->live || !has_perm(row->is) || order->perm_id == TW_UNKNOWN ||
        order->perm_id == row->is->perm_id.value)
        return;
    tw_reconcile_find(run, 21, order->symbol, tw_state_order_name(run->state, row->order),
                      tw_reconcile_keepf(run, "perm %lld", (long long)order->perm_id),
                      tw_reconcile_keepf(run, "perm %lld", (long long)row->is->perm_id.value),
                      TW_FINDING_NOTE, FOUND_OPEN | FOUND_DIFFERS,
                      "works at the broker under another perm id");
}

/* The row that is this order: the one with its perm id, else the first one that works. */
static const struct order_row *choose_row(const struct run *run, const struct order_row *rows,
                                          size_t count) {
    int64_t perm_id = run->state->orders[rows[0].order].perm_id;
    for (size_t i = 0; i < count; i++)
        if (has_perm(rows[i].is) && rows[i].is->perm_id.value == perm_id)
            return &rows[i];
    return &rows[0];
}

static void compare_order(struct run *run, const struct order_row *rows, size_t count) {
    const struct order_row *row = choose_row(run, rows, count);
    struct order_after *after = &run->after[row->order];
    after->live = row->live;
    find_double(run, rows, count);
    find_missing_fills(run, row);
    if (tw_order_is_terminal(after->status) && after->status != TW_ORDER_LAPSED) {
        find_undead(run, row);
        return;
    }
    find_other_perm(run, row);
    if (!is_pending(after->status) || !row->live)
        relink(run, row);
    if (is_pending(after->status) && row->live)
        find_pending(run, row);
}

/* ---- D23: the broker does not show it ------------------------------------------------------ */

static int all_answered(const tw_answer *answer) {
    return answer->orders_completeness == TW_ANSWER_COMPLETE &&
           answer->completed_completeness == TW_ANSWER_COMPLETE &&
           answer->executions_completeness == TW_ANSWER_COMPLETE;
}

static const char *missing_part(const tw_answer *answer) {
    if (answer->orders_completeness != TW_ANSWER_COMPLETE)
        return TW_OPEN_ORDERS;
    if (answer->completed_completeness != TW_ANSWER_COMPLETE)
        return "completed orders";
    return "executions";
}

static void find_lapsed(struct run *run, uint32_t id) {
    const struct order *order = &run->state->orders[id];
    const char *name = tw_state_order_name(run->state, id);
    tw_event *event =
        tw_reconcile_repair(run, order->symbol, TW_TYPE_order_updated, TW_SOURCE_INFERRED);
    if (!event)
        return;
    event->as.order_updated.order_ref = name;
    event->as.order_updated.status = TW_ORDER_LAPSED;
    event->as.order_updated.reason = "D23: not among open orders, completed orders and executions";
    tw_reconcile_find(run, 23, order->symbol, name, status_text(run->after[id].status), "-",
                      TW_FINDING_ACCEPT, FOUND_EVENT | FOUND_DIFFERS,
                      "not among open orders, completed orders and executions, all complete: "
                      "lapsed");
    run->after[id].status = TW_ORDER_LAPSED;
}

static void compare_absent(struct run *run, uint32_t id) {
    const struct order *order = &run->state->orders[id];
    const tw_answer *answer = run->answer;
    int64_t status = run->after[id].status;
    if (tw_order_is_terminal(status))
        return;
    if (all_answered(answer)) {
        find_lapsed(run, id);
        return;
    }
    /* An order that the broker had acknowledged is in no doubt while the list may be short. */
    if (answer->orders_completeness != TW_ANSWER_COMPLETE && status != TW_ORDER_SENT)
        return;
    const char *name = tw_state_order_name(run->state, id);
    if (!answer->orders_completeness) {
        tw_reconcile_find(run, 23, order->symbol, name, status_text(status), "-", TW_FINDING_NOTE,
                          FOUND_OPEN | FOUND_DIFFERS,
                          "in doubt: no answer is in the log, and the broker was not asked for "
                          "orders; it may work");
        return;
    }
    int pending = is_pending(status);
    tw_reconcile_find(run, pending ? 25 : 23, order->symbol, name, status_text(status), "-",
                      TW_FINDING_LOCK, FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "%s: stays unknown until the %s are complete, entries locked",
                      pending ? "pending, and not among the open orders"
                              : "the broker does not show it",
                      missing_part(answer));
}

int tw_reconcile_orders(struct run *run) {
    int status = collect(run);
    if (status)
        return status;
    tw_reconcile_replay_orders(run);
    uint32_t count = tw_state_order_count(run->state);
    size_t next = 0;
    for (uint32_t id = 0; id < count; id++) {
        size_t first = next;
        while (next < run->order_row_count && run->order_rows[next].order == id)
            next++;
        if (next > first)
            compare_order(run, &run->order_rows[first], next - first);
        else
            compare_absent(run, id);
    }
    if (run->answer->orders_completeness != TW_ANSWER_COMPLETE)
        return 0;
    for (; next < run->order_row_count; next++)
        find_foreign(run, &run->order_rows[next]);
    return tw_reconcile_stops(run);
}
