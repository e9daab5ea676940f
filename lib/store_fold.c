/* The facade: the state folded again from what was written: from the log, and from the intake what
 * the log has not got yet. */
#include "store_internal.h"

#include "base/error.h"

enum { READ_BYTES = 1 << 20 };

/* Folds in what waits in the intake. 1 when the log has got more meanwhile than the state has. */
static int fold_intake(tw_store *store, struct log *log, struct recovered *found, tw_error *why) {
    struct intake_place place;
    struct intake_span span = {0};
    struct buffer bytes = {0};
    struct decoder decoder = {0};
    int status = 0;
    tw_intake_oldest(store->intake, &place);
    /* What lies behind the snapshot is asked of the log, as in any replay. */
    tw_recover_attach(found->state, log);
    found->state->history.replaying = 1;
    do {
        struct frame frame = {0};
        status = tw_intake_read(store->intake, &place, READ_BYTES, &bytes, &span, why);
        size_t at = span.at;
        uint64_t last =
            found->state->last_seq ? found->state->last_seq : tw_log_origin(log)->previous_seq;
        if (!status && span.records && span.first_seq > last + 1)
            status = 1;
        while (!status && span.records && tw_intake_next(&span, &bytes, &at, &frame))
            status = tw_recover_frame(&frame, &decoder, found, why);
    } while (!status && span.records);
    tw_recover_attach(found->state, NULL);
    tw_buffer_free(&bytes);
    tw_decoder_free(&decoder);
    return status ? status : found->state->last_seq < store->written_seq;
}

int tw_store_fold_again(tw_store *store, struct log *log, struct recovered *found, tw_error *why) {
    int status;
    while ((status = fold_intake(store, log, found, why)) > 0) {
        uint64_t before = found->state->last_seq;
        status = tw_recover_more(log, store->one_thread, found, why);
        if (status)
            return status;
        if (found->state->last_seq == before)
            return tw_fail(why, TW_E_DAMAGED, "record %llu is neither in the intake nor in the log",
                           (unsigned long long)before + 1);
    }
    return status;
}

static int fold_from(tw_store *store, int whole_day, struct recovered *ret, tw_error *why) {
    struct recover_limit limit = {.whole_day = whole_day, .one_thread = store->one_thread};
    int status = tw_recover_day(store->log, &limit, ret, why);
    if (status)
        return status;
    status = tw_store_fold_again(store, store->log, ret, why);
    if (status)
        tw_state_free(ret->state);
    return status;
}

int tw_store_replace_state(tw_store *store, int whole_day, tw_error *why) {
    struct recovered found;
    int status = fold_from(store, whole_day, &found, why);
    if (status == TW_E_HISTORY)
        status = fold_from(store, 1, &found, why);
    if (status)
        return status;
    tw_state_free(store->state);
    store->state = found.state;
    tw_recover_attach(store->state, store->log);
    return 0;
}
