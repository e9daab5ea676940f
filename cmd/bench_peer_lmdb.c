/* LMDB by itself as a peer of tradewal bench: a durable transaction an append. */
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench_engine.h"
#include "bench_out.h"

enum { MAP_BYTES = 1 << 30 };

struct peer {
    MDB_env *env;
    MDB_dbi table;
};

static void check(int result) {
    if (result != 0)
        tw_bench_die("LMDB: %s", mdb_strerror(result));
}

static void *open_lmdb(const struct engine *engine, const struct bench *bench, const char *path,
                       const char **ret_absent) {
    (void)engine;
    (void)bench;
    (void)ret_absent;
    struct peer *peer = calloc(1, sizeof *peer);
    MDB_txn *txn;
    if (!peer)
        tw_bench_die("memory could not be allocated for LMDB");
    check(mdb_env_create(&peer->env));
    check(mdb_env_set_mapsize(peer->env, MAP_BYTES));
    check(mdb_env_open(peer->env, path, MDB_NOSUBDIR, 0600));
    check(mdb_txn_begin(peer->env, NULL, 0, &txn));
    check(mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &peer->table));
    check(mdb_txn_commit(txn));
    return peer;
}

static void append_lmdb(void *self, const struct load *load) {
    struct peer *peer = self;
    MDB_txn *txn;
    check(mdb_txn_begin(peer->env, NULL, 0, &txn));
    for (size_t i = 0; i < load->count; i++) {
        size_t seq = load->number + i + 1;
        MDB_val key = {sizeof seq, &seq};
        MDB_val value = {load->starts[i + 1] - load->starts[i], load->bytes.data + load->starts[i]};
        check(mdb_put(txn, peer->table, &key, &value, MDB_APPEND));
    }
    check(mdb_txn_commit(txn));
}

static void close_lmdb(void *self) {
    struct peer *peer = self;
    mdb_env_close(peer->env);
    free(peer);
}

const struct engine tw_engine_lmdb = {
    .open = open_lmdb, .append = append_lmdb, .close = close_lmdb};
