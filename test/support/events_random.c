/* The generator of random days: what happens. How it goes wrong is in
 * events_spoilt.c. */
#include "events_random.h"

#include <string.h>

/* ---- what events are made of --------------------------------------------------------------- */

static uint64_t below(struct generator *generator, uint64_t bound) {
    return random_below(&generator->random, bound);
}

int one_in(struct generator *generator, uint64_t many) {
    return below(generator, many) == 0;
}

/* A day may hold numbers at the limit. */
int64_t times(int64_t value, int64_t factor) {
    return value > INT64_MAX / factor ? value : value * factor;
}

static int64_t either(struct generator *generator) {
    return 1 + (int64_t)below(generator, 2);
}

const char *random_symbol(struct generator *generator) {
    static const char *const symbols[] = {"TSLA", "TSLA", "AMD", "ES", "SAP", "BRK B"};
    return symbols[below(generator, sizeof symbols / sizeof symbols[0])];
}

int64_t random_qty(struct generator *generator) {
    switch (below(generator, 6)) {
    case 0:
        return (int64_t)(1 + below(generator, 50 * TW_E8)); /* a fraction */
    case 1:
        return (int64_t)(1 + below(generator, 9)); /* the smallest there are */
    default:
        return (int64_t)(1 + below(generator, 30)) * 10 * TW_E8;
    }
}

int64_t random_price(struct generator *generator) {
    switch (below(generator, 6)) {
    case 0:
        return (int64_t)below(generator, 500 * TW_E8); /* eight decimals */
    case 1:
        return (int64_t)below(generator, 100); /* next to nothing */
    default:
        return (int64_t)(1000 + below(generator, 400)) * TW_E8 / 100;
    }
}

static tw_maybe random_fee(struct generator *generator) {
    tw_maybe unknown = {0, 0};
    if (one_in(generator, 2))
        return unknown;
    return tw_known(random_between(&generator->random, -1, 20) * TW_E8 / 4 +
                    (int64_t)below(generator, 2));
}

const char *new_exec_id(struct generator *generator) {
    uint32_t number = generator->next_id++;
    if (one_in(generator, 3))
        return generator_text(generator, "0000e0d5.%08x.01.01", (unsigned)number);
    return generator_text(generator, "e%u", (unsigned)number);
}

const char *random_exec_id(struct generator *generator, const struct day *day) {
    uint32_t count = tw_state_execution_count(day->state);
    if (count == 0)
        return "unheard";
    /* Mostly one of the last. */
    uint64_t back = below(generator, one_in(generator, 3) ? count : count < 8 ? count : 8);
    return generator_text(generator, "%s",
                          tw_state_exec_name(day->state, count - 1 - (uint32_t)back));
}

static const struct position *held(const struct day *day, const char *symbol) {
    uint32_t id = tw_state_find_symbol(day->state, symbol);
    return id == TW_NONE ? NULL : &day->state->symbols[id].position;
}

static const char *random_order(struct generator *generator, const struct day *day) {
    uint32_t count = tw_state_order_count(day->state);
    if (count == 0 || one_in(generator, 12))
        return "someone elses";
    return generator_text(generator, "%s",
                          tw_state_order_name(day->state, (uint32_t)below(generator, count)));
}

/* The next revision of an id of the broker, or another new id. */
static const char *next_revision(struct generator *generator, const char *exec_id) {
    size_t size = strlen(exec_id);
    if (size != 23 || one_in(generator, 4))
        return one_in(generator, 2) ? exec_id : new_exec_id(generator);
    return generator_text(generator, "%.22s%c", exec_id, exec_id[22] + 1);
}

/* ---- executions ---------------------------------------------------------------------------- */

static int64_t doubled(int64_t qty_e8) {
    return qty_e8 <= INT64_MAX / 2 ? qty_e8 * 2 : qty_e8;
}

static tw_event make_fill(struct generator *generator, const struct day *day) {
    tw_event event = event_fill(new_exec_id(generator), random_symbol(generator), either(generator),
                                "1", "1", NULL);
    tw_fill *fill = &event.as.fill;
    const struct position *position = held(day, fill->symbol);
    fill->qty_e8 = random_qty(generator);
    fill->price_e8 = random_price(generator);
    fill->fee_e8 = random_fee(generator);
    if (position && position->side && !one_in(generator, 3)) {
        fill->action = position->side == TW_SIDE_LONG ? TW_ACTION_SELL : TW_ACTION_BUY;
        int64_t all = position->qty_e8;
        int64_t parts[] = {all, all, all / 2, all / 3, doubled(all)};
        int64_t part = parts[below(generator, 5)];
        fill->qty_e8 = part > 0 ? part : 1;
    }
    if (one_in(generator, 3))
        fill->order_ref = random_order(generator, day);
    if (one_in(generator, 3))
        fill->broker_time_ns =
            tw_known(day->time_ns - random_between(&generator->random, -5, 60) * 1000000000);
    if (one_in(generator, 6))
        fill->currency = strcmp(fill->symbol, "SAP") == 0 ? "EUR" : "USD";
    if (one_in(generator, 8))
        event.source = TW_SOURCE_QUERY;
    return event;
}

static tw_event make_partial(struct generator *generator, const struct day *day) {
    const char *exec_id =
        one_in(generator, 2) ? new_exec_id(generator) : random_exec_id(generator, day);
    tw_event event = event_partial(exec_id, random_symbol(generator), "1", "1");
    tw_partial *partial = &event.as.partial;
    uint32_t known = tw_state_find_execution(day->state, exec_id);
    partial->price_e8 = random_price(generator);
    partial->fee_e8 = random_fee(generator);
    if (known != TW_NONE) {
        const struct execution *execution = &day->state->executions[known];
        partial->symbol =
            generator_text(generator, "%s", tw_state_symbol_name(day->state, execution->symbol));
        partial->qty_e8 = execution->closed_qty_e8 > 0 ? execution->closed_qty_e8 : 1;
        return event;
    }
    const struct position *position = held(day, partial->symbol);
    if (position && position->qty_e8 > 1)
        partial->qty_e8 = one_in(generator, 4) ? position->qty_e8 : position->qty_e8 / 2;
    if (one_in(generator, 3))
        partial->order_ref = random_order(generator, day);
    return event;
}

static tw_event make_corrected(struct generator *generator, const struct day *day) {
    const char *corrects = random_exec_id(generator, day);
    tw_event event = event_corrected(next_revision(generator, corrects), corrects, "1", "1");
    event.as.fill_corrected.qty_e8 = random_qty(generator);
    event.as.fill_corrected.price_e8 = random_price(generator);
    if (one_in(generator, 3))
        event.as.fill_corrected.fee_e8 = random_fee(generator);
    return event;
}

static tw_event make_busted(struct generator *generator, const struct day *day) {
    const char *corrects = random_exec_id(generator, day);
    return event_busted(next_revision(generator, corrects), corrects);
}

static tw_event make_commission(struct generator *generator, const struct day *day) {
    tw_event event = event_commission(random_exec_id(generator, day), "0.35");
    if (one_in(generator, 2))
        event.as.commission.fee_e8 = random_between(&generator->random, -100, 1000) * 1000001;
    if (one_in(generator, 3))
        event.as.commission.realized_e8 = maybe_e8("12.5");
    return event;
}

static tw_event make_pnl(struct generator *generator, const struct day *day) {
    tw_event event = event_pnl("1", NULL);
    event.as.pnl.amount_e8 = random_between(&generator->random, -50, 100) * 12345678;
    if (one_in(generator, 3)) {
        event.as.pnl.symbol = one_in(generator, 2) ? random_symbol(generator) : NULL;
        event.as.pnl.currency = one_in(generator, 3) ? "CHF" : NULL;
        event.as.pnl.reason = TW_PNL_DIVIDEND;
    } else {
        event.as.pnl.exec_id = random_exec_id(generator, day);
    }
    return event;
}

static tw_event make_inferred(struct generator *generator, const struct day *day) {
    (void)day;
    tw_event event = event_inferred(generator_text(generator, "inferred-%u", generator->next_id++),
                                    random_symbol(generator), either(generator), "10");
    event.as.fill_inferred.qty_e8 = random_qty(generator);
    return event;
}

static tw_event make_superseded(struct generator *generator, const struct day *day) {
    const char *exec_id = random_exec_id(generator, day);
    for (uint32_t i = 0; i < tw_state_symbol_count(day->state); i++)
        if (day->state->symbols[i].inferred_count > 0 && !one_in(generator, 4))
            exec_id = generator_text(
                generator, "%s",
                tw_state_text(day->state, day->state->symbols[i].inferred[0].exec_id));
    return event_superseded(exec_id, new_exec_id(generator));
}

static tw_event make_opening(struct generator *generator, const struct day *day) {
    (void)day;
    tw_event event = event_opening(random_symbol(generator), either(generator), "1", NULL);
    event.as.position_opening.qty_e8 = random_qty(generator);
    if (!one_in(generator, 4))
        event.as.position_opening.avg_cost_e8 = tw_known(random_price(generator));
    if (one_in(generator, 2))
        event.as.position_opening.from_date = tw_known(20251003);
    return event;
}

static tw_event make_adjusted(struct generator *generator, const struct day *day) {
    tw_event event = event_adjusted(random_symbol(generator), either(generator), "0", NULL);
    tw_position_adjusted *adjusted = &event.as.position_adjusted;
    const struct position *position = held(day, adjusted->symbol);
    if (!one_in(generator, 4))
        adjusted->qty_e8 = random_qty(generator);
    if (position && position->side && one_in(generator, 2)) {
        const int64_t sizes[] = {position->qty_e8, position->qty_e8 / 2, doubled(position->qty_e8)};
        adjusted->side = position->side;
        adjusted->qty_e8 = sizes[below(generator, 3)];
    }
    if (!one_in(generator, 3))
        adjusted->avg_cost_e8 = tw_known(random_price(generator));
    adjusted->estimated = (int64_t)below(generator, 2);
    return event;
}

/* ---- intentions ---------------------------------------------------------------------------- */

static tw_event make_attempt(struct generator *generator, const struct day *day) {
    static const char *const levels[] = {"445", "445.00", "4.45e2", "445.01", NULL};
    (void)day;
    return event_attempt(random_symbol(generator), either(generator), levels[below(generator, 5)],
                         (int64_t)below(generator, 4));
}

static tw_event make_order(struct generator *generator, const struct day *day) {
    (void)day;
    const char *order_ref = generator_text(generator, "order-%u", generator->next_id++);
    tw_event event = event_order(order_ref, random_symbol(generator), either(generator),
                                 1 + (int64_t)below(generator, 6), "1");
    event.as.order_submitted.qty_e8 = random_qty(generator);
    if (one_in(generator, 2))
        event.as.order_submitted.limit_e8 = tw_known(random_price(generator));
    if (one_in(generator, 3))
        event.as.order_submitted.stop_e8 = tw_known(random_price(generator));
    event.as.order_submitted.tif = one_in(generator, 2) ? "DAY" : NULL;
    return event;
}

static tw_event make_status(struct generator *generator, const struct day *day) {
    tw_event event = event_status(random_order(generator, day), 1 + (int64_t)below(generator, 11));
    tw_order_updated *updated = &event.as.order_updated;
    if (one_in(generator, 3))
        updated->perm_id = tw_known((int64_t)below(generator, 2) * 1760000000000000001);
    if (one_in(generator, 4))
        updated->qty_e8 = tw_known(random_qty(generator));
    if (one_in(generator, 4))
        updated->limit_e8 = tw_known(random_price(generator));
    if (one_in(generator, 4))
        updated->reason = "as the broker says";
    return event;
}

static tw_event make_gate(struct generator *generator, const struct day *day) {
    static const char *const reasons[] = {"D2", "D7", "disk nearly full"};
    (void)day;
    const char *scope = one_in(generator, 3) ? "all" : random_symbol(generator);
    /* Mostly open, or little else would happen. */
    int64_t state = one_in(generator, 3) ? TW_GATE_CLOSED : TW_GATE_OPEN;
    return event_gate(scope, state, reasons[below(generator, 3)]);
}

static tw_event make_plan(struct generator *generator, const struct day *day) {
    static const char *const paths[] = {"breakout", "pullback", NULL};
    tw_event event =
        event_plan(random_symbol(generator), either(generator), paths[below(generator, 3)], NULL);
    const struct position *position = held(day, event.as.plan.symbol);
    if (position && position->side && !one_in(generator, 5))
        event.as.plan.side = position->side;
    if (one_in(generator, 2))
        event.as.plan.stop_e8 = tw_known(random_price(generator));
    if (one_in(generator, 2))
        event.as.plan.pivot_e8 = tw_known(random_price(generator));
    if (one_in(generator, 2))
        event.as.plan.target1_e8 = tw_known(random_price(generator));
    event.as.plan.note = one_in(generator, 3) ? "as planned" : NULL;
    return event;
}

static tw_event make_stop(struct generator *generator, const struct day *day) {
    (void)day;
    tw_event event = event_stop(random_symbol(generator), "1", 1 + (int64_t)below(generator, 3));
    event.as.stop_moved.stop_e8 = random_price(generator);
    event.as.stop_moved.order_ref = one_in(generator, 3) ? "stop-1" : NULL;
    return event;
}

/* ---- the rest ------------------------------------------------------------------------------ */

static tw_event make_instrument(struct generator *generator, const struct day *day) {
    static const struct {
        const char *symbol, *sec_type, *currency, *multiplier;
    } known[] = {{"TSLA", "STK", "USD", "1"},
                 {"ES", "FUT", "USD", "50"},
                 {"SAP", "STK", "EUR", "1"},
                 {"AMD", "OPT", "USD", "0.12345678"}};
    (void)day;
    uint64_t i = below(generator, 4);
    return event_instrument(known[i].symbol, known[i].sec_type, known[i].currency,
                            one_in(generator, 8) ? "3" : known[i].multiplier);
}

static tw_event make_session(struct generator *generator, const struct day *day) {
    if (day->state->session.closed || one_in(generator, 2)) {
        tw_event event =
            event_session(day->state->session.closed ? TW_RESUMED_CLEAN : TW_RESUMED_CRASH);
        event.as.session_opened.cost_method = day->state->session.cost_method;
        event.as.session_opened.pid = (int64_t)below(generator, 32768);
        return event;
    }
    return event_closed();
}

static tw_event make_counter(struct generator *generator, const struct day *day) {
    static const char *const names[] = {"choppy", "momentum", "late"};
    (void)day;
    return event_counter(one_in(generator, 2) ? "filter_block" : "entry_path",
                         names[below(generator, 3)], random_between(&generator->random, -2, 5));
}

static tw_event make_bar(struct generator *generator, const struct day *day) {
    tw_event event = event_bar(random_symbol(generator), day->time_ns, "1");
    tw_bar *bar = &event.as.bar;
    bar->open_e8 = random_price(generator);
    bar->close_e8 = random_price(generator);
    bar->low_e8 = bar->open_e8 < bar->close_e8 ? bar->open_e8 : bar->close_e8;
    bar->high_e8 = bar->open_e8 < bar->close_e8 ? bar->close_e8 : bar->open_e8;
    return event;
}

static tw_event make_evidence(struct generator *generator, const struct day *day) {
    static const char *const cases[] = {"D2", "D8", "D26"};
    (void)day;
    switch (below(generator, 5)) {
    case 0:
        return event_answer(1 + (int64_t)below(generator, 3));
    case 1:
        return event_clock();
    case 2:
        return event_note("a word");
    case 3:
        return event_custom("bytes", 5);
    default:
        return event_finding(cases[below(generator, 3)],
                             one_in(generator, 3) ? NULL : random_symbol(generator),
                             one_in(generator, 2) ? NULL : "order-1", (int64_t)below(generator, 2));
    }
}

static const struct {
    tw_event (*make)(struct generator *generator, const struct day *day);
    uint32_t weight;
} kinds[] = {{make_fill, 30},      {make_partial, 8},  {make_corrected, 5}, {make_busted, 2},
             {make_commission, 9}, {make_pnl, 6},      {make_inferred, 2},  {make_superseded, 2},
             {make_opening, 1},    {make_adjusted, 3}, {make_attempt, 6},   {make_order, 6},
             {make_status, 8},     {make_gate, 4},     {make_plan, 5},      {make_stop, 4},
             {make_instrument, 3}, {make_session, 1},  {make_counter, 3},   {make_bar, 4},
             {make_evidence, 5}};

tw_event generator_next(struct generator *generator, const struct day *day) {
    uint32_t all = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        all += kinds[i].weight;
    uint64_t at = below(generator, all);
    size_t kind = 0;
    while (at >= kinds[kind].weight)
        at -= kinds[kind++].weight;
    int closed = day->state->session.closed && !one_in(generator, 4);
    tw_event event = (closed ? make_session : kinds[kind].make)(generator, day);
    if (one_in(generator, 20))
        event.time_ns = day->time_ns - INT64_C(3000000000);
    if ((int)below(generator, 100) < generator->spoil_percent)
        spoil(generator, day, &event);
    return event;
}
