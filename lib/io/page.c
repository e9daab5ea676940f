/* Reading pages of an LMDB 0.9 data file without trusting them. Pure. */
#include "io/page.h"

#include <endian.h>
#include <string.h>

#include "base/buffer.h"
#include "io/preflight.h"

enum { NODE_HEADER_BYTES = 8, UNIT_BYTES = 2, UNITS = TW_PAGE_BYTES / UNIT_BYTES };

static unsigned node_offset(const uint8_t *page, unsigned index) {
    return tw_get_u16(page + TW_PAGE_HEADER_BYTES + 2 * (size_t)index);
}

static void read_node(const uint8_t *page, size_t offset, int is_branch, struct page_node *ret) {
    const uint8_t *node = page + offset;
    uint32_t size = (uint32_t)tw_get_u16(node) | (uint32_t)tw_get_u16(node + 2) << 16;
    unsigned flags = tw_get_u16(node + 4);
    ret->key_bytes = tw_get_u16(node + 6);
    ret->key = node + NODE_HEADER_BYTES;
    if (is_branch) {
        /* A branch keeps 48 bits of page number where a leaf keeps size and flags. */
        ret->child = (uint64_t)size | (uint64_t)flags << 32;
        ret->flags = 0;
        ret->data = NULL;
        ret->data_bytes = 0;
        return;
    }
    ret->flags = flags;
    ret->data = ret->key + ret->key_bytes;
    ret->data_bytes = size;
    ret->child = flags & TW_NODE_BIG ? tw_get_u64(ret->data) : 0;
}

void tw_page_node(const uint8_t *page, unsigned index, struct page_node *ret) {
    read_node(page, node_offset(page, index), (tw_page_flags(page) & TW_PAGE_BRANCH) != 0, ret);
}

/* Marks the two-byte units of a node; 0 when one is taken already. */
static int take_units(uint64_t taken[UNITS / 64], size_t offset, size_t size) {
    size_t unit = offset / UNIT_BYTES;
    size_t end = (offset + size) / UNIT_BYTES;
    while (unit < end) {
        size_t shift = unit % 64;
        size_t count = 64 - shift < end - unit ? 64 - shift : end - unit;
        uint64_t mask = (count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1) << shift;
        if (taken[unit / 64] & mask)
            return 0;
        taken[unit / 64] |= mask;
        unit += count;
    }
    return 1;
}

/* What is checked of each entry of a page. */
struct page_check {
    const uint8_t *page;
    int is_branch;
    unsigned upper;             /* where its used part starts */
    uint64_t taken[UNITS / 64]; /* two-byte units that belong to an entry */
    size_t used;                /* bytes of all entries */
};

/* Bytes of a node in its page, made even as LMDB does; 0 when it does not fit behind `offset`. */
static size_t node_bytes(const uint8_t *node, int is_branch, size_t offset) {
    size_t size = NODE_HEADER_BYTES + (size_t)tw_get_u16(node + 6);
    if (!is_branch) {
        size_t value = (size_t)tw_get_u16(node) | (size_t)tw_get_u16(node + 2) << 16;
        size += tw_get_u16(node + 4) & TW_NODE_BIG ? sizeof(uint64_t) : value;
    }
    size += size % 2;
    return size <= TW_PAGE_BYTES - offset ? size : 0;
}

static const char *check_node(struct page_check *check, unsigned index) {
    size_t offset = node_offset(check->page, index);
    if (offset < check->upper || offset > TW_PAGE_BYTES - NODE_HEADER_BYTES || offset % 2)
        return "an entry lies outside of the page's used part";
    const uint8_t *node = check->page + offset;
    size_t size = node_bytes(node, check->is_branch, offset);
    if (size == 0)
        return "an entry does not end inside the page";
    if (!take_units(check->taken, offset, size))
        return "two entries overlap";
    check->used += size;
    unsigned key_bytes = tw_get_u16(node + 6);
    if (key_bytes > TW_KEY_BYTES)
        return "a key is too long";
    if (key_bytes == 0 && !(check->is_branch && index == 0))
        return "a key is empty";
    unsigned flags = check->is_branch ? 0 : tw_get_u16(node + 4);
    if (flags == 0)
        return NULL;
    if (flags != TW_NODE_BIG && flags != TW_NODE_TABLE)
        return "an entry has flags that a day file does not use";
    if (flags == TW_NODE_TABLE && (tw_get_u16(node) != TW_TABLE_BYTES || tw_get_u16(node + 2) != 0))
        return "the record of a table has another size";
    return NULL;
}

const char *tw_page_check(const uint8_t *page, uint64_t number) {
    if (tw_page_number(page) != number)
        return "it says that it is another page";
    unsigned flags = tw_page_flags(page);
    if (flags != TW_PAGE_BRANCH && flags != TW_PAGE_LEAF)
        return "it is neither a branch nor a leaf";
    unsigned lower = tw_get_u16(page + 12);
    unsigned upper = tw_get_u16(page + 14);
    if (lower < TW_PAGE_HEADER_BYTES || lower % 2 || lower > upper || upper > TW_PAGE_BYTES)
        return "its free room does not lie inside it";
    unsigned keys = tw_page_keys(page);
    if (keys == 0)
        return "it has no entries";
    struct page_check check;
    memset(&check, 0, sizeof check);
    check.page = page;
    check.is_branch = flags == TW_PAGE_BRANCH;
    check.upper = upper;
    for (unsigned index = 0; index < keys; index++) {
        const char *wrong = check_node(&check, index);
        if (wrong)
            return wrong;
    }
    return check.used == TW_PAGE_BYTES - upper ? NULL : "its entries do not fill its used part";
}

void tw_page_read_table(const uint8_t *bytes, struct page_table *ret) {
    ret->pad = tw_get_u32(bytes);
    ret->flags = tw_get_u16(bytes + 4);
    ret->depth = tw_get_u16(bytes + 6);
    ret->branch_pages = tw_get_u64(bytes + 8);
    ret->leaf_pages = tw_get_u64(bytes + 16);
    ret->overflow_pages = tw_get_u64(bytes + 24);
    ret->entries = tw_get_u64(bytes + 32);
    ret->root = tw_get_u64(bytes + 40);
}

void tw_page_read_meta(const uint8_t *page, struct page_meta *ret) {
    const uint8_t *bytes = page + TW_PAGE_HEADER_BYTES;
    ret->magic = tw_get_u32(bytes);
    ret->version = tw_get_u32(bytes + 4);
    /* The eight bytes in between are an address for maps at a fixed place, which nobody asks for.
     */
    ret->map_bytes = tw_get_u64(bytes + 16);
    tw_page_read_table(bytes + 24, &ret->free);
    tw_page_read_table(bytes + 24 + TW_TABLE_BYTES, &ret->main);
    ret->last_page = tw_get_u64(bytes + 24 + 2 * TW_TABLE_BYTES);
    ret->transaction = tw_get_u64(bytes + 32 + 2 * TW_TABLE_BYTES);
}

const char *tw_page_check_meta(const uint8_t *page, uint64_t index) {
    struct page_meta meta;
    tw_page_read_meta(page, &meta);
    if (meta.magic != TW_LMDB_MAGIC)
        return "it does not start like an LMDB file";
    if (tw_page_number(page) != index || tw_page_flags(page) != TW_PAGE_META)
        return "it is not a meta page";
    if (meta.free.pad != TW_PAGE_BYTES)
        return "its page size is not 4096";
    if ((meta.free.flags & ~TW_NOSUBDIR) != TW_FREE_FLAGS || meta.main.flags != 0 ||
        meta.main.pad != 0)
        return "it has flags that a day file does not use";
    if (meta.last_page < 1 || meta.last_page >= INT64_MAX / TW_PAGE_BYTES - 1)
        return "its last page is not a page";
    if (meta.map_bytes < (meta.last_page + 1) * TW_PAGE_BYTES)
        return "its map is smaller than its pages";
    return NULL;
}

int tw_page_compare(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes) {
    size_t common = a_bytes < b_bytes ? a_bytes : b_bytes;
    /* Word by word: keys are short, and every one of a day's is compared at the start. */
    for (; common >= sizeof(uint64_t); common -= sizeof(uint64_t)) {
        uint64_t x;
        uint64_t y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y)
            return be64toh(x) > be64toh(y) ? 1 : -1;
        a += sizeof x;
        b += sizeof y;
    }
    for (; common > 0; common--, a++, b++)
        if (*a != *b)
            return *a > *b ? 1 : -1;
    return (a_bytes > b_bytes) - (a_bytes < b_bytes);
}
