/* The start of a writer: what the intake still holds goes into the day files it belongs to, and the
 * intake is made ready for new appends. The writer lock is held. */
#ifndef TW_IO_TAKEOVER_START_H
#define TW_IO_TAKEOVER_START_H

#include "io/identity.h"
#include "io/intake.h"
#include "io/log.h"

/* Zeroed before the first call. */
struct takeover_start {
    struct buffer bytes;
    struct intake_header header;
    struct intake_image image;
    int is_there;     /* there is an intake */
    uint64_t records; /* taken over into a day file */
    uint64_t torn;    /* appends that were cut off, and dropped */
};

/* Reads the intake. Where it is missing although it should be there, that is TW_E_DAMAGED unless
 * the last session ended cleanly: then nothing was in it. */
int tw_takeover_read(struct takeover_start *start, const struct folder *folder,
                     const struct identity *identity, tw_error *why);

/* What it has of dates before `date` goes into their day files; what it has of later ones is
 * TW_E_DAMAGED. */
int tw_takeover_older(struct takeover_start *start, const struct folder *folder, int64_t date,
                      tw_error *why);

/* The intake belongs to a journal whose newest day file has this head; zeros where there is no day
 * file at all. TW_E_DAMAGED. */
int tw_takeover_match(const struct takeover_start *start, const struct log_head *head,
                      tw_error *why);

/* What it has of the day of this log, opened for writing, goes into it. TW_E_DAMAGED also where
 * the two do not belong together. */
int tw_takeover_into(struct takeover_start *start, struct log *log, tw_error *why);

/* Opens the intake, empty, for appends to the day of the log. A journal of an earlier format is
 * given what it has not got, and the identity of this format. */
int tw_takeover_open(struct takeover_start *start, const struct folder *folder,
                     struct identity *identity, struct log *log, struct intake **ret,
                     tw_error *why);

void tw_takeover_free(struct takeover_start *start);

/* For who only looks: TW_E_DAMAGED where there is no day file and the intake is of one. */
int tw_takeover_check_unused(const struct folder *folder, const struct identity *identity,
                             tw_error *why);

/* Begins a session of the intake whose frames go on behind the last record of this log, opened for
 * writing; what the intake held is in the day files. */
int tw_takeover_begin_session(struct intake *intake, struct log *log, tw_error *why);

/* When the intake is missing: 0 when nothing can have been in it, TW_E_DAMAGED when something may.
 * `log` is that of the newest day, NULL if there is none. */
int tw_takeover_excuse(const struct folder *folder, struct log *log, tw_error *why);

#endif
