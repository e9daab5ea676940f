/* The committer: when it does its work, and in which thread. */
#include <stdlib.h>

#include "base/date.h"
#include "io/clock.h"
#include "io/committer_internal.h"
#include "io/thread.h"

/* How long until a commit that found no room is tried again. */
#define RETRY_NS (TW_NS_PER_SECOND / 10)

/* ---- the thread ---------------------------------------------------------------------------- */

static void finish_job(struct committer *committer) {
    struct committer_job *job = committer->jobs;
    committer->jobs = job->next;
    pthread_mutex_unlock(&committer->mutex);
    job->status = tw_committer_do(committer, job, &job->why);
    pthread_mutex_lock(&committer->mutex);
    job->done = 1;
    pthread_cond_broadcast(&committer->done);
}

/* Of its own accord: what fails for good is known to `durable`, what does not is tried again. */
static void work(struct committer *committer, enum job_kind kind) {
    struct committer_job job = {.kind = kind};
    committer->since_ns = 0;
    atomic_store(&committer->nudged, 0);
    pthread_mutex_unlock(&committer->mutex);
    int status = tw_committer_do(committer, &job, &job.why);
    pthread_mutex_lock(&committer->mutex);
    committer->not_before_ns = status ? tw_clock_monotonic_ns() + RETRY_NS : 0;
}

/* When the frames that wait have to be taken over; 0 when none do. */
static int64_t due_ns(struct committer *committer) {
    if (!tw_intake_waits(committer->intake) || tw_durable_failed(committer->durable))
        return 0;
    if (!committer->since_ns)
        committer->since_ns = tw_clock_monotonic_ns();
    int64_t due = atomic_load(&committer->nudged) ? committer->since_ns
                                                  : committer->since_ns + committer->delay_ns;
    return due > committer->not_before_ns ? due : committer->not_before_ns;
}

static void *run(void *context) {
    struct committer *committer = context;
    pthread_mutex_lock(&committer->mutex);
    while (!committer->stopping) {
        if (committer->jobs) {
            finish_job(committer);
            continue;
        }
        if (committer->checkpoint_due) {
            committer->checkpoint_due = 0;
            work(committer, JOB_CHECKPOINT);
            continue;
        }
        int64_t due = due_ns(committer);
        struct timespec until = tw_thread_time(due);
        if (!due)
            pthread_cond_wait(&committer->wake, &committer->mutex);
        else if (tw_clock_monotonic_ns() >= due)
            work(committer, JOB_DRAIN);
        else
            pthread_cond_timedwait(&committer->wake, &committer->mutex, &until);
    }
    pthread_mutex_unlock(&committer->mutex);
    return NULL;
}

/* ---- open and close ------------------------------------------------------------------------ */

static void free_committer(struct committer *committer) {
    tw_log_batch_free(&committer->batch);
    tw_buffer_free(&committer->bytes);
    tw_buffer_free(&committer->image);
    pthread_cond_destroy(&committer->done);
    pthread_cond_destroy(&committer->wake);
    pthread_mutex_destroy(&committer->mutex);
    free(committer);
}

int tw_committer_open(const struct committer_setup *setup, struct committer **ret, tw_error *why) {
    struct committer *committer = calloc(1, sizeof *committer);
    if (!committer)
        return tw_fail(why, TW_E_NOMEM, "no memory for the committer");
    committer->intake = setup->intake;
    committer->durable = setup->durable;
    committer->delay_ns = setup->delay_ns;
    pthread_mutex_init(&committer->mutex, NULL);
    tw_thread_condition(&committer->wake);
    tw_thread_condition(&committer->done);
    int status = tw_committer_take_up(committer, setup->log, setup->snapshot_seq, why);
    if (!status && setup->has_thread)
        status = tw_thread_start(&committer->thread, run, committer, why);
    if (status) {
        free_committer(committer);
        return status;
    }
    committer->has_thread = setup->has_thread;
    *ret = committer;
    return 0;
}

void tw_committer_close(struct committer *committer) {
    if (!committer)
        return;
    if (committer->has_thread) {
        pthread_mutex_lock(&committer->mutex);
        committer->stopping = 1;
        pthread_cond_signal(&committer->wake);
        pthread_mutex_unlock(&committer->mutex);
        pthread_join(committer->thread, NULL);
    }
    free_committer(committer);
}

/* ---- asking for work ----------------------------------------------------------------------- */

static int run_job(struct committer *committer, struct committer_job *job, tw_error *why) {
    pthread_mutex_lock(&committer->mutex);
    if (committer->has_thread) {
        struct committer_job **link = &committer->jobs;
        while (*link)
            link = &(*link)->next;
        *link = job;
        pthread_cond_signal(&committer->wake);
        while (!job->done)
            pthread_cond_wait(&committer->done, &committer->mutex);
    } else {
        job->status = tw_committer_do(committer, job, &job->why);
        committer->since_ns = 0;
    }
    pthread_mutex_unlock(&committer->mutex);
    if (job->status && why)
        *why = job->why;
    return job->status;
}

/* Where there is no thread, an append that comes later than the delay does what is due. */
static void note_alone(struct committer *committer, const struct intake_room *room) {
    int64_t now = tw_clock_monotonic_ns();
    pthread_mutex_lock(&committer->mutex);
    if (room->begins || !committer->since_ns)
        committer->since_ns = now;
    if ((room->is_crowded || now - committer->since_ns >= committer->delay_ns) &&
        now >= committer->not_before_ns && !tw_durable_failed(committer->durable)) {
        struct committer_job job = {.kind = JOB_DRAIN};
        committer->since_ns = 0;
        int status = tw_committer_do(committer, &job, &job.why);
        committer->not_before_ns = status ? now + RETRY_NS : 0;
    }
    pthread_mutex_unlock(&committer->mutex);
}

void tw_committer_note(struct committer *committer, const struct intake_room *room) {
    if (!committer->has_thread) {
        note_alone(committer, room);
        return;
    }
    /* The thread looks for itself as long as there is something. */
    int is_nudge = room->is_crowded && !atomic_exchange(&committer->nudged, 1);
    if (!room->begins && !is_nudge)
        return;
    pthread_mutex_lock(&committer->mutex);
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->mutex);
}

void tw_committer_tick(struct committer *committer) {
    static const struct intake_room nothing_new;
    if (!committer->has_thread && tw_intake_waits(committer->intake))
        note_alone(committer, &nothing_new);
}

int tw_committer_drain(struct committer *committer, tw_error *why) {
    struct committer_job job = {.kind = JOB_DRAIN};
    return run_job(committer, &job, why);
}

int tw_committer_put(struct committer *committer, const struct frame *frame, tw_error *why) {
    struct committer_job job = {.kind = JOB_PUT, .frame = frame};
    return run_job(committer, &job, why);
}

int tw_committer_checkpoint(struct committer *committer, const struct state *state,
                            uint64_t *ret_seq, tw_error *why) {
    struct committer_job job = {.kind = JOB_CHECKPOINT, .state = state};
    int status = run_job(committer, &job, why);
    if (!status)
        *ret_seq = atomic_load(&committer->snapshot_seq);
    return status;
}

int tw_committer_leave(struct committer *committer, tw_error *why) {
    struct committer_job job = {.kind = JOB_LEAVE};
    return run_job(committer, &job, why);
}

int tw_committer_enter(struct committer *committer, struct log *log, uint64_t snapshot_seq,
                       tw_error *why) {
    struct committer_job job = {.kind = JOB_ENTER, .log = log, .snapshot_seq = snapshot_seq};
    return run_job(committer, &job, why);
}

void tw_committer_checkpoint_due(struct committer *committer) {
    pthread_mutex_lock(&committer->mutex);
    committer->checkpoint_due = 1;
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->mutex);
}

int tw_committer_is_full(const struct committer *committer) {
    return atomic_load_explicit(&committer->full, memory_order_relaxed);
}
