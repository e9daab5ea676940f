/* The fold of sessions, instruments, plans, bars, counts and evidence. Pure. */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "core/fold_internal.h"
#include "core/position.h"
#include "core/schema.h"

/* ---- sessions ------------------------------------------------------------------------------ */

static int same_text(const struct state *state, text_id text, const char *other) {
    const char *mine = tw_state_text(state, text);
    return mine && strcmp(mine, other) == 0;
}

int tw_check_session_opened(struct state *state, const tw_event *event, tw_error *why) {
    const tw_session_opened *opened = &event->as.session_opened;
    const struct session *session = &state->session;
    if (!session->opened_seq)
        return 0;
    if (!same_text(state, session->account, opened->account) ||
        session->environment != opened->environment)
        return tw_fail(why, TW_E_OTHER_ACCOUNT, "the day is of account %s (%s), the session of %s",
                       tw_state_text(state, session->account),
                       tw_text_of("environment", session->environment), opened->account);
    if (!same_text(state, session->zone, opened->zone) ||
        !same_text(state, session->currency, opened->currency) ||
        session->cost_method != opened->cost_method)
        return tw_fail(why, TW_E_REFUSED,
                       "zone, currency or cost method are not those the day began with");
    return 0;
}

void tw_apply_session_opened(struct state *state, const tw_event *event) {
    const tw_session_opened *opened = &event->as.session_opened;
    struct session *session = &state->session;
    session->account = tw_fold_text(state, opened->account);
    session->zone = tw_fold_text(state, opened->zone);
    session->host = tw_fold_text(state, opened->host);
    session->version = tw_fold_text(state, opened->version);
    session->currency = tw_fold_text(state, opened->currency);
    session->environment = opened->environment;
    session->cost_method = opened->cost_method;
    session->pid = opened->pid;
    session->resumed = opened->resumed;
    session->opened_ns = event->time_ns;
    session->opened_seq = event->seq;
    session->sessions++;
    session->closed = 0;
    session->closed_reason = TW_NONE;
    if (state->money_count == 0) {
        assert(state->money_capacity > 0);
        memset(&state->money[0], 0, sizeof state->money[0]);
        state->money[0].currency = session->currency;
        state->money_count = 1;
    }
}

int tw_check_session_closed(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return 0;
}

void tw_apply_session_closed(struct state *state, const tw_event *event) {
    state->session.closed = 1;
    state->session.closed_reason = tw_fold_text(state, event->as.session_closed.reason);
}

/* ---- instruments --------------------------------------------------------------------------- */

int tw_check_instrument(struct state *state, const tw_event *event, tw_error *why) {
    const tw_instrument *instrument = &event->as.instrument;
    const struct symbol *symbol = tw_fold_slot(state, instrument->symbol);
    if (symbol->changes_total == 0)
        return 0;
    const char *currency = tw_state_text(state, symbol->currency);
    if (!currency)
        currency = tw_state_base_currency(state);
    if (symbol->multiplier_e8 != instrument->multiplier_e8 ||
        strcmp(currency, instrument->currency) != 0)
        return tw_fail(why, TW_E_REFUSED,
                       "%s has traded today with another multiplier or currency: say what an "
                       "instrument is before its first execution",
                       instrument->symbol);
    return 0;
}

void tw_apply_instrument(struct state *state, const tw_event *event) {
    const tw_instrument *instrument = &event->as.instrument;
    struct symbol *symbol = tw_fold_symbol(state, instrument->symbol, NULL);
    if (instrument->con_id.known)
        symbol->con_id = instrument->con_id.value;
    if (instrument->sec_type)
        symbol->sec_type = tw_fold_text(state, instrument->sec_type);
    if (instrument->exchange)
        symbol->exchange = tw_fold_text(state, instrument->exchange);
    symbol->currency = tw_fold_text(state, instrument->currency);
    symbol->multiplier_e8 = instrument->multiplier_e8;
}

/* ---- plans and stops ----------------------------------------------------------------------- */

int tw_check_plan(struct state *state, const tw_event *event, tw_error *why) {
    const tw_plan *plan = &event->as.plan;
    const struct symbol *symbol = tw_fold_slot(state, plan->symbol);
    char held[64];
    if (symbol->position.side && symbol->position.side != plan->side)
        return tw_fail(why, TW_E_REFUSED, "%s is %s, the plan is for a %s position", plan->symbol,
                       tw_fold_show_position(&symbol->position, held),
                       tw_text_of("side", plan->side));
    const struct {
        const char *what;
        tw_maybe price;
    } prices[] = {{"the pivot", plan->pivot_e8},
                  {"the stop", plan->stop_e8},
                  {"target1", plan->target1_e8},
                  {"target2", plan->target2_e8}};
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof prices / sizeof prices[0]; i++)
        status =
            tw_fold_check_price(state, symbol, prices[i].what, tw_or_unknown(prices[i].price), why);
    return status;
}

static void set_known(int64_t *member, tw_maybe value) {
    if (value.known)
        *member = value.value;
}

/* The trade that is open is of this path from now on, also when it is folded again. */
static void name_open_trade(struct symbol *symbol) {
    struct position *position = &symbol->position;
    if (!position->side)
        return;
    position->trade.entry_path = symbol->plan.entry_path;
    for (size_t i = symbol->change_count; i-- > 0;)
        if (symbol->changes[i].seq == position->trade.open_seq) {
            symbol->changes[i].entry_path = symbol->plan.entry_path;
            return;
        }
}

void tw_apply_plan(struct state *state, const tw_event *event) {
    const tw_plan *said = &event->as.plan;
    struct symbol *symbol = tw_fold_symbol(state, said->symbol, NULL);
    struct plan_data *plan = &symbol->plan;
    if (plan->side != said->side)
        tw_plan_clear(plan, said->side);
    set_known(&plan->pivot_e8, said->pivot_e8);
    set_known(&plan->target1_e8, said->target1_e8);
    set_known(&plan->target2_e8, said->target2_e8);
    if (said->stop_e8.known) {
        plan->stop_e8 = said->stop_e8.value;
        plan->stop_reason = TW_STOP_INITIAL;
    }
    if (said->note)
        plan->note = tw_fold_text(state, said->note);
    if (said->entry_path) {
        plan->entry_path = tw_fold_text(state, said->entry_path);
        name_open_trade(symbol);
    }
}

int tw_check_stop_moved(struct state *state, const tw_event *event, tw_error *why) {
    const tw_stop_moved *moved = &event->as.stop_moved;
    const struct symbol *symbol = tw_fold_slot(state, moved->symbol);
    if (!symbol->position.side && !symbol->plan.side)
        return tw_fail(why, TW_E_REFUSED, "%s has neither a position nor a plan to have a stop for",
                       moved->symbol);
    return tw_fold_check_price(state, symbol, "the stop", moved->stop_e8, why);
}

void tw_apply_stop_moved(struct state *state, const tw_event *event) {
    const tw_stop_moved *moved = &event->as.stop_moved;
    struct symbol *symbol = tw_fold_symbol(state, moved->symbol, NULL);
    struct plan_data *plan = &symbol->plan;
    if (symbol->position.side && plan->side != symbol->position.side)
        tw_plan_clear(plan, symbol->position.side);
    plan->stop_e8 = moved->stop_e8;
    plan->stop_reason = moved->reason;
    plan->stop_order = tw_fold_text(state, moved->order_ref);
}

/* ---- counters and bars --------------------------------------------------------------------- */

static struct count_data *find_counter(const struct state *state, const tw_counter *counter) {
    for (size_t i = 0; i < state->counter_count; i++)
        if (same_text(state, state->counters[i].name, counter->name) &&
            same_text(state, state->counters[i].group, counter->group))
            return &state->counters[i];
    return NULL;
}

int tw_check_counter(struct state *state, const tw_event *event, tw_error *why) {
    const tw_counter *counter = &event->as.counter;
    const struct count_data *now = find_counter(state, counter);
    int64_t sum;
    if (now && tw_decimal_add(now->value, counter->delta, &sum))
        return tw_fail(why, TW_E_RANGE, "counter %s would not fit 64 bits", counter->name);
    return 0;
}

void tw_apply_counter(struct state *state, const tw_event *event) {
    const tw_counter *counter = &event->as.counter;
    struct count_data *now = find_counter(state, counter);
    if (!now) {
        assert(state->counter_count < state->counter_capacity);
        now = &state->counters[state->counter_count++];
        now->group = tw_fold_text(state, counter->group);
        now->name = tw_fold_text(state, counter->name);
        now->value = 0;
    }
    now->value += counter->delta;
}

int tw_check_bar(struct state *state, const tw_event *event, tw_error *why) {
    const tw_bar *bar = &event->as.bar;
    const struct symbol *symbol = tw_fold_slot(state, bar->symbol);
    if (bar->seconds < 1)
        return tw_fail(why, TW_E_RANGE, "the bar lasts %lld seconds, expected at least 1",
                       (long long)bar->seconds);
    if (bar->low_e8 > bar->open_e8 || bar->low_e8 > bar->close_e8 || bar->high_e8 < bar->open_e8 ||
        bar->high_e8 < bar->close_e8)
        return tw_fail(why, TW_E_REFUSED, "open or close of the bar lies outside its low and high");
    return tw_fold_check_price(state, symbol, "low", bar->low_e8, why);
}

void tw_apply_bar(struct state *state, const tw_event *event) {
    const tw_bar *said = &event->as.bar;
    struct symbol *symbol = tw_fold_symbol(state, said->symbol, NULL);
    size_t at = symbol->bar_count;
    if (symbol->bar_count < TW_BARS_PER_SYMBOL) {
        assert(symbol->bar_count < symbol->bar_capacity);
        symbol->bar_count++;
    } else {
        at = symbol->bar_first;
        symbol->bar_first = (symbol->bar_first + 1) % TW_BARS_PER_SYMBOL;
    }
    struct bar_data *bar = &symbol->bars[at];
    bar->start_ns = said->start_ns;
    bar->seconds = said->seconds;
    bar->open_e8 = said->open_e8;
    bar->high_e8 = said->high_e8;
    bar->low_e8 = said->low_e8;
    bar->close_e8 = said->close_e8;
    bar->volume_e8 = said->volume_e8;
}

/* ---- evidence ------------------------------------------------------------------------------ */

int tw_check_broker_answer(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    const tw_broker_answer *answer = &event->as.broker_answer;
    if (answer->positions < 0 || answer->orders < 0 || answer->executions < 0)
        return tw_fail(why, TW_E_RANGE, "a count of rows is below 0");
    return 0;
}

void tw_apply_broker_answer(struct state *state, const tw_event *event) {
    const tw_broker_answer *said = &event->as.broker_answer;
    struct answer_data *answer = &state->answer;
    answer->broker = tw_fold_text(state, said->broker);
    answer->digest = tw_fold_text(state, said->digest);
    answer->completeness = said->completeness;
    answer->as_of_ns = tw_or_unknown(said->as_of_ns);
    answer->time_ns = event->time_ns;
    answer->seq = event->seq;
}

int tw_check_finding(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return 0;
}

static int same_or_both_absent(const struct state *state, text_id text, const char *other) {
    return other ? same_text(state, text, other) : text == TW_NONE;
}

static void drop_finding(struct state *state, const tw_finding *finding) {
    size_t kept = 0;
    for (size_t i = 0; i < state->finding_count; i++) {
        const struct finding_data *open = &state->findings[i];
        if (!same_text(state, open->case_id, finding->case_id) ||
            !same_or_both_absent(state, open->symbol, finding->symbol) ||
            !same_or_both_absent(state, open->about, finding->about))
            state->findings[kept++] = *open;
    }
    state->finding_count = kept;
}

/* A finding is known by its case, symbol and what it is about; a later one takes its place. */
void tw_apply_finding(struct state *state, const tw_event *event) {
    const tw_finding *said = &event->as.finding;
    drop_finding(state, said);
    if (!said->open)
        return;
    assert(state->finding_count < state->finding_capacity);
    struct finding_data *finding = &state->findings[state->finding_count++];
    finding->case_id = tw_fold_text(state, said->case_id);
    finding->symbol = tw_fold_text(state, said->symbol);
    finding->about = tw_fold_text(state, said->about);
    finding->ours = tw_fold_text(state, said->ours);
    finding->theirs = tw_fold_text(state, said->theirs);
    finding->text = tw_fold_text(state, said->text);
    finding->action = said->action;
    finding->time_ns = event->time_ns;
    finding->seq = event->seq;
}

int tw_check_clock(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return 0;
}

void tw_apply_clock(struct state *state, const tw_event *event) {
    const tw_clock *clock = &event->as.clock;
    state->clock.seq = event->seq;
    state->clock.synchronised = clock->synchronised;
    state->clock.offset = tw_or_unknown(clock->offset);
    state->clock.max_error = tw_or_unknown(clock->max_error);
}

int tw_check_note(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return 0;
}

void tw_apply_note(struct state *state, const tw_event *event) {
    (void)state;
    (void)event;
}

int tw_check_custom(struct state *state, const tw_event *event, tw_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return 0;
}

void tw_apply_custom(struct state *state, const tw_event *event) {
    (void)state;
    (void)event;
}
