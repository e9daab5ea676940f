/* Proves by reading alone that an LMDB 0.9 data file can be mapped without harm. */
#include "io/preflight.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/text.h"
#include "io/folder.h"
#include "io/page_file.h"
#include "io/preflight_meta.h"
#include "io/system.h"

enum { FREE_CHUNK = 512, WINDOW_PAGES = 16 };

/* A tree still to be walked. */
struct tree {
    struct page_table record;
    int is_free_list;
    int is_main;
};

enum { SEQ_KEY_BYTES = 8 };

struct level {
    uint8_t page[TW_PAGE_BYTES];
    unsigned index; /* of the next entry to look at */
};

/* The key before the one that is looked at. Behind a separator the next key may be equal to it. It
 * lies in the page of a level: before a level gets another page, a key of a level above it has been
 * looked at. */
struct last_key {
    const uint8_t *bytes;
    size_t size;
    int known;
    int may_repeat;
};

struct walk {
    struct page_file file;
    uint8_t *window; /* pages read at once where the one before was asked for last */
    uint64_t window_first, window_count;
    uint64_t last_read;
    uint64_t transaction; /* of the winner */
    uint8_t *used;        /* a bit for each page; its size comes from the size of the file */
    struct level *levels;
    struct last_key last;
    struct page_table counted;
    uint64_t free_pages;
    struct tree tables[TW_PREFLIGHT_TABLES];
    struct preflight *result;
    enum preflight_scope scope;
    uint8_t skip_below[SEQ_KEY_BYTES]; /* events with lower keys are not needed */
    int skipping;                      /* leaves that lie below that whole */
    int skipping_all;                  /* any leaf below a branch */
    uint64_t skipped_leaves;
};

/* A page may be in use once: by one tree, or by the free list. */
static int take_page(struct walk *walk, uint64_t number) {
    if (number < 2 || number >= walk->file.pages)
        return tw_page_fail(&walk->file, number,
                            "it is in use, but outside of the file's used part");
    uint8_t bit = (uint8_t)(1u << (number % 8));
    if (walk->used[number / 8] & bit)
        return tw_page_fail(&walk->file, number, "it is in use twice");
    walk->used[number / 8] |= bit;
    return 0;
}

static int take_run(struct walk *walk, const struct page_node *node) {
    uint8_t header[TW_PAGE_HEADER_BYTES];
    uint64_t first = node->child;
    if (first < 2 || first >= walk->file.pages)
        return tw_page_fail(&walk->file, first,
                            "a value is there, outside of the file's used part");
    int rc = tw_page_read_bytes(&walk->file, first * TW_PAGE_BYTES, header, sizeof header);
    if (rc)
        return rc;
    uint64_t run = tw_page_run(header);
    if (tw_page_number(header) != first || tw_page_flags(header) != TW_PAGE_OVERFLOW)
        return tw_page_fail(&walk->file, first, "it is not the value that it is taken for");
    /* A run that was used before for a longer value may be longer than its value needs. */
    if (run == 0 || run > walk->file.pages - first ||
        node->data_bytes > run * TW_PAGE_BYTES - TW_PAGE_HEADER_BYTES)
        return tw_page_fail(&walk->file, first, "its value does not fit the pages it has");
    for (uint64_t number = first; rc == 0 && number < first + run; number++)
        rc = take_page(walk, number);
    walk->counted.overflow_pages += run;
    return rc;
}

/* An entry of the free list: how many, then page numbers, falling. */
static int take_free_pages(struct walk *walk, uint64_t page, const struct page_node *node) {
    uint8_t chunk[FREE_CHUNK * 8];
    uint64_t room = node->data_bytes / 8;
    uint64_t offset = node->child * TW_PAGE_BYTES + TW_PAGE_HEADER_BYTES;
    if (node->key_bytes != 8 || node->data_bytes % 8 != 0 || room == 0)
        return tw_page_fail(&walk->file, page, "an entry of the free list has another size");
    if (tw_get_u64(node->key) > walk->transaction)
        return tw_page_fail(&walk->file, page,
                            "an entry of the free list is of a commit still to come");
    uint64_t count = 0;
    uint64_t before = walk->file.pages;
    for (uint64_t index = 0; index == 0 || index <= count; index++) {
        const uint8_t *at = node->data + index * 8;
        if (node->flags & TW_NODE_BIG) {
            uint64_t left = room - index;
            size_t wanted = left < FREE_CHUNK ? (size_t)left * 8 : sizeof chunk;
            int rc = index % FREE_CHUNK
                         ? 0
                         : tw_page_read_bytes(&walk->file, offset + index * 8, chunk, wanted);
            if (rc)
                return rc;
            at = chunk + index % FREE_CHUNK * 8;
        }
        uint64_t number = tw_get_u64(at);
        if (index == 0) {
            count = number;
            if (count >= room)
                return tw_page_fail(&walk->file, page,
                                    "an entry of the free list counts more than it has");
            continue;
        }
        if (number >= before)
            return tw_page_fail(&walk->file, page, "the free list is not in order");
        int rc = take_page(walk, number);
        if (rc)
            return rc;
        before = number;
        walk->free_pages++;
    }
    return 0;
}

static int add_table(struct walk *walk, uint64_t page, const struct page_node *node) {
    struct preflight *result = walk->result;
    if (result->table_count == TW_PREFLIGHT_TABLES)
        return tw_page_fail(&walk->file, page, "there are more tables than a day file has");
    struct tree *tree = &walk->tables[result->table_count];
    struct preflight_table *table = &result->tables[result->table_count++];
    tw_page_read_table(node->data, &tree->record);
    if (tree->record.flags != 0 || tree->record.pad != 0)
        return tw_page_fail(&walk->file, page, "a table has flags that a day file does not use");
    tw_text_show((const char *)node->key, node->key_bytes, table->name, sizeof table->name);
    table->entries = tree->record.entries;
    return 0;
}

/* Keys rise through the whole tree, and the key of a branch entry lies between the keys on its left
 * and those below it. */
static int check_order(struct walk *walk, const struct tree *tree, uint64_t page,
                       const struct page_node *node, int is_separator) {
    struct last_key *last = &walk->last;
    if (tree->is_free_list && node->key_bytes != 8)
        return tw_page_fail(&walk->file, page, "a key of the free list has another size");
    int order = 1;
    if (last->known && tree->is_free_list) {
        uint64_t a = tw_get_u64(node->key);
        uint64_t b = tw_get_u64(last->bytes);
        order = (a > b) - (a < b);
    } else if (last->known) {
        order = tw_page_compare(node->key, node->key_bytes, last->bytes, last->size);
    }
    if (order < 0 || (order == 0 && !last->may_repeat))
        return tw_page_fail(&walk->file, page, "its keys are not in order");
    last->bytes = node->key;
    last->size = node->key_bytes;
    last->known = 1;
    last->may_repeat = is_separator;
    return 0;
}

static int take_leaf(struct walk *walk, const struct tree *tree, uint64_t page,
                     const struct page_node *node) {
    int rc = check_order(walk, tree, page, node, 0);
    if (rc)
        return rc;
    walk->counted.entries++;
    if (node->flags & TW_NODE_TABLE && !tree->is_main)
        return tw_page_fail(&walk->file, page, "a table lies inside a table");
    if (node->flags & TW_NODE_BIG)
        rc = take_run(walk, node);
    if (rc == 0 && tree->is_free_list)
        rc = take_free_pages(walk, page, node);
    if (rc == 0 && node->flags & TW_NODE_TABLE)
        rc = add_table(walk, page, node);
    return rc;
}

/* Leaves that were written by one commit lie side by side in the order of their keys. */
static int read_page(struct walk *walk, uint64_t number, uint8_t *out) {
    uint64_t left = walk->file.pages - number;
    int follows = number == walk->last_read + 1;
    walk->last_read = number;
    if (number - walk->window_first >= walk->window_count) {
        if (!follows)
            return tw_page_read_bytes(&walk->file, number * TW_PAGE_BYTES, out, TW_PAGE_BYTES);
        uint64_t count = left < WINDOW_PAGES ? left : WINDOW_PAGES;
        walk->window_count = 0;
        int rc = tw_page_read_bytes(&walk->file, number * TW_PAGE_BYTES, walk->window,
                                    (size_t)count * TW_PAGE_BYTES);
        if (rc)
            return rc;
        walk->window_first = number;
        walk->window_count = count;
    }
    memcpy(out, walk->window + (number - walk->window_first) * TW_PAGE_BYTES, TW_PAGE_BYTES);
    return 0;
}

/* Reads a page of a tree into a level and checks all that it says about itself. */
static int enter_page(struct walk *walk, const struct tree *tree, unsigned depth, uint64_t number) {
    struct level *level = &walk->levels[depth];
    int rc = take_page(walk, number);
    if (rc == 0)
        rc = read_page(walk, number, level->page);
    if (rc)
        return rc;
    const char *wrong = tw_page_check(level->page, number);
    if (wrong)
        return tw_page_fail(&walk->file, number, wrong);
    int is_leaf = tw_page_flags(level->page) == TW_PAGE_LEAF;
    if (is_leaf != (depth + 1 == tree->record.depth))
        return tw_page_fail(&walk->file, number, "it is not at the depth of its tree");
    /* LMDB itself can leave a lone entry in a branch of the free list, nowhere else. */
    if (!is_leaf && !tree->is_free_list && tw_page_keys(level->page) < 2)
        return tw_page_fail(&walk->file, number, "it is a branch with one entry");
    level->index = 0;
    if (is_leaf)
        walk->counted.leaf_pages++;
    else
        walk->counted.branch_pages++;
    return 0;
}

/* Is the child that was just taken from a branch a leaf with nothing but records that are not
 * needed? The next entry's key is at or below all keys behind it. */
static int may_skip(const struct walk *walk, const struct tree *tree, unsigned depth) {
    const struct level *level = &walk->levels[depth];
    struct page_node next;
    if (walk->skipping_all && depth + 2 == tree->record.depth)
        return 1;
    if (!walk->skipping || depth + 2 != tree->record.depth ||
        level->index == tw_page_keys(level->page))
        return 0;
    tw_page_node(level->page, level->index, &next);
    return next.key_bytes == SEQ_KEY_BYTES &&
           memcmp(next.key, walk->skip_below, SEQ_KEY_BYTES) <= 0;
}

static int skip_leaf(struct walk *walk, uint64_t number) {
    walk->counted.leaf_pages++;
    walk->skipped_leaves++;
    return take_page(walk, number);
}

static int take_leaves(struct walk *walk, const struct tree *tree, const uint8_t *page) {
    unsigned keys = tw_page_keys(page);
    uint64_t number = tw_page_number(page);
    int rc = 0;
    for (unsigned index = 0; rc == 0 && index < keys; index++) {
        struct page_node node;
        tw_page_node(page, index, &node);
        rc = take_leaf(walk, tree, number, &node);
    }
    return rc;
}

/* The next entry of a branch: on to the page below it, unless that is a leaf to be skipped. */
static int take_branch(struct walk *walk, const struct tree *tree, unsigned *depth) {
    struct level *level = &walk->levels[*depth];
    struct page_node node;
    unsigned index = level->index++;
    int rc = 0;
    tw_page_node(level->page, index, &node);
    /* The key of a branch's first entry means nothing: LMDB never compares it. */
    if (index > 0)
        rc = check_order(walk, tree, tw_page_number(level->page), &node, 1);
    if (rc)
        return rc;
    if (may_skip(walk, tree, *depth))
        return skip_leaf(walk, node.child);
    return enter_page(walk, tree, ++*depth, node.child);
}

/* Goes through the pages of one tree, left to right; returns to a branch for its next entry. */
static int walk_pages(struct walk *walk, const struct tree *tree) {
    int rc = enter_page(walk, tree, 0, tree->record.root);
    unsigned depth = 0;
    while (rc == 0) {
        struct level *level = &walk->levels[depth];
        if (tw_page_flags(level->page) == TW_PAGE_LEAF) {
            rc = take_leaves(walk, tree, level->page);
            level->index = tw_page_keys(level->page);
        }
        if (rc == 0 && level->index == tw_page_keys(level->page)) {
            if (depth == 0)
                return 0;
            depth--;
        } else if (rc == 0) {
            rc = take_branch(walk, tree, &depth);
        }
    }
    return rc;
}

static int walk_tree(struct walk *walk, const struct tree *tree, const char *name) {
    const struct page_table *record = &tree->record;
    memset(&walk->counted, 0, sizeof walk->counted);
    memset(&walk->last, 0, sizeof walk->last);
    if (record->depth > TW_PREFLIGHT_DEPTH || (record->depth == 0) != (record->root == TW_NO_ROOT))
        return tw_fail(walk->file.why, TW_E_DAMAGED, "table %s has depth %u, expected at most %d",
                       name, (unsigned)record->depth, TW_PREFLIGHT_DEPTH);
    int rc = record->root == TW_NO_ROOT ? 0 : walk_pages(walk, tree);
    if (rc)
        return tw_fail_in(walk->file.why, rc, "table %s", name);
    const struct page_table *counted = &walk->counted;
    if ((counted->entries != record->entries && !walk->skipped_leaves) ||
        counted->branch_pages != record->branch_pages ||
        counted->leaf_pages != record->leaf_pages ||
        counted->overflow_pages != record->overflow_pages)
        return tw_fail(walk->file.why, TW_E_DAMAGED,
                       "table %s has %" PRIu64 " entries in %" PRIu64
                       " leaves, its record says %" PRIu64 " in %" PRIu64,
                       name, counted->entries, counted->leaf_pages, record->entries,
                       record->leaf_pages);
    return 0;
}

static int is_table(const struct preflight_table *table, const char *name) {
    return strcmp(table->name, name) == 0;
}

/* The events come last: by then it is known where the newest snapshot stands. */
static int walk_tables(struct walk *walk) {
    struct preflight *result = walk->result;
    const uint64_t none = TW_PREFLIGHT_TABLES;
    uint64_t events = none;
    int rc = 0;
    for (uint64_t index = 0; rc == 0 && index < result->table_count; index++) {
        const struct preflight_table *table = &result->tables[index];
        if (is_table(table, "events")) {
            events = index;
            continue;
        }
        walk->skipping_all = walk->scope == TW_PREFLIGHT_NEWEST &&
                             (is_table(table, "executions") || is_table(table, "orders")) &&
                             walk->tables[index].record.overflow_pages == 0;
        rc = walk_tree(walk, &walk->tables[index], table->name);
        walk->skipping_all = 0;
        result->indexes_unread |= walk->skipped_leaves > 0;
        walk->skipped_leaves = 0;
        if (rc == 0 && is_table(table, "snapshots") && walk->last.known &&
            walk->last.size == SEQ_KEY_BYTES)
            memcpy(walk->skip_below, walk->last.bytes, SEQ_KEY_BYTES);
    }
    if (rc || events == none)
        return rc;
    const struct tree *tree = &walk->tables[events];
    walk->skipping = walk->scope != TW_PREFLIGHT_ALL && tree->record.overflow_pages == 0;
    rc = walk_tree(walk, tree, "events");
    walk->skipping = 0;
    for (int i = 0; walk->skipped_leaves && i < SEQ_KEY_BYTES; i++)
        result->events_from = result->events_from << 8 | walk->skip_below[i];
    walk->skipped_leaves = 0;
    return rc;
}

static int walk_file(struct walk *walk) {
    struct page_meta winner;
    struct page_meta loser;
    int rc = tw_preflight_metas(&walk->file, walk->levels[0].page, &winner, &loser);
    if (rc)
        return rc;
    struct preflight *result = walk->result;
    walk->transaction = winner.transaction;
    if (winner.last_page >= result->file_bytes / TW_PAGE_BYTES)
        return tw_fail(walk->file.why, TW_E_DAMAGED,
                       "the file has %" PRIu64 " bytes, its last page in use is %" PRIu64,
                       result->file_bytes, winner.last_page);
    walk->file.pages = winner.last_page + 1;
    result->used_bytes = walk->file.pages * TW_PAGE_BYTES;
    walk->used = calloc(1, (size_t)(walk->file.pages / 8 + 1));
    if (!walk->used)
        return tw_fail(walk->file.why, TW_E_NOMEM, "no memory to check %" PRIu64 " pages",
                       walk->file.pages);
    struct tree main_tree = {winner.main, 0, 1};
    struct tree free_tree = {winner.free, 1, 0};
    rc = walk_tree(walk, &main_tree, "main");
    rc = rc ? rc : walk_tables(walk);
    if (rc == 0)
        rc = walk_tree(walk, &free_tree, "free");
    if (rc == 0)
        rc = tw_preflight_head(&walk->file, walk->levels[0].page, &winner, &result->winner);
    if (rc == 0 && loser.transaction > 0)
        rc = tw_preflight_head(&walk->file, walk->levels[0].page, &loser, &result->loser);
    result->free_pages = walk->free_pages;
    return rc;
}

int tw_preflight(int fd, struct preflight *ret, tw_error *why) {
    return tw_preflight_scope(fd, TW_PREFLIGHT_ALL, ret, why);
}

int tw_preflight_scope(int fd, enum preflight_scope scope, struct preflight *ret, tw_error *why) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return tw_system_fail(why, errno, "size of the day file");
    if (status.st_size == 0)
        return tw_fail(why, TW_E_DAMAGED, "the file is empty");
    struct preflight *result = calloc(1, sizeof *result);
    struct walk *walk = calloc(1, sizeof *walk);
    struct level *levels = calloc(TW_PREFLIGHT_DEPTH, sizeof *levels);
    uint8_t *window = malloc((size_t)WINDOW_PAGES * TW_PAGE_BYTES);
    int rc;
    if (!result || !walk || !levels || !window) {
        rc = tw_fail(why, TW_E_NOMEM, "no memory to check the day file");
    } else {
        walk->file.fd = fd;
        walk->file.why = why;
        walk->levels = levels;
        walk->window = window;
        walk->result = result;
        walk->scope = scope;
        result->file_bytes = (uint64_t)status.st_size;
        rc = walk_file(walk);
        if (rc == 0)
            *ret = *result;
        free(walk->used);
    }
    free(window);
    free(levels);
    free(walk);
    free(result);
    return rc;
}
