/* A broker that says what a test wants it to say, and a trader that crashed with 100 TSLA. */
#ifndef TW_TEST_SCRIPTED_BROKER_H
#define TW_TEST_SCRIPTED_BROKER_H

#include "broker/broker.h"
#include "io/clock.h"
#include "store_fixture.h"

enum { ASKED_MOST = 16 };

/* The broker. Its answer is of TSLA alone: qty, and an execution where it has an id. */
static struct script {
    int failing;       /* so many times it fails first */
    int error;         /* in this way; 0: it is away */
    const char *words; /* what it says then; NULL: "nobody answers" */
    int partial;       /* so many times more it answers in part */
    int64_t qty;
    const char *exec_id;
    const char *account;
    int64_t positions, orders;    /* how complete; 0 in positions: complete */
    int twice;                    /* it has two different rows of TSLA */
    void (*meanwhile)(int asked); /* what happens while it is asked */
    int asked;
    int64_t asked_ns[ASKED_MOST];
    tw_holding holdings[2];
    tw_broker_execution execution;
    tw_answer answer;
} broker_says;

static tw_store *live; /* for `meanwhile` */

static inline int open_script(const char *rest, void **ret, tw_error *error) {
    (void)rest;
    (void)error;
    *ret = &broker_says;
    return 0;
}

static inline void close_script(void *adapter) {
    (void)adapter;
}

static inline int fail_to_answer(int code, tw_error *error) {
    *error = (tw_error){.code = code};
    snprintf(error->text, sizeof error->text, "%s",
             broker_says.words ? broker_says.words : "nobody answers");
    return code;
}

static inline int ask_script(void *adapter, const tw_answer **ret, tw_error *error) {
    struct script *says = adapter;
    ck_assert_int_lt(says->asked, ASKED_MOST);
    says->asked_ns[says->asked++] = tw_clock_monotonic_ns();
    if (says->meanwhile)
        says->meanwhile(says->asked);
    if (says->failing > 0) {
        says->failing--;
        return fail_to_answer(says->error ? says->error : TW_E_BROKER, error);
    }
    for (int i = 0; i < 2; i++)
        says->holdings[i] = (tw_holding){
            .size = sizeof(tw_holding), .symbol = "TSLA", .qty_e8 = (says->qty + i) * TW_E8};
    says->execution = (tw_broker_execution){.size = sizeof says->execution,
                                            .exec_id = says->exec_id,
                                            .symbol = "TSLA",
                                            .action = TW_ACTION_SELL,
                                            .qty_e8 = 50 * TW_E8,
                                            .price_e8 = 110 * TW_E8,
                                            .fee_e8 = tw_known(TW_E8)};
    int64_t positions = says->positions ? says->positions : TW_ANSWER_COMPLETE;
    if (says->partial > 0) {
        says->partial--;
        positions = TW_ANSWER_PARTIAL;
    }
    says->answer = (tw_answer){.size = sizeof says->answer,
                               .broker = "script:",
                               .account = says->account,
                               .positions_completeness = positions,
                               .orders_completeness = says->orders,
                               .executions_completeness = TW_ANSWER_COMPLETE,
                               .holdings = says->holdings,
                               .holding_count = says->twice ? 2 : 1,
                               .executions = &says->execution,
                               .execution_count = says->exec_id ? 1 : 0,
                               .failure = "the line is bad"};
    *ret = &says->answer;
    return 0;
}

static const struct broker_kind scripted __attribute__((unused)) = {
    .scheme = "script", .open = open_script, .ask = ask_script, .close = close_script};
static const struct broker_kind scripted_slowly __attribute__((unused)) = {.scheme = "script",
                                                                           .pause_ns = 20000000,
                                                                           .open = open_script,
                                                                           .ask = ask_script,
                                                                           .close = close_script};

static inline tw_broker *broker_of(const struct broker_kind *kind) {
    tw_broker *broker = NULL;
    OK(tw_broker_make(kind, "script:", "", &broker, &why));
    return broker;
}

/* A trader that crashed with 100 TSLA. */
static inline void crash_with_100(void) {
    make_journal();
    tw_store *store = open_on(MONDAY);
    buy(store, "e1", 100, 10000);
    tw_abandon(store);
}

static inline int recover_now(tw_broker *broker, tw_recover_report *ret) {
    tw_options options = {
        .size = sizeof options, .trading_date = MONDAY, .no_thread = 1, .checkpoint_ns = -1};
    *ret = (tw_recover_report){.size = sizeof *ret};
    live = NULL;
    return tw_recover(path, &options, broker, &live, ret, NULL, &why);
}

static inline tw_recover_report recover_with(struct script says) {
    tw_recover_report report;
    tw_broker *broker = broker_of(&scripted);
    broker_says = says;
    OK(recover_now(broker, &report));
    tw_broker_close(broker);
    return report;
}

static inline int again_now(struct script says, tw_recover_report *ret) {
    tw_broker *broker = broker_of(&scripted);
    broker_says = says;
    *ret = (tw_recover_report){.size = sizeof *ret};
    int status = tw_recover_again(live, broker, ret, NULL, &why);
    tw_broker_close(broker);
    return status;
}

static inline tw_recover_report again_with(struct script says) {
    tw_recover_report report;
    OK(again_now(says, &report));
    return report;
}

static inline int try_to_enter(void) {
    tw_attempt attempt = {.size = sizeof attempt, .symbol = "NVDA", .side = TW_SIDE_LONG};
    return tw_append_attempt(live, &attempt, NULL, &why);
}

static const struct script away __attribute__((unused)) = {.failing = ASKED_MOST};
static const struct script holds_100 __attribute__((unused)) = {.qty = 100};

#endif
