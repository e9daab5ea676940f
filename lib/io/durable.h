/* How far what was appended survives loss of power, who waits for it, and who is told.
 *
 * Who waits first flushes, in its own thread, for all that was written until then; the others wait
 * for it. What the committer brings into the day file is durable too. Any thread may call. */
#ifndef TW_IO_DURABLE_H
#define TW_IO_DURABLE_H

#include <stdint.h>

#include "base/error.h"

struct durable;

/* Makes what was written durable; *ret_seq: up to which record. Called by one thread at a time. */
typedef int (*durable_flush)(void *context, uint64_t *ret_seq, tw_error *why);

/* `seq`: durable already. `one_thread`: nothing is ever flushed but in the thread that waits. */
int tw_durable_new(uint64_t seq, int one_thread, durable_flush flush, void *context,
                   struct durable **ret);

/* Nobody waits any more. NULL is fine. */
void tw_durable_free(struct durable *durable);

uint64_t tw_durable_reached(const struct durable *durable);

/* Everything up to seq is durable now. */
void tw_durable_reach(struct durable *durable, uint64_t seq);

/* A write or a flush failed: what is durable will not change any more, and nobody waits for it. */
void tw_durable_fail(struct durable *durable, const tw_error *why);
int tw_durable_failed(const struct durable *durable);

/* 0, or TW_E_FAILED and what failed. */
int tw_durable_check(struct durable *durable, tw_error *why);

/* Waits until seq is durable. timeout_ns below 0: as long as it takes, flushing here. Else a thread
 * that is started at the first such call flushes, since a flush cannot be given up half way, and
 * TW_E_TIMEOUT is said in time; 0 only asks for the flush. TW_E_FAILED. */
int tw_durable_wait(struct durable *durable, uint64_t seq, int64_t timeout_ns, tw_error *why);

/* The descriptor that becomes readable when the seq moves or it failed; made at the first call. */
int tw_durable_descriptor(struct durable *durable, tw_error *why);

#endif
