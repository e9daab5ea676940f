/* What a symbol will be once its repairs are in the log: its part of the state, alone, with the
 * repairs folded in. Nothing is worked out twice: the fold itself does it. Pure. */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "core/fold.h"
#include "core/reconcile_internal.h"

static int add_text(struct names *names, const char *text, uint32_t *ret) {
    int status = tw_names_reserve(names, 1, strlen(text));
    if (!status)
        *ret = tw_names_add(names, text);
    return status;
}

/* A text of the real state into the stage's; TW_NONE stays. */
static int move_text(const struct state *from, struct state *stage, text_id *text) {
    const char *is = tw_state_text(from, *text);
    return is ? add_text(stage->texts, is, text) : 0;
}

static int copy_array(void **array, size_t *capacity, const void *from, size_t count,
                      size_t item_bytes) {
    *array = NULL;
    *capacity = 0;
    if (count == 0)
        return 0;
    int status = tw_array_reserve(array, capacity, count, item_bytes);
    if (!status)
        memcpy(*array, from, count * item_bytes);
    return status;
}

#define COPY(to, array, capacity, count)                                         \
    copy_array((void **)&(to)->array, &(to)->capacity, (to)->array, (to)->count, \
               sizeof *(to)->array)

/* The stage's symbol is a flat copy of the real one: gives it arrays of its own. Whatever fails, no
 * array of the real one is left in it. */
static int own_arrays(struct symbol *symbol) {
    symbol->attempts = NULL;
    symbol->bars = NULL;
    symbol->attempt_count = symbol->attempt_capacity = 0;
    symbol->bar_count = symbol->bar_capacity = symbol->bar_first = 0;
    int lots = COPY(&symbol->position, lots, lot_capacity, lot_count);
    int partials = COPY(&symbol->position, partials, partial_capacity, partial_count);
    int inferred = COPY(symbol, inferred, inferred_capacity, inferred_count);
    int changes = COPY(symbol, changes, change_capacity, change_count);
    int closed = COPY(symbol, closed, closed_capacity, closed_count);
    return lots || partials || inferred || changes || closed ? TW_E_NOMEM : 0;
}

static int own_texts(const struct state *from, struct state *stage, struct symbol *symbol) {
    int status = move_text(from, stage, &symbol->sec_type);
    if (!status)
        status = move_text(from, stage, &symbol->currency);
    symbol->exchange = symbol->position.trade.entry_path = TW_NONE;
    symbol->plan.entry_path = symbol->plan.note = symbol->plan.stop_order = TW_NONE;
    for (size_t i = 0; i < symbol->position.partial_count; i++)
        symbol->position.partials[i].reason = symbol->position.partials[i].exec_id = TW_NONE;
    for (size_t i = 0; i < symbol->closed_count; i++)
        symbol->closed[i].entry_path = TW_NONE;
    for (size_t i = 0; i < symbol->change_count; i++)
        symbol->changes[i].entry_path = TW_NONE;
    for (size_t i = 0; status == 0 && i < symbol->inferred_count; i++)
        status = move_text(from, stage, &symbol->inferred[i].exec_id);
    return status;
}

static int copy_execution(const struct state *from, struct state *stage, struct change *change) {
    const char *exec_id = tw_state_exec_name(from, change->execution);
    struct execution copy = from->executions[change->execution];
    int status =
        tw_array_reserve((void **)&stage->executions, &stage->execution_capacity,
                         (size_t)tw_state_execution_count(stage) + 1, sizeof *stage->executions);
    if (!status)
        status = add_text(stage->exec_names, exec_id, &change->execution);
    if (status)
        return status;
    copy.symbol = 0;
    copy.order = copy.order_ref = copy.partial_reason = copy.replaced_by = TW_NONE;
    stage->executions[change->execution] = copy;
    return 0;
}

static int copy_symbol(const struct state *from, uint32_t id, struct state *stage) {
    uint32_t own;
    int status = tw_array_reserve((void **)&stage->symbols, &stage->symbol_capacity, 2,
                                  sizeof *stage->symbols);
    if (!status)
        status = add_text(stage->symbol_names, tw_state_symbol_name(from, id), &own);
    if (status)
        return status;
    struct symbol *symbol = &stage->symbols[own];
    *symbol = from->symbols[id];
    status = own_arrays(symbol);
    if (!status)
        status = own_texts(from, stage, symbol);
    for (size_t i = 0; status == 0 && i < symbol->change_count; i++)
        if (symbol->changes[i].kind == CHANGE_EXECUTION)
            status = copy_execution(from, stage, &symbol->changes[i]);
    return status;
}

static int add_event(struct run *run, struct state *stage, tw_event *event) {
    event->size = sizeof *event;
    event->seq = stage->last_seq + 1;
    event->time_ns = run->state->last_time_ns;
    event->trading_date = run->state->trading_date;
    return tw_fold(stage, event, run->why);
}

static int begin(struct run *run, struct state *stage) {
    const struct state *state = run->state;
    tw_event event = {.type = TW_TYPE_session_opened, .source = TW_SOURCE_HOST};
    tw_session_opened *opened = &event.as.session_opened;
    opened->account = opened->host = opened->version = opened->previous_digest = "-";
    opened->zone = "UTC";
    opened->environment = state->session.environment;
    opened->resumed = TW_RESUMED_NEW;
    opened->currency = tw_state_base_currency(state);
    opened->cost_method = state->session.cost_method;
    return add_event(run, stage, &event);
}

static int add_repairs(struct run *run, uint32_t id, struct state *stage) {
    size_t first = run->repair_count;
    int status = 0;
    while (first > 0 && run->repairs[first - 1].subject == id)
        first--;
    tw_reconcile_sort_repairs(run, first);
    for (size_t i = first; status == 0 && i < run->repair_count; i++) {
        tw_event event = run->repairs[i].event;
        status = add_event(run, stage, &event);
    }
    if (status)
        return tw_fail_in(run->why, status, "the repairs of %s do not fit the log",
                          run->subjects[id].name);
    return 0;
}

int tw_reconcile_rehearse(struct run *run, uint32_t id, struct state **ret) {
    const struct subject *subject = &run->subjects[id];
    struct state *stage = NULL;
    if (subject->symbol != TW_NONE) {
        const struct symbol *symbol = &run->state->symbols[subject->symbol];
        if (symbol->changes_total != (int64_t)symbol->change_count)
            return tw_fail(run->why, TW_E_HISTORY, "earlier executions of %s are not in memory",
                           subject->name);
    }
    int status = tw_state_new(&stage);
    if (status)
        return tw_fail(run->why, status, "no memory to rehearse the repairs");
    status = begin(run, stage);
    if (!status && subject->symbol != TW_NONE) {
        status = copy_symbol(run->state, subject->symbol, stage);
        if (status)
            tw_fail(run->why, status, "no memory to rehearse the repairs");
    }
    /* Records are told apart by their seq: those to come must not have one of the past. */
    stage->last_seq = run->state->last_seq;
    if (!status)
        status = add_repairs(run, id, stage);
    if (status) {
        tw_state_free(stage);
        return status;
    }
    *ret = stage;
    return 0;
}
