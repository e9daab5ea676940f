/* Records, byte by byte. */
#include <string.h>

#include "base/digest.h"
#include "core/codec.h"
#include "core/schema.h"
#include "harness.h"

static tw_event a_fill(void) {
    tw_event event;
    memset(&event, 0, sizeof event);
    event.size = sizeof event;
    event.type = TW_TYPE_fill;
    event.seq = 12;
    event.time_ns = INT64_C(1759759547112908000);
    event.trading_date = 20251006;
    event.source = TW_SOURCE_STREAM;
    event.as.fill.exec_id = "e1";
    event.as.fill.symbol = "NVDA";
    event.as.fill.action = TW_ACTION_BUY;
    event.as.fill.qty_e8 = 100 * TW_E8;
    event.as.fill.price_e8 = INT64_C(18745000000);
    return event;
}

static void seal(uint8_t *at, size_t size) {
    tw_put_u32(at + 8, (uint32_t)(size - TW_RECORD_HEADER_BYTES));
    tw_put_u32(at + 12, 0);
    tw_put_u32(at + 12, tw_crc32c(0, at, size));
}

START_TEST(a_fill_is_these_bytes_for_ever) {
    static const uint8_t expected[] = {
        'T',  'W',  'A',  'L',  1,    0,    8,    0,                /* magic, version, type */
        51,   0,    0,    0,    0x51, 0xEE, 0x6A, 0x65,             /* size of the body, CRC32C */
        12,   0,    0,    0,    0,    0,    0,    0,                /* seq */
        0x96, 0xCF, 0x18, 0x6B, 0xEB, 0xFC, 0x07, 0xC4, 0x64, 0xE0, /* six items; time */
        0xCE, 0x01, 0x35, 0x01, 0x7E,                               /* trading date */
        0x02, 0xC0, 0x00, 0x85,            /* source, no corr, no cause; five fields */
        0x01, 0xA2, 'e',  '1',             /* exec_id */
        0x02, 0xA4, 'N',  'V',  'D',  'A', /* symbol */
        0x03, 0x01,                        /* action */
        0x04, 0xCF, 0x00, 0x00, 0x00, 0x02, 0x54, 0x0B, 0xE4, 0x00, /* qty */
        0x05, 0xCF, 0x00, 0x00, 0x00, 0x04, 0x5D, 0x4A, 0x00, 0x40, /* price */
    };
    tw_event event = a_fill();
    struct buffer record = {0};
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    ck_assert_uint_eq(record.size, sizeof expected);
    ck_assert_mem_eq(record.data, expected, sizeof expected);
    tw_buffer_free(&record);
}
END_TEST

START_TEST(a_record_goes_behind_what_is_in_the_buffer) {
    tw_event event = a_fill(), back;
    struct buffer out = {0};
    struct decoder decoder = {0};
    tw_buffer_text(&out, "before");
    ck_assert_int_eq(tw_record_encode(&event, &out), 0);
    ck_assert_mem_eq(out.data, "before", 6);
    ck_assert_int_eq(tw_record_decode(&decoder, out.data + 6, out.size - 6, &back, NULL), 0);
    ck_assert_str_eq(back.as.fill.symbol, "NVDA");
    ck_assert_uint_eq(back.as.fill.size, sizeof(tw_fill));
    ck_assert_uint_eq(decoder.type_number, TW_TYPE_fill);
    tw_buffer_free(&out);
    tw_decoder_free(&decoder);
}
END_TEST

START_TEST(a_header_is_enough_to_find_a_record) {
    tw_event event = a_fill();
    struct buffer record = {0};
    struct record_header header = {0};
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    ck_assert_int_eq(tw_record_header(record.data, 24, &header), 0);
    ck_assert_uint_eq(header.seq, 12);
    ck_assert_uint_eq(header.type, TW_TYPE_fill);
    ck_assert_uint_eq(header.version, 1);
    ck_assert_uint_eq(header.body_bytes, record.size - 24);
    ck_assert_int_eq(tw_record_header(record.data, 23, &header), TW_E_DAMAGED);
    ck_assert_int_eq(tw_record_header(record.data + 1, 24, &header), TW_E_DAMAGED);
    tw_put_u32((uint8_t *)record.data + 8, TW_RECORD_BODY_BYTES_MAX);
    ck_assert_int_eq(tw_record_header(record.data, 24, &header), 0);
    tw_put_u32((uint8_t *)record.data + 8, TW_RECORD_BODY_BYTES_MAX + 1);
    ck_assert_int_eq(tw_record_header(record.data, 24, &header), TW_E_DAMAGED);
    tw_buffer_free(&record);
}
END_TEST

START_TEST(the_largest_events_fit_a_record) {
    static char words[4097], bytes[65536];
    memset(words, 'x', sizeof words - 1);
    tw_event event = a_fill(), back;
    struct buffer record = {0};
    struct decoder decoder = {0};
    event.type = TW_TYPE_custom;
    memset(&event.as, 0, sizeof event.as);
    event.as.custom.tag = "t";
    event.as.custom.bytes = bytes;
    event.as.custom.bytes_size = sizeof bytes;
    ck_assert_int_eq(tw_schema_check(&event, NULL), 0);
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    ck_assert_int_eq(tw_record_decode(&decoder, record.data, record.size, &back, NULL), 0);
    ck_assert_uint_eq(back.as.custom.bytes_size, sizeof bytes);
    tw_buffer_clear(&record);
    event.type = TW_TYPE_note;
    memset(&event.as, 0, sizeof event.as);
    event.as.note.actor = event.as.note.tag = "t";
    event.as.note.text = words;
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    ck_assert_int_eq(tw_record_decode(&decoder, record.data, record.size, &back, NULL), 0);
    ck_assert_uint_eq(strlen(back.as.note.text), 4096);
    tw_buffer_free(&record);
    tw_decoder_free(&decoder);
}
END_TEST

START_TEST(no_bytes_at_all_are_kept_as_no_bytes) {
    tw_event event = a_fill(), back;
    struct buffer record = {0};
    struct decoder decoder = {0};
    event.type = TW_TYPE_custom;
    memset(&event.as, 0, sizeof event.as);
    event.as.custom.tag = "t";
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    ck_assert_int_eq(tw_record_decode(&decoder, record.data, record.size, &back, NULL), 0);
    ck_assert_uint_eq(back.as.custom.bytes_size, 0);
    tw_buffer_free(&record);
    tw_decoder_free(&decoder);
}
END_TEST

START_TEST(a_record_of_a_later_version_is_newer_and_not_damaged) {
    tw_event event = a_fill(), back;
    tw_error why;
    struct buffer record = {0};
    struct decoder decoder = {0};
    ck_assert_int_eq(tw_record_encode(&event, &record), 0);
    tw_put_u16((uint8_t *)record.data + 4, 2);
    ck_assert_int_eq(tw_record_decode(&decoder, record.data, record.size, &back, &why),
                     TW_E_DAMAGED);
    seal((uint8_t *)record.data, record.size);
    ck_assert_int_eq(tw_record_decode(&decoder, record.data, record.size, &back, &why), TW_E_NEWER);
    ck_assert_int_eq(why.code, TW_E_NEWER);
    tw_put_u16((uint8_t *)record.data + 4, 0);
    seal((uint8_t *)record.data, record.size);
    ck_assert_int_eq(tw_record_decode(&decoder, record.data, record.size, &back, &why),
                     TW_E_DAMAGED);
    tw_buffer_free(&record);
    tw_decoder_free(&decoder);
}
END_TEST

START_TEST(only_what_books_or_amends_an_execution_takes_an_exec_id) {
    size_t count;
    const struct event_type *types = tw_schema_types(&count);
    for (size_t i = 0; i < count; i++) {
        tw_event event = a_fill();
        event.type = types[i].number;
        memset(&event.as, 0, sizeof event.as);
        for (size_t k = 0; k < types[i].count; k++) {
            const struct field *field = &types[i].fields[k];
            struct value value = {1, 1, strcmp(field->name, "exec_id") ? "other" : "e1", 5};
            tw_field_set(&event, field, value);
        }
        const char *exec_id = tw_event_exec_id(&event);
        int takes = event.type == TW_TYPE_fill || event.type == TW_TYPE_partial ||
                    event.type == TW_TYPE_fill_inferred || event.type == TW_TYPE_fill_corrected ||
                    event.type == TW_TYPE_fill_busted;
        ck_assert_msg((exec_id != NULL) == takes, "%s", types[i].name);
        if (exec_id)
            ck_assert_str_eq(exec_id, "e1");
    }
}
END_TEST

START_TEST(a_correction_or_bust_under_the_same_exec_id_takes_none) {
    tw_event event = a_fill();
    char same[] = "e1";
    event.type = TW_TYPE_fill_corrected;
    memset(&event.as, 0, sizeof event.as);
    event.as.fill_corrected.exec_id = "e1";
    event.as.fill_corrected.corrects = same;
    ck_assert_ptr_null(tw_event_exec_id(&event));
    event.type = TW_TYPE_fill_busted;
    event.as.fill_busted.exec_id = "e1";
    event.as.fill_busted.corrects = same;
    ck_assert_ptr_null(tw_event_exec_id(&event));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("codec");
    TCase *tests = tcase_create("codec");
    tcase_add_test(tests, a_fill_is_these_bytes_for_ever);
    tcase_add_test(tests, a_record_goes_behind_what_is_in_the_buffer);
    tcase_add_test(tests, a_header_is_enough_to_find_a_record);
    tcase_add_test(tests, the_largest_events_fit_a_record);
    tcase_add_test(tests, no_bytes_at_all_are_kept_as_no_bytes);
    tcase_add_test(tests, a_record_of_a_later_version_is_newer_and_not_damaged);
    tcase_add_test(tests, only_what_books_or_amends_an_execution_takes_an_exec_id);
    tcase_add_test(tests, a_correction_or_bust_under_the_same_exec_id_takes_none);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
