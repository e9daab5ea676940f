/* Any bytes as a broker's file: an answer that can be compared with a day, or a refusal for a
 * reason that no terminal acts on. An entry for libFuzzer, and without it a test over answers,
 * whole and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/reconcile.h"
#include "events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int answered, refused, compared;

static void object_to(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_text(const char *text) {
    for (; text && *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            object_to("a text that a terminal would act on");
}

static void check_reason(int status, const tw_error *why) {
    if (why->code != status || why->text[0] == '\0')
        object_to("refused without a reason");
    check_text(why->text);
}

/* A day with a position, an order and an inferred fill's worth of doubt. */
static const struct state *some_day(void) {
    static struct day day;
    if (day.state)
        return day.state;
    day_open(&day, TW_COST_METHOD_AVERAGE);
    day_add(&day, event_order("order-1", "TSLA", TW_ACTION_BUY, TW_PURPOSE_ENTRY, "100"));
    day_add(&day, event_fill("e1", "TSLA", TW_ACTION_BUY, "100", "445.25", "1"));
    day_add(&day, event_order("stop-1", "TSLA", TW_ACTION_SELL, TW_PURPOSE_STOP, "100"));
    return day.state;
}

static void compare(const tw_answer *answer) {
    tw_proposal *proposal = NULL;
    tw_error why = {0};
    int status = tw_reconcile(some_day(), answer, NULL, TW_OVERNIGHT_REJECT, &proposal, &why);
    if (status) {
        check_reason(status, &why);
        return;
    }
    for (uint64_t i = 0; i < tw_proposal_findings(proposal); i++) {
        tw_finding_view view = {.size = sizeof view};
        if (tw_proposal_finding(proposal, i, &view))
            object_to("a finding that cannot be read");
        check_text(view.text);
        check_text(view.symbol);
        check_text(view.ours);
        check_text(view.theirs);
    }
    compared++;
    tw_proposal_free(proposal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char url[64];
    tw_broker *broker = NULL;
    const tw_answer *answer = NULL;
    tw_error why = {0};
    int fd = memfd_create("answer", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        object_to("no file in memory");
    snprintf(url, sizeof url, "file:/proc/self/fd/%d", fd);
    if (tw_broker_open(url, &broker, &why))
        object_to(why.text);
    int status = tw_broker_ask(broker, &answer, &why);
    if (status)
        check_reason(status, &why);
    else
        compare(answer);
    *(status ? &refused : &answered) += 1;
    tw_broker_close(broker);
    close(fd);
    return 0;
}

#ifndef TW_LIBFUZZER

#include "mutate.h"

enum { ROUNDS = 30000, ROOM = 8192 };

static const char *const tokens[] = {"{",           "}",           "[",
                                     "]",           "null",        "true",
                                     "-1",          "1e9",         "0.1234567891",
                                     "\"",          "\"partial\"", "\"failed\"",
                                     "\\u001b[2J",  "\\ud800",     "\"TSLA\"",
                                     "\"order-1\"", "\"e1.02\"",   "9223372036854775807",
                                     "\"SELL\"",    "\"STP\"",     NULL};

static const char answer_text[] =
    "{\"complete\": true, \"account\": \"DU1\", \"as_of\": \"2025-10-06T10:00:00-04:00\",\n"
    " \"positions\": [{\"symbol\": \"TSLA\", \"qty\": \"50\", \"avg_cost\": \"445.25\"},\n"
    "  {\"symbol\": \"AMD\", \"qty\": \"-200\", \"avg_cost\": \"165.30\"}],\n"
    " \"orders\": [{\"order_ref\": \"stop-1\", \"perm_id\": 7, \"symbol\": \"TSLA\",\n"
    "  \"action\": \"SELL\", \"order_type\": \"STP\", \"qty\": \"100\", \"filled\": \"0\",\n"
    "  \"stop\": \"440\", \"status\": \"Submitted\"}],\n"
    " \"executions\": [{\"exec_id\": \"e2\", \"symbol\": \"TSLA\", \"action\": \"SELL\",\n"
    "  \"qty\": \"50\", \"price\": \"446\", \"fee\": \"1\"}]}\n";

START_TEST(any_file_is_an_answer_that_is_compared_or_is_refused_for_a_reason) {
    struct random random = {seed_from_environment("broker file fuzz")};
    static uint8_t text[ROOM];
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = sizeof answer_text - 1;
        memcpy(text, answer_text, size);
        for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
            size = mutate_once(&random, text, size, sizeof text, tokens);
        LLVMFuzzerTestOneInput(text, size);
    }
    ck_assert_int_gt(answered, ROUNDS / 10);
    ck_assert_int_gt(compared, ROUNDS / 10);
    ck_assert_int_gt(refused, ROUNDS / 10);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("broker_file_fuzz");
    TCase *tests = tcase_create("answers");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, any_file_is_an_answer_that_is_compared_or_is_refused_for_a_reason);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

#endif
