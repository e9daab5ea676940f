/* Records in portions, checked and chained, in the caller's thread or ahead of it in another. */
#include "io/portion.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/codec.h"

/* Records are copied out of the log in portions: short read transactions, few of them. */
enum { PORTION_RECORDS = 1024, PORTION_BYTES = 1 << 20, PORTIONS = 3 };

struct portion_queue {
    struct portion_range range; /* belongs to the thread that reads */
    struct portion portions[PORTIONS];
    int has_thread;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t filled; /* portions so far; those before `taken` are free again */
    uint64_t taken;
    int holds; /* the caller has the portion `taken` */
    int stopping;
};

/* ---- one portion --------------------------------------------------------------------------- */

struct copying {
    struct portion_range *range;
    struct portion *portion;
};

static int copy_record(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    const struct copying *copying = context;
    struct buffer *out = &copying->portion->bytes;
    uint8_t length[4];
    if (seq > copying->range->last_seq)
        return 1;
    if (size > TW_RECORD_HEADER_BYTES + TW_RECORD_BODY_BYTES_MAX)
        return TW_E_DAMAGED;
    tw_put_u32(length, (uint32_t)size);
    tw_buffer_put(out, length, sizeof length);
    tw_buffer_put(out, bytes, size);
    copying->range->next_seq = seq + 1;
    if (out->failed)
        return TW_E_NOMEM;
    return out->size >= PORTION_BYTES || seq == copying->range->last_seq;
}

/* Cuts the portion off before the first record that is not whole. */
static void check_records(struct portion_range *range, struct portion *portion) {
    struct buffer *bytes = &portion->bytes;
    for (size_t at = 0; at < bytes->size;) {
        const uint8_t *record = (const uint8_t *)bytes->data + at + 4;
        size_t size = tw_get_u32(record - 4);
        int status = tw_record_check(record, size, &portion->why);
        if (status) {
            portion->status = status;
            bytes->size = at;
            return;
        }
        tw_chain(range->digest, record, size, range->digest);
        at += 4 + size;
    }
}

void tw_portion_read(struct portion_range *range, struct portion *ret) {
    struct copying copying = {range, ret};
    tw_buffer_clear(&ret->bytes);
    memset(&ret->why, 0, sizeof ret->why);
    ret->status = 0;
    if (range->next_seq <= range->last_seq) {
        int64_t count = tw_log_read(range->log, range->next_seq, copy_record, &copying,
                                    PORTION_RECORDS, &ret->why);
        if (count == TW_E_DAMAGED && ret->why.code != TW_E_DAMAGED)
            tw_fail(&ret->why, TW_E_DAMAGED, "record %llu is longer than any record can be",
                    (unsigned long long)range->next_seq);
        ret->status = count < 0 ? (int)count : ret->bytes.size > 0;
        if (count < 0)
            tw_buffer_clear(&ret->bytes);
        check_records(range, ret);
    }
    memcpy(ret->digest, range->digest, TW_DIGEST_BYTES);
}

/* ---- the queue ----------------------------------------------------------------------------- */

/* The one who reads fills a portion that the other has not been given or has given back, so that
 * the mutex is for the counts alone. */
static void *read_ahead(void *context) {
    struct portion_queue *queue = context;
    int status = 1;
    while (status == 1) {
        pthread_mutex_lock(&queue->mutex);
        while (!queue->stopping && queue->filled - queue->taken == PORTIONS)
            pthread_cond_wait(&queue->changed, &queue->mutex);
        int stopping = queue->stopping;
        struct portion *portion = &queue->portions[queue->filled % PORTIONS];
        pthread_mutex_unlock(&queue->mutex);
        if (stopping)
            break;
        tw_portion_read(&queue->range, portion);
        status = portion->status;
        pthread_mutex_lock(&queue->mutex);
        queue->filled++;
        pthread_cond_signal(&queue->changed);
        pthread_mutex_unlock(&queue->mutex);
    }
    return NULL;
}

/* The host's signals are for the host's threads. */
static int start_thread(struct portion_queue *queue) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before))
        return 0;
    int started = pthread_create(&queue->thread, NULL, read_ahead, queue) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

int tw_portion_queue_open(const struct portion_range *range, int ahead,
                          struct portion_queue **ret) {
    struct portion_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return TW_E_NOMEM;
    queue->range = *range;
    if (pthread_mutex_init(&queue->mutex, NULL)) {
        free(queue);
        return TW_E_NOMEM;
    }
    if (pthread_cond_init(&queue->changed, NULL)) {
        pthread_mutex_destroy(&queue->mutex);
        free(queue);
        return TW_E_NOMEM;
    }
    queue->has_thread = ahead && start_thread(queue);
    *ret = queue;
    return 0;
}

const struct portion *tw_portion_queue_next(struct portion_queue *queue) {
    if (!queue->has_thread) {
        tw_portion_read(&queue->range, &queue->portions[0]);
        return &queue->portions[0];
    }
    pthread_mutex_lock(&queue->mutex);
    if (queue->holds) {
        queue->taken++;
        pthread_cond_signal(&queue->changed);
    }
    while (queue->filled == queue->taken)
        pthread_cond_wait(&queue->changed, &queue->mutex);
    queue->holds = 1;
    const struct portion *portion = &queue->portions[queue->taken % PORTIONS];
    pthread_mutex_unlock(&queue->mutex);
    return portion;
}

void tw_portion_queue_close(struct portion_queue *queue) {
    if (!queue)
        return;
    if (queue->has_thread) {
        pthread_mutex_lock(&queue->mutex);
        queue->stopping = 1;
        pthread_cond_signal(&queue->changed);
        pthread_mutex_unlock(&queue->mutex);
        pthread_join(queue->thread, NULL);
    }
    for (size_t i = 0; i < PORTIONS; i++)
        tw_buffer_free(&queue->portions[i].bytes);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}
