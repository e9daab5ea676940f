/* One conversation with TWS. */
#include "broker/tws_talk.h"

#include <string.h>

#include "base/error.h"
#include "broker/tws_listen.h"
#include "broker/tws_request.h"
#include "io/clock.h"

enum { TRIES = 2, ROUNDS = 3, ID_ROUNDS = 3, FIRST_REQUEST = 9001 };

#define BACK_OFF_NS INT64_C(1000000000)

/* ---- connecting ---------------------------------------------------------------------------- */

static int send_bytes(struct tws_talk *talk, struct buffer *bytes, tw_error *why) {
    int status = tw_tws_link_send(talk->link, bytes, why);
    tw_buffer_free(bytes);
    return status;
}

static int greet(struct tws_talk *talk, tw_error *why) {
    struct buffer bytes = {0};
    const char *payload, *time;
    size_t size;
    tw_tws_put_hello(&bytes);
    int status = send_bytes(talk, &bytes, why);
    if (status)
        return status;
    int64_t until_ns = tw_clock_monotonic_ns() + talk->url->timeout_ns;
    status = tw_tws_link_next(talk->link, until_ns, &payload, &size, why);
    if (status == 0)
        return tw_fail(why, TW_E_BROKER,
                       "TWS takes the connection and says nothing: it waits at its login, shows a "
                       "dialog \"accept incoming connection\", or does not trust this address (API "
                       "settings, trusted IPs)");
    if (status < 0)
        return status;
    return tw_tws_decode_hello(payload, size, &talk->version, &time, why);
}

/* Both have to have come before anything is asked: an earlier question may be dropped. */
static int wait_until_ready(struct tws_talk *talk, int *ret_id_used, tw_error *why) {
    static const struct tws_wanted next_id = {TWS_NEXT_ID, 0, "the next order id"};
    static const struct tws_wanted accounts = {TWS_ACCOUNTS, 0, "its accounts"};
    int status = tw_tws_listen(talk, &next_id, talk->url->timeout_ns, ret_id_used, why);
    if (status > 0 && talk->accounts.size == 0)
        status = tw_tws_listen(talk, &accounts, talk->url->timeout_ns, ret_id_used, why);
    if (status < 0)
        return status;
    if (status > 0)
        return 0;
    return tw_fail(why, TW_E_BROKER,
                   "TWS is connected but not ready: %s; it is still starting, or its login is not "
                   "finished",
                   talk->accounts.size ? "it does not say its next order id"
                                       : "it does not say its accounts");
}

static int start(struct tws_talk *talk, int *ret_id_used, tw_error *why) {
    struct buffer bytes = {0};
    const struct tws_url *url = talk->url;
    tw_buffer_clear(&talk->accounts);
    int status = tw_tws_link_open(url->host, url->port, url->timeout_ns, talk->played,
                                  talk->recorded, &talk->link, why);
    if (!status)
        status = greet(talk, why);
    if (status)
        return status;
    tw_tws_put_start(&bytes, talk->client);
    status = send_bytes(talk, &bytes, why);
    return status ? status : wait_until_ready(talk, ret_id_used, why);
}

/* With each own id in turn, and again after a pause: an id is free some time after its program is
 * gone. */
static int start_with_any_id(struct tws_talk *talk, tw_error *why) {
    int status = TW_E_BROKER;
    for (int round = 0; round < ID_ROUNDS; round++) {
        if (round > 0)
            tw_clock_pause(talk->played ? 0 : BACK_OFF_NS << (round - 1));
        for (int32_t i = 0; i < talk->url->client_count; i++) {
            int is_used = 0;
            talk->client = talk->url->clients[i];
            status = start(talk, &is_used, why);
            if (!is_used)
                return status;
            tw_tws_link_close(talk->link);
            talk->link = NULL;
        }
    }
    return status;
}

/* ---- asking -------------------------------------------------------------------------------- */

/* One question; `cut` is how many rows there were before it, which a second try starts from. Sets
 * *ret to how complete what came is. */
static int ask(struct tws_talk *talk, const struct buffer *question,
               const struct tws_wanted *wanted, struct tws_rows *into, int64_t *ret,
               tw_error *why) {
    size_t cut = into->count;
    int status = 0;
    for (int i = 0; i < TRIES && status == 0; i++) {
        tw_tws_rows_cut(into, cut);
        status = tw_tws_link_send(talk->link, question, why);
        if (!status)
            status = tw_tws_listen(talk, wanted, talk->url->timeout_ns, NULL, why);
        if (status == 0 && talk->refused)
            break;
    }
    if (status < 0)
        return status;
    if (status == 0 && !talk->refused) {
        tw_error reason;
        tw_fail(&reason, TW_E_BROKER, "TWS was asked twice for %s and did not finish its answer",
                wanted->what);
        tw_tws_note_reason(talk, &reason);
    }
    *ret = status > 0 ? TW_ANSWER_COMPLETE : TW_ANSWER_FAILED;
    return 0;
}

static int ask_for(struct tws_talk *talk, enum tws_request request, enum tws_kind end,
                   const char *what, struct tws_rows *into, int64_t *ret, tw_error *why) {
    struct buffer question = {0};
    struct tws_wanted wanted = {end, 0, what};
    tw_tws_put_request(&question, request);
    int status = ask(talk, &question, &wanted, into, ret, why);
    tw_buffer_free(&question);
    return status;
}

static int ask_executions(struct tws_talk *talk, int32_t request, int32_t client, int64_t *ret,
                          tw_error *why) {
    struct buffer question = {0};
    struct tws_wanted wanted = {TWS_EXECUTIONS_END, request, "the executions of today"};
    tw_tws_put_executions(&question, request, client);
    int status = ask(talk, &question, &wanted, &talk->rows, ret, why);
    tw_buffer_free(&question);
    return status;
}

static int ask_positions(struct tws_talk *talk, int64_t *ret, tw_error *why) {
    int status = ask_for(talk, TWS_ASK_POSITIONS, TWS_POSITIONS_END, "its positions",
                         &talk->positions, ret, why);
    talk->fills_before = talk->fills;
    return status;
}

static int cancel_positions(struct tws_talk *talk, tw_error *why) {
    struct buffer bytes = {0};
    tw_tws_put_request(&bytes, TWS_CANCEL_POSITIONS);
    return send_bytes(talk, &bytes, why);
}

static int64_t worse(int64_t a, int64_t b) {
    return a == TW_ANSWER_COMPLETE && b == TW_ANSWER_COMPLETE ? TW_ANSWER_COMPLETE
                                                              : TW_ANSWER_FAILED;
}

static int ask_orders(struct tws_talk *talk, tw_error *why) {
    int64_t all = 0, own = 0;
    int status = ask_for(talk, TWS_ASK_ALL_ORDERS, TWS_ORDERS_END, "the open orders", &talk->rows,
                         &all, why);
    /* Where those of all clients are refused those of one are too. */
    own = all;
    if (!status && all == TW_ANSWER_COMPLETE)
        status = ask_for(talk, TWS_ASK_OWN_ORDERS, TWS_ORDERS_END, "its own open orders",
                         &talk->rows, &own, why);
    talk->orders_completeness = worse(all, own);
    return status;
}

/* Without a filter; and for the trader's id, as some releases take no filter for "client 0". */
static int ask_all_executions(struct tws_talk *talk, tw_error *why) {
    int64_t all = 0, own = 0;
    int status = ask_executions(talk, FIRST_REQUEST, 0, &all, why);
    own = all;
    if (!status && all == TW_ANSWER_COMPLETE && talk->url->trader)
        status = ask_executions(talk, FIRST_REQUEST + 1, talk->url->trader, &own, why);
    talk->executions_completeness = worse(all, own);
    return status;
}

/* Late commissions and fills come meanwhile. */
static int settle(struct tws_talk *talk, tw_error *why) {
    /* Executions end with the number of their request, which is never below 0. */
    static const struct tws_wanted nothing = {TWS_EXECUTIONS_END, -1, "anything"};
    int status = tw_tws_listen(talk, &nothing, talk->url->settle_ns, NULL, why);
    return status < 0 ? status : 0;
}

/* ---- two equal answers --------------------------------------------------------------------- */

static int ask_positions_again(struct tws_talk *talk, int *ret_same, tw_error *why) {
    int64_t second = 0;
    int fills = talk->fills_before;
    int status = cancel_positions(talk, why);
    if (status)
        return status;
    tw_tws_rows_free(&talk->earlier);
    talk->earlier = talk->positions;
    talk->positions = (struct tws_rows){0};
    status = ask_positions(talk, &second, why);
    if (status)
        return status;
    if (second != TW_ANSWER_COMPLETE) {
        talk->positions_completeness = TW_ANSWER_FAILED;
        *ret_same = 1;
        return 0;
    }
    int same = tw_tws_rows_same_positions(&talk->earlier, &talk->positions);
    if (same < 0)
        return tw_fail(why, TW_E_NOMEM, "no memory to compare positions");
    *ret_same = same && fills == talk->fills;
    return 0;
}

static void give_up_confirming(struct tws_talk *talk) {
    tw_error reason;
    tw_fail(&reason, TW_E_BROKER,
            "TWS was asked %d times and its positions were never twice the same, or fills came in "
            "between",
            ROUNDS + 1);
    tw_tws_note_reason(talk, &reason);
    talk->positions_completeness = TW_ANSWER_PARTIAL;
}

/* Executions and orders are asked between two answers about positions. Where those differ they are
 * asked again: the fill that made the difference may have come after them. */
static int ask_between_positions(struct tws_talk *talk, tw_error *why) {
    int status = 0, same = 0;
    for (int i = 0; i < ROUNDS && !status && !same; i++) {
        tw_tws_rows_cut(&talk->rows, 0);
        if (i > 0)
            memset(&talk->reason, 0, sizeof talk->reason);
        status = ask_all_executions(talk, why);
        if (!status)
            status = ask_orders(talk, why);
        if (talk->positions_completeness != TW_ANSWER_COMPLETE)
            return status;
        if (!status)
            status = settle(talk, why);
        if (!status)
            status = ask_positions_again(talk, &same, why);
    }
    if (!status && !same)
        give_up_confirming(talk);
    return status;
}

static int ask_everything(struct tws_talk *talk, tw_error *why) {
    int64_t time = 0;
    tw_tws_rows_cut(&talk->positions, 0);
    memset(&talk->reason, 0, sizeof talk->reason);
    talk->restored = 0;
    int status = ask_positions(talk, &talk->positions_completeness, why);
    if (!status)
        status = ask_between_positions(talk, why);
    if (!status)
        status = ask_for(talk, TWS_ASK_CURRENT_TIME, TWS_CURRENT_TIME, "its clock", &talk->rows,
                         &time, why);
    if (!status)
        status = cancel_positions(talk, why);
    return status;
}

static void lessen(int64_t *completeness) {
    if (*completeness == TW_ANSWER_COMPLETE)
        *completeness = TW_ANSWER_PARTIAL;
}

/* What TWS says while it has no connection to IBKR may be old. */
static void distrust(struct tws_talk *talk) {
    tw_error reason;
    lessen(&talk->positions_completeness);
    lessen(&talk->orders_completeness);
    lessen(&talk->executions_completeness);
    tw_fail(&reason, TW_E_BROKER,
            "TWS has lost its connection to IBKR (1100 or 2110): what it answers may be old");
    tw_tws_note_reason(talk, &reason);
}

int tw_tws_talk(struct tws_talk *talk, tw_error *why) {
    int status = start_with_any_id(talk, why);
    for (int i = 0; i < ROUNDS && !status; i++) {
        status = ask_everything(talk, why);
        if (!talk->restored)
            break;
    }
    if (!status && (talk->is_lost || talk->restored))
        distrust(talk);
    tw_tws_link_close(talk->link);
    talk->link = NULL;
    return status;
}

void tw_tws_talk_clear(struct tws_talk *talk) {
    const struct tws_talk kept = {
        .url = talk->url, .played = talk->played, .recorded = talk->recorded};
    tw_buffer_free(&talk->accounts);
    tw_tws_rows_free(&talk->positions);
    tw_tws_rows_free(&talk->earlier);
    tw_tws_rows_free(&talk->rows);
    *talk = kept;
}
