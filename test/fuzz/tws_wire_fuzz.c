/* Any bytes as a message of TWS, and as a connection full of them: what is accepted has its texts
 * in the payload, what is refused has a reason that can be shown, and frames are the same wherever
 * the connection cuts them. An entry for libFuzzer, and without it a test over messages of every
 * kind, whole and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "broker/tws_frame.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 2, VERSIONS = TW_TWS_VERSION_MAX - TW_TWS_VERSION_MIN + 1 };

static int accepted[TWS_POSITIONS_END + 1], refused, frames_read, streams_refused;

static void object(const char *what, const char *detail) {
    fprintf(stderr, "%s: %s\n", what, detail);
    abort();
}

static void look_at_hello(const char *payload, size_t size) {
    const char *time;
    int64_t version;
    tw_error why = {0};
    int status = tw_tws_decode_hello(payload, size, &version, &time, &why);
    if (status ? why.code != status || !tw_text_is_clean(why.text, strlen(why.text))
               : version < TW_TWS_VERSION_MIN || version > TW_TWS_VERSION_MAX)
        object("the greeting", why.text);
}

static void look_at_execution(const struct tws_execution *execution) {
    struct tws_time time;
    size_t length;
    tw_tws_correction(execution->exec_id, &length);
    if (length > strlen(execution->exec_id))
        object("an exec id longer than itself", execution->exec_id);
    if (tw_tws_time(execution->time_text, &time) == 0 && time.clock == TWS_CLOCK_NAMED &&
        !*time.zone)
        object("a zone without a name", execution->time_text);
}

static void look_at_message(const char *payload, size_t size, int64_t version) {
    struct tws_message message;
    tw_error why = {0};
    char *copy; /* of its size, so that a read past the end is seen */
    int status = wire_decode(payload, size, version, &copy, &message, &why);
    const char *objection = wire_objection(copy, size, status, &message, &why);
    if (objection)
        object(objection, status ? why.text : "");
    if (status)
        refused++;
    else
        accepted[message.kind]++;
    if (!status && message.kind == TWS_EXECUTION)
        look_at_execution(&message.as.execution);
    look_at_hello(copy, size);
    free(copy);
}

/* All payloads in one buffer, each behind its length, and how the reading ended. */
static int read_all(const char *bytes, size_t size, size_t piece, struct buffer *out) {
    struct tws_frames frames = {0};
    const char *payload;
    size_t payload_bytes;
    tw_error why = {0};
    int status = 0;
    for (size_t at = 0; at < size && status == 0; at += piece) {
        if (tw_tws_frames_feed(&frames, bytes + at, piece < size - at ? piece : size - at, &why))
            abort();
        while ((status = tw_tws_frames_next(&frames, &payload, &payload_bytes, &why)) > 0) {
            tw_buffer_put(out, &payload_bytes, sizeof payload_bytes);
            tw_buffer_put(out, payload, payload_bytes);
        }
    }
    if (status && (status != TW_E_PARSE || why.code != status))
        object("a connection is refused without a reason", why.text);
    tw_tws_frames_free(&frames);
    return status;
}

static void look_at_stream(const char *bytes, size_t size, int64_t version) {
    struct buffer whole = {0}, cut = {0};
    size_t piece = 1 + (size_t)(version - TW_TWS_VERSION_MIN), payload_bytes;
    int status = read_all(bytes, size, size ? size : 1, &whole);
    if (read_all(bytes, size, piece, &cut) != status || cut.size != whole.size ||
        (cut.size && memcmp(cut.data, whole.data, cut.size) != 0))
        object("frames", "they differ with where the connection cuts them");
    streams_refused += status != 0;
    for (size_t at = 0; at < whole.size; at += payload_bytes, frames_read++) {
        memcpy(&payload_bytes, whole.data + at, sizeof payload_bytes);
        at += sizeof payload_bytes;
        look_at_message(whole.data + at, payload_bytes, version);
    }
    tw_buffer_free(&whole);
    tw_buffer_free(&cut);
}

/* The first byte: the version; the second: one message, or a connection. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD_BYTES)
        return 0;
    const char *bytes = (const char *)data + HEAD_BYTES;
    int64_t version = TW_TWS_VERSION_MIN + data[0] % VERSIONS;
    if (data[1] % 2)
        look_at_stream(bytes, size - HEAD_BYTES, version);
    else
        look_at_message(bytes, size - HEAD_BYTES, version);
    return 0;
}

#ifndef TW_LIBFUZZER

enum { ROUNDS = 400000, STREAM_ROUNDS = 40000, MOST_SEEDS = 32 };

static const char *const rows[] = {
    "15|1|DU0000001,DU0000002,",
    "9|1|211",
    "49|1|1781163646",
    "61|3|DU0000001|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL|NMS|-110|201.882970912",
    "61|3|DU0000001|728937835|QQQ|OPT|20270115|500.0|P|100||USD|QQQ   270115P|QQQ|0|0.0",
    "62|1",
    "53|1",
    "3|-38|PreSubmitted|0|1|0|142610|0|0|1|trigger|0",
    "4|2|-1|2104|Market data farm connection is OK:usfarm|",
    "55|1|9001",
    "59|1|0000e0d5.64305db8.01.01|1.0|USD|1.7976931348623157E308|1.7976931348623157E308|",
    "102",
    "101|265598|AAPL",
    "63|1|9000|DU0000001|BuyingPower|300000.00|EUR",
    "178|20240324 21:18:59 Greenwich Mean Time",
    "-1|other.example:4001",
};

static const char execution[] =
    "11|-1|12|265598|AAPL|STK||0.0|||ISLAND|USD|AAPL|NMS|0000e0d5.64305db8.01.02|"
    "20230223 11:49:33 US/Eastern|DU0000001|ISLAND|SLD|100|149.23|45587459|123|0|100|149.23|"
    "stop-1||||2";

static const struct wire_change parts[] = {
    {"deltaNeutralOrderType", "Keine"},
    {"comboLegs", "2|9|1|BUY|SMART|0|0||-1|8|2|SELL|CBOE|1|2|loc|-1"},
    {"orderComboLegs", "1|1.5"},
    {"smartRouting", "1|NonGuaranteed|1"},
    {"scalePriceIncrement", "0.05|0.1|60|0.2|1|100|50|0"},
    {"hedgeType", "B|1.5"},
    {"deltaNeutralContract", "1|265598|0.5|187.2"},
    {"algoStrategy", "Adaptive|1|adaptivePriority|Normal"},
    {"conditions", "2|1|a|1|190.5|265598|SMART|0|6|o|1|1000|265598|SMART|0|0"},
    {"conditions", "4|3|a|1|20261231 15:00:00|4|a|1|30|5|o|STK|SMART|AAPL|7|a|1|2.5|1|X|0|0"},
};

struct seeds {
    struct buffer payloads[MOST_SEEDS];
    int64_t versions[MOST_SEEDS];
    size_t count;
};

static struct buffer *next_seed(struct seeds *seeds, int64_t version) {
    ck_assert_uint_lt(seeds->count, MOST_SEEDS);
    seeds->versions[seeds->count] = version;
    return &seeds->payloads[seeds->count++];
}

static void seeds_open(struct seeds *seeds) {
    static const struct wire_change peg[] = {{"orderType", "PEG BENCH"},
                                             {"pegBench", "756733|0|0.1|0.2|ARCA"}};
    memset(seeds, 0, sizeof *seeds);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        wire_payload(next_seed(seeds, TW_TWS_VERSION_MAX), rows[i]);
    wire_payload(next_seed(seeds, 177), execution);
    struct buffer *revised = next_seed(seeds, 178);
    wire_payload(revised, execution);
    tw_buffer_put(revised, "0", 2);
    wire_order(next_seed(seeds, 176), 176, NULL, 0);
    wire_order(next_seed(seeds, 178), 178, peg, 2);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        wire_order(next_seed(seeds, 178), 178, &parts[i], 1);
}

static void seeds_close(struct seeds *seeds) {
    for (size_t i = 0; i < seeds->count; i++)
        tw_buffer_free(&seeds->payloads[i]);
}

static void run_entry(const struct buffer *bytes, int64_t version, char mode) {
    struct buffer input = {0};
    tw_buffer_char(&input, (char)(version - TW_TWS_VERSION_MIN));
    tw_buffer_char(&input, mode);
    tw_buffer_put(&input, bytes->data, bytes->size);
    LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.size);
    tw_buffer_free(&input);
}

START_TEST(a_message_of_every_kind_is_accepted) {
    static const enum tws_kind kinds[] = {
        TWS_OTHER,      TWS_ORDER_STATUS, TWS_NOTICE,       TWS_OPEN_ORDER, TWS_NEXT_ID,
        TWS_EXECUTION,  TWS_ACCOUNTS,     TWS_CURRENT_TIME, TWS_ORDERS_END, TWS_EXECUTIONS_END,
        TWS_COMMISSION, TWS_POSITION,     TWS_POSITIONS_END};
    struct seeds seeds;
    seeds_open(&seeds);
    for (size_t i = 0; i < seeds.count; i++)
        run_entry(&seeds.payloads[i], seeds.versions[i], 0);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        ck_assert_msg(accepted[kinds[i]] > 0, "none of kind %d", (int)kinds[i]);
    ck_assert_int_eq(refused, 0);
    seeds_close(&seeds);
}
END_TEST

START_TEST(a_changed_message_is_read_or_refused_with_a_reason) {
    struct random random = {seed_from_environment("tws wire fuzz")};
    struct seeds seeds;
    int orders = accepted[TWS_OPEN_ORDER];
    seeds_open(&seeds);
    for (int i = 0; i < ROUNDS; i++) {
        size_t which = random_below(&random, seeds.count);
        struct buffer bytes = {0};
        tw_buffer_put(&bytes, seeds.payloads[which].data, seeds.payloads[which].size);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            wire_change_any(&random, &bytes);
        run_entry(&bytes, random_below(&random, 4) ? seeds.versions[which] : 170, 0);
        tw_buffer_free(&bytes);
    }
    ck_assert_int_gt(accepted[TWS_OPEN_ORDER] - orders, ROUNDS / 20);
    ck_assert_int_gt(refused, ROUNDS / 4);
    seeds_close(&seeds);
}
END_TEST

START_TEST(a_changed_connection_is_the_same_wherever_it_is_cut) {
    struct random random = {seed_from_environment("tws wire fuzz, connections")};
    struct seeds seeds;
    seeds_open(&seeds);
    for (int i = 0; i < STREAM_ROUNDS; i++) {
        struct buffer bytes = {0};
        for (uint64_t messages = 1 + random_below(&random, 5); messages > 0; messages--) {
            const struct buffer *payload = &seeds.payloads[random_below(&random, seeds.count)];
            wire_frame(&bytes, payload->data, payload->size);
        }
        if (random_below(&random, 2))
            wire_change_any(&random, &bytes);
        run_entry(&bytes, random_between(&random, 170, 178), 1);
        tw_buffer_free(&bytes);
    }
    ck_assert_int_gt(frames_read, STREAM_ROUNDS);
    ck_assert_int_gt(streams_refused, STREAM_ROUNDS / 100);
    seeds_close(&seeds);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_wire_fuzz");
    TCase *tests = tcase_create("messages");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_message_of_every_kind_is_accepted);
    tcase_add_test(tests, a_changed_message_is_read_or_refused_with_a_reason);
    tcase_add_test(tests, a_changed_connection_is_the_same_wherever_it_is_cut);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
