/* Executions that the log knows, or knows another revision of: the same, corrected, voided, or the
 * real ones of what was inferred. Pure. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "core/reconcile_internal.h"

static const char *at_price(struct run *run, int64_t qty_e8, int64_t price_e8) {
    char qty[TW_DECIMAL_TEXT_BYTES], price[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(qty_e8, qty);
    if (price_e8 == TW_UNKNOWN)
        return tw_reconcile_keepf(run, "%s @ unknown", qty);
    tw_decimal_format(price_e8, price);
    return tw_reconcile_keepf(run, "%s @ %s", qty, price);
}

static const char *with_fee(struct run *run, const char *text, tw_maybe fee_e8) {
    char fee[TW_DECIMAL_TEXT_BYTES];
    if (!fee_e8.known)
        return text;
    tw_decimal_format(fee_e8.value, fee);
    return tw_reconcile_keepf(run, "%s, fee %s", text, fee);
}

static void note_amended(struct stem *stem) {
    if (stem->seq == UINT64_MAX)
        stem->amended = 1;
    else
        stem->known_amended = 1;
}

/* The standing execution of a chain of revisions becomes what the row says. */
static int correct(struct run *run, uint32_t id, const struct row *row, struct stem *stem) {
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_fill_corrected, TW_SOURCE_QUERY);
    if (!event)
        return 0;
    tw_fill_corrected *corrected = &event->as.fill_corrected;
    corrected->exec_id = row->is->exec_id;
    corrected->corrects = stem->exec_id;
    corrected->qty_e8 = row->is->qty_e8;
    corrected->price_e8 = row->is->price_e8;
    corrected->fee_e8 = row->is->fee_e8;
    corrected->reason = "the broker's answer";
    note_amended(stem);
    int64_t more = row->is->qty_e8 - stem->qty_e8;
    if (!stem->fee_e8.known && row->is->fee_e8.known)
        run->subjects[id].fees_unknown--;
    stem->exec_id = row->is->exec_id;
    stem->qty_e8 = row->is->qty_e8;
    stem->price_e8 = row->is->price_e8;
    if (row->is->fee_e8.known)
        stem->fee_e8 = row->is->fee_e8;
    return tw_reconcile_move(run, id, stem->seq, stem->action, more, stem->order);
}

/* D13. */
static int bust(struct run *run, uint32_t id, const struct row *row, struct stem *stem) {
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_fill_busted, TW_SOURCE_QUERY);
    if (!event)
        return 0;
    event->as.fill_busted.exec_id = row->is->exec_id;
    event->as.fill_busted.corrects = stem->exec_id;
    event->as.fill_busted.reason = "voided by the broker";
    if (!stem->fee_e8.known)
        run->subjects[id].fees_unknown--;
    stem->dead = 1;
    note_amended(stem);
    run->subjects[id].told = 1;
    tw_reconcile_find(run, 13, id, row->is->exec_id, at_price(run, stem->qty_e8, stem->price_e8),
                      "busted", TW_FINDING_ACCEPT, FOUND_EVENT | FOUND_DIFFERS,
                      "voided by the broker: the execution no longer counts, its record stays");
    int status = tw_reconcile_move(run, id, stem->seq, stem->action, -stem->qty_e8, stem->order);
    if (stem->anew.is)
        tw_reconcile_begin_stem(stem, &stem->anew);
    return status;
}

/* The log has it for another symbol or side: no correction can say that. */
static void find_other_execution(struct run *run, uint32_t id, int number, const struct row *row) {
    tw_reconcile_find(run, number, id, row->is->exec_id, NULL, NULL, TW_FINDING_LOCK,
                      FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "this execution is of another symbol or side in the log: not corrected, "
                      "entries locked");
}

/* ---- D10, D11: the same id
 * ----------------------------------------------------------------------------- */

static int correct_same_id(struct run *run, uint32_t id, const struct row *row, struct stem *stem,
                           int qty_differs) {
    const char *ours = at_price(run, stem->qty_e8, stem->price_e8);
    const char *theirs = at_price(run, row->is->qty_e8, row->is->price_e8);
    if (strcmp(ours, theirs) == 0) {
        ours = with_fee(run, ours, stem->fee_e8);
        theirs = with_fee(run, theirs, row->is->fee_e8);
    }
    run->subjects[id].told = 1;
    tw_reconcile_find(run, 11, id, row->is->exec_id, ours, theirs,
                      qty_differs ? TW_FINDING_LOCK : TW_FINDING_ACCEPT,
                      FOUND_EVENT | FOUND_DIFFERS | (qty_differs ? FOUND_OPEN | FOUND_LOCKS : 0u),
                      "the broker's figures replace the log's, which are kept%s",
                      qty_differs ? "; the quantity changes, entries locked" : "");
    return correct(run, id, row, stem);
}

static int pay_fee(struct run *run, uint32_t id, const struct row *row) {
    struct subject *subject = &run->subjects[id];
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_commission, TW_SOURCE_QUERY);
    if (!event)
        return 0;
    event->as.commission.exec_id = row->is->exec_id;
    event->as.commission.fee_e8 = row->is->fee_e8.value;
    event->as.commission.realized_e8 = row->is->realized_e8;
    subject->fees_unknown--;
    subject->fees_paid++;
    subject->repaired = 1;
    return 0;
}

/* A list that still shows the revision before the one that voided it contradicts nothing. */
static int has_later_revision(const struct run *run, const struct row *row) {
    char stem[TW_STEM_BYTES], other[TW_STEM_BYTES + 2];
    if (tw_reconcile_revision(row->is->exec_id, stem) == 0)
        return 0;
    for (int i = row->revision + 1; i < 100; i++) {
        snprintf(other, sizeof other, "%s%c%c", stem, '0' + i / 10, '0' + i % 10);
        if (tw_state_find_execution(run->state, other) != TW_NONE)
            return 1;
    }
    return 0;
}

/* The answer has a later revision, which decides what becomes of this one. */
static int is_overtaken(const struct run *run, const struct row *row) {
    const struct stem *stem = tw_reconcile_stem_of_known(run, row);
    return stem && stem->last_revision > row->revision;
}

static int compare_known(struct run *run, uint32_t id, struct row *row) {
    const struct execution *execution = &run->state->executions[row->known];
    if (execution->replaced_by != TW_NONE || execution->flags & EXECUTION_INFERRED ||
        is_overtaken(run, row))
        return 0;
    if (execution->flags & EXECUTION_VOID) {
        if (!row->is->busted && !has_later_revision(run, row))
            tw_reconcile_find(run, 13, id, row->is->exec_id, "busted",
                              at_price(run, row->is->qty_e8, row->is->price_e8), TW_FINDING_NOTE,
                              FOUND_OPEN | FOUND_DIFFERS,
                              "voided in the log, but the broker still lists it");
        return 0;
    }
    if (execution->symbol != id || execution->action != row->is->action) {
        find_other_execution(run, id, 11, row);
        return 0;
    }
    struct stem stem = {.exec_id = row->is->exec_id,
                        .seq = execution->seq,
                        .action = execution->action,
                        .qty_e8 = execution->qty_e8,
                        .price_e8 = execution->price_e8,
                        .order = execution->order};
    if (execution->fee_e8 != TW_UNKNOWN)
        stem.fee_e8 = tw_known(execution->fee_e8);
    row->amended = row->is->busted != 0;
    if (row->is->busted)
        return bust(run, id, row, &stem);
    int qty_differs = execution->qty_e8 != row->is->qty_e8;
    int fee_differs =
        row->is->fee_e8.known && stem.fee_e8.known && row->is->fee_e8.value != stem.fee_e8.value;
    row->amended = qty_differs || fee_differs || execution->price_e8 != row->is->price_e8;
    if (row->amended)
        return correct_same_id(run, id, row, &stem, qty_differs);
    return row->is->fee_e8.known && !stem.fee_e8.known ? pay_fee(run, id, row) : 0;
}

/* ---- D12: a later revision
 * --------------------------------------------------------------------------------- */

/* The order has filled more by the broker's count than the log can show: executions are missing.
 * The other way round proves nothing, executions may have come since. */
static int count_misses(const struct run *run, const struct row *row, const struct stem *stem) {
    return stem->order != TW_NONE && row->is->cum_qty_e8.known &&
           row->is->cum_qty_e8.value > run->after[stem->order].filled_e8;
}

static int revise(struct run *run, uint32_t id, const struct row *row) {
    struct stem *stem = &run->stems[row->stem];
    /* Replaced before it came, or voided before it was ever booked. */
    if (row->revision < stem->known_revision || row->revision < stem->bust_revision ||
        !stem->exec_id)
        return 0;
    if (stem->subject != id || stem->action != row->is->action) {
        find_other_execution(run, id, 12, row);
        return 0;
    }
    if (stem->dead) {
        if (!row->is->busted)
            tw_reconcile_find(run, 12, id, row->is->exec_id, "busted",
                              at_price(run, row->is->qty_e8, row->is->price_e8), TW_FINDING_LOCK,
                              FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                              "a later revision of an execution that was voided: not booked, "
                              "entries locked");
        return 0;
    }
    if (row->is->busted)
        return bust(run, id, row, stem);
    const char *ours = at_price(run, stem->qty_e8, stem->price_e8);
    int status = correct(run, id, row, stem);
    int misses = count_misses(run, row, stem);
    run->subjects[id].told = 1;
    tw_reconcile_find(
        run, 12, id, row->is->exec_id, ours, at_price(run, row->is->qty_e8, row->is->price_e8),
        misses ? TW_FINDING_LOCK : TW_FINDING_ACCEPT,
        FOUND_EVENT | FOUND_DIFFERS | (misses ? FOUND_OPEN | FOUND_LOCKS : 0u),
        "a later revision replaces the execution, which is kept%s",
        misses ? "; the order has filled more than the log shows, entries locked" : "");
    return status;
}

/* Rows of one subject are in the order of booking; the revisions of an execution need that of their
 * numbers. A chain is as short as its two digits, so looking for the next one costs little. */
static int revise_in_order(struct run *run, uint32_t id, int revision) {
    const struct subject *subject = &run->subjects[id];
    int status = 0;
    for (size_t i = 0; status == 0 && i < subject->row_count; i++) {
        const struct row *row = &run->rows[subject->first_row + i];
        if (row->known == TW_NONE && !row->fresh && row->stem != TW_NONE &&
            row->revision == revision)
            status = revise(run, id, row);
    }
    return status;
}

int tw_reconcile_known_rows(struct run *run, uint32_t id) {
    const struct subject *subject = &run->subjects[id];
    unsigned char there[100] = {0};
    int status = 0;
    for (size_t i = 0; status == 0 && i < subject->row_count; i++) {
        struct row *row = &run->rows[subject->first_row + i];
        if (row->known != TW_NONE)
            status = compare_known(run, id, row);
        else if (!row->fresh && row->stem != TW_NONE)
            there[row->revision] = 1;
    }
    for (int revision = 1; status == 0 && revision < 100; revision++)
        if (there[revision])
            status = revise_in_order(run, id, revision);
    return status;
}

/* ---- D16: the real executions of what was inferred
 * --------------------------------------------------------- */

struct real {
    int64_t qty_e8;      /* of this action, not yet used up */
    const char *exec_id; /* the first of them */
    tw_maybe first_ns;   /* the earliest time of them */
};

static void add_real(struct real *real, const char *exec_id, int64_t qty_e8, tw_maybe time_ns) {
    if (!real->exec_id)
        real->exec_id = exec_id;
    if (tw_decimal_add(real->qty_e8, qty_e8, &real->qty_e8))
        real->qty_e8 = INT64_MAX;
    if (time_ns.known && (!real->first_ns.known || time_ns.value < real->first_ns.value))
        real->first_ns = time_ns;
}

/* Executions that came into the log by themselves after the inference. */
static int add_late_ones(const struct run *run, const struct symbol *symbol, uint64_t since,
                         struct real real[3]) {
    if (symbol->changes_total != (int64_t)symbol->change_count)
        return tw_fail(run->why, TW_E_HISTORY,
                       "earlier executions of a symbol with inferred fills "
                       "are not in memory");
    tw_maybe never = {0, 0};
    for (size_t i = 0; i < symbol->change_count; i++) {
        const struct change *change = &symbol->changes[i];
        if (change->kind != CHANGE_EXECUTION || change->seq <= since)
            continue;
        const struct execution *execution = &run->state->executions[change->execution];
        if (!(execution->flags & (EXECUTION_VOID | EXECUTION_INFERRED)))
            add_real(&real[execution->action], tw_state_exec_name(run->state, change->execution),
                     execution->qty_e8, never);
    }
    return 0;
}

static int supersede(struct run *run, uint32_t id, const struct inferred *inferred,
                     struct real *real) {
    const char *exec_id = tw_state_text(run->state, inferred->exec_id);
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_inferred_superseded, TW_SOURCE_QUERY);
    if (!event)
        return 0;
    event->as.inferred_superseded.exec_id = exec_id;
    event->as.inferred_superseded.superseded_by = real->exec_id;
    real->qty_e8 = real->qty_e8 > inferred->qty_e8 ? real->qty_e8 - inferred->qty_e8 : 0;
    run->subjects[id].told = 1;
    tw_reconcile_find(run, 16, id, exec_id, "inferred", real->exec_id, TW_FINDING_ACCEPT,
                      FOUND_EVENT | FOUND_DIFFERS,
                      "the real execution has arrived: the inferred one is voided");
    return tw_reconcile_move(run, id, inferred->seq, inferred->action, -inferred->qty_e8, TW_NONE);
}

int tw_reconcile_supersede(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    if (subject->symbol == TW_NONE)
        return 0;
    const struct symbol *symbol = &run->state->symbols[subject->symbol];
    if (symbol->inferred_count == 0)
        return 0;
    struct real real[3] = {{0}};
    for (size_t i = 0; i < subject->row_count; i++) {
        const struct row *row = &run->rows[subject->first_row + i];
        if (row->fresh)
            add_real(&real[row->is->action], row->is->exec_id, row->is->qty_e8, row->is->time_ns);
    }
    int status = 0;
    if (subject->now_e8 != subject->theirs_e8)
        status = add_late_ones(run, symbol, symbol->inferred[0].seq, real);
    for (size_t i = 0; status == 0 && i < symbol->inferred_count; i++) {
        const struct inferred *inferred = &symbol->inferred[i];
        struct real *of_it = &real[inferred->action];
        if (!of_it->exec_id)
            continue;
        /* The fold refuses an execution from before an inference that still stands for it. */
        int before = of_it->first_ns.known && of_it->first_ns.value <= inferred->time_ns;
        int buys = inferred->action == TW_ACTION_BUY;
        int counts = inferred->seq > subject->settled_seq && of_it->qty_e8 > 0;
        int twice = counts && (buys ? subject->now_e8 > subject->theirs_e8
                                    : subject->now_e8 < subject->theirs_e8);
        if (before || twice)
            status = supersede(run, id, inferred, of_it);
    }
    return status;
}
