/* The committer: brings what the intake holds into the day file, with the snapshot when one is due,
 * and only then gives the room back.
 *
 * With a thread it does so on its own, within the commit delay; then no other thread ever runs a
 * commit of LMDB. Without one, whoever asks does the work. The day file and the intake are its own
 * to write from open to close. Any thread may call, but the intake is appended to by one at a time.
 *
 * A commit for which the day file has no room changes nothing and is tried again; what is in the
 * intake is as durable as before. Any other error fails the committer, and `durable` with it, for
 * good. */
#ifndef TW_IO_COMMITTER_H
#define TW_IO_COMMITTER_H

#include "io/durable.h"
#include "io/intake.h"
#include "io/log.h"

struct committer;

struct committer_setup {
    struct log *log;
    struct intake *intake;
    struct durable *durable;
    uint64_t snapshot_seq; /* what the newest snapshot covers */
    int64_t delay_ns;
    int has_thread;
};

int tw_committer_open(const struct committer_setup *setup, struct committer **ret, tw_error *why);

/* Stops it as a crash would: what it has not committed yet stays in the intake. NULL is fine. */
void tw_committer_close(struct committer *committer);

/* After each append: there may be something to do. */
void tw_committer_note(struct committer *committer, const struct intake_room *room);

/* Without a thread, from time to time: does what the delay has made due. */
void tw_committer_tick(struct committer *committer);

/* Returns when everything that was appended before is in the day file. TW_E_FULL when it has no
 * room for that, TW_E_FAILED. */
int tw_committer_drain(struct committer *committer, tw_error *why);

/* The same for one frame more that is too long for the intake (see tw_intake_takes). */
int tw_committer_put(struct committer *committer, const struct frame *frame, tw_error *why);

/* Drains, then writes a snapshot; nothing to do when the newest one covers everything. `state`: of
 * the last record that was appended, and nothing is appended meanwhile. NULL: what the day file
 * says, folded from it. *ret_seq: what the newest snapshot covers. */
int tw_committer_checkpoint(struct committer *committer, const struct state *state,
                            uint64_t *ret_seq, tw_error *why);

/* The same in the thread, without waiting for it. One that finds no room or no memory is forgotten:
 * the log has everything. */
void tw_committer_checkpoint_due(struct committer *committer);

/* Where a day ends: drains and lets go of the day file, and goes on with that of the next. Between
 * the two nothing is appended, and there is nothing to do. */
int tw_committer_leave(struct committer *committer, tw_error *why);
int tw_committer_enter(struct committer *committer, struct log *log, uint64_t snapshot_seq,
                       tw_error *why);

/* 1 while the day file has no room for what waits in the intake. */
int tw_committer_is_full(const struct committer *committer);

#endif
