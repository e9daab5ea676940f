/* The scripted day of the example trader: what the market does and what the strategy decides. */
#ifndef EXAMPLE_SCRIPT_H
#define EXAMPLE_SCRIPT_H

#include <stdint.h>

enum act {
    ACT_NOTE = 1,  /* words for the log */
    ACT_BAR,       /* a minute of prices */
    ACT_BLOCK,     /* a filter keeps the strategy out */
    ACT_ENTRY,     /* buy or sell short at a pivot */
    ACT_PARTIAL,   /* take a fraction off at a target */
    ACT_BREAKEVEN, /* the stop goes to the entry price */
    ACT_TRAIL,     /* the stop follows the price */
    ACT_STOPPED,   /* the resting stop order fills */
    ACT_EXIT,      /* close what is left */
    ACT_COST       /* a cost that belongs to no execution */
};

/* Which members count depends on the act. Prices are text, as they come from a feed. */
struct step {
    enum act act;
    int32_t at; /* seconds after midnight in New York */
    const char *symbol;
    int64_t side;         /* ENTRY */
    int64_t shares;       /* ENTRY */
    const char *price;    /* of the execution, the new stop, or the amount of a cost */
    const char *level;    /* ENTRY: the pivot, at which attempts are counted */
    const char *stop;     /* ENTRY */
    const char *target;   /* ENTRY, PARTIAL */
    const char *fraction; /* PARTIAL */
    const char *words;    /* path of an entry, name of a filter, reason, note */
    const char *bar[5];   /* BAR: open, high, low, close, volume */
};

enum { TRADING_DATE = 20251006, ATTEMPTS_PER_LEVEL = 2 };

extern const struct step script[];
extern const uint32_t script_steps;

/* UTC nanoseconds of a step. */
int64_t step_time_ns(const struct step *step);

/* The entry that opened what a later step of the same symbol works on. */
uint32_t step_entry_before(uint32_t index);

#endif
