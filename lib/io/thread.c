/* Threads of the library inside a host's process. */
#include "io/thread.h"

#include <signal.h>

#include "base/date.h"

int tw_thread_start(pthread_t *ret, void *(*run)(void *context), void *context, tw_error *why) {
    sigset_t others, before;
    sigfillset(&others);
    const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&others, own[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    int error = pthread_create(ret, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error ? tw_fail(why, TW_E_NOMEM, "a thread cannot be started (error %d)", error) : 0;
}

void tw_thread_condition(pthread_cond_t *ret) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(ret, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec tw_thread_time(int64_t monotonic_ns) {
    return (struct timespec){.tv_sec = monotonic_ns / TW_NS_PER_SECOND,
                             .tv_nsec = monotonic_ns % TW_NS_PER_SECOND};
}
