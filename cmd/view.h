/* A journal opened for looking, with what every look-command needs of it. */
#ifndef TW_CMD_VIEW_H
#define TW_CMD_VIEW_H

#include "arguments.h"
#include "base/zone.h"
#include "moment.h"
#include "tradewal.h"

struct view {
    tw_journal *journal;
    const char *path;
    const struct zone *zone;
    tw_settings settings;
    int64_t *dates; /* trading dates that have a day file, ascending */
    size_t date_count;
    int64_t date;     /* --date, else the newest; 0: there is none */
    int begins;       /* the date is today's, which has no day yet: what is recorded begins it */
    const char *busy; /* what to do where another process writes; NULL: as for every error */
};

/* Opens arguments->journal, and takes --date where the command has it; where it records something
 * (--apply, --close, --clear) also that of today. Returns 0, or the exit
 * status after telling what is wrong; then there is nothing to close. */
int tw_view_open(const struct arguments *arguments, struct view *ret);
int tw_view_open_path(const char *path, struct view *ret);
void tw_view_close(struct view *view);

/* 0 where the date is one of the journal's, else an exit status after telling. */
int tw_view_check_date(const int64_t *dates, size_t count, int64_t date);

/* Reads the dates again: a live journal may have begun a new one. 0 or an exit status. */
int tw_view_refresh(struct view *view);

/* What times on the command line refer to. */
int tw_view_moments(const struct view *view, struct moment_context *ret);
/* An option with a time; *ret_ns is untouched when it is not given. */
int tw_view_moment(const struct view *view, const struct arguments *arguments, const char *option,
                   int64_t *ret_ns);

/* --at and --at-seq, into 0 where they are not given; view->date becomes the date of the seq. */
int tw_view_point(struct view *view, const struct arguments *arguments, uint64_t *ret_seq,
                  int64_t *ret_ns);
/* The date whose records include seq; 0 or an exit status after telling. */
int tw_view_date_of_seq(const struct view *view, uint64_t seq, int64_t *ret_date);

/* Today's trading date by the clock. */
int64_t tw_view_today(const struct view *view);

/* The state of the view's date; an empty state where the journal has no such day or the point lies
 * before its first record. Without `recovery` it is folded from the first record of the day, so
 * that all executions and closed trades are in it. */
int tw_view_state(const struct view *view, uint64_t at_seq, int64_t at_ns, tw_state **ret,
                  tw_recovery *recovery);
/* The last record stamped at or before at_ns, 0 if there is none. Stamps need not ascend: what is
 * filled in later lies behind a session record of that later time. */
int tw_view_seq_at(const struct view *view, int64_t at_ns, uint64_t *ret_seq);

/* Runs a command that prints one state of a journal: opens it, takes --at, --at-seq, --date and -o
 * (one of `formats`), and lets `print` show the state, folded from the first record if whole_day.
 */
int tw_view_run(const struct arguments *arguments, int formats,
                int (*print)(const struct view *view, const tw_state *state, enum format format,
                             const struct arguments *arguments));

/* Opens the journal for writing at the view's date, or at the clock's where there is no day yet. */
void tw_view_options(const struct view *view, tw_options *ret); /* how it does that */
int tw_view_write(const struct view *view, tw_store **ret);

/* The newest date before the view's, 0 if there is none. */
int64_t tw_view_older_date(const struct view *view);

#endif
