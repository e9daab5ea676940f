/* The facade: recovering in one call, at a start and again on a live store: the broker is asked,
 * patiently, its answer is compared with the log, and what comes of it is recorded. Without an
 * answer the state is the log's and entries are gated (D7). */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "broker/broker.h"
#include "store_internal.h"

struct run {
    tw_store *store;
    tw_broker *broker;
    int tries;
    const tw_answer *answer; /* the last one that was recorded */
    tw_proposal *found;
    uint64_t events;
};

/* May an entry be decided on it? What a broker was not asked for, nobody misses. */
static int is_whole(const tw_answer *answer) {
    return answer->positions_completeness == TW_ANSWER_COMPLETE &&
           (answer->orders_completeness == TW_ANSWER_COMPLETE || !answer->orders_completeness);
}

/* An answer that leaves positions alone cannot be wrong about them, however old it is. */
static int record(struct run *run, const tw_answer *answer, const struct traded *since,
                  tw_error *why) {
    run->answer = answer;
    if (answer->positions_completeness != TW_ANSWER_COMPLETE)
        since = NULL;
    return tw_store_reconcile_and_apply(run->store, answer, since, &run->found, &run->events, why);
}

static int try_once(struct run *run, tw_error *why) {
    struct traded before;
    const tw_answer *answer;
    int status = tw_store_traded(run->store, &before, why);
    if (!status)
        status = tw_broker_ask(run->broker, &answer, why);
    if (status)
        return status;
    /* Rows without a word on completeness are no partial answer, they are a mistake. */
    int in_part = answer->positions_completeness && !is_whole(answer);
    if (in_part && run->tries < TW_BROKER_TRIES)
        return tw_fail(why, TW_E_BROKER, "the broker's answer is not complete");
    return record(run, answer, &before, why);
}

/* A broker that is away, tells only a part, contradicts itself or lags behind may do better. */
static int is_worth_another_try(int status) {
    return status == TW_E_BROKER || status == TW_E_STALE;
}

/* There is no answer that can be used. Who asked wrongly, or the wrong account, is told instead. */
static int is_no_answer(int status) {
    return status == TW_E_BROKER || status == TW_E_PARSE || status == TW_E_TEXT ||
           status == TW_E_RANGE || status == TW_E_UNKNOWN_NAME;
}

static int ask_and_record(struct run *run, tw_error *why) {
    tw_error reason = {0};
    int status = TW_E_BROKER;
    while (run->tries < TW_BROKER_TRIES && is_worth_another_try(status)) {
        run->tries++;
        tw_broker_pause(tw_broker_pause_ns(run->broker), run->tries);
        status = try_once(run, &reason);
    }
    if (is_no_answer(status))
        return record(run, tw_broker_failed(run->broker, &reason), NULL, why);
    if (status && why)
        *why = reason;
    return status;
}

/* ---- the report ---------------------------------------------------------------------------- */

static void count_findings(const tw_proposal *found, tw_recover_report *report) {
    report->findings = tw_proposal_findings(found);
    for (uint64_t i = 0; i < report->findings; i++) {
        tw_finding_view finding = {.size = sizeof finding};
        if (tw_proposal_finding(found, i, &finding))
            continue;
        report->differ += finding.differs != 0;
        report->critical += finding.critical != 0;
        if (!*report->warning && finding.action == TW_FINDING_HALT &&
            strcmp(finding.case_id, "D7") == 0)
            snprintf(report->warning, sizeof report->warning, "%s", finding.text);
    }
}

static int give_report(const struct run *run, tw_recover_report *ret) {
    tw_recover_report report = {.size = sizeof report,
                                .tries = run->tries,
                                .log_only =
                                    run->answer->positions_completeness != TW_ANSWER_COMPLETE,
                                .entries_gated = tw_store_gated(run->store, NULL) != 0,
                                .events = run->events};
    if (run->answer->broker)
        snprintf(report.broker, sizeof report.broker, "%s", run->answer->broker);
    count_findings(run->found, &report);
    return tw_give(ret, &report, sizeof report);
}

/* ---- the public calls ---------------------------------------------------------------------- */

int tw_recover_again(tw_store *store, tw_broker *broker, tw_recover_report *ret,
                     tw_proposal **ret_findings, tw_error *why) {
    if (!store || !broker || !tw_has_size(ret))
        return tw_fail(why, TW_E_INVALID,
                       "store, broker, report or the size of the report are missing");
    struct run run = {.store = store, .broker = broker};
    int status = ask_and_record(&run, why);
    if (status)
        return status;
    give_report(&run, ret);
    if (ret_findings)
        *ret_findings = run.found;
    else
        tw_proposal_free(run.found);
    return 0;
}

int tw_recover(const char *path, const tw_options *options, tw_broker *broker, tw_store **ret,
               tw_recover_report *report, tw_proposal **ret_findings, tw_error *why) {
    tw_store *store = NULL;
    if (!ret || !broker || !tw_has_size(report))
        return tw_fail(why, TW_E_INVALID,
                       "broker, result, report or the size of the report are missing");
    int status = tw_open(path, options, &store, why);
    if (status)
        return status;
    status = tw_recover_again(store, broker, report, ret_findings, why);
    if (status) {
        tw_close(store, "recover failed: nothing was compared with the broker", NULL);
        return status;
    }
    *ret = store;
    return 0;
}
