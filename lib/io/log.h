/* One day file: the records of a trading date in LMDB. The only module that knows LMDB.
 *
 * Tables: events (seq, 8 bytes big-endian -> record), executions (exec id -> seq, 8 bytes
 * little-endian), orders (order_ref -> seq, the same), snapshots (seq, big-endian -> bytes; the
 * newest ten), meta (origin, head).
 *
 * A handle opened for writing belongs to one thread at a time for everything that writes (commit,
 * drop, watch, trim, close); reading calls may come from any thread meanwhile, but not during
 * close. Several handles of one process on one day file share one LMDB environment. The folder must
 * stay open as long as the handle. In a child after fork every call is TW_E_FORKED.
 *
 * Every reading call is one short read transaction and copies out or delivers inside it: a parked
 * reader would make the file grow. Callbacks must not call the log and must not keep
 * pointers.
 *
 * Errors of all calls beyond those named: TW_E_FORKED, TW_E_IO, TW_E_NOMEM, TW_E_DAMAGED. */
#ifndef TW_IO_LOG_H
#define TW_IO_LOG_H

#include "base/buffer.h"
#include "io/folder.h"
#include "io/log_head.h"

enum {
    TW_LOG_SNAPSHOTS = 10,
    TW_LOG_ID_BYTES = 511,          /* longest key of LMDB */
    TW_LOG_FIRST_BYTES = 4 << 20,   /* of a new day file */
    TW_LOG_GROWTH_BYTES = 64 << 20, /* longest step by which one grows; it doubles up to that */
};

enum log_mode { TW_LOG_READ, TW_LOG_WRITE };

struct log;
struct log_tail;

struct log_record {
    const uint8_t *bytes;
    size_t size;
    uint64_t seq;
    int64_t time_ns;
    const char *exec_id;   /* goes into the index; NULL: the record books no execution */
    const char *order_ref; /* the same for an order that is new with this record */
};

struct log_snapshot {
    uint64_t seq; /* covers all records up to this one */
    const uint8_t *bytes;
    size_t size;
};

struct log_stat {
    uint64_t file_bytes;
    uint64_t used_bytes; /* up to the last page in use */
    uint64_t map_bytes;  /* what can be used before the file has to grow */
    uint64_t readers;    /* read transactions open now, in all processes */
    uint64_t oldest_lag; /* how many commits the oldest of them is behind */
    uint64_t snapshots;
    uint64_t executions;
};

/* Makes the day file, durably: under a temporary name first, so that a crash leaves none or a whole
 * one. Its head names the session of the intake. The writer lock is held. TW_E_EXISTS,
 * TW_E_NO_SPACE. */
int tw_log_create(const struct folder *folder, int64_t date, const struct log_origin *origin,
                  uint64_t session, tw_error *why);

/* Never creates: a missing file is TW_E_NOT_FOUND, an empty one TW_E_DAMAGED. No damaged file gets
 * as far as LMDB (io/preflight.h).
 *
 * For writing, the writer lock is held; the file is synced before anything in it is believed, disk
 * space is reserved, and the head must be the one of LMDB's last commit. TW_E_OPEN_TWICE,
 * TW_E_NO_SPACE, TW_E_READ_ONLY, TW_E_PERMISSION.
 *
 * For reading, a live journal of another process is fine, and so is a copy without its lock file or
 * on a read-only medium. Nothing is created or changed. */
int tw_log_open(const struct folder *folder, int64_t date, enum log_mode mode, struct log **ret,
                tw_error *why);

/* NULL is fine. */
void tw_log_close(struct log *log);

/* Close for writing of a day that is over: the file is cut down to what is used. Closed whatever is
 * returned; a file that could not be cut is whole all the same. */
int tw_log_close_trimmed(struct log *log, tw_error *why);

/* For a day that is read while nobody writes it: what the intake holds of it goes on behind its
 * last record, for all calls that read (io/log_tail.h). The log takes the tail over. */
void tw_log_attach_tail(struct log *log, struct log_tail *tail);

/* How many of the records are in the intake alone, and how many appends were cut off behind them.
 */
void tw_log_unsaved(struct log *log, uint64_t *ret_records, uint64_t *ret_torn);

int64_t tw_log_date(const struct log *log);
const struct log_origin *tw_log_origin(const struct log *log);

/* TW_E_OTHER_ACCOUNT where the day file was made for a journal of another uuid. */
int tw_log_check_journal(const struct log *log, const uint8_t uuid[16], tw_error *why);

/* Appends all of it and writes the head, in one durable transaction; with count 0 a snapshot alone.
 * Seqs go on from the head without gaps. `digest` is the chain after the last record (NULL with
 * count 0: as it was). Of the snapshots the newest ten are kept.
 *
 * Nothing has changed and the handle stays good after TW_E_INVALID (seqs do not go on),
 * TW_E_DUPLICATE (an execution or an order is in its index), TW_E_FULL (the file cannot grow) and
 * TW_E_NOMEM. After any other error the outcome is unknown and the handle is TW_E_FAILED for good:
 * close, open again, and look whether the records are there. */
int tw_log_commit(struct log *log, const struct log_record *records, size_t count,
                  const struct log_snapshot *snapshot, const uint8_t digest[TW_DIGEST_BYTES],
                  tw_error *why);

/* Commits that a session of the intake begins, whose frames go on behind the last record. Errors as
 * of tw_log_commit. */
int tw_log_begin_session(struct log *log, uint64_t session, tw_error *why);

/* 1 when the handle is TW_E_FAILED. */
int tw_log_failed(const struct log *log);

/* While writing: LMDB's number of the last commit. */
uint64_t tw_log_transaction(const struct log *log);

/* The head of the last durable commit, checked against LMDB's transaction number. */
int tw_log_head(struct log *log, struct log_head *ret, tw_error *why);

/* Delivers records from from_seq on (0: the first), at most max_records (0: TW_E_INVALID), in order
 * and without a gap: a missing one is TW_E_DAMAGED. The bytes are valid only inside `each`, and are
 * whatever is stored: checking the record is the caller's. `each` returns 0 to go on, above 0 to
 * stop after this one, or a negative error that is passed on. Returns how many were delivered. */
int64_t tw_log_read(struct log *log, uint64_t from_seq,
                    int (*each)(void *context, uint64_t seq, const uint8_t *bytes, size_t size),
                    void *context, uint64_t max_records, tw_error *why);

/* The record of one seq, appended to `out`. TW_E_NOT_FOUND. */
int tw_log_read_one(struct log *log, uint64_t seq, struct buffer *out, tw_error *why);

/* The type of the record of one seq; 0 where it is damaged: whoever reads it says what is wrong. */
int tw_log_type_of(struct log *log, uint64_t seq, int64_t *ret, tw_error *why);

/* TW_E_NOT_FOUND when the execution or the order is not in this day. */
int tw_log_find_execution(struct log *log, const char *exec_id, uint64_t *ret_seq, tw_error *why);

int tw_log_find_order(struct log *log, const char *order_ref, uint64_t *ret_seq, tw_error *why);

/* All of an index, in the order of the ids; `each` as in tw_log_read; the id has no NUL.
 * Returns how many were delivered. */
int64_t tw_log_each_execution(struct log *log,
                              int (*each)(void *context, const char *exec_id, size_t length,
                                          uint64_t seq),
                              void *context, tw_error *why);
int64_t tw_log_each_order(struct log *log,
                          int (*each)(void *context, const char *order_ref, size_t length,
                                      uint64_t seq),
                          void *context, tw_error *why);

/* Seqs of the snapshots, newest first; at most `room` are written. Returns how many there are. */
int64_t tw_log_snapshots(struct log *log, uint64_t *ret_seqs, uint64_t room, tw_error *why);

/* Appended to `out`. TW_E_NOT_FOUND. */
int tw_log_snapshot_read(struct log *log, uint64_t seq, struct buffer *out, tw_error *why);

/* Takes a snapshot out, durably. TW_E_NOT_FOUND. Errors as of tw_log_commit. */
int tw_log_snapshot_drop(struct log *log, uint64_t seq, tw_error *why);

int tw_log_stat(struct log *log, struct log_stat *ret, tw_error *why);

/* For each checkpoint: the day file and its lock file are still the ones that were opened
 * (TW_E_DAMAGED "the day file was replaced", and so on; the handle is then TW_E_FAILED), and reader
 * slots of dead processes are cleared; how many goes to *ret_cleared (may be NULL). */
int tw_log_watch(struct log *log, uint64_t *ret_cleared, tw_error *why);

#endif
