/* Reading pages of an LMDB 0.9 data file (4096 bytes, 64 bits, little-endian) without trusting
 * them. Pure. The layout is the one of mdb.c 0.9: a page starts with its own number (8 bytes), two
 * bytes of padding, two of flags, then lower and upper bound of its free room (2 bytes each) or the
 * number of pages of an overflow run (4 bytes). */
#ifndef TW_IO_PAGE_H
#define TW_IO_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
    TW_PAGE_HEADER_BYTES = 16,
    TW_PAGE_BRANCH = 0x01,
    TW_PAGE_LEAF = 0x02,
    TW_PAGE_OVERFLOW = 0x04,
    TW_PAGE_META = 0x08,
    TW_NODE_BIG = 0x01,   /* the value is in overflow pages */
    TW_NODE_TABLE = 0x02, /* the value is the record of a named table */
    TW_TABLE_BYTES = 48,
    TW_META_BYTES = 136,
    TW_KEY_BYTES = 511,
    TW_LMDB_VERSION = 1
};

#define TW_LMDB_MAGIC UINT32_C(0xBEEFC0DE)
#define TW_NO_ROOT    UINT64_MAX
#define TW_FREE_FLAGS 0x08   /* keys of the free list are integers */
#define TW_NOSUBDIR   0x4000 /* the environment's own flag is kept beside it */

/* MDB_db: the root of a tree and its counts. */
struct page_table {
    uint32_t pad; /* of the free list: the page size */
    uint16_t flags;
    uint16_t depth;
    uint64_t branch_pages;
    uint64_t leaf_pages;
    uint64_t overflow_pages;
    uint64_t entries;
    uint64_t root;
};

/* MDB_meta. */
struct page_meta {
    uint32_t magic;
    uint32_t version;
    uint64_t map_bytes;
    struct page_table free;
    struct page_table main;
    uint64_t last_page;
    uint64_t transaction;
};

struct page_node {
    const uint8_t *key;
    size_t key_bytes;
    const uint8_t
        *data; /* of a leaf: the value, or the 8 bytes that say where its overflow run is */
    uint64_t data_bytes; /* of a leaf: size of the value */
    uint64_t child;      /* of a branch, or the overflow run */
    unsigned flags;      /* of a leaf */
};

/* Inline: a start looks at some hundred thousand entries. */
static inline uint64_t tw_page_number(const uint8_t *page) {
    return tw_get_u64(page);
}

static inline unsigned tw_page_flags(const uint8_t *page) {
    return tw_get_u16(page + 10);
}

static inline uint32_t tw_page_run(const uint8_t *page) { /* pages of an overflow run */
    return tw_get_u32(page + 12);
}

static inline unsigned tw_page_keys(const uint8_t *page) {
    return (tw_get_u16(page + 12) - (unsigned)TW_PAGE_HEADER_BYTES) / 2;
}

/* What is wrong with a branch or leaf page that is to be page `number`, or NULL when all that it
 * points at inside itself is inside itself. After NULL tw_page_node may be called for each key. */
const char *tw_page_check(const uint8_t *page, uint64_t number);
void tw_page_node(const uint8_t *page, unsigned index, struct page_node *ret);

void tw_page_read_table(const uint8_t *bytes, struct page_table *ret);
void tw_page_read_meta(const uint8_t *page, struct page_meta *ret);

/* What is wrong with meta page `index` (0 or 1) on its own, or NULL. */
const char *tw_page_check_meta(const uint8_t *page, uint64_t index);

/* Order of keys as LMDB compares them: bytes, then length. Below 0, 0, above 0. */
int tw_page_compare(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes);

#endif
