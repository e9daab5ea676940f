/* The facade: opening a journal to write it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/error.h"
#include "io/clock.h"
#include "io/process.h"
#include "io/thread.h"
#include "io/zone_file.h"
#include "store_internal.h"

/* Never, and a clock can still be added to it. */
#define LONGEST_NS            (INT64_MAX / 2)
#define DEFAULT_CHECKPOINT_NS (10 * TW_NS_PER_SECOND)
#define DEFAULT_DELAY_NS      (TW_NS_PER_SECOND / 10)
#define DEFAULT_FULL_WAIT_NS  TW_NS_PER_SECOND

enum { CLOCK_EVERY_SECONDS = 3600 };

/* ---- sessions ------------------------------------------------------------------------------ */

static int append_clock(tw_store *store, tw_error *why) {
    struct clock_state clock;
    tw_event event = {.size = sizeof event, .type = TW_TYPE_clock};
    uint64_t count;
    if (tw_clock_state(&clock))
        return 0;
    event.as.clock.synchronised = clock.synchronised;
    event.as.clock.offset = tw_known(clock.offset_ns);
    event.as.clock.max_error = tw_known(clock.max_error_ns);
    return tw_store_append_locked(store, &event, 1, 1, &count, why);
}

/* Gates are of a day, but who did not look at what a salvage found is no wiser on the next. */
static int is_salvage_gate(const struct state *older, const struct gate_data *gate) {
    return gate->scope == TW_NONE && strncmp(tw_state_text(older, gate->reason), TW_SALVAGE_GATE,
                                             strlen(TW_SALVAGE_GATE)) == 0;
}

static const struct gate_data *find_salvage_gate(const struct state *older) {
    for (size_t i = 0; older && i < older->gate_count; i++)
        if (is_salvage_gate(older, &older->gates[i]))
            return &older->gates[i];
    return NULL;
}

int tw_store_open_session(tw_store *store, int64_t resumed, const struct state *older,
                          tw_error *why) {
    char host[TW_HOST_BYTES], digest[TW_DIGEST_TEXT_BYTES];
    struct log_head head;
    uint64_t count;
    /* Nothing has been appended since the day file was opened: its head is where the chain is. */
    int status = tw_log_head(store->log, &head, why);
    if (status)
        return status;
    tw_clock_host(host);
    tw_digest_text(head.digest, digest);
    /* In one append, so that no crash leaves a session without the gate. */
    tw_event events[2] = {{.size = sizeof events[0], .type = TW_TYPE_session_opened},
                          {.size = sizeof events[1], .type = TW_TYPE_gate}};
    tw_session_opened *opened = &events[0].as.session_opened;
    opened->account = store->identity.account;
    opened->environment = store->identity.environment;
    opened->zone = store->identity.zone;
    opened->host = host;
    opened->pid = tw_process_id();
    opened->version = TW_VERSION;
    opened->resumed = resumed;
    opened->currency = store->identity.currency;
    opened->cost_method = store->identity.cost_method;
    opened->previous_digest = digest;
    const struct gate_data *gate = find_salvage_gate(older);
    if (gate)
        events[1].as.gate = (tw_gate){.size = sizeof(tw_gate),
                                      .scope = "all",
                                      .state = TW_GATE_CLOSED,
                                      .reason = tw_state_text(older, gate->reason),
                                      .by = tw_state_text(older, gate->by)};
    status = tw_store_append_locked(store, events, gate ? 2 : 1, 1, &count, why);
    return status ? status : append_clock(store, why);
}

int tw_store_tick_locked(tw_store *store, tw_error *why) {
    int64_t now = tw_clock_monotonic_ns();
    int status = 0;
    if (now >= store->clock_due_ns) {
        store->clock_due_ns = now + CLOCK_EVERY_SECONDS * TW_NS_PER_SECOND;
        status = append_clock(store, why);
    }
    if (!status && store->checkpoint_ns > 0 && now >= store->checkpoint_due_ns) {
        store->checkpoint_due_ns = now + store->checkpoint_ns;
        uint64_t seq;
        if (store->one_thread)
            status = tw_store_checkpoint_locked(store, &seq, why);
        else
            tw_committer_checkpoint_due(store->committer);
    }
    if (!status)
        tw_committer_tick(store->committer);
    return status;
}

/* ---- open ---------------------------------------------------------------------------------- */

static int check_identity(const tw_store *store, const tw_options *options, tw_error *why) {
    const struct identity *identity = &store->identity;
    if (options->account && strcmp(options->account, identity->account) != 0)
        return tw_fail(why, TW_E_OTHER_ACCOUNT, "the journal is of account %s, expected %s",
                       identity->account, options->account);
    if (options->environment && options->environment != identity->environment)
        return tw_fail(why, TW_E_OTHER_ACCOUNT, "the journal is a %s one, expected %s",
                       identity->environment == TW_ENVIRONMENT_LIVE ? "live" : "paper",
                       options->environment == TW_ENVIRONMENT_LIVE ? "live" : "paper");
    return 0;
}

static int open_folder(tw_store *store, const char *path, const tw_options *options,
                       tw_error *why) {
    int status = tw_folder_open(path, TW_FOLDER_WRITE, &store->folder, why);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_NOT_JOURNAL, "there is no journal at %s", path);
    if (!status)
        status = tw_identity_read(store->folder, &store->identity, why);
    if (!status)
        status = check_identity(store, options, why);
    if (!status)
        status =
            tw_folder_check_file_system(store->folder, (int)store->identity.any_file_system, why);
    if (!status)
        status = tw_lock_take(store->folder, &store->lock, why);
    if (!status)
        status = tw_folder_check_newest(store->folder, why);
    if (!status)
        status = tw_zone_load(store->identity.zone, &store->zone, why);
    return status;
}

static int choose_date(const tw_store *store, const tw_options *options, int64_t *ret_date,
                       int64_t *ret_older, tw_error *why) {
    int64_t newest;
    int64_t date = options->trading_date;
    if (!date)
        date =
            tw_trading_date(store->zone, tw_clock_now_ns(), (int32_t)store->identity.roll_seconds);
    if (!tw_date_valid(date))
        return tw_fail(why, TW_E_DATE, "%lld is no trading date, expected yyyymmdd",
                       (long long)date);
    int status = tw_date_before(store->folder, INT64_MAX, &newest, why);
    if (!status)
        status = tw_date_before(store->folder, date, ret_older, why);
    if (status)
        return status;
    if (newest > date)
        return tw_fail(why, TW_E_DATE,
                       "the journal has trading date %s already, a session of %s cannot be "
                       "opened",
                       tw_date_text(newest).text, tw_date_text(date).text);
    *ret_date = date;
    return 0;
}

/* How the last session ended: today's, or else that of the newest older day. What cannot be read of
 * an older day does not keep today from starting: it counts as a crash, and the report says which
 * day. Returns the state of that day where it was looked at. */
static struct state *describe_end(tw_store *store, int64_t older) {
    tw_recovery *report = &store->recovery;
    struct state *older_state = NULL;
    struct log_head head;
    const struct state *state = store->state;
    report->ended = TW_RESUMED_NEW;
    if (!state->last_seq && older) {
        report->ended = TW_RESUMED_CRASH;
        if (tw_day_end(store->folder, store->identity.uuid, older, &head, &older_state, NULL) == 0)
            state = older_state;
    }
    if (state->last_seq) {
        report->ended = state->session.closed ? TW_RESUMED_CLEAN : TW_RESUMED_CRASH;
        report->ended_ns = state->last_time_ns;
        report->opened_pid = (uint64_t)state->session.pid;
        report->opened_ns = state->session.opened_ns;
    }
    return older_state;
}

static int open_day(tw_store *store, const tw_options *options, tw_error *why) {
    int64_t date = 0, older = 0;
    int64_t started = tw_clock_monotonic_ns();
    int status = choose_date(store, options, &date, &older, why);
    if (!status)
        status = tw_store_load_day(store, date, older, why);
    if (status)
        return status;
    struct state *older_state = describe_end(store, older);
    tw_recovery *report = &store->recovery;
    report->size = sizeof *report;
    report->trading_date = date;
    report->older_date = older;
    report->first_seq = store->state->first_seq;
    report->last_seq = store->state->last_seq;
    report->last_time_ns = store->state->last_time_ns;
    report->took_ns = tw_clock_monotonic_ns() - started;
    status = tw_store_open_session(store, report->ended, older_state, why);
    tw_state_free(older_state);
    return status;
}

void tw_store_free(tw_store *store) {
    if (!store)
        return;
    /* In a forked child the threads still count as waiting, and to destroy what they wait for would
     * be to wait for them. */
    int forked = store->lock && tw_lock_check(store->lock, NULL);
    if (!forked) {
        tw_committer_close(store->committer);
        tw_durable_free(store->durable);
        tw_intake_close(store->intake);
    } else {
        tw_intake_forget(store->intake);
    }
    tw_state_free(store->state);
    tw_log_close(store->log);
    tw_lock_release(store->lock);
    tw_zone_free(store->zone);
    tw_folder_close(store->folder);
    tw_buffer_free(&store->frame);
    if (!forked) {
        pthread_cond_destroy(&store->wake);
        pthread_mutex_destroy(&store->mutex);
    }
    free(store);
}

static int64_t span_or(int64_t given_ns, int64_t usual_ns) {
    if (given_ns == 0)
        return usual_ns;
    return given_ns < LONGEST_NS ? given_ns : LONGEST_NS;
}

static int new_store(const tw_options *options, tw_store **ret, tw_error *why) {
    if (options->mode && options->mode != TW_MODE_EACH && options->mode != TW_MODE_GROUP)
        return tw_fail(why, TW_E_INVALID, "there is no mode %lld", (long long)options->mode);
    tw_store *store = calloc(1, sizeof *store);
    if (!store)
        return tw_fail(why, TW_E_NOMEM, "no memory for a store");
    pthread_mutex_init(&store->mutex, NULL);
    tw_thread_condition(&store->wake);
    store->one_thread = options->no_thread != 0;
    store->mode = options->mode ? options->mode : TW_MODE_EACH;
    store->commit_delay_ns = span_or(options->commit_delay_ns, DEFAULT_DELAY_NS);
    store->full_wait_ns = span_or(options->full_wait_ns, DEFAULT_FULL_WAIT_NS);
    store->checkpoint_ns = span_or(options->checkpoint_ns, DEFAULT_CHECKPOINT_NS);
    *ret = store;
    return 0;
}

int tw_open(const char *path, const tw_options *options, tw_store **ret, tw_error *why) {
    tw_options none = {.size = sizeof none};
    tw_options given = none;
    tw_store *store = NULL;
    if (!path || !ret || (options && options->size <= sizeof options->size))
        return tw_fail(why, TW_E_INVALID, "path, result or the size of the options are missing");
    if (options)
        memcpy(&given, options, options->size < sizeof given ? options->size : sizeof given);
    int status = new_store(&given, &store, why);
    if (!status)
        status = open_folder(store, path, &given, why);
    if (!status)
        status = open_day(store, &given, why);
    /* A session that was said to have begun has begun, in either mode, and others see it. */
    if (!status)
        status = tw_committer_drain(store->committer, why);
    if (status) {
        tw_store_free(store);
        return status;
    }
    int64_t now = tw_clock_monotonic_ns();
    store->checkpoint_due_ns = now + store->checkpoint_ns;
    store->clock_due_ns = now + CLOCK_EVERY_SECONDS * TW_NS_PER_SECOND;
    if (!given.no_thread)
        status = tw_timer_start(store, why);
    if (status) {
        tw_store_free(store);
        return status;
    }
    *ret = store;
    return 0;
}
