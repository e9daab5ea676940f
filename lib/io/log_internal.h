/* What the files of the log share: the handle, and the steps that more than one of them needs. */
#ifndef TW_IO_LOG_INTERNAL_H
#define TW_IO_LOG_INTERNAL_H

#include <stdatomic.h>

#include "io/log.h"
#include "io/log_share.h"
#include "io/log_tail.h"
#include "io/preflight.h"

enum { TW_SEQ_KEY_BYTES = 8 };

struct log {
    struct share *share;
    int64_t date;
    enum log_mode mode;
    pid_t owner;
    atomic_int failed;
    struct log_origin origin;
    struct log_head head;       /* while writing: of the last commit */
    struct log_tail *tail;      /* while reading a day whose writer died; NULL: none */
    uint64_t growth_refused_at; /* used bytes when the disk last had no room to grow early */
};

/* 0, or TW_E_FORKED in a child of the process that opened the log. */
int tw_log_check_owner(const struct log *log, tw_error *why);

/* A read transaction under the gate, ended with tw_share_end. */
int tw_log_begin(struct log *log, struct MDB_txn **ret, tw_error *why);

/* Before anything is looked up in or put into the indexes of executions and orders: a start has not
 * looked at their pages. */
int tw_log_check_indexes(struct log *log, tw_error *why);

/* A key of events and snapshots: big-endian, so that LMDB's order is the order of the seqs. */
void tw_log_put_seq(uint64_t seq, uint8_t key[TW_SEQ_KEY_BYTES]);
int tw_log_get_seq(struct bytes key, uint64_t *ret, tw_error *why);

/* One of the two fixed records. */
struct bytes tw_log_fixed_key(const char *name);
int tw_log_get_head(struct env *env, struct MDB_txn *txn, struct log_head *ret, tw_error *why);

/* The day file's size from which at most three quarters of `used` are used. */
int64_t tw_log_roomy_bytes(uint64_t used);

/* The next size of a day file. */
int64_t tw_log_next_bytes(int64_t bytes);

/* Makes LMDB's lock file if it is missing and gives it real disk space. */
int tw_log_reserve_lock(int folder_fd, const struct folder *folder, const char *name,
                        tw_error *why);

/* 0, or TW_E_INVALID when this process does not hold the writer lock. */
int tw_log_check_lock(const struct folder *folder, tw_error *why);

#endif
