/* What a store says and does when its day file cannot grow or its disk fails. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_fixture.h"

/* A day file may double once, and the intake is whole. */
enum { CUSTOM_BYTES = 65536, EVENTS = 180, LARGEST_FILE_BYTES = (8 << 20) + 4096 };

static unsigned char bulk[CUSTOM_BYTES];

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void put_bulk(tw_event *event, uint64_t bytes) {
    *event = (tw_event){.size = sizeof *event, .type = TW_TYPE_custom};
    event->as.custom = (tw_custom){.tag = "bulk", .bytes = bulk, .bytes_size = bytes};
}

static tw_day day_of(int64_t date) {
    tw_journal *journal;
    tw_day day = {.size = sizeof day};
    OK(tw_journal_open(path, &journal, &why));
    OK(tw_journal_day(journal, date, &day, &why));
    tw_journal_close(journal);
    return day;
}

START_TEST(no_event_of_a_batch_that_found_no_room_is_said_to_have_gone_in) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    uint64_t before = tw_durable_seq(store);
    limit_file_size(LARGEST_FILE_BYTES);
    tw_event *events = calloc(EVENTS, sizeof *events);
    ck_assert(events);
    for (int i = 0; i < EVENTS; i++)
        put_bulk(&events[i], CUSTOM_BYTES);
    uint64_t count = 12345, first = 0;
    FAILS(tw_append_leading(store, events, EVENTS, &first, &count, &why), TW_E_FULL);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(tw_durable_seq(store), before);
    ck_assert_uint_eq(day_of(MONDAY).last_seq, before);
    buy(store, "e1", 100, 44525);
    free(events);
    tw_abandon(store);
}
END_TEST

/* Appends until the day file has so many bytes in use; all of it is there then. */
static void fill_up_to(tw_store *store, int64_t bytes) {
    tw_event event;
    put_bulk(&event, CUSTOM_BYTES);
    while (day_of(MONDAY).used_bytes < bytes)
        OK(tw_append(store, &event, NULL, &why));
}

/* Every descriptor through which the file is written becomes one without room. */
static void break_file(const char *file_name) {
    struct stat day, open_file;
    char name[256];
    snprintf(name, sizeof name, "%s/%s", path, file_name);
    ck_assert_int_eq(stat(name, &day), 0);
    int full = open("/dev/full", O_RDWR);
    ck_assert_int_ge(full, 0);
    for (int fd = 3; fd < 256; fd++)
        if (fd != full && fstat(fd, &open_file) == 0 && open_file.st_ino == day.st_ino &&
            open_file.st_dev == day.st_dev)
            ck_assert_int_eq(dup2(full, fd), fd);
}

START_TEST(what_a_failed_batch_left_unwritten_is_not_durable) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    uint64_t before = tw_durable_seq(store);
    break_file("intake.wal");
    tw_event events[2];
    put_bulk(&events[0], 10);
    put_bulk(&events[1], 10);
    ck_assert_int_lt(tw_append_batch(store, events, 2, NULL, NULL, &why), 0);
    FAILS(tw_append(store, &events[0], NULL, &why), TW_E_FAILED);
    ck_assert_uint_eq(tw_durable_seq(store), before);
    tw_abandon(store);
}
END_TEST

START_TEST(what_was_durable_stays_so_when_the_day_file_fails) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    uint64_t last = tw_durable_seq(store);
    break_file("20251006.mdb");
    ck_assert_int_lt(tw_checkpoint(store, NULL, &why), 0);
    tw_fill fill = fill_of("e2", TW_ACTION_BUY, 1, 100);
    FAILS(tw_append_fill(store, &fill, NULL, &why), TW_E_FAILED);
    ck_assert_ptr_nonnull(strstr(why.text, "an earlier write failed ("));
    ck_assert_uint_eq(tw_durable_seq(store), last);
    OK(tw_wait(store, last, -1, &why));
    tw_abandon(store);
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).last_seq, last);
    ck_assert_int_eq(open_quantity(store), 100 * TW_E8);
    tw_abandon(store);
}
END_TEST

/* A state whose snapshot needs more pages than small records do. */
static void remember_bars(tw_store *store) {
    tw_event *events = calloc(120, sizeof *events);
    ck_assert(events);
    for (int symbol = 0; symbol < 60; symbol++) {
        char name[16];
        snprintf(name, sizeof name, "S%d", symbol);
        for (int i = 0; i < 120; i++) {
            int64_t start = INT64_C(1759757400000000000) + i * INT64_C(60000000000);
            int64_t price = (44500 + i) * TW_E8 / 100 + symbol * 1234567;
            events[i] = (tw_event){.size = sizeof *events, .type = TW_TYPE_bar};
            events[i].as.bar = (tw_bar){.symbol = name,
                                        .start_ns = start,
                                        .seconds = 60,
                                        .open_e8 = price,
                                        .high_e8 = price + 7777777,
                                        .low_e8 = price - 3333333,
                                        .close_e8 = price + 1111111,
                                        .volume_e8 = (1000 + i) * TW_E8};
        }
        OK(tw_append_batch(store, events, 120, NULL, NULL, &why));
    }
    free(events);
}

START_TEST(a_day_without_room_for_a_last_snapshot_is_rolled_all_the_same) {
    make_journal();
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .no_thread = 1,
                          .checkpoint_ns = -1,
                          .commit_delay_ns = 1};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    remember_bars(store);
    limit_file_size(LARGEST_FILE_BYTES);
    fill_up_to(store, (8 << 20) - 4 * CUSTOM_BYTES);
    FAILS(tw_checkpoint(store, NULL, &why), TW_E_FULL);
    OK(tw_roll(store, TUESDAY, &why));
    ck_assert_int_eq(tw_store_date(store), TUESDAY);
    ck_assert_int_eq(day_of(MONDAY).last_type, TW_TYPE_session_closed);
    buy(store, "e1", 100, 44525);
    OK(tw_close(store, "done", &why));
}
END_TEST

START_TEST(a_roll_that_failed_half_way_still_knows_what_is_durable) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 44525);
    uint64_t before = tw_durable_seq(store);
    limit_file_size(2 << 20);
    ck_assert_int_lt(tw_roll(store, TUESDAY, &why), 0);
    FAILS(tw_checkpoint(store, NULL, &why), TW_E_FAILED);
    ck_assert_uint_gt(tw_durable_seq(store), before);
    limit_file_size(RLIM_INFINITY);
    tw_abandon(store);
    store = open_on(TUESDAY);
    ck_assert_int_eq(recovery_of(store).ended, TW_RESUMED_CLEAN);
    tw_abandon(store);
}
END_TEST

/* There is no room for a step of 8 MB; a page for each record would be 40 MB. */
START_TEST(a_start_takes_over_an_intake_with_a_few_times_its_room) {
    enum { BATCH = 500, BATCHES = 20, MOST_FILE_BYTES = 15 << 20 };
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .checkpoint_ns = -1,
                          .mode = TW_MODE_GROUP,
                          .commit_delay_ns = INT64_MAX};
    static char names[BATCH][24];
    tw_store *store = NULL;
    tw_event *events = calloc(BATCH, sizeof *events);
    ck_assert(events);
    make_journal();
    store = open_on(MONDAY);
    limit_file_size(10 << 20);
    fill_up_to(store, (8 << 20) - 24 * CUSTOM_BYTES);
    tw_abandon(store);
    OK(tw_open(path, &options, &store, &why));
    for (int i = 0; i < BATCHES; i++) {
        for (int j = 0; j < BATCH; j++) {
            /* In no order, so that each goes to another place of the index. */
            snprintf(names[j], sizeof names[j], "%08x.%d", (unsigned)(i * BATCH + j) * 0x9E3779B1U,
                     j);
            put_fill(&events[j], names[j], j % 2 ? TW_ACTION_SELL : TW_ACTION_BUY, 1);
        }
        OK(tw_append_batch(store, events, BATCH, NULL, NULL, &why));
    }
    free(events);
    tw_abandon(store);
    uint64_t waiting = day_of(MONDAY).intake_records;
    ck_assert_uint_gt(waiting, BATCH * BATCHES / 2);
    limit_file_size(MOST_FILE_BYTES);
    store = open_on(MONDAY);
    ck_assert_uint_eq(recovery_of(store).intake_records, waiting);
    tw_abandon(store);
}
END_TEST

START_TEST(a_day_file_that_cannot_grow_by_a_step_grows_by_what_is_needed) {
    enum { LITTLE = 1 << 20 };
    make_journal();
    tw_options options = {.size = sizeof options,
                          .trading_date = MONDAY,
                          .no_thread = 1,
                          .checkpoint_ns = -1,
                          .commit_delay_ns = 1};
    tw_store *store = NULL;
    OK(tw_open(path, &options, &store, &why));
    fill_up_to(store, 5 << 20);
    int64_t before = day_of(MONDAY).file_bytes;
    limit_file_size((rlim_t)before + LITTLE);
    fill_up_to(store, before + LITTLE / 4);
    ck_assert_int_gt(day_of(MONDAY).file_bytes, before);
    tw_abandon(store);
    OK(tw_open(path, &options, &store, &why));
    tw_abandon(store);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_full");
    TCase *tests = tcase_create("store_full");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, no_event_of_a_batch_that_found_no_room_is_said_to_have_gone_in);
    tcase_add_test(tests, what_a_failed_batch_left_unwritten_is_not_durable);
    tcase_add_test(tests, what_was_durable_stays_so_when_the_day_file_fails);
    tcase_add_test(tests, a_day_without_room_for_a_last_snapshot_is_rolled_all_the_same);
    tcase_add_test(tests, a_roll_that_failed_half_way_still_knows_what_is_durable);
    tcase_add_test(tests, a_start_takes_over_an_intake_with_a_few_times_its_room);
    tcase_add_test(tests, a_day_file_that_cannot_grow_by_a_step_grows_by_what_is_needed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
