/* Folding a day with a second thread that reads ahead, beside the same without one. */
#include "core/codec.h"
#include "core/image.h"
#include "day_file.h"
#include "events.h"
#include "io/recover.h"

/* More than two portions. */
enum { RECORDS = 2500 };

/* A day of notes in a day file, where one record is of an event that the fold refuses, and may be
 * damaged on top: then the damage is what has to be found. */
enum spoilage { SPOILT_NOT, SPOILT_BIT, SPOILT_REFUSED };

static tw_event event_of(uint64_t seq, enum spoilage spoilage) {
    tw_event event = seq == 1 ? event_session(TW_RESUMED_NEW) : event_note("as expected");
    if (spoilage != SPOILT_NOT)
        event = event_commission("never-booked", "1");
    event.seq = seq;
    event.trading_date = DAY;
    event.time_ns = INT64_C(1759757400000000000) + (int64_t)seq;
    event.source = TW_SOURCE_HOST;
    return event;
}

static void write_records(struct log *log, uint64_t spoilt, enum spoilage spoilage) {
    static struct log_record records[RECORDS];
    static struct buffer bytes[RECORDS];
    struct log_head head = head_of(log);
    uint8_t digest[TW_DIGEST_BYTES];
    memcpy(digest, tw_log_origin(log)->previous_digest, sizeof digest);
    ck_assert_uint_eq(head.last_seq, 0);
    for (uint64_t seq = 1; seq <= RECORDS; seq++) {
        struct buffer *record = &bytes[seq - 1];
        enum spoilage now = seq == spoilt ? spoilage : SPOILT_NOT;
        tw_event event = event_of(seq, now);
        tw_buffer_clear(record);
        ck_assert_int_eq(tw_record_encode(&event, record), 0);
        if (now == SPOILT_BIT)
            record->data[record->size - 1] ^= 1;
        tw_chain(digest, record->data, record->size, digest);
        records[seq - 1] = (struct log_record){(uint8_t *)record->data, record->size, seq,
                                               event.time_ns,           NULL,         NULL};
    }
    CHECK_OK(tw_log_commit(log, records, RECORDS, NULL, digest, why));
    for (size_t i = 0; i < RECORDS; i++)
        tw_buffer_free(&bytes[i]);
}

static struct log *day_with(uint64_t spoilt, enum spoilage spoilage) {
    make_journal();
    make_day_file();
    struct log *log = open_day(TW_LOG_WRITE);
    write_records(log, spoilt, spoilage);
    return log;
}

/* Both ways: the same result, or the same error in the same words. Returns what came out. */
static int recover_both(struct log *log, struct recover_limit limit, struct recovered *ret,
                        tw_error *why) {
    struct recovered apart = {0}, ahead = {0};
    tw_error why_apart = {0}, why_ahead = {0};
    struct buffer image_apart = {0}, image_ahead = {0};
    limit.one_thread = 1;
    int status_apart = tw_recover_day(log, &limit, &apart, &why_apart);
    limit.one_thread = 0;
    limit.ahead_from = 1;
    int status_ahead = tw_recover_day(log, &limit, &ahead, &why_ahead);
    ck_assert_int_eq(status_ahead, status_apart);
    ck_assert_str_eq(why_ahead.text, why_apart.text);
    ck_assert_int_eq(why_ahead.code, why_apart.code);
    if (status_apart == 0) {
        ck_assert_uint_eq(ahead.replayed, apart.replayed);
        ck_assert_mem_eq(ahead.digest, apart.digest, TW_DIGEST_BYTES);
        ck_assert_int_eq(tw_image_encode(apart.state, &image_apart), 0);
        ck_assert_int_eq(tw_image_encode(ahead.state, &image_ahead), 0);
        ck_assert_uint_eq(image_ahead.size, image_apart.size);
        ck_assert_mem_eq(image_ahead.data, image_apart.data, image_apart.size);
    }
    tw_buffer_free(&image_apart);
    tw_buffer_free(&image_ahead);
    tw_state_free(apart.state);
    *ret = ahead;
    *why = why_ahead;
    return status_ahead;
}

START_TEST(a_day_is_the_same_with_a_thread_that_reads_ahead) {
    struct log *log = day_with(0, SPOILT_NOT);
    struct recovered found;
    tw_error why;
    struct log_head head = head_of(log);
    ck_assert_int_eq(recover_both(log, (struct recover_limit){0}, &found, &why), 0);
    ck_assert_uint_eq(found.replayed, RECORDS);
    ck_assert_uint_eq(found.state->last_seq, RECORDS);
    ck_assert_mem_eq(found.digest, head.digest, TW_DIGEST_BYTES);
    tw_state_free(found.state);
    tw_log_close(log);
}
END_TEST

START_TEST(a_day_is_folded_up_to_any_record_around_the_end_of_a_portion) {
    static const uint64_t at[] = {1, 2, 1023, 1024, 1025, 2047, 2048, 2049, RECORDS, RECORDS + 1};
    struct log *log = day_with(0, SPOILT_NOT);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct recovered found;
        tw_error why;
        uint64_t last = at[i] < RECORDS ? at[i] : RECORDS;
        ck_assert_int_eq(recover_both(log, (struct recover_limit){.at_seq = at[i]}, &found, &why),
                         0);
        ck_assert_uint_eq(found.state->last_seq, last);
        ck_assert_uint_eq(found.replayed, last);
        tw_state_free(found.state);
    }
    tw_log_close(log);
}
END_TEST

START_TEST(a_record_that_is_not_whole_is_named) {
    static const uint64_t at[] = {1, 2, 1024, 1025, RECORDS};
    uint64_t spoilt = at[_i];
    struct log *log = day_with(spoilt, SPOILT_BIT);
    struct recovered found;
    tw_error why;
    char words[40];
    snprintf(words, sizeof words, "record %" PRIu64 " has crc", spoilt);
    ck_assert_int_eq(recover_both(log, (struct recover_limit){0}, &found, &why), TW_E_DAMAGED);
    ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
    tw_log_close(log);
}
END_TEST

START_TEST(a_record_that_the_fold_refuses_is_named) {
    static const uint64_t at[] = {2, 1024, 1025, RECORDS};
    uint64_t spoilt = at[_i];
    struct log *log = day_with(spoilt, SPOILT_REFUSED);
    struct recovered found;
    tw_error why;
    char words[60];
    snprintf(words, sizeof words, "record %" PRIu64 " contradicts the records before it", spoilt);
    ck_assert_int_eq(recover_both(log, (struct recover_limit){0}, &found, &why), TW_E_DAMAGED);
    ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
    tw_log_close(log);
}
END_TEST

START_TEST(what_lies_before_a_damaged_record_is_folded_when_no_more_is_asked_for) {
    struct log *log = day_with(1500, SPOILT_BIT);
    struct recovered found;
    tw_error why;
    ck_assert_int_eq(recover_both(log, (struct recover_limit){.at_seq = 1499}, &found, &why), 0);
    ck_assert_uint_eq(found.state->last_seq, 1499);
    tw_state_free(found.state);
    ck_assert_int_eq(recover_both(log, (struct recover_limit){.at_seq = 1500}, &found, &why),
                     TW_E_DAMAGED);
    tw_log_close(log);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recover ahead");
    TCase *tests = tcase_create("reading ahead");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_day_is_the_same_with_a_thread_that_reads_ahead);
    tcase_add_test(tests, a_day_is_folded_up_to_any_record_around_the_end_of_a_portion);
    tcase_add_loop_test(tests, a_record_that_is_not_whole_is_named, 0, 5);
    tcase_add_loop_test(tests, a_record_that_the_fold_refuses_is_named, 0, 4);
    tcase_add_test(tests, what_lies_before_a_damaged_record_is_folded_when_no_more_is_asked_for);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
