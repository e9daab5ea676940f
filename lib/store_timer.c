/* The facade: checkpoints, on demand and by the library's own timer. */
#include "io/thread.h"
#include "store_internal.h"

int tw_store_checkpoint_locked(tw_store *store, uint64_t *ret_seq, tw_error *why) {
    return tw_committer_checkpoint(store->committer, store->state, ret_seq, why);
}

/* Where the committer has a thread, it folds the day file itself, and others go on meanwhile. */
int tw_checkpoint(tw_store *store, uint64_t *ret_seq, tw_error *why) {
    uint64_t seq = 0;
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    if (store->one_thread)
        status = tw_store_checkpoint_locked(store, &seq, why);
    tw_store_leave(store);
    if (!store->one_thread)
        status = tw_committer_checkpoint(store->committer, NULL, &seq, why);
    if (!status && ret_seq)
        *ret_seq = seq;
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

static int has_failed(const tw_store *store) {
    return store->failed || tw_durable_failed(store->durable);
}

static void *run_timer(void *context) {
    tw_store *store = context;
    pthread_mutex_lock(&store->mutex);
    while (!store->stopping && !has_failed(store)) {
        int64_t due = store->clock_due_ns;
        if (store->checkpoint_ns > 0 && store->checkpoint_due_ns < due)
            due = store->checkpoint_due_ns;
        struct timespec until = tw_thread_time(due);
        pthread_cond_timedwait(&store->wake, &store->mutex, &until);
        if (!store->stopping && !has_failed(store))
            tw_store_tick_locked(store, NULL);
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

int tw_timer_start(tw_store *store, tw_error *why) {
    int status = tw_thread_start(&store->timer, run_timer, store, why);
    store->timer_runs = status == 0;
    return status;
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
