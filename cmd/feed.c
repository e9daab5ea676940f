/* Events from outside into a journal, in batches. */
#include "feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/error.h"
#include "out.h"

/* A batch of long lines is appended earlier: memory stays bounded. */
enum { BATCH_BYTES = 4 << 20 };

#define PROGRESS_AFTER_NS (1000 * INT64_C(1000000))
#define PROGRESS_EVERY_NS (200 * INT64_C(1000000))

int tw_feed_open(const char *journal, const char *reason, struct feed **ret) {
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return tw_out_memory();
    int status = tw_view_open_path(journal, &feed->view);
    if (status != 0) {
        free(feed);
        return status;
    }
    feed->reason = reason;
    feed->started_ns = tw_moment_now();
    *ret = feed;
    return 0;
}

static void end_progress(struct feed *feed) {
    if (feed->told_ns)
        fputs("\r\033[K", stderr);
    feed->told_ns = 0;
}

int tw_feed_close(struct feed *feed, int status) {
    tw_error why = {0};
    if (!feed)
        return status;
    end_progress(feed);
    /* After a failure that has been told, the close can only say the same again. */
    if (tw_close(feed->store, feed->reason, &why) != 0 && status < EXIT_WRONG)
        status = tw_out_error_at("closing the journal", &why);
    for (size_t i = 0; i < TW_FEED_BATCH; i++)
        tw_json_free(feed->documents[i]);
    tw_view_close(&feed->view);
    free(feed);
    return status;
}

struct json_document **tw_feed_slot(struct feed *feed) {
    assert(feed->count < TW_FEED_BATCH);
    return &feed->documents[feed->count];
}

int tw_feed_is_refusal(int code) {
    static const int refusals[] = {TW_E_DUPLICATE, TW_E_REFUSED, TW_E_GATED,
                                   TW_E_DATE,      TW_E_RANGE,   TW_E_TEXT,
                                   TW_E_PARSE,     TW_E_INVALID, TW_E_UNKNOWN_NAME};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (refusals[i] == code)
            return 1;
    return 0;
}

static void count_refusal(struct feed *feed, int code) {
    if (code == TW_E_DUPLICATE)
        feed->duplicate++;
    else
        feed->refused++;
}

void tw_feed_refuse(struct feed *feed, uint64_t line, const tw_error *why) {
    char place[512];
    count_refusal(feed, (int)why->code);
    if (why->code == TW_E_DUPLICATE)
        return;
    end_progress(feed);
    if (feed->place)
        snprintf(place, sizeof place, "%s:%" PRIu64 ": refused", feed->place, line);
    else
        snprintf(place, sizeof place, "line %" PRIu64 ": refused", line);
    tw_out_error_at(place, why);
}

int tw_feed_report(const struct feed *feed) {
    tw_out_format("appended %" PRIu64 ", duplicate %" PRIu64 ", refused %" PRIu64 "\n",
                  feed->appended, feed->duplicate, feed->refused);
    return feed->refused ? EXIT_DIFFERENT : EXIT_FINE;
}

static void tell_progress(struct feed *feed) {
    int64_t now = tw_moment_now();
    if (now - feed->started_ns < PROGRESS_AFTER_NS || now - feed->told_ns < PROGRESS_EVERY_NS ||
        !isatty(STDERR_FILENO))
        return;
    feed->told_ns = now;
    fprintf(stderr, "\r%" PRIu64 " appended", feed->appended);
}

/* What every event needs that it does not bring. */
static void complete_event(struct feed *feed, tw_event *event) {
    if (event->source == 0)
        event->source = feed->source_wanted;
}

static int64_t date_of(const struct feed *feed, const tw_event *event) {
    if (feed->date_wanted)
        return feed->date_wanted;
    if (event->trading_date)
        return event->trading_date;
    return tw_trading_date(feed->view.zone, event->time_ns ? event->time_ns : tw_moment_now(),
                           (int32_t)feed->view.settings.roll_seconds);
}

static int refuse_date(int64_t date, int64_t newest, tw_error *why) {
    char ours[TW_DATE_TEXT_BYTES], theirs[TW_DATE_TEXT_BYTES];
    tw_date_format(date, ours);
    tw_date_format(newest, theirs);
    return tw_fail(why, TW_E_DATE,
                   "trading date %s, expected %s, the journal's newest, or a later one", ours,
                   theirs);
}

static int open_store(struct feed *feed, int64_t date, tw_error *why) {
    tw_options options = {.size = sizeof options, .trading_date = date};
    /* Trying would take the lock and recover only to be refused, for every such line. */
    if (date < feed->view.date)
        return refuse_date(date, feed->view.date, why);
    return tw_open(feed->view.path, &options, &feed->store, why);
}

/* The store is open and on the event's date, or the error says why not. The batch has to be empty
 * before a roll. */
static int reach_date(struct feed *feed, int64_t date, tw_error *why) {
    if (!feed->store)
        return open_store(feed, date, why);
    int64_t newest = tw_store_date(feed->store);
    if (date < newest)
        return refuse_date(date, newest, why);
    return date > newest ? tw_roll(feed->store, date, why) : 0;
}

int tw_feed_append(struct feed *feed, tw_event *event, uint64_t *ret_seq, tw_error *why) {
    complete_event(feed, event);
    int result = reach_date(feed, date_of(feed, event), why);
    if (result == 0)
        result = tw_append(feed->store, event, ret_seq, why);
    if (result == 0) {
        feed->appended++;
    } else if (tw_feed_is_refusal(result)) {
        count_refusal(feed, result);
    }
    return result;
}

/* `count` events from `start` on are in the log, the first of them as `first`. */
static void note_appended(struct feed *feed, uint64_t start, uint64_t count, uint64_t first) {
    feed->appended += count;
    for (uint64_t i = 0; feed->on_appended && i < count; i++)
        feed->on_appended(feed->context, feed->theirs[start + i], first + i);
}

/* The events from `start` on as one batch, or those before the first that is refused. Sets
 * *ret_next to the first one not yet dealt with. */
static int append_some(struct feed *feed, uint64_t start, uint64_t *ret_next) {
    tw_error why = {0};
    uint64_t first = 0, bad = feed->count - start;
    int result =
        tw_append_batch(feed->store, feed->events + start, feed->count - start, &first, &bad, &why);
    if (result == 0) {
        note_appended(feed, start, feed->count - start, first);
        *ret_next = feed->count;
        return 0;
    }
    if (!tw_feed_is_refusal(result) || bad >= feed->count - start)
        return tw_out_error(&why);
    if (bad > 0) {
        tw_error again = {0};
        if (tw_append_batch(feed->store, feed->events + start, bad, &first, NULL, &again) != 0)
            return tw_out_error(&again);
        note_appended(feed, start, bad, first);
    }
    tw_feed_refuse(feed, feed->lines[start + bad], &why);
    *ret_next = start + bad + 1;
    return 0;
}

int tw_feed_flush(struct feed *feed) {
    int status = 0;
    for (uint64_t next = 0; status == 0 && next < feed->count;)
        status = append_some(feed, next, &next);
    feed->count = 0;
    feed->bytes = 0;
    tell_progress(feed);
    return status;
}

int tw_feed_put(struct feed *feed, const tw_event *event, uint64_t line, uint64_t bytes) {
    tw_error why = {0};
    int64_t date = date_of(feed, event);
    int status = 0;
    struct json_document *document = feed->documents[feed->count];
    if (feed->store && date > tw_store_date(feed->store)) {
        /* The document of this event moves to the front with it. */
        uint64_t slot = feed->count;
        status = tw_feed_flush(feed);
        if (status != 0)
            return status;
        feed->documents[slot] = feed->documents[0];
        feed->documents[0] = document;
    }
    int result = reach_date(feed, date, &why);
    if (result != 0) {
        if (!tw_feed_is_refusal(result))
            return tw_out_error(&why);
        tw_feed_refuse(feed, line, &why);
        return 0;
    }
    feed->events[feed->count] = *event;
    complete_event(feed, &feed->events[feed->count]);
    feed->theirs[feed->count] = event->seq;
    feed->events[feed->count].seq = 0;
    feed->lines[feed->count++] = line;
    feed->bytes += bytes;
    if (feed->count == TW_FEED_BATCH || feed->bytes >= BATCH_BYTES)
        return tw_feed_flush(feed);
    return 0;
}
