/* The committer: from the intake into the day file. */
#include "io/committer.h"

#include <stdatomic.h>
#include <string.h>

#include "io/committer_internal.h"

/* One transaction takes about so many bytes of frames. */
enum { BATCH_BYTES = 1 << 20 };

/* ---- where the day file is ours to write --------------------------------------------------- */

/* Errors that leave the handle of the log as good as it was. */
static int is_passing(int status) {
    return status == TW_E_FULL || status == TW_E_NOMEM;
}

static int commit_batch(struct committer *committer, tw_error *why) {
    struct log_batch *batch = &committer->batch;
    int status =
        tw_log_commit(committer->log, batch->records, batch->count, NULL, batch->digest, why);
    if (status)
        return status;
    memcpy(committer->digest, batch->digest, sizeof committer->digest);
    committer->last_seq = batch->records[batch->count - 1].seq;
    tw_durable_reach(committer->durable, committer->last_seq);
    return 0;
}

static int add_frames(struct committer *committer, const struct intake_span *span, tw_error *why) {
    struct frame frame = {0};
    size_t at = span->at;
    int status =
        tw_log_batch_begin(&committer->batch, committer->digest, committer->bytes.size, why);
    while (!status && tw_intake_next(span, &committer->bytes, &at, &frame))
        status = tw_log_batch_add(&committer->batch, &frame, why);
    return status;
}

/* One transaction of what waits. 1 when something was committed, 0 when nothing waits. */
static int take_some(struct committer *committer, tw_error *why) {
    struct intake_place place;
    struct intake_span span;
    int status = tw_intake_read_oldest(committer->intake, &place, BATCH_BYTES, &committer->bytes,
                                       &span, why);
    if (status || span.records == 0)
        return status;
    status = add_frames(committer, &span, why);
    if (!status)
        status = commit_batch(committer, why);
    /* What was appended to a file that nobody finds again is in the day file by now. */
    if (!status)
        status = tw_intake_watch(committer->intake, why);
    if (status)
        return status;
    tw_intake_release(committer->intake, &place, tw_log_transaction(committer->log));
    return 1;
}

/* All that was appended until now: what comes meanwhile is for the next time, or there would be no
 * end to it. */
static int take_all(struct committer *committer, tw_error *why) {
    uint64_t last_seq = tw_intake_last_seq(committer->intake);
    int status;
    do
        status = take_some(committer, why);
    while (status > 0 && committer->last_seq < last_seq);
    atomic_store(&committer->full, status == TW_E_FULL);
    return status < 0 ? status : tw_intake_watch(committer->intake, why);
}

static int take_given(struct committer *committer, const struct frame *frame, tw_error *why) {
    int status = tw_log_batch_begin(&committer->batch, committer->digest, frame->bytes, why);
    if (!status)
        status = tw_log_batch_add(&committer->batch, frame, why);
    return status ? status : commit_batch(committer, why);
}

static int save(struct committer *committer, const struct state *state,
                const uint8_t digest[TW_DIGEST_BYTES], tw_error *why) {
    struct buffer *image = &committer->image;
    tw_buffer_clear(image);
    if (tw_snapshot_encode(state, digest, image))
        return tw_fail(why, TW_E_NOMEM, "no memory for a snapshot");
    struct log_snapshot snapshot = {
        .seq = state->last_seq, .bytes = (const uint8_t *)image->data, .size = image->size};
    int status = tw_log_commit(committer->log, NULL, 0, &snapshot, NULL, why);
    if (!status)
        committer->snapshot_seq = snapshot.seq;
    return status;
}

/* A checkpoint is a recovery whose result is written down: nobody who appends waits for it, and a
 * log that could not be recovered from is noticed while the process still lives. */
static int fold_and_save(struct committer *committer, tw_error *why) {
    struct recover_limit limit = {.one_thread = 1};
    struct recovered found;
    int status = tw_recover_day(committer->log, &limit, &found, why);
    if (status)
        return status;
    status = save(committer, found.state, found.digest, why);
    tw_state_free(found.state);
    return status;
}

static int do_checkpoint(struct committer *committer, const struct state *state, tw_error *why) {
    int status = tw_log_watch(committer->log, NULL, why);
    if (!status)
        status = take_all(committer, why);
    if (status || committer->last_seq == committer->snapshot_seq)
        return status;
    return state ? save(committer, state, committer->digest, why) : fold_and_save(committer, why);
}

int tw_committer_take_up(struct committer *committer, struct log *log, uint64_t snapshot_seq,
                         tw_error *why) {
    struct log_head head;
    int status = tw_log_head(log, &head, why);
    if (status)
        return status;
    committer->log = log;
    memcpy(committer->digest, head.digest, sizeof committer->digest);
    committer->last_seq = head.last_seq;
    atomic_store(&committer->snapshot_seq, snapshot_seq);
    return 0;
}

static int do_day(struct committer *committer, const struct committer_job *job, tw_error *why) {
    int status = job->kind == JOB_CHECKPOINT ? do_checkpoint(committer, job->state, why)
                                             : take_all(committer, why);
    if (!status && job->kind == JOB_PUT)
        status = take_given(committer, job->frame, why);
    if (!status && job->kind == JOB_LEAVE)
        committer->log = NULL;
    return status;
}

int tw_committer_do(struct committer *committer, const struct committer_job *job, tw_error *why) {
    int status = tw_durable_check(committer->durable, why);
    if (status)
        return status;
    if (job->kind == JOB_ENTER)
        status = tw_committer_take_up(committer, job->log, job->snapshot_seq, why);
    else if (committer->log)
        status = do_day(committer, job, why);
    if (status && !is_passing(status))
        tw_durable_fail(committer->durable, why);
    return status;
}
