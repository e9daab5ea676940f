/* Canonical order of an answer's rows, and its digest: what a broker says does not depend on the
 * order in which it says it. Pure. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "core/reconcile_internal.h"

static int compare_number(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

int tw_reconcile_compare_maybe(tw_maybe a, tw_maybe b) {
    /* What is not known comes last. */
    if (!a.known || !b.known)
        return (a.known == 0) - (b.known == 0);
    return compare_number(a.value, b.value);
}

int tw_reconcile_compare_text(const char *a, const char *b) {
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    return strcmp(a, b);
}

/* The first comparison that tells two rows apart decides. */
#define DECIDE(comparison)          \
    do {                            \
        int decided = (comparison); \
        if (decided)                \
            return decided;         \
    } while (0)

static int compare_holdings(const void *left, const void *right) {
    const tw_holding *a = *(const tw_holding *const *)left;
    const tw_holding *b = *(const tw_holding *const *)right;
    return strcmp(a->symbol, b->symbol);
}

static int compare_orders(const void *left, const void *right) {
    const tw_broker_order *a = *(const tw_broker_order *const *)left;
    const tw_broker_order *b = *(const tw_broker_order *const *)right;
    DECIDE(tw_reconcile_compare_maybe(a->perm_id, b->perm_id));
    /* Of two rows of one order the completed one, then the one that has filled more, is the later.
     */
    DECIDE(compare_number(b->completed, a->completed));
    DECIDE(compare_number(b->filled_e8.known, a->filled_e8.known));
    DECIDE(tw_reconcile_compare_maybe(b->filled_e8, a->filled_e8));
    DECIDE(tw_reconcile_compare_text(a->order_ref, b->order_ref));
    DECIDE(strcmp(a->symbol, b->symbol));
    DECIDE(compare_number(a->action, b->action));
    DECIDE(tw_reconcile_compare_text(a->status, b->status));
    DECIDE(tw_reconcile_compare_text(a->order_type, b->order_type));
    DECIDE(compare_number(a->qty_e8, b->qty_e8));
    DECIDE(tw_reconcile_compare_maybe(a->limit_e8, b->limit_e8));
    DECIDE(tw_reconcile_compare_maybe(a->stop_e8, b->stop_e8));
    DECIDE(tw_reconcile_compare_text(a->tif, b->tif));
    DECIDE(tw_reconcile_compare_text(a->why_held, b->why_held));
    DECIDE(tw_reconcile_compare_maybe(a->outside_rth, b->outside_rth));
    DECIDE(tw_reconcile_compare_maybe(a->order_id, b->order_id));
    DECIDE(tw_reconcile_compare_maybe(a->client_id, b->client_id));
    DECIDE(tw_reconcile_compare_maybe(a->parent_id, b->parent_id));
    return tw_reconcile_compare_text(a->good_till, b->good_till);
}

static int facts_known(const tw_broker_execution *row) {
    return (row->fee_e8.known != 0) + (row->realized_e8.known != 0) + (row->perm_id.known != 0) +
           (row->time_ns.known != 0) + (row->cum_qty_e8.known != 0) + (row->order_ref != NULL) +
           (row->currency != NULL);
}

static int compare_executions(const void *left, const void *right) {
    const tw_broker_execution *a = *(const tw_broker_execution *const *)left;
    const tw_broker_execution *b = *(const tw_broker_execution *const *)right;
    DECIDE(strcmp(a->exec_id, b->exec_id));
    /* Of two rows of one execution the one that says it was voided, then the fuller one, stands. */
    DECIDE(compare_number(b->busted != 0, a->busted != 0));
    DECIDE(compare_number(facts_known(b), facts_known(a)));
    DECIDE(strcmp(a->symbol, b->symbol));
    DECIDE(compare_number(a->action, b->action));
    DECIDE(compare_number(a->qty_e8, b->qty_e8));
    DECIDE(compare_number(a->price_e8, b->price_e8));
    DECIDE(tw_reconcile_compare_maybe(a->fee_e8, b->fee_e8));
    DECIDE(tw_reconcile_compare_maybe(a->realized_e8, b->realized_e8));
    DECIDE(tw_reconcile_compare_text(a->order_ref, b->order_ref));
    DECIDE(tw_reconcile_compare_maybe(a->perm_id, b->perm_id));
    DECIDE(tw_reconcile_compare_maybe(a->time_ns, b->time_ns));
    DECIDE(tw_reconcile_compare_maybe(a->cum_qty_e8, b->cum_qty_e8));
    DECIDE(tw_reconcile_compare_text(a->currency, b->currency));
    return compare_number(a->kind, b->kind);
}

/* ---- rows that repeat another -------------------------------------------------------------- */

static int drop_equal_holdings(struct run *run) {
    for (size_t i = 1; i < run->holding_count; i++)
        if (strcmp(run->holdings[i]->symbol, run->holdings[i - 1]->symbol) == 0)
            return tw_fail(run->why, TW_E_BROKER, "two rows for %s, expected one",
                           run->holdings[i]->symbol);
    return 0;
}

static void drop_equal_orders(struct run *run) {
    size_t kept = 0;
    for (size_t i = 0; i < run->order_count; i++) {
        const tw_broker_order *row = run->orders[i];
        const tw_broker_order *last = kept ? run->orders[kept - 1] : NULL;
        int same_perm = last && row->perm_id.known && row->perm_id.value && last->perm_id.known &&
                        last->perm_id.value == row->perm_id.value;
        if (last && (same_perm || compare_orders(&row, &last) == 0))
            continue;
        run->orders[kept++] = row;
    }
    run->order_count = kept;
}

static int drop_equal_executions(struct run *run) {
    size_t kept = 0;
    for (size_t i = 0; i < run->execution_count; i++) {
        const tw_broker_execution *row = run->executions[i];
        const tw_broker_execution *last = kept ? run->executions[kept - 1] : NULL;
        if (!last || strcmp(last->exec_id, row->exec_id) != 0) {
            run->executions[kept++] = row;
            continue;
        }
        if (strcmp(last->symbol, row->symbol) != 0 || last->action != row->action ||
            last->qty_e8 != row->qty_e8 || last->price_e8 != row->price_e8)
            return tw_fail(run->why, TW_E_BROKER, "two rows for execution %s contradict each other",
                           row->exec_id);
    }
    run->execution_count = kept;
    return 0;
}

/* Pointers to `count` rows of row_bytes each, sorted. */
static const void **sorted(const void *rows, size_t count, size_t row_bytes,
                           int (*compare)(const void *, const void *)) {
    const void **pointers = calloc(count + 1, sizeof *pointers);
    if (!pointers)
        return NULL;
    for (size_t i = 0; i < count; i++)
        pointers[i] = (const char *)rows + i * row_bytes;
    if (count > 0)
        qsort(pointers, count, sizeof *pointers, compare);
    return pointers;
}

/* A part that failed has said nothing, whatever rows came before it failed. */
static void drop_failed_parts(struct run *run) {
    const tw_answer *answer = run->answer;
    if (answer->positions_completeness == TW_ANSWER_FAILED)
        run->holding_count = 0;
    if (answer->executions_completeness == TW_ANSWER_FAILED)
        run->execution_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < run->order_count; i++) {
        int64_t part = run->orders[i]->completed ? answer->completed_completeness
                                                 : answer->orders_completeness;
        if (part != TW_ANSWER_FAILED)
            run->orders[kept++] = run->orders[i];
    }
    run->order_count = kept;
}

int tw_reconcile_sort_answer(struct run *run) {
    const tw_answer *answer = run->answer;
    run->holding_count = answer->holding_count;
    run->order_count = answer->order_count;
    run->execution_count = answer->execution_count;
    run->holdings = (const tw_holding **)sorted(answer->holdings, run->holding_count,
                                                sizeof(tw_holding), compare_holdings);
    run->orders = (const tw_broker_order **)sorted(answer->orders, run->order_count,
                                                   sizeof(tw_broker_order), compare_orders);
    run->executions = (const tw_broker_execution **)sorted(
        answer->executions, run->execution_count, sizeof(tw_broker_execution), compare_executions);
    if (!run->holdings || !run->orders || !run->executions)
        return tw_fail(run->why, TW_E_NOMEM, "no memory for the answer's rows");
    drop_failed_parts(run);
    int status = drop_equal_holdings(run);
    if (!status)
        status = drop_equal_executions(run);
    if (!status)
        drop_equal_orders(run);
    return status;
}

/* ---- digest -------------------------------------------------------------------------------- */

static void put_text(struct buffer *line, const char *text) {
    tw_buffer_text(line, text ? text : "");
    tw_buffer_char(line, '\n');
}

static void put_number(struct buffer *line, int64_t value) {
    tw_buffer_format(line, "%lld\n", (long long)value);
}

static void put_maybe(struct buffer *line, tw_maybe value) {
    if (value.known)
        put_number(line, value.value);
    else
        put_text(line, NULL);
}

static void put_holding(struct buffer *line, const tw_holding *row) {
    put_text(line, row->symbol);
    put_number(line, row->qty_e8);
    put_maybe(line, row->avg_cost_e8);
    put_maybe(line, row->con_id);
    put_text(line, row->currency);
    put_text(line, row->sec_type);
    put_maybe(line, row->multiplier_e8);
}

static void put_order(struct buffer *line, const tw_broker_order *row) {
    put_text(line, row->order_ref);
    put_maybe(line, row->perm_id);
    put_maybe(line, row->order_id);
    put_maybe(line, row->client_id);
    put_text(line, row->symbol);
    put_number(line, row->action);
    put_text(line, row->order_type);
    put_number(line, row->qty_e8);
    put_maybe(line, row->filled_e8);
    put_maybe(line, row->limit_e8);
    put_maybe(line, row->stop_e8);
    put_text(line, row->tif);
    put_text(line, row->status);
    put_text(line, row->why_held);
    put_maybe(line, row->outside_rth);
    put_number(line, row->completed != 0);
    put_maybe(line, row->parent_id);
    put_text(line, row->good_till);
}

static void put_execution(struct buffer *line, const tw_broker_execution *row) {
    put_text(line, row->exec_id);
    put_text(line, row->symbol);
    put_number(line, row->action);
    put_number(line, row->qty_e8);
    put_number(line, row->price_e8);
    put_maybe(line, row->fee_e8);
    put_maybe(line, row->realized_e8);
    put_text(line, row->order_ref);
    put_maybe(line, row->perm_id);
    put_maybe(line, row->time_ns);
    put_maybe(line, row->cum_qty_e8);
    put_text(line, row->currency);
    put_number(line, row->kind);
    put_number(line, row->busted != 0);
}

static void put_head(struct buffer *line, const struct run *run) {
    const tw_answer *answer = run->answer;
    put_text(line, answer->broker);
    put_text(line, answer->account);
    put_number(line, answer->environment);
    put_number(line, answer->positions_completeness);
    put_number(line, answer->orders_completeness);
    put_number(line, answer->completed_completeness);
    put_number(line, answer->executions_completeness);
    put_maybe(line, answer->executions_since_ns);
    put_number(line, (int64_t)run->holding_count);
    put_number(line, (int64_t)run->order_count);
    put_number(line, (int64_t)run->execution_count);
}

static void add_line(uint8_t digest[TW_DIGEST_BYTES], struct buffer *line) {
    tw_chain(digest, line->data, line->size, digest);
    tw_buffer_clear(line);
}

void tw_reconcile_digest(struct run *run) {
    uint8_t digest[TW_DIGEST_BYTES] = {0};
    struct buffer line = {0};
    tw_buffer_reserve(&line, 4096); /* the longest row: nothing below can fail after this */
    if (line.failed) {
        run->failed = 1;
        return;
    }
    put_head(&line, run);
    add_line(digest, &line);
    for (size_t i = 0; i < run->holding_count; i++) {
        put_holding(&line, run->holdings[i]);
        add_line(digest, &line);
    }
    for (size_t i = 0; i < run->order_count; i++) {
        put_order(&line, run->orders[i]);
        add_line(digest, &line);
    }
    for (size_t i = 0; i < run->execution_count; i++) {
        put_execution(&line, run->executions[i]);
        add_line(digest, &line);
    }
    tw_buffer_free(&line);
    tw_digest_text(digest, run->digest);
}
