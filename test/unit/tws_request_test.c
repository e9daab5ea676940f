/* What TWS is asked, byte by byte: the bytes other clients were seen to send. */
#include "broker/tws_request.h"

#include "harness.h"

static struct buffer out;

static void check_bytes(const void *bytes, size_t size) {
    ck_assert_uint_eq(out.size, size);
    ck_assert_mem_eq(out.data, bytes, size);
    tw_buffer_clear(&out);
}

#define CHECK_BYTES(literal) check_bytes(literal, sizeof(literal) - 1)

START_TEST(the_first_bytes_offer_170_to_178) {
    tw_tws_put_hello(&out);
    CHECK_BYTES("API\0\0\0\0\x09v170..178");
    tw_tws_put_start(&out, 2001);
    CHECK_BYTES("\0\0\0\x0b"
                "71\0"
                "2\0"
                "2001\0\0");
}
END_TEST

START_TEST(every_request_is_a_frame_of_fields) {
    tw_tws_put_request(&out, TWS_ASK_POSITIONS);
    CHECK_BYTES("\0\0\0\x05"
                "61\0"
                "1\0");
    tw_tws_put_request(&out, TWS_CANCEL_POSITIONS);
    CHECK_BYTES("\0\0\0\x05"
                "64\0"
                "1\0");
    tw_tws_put_request(&out, TWS_ASK_OWN_ORDERS);
    CHECK_BYTES("\0\0\0\x04"
                "5\0"
                "1\0");
    tw_tws_put_request(&out, TWS_ASK_ALL_ORDERS);
    CHECK_BYTES("\0\0\0\x05"
                "16\0"
                "1\0");
    tw_tws_put_request(&out, TWS_ASK_CURRENT_TIME);
    CHECK_BYTES("\0\0\0\x05"
                "49\0"
                "1\0");
    tw_tws_put_executions(&out, 9001, 0);
    CHECK_BYTES("\0\0\0\x11"
                "7\0"
                "3\0"
                "9001\0"
                "0\0\0\0\0\0\0\0");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_request");
    TCase *cases = tcase_create("tws_request");
    tcase_add_test(cases, the_first_bytes_offer_170_to_178);
    tcase_add_test(cases, every_request_is_a_frame_of_fields);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
