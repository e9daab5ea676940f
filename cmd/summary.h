/* A state in a few labelled lines: what recover, state and replay show people. */
#ifndef TW_CMD_SUMMARY_H
#define TW_CMD_SUMMARY_H

#include "base/buffer.h"
#include "base/zone.h"
#include "core/state.h"

/* The label column; further lines of the same label have an empty one. */
void tw_summary_label(struct buffer *out, const char *label);

/* "LONG 50 @ 445.25", "flat". */
void tw_summary_holding(struct buffer *out, const struct position *position);

/* One line per open position, per attempt, of the day's result, per gate, per order in doubt.
 * Nothing where there is nothing, but the result always has its line. */
void tw_summary_positions(struct buffer *out, const struct state *state);
void tw_summary_attempts(struct buffer *out, const struct state *state);
void tw_summary_today(struct buffer *out, const struct state *state);
void tw_summary_gates(struct buffer *out, const struct state *state, const struct zone *zone);
void tw_summary_findings(struct buffer *out, const struct state *state);
void tw_summary_orders(struct buffer *out, const struct state *state, const struct zone *zone);

/* 1 when it is not known whether the broker has the order or did what was asked. */
int tw_summary_in_doubt(const struct order *order);

/* The shortest exact text. */
void tw_summary_qty(struct buffer *out, int64_t value_e8);

/* A sum in 128 bits; "?" when it does not fit 64. */
void tw_summary_sum(struct buffer *out, tw_int128 value_e8);

#endif
