/* The layout of what crosses the library's border: the same on every 64-bit machine, no padding. */
#include <stddef.h>

#include "harness.h"
#include "tradewal.h"

/* The sum of its members is the size of every event's struct. */
enum {
    BYTES_TEXT_REQUIRED = 8,
    BYTES_TEXT_OPTIONAL = 8,
    BYTES_SYMBOL_REQUIRED = 8,
    BYTES_SYMBOL_OPTIONAL = 8,
    BYTES_PRICE_REQUIRED = 8,
    BYTES_PRICE_OPTIONAL = 16,
    BYTES_QTY_REQUIRED = 8,
    BYTES_QTY_OPTIONAL = 16,
    BYTES_AMOUNT_REQUIRED = 8,
    BYTES_AMOUNT_OPTIONAL = 16,
    BYTES_MONEY_REQUIRED = 8,
    BYTES_MONEY_OPTIONAL = 16,
    BYTES_DECIMAL_REQUIRED = 8,
    BYTES_DECIMAL_OPTIONAL = 16,
    BYTES_COUNT_REQUIRED = 8,
    BYTES_COUNT_OPTIONAL = 16,
    BYTES_ID_REQUIRED = 8,
    BYTES_ID_OPTIONAL = 16,
    BYTES_TIME_REQUIRED = 8,
    BYTES_TIME_OPTIONAL = 16,
    BYTES_DATE_REQUIRED = 8,
    BYTES_DATE_OPTIONAL = 16,
    BYTES_ENUM_REQUIRED = 8,
    BYTES_ENUM_OPTIONAL = 8,
    BYTES_BOOL_REQUIRED = 8,
    BYTES_BYTES_REQUIRED = 16
};

struct layout {
    const char *name;
    size_t size_at; /* offset of the member `size` */
    size_t bytes;
    size_t expected;
};

static const struct layout events[] = {
#define TW_EVENT(number, name, sentence) \
    {                                    \
#name, offsetof(tw_##name, size), sizeof(tw_##name), sizeof(uint64_t)
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    +(size_t)BYTES_##kind##_##need
#define TW_EVENT_END(name) \
    }                      \
    ,
#include "tradewal_events.def"
};

START_TEST(no_event_struct_has_padding_and_each_starts_with_its_size) {
    const struct layout *event = &events[_i];
    ck_assert_msg(event->size_at == 0, "%s: size is at %zu", event->name, event->size_at);
    ck_assert_msg(event->bytes == event->expected, "%s is %zu bytes, its members are %zu",
                  event->name, event->bytes, event->expected);
}
END_TEST

#define STRUCT(name, bytes) \
    { #name, offsetof(name, size), sizeof(name), bytes }

/* What was published. A struct may grow at its end and then its row changes; nothing else may. */
static const struct layout published[] = {
    STRUCT(tw_settings, 72),        STRUCT(tw_day, 128),
    STRUCT(tw_writer, 144),         STRUCT(tw_recovery, 128),
    STRUCT(tw_verify_report, 72),   STRUCT(tw_options, 72),
    STRUCT(tw_position, 168),       STRUCT(tw_holding, 88),
    STRUCT(tw_broker_order, 216),   STRUCT(tw_broker_execution, 160),
    STRUCT(tw_answer, 152),         STRUCT(tw_finding_view, 88),
    STRUCT(tw_recover_report, 832), STRUCT(tw_salvage_options, 88),
    STRUCT(tw_salvage_gap, 24),     STRUCT(tw_salvage_file, 592),
    STRUCT(tw_salvage_report, 648),
};

START_TEST(published_structs_have_the_size_they_were_published_with) {
    const struct layout *layout = &published[_i];
    ck_assert_msg(layout->bytes == layout->expected, "%s is %zu bytes and was published with %zu",
                  layout->name, layout->bytes, layout->expected);
    ck_assert_msg(layout->size_at == 0, "%s: size is at %zu", layout->name, layout->size_at);
}
END_TEST

START_TEST(what_has_no_size_of_its_own_is_fixed_for_ever) {
    ck_assert_uint_eq(sizeof(tw_maybe), 16);
    ck_assert_uint_eq(sizeof(tw_error), 512);
    ck_assert_uint_eq(offsetof(tw_event, as), 64);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("abi");
    TCase *layout = tcase_create("layout");
    tcase_add_loop_test(layout, no_event_struct_has_padding_and_each_starts_with_its_size, 0,
                        (int)(sizeof events / sizeof events[0]));
    tcase_add_loop_test(layout, published_structs_have_the_size_they_were_published_with, 0,
                        (int)(sizeof published / sizeof published[0]));
    tcase_add_test(layout, what_has_no_size_of_its_own_is_fixed_for_ever);
    suite_add_tcase(suite, layout);
    return run_suite(suite);
}
