/* Reading a day file: each call is one short read transaction. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "core/codec.h"
#include "io/log_internal.h"
#include "io/process.h"

int tw_log_check_journal(const struct log *log, const uint8_t uuid[16], tw_error *why) {
    if (memcmp(log->origin.uuid, uuid, sizeof log->origin.uuid) == 0)
        return 0;
    return tw_fail(why, TW_E_OTHER_ACCOUNT, "the day file of %s was made for another journal",
                   tw_date_text(log->origin.date).text);
}

int tw_log_check_owner(const struct log *log, tw_error *why) {
    if (log->owner == tw_process_id())
        return 0;
    return tw_fail(why, TW_E_FORKED, "process %d opened %s, this is its child %d", (int)log->owner,
                   log->share->shown, (int)tw_process_id());
}

int tw_log_begin(struct log *log, struct MDB_txn **ret, tw_error *why) {
    int rc = tw_log_check_owner(log, why);
    return rc ? rc : tw_share_begin(log->share, ret, why);
}

/* Opening looked only at the pages that a start from the newest snapshot reads. Before the first
 * look at older records, all the rest goes through the preflight too. A file that a live writer
 * changes at every try is left to LMDB's locks, as in tw_log_open. */
static int check_more(struct log *log, enum preflight_scope scope, tw_error *why) {
    struct share *share = log->share;
    struct preflight preflight;
    int rc = tw_log_check_owner(log, why);
    if (rc)
        return rc;
    /* A writer that joins takes another descriptor and closes this one. */
    pthread_rwlock_rdlock(&share->gate);
    rc = tw_preflight_live(share->fd, scope, &preflight, why);
    pthread_rwlock_unlock(&share->gate);
    if (rc < 0)
        return tw_fail_in(why, rc, "%s", share->shown);
    atomic_store(&share->indexes_unread, 0);
    if (scope == TW_PREFLIGHT_ALL)
        atomic_store(&share->checked_from, 0);
    return 0;
}

static int check_older(struct log *log, uint64_t from_seq, tw_error *why) {
    uint64_t checked_from = atomic_load(&log->share->checked_from);
    if (checked_from == 0 || from_seq > checked_from)
        return 0;
    return check_more(log, TW_PREFLIGHT_ALL, why);
}

int tw_log_check_indexes(struct log *log, tw_error *why) {
    return atomic_load(&log->share->indexes_unread) ? check_more(log, TW_PREFLIGHT_INDEXES, why)
                                                    : 0;
}

void tw_log_put_seq(uint64_t seq, uint8_t key[TW_SEQ_KEY_BYTES]) {
    for (int i = TW_SEQ_KEY_BYTES; i-- > 0; seq >>= 8)
        key[i] = (uint8_t)seq;
}

int tw_log_get_seq(struct bytes key, uint64_t *ret, tw_error *why) {
    if (key.size != TW_SEQ_KEY_BYTES)
        return tw_fail(why, TW_E_DAMAGED, "a key of %zu bytes, expected a seq of 8", key.size);
    const uint8_t *bytes = key.data;
    uint64_t seq = 0;
    for (int i = 0; i < TW_SEQ_KEY_BYTES; i++)
        seq = seq << 8 | bytes[i];
    *ret = seq;
    return 0;
}

struct bytes tw_log_fixed_key(const char *name) {
    return (struct bytes){name, strlen(name)};
}

int tw_log_get_head(struct env *env, struct MDB_txn *txn, struct log_head *ret, tw_error *why) {
    struct bytes value;
    struct log_head head;
    int rc = tw_env_get(env, txn, TW_TABLE_META, tw_log_fixed_key("head"), &value, why);
    if (rc == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_DAMAGED, "the day file has no head record");
    if (rc == 0)
        rc = tw_head_decode(value.data, value.size, &head, why);
    if (rc == 0 && head.transaction != tw_env_transaction(txn))
        rc = tw_fail(why, TW_E_DAMAGED,
                     "the head is of commit %" PRIu64 ", LMDB shows commit %" PRIu64,
                     head.transaction, tw_env_transaction(txn));
    if (rc == 0)
        *ret = head;
    return rc;
}

int tw_log_head(struct log *log, struct log_head *ret, tw_error *why) {
    struct MDB_txn *txn = NULL;
    int rc = tw_log_begin(log, &txn, why);
    if (rc)
        return rc;
    struct log_head head;
    rc = tw_log_get_head(log->share->env, txn, &head, why);
    tw_share_end(log->share, txn);
    if (rc == 0 && log->tail)
        tw_log_tail_head(log->tail, &head);
    if (rc == 0)
        *ret = head;
    return rc;
}

int64_t tw_log_date(const struct log *log) {
    return log->date;
}

const struct log_origin *tw_log_origin(const struct log *log) {
    return &log->origin;
}

/* Puts the cursor on the first record at or above from_seq; what lies between would be a gap. */
static int move_to_record(struct MDB_cursor *cursor, uint64_t from_seq, struct bytes *key,
                          struct bytes *value, tw_error *why) {
    uint8_t wanted[TW_SEQ_KEY_BYTES];
    tw_log_put_seq(from_seq, wanted);
    *key = (struct bytes){wanted, sizeof wanted};
    uint64_t seq = 0;
    int rc = tw_env_move(cursor, TW_MOVE_TO, key, value, why);
    if (rc == 0)
        rc = tw_log_get_seq(*key, &seq, why);
    if (rc || seq == from_seq)
        return rc;
    struct bytes before_key = {NULL, 0};
    struct bytes before;
    rc = tw_env_move(cursor, TW_MOVE_BACK, &before_key, &before, why);
    if (rc == 0)
        return tw_fail(why, TW_E_DAMAGED, "record %" PRIu64 " is missing", from_seq);
    /* Nothing came before: the day starts later. */
    return rc == TW_E_NOT_FOUND ? tw_env_move(cursor, TW_MOVE_FIRST, key, value, why) : rc;
}

struct delivery {
    int (*each)(void *context, uint64_t seq, const uint8_t *bytes, size_t size);
    void *context;
    uint64_t left;
    int64_t count;
    uint64_t next_seq; /* behind the last that was delivered */
    int stopped;
};

static int deliver_records(struct MDB_cursor *cursor, uint64_t from_seq, struct delivery *delivery,
                           tw_error *why) {
    struct bytes key;
    struct bytes value;
    uint64_t before = 0;
    int rc = move_to_record(cursor, from_seq, &key, &value, why);
    while (rc == 0) {
        uint64_t seq = 0;
        rc = tw_log_get_seq(key, &seq, why);
        if (rc == 0 && delivery->count > 0 && seq != before + 1)
            rc = tw_fail(why, TW_E_DAMAGED, "record %" PRIu64 " is missing", before + 1);
        if (rc)
            break;
        before = seq;
        rc = delivery->each(delivery->context, seq, value.data, value.size);
        if (rc < 0)
            return rc;
        delivery->count++;
        delivery->next_seq = seq + 1;
        delivery->stopped = rc > 0 || --delivery->left == 0;
        if (delivery->stopped)
            return 0;
        rc = tw_env_move(cursor, TW_MOVE_NEXT, &key, &value, why);
    }
    return rc == TW_E_NOT_FOUND ? 0 : rc;
}

int64_t tw_log_read(struct log *log, uint64_t from_seq,
                    int (*each)(void *context, uint64_t seq, const uint8_t *bytes, size_t size),
                    void *context, uint64_t max_records, tw_error *why) {
    struct delivery delivery = {each, context, max_records, 0, from_seq, 0};
    struct MDB_txn *txn = NULL;
    struct MDB_cursor *cursor = NULL;
    if (max_records == 0)
        return tw_fail(why, TW_E_INVALID, "reading no records at all");
    int rc = check_older(log, from_seq, why);
    if (rc == 0)
        rc = tw_log_begin(log, &txn, why);
    if (rc)
        return rc;
    rc = tw_env_cursor(log->share->env, txn, TW_TABLE_EVENTS, &cursor, why);
    if (rc == 0)
        rc = deliver_records(cursor, from_seq, &delivery, why);
    tw_env_cursor_close(cursor);
    tw_share_end(log->share, txn);
    if (rc == 0 && log->tail && !delivery.stopped) {
        int64_t more = tw_log_tail_read(log->tail, delivery.next_seq, each, context, delivery.left);
        if (more < 0)
            return more;
        delivery.count += more;
    }
    return rc ? rc : delivery.count;
}

static int keep_type(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    struct record_header header = {0};
    (void)seq;
    *(int64_t *)context = tw_record_header(bytes, size, &header) ? 0 : header.type;
    return 1;
}

int tw_log_type_of(struct log *log, uint64_t seq, int64_t *ret, tw_error *why) {
    int64_t type = 0;
    int64_t count = tw_log_read(log, seq, keep_type, &type, 1, why);
    if (count < 0)
        return (int)count;
    *ret = type;
    return 0;
}

/* The value of one key, appended to `out`. TW_E_NOT_FOUND says `what`. */
static int read_value(struct log *log, enum table table, struct bytes key, struct buffer *out,
                      const char *what, tw_error *why) {
    struct MDB_txn *txn = NULL;
    struct bytes value;
    int rc = tw_log_begin(log, &txn, why);
    if (rc)
        return rc;
    rc = tw_env_get(log->share->env, txn, table, key, &value, why);
    if (rc == TW_E_NOT_FOUND)
        rc = tw_fail(why, rc, "%s has no such %s", log->share->shown, what);
    if (rc == 0 && tw_buffer_reserve(out, value.size) != 0)
        rc = tw_fail(why, TW_E_NOMEM, "no memory for %zu bytes", value.size);
    if (rc == 0)
        tw_buffer_put(out, value.data, value.size);
    tw_share_end(log->share, txn);
    return rc;
}

int tw_log_read_one(struct log *log, uint64_t seq, struct buffer *out, tw_error *why) {
    uint8_t key[TW_SEQ_KEY_BYTES];
    int rc = check_older(log, seq, why);
    if (rc)
        return rc;
    tw_log_put_seq(seq, key);
    rc = read_value(log, TW_TABLE_EVENTS, (struct bytes){key, sizeof key}, out, "record", why);
    return rc == TW_E_NOT_FOUND && log->tail ? tw_log_tail_read_one(log->tail, seq, out, why) : rc;
}

int tw_log_snapshot_read(struct log *log, uint64_t seq, struct buffer *out, tw_error *why) {
    uint8_t key[TW_SEQ_KEY_BYTES];
    tw_log_put_seq(seq, key);
    return read_value(log, TW_TABLE_SNAPSHOTS, (struct bytes){key, sizeof key}, out, "snapshot",
                      why);
}

static int list_snapshots(struct MDB_cursor *cursor, uint64_t *ret_seqs, uint64_t room,
                          int64_t *ret_count, tw_error *why) {
    struct bytes key = {NULL, 0};
    struct bytes value;
    uint64_t count = 0;
    int rc = tw_env_move(cursor, TW_MOVE_LAST, &key, &value, why);
    while (rc == 0) {
        uint64_t seq = 0;
        rc = tw_log_get_seq(key, &seq, why);
        if (rc)
            return rc;
        if (count < room)
            ret_seqs[count] = seq;
        count++;
        rc = tw_env_move(cursor, TW_MOVE_BACK, &key, &value, why);
    }
    *ret_count = (int64_t)count;
    return rc == TW_E_NOT_FOUND ? 0 : rc;
}

int64_t tw_log_snapshots(struct log *log, uint64_t *ret_seqs, uint64_t room, tw_error *why) {
    struct MDB_txn *txn = NULL;
    struct MDB_cursor *cursor = NULL;
    int64_t count = 0;
    int rc = tw_log_begin(log, &txn, why);
    if (rc)
        return rc;
    rc = tw_env_cursor(log->share->env, txn, TW_TABLE_SNAPSHOTS, &cursor, why);
    if (rc == 0)
        rc = list_snapshots(cursor, ret_seqs, room, &count, why);
    tw_env_cursor_close(cursor);
    tw_share_end(log->share, txn);
    return rc ? rc : count;
}

int tw_log_stat(struct log *log, struct log_stat *ret, tw_error *why) {
    struct MDB_txn *txn = NULL;
    struct log_stat stat;
    int64_t file_bytes = 0;
    uint64_t oldest = UINT64_MAX;
    memset(&stat, 0, sizeof stat);
    int rc = tw_log_begin(log, &txn, why);
    if (rc)
        return rc;
    struct env *env = log->share->env;
    uint64_t now = tw_env_transaction(txn);
    tw_env_size(env, &stat.map_bytes, &stat.used_bytes);
    rc = tw_env_count(env, txn, TW_TABLE_SNAPSHOTS, &stat.snapshots, why);
    if (rc == 0)
        rc = tw_env_count(env, txn, TW_TABLE_EXECUTIONS, &stat.executions, why);
    /* Without the lock file there is no table of readers. */
    if (rc == 0 && !log->share->alone)
        rc = tw_env_readers(env, &stat.readers, &oldest, why);
    if (rc == 0)
        rc = tw_share_size(log->share, &file_bytes, why);
    tw_share_end(log->share, txn);
    if (rc)
        return rc;
    stat.file_bytes = (uint64_t)file_bytes;
    if (log->tail)
        stat.executions += tw_log_tail_executions(log->tail);
    /* The transaction that counted is a reader itself. */
    stat.readers -= stat.readers > 0;
    stat.oldest_lag = oldest < now ? now - oldest : 0;
    *ret = stat;
    return 0;
}
