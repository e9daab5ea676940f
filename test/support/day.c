/* A day that folds the events of a test. */
#include <string.h>

#include "core/fold.h"
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
