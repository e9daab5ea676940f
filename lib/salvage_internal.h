/* What the files of salvage share. */
#ifndef TW_SALVAGE_INTERNAL_H
#define TW_SALVAGE_INTERNAL_H

#include "io/salvage.h"
#include "salvage_write.h"
#include "store_internal.h"

/* A record that is kept behind the others, with why. */
struct aside {
    size_t entry;
    const char *tag;
};

/* From what was found to a new journal. Zeroed but for salvage, writer and report. */
struct rewrite {
    struct salvage *salvage;
    struct writer writer;
    struct decoder decoder;
    struct buffer bytes;
    tw_salvage_report report;
    size_t gap_capacity;
    struct aside *asides;
    size_t aside_count, aside_capacity;
    uint64_t tried, to_try;
};

/* All records in their places, a note in the place of each that is missing. */
int tw_rewrite_records(struct rewrite *rewrite, tw_error *why);

/* Behind them: what happened, what is missing, the records that found no place, and the gate. */
int tw_rewrite_close(struct rewrite *rewrite, tw_error *why);

/* An event with the bytes of a record that must not be found again as one. */
int tw_rewrite_keep(struct rewrite *rewrite, const tw_event *original, const char *tag,
                    tw_error *why);

/* A session for what comes next. `time_ns` 0: now. */
int tw_rewrite_open_session(struct rewrite *rewrite, int64_t resumed, int64_t time_ns,
                            tw_error *why);

#endif
