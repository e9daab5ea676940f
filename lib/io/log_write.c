/* Writing a day file: commits, growth, and the watch over the file. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "io/log_internal.h"
#include "io/system.h"

/* What one transaction is to change. */
struct change {
    const struct log_record *records;
    size_t count;
    const struct log_snapshot *snapshot; /* NULL: none */
    uint64_t dropped;                    /* seq of a snapshot to take out, 0: none */
    struct log_head head;                /* as it is afterwards, but for the transaction */
};

static int latch(struct log *log, int rc, tw_error *why, const char *outcome) {
    log->failed = 1;
    return tw_fail_in(why, rc, "%s: %s", log->share->shown, outcome);
}

static int check_usable(const struct log *log, tw_error *why) {
    int rc = tw_log_check_owner(log, why);
    if (rc)
        return rc;
    if (log->failed)
        return tw_fail(why, TW_E_FAILED,
                       "%s: an earlier write failed; close the journal and open it again",
                       log->share->shown);
    assert(log->mode == TW_LOG_WRITE);
    return 0;
}

uint64_t tw_log_transaction(const struct log *log) {
    return log->head.transaction;
}

int tw_log_failed(const struct log *log) {
    return log->failed;
}

/* ---- the file in its place ------------------------------------------------------------------ */

static int check_name(const struct share *share, const char *name, dev_t device, ino_t inode,
                      const char *what, struct stat *ret, tw_error *why) {
    if (fstatat(share->folder_fd, name, ret, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return tw_fail(why, TW_E_DAMAGED, "the %s was removed", what);
        return tw_system_fail(why, errno, "looking at the %s", what);
    }
    if (ret->st_dev != device || ret->st_ino != inode)
        return tw_fail(why, TW_E_DAMAGED, "the %s was replaced", what);
    if (ret->st_nlink != 1)
        return tw_fail(why, TW_E_DAMAGED, "the %s has %lu names, expected one", what,
                       (unsigned long)ret->st_nlink);
    return 0;
}

/* What is written to a file that nobody finds again is lost, whatever its flush said. */
static int check_in_place(struct log *log, tw_error *why) {
    const struct share *share = log->share;
    struct stat status;
    int rc = check_name(share, share->name, share->device, share->inode, "day file", &status, why);
    if (rc == 0 && status.st_size != share->file_bytes)
        rc = tw_fail(why, TW_E_DAMAGED, "the day file has %lld bytes, expected %lld",
                     (long long)status.st_size, (long long)share->file_bytes);
    if (rc == 0)
        rc = check_name(share, share->lock_name, share->lock_device, share->lock_inode,
                        "lock file of the day file", &status, why);
    return rc ? latch(log, rc, why, "it is not to be written any more") : 0;
}

/* ---- growing ------------------------------------------------------------------------------- */

/* Extends the file first, while nothing is at stake: a full disk changes nothing then. */
static int grow(struct log *log, int64_t bytes, tw_error *why) {
    struct share *share = log->share;
    int rc = tw_file_reserve(share->fd, bytes, why);
    if (rc == TW_E_NO_SPACE)
        return tw_fail_in(why, TW_E_FULL, "%s cannot grow", share->shown);
    if (rc)
        return latch(log, rc, why, "growing it failed");
    /* Another thread that opens the file to read it must not find it without an environment and
     * give it one that cannot write. */
    tw_share_lock();
    rc = tw_share_open_env(share, TW_ENV_WRITE, (uint64_t)bytes, why);
    tw_share_unlock();
    if (rc)
        return latch(log, rc, why, "opening it again after it grew failed");
    share->file_bytes = bytes;
    return 0;
}

enum {
    NODE_BYTES = 32,                  /* what a table has beside a key and a value, at most */
    INLINE_BYTES = TW_PAGE_BYTES / 2, /* a value that is longer has pages of its own */
    FIXED_BYTES = 64 * TW_PAGE_BYTES, /* the pages on the way to the last record, and meta */
    MOST_GROWTHS = 4
};

static uint64_t id_bytes(const char *id) {
    return id ? strlen(id) + sizeof(uint64_t) + NODE_BYTES : 0;
}

/* About the bytes that a change needs. Small values share pages, of which two neighbours are more
 * than half full; an id may be put into any page of its index, of which each is written anew then,
 * but once. */
static uint64_t bytes_needed(const struct change *change, uint64_t index_pages) {
    uint64_t shared = 0, own = 0, ids = 0;
    for (size_t i = 0; i < change->count; i++) {
        const struct log_record *record = &change->records[i];
        shared += NODE_BYTES;
        if (record->size > INLINE_BYTES)
            own += record->size + TW_PAGE_BYTES;
        else
            shared += record->size;
        shared += id_bytes(record->exec_id) + id_bytes(record->order_ref);
        ids += (uint64_t)(record->exec_id != NULL) + (record->order_ref != NULL);
    }
    if (change->snapshot)
        own += change->snapshot->size + 2 * TW_PAGE_BYTES;
    uint64_t anew = ids < index_pages ? ids : index_pages;
    return FIXED_BYTES + 2 * shared + own + anew * TW_PAGE_BYTES;
}

/* Growing ahead of need is a courtesy: when the disk has no room the commit may still fit. */
static int grow_early(struct log *log, tw_error *why) {
    uint64_t map = 0;
    uint64_t used = 0;
    tw_env_size(log->share->env, &map, &used);
    if (used <= map / 4 * 3 || used == log->growth_refused_at)
        return 0;
    tw_error refused;
    int rc = grow(log, tw_log_next_bytes((int64_t)map), &refused);
    if (rc && log->failed)
        return tw_fail(why, rc, "%s", refused.text);
    log->growth_refused_at = rc ? used : 0;
    return 0;
}

static int count_index_pages(struct log *log, uint64_t *ret, tw_error *why) {
    struct env *env = log->share->env;
    struct MDB_txn *txn = NULL;
    uint64_t executions = 0, orders = 0;
    pthread_rwlock_rdlock(&log->share->gate);
    int rc = tw_env_begin(env, 0, &txn, why);
    if (rc == 0) {
        rc = tw_env_pages(env, txn, TW_TABLE_EXECUTIONS, &executions, why);
        if (rc == 0)
            rc = tw_env_pages(env, txn, TW_TABLE_ORDERS, &orders, why);
        tw_env_abort(txn);
    }
    pthread_rwlock_unlock(&log->share->gate);
    *ret = executions + orders;
    return rc > 0 ? tw_fail(why, TW_E_DAMAGED, "another process has changed the day file") : rc;
}

static int grow_for(struct log *log, const struct change *change, tw_error *why) {
    uint64_t map = 0;
    uint64_t used = 0;
    uint64_t index_pages = 0;
    int rc = count_index_pages(log, &index_pages, why);
    if (rc)
        return rc == TW_E_NOMEM ? rc : latch(log, rc, why, "it cannot be read any more");
    tw_env_size(log->share->env, &map, &used);
    uint64_t least = map + bytes_needed(change, index_pages);
    int64_t bytes = tw_log_next_bytes((int64_t)map);
    while ((uint64_t)bytes < least)
        bytes = tw_log_next_bytes(bytes);
    rc = grow(log, bytes, why);
    if (rc != TW_E_FULL || log->failed)
        return rc;
    /* There is no room for a whole step, and perhaps for this change. */
    return grow(log, (int64_t)(least / TW_PAGE_BYTES * TW_PAGE_BYTES), why);
}

/* ---- one transaction ----------------------------------------------------------------------- */

/* Nothing to do where there is no id. */
static int put_index(struct env *env, struct MDB_txn *txn, enum table table, const char *id,
                     uint64_t record_seq, tw_error *why) {
    uint8_t seq[sizeof(uint64_t)];
    if (!id)
        return 0;
    tw_put_u64(seq, record_seq);
    int rc = tw_env_put(env, txn, table, (struct bytes){id, strlen(id)},
                        (struct bytes){seq, sizeof seq}, TW_PUT_NEW, why);
    if (rc == TW_E_DUPLICATE)
        return tw_fail(why, rc, "the %s of record %" PRIu64 " is in the log already",
                       table == TW_TABLE_ORDERS ? "order" : "execution", record_seq);
    return rc;
}

static int put_records(struct env *env, struct MDB_txn *txn, const struct change *change,
                       tw_error *why) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < change->count; i++) {
        const struct log_record *record = &change->records[i];
        uint8_t key[TW_SEQ_KEY_BYTES];
        tw_log_put_seq(record->seq, key);
        rc = tw_env_put(env, txn, TW_TABLE_EVENTS, (struct bytes){key, sizeof key},
                        (struct bytes){record->bytes, record->size}, TW_PUT_LAST, why);
        /* The head says that this key is the highest, so the table itself is wrong. */
        if (rc == TW_E_DUPLICATE)
            return tw_fail(why, TW_E_DAMAGED, "record %" PRIu64 " is there already", record->seq);
        if (!rc)
            rc = put_index(env, txn, TW_TABLE_EXECUTIONS, record->exec_id, record->seq, why);
        if (!rc)
            rc = put_index(env, txn, TW_TABLE_ORDERS, record->order_ref, record->seq, why);
    }
    return rc;
}

/* Takes out the oldest until the newest ten are left. */
static int prune_snapshots(struct env *env, struct MDB_txn *txn, tw_error *why) {
    uint64_t count = 0;
    int rc = tw_env_count(env, txn, TW_TABLE_SNAPSHOTS, &count, why);
    for (; rc == 0 && count > TW_LOG_SNAPSHOTS; count--) {
        struct MDB_cursor *cursor = NULL;
        struct bytes key = {NULL, 0};
        struct bytes value;
        uint64_t seq = 0;
        uint8_t oldest[TW_SEQ_KEY_BYTES];
        rc = tw_env_cursor(env, txn, TW_TABLE_SNAPSHOTS, &cursor, why);
        if (rc == 0)
            rc = tw_env_move(cursor, TW_MOVE_FIRST, &key, &value, why);
        if (rc == 0)
            rc = tw_log_get_seq(key, &seq, why);
        tw_env_cursor_close(cursor);
        if (rc)
            break;
        tw_log_put_seq(seq, oldest);
        rc =
            tw_env_delete(env, txn, TW_TABLE_SNAPSHOTS, (struct bytes){oldest, sizeof oldest}, why);
    }
    return rc;
}

static int put_change(struct env *env, struct MDB_txn *txn, struct change *change, tw_error *why) {
    uint8_t key[TW_SEQ_KEY_BYTES];
    int rc = put_records(env, txn, change, why);
    if (rc == 0 && change->snapshot) {
        tw_log_put_seq(change->snapshot->seq, key);
        rc = tw_env_put(env, txn, TW_TABLE_SNAPSHOTS, (struct bytes){key, sizeof key},
                        (struct bytes){change->snapshot->bytes, change->snapshot->size},
                        TW_PUT_REPLACE, why);
        if (rc == 0)
            rc = prune_snapshots(env, txn, why);
    }
    if (rc == 0 && change->dropped) {
        tw_log_put_seq(change->dropped, key);
        rc = tw_env_delete(env, txn, TW_TABLE_SNAPSHOTS, (struct bytes){key, sizeof key}, why);
        if (rc == TW_E_NOT_FOUND)
            tw_fail(why, rc, "there is no snapshot of record %" PRIu64, change->dropped);
    }
    if (rc)
        return rc;
    uint8_t head[TW_HEAD_BYTES];
    change->head.transaction = tw_env_transaction(txn);
    size_t head_bytes = tw_head_encode(&change->head, head);
    return tw_env_put(env, txn, TW_TABLE_META, tw_log_fixed_key("head"),
                      (struct bytes){head, head_bytes}, TW_PUT_REPLACE, why);
}

/* Errors after which the transaction is gone without a trace and the handle is as good as before.
 */
static int is_harmless(int rc) {
    return rc == TW_E_FULL || rc == TW_E_DUPLICATE || rc == TW_E_NOT_FOUND || rc == TW_E_NOMEM ||
           rc == TW_E_INVALID;
}

static int check_transaction(const struct log *log, struct MDB_txn *txn, tw_error *why) {
    uint64_t expected = log->head.transaction + 1;
    if (tw_env_transaction(txn) == expected)
        return 0;
    return tw_fail(why, TW_E_DAMAGED, "the next commit is %" PRIu64 ", expected %" PRIu64,
                   tw_env_transaction(txn), expected);
}

/* One try. Of a commit that fails only TW_E_FULL says for sure that it did not happen. */
static int try_change(struct log *log, struct change *change, tw_error *why) {
    struct share *share = log->share;
    struct MDB_txn *txn = NULL;
    int harmless = 0;
    pthread_rwlock_rdlock(&share->gate);
    int rc = tw_env_begin(share->env, 1, &txn, why);
    if (rc == TW_ENV_RESIZED) {
        rc = tw_fail(why, TW_E_DAMAGED, "another process has changed the day file");
    } else if (rc) {
        harmless = is_harmless(rc);
    } else {
        rc = check_transaction(log, txn, why);
        if (rc == 0)
            rc = put_change(share->env, txn, change, why);
        harmless = is_harmless(rc);
        if (rc) {
            tw_env_abort(txn);
        } else {
            rc = tw_env_commit(txn, why);
            harmless = rc == TW_E_FULL;
        }
    }
    pthread_rwlock_unlock(&share->gate);
    if (rc == 0)
        log->head = change->head;
    if (rc == 0 || harmless)
        return rc;
    return latch(log, rc, why, "whether this was written is not known");
}

static int write_change(struct log *log, struct change *change, tw_error *why) {
    int rc = check_in_place(log, why);
    if (rc == 0)
        rc = grow_early(log, why);
    if (rc)
        return rc;
    rc = try_change(log, change, why);
    for (int growths = 0; rc == TW_E_FULL && growths < MOST_GROWTHS; growths++) {
        rc = grow_for(log, change, why);
        if (rc)
            return rc;
        rc = try_change(log, change, why);
    }
    return rc;
}

static int check_change(const struct log *log, const struct change *change, const uint8_t *digest,
                        tw_error *why) {
    if (change->count > 0 && !digest)
        return tw_fail(why, TW_E_INVALID, "records without the digest after them");
    for (size_t i = 0; i < change->count; i++) {
        const struct log_record *record = &change->records[i];
        uint64_t expected = log->head.last_seq + 1 + i;
        if (record->seq != expected)
            return tw_fail(why, TW_E_INVALID, "record %" PRIu64 " after %" PRIu64, record->seq,
                           expected - 1);
        size_t length = record->exec_id ? strlen(record->exec_id) : 1;
        size_t order_length = record->order_ref ? strlen(record->order_ref) : 1;
        if (length == 0 || length > TW_LOG_ID_BYTES || order_length == 0 ||
            order_length > TW_LOG_ID_BYTES)
            return tw_fail(why, TW_E_INVALID, "ids of %zu and %zu bytes, expected 1 to %d", length,
                           order_length, TW_LOG_ID_BYTES);
        if (record->size == 0 || record->size > INT32_MAX)
            return tw_fail(why, TW_E_INVALID, "record %" PRIu64 " has %zu bytes", record->seq,
                           record->size);
    }
    const struct log_snapshot *snapshot = change->snapshot;
    if (snapshot && (snapshot->seq == 0 || snapshot->seq > log->head.last_seq + change->count ||
                     snapshot->size > INT32_MAX))
        return tw_fail(why, TW_E_INVALID,
                       "a snapshot of record %" PRIu64 " of %zu bytes, the last is %" PRIu64,
                       snapshot->seq, snapshot->size, log->head.last_seq + change->count);
    return 0;
}

static int has_ids(const struct log_record *records, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (records[i].exec_id || records[i].order_ref)
            return 1;
    return 0;
}

int tw_log_commit(struct log *log, const struct log_record *records, size_t count,
                  const struct log_snapshot *snapshot, const uint8_t digest[TW_DIGEST_BYTES],
                  tw_error *why) {
    struct change change = {records, count, snapshot, 0, log->head};
    int rc = check_usable(log, why);
    if (rc == 0)
        rc = check_change(log, &change, digest, why);
    if (rc == 0 && has_ids(records, count))
        rc = tw_log_check_indexes(log, why);
    if (rc || (count == 0 && !snapshot))
        return rc;
    if (count > 0) {
        if (change.head.first_seq == 0)
            change.head.first_seq = records[0].seq;
        change.head.last_seq = records[count - 1].seq;
        change.head.last_time_ns = records[count - 1].time_ns;
    }
    if (digest)
        memcpy(change.head.digest, digest, sizeof change.head.digest);
    return write_change(log, &change, why);
}

int tw_log_begin_session(struct log *log, uint64_t session, tw_error *why) {
    struct change change = {NULL, 0, NULL, 0, log->head};
    int rc = check_usable(log, why);
    change.head.session = session;
    return rc ? rc : write_change(log, &change, why);
}

int tw_log_snapshot_drop(struct log *log, uint64_t seq, tw_error *why) {
    struct change change = {NULL, 0, NULL, seq, log->head};
    int rc = check_usable(log, why);
    if (rc)
        return rc;
    if (seq == 0)
        return tw_fail(why, TW_E_NOT_FOUND, "there is no snapshot of record 0");
    return write_change(log, &change, why);
}

/* ---- watching ------------------------------------------------------------------------------ */

int tw_log_watch(struct log *log, uint64_t *ret_cleared, tw_error *why) {
    uint64_t cleared = 0;
    int rc = check_usable(log, why);
    if (rc)
        return rc;
    rc = check_in_place(log, why);
    if (rc)
        return rc;
    rc = tw_env_clear_readers(log->share->env, &cleared, why);
    if (rc == 0 && ret_cleared)
        *ret_cleared = cleared;
    return rc;
}
