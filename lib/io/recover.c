/* From a day file to a state. */
#include "io/recover.h"

#include <string.h>

#include "base/error.h"
#include "core/fold.h"
#include "core/image.h"
#include "io/portion.h"

/* Records are copied out of the log in portions: short read transactions, few of them. */
enum { PORTION_RECORDS = 1024, PORTION_BYTES = 1 << 20 };

/* From so many records on, reading them ahead in a second thread is worth starting one. */
enum { AHEAD_FROM = 4096 };

static int take_record(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    struct record_reader *reader = context;
    uint8_t length[4];
    if (size > TW_RECORD_HEADER_BYTES + TW_RECORD_BODY_BYTES_MAX)
        return TW_E_DAMAGED;
    tw_put_u32(length, (uint32_t)size);
    tw_buffer_put(&reader->bytes, length, sizeof length);
    tw_buffer_put(&reader->bytes, bytes, size);
    reader->next_seq = seq + 1;
    if (reader->bytes.failed)
        return TW_E_NOMEM;
    return reader->bytes.size >= PORTION_BYTES;
}

static int fill_reader(struct record_reader *reader, tw_error *why) {
    tw_buffer_clear(&reader->bytes);
    reader->at = 0;
    int64_t count =
        tw_log_read(reader->log, reader->next_seq, take_record, reader, PORTION_RECORDS, why);
    if (count == TW_E_DAMAGED && why && why->code != TW_E_DAMAGED)
        return tw_fail(why, TW_E_DAMAGED, "record %llu is longer than any record can be",
                       (unsigned long long)reader->next_seq);
    if (count < 0)
        return (int)count;
    return count > 0;
}

int tw_reader_next(struct record_reader *reader, tw_event *ret, tw_error *why) {
    if (reader->at == reader->bytes.size) {
        int status = fill_reader(reader, why);
        if (status <= 0)
            return status;
    }
    const uint8_t *at = (const uint8_t *)reader->bytes.data + reader->at;
    reader->record_size = tw_get_u32(at);
    reader->record = at + 4;
    reader->at += 4 + reader->record_size;
    ret->size = sizeof *ret;
    int status = tw_record_decode(&reader->decoder, reader->record, reader->record_size, ret, why);
    return status ? status : 1;
}

void tw_reader_free(struct record_reader *reader) {
    tw_buffer_free(&reader->bytes);
    tw_decoder_free(&reader->decoder);
}

int tw_snapshot_encode(const struct state *state, const uint8_t digest[TW_DIGEST_BYTES],
                       struct buffer *out) {
    tw_buffer_put(out, digest, TW_DIGEST_BYTES);
    return tw_image_encode(state, out);
}

int tw_snapshot_decode(const struct buffer *bytes, uint64_t seq, int64_t date, struct state **ret,
                       uint8_t ret_digest[TW_DIGEST_BYTES], tw_error *why) {
    if (bytes->size < TW_DIGEST_BYTES)
        return tw_fail(why, TW_E_DAMAGED, "snapshot %llu has %zu bytes", (unsigned long long)seq,
                       bytes->size);
    struct state *state;
    int status =
        tw_image_decode(bytes->data + TW_DIGEST_BYTES, bytes->size - TW_DIGEST_BYTES, &state, why);
    if (status)
        return status;
    if (state->last_seq != seq || state->trading_date != date) {
        tw_state_free(state);
        return tw_fail(why, TW_E_DAMAGED, "snapshot %llu is of another place in the log",
                       (unsigned long long)seq);
    }
    memcpy(ret_digest, bytes->data, TW_DIGEST_BYTES);
    *ret = state;
    return 0;
}

static int find_in_log(void *context, const char *exec_id, uint64_t *ret_seq) {
    return tw_log_find_execution(context, exec_id, ret_seq, NULL);
}

static int find_order_in_log(void *context, const char *order_ref, uint64_t *ret_seq) {
    return tw_log_find_order(context, order_ref, ret_seq, NULL);
}

void tw_recover_attach(struct state *state, struct log *log) {
    state->history.find = log ? find_in_log : NULL;
    state->history.find_order = log ? find_order_in_log : NULL;
    state->history.context = log;
    state->history.replaying = 0;
}

/* Tries the snapshots, newest first. TW_E_NOT_FOUND when none can be used. */
static int from_snapshot(struct log *log, const struct recover_limit *limit,
                         const struct log_head *head, struct recovered *ret) {
    uint64_t seqs[TW_LOG_SNAPSHOTS * 2];
    int64_t count = tw_log_snapshots(log, seqs, TW_LOG_SNAPSHOTS * 2, NULL);
    struct buffer bytes = {0};
    int status = TW_E_NOT_FOUND;
    for (int64_t i = 0; i < count && i < TW_LOG_SNAPSHOTS * 2 && status; i++) {
        if (limit->at_seq && seqs[i] > limit->at_seq)
            continue;
        /* A live writer took it after the head was read, or has dropped it since the list was. */
        if (seqs[i] > head->last_seq)
            continue;
        tw_buffer_clear(&bytes);
        status = tw_log_snapshot_read(log, seqs[i], &bytes, NULL);
        if (status == TW_E_NOT_FOUND)
            continue;
        if (!status)
            status = tw_snapshot_decode(&bytes, seqs[i], tw_log_date(log), &ret->state, ret->digest,
                                        NULL);
        if (status)
            ret->snapshots_bad++;
    }
    tw_buffer_free(&bytes);
    if (status)
        return TW_E_NOT_FOUND;
    ret->snapshot_seq = ret->state->last_seq;
    return 0;
}

/* Records are not always in the order of their times: clocks step back, and what is imported is
 * older than the session that imports it. So the instant is turned into a place in the log first.
 */
static int place_of(struct log *log, const struct log_head *head, int64_t at_ns, uint64_t *ret_seq,
                    tw_error *why) {
    struct record_reader reader = {.log = log, .next_seq = head->first_seq};
    tw_event event;
    int status = 0;
    *ret_seq = 0;
    while (head->first_seq && reader.next_seq &&
           (status = tw_reader_next(&reader, &event, why)) > 0)
        if (event.time_ns <= at_ns)
            *ret_seq = event.seq;
    tw_reader_free(&reader);
    return status;
}

/* Says which record could not be folded; a refusal of the fold is damage of the log. */
static int explain(int status, const tw_event *event, tw_error *why) {
    if (status == TW_E_HISTORY || status == TW_E_NOMEM)
        return status;
    tw_error reason = {0};
    if (why)
        reason = *why;
    return tw_fail(why, TW_E_DAMAGED, "record %llu contradicts the records before it: %s",
                   (unsigned long long)event->seq, reason.text);
}

/* Of two events one is folded in while the state's memory for the next is fetched: texts of an
 * event live until its decoder is used again. */
struct folding {
    struct decoder decoders[2];
    tw_event events[2];
    tw_error why; /* of a record that could not be decoded */
};

/* Decodes the record at `*at` of a portion and moves on: 1, 0 at the end, or an error. */
static int decode_next(struct folding *folding, int slot, const struct portion *portion,
                       size_t *at) {
    if (*at == portion->bytes.size)
        return 0;
    const uint8_t *record = (const uint8_t *)portion->bytes.data + *at + 4;
    size_t size = tw_get_u32(record - 4);
    *at += 4 + size;
    int status = tw_record_decode_checked(&folding->decoders[slot], record, size,
                                          &folding->events[slot], &folding->why);
    return status ? status : 1;
}

/* Folds the records of a portion in. */
static int fold_portion(const struct portion *portion, struct folding *folding,
                        struct recovered *ret, tw_error *why) {
    size_t at = 0;
    int follows = decode_next(folding, 0, portion, &at);
    for (int slot = 0; follows > 0; slot = 1 - slot) {
        follows = decode_next(folding, 1 - slot, portion, &at);
        if (follows > 0)
            tw_fold_expect(ret->state, &folding->events[1 - slot]);
        int status = tw_fold_decoded(ret->state, &folding->events[slot], why);
        if (status)
            return explain(status, &folding->events[slot], why);
        ret->replayed++;
    }
    if (follows < 0) {
        if (why)
            *why = folding->why;
        return follows;
    }
    memcpy(ret->digest, portion->digest, TW_DIGEST_BYTES);
    return 0;
}

static int fold_range(const struct portion_range *range, int ahead, struct recovered *ret,
                      tw_error *why) {
    struct folding folding = {0};
    struct portion_queue *queue;
    int status = tw_portion_queue_open(range, ahead, &queue);
    if (status)
        return tw_fail(why, status, "no memory to read records");
    int follows = 1;
    while (!status && follows > 0) {
        const struct portion *portion = tw_portion_queue_next(queue);
        status = fold_portion(portion, &folding, ret, why);
        follows = portion->status;
        if (!status && follows < 0) {
            status = follows;
            if (why)
                *why = portion->why;
        }
    }
    tw_portion_queue_close(queue);
    tw_decoder_free(&folding.decoders[0]);
    tw_decoder_free(&folding.decoders[1]);
    return status;
}

static int replay(struct log *log, const struct recover_limit *limit, const struct log_head *head,
                  struct recovered *ret, tw_error *why) {
    uint64_t done = ret->state->last_seq;
    uint64_t usual = limit->ahead_from ? limit->ahead_from : AHEAD_FROM;
    struct portion_range range = {
        .log = log, .next_seq = done ? done + 1 : head->first_seq, .last_seq = head->last_seq};
    if (limit->at_seq && limit->at_seq < range.last_seq)
        range.last_seq = limit->at_seq;
    memcpy(range.digest, ret->digest, TW_DIGEST_BYTES);
    if (head->first_seq && range.next_seq <= range.last_seq) {
        int ahead = !limit->one_thread && range.last_seq - range.next_seq >= usual - 1;
        int status = fold_range(&range, ahead, ret, why);
        if (status)
            return status;
    }
    if (limit->at_seq)
        return 0;
    if (head->first_seq && ret->state->last_seq != head->last_seq)
        return tw_fail(why, TW_E_DAMAGED, "the log ends at record %llu, its head says %llu",
                       (unsigned long long)ret->state->last_seq,
                       (unsigned long long)head->last_seq);
    if (head->first_seq && memcmp(ret->digest, head->digest, TW_DIGEST_BYTES) != 0)
        return tw_fail(why, TW_E_DAMAGED,
                       "the chain of records up to %llu does not end in the digest of the head",
                       (unsigned long long)head->last_seq);
    return 0;
}

static int from_start(struct log *log, struct recovered *ret) {
    ret->snapshot_seq = 0;
    ret->replayed = 0;
    memcpy(ret->digest, tw_log_origin(log)->previous_digest, TW_DIGEST_BYTES);
    return tw_state_new(&ret->state);
}

static int recover_to(struct log *log, const struct recover_limit *limit,
                      const struct log_head *head, struct recovered *ret, tw_error *why) {
    int status = limit->whole_day ? TW_E_NOT_FOUND : from_snapshot(log, limit, head, ret);
    if (status == 0) {
        tw_recover_attach(ret->state, log);
        ret->state->history.replaying = 1;
        status = replay(log, limit, head, ret, why);
        /* A snapshot that the log contradicts is a bad snapshot: the log decides. */
        if (status && status != TW_E_NOMEM && status != TW_E_IO && status != TW_E_FORKED) {
            if (status != TW_E_HISTORY)
                ret->snapshots_bad++;
            tw_state_free(ret->state);
            ret->state = NULL;
            status = TW_E_NOT_FOUND;
        }
    }
    if (status == TW_E_NOT_FOUND) {
        status = from_start(log, ret);
        if (status)
            return tw_fail(why, status, "no memory for the state of a day");
        status = replay(log, limit, head, ret, why);
    }
    return status;
}

int tw_recover_day(struct log *log, const struct recover_limit *limit, struct recovered *ret,
                   tw_error *why) {
    struct recovered found = {0};
    struct recover_limit until = *limit;
    struct log_head head;
    int status = tw_log_head(log, &head, why);
    if (!status && limit->at_ns) {
        status = place_of(log, &head, limit->at_ns, &until.at_seq, why);
        if (limit->at_seq && limit->at_seq < until.at_seq)
            until.at_seq = limit->at_seq;
    }
    int nothing_yet = limit->at_ns && until.at_seq == 0;
    if (!status)
        status =
            nothing_yet ? from_start(log, &found) : recover_to(log, &until, &head, &found, why);
    if (status) {
        tw_state_free(found.state);
        return status;
    }
    tw_recover_attach(found.state, NULL);
    *ret = found;
    return 0;
}

int tw_recover_more(struct log *log, int one_thread, struct recovered *found, tw_error *why) {
    struct recover_limit limit = {.one_thread = one_thread};
    struct log_head head;
    int status = tw_log_head(log, &head, why);
    if (status || found->state->last_seq >= head.last_seq)
        return status;
    tw_recover_attach(found->state, log);
    found->state->history.replaying = 1;
    status = replay(log, &limit, &head, found, why);
    tw_recover_attach(found->state, NULL);
    return status;
}

int tw_recover_frame(const struct frame *frame, struct decoder *decoder, struct recovered *found,
                     tw_error *why) {
    struct frame_walk walk = {.frame = frame};
    tw_event event = {.size = sizeof event};
    int status;
    while ((status = tw_frame_next(&walk, why)) > 0) {
        if (frame->first_seq + walk.index - 1 <= found->state->last_seq)
            continue;
        status = tw_record_decode(decoder, walk.record, walk.size, &event, why);
        if (status)
            return status;
        status = tw_fold_decoded(found->state, &event, why);
        if (status)
            return explain(status, &event, why);
        tw_chain(found->digest, walk.record, walk.size, found->digest);
    }
    return status;
}
