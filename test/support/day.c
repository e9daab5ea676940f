/* A day that folds the events of a test. */
#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/image.h"
#include "events.h"
#include "harness.h"

void day_open(struct day *day, int64_t cost_method) {
    memset(day, 0, sizeof *day);
    ck_assert_int_eq(tw_state_new(&day->state), 0);
    day->seq = 1;
    day->time_ns = TEST_TIME_NS;
    day->trading_date = TEST_DATE;
    tw_event session = event_session(TW_RESUMED_NEW);
    session.as.session_opened.cost_method = cost_method;
    day_add(day, session);
}

void day_close(struct day *day) {
    tw_state_free(day->state);
    day->state = NULL;
}

void day_stamp(const struct day *day, tw_event *event) {
    if (!event->seq)
        event->seq = day->seq;
    if (!event->trading_date)
        event->trading_date = day->trading_date;
    if (!event->time_ns)
        event->time_ns = day->time_ns;
}

int day_try(struct day *day, tw_event event, tw_error *why) {
    day_stamp(day, &event);
    int status = tw_fold(day->state, &event, why);
    if (status)
        return status;
    day->seq++;
    day->time_ns += INT64_C(1000000000);
    return 0;
}

void day_add(struct day *day, tw_event event) {
    tw_error why = {0};
    int status = day_try(day, event, &why);
    ck_assert_msg(status == 0, "%s was refused: %s: %s", tw_type_name(event.type),
                  tw_error_name(status), why.text);
}

void day_refuses(struct day *day, tw_event event, int code, const char *words) {
    struct buffer before = {0}, after = {0};
    tw_error why = {0};
    day_bytes(day->state, &before);
    int status = day_try(day, event, &why);
    ck_assert_msg(status == code, "%s gave %s (%s), expected %s", tw_type_name(event.type),
                  status ? tw_error_name(status) : "OK", why.text, tw_error_name(code));
    ck_assert_int_eq(why.code, code);
    ck_assert_msg(!words || strstr(why.text, words), "the reason is \"%s\", expected \"%s\" in it",
                  why.text, words ? words : "");
    day_bytes(day->state, &after);
    ck_assert_uint_eq(before.size, after.size);
    ck_assert_mem_eq(before.data, after.data, before.size);
    tw_buffer_free(&before);
    tw_buffer_free(&after);
}

const struct symbol *day_symbol(const struct day *day, const char *symbol) {
    uint32_t id = tw_state_find_symbol(day->state, symbol);
    ck_assert_msg(id != TW_NONE, "no symbol %s", symbol);
    return &day->state->symbols[id];
}

const struct position *day_position(const struct day *day, const char *symbol) {
    return &day_symbol(day, symbol)->position;
}

const struct execution *day_execution(const struct day *day, const char *exec_id) {
    uint32_t id = tw_state_find_execution(day->state, exec_id);
    ck_assert_msg(id != TW_NONE, "no execution %s", exec_id);
    return &day->state->executions[id];
}

const struct order *day_order(const struct day *day, const char *order_ref) {
    uint32_t id = tw_state_find_order(day->state, order_ref);
    ck_assert_msg(id != TW_NONE, "no order %s", order_ref);
    return &day->state->orders[id];
}

const struct money *day_money(const struct day *day, const char *currency) {
    for (size_t i = 0; i < day->state->money_count; i++)
        if (strcmp(tw_state_text(day->state, day->state->money[i].currency), currency) == 0)
            return &day->state->money[i];
    return NULL;
}

int64_t narrow(tw_int128 value) {
    int64_t narrow = 0;
    ck_assert_int_eq(tw_narrow_64(value, &narrow), 0);
    return narrow;
}

/* ---- the day in bytes ---------------------------------------------------------------------- */

static void put_number(struct buffer *out, int64_t number) {
    tw_buffer_put(out, &number, sizeof number);
}

static void put_wide(struct buffer *out, tw_int128 wide) {
    tw_buffer_put(out, &wide, sizeof wide);
}

static void put_text(struct buffer *out, const struct state *state, text_id text) {
    const char *words = tw_state_text(state, text);
    tw_buffer_text(out, words ? words : "(none)");
    tw_buffer_char(out, 0);
}

static void put_execution(struct buffer *out, const struct state *state, uint32_t id) {
    const struct execution *execution = &state->executions[id];
    tw_buffer_text(out, tw_state_exec_name(state, id));
    put_number(out, (int64_t)execution->seq);
    put_number(out, execution->time_ns);
    put_number(out, execution->qty_e8);
    put_number(out, execution->price_e8);
    put_number(out, execution->fee_e8);
    put_number(out, execution->booked_e8);
    put_number(out, execution->realized_e8);
    put_number(out, execution->closed_qty_e8);
    put_number(out, execution->basis_fee_e8);
    put_number(out, execution->broker_realized_e8);
    put_number(out, execution->cum_qty_e8);
    put_number(out, execution->perm_id);
    put_number(out, execution->trade);
    put_number(out, execution->symbol);
    put_number(out, execution->order);
    put_number(out, execution->replaced_by);
    put_number(out, execution->partial_target_e8);
    put_number(out, execution->partial_fraction_e8);
    put_text(out, state, execution->order_ref);
    put_text(out, state, execution->partial_reason);
    put_number(out, execution->action << 24 | execution->source << 16 | execution->kind << 8 |
                        execution->flags);
}

static void put_order(struct buffer *out, const struct state *state, uint32_t id) {
    const struct order *order = &state->orders[id];
    const int64_t numbers[] = {order->symbol,
                               order->action,
                               order->purpose,
                               order->status,
                               order->qty_e8,
                               order->filled_e8,
                               order->limit_e8,
                               order->stop_e8,
                               order->perm_id,
                               order->order_id,
                               order->client_id,
                               order->submitted_ns,
                               order->updated_ns,
                               (int64_t)order->submitted_seq,
                               (int64_t)order->updated_seq};
    tw_buffer_text(out, tw_state_order_name(state, id));
    tw_buffer_put(out, numbers, sizeof numbers);
    put_text(out, state, order->order_type);
    put_text(out, state, order->tif);
    put_text(out, state, order->reason);
}

static void put_trade(struct buffer *out, const struct state *state, const struct trade *trade) {
    put_number(out, trade->side);
    put_number(out, (int64_t)trade->open_seq);
    put_number(out, (int64_t)trade->close_seq);
    put_number(out, trade->open_ns);
    put_number(out, trade->close_ns);
    put_number(out, trade->entered_qty_e8);
    put_number(out, trade->exited_qty_e8);
    put_wide(out, trade->entered_value_e16);
    put_wide(out, trade->exited_value_e16);
    put_wide(out, trade->result_e8);
    put_number(out, trade->unknown);
    put_number(out, trade->executions);
    put_number(out, trade->partials);
    put_number(out, trade->estimated);
    put_number(out, trade->unpriced);
    put_number(out, trade->values_unknown);
    put_text(out, state, trade->entry_path);
}

static void put_history(struct buffer *out, const struct state *state,
                        const struct symbol *symbol) {
    for (size_t i = 0; i < symbol->change_count; i++) {
        const struct change *change = &symbol->changes[i];
        put_number(out, change->kind);
        put_number(out, change->execution);
        put_number(out, change->side);
        put_number(out, change->qty_e8);
        put_number(out, change->cost_e8);
        put_number(out, change->estimated);
        put_number(out, change->closes);
        put_number(out, change->date);
        put_number(out, (int64_t)change->seq);
        put_text(out, state, change->entry_path);
    }
    for (size_t i = 0; i < symbol->closed_count; i++)
        put_trade(out, state, &symbol->closed[i]);
}

void day_bytes(const struct state *state, struct buffer *out) {
    ck_assert_int_eq(tw_image_encode(state, out), 0);
    for (uint32_t i = 0; i < tw_state_execution_count(state); i++)
        put_execution(out, state, i);
    for (uint32_t i = 0; i < tw_state_order_count(state); i++)
        put_order(out, state, i);
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++)
        put_history(out, state, &state->symbols[i]);
    ck_assert(!out->failed);
}
