/* What TWS said, as one answer for reconcile. Pure. */
#ifndef TW_BROKER_TWS_ANSWER_H
#define TW_BROKER_TWS_ANSWER_H

#include "broker/tws_rows.h"

/* UTC nanoseconds of a time as TWS wrote it; unknown where its zone is not. */
typedef tw_maybe (*tws_clock_reader)(void *context, const char *text);

/* The rows of an answer. Text lies in the rows it was made of. Zeroed is empty. */
struct tws_answer {
    tw_holding *holdings;
    tw_broker_order *orders;
    tw_broker_execution *executions;
    uint64_t holding_count, order_count, execution_count;
    uint64_t other_accounts; /* rows of accounts that were not asked for */
    uint64_t unknown_times;  /* fills whose time could not be read */
    uint64_t rounded;        /* rows with a figure of more than eight decimals */
};

/* Joins positions of `positions` with orders, their states, executions and commissions of `rows`,
 * for one account. An order or a fill that was told more than once counts once, as told last; of
 * fills that differ only in the last part of their id the highest counts, it corrects the others.
 * Stocks are called by their symbol, everything else by its local symbol. TW_E_NOMEM; TW_E_PARSE
 * for a multiplier or an average cost that is no number we can keep. */
int tw_tws_answer_make(const struct tws_rows *positions, const struct tws_rows *rows,
                       const char *account, tws_clock_reader read_clock, void *context,
                       struct tws_answer *ret, tw_error *why);

void tw_tws_answer_free(struct tws_answer *answer);

#endif
