/* Messages that live gateways sent, restated at version 178: all of them fit, and mean what those
 * who recorded them say. Read from beside the project; skipped where they are not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/tws_message.h"
#include "core/json_read.h"
#include "harness.h"
#include "tws.h"

enum { SKIPPED = 77, LINE_BYTES_MAX = 65536, LEAST_MESSAGES = 70 };

static FILE *recorded;
static char line[LINE_BYTES_MAX];
static struct json_document *document;

/* The next message as a payload, and its id in the file; NULL at the end. */
static const char *next_message(struct buffer *payload) {
    if (!fgets(line, sizeof line, recorded))
        return NULL;
    ck_assert_int_eq(tw_json_parse_again(&document, line, strlen(line), 1, NULL), 0);
    const struct json *root = tw_json_root(document);
    tw_buffer_clear(payload);
    for (const struct json *field = tw_json_member(root, "fields")->first; field;
         field = field->next)
        tw_buffer_put(payload, field->text, field->size + 1);
    return tw_json_member(root, "id")->text;
}

/* The message of that id in the file. */
static struct tws_message message_of(const char *id) {
    static struct buffer payload;
    struct tws_message message;
    const char *found;
    rewind(recorded);
    while ((found = next_message(&payload)) != NULL && strcmp(found, id) != 0)
        ;
    ck_assert_msg(found != NULL, "%s", id);
    ck_assert_int_eq(tw_tws_decode(payload.data, payload.size, 178, &message, NULL), 0);
    return message;
}

START_TEST(every_recorded_message_fits_and_no_beginning_of_it_does) {
    struct buffer payload = {0};
    int count = 0, kinds[128] = {0};
    const char *id;
    rewind(recorded);
    while ((id = next_message(&payload)) != NULL) {
        struct tws_message message;
        tw_error why = {0};
        ck_assert_msg(tw_tws_decode(payload.data, payload.size, 178, &message, &why) == 0, "%s: %s",
                      id, why.text);
        kinds[message.kind]++;
        count++;
        for (size_t size = 0; size < payload.size && message.kind != TWS_OTHER; size++) {
            char *copy = malloc(size + 1);
            memcpy(copy, payload.data, size);
            int is_whole = message.kind == TWS_COMPLETED_END;
            ck_assert_msg(is_whole || tw_tws_decode(copy, size, 178, &message, &why) != 0,
                          "%s cut to %zu bytes", id, size);
            free(copy);
        }
    }
    ck_assert_int_ge(count, LEAST_MESSAGES);
    ck_assert_int_ge(kinds[TWS_OPEN_ORDER], 15);
    ck_assert_int_ge(kinds[TWS_EXECUTION], 5);
    ck_assert_int_ge(kinds[TWS_POSITION], 5);
    tw_buffer_free(&payload);
}
END_TEST

START_TEST(recorded_positions_are_what_they_were) {
    struct tws_message message = message_of("r0181");
    ck_assert_str_eq(message.as.position.contract.symbol, "AAPL");
    ck_assert_int_eq(message.as.position.qty_e8, INT64_C(-11000000000));
    message = message_of("r0182");
    ck_assert_str_eq(message.as.position.contract.local_symbol, "ESU5");
    ck_assert_str_eq(message.as.position.contract.multiplier, "50");
    ck_assert_int_eq(message.as.position.avg_cost_e8.value, INT64_C(31511475000000));
    message = message_of("r0260");
    ck_assert_int_eq(message.as.position.qty_e8, INT64_C(-300000000));
}
END_TEST

START_TEST(recorded_orders_are_what_they_were) {
    struct tws_message message = message_of("r0277");
    ck_assert_int_eq(message.as.order.order_id, -38);
    ck_assert_str_eq(message.as.order.tif, "GTC");
    ck_assert_int_eq(message.as.order.perm_id, 613177345);
    ck_assert_str_eq(message.as.order.oca_group, "613177344");
    message = message_of("r0278");
    ck_assert_str_eq(message.as.order.order_type, "STP");
    ck_assert_int_eq(message.as.order.aux_e8.value, INT64_C(15250000000));
    ck_assert_str_eq(message.as.order.status, "PreSubmitted");
    message = message_of("r0279");
    ck_assert_str_eq(message.as.order.order_type, "STP LMT");
    message = message_of("r0235");
    ck_assert_int_eq(message.as.order.order_id, 211);
    ck_assert_int_eq(message.as.order.parent_id, 210);
    message = message_of("r0261");
    ck_assert_str_eq(message.as.order_status.why_held, "trigger");
}
END_TEST

START_TEST(recorded_commissions_and_times_are_what_they_were) {
    struct tws_message message = message_of("r0238");
    ck_assert_int_eq(message.as.commission.realized_e8.value, INT64_C(-6805191200));
    message = message_of("r0205");
    struct tws_time time;
    ck_assert_int_eq(tw_tws_time(message.as.execution.time_text, &time), 0);
    message = message_of("r0202");
    ck_assert_int_ne(message.as.notice.code, 0);
}
END_TEST

int main(void) {
    char path[4096];
    const char *source = getenv("TW_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/../shared/data/tws/recorded_as178.jsonl",
             source ? source : ".");
    recorded = fopen(path, "r");
    if (!recorded) {
        printf("SKIPPED: the recorded messages are not beside the project\n");
        return SKIPPED;
    }
    Suite *suite = suite_create("tws_recorded");
    TCase *cases = tcase_create("tws_recorded");
    tcase_add_test(cases, every_recorded_message_fits_and_no_beginning_of_it_does);
    tcase_add_test(cases, recorded_positions_are_what_they_were);
    tcase_add_test(cases, recorded_orders_are_what_they_were);
    tcase_add_test(cases, recorded_commissions_and_times_are_what_they_were);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
