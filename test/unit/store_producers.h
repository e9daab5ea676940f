/* Several threads that fill one store at once. */
#ifndef TW_TEST_STORE_PRODUCERS_H
#define TW_TEST_STORE_PRODUCERS_H

#include <pthread.h>

#include "store_fixture.h"

enum { PRODUCERS = 8, PER_PRODUCER = 60 };

struct producer {
    tw_store *store;
    int number;
    int waits; /* 1: makes sure of each fill before the next */
    int failures;
};

static inline void *produce(void *context) {
    struct producer *producer = context;
    for (int i = 0; i < PER_PRODUCER; i++) {
        char exec_id[32];
        uint64_t seq = 0;
        snprintf(exec_id, sizeof exec_id, "t%d-%d", producer->number, i);
        tw_fill fill = fill_of(exec_id, TW_ACTION_BUY, 1, 100);
        int64_t timeout_ns = i % 3 ? -1 : INT64_MAX;
        producer->failures += tw_append_fill(producer->store, &fill, &seq, NULL) != 0;
        if (!producer->waits)
            continue;
        producer->failures += tw_wait(producer->store, seq, timeout_ns, NULL) != 0;
        producer->failures += tw_durable_seq(producer->store) < seq;
    }
    return NULL;
}

/* A new journal, filled by all of them; then nothing is missing and verify finds no fault. */
static inline void produce_in_threads(const tw_options *options, int waits) {
    tw_store *store = NULL;
    pthread_t threads[PRODUCERS];
    struct producer producers[PRODUCERS];
    make_journal();
    OK(tw_open(path, options, &store, &why));
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){store, i, waits, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(producers[i].failures, 0);
    }
    ck_assert_int_eq(open_quantity(store), (int64_t)PRODUCERS * PER_PRODUCER * TW_E8);
    OK(tw_close(store, "done", &why));
    tw_journal *journal;
    tw_verify_report report = {.size = sizeof report};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_verify(journal, MONDAY, &report, &why));
    ck_assert_uint_eq(report.executions, PRODUCERS * PER_PRODUCER);
    tw_journal_close(journal);
}

#endif
