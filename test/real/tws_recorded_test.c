/* Messages that live gateways sent, restated at version 178: every one of them decodes, to what a
 * reader of its text sees there; none of their beginnings does; and a connection may cut them
 * anywhere. They lie outside of the sources, beside the data of the other tests of this group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/tws_frame.h"
#include "core/json_read.h"
#include "harness.h"
#include "wire.h"

enum { RECORDS_MAX = 200, NAME_BYTES = 16, VERSION = 178, SKIPPED = 77 };

struct record {
    char name[NAME_BYTES];
    char *payload;
    size_t size;
};

static struct record records[RECORDS_MAX];
static size_t record_count;

/* ---- reading them -------------------------------------------------------------------------- */

static void read_record(const char *line, size_t length) {
    struct json_document *document;
    struct buffer payload = {0};
    tw_error why = {0};
    if (record_count == RECORDS_MAX || tw_json_parse(line, length, &document, &why)) {
        fprintf(stderr, "record %zu: %s\n", record_count, why.text);
        abort();
    }
    const struct json *root = tw_json_root(document), *fields = tw_json_member(root, "fields");
    struct record *record = &records[record_count++];
    snprintf(record->name, sizeof record->name, "%s", tw_json_member(root, "id")->text);
    for (const struct json *field = fields->first; field; field = field->next)
        tw_buffer_put(&payload, field->text, field->size + 1);
    record->payload = payload.data;
    record->size = payload.size;
    tw_json_free(document);
}

static int read_records(const char *path) {
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    if (!file)
        return 0;
    while ((length = getline(&line, &capacity, file)) > 0)
        if (line[0] == '{')
            read_record(line, (size_t)length);
    free(line);
    fclose(file);
    return record_count > 0;
}

/* The payload as one line, with | behind each field. */
static const char *line_of(const struct record *record, char *out, size_t room) {
    size_t length = record->size < room ? record->size : room - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = record->payload[i] ? record->payload[i] : '|';
    out[length] = '\0';
    return out;
}

static struct tws_message decode(const char *name) {
    struct tws_message message = {0};
    tw_error why = {0};
    size_t i = 0;
    while (i < record_count && strcmp(records[i].name, name) != 0)
        i++;
    ck_assert_msg(i < record_count, "there is no %s", name);
    int status = tw_tws_decode(records[i].payload, records[i].size, VERSION, &message, &why);
    ck_assert_msg(status == 0, "%s: %s", name, why.text);
    return message;
}

/* "445.25" as it is held. */
static int64_t e8(const char *text) {
    int64_t value;
    int is_rounded;
    ck_assert_int_eq(tw_tws_decimal(text, &value, &is_rounded), 0);
    ck_assert_int_eq(is_rounded, 0);
    return value;
}

static void expect_known(tw_maybe value, const char *text) {
    ck_assert_int_eq(value.known, 1);
    ck_assert_int_eq(value.value, e8(text));
}

/* ---- all of them --------------------------------------------------------------------------- */

START_TEST(every_recorded_message_decodes) {
    int known = 0;
    for (size_t i = 0; i < record_count; i++) {
        struct tws_message message;
        tw_error why = {0};
        const struct record *record = &records[i];
        char line[2000], *copy;
        int status = wire_decode(record->payload, record->size, VERSION, &copy, &message, &why);
        const char *objection = wire_objection(copy, record->size, status, &message, &why);
        ck_assert_msg(status == 0 && !objection, "%s: %s %s in %s", record->name,
                      status ? why.text : "", objection ? objection : "",
                      line_of(record, line, sizeof line));
        known += message.kind != TWS_OTHER;
        ck_assert_int_eq(message.id, atoll(record->payload));
        free(copy);
    }
    ck_assert_int_gt(known, 60);
}
END_TEST

START_TEST(no_beginning_of_a_recorded_message_passes_for_one) {
    for (size_t i = 0; i < record_count; i++) {
        struct tws_message message;
        tw_error why = {0};
        if (tw_tws_decode(records[i].payload, records[i].size, VERSION, &message, &why) ||
            message.kind == TWS_OTHER)
            continue;
        for (size_t size = 0; size < records[i].size; size++) {
            char *copy;
            int status = wire_decode(records[i].payload, size, VERSION, &copy, &message, &why);
            const char *objection = wire_objection(copy, size, status, &message, &why);
            ck_assert_msg(status == TW_E_PARSE && !objection, "%s, %zu bytes: %d %s",
                          records[i].name, size, status, objection ? objection : why.text);
            free(copy);
        }
    }
}
END_TEST

/* Reads the stream in pieces of `piece` bytes and compares it with the records. */
static void expect_all_in_pieces(const struct buffer *stream, size_t piece) {
    struct tws_frames frames = {0};
    size_t next = 0;
    for (size_t at = 0; at < stream->size; at += piece) {
        size_t left = stream->size - at, size;
        const char *payload;
        int status;
        tw_error why = {0};
        ck_assert_int_eq(
            tw_tws_frames_feed(&frames, stream->data + at, piece < left ? piece : left, &why), 0);
        while ((status = tw_tws_frames_next(&frames, &payload, &size, &why)) > 0) {
            ck_assert_uint_lt(next, record_count);
            ck_assert_uint_eq(size, records[next].size);
            ck_assert_mem_eq(payload, records[next].payload, size);
            next++;
        }
        ck_assert_int_eq(status, 0);
    }
    ck_assert_uint_eq(next, record_count);
    tw_tws_frames_free(&frames);
}

START_TEST(the_recorded_messages_come_whole_wherever_the_connection_cuts_them) {
    struct buffer stream = {0};
    for (size_t i = 0; i < record_count; i++)
        wire_frame(&stream, records[i].payload, records[i].size);
    for (size_t piece = 1; piece < 1500; piece += piece < 20 ? 1 : 97)
        expect_all_in_pieces(&stream, piece);
    expect_all_in_pieces(&stream, stream.size);
    tw_buffer_free(&stream);
}
END_TEST

/* ---- what some of them say ----------------------------------------------------------------- */

START_TEST(recorded_positions_say_what_is_held) {
    struct tws_position short_stock = decode("r0181").as.position;
    ck_assert_str_eq(short_stock.contract.symbol, "AAPL");
    ck_assert_int_eq(short_stock.contract.con_id, 265598);
    ck_assert_str_eq(short_stock.contract.exchange, "NASDAQ");
    ck_assert_int_eq(short_stock.qty_e8, e8("-110"));
    expect_known(short_stock.avg_cost_e8, "201.8829709");

    struct tws_position future = decode("r0182").as.position;
    ck_assert_str_eq(future.contract.local_symbol, "ESU5");
    ck_assert_str_eq(future.contract.expiry, "20250919");
    ck_assert_str_eq(future.contract.multiplier, "50");
    ck_assert_str_eq(future.contract.exchange, "");
    ck_assert_int_eq(future.qty_e8, e8("1"));
    expect_known(future.avg_cost_e8, "315114.75");

    struct tws_position put = decode("r0260").as.position;
    ck_assert_str_eq(put.contract.right, "P");
    expect_known(put.contract.strike_e8, "500");
    ck_assert_int_eq(put.qty_e8, e8("-3"));
    expect_known(put.avg_cost_e8, "2100.6321");
    ck_assert_int_eq(decode("r0183").kind, TWS_POSITIONS_END);
}
END_TEST

START_TEST(recorded_orders_say_what_protects) {
    struct tws_order bound = decode("r0277").as.order;
    ck_assert_int_eq(bound.order_id, -38);
    ck_assert_int_eq(bound.perm_id, 613177345);
    ck_assert_str_eq(bound.oca_group, "613177344");
    ck_assert_str_eq(bound.action, "SELL");
    ck_assert_str_eq(bound.order_type, "STP");
    ck_assert_str_eq(bound.tif, "GTC");
    ck_assert_str_eq(bound.status, "PreSubmitted");
    expect_known(bound.qty_e8, "5");
    expect_known(bound.limit_e8, "0");
    expect_known(bound.aux_e8, "142.5");
    expect_known(bound.trail_stop_e8, "142.5");

    struct tws_order day_stop = decode("r0278").as.order;
    ck_assert_str_eq(day_stop.tif, "DAY");
    expect_known(day_stop.aux_e8, "152.5");

    struct tws_order stop_limit = decode("r0279").as.order;
    ck_assert_str_eq(stop_limit.order_type, "STP LMT");
    ck_assert_str_eq(stop_limit.order_ref, "ChartTrader1700896507");
    expect_known(stop_limit.limit_e8, "106.46");
    expect_known(stop_limit.aux_e8, "106.4");

    struct tws_order child = decode("r0235").as.order;
    ck_assert_int_eq(child.order_id, 211);
    ck_assert_int_eq(child.parent_id, 210);
    ck_assert_int_eq(child.perm_id, 900211);
    ck_assert_str_eq(child.oca_group, "1571710075");
    expect_known(child.limit_e8, "2000");

    struct tws_order manual = decode("r0232").as.order;
    ck_assert_int_eq(manual.order_id, 0);
    ck_assert_int_eq(manual.client_id, 0);
    ck_assert_int_eq(manual.perm_id, 9000);
    expect_known(manual.contract.strike_e8, "10");
    ck_assert_str_eq(manual.contract.right, "P");

    /* Those two have conditions, so that their ends lie elsewhere. */
    ck_assert_int_eq(decode("r0233").as.order.perm_id, 900356);
    ck_assert_int_eq(decode("r0234").as.order.trail_stop_e8.known, 1);
    ck_assert_int_eq(decode("r0194").as.order.trail_stop_e8.known, 0);
    ck_assert_int_eq(decode("r0245").kind, TWS_ORDERS_END);
}
END_TEST

START_TEST(recorded_executions_say_what_was_done) {
    struct tws_execution live = decode("r0196").as.execution;
    ck_assert_int_eq(live.request_id, -1);
    ck_assert_int_eq(live.order_id, 13);
    ck_assert_str_eq(live.exec_id, "00025b46.63f8f39c.01.01");
    ck_assert_str_eq(live.time_text, "20230224  12:04:56");
    ck_assert_str_eq(live.account, "DU1234567");
    ck_assert_str_eq(live.exchange, "ISLAND");
    ck_assert_int_eq(live.is_sell, 0);
    ck_assert_int_eq(live.qty_e8, e8("100"));
    ck_assert_int_eq(live.price_e8, e8("196.52"));
    ck_assert_int_eq(live.perm_id, 1376327563);
    ck_assert_int_eq(live.client_id, 100);
    ck_assert_int_eq(live.is_liquidation, 0);
    expect_known(live.cum_qty_e8, "100");

    struct tws_execution asked = decode("r0222").as.execution;
    ck_assert_int_eq(asked.request_id, 9000);
    ck_assert_str_eq(asked.time_text, "20250708 02:35:00 America/New_York");
    ck_assert_int_eq(asked.price_e8, e8("5800"));
    ck_assert_int_eq(decode("r0239").kind, TWS_EXECUTIONS_END);
    ck_assert_int_eq(decode("r0239").as.number, 3);
}
END_TEST

START_TEST(recorded_commissions_say_what_is_known) {
    struct tws_commission opening = decode("r0200").as.commission;
    ck_assert_str_eq(opening.exec_id, "00025b46.63f8f39c.01.01");
    expect_known(opening.fee_e8, "1");
    ck_assert_int_eq(opening.realized_e8.known, 0);
    struct tws_commission closing = decode("r0238").as.commission;
    expect_known(closing.fee_e8, "1.0003");
    ck_assert_str_eq(closing.currency, "USD");
    expect_known(closing.realized_e8, "-68.051912");
}
END_TEST

START_TEST(recorded_statuses_and_notices_say_what_happened) {
    struct tws_order_status held = decode("r0261").as.order_status;
    ck_assert_int_eq(held.order_id, 276);
    ck_assert_str_eq(held.status, "PreSubmitted");
    ck_assert_str_eq(held.why_held, "trigger");
    struct tws_order_status filled = decode("r0198").as.order_status;
    expect_known(filled.filled_e8, "100");
    expect_known(filled.remaining_e8, "0");
    ck_assert_int_eq(filled.perm_id, 1376327563);
    struct tws_notice refused = decode("r0211").as.notice;
    ck_assert_int_eq(refused.id, 9001);
    ck_assert_int_eq(refused.code, 321);
    ck_assert_int_eq(decode("r0208").as.notice.id, -1);
    ck_assert_int_eq(decode("r0184").as.number, 1752606307);
    ck_assert_int_eq(decode("r0241").as.number, 1);
    ck_assert_str_eq(decode("r0180").as.accounts, "ACCOUNT_ID");
    ck_assert_int_eq(decode("r0185").kind, TWS_OTHER);
}
END_TEST

START_TEST(recorded_times_are_of_the_forms_we_know) {
    int seen = 0;
    for (size_t i = 0; i < record_count; i++) {
        struct tws_message message;
        struct tws_time time;
        if (tw_tws_decode(records[i].payload, records[i].size, VERSION, &message, NULL) ||
            message.kind != TWS_EXECUTION)
            continue;
        ck_assert_int_eq(tw_tws_time(message.as.execution.time_text, &time), 0);
        seen++;
    }
    ck_assert_int_gt(seen, 4);
}
END_TEST

int main(void) {
    char path[4096];
    const char *sources = getenv("TW_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/../shared/data/tws/recorded_as178.jsonl",
             sources ? sources : ".");
    if (!read_records(path)) {
        fprintf(stderr, "SKIPPED: there is no %s\n", path);
        return SKIPPED;
    }
    Suite *suite = suite_create("tws_recorded");
    TCase *tests = tcase_create("recorded messages");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, every_recorded_message_decodes);
    tcase_add_test(tests, no_beginning_of_a_recorded_message_passes_for_one);
    tcase_add_test(tests, the_recorded_messages_come_whole_wherever_the_connection_cuts_them);
    tcase_add_test(tests, recorded_positions_say_what_is_held);
    tcase_add_test(tests, recorded_orders_say_what_protects);
    tcase_add_test(tests, recorded_executions_say_what_was_done);
    tcase_add_test(tests, recorded_commissions_say_what_is_known);
    tcase_add_test(tests, recorded_statuses_and_notices_say_what_happened);
    tcase_add_test(tests, recorded_times_are_of_the_forms_we_know);
    suite_add_tcase(suite, tests);
    int status = run_suite(suite);
    for (size_t i = 0; i < record_count; i++)
        free(records[i].payload);
    return status;
}
