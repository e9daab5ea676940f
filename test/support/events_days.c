/* Whole random days, and the texts of their events. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events_random.h"

void generator_open(struct generator *generator, uint64_t seed, int spoil_percent) {
    memset(generator, 0, sizeof *generator);
    generator->random.state = seed;
    generator->spoil_percent = spoil_percent;
}

void generator_close(struct generator *generator) {
    for (size_t i = 0; i < generator->text_count; i++)
        free(generator->texts[i]);
    free(generator->texts);
}

const char *generator_text(struct generator *generator, const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ck_assert_int_eq(tw_array_reserve((void **)&generator->texts, &generator->text_capacity,
                                      generator->text_count + 1, sizeof *generator->texts),
                     0);
    char *copy = strdup(text);
    generator->texts[generator->text_count++] = copy;
    return copy;
}

void told_add(struct told *told, const tw_event *event) {
    ck_assert_int_eq(tw_array_reserve((void **)&told->events, &told->capacity, told->count + 1,
                                      sizeof *told->events),
                     0);
    told->events[told->count++] = *event;
}

void told_free(struct told *told) {
    free(told->events);
    memset(told, 0, sizeof *told);
}

void random_day(struct generator *generator, int64_t cost_method, int count, struct day *ret_day,
                struct told *ret_told) {
    tw_event session = event_session(TW_RESUMED_NEW);
    session.as.session_opened.cost_method = cost_method;
    day_open(ret_day, cost_method);
    session.seq = 1;
    session.trading_date = TEST_DATE;
    session.time_ns = TEST_TIME_NS;
    told_add(ret_told, &session);
    for (int i = 0; i < count; i++) {
        tw_event event = generator_next(generator, ret_day);
        day_stamp(ret_day, &event);
        if (day_try(ret_day, event, NULL) == 0)
            told_add(ret_told, &event);
    }
}
