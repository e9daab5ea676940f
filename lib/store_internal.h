/* What the files of the facade share. */
#ifndef TW_STORE_INTERNAL_H
#define TW_STORE_INTERNAL_H

#include <pthread.h>

#include "base/give.h"
#include "base/zone.h"
#include "core/codec.h"
#include "io/committer.h"
#include "io/durable.h"
#include "io/identity.h"
#include "io/intake.h"
#include "io/lock.h"
#include "io/log.h"
#include "io/recover.h"
#include "tradewal.h"

struct tw_store {
    pthread_mutex_t mutex; /* over everything below */
    pthread_cond_t wake;   /* tells the timer thread to look again */
    pthread_t timer;
    int timer_runs;
    int stopping;
    int failed; /* latched: there is no day to write to. See also tw_durable_failed */
    struct folder *folder;
    struct lock *lock;
    struct identity identity;
    struct zone *zone;
    struct log *log; /* for reading; the committer writes it */
    struct intake *intake;
    struct durable *durable;
    struct committer *committer;
    struct state *state;
    uint64_t written_seq; /* last record that was written to intake or log */
    struct buffer frame;  /* reused for encoding */
    int one_thread;       /* the host wants no other in its process */
    int64_t mode;         /* TW_MODE_* */
    int64_t commit_delay_ns, full_wait_ns;
    int64_t checkpoint_ns;                   /* between checkpoints; below 0: on demand only */
    int64_t checkpoint_due_ns, clock_due_ns; /* monotonic */
    tw_recovery recovery;
};

/* With the mutex held. Fills in what the store knows, checks, writes and folds. `all`: all or none;
 * else the leading ones that pass. *ret_count: how many went in; on refusal, which one it was. */
int tw_store_append_locked(tw_store *store, const tw_event *events, uint64_t count, int all,
                           uint64_t *ret_count, tw_error *why);
int tw_store_tick_locked(tw_store *store, tw_error *why);

/* Everything that was appended, and a snapshot of it, into the day file. */
int tw_store_checkpoint_locked(tw_store *store, uint64_t *ret_seq, tw_error *why);

/* Without the mutex: in TW_MODE_EACH waits until what was appended up to seq is durable. */
int tw_store_settle(tw_store *store, uint64_t seq, tw_error *why);

/* With the mutex held: the state as intake and log have it, folded again: all of the day, or from
 * the newest snapshot. `log` may be another handle on the day. */
int tw_store_fold_again(tw_store *store, struct log *log, struct recovered *found, tw_error *why);
int tw_store_replace_state(tw_store *store, int whole_day, tw_error *why);

/* Takes the mutex after making sure that the handle may be used. TW_E_INVALID, FORKED, FAILED. */
int tw_store_enter(tw_store *store, tw_error *why);
/* The same for looking: a failed handle may still be looked at. */
int tw_store_enter_to_look(tw_store *store);
void tw_store_leave(tw_store *store);

/* Opens the session's records: session_opened and clock; on a new date, `older` is the state in
 * which the day before ended (or NULL), and the gate of a salvage that is closed there is closed
 * again. */
int tw_store_open_session(tw_store *store, int64_t resumed, const struct state *older,
                          tw_error *why);

/* How the reason of the gate begins that a salvage closes. */
#define TW_SALVAGE_GATE "D38: salvaged from a damaged journal, "

/* Makes a date the day that is written: the day file opened or made, what the intake holds brought
 * into it, the state recovered, the committer started. The older date is the newest one before it,
 * 0 if there is none. */
int tw_store_load_day(tw_store *store, int64_t date, int64_t older, tw_error *why);

/* The same in a roll: nothing is in the intake, and committer and waiters go on. */
int tw_store_load_next_day(tw_store *store, int64_t date, int64_t older, tw_error *why);

/* Lets go of everything, as a crash would. */
void tw_store_free(tw_store *store);

int tw_timer_start(tw_store *store, tw_error *why);
void tw_timer_stop(tw_store *store);

/* The end of a day file: its head, and the state there when ret_state is not NULL. */
int tw_day_end(const struct folder *folder, const uint8_t uuid[16], int64_t date,
               struct log_head *ret_head, struct state **ret_state, tw_error *why);

/* The state with all of the day's history, and its date. Without the mutex held. */
int tw_store_whole_day(tw_store *store, struct recovered *ret, int64_t *ret_date, tw_error *why);
/* The same, and on success the mutex is held: nothing has been appended since. */
int tw_store_whole_day_held(tw_store *store, struct recovered *ret, int64_t *ret_date,
                            tw_error *why);

/* How many orders and executions were logged on which day: what an answer goes stale by. */
struct traded {
    int64_t date;
    int64_t records;
};
int tw_store_traded(tw_store *store, struct traded *ret, tw_error *why);

/* tw_store_reconcile and tw_store_apply with nothing appended in between. *ret_events: how many
 * were appended. TW_E_STALE when anything was traded since, unless `since` is NULL. */
int tw_store_reconcile_and_apply(tw_store *store, const tw_answer *answer,
                                 const struct traded *since, tw_proposal **ret,
                                 uint64_t *ret_events, tw_error *why);

/* Opens a day file of a journal for reading. TW_E_NOT_FOUND. */
int tw_journal_log(tw_journal *journal, int64_t date, struct log **ret, tw_error *why);

/* Compares where a day begins with where the newest older one ends; without an older one there is
 * nothing to compare. TW_E_DAMAGED when a day between them is missing, or one was exchanged. */
int tw_journal_check_before(tw_journal *journal, const struct log *log, tw_error *why);

/* The newest day file before a date; 0 when there is none. */
int tw_date_before(const struct folder *folder, int64_t date, int64_t *ret_date, tw_error *why);

#endif
