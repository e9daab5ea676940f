/* The only file that knows LMDB: environments, transactions and tables behind io/log_lmdb.h. */
#include "io/log_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/preflight.h"
#include "io/system.h"

enum { TABLES_AT_MOST = 8, TRIES_TO_BEGIN = 5 };

struct env {
    MDB_env *lmdb;
    MDB_dbi tables[TW_TABLES];
};

static const char *const table_names[TW_TABLES] = {
    [TW_TABLE_EVENTS] = "events", [TW_TABLE_EXECUTIONS] = "executions",
    [TW_TABLE_ORDERS] = "orders", [TW_TABLE_SNAPSHOTS] = "snapshots",
    [TW_TABLE_META] = "meta",
};

static int fail_lmdb(tw_error *why, int error, const char *doing) {
    static const struct {
        int error;
        int code;
    } codes[] = {
        {MDB_NOTFOUND, TW_E_NOT_FOUND},  {MDB_KEYEXIST, TW_E_DUPLICATE},
        {MDB_MAP_FULL, TW_E_FULL},       {MDB_TXN_FULL, TW_E_INVALID},
        {MDB_CORRUPTED, TW_E_DAMAGED},   {MDB_PAGE_NOTFOUND, TW_E_DAMAGED},
        {MDB_INVALID, TW_E_DAMAGED},     {MDB_CURSOR_FULL, TW_E_DAMAGED},
        {MDB_PAGE_FULL, TW_E_DAMAGED},   {MDB_INCOMPATIBLE, TW_E_DAMAGED},
        {MDB_BAD_DBI, TW_E_DAMAGED},     {MDB_VERSION_MISMATCH, TW_E_NEWER},
        {MDB_PANIC, TW_E_FAILED},        {MDB_BAD_TXN, TW_E_FAILED},
        {MDB_BAD_VALSIZE, TW_E_INVALID},
    };
    int code = error > 0 ? tw_system_code(error) : TW_E_IO;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].error == error)
            code = codes[i].code;
    return tw_fail(why, code, "%s: %s", doing, mdb_strerror(error));
}

static MDB_val to_value(struct bytes bytes) {
    /* LMDB takes keys and values without const, but only reads them. */
    union {
        const void *given;
        void *taken;
    } pointer = {bytes.data};
    return (MDB_val){bytes.size, pointer.taken};
}

/* Begins the first transaction. A live writer may have made the file bigger since its size was
 * asked. */
static int begin_first(struct env *env, int writing, MDB_txn **ret, tw_error *why) {
    for (int attempt = 0; attempt < TRIES_TO_BEGIN; attempt++) {
        int rc = tw_env_begin(env, writing, ret, why);
        if (rc != TW_ENV_RESIZED)
            return rc;
        mdb_filehandle_t fd;
        struct stat status;
        if (mdb_env_get_fd(env->lmdb, &fd) || fstat(fd, &status) != 0)
            return tw_system_fail(why, errno, "size of the day file");
        rc = tw_env_resize(env, (uint64_t)status.st_size, why);
        if (rc)
            return rc;
    }
    return tw_fail(why, TW_E_IO, "the day file grows faster than it can be opened");
}

static int open_tables(struct env *env, int how, tw_error *why) {
    int making = how == TW_ENV_MAKE;
    MDB_txn *txn = NULL;
    int rc = begin_first(env, making, &txn, why);
    for (int table = 0; rc == 0 && table < TW_TABLES; table++) {
        int error =
            mdb_dbi_open(txn, table_names[table], making ? MDB_CREATE : 0, &env->tables[table]);
        if (error == MDB_NOTFOUND)
            rc = tw_fail(why, TW_E_DAMAGED, "it has no table %s", table_names[table]);
        else if (error)
            rc = fail_lmdb(why, error, "opening a table");
    }
    if (rc) {
        mdb_txn_abort(txn);
        return rc;
    }
    /* The handles of the tables stay when the transaction that opened them is committed. */
    int error = mdb_txn_commit(txn);
    return error ? fail_lmdb(why, error, "opening the tables") : 0;
}

static int open_lmdb(struct env *env, const char *path, int how, uint64_t map_bytes,
                     tw_error *why) {
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
    if (!(how & TW_ENV_WRITE))
        flags |= MDB_RDONLY;
    if (how == TW_ENV_ALONE)
        flags |= MDB_NOLOCK;
    int error = mdb_env_set_maxdbs(env->lmdb, TABLES_AT_MOST);
    if (!error)
        error = mdb_env_set_maxreaders(env->lmdb, TW_ENV_READERS);
    if (!error)
        error = mdb_env_set_mapsize(env->lmdb, (size_t)map_bytes);
    if (!error)
        error = mdb_env_open(env->lmdb, path, flags, S_IRUSR | S_IWUSR);
    if (error)
        return fail_lmdb(why, error, "opening the day file");
    /* Of LMDB's descriptors this one alone would be inherited by programs that the host starts. */
    mdb_filehandle_t fd;
    error = mdb_env_get_fd(env->lmdb, &fd);
    if (!error && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        error = errno;
    return error ? fail_lmdb(why, error, "opening the day file") : 0;
}

int tw_env_open(int folder_fd, const char *name, int how, uint64_t map_bytes, struct env **ret,
                tw_error *why) {
    char path[128];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder_fd, name);
    struct env *env = calloc(1, sizeof *env);
    if (!env)
        return tw_fail(why, TW_E_NOMEM, "no memory to open the day file");
    int error = mdb_env_create(&env->lmdb);
    int rc = error ? fail_lmdb(why, error, "opening the day file")
                   : open_lmdb(env, path, how, map_bytes, why);
    if (rc == 0)
        rc = open_tables(env, how, why);
    if (rc) {
        tw_env_close(env);
        return rc;
    }
    *ret = env;
    return 0;
}

void tw_env_close(struct env *env) {
    if (!env)
        return;
    /* LMDB asks for this also after a failed mdb_env_open. */
    if (env->lmdb)
        mdb_env_close(env->lmdb);
    free(env);
}

int tw_env_file(const struct env *env, dev_t *ret_device, ino_t *ret_inode, tw_error *why) {
    mdb_filehandle_t fd;
    struct stat status;
    int error = mdb_env_get_fd(env->lmdb, &fd);
    if (!error && fstat(fd, &status) != 0)
        error = errno;
    if (error)
        return fail_lmdb(why, error, "looking at the day file");
    *ret_device = status.st_dev;
    *ret_inode = status.st_ino;
    return 0;
}

int tw_env_sync(struct env *env, tw_error *why) {
    int error = mdb_env_sync(env->lmdb, 1);
    return error ? fail_lmdb(why, error, "syncing the day file") : 0;
}

void tw_env_size(const struct env *env, uint64_t *ret_map_bytes, uint64_t *ret_used_bytes) {
    MDB_envinfo info;
    memset(&info, 0, sizeof info);
    mdb_env_info(env->lmdb, &info);
    *ret_map_bytes = info.me_mapsize;
    *ret_used_bytes = ((uint64_t)info.me_last_pgno + 1) * TW_PAGE_BYTES;
}

int tw_env_resize(struct env *env, uint64_t map_bytes, tw_error *why) {
    int error = mdb_env_set_mapsize(env->lmdb, (size_t)map_bytes);
    return error ? fail_lmdb(why, error, "mapping the grown day file") : 0;
}

int tw_env_clear_readers(struct env *env, uint64_t *ret_cleared, tw_error *why) {
    int dead = 0;
    int error = mdb_reader_check(env->lmdb, &dead);
    if (error)
        return fail_lmdb(why, error, "clearing readers that are dead");
    *ret_cleared = (uint64_t)dead;
    return 0;
}

struct reader_list {
    uint64_t count;
    uint64_t oldest;
};

/* LMDB tells its readers only as lines of text: pid, thread, transaction or '-'. */
static int take_reader(const char *line, void *context) {
    struct reader_list *list = context;
    uint64_t transaction;
    if (sscanf(line, "%*d %*x %" SCNu64, &transaction) == 1) {
        list->count++;
        if (transaction < list->oldest)
            list->oldest = transaction;
    }
    return 0;
}

int tw_env_readers(struct env *env, uint64_t *ret_count, uint64_t *ret_oldest, tw_error *why) {
    struct reader_list list = {0, UINT64_MAX};
    int error = mdb_reader_list(env->lmdb, take_reader, &list);
    if (error < 0)
        return fail_lmdb(why, error, "listing the readers");
    *ret_count = list.count;
    *ret_oldest = list.oldest;
    return 0;
}

int tw_env_begin(struct env *env, int writing, struct MDB_txn **ret, tw_error *why) {
    unsigned flags = writing ? 0 : MDB_RDONLY;
    int error = mdb_txn_begin(env->lmdb, NULL, flags, ret);
    if (error == MDB_READERS_FULL) {
        int dead = 0;
        mdb_reader_check(env->lmdb, &dead);
        error = mdb_txn_begin(env->lmdb, NULL, flags, ret);
    }
    if (error == MDB_MAP_RESIZED)
        return TW_ENV_RESIZED;
    return error ? fail_lmdb(why, error, "beginning a transaction") : 0;
}

void tw_env_abort(struct MDB_txn *txn) {
    mdb_txn_abort(txn);
}

int tw_env_commit(struct MDB_txn *txn, tw_error *why) {
    int error = mdb_txn_commit(txn);
    return error ? fail_lmdb(why, error, "committing") : 0;
}

uint64_t tw_env_transaction(struct MDB_txn *txn) {
    return mdb_txn_id(txn);
}

int tw_env_get(struct env *env, struct MDB_txn *txn, enum table table, struct bytes key,
               struct bytes *ret, tw_error *why) {
    MDB_val wanted = to_value(key);
    MDB_val found;
    int error = mdb_get(txn, env->tables[table], &wanted, &found);
    if (error == MDB_NOTFOUND)
        return TW_E_NOT_FOUND;
    if (error)
        return fail_lmdb(why, error, "reading");
    *ret = (struct bytes){found.mv_data, found.mv_size};
    return 0;
}

int tw_env_put(struct env *env, struct MDB_txn *txn, enum table table, struct bytes key,
               struct bytes value, enum put how, tw_error *why) {
    static const unsigned flags[] = {
        [TW_PUT_REPLACE] = 0,
        [TW_PUT_NEW] = MDB_NOOVERWRITE,
        [TW_PUT_LAST] = MDB_APPEND,
    };
    MDB_val at = to_value(key);
    MDB_val what = to_value(value);
    int error = mdb_put(txn, env->tables[table], &at, &what, flags[how]);
    return error ? fail_lmdb(why, error, "writing") : 0;
}

int tw_env_delete(struct env *env, struct MDB_txn *txn, enum table table, struct bytes key,
                  tw_error *why) {
    MDB_val at = to_value(key);
    int error = mdb_del(txn, env->tables[table], &at, NULL);
    if (error == MDB_NOTFOUND)
        return TW_E_NOT_FOUND;
    return error ? fail_lmdb(why, error, "deleting") : 0;
}

static int stat_of(struct env *env, struct MDB_txn *txn, enum table table, MDB_stat *ret,
                   tw_error *why) {
    int error = mdb_stat(txn, env->tables[table], ret);
    return error ? fail_lmdb(why, error, "counting") : 0;
}

int tw_env_count(struct env *env, struct MDB_txn *txn, enum table table, uint64_t *ret,
                 tw_error *why) {
    MDB_stat stat;
    int rc = stat_of(env, txn, table, &stat, why);
    if (rc == 0)
        *ret = stat.ms_entries;
    return rc;
}

int tw_env_pages(struct env *env, struct MDB_txn *txn, enum table table, uint64_t *ret,
                 tw_error *why) {
    MDB_stat stat;
    int rc = stat_of(env, txn, table, &stat, why);
    if (rc == 0)
        *ret = stat.ms_branch_pages + stat.ms_leaf_pages;
    return rc;
}

int tw_env_cursor(struct env *env, struct MDB_txn *txn, enum table table, struct MDB_cursor **ret,
                  tw_error *why) {
    int error = mdb_cursor_open(txn, env->tables[table], ret);
    return error ? fail_lmdb(why, error, "reading") : 0;
}

void tw_env_cursor_close(struct MDB_cursor *cursor) {
    if (cursor)
        mdb_cursor_close(cursor);
}

int tw_env_move(struct MDB_cursor *cursor, enum move move, struct bytes *key, struct bytes *value,
                tw_error *why) {
    static const MDB_cursor_op operations[] = {
        [TW_MOVE_FIRST] = MDB_FIRST, [TW_MOVE_LAST] = MDB_LAST,    [TW_MOVE_NEXT] = MDB_NEXT,
        [TW_MOVE_BACK] = MDB_PREV,   [TW_MOVE_TO] = MDB_SET_RANGE,
    };
    MDB_val at = to_value(*key);
    MDB_val found;
    int error = mdb_cursor_get(cursor, &at, &found, operations[move]);
    if (error == MDB_NOTFOUND)
        return TW_E_NOT_FOUND;
    if (error)
        return fail_lmdb(why, error, "reading");
    *key = (struct bytes){at.mv_data, at.mv_size};
    *value = (struct bytes){found.mv_data, found.mv_size};
    return 0;
}
