/* RocksDB as a peer of tradewal bench: records by their seq. Loaded when it is there; the
 * prototypes are those of its documented C interface (rocksdb/c.h). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_engine.h"
#include "bench_out.h"
#include "bench_peer.h"

enum { OPTION_ASYNC, OPTION_SYNC, OPTION_RECYCLED };
enum { LOGS_RECYCLED = 4, KEY_BYTES = 8, WARM_KEYS = 24000, WARM_BYTES = 128 };
enum { BUFFER_BYTES = 1 << 20 };

/* Under every other mode of recovery RocksDB quietly does not recycle its log: an end of a log
 * could not be told from what an older one left behind. */
enum { RECOVERY_SKIP_ANY_CORRUPTED = 3 };

typedef struct rocksdb_t rocksdb_t;
typedef struct rocksdb_options_t rocksdb_options_t;
typedef struct rocksdb_writeoptions_t rocksdb_writeoptions_t;
typedef struct rocksdb_readoptions_t rocksdb_readoptions_t;
typedef struct rocksdb_iterator_t rocksdb_iterator_t;

struct api {
    rocksdb_options_t *(*options_create)(void);
    void (*options_destroy)(rocksdb_options_t *options);
    void (*set_create_if_missing)(rocksdb_options_t *options, unsigned char is_set);
    void (*set_recycle_log_file_num)(rocksdb_options_t *options, size_t count);
    void (*set_wal_recovery_mode)(rocksdb_options_t *options, int mode);
    void (*set_write_buffer_size)(rocksdb_options_t *options, size_t bytes);
    rocksdb_t *(*open)(const rocksdb_options_t *options, const char *path, char **why);
    void (*close)(rocksdb_t *db);
    void (*put)(rocksdb_t *db, const rocksdb_writeoptions_t *options, const char *key,
                size_t key_bytes, const char *value, size_t value_bytes, char **why);
    rocksdb_writeoptions_t *(*writeoptions_create)(void);
    void (*writeoptions_destroy)(rocksdb_writeoptions_t *options);
    void (*writeoptions_set_sync)(rocksdb_writeoptions_t *options, unsigned char is_set);
    rocksdb_readoptions_t *(*readoptions_create)(void);
    void (*readoptions_destroy)(rocksdb_readoptions_t *options);
    rocksdb_iterator_t *(*create_iterator)(rocksdb_t *db, const rocksdb_readoptions_t *options);
    void (*iter_seek_to_first)(rocksdb_iterator_t *iterator);
    unsigned char (*iter_valid)(const rocksdb_iterator_t *iterator);
    void (*iter_next)(rocksdb_iterator_t *iterator);
    const char *(*iter_value)(const rocksdb_iterator_t *iterator, size_t *ret_bytes);
    void (*iter_destroy)(rocksdb_iterator_t *iterator);
};

static const struct peer_symbol symbols[] = {
    {"rocksdb_options_create", offsetof(struct api, options_create)},
    {"rocksdb_options_destroy", offsetof(struct api, options_destroy)},
    {"rocksdb_options_set_create_if_missing", offsetof(struct api, set_create_if_missing)},
    {"rocksdb_options_set_recycle_log_file_num", offsetof(struct api, set_recycle_log_file_num)},
    {"rocksdb_options_set_wal_recovery_mode", offsetof(struct api, set_wal_recovery_mode)},
    {"rocksdb_options_set_write_buffer_size", offsetof(struct api, set_write_buffer_size)},
    {"rocksdb_open", offsetof(struct api, open)},
    {"rocksdb_close", offsetof(struct api, close)},
    {"rocksdb_put", offsetof(struct api, put)},
    {"rocksdb_writeoptions_create", offsetof(struct api, writeoptions_create)},
    {"rocksdb_writeoptions_destroy", offsetof(struct api, writeoptions_destroy)},
    {"rocksdb_writeoptions_set_sync", offsetof(struct api, writeoptions_set_sync)},
    {"rocksdb_readoptions_create", offsetof(struct api, readoptions_create)},
    {"rocksdb_readoptions_destroy", offsetof(struct api, readoptions_destroy)},
    {"rocksdb_create_iterator", offsetof(struct api, create_iterator)},
    {"rocksdb_iter_seek_to_first", offsetof(struct api, iter_seek_to_first)},
    {"rocksdb_iter_valid", offsetof(struct api, iter_valid)},
    {"rocksdb_iter_next", offsetof(struct api, iter_next)},
    {"rocksdb_iter_value", offsetof(struct api, iter_value)},
    {"rocksdb_iter_destroy", offsetof(struct api, iter_destroy)},
    {0},
};

struct peer {
    struct api api;
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_writeoptions_t *write;
};

static void put(const struct peer *peer, uint64_t seq, const char *record, size_t size) {
    char key[KEY_BYTES];
    char *why = NULL;
    /* Most significant byte first, so that the order of keys is that of seqs. */
    for (int i = 0; i < KEY_BYTES; i++)
        key[i] = (char)(seq >> 8 * (KEY_BYTES - 1 - i));
    peer->api.put(peer->db, peer->write, key, sizeof key, record, size, &why);
    if (why)
        tw_bench_die("RocksDB: %s", why);
}

/* Recycling sets in when a few logs have been filled and given up. */
static void fill_logs(const struct peer *peer) {
    char filling[WARM_BYTES];
    memset(filling, 'x', sizeof filling);
    for (uint64_t i = 0; i < WARM_KEYS; i++)
        put(peer, UINT64_MAX - i, filling, sizeof filling);
}

static void *open_rocksdb(const struct engine *engine, const struct bench *bench, const char *path,
                          const char **ret_absent) {
    static const char *const files[] = {"librocksdb.so.7.8", "librocksdb.so.7",
                                        "librocksdb.so.8",   "librocksdb.so.8.9",
                                        "librocksdb.so.9",   "librocksdb.so.9.10",
                                        "librocksdb.so.10",  "librocksdb.so.6.11",
                                        "librocksdb.so",     NULL};
    struct peer *peer = calloc(1, sizeof *peer);
    char *why = NULL;
    (void)bench;
    if (!peer)
        tw_bench_die("memory could not be allocated for RocksDB");
    if (tw_peer_load(files, symbols, &peer->api) != 0) {
        *ret_absent = "RocksDB: not installed (apt-get install librocksdb7.8)";
        free(peer);
        return NULL;
    }
    peer->options = peer->api.options_create();
    peer->api.set_create_if_missing(peer->options, 1);
    peer->api.set_recycle_log_file_num(peer->options, LOGS_RECYCLED);
    if (engine->option == OPTION_RECYCLED) {
        peer->api.set_wal_recovery_mode(peer->options, RECOVERY_SKIP_ANY_CORRUPTED);
        peer->api.set_write_buffer_size(peer->options, BUFFER_BYTES);
    }
    peer->db = peer->api.open(peer->options, path, &why);
    if (why)
        tw_bench_die("RocksDB: %s", why);
    peer->write = peer->api.writeoptions_create();
    if (engine->option == OPTION_RECYCLED)
        fill_logs(peer);
    peer->api.writeoptions_set_sync(peer->write, engine->option != OPTION_ASYNC);
    return peer;
}

static void append_rocksdb(void *self, const struct load *load) {
    for (size_t i = 0; i < load->count; i++)
        put(self, load->number + i + 1, load->bytes.data + load->starts[i],
            load->starts[i + 1] - load->starts[i]);
}

static void read_rocksdb(void *self, void (*take)(void *to, const void *record, size_t size),
                         void *to) {
    struct peer *peer = self;
    rocksdb_readoptions_t *options = peer->api.readoptions_create();
    rocksdb_iterator_t *iterator = peer->api.create_iterator(peer->db, options);
    for (peer->api.iter_seek_to_first(iterator); peer->api.iter_valid(iterator);
         peer->api.iter_next(iterator)) {
        size_t size = 0;
        const char *record = peer->api.iter_value(iterator, &size);
        take(to, record, size);
    }
    peer->api.iter_destroy(iterator);
    peer->api.readoptions_destroy(options);
}

static void close_rocksdb(void *self) {
    struct peer *peer = self;
    peer->api.close(peer->db);
    peer->api.writeoptions_destroy(peer->write);
    peer->api.options_destroy(peer->options);
    free(peer);
}

const struct engine tw_engine_rocksdb_sync = {
    .open = open_rocksdb, .append = append_rocksdb, .close = close_rocksdb, .option = OPTION_SYNC};
const struct engine tw_engine_rocksdb_recycled = {.open = open_rocksdb,
                                                  .append = append_rocksdb,
                                                  .close = close_rocksdb,
                                                  .option = OPTION_RECYCLED};
const struct engine tw_engine_rocksdb_async = {.open = open_rocksdb,
                                               .append = append_rocksdb,
                                               .read = read_rocksdb,
                                               .close = close_rocksdb,
                                               .option = OPTION_ASYNC};
