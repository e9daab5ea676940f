/* A seeded generator of plausible days, with some of what goes wrong: revisions, late openings,
 * crashes, and events that have to be refused. */
#ifndef TW_TEST_EVENTS_RANDOM_H
#define TW_TEST_EVENTS_RANDOM_H

#include "events.h"
#include "harness.h"

/* Texts of the events live as long as it does. */
struct generator {
    struct random random;
    char **texts;
    size_t text_count, text_capacity;
    uint32_t next_id;
    int spoil_percent; /* how many events are spoiled */
};

void generator_open(struct generator *generator, uint64_t seed, int spoil_percent);
void generator_close(struct generator *generator);

/* The next event of a day. It may be refused; the state is only looked at for what is likely. */
tw_event generator_next(struct generator *generator, const struct day *day);

/* Events that went in, as they were stamped. */
struct told {
    tw_event *events;
    size_t count, capacity;
};

void told_add(struct told *told, const tw_event *event);
void told_free(struct told *told);

/* A day of `count` tries; what went in is in `told`. The session is the first of them. */
void random_day(struct generator *generator, int64_t cost_method, int count, struct day *ret_day,
                struct told *ret_told);

/* ---- for the parts of the generator -------------------------------------------------------- */

const char *generator_text(struct generator *generator, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *random_symbol(struct generator *generator);
const char *random_exec_id(struct generator *generator, const struct day *day); /* a known one */
const char *new_exec_id(struct generator *generator);
int64_t random_qty(struct generator *generator);
int64_t random_price(struct generator *generator);
int64_t times(int64_t value, int64_t factor);
int one_in(struct generator *generator, uint64_t many);
void spoil(struct generator *generator, const struct day *day, tw_event *event);

#endif
