/* The broker that is TWS or IB Gateway, and the one that is the tape of a conversation with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "broker/broker.h"
#include "broker/tws_answer.h"
#include "broker/tws_talk.h"
#include "io/zone_file.h"

/* A label is recorded with the answer, in a field of 256 bytes. */
enum { LABEL_BYTES = 256, PLACE_BYTES = 72, ZONES_MAX = 16, REASON_BYTES = 504 };
enum { PAUSE_NS = 1000000000 };

/* A zone that fills were told in. */
struct told_zone {
    char name[TW_TWS_NAME_BYTES];
    struct zone *zone; /* NULL: there is none of that name */
};

struct tws_broker {
    struct tws_url url;
    char place[PLACE_BYTES]; /* who is asked, escaped: "tws:127.0.0.1:7497" */
    char *tape_path;         /* of the tape to be played; NULL: TWS itself is asked */
    struct tws_tape *played, *recorded;
    struct tws_talk talk;
    struct tws_answer rows;
    tw_answer answer;
    struct told_zone zones[ZONES_MAX];
    size_t zone_count;
    uint64_t assumed; /* fills whose time has no zone */
    char account[TW_TWS_NAME_BYTES];
    char label[LABEL_BYTES];
    char reason[REASON_BYTES];
};

/* ---- times --------------------------------------------------------------------------------- */

/* Loaded once; NULL for a name that is no zone, and beyond sixteen of them. */
static const struct zone *zone_of(struct tws_broker *broker, const char *name) {
    for (size_t i = 0; i < broker->zone_count; i++)
        if (strcmp(broker->zones[i].name, name) == 0)
            return broker->zones[i].zone;
    if (broker->zone_count == ZONES_MAX || strlen(name) >= TW_TWS_NAME_BYTES)
        return NULL;
    struct told_zone *told = &broker->zones[broker->zone_count++];
    snprintf(told->name, sizeof told->name, "%s", name);
    if (!tw_zone_name_valid(name) || tw_zone_load(name, &told->zone, NULL) != 0)
        told->zone = NULL;
    return told->zone;
}

/* Unknown where it does not fit: a zone may move a time beyond the last that does. */
static tw_maybe nanoseconds_of(int64_t seconds) {
    int64_t time_ns;
    if (__builtin_mul_overflow(seconds, TW_NS_PER_SECOND, &time_ns))
        return (tw_maybe){0};
    return (tw_maybe){time_ns, 1};
}

static tw_maybe read_clock(void *context, const char *text) {
    struct tws_broker *broker = context;
    struct tws_time time;
    if (tw_tws_time(text, &time) != 0)
        return (tw_maybe){0};
    if (time.clock == TWS_CLOCK_UTC)
        return nanoseconds_of(time.local_seconds);
    broker->assumed += time.clock == TWS_CLOCK_ASSUMED;
    const struct zone *zone =
        zone_of(broker, time.clock == TWS_CLOCK_NAMED ? time.zone : broker->url.zone);
    if (!zone)
        return (tw_maybe){0};
    return nanoseconds_of(tw_zone_to_utc(zone, time.local_seconds));
}

/* ---- the account --------------------------------------------------------------------------- */

/* The next name of a list with commas, which may be empty or end in some; 0 at its end. */
static size_t next_name(const char **at) {
    *at += strspn(*at, ",");
    return strcspn(*at, ",");
}

static int is_listed(const char *accounts, const char *name) {
    size_t length;
    for (const char *at = accounts; (length = next_name(&at)) != 0; at += length)
        if (strlen(name) == length && memcmp(at, name, length) == 0)
            return 1;
    return 0;
}

/* "DU1, DU2", cut where there is no room. */
static void show_names(const char *accounts, char *out, size_t room) {
    struct buffer list = {0};
    size_t length;
    for (const char *at = accounts; (length = next_name(&at)) != 0; at += length) {
        tw_buffer_text(&list, list.size ? ", " : "");
        tw_buffer_put(&list, at, length);
    }
    tw_text_show(list.data ? list.data : "", list.size, out, room);
    tw_buffer_free(&list);
}

/* The one that was asked for, or the only one. */
static int choose_account(struct tws_broker *broker, tw_error *why) {
    const char *accounts = tw_buffer_string(&broker->talk.accounts);
    char shown[2 * PLACE_BYTES];
    show_names(accounts, shown, sizeof shown);
    size_t first = next_name(&accounts);
    const char *rest = accounts + first;
    if (*broker->url.account) {
        if (!is_listed(accounts, broker->url.account))
            return tw_fail(why, TW_E_OTHER_ACCOUNT,
                           "TWS is logged in to %s, and not to %s as the broker's URL says", shown,
                           broker->url.account);
        snprintf(broker->account, sizeof broker->account, "%s", broker->url.account);
        return 0;
    }
    if (first == 0 || next_name(&rest) || first >= sizeof broker->account)
        return tw_fail(why, TW_E_INVALID,
                       "TWS is logged in to %s: say which account is meant, &account=NAME in "
                       "the broker's URL",
                       *shown ? shown : "no account that it names");
    memcpy(broker->account, accounts, first);
    broker->account[first] = '\0';
    return 0;
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* ", 1 row rounded", ", 2 rows rounded". */
static void add_count(struct buffer *label, uint64_t count, const char *noun, const char *rest) {
    if (count)
        tw_buffer_format(label, ", %llu %s%s %s", (unsigned long long)count, noun,
                         count == 1 ? "" : "s", rest);
}

/* Who was asked, and what of the answer is not as TWS said it. */
static int write_label(struct tws_broker *broker, tw_error *why) {
    struct buffer label = {0};
    const struct tws_answer *rows = &broker->rows;
    tw_buffer_format(&label, "%s, client %d, protocol %lld", broker->place,
                     (int)broker->talk.client, (long long)broker->talk.version);
    add_count(&label, rows->other_accounts, "row",
              rows->other_accounts == 1 ? "of another account" : "of other accounts");
    add_count(&label, rows->rounded, "row", "rounded");
    add_count(&label, rows->unknown_times, "time", "unknown");
    add_count(&label, broker->assumed, "time", "taken as");
    if (broker->assumed)
        tw_buffer_format(&label, " %s", broker->url.zone);
    if (label.failed)
        return tw_fail(why, TW_E_NOMEM, "no memory for the name of the broker");
    snprintf(broker->label, sizeof broker->label, "%s", tw_buffer_string(&label));
    tw_buffer_free(&label);
    return 0;
}

/* TWS says nothing of it; the ports that TWS and the gateway come with do. 0: another port. */
static int64_t environment_of(const char *port) {
    static const struct {
        const char *port;
        int64_t environment;
    } usual[] = {{"7496", TW_ENVIRONMENT_LIVE},
                 {"4001", TW_ENVIRONMENT_LIVE},
                 {"7497", TW_ENVIRONMENT_PAPER},
                 {"4002", TW_ENVIRONMENT_PAPER}};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (strcmp(port, usual[i].port) == 0)
            return usual[i].environment;
    return 0;
}

static int make_answer(struct tws_broker *broker, tw_error *why) {
    const struct tws_talk *talk = &broker->talk;
    int status = choose_account(broker, why);
    broker->assumed = 0;
    if (!status)
        status = tw_tws_answer_make(&talk->positions, &talk->rows, broker->account, read_clock,
                                    broker, &broker->rows, why);
    if (!status)
        status = write_label(broker, why);
    if (status)
        return status;
    broker->answer = (tw_answer){
        .size = sizeof broker->answer,
        .broker = broker->label,
        .account = broker->account,
        .environment = environment_of(broker->url.port),
        .as_of_ns = talk->broker_time_ns,
        .positions_completeness = talk->positions_completeness,
        .orders_completeness = talk->orders_completeness,
        .executions_completeness = talk->executions_completeness,
        .holdings = broker->rows.holdings,
        .holding_count = broker->rows.holding_count,
        .orders = broker->rows.orders,
        .order_count = broker->rows.order_count,
        .executions = broker->rows.executions,
        .execution_count = broker->rows.execution_count,
    };
    if (talk->reason.code) {
        snprintf(broker->reason, sizeof broker->reason, "%s", talk->reason.text);
        broker->answer.failure = broker->reason;
    }
    return 0;
}

static int ask(void *adapter, const tw_answer **ret, tw_error *why) {
    struct tws_broker *broker = adapter;
    const char *url;
    tw_tws_answer_free(&broker->rows);
    tw_tws_talk_clear(&broker->talk);
    int status = 0;
    /* A tape that tells of several tries goes on with the next one. */
    if (broker->tape_path && !broker->played)
        status = tw_tws_tape_read(broker->tape_path, &broker->played, &url, why);
    broker->talk.url = &broker->url;
    broker->talk.played = broker->played;
    broker->talk.recorded = broker->recorded;
    if (!status)
        status = tw_tws_talk(&broker->talk, why);
    broker->talk.played = NULL;
    int goes_on =
        status == TW_E_BROKER || (!status && broker->played && !tw_tws_tape_ended(broker->played));
    if (!goes_on) {
        tw_tws_tape_close(broker->played, NULL);
        broker->played = NULL;
    }
    if (!status)
        status = make_answer(broker, why);
    if (status)
        return tw_fail_in(why, status, "%s", broker->place);
    *ret = &broker->answer;
    return 0;
}

/* ---- opening and closing ------------------------------------------------------------------- */

static void close_tws(void *adapter) {
    struct tws_broker *broker = adapter;
    for (size_t i = 0; i < broker->zone_count; i++)
        tw_zone_free(broker->zones[i].zone);
    tw_tws_answer_free(&broker->rows);
    tw_tws_talk_clear(&broker->talk);
    tw_tws_tape_close(broker->recorded, NULL);
    tw_tws_tape_close(broker->played, NULL);
    free(broker->tape_path);
    free(broker);
}

static int check_zone(const struct tws_url *url, tw_error *why) {
    struct zone *zone = NULL;
    tw_error reason = {0};
    if (tw_zone_load(url->zone, &zone, &reason) != 0)
        return tw_fail(why, TW_E_INVALID, "zone=%s in the broker's URL: %s", url->zone,
                       reason.text);
    tw_zone_free(zone);
    return 0;
}

static int make_broker(const struct tws_url *url, const char *scheme, const char *place,
                       const char *tape_path, void **ret, tw_error *why) {
    char shown[PLACE_BYTES / 2];
    int status = check_zone(url, why);
    if (status)
        return status;
    struct tws_broker *broker = calloc(1, sizeof *broker);
    if (broker) {
        broker->url = *url;
        snprintf(broker->place, sizeof broker->place, "%s:%s%s%s", scheme,
                 tw_text_show(place, strlen(place), shown, sizeof shown), tape_path ? "" : ":",
                 tape_path ? "" : url->port);
        broker->tape_path = tape_path ? strdup(tape_path) : NULL;
    }
    if (!broker || (tape_path && !broker->tape_path)) {
        if (broker)
            close_tws(broker);
        return tw_fail(why, TW_E_NOMEM, "no memory for a broker");
    }
    *ret = broker;
    return 0;
}

static int open_tws(const char *rest, void **ret, tw_error *why) {
    struct tws_url url;
    int status = tw_tws_url_parse(rest, &url, why);
    return status ? status : make_broker(&url, "tws", url.host, NULL, ret, why);
}

/* With the settings that the tape was made with: they stand in its first line. */
static int open_replay(const char *rest, void **ret, tw_error *why) {
    struct tws_tape *tape = NULL;
    struct tws_url url;
    const char *text;
    if (!*rest)
        return tw_fail(why, TW_E_INVALID, "replay: has no path, expected replay:FILE");
    int status = tw_tws_tape_read(rest, &tape, &text, why);
    if (status)
        return status;
    if (strncmp(text, "tws:", 4) != 0)
        status = tw_fail(why, TW_E_PARSE, "the tape does not say which tws: URL it was made with");
    if (!status)
        status = tw_tws_url_parse(text + 4, &url, why);
    tw_tws_tape_close(tape, NULL);
    return status ? status : make_broker(&url, "replay", rest, rest, ret, why);
}

static int record(void *adapter, const char *url, const char *path, tw_error *why) {
    struct tws_broker *broker = adapter;
    if (broker->recorded || broker->tape_path)
        return tw_fail(why, TW_E_INVALID, "%s",
                       broker->recorded ? "this conversation is recorded already"
                                        : "a tape is being played, not TWS asked");
    return tw_tws_tape_write(path, url, &broker->recorded, why);
}

static int finish(void *adapter, tw_error *why) {
    struct tws_broker *broker = adapter;
    struct tws_tape *tape = broker->recorded;
    broker->recorded = NULL;
    return tw_tws_tape_close(tape, why);
}

const struct broker_kind tw_broker_tws = {"tws",     PAUSE_NS, open_tws, ask,
                                          close_tws, record,   finish};
const struct broker_kind tw_broker_replay = {"replay", 0, open_replay, ask, close_tws, NULL, NULL};
