/* The facade: checkpoints, on demand and by the library's own timer. */
#include <signal.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "io/clock.h"
#include "store_internal.h"

int tw_store_checkpoint_locked(tw_store *store, tw_error *why) {
    int status = tw_log_watch(store->log, NULL, why);
    if (tw_log_failed(store->log))
        store->failed = 1;
    if (status)
        return status;
    if (store->state->last_seq == store->snapshot_seq)
        return 0;
    tw_buffer_clear(&store->image);
    status = tw_snapshot_encode(store->state, store->digest, &store->image);
    if (status)
        return tw_fail(why, status, "no memory for a snapshot");
    struct log_snapshot snapshot = {.seq = store->state->last_seq,
                                    .bytes = (const uint8_t *)store->image.data,
                                    .size = store->image.size};
    status = tw_log_commit(store->log, NULL, 0, &snapshot, NULL, why);
    if (tw_log_failed(store->log))
        store->failed = 1;
    if (!status)
        store->snapshot_seq = snapshot.seq;
    return status;
}

int tw_checkpoint(tw_store *store, uint64_t *ret_seq, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    status = tw_store_checkpoint_locked(store, why);
    if (!status && ret_seq)
        *ret_seq = store->snapshot_seq;
    tw_store_leave(store);
    return status;
}

int tw_tick(tw_store *store, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    status = tw_store_tick_locked(store, why);
    tw_store_leave(store);
    return status;
}

static struct timespec time_of(int64_t monotonic_ns) {
    struct timespec time = {.tv_sec = monotonic_ns / TW_NS_PER_SECOND,
                            .tv_nsec = monotonic_ns % TW_NS_PER_SECOND};
    return time;
}

/* A checkpoint that fails for want of room is tried again next time: the log has everything. One
 * that fails otherwise has latched the store, which the next append reports. */
static void *run_timer(void *context) {
    tw_store *store = context;
    pthread_mutex_lock(&store->mutex);
    while (!store->stopping) {
        int64_t due = store->clock_due_ns;
        if (store->checkpoint_ns > 0 && store->checkpoint_due_ns < due)
            due = store->checkpoint_due_ns;
        struct timespec until = time_of(due);
        pthread_cond_timedwait(&store->wake, &store->mutex, &until);
        if (!store->stopping && !store->failed)
            tw_store_tick_locked(store, NULL);
        if (store->failed)
            break;
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

int tw_timer_start(tw_store *store, tw_error *why) {
    /* The host's signals are for the host's threads; only what the thread does to itself is not
     * held back. */
    sigset_t others, before;
    sigfillset(&others);
    const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&others, own[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    int error = pthread_create(&store->timer, NULL, run_timer, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return tw_fail(why, TW_E_NOMEM, "the timer thread cannot be started (error %d)", error);
    store->timer_runs = 1;
    return 0;
}

void tw_timer_stop(tw_store *store) {
    /* After fork there is no thread to stop, and the mutex may be held by one that is not here. */
    if (!store->timer_runs || tw_lock_check(store->lock, NULL))
        return;
    pthread_mutex_lock(&store->mutex);
    store->stopping = 1;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->mutex);
    pthread_join(store->timer, NULL);
    store->timer_runs = 0;
}
