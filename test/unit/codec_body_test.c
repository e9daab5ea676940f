/* Bodies of records that no writer of this version wrote. */
#include <msgpack.h>
#include <string.h>

#include "base/digest.h"
#include "core/codec.h"
#include "harness.h"

/* A record whose body a test writes itself. */
struct draft {
    msgpack_sbuffer bytes;
    msgpack_packer packer;
};

static void draft_begin(struct draft *draft, uint16_t type) {
    uint8_t header[TW_RECORD_HEADER_BYTES] = {'T', 'W', 'A', 'L'};
    tw_put_u16(header + 4, TW_RECORD_VERSION);
    tw_put_u16(header + 6, type);
    tw_put_u64(header + 16, 12);
    msgpack_sbuffer_init(&draft->bytes);
    msgpack_sbuffer_write(&draft->bytes, (const char *)header, sizeof header);
    msgpack_packer_init(&draft->packer, &draft->bytes, msgpack_sbuffer_write);
}

static void draft_envelope(struct draft *draft, int64_t source) {
    msgpack_pack_array(&draft->packer, 6);
    msgpack_pack_int64(&draft->packer, INT64_C(1759759547112908000));
    msgpack_pack_int64(&draft->packer, 20251006);
    msgpack_pack_int64(&draft->packer, source);
    msgpack_pack_nil(&draft->packer);
    msgpack_pack_uint64(&draft->packer, 0);
}

static void draft_number(struct draft *draft, int key, int64_t value) {
    msgpack_pack_int(&draft->packer, key);
    msgpack_pack_int64(&draft->packer, value);
}

static void draft_text(struct draft *draft, int key, const char *text, size_t size) {
    msgpack_pack_int(&draft->packer, key);
    msgpack_pack_str_with_body(&draft->packer, text, size);
}

static void seal(uint8_t *at, size_t size) {
    tw_put_u32(at + 8, (uint32_t)(size - TW_RECORD_HEADER_BYTES));
    tw_put_u32(at + 12, 0);
    tw_put_u32(at + 12, tw_crc32c(0, at, size));
}

/* Seals and decodes; the draft is gone afterwards. The text of *ret is not to be looked at. */
static int draft_decode(struct draft *draft, tw_event *ret, tw_error *why) {
    struct decoder decoder = {0};
    seal((uint8_t *)draft->bytes.data, draft->bytes.size);
    int status = tw_record_decode(&decoder, draft->bytes.data, draft->bytes.size, ret, why);
    msgpack_sbuffer_destroy(&draft->bytes);
    tw_decoder_free(&decoder);
    return status;
}

START_TEST(a_field_of_a_later_version_is_newer_and_not_damaged) {
    struct draft draft;
    tw_event back;
    tw_error why;
    draft_begin(&draft, TW_TYPE_session_closed);
    draft_envelope(&draft, TW_SOURCE_HOST);
    msgpack_pack_map(&draft.packer, 2);
    draft_text(&draft, 1, "done", 4);
    draft_number(&draft, 2, 7);
    ck_assert_int_eq(draft_decode(&draft, &back, &why), TW_E_NEWER);
    ck_assert_ptr_nonnull(strstr(why.text, "session_closed has no field 2"));
}
END_TEST

START_TEST(a_record_of_an_unknown_type_keeps_its_envelope) {
    struct draft draft;
    struct decoder decoder = {0};
    tw_event back;
    draft_begin(&draft, 27);
    draft_envelope(&draft, TW_SOURCE_OPERATOR);
    msgpack_pack_map(&draft.packer, 2);
    draft_text(&draft, 3, "what", 4);
    msgpack_pack_int(&draft.packer, 9);
    msgpack_pack_array(&draft.packer, 2);
    msgpack_pack_nil(&draft.packer);
    msgpack_pack_true(&draft.packer);
    seal((uint8_t *)draft.bytes.data, draft.bytes.size);
    ck_assert_int_eq(tw_record_decode(&decoder, draft.bytes.data, draft.bytes.size, &back, NULL),
                     0);
    ck_assert_int_eq(back.type, TW_TYPE_OPAQUE);
    ck_assert_uint_eq(decoder.type_number, 27);
    ck_assert_uint_eq(back.seq, 12);
    ck_assert_int_eq(back.trading_date, 20251006);
    ck_assert_int_eq(back.source, TW_SOURCE_OPERATOR);
    msgpack_sbuffer_destroy(&draft.bytes);
    tw_decoder_free(&decoder);
}
END_TEST

START_TEST(a_record_of_an_unknown_type_is_still_looked_at) {
    struct draft draft;
    tw_event back;
    draft_begin(&draft, 27); /* no such source */
    draft_envelope(&draft, 77);
    msgpack_pack_map(&draft.packer, 0);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
    draft_begin(&draft, 27); /* fields not in order */
    draft_envelope(&draft, TW_SOURCE_HOST);
    msgpack_pack_map(&draft.packer, 2);
    draft_number(&draft, 2, 1);
    draft_number(&draft, 2, 1);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
    draft_begin(&draft, 27); /* no map */
    draft_envelope(&draft, TW_SOURCE_HOST);
    msgpack_pack_nil(&draft.packer);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
    draft_begin(&draft, 27); /* five arrays in each other */
    draft_envelope(&draft, TW_SOURCE_HOST);
    msgpack_pack_map(&draft.packer, 1);
    msgpack_pack_int(&draft.packer, 1);
    for (int i = 0; i < 5; i++)
        msgpack_pack_array(&draft.packer, 1);
    msgpack_pack_nil(&draft.packer);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
}
END_TEST

/* pnl: 1 amount, 2 symbol, 4 reason; each case has one thing wrong with it. */
enum wrong {
    NOTHING,
    TWICE,
    NOT_IN_ORDER,
    NUMBER_ZERO,
    TEXT_FOR_NUMBER,
    NUMBER_FOR_TEXT,
    NUL_IN_TEXT,
    CONTROL_IN_TEXT,
    EMPTY_TEXT,
    LONG_TEXT,
    NO_CHOICE,
    UNKNOWN_CHOICE,
    MISSING,
    ONE_MORE,
    LEFT_OVER,
    WRONGS
};

static void draft_symbol(struct draft *draft, enum wrong wrong) {
    static const char many[] = "12345678901234567890123456789012345678901234567890123456789012345";
    if (wrong == NUMBER_FOR_TEXT)
        draft_number(draft, 2, 5);
    else if (wrong == NUL_IN_TEXT)
        draft_text(draft, 2, "A\0B", 3);
    else if (wrong == CONTROL_IN_TEXT)
        draft_text(draft, 2, "A\nB", 3);
    else if (wrong == EMPTY_TEXT)
        draft_text(draft, 2, "", 0);
    else if (wrong == LONG_TEXT)
        draft_text(draft, 2, many, 65);
    else
        draft_text(draft, 2, many, 64);
}

static void draft_pnl(struct draft *draft, enum wrong wrong) {
    draft_begin(draft, TW_TYPE_pnl);
    draft_envelope(draft, TW_SOURCE_HOST);
    msgpack_pack_map(&draft->packer, wrong == MISSING ? 2 : wrong == ONE_MORE ? 4 : 3);
    if (wrong == NOT_IN_ORDER)
        draft_symbol(draft, wrong);
    if (wrong == TEXT_FOR_NUMBER)
        draft_text(draft, 1, "5", 1);
    else
        draft_number(draft, wrong == NUMBER_ZERO ? 0 : 1, 5);
    if (wrong == TWICE)
        draft_number(draft, 1, 5);
    else if (wrong != NOT_IN_ORDER)
        draft_symbol(draft, wrong);
    if (wrong != MISSING)
        draft_number(draft, 4, wrong == NO_CHOICE ? 0 : wrong == UNKNOWN_CHOICE ? 6 : 1);
    if (wrong == LEFT_OVER)
        msgpack_pack_nil(&draft->packer);
}

START_TEST(a_body_that_no_writer_wrote_is_damaged) {
    for (enum wrong wrong = NOTHING; wrong < WRONGS; wrong++) {
        struct draft draft;
        tw_event back;
        tw_error why = {0};
        draft_pnl(&draft, wrong);
        int status = draft_decode(&draft, &back, &why);
        ck_assert_msg(status == (wrong == NOTHING ? 0 : TW_E_DAMAGED), "case %d: %d %s", (int)wrong,
                      status, why.text);
    }
}
END_TEST

START_TEST(a_choice_that_is_not_told_may_not_be_told_as_zero) {
    struct draft draft;
    tw_event back;
    for (int64_t kind = 0; kind <= 1; kind++) {
        draft_begin(&draft, TW_TYPE_fill);
        draft_envelope(&draft, TW_SOURCE_HOST);
        msgpack_pack_map(&draft.packer, 6);
        draft_text(&draft, 1, "e1", 2);
        draft_text(&draft, 2, "NVDA", 4);
        for (int key = 3; key <= 5; key++)
            draft_number(&draft, key, 1);
        draft_number(&draft, 12, kind);
        ck_assert_int_eq(draft_decode(&draft, &back, NULL), kind ? 0 : TW_E_DAMAGED);
    }
}
END_TEST

START_TEST(an_envelope_out_of_range_is_damaged) {
    struct draft draft;
    tw_event back;
    draft_begin(&draft, TW_TYPE_session_closed); /* five items */
    msgpack_pack_array(&draft.packer, 5);
    for (int i = 0; i < 5; i++)
        msgpack_pack_int(&draft.packer, 1);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
    draft_begin(&draft, TW_TYPE_session_closed); /* a date that is none */
    msgpack_pack_array(&draft.packer, 6);
    msgpack_pack_int(&draft.packer, 1);
    msgpack_pack_int(&draft.packer, 20251306);
    msgpack_pack_int(&draft.packer, 1);
    msgpack_pack_nil(&draft.packer);
    msgpack_pack_int(&draft.packer, 0);
    msgpack_pack_map(&draft.packer, 1);
    draft_text(&draft, 1, "done", 4);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
}
END_TEST

START_TEST(a_refused_record_leaves_the_result_alone) {
    tw_event back;
    memset(&back, 0x5A, sizeof back);
    tw_event before = back;
    struct draft draft;
    draft_pnl(&draft, LEFT_OVER);
    ck_assert_int_eq(draft_decode(&draft, &back, NULL), TW_E_DAMAGED);
    ck_assert_mem_eq(&back, &before, sizeof back);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("codec_body");
    TCase *tests = tcase_create("codec_body");
    tcase_add_test(tests, a_field_of_a_later_version_is_newer_and_not_damaged);
    tcase_add_test(tests, a_record_of_an_unknown_type_keeps_its_envelope);
    tcase_add_test(tests, a_record_of_an_unknown_type_is_still_looked_at);
    tcase_add_test(tests, a_body_that_no_writer_wrote_is_damaged);
    tcase_add_test(tests, a_choice_that_is_not_told_may_not_be_told_as_zero);
    tcase_add_test(tests, an_envelope_out_of_range_is_damaged);
    tcase_add_test(tests, a_refused_record_leaves_the_result_alone);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
