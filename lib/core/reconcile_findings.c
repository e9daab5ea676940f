/* What was found: new or known already, open or settled, and which gates it closes. Pure. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "core/reconcile_internal.h"

enum part { PART_NONE, PART_POSITIONS, PART_EXECUTIONS, PART_ORDERS };

/* What the case can be judged by; whether it stays open as long as its gate is closed, because it
 * is about something that happened and somebody has to look at it; why its gate is closed. */
static const struct {
    enum part part;
    int sticky;
    const char *gate;
} cases[TW_CASES] = {
    [2] = {PART_POSITIONS, 1, "D2: the broker holds less than the log"},
    [3] = {PART_POSITIONS, 1, "D3: the broker holds more than the log"},
    [4] = {PART_POSITIONS, 1, "D4: the broker holds the opposite side"},
    [5] = {PART_POSITIONS, 1, "D5: the broker is flat, the log was not"},
    [6] = {PART_POSITIONS, 1, "D6: not in the broker's answer"},
    [7] = {PART_POSITIONS, 0, "D7: no complete answer from the broker, positions may have drifted"},
    [8] = {PART_POSITIONS, 1, "D8: held at the broker, not in the log"},
    [9] = {PART_POSITIONS, 0, NULL},
    [11] = {PART_EXECUTIONS, 1, "D11: an execution was corrected in its quantity"},
    [12] = {PART_EXECUTIONS, 1, "D12: a revised execution and its order do not add up"},
    [13] = {PART_EXECUTIONS, 0, NULL},
    [17] = {PART_ORDERS, 0, NULL},
    [18] = {PART_EXECUTIONS, 1, "D18: an order was overfilled"},
    [19] = {PART_EXECUTIONS, 0, NULL},
    [20] = {PART_POSITIONS, 1, "D20: held before the first execution of the day, origin unknown"},
    [21] = {PART_ORDERS, 0, "D21: an order that ended in the log works at the broker"},
    [22] = {PART_ORDERS, 0, NULL},
    [23] = {PART_ORDERS, 0, "D23: what became of an order is not known"},
    [25] = {PART_ORDERS, 0, "D25: the outcome of a change or cancel is not known"},
    [26] = {PART_ORDERS, 0, NULL},
    [27] = {PART_ORDERS, 0, NULL},
    [28] = {PART_ORDERS, 0, "D28: two live orders for one intent"},
    [29] = {PART_EXECUTIONS, 0, NULL},
    [30] = {PART_EXECUTIONS, 0, NULL},
    [32] = {PART_POSITIONS, 1, "D32: a corporate action is suspected"},
    [34] = {PART_POSITIONS, 1, "D34: held overnight"},
};

const char *tw_reconcile_gate_reason(int number) {
    return cases[number].gate;
}

/* ---- text
 * ------------------------------------------------------------------------------------------------
 */

const char *tw_reconcile_keep(struct run *run, const char *text) {
    if (tw_names_reserve(run->proposal->texts, 1, strlen(text))) {
        run->failed = 1;
        return "";
    }
    return tw_names_text(run->proposal->texts, tw_names_add(run->proposal->texts, text));
}

const char *tw_reconcile_keepf(struct run *run, const char *format, ...) {
    char line[TW_LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return tw_reconcile_keep(run, line);
}

/* At most `room` bytes with the NUL, whole characters, nothing that is not clean. */
static const char *keep_shown(struct run *run, const char *text, size_t room) {
    char shown[TW_LINE_BYTES + 1];
    if (!text)
        return NULL;
    return tw_reconcile_keep(run, tw_text_show(text, strlen(text), shown, room));
}

const char *tw_reconcile_quantity(int64_t signed_e8, const char *flat,
                                  char out[TW_QUANTITY_TEXT_BYTES]) {
    char qty[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(signed_e8 < 0 ? -signed_e8 : signed_e8, qty);
    if (signed_e8 == 0)
        snprintf(out, TW_QUANTITY_TEXT_BYTES, "%s", flat);
    else
        snprintf(out, TW_QUANTITY_TEXT_BYTES, "%s %s", signed_e8 > 0 ? "LONG" : "SHORT", qty);
    return out;
}

/* ---- what the state has open
 * ---------------------------------------------------------------------------- */

/* The fold tells findings apart by case, symbol and what they are about. Clean text has no line
 * ends.
 */
static const char *key_of(char out[TW_LINE_BYTES], const char *case_id, const char *symbol,
                          const char *about) {
    snprintf(out, TW_LINE_BYTES, "%s\n%s\n%s", case_id, symbol ? symbol : "", about ? about : "");
    return out;
}

static int add_key(struct names *names, const char *key) {
    int status = tw_names_reserve(names, 1, strlen(key));
    if (!status)
        tw_names_add(names, key);
    return status;
}

int tw_reconcile_index_findings(struct run *run) {
    const struct state *state = run->state;
    char key[TW_LINE_BYTES];
    int status = tw_names_new(&run->open_keys);
    if (!status)
        status = tw_names_new(&run->new_keys);
    if (!status)
        status = tw_names_new(&run->gate_keys);
    run->seen = calloc(state->finding_count + 1, 1);
    if (!run->seen)
        status = TW_E_NOMEM;
    for (size_t i = 0; status == 0 && i < state->finding_count; i++) {
        const struct finding_data *open = &state->findings[i];
        status = add_key(run->open_keys, key_of(key, tw_state_text(state, open->case_id),
                                                tw_state_text(state, open->symbol),
                                                tw_state_text(state, open->about)));
    }
    for (size_t i = 0; status == 0 && i < state->gate_count; i++) {
        const char *scope = tw_state_text(state, state->gates[i].scope);
        status = add_key(run->gate_keys, key_of(key, scope ? scope : "all",
                                                tw_state_text(state, state->gates[i].reason), ""));
    }
    return status ? tw_fail(run->why, status, "no memory for the findings") : 0;
}

int tw_reconcile_gate_closed(const struct run *run, const char *scope, int number) {
    char key[TW_LINE_BYTES];
    return tw_names_find(run->gate_keys, key_of(key, scope, cases[number].gate, "")) != TW_NO_NAME;
}

static int same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Is it open in the state, word for word? */
static int stands_already(struct run *run, const struct finding *finding, const char *key) {
    const struct state *state = run->state;
    uint32_t id = tw_names_find(run->open_keys, key);
    if (id == TW_NO_NAME)
        return 0;
    run->seen[id] = 1;
    const struct finding_data *open = &state->findings[id];
    return open->action == finding->action &&
           same(tw_state_text(state, open->ours), finding->ours) &&
           same(tw_state_text(state, open->theirs), finding->theirs) &&
           same(tw_state_text(state, open->text), finding->text);
}

static struct found *add_found(struct run *run) {
    if (tw_array_reserve((void **)&run->found, &run->found_capacity, run->found_count + 1,
                         sizeof *run->found)) {
        run->failed = 1;
        return NULL;
    }
    struct found *found = &run->found[run->found_count++];
    memset(found, 0, sizeof *found);
    return found;
}

/* Where D7 is open and its gate is not, an operator goes on without the broker until it has
 * answered: on a timer its failure has other words every time. After a crash that word is about a
 * state that is gone. */
static int locks_again(const struct run *run, int number, const char *key, int fresh) {
    const struct session *session = &run->state->session;
    uint32_t id = number == 7 ? tw_names_find(run->open_keys, key) : TW_NO_NAME;
    if (id == TW_NO_NAME)
        return fresh;
    return session->resumed == TW_RESUMED_CRASH &&
           run->state->findings[id].seq < session->opened_seq &&
           !tw_reconcile_gate_closed(run, "all", number);
}

static void lock(struct run *run, uint32_t subject, int number) {
    uint64_t bit = UINT64_C(1) << number;
    if (subject == TW_NONE)
        run->halts |= bit;
    else
        run->subjects[subject].locks |= bit;
}

void tw_reconcile_find(struct run *run, int number, uint32_t subject, const char *about,
                       const char *ours, const char *theirs, int64_t action, unsigned flags,
                       const char *format, ...) {
    char line[2 * TW_LINE_BYTES], key[TW_LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    struct finding finding = {.case_id = tw_reconcile_keepf(run, "D%d", number),
                              .about = keep_shown(run, about, 65),
                              .ours = keep_shown(run, ours, 129),
                              .theirs = keep_shown(run, theirs, 129),
                              .text = keep_shown(run, line, TW_LINE_BYTES),
                              .action = action,
                              .critical = (flags & FOUND_CRITICAL) != 0,
                              .open = (flags & FOUND_OPEN) != 0,
                              .differs = (flags & FOUND_DIFFERS) != 0};
    if (subject != TW_NONE)
        finding.symbol = tw_reconcile_keep(run, run->subjects[subject].name);
    /* A second one of the same case about the same thing would take the place of the first. */
    key_of(key, finding.case_id, finding.symbol, finding.about);
    uint32_t before = tw_names_count(run->new_keys);
    if (run->failed || add_key(run->new_keys, key)) {
        run->failed = 1;
        return;
    }
    if (tw_names_count(run->new_keys) == before)
        return;
    int known = stands_already(run, &finding, key);
    finding.fresh = flags & FOUND_EVENT ? 1 : !known;
    if (flags & FOUND_LOCKS && locks_again(run, number, key, finding.fresh)) {
        lock(run, subject, number);
        finding.fresh = 1;
    }
    struct found *found = add_found(run);
    if (!found)
        return;
    found->finding = finding;
    found->subject = subject;
    found->number = number;
}

void tw_reconcile_agree(struct run *run, uint32_t subject, const char *ours, const char *theirs) {
    struct found *found = add_found(run);
    if (!found)
        return;
    found->finding.case_id = tw_reconcile_keep(run, "D1");
    found->finding.symbol = tw_reconcile_keep(run, run->subjects[subject].name);
    found->finding.ours = tw_reconcile_keep(run, ours);
    found->finding.theirs = tw_reconcile_keep(run, theirs);
    found->finding.text = tw_reconcile_keep(run, "same");
    found->finding.action = TW_FINDING_ACCEPT;
    found->subject = subject;
    found->number = 1;
}

/* ---- repairs
 * ---------------------------------------------------------------------------------------------- */

/* The fold refuses an execution while an inference stands for it, an instrument once it has traded;
 * an opening is held before the first fill. */
static int rank_of(int64_t type) {
    if (type == TW_TYPE_instrument)
        return 0;
    if (type == TW_TYPE_inferred_superseded || type == TW_TYPE_fill_busted)
        return 1;
    return type == TW_TYPE_position_opening ? 2 : 3;
}

tw_event *tw_reconcile_repair(struct run *run, uint32_t subject, int64_t type, int64_t source) {
    if (tw_array_reserve((void **)&run->repairs, &run->repair_capacity, run->repair_count + 1,
                         sizeof *run->repairs)) {
        run->failed = 1;
        return NULL;
    }
    struct repair *repair = &run->repairs[run->repair_count];
    memset(repair, 0, sizeof *repair);
    repair->subject = subject;
    repair->order = TW_NONE;
    repair->rank = rank_of(type);
    /* Executions move orders, also across symbols; what the broker says of an order comes after. */
    repair->last = type == TW_TYPE_order_updated;
    repair->place = run->repair_count++;
    repair->event.size = sizeof repair->event;
    repair->event.type = type;
    repair->event.source = source;
    return &repair->event;
}

static int compare_repairs(const void *left, const void *right) {
    const struct repair *a = left, *b = right;
    if (a->last != b->last)
        return a->last - b->last;
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank - b->rank;
    return a->place < b->place ? -1 : 1;
}

void tw_reconcile_sort_repairs(struct run *run, size_t first) {
    if (run->repair_count > first)
        qsort(run->repairs + first, run->repair_count - first, sizeof *run->repairs,
              compare_repairs);
}

/* ---- what was open before
 * ---------------------------------------------------------------------------------- */

static int case_number(const char *case_id) {
    int number = 0;
    if (case_id[0] != 'D')
        return 0;
    for (const char *at = case_id + 1; *at; at++) {
        if (*at < '0' || *at > '9' || number > TW_CASES)
            return 0;
        number = number * 10 + (*at - '0');
    }
    return number < TW_CASES ? number : 0;
}

/* They were asked for without success, and since then nobody was asked. */
static int are_orders_unknown(const struct run *run) {
    char key[TW_LINE_BYTES];
    return run->answer->orders_completeness != TW_ANSWER_COMPLETE &&
           tw_names_find(run->open_keys, key_of(key, "D7", NULL, TW_OPEN_ORDERS)) != TW_NO_NAME;
}

static int was_judged(const struct run *run, int number, const char *about) {
    const tw_answer *answer = run->answer;
    if (run->drifting)
        return 0;
    switch (cases[number].part) {
    case PART_NONE:
        return 0;
    case PART_POSITIONS:
        return number != 7 || !about || strcmp(about, TW_OPEN_ORDERS) != 0 ||
               !are_orders_unknown(run);
    case PART_EXECUTIONS:
        return answer->executions_completeness == TW_ANSWER_COMPLETE;
    case PART_ORDERS:
        return answer->orders_completeness == TW_ANSWER_COMPLETE;
    }
    return 0;
}

int tw_finding_is_critical(const char *case_id, int64_t action) {
    int number = case_id ? case_number(case_id) : 0;
    return number == 7 || (number == 26 && action == TW_FINDING_ASK) ||
           (number == 21 && action == TW_FINDING_LOCK);
}

static void settle_one(struct run *run, const struct finding_data *open) {
    const struct state *state = run->state;
    const char *symbol = tw_state_text(state, open->symbol);
    int number = case_number(tw_state_text(state, open->case_id));
    int kept = !was_judged(run, number, tw_state_text(state, open->about)) ||
               (cases[number].sticky && symbol && tw_reconcile_gate_closed(run, symbol, number));
    struct found *found = add_found(run);
    if (!found)
        return;
    struct finding *finding = &found->finding;
    finding->case_id = tw_state_text(state, open->case_id);
    finding->symbol = symbol;
    finding->about = tw_state_text(state, open->about);
    finding->ours = tw_state_text(state, open->ours);
    finding->theirs = tw_state_text(state, open->theirs);
    finding->text = kept ? tw_state_text(state, open->text) : "no longer found: settled";
    finding->action = kept ? open->action : TW_FINDING_RESOLVED;
    finding->open = kept;
    finding->fresh = !kept;
    finding->critical = kept && tw_finding_is_critical(finding->case_id, open->action);
    found->subject = symbol ? tw_reconcile_find_subject(run, symbol) : TW_NONE;
    found->number = number;
}

/* D7 opens again what it closed, unless somebody else has closed it too. */
static int may_reopen(const struct run *run) {
    const struct state *state = run->state;
    int closed = 0;
    for (size_t i = 0; i < state->gate_count; i++) {
        if (state->gates[i].scope != TW_NONE)
            continue;
        if (strncmp(tw_state_text(state, state->gates[i].reason), "D7", 2) != 0)
            return 0;
        closed = 1;
    }
    return closed && !run->drifting && !run->blind && !are_orders_unknown(run);
}

void tw_reconcile_settle(struct run *run) {
    for (size_t i = 0; i < run->state->finding_count; i++)
        if (!run->seen[i])
            settle_one(run, &run->state->findings[i]);
    run->reopens = may_reopen(run);
}
