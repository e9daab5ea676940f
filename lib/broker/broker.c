/* Brokers: opening by URL, asking, asking patiently. */
#include "broker/broker.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/clock.h"

struct tw_broker {
    const struct broker_kind *kind;
    void *adapter;
    char *url;
    tw_answer failed; /* what asking patiently returns when every try failed */
    tw_error failure;
    char label[256]; /* the URL, as far as it can be recorded */
};

static const struct broker_kind *const kinds[] = {&tw_broker_file, &tw_broker_tws,
                                                  &tw_broker_replay};

int tw_broker_make(const struct broker_kind *kind, const char *url, const char *rest,
                   tw_broker **ret, tw_error *why) {
    tw_broker *broker = calloc(1, sizeof *broker);
    char *copy = strdup(url);
    if (!broker || !copy) {
        free(broker);
        free(copy);
        return tw_fail(why, TW_E_NOMEM, "no memory for a broker");
    }
    broker->kind = kind;
    broker->url = copy;
    int status = kind->open(rest, &broker->adapter, why);
    if (status) {
        tw_broker_close(broker);
        return status;
    }
    *ret = broker;
    return 0;
}

int tw_broker_open(const char *url, tw_broker **ret, tw_error *why) {
    if (!url || !ret)
        return tw_fail(why, TW_E_INVALID, "url or result are missing");
    char shown[120];
    const char *colon = strchr(url, ':');
    size_t length = colon ? (size_t)(colon - url) : 0;
    for (size_t i = 0; colon && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i]->scheme) == length && strncmp(kinds[i]->scheme, url, length) == 0)
            return tw_broker_make(kinds[i], url, colon + 1, ret, why);
    return tw_fail(why, TW_E_INVALID,
                   "no kind of broker is called \"%s\", expected file:PATH, "
                   "tws://HOST:PORT?client=N or replay:FILE",
                   tw_text_show(url, strlen(url), shown, sizeof shown));
}

void tw_broker_close(tw_broker *broker) {
    if (!broker)
        return;
    if (broker->adapter)
        broker->kind->close(broker->adapter);
    free(broker->url);
    free(broker);
}

int tw_broker_record(tw_broker *broker, const char *path, tw_error *why) {
    if (!broker || !path)
        return tw_fail(why, TW_E_INVALID, "broker or path are missing");
    if (!broker->kind->record)
        return tw_fail(why, TW_E_INVALID, "%s: broker has no conversation to record, tws: has one",
                       broker->kind->scheme);
    return broker->kind->record(broker->adapter, broker->url, path, why);
}

int tw_broker_record_end(tw_broker *broker, tw_error *why) {
    if (!broker)
        return tw_fail(why, TW_E_INVALID, "the broker is missing");
    return broker->kind->finish ? broker->kind->finish(broker->adapter, why) : 0;
}

int tw_broker_ask(tw_broker *broker, const tw_answer **ret, tw_error *why) {
    if (!broker || !ret)
        return tw_fail(why, TW_E_INVALID, "broker or result are missing");
    return broker->kind->ask(broker->adapter, ret, why);
}

int64_t tw_broker_pause_ns(const tw_broker *broker) {
    return broker->kind->pause_ns;
}

void tw_broker_pause(int64_t pause_ns, int try) {
    if (try > 1)
        tw_clock_pause(pause_ns << (try - 2));
}

const tw_answer *tw_broker_failed(tw_broker *broker, const tw_error *reason) {
    broker->failure = *reason;
    tw_text_show(broker->url, strlen(broker->url), broker->label, sizeof broker->label);
    broker->failed = (tw_answer){
        .size = sizeof broker->failed,
        .broker = broker->label,
        .positions_completeness = TW_ANSWER_FAILED,
        .orders_completeness = TW_ANSWER_FAILED,
        .completed_completeness = TW_ANSWER_FAILED,
        .executions_completeness = TW_ANSWER_FAILED,
        .failure = broker->failure.text,
    };
    return &broker->failed;
}

int tw_broker_ask_patiently(tw_broker *broker, int64_t pause_ns, const tw_answer **ret,
                            tw_error *why) {
    if (!broker || !ret || pause_ns < -1)
        return tw_fail(why, TW_E_INVALID, "broker, result or pause are missing");
    tw_error failure = {0};
    if (pause_ns < 0)
        pause_ns = broker->kind->pause_ns;
    int status = TW_E_BROKER;
    for (int try = 1; try <= TW_BROKER_TRIES && status == TW_E_BROKER; try++) {
        tw_broker_pause(pause_ns, try);
        status = tw_broker_ask(broker, ret, &failure);
    }
    if (status && status != TW_E_BROKER && why)
        *why = failure;
    if (status != TW_E_BROKER)
        return status;
    *ret = tw_broker_failed(broker, &failure);
    return 0;
}
