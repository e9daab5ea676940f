/* What the machine says of its time, itself and its zones. */
#include "day_file.h"

#include <time.h>

#include "base/text.h"
#include "io/clock.h"
#include "io/zone_file.h"

START_TEST(the_clock_is_near_the_system_clock_and_the_other_never_goes_back) {
    struct timespec before;
    struct timespec after;
    clock_gettime(CLOCK_REALTIME, &before);
    int64_t now = tw_clock_now_ns();
    clock_gettime(CLOCK_REALTIME, &after);
    ck_assert_int_ge(now, before.tv_sec * INT64_C(1000000000) + before.tv_nsec);
    ck_assert_int_le(now, after.tv_sec * INT64_C(1000000000) + after.tv_nsec);
    int64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t next = tw_clock_monotonic_ns();
        ck_assert_int_ge(next, last);
        last = next;
    }
}
END_TEST

static int start_differs(void) {
    return tw_clock_process_start(getpid()) < tw_clock_process_start(getppid());
}

START_TEST(a_process_is_known_by_its_start) {
    ck_assert_int_gt(tw_clock_process_start(getpid()), 0);
    ck_assert_int_eq(tw_clock_process_start(getpid()), tw_clock_process_start(getpid()));
    ck_assert_int_eq(tw_clock_process_start(0), 0);
    ck_assert_int_eq(tw_clock_process_start(-1), 0);
    ck_assert_int_eq(tw_clock_process_start(INT64_C(4000000000)), 0);
    check_child(start_differs);
}
END_TEST

START_TEST(boot_and_host_are_clean_text) {
    char boot[TW_BOOT_ID_BYTES];
    char host[TW_HOST_BYTES];
    tw_clock_boot_id(boot);
    tw_clock_host(host);
    ck_assert(strlen(boot) == 36 || strcmp(boot, "unknown") == 0);
    ck_assert(host[0] != '\0' && tw_text_is_clean(host, strlen(host)));
}
END_TEST

START_TEST(the_state_of_the_clock_has_sane_figures) {
    struct clock_state state = {7, 7, 7};
    if (tw_clock_state(&state) != 0) {
        printf("skipped: the kernel does not say how its clock is\n");
        return;
    }
    ck_assert(state.synchronised == 0 || state.synchronised == 1);
    ck_assert_int_ge(state.max_error_ns, 0);
}
END_TEST

START_TEST(zones_are_read_by_name_only) {
    static const char *const names[] = {"",    "/UTC", "../UTC", "America/../UTC", "America//X",
                                        "a b", "UTC/", "a.b",    "\xC3\xA9"};
    struct zone *zone = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK_FAILS(tw_zone_load(names[i], &zone, why), TW_E_INVALID, "no name of a time zone");
    CHECK_FAILS(tw_zone_load("No/Such_Zone", &zone, why), TW_E_NOT_FOUND, "No/Such_Zone");
    ck_assert_ptr_null(zone);
}
END_TEST

START_TEST(new_york_is_there_with_and_without_zone_files) {
    const char *folders[] = {"/usr/share/zoneinfo", "/nonexistent", scratch_folder()};
    struct zone *zone = NULL;
    CHECK_OK(tw_zone_load_from(folders[_i], "America/New_York", &zone, why));
    ck_assert_int_eq(tw_zone_offset(zone, 1759759200), -4 * 3600);
    ck_assert_int_eq(tw_zone_offset(zone, 1767625200), -5 * 3600);
    tw_zone_free(zone);
    CHECK_OK(tw_zone_load_from(folders[_i], "UTC", &zone, why));
    ck_assert_int_eq(tw_zone_offset(zone, 1759759200), 0);
    tw_zone_free(zone);
}
END_TEST

START_TEST(a_zone_file_that_is_none_is_refused) {
    struct zone *zone = NULL;
    static uint8_t big[300 * 1024];
    store_file(scratch_path("Text"), (const uint8_t *)"hello", 5);
    store_file(scratch_path("Big"), big, sizeof big);
    ck_assert_int_eq(mkdir(scratch_path("America"), 0700), 0);
    CHECK_FAILS(tw_zone_load_from(scratch_folder(), "Text", &zone, why), TW_E_DAMAGED, "");
    CHECK_FAILS(tw_zone_load_from(scratch_folder(), "Big", &zone, why), TW_E_DAMAGED,
                "307200 bytes");
    CHECK_FAILS(tw_zone_load_from(scratch_folder(), "America", &zone, why), TW_E_NOT_FOUND,
                "folder of zones");
}
END_TEST

START_TEST(the_environment_has_no_say) {
    struct zone *zone = NULL;
    setenv("TZ", "Asia/Tokyo", 1);
    setenv("TZDIR", "/nonexistent", 1);
    CHECK_OK(tw_zone_load("America/New_York", &zone, why));
    ck_assert_int_eq(tw_zone_offset(zone, 1759759200), -4 * 3600);
    tw_zone_free(zone);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("clock");
    TCase *clock = tcase_create("clock");
    tcase_add_test(clock, the_clock_is_near_the_system_clock_and_the_other_never_goes_back);
    tcase_add_test(clock, a_process_is_known_by_its_start);
    tcase_add_test(clock, boot_and_host_are_clean_text);
    tcase_add_test(clock, the_state_of_the_clock_has_sane_figures);
    suite_add_tcase(suite, clock);
    TCase *zones = tcase_create("zones");
    tcase_add_test(zones, zones_are_read_by_name_only);
    tcase_add_loop_test(zones, new_york_is_there_with_and_without_zone_files, 0, 3);
    tcase_add_test(zones, a_zone_file_that_is_none_is_refused);
    tcase_add_test(zones, the_environment_has_no_say);
    suite_add_tcase(suite, zones);
    return run_suite(suite);
}
