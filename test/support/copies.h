/* Journals as bytes: taken from a folder, changed, put into another one; and their records. */
#ifndef TW_TEST_COPIES_H
#define TW_TEST_COPIES_H

#include "base/buffer.h"
#include "tradewal.h"

enum { MOST_COPIES = 12 };

struct copy {
    char name[64];
    uint8_t *bytes;
    size_t size;
};

struct copies {
    struct copy files[MOST_COPIES];
    size_t count;
};

void copies_take(struct copies *copies, const char *folder);
void copies_clone(struct copies *copies, const struct copies *from);
void copies_put(const struct copies *copies, const char *folder);   /* which is not there */
void copies_check(const struct copies *copies, const char *folder); /* it has just these */
void copies_free(struct copies *copies);
struct copy *copies_find(struct copies *copies, const char *name); /* NULL: not there */
void copies_drop(struct copies *copies, const char *name);
void folder_drop(const char *folder); /* with the files in it; it may be missing */

/* The records of a journal, by seq from 1: the bytes that were written. */
struct records {
    struct buffer *records;
    uint64_t count;
};

void records_take(struct records *records, const char *journal);
void records_free(struct records *records);

/* One damaged journal salvaged: what came of each record. The rules that hold whatever the damage
 * is are checked: the new journal verifies and is gated, nothing in it was invented, the damaged
 * one is as it was. */
struct outcome {
    int status;
    uint64_t intact, found; /* of the intact ones: back in place, or kept as bytes */
    uint64_t missing;
};

struct outcome salvage_copies(const struct copies *damaged, const struct records *records);

#endif
