/* Engines beside each other in one run of tradewal bench: in every round each does a block of
 * appends, in an order drawn anew, so that what else the machine does meets all alike. */
#ifndef TW_CMD_BENCH_ROUNDS_H
#define TW_CMD_BENCH_ROUNDS_H

#include "bench_engine.h"
#include "bench_out.h"

/* What a contender does in a round. */
struct stint {
    size_t batch;    /* events an append */
    size_t block;    /* appends a round */
    int64_t pace_ns; /* between the starts of two appends; 0: one after the other */
};

struct contender {
    const char *row;
    const struct engine *engine;
    const struct stint *stint;
    size_t floor;              /* the contender whose multiple it is; of a floor its own index */
    double most_p50, most_p99; /* the multiple is meant to be at most this; 0: just told */
};

/* Measures all and prints a row for each. Their stores are FOLDER/NAME-0 and so on. */
void tw_rounds_run(const struct bench *bench, const char *name, const struct contender *contenders,
                   size_t count);

#endif
