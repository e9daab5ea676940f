/* What the tests of the preflight share: an LMDB file that LMDB itself writes. */
#ifndef TW_TEST_LMDB_FILE_H
#define TW_TEST_LMDB_FILE_H

#include <lmdb.h>

#include "day_file.h"
#include "io/page.h"
#include "io/preflight.h"

enum { MAP_BYTES = 24 << 20 };

static char file_path[500];
static int file_fd = -1;
static MDB_env *env;

static inline void open_env(void) {
    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, 8), 0);
    ck_assert_int_eq(mdb_env_set_mapsize(env, MAP_BYTES), 0);
    ck_assert_int_eq(mdb_env_open(env, file_path, MDB_NOSUBDIR | MDB_NOSYNC, 0600), 0);
}

static inline void make_env(void) {
    snprintf(file_path, sizeof file_path, "%s/file.mdb", scratch_folder());
    open_env();
    file_fd = open(file_path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(file_fd, 0);
    /* LMDB may count pages that it never wrote; a day file has all its room from the start. */
    ck_assert_int_eq(posix_fallocate(file_fd, 0, MAP_BYTES), 0);
}

static inline void close_env(void) {
    mdb_env_close(env);
    close(file_fd);
}

static inline struct preflight passes(int fd) {
    struct preflight preflight;
    CHECK_OK(tw_preflight(fd, &preflight, why));
    return preflight;
}

static inline MDB_val value_of(const void *data, size_t size) {
    return (MDB_val){size, (void *)(uintptr_t)data};
}

static inline void put(MDB_txn *txn, MDB_dbi dbi, const void *key, size_t key_size, size_t size) {
    static uint8_t filling[200000];
    MDB_val at = value_of(key, key_size);
    MDB_val what = value_of(filling, size);
    ck_assert_int_eq(mdb_put(txn, dbi, &at, &what, 0), 0);
}

/* Big-endian, so that keys rise with the number. */
static inline void put_number(uint8_t *at, uint64_t number) {
    for (int i = 8; i-- > 0; number >>= 8)
        at[i] = (uint8_t)number;
}

static inline void make_small_file(void) {
    make_env();
    for (uint64_t round = 0; round < 6; round++) {
        MDB_txn *txn = NULL;
        MDB_dbi events = 0;
        MDB_dbi meta = 0;
        ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        ck_assert_int_eq(mdb_dbi_open(txn, "events", MDB_CREATE, &events), 0);
        ck_assert_int_eq(mdb_dbi_open(txn, "meta", MDB_CREATE, &meta), 0);
        for (uint64_t i = 0; i < 40; i++) {
            uint8_t key[8];
            put_number(key, round * 40 + i);
            put(txn, events, key, sizeof key, i % 8 ? 150 : 5000);
        }
        put(txn, meta, "head", 4, 80);
        put(txn, meta, "origin", 6, 80);
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
    }
}

#endif
