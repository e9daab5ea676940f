/* Reconcile: from a state and a broker's answer to what has to be said and done about their
 * differences (docs/reconcile.md). Pure: nothing is written, no clock is asked, the answer's order
 * of rows does not matter. */
#include "core/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/give.h"
#include "core/reconcile_internal.h"

/* The broker's clock and ours differ, and some brokers tell whole seconds. */
#define CLOCKS_MAY_DIFFER_NS (5 * TW_NS_PER_SECOND)

static int new_proposal(struct proposal **ret) {
    struct proposal *proposal = calloc(1, sizeof *proposal);
    if (!proposal)
        return TW_E_NOMEM;
    int status = tw_names_new(&proposal->texts);
    if (status) {
        free(proposal);
        return status;
    }
    *ret = proposal;
    return 0;
}

void tw_proposal_free(tw_proposal *proposal) {
    if (!proposal)
        return;
    free(proposal->findings);
    free(proposal->events);
    tw_names_free(proposal->texts);
    free(proposal);
}

static void free_run(struct run *run) {
    free(run->holdings);
    free(run->orders);
    free(run->executions);
    free(run->subjects);
    free(run->rows);
    free(run->stems);
    free(run->order_rows);
    free(run->after);
    free(run->perms);
    free(run->seen);
    free(run->found);
    free(run->repairs);
    tw_names_free(run->symbols);
    tw_names_free(run->stem_names);
    tw_names_free(run->open_keys);
    tw_names_free(run->new_keys);
    tw_names_free(run->gate_keys);
}

/* Executions explain, positions verify, costs are compared with what comes of both. */
static int compare_symbols(struct run *run) {
    int status = tw_reconcile_collect_rows(run);
    for (uint32_t id = 0; status == 0 && id < run->subject_count; id++) {
        status = tw_reconcile_executions(run, id);
        if (!status)
            status = tw_reconcile_positions(run, id);
        if (!status)
            status = tw_reconcile_costs(run, id);
    }
    return status;
}

static int say_older(const struct run *run, const char *what, int64_t time_ns) {
    char answered[TW_TIME_TEXT_BYTES], known[TW_TIME_TEXT_BYTES];
    tw_time_format(run->answer->as_of_ns.value, 0, 0, answered);
    tw_time_format(time_ns, 0, 0, known);
    return tw_fail(run->why, TW_E_BROKER,
                   "the answer is as of %s, the log has %s of %s, expected a later answer",
                   answered, what, known);
}

/* An answer from before the last execution that the log has, from before the last answer, or from
 * before one failed to come, knows nothing of what came since: what it would make of the quantities
 * is yesterday's truth. Executions that reconcile booked itself carry the time of their record, so
 * that the answer they come from would be older than they are. */
static int check_age(const struct run *run) {
    const struct state *state = run->state;
    tw_maybe as_of = run->answer->as_of_ns;
    if (!as_of.known || run->answer->positions_completeness == TW_ANSWER_FAILED)
        return 0;
    if (state->answer.as_of_ns != TW_UNKNOWN &&
        state->answer.as_of_ns - CLOCKS_MAY_DIFFER_NS > as_of.value)
        return say_older(run, "an answer", state->answer.as_of_ns);
    for (size_t i = 0; i < state->finding_count; i++) {
        const struct finding_data *open = &state->findings[i];
        if (open->about == TW_NONE && open->time_ns - CLOCKS_MAY_DIFFER_NS > as_of.value &&
            strcmp(tw_state_text(state, open->case_id), "D7") == 0)
            return say_older(run, "none (D7)", open->time_ns);
    }
    uint32_t count = tw_state_execution_count(state);
    for (uint32_t id = 0; id < count; id++) {
        const struct execution *execution = &state->executions[id];
        int ours = execution->flags & EXECUTION_INFERRED || execution->source == TW_SOURCE_QUERY;
        if (ours || execution->flags & EXECUTION_VOID ||
            execution->time_ns - CLOCKS_MAY_DIFFER_NS <= as_of.value)
            continue;
        char what[128];
        snprintf(what, sizeof what, "an execution of %s",
                 tw_state_symbol_name(state, execution->symbol));
        return say_older(run, what, execution->time_ns);
    }
    return 0;
}

static int compare(struct run *run) {
    int status = tw_reconcile_index_findings(run);
    if (!status)
        status = tw_reconcile_sort_answer(run);
    if (status)
        return status;
    tw_reconcile_digest(run);
    /* Without all positions the state stays as the log has it: a failed query is never flat. */
    run->drifting = run->answer->positions_completeness != TW_ANSWER_COMPLETE;
    if (run->drifting)
        run->execution_count = run->order_count = 0;
    status = tw_reconcile_collect_subjects(run);
    if (!status && run->drifting)
        tw_reconcile_drift(run);
    else if (!status)
        status = compare_symbols(run);
    if (!status && !run->drifting)
        status = tw_reconcile_orders(run);
    if (status)
        return status;
    if (!run->drifting)
        tw_reconcile_unanswered(run);
    tw_reconcile_settle(run);
    return tw_reconcile_assemble(run);
}

int tw_reconcile(const tw_state *state, const tw_answer *answer, const tw_state *older,
                 int64_t overnight, tw_proposal **ret, tw_error *why) {
    if (!state || !answer || !ret)
        return tw_fail(why, TW_E_INVALID, "state, answer or result are missing");
    if (overnight < 0 || overnight > TW_OVERNIGHT_CARRY)
        return tw_fail(why, TW_E_INVALID, "no overnight policy has the number %lld",
                       (long long)overnight);
    struct run run = {
        .state = state, .older = older, .answer = answer, .overnight = overnight, .why = why};
    int status = tw_reconcile_check_answer(&run);
    if (!status)
        status = check_age(&run);
    if (status)
        return status;
    status = new_proposal(&run.proposal);
    if (status)
        return tw_fail(why, status, "no memory for the proposal");
    status = compare(&run);
    free_run(&run);
    if (status) {
        tw_proposal_free(run.proposal);
        return status;
    }
    *ret = run.proposal;
    return 0;
}

/* ---- what a proposal says ------------------------------------------------------------------ */

uint64_t tw_proposal_findings(const tw_proposal *proposal) {
    return proposal ? proposal->finding_count : 0;
}

int tw_proposal_finding(const tw_proposal *proposal, uint64_t index, tw_finding_view *ret) {
    tw_finding_view view = {.size = sizeof view};
    if (!proposal || !tw_has_size(ret))
        return TW_E_INVALID;
    if (index >= proposal->finding_count)
        return TW_E_NOT_FOUND;
    const struct finding *finding = &proposal->findings[index];
    view.case_id = finding->case_id;
    view.symbol = finding->symbol;
    view.about = finding->about;
    view.ours = finding->ours;
    view.theirs = finding->theirs;
    view.text = finding->text;
    view.action = finding->action;
    view.critical = finding->critical;
    view.fresh = finding->fresh;
    view.differs = finding->differs;
    return tw_give(ret, &view, sizeof view);
}

uint64_t tw_proposal_events(const tw_proposal *proposal) {
    return proposal ? proposal->event_count : 0;
}

const tw_event *tw_proposal_event(const tw_proposal *proposal, uint64_t index) {
    if (!proposal || index >= proposal->event_count)
        return NULL;
    return &proposal->events[index];
}
