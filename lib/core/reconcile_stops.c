/* Is what is open protected, and is one intent on its way only once? (D26 to D28) Pure.
 *
 * A stop protects when it works at the broker: Submitted, or PreSubmitted and waiting for its
 * trigger. An inactive one, one that is being cancelled, one of an unknown quantity, or the child
 * of an order that has not filled does not. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/reconcile_internal.h"
#include "core/schema.h"

static int64_t magnitude(int64_t value) {
    return value < 0 ? -value : value;
}

int tw_reconcile_is_stop(const char *order_type) {
    return order_type &&
           (strncmp(order_type, "STP", 3) == 0 || strncmp(order_type, "TRAIL", 5) == 0);
}

static int is_word(const char *text, const char *word) {
    return text && strcmp(text, word) == 0;
}

static int works(const struct order_row *row) {
    const tw_broker_order *is = row->is;
    if (!row->live)
        return 0;
    if (is_word(is->status, "Submitted"))
        return 1;
    if (!is_word(is->status, "PreSubmitted"))
        return 0;
    /* Where the answer does not say why it is held, a resting stop is the plain reading. */
    if (!is->why_held)
        return 1;
    return strstr(is->why_held, "trigger") && !strstr(is->why_held, "child");
}

/* ---- parents ------------------------------------------------------------------------------- */

/* Orders that work and have filled nothing, by client and order id. An order id can have been given
 * twice; here that can only leave a stop out that does protect, and that is said. */
struct waiting {
    const tw_broker_order **orders;
    size_t count;
};

static int compare_ids(int64_t client, int64_t order, const tw_broker_order *than) {
    if (client != than->client_id.value)
        return client < than->client_id.value ? -1 : 1;
    return (order > than->order_id.value) - (order < than->order_id.value);
}

static int compare_waiting(const void *left, const void *right) {
    const tw_broker_order *a = *(const tw_broker_order *const *)left;
    return compare_ids(a->client_id.value, a->order_id.value,
                       *(const tw_broker_order *const *)right);
}

static int compare_parent(const void *child, const void *other) {
    const tw_broker_order *is = child;
    return compare_ids(is->client_id.value, is->parent_id.value,
                       *(const tw_broker_order *const *)other);
}

static int collect_waiting(struct run *run, struct waiting *waiting) {
    waiting->orders = calloc(run->order_row_count + 1, sizeof *waiting->orders);
    if (!waiting->orders)
        return tw_fail(run->why, TW_E_NOMEM, "no memory for the orders");
    for (size_t i = 0; i < run->order_row_count; i++) {
        const tw_broker_order *is = run->order_rows[i].is;
        int has_filled = is->filled_e8.known && is->filled_e8.value > 0;
        if (run->order_rows[i].live && !has_filled && is->order_id.known && is->client_id.known)
            waiting->orders[waiting->count++] = is;
    }
    qsort(waiting->orders, waiting->count, sizeof *waiting->orders, compare_waiting);
    return 0;
}

/* A bracket's stop is held at the broker from the start and works once the entry has filled. */
static int waits_for_parent(const struct waiting *waiting, const tw_broker_order *is) {
    return is->parent_id.known && is->parent_id.value && is->client_id.known &&
           bsearch(is, waiting->orders, waiting->count, sizeof *waiting->orders, compare_parent);
}

/* ---- counting ------------------------------------------------------------------------------ */

static void count_stop(struct run *run, const struct order_row *row,
                       const struct waiting *waiting) {
    struct subject *subject = &run->subjects[row->subject];
    const tw_broker_order *is = row->is;
    int64_t against = subject->now_e8 > 0 ? TW_ACTION_SELL : TW_ACTION_BUY;
    if (subject->now_e8 == 0 || is->action != against || is->completed ||
        !tw_reconcile_is_stop(is->order_type))
        return;
    if (!works(row) || is->qty_e8 == 0 || waits_for_parent(waiting, is)) {
        subject->stops_inactive++;
        return;
    }
    int64_t left = is->qty_e8;
    if (is->filled_e8.known)
        left = is->filled_e8.value < left ? left - is->filled_e8.value : 0;
    if (tw_decimal_add(subject->stop_qty_e8, left, &subject->stop_qty_e8))
        subject->stop_qty_e8 = INT64_MAX;
    if (subject->stop_count < 2)
        subject->stop_names[subject->stop_count] = tw_reconcile_order_label(run, is);
    subject->stop_count++;
    if (is->good_till && *is->good_till) {
        subject->stops_until++;
        subject->stop_until = is->good_till;
    } else {
        /* Without a time in force the broker's default is the day. */
        subject->stops_of_day += !is->tif || !*is->tif || is_word(is->tif, "DAY");
    }
    subject->stops_inside += is->outside_rth.known && !is->outside_rth.value;
}

static void count_entry(struct run *run, uint32_t id) {
    const struct order *order = &run->state->orders[id];
    if (order->purpose != TW_PURPOSE_ENTRY || !run->after[id].live ||
        tw_order_is_terminal(run->after[id].status))
        return;
    struct subject *subject = &run->subjects[order->symbol];
    size_t *count = &subject->entry_count[order->action];
    if (*count < 2)
        subject->entry_names[order->action][*count] = tw_state_order_name(run->state, id);
    ++*count;
}

/* ---- what is said -------------------------------------------------------------------------- */

static void find_unprotected(struct run *run, uint32_t id, const char *held) {
    const struct subject *subject = &run->subjects[id];
    tw_reconcile_find(run, 26, id, NULL, held, "no working stop", TW_FINDING_ASK,
                      FOUND_OPEN | FOUND_DIFFERS | FOUND_CRITICAL,
                      "unprotected: no working stop at the broker%s",
                      subject->stops_inactive ? "; the one there is does not work" : "");
}

/* Protected now, but not for as long as it is held. */
static void find_passing_protection(struct run *run, uint32_t id, const char *held) {
    const struct subject *subject = &run->subjects[id];
    int of_day = subject->stops_of_day == subject->stop_count;
    int inside = subject->stops_inside == subject->stop_count;
    int until = !of_day && subject->stops_until + subject->stops_of_day == subject->stop_count;
    if (!of_day && !inside && !until)
        return;
    const char *span = of_day  ? " for this session only, the stop is DAY"
                       : until ? tw_reconcile_keepf(run, " until %s only", subject->stop_until)
                               : "";
    tw_reconcile_find(
        run, 26, id, NULL, held, "a stop with limits", TW_FINDING_NOTE, FOUND_OPEN, "protected%s%s",
        span,
        inside ? (*span ? ", and not outside regular hours" : ", but not outside regular hours")
               : "");
}

static void find_stop_quantity(struct run *run, uint32_t id, const char *held) {
    const struct subject *subject = &run->subjects[id];
    char stops[TW_DECIMAL_TEXT_BYTES];
    int64_t qty_e8 = magnitude(subject->now_e8);
    if (subject->stop_qty_e8 == qty_e8)
        return;
    tw_decimal_format(subject->stop_qty_e8, stops);
    tw_reconcile_find(run, 27, id, NULL, held, tw_reconcile_keepf(run, "stops for %s", stops),
                      TW_FINDING_NOTE, FOUND_OPEN | FOUND_DIFFERS,
                      "stops cover %s, the position is %s", stops, held);
    if (subject->stop_count < 2 || subject->stop_qty_e8 < qty_e8)
        return;
    tw_reconcile_find(run, 28, id, NULL, held, tw_reconcile_keepf(run, "stops for %s", stops),
                      TW_FINDING_LOCK, FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "two live stops for one position, %s and %s: entries locked",
                      subject->stop_names[0], subject->stop_names[1]);
}

static int is_way_out(int64_t purpose) {
    return purpose && purpose != TW_PURPOSE_ENTRY && purpose != TW_PURPOSE_ADD;
}

/* Nothing is held, and no entry is on its way that this one would protect. What the log calls over,
 * or does not know, has a finding of its own (D21, D22). */
static void find_stray_stop(struct run *run, const struct order_row *row) {
    const tw_broker_order *is = row->is;
    const struct subject *subject = &run->subjects[row->subject];
    int64_t entry = is->action == TW_ACTION_SELL ? TW_ACTION_BUY : TW_ACTION_SELL;
    int64_t left_e8 = is->qty_e8 - (is->filled_e8.known ? is->filled_e8.value : 0);
    char left[TW_DECIMAL_TEXT_BYTES];
    if (subject->now_e8 != 0 || row->order == TW_NONE || is->completed || left_e8 <= 0 ||
        !tw_reconcile_is_stop(is->order_type) || !works(row) || subject->entry_count[entry] > 0 ||
        tw_order_is_terminal(run->after[row->order].status) ||
        !is_way_out(run->state->orders[row->order].purpose))
        return;
    const char *name = tw_state_order_name(run->state, row->order);
    tw_decimal_format(left_e8, left);
    tw_reconcile_find(run, 27, row->subject, name, "flat",
                      tw_reconcile_keepf(run, "a stop for %s", left), TW_FINDING_NOTE,
                      FOUND_OPEN | FOUND_DIFFERS,
                      "%s works and nothing is held: triggered, it opens a position", name);
}

static void find_two_entries(struct run *run, uint32_t id, int64_t action) {
    const struct subject *subject = &run->subjects[id];
    if (subject->entry_count[action] < 2)
        return;
    const char *word = tw_text_of("action", action);
    tw_reconcile_find(run, 28, id, subject->entry_names[action][0],
                      tw_reconcile_keepf(run, "%s entry", word),
                      tw_reconcile_keepf(run, "%zu live orders", subject->entry_count[action]),
                      TW_FINDING_LOCK, FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "two live orders for one entry, %s and %s: entries locked",
                      subject->entry_names[action][0], subject->entry_names[action][1]);
}

int tw_reconcile_stops(struct run *run) {
    uint32_t orders = tw_state_order_count(run->state);
    struct waiting waiting = {0};
    int status = collect_waiting(run, &waiting);
    if (status)
        return status;
    for (size_t i = 0; i < run->order_row_count; i++)
        count_stop(run, &run->order_rows[i], &waiting);
    free(waiting.orders);
    for (uint32_t id = 0; id < orders; id++)
        count_entry(run, id);
    for (size_t i = 0; i < run->order_row_count; i++)
        find_stray_stop(run, &run->order_rows[i]);
    for (uint32_t id = 0; id < run->subject_count; id++) {
        const struct subject *subject = &run->subjects[id];
        char held[TW_QUANTITY_TEXT_BYTES];
        tw_reconcile_quantity(subject->now_e8, "flat", held);
        find_two_entries(run, id, TW_ACTION_BUY);
        find_two_entries(run, id, TW_ACTION_SELL);
        if (subject->now_e8 == 0)
            continue;
        if (subject->stop_count == 0) {
            find_unprotected(run, id, held);
            continue;
        }
        find_passing_protection(run, id, held);
        find_stop_quantity(run, id, held);
    }
    return 0;
}
