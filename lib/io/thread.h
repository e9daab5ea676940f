/* Threads of the library inside a host's process. */
#ifndef TW_IO_THREAD_H
#define TW_IO_THREAD_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

/* Starts a thread that takes none of the host's signals but those it does to itself. TW_E_NOMEM. */
int tw_thread_start(pthread_t *ret, void *(*run)(void *context), void *context, tw_error *why);

/* A condition whose waits are timed by the monotonic clock, and a moment of it. */
void tw_thread_condition(pthread_cond_t *ret);
struct timespec tw_thread_time(int64_t monotonic_ns);

#endif
