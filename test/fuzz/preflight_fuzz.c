/* Any bytes as an LMDB file: the preflight refuses it for a reason, or LMDB itself walks through
 * all of it without harm. An entry for libFuzzer, and without it a test over a file that LMDB
 * wrote, whole and changed. */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/page.h"
#include "io/preflight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 4 << 20, MOST_TABLES = 8 };

static int passed, refused;

static void object_to(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

/* Touches every key and value. */
static unsigned walk_table(MDB_txn *txn, MDB_dbi table) {
    MDB_cursor *cursor;
    MDB_val key, value;
    unsigned sum = 0;
    if (mdb_cursor_open(txn, table, &cursor))
        return 0;
    for (int error = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); error == 0;
         error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        for (size_t i = 0; i < key.mv_size; i++)
            sum += ((const uint8_t *)key.mv_data)[i];
        for (size_t i = 0; i < value.mv_size; i++)
            sum += ((const uint8_t *)value.mv_data)[i];
    }
    mdb_cursor_close(cursor);
    return sum;
}

static void walk_all(MDB_env *env, const struct preflight *preflight) {
    MDB_txn *txn;
    MDB_dbi table;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn))
        return;
    for (uint64_t i = 0; i < preflight->table_count; i++)
        if (mdb_dbi_open(txn, preflight->tables[i].name, 0, &table) == 0 &&
            walk_table(txn, table) == UINT32_MAX)
            fprintf(stderr, "a sum that nobody expects\n");
    mdb_txn_abort(txn);
}

static void read_through_lmdb(int fd, const struct preflight *preflight) {
    char path[64];
    MDB_env *env;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (mdb_env_create(&env))
        object_to("no memory");
    mdb_env_set_maxdbs(env, MOST_TABLES);
    if (mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600) == 0)
        walk_all(env, preflight);
    mdb_env_close(env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct preflight preflight;
    tw_error why = {0};
    if (size > MOST_BYTES)
        return 0;
    int fd = memfd_create("day", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        object_to("no file in memory");
    int status = tw_preflight(fd, &preflight, &why);
    if (status && (why.code != status || why.text[0] == '\0'))
        object_to("refused without a reason");
    if (!status)
        read_through_lmdb(fd, &preflight);
    *(status ? &refused : &passed) += 1;
    close(fd);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "harness.h"
#include "mutate.h"

enum { ROUNDS = 6000, RECORDS = 400, KEYS = 300 };

static void put(MDB_txn *txn, const char *name, const void *key, size_t key_bytes,
                const void *value, size_t bytes) {
    MDB_dbi table;
    MDB_val at = {key_bytes, (void *)(uintptr_t)key}, is = {bytes, (void *)(uintptr_t)value};
    ck_assert_int_eq(mdb_dbi_open(txn, name, MDB_CREATE, &table), 0);
    ck_assert_int_eq(mdb_put(txn, table, &at, &is, 0), 0);
}

/* Several commits, so that pages have been freed, and values with pages of their own. */
static size_t make_file(struct random *random, uint8_t *out) {
    static uint8_t bytes[9000];
    char path[512];
    MDB_env *env;
    MDB_txn *txn;
    snprintf(path, sizeof path, "%s/seed.mdb", scratch_folder());
    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, MOST_TABLES), 0);
    ck_assert_int_eq(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOLOCK, 0600), 0);
    for (int round = 0; round < 6; round++) {
        ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        for (int i = 0; i < RECORDS / 6; i++) {
            uint64_t key = random_below(random, KEYS);
            put(txn, "events", &key, sizeof key, bytes,
                random_below(random, random_below(random, 20) ? 300 : sizeof bytes));
        }
        put(txn, "meta", "head", 4, bytes, 80);
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
    }
    mdb_env_close(env);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(out, 1, MOST_BYTES, file);
    fclose(file);
    remove(path);
    ck_assert_uint_lt(size, MOST_BYTES);
    return size;
}

/* Where it hurts: heads of pages and nodes, rather than the middle of values. */
static void change(struct random *random, uint8_t *bytes, size_t size) {
    size_t page = random_below(random, size / TW_PAGE_BYTES) * TW_PAGE_BYTES;
    size_t length = random_below(random, 2) ? 64 : TW_PAGE_BYTES;
    if (random_below(random, 8) == 0) {
        size_t other = random_below(random, size / TW_PAGE_BYTES) * TW_PAGE_BYTES;
        memcpy(bytes + page, bytes + other, TW_PAGE_BYTES);
        return;
    }
    mutate_once(random, bytes + page, length, length, NULL);
}

START_TEST(any_file_is_refused_for_a_reason_or_harms_nobody_who_reads_it) {
    struct random random = {seed_from_environment("preflight fuzz")};
    static uint8_t seed[MOST_BYTES], bytes[MOST_BYTES];
    size_t size = 0;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 500 == 0)
            size = make_file(&random, seed);
        memcpy(bytes, seed, size);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            change(&random, bytes, size);
        size_t less = random_below(&random, 10) ? 0 : random_below(&random, size);
        LLVMFuzzerTestOneInput(bytes, size - less);
    }
    ck_assert_int_gt(passed, ROUNDS / 10);
    ck_assert_int_gt(refused, ROUNDS / 10);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("preflight_fuzz");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, any_file_is_refused_for_a_reason_or_harms_nobody_who_reads_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
