/* Writing the day files of a new journal from records that are there already. */
#ifndef TW_SALVAGE_WRITE_H
#define TW_SALVAGE_WRITE_H

#include "core/state.h"
#include "io/identity.h"
#include "io/log.h"

/* A record that waits for the next commit; where its bytes and ids are in the buffers. */
struct waiting {
    size_t at, size;
    uint64_t seq;
    int64_t time_ns;
    size_t exec_at, order_at; /* from 1; 0: none */
};

/* Zeroed but for folder, whose writer lock is held, identity, and where seq and chain stand. */
struct writer {
    const struct folder *folder;
    const struct identity *identity;
    uint64_t last_seq;
    uint8_t digest[TW_DIGEST_BYTES];
    int64_t date; /* of the day that is open; 0: none */
    struct log *log;
    struct state *state;
    struct buffer bytes, ids, snapshot;
    struct waiting *waiting;
    struct log_record *records;
    size_t count, capacity, record_capacity;
};

/* Ends the day that is open, with a snapshot, and begins a later one. */
int tw_writer_begin_day(struct writer *writer, int64_t date, tw_error *why);
int tw_writer_end_day(struct writer *writer, tw_error *why);

/* 1 when a session is open: nothing but session_opened passes before. */
int tw_writer_in_session(const struct writer *writer);

/* Appends a record as it is, next in the sequence. An error of the fold, TW_E_NOMEM aside, says
 * that it contradicts those before it and changes nothing; `*ret_refused` tells such an error from
 * one of the disk. */
int tw_writer_put(struct writer *writer, const tw_event *event, const void *bytes, size_t size,
                  int *ret_refused, tw_error *why);

/* Appends an event of our own: seq, date and source are set here, the time where it is 0. */
int tw_writer_say(struct writer *writer, tw_event *event, tw_error *why);

void tw_writer_free(struct writer *writer);

#endif
