/* What can be found in the files of a damaged journal: a catalogue of records, and what is left
 * that says where the journal, its days and its chain stood. Reads with pread alone: LMDB never
 * sees the files, and nothing is written. */
#ifndef TW_IO_SALVAGE_H
#define TW_IO_SALVAGE_H

#include "io/carve.h"
#include "io/folder.h"
#include "io/identity.h"

enum {
    TW_SALVAGE_RECORDS = 1 << 24,     /* different records that are told apart */
    TW_SALVAGE_HOLE = 1 << 20,        /* a longer hole is none: what lies behind it is astray */
    TW_SALVAGE_MISSING = 1 << 23,     /* and all of them together */
    TW_SALVAGE_WITNESSES = 1 << 16,   /* places that say where the chain stood */
    TW_SALVAGE_WINDOW_BYTES = 9 << 20 /* at once; an intake is less */
};

/* One record. Of one seq there may be several with different bytes; one of them is chosen. */
struct salvage_entry {
    uint64_t seq;
    uint64_t mark; /* the start of its SHA-256 */
    uint64_t offset;
    uint32_t size;
    uint16_t file;
    uint8_t trust; /* enum carve_trust */
    uint8_t chosen;
};

/* Who says that the chain stood here after that record. */
struct salvage_witness {
    uint64_t seq;
    uint8_t digest[TW_DIGEST_BYTES];
    uint8_t strong; /* 0: its own bytes have no checksum */
};

/* An origin: before the first record of the date. */
struct salvage_day {
    int64_t date;
    uint64_t previous_seq;
};

struct salvage_file {
    char name[TW_FILE_NAME_BYTES];
    int64_t date;   /* of a day file; 0: the intake */
    int is_foreign; /* of another journal: nothing was taken from it */
    uint64_t bytes;
    uint64_t records;  /* found in it, each once */
    uint64_t unread;   /* blocks that the disk did not give */
    char damage[504];  /* empty: none was seen */
    uint64_t last_seq; /* the newest head's, 0 if there is none */
};

struct salvage {
    const struct folder *folder;
    struct identity identity;
    int identity_known; /* 0: nothing of it but what session_opened says, and the uuid */
    int uuid_known;
    char identity_damage[504];
    uint64_t session_seq; /* the session_opened that the identity was taken from; 0: none */

    struct salvage_file *files;
    size_t file_count;
    struct salvage_entry *entries;
    size_t entry_count, entry_capacity;
    size_t settled; /* entries from the start on that are sorted, each once */
    struct salvage_witness *witnesses;
    size_t witness_count, witness_capacity;
    struct salvage_day *days;
    size_t day_count, day_capacity;

    uint64_t known_last;       /* the highest seq that anything tells of */
    uint64_t newer;            /* records of a later version */
    uint64_t astray;           /* records that fit nowhere */
    uint64_t others;           /* with a seq that another one was chosen for */
    uint64_t proven, unproven; /* in unbroken pieces of the old chain; pieces that broke it */
    int intake_known, end_known;

    void (*progress)(void *context, const char *doing, uint64_t done, uint64_t all);
    void *context;
    uint64_t done_bytes, all_bytes;

    int fd; /* of the file that was read last, by tw_salvage_fetch; -1: none */
    size_t fd_file;
};

/* Looks through all files of the folder. Zeroed but for folder, progress and context; the identity
 * is filled in where it can be. TW_E_NEWER, TW_E_PERMISSION, TW_E_IO, TW_E_RANGE (more records than
 * are told apart), TW_E_NOT_FOUND (no record at all), TW_E_NOMEM. */
int tw_salvage_scan(struct salvage *salvage, tw_error *why);

/* Chooses one record of each seq, and leaves out what fits nowhere; then what the chain says about
 * it. */
int tw_salvage_choose(struct salvage *salvage, tw_error *why);
int tw_salvage_judge(struct salvage *salvage, tw_error *why);

/* The bytes of a record, into an empty buffer. TW_E_DAMAGED when they are no longer what they were.
 */
int tw_salvage_fetch(struct salvage *salvage, const struct salvage_entry *entry, struct buffer *out,
                     tw_error *why);

/* Into the catalogue; each once. */
int tw_salvage_add(struct salvage *salvage, const struct salvage_entry *entry, tw_error *why);
void tw_salvage_settle(struct salvage *salvage);

/* Takes everything out again that came from a file. */
void tw_salvage_forget(struct salvage *salvage, uint16_t file);

/* The origin of a date, NULL: not found. */
const struct salvage_day *tw_salvage_day(const struct salvage *salvage, int64_t date);

void tw_salvage_free(struct salvage *salvage);

#endif
