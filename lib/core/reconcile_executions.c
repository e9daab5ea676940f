/* Executions that the log does not know: booked, because they happened, whatever else is wrong.
 * Pure. */
#include <string.h>

#include "base/error.h"
#include "core/reconcile_internal.h"
#include "core/schema.h"

/* As the fold does it: an execution that comes shows that the broker has the order, one that goes
 * reopens an order that was filled. */
static int disproves(int64_t status, int64_t delta_e8) {
    if (delta_e8 < 0)
        return status == TW_ORDER_FILLED;
    return delta_e8 > 0 && (status == TW_ORDER_SENT || status == TW_ORDER_LAPSED);
}

static void order_filled(struct run *run, uint32_t id, int64_t delta_e8) {
    if (id == TW_NONE)
        return;
    struct order_after *order = &run->after[id];
    int64_t filled;
    if (tw_decimal_add(order->filled_e8, delta_e8, &filled) == 0)
        order->filled_e8 = filled < 0 ? 0 : filled;
    if (order->filled_e8 >= order->qty_e8)
        order->status = TW_ORDER_FILLED;
    else if (disproves(order->status, delta_e8))
        order->status = TW_ORDER_ACKNOWLEDGED;
}

/* Found in one order, folded in another: a bust comes before the fills, and an order may have
 * executions in several symbols. Whether it was filled on the way decides what it is at the end. */
void tw_reconcile_replay_orders(struct run *run) {
    tw_reconcile_begin_orders(run);
    tw_reconcile_sort_repairs(run, 0);
    for (size_t i = 0; i < run->repair_count; i++)
        order_filled(run, run->repairs[i].order, run->repairs[i].order_delta_e8);
}

int tw_reconcile_move(struct run *run, uint32_t id, uint64_t seq, int64_t action, int64_t qty_e8,
                      uint32_t order) {
    struct subject *subject = &run->subjects[id];
    int64_t delta = action == TW_ACTION_BUY ? qty_e8 : -qty_e8;
    subject->repaired = 1;
    if (run->failed)
        return 0;
    order_filled(run, order, qty_e8);
    struct repair *repair = &run->repairs[run->repair_count - 1];
    repair->order = order;
    repair->order_delta_e8 = qty_e8;
    /* An adjustment says what is held, whatever came before it. */
    if (seq < subject->settled_seq)
        return 0;
    if (tw_decimal_add(subject->now_e8, delta, &subject->now_e8) == 0)
        return 0;
    return tw_fail(run->why, TW_E_RANGE, "the executions of %s do not fit 64 bits", subject->name);
}

static tw_maybe positive(tw_maybe value) {
    tw_maybe unknown = {0, 0};
    return value.known && value.value > 0 ? value : unknown;
}

static const char *said(const char *text) {
    return text && *text ? text : NULL;
}

static int book(struct run *run, uint32_t id, const struct row *row) {
    struct subject *subject = &run->subjects[id];
    const tw_broker_execution *is = row->is;
    tw_reconcile_introduce(run, id);
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_fill, TW_SOURCE_QUERY);
    if (!event)
        return 0;
    tw_fill *fill = &event->as.fill;
    fill->exec_id = is->exec_id;
    fill->symbol = is->symbol;
    fill->action = is->action;
    fill->qty_e8 = is->qty_e8;
    fill->price_e8 = is->price_e8;
    fill->fee_e8 = is->fee_e8;
    fill->order_ref =
        row->order != TW_NONE ? tw_state_order_name(run->state, row->order) : said(is->order_ref);
    if (is->perm_id.known && is->perm_id.value)
        fill->perm_id = is->perm_id;
    fill->broker_time_ns = is->time_ns;
    fill->currency = said(is->currency);
    fill->cum_qty_e8 = positive(is->cum_qty_e8);
    fill->kind = is->kind;
    subject->booked++;
    subject->fees_unknown += !is->fee_e8.known;
    /* The broker's own result travels with the fee. */
    if (is->fee_e8.known && is->realized_e8.known) {
        event = tw_reconcile_repair(run, id, TW_TYPE_commission, TW_SOURCE_QUERY);
        if (!event)
            return 0;
        event->as.commission.exec_id = is->exec_id;
        event->as.commission.fee_e8 = is->fee_e8.value;
        event->as.commission.realized_e8 = is->realized_e8;
    }
    return tw_reconcile_move(run, id, UINT64_MAX, is->action, is->qty_e8, row->order);
}

/* ---- what there is to say about them ------------------------------------------------------- */

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

/* D14: of orders that the log does not know. */
static void find_external(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    size_t count = 0;
    const char *about = NULL;
    for (size_t i = 0; i < subject->row_count; i++) {
        const struct row *row = &run->rows[subject->first_row + i];
        if (!row->fresh || row->order != TW_NONE)
            continue;
        count++;
        about = row->is->exec_id;
    }
    if (count == 0)
        return;
    subject->told = 1;
    tw_reconcile_find(run, 14, id, count == 1 ? about : NULL, "-", NULL, TW_FINDING_ACCEPT,
                      FOUND_EVENT | FOUND_DIFFERS,
                      "%zu execution%s of an order that the log does not know: booked, owner "
                      "external",
                      count, plural(count));
}

/* D15: before the acknowledgement or after the end of their order. */
static void find_early_or_late(struct run *run, uint32_t id, const struct row *row) {
    if (row->order == TW_NONE)
        return;
    const struct order *order = &run->state->orders[row->order];
    int final = tw_order_is_terminal(order->status);
    if (!final && order->status != TW_ORDER_SENT)
        return;
    run->subjects[id].told = 1;
    tw_reconcile_find(run, 15, id, tw_state_order_name(run->state, row->order),
                      tw_text_of("order_status", order->status), "filled", TW_FINDING_ACCEPT,
                      FOUND_EVENT | FOUND_DIFFERS,
                      final
                          ? "filled after the end of its order: booked, an order that ended stays "
                            "fillable"
                          : "filled before its order was acknowledged in the log: booked");
}

/* D18: more than was ordered. */
static void find_overfill(struct run *run, uint32_t id, const struct row *row) {
    if (row->order == TW_NONE)
        return;
    const struct order_after *order = &run->after[row->order];
    if (order->filled_e8 <= order->qty_e8)
        return;
    char ordered[TW_DECIMAL_TEXT_BYTES], filled[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(order->qty_e8, ordered);
    tw_decimal_format(order->filled_e8, filled);
    tw_reconcile_find(run, 18, id, tw_state_order_name(run->state, row->order), ordered, filled,
                      TW_FINDING_LOCK, FOUND_EVENT | FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "overfilled: %s of %s ordered; every fill is booked, entries locked", filled,
                      ordered);
}

/* D33: not a trade, and not a divergence either. A liquidation deserves to be seen first. */
static void find_kind(struct run *run, uint32_t id, const struct row *row) {
    if (row->is->kind <= TW_FILL_TRADE)
        return;
    run->subjects[id].told = 1;
    unsigned critical = row->is->kind == TW_FILL_LIQUIDATION ? FOUND_CRITICAL : 0;
    tw_reconcile_find(run, 33, id, row->is->exec_id, NULL, NULL, TW_FINDING_ACCEPT,
                      FOUND_EVENT | critical, "%s by the broker: booked as what it is",
                      tw_text_of("fill_kind", row->is->kind));
}

/* ---- D19 ----------------------------------------------------------------------------------- */

/* Booked by a reconcile, now or before, and not changed since: its place among the others was
 * chosen, not seen. */
static int placed_by_us(const struct run *run, const struct row *row) {
    if (row->fresh)
        return row->stem == TW_NONE || !run->stems[row->stem].amended;
    const struct stem *stem = tw_reconcile_stem_of_known(run, row);
    if (row->known == TW_NONE || row->amended || (stem && stem->known_amended))
        return 0;
    const struct execution *execution = &run->state->executions[row->known];
    return execution->source == TW_SOURCE_QUERY && execution->symbol == row->subject &&
           !(execution->flags & (EXECUTION_VOID | EXECUTION_CORRECTED));
}

static int order_is_told(const struct row *a, const struct row *b) {
    int same_order = a->order != TW_NONE
                         ? a->order == b->order
                         : a->is->perm_id.known && b->is->perm_id.known && a->is->perm_id.value &&
                               a->is->perm_id.value == b->is->perm_id.value;
    return same_order && a->is->cum_qty_e8.known && b->is->cum_qty_e8.known &&
           a->is->cum_qty_e8.value != b->is->cum_qty_e8.value;
}

/* What has no time may have happened at any. */
static int same_instant(const struct row *a, const struct row *b) {
    return !b->is->time_ns.known ||
           (a->is->time_ns.known && a->is->time_ns.value == b->is->time_ns.value);
}

static int order_matters(const struct row *a, const struct row *b) {
    return a->is->action != b->is->action || a->is->price_e8 != b->is->price_e8;
}

static void find_ambiguous(struct run *run, uint32_t id) {
    const struct subject *subject = &run->subjects[id];
    const struct row *rows = &run->rows[subject->first_row];
    const struct row *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < subject->row_count; i++) {
        const struct row *row = &rows[i];
        if (!placed_by_us(run, row))
            continue;
        count += last && same_instant(last, row) && !order_is_told(last, row) &&
                 order_matters(last, row);
        last = row;
    }
    if (count == 0)
        return;
    tw_reconcile_find(run, 19, id, NULL, NULL, NULL, TW_FINDING_NOTE, FOUND_OPEN,
                      "%zu execution%s of the same instant as another, and nothing says which came "
                      "first: the P&L of each is not certain, their sum is",
                      count, plural(count));
}

/* ---- D29 ----------------------------------------------------------------------------------- */

static void find_fees(struct run *run, uint32_t id) {
    const struct subject *subject = &run->subjects[id];
    if (run->answer->executions_completeness != TW_ANSWER_COMPLETE)
        return;
    if (subject->fees_unknown > 0)
        tw_reconcile_find(run, 29, id, NULL, NULL, NULL, TW_FINDING_NOTE, FOUND_OPEN,
                          "%lld execution%s without a fee so far: booked, the P&L is not complete",
                          (long long)subject->fees_unknown, plural((size_t)subject->fees_unknown));
    else if (subject->fees_paid > 0)
        tw_reconcile_find(run, 29, id, NULL, NULL, NULL, TW_FINDING_ACCEPT, FOUND_EVENT,
                          "fees of %zu execution%s are known now: booked", subject->fees_paid,
                          plural(subject->fees_paid));
}

int tw_reconcile_executions(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    struct row *rows = &run->rows[subject->first_row];
    int status = 0;
    for (size_t i = 0; status == 0 && i < subject->row_count; i++)
        if (rows[i].fresh)
            status = book(run, id, &rows[i]);
    if (!status)
        status = tw_reconcile_known_rows(run, id);
    if (status)
        return status;
    for (size_t i = 0; i < subject->row_count; i++) {
        if (!rows[i].fresh)
            continue;
        find_early_or_late(run, id, &rows[i]);
        find_overfill(run, id, &rows[i]);
        find_kind(run, id, &rows[i]);
    }
    find_external(run, id);
    find_ambiguous(run, id);
    find_fees(run, id);
    return tw_reconcile_supersede(run, id);
}
