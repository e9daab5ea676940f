/* What the files of the example trader share. */
#ifndef EXAMPLE_TRADER_H
#define EXAMPLE_TRADER_H

#include <stdint.h>

#include "script.h"
#include "tradewal.h"

/* What the log holds of the step that the last run was in. */
struct progress {
    uint32_t step;       /* the newest step with an event in the log */
    uint32_t logged[64]; /* its events there, by type */
    int64_t qty_e8;      /* its order, or what filled of a resting one; 0: none */
    uint64_t last_seq;   /* of the day, 0: the day is new */
};

struct trader {
    tw_store *store;
    struct progress progress;
    int acks; /* descriptor for "ack SEQ" lines, -1: none */
    int64_t pace_ms;
    uint64_t acknowledged; /* appends of this run */
    uint64_t die_after;    /* SIGKILL ourselves after so many of them; 0: never */
    int quiet;
    uint32_t step;     /* where we are */
    uint32_t events;   /* how many events the step has so far, logged earlier or now */
    uint32_t seen[64]; /* the same by type */
};

/* Short text, returned by value. */
struct text {
    char text[32];
};

struct text show_e8(int64_t value_e8);
struct text show_money(int64_t value_e8); /* the same with cents: 443.9 is 443.90 */

/* One readable line on stdout with the time of the step. */
void say(const struct trader *trader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sleeps as long as the pretend market and the pretend network take. */
void pause_for(const struct trader *trader);

/* Appends an event of the present step, unless it is in the log since the last run. Returns 0 for
 * both, and TW_E_DUPLICATE, TW_E_REFUSED and TW_E_GATED for the caller to decide on; any other
 * error ends the process: the journal is not to be trusted further with this handle. */
int log_event(struct trader *trader, int64_t type, tw_event *event);

/* Does the present step, as far as it is not done. */
void do_step(struct trader *trader);

#endif
