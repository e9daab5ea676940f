/* Damaged day files: refused, or the damage is seen; never a crash, never an older day. */
#include "day_file.h"

#include <lmdb.h>

/* ---- damage -------------------------------------------------------------------------------- */

enum { DAMAGED_RECORDS = 60 };

static uint64_t last_transaction;

/* A day with small and large records, snapshots and a free list; closed, its bytes given back. */
static uint8_t *make_victim(int more_commits, size_t *ret_size) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    for (uint64_t seq = 1; seq <= DAMAGED_RECORDS; seq += 4) {
        uint8_t image[6000];
        memset(image, (int)seq, sizeof image);
        struct log_snapshot snapshot = {seq + 3, image, sizeof image};
        CHECK_OK(append_records(log, seq, 4, seq % 3 ? 120 : 2600, &snapshot, why));
    }
    for (int i = 0; i < more_commits; i++) {
        struct log_snapshot again = {DAMAGED_RECORDS, (const uint8_t *)"again", 5};
        CHECK_OK(tw_log_commit(log, NULL, 0, &again, NULL, why));
    }
    last_transaction = head_of(log).transaction;
    tw_log_close_trimmed(log, NULL);
    return load_file(day_path(), ret_size);
}

struct findings {
    uint64_t next;
    int bad_records;
};

static int look_at_record(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    struct findings *findings = context;
    findings->bad_records += !record_is_good(seq, bytes, size);
    findings->next = seq + 1;
    return 0;
}

static int look_at_execution(void *context, const char *exec_id, size_t length, uint64_t seq) {
    (void)exec_id;
    (void)length;
    *(uint64_t *)context += seq;
    return 0;
}

/* 1: refused; 0: opened, and what it says is right or is seen to be wrong by the CRC of a record.
 * Anything else fails the test. */
static int open_damaged(enum log_mode mode) {
    struct log *log = NULL;
    struct findings findings = {1, 0};
    struct log_head head;
    uint64_t sum = 0;
    tw_error why = {0, ""};
    int rc = tw_log_open(journal, DAY, mode, &log, &why);
    if (rc) {
        ck_assert_msg(rc == TW_E_DAMAGED || rc == TW_E_NEWER, "%s: %s", tw_error_name(rc),
                      why.text);
        return 1;
    }
    int64_t got = tw_log_read(log, 1, look_at_record, &findings, 1000, &why);
    ck_assert_msg(got == DAMAGED_RECORDS || got == TW_E_DAMAGED, "%" PRId64 " records", got);
    ck_assert_int_eq(tw_log_head(log, &head, &why), 0);
    ck_assert_uint_eq(head.last_seq, DAMAGED_RECORDS);
    ck_assert_uint_eq(head.transaction, last_transaction);
    tw_log_each_execution(log, look_at_execution, &sum, &why);
    struct buffer image = {0};
    tw_log_snapshot_read(log, DAMAGED_RECORDS, &image, &why);
    tw_buffer_free(&image);
    tw_log_close(log);
    return 0;
}

START_TEST(a_day_file_cut_anywhere_is_refused) {
    size_t size = 0;
    uint8_t *bytes = make_victim(0, &size);
    uint64_t seed = seed_from_environment("a_day_file_cut_anywhere_is_refused");
    struct random random = {seed};
    for (size_t cut = 0; cut < size; cut += 4096) {
        store_file(day_path(), bytes, cut);
        ck_assert_int_eq(open_damaged(TW_LOG_READ), 1);
        store_file(day_path(), bytes, cut + 1 + random_below(&random, 4095));
        ck_assert_int_eq(open_damaged(TW_LOG_WRITE), 1);
    }
    free(bytes);
}
END_TEST

/* The page number and flags, magic and version, both tables, last page and transaction. In between
 * lie padding, an address nobody asks for, and the size of the map, which may be anything above the
 * size of the file; of the free list's flags one only says how the file was once opened. */
static int matters(size_t offset, size_t bit) {
    if (offset == 45 && bit % 8 == 6)
        return 0;
    return offset < 8 || offset == 10 || offset == 11 || (offset >= 16 && offset < 24) ||
           offset >= 40;
}

/* Four numbers of the last commit that follow one another have all patterns of their lowest bits;
 * the dangerous flip turns commit N into N - 2. */
START_TEST(a_flipped_bit_in_a_meta_page_never_takes_the_day_back) {
    size_t size = 0;
    uint8_t *bytes = make_victim(_i, &size);
    size_t winner = tw_get_u64(bytes + 144) > tw_get_u64(bytes + 4096 + 144) ? 0 : 4096;
    for (size_t bit = 0; bit < 2 * 152 * 8; bit++) {
        size_t offset = bit / 8 % 152;
        size_t page = bit / 8 / 152 * 4096;
        bytes[page + offset] ^= (uint8_t)(1u << (bit % 8));
        store_file(day_path(), bytes, size);
        int refused = open_damaged(TW_LOG_READ);
        ck_assert_msg(refused || page != winner || !matters(offset, bit), "bit %zu was not seen",
                      bit);
        bytes[page + offset] ^= (uint8_t)(1u << (bit % 8));
    }
    free(bytes);
}
END_TEST

static void mutate(struct random *random, uint8_t *bytes, size_t size) {
    size_t pages = size / 4096;
    uint8_t *page = bytes + random_below(random, pages) * 4096;
    uint8_t *other = bytes + random_below(random, pages) * 4096;
    switch (random_below(random, 7)) {
    case 0:
        bytes[random_below(random, size)] ^= (uint8_t)(1u << random_below(random, 8));
        break;
    case 1:
        page[random_below(random, 64)] = (uint8_t)random_next(random);
        break;
    case 2:
        memset(page, 0, 4096);
        break;
    case 3:
        memset(page + random_below(random, 8) * 512, 0, 512);
        break;
    case 4:
        memmove(page, other, 4096);
        break;
    case 5:
        for (size_t i = 0; i < 4096; i++)
            page[i] = (uint8_t)random_next(random);
        break;
    default:
        tw_put_u16(page + 2 * random_below(random, 2048), (uint16_t)random_next(random));
        break;
    }
}

START_TEST(a_damaged_day_file_is_refused_or_its_bad_record_is_seen) {
    size_t size = 0;
    uint8_t *bytes = make_victim(0, &size);
    uint8_t *copy = malloc(size);
    ck_assert_ptr_nonnull(copy);
    struct random random = {seed_from_environment("a_damaged_day_file_is_refused")};
    int refused = 0;
    for (int round = 0; round < 3000; round++) {
        memcpy(copy, bytes, size);
        mutate(&random, copy, size);
        store_file(day_path(), copy, size);
        refused += open_damaged(TW_LOG_READ);
        if (round % 20 == 0) {
            store_file(day_path(), copy, size);
            open_damaged(TW_LOG_WRITE);
        }
    }
    ck_assert_int_gt(refused, 500);
    free(copy);
    free(bytes);
}
END_TEST

/* Changes the file behind the log's back, with LMDB itself. */
static void tamper(const char *table, const void *key, size_t key_size, const char *value) {
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi dbi;
    char copy[64];
    memcpy(copy, key, key_size);
    MDB_val at = {key_size, copy};
    MDB_val what = {value ? strlen(value) : 0, (void *)(uintptr_t)value};
    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, 8), 0);
    ck_assert_int_eq(mdb_env_set_mapsize(env, TW_LOG_FIRST_BYTES), 0);
    ck_assert_int_eq(mdb_env_open(env, day_path(), MDB_NOSUBDIR, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, table, 0, &dbi), 0);
    ck_assert_int_eq(value ? mdb_put(txn, dbi, &at, &what, 0) : mdb_del(txn, dbi, &at, NULL), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

START_TEST(a_commit_that_is_not_ours_is_seen_by_the_head) {
    size_t size = 0;
    free(make_victim(0, &size));
    tamper("events", "\0\0\0\0\0\0\0\7", 8, NULL);
    struct log *log = NULL;
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_DAMAGED,
                "the head is of commit");
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_DAMAGED,
                "the head is of commit");
}
END_TEST

START_TEST(a_missing_head_or_origin_is_seen) {
    size_t size = 0;
    free(make_victim(0, &size));
    tamper("meta", "head", 4, NULL);
    struct log *log = NULL;
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_DAMAGED, "head record");
    tamper("meta", "head", 4, "short");
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_DAMAGED, "head record");
}
END_TEST

/* A head with the right transaction that tells another story than the table. */
START_TEST(a_head_that_does_not_fit_the_records_is_refused) {
    size_t size = 0;
    uint8_t *bytes = make_victim(0, &size);
    uint8_t record[TW_HEAD_BYTES];
    struct log *log = open_day(TW_LOG_READ);
    struct log_head head = head_of(log);
    tw_log_close(log);
    size_t head_bytes = tw_head_encode(&head, record);
    uint8_t *at = memmem(bytes, size, record, head_bytes);
    ck_assert_ptr_nonnull(at);
    head.last_seq -= _i == 0;
    head.first_seq += _i == 1;
    head.transaction += _i == 2;
    ck_assert_uint_eq(tw_head_encode(&head, record), head_bytes);
    memcpy(at, record, head_bytes);
    at[20] ^= (uint8_t)(_i == 3);
    store_file(day_path(), bytes, size);
    free(bytes);
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_WRITE, &log, why), TW_E_DAMAGED, "head");
    CHECK_FAILS(tw_log_open(journal, DAY, TW_LOG_READ, &log, why), TW_E_DAMAGED, "head");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log_damage");
    TCase *damage = tcase_create("damage");
    tcase_set_timeout(damage, 300);
    tcase_add_test(damage, a_day_file_cut_anywhere_is_refused);
    tcase_add_loop_test(damage, a_flipped_bit_in_a_meta_page_never_takes_the_day_back, 0, 4);
    tcase_add_test(damage, a_damaged_day_file_is_refused_or_its_bad_record_is_seen);
    tcase_add_test(damage, a_commit_that_is_not_ours_is_seen_by_the_head);
    tcase_add_test(damage, a_missing_head_or_origin_is_seen);
    tcase_add_loop_test(damage, a_head_that_does_not_fit_the_records_is_refused, 0, 4);
    suite_add_tcase(suite, damage);
    return run_suite(suite);
}
