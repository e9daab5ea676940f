/* A damaged LMDB file does not get through to where it could do harm. */
#include "lmdb_file.h"

static uint8_t *bytes;
static size_t used;
static uint8_t *root; /* of events: a branch */
static uint8_t *leaf; /* its first child */
static uint8_t *meta_page;

static uint8_t *page_at(uint64_t number) {
    ck_assert_uint_lt(number * 4096, used);
    return bytes + number * 4096;
}

static void dissect(void) {
    struct page_meta meta;
    struct page_node node;
    struct page_table table;
    make_small_file();
    used = (size_t)passes(file_fd).used_bytes;
    close_env();
    size_t size = 0;
    bytes = load_file(file_path, &size);
    meta_page = bytes;
    tw_page_read_meta(meta_page, &meta);
    ck_assert_uint_eq(meta.transaction, 6);
    tw_page_node(page_at(meta.main.root), 0, &node);
    tw_page_read_table(node.data, &table);
    root = page_at(table.root);
    ck_assert_uint_eq(tw_page_flags(root), TW_PAGE_BRANCH);
    tw_page_node(root, 0, &node);
    leaf = page_at(node.child);
}

static uint8_t *node_at(uint8_t *page, unsigned index) {
    return page + tw_get_u16(page + 16 + 2 * index);
}

/* Where the page number of the first overflow run of the leaf stands. */
static uint8_t *run_pointer(void) {
    for (unsigned index = 0; index < tw_page_keys(leaf); index++)
        if (tw_get_u16(node_at(leaf, index) + 4) & TW_NODE_BIG)
            return node_at(leaf, index) + 16;
    ck_abort_msg("no overflow run");
    return NULL;
}

static uint8_t *run(void) {
    return page_at(tw_get_u64(run_pointer()));
}

/* The value of the first entry of the free list. */
static uint8_t *free_entry(void) {
    struct page_meta meta;
    tw_page_read_meta(meta_page, &meta);
    uint8_t *page = page_at(meta.free.root);
    return node_at(page, 0) + 16;
}

static void wrong_magic(void) {
    bytes[16] ^= 1;
}
static void newer_version(void) {
    tw_put_u32(bytes + 20, 2);
}
static void no_version(void) {
    tw_put_u32(bytes + 20, 0);
}
static void other_page_size(void) {
    tw_put_u32(bytes + 40, 16384);
}
static void huge_last_page(void) {
    tw_put_u64(bytes + 24 + 112, UINT64_C(1) << 50);
    tw_put_u64(bytes + 32, INT64_MAX);
}
static void commits_apart(void) {
    tw_put_u64(bytes + 24 + 120, 8);
}
static void wrong_parity(void) {
    tw_put_u64(bytes + 24 + 120, 7);
    tw_put_u64(bytes + 4096 + 24 + 120, 6);
}
static void branch_says_leaf(void) {
    tw_put_u16(root + 10, TW_PAGE_LEAF);
}
static void other_number(void) {
    tw_put_u64(leaf, tw_get_u64(leaf) + 1);
}
static void dirty_flag(void) {
    tw_put_u16(leaf + 10, TW_PAGE_LEAF | 0x10);
}
static void lower_above_upper(void) {
    tw_put_u16(leaf + 12, 4096);
}
static void upper_outside(void) {
    tw_put_u16(leaf + 14, 4098);
}
static void no_entries(void) {
    tw_put_u16(leaf + 12, 16);
}
static void pointer_outside(void) {
    tw_put_u16(leaf + 18, 4094);
}
static void odd_pointer(void) {
    tw_put_u16(leaf + 18, (uint16_t)(tw_get_u16(leaf + 18) + 1));
}
static void same_pointer_twice(void) {
    tw_put_u16(leaf + 20, tw_get_u16(leaf + 18));
}
static void swapped_pointers(void) {
    uint16_t first = tw_get_u16(leaf + 18);
    tw_put_u16(leaf + 18, tw_get_u16(leaf + 20));
    tw_put_u16(leaf + 20, first);
}
static void long_value(void) {
    tw_put_u16(node_at(leaf, 1), 4000);
}
static void long_key(void) {
    tw_put_u16(node_at(leaf, 1) + 6, 600);
}
static void duplicates_flag(void) {
    tw_put_u16(node_at(leaf, 1) + 4, 4);
}
static void table_in_a_table(void) {
    tw_put_u16(node_at(leaf, 1) + 4, TW_NODE_TABLE);
}
static void child_outside(void) {
    tw_put_u16(node_at(root, 1), 60000);
}
static void child_is_meta(void) {
    tw_put_u16(node_at(root, 1), 1);
}
static void child_twice(void) {
    tw_put_u16(node_at(root, 1), (uint16_t)tw_get_u64(leaf));
}
static void cycle(void) {
    tw_put_u16(node_at(root, 1), (uint16_t)tw_get_u64(root));
}
static void separator_too_high(void) {
    node_at(root, 1)[8] = 0xFF;
}
static void separator_too_low(void) {
    memset(node_at(root, 1) + 8, 0, 8);
}
static void run_outside(void) {
    tw_put_u64(run_pointer(), used / 4096);
}
static void run_far_outside(void) {
    tw_put_u64(run_pointer(), UINT64_MAX / 4096 + 2);
}
static void run_is_a_leaf(void) {
    tw_put_u64(run_pointer(), tw_get_u64(leaf));
}
static void run_too_short(void) {
    tw_put_u32(run() + 12, 1);
}
static void run_too_long(void) {
    tw_put_u32(run() + 12, UINT32_MAX);
}
static void run_into_others(void) {
    tw_put_u32(run() + 12, 3);
}
static void free_counts_too_many(void) {
    tw_put_u64(free_entry(), UINT64_MAX / 8);
}
static void free_page_is_live(void) {
    tw_put_u64(free_entry(), 1);
    tw_put_u64(free_entry() + 8, tw_get_u64(leaf));
}
static void free_page_outside(void) {
    tw_put_u64(free_entry() + 8, used / 4096);
}
static void free_page_is_meta(void) {
    tw_put_u64(free_entry(), 1);
    tw_put_u64(free_entry() + 8, 1);
}
static void free_list_rises(void) {
    uint8_t *entry = free_entry();
    ck_assert_uint_ge(tw_get_u64(entry), 2);
    uint64_t first = tw_get_u64(entry + 8);
    tw_put_u64(entry + 8, tw_get_u64(entry + 16));
    tw_put_u64(entry + 16, first);
}
static void free_list_of_tomorrow(void) {
    tw_put_u64(free_entry() - 8, 99);
}
static void wrong_entries(void) {
    tw_put_u64(meta_page + 24 + 16 + 48 + 32, 7);
}
static void too_deep(void) {
    tw_put_u16(meta_page + 24 + 16 + 48 + 6, 40);
}
static void wrong_depth(void) {
    tw_put_u16(meta_page + 24 + 16 + 48 + 6, 2);
}
static void root_is_meta(void) {
    tw_put_u64(meta_page + 24 + 16 + 48 + 40, 0);
}
static void lost_root(void) {
    tw_put_u64(meta_page + 24 + 16 + 48 + 40, TW_NO_ROOT);
}
static void duplicates_table(void) {
    tw_put_u16(meta_page + 24 + 16 + 48 + 4, 4);
}
static void zero_page(void) {
    memset(leaf, 0, 4096);
}

static const struct {
    void (*damage)(void);
    int code;
    const char *said;
} damages[] = {
    {wrong_magic, TW_E_DAMAGED, "page 0: it does not start like an LMDB file"},
    {newer_version, TW_E_NEWER, "version 2"},
    {no_version, TW_E_DAMAGED, "page 0: it has no version"},
    {other_page_size, TW_E_DAMAGED, "page 0: its page size is not 4096"},
    {huge_last_page, TW_E_DAMAGED, "page"},
    {commits_apart, TW_E_DAMAGED, "commits 8 and 5"},
    {wrong_parity, TW_E_DAMAGED, "commits 7 and 6"},
    {branch_says_leaf, TW_E_DAMAGED, "an entry"},
    {other_number, TW_E_DAMAGED, "another page"},
    {dirty_flag, TW_E_DAMAGED, "neither a branch nor a leaf"},
    {lower_above_upper, TW_E_DAMAGED, "free room"},
    {upper_outside, TW_E_DAMAGED, "free room"},
    {no_entries, TW_E_DAMAGED, "no entries"},
    {pointer_outside, TW_E_DAMAGED, "outside of the page's used part"},
    {odd_pointer, TW_E_DAMAGED, "outside of the page's used part"},
    {same_pointer_twice, TW_E_DAMAGED, "overlap"},
    {swapped_pointers, TW_E_DAMAGED, "not in order"},
    {long_value, TW_E_DAMAGED, "an entry"},
    {long_key, TW_E_DAMAGED, "e"},
    {duplicates_flag, TW_E_DAMAGED, "flags"},
    {table_in_a_table, TW_E_DAMAGED, "table"},
    {child_outside, TW_E_DAMAGED, "outside of the file's used part"},
    {child_is_meta, TW_E_DAMAGED, "page 1: it is in use, but outside"},
    {child_twice, TW_E_DAMAGED, "in use twice"},
    {cycle, TW_E_DAMAGED, "in use twice"},
    {separator_too_high, TW_E_DAMAGED, "not in order"},
    {separator_too_low, TW_E_DAMAGED, "not in order"},
    {run_outside, TW_E_DAMAGED, "outside of the file's used part"},
    {run_far_outside, TW_E_DAMAGED, "outside of the file's used part"},
    {run_is_a_leaf, TW_E_DAMAGED, "not the value"},
    {run_too_short, TW_E_DAMAGED, "does not fit"},
    {run_too_long, TW_E_DAMAGED, "does not fit"},
    {run_into_others, TW_E_DAMAGED, "twice"},
    {free_counts_too_many, TW_E_DAMAGED, "counts more"},
    {free_page_is_live, TW_E_DAMAGED, "in use twice"},
    {free_page_outside, TW_E_DAMAGED, "not in order"},
    {free_page_is_meta, TW_E_DAMAGED, "page 1: it is in use, but outside"},
    {free_list_rises, TW_E_DAMAGED, "not in order"},
    {free_list_of_tomorrow, TW_E_DAMAGED, "still to come"},
    {wrong_entries, TW_E_DAMAGED, "its record says 7"},
    {too_deep, TW_E_DAMAGED, "depth 40"},
    {wrong_depth, TW_E_DAMAGED, "depth"},
    {root_is_meta, TW_E_DAMAGED, "page 0: it is in use"},
    {lost_root, TW_E_DAMAGED, "depth"},
    {duplicates_table, TW_E_DAMAGED, "page 0: it has flags"},
    {zero_page, TW_E_DAMAGED, "another page"},
};

START_TEST(each_kind_of_damage_is_named) {
    dissect();
    damages[_i].damage();
    store_file(file_path, bytes, used);
    int fd = open(file_path, O_RDONLY | O_CLOEXEC);
    struct preflight preflight;
    CHECK_FAILS(tw_preflight(fd, &preflight, why), damages[_i].code, damages[_i].said);
    close(fd);
    free(bytes);
}
END_TEST

START_TEST(files_that_are_no_lmdb_file_are_refused) {
    static uint8_t text[9000];
    const char *path = scratch_path("text");
    size_t sizes[] = {0, 1, 100, 4096, 8192, 9000};
    memset(text, 't', sizeof text);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct preflight preflight;
        store_file(path, text, sizes[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(tw_preflight(fd, &preflight, NULL), TW_E_DAMAGED);
        ck_assert_int_eq(tw_preflight_live(fd, TW_PREFLIGHT_ALL, &preflight, NULL), TW_E_DAMAGED);
        close(fd);
    }
}
END_TEST

/* ---- what passes is harmless --------------------------------------------------------------- */

static volatile uint32_t touched; /* so that every value is really read */

static void walk_with_lmdb(const char *path) {
    static const char *const names[] = {"events", "meta"};
    MDB_txn *txn = NULL;
    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, 8), 0);
    /* Without it LMDB would map as much as the file says. */
    ck_assert_int_eq(mdb_env_set_mapsize(env, MAP_BYTES), 0);
    ck_assert_int_eq(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    for (size_t i = 0; i < 2; i++) {
        MDB_dbi dbi = 0;
        MDB_cursor *cursor = NULL;
        MDB_val key;
        MDB_val value;
        if (mdb_dbi_open(txn, names[i], 0, &dbi) != 0)
            continue;
        ck_assert_int_eq(mdb_cursor_open(txn, dbi, &cursor), 0);
        uint32_t sum = 0;
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
            sum = tw_crc32c(sum, value.mv_data, value.mv_size);
        mdb_cursor_close(cursor);
        touched = sum;
    }
    mdb_txn_abort(txn);
    mdb_env_close(env);
}

START_TEST(what_passes_can_be_walked_by_lmdb) {
    struct random random = {seed_from_environment("what_passes_can_be_walked_by_lmdb")};
    dissect();
    uint8_t *copy = malloc(used);
    ck_assert_ptr_nonnull(copy);
    int passed = 0;
    for (int round = 0; round < 6000; round++) {
        memcpy(copy, bytes, used);
        for (uint64_t i = 1 + random_below(&random, 3); i > 0; i--) {
            uint8_t *page = copy + random_below(&random, used / 4096) * 4096;
            size_t at = random_below(&random, random_below(&random, 2) ? 64 : 4096);
            uint8_t flipped = (uint8_t)(page[at] ^ (1u << random_below(&random, 8)));
            page[at] = random_below(&random, 2) ? (uint8_t)random_next(&random) : flipped;
        }
        store_file(scratch_path("victim"), copy, used);
        int fd = open(scratch_path("victim"), O_RDONLY | O_CLOEXEC);
        struct preflight preflight;
        int rc = tw_preflight(fd, &preflight, NULL);
        ck_assert(rc == 0 || rc == TW_E_DAMAGED || rc == TW_E_NEWER);
        close(fd);
        if (rc == 0)
            walk_with_lmdb(scratch_path("victim"));
        passed += rc == 0;
    }
    ck_assert_int_gt(passed, 100);
    free(copy);
    free(bytes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("preflight_damage");
    TCase *damaged = tcase_create("damaged");
    tcase_set_timeout(damaged, 300);
    tcase_add_loop_test(damaged, each_kind_of_damage_is_named, 0,
                        (int)(sizeof damages / sizeof damages[0]));
    tcase_add_test(damaged, files_that_are_no_lmdb_file_are_refused);
    tcase_add_test(damaged, what_passes_can_be_walked_by_lmdb);
    suite_add_tcase(suite, damaged);
    return run_suite(suite);
}
