/* tradewal: a live trading process keeps its day across its own death.
 *
 * This header is the manual of the library. Rules that hold for all of it:
 *
 * - Prices, quantities and money are int64 in units of 1e-8 and end in _e8; times are UTC
 *   nanoseconds since 1970 and end in _ns; a trading date is the number yyyymmdd. A bare number is
 *   a count. `seq` counts from 1.
 * - What may be unknown is a tw_maybe. Zeroed memory means unknown, never 0.
 * - Calls return 0, or a negative TW_E_ number. Results come through `ret` (written only on
 *   success), detail through `why` (means something only after a failure; may be NULL). A call that
 *   fails has changed nothing.
 * - Every struct but tw_maybe and tw_error starts with `size`: set it to sizeof before the call.
 *   Members are only ever appended.
 * - Text is UTF-8, NUL-terminated, without control characters; NULL is unknown. Pointers you pass
 *   in are not kept after return; pointers you get stay valid as long as each function says.
 * - A tw_store may be used by any thread of the process that opened it. Other objects belong to one
 *   thread at a time. No handle crosses fork: in the child every call is TW_E_FORKED.
 */
#ifndef TRADEWAL_H
#define TRADEWAL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TW_API __attribute__((visibility("default")))
#else
#define TW_API
#endif

#define TW_VERSION "0.3.0"
#define TW_E8      INT64_C(100000000) /* one, in units of 1e-8 */

/* ---- errors -------------------------------------------------------------------------------- */

enum {
#define TW_ERROR(number, name, happened, remedy) TW_E_##name = -(number),
#include "tradewal_errors.def"
#undef TW_ERROR
    TW_OK = 0
};

/* One line about a failure: what was found, what was expected. Fixed for ever; needs no size. */
typedef struct tw_error {
    int64_t code;
    char text[504];
} tw_error;

/* "DUPLICATE", what happened, and what to do about it; "UNKNOWN" for a number that is no error. */
TW_API const char *tw_error_name(int code);
TW_API const char *tw_error_happened(int code);
TW_API const char *tw_error_remedy(int code);
TW_API const char *tw_version(void);

/* ---- numbers ------------------------------------------------------------------------------- */

typedef struct tw_maybe {
    int64_t value; /* 0 where known is 0 */
    int64_t known; /* 1 or 0 */
} tw_maybe;

TW_API tw_maybe tw_known(int64_t value);

/* "445.25" to 44525000000, exactly: TW_E_PARSE, or TW_E_RANGE beyond eight decimals or 64 bits. */
TW_API int tw_e8_parse(const char *text, int64_t *ret);

/* The shortest exact text into `out`, at least 24 bytes. Returns its length. */
TW_API int tw_e8_format(int64_t value_e8, char *out, uint64_t room);

/* ---- events: expanded from the one list ---------------------------------------------------- */

/* TW_<ENUM>_<VALUE>; 0 is "not said" where a field may be unknown. */
#define TW_ENUM(name, sentence)              enum {
#define TW_VALUE(of, number, constant, text) TW_VALUE_##of(constant, number)
#define TW_ENUM_END(name) \
    }                     \
    ;
#define TW_VALUE_source(constant, number)         TW_SOURCE_##constant = number,
#define TW_VALUE_environment(constant, number)    TW_ENVIRONMENT_##constant = number,
#define TW_VALUE_resumed(constant, number)        TW_RESUMED_##constant = number,
#define TW_VALUE_cost_method(constant, number)    TW_COST_METHOD_##constant = number,
#define TW_VALUE_overnight(constant, number)      TW_OVERNIGHT_##constant = number,
#define TW_VALUE_side(constant, number)           TW_SIDE_##constant = number,
#define TW_VALUE_action(constant, number)         TW_ACTION_##constant = number,
#define TW_VALUE_purpose(constant, number)        TW_PURPOSE_##constant = number,
#define TW_VALUE_order_status(constant, number)   TW_ORDER_##constant = number,
#define TW_VALUE_fill_kind(constant, number)      TW_FILL_##constant = number,
#define TW_VALUE_stop_reason(constant, number)    TW_STOP_##constant = number,
#define TW_VALUE_pnl_reason(constant, number)     TW_PNL_##constant = number,
#define TW_VALUE_completeness(constant, number)   TW_ANSWER_##constant = number,
#define TW_VALUE_finding_action(constant, number) TW_FINDING_##constant = number,
#define TW_VALUE_gate_state(constant, number)     TW_GATE_##constant = number,
#include "tradewal_events.def"

/* TW_TYPE_<event>: the number of the event type. */
enum {
#define TW_EVENT(number, name, sentence) TW_TYPE_##name = number,
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    TW_TYPE_OPAQUE = 0 /* a record of a type this version does not know */
};

/* One struct per event type, tw_fill and so on: what each field is stands in docs/events.md. */
#define TW_MEMBER_TEXT_REQUIRED(name)    const char *name;
#define TW_MEMBER_TEXT_OPTIONAL(name)    const char *name;
#define TW_MEMBER_SYMBOL_REQUIRED(name)  const char *name;
#define TW_MEMBER_SYMBOL_OPTIONAL(name)  const char *name;
#define TW_MEMBER_PRICE_REQUIRED(name)   int64_t name##_e8;
#define TW_MEMBER_PRICE_OPTIONAL(name)   tw_maybe name##_e8;
#define TW_MEMBER_QTY_REQUIRED(name)     int64_t name##_e8;
#define TW_MEMBER_QTY_OPTIONAL(name)     tw_maybe name##_e8;
#define TW_MEMBER_AMOUNT_REQUIRED(name)  int64_t name##_e8;
#define TW_MEMBER_AMOUNT_OPTIONAL(name)  tw_maybe name##_e8;
#define TW_MEMBER_MONEY_REQUIRED(name)   int64_t name##_e8;
#define TW_MEMBER_MONEY_OPTIONAL(name)   tw_maybe name##_e8;
#define TW_MEMBER_DECIMAL_REQUIRED(name) int64_t name##_e8;
#define TW_MEMBER_DECIMAL_OPTIONAL(name) tw_maybe name##_e8;
#define TW_MEMBER_COUNT_REQUIRED(name)   int64_t name;
#define TW_MEMBER_COUNT_OPTIONAL(name)   tw_maybe name;
#define TW_MEMBER_ID_REQUIRED(name)      int64_t name;
#define TW_MEMBER_ID_OPTIONAL(name)      tw_maybe name;
#define TW_MEMBER_TIME_REQUIRED(name)    int64_t name##_ns;
#define TW_MEMBER_TIME_OPTIONAL(name)    tw_maybe name##_ns;
#define TW_MEMBER_DATE_REQUIRED(name)    int64_t name;
#define TW_MEMBER_DATE_OPTIONAL(name)    tw_maybe name;
#define TW_MEMBER_ENUM_REQUIRED(name)    int64_t name;
#define TW_MEMBER_ENUM_OPTIONAL(name)    int64_t name;
#define TW_MEMBER_BOOL_REQUIRED(name)    int64_t name;
#define TW_MEMBER_BYTES_REQUIRED(name) \
    const void *name;                  \
    uint64_t name##_size;

#define TW_EVENT(number, name, sentence) \
    typedef struct tw_##name {           \
        uint64_t size;
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    TW_MEMBER_##kind##_##need(member)
#define TW_EVENT_END(name) \
    }                      \
    tw_##name;
#include "tradewal_events.def"

/* An event with what every record has. `seq` and `trading_date` are the store's to set: 0 on the
 * way in (or the session's own date). time_ns 0 is "now"; source 0 is host. `corr` is the trade
 * idea it belongs to (at most 64 bytes), `cause` the seq that led to it, 0 if none. The size of the
 * struct inside `as` need not be set. */
typedef struct tw_event {
    uint64_t size;
    int64_t type;
    uint64_t seq;
    int64_t time_ns;
    int64_t trading_date;
    int64_t source;
    const char *corr;
    uint64_t cause;
    union {
#define TW_EVENT(number, name, sentence) tw_##name name;
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    } as;
} tw_event;

/* "fill" for TW_TYPE_fill; "opaque" for any other number. */
TW_API const char *tw_type_name(int64_t type);

/* ---- journal ------------------------------------------------------------------------------- */

/* What `init` fixes for the life of a journal. NULL and 0 mean the default in brackets. */
typedef struct tw_settings {
    uint64_t size;
    const char *account;     /* required; [A-Za-z0-9._-]{1,64} */
    int64_t environment;     /* required */
    const char *zone;        /* [America/New_York] */
    const char *currency;    /* [USD] */
    int64_t overnight;       /* [reject] */
    int64_t cost_method;     /* [average] */
    int64_t roll_seconds;    /* local time of day at which a trading date begins [0] */
    int64_t any_file_system; /* 1: accept a file system that cannot keep the promises [0] */
} tw_settings;

/* Makes a journal in a directory that does not exist yet or is empty. Durable when it returns.
 * TW_E_EXISTS, TW_E_FILE_SYSTEM, TW_E_PERMISSION, TW_E_NO_SPACE, TW_E_IO, TW_E_INVALID. */
TW_API int tw_init(const char *path, const tw_settings *settings, tw_error *why);

typedef struct tw_journal tw_journal; /* a journal, to be looked at only */
typedef struct tw_store tw_store;     /* a journal, to be written by this process alone */
typedef struct tw_cursor tw_cursor;   /* a walk over the records of one day */
typedef struct state tw_state;        /* the fold of a day's records */
typedef struct proposal tw_proposal;  /* what reconcile proposes */

/* Opens for looking. Creates nothing, changes nothing, never holds up the writer, and works on a
 * copied journal too. TW_E_NOT_JOURNAL, TW_E_NEWER, TW_E_DAMAGED, TW_E_PERMISSION, TW_E_IO. */
TW_API int tw_journal_open(const char *path, tw_journal **ret, tw_error *why);
TW_API void tw_journal_close(tw_journal *journal);

/* The settings of the journal; text lives as long as the journal. */
TW_API int tw_journal_settings(const tw_journal *journal, tw_settings *ret);

/* Trading dates that have a day file, ascending; at most `room` are written. Returns how many there
 * are, or an error. */
TW_API int64_t tw_journal_dates(const tw_journal *journal, int64_t *ret, uint64_t room);

typedef struct tw_day {
    uint64_t size;
    int64_t trading_date;
    uint64_t first_seq; /* of its first record; 0 if it has none */
    uint64_t last_seq;
    int64_t last_time_ns;
    uint64_t snapshot_seq; /* newest snapshot; 0 if there is none */
    uint64_t snapshots;    /* how many are kept */
    int64_t file_bytes;
    int64_t used_bytes;
    int64_t last_type;  /* type of the last record: session_closed is a clean end */
    uint8_t digest[32]; /* chain up to last_seq */
    /* Of a journal that no process writes: how many of its records are in the intake alone, until
     * the next start, and how many appends were cut off behind them. */
    uint64_t intake_records;
    uint64_t intake_torn;
} tw_day;

/* TW_E_NOT_FOUND when the date has no day file. */
TW_API int tw_journal_day(tw_journal *journal, int64_t trading_date, tw_day *ret, tw_error *why);

typedef struct tw_writer {
    uint64_t size;
    int64_t alive; /* 1 when a process holds the writer lock now */
    int64_t pid;
    int64_t since_ns;
    char host[72];
    char boot_id[40];
} tw_writer;

/* Who writes the journal, or last did. */
TW_API int tw_journal_writer(tw_journal *journal, tw_writer *ret, tw_error *why);

/* A walk over one day from from_seq (0: the start) to what is durable when the walk gets there; a
 * cursor that has reached the end may be asked again later. A bad record is TW_E_DAMAGED. */
TW_API int tw_cursor_open(tw_journal *journal, int64_t trading_date, uint64_t from_seq,
                          tw_cursor **ret, tw_error *why);
/* 1 and the next event (its text valid until the next call), 0 at the end, or an error. */
TW_API int tw_cursor_next(tw_cursor *cursor, tw_event *ret, tw_error *why);
TW_API void tw_cursor_close(tw_cursor *cursor);

/* How a state was come by. */
typedef struct tw_recovery {
    uint64_t size;
    int64_t trading_date;
    uint64_t last_seq; /* 0: nothing recovered */
    int64_t last_time_ns;
    uint64_t snapshot_seq;  /* the snapshot it started from; 0: folded from the first record */
    uint64_t replayed;      /* records folded after that */
    uint64_t snapshots_bad; /* newer snapshots passed over because they could not be used */
    int64_t ended;          /* TW_RESUMED_*: how the last session of the journal ended */
    int64_t ended_ns;       /* time of its last record; 0 if there was none */
    int64_t older_date;     /* newest date before this one with a day file; 0 if none */
    int64_t took_ns;
    uint64_t first_seq;      /* first record of this day; 0 if it has none */
    uint64_t opened_pid;     /* process id of the last session */
    int64_t opened_ns;       /* start of the last session; 0 if there was none */
    uint64_t intake_records; /* of those recovered: found in the intake alone, not in a day file */
    uint64_t intake_torn;    /* appends cut off by the end of the last session, and dropped */
} tw_recovery;

/* The state at the end of a day (at_seq 0 and at_ns 0), after record at_seq, or after the last
 * record stamped at or before at_ns. With `recovery` NULL the whole day is folded, so that the
 * state has all executions and closed trades; else it starts from the newest snapshot, as tw_open
 * does, and says so. Free it with tw_state_free. TW_E_NOT_FOUND, TW_E_DAMAGED, TW_E_NEWER. */
TW_API int tw_journal_state(tw_journal *journal, int64_t trading_date, uint64_t at_seq,
                            int64_t at_ns, tw_state **ret, tw_recovery *recovery, tw_error *why);

typedef struct tw_verify_report {
    uint64_t size;
    uint64_t records;
    uint64_t snapshots;
    uint64_t executions;
    int64_t trading_date;
    uint8_t digest[32];
} tw_verify_report;

/* Checks a day through and through: file structure, frames, sequence, chain, execution index, head,
 * and that every snapshot is the fold of the records it covers. The first thing that is wrong is
 * TW_E_DAMAGED with its place in `why`. Run it in a process of its own on a foreign file. */
TW_API int tw_journal_verify(tw_journal *journal, int64_t trading_date, tw_verify_report *ret,
                             tw_error *why);

/* ---- writing ------------------------------------------------------------------------------- */

typedef struct tw_options {
    uint64_t size;
    const char *account;   /* refuse a journal of another account; NULL: do not compare */
    int64_t environment;   /* refuse live for paper and paper for live; 0: do not compare */
    int64_t trading_date;  /* 0: from the clock, the zone and the roll-over time */
    int64_t checkpoint_ns; /* time between checkpoints; 0: 10 s; -1: none but on demand */
    int64_t no_thread;     /* 1: no thread of the library; the host calls tw_tick */
    int64_t mode;          /* TW_MODE_*; 0: TW_MODE_EACH */
    /* An event is in the day file, for other processes to see, at most so long after its append
     * (more while the disk is slower than that); 0: 100 ms. */
    int64_t commit_delay_ns;
    int64_t full_wait_ns; /* how long an append waits for room in the intake; 0: 1 s; -1: not */
} tw_options;

/* What an append has made sure of when it returns 0. */
enum {
    TW_MODE_EACH = 1, /* the event survives loss of power: one write, one flush */
    /* The event survives the death of the process: one write. It survives loss of power when
     * tw_wait says so, or tw_durable_seq, at the latest when the commit delay is over. */
    TW_MODE_GROUP = 2
};

/* Opens for writing: takes the lock, checks the files, recovers today's state from the newest good
 * snapshot and the records after it, and appends session_opened. A later trading date than the
 * newest day file makes a new day file, an earlier one is TW_E_DATE. TW_E_BUSY names the other
 * writer. TW_E_OPEN_TWICE, TW_E_OTHER_ACCOUNT, TW_E_NOT_JOURNAL, TW_E_NEWER, TW_E_DAMAGED,
 * TW_E_FILE_SYSTEM, TW_E_READ_ONLY, TW_E_PERMISSION, TW_E_NO_SPACE, TW_E_IO. */
TW_API int tw_open(const char *path, const tw_options *options, tw_store **ret, tw_error *why);

/* A clean end: session_closed with `reason`, a last checkpoint, files closed. The store is gone
 * afterwards whatever is returned; a reason that cannot be recorded is an error after a clean end.
 * NULL store is fine. */
TW_API int tw_close(tw_store *store, const char *reason, tw_error *why);

/* Drops the handle as a crash would: nothing more is written. For a host that must not touch the
 * journal again after TW_E_FAILED, and for tests. */
TW_API void tw_abandon(tw_store *store);

/* What tw_open found. */
TW_API int tw_store_recovery(tw_store *store, tw_recovery *ret);
/* The text in it lives as long as the store. */
TW_API int tw_store_settings(tw_store *store, tw_settings *ret);
TW_API int64_t tw_store_date(tw_store *store);

/* Appends one event: checked against the state, written, then part of the state. When it returns 0
 * the event survives what the mode says. DUPLICATE (of an execution), REFUSED, GATED, DATE and FULL
 * change nothing. FULL: the disk has no room; entries are refused first, exits last, after
 * full_wait_ns. After any other error of the disk the handle is FAILED for good, and whether this
 * event was written is known when the journal is opened again. `ret_seq` may be NULL. Where
 * sessions begin and end the store records itself: REFUSED from a host. */
TW_API int tw_append(tw_store *store, const tw_event *event, uint64_t *ret_seq, tw_error *why);

/* All or none, in one write; each is checked against the state the ones before it make.
 * `ret_first_seq` and `ret_bad` (index of the event that was refused) may be NULL. */
TW_API int tw_append_batch(tw_store *store, const tw_event *events, uint64_t count,
                           uint64_t *ret_first_seq, uint64_t *ret_bad, tw_error *why);

/* Appends events up to the first that is refused, in one write: *ret_count says how many went
 * in. 0 when all did, else the error of the first that did not. For input where a refusal is news,
 * not a failure. */
TW_API int tw_append_leading(tw_store *store, const tw_event *events, uint64_t count,
                             uint64_t *ret_first_seq, uint64_t *ret_count, tw_error *why);

/* tw_append_<event>: the same for one type, stamped now, from the host. */
#define TW_EVENT(number, name, sentence)                                                    \
    TW_API int tw_append_##name(tw_store *store, const tw_##name *event, uint64_t *ret_seq, \
                                tw_error *why);
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"

/* The highest seq that survives power loss. */
TW_API uint64_t tw_durable_seq(tw_store *store);

/* Returns when seq is durable: TW_E_TIMEOUT after timeout_ns, TW_E_FAILED. -1: as long as it takes,
 * with the flush in this thread or in that of another who waits. 0 asks for the flush and returns
 * at once. With no_thread the flush is always made here and takes its time. */
TW_API int tw_wait(tw_store *store, uint64_t seq, int64_t timeout_ns, tw_error *why);

/* A descriptor for event loops: readable when tw_durable_seq has moved, or the handle has failed,
 * since it was last read (8 bytes, as of eventfd(2); reading does not block). It belongs to the
 * store and is closed with it. Returns it, or TW_E_IO, TW_E_FORKED. */
TW_API int tw_durable_fd(tw_store *store, tw_error *why);

/* Ends the current trading date (session_closed, checkpoint) and begins a later one in a new day
 * file (session_opened). What the old day left open is not carried on by itself: see
 * docs/reconcile.md, overnight. TW_E_DATE for a date that is not later. */
TW_API int tw_roll(tw_store *store, int64_t trading_date, tw_error *why);

/* Writes a snapshot now; nothing to do when nothing is new. `ret_seq` (may be NULL): what it
 * covers. */
TW_API int tw_checkpoint(tw_store *store, uint64_t *ret_seq, tw_error *why);

/* For hosts without threads of the library: brings into the day file what the commit delay has made
 * due, takes a checkpoint if one is, does hourly duties. */
TW_API int tw_tick(tw_store *store, tw_error *why);

/* ---- what the state says ------------------------------------------------------------------- */

typedef struct tw_position {
    uint64_t size;
    const char *symbol;      /* of a state: lives as long; of a store: the one you passed */
    int64_t side;            /* 0: flat */
    int64_t qty_e8;          /* open quantity */
    int64_t shares_e8;       /* entered in this trade */
    tw_maybe entry_price_e8; /* average cost of what is open */
    int64_t entry_time_ns;
    tw_maybe pivot_e8, stop_e8, target1_e8, target2_e8;
    int64_t stop_reason; /* TW_STOP_*, 0: not said */
    int64_t realized_e8; /* booked else computed, of this trade, fees taken off */
    int64_t partials;    /* partial exits taken */
    int64_t estimated;   /* 1: adopted from the broker, origin not known for sure */
    int64_t gated;       /* 1: no new entries in this symbol */
} tw_position;

/* TW_E_NOT_FOUND when the symbol was never seen today. */
TW_API int tw_store_position(tw_store *store, const char *symbol, tw_position *ret, tw_error *why);

/* Attempts taken today at (symbol, side, level). */
TW_API int tw_store_attempts(tw_store *store, const char *symbol, int64_t side, tw_maybe level_e8,
                             int64_t *ret);

/* 1 when a gate is closed for new entries in the symbol (NULL: for all). */
TW_API int tw_store_gated(tw_store *store, const char *symbol);

/* The day's P&L in the base currency; *ret_complete is 0 while some of it is not known. */
TW_API int tw_store_pnl(tw_store *store, int64_t *ret_e8, int64_t *ret_complete);

/* A copy of the state with all of the day's history, folded from the log; free it. */
TW_API int tw_store_state(tw_store *store, tw_state **ret, tw_error *why);

TW_API void tw_state_free(tw_state *state);
TW_API int tw_state_position(const tw_state *state, const char *symbol, tw_position *ret);
/* Positions that are open, by index in order of first trade: TW_E_NOT_FOUND past the end. */
TW_API int tw_state_position_at(const tw_state *state, uint64_t index, tw_position *ret);

/* The state as one JSON object in the shape of docs/events.md. The text is *ret, freed with
 * tw_free. */
TW_API int tw_state_json(const tw_state *state, char **ret, tw_error *why);
TW_API void tw_free(void *memory);

/* ---- broker and reconcile ------------------------------------------------------------------ */

typedef struct tw_holding { /* one position as the broker reports it */
    uint64_t size;
    const char *symbol;
    int64_t qty_e8;       /* short is below 0; 0 is explicitly flat */
    tw_maybe avg_cost_e8; /* per unit of quantity, the multiplier taken out */
    tw_maybe con_id;
    const char *currency;
    const char *sec_type;
    tw_maybe multiplier_e8;
} tw_holding;

typedef struct tw_broker_order { /* one order as the broker reports it */
    uint64_t size;
    const char *order_ref;
    tw_maybe perm_id;
    tw_maybe order_id;
    tw_maybe client_id;
    const char *symbol;
    int64_t action;
    const char *order_type;
    int64_t qty_e8; /* 0: the broker does not say */
    tw_maybe filled_e8;
    tw_maybe limit_e8;
    tw_maybe stop_e8; /* trigger price */
    const char *tif;
    const char *status; /* the broker's word: Submitted, PreSubmitted, Inactive, ... */
    const char *why_held;
    tw_maybe outside_rth;  /* 1: works outside regular hours */
    int64_t completed;     /* 1: from the list of completed orders */
    tw_maybe parent_id;    /* order_id, of the same client, of the order that has to fill first */
    const char *good_till; /* until when it works, in the broker's words; NULL: see tif */
} tw_broker_order;

typedef struct tw_broker_execution {
    uint64_t size;
    const char *exec_id;
    const char *symbol;
    int64_t action;
    int64_t qty_e8;
    int64_t price_e8;
    tw_maybe fee_e8;
    tw_maybe realized_e8; /* the broker's own figure */
    const char *order_ref;
    tw_maybe perm_id;
    tw_maybe time_ns;
    tw_maybe cum_qty_e8;
    const char *currency;
    int64_t kind;   /* TW_FILL_*, 0: trade */
    int64_t busted; /* 1: the broker says it was voided */
} tw_broker_execution;

/* What a broker answered. Each part says how complete it is: 0 is "was not asked". An empty list in
 * a part that is not complete never means flat. */
typedef struct tw_answer {
    uint64_t size;
    const char *broker;  /* which broker, how asked: "file:positions.json" */
    const char *account; /* NULL: the answer does not say */
    int64_t environment; /* 0: the answer does not say */
    tw_maybe as_of_ns;
    int64_t positions_completeness;
    int64_t orders_completeness;    /* open orders of all clients */
    int64_t completed_completeness; /* completed orders */
    int64_t executions_completeness;
    tw_maybe executions_since_ns; /* start of the window; unknown: the trading date */
    const tw_holding *holdings;
    uint64_t holding_count;
    const tw_broker_order *orders;
    uint64_t order_count;
    const tw_broker_execution *executions;
    uint64_t execution_count;
    const char *failure; /* where something failed: what, in words */
} tw_answer;

typedef struct tw_broker tw_broker;

/* Whom to ask:
 *   file:PATH    a JSON file with a broker's answer (docs/reconcile.md)
 *   tws://HOST:PORT?client=N[,N...]
 *                TWS or IB Gateway, through its socket API; nothing is connected before it is
 *                asked. `client` are ids of its own, never 0 and never the trader's. Also
 *                &trader=N, the trader's id, whose executions are asked for by name;
 *                &account=NAME where the login has several; &zone=NAME of times that TWS tells
 *                without one (default America/New_York); &timeout=SECONDS of each question
 *                (default 10); &settle=SECONDS between the two answers about positions that have
 *                to be equal (default 1)
 *   replay:FILE  the tape of such a conversation
 * TW_E_INVALID for anything else; TW_E_BROKER and TW_E_PARSE for a tape that is none. */
TW_API int tw_broker_open(const char *url, tw_broker **ret, tw_error *why);

/* From now on writes all that is said to and by TWS into a file that is not there yet: for a
 * support case, or to be played again. TW_E_INVALID for a broker without a conversation; TW_E_IO.
 */
TW_API int tw_broker_record(tw_broker *broker, const char *path, tw_error *why);
/* Ends that. TW_E_IO when some of it could not be written. Closing the broker ends it too. */
TW_API int tw_broker_record_end(tw_broker *broker, tw_error *why);

/* Asks once. The answer belongs to the broker and lives until the next call on it. */
TW_API int tw_broker_ask(tw_broker *broker, const tw_answer **ret, tw_error *why);

/* Asks up to three times, pausing pause_ns, then twice that (-1: as the kind of broker needs it: a
 * second for TWS, 100 ms for a file). When every try failed the result is an answer whose parts are
 * all failed, with the reason in it (D7), and 0 is returned; errors that another try cannot mend
 * (TW_E_INCOMPLETE, TW_E_PARSE) are returned at once. */
TW_API int tw_broker_ask_patiently(tw_broker *broker, int64_t pause_ns, const tw_answer **ret,
                                   tw_error *why);
TW_API void tw_broker_close(tw_broker *broker);

/* Compares the state with an answer. Pure: nothing is written. `older` is the state of the newest
 * day before, or NULL: where a position was held overnight its metadata comes from there. An answer
 * that does not say how complete its positions are is TW_E_INCOMPLETE; one that contradicts itself
 * or is older than the last execution of the log TW_E_BROKER; of another account
 * TW_E_OTHER_ACCOUNT. TW_E_HISTORY when the state was started from a snapshot and the answer
 * reaches behind it: fold the whole day. TW_E_DATE when `older` is not older; TW_E_RANGE,
 * TW_E_TEXT. Free the result. */
TW_API int tw_reconcile(const tw_state *state, const tw_answer *answer, const tw_state *older,
                        int64_t overnight, tw_proposal **ret, tw_error *why);

/* The same against the store's state, the older day found by itself. */
TW_API int tw_store_reconcile(tw_store *store, const tw_answer *answer, tw_proposal **ret,
                              tw_error *why);

/* Appends what was proposed in one batch. TW_E_STALE when anything was appended since the proposal
 * was made. A proposal without anything new appends nothing. */
TW_API int tw_store_apply(tw_store *store, const tw_proposal *proposal, tw_error *why);

typedef struct tw_finding_view {
    uint64_t size;
    const char *case_id; /* D1 to D41; text lives as long as the proposal */
    const char *symbol;  /* NULL where it is about no symbol */
    const char *about;   /* order or execution, NULL */
    const char *ours;
    const char *theirs;
    const char *text;
    int64_t action;   /* TW_FINDING_* */
    int64_t critical; /* 1: shown first */
    int64_t fresh;    /* 1: not in the log yet */
    int64_t differs;  /* 0: the two sides agree (D1) */
} tw_finding_view;

TW_API uint64_t tw_proposal_findings(const tw_proposal *proposal);
TW_API int tw_proposal_finding(const tw_proposal *proposal, uint64_t index, tw_finding_view *ret);
/* The events that applying it would append. */
TW_API uint64_t tw_proposal_events(const tw_proposal *proposal);
TW_API const tw_event *tw_proposal_event(const tw_proposal *proposal, uint64_t index);
TW_API void tw_proposal_free(tw_proposal *proposal);

/* ---- recover: all of that in one call ------------------------------------------------------- */

/* What a recover came to. Counts are of findings and events. */
typedef struct tw_recover_report {
    uint64_t size;
    int64_t tries; /* times the broker was asked: 1 to 3 */
    /* 1: no complete answer about positions came. The state is from the log alone, positions may
     * have drifted from it, and `warning` says why. */
    int64_t log_only;
    int64_t entries_gated; /* 1: no new entries in any symbol, whoever closed that gate, or it is
                            * not known */
    uint64_t findings;     /* what was compared, with what agrees */
    uint64_t differ;       /* of them: the two sides do not agree */
    uint64_t critical;     /* of them: shown first */
    uint64_t events;       /* appended; 0: nothing new */
    char broker[256];      /* who answered, or who was asked */
    char warning[512];     /* why D7 halts entries, also where an operator has opened their gate
                            * all the same (entries_gated is 0 then); else empty */
} tw_recover_report;

/* A start after a crash, or any other: opens as tw_open does (lock, files, replay), then does what
 * tw_recover_again does. The broker is asked while the lock is held, so that nothing comes between
 * its answer and the log. On success *ret is open for writing: with the broker's quantities or,
 * where it could not be asked, with the log's and all entries gated. What tw_open found is in
 * tw_store_recovery. On failure nothing stays open, and the log has got no more than a session that
 * was opened and closed. Errors of tw_open and of tw_recover_again. */
TW_API int tw_recover(const char *path, const tw_options *options, tw_broker *broker,
                      tw_store **ret, tw_recover_report *report, tw_proposal **ret_findings,
                      tw_error *why);

/* The same on a store that is open: after a reconnect, on a timer, or to get out of D7. Asks the
 * broker, compares with the whole day, and appends findings, repairs and gates in one batch. Run
 * twice with nothing new, the second run appends nothing.
 *
 * The broker is asked up to three times, with a pause that grows, until its answer about positions
 * and open orders is complete and fits what is known. If none is, that is D7: the last answer is
 * recorded, positions stay as the log has them, and the gate of all entries is closed: TW_E_GATED
 * for entries, exits are recorded as ever. The next complete answer opens that gate again. An
 * operator's gate event overrides it, until the broker has answered once or the process has
 * crashed (docs/reconcile.md).
 *
 * Others may append meanwhile; they wait only while the answer is compared. An answer during which
 * an order or an execution was logged is not used, and asked for again: TW_E_STALE when it was so
 * at the third try too; call again when it is quieter. An order that is on its way to the broker
 * while the broker answers would be taken for one it does not know (D23): send none meanwhile.
 *
 * `ret_findings` (may be NULL) is what was found; free it with tw_proposal_free, also after the
 * store is closed. The store keeps no pointer to the broker, which belongs to the calling thread.
 * Takes as long as the broker does: for TWS up to some minutes. Durable as the mode of the store
 * says. Refused, with nothing appended and the gates as they were: TW_E_OTHER_ACCOUNT for an answer
 * of another account or environment, TW_E_INCOMPLETE for one that does not say how complete it is,
 * TW_E_INVALID for a broker that cannot be asked as its URL says. TW_E_STALE, TW_E_FULL,
 * TW_E_FAILED, TW_E_DAMAGED, TW_E_NOMEM, TW_E_FORKED. After an error of these nothing is known
 * about what the broker holds: enter nothing. */
TW_API int tw_recover_again(tw_store *store, tw_broker *broker, tw_recover_report *ret,
                            tw_proposal **ret_findings, tw_error *why);

/* ---- salvage: what is left of a damaged journal ---------------------------------------------- */

/* What a salvage needs to know that the damaged journal may not say any more. NULL and 0: not said.
 * Where both say it and differ in account or environment, that is TW_E_OTHER_ACCOUNT. */
typedef struct tw_salvage_options {
    uint64_t size;
    const char *account;
    int64_t environment;
    const char *zone;
    const char *currency;
    int64_t overnight;
    int64_t cost_method;
    int64_t roll_seconds;
    int64_t any_file_system; /* 1: of the new journal; that of the damaged one counts too */
    /* Told from time to time, in the calling thread: "reading" with bytes, then "writing" with
     * records. May be NULL. It must not call the library. */
    void (*progress)(void *context, const char *doing, uint64_t done, uint64_t all);
    void *context;
} tw_salvage_options;

typedef struct tw_salvage_gap { /* records that were not found: first to last, both included */
    uint64_t size;
    uint64_t first_seq;
    uint64_t last_seq;
} tw_salvage_gap;

typedef struct tw_salvage_file { /* one file of the damaged journal */
    uint64_t size;
    char name[64];
    uint64_t bytes;
    uint64_t records; /* taken from it; a record that lies in several files counts in one */
    char damage[504]; /* the first thing that is wrong with it; empty: nothing was seen */
} tw_salvage_file;

/* Where the settings of the new journal come from. */
enum {
    TW_SALVAGE_FROM_IDENTITY = 1, /* from the file `identity` */
    /* From the last session_opened that was found, and for what that does not say (overnight,
     * roll_seconds) from the options or their defaults. */
    TW_SALVAGE_FROM_LOG = 2,
    TW_SALVAGE_FROM_OPTIONS = 3
};

typedef struct tw_salvage_report {
    uint64_t size;
    tw_salvage_gap *gaps; /* ascending; free with tw_free */
    uint64_t gap_count;
    tw_salvage_file *files; /* free with tw_free */
    uint64_t file_count;
    uint64_t first_seq; /* of the damaged journal, as far as anything says so */
    uint64_t last_seq;
    uint64_t records; /* back in their places */
    uint64_t missing; /* a note stands in the place of each */
    /* Found, but contradicting what is left, as the correction of a fill that is missing does. Kept
     * in their places as bytes (event custom, tag "salvage-refused"), not part of the state. */
    uint64_t refused;
    uint64_t others; /* whole records of a seq that another one was taken for; see salvage-other */
    uint64_t astray; /* whole records that fit nowhere: not taken */
    /* Records that lie in unbroken pieces of the old chain: these are what was written, all of it
     * and in that order. For others only their own checksums speak. */
    uint64_t proven;
    uint64_t chain_breaks;     /* pieces without a hole in which the old chain does not hold */
    int64_t end_known;         /* 0: nothing tells whether more was appended after last_seq */
    int64_t settings_from;     /* TW_SALVAGE_FROM_* */
    uint64_t salvage_seq;      /* the first record of salvage's own, behind last_seq */
    int64_t trading_date;      /* of the newest day, where these are */
    char identity_damage[504]; /* what is wrong with the file `identity`; empty: nothing */
} tw_salvage_report;

/* Carves the records out of a damaged journal into a new one, at a path where there is nothing or
 * an empty folder. The damaged one is only read, and may be a copy that cannot be written; nothing
 * in it is believed but records whose own checksums are right, wherever they lie in its day files
 * and its intake. LMDB does not see its files. Nobody may write it meanwhile: TW_E_BUSY.
 *
 * The new journal is whole and passes tw_journal_verify. Records keep their seqs and their bytes.
 * In the place of each that is missing stands a note (or session_opened, where what follows needs
 * one) that says so. The chain is the old one up to the first hole and computed anew behind it; the
 * uuid is a new one. Behind the records stand a note, the finding D38 and notes about each hole,
 * and the gate of all entries is closed. It stays closed, also on the dates after, until somebody
 * opens it with a gate event: reconcile with the broker first, whose executions are the only other
 * source for what is missing. Exits are never gated.
 *
 * 0 also when records are missing: look at the report. Takes time in proportion to the size of the
 * files and memory for each record, 32 bytes, and for the largest day's state; records beyond
 * docs/limits.md are TW_E_RANGE. On failure nothing is left at `path`, unless it could not be
 * removed. TW_E_INVALID where account and environment are neither in the file `identity`, nor in
 * any record, nor given. TW_E_NOT_FOUND when no record is left. TW_E_NEWER, TW_E_EXISTS,
 * TW_E_OTHER_ACCOUNT, TW_E_NOT_JOURNAL, TW_E_PERMISSION, TW_E_FILE_SYSTEM, TW_E_NO_SPACE,
 * TW_E_FULL, TW_E_IO, TW_E_NOMEM. */
TW_API int tw_salvage(const char *damaged, const char *path, const tw_salvage_options *options,
                      tw_salvage_report *ret, tw_error *why);

#ifdef __cplusplus
}
#endif

#endif
