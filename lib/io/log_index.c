/* Reading the indexes of a day file: which record booked an execution or submitted an order. */
#include <assert.h>
#include <string.h>

#include "io/log_internal.h"

enum { EXECUTIONS_AT_ONCE = 1024 };

static int get_index(struct bytes value, uint64_t *ret, tw_error *why) {
    if (value.size != sizeof(uint64_t))
        return tw_fail(why, TW_E_DAMAGED, "an index entry has %zu bytes, expected 8", value.size);
    *ret = tw_get_u64(value.data);
    return 0;
}

static int find_id(struct log *log, enum table table, const char *id, uint64_t *ret_seq,
                   tw_error *why) {
    size_t length = strlen(id);
    struct MDB_txn *txn = NULL;
    struct bytes value;
    if (length == 0 || length > TW_LOG_ID_BYTES)
        return tw_fail(why, TW_E_INVALID, "an id of %zu bytes, expected 1 to %d", length,
                       TW_LOG_ID_BYTES);
    int rc = tw_log_check_indexes(log, why);
    if (rc == 0)
        rc = tw_log_begin(log, &txn, why);
    if (rc)
        return rc;
    struct bytes key = {id, length};
    rc = tw_env_get(log->share->env, txn, table, key, &value, why);
    if (rc == TW_E_NOT_FOUND)
        rc = tw_fail(why, rc, "%s has no such %s", log->share->shown,
                     table == TW_TABLE_ORDERS ? "order" : "execution");
    if (rc == 0)
        rc = get_index(value, ret_seq, why);
    tw_share_end(log->share, txn);
    if (rc == TW_E_NOT_FOUND && log->tail &&
        tw_log_tail_find(log->tail, table == TW_TABLE_ORDERS, id, ret_seq))
        rc = 0;
    return rc;
}

int tw_log_find_execution(struct log *log, const char *exec_id, uint64_t *ret_seq, tw_error *why) {
    return find_id(log, TW_TABLE_EXECUTIONS, exec_id, ret_seq, why);
}

int tw_log_find_order(struct log *log, const char *order_ref, uint64_t *ret_seq, tw_error *why) {
    return find_id(log, TW_TABLE_ORDERS, order_ref, ret_seq, why);
}

struct index_walk {
    int (*each)(void *context, const char *exec_id, size_t length, uint64_t seq);
    void *context;
    uint8_t last[TW_LOG_ID_BYTES]; /* the id to go on behind */
    size_t last_bytes;             /* 0: from the start */
    int64_t count;
    int ended; /* -1 at the end of the table, 1 where `each` stopped */
};

/* Puts the cursor on the first entry that was not delivered yet. */
static int move_to_entry(struct MDB_cursor *cursor, const struct index_walk *walk,
                         struct bytes *key, struct bytes *value, tw_error *why) {
    *key = (struct bytes){walk->last, walk->last_bytes};
    if (walk->last_bytes == 0)
        return tw_env_move(cursor, TW_MOVE_FIRST, key, value, why);
    int rc = tw_env_move(cursor, TW_MOVE_TO, key, value, why);
    if (rc == 0 && key->size == walk->last_bytes &&
        memcmp(key->data, walk->last, walk->last_bytes) == 0)
        rc = tw_env_move(cursor, TW_MOVE_NEXT, key, value, why);
    return rc;
}

/* At most EXECUTIONS_AT_ONCE entries, so that no transaction is long. */
static int walk_index(struct MDB_cursor *cursor, struct index_walk *walk, tw_error *why) {
    struct bytes key;
    struct bytes value;
    int rc = move_to_entry(cursor, walk, &key, &value, why);
    for (int i = 0; rc == 0 && i < EXECUTIONS_AT_ONCE; i++) {
        uint64_t seq = 0;
        rc = get_index(value, &seq, why);
        if (rc == 0)
            rc = walk->each(walk->context, key.data, key.size, seq);
        if (rc < 0)
            return rc;
        walk->count++;
        if (rc > 0) {
            walk->ended = 1;
            return 0;
        }
        assert(key.size <= sizeof walk->last);
        memcpy(walk->last, key.data, key.size);
        walk->last_bytes = key.size;
        rc = tw_env_move(cursor, TW_MOVE_NEXT, &key, &value, why);
    }
    walk->ended = rc ? -1 : 0;
    return rc == TW_E_NOT_FOUND ? 0 : rc;
}

static int64_t each_id(struct log *log, enum table table,
                       int (*each)(void *context, const char *id, size_t length, uint64_t seq),
                       void *context, tw_error *why) {
    struct index_walk walk;
    memset(&walk, 0, sizeof walk);
    walk.each = each;
    walk.context = context;
    int rc = tw_log_check_indexes(log, why);
    while (rc == 0 && !walk.ended) {
        struct MDB_txn *txn = NULL;
        struct MDB_cursor *cursor = NULL;
        rc = tw_log_begin(log, &txn, why);
        if (rc)
            break;
        rc = tw_env_cursor(log->share->env, txn, table, &cursor, why);
        if (rc == 0)
            rc = walk_index(cursor, &walk, why);
        tw_env_cursor_close(cursor);
        tw_share_end(log->share, txn);
    }
    if (rc == 0 && walk.ended <= 0 && log->tail)
        rc = tw_log_tail_each(log->tail, table == TW_TABLE_ORDERS, each, context, &walk.count);
    return rc ? rc : walk.count;
}

int64_t tw_log_each_execution(struct log *log,
                              int (*each)(void *context, const char *exec_id, size_t length,
                                          uint64_t seq),
                              void *context, tw_error *why) {
    return each_id(log, TW_TABLE_EXECUTIONS, each, context, why);
}

int64_t tw_log_each_order(struct log *log,
                          int (*each)(void *context, const char *order_ref, size_t length,
                                      uint64_t seq),
                          void *context, tw_error *why) {
    return each_id(log, TW_TABLE_ORDERS, each, context, why);
}
