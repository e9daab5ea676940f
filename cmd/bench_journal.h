/* The journal of a whole day that tradewal bench replays and exports. */
#ifndef TW_CMD_BENCH_JOURNAL_H
#define TW_CMD_BENCH_JOURNAL_H

#include "bench_engine.h"

/* Makes a journal of so many events, in batches, its newest snapshot `tail` events before the end.
 * Returns the events a second that went in. */
double tw_bench_make_journal(const struct bench *bench, const char *path, uint64_t events,
                             uint64_t tail);

/* The largest memory of the process's own so far, in MiB, without the pages of mapped files, which
 * the system takes back when it needs them. Asked at every step of the work: the system keeps no
 * peak of it. */
void tw_bench_note_memory(double *peak_mib);

/* Appends events `from` to `to` of the day in batches of BENCH_BATCH. */
void tw_bench_append_range(tw_store *store, struct load *load, uint64_t from, uint64_t to);

#endif
