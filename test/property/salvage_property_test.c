/* A law about salvage: whatever ten kinds of damage leave of a random journal, 99 of 100 records
 * whose bytes are still somewhere in its files are found, none is invented, and what is made of
 * them is a whole journal. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "copies.h"
#include "events.h"
#include "events_random.h"
#include "harness.h"
#include "io/page.h"

enum { PAGE = 4096, EVENTS_A_DAY = 150, DAYS = 3, ROUNDS = 6, FIRST_DAY = 20251006 };

static struct random seeded;
static struct copies whole, earlier;
static struct records records;
static tw_error why;

static uint64_t below(uint64_t bound) {
    return random_below(&seeded, bound);
}

/* ---- journals ------------------------------------------------------------------------------ */

/* What a random day of the generator would append, on the date that is open. Some is refused where
 * the store knows more of the day than the generator; some events are long. */
static void append_day(tw_store *store, uint64_t seed) {
    static char bytes[20000];
    struct generator generator;
    struct told told = {0};
    struct day day;
    generator_open(&generator, seed, 0);
    random_day(&generator, TW_COST_METHOD_AVERAGE, EVENTS_A_DAY, &day, &told);
    for (size_t i = 0; i < told.count; i++) {
        tw_event event = told.events[i];
        event.trading_date = 0;
        event.seq = event.cause = 0;
        tw_append(store, &event, NULL, &why);
        if (i % 16 == 0) {
            memset(bytes, (int)i, sizeof bytes);
            event = event_custom(bytes, below(sizeof bytes));
            event.time_ns = 0;
            ck_assert_int_eq(tw_append(store, &event, NULL, &why), 0);
        }
        if (i % 32 == 0)
            ck_assert_int_eq(tw_checkpoint(store, NULL, &why), 0);
    }
    day_close(&day);
    told_free(&told);
    generator_close(&generator);
}

/* Dates in turn; the newest is left as a crash leaves it, its last events in the intake alone. */
static void make_journal(uint64_t seed) {
    const char *path = scratch_path("journal");
    tw_settings settings = {.size = sizeof settings,
                            .account = "DU1",
                            .environment = TW_ENVIRONMENT_PAPER,
                            .any_file_system = 1};
    tw_options options = {.size = sizeof options,
                          .trading_date = FIRST_DAY,
                          .mode = TW_MODE_GROUP,
                          .commit_delay_ns = INT64_MAX,
                          .checkpoint_ns = -1};
    tw_store *store = NULL;
    folder_drop(path);
    ck_assert_msg(tw_init(path, &settings, &why) == 0, "%s", why.text);
    ck_assert_msg(tw_open(path, &options, &store, &why) == 0, "%s", why.text);
    for (int i = 0; i < DAYS; i++) {
        if (i)
            ck_assert_msg(tw_roll(store, FIRST_DAY + i, &why) == 0, "%s", why.text);
        append_day(store, seed + (uint64_t)i);
        if (i == DAYS - 1)
            copies_take(&earlier, path);
    }
    append_day(store, seed + DAYS);
    tw_abandon(store);
    records_take(&records, path);
    copies_take(&whole, path);
}

static void drop_journal(void) {
    copies_free(&whole);
    copies_free(&earlier);
    records_free(&records);
}

/* ---- damage -------------------------------------------------------------------------------- */

static struct copy *some_day(struct copies *copies) {
    char name[16];
    snprintf(name, sizeof name, "%d.mdb", FIRST_DAY + (int)below(DAYS));
    struct copy *copy = copies_find(copies, name);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

static uint8_t *some_page(struct copy *copy) {
    return copy->bytes + below(copy->size / PAGE) * PAGE;
}

static void fill_random(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)random_next(&seeded);
}

static void flip_bits(struct copies *copies) {
    struct copy *copy = some_day(copies);
    for (uint64_t i = 1 + below(40); i > 0; i--)
        copy->bytes[below(copy->size)] ^= (uint8_t)(1u << below(8));
}

static void zero_pages(struct copies *copies) {
    struct copy *copy = some_day(copies);
    for (uint64_t i = 1 + below(8); i > 0; i--)
        memset(some_page(copy), 0, PAGE);
}

static void garble_pages(struct copies *copies) {
    struct copy *copy = some_day(copies);
    for (uint64_t i = 1 + below(8); i > 0; i--)
        fill_random(some_page(copy), PAGE);
}

static void truncate_day(struct copies *copies) {
    struct copy *copy = some_day(copies);
    copy->size = below(copy->size / PAGE + 1) * PAGE + (below(2) ? below(PAGE) : 0);
    if (copy->size > (size_t)PAGE * 2)
        copy->size -= PAGE;
}

static void swap_pages(struct copies *copies) {
    struct copy *copy = some_day(copies);
    for (uint64_t i = 1 + below(8); i > 0; i--) {
        uint8_t kept[PAGE], *a = some_page(copy), *b = some_page(copy);
        memcpy(kept, a, PAGE);
        memmove(a, b, PAGE);
        memcpy(b, kept, PAGE);
    }
}

/* Pages as they were half a day before. */
static void bring_back_pages(struct copies *copies) {
    char name[16];
    snprintf(name, sizeof name, "%d.mdb", FIRST_DAY + DAYS - 1);
    struct copy *now = copies_find(copies, name), *then = copies_find(&earlier, name);
    for (uint64_t i = 1 + below(8); i > 0; i--) {
        size_t pages = (now->size < then->size ? now->size : then->size) / PAGE;
        size_t at = below(pages) * PAGE;
        memcpy(now->bytes + at, then->bytes + at, PAGE);
    }
}

static void zero_first_pages(struct copies *copies) {
    struct copy *copy = some_day(copies);
    size_t size = (size_t)(1 + below(8)) * PAGE;
    memset(copy->bytes, 0, size < copy->size ? size : copy->size);
}

static void damage_intake(struct copies *copies) {
    struct copy *copy = copies_find(copies, "intake.wal");
    if (below(4) == 0)
        memset(copy->bytes, 0, PAGE);
    for (uint64_t i = 1 + below(20); i > 0; i--)
        copy->bytes[below(1 << 17)] ^= (uint8_t)(1u << below(8));
    if (below(4) == 0)
        copy->size = below(copy->size);
}

static void lose_intake(struct copies *copies) {
    copies_drop(copies, "intake.wal");
}

/* The list of free pages, and what the two first pages say of it. */
static void garble_free_list(struct copies *copies) {
    struct copy *copy = some_day(copies);
    for (size_t i = 0; i < 2; i++) {
        struct page_meta meta;
        tw_page_read_meta(copy->bytes + i * PAGE, &meta);
        if (meta.free.root < copy->size / PAGE)
            fill_random(copy->bytes + meta.free.root * PAGE + 16, 256);
        copy->bytes[i * PAGE + 24 + below(96)] ^= (uint8_t)(1u << below(8));
    }
}

static void (*const damages[])(struct copies *copies) = {
    flip_bits,        zero_pages,       garble_pages,  truncate_day, swap_pages,
    bring_back_pages, zero_first_pages, damage_intake, lose_intake,  garble_free_list};

/* ---- the law ------------------------------------------------------------------------------- */

START_TEST(of_what_damage_left_nearly_all_is_found_and_nothing_is_invented) {
    uint64_t intact = 0, found = 0;
    seeded.state = seed_from_environment("salvage property") + (uint64_t)_i * 7919;
    for (int round = 0; round < ROUNDS; round++) {
        struct copies damaged;
        if (round % 3 == 0)
            make_journal(random_next(&seeded));
        copies_clone(&damaged, &whole);
        damages[_i](&damaged);
        if (below(4) == 0)
            copies_drop(&damaged, "identity");
        struct outcome outcome = salvage_copies(&damaged, &records);
        ck_assert_int_eq(outcome.status, 0);
        ck_assert_uint_le(outcome.found, outcome.intact);
        intact += outcome.intact;
        found += outcome.found;
        copies_free(&damaged);
        if (round % 3 == 2)
            drop_journal();
    }
    fprintf(stderr, "damage %d: %llu of %llu intact records were found\n", _i,
            (unsigned long long)found, (unsigned long long)intact);
    ck_assert_uint_gt(intact, 0);
    ck_assert_msg(found * 100 >= intact * 99, "%llu of %llu", (unsigned long long)found,
                  (unsigned long long)intact);
}
END_TEST

START_TEST(of_a_whole_journal_nothing_is_missing_and_the_old_chain_holds) {
    make_journal(seed_from_environment("salvage whole"));
    struct outcome outcome = salvage_copies(&whole, &records);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_uint_eq(outcome.intact, records.count);
    ck_assert_uint_eq(outcome.found, records.count);
    ck_assert_uint_eq(outcome.missing, 0);
    drop_journal();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("salvage_property");
    TCase *tests = tcase_create("damage");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, of_a_whole_journal_nothing_is_missing_and_the_old_chain_holds);
    tcase_add_loop_test(tests, of_what_damage_left_nearly_all_is_found_and_nothing_is_invented, 0,
                        (int)(sizeof damages / sizeof damages[0]));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
