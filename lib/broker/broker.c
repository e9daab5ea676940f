/* Brokers: opening by URL, asking, asking patiently. */
#include "broker/broker.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/clock.h"

enum { TRIES = 3 };

struct tw_broker {
    const struct broker_kind *kind;
    void *adapter;
    char *url;
    tw_answer failed; /* what asking patiently returns when every try failed */
    tw_error failure;
};

static const struct broker_kind *const kinds[] = {&tw_broker_file, &tw_broker_tws,
                                                  &tw_broker_replay};

int tw_broker_open(const char *url, tw_broker **ret, tw_error *why) {
    if (!url || !ret)
        return tw_fail(why, TW_E_INVALID, "url or result are missing");
    char shown[120];
    const char *colon = strchr(url, ':');
    size_t length = colon ? (size_t)(colon - url) : 0;
    for (size_t i = 0; colon && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i]->scheme) != length || strncmp(kinds[i]->scheme, url, length) != 0)
            continue;
        tw_broker *broker = calloc(1, sizeof *broker);
        char *copy = strdup(url);
        if (!broker || !copy) {
            free(broker);
            free(copy);
            return tw_fail(why, TW_E_NOMEM, "no memory for a broker");
        }
        broker->kind = kinds[i];
        broker->url = copy;
        int status = broker->kind->open(colon + 1, &broker->adapter, why);
        if (status) {
            tw_broker_close(broker);
            return status;
        }
        *ret = broker;
        return 0;
    }
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

int tw_broker_ask_patiently(tw_broker *broker, int64_t pause_ns, const tw_answer **ret,
                            tw_error *why) {
    if (!broker || !ret || pause_ns < 0)
        return tw_fail(why, TW_E_INVALID, "broker, result or pause are missing");
    tw_error failure = {0};
    int status = TW_E_BROKER;
    for (int i = 0; i < TRIES && status == TW_E_BROKER; i++) {
        if (i > 0)
            tw_clock_pause(pause_ns << (i - 1));
        status = tw_broker_ask(broker, ret, &failure);
    }
    if (status == 0)
        return 0;
    if (status != TW_E_BROKER) {
        if (why)
            *why = failure;
        return status;
    }
    broker->failure = failure;
    memset(&broker->failed, 0, sizeof broker->failed);
    broker->failed.size = sizeof broker->failed;
    broker->failed.broker = broker->url;
    broker->failed.positions_completeness = TW_ANSWER_FAILED;
    broker->failed.orders_completeness = TW_ANSWER_FAILED;
    broker->failed.completed_completeness = TW_ANSWER_FAILED;
    broker->failed.executions_completeness = TW_ANSWER_FAILED;
    broker->failed.failure = broker->failure.text;
    *ret = &broker->failed;
    return 0;
}
