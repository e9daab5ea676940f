/* What tradewal bench measures: tradewal, the floor below it and the stores beside it, all behind
 * one small table of functions. They end the process where something fails. */
#ifndef TW_CMD_BENCH_ENGINE_H
#define TW_CMD_BENCH_ENGINE_H

#include "bench.h"
#include "bench_day.h"

struct engine {
    /* Makes a store at a path where nothing is yet. NULL where the engine is not on this machine;
     * *ret_absent says what is missing then. */
    void *(*open)(const struct engine *engine, const struct bench *bench, const char *path,
                  const char **ret_absent);
    void (*append)(void *self, const struct load *load); /* all of it in one transaction */
    void (*settle)(void *self); /* no work is left behind for later; NULL: there never is */
    void (*close)(void *self);
    /* Every record in order; NULL: not asked of this engine. */
    void (*read)(void *self, void (*take)(void *to, const void *record, size_t size), void *to);
    int option; /* one of the engine's own */
};

/* What each of them is stands in the text of the rows. */
extern const struct engine tw_engine_floor_tail, tw_engine_floor_block, tw_engine_floor_bare;
extern const struct engine tw_engine_flat, tw_engine_json, tw_engine_lmdb;
extern const struct engine tw_engine_each, tw_engine_each_busy, tw_engine_group;
extern const struct engine tw_engine_sqlite_full, tw_engine_sqlite_normal;
extern const struct engine tw_engine_rocksdb_sync, tw_engine_rocksdb_recycled;
extern const struct engine tw_engine_rocksdb_async;

/* A journal of this run; the store is open when it returns. */
void tw_bench_init_journal(const struct bench *bench, const char *path);
tw_store *tw_bench_open_store(const char *path, const tw_options *options);

/* The store inside tradewal's engines. */
tw_store *tw_engine_store(void *self);

/* FOLDER/NAME, freed by the caller. */
char *tw_bench_path(const struct bench *bench, const char *name);

#endif
