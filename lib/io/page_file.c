/* Reading single pages of an LMDB data file by pread, every number compared with the file first. */
#include "io/page_file.h"

#include <inttypes.h>
#include <string.h>

#include "io/folder.h"
#include "io/preflight.h"

int tw_page_fail(const struct page_file *file, uint64_t number, const char *wrong) {
    return tw_fail(file->why, TW_E_DAMAGED, "page %" PRIu64 ": %s", number, wrong);
}

int tw_page_read_bytes(const struct page_file *file, uint64_t offset, void *out, size_t size) {
    size_t got = 0;
    int rc = tw_file_read(file->fd, out, size, (int64_t)offset, &got, file->why);
    if (rc == 0 && got != size)
        rc = tw_page_fail(file, offset / TW_PAGE_BYTES, "the file ends inside it");
    return rc;
}

/* One step down from a page towards a key: the child of a branch, or whether the leaf has the key.
 */
static int find_entry(const uint8_t *page, const char *key, struct page_node *ret) {
    unsigned keys = tw_page_keys(page);
    int is_leaf = tw_page_flags(page) == TW_PAGE_LEAF;
    int found = 0;
    for (unsigned index = 0; index < keys; index++) {
        struct page_node node;
        tw_page_node(page, index, &node);
        int order = tw_page_compare(node.key, node.key_bytes, (const uint8_t *)key, strlen(key));
        if (is_leaf ? order == 0 : index == 0 || order <= 0) {
            *ret = node;
            found = 1;
        }
    }
    return found;
}

int tw_page_find(const struct page_file *file, const struct page_table *table, const char *key,
                 uint8_t *page, struct page_node *ret) {
    uint64_t number = table->root;
    for (unsigned depth = 0; number != TW_NO_ROOT && depth < TW_PREFLIGHT_DEPTH; depth++) {
        if (number < 2 || number >= file->pages)
            return tw_page_fail(file, number, "it is in use, but outside of the file's used part");
        int rc = tw_page_read_bytes(file, number * TW_PAGE_BYTES, page, TW_PAGE_BYTES);
        if (rc)
            return rc;
        const char *wrong = tw_page_check(page, number);
        if (wrong)
            return tw_page_fail(file, number, wrong);
        int found = find_entry(page, key, ret);
        if (tw_page_flags(page) == TW_PAGE_LEAF)
            return found;
        number = ret->child;
    }
    return number == TW_NO_ROOT ? 0 : tw_page_fail(file, number, "the tree above it is too deep");
}
