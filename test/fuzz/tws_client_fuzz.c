/* The whole client of TWS against any peer: what it says becomes an answer that reconcile can take
 * or refuse, or a reason that can be shown; however the peer's bytes are cut, wherever they end,
 * and whatever a tape holds. Nothing waits. An entry for libFuzzer, and without it a test over
 * conversations: of the test gateway, of recorded messages, and changed ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/fold.h"
#include "core/reconcile.h"
#include "events.h"
#include "peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 2, TRIES = 4, LABEL_BYTES = 256, OUTCOMES = 5 };

/* How conversations end. */
enum outcome { WHOLE, LESSENED, FAILED, NO_PROTOCOL, NO_TAPE };

static int outcomes[OUTCOMES], reconciled, unreconciled;

static void object(const char *what, const char *detail) {
    fprintf(stderr, "%s: %s\n", what, detail);
    abort();
}

static void look_at_text(const char *what, const char *text) {
    if (!text || !*text || !tw_text_is_clean(text, strlen(text)))
        object(what, text ? text : "there is none");
}

static void look_at_reason(int status, const tw_error *why) {
    if (why->code != status)
        object("an error without a reason", tw_error_name(status));
    look_at_text("a reason that cannot be shown", why->text);
}

/* ---- answers ------------------------------------------------------------------------------- */

static size_t bytes_of(const char *text) {
    return text ? strlen(text) : 0;
}

/* Texts end where the sanitizers can see it. */
static size_t read_rows(const tw_answer *answer) {
    size_t bytes = 0;
    for (uint64_t i = 0; i < answer->holding_count; i++)
        bytes += bytes_of(answer->holdings[i].symbol) + bytes_of(answer->holdings[i].currency) +
                 bytes_of(answer->holdings[i].sec_type);
    for (uint64_t i = 0; i < answer->order_count; i++) {
        const tw_broker_order *order = &answer->orders[i];
        bytes += bytes_of(order->symbol) + bytes_of(order->order_ref) + bytes_of(order->tif) +
                 bytes_of(order->order_type) + bytes_of(order->status) + bytes_of(order->why_held) +
                 bytes_of(order->good_till);
    }
    for (uint64_t i = 0; i < answer->execution_count; i++) {
        const tw_broker_execution *execution = &answer->executions[i];
        bytes += bytes_of(execution->symbol) + bytes_of(execution->order_ref) +
                 bytes_of(execution->currency) + strlen(execution->exec_id);
        if (execution->qty_e8 <= 0)
            object("a fill of nothing", execution->exec_id);
    }
    return bytes;
}

static int is_complete(const tw_answer *answer) {
    const int64_t parts[] = {answer->positions_completeness, answer->orders_completeness,
                             answer->executions_completeness};
    int complete = 1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i] != TW_ANSWER_COMPLETE && parts[i] != TW_ANSWER_PARTIAL &&
            parts[i] != TW_ANSWER_FAILED)
            object("an answer", "it does not say how complete it is");
        complete &= parts[i] == TW_ANSWER_COMPLETE;
    }
    return complete;
}

static void reconcile_with(const tw_answer *answer) {
    struct state *state;
    tw_proposal *proposal = NULL;
    tw_error why = {0};
    tw_event session = event_session(TW_RESUMED_NEW);
    if (strcmp(answer->account, "ACCOUNT_ID") == 0) /* of recorded messages */
        session.as.session_opened.account = answer->account;
    session.seq = 1;
    session.trading_date = TEST_DATE;
    session.time_ns = TEST_TIME_NS;
    if (tw_state_new(&state) || tw_fold(state, &session, &why))
        object("no day", why.text);
    int status = tw_reconcile(state, answer, NULL, TW_OVERNIGHT_REJECT, &proposal, &why);
    if (status)
        look_at_reason(status, &why);
    reconciled += status == 0;
    unreconciled += status != 0;
    tw_proposal_free(proposal);
    tw_state_free(state);
}

static enum outcome look_at_answer(const tw_answer *answer) {
    int complete = is_complete(answer);
    look_at_text("the name of a broker", answer->broker);
    if (strlen(answer->broker) >= LABEL_BYTES || !answer->account || !*answer->account)
        object("an answer without an account, or with too long a name", answer->broker);
    if (!complete || answer->failure)
        look_at_text("why it is not complete", answer->failure);
    if (read_rows(answer) > 64u << 20)
        object("an answer", "it is larger than what was heard");
    reconcile_with(answer);
    return complete ? WHOLE : LESSENED;
}

/* ---- conversations ------------------------------------------------------------------------- */

static enum outcome ask(tw_broker *broker) {
    const tw_answer *answer = NULL;
    tw_error why = {0};
    int status = TW_E_BROKER, first = 0;
    /* A tape that tells of a failure goes on with the next try. */
    for (int i = 0; i < TRIES && status == TW_E_BROKER; i++) {
        status = tw_broker_ask(broker, &answer, &why);
        if (status)
            look_at_reason(status, &why);
        first = first ? first : status;
    }
    if (!status)
        return look_at_answer(answer);
    return first == TW_E_BROKER ? FAILED : NO_PROTOCOL;
}

static enum outcome play(const struct buffer *tape) {
    char url[80];
    tw_broker *broker = NULL;
    tw_error why = {0};
    enum outcome outcome = NO_TAPE;
    snprintf(url, sizeof url, "replay:%s", peer_path(tape));
    int status = tw_broker_open(url, &broker, &why);
    if (status)
        look_at_reason(status, &why);
    else
        outcome = ask(broker);
    tw_broker_close(broker);
    outcomes[outcome]++;
    return outcome;
}

/* The first byte: a tape, or the bytes of a peer; the second: in what pieces they come. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD_BYTES)
        return 0;
    const char *bytes = (const char *)data + HEAD_BYTES;
    struct buffer tape = {0};
    if (data[0] % 4 == 1) {
        tw_buffer_put(&tape, bytes, size - HEAD_BYTES);
    } else {
        peer_first_line(&tape);
        if (data[0] % 4 == 2)
            tw_buffer_put(&tape, bytes, size - HEAD_BYTES);
        else
            peer_tape(&tape, bytes, size - HEAD_BYTES, 1 + (size_t)data[1]);
    }
    play(&tape);
    tw_buffer_free(&tape);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "talks.h"

enum { ROUNDS = 12000, TAPE_ROUNDS = 6000 };

static void run_entry(char mode, char pieces, const struct buffer *bytes) {
    struct buffer input = {0};
    tw_buffer_char(&input, mode);
    tw_buffer_char(&input, pieces);
    tw_buffer_put(&input, bytes->data, bytes->size);
    LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.size);
    tw_buffer_free(&input);
}

/* For libFuzzer to start from: TW_SEEDS names a folder that is there. */
static void keep_seed(const char *name, char mode, const struct buffer *bytes) {
    char path[1024];
    const char *folder = getenv("TW_SEEDS");
    if (!folder)
        return;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputc(mode, file);
    fputc('\x7f', file);
    fwrite(bytes->data, 1, bytes->size, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(each_tape_of_the_test_gateway_ends_as_it_did) {
    static const struct {
        const char *name;
        enum outcome outcome;
    } tapes[] = {{"whole", WHOLE},       {"cut", WHOLE},
                 {"id-in-use", WHOLE},   {"fill-between", WHOLE},
                 {"lost", LESSENED},     {"read-only", LESSENED},
                 {"restless", LESSENED}, {"silent-fills", LESSENED}};
    for (size_t i = 0; i < sizeof tapes / sizeof tapes[0]; i++) {
        struct buffer tape = {0};
        talk_tape(&tape, tapes[i].name);
        keep_seed(tapes[i].name, 1, &tape);
        ck_assert_msg(play(&tape) == tapes[i].outcome, "%s", tapes[i].name);
        tw_buffer_free(&tape);
    }
    ck_assert_int_eq(unreconciled, 0);
}
END_TEST

START_TEST(each_conversation_of_messages_is_a_whole_answer) {
    for (int talk = 0; talk < talk_count(); talk++) {
        struct buffer bytes = {0};
        struct talk said;
        char name[24];
        talk_open(&said, talk);
        talk_bytes(&said, &bytes);
        snprintf(name, sizeof name, "talk-%d", talk);
        keep_seed(name, 0, &bytes);
        int before = outcomes[WHOLE], taken = reconciled;
        run_entry(0, (char)talk, &bytes);
        ck_assert_msg(outcomes[WHOLE] == before + 1, "talk %d", talk);
        ck_assert_msg(reconciled == taken + 1, "talk %d", talk);
        tw_buffer_free(&bytes);
        talk_close(&said);
    }
}
END_TEST

START_TEST(a_conversation_that_ends_anywhere_is_no_whole_answer) {
    struct buffer bytes = {0};
    struct talk said;
    talk_open(&said, 0);
    talk_bytes(&said, &bytes);
    size_t whole = bytes.size;
    for (bytes.size = 0; bytes.size < whole; bytes.size += bytes.size < 400 ? 1 : 7)
        run_entry(0, (char)bytes.size, &bytes);
    ck_assert_int_eq(outcomes[WHOLE] + outcomes[LESSENED] + outcomes[NO_PROTOCOL], 0);
    ck_assert_int_gt(outcomes[FAILED], 400);
    tw_buffer_free(&bytes);
    talk_close(&said);
}
END_TEST

START_TEST(a_changed_conversation_is_an_answer_or_has_a_reason) {
    struct random random = {seed_from_environment("tws client fuzz")};
    for (int i = 0; i < ROUNDS; i++) {
        struct buffer bytes = {0};
        struct talk said;
        talk_open(&said, (int)random_below(&random, (uint64_t)talk_count()));
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            talk_change(&random, &said);
        talk_bytes(&said, &bytes);
        if (random_below(&random, 16) == 0)
            wire_change_any(&random, &bytes);
        run_entry(0, (char)random_next(&random), &bytes);
        tw_buffer_free(&bytes);
        talk_close(&said);
    }
    ck_assert_int_gt(outcomes[WHOLE], ROUNDS / 10);
    ck_assert_int_gt(outcomes[LESSENED], ROUNDS / 100);
    ck_assert_int_gt(outcomes[FAILED], ROUNDS / 50);
    ck_assert_int_gt(outcomes[NO_PROTOCOL], ROUNDS / 50);
    ck_assert_int_gt(reconciled, ROUNDS / 10);
    ck_assert_int_gt(unreconciled, ROUNDS / 1000);
}
END_TEST

START_TEST(a_changed_tape_is_played_or_refused_with_a_reason) {
    struct random random = {seed_from_environment("tws client fuzz, tapes")};
    for (int i = 0; i < TAPE_ROUNDS; i++) {
        struct buffer tape = {0};
        talk_tape(&tape, talk_tape_name((int)random_below(&random, 8)));
        for (uint64_t changes = 1 + random_below(&random, 3); changes > 0; changes--)
            talk_change_tape(&random, &tape);
        run_entry(1, 0, &tape);
        tw_buffer_free(&tape);
    }
    for (int i = 0; i < OUTCOMES; i++)
        ck_assert_msg(outcomes[i] > TAPE_ROUNDS / 500, "outcome %d: %d", i, outcomes[i]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_client_fuzz");
    TCase *tests = tcase_create("conversations");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, each_tape_of_the_test_gateway_ends_as_it_did);
    tcase_add_test(tests, each_conversation_of_messages_is_a_whole_answer);
    tcase_add_test(tests, a_conversation_that_ends_anywhere_is_no_whole_answer);
    tcase_add_test(tests, a_changed_conversation_is_an_answer_or_has_a_reason);
    tcase_add_test(tests, a_changed_tape_is_played_or_refused_with_a_reason);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
