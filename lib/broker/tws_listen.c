/* Listening to TWS until it has said what is waited for. */
#include "broker/tws_listen.h"

#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "io/clock.h"

enum { SHOWN_BYTES = 160 };

/* Not a failure of the talk: the client id is used, another may not be. */
enum { ID_USED = 1 };

void tw_tws_note_reason(struct tws_talk *talk, const tw_error *reason) {
    if (!talk->reason.code)
        talk->reason = *reason;
}

static int hear_notice(struct tws_talk *talk, const struct tws_notice *notice,
                       const struct tws_wanted *wanted, tw_error *why) {
    char shown[SHOWN_BYTES];
    tw_error reason = {0};
    tw_text_show(notice->text, strlen(notice->text), shown, sizeof shown);
    switch (tw_tws_notice_class(notice->code)) {
    case TWS_NOTICE_INFO:
    case TWS_NOTICE_WARNING:
    case TWS_NOTICE_ORDER:
        break;
    case TWS_NOTICE_LOST:
        talk->is_lost = 1;
        break;
    case TWS_NOTICE_RESTORED:
        talk->is_lost = 0;
        talk->restored = 1;
        break;
    case TWS_NOTICE_REFUSED:
        if (wanted->request && notice->id > 0 && notice->id != wanted->request)
            break;
        talk->refused = 1;
        tw_fail(&reason, TW_E_BROKER,
                "TWS refused to tell %s (%lld: %s); is \"Read-Only API\" on in its API settings?",
                wanted->what, (long long)notice->code, shown);
        tw_tws_note_reason(talk, &reason);
        break;
    case TWS_NOTICE_MOVED:
        return tw_fail(why, TW_E_BROKER, "TWS has changed its port (1300: %s)", shown);
    case TWS_NOTICE_RATE:
        return tw_fail(why, TW_E_BROKER,
                       "TWS was sent too many messages (100: %s): other clients share its 50 a "
                       "second",
                       shown);
    case TWS_NOTICE_ID_USED:
        tw_fail(
            why, TW_E_BROKER,
            "client id %d is in use, or not free again yet: close its program, or name more ids, "
            "client=2010,2011 (326: %s)",
            (int)talk->client, shown);
        return ID_USED;
    }
    return 0;
}

/* Takes the row where it is one to keep. */
static int hear(struct tws_talk *talk, struct tws_row *row, const struct tws_wanted *wanted,
                tw_error *why) {
    const struct tws_message *message = &row->message;
    switch (message->kind) {
    case TWS_NOTICE:
        return hear_notice(talk, &message->as.notice, wanted, why);
    case TWS_POSITION:
        return tw_tws_rows_add(&talk->positions, row, why);
    case TWS_EXECUTION:
        talk->fills += message->as.execution.request_id < 0;
        return tw_tws_rows_add(&talk->rows, row, why);
    case TWS_OPEN_ORDER:
    case TWS_ORDER_STATUS:
    case TWS_COMMISSION:
        return tw_tws_rows_add(&talk->rows, row, why);
    case TWS_ACCOUNTS:
        tw_buffer_clear(&talk->accounts);
        tw_buffer_text(&talk->accounts, message->as.accounts);
        return talk->accounts.failed ? tw_fail(why, TW_E_NOMEM, "no memory for account names") : 0;
    case TWS_CURRENT_TIME:
        if (message->as.number > 0 && message->as.number < INT64_MAX / TW_NS_PER_SECOND)
            talk->broker_time_ns = (tw_maybe){message->as.number * TW_NS_PER_SECOND, 1};
        return 0;
    case TWS_OTHER:
    case TWS_NEXT_ID:
    case TWS_ORDERS_END:
    case TWS_EXECUTIONS_END:
    case TWS_POSITIONS_END:
        return 0;
    }
    return 0;
}

static int is_end(const struct tws_message *message, const struct tws_wanted *wanted) {
    return message->kind == wanted->end &&
           (!wanted->request || message->as.number == wanted->request);
}

/* One message. */
static int hear_payload(struct tws_talk *talk, const char *payload, size_t size,
                        const struct tws_wanted *wanted, int *ret_ended, tw_error *why) {
    struct tws_row row;
    int status = tw_tws_row_make(payload, size, talk->version, &row, why);
    if (status)
        return status;
    *ret_ended = is_end(&row.message, wanted);
    status = hear(talk, &row, wanted, why);
    tw_tws_row_free(&row);
    return status;
}

int tw_tws_listen(struct tws_talk *talk, const struct tws_wanted *wanted, int64_t span_ns,
                  int *ret_id_used, tw_error *why) {
    int64_t until_ns = tw_clock_monotonic_ns() + span_ns;
    const char *payload;
    size_t size;
    talk->refused = 0;
    for (;;) {
        int has_ended = 0;
        int status = tw_tws_link_next(talk->link, until_ns, &payload, &size, why);
        if (status <= 0)
            return status;
        status = hear_payload(talk, payload, size, wanted, &has_ended, why);
        if (status == ID_USED && ret_id_used)
            *ret_id_used = 1;
        if (status)
            return status == ID_USED ? TW_E_BROKER : status;
        if (has_ended)
            return 1;
        if (talk->refused)
            return 0;
        /* A peer that never stops must not be heard for ever. */
        if (!talk->played && tw_clock_monotonic_ns() >= until_ns) {
            tw_tws_tape_add(talk->recorded, TWS_MARK_SILENCE, NULL, 0);
            return 0;
        }
    }
}
