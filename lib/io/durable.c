/* How far what was appended survives loss of power, who waits for it, and who is told. */
#include "io/durable.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/date.h"
#include "io/clock.h"
#include "io/system.h"
#include "io/thread.h"

/* Giving way to the others pays while it takes less than this: a flush takes several times as long.
 * On a machine whose processors are busy with other programs it takes those programs' whole turns,
 * some milliseconds each. */
#define YIELD_MAX_NS INT64_C(20000)

/* Flushes without giving way after one that took too long; twice as many after the next. */
enum { RUSH_FIRST = 16, RUSH_MAX = 4096 };

/* A span that a clock can still be added to. */
#define LONGEST_NS (INT64_MAX / 2)

struct durable {
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* seq or failed has changed, or nobody flushes any more */
    pthread_cond_t asked; /* for the thread that flushes */
    _Atomic uint64_t seq;
    atomic_int failed;
    int flushing;
    int waiting;         /* threads that wait here now */
    int company;         /* how many others waited with the one who flushed last */
    int rush, rush_next; /* flushes left that give way to nobody, and how many are so next time */
    uint64_t wanted_seq; /* what the thread was asked for */
    int stopping;
    int has_thread;
    int one_thread;
    pthread_t thread;
    int descriptor; /* -1: nobody asked for it */
    durable_flush flush;
    void *context;
    tw_error why; /* of the failure */
};

int tw_durable_new(uint64_t seq, int one_thread, durable_flush flush, void *context,
                   struct durable **ret) {
    struct durable *durable = calloc(1, sizeof *durable);
    if (!durable)
        return TW_E_NOMEM;
    pthread_mutex_init(&durable->mutex, NULL);
    tw_thread_condition(&durable->moved);
    tw_thread_condition(&durable->asked);
    atomic_init(&durable->seq, seq);
    durable->one_thread = one_thread;
    durable->descriptor = -1;
    durable->rush_next = RUSH_FIRST;
    durable->flush = flush;
    durable->context = context;
    *ret = durable;
    return 0;
}

void tw_durable_free(struct durable *durable) {
    if (!durable)
        return;
    if (durable->has_thread) {
        pthread_mutex_lock(&durable->mutex);
        durable->stopping = 1;
        pthread_cond_signal(&durable->asked);
        pthread_mutex_unlock(&durable->mutex);
        pthread_join(durable->thread, NULL);
    }
    if (durable->descriptor >= 0)
        close(durable->descriptor);
    pthread_cond_destroy(&durable->asked);
    pthread_cond_destroy(&durable->moved);
    pthread_mutex_destroy(&durable->mutex);
    free(durable);
}

uint64_t tw_durable_reached(const struct durable *durable) {
    return atomic_load_explicit(&durable->seq, memory_order_acquire);
}

int tw_durable_failed(const struct durable *durable) {
    return atomic_load_explicit(&durable->failed, memory_order_acquire);
}

/* ---- with the mutex held ------------------------------------------------------------------- */

static void tell(struct durable *durable) {
    pthread_cond_broadcast(&durable->moved);
    if (durable->descriptor >= 0)
        eventfd_write(durable->descriptor, 1);
}

static void reach(struct durable *durable, uint64_t seq) {
    if (seq > atomic_load(&durable->seq) && !durable->failed) {
        atomic_store(&durable->seq, seq);
        tell(durable);
    }
}

static void fail(struct durable *durable, const tw_error *why) {
    if (durable->failed)
        return;
    durable->why = *why;
    atomic_store(&durable->failed, 1);
    tell(durable);
}

/* Those who waited for the last flush are about to append again: one flush for all of them is worth
 * more than one at once for this one. Returns whether it took no longer than it is worth. */
static int give_way(int company) {
    int64_t until_ns = tw_clock_monotonic_ns() + YIELD_MAX_NS;
    for (int i = 0; i < company; i++) {
        sched_yield();
        if (tw_clock_monotonic_ns() > until_ns)
            return 0;
    }
    return 1;
}

/* With the mutex. */
static void note_way(struct durable *durable, int company, int was_quick) {
    if (durable->rush > 0) {
        durable->rush--;
        return;
    }
    if (was_quick) {
        if (company > 0)
            durable->rush_next = RUSH_FIRST;
        return;
    }
    durable->rush = durable->rush_next;
    if (durable->rush_next < RUSH_MAX)
        durable->rush_next *= 2;
}

static void flush(struct durable *durable) {
    tw_error why = {0};
    uint64_t seq = 0;
    durable->flushing = 1;
    int company = durable->rush > 0 ? 0 : durable->company;
    pthread_mutex_unlock(&durable->mutex);
    int was_quick = give_way(company);
    int status = durable->flush(durable->context, &seq, &why);
    pthread_mutex_lock(&durable->mutex);
    durable->flushing = 0;
    note_way(durable, company, was_quick);
    durable->company = durable->waiting;
    if (status)
        fail(durable, &why);
    else
        reach(durable, seq);
    /* Whoever waits for more than this is the next to flush. */
    pthread_cond_broadcast(&durable->moved);
}

static int fail_waiting(const struct durable *durable, tw_error *why) {
    return tw_fail(why, TW_E_FAILED,
                   "an earlier write failed (%s): close the journal and open it "
                   "again",
                   durable->why.text);
}

/* ---- moving -------------------------------------------------------------------------------- */

void tw_durable_reach(struct durable *durable, uint64_t seq) {
    if (seq <= tw_durable_reached(durable))
        return;
    pthread_mutex_lock(&durable->mutex);
    reach(durable, seq);
    pthread_mutex_unlock(&durable->mutex);
}

void tw_durable_fail(struct durable *durable, const tw_error *why) {
    pthread_mutex_lock(&durable->mutex);
    fail(durable, why);
    pthread_mutex_unlock(&durable->mutex);
}

int tw_durable_check(struct durable *durable, tw_error *why) {
    if (!tw_durable_failed(durable))
        return 0;
    pthread_mutex_lock(&durable->mutex);
    int status = fail_waiting(durable, why);
    pthread_mutex_unlock(&durable->mutex);
    return status;
}

/* ---- waiting ------------------------------------------------------------------------------- */

static void *run_flusher(void *context) {
    struct durable *durable = context;
    pthread_mutex_lock(&durable->mutex);
    while (!durable->stopping && !durable->failed) {
        if (durable->wanted_seq <= atomic_load(&durable->seq))
            pthread_cond_wait(&durable->asked, &durable->mutex);
        else if (durable->flushing)
            pthread_cond_wait(&durable->moved, &durable->mutex);
        else
            flush(durable);
    }
    pthread_mutex_unlock(&durable->mutex);
    return NULL;
}

static int ask_flusher(struct durable *durable, uint64_t seq, tw_error *why) {
    if (!durable->has_thread) {
        int status = tw_thread_start(&durable->thread, run_flusher, durable, why);
        if (status)
            return status;
        durable->has_thread = 1;
    }
    if (seq > durable->wanted_seq) {
        durable->wanted_seq = seq;
        pthread_cond_signal(&durable->asked);
    }
    return 0;
}

/* The one who comes first flushes for all that come while it does. */
static int wait_here(struct durable *durable, uint64_t seq, tw_error *why) {
    while (seq > atomic_load(&durable->seq)) {
        if (durable->failed)
            return fail_waiting(durable, why);
        if (durable->flushing) {
            durable->waiting++;
            pthread_cond_wait(&durable->moved, &durable->mutex);
            durable->waiting--;
        } else {
            flush(durable);
        }
    }
    return 0;
}

static int wait_until(struct durable *durable, uint64_t seq, int64_t timeout_ns, tw_error *why) {
    int64_t until_ns =
        tw_clock_monotonic_ns() + (timeout_ns < LONGEST_NS ? timeout_ns : LONGEST_NS);
    struct timespec until = tw_thread_time(until_ns);
    int error = 0;
    int status = ask_flusher(durable, seq, why);
    while (!status && seq > atomic_load(&durable->seq)) {
        if (durable->failed)
            return fail_waiting(durable, why);
        if (error || timeout_ns == 0)
            return tw_fail(why, TW_E_TIMEOUT, "record %llu is not durable yet, %llu is",
                           (unsigned long long)seq, (unsigned long long)atomic_load(&durable->seq));
        error = pthread_cond_timedwait(&durable->moved, &durable->mutex, &until);
    }
    return status;
}

int tw_durable_wait(struct durable *durable, uint64_t seq, int64_t timeout_ns, tw_error *why) {
    if (seq <= tw_durable_reached(durable))
        return 0;
    pthread_mutex_lock(&durable->mutex);
    int status = timeout_ns < 0 || durable->one_thread ? wait_here(durable, seq, why)
                                                       : wait_until(durable, seq, timeout_ns, why);
    pthread_mutex_unlock(&durable->mutex);
    return status;
}

int tw_durable_descriptor(struct durable *durable, tw_error *why) {
    pthread_mutex_lock(&durable->mutex);
    if (durable->descriptor < 0)
        durable->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int descriptor = durable->descriptor;
    int error = errno;
    pthread_mutex_unlock(&durable->mutex);
    return descriptor < 0 ? tw_system_fail(why, error, "making a descriptor to wait on")
                          : descriptor;
}
