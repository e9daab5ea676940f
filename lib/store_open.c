/* The facade: making, opening, rolling and closing a journal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/error.h"
#include "io/clock.h"
#include "io/zone_file.h"
#include "store_internal.h"

/* Never, and a clock can still be added to it. */
#define LONGEST_CHECKPOINT_NS (INT64_MAX / 2)

enum { DEFAULT_CHECKPOINT_SECONDS = 10, CLOCK_EVERY_SECONDS = 3600 };

/* ---- init ---------------------------------------------------------------------------------- */

int tw_init(const char *path, const tw_settings *settings, tw_error *why) {
    struct identity identity;
    struct folder *folder = NULL;
    struct zone *zone = NULL;
    tw_settings known = {.size = sizeof known};
    if (!path || !tw_has_size(settings))
        return tw_fail(why, TW_E_INVALID, "path or settings are missing");
    memcpy(&known, settings, settings->size < sizeof known ? settings->size : sizeof known);
    known.size = sizeof known;
    int status = tw_identity_from_settings(&known, &identity, why);
    if (!status)
        status = tw_zone_load(identity.zone, &zone, why);
    if (!status)
        status = tw_folder_create(path, &folder, why);
    if (!status)
        status = tw_folder_check_file_system(folder, (int)identity.any_file_system, why);
    if (!status)
        status = tw_identity_write(folder, &known, why);
    tw_zone_free(zone);
    tw_folder_close(folder);
    return status;
}

/* ---- days ---------------------------------------------------------------------------------- */

int tw_date_before(const struct folder *folder, int64_t date, int64_t *ret_date, tw_error *why) {
    int64_t count = tw_folder_dates(folder, NULL, 0, why);
    if (count < 0)
        return (int)count;
    int64_t *dates = calloc((size_t)count + 1, sizeof *dates);
    if (!dates)
        return tw_fail(why, TW_E_NOMEM, "no memory for a list of %lld dates", (long long)count);
    int64_t found = tw_folder_dates(folder, dates, (uint64_t)count, why);
    *ret_date = 0;
    for (int64_t i = 0; i < found && i < count; i++)
        if (dates[i] < date)
            *ret_date = dates[i];
    free(dates);
    return found < 0 ? (int)found : 0;
}

int tw_day_end(const struct folder *folder, const uint8_t uuid[16], int64_t date,
               struct log_head *ret_head, struct state **ret_state, tw_error *why) {
    struct log *log;
    struct recovered end;
    struct recover_limit limit = {.one_thread = 1};
    int status = tw_log_open(folder, date, TW_LOG_READ, &log, why);
    if (status)
        return tw_fail_in(why, status, "the day file of %lld", (long long)date);
    status = tw_log_check_journal(log, uuid, why);
    if (!status)
        status = tw_log_head(log, ret_head, why);
    if (!status && ret_state) {
        status = tw_recover_day(log, &limit, &end, why);
        if (!status)
            *ret_state = end.state;
    }
    tw_log_close(log);
    return status ? tw_fail_in(why, status, "the day file of %lld", (long long)date) : 0;
}

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

int tw_store_open_session(tw_store *store, int64_t resumed, tw_error *why) {
    char host[TW_HOST_BYTES], digest[TW_DIGEST_TEXT_BYTES];
    uint64_t count;
    tw_clock_host(host);
    tw_digest_text(store->digest, digest);
    tw_event event = {.size = sizeof event, .type = TW_TYPE_session_opened};
    tw_session_opened *opened = &event.as.session_opened;
    opened->account = store->identity.account;
    opened->environment = store->identity.environment;
    opened->zone = store->identity.zone;
    opened->host = host;
    opened->pid = getpid();
    opened->version = TW_VERSION;
    opened->resumed = resumed;
    opened->currency = store->identity.currency;
    opened->cost_method = store->identity.cost_method;
    opened->previous_digest = digest;
    int status = tw_store_append_locked(store, &event, 1, 1, &count, why);
    return status ? status : append_clock(store, why);
}

static int close_session(tw_store *store, const char *reason, tw_error *why) {
    tw_event event = {.size = sizeof event, .type = TW_TYPE_session_closed};
    uint64_t count;
    event.as.session_closed.reason = reason;
    return tw_store_append_locked(store, &event, 1, 1, &count, why);
}

int tw_store_tick_locked(tw_store *store, tw_error *why) {
    int64_t now = tw_clock_monotonic_ns();
    int status = 0;
    if (now >= store->clock_due_ns) {
        store->clock_due_ns = now + CLOCK_EVERY_SECONDS * TW_NS_PER_SECOND;
        status = append_clock(store, why);
    }
    if (!status && store->checkpoint_ns > 0 && now >= store->checkpoint_due_ns) {
        if (store->checkpoint_ns > LONGEST_CHECKPOINT_NS)
            store->checkpoint_ns = LONGEST_CHECKPOINT_NS;
        store->checkpoint_due_ns = now + store->checkpoint_ns;
        status = tw_store_checkpoint_locked(store, why);
    }
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
                       "the journal has trading date %lld already, a session of %lld cannot be "
                       "opened",
                       (long long)newest, (long long)date);
    *ret_date = date;
    return 0;
}

/* Where the chain stands before a new day: at the end of the newest older one. */
static int make_day(tw_store *store, int64_t date, int64_t older, tw_error *why) {
    struct log_origin origin = {.date = date};
    struct log_head head = {0};
    memcpy(origin.uuid, store->identity.uuid, sizeof origin.uuid);
    if (older) {
        int status = tw_day_end(store->folder, store->identity.uuid, older, &head, NULL, why);
        if (status)
            return status;
        memcpy(origin.previous_digest, head.digest, sizeof origin.previous_digest);
        origin.previous_seq = head.last_seq;
    }
    return tw_log_create(store->folder, date, &origin, why);
}

static int load_day(tw_store *store, int64_t date, int64_t older, tw_error *why) {
    int status = tw_log_open(store->folder, date, TW_LOG_WRITE, &store->log, why);
    if (status == TW_E_NOT_FOUND) {
        status = make_day(store, date, older, why);
        if (!status)
            status = tw_log_open(store->folder, date, TW_LOG_WRITE, &store->log, why);
    }
    if (!status)
        status = tw_log_check_journal(store->log, store->identity.uuid, why);
    struct recover_limit limit = {.one_thread = store->one_thread};
    struct recovered found;
    if (!status)
        status = tw_recover_day(store->log, &limit, &found, why);
    if (status)
        return status;
    store->state = found.state;
    if (found.state->last_seq)
        store->durable_seq = found.state->last_seq;
    memcpy(store->digest, found.digest, sizeof store->digest);
    tw_recover_attach(store->state, store->log);
    store->snapshot_seq = found.snapshot_seq;
    store->recovery.snapshot_seq = found.snapshot_seq;
    store->recovery.snapshots_bad = found.snapshots_bad;
    store->recovery.replayed = found.replayed;
    return 0;
}

/* How the last session ended: today's, or else that of the newest older day. What cannot be read of
 * an older day does not keep today from starting: it counts as a crash, and the report says which
 * day. */
static void describe_end(tw_store *store, int64_t older) {
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
    tw_state_free(older_state);
}

static int open_day(tw_store *store, const tw_options *options, tw_error *why) {
    int64_t date = 0, older = 0;
    int64_t started = tw_clock_monotonic_ns();
    int status = choose_date(store, options, &date, &older, why);
    if (!status)
        status = load_day(store, date, older, why);
    if (status)
        return status;
    describe_end(store, older);
    tw_recovery *report = &store->recovery;
    report->size = sizeof *report;
    report->trading_date = date;
    report->older_date = older;
    report->first_seq = store->state->first_seq;
    report->last_seq = store->state->last_seq;
    report->last_time_ns = store->state->last_time_ns;
    report->took_ns = tw_clock_monotonic_ns() - started;
    return tw_store_open_session(store, report->ended, why);
}

static void free_store(tw_store *store) {
    if (!store)
        return;
    /* In a forked child the timer thread still counts as waiting, and to destroy what it waits for
     * would be to wait for it. */
    int forked = store->lock && tw_lock_check(store->lock, NULL);
    tw_state_free(store->state);
    tw_log_close(store->log);
    tw_lock_release(store->lock);
    tw_zone_free(store->zone);
    tw_folder_close(store->folder);
    tw_buffer_free(&store->records);
    tw_buffer_free(&store->image);
    if (store->durable_fd >= 0)
        close(store->durable_fd);
    if (!forked) {
        pthread_cond_destroy(&store->wake);
        pthread_mutex_destroy(&store->mutex);
    }
    free(store);
}

static int new_store(tw_store **ret, tw_error *why) {
    tw_store *store = calloc(1, sizeof *store);
    if (!store)
        return tw_fail(why, TW_E_NOMEM, "no memory for a store");
    store->durable_fd = -1;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->wake, &attributes);
    pthread_condattr_destroy(&attributes);
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
    int status = new_store(&store, why);
    if (!status)
        store->one_thread = given.no_thread != 0;
    if (!status)
        status = open_folder(store, path, &given, why);
    if (!status)
        status = open_day(store, &given, why);
    if (status) {
        free_store(store);
        return status;
    }
    int64_t now = tw_clock_monotonic_ns();
    store->checkpoint_ns = given.checkpoint_ns;
    if (store->checkpoint_ns == 0)
        store->checkpoint_ns = DEFAULT_CHECKPOINT_SECONDS * TW_NS_PER_SECOND;
    if (store->checkpoint_ns > LONGEST_CHECKPOINT_NS)
        store->checkpoint_ns = LONGEST_CHECKPOINT_NS;
    store->checkpoint_due_ns = now + store->checkpoint_ns;
    store->clock_due_ns = now + CLOCK_EVERY_SECONDS * TW_NS_PER_SECOND;
    if (!given.no_thread)
        status = tw_timer_start(store, why);
    if (status) {
        free_store(store);
        return status;
    }
    *ret = store;
    return 0;
}

/* ---- close and roll ------------------------------------------------------------------------ */

void tw_abandon(tw_store *store) {
    if (!store)
        return;
    tw_timer_stop(store);
    free_store(store);
}

int tw_close(tw_store *store, const char *reason, tw_error *why) {
    if (!store)
        return 0;
    int status = tw_lock_check(store->lock, why);
    if (status) {
        /* A forked child lets go of its copy and leaves the parent's files alone. */
        free_store(store);
        return status;
    }
    int unsaid = 0;
    tw_timer_stop(store);
    status = tw_store_enter(store, why);
    if (!status) {
        status = close_session(store, reason ? reason : "closed", why);
        /* A reason that cannot be recorded is an error, but no crash. */
        if (status == TW_E_TEXT || status == TW_E_RANGE)
            unsaid = status;
        if (unsaid)
            status = close_session(store, "closed", NULL);
        if (!status)
            status = tw_store_checkpoint_locked(store, why);
        tw_store_leave(store);
    }
    if (!status) {
        status = tw_log_close_trimmed(store->log, why);
        store->log = NULL;
    }
    free_store(store);
    return status ? status : unsaid;
}

static int roll_locked(tw_store *store, int64_t date, tw_error *why) {
    int64_t today = tw_log_date(store->log);
    if (!tw_date_valid(date) || date <= today)
        return tw_fail(why, TW_E_DATE, "cannot roll from %lld to %lld, expected a later date",
                       (long long)today, (long long)date);
    int status = close_session(store, "the trading date is over", why);
    /* A snapshot for which there is no room is none that the day needs: its log has everything. To
     * stop here would leave a day whose session is closed and that takes no event any more. */
    int saved = status ? status : tw_store_checkpoint_locked(store, why);
    if (status || (saved && store->failed))
        return saved;
    /* From here on a failure leaves no day to write to: only opening the journal again helps. */
    tw_recovery opened = store->recovery;
    store->failed = 1;
    tw_state_free(store->state);
    store->state = NULL;
    status = tw_log_close_trimmed(store->log, why);
    store->log = NULL;
    if (!status)
        status = load_day(store, date, today, why);
    store->recovery = opened;
    if (!status)
        status = tw_store_open_session(store, TW_RESUMED_CLEAN, why);
    if (!status)
        store->failed = 0;
    return status;
}

int tw_roll(tw_store *store, int64_t trading_date, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    status = roll_locked(store, trading_date, why);
    tw_store_leave(store);
    return status;
}
