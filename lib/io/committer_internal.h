/* What the files of the committer share: what it is, and one piece of work for it. */
#ifndef TW_IO_COMMITTER_INTERNAL_H
#define TW_IO_COMMITTER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "io/committer.h"
#include "io/log_batch.h"
#include "io/recover.h"

enum job_kind { JOB_DRAIN, JOB_PUT, JOB_CHECKPOINT, JOB_LEAVE, JOB_ENTER };

struct committer_job {
    enum job_kind kind;
    const struct frame *frame; /* to put */
    const struct state *state; /* to save; NULL: what the day file says */
    struct log *log;           /* to enter */
    uint64_t snapshot_seq;
    int done;
    int status;
    tw_error why;
    struct committer_job *next;
};

struct committer {
    struct log *log; /* NULL between two days */
    struct intake *intake;
    struct durable *durable;
    int64_t delay_ns;
    int has_thread;
    atomic_int full;
    atomic_int nudged; /* the thread was told already that there is much to do */

    /* The work's own: of the thread, or with the mutex held where there is none. */
    uint8_t digest[TW_DIGEST_BYTES]; /* of the chain after last_seq */
    uint64_t last_seq;               /* in the day file */
    _Atomic uint64_t snapshot_seq;
    struct log_batch batch;
    struct buffer bytes;
    struct buffer image;

    pthread_mutex_t mutex; /* over everything below */
    pthread_cond_t wake;   /* there is something to do */
    pthread_cond_t done;   /* a job is done */
    pthread_t thread;
    struct committer_job *jobs; /* oldest first */
    int64_t since_ns;           /* frames wait since then; 0: none */
    int64_t not_before_ns;      /* after a commit that found no room */
    int checkpoint_due;
    int stopping;
};

/* Goes on with a day file, from its head. */
int tw_committer_take_up(struct committer *committer, struct log *log, uint64_t snapshot_seq,
                         tw_error *why);

/* Does the job; sets what it says of the committer as a whole. */
int tw_committer_do(struct committer *committer, const struct committer_job *job, tw_error *why);

#endif
