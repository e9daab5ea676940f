/* Proves by reading alone that an LMDB 0.9 data file can be mapped without harm. LMDB trusts its
 * files: a damaged one kills the process or gives wrong answers (docs/durability.md). This walk
 * never maps, never trusts a number it has not compared with the size of the file, and never
 * recurses.
 *
 * What it accepts: 4096-byte pages, plain tables (no duplicates, no integer keys but the free
 * list's). What it cannot see: flipped bits inside values; the CRC of each record covers those. */
#ifndef TW_IO_PREFLIGHT_H
#define TW_IO_PREFLIGHT_H

#include <stdint.h>

#include "base/error.h"

enum {
    TW_PAGE_BYTES = 4096,
    TW_PREFLIGHT_TABLES = 8,
    TW_PREFLIGHT_DEPTH = 32,
    TW_PREFLIGHT_VALUE_BYTES = 256,
    TW_PREFLIGHT_NAME_BYTES = 32
};

struct preflight_table {
    char name[TW_PREFLIGHT_NAME_BYTES];
    uint64_t entries;
};

/* What one of the two meta pages stands for. */
struct preflight_meta {
    uint64_t transaction;
    uint64_t last_page;
    uint64_t head_bytes; /* size of the value of "head" in the table "meta", 0 if there is none */
    uint8_t head[TW_PREFLIGHT_VALUE_BYTES];
};

struct preflight {
    struct preflight_meta winner; /* the one with the higher transaction */
    struct preflight_meta loser;  /* the commit before */
    uint64_t used_bytes;          /* pages up to the last one in use */
    uint64_t file_bytes;
    uint64_t free_pages;  /* pages of the free list */
    uint64_t events_from; /* leaves of "events" with records below this seq alone were not read */
    uint64_t indexes_unread; /* 1: leaves of "executions" or "orders" were not read */
    uint64_t table_count;
    struct preflight_table tables[TW_PREFLIGHT_TABLES];
};

/* TW_E_DAMAGED with the page and what is wrong with it; TW_E_NEWER for another version of LMDB's
 * format; TW_E_IO, TW_E_NOMEM. The file must hold still meanwhile. */
int tw_preflight(int fd, struct preflight *ret, tw_error *why);

enum preflight_scope {
    TW_PREFLIGHT_ALL,
    /* Leaves of "events" that hold nothing but records before the newest snapshot are accounted for
     * but not read: a start from a snapshot has no use for them, and they are nearly all of a long
     * day. Whoever reads there asks for all first. Only where no event has pages of its own. */
    TW_PREFLIGHT_INDEXES,
    /* The leaves of the tables "executions" and "orders" are accounted for only, too: a start does
     * not look anything up in them. */
    TW_PREFLIGHT_NEWEST
};

/* The same for a file that a live writer may be changing: an answer counts only when both meta
 * pages are the same afterwards, otherwise it is asked again, a few times. 1 when the file changed
 * every time, so that nothing is known. */
int tw_preflight_live(int fd, enum preflight_scope scope, struct preflight *ret, tw_error *why);

/* tw_preflight of less than all. */
int tw_preflight_scope(int fd, enum preflight_scope scope, struct preflight *ret, tw_error *why);

#endif
