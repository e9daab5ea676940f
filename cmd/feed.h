/* Events from a file or a pipe into a journal: opens the store at the first event's trading date,
 * rolls it when a later date comes, appends in batches, counts. */
#ifndef TW_CMD_FEED_H
#define TW_CMD_FEED_H

#include <stdint.h>

#include "base/zone.h"
#include "core/json_read.h"
#include "tradewal.h"
#include "view.h"

enum { TW_FEED_BATCH = 512 };

struct feed {
    struct view view;      /* for the zone and the settings; no day of it is opened */
    tw_store *store;       /* NULL until the first event */
    const char *reason;    /* what session_closed will say */
    const char *place;     /* the file's name in messages */
    int64_t date_wanted;   /* --date; 0: from each event */
    int64_t source_wanted; /* where the event does not say; 0: host */
    tw_event events[TW_FEED_BATCH];
    struct json_document *documents[TW_FEED_BATCH]; /* where their text lies */
    uint64_t lines[TW_FEED_BATCH];
    uint64_t theirs[TW_FEED_BATCH]; /* what the events said their seq was */
    uint64_t count;
    uint64_t bytes; /* of the text of the batch */
    uint64_t appended, duplicate, refused;
    int64_t started_ns, told_ns;
    /* Told which seq an event has got that said another one; may be NULL. */
    void (*on_appended)(void *context, uint64_t theirs, uint64_t ours);
    void *context;
};

/* 0 or an exit status after telling. The feed is large: it comes from the heap. */
int tw_feed_open(const char *journal, const char *reason, struct feed **ret);

/* Closes the store cleanly. Returns `status`, or that of the close where it fails. */
int tw_feed_close(struct feed *feed, int status);

/* Where the document of the next event is to be read into. */
struct json_document **tw_feed_slot(struct feed *feed);

/* Takes an event into the batch, and appends the batch when it is full. `bytes` is the size of its
 * text; event->seq is what it was elsewhere, 0 if nothing. What the journal refuses is told with
 * its line and counted. 0, or an exit status when nothing more can be appended. */
int tw_feed_put(struct feed *feed, const tw_event *event, uint64_t line, uint64_t bytes);
int tw_feed_flush(struct feed *feed);

/* Appends one event at once. 0 with *ret_seq; a refusal (tw_feed_is_refusal) that is counted but
 * not told; another error means that nothing more can be appended. */
int tw_feed_append(struct feed *feed, tw_event *event, uint64_t *ret_seq, tw_error *why);

/* Tells a line that was refused, and counts it. */
void tw_feed_refuse(struct feed *feed, uint64_t line, const tw_error *why);

/* 1 when the error is about this event alone: the ones after it may be fine. */
int tw_feed_is_refusal(int code);

/* "appended 3, duplicate 0, refused 1", and the exit status that goes with it. */
int tw_feed_report(const struct feed *feed);

#endif
