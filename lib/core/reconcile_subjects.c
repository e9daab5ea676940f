/* The union of the symbols of both sides: those of the state in its order, then the others sorted.
 * Pure.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "core/reconcile_internal.h"

int64_t tw_reconcile_signed(const struct position *position) {
    if (!position->side)
        return 0;
    return position->side == TW_SIDE_LONG ? position->qty_e8 : -position->qty_e8;
}

uint32_t tw_reconcile_find_subject(const struct run *run, const char *symbol) {
    return tw_names_find(run->symbols, symbol);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_name(struct names *names, const char *name) {
    int status = tw_names_reserve(names, 1, strlen(name));
    if (!status)
        tw_names_add(names, name);
    return status;
}

/* Names of the answer that the state does not have, sorted; the same name may come more than once.
 */
static size_t collect_new_names(const struct run *run, const char **names) {
    size_t count = 0;
    for (size_t i = 0; i < run->holding_count; i++)
        names[count++] = run->holdings[i]->symbol;
    for (size_t i = 0; i < run->order_count; i++)
        names[count++] = run->orders[i]->symbol;
    for (size_t i = 0; i < run->execution_count; i++)
        names[count++] = run->executions[i]->symbol;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (tw_state_find_symbol(run->state, names[i]) == TW_NONE)
            names[kept++] = names[i];
    if (kept > 0)
        qsort(names, kept, sizeof *names, compare_names);
    return kept;
}

static int name_subjects(struct run *run) {
    uint32_t known = tw_state_symbol_count(run->state);
    size_t room = run->holding_count + run->order_count + run->execution_count + 1;
    const char **names = calloc(room, sizeof *names);
    int status = names ? tw_names_new(&run->symbols) : TW_E_NOMEM;
    for (uint32_t i = 0; status == 0 && i < known; i++)
        status = add_name(run->symbols, tw_state_symbol_name(run->state, i));
    size_t count = status ? 0 : collect_new_names(run, names);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = add_name(run->symbols, names[i]);
    free(names);
    return status;
}

static void fill_subject(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    subject->name = tw_names_text(run->symbols, id);
    subject->symbol = tw_state_find_symbol(run->state, subject->name);
    subject->older = TW_NONE;
    if (subject->symbol != TW_NONE) {
        const struct symbol *symbol = &run->state->symbols[subject->symbol];
        subject->log_e8 = tw_reconcile_signed(&symbol->position);
        if (symbol->currency != TW_NONE || symbol->changes_total > 0)
            subject->currency = tw_state_currency(run->state, subject->symbol);
        for (size_t i = 0; i < symbol->change_count; i++)
            if (symbol->changes[i].kind == CHANGE_ADJUSTED)
                subject->settled_seq = symbol->changes[i].seq;
    }
    subject->now_e8 = subject->log_e8;
    if (!run->older)
        return;
    uint32_t older = tw_state_find_symbol(run->older, subject->name);
    if (older != TW_NONE && run->older->symbols[older].position.side)
        subject->older = older;
}

/* One symbol in two currencies is two instruments under one name. */
static int take_currency(struct run *run, uint32_t id, const char *currency) {
    struct subject *subject = &run->subjects[id];
    if (!currency || !*currency)
        return 0;
    if (!subject->currency)
        subject->currency = currency;
    if (strcmp(subject->currency, currency) == 0)
        return 0;
    return tw_fail(run->why, TW_E_BROKER, "%s comes in %s, expected %s as so far", subject->name,
                   currency, subject->currency);
}

static int take_holdings(struct run *run) {
    for (size_t i = 0; i < run->holding_count; i++) {
        const tw_holding *holding = run->holdings[i];
        uint32_t id = tw_reconcile_find_subject(run, holding->symbol);
        run->subjects[id].holding = holding;
        run->subjects[id].theirs_e8 = holding->qty_e8;
        int status = take_currency(run, id, holding->currency);
        if (status)
            return status;
    }
    return 0;
}

static int take_executions(struct run *run) {
    for (size_t i = 0; i < run->execution_count; i++) {
        const tw_broker_execution *row = run->executions[i];
        uint32_t id = tw_reconcile_find_subject(run, row->symbol);
        int status = take_currency(run, id, row->currency);
        if (status)
            return status;
        if (!tw_reconcile_price_fits(run, &run->subjects[id], row->price_e8))
            return tw_fail(run->why, TW_E_RANGE,
                           "execution %s of %s has a price below 0, which its instrument cannot "
                           "have",
                           row->exec_id, row->symbol);
    }
    return 0;
}

int tw_reconcile_collect_subjects(struct run *run) {
    int status = name_subjects(run);
    if (status)
        return tw_fail(run->why, status, "no memory for the symbols");
    run->subject_count = tw_names_count(run->symbols);
    run->subjects = calloc((size_t)run->subject_count + 1, sizeof *run->subjects);
    if (!run->subjects)
        return tw_fail(run->why, TW_E_NOMEM, "no memory for the symbols");
    for (uint32_t id = 0; id < run->subject_count; id++)
        fill_subject(run, id);
    status = take_holdings(run);
    return status ? status : take_executions(run);
}

/* ---- instruments
 * ------------------------------------------------------------------------------------ */

/* 1 when today's log has said nothing of the instrument and nothing has traded in it. */
static int instrument_unknown(const struct run *run, const struct subject *subject) {
    if (subject->symbol == TW_NONE)
        return 1;
    const struct symbol *symbol = &run->state->symbols[subject->symbol];
    return symbol->changes_total == 0 && symbol->currency == TW_NONE &&
           symbol->sec_type == TW_NONE && symbol->con_id == TW_UNKNOWN;
}

static const char *text_or(const char *text, const char *other) {
    return text && *text ? text : other;
}

struct introduction {
    const char *sec_type, *currency, *exchange;
    int64_t multiplier_e8;
    tw_maybe con_id;
    int known; /* somebody has said something about it */
};

/* The broker's own row says it best, then the older day. */
static struct introduction introduction_of(const struct run *run, const struct subject *subject) {
    struct introduction intro = {.multiplier_e8 = TW_E8};
    const tw_holding *row = subject->holding;
    if (subject->older != TW_NONE) {
        const struct symbol *symbol = &run->older->symbols[subject->older];
        intro.sec_type = tw_state_text(run->older, symbol->sec_type);
        intro.currency = tw_state_text(run->older, symbol->currency);
        intro.exchange = tw_state_text(run->older, symbol->exchange);
        intro.multiplier_e8 = symbol->multiplier_e8;
        if (symbol->con_id != TW_UNKNOWN)
            intro.con_id = tw_known(symbol->con_id);
        intro.known = intro.sec_type || intro.currency || intro.con_id.known;
    }
    if (subject->currency) {
        intro.currency = subject->currency;
        intro.known = 1;
    }
    if (row) {
        intro.sec_type = text_or(row->sec_type, intro.sec_type);
        if (row->con_id.known)
            intro.con_id = row->con_id;
        if (row->multiplier_e8.known)
            intro.multiplier_e8 = row->multiplier_e8.value;
        intro.known |=
            text_or(row->sec_type, NULL) || row->con_id.known || row->multiplier_e8.known;
    }
    return intro;
}

void tw_reconcile_introduce(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    if (subject->introduced || !instrument_unknown(run, subject))
        return;
    subject->introduced = 1;
    struct introduction intro = introduction_of(run, subject);
    if (!intro.known)
        return;
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_instrument, TW_SOURCE_QUERY);
    if (!event)
        return;
    tw_instrument *instrument = &event->as.instrument;
    instrument->symbol = subject->name;
    instrument->sec_type = intro.sec_type;
    instrument->exchange = intro.exchange;
    instrument->currency = text_or(intro.currency, tw_state_base_currency(run->state));
    instrument->multiplier_e8 = intro.multiplier_e8;
    instrument->con_id = intro.con_id;
}

int tw_reconcile_price_fits(const struct run *run, const struct subject *subject,
                            int64_t price_e8) {
    if (price_e8 >= 0)
        return 1;
    const char *sec_type = NULL;
    if (subject->symbol != TW_NONE)
        sec_type = tw_state_text(run->state, run->state->symbols[subject->symbol].sec_type);
    if (!sec_type && instrument_unknown(run, subject))
        sec_type = introduction_of(run, subject).sec_type;
    const char *const can[] = {"FUT", "FOP", "BAG", "CFD", "CMDTY"};
    for (size_t i = 0; sec_type && i < sizeof can / sizeof can[0]; i++)
        if (strcmp(sec_type, can[i]) == 0)
            return 1;
    return 0;
}
