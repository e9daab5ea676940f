/* What the log needs of LMDB, in words of its own; implemented in log.c, the only file that
 * includes <lmdb.h>. Nothing here opens a file that has not been through io/preflight.h.
 *
 * Default sync only: none of LMDB's ways to lose a commit can be asked for. Besides the TW_E_
 * numbers that fit what LMDB says, calls return TW_E_NOT_FOUND without a line in `why` where not
 * finding something is an answer. */
#ifndef TW_IO_LOG_LMDB_H
#define TW_IO_LOG_LMDB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum table {
    TW_TABLE_EVENTS,
    TW_TABLE_EXECUTIONS,
    TW_TABLE_ORDERS,
    TW_TABLE_SNAPSHOTS,
    TW_TABLE_META,
    TW_TABLES
};

enum {
    TW_ENV_READ = 0,
    TW_ENV_WRITE = 1,
    TW_ENV_MAKE = 3,  /* write, and make the tables */
    TW_ENV_ALONE = 4, /* read without LMDB's lock file: only where no writer can be */
    TW_ENV_READERS = 126,
    TW_ENV_LOCK_BYTES = 8192, /* of LMDB's lock file with that many readers */
    TW_ENV_RESIZED = 1 /* another process has made the file bigger: tw_env_resize, then again */
};

struct env;
struct MDB_txn;
struct MDB_cursor;

/* Valid as long as the transaction it came from. */
struct bytes {
    const void *data;
    size_t size;
};

/* Opens folder_fd/name. The descriptor of the data file is closed on exec. */
int tw_env_open(int folder_fd, const char *name, int how, uint64_t map_bytes, struct env **ret,
                tw_error *why);
void tw_env_close(struct env *env); /* NULL is fine */

/* Device and inode of the file that LMDB has open. */
int tw_env_file(const struct env *env, dev_t *ret_device, ino_t *ret_inode, tw_error *why);
int tw_env_sync(struct env *env, tw_error *why);

/* Bytes that can be used before the file has to grow, bytes up to the last page in use. */
void tw_env_size(const struct env *env, uint64_t *ret_map_bytes, uint64_t *ret_used_bytes);

/* No transaction of this process is open meanwhile. */
int tw_env_resize(struct env *env, uint64_t map_bytes, tw_error *why);

/* Frees the reader slots of processes that are dead. */
int tw_env_clear_readers(struct env *env, uint64_t *ret_cleared, tw_error *why);

/* Read transactions open now, and the transaction number of the oldest (UINT64_MAX: none). */
int tw_env_readers(struct env *env, uint64_t *ret_count, uint64_t *ret_oldest, tw_error *why);

/* 0, TW_ENV_RESIZED, or an error. A transaction ends with commit or abort. */
int tw_env_begin(struct env *env, int writing, struct MDB_txn **ret, tw_error *why);
void tw_env_abort(struct MDB_txn *txn);

/* TW_E_FULL: not committed for sure. After any other error the outcome is unknown. */
int tw_env_commit(struct MDB_txn *txn, tw_error *why);
uint64_t tw_env_transaction(struct MDB_txn *txn);

int tw_env_get(struct env *env, struct MDB_txn *txn, enum table table, struct bytes key,
               struct bytes *ret, tw_error *why);

enum put { TW_PUT_REPLACE, TW_PUT_NEW, TW_PUT_LAST };

/* TW_PUT_NEW: TW_E_DUPLICATE when the key is there; TW_PUT_LAST: when it is not above all others.
 * TW_E_FULL: the transaction must be aborted. */
int tw_env_put(struct env *env, struct MDB_txn *txn, enum table table, struct bytes key,
               struct bytes value, enum put how, tw_error *why);
int tw_env_delete(struct env *env, struct MDB_txn *txn, enum table table, struct bytes key,
                  tw_error *why);
int tw_env_count(struct env *env, struct MDB_txn *txn, enum table table, uint64_t *ret,
                 tw_error *why);

/* How many pages a table has, but for those of long values. */
int tw_env_pages(struct env *env, struct MDB_txn *txn, enum table table, uint64_t *ret,
                 tw_error *why);

enum move { TW_MOVE_FIRST, TW_MOVE_LAST, TW_MOVE_NEXT, TW_MOVE_BACK, TW_MOVE_TO };

/* A cursor is closed before its transaction ends. */
int tw_env_cursor(struct env *env, struct MDB_txn *txn, enum table table, struct MDB_cursor **ret,
                  tw_error *why);
void tw_env_cursor_close(struct MDB_cursor *cursor); /* NULL is fine */

/* TW_MOVE_TO: the first key at or above *key. TW_E_NOT_FOUND past either end. */
int tw_env_move(struct MDB_cursor *cursor, enum move move, struct bytes *key, struct bytes *value,
                tw_error *why);

#endif
