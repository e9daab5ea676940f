/* The executions of the answer beside those of the log: which is known, which order it is of, which
 * revises another; in the order in which they are booked. Pure. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/reconcile_internal.h"

enum { STEM_BYTES = TW_STEM_BYTES - 1 }; /* 0000e0d5.68e3c1a2.01. */

static int are_hex(const char *text, size_t count) {
    return strspn(text, "0123456789abcdefABCDEF") >= count;
}

/* Interactive Brokers numbers the revisions of one execution in its id's last part:
 * 0000e0d5.68e3c1a2.01.01, then .02. */
int tw_reconcile_revision(const char *exec_id, char stem[TW_STEM_BYTES]) {
    if (strlen(exec_id) != STEM_BYTES + 2 || !are_hex(exec_id, 8) || exec_id[8] != '.' ||
        !are_hex(exec_id + 9, 8) || exec_id[17] != '.' || exec_id[STEM_BYTES - 1] != '.')
        return 0;
    char tens = exec_id[STEM_BYTES], ones = exec_id[STEM_BYTES + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9')
        return 0;
    memcpy(stem, exec_id, STEM_BYTES);
    stem[STEM_BYTES] = 0;
    return (tens - '0') * 10 + (ones - '0');
}

/* ---- orders
 * ----------------------------------------------------------------------------------------- */

static int compare_perms(const void *left, const void *right) {
    const struct perm *a = left, *b = right;
    if (a->perm_id != b->perm_id)
        return a->perm_id < b->perm_id ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

void tw_reconcile_begin_orders(struct run *run) {
    uint32_t count = tw_state_order_count(run->state);
    for (uint32_t i = 0; i < count; i++) {
        const struct order *order = &run->state->orders[i];
        run->after[i].qty_e8 = order->qty_e8;
        run->after[i].filled_e8 = order->filled_e8;
        run->after[i].status = order->status;
    }
}

static int index_perms(struct run *run) {
    uint32_t count = tw_state_order_count(run->state);
    run->perms = calloc((size_t)count + 1, sizeof *run->perms);
    run->after = calloc((size_t)count + 1, sizeof *run->after);
    if (!run->perms || !run->after)
        return TW_E_NOMEM;
    tw_reconcile_begin_orders(run);
    for (uint32_t i = 0; i < count; i++) {
        const struct order *order = &run->state->orders[i];
        if (order->perm_id == TW_UNKNOWN || order->perm_id == 0)
            continue;
        run->perms[run->perm_count].perm_id = order->perm_id;
        run->perms[run->perm_count++].order = i;
    }
    if (run->perm_count > 0)
        qsort(run->perms, run->perm_count, sizeof *run->perms, compare_perms);
    return 0;
}

uint32_t tw_reconcile_match_order(const struct run *run, const char *order_ref, tw_maybe perm_id) {
    uint32_t order = tw_state_find_order(run->state, order_ref);
    if (order != TW_NONE || !perm_id.known || perm_id.value == 0)
        return order;
    size_t low = 0, high = run->perm_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->perms[middle].perm_id < perm_id.value)
            low = middle + 1;
        else
            high = middle;
    }
    int found = low < run->perm_count && run->perms[low].perm_id == perm_id.value;
    return found ? run->perms[low].order : TW_NONE;
}

/* ---- revisions
 * -------------------------------------------------------------------------------------- */

static int add_stem(struct run *run, struct row *row, const char *name) {
    int status = tw_names_reserve(run->stem_names, 1, strlen(name));
    if (status)
        return status;
    uint32_t before = tw_names_count(run->stem_names);
    row->stem = tw_names_add(run->stem_names, name);
    struct stem *stem = &run->stems[row->stem];
    if (row->stem == before)
        stem->known = TW_NONE;
    stem->last_revision = row->revision;
    return 0;
}

/* What the log has of the executions that the answer revises. */
static void find_known_revisions(struct run *run) {
    const struct state *state = run->state;
    uint32_t count = tw_state_execution_count(state);
    if (tw_names_count(run->stem_names) == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        char name[TW_STEM_BYTES];
        int revision = tw_reconcile_revision(tw_state_exec_name(state, i), name);
        uint32_t id = revision ? tw_names_find(run->stem_names, name) : TW_NO_NAME;
        if (id == TW_NO_NAME)
            continue;
        struct stem *stem = &run->stems[id];
        int voided = state->executions[i].flags & EXECUTION_VOID;
        stem->replaced |= state->executions[i].replaced_by != TW_NONE;
        /* What counts stands for the execution; where none does, the newest. */
        int counts_already =
            stem->known != TW_NONE && !(state->executions[stem->known].flags & EXECUTION_VOID);
        if (!voided || (!counts_already && revision >= stem->known_revision))
            stem->known = i;
        if (revision > stem->known_revision)
            stem->known_revision = revision;
    }
}

static void take_known_revisions(struct run *run) {
    for (uint32_t i = 0; i < tw_names_count(run->stem_names); i++) {
        struct stem *stem = &run->stems[i];
        if (stem->known == TW_NONE)
            continue;
        uint32_t live = stem->known;
        while (run->state->executions[live].replaced_by != TW_NONE)
            live = run->state->executions[live].replaced_by;
        const struct execution *execution = &run->state->executions[live];
        stem->subject = execution->symbol;
        stem->action = execution->action;
        stem->exec_id = tw_state_exec_name(run->state, live);
        stem->seq = execution->seq;
        stem->qty_e8 = execution->qty_e8;
        stem->price_e8 = execution->price_e8;
        if (execution->fee_e8 != TW_UNKNOWN)
            stem->fee_e8 = tw_known(execution->fee_e8);
        stem->order = execution->order;
        stem->dead = (execution->flags & EXECUTION_VOID) != 0;
    }
}

/* ---- rows
 * ------------------------------------------------------------------------------------------- */

static int fill_row(struct run *run, struct row *row, const tw_broker_execution *is) {
    char stem[TW_STEM_BYTES];
    row->is = is;
    row->subject = tw_reconcile_find_subject(run, is->symbol);
    row->known = tw_state_find_execution(run->state, is->exec_id);
    row->order = row->known == TW_NONE ? tw_reconcile_match_order(run, is->order_ref, is->perm_id)
                                       : run->state->executions[row->known].order;
    row->stem = TW_NONE;
    row->revision = tw_reconcile_revision(is->exec_id, stem);
    return row->known == TW_NONE && row->revision ? add_stem(run, row, stem) : 0;
}

struct stem *tw_reconcile_stem_of_known(const struct run *run, const struct row *row) {
    char name[TW_STEM_BYTES];
    if (tw_names_count(run->stem_names) == 0 || tw_reconcile_revision(row->is->exec_id, name) == 0)
        return NULL;
    uint32_t id = tw_names_find(run->stem_names, name);
    return id == TW_NO_NAME ? NULL : &run->stems[id];
}

void tw_reconcile_begin_stem(struct stem *stem, const struct stem_start *start) {
    stem->subject = start->subject;
    stem->action = start->is->action;
    stem->exec_id = start->is->exec_id;
    stem->seq = UINT64_MAX;
    stem->qty_e8 = start->is->qty_e8;
    stem->price_e8 = start->is->price_e8;
    stem->fee_e8 = start->is->fee_e8;
    stem->order = start->order;
    stem->known_revision = start->revision;
    stem->dead = stem->amended = 0;
}

/* A bust of another symbol or side voids nothing that the log has. */
static void find_busts(struct run *run) {
    for (size_t i = 0; i < run->row_count; i++) {
        const struct row *row = &run->rows[i];
        if (!row->is->busted || row->stem == TW_NONE)
            continue;
        struct stem *stem = &run->stems[row->stem];
        if (stem->known == TW_NONE ||
            (stem->subject == row->subject && stem->action == row->is->action))
            stem->bust_revision = row->revision; /* rows come in order: the last of them */
    }
}

/* A revision is booked as a fill when the log has no other one of the execution, or only one that
 * was voided, or that the answer voids: a trade may be booked anew after its bust. */
static int starts_anew(const struct stem *stem, const struct row *row) {
    if (row->revision < stem->bust_revision)
        return 0;
    if (stem->known == TW_NONE)
        return !stem->exec_id;
    int voided = stem->dead || stem->bust_revision > stem->known_revision;
    return voided && !stem->replaced && !stem->anew.is && row->revision > stem->known_revision &&
           stem->subject == row->subject && stem->action == row->is->action;
}

static void choose_fresh(struct run *run) {
    for (size_t i = 0; i < run->row_count; i++) {
        struct row *row = &run->rows[i];
        if (row->known != TW_NONE || row->is->busted)
            continue;
        row->fresh = row->stem == TW_NONE;
        struct stem *stem = row->fresh ? NULL : &run->stems[row->stem];
        if (!stem || !starts_anew(stem, row))
            continue;
        row->fresh = 1;
        stem->anew = (struct stem_start){row->is, row->subject, row->order, row->revision};
        /* What stands in the log has to be voided first. */
        if (!stem->exec_id || stem->dead)
            tw_reconcile_begin_stem(stem, &stem->anew);
    }
}

/* By time; within one order by what it had filled by then (D19). Orders of one instant, and rows
 * without a time, follow each other by their ids: not the truth, but the same every time. */
static int compare_rows(const void *left, const void *right) {
    const struct row *a = left, *b = right;
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    int by = tw_reconcile_compare_maybe(a->is->time_ns, b->is->time_ns);
    if (!by)
        by = tw_reconcile_compare_text(a->is->order_ref, b->is->order_ref);
    if (!by)
        by = tw_reconcile_compare_maybe(a->is->perm_id, b->is->perm_id);
    if (!by)
        by = tw_reconcile_compare_maybe(a->is->cum_qty_e8, b->is->cum_qty_e8);
    return by ? by : strcmp(a->is->exec_id, b->is->exec_id);
}

static void share_out_rows(struct run *run) {
    for (size_t i = 0; i < run->row_count; i++) {
        struct subject *subject = &run->subjects[run->rows[i].subject];
        if (subject->row_count++ == 0)
            subject->first_row = i;
    }
}

static void count_fees(struct run *run) {
    uint32_t count = tw_state_execution_count(run->state);
    for (uint32_t i = 0; i < count; i++) {
        const struct execution *execution = &run->state->executions[i];
        if (!(execution->flags & (EXECUTION_VOID | EXECUTION_INFERRED)) &&
            execution->fee_e8 == TW_UNKNOWN)
            run->subjects[execution->symbol].fees_unknown++;
    }
}

int tw_reconcile_collect_rows(struct run *run) {
    int status = index_perms(run);
    if (!status)
        status = tw_names_new(&run->stem_names);
    run->rows = calloc(run->execution_count + 1, sizeof *run->rows);
    run->stems = calloc(run->execution_count + 1, sizeof *run->stems);
    if (!run->rows || !run->stems)
        status = TW_E_NOMEM;
    for (size_t i = 0; status == 0 && i < run->execution_count; i++)
        status = fill_row(run, &run->rows[i], run->executions[i]);
    if (status)
        return tw_fail(run->why, status, "no memory for the executions");
    run->row_count = run->execution_count;
    find_known_revisions(run);
    take_known_revisions(run);
    find_busts(run);
    choose_fresh(run);
    if (run->row_count > 0)
        qsort(run->rows, run->row_count, sizeof *run->rows, compare_rows);
    share_out_rows(run);
    count_fees(run);
    return 0;
}
