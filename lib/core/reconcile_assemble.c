/* From what was found to the events that record and repair it, in the order in which they are
 * appended: the answer; what is about all; then symbol by symbol its findings, repairs and gates.
 * Pure. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "core/reconcile_internal.h"
#include "core/schema.h"

static tw_event *add_event(struct run *run, int64_t type) {
    struct proposal *proposal = run->proposal;
    if (tw_array_reserve((void **)&proposal->events, &proposal->event_capacity,
                         proposal->event_count + 1, sizeof *proposal->events)) {
        run->failed = 1;
        return NULL;
    }
    tw_event *event = &proposal->events[proposal->event_count++];
    memset(event, 0, sizeof *event);
    event->size = sizeof *event;
    event->type = type;
    event->source = TW_SOURCE_QUERY;
    return event;
}

/* As complete as its least complete part that was asked for. */
static int64_t completeness_of(const tw_answer *answer) {
    const int64_t parts[] = {answer->positions_completeness, answer->orders_completeness,
                             answer->completed_completeness, answer->executions_completeness};
    size_t asked = 0, complete = 0, failed = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        asked += parts[i] != 0;
        complete += parts[i] == TW_ANSWER_COMPLETE;
        failed += parts[i] == TW_ANSWER_FAILED;
    }
    if (failed == asked)
        return TW_ANSWER_FAILED;
    return complete == asked ? TW_ANSWER_COMPLETE : TW_ANSWER_PARTIAL;
}

static void add_answer(struct run *run) {
    const tw_answer *answer = run->answer;
    tw_event *event = add_event(run, TW_TYPE_broker_answer);
    if (!event)
        return;
    event->as.broker_answer.broker = answer->broker;
    event->as.broker_answer.completeness = completeness_of(answer);
    event->as.broker_answer.as_of_ns = answer->as_of_ns;
    event->as.broker_answer.positions = (int64_t)answer->holding_count;
    event->as.broker_answer.orders = (int64_t)answer->order_count;
    event->as.broker_answer.executions = (int64_t)answer->execution_count;
    event->as.broker_answer.digest = run->digest;
}

static void add_finding(struct run *run, const struct finding *finding) {
    tw_event *event = add_event(run, TW_TYPE_finding);
    if (!event)
        return;
    event->as.finding.case_id = finding->case_id;
    event->as.finding.symbol = finding->symbol;
    event->as.finding.about = finding->about;
    event->as.finding.ours = finding->ours;
    event->as.finding.theirs = finding->theirs;
    event->as.finding.text = finding->text;
    event->as.finding.action = finding->action;
    event->as.finding.open = finding->open;
}

static void add_gate(struct run *run, const char *scope, int64_t gate_state, const char *reason) {
    tw_event *event = add_event(run, TW_TYPE_gate);
    if (!event)
        return;
    event->as.gate.scope = scope;
    event->as.gate.state = gate_state;
    event->as.gate.reason = reason;
    event->as.gate.by = "reconcile";
}

static void close_gates(struct run *run, const char *scope, uint64_t locks) {
    for (int number = 1; number < TW_CASES; number++)
        if (locks >> number & 1 && !tw_reconcile_gate_closed(run, scope, number))
            add_gate(run, scope, TW_GATE_CLOSED, tw_reconcile_gate_reason(number));
}

/* ---- order
 * ------------------------------------------------------------------------------------------------
 */

/* What is about no symbol first, then the symbols in their order, those of neither side last. */
static uint64_t group_of(const struct found *found) {
    if (!found->finding.symbol)
        return 0;
    return found->subject == TW_NONE ? UINT64_MAX : (uint64_t)found->subject + 1;
}

static int compare_found(const void *left, const void *right) {
    const struct found *a = left, *b = right;
    uint64_t group_a = group_of(a), group_b = group_of(b);
    if (group_a != group_b)
        return group_a < group_b ? -1 : 1;
    int by = tw_reconcile_compare_text(a->finding.symbol, b->finding.symbol);
    if (!by)
        by = a->number - b->number;
    return by ? by : tw_reconcile_compare_text(a->finding.about, b->finding.about);
}

static int compare_for_showing(const void *left, const void *right) {
    const struct found *a = left, *b = right;
    int by = b->finding.critical - a->finding.critical;
    return by ? by : compare_found(left, right);
}

static size_t add_findings(struct run *run, size_t next, uint64_t group) {
    for (; next < run->found_count && group_of(&run->found[next]) == group; next++)
        if (run->found[next].finding.fresh)
            add_finding(run, &run->found[next].finding);
    return next;
}

static void add_repair(struct run *run, const struct repair *repair) {
    tw_event *event = add_event(run, repair->event.type);
    if (event)
        *event = repair->event;
}

static size_t add_repairs(struct run *run, size_t next, uint32_t subject) {
    for (; next < run->repair_count; next++) {
        const struct repair *repair = &run->repairs[next];
        if (repair->last || repair->subject != subject)
            break;
        add_repair(run, repair);
    }
    return next;
}

static void add_all(struct run *run) {
    size_t found = add_findings(run, 0, 0), repair = 0;
    close_gates(run, "all", run->halts);
    if (run->reopens)
        add_gate(run, "all", TW_GATE_OPEN, "D7 is over: a complete answer has come");
    for (uint32_t id = 0; id < run->subject_count; id++) {
        found = add_findings(run, found, (uint64_t)id + 1);
        repair = add_repairs(run, repair, id);
        close_gates(run, run->subjects[id].name, run->subjects[id].locks);
    }
    add_findings(run, found, UINT64_MAX);
    for (; repair < run->repair_count; repair++)
        add_repair(run, &run->repairs[repair]);
}

/* ---- ownership
 * ---------------------------------------------------------------------------------------------- */

/* The answer and the state may be gone before the proposal is. */
static void own_event(struct run *run, tw_event *event) {
    const struct event_type *type = tw_schema_type(event->type);
    for (size_t i = 0; i < type->count; i++) {
        if (type->fields[i].kind != KIND_TEXT && type->fields[i].kind != KIND_SYMBOL)
            continue;
        struct value value = tw_field_get(event, &type->fields[i]);
        if (!value.known)
            continue;
        value.data = tw_reconcile_keep(run, value.data);
        tw_field_set(event, &type->fields[i], value);
    }
}

static void own_text(struct run *run, const char **text) {
    if (*text)
        *text = tw_reconcile_keep(run, *text);
}

static void own_finding(struct run *run, struct finding *finding) {
    own_text(run, &finding->case_id);
    own_text(run, &finding->symbol);
    own_text(run, &finding->about);
    own_text(run, &finding->ours);
    own_text(run, &finding->theirs);
    own_text(run, &finding->text);
}

static void show_findings(struct run *run) {
    struct proposal *proposal = run->proposal;
    if (run->found_count == 0)
        return;
    qsort(run->found, run->found_count, sizeof *run->found, compare_for_showing);
    if (tw_array_reserve((void **)&proposal->findings, &proposal->finding_capacity,
                         run->found_count, sizeof *proposal->findings)) {
        run->failed = 1;
        return;
    }
    for (size_t i = 0; i < run->found_count; i++) {
        proposal->findings[i] = run->found[i].finding;
        own_finding(run, &proposal->findings[i]);
    }
    proposal->finding_count = run->found_count;
}

int tw_reconcile_assemble(struct run *run) {
    struct proposal *proposal = run->proposal;
    const char *last = tw_state_text(run->state, run->state->answer.digest);
    if (run->found_count > 0)
        qsort(run->found, run->found_count, sizeof *run->found, compare_found);
    tw_reconcile_sort_repairs(run, 0);
    add_answer(run);
    add_all(run);
    /* The same answer with nothing new to say leaves no trace. */
    if (proposal->event_count == 1 && last && strcmp(last, run->digest) == 0)
        proposal->event_count = 0;
    for (size_t i = 0; i < proposal->event_count; i++)
        own_event(run, &proposal->events[i]);
    show_findings(run);
    proposal->state_seq = run->state->last_seq;
    proposal->trading_date = run->state->trading_date;
    proposal->failed = run->failed;
    return run->failed ? tw_fail(run->why, TW_E_NOMEM, "no memory for the proposal") : 0;
}
