/* Reconcile over thousands of made-up days and answers: what it proposes can be appended, brings
 * the quantities to the broker's, is complete after one run, and does not depend on the order of
 * rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "core/codec.h"
#include "core/reconcile.h"
#include "events.h"
#include "harness.h"

enum { SYMBOLS = 5, HOLDINGS = 8, ORDERS = 14, EXECUTIONS = 24, TEXT_BYTES = 48, ROUNDS = 4 };

static const char *const symbols[] = {"TSLA", "AMD", "NVDA", "BRK.B", "ES"};

struct answer_kit {
    tw_answer answer;
    tw_holding holdings[HOLDINGS];
    tw_broker_order orders[ORDERS];
    tw_broker_execution executions[EXECUTIONS];
    char text[HOLDINGS + 3 * ORDERS + 3 * EXECUTIONS][TEXT_BYTES];
    size_t texts;
};

static int one_in(struct random *random, uint64_t of) {
    return random_below(random, of) == 0;
}

static const char *pick(struct random *random, const char *const *from, uint64_t count) {
    return from[random_below(random, count)];
}

static int64_t some_qty(struct random *random) {
    static const int64_t sizes[] = {1, 10, 25, 50, 50, 100, 100, 200};
    int64_t qty = sizes[random_below(random, 8)] * TW_E8;
    return one_in(random, 12) ? qty / 3 : qty;
}

static int64_t some_price(struct random *random) {
    return random_between(random, 90, 110) * TW_E8 + random_between(random, 0, 3) * (TW_E8 / 4);
}

static tw_maybe some_fee(struct random *random) {
    tw_maybe fee = {0, 0};
    return one_in(random, 3) ? fee : tw_known(random_between(random, -20, 200) * (TW_E8 / 100));
}

static int64_t some_action(struct random *random) {
    return one_in(random, 2) ? TW_ACTION_BUY : TW_ACTION_SELL;
}

/* ---- days
 * -------------------------------------------------------------------------------------------- */

/* Most of what is tried goes in; what the fold refuses is simply not part of the day. */
static void live_a_little(struct day *day, struct random *random, int steps) {
    char name[TEXT_BYTES], ref[TEXT_BYTES];
    for (int i = 0; i < steps; i++) {
        const char *symbol = pick(random, symbols, SYMBOLS);
        snprintf(ref, sizeof ref, "o%d", (int)random_below(random, 8));
        snprintf(name, sizeof name, "0000e0d5.68e3c1%02d.01.%02d", (int)random_below(random, 30),
                 (int)random_between(random, 1, 3));
        tw_event event = {.source = TW_SOURCE_HOST};
        switch (random_below(random, 14)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            event = event_fill(name, symbol, some_action(random), "1", "100", NULL);
            event.as.fill.qty_e8 = some_qty(random);
            event.as.fill.price_e8 = some_price(random);
            event.as.fill.fee_e8 = some_fee(random);
            event.as.fill.order_ref = one_in(random, 2) ? ref : NULL;
            break;
        case 5:
        case 6:
            event = event_order(ref, symbol, some_action(random),
                                (int64_t)random_between(random, 1, 6), "100");
            event.as.order_submitted.qty_e8 = some_qty(random);
            break;
        case 7:
            event = event_status(ref, (int64_t)random_between(random, 2, 11));
            if (one_in(random, 2))
                event.as.order_updated.perm_id = tw_known((int64_t)random_between(random, 1, 12));
            break;
        case 8:
            event = event_commission(name, "0.35");
            break;
        case 9:
            event =
                event_plan(symbol, one_in(random, 2) ? TW_SIDE_LONG : TW_SIDE_SHORT, NULL, "90");
            break;
        case 10:
            event = one_in(random, 2) ? event_busted(name, name)
                                      : event_corrected(name, name, "40", "99.5");
            break;
        case 11:
            event = event_gate(one_in(random, 3) ? "all" : symbol, TW_GATE_OPEN, "looked at");
            break;
        case 12:
            event = event_gate(one_in(random, 3) ? "all" : symbol, TW_GATE_CLOSED, "news");
            break;
        default:
            event = event_adjusted(symbol, TW_SIDE_LONG, "75", one_in(random, 2) ? "101" : NULL);
            break;
        }
        day_try(day, event, NULL);
    }
}

/* ---- answers
 * ------------------------------------------------------------------------------------------ */

static const char *put(struct answer_kit *kit, const char *text) {
    char *at = kit->text[kit->texts++];
    snprintf(at, TEXT_BYTES, "%s", text);
    return at;
}

static int64_t signed_qty(const struct state *state, const char *symbol) {
    uint32_t id = tw_state_find_symbol(state, symbol);
    if (id == TW_NONE)
        return 0;
    const struct position *position = &state->symbols[id].position;
    return position->side == TW_SIDE_SHORT ? -position->qty_e8 : position->qty_e8;
}

static void make_holdings(struct answer_kit *kit, const struct state *state,
                          struct random *random) {
    for (int i = 0; i < SYMBOLS; i++) {
        int64_t qty = signed_qty(state, symbols[i]);
        if (one_in(random, 2))
            qty += some_qty(random) * (one_in(random, 2) ? 1 : -1);
        if (one_in(random, 8))
            qty = qty * 2;
        if (one_in(random, 8))
            qty = 0;
        if (qty == 0 && one_in(random, 2))
            continue;
        tw_holding *row = &kit->holdings[kit->answer.holding_count++];
        row->size = sizeof *row;
        row->symbol = put(kit, symbols[i]);
        row->qty_e8 = qty;
        if (one_in(random, 2))
            row->avg_cost_e8 = tw_known(some_price(random));
        if (one_in(random, 4)) {
            row->con_id = tw_known(100 + i);
            row->currency = "USD";
        }
    }
}

static void copy_known(struct answer_kit *kit, tw_broker_execution *row, const struct state *state,
                       uint32_t id, struct random *random) {
    const struct execution *execution = &state->executions[id];
    row->exec_id = put(kit, tw_state_exec_name(state, id));
    row->symbol = put(kit, tw_state_symbol_name(state, execution->symbol));
    row->action = execution->action;
    row->qty_e8 = execution->qty_e8 ? execution->qty_e8 : TW_E8;
    row->price_e8 = execution->price_e8 == TW_UNKNOWN ? TW_E8 : execution->price_e8;
    if (execution->fee_e8 != TW_UNKNOWN)
        row->fee_e8 = tw_known(execution->fee_e8);
    if (one_in(random, 6))
        row->qty_e8 = some_qty(random);
    if (one_in(random, 6))
        row->price_e8 = some_price(random);
    if (one_in(random, 3))
        row->fee_e8 = some_fee(random);
}

static void make_new(struct answer_kit *kit, tw_broker_execution *row, struct random *random) {
    char id[TEXT_BYTES], ref[TEXT_BYTES];
    snprintf(id, sizeof id, one_in(random, 6) ? "x%02d-%d" : "0000e0d5.68e3c1%02d.01.%02d",
             (int)random_below(random, 30), (int)random_between(random, 1, 3));
    snprintf(ref, sizeof ref, "o%d", (int)random_below(random, 11));
    row->exec_id = put(kit, id);
    row->symbol = put(kit, pick(random, symbols, SYMBOLS));
    row->action = some_action(random);
    row->qty_e8 = some_qty(random);
    row->price_e8 = some_price(random);
    row->fee_e8 = some_fee(random);
    if (one_in(random, 2))
        row->order_ref = put(kit, ref);
    if (one_in(random, 2))
        row->perm_id = tw_known((int64_t)random_between(random, 0, 12));
    if (one_in(random, 8))
        row->kind = (int64_t)random_between(random, 1, 5);
}

static int has_execution(const struct answer_kit *kit, const char *exec_id) {
    for (uint64_t i = 0; i < kit->answer.execution_count; i++)
        if (strcmp(kit->executions[i].exec_id, exec_id) == 0)
            return 1;
    return 0;
}

static void make_executions(struct answer_kit *kit, const struct day *day, struct random *random) {
    uint32_t known = tw_state_execution_count(day->state);
    uint64_t wanted = random_below(random, EXECUTIONS - 2);
    for (uint64_t i = 0; i < wanted; i++) {
        tw_broker_execution row = {.size = sizeof row};
        if (known && !one_in(random, 3))
            copy_known(kit, &row, day->state, (uint32_t)random_below(random, known), random);
        else
            make_new(kit, &row, random);
        if (has_execution(kit, row.exec_id))
            continue;
        if (!one_in(random, 4))
            row.time_ns = tw_known(day->time_ns - (int64_t)random_below(random, 20) * TW_E8 * 10);
        if (one_in(random, 3))
            row.cum_qty_e8 = tw_known(some_qty(random));
        if (one_in(random, 3))
            row.realized_e8 = tw_known(random_between(random, -500, 500) * (TW_E8 / 10));
        row.busted = one_in(random, 10);
        kit->executions[kit->answer.execution_count++] = row;
    }
    /* The same row once more. */
    if (kit->answer.execution_count && one_in(random, 3)) {
        kit->executions[kit->answer.execution_count] = kit->executions[0];
        kit->answer.execution_count++;
    }
}

static void make_orders(struct answer_kit *kit, struct random *random) {
    static const char *const statuses[] = {"Submitted",     "PreSubmitted", "PendingSubmit",
                                           "PendingCancel", "Cancelled",    "Filled",
                                           "Inactive",      "Strange"};
    static const char *const types[] = {"LMT", "STP", "STP LMT", "TRAIL", "MKT"};
    char ref[TEXT_BYTES];
    uint64_t count = random_below(random, ORDERS);
    for (uint64_t i = 0; i < count; i++) {
        tw_broker_order *row = &kit->orders[kit->answer.order_count++];
        row->size = sizeof *row;
        snprintf(ref, sizeof ref, "o%d", (int)random_below(random, 11));
        row->order_ref = one_in(random, 4) ? NULL : put(kit, ref);
        if (!one_in(random, 4))
            row->perm_id = tw_known((int64_t)random_between(random, 0, 15));
        row->symbol = put(kit, pick(random, symbols, SYMBOLS));
        row->action = some_action(random);
        row->order_type = pick(random, types, 5);
        row->qty_e8 = some_qty(random);
        if (one_in(random, 2))
            row->filled_e8 = tw_known(some_qty(random));
        if (one_in(random, 2))
            row->limit_e8 = tw_known(some_price(random));
        if (one_in(random, 2))
            row->stop_e8 = tw_known(some_price(random));
        row->tif = one_in(random, 2) ? "DAY" : "GTC";
        row->status = one_in(random, 9) ? NULL : pick(random, statuses, 8);
        row->why_held = one_in(random, 2) ? "trigger" : NULL;
        if (one_in(random, 2))
            row->outside_rth = tw_known((int64_t)random_below(random, 2));
        row->completed = one_in(random, 4);
    }
}

static struct answer_kit *make_answer(const struct day *day, struct random *random) {
    struct answer_kit *kit = calloc(1, sizeof *kit);
    ck_assert_ptr_nonnull(kit);
    tw_answer *answer = &kit->answer;
    answer->size = sizeof *answer;
    answer->broker = "file:made.json";
    answer->account = one_in(random, 2) ? "DU1" : NULL;
    answer->as_of_ns = tw_known(day->time_ns);
    answer->holdings = kit->holdings;
    answer->orders = kit->orders;
    answer->executions = kit->executions;
    answer->positions_completeness =
        one_in(random, 5) ? (int64_t)random_between(random, 1, 3) : TW_ANSWER_COMPLETE;
    answer->failure = one_in(random, 2) ? "timed out\x01" : NULL;
    make_holdings(kit, day->state, random);
    if (!one_in(random, 4)) {
        answer->executions_completeness =
            one_in(random, 4) ? (int64_t)random_between(random, 1, 3) : TW_ANSWER_COMPLETE;
        make_executions(kit, day, random);
    }
    if (!one_in(random, 4)) {
        answer->orders_completeness =
            one_in(random, 4) ? (int64_t)random_between(random, 1, 3) : TW_ANSWER_COMPLETE;
        answer->completed_completeness = (int64_t)random_between(random, 1, 3);
        make_orders(kit, random);
    }
    return kit;
}

#define SHUFFLE(rows, count)                         \
    for (uint64_t at = (count); at > 1; at--) {      \
        uint64_t other = random_below(random, at);   \
        __typeof__((rows)[0]) swap = (rows)[at - 1]; \
        (rows)[at - 1] = (rows)[other];              \
        (rows)[other] = swap;                        \
    }

static void shuffle(struct answer_kit *kit, struct random *random) {
    SHUFFLE(kit->holdings, kit->answer.holding_count);
    SHUFFLE(kit->orders, kit->answer.order_count);
    SHUFFLE(kit->executions, kit->answer.execution_count);
}

/* ---- the properties
 * ------------------------------------------------------------------------------------ */

/* With TW_TRACE set, what a failing day is made of. */
static void trace(const tw_proposal *proposal) {
    if (!getenv("TW_TRACE"))
        return;
    fprintf(stderr, "-- %d events\n", (int)tw_proposal_events(proposal));
    for (uint64_t i = 0; i < tw_proposal_findings(proposal); i++) {
        tw_finding_view view = {.size = sizeof view};
        tw_proposal_finding(proposal, i, &view);
        fprintf(stderr, "   %s%s %s (%s): %s / %s: %s\n", view.fresh ? "" : "= ", view.case_id,
                view.symbol ? view.symbol : "", view.about ? view.about : "",
                view.ours ? view.ours : "", view.theirs ? view.theirs : "", view.text);
    }
    for (uint64_t i = 0; i < tw_proposal_events(proposal); i++) {
        const tw_event *event = tw_proposal_event(proposal, i);
        const char *exec_id = tw_event_exec_id(event);
        const char *order_ref = event->type == TW_TYPE_order_updated
                                    ? event->as.order_updated.order_ref
                                : event->type == TW_TYPE_fill ? event->as.fill.order_ref
                                                              : NULL;
        fprintf(stderr, "   > %s %s %s\n", tw_type_name(event->type), exec_id ? exec_id : "",
                order_ref ? order_ref : "");
    }
}

static tw_proposal *propose(const struct day *day, const struct answer_kit *kit,
                            const struct state *older, int64_t overnight) {
    tw_proposal *proposal = NULL;
    tw_error why = {0};
    int status = tw_reconcile(day->state, &kit->answer, older, overnight, &proposal, &why);
    ck_assert_msg(status == 0, "%s: %s", tw_error_name(status), why.text);
    trace(proposal);
    return proposal;
}

static void encode(const struct day *day, const tw_proposal *proposal, struct buffer *out) {
    for (uint64_t i = 0; i < tw_proposal_events(proposal); i++) {
        tw_event event = *tw_proposal_event(proposal, i);
        day_stamp(day, &event);
        ck_assert_int_eq(tw_record_encode(&event, out), 0);
    }
}

static void assert_same_bytes(struct buffer *a, struct buffer *b, const char *what) {
    ck_assert_msg(a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0),
                  "%s", what);
    tw_buffer_free(a);
    tw_buffer_free(b);
}

static void apply(struct day *day, const tw_proposal *proposal) {
    for (uint64_t i = 0; i < tw_proposal_events(proposal); i++) {
        tw_error why = {0};
        const tw_event *event = tw_proposal_event(proposal, i);
        int status = day_try(day, *event, &why);
        ck_assert_msg(status == 0, "event %d of type %s is refused: %s", (int)i,
                      tw_type_name(event->type), why.text);
    }
}

static void assert_quantities(const struct day *day, const struct answer_kit *kit) {
    for (int i = 0; i < SYMBOLS; i++) {
        int64_t theirs = 0;
        for (uint64_t row = 0; row < kit->answer.holding_count; row++)
            if (strcmp(kit->holdings[row].symbol, symbols[i]) == 0)
                theirs = kit->holdings[row].qty_e8;
        ck_assert_msg(signed_qty(day->state, symbols[i]) == theirs, "%s is not the broker's",
                      symbols[i]);
    }
}

static void assert_nothing_new(const struct day *day, const struct answer_kit *kit,
                               const struct state *older, int64_t overnight) {
    tw_proposal *again = propose(day, kit, older, overnight);
    for (uint64_t i = 0; i < tw_proposal_findings(again); i++) {
        tw_finding_view view = {.size = sizeof view};
        ck_assert_int_eq(tw_proposal_finding(again, i, &view), 0);
        ck_assert_msg(!view.fresh, "found again: %s %s (%s): %s / %s: %s", view.case_id,
                      view.symbol ? view.symbol : "", view.about ? view.about : "",
                      view.ours ? view.ours : "", view.theirs ? view.theirs : "", view.text);
    }
    ck_assert_uint_eq(tw_proposal_events(again), 0);
    tw_proposal_free(again);
}

static void reconcile_once(struct day *day, struct random *random, const struct state *older,
                           int64_t overnight) {
    struct answer_kit *kit = make_answer(day, random);
    struct buffer before = {0}, after = {0}, events = {0}, others = {0};
    day_bytes(day->state, &before);
    tw_proposal *proposal = propose(day, kit, older, overnight);
    day_bytes(day->state, &after);
    assert_same_bytes(&before, &after, "reconcile changed the state");
    encode(day, proposal, &events);
    shuffle(kit, random);
    tw_proposal *shuffled = propose(day, kit, older, overnight);
    encode(day, shuffled, &others);
    assert_same_bytes(&events, &others, "the order of rows matters");
    tw_proposal_free(shuffled);
    apply(day, proposal);
    int complete = kit->answer.positions_completeness == TW_ANSWER_COMPLETE;
    if (complete)
        assert_quantities(day, kit);
    assert_nothing_new(day, kit, older, overnight);
    free(kit);
    tw_proposal_free(proposal);
}

START_TEST(applied_once_it_finds_nothing_more_and_holds_what_the_broker_holds) {
    struct random random = {seed_from_environment("reconcile_property")};
    const char *wanted = getenv("TW_ROUNDS");
    int days = wanted ? atoi(wanted) : 1600;
    for (int i = 0; i < days; i++) {
        struct day older, day;
        int64_t method = one_in(&random, 2) ? TW_COST_METHOD_AVERAGE : TW_COST_METHOD_FIFO;
        int64_t overnight = one_in(&random, 2) ? TW_OVERNIGHT_REJECT : TW_OVERNIGHT_CARRY;
        int has_older = one_in(&random, 2);
        if (has_older) {
            day_open(&older, method);
            older.state->trading_date = TEST_DATE - 3;
            older.trading_date = TEST_DATE - 3;
            live_a_little(&older, &random, (int)random_below(&random, 20));
        }
        day_open(&day, method);
        for (int round = 0; round < ROUNDS; round++) {
            live_a_little(&day, &random, (int)random_below(&random, 12));
            reconcile_once(&day, &random, has_older ? older.state : NULL, overnight);
        }
        day_close(&day);
        if (has_older)
            day_close(&older);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile");
    TCase *tcase = tcase_create("property");
    tcase_set_timeout(tcase, 500);
    tcase_add_test(tcase, applied_once_it_finds_nothing_more_and_holds_what_the_broker_holds);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
