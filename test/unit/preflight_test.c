/* No legal LMDB file is refused. */
#include "lmdb_file.h"

START_TEST(a_file_without_a_commit_passes) {
    make_env();
    struct preflight preflight = passes(file_fd);
    ck_assert_uint_eq(preflight.winner.transaction, 0);
    ck_assert_uint_eq(preflight.table_count, 0);
    ck_assert_uint_eq(preflight.used_bytes, 8192);
    close_env();
}
END_TEST

/* Random puts, overwrites with other sizes, deletes and drops in several tables, with keys of all
 * lengths; after every commit the file has to pass and its counts have to be LMDB's. */
static void change_at_random(struct random *random, MDB_txn *txn, MDB_dbi dbi) {
    uint8_t key[511];
    uint64_t name = random_below(random, 400);
    struct random filling = {name};
    size_t key_size = 1 + random_below(&filling, name % 7 == 0 ? 511 : 24);
    for (size_t i = 0; i < key_size; i++)
        key[i] = (uint8_t)random_next(&filling);
    MDB_val at = value_of(key, key_size);
    switch (random_below(random, 12)) {
    case 0:
    case 1:
    case 2:
    case 3: {
        int rc = mdb_del(txn, dbi, &at, NULL);
        ck_assert(rc == 0 || rc == MDB_NOTFOUND);
        break;
    }
    case 4:
        put(txn, dbi, key, key_size, 1 + random_below(random, 60000));
        break;
    case 5:
        put(txn, dbi, key, key_size, 3000 + random_below(random, 3000));
        break;
    default:
        put(txn, dbi, key, key_size, random_below(random, 300));
        break;
    }
}

START_TEST(whatever_lmdb_writes_passes) {
    static const char *const names[] = {"events", "executions", "meta", "snapshots", "more"};
    struct random random = {seed_from_environment("whatever_lmdb_writes_passes")};
    make_env();
    for (int round = 0; round < 600; round++) {
        MDB_txn *txn = NULL;
        MDB_stat stat;
        MDB_dbi dbi = 0;
        const char *name = names[random_below(&random, 5)];
        ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        ck_assert_int_eq(mdb_dbi_open(txn, name, MDB_CREATE, &dbi), 0);
        for (uint64_t i = random_below(&random, 60); i > 0; i--)
            change_at_random(&random, txn, dbi);
        if (random_below(&random, 60) == 0)
            ck_assert_int_eq(mdb_drop(txn, dbi, 0), 0);
        ck_assert_int_eq(mdb_stat(txn, dbi, &stat), 0);
        if (random_below(&random, 10) == 0) {
            mdb_txn_abort(txn);
            passes(file_fd);
            continue;
        }
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
        struct preflight preflight = passes(file_fd);
        for (uint64_t i = 0; i < preflight.table_count; i++)
            if (strcmp(preflight.tables[i].name, name) == 0)
                ck_assert_uint_eq(preflight.tables[i].entries, stat.ms_entries);
        MDB_envinfo info;
        ck_assert_int_eq(mdb_env_info(env, &info), 0);
        ck_assert_uint_eq(preflight.winner.transaction, info.me_last_txnid);
        ck_assert_uint_eq(preflight.used_bytes, (info.me_last_pgno + 1) * 4096);
        if (random_below(&random, 40) == 0) {
            mdb_env_close(env);
            open_env();
        }
    }
    close_env();
}
END_TEST

START_TEST(rising_keys_and_deep_trees_pass) {
    make_env();
    for (uint64_t batch = 0; batch < 8; batch++) {
        MDB_txn *txn = NULL;
        MDB_dbi dbi = 0;
        ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        ck_assert_int_eq(mdb_dbi_open(txn, "deep", MDB_CREATE, &dbi), 0);
        for (uint64_t i = 0; i < 300; i++) {
            uint8_t key[511];
            memset(key, 'k', sizeof key);
            put_number(key + 503, batch * 300 + i);
            put(txn, dbi, key, sizeof key, 500);
        }
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
        passes(file_fd);
    }
    /* A parked reader makes the free list long enough for pages of its own. */
    MDB_txn *reader = NULL;
    ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &reader), 0);
    for (int round = 0; round < 3; round++) {
        MDB_txn *txn = NULL;
        MDB_dbi dbi = 0;
        ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        ck_assert_int_eq(mdb_dbi_open(txn, "deep", MDB_CREATE, &dbi), 0);
        ck_assert_int_eq(mdb_drop(txn, dbi, 0), 0);
        for (uint64_t i = 0; i < 900; i++)
            put(txn, dbi, &i, sizeof i, 2500);
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
        ck_assert_uint_gt(passes(file_fd).free_pages, 700);
    }
    mdb_txn_abort(reader);
    close_env();
}
END_TEST

START_TEST(copies_made_by_lmdb_pass) {
    make_small_file();
    for (int compact = 0; compact < 2; compact++) {
        const char *copy = scratch_path(compact ? "compact" : "plain");
        int fd = open(copy, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(mdb_env_copyfd2(env, fd, compact ? MDB_CP_COMPACT : 0), 0);
        struct preflight preflight = passes(fd);
        ck_assert_uint_eq(preflight.winner.head_bytes, 80);
        ck_assert_uint_eq(preflight.winner.transaction, compact ? 1 : 6);
        close(fd);
    }
    close_env();
}
END_TEST

START_TEST(the_head_of_both_meta_pages_is_found) {
    make_small_file();
    struct preflight preflight = passes(file_fd);
    ck_assert_uint_eq(preflight.winner.transaction, 6);
    ck_assert_uint_eq(preflight.loser.transaction, 5);
    ck_assert_uint_eq(preflight.winner.head_bytes, 80);
    ck_assert_uint_eq(preflight.loser.head_bytes, 80);
    ck_assert_uint_eq(preflight.table_count, 2);
    ck_assert_str_eq(preflight.tables[0].name, "events");
    ck_assert_uint_eq(preflight.tables[0].entries, 240);
    ck_assert_str_eq(preflight.tables[1].name, "meta");
    close_env();
}
END_TEST

START_TEST(a_live_file_is_never_called_damaged) {
    int stop[2];
    make_journal();
    make_day_file();
    tw_lock_release(writer);
    ck_assert_int_eq(pipe2(stop, O_CLOEXEC | O_NONBLOCK), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct log *log = NULL;
        char order;
        if (tw_lock_take(journal, &writer, NULL) != 0 ||
            tw_log_open(journal, DAY, TW_LOG_WRITE, &log, NULL) != 0)
            _exit(1);
        for (uint64_t seq = 1; seq < 20000 && read(stop[0], &order, 1) != 1; seq++)
            if (append_records(log, seq, 1, 300, NULL, NULL) != 0)
                _exit(2);
        tw_log_close(log);
        _exit(0);
    }
    int fd = open(day_path(), O_RDONLY | O_CLOEXEC);
    for (int round = 0; round < 300; round++) {
        struct preflight preflight;
        tw_error why = {0, ""};
        int rc = tw_preflight_live(fd, TW_PREFLIGHT_ALL, &preflight, &why);
        ck_assert_msg(rc >= 0, "%s", why.text);
    }
    int status = 0;
    ck_assert_int_eq(write(stop[1], "!", 1), 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    passes(fd);
    close(fd);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("preflight");
    TCase *legal = tcase_create("legal");
    tcase_set_timeout(legal, 300);
    tcase_add_test(legal, a_file_without_a_commit_passes);
    tcase_add_test(legal, whatever_lmdb_writes_passes);
    tcase_add_test(legal, rising_keys_and_deep_trees_pass);
    tcase_add_test(legal, copies_made_by_lmdb_pass);
    tcase_add_test(legal, the_head_of_both_meta_pages_is_found);
    tcase_add_test(legal, a_live_file_is_never_called_damaged);
    suite_add_tcase(suite, legal);
    return run_suite(suite);
}
