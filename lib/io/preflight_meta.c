/* What the two meta pages of an LMDB data file say, and the heads of their commits. */
#include "io/preflight_meta.h"

#include <inttypes.h>
#include <string.h>

int tw_preflight_head(const struct page_file *file, uint8_t *page, const struct page_meta *meta,
                      struct preflight_meta *ret) {
    struct page_node node;
    ret->transaction = meta->transaction;
    ret->last_page = meta->last_page;
    ret->head_bytes = 0;
    int found = tw_page_find(file, &meta->main, "meta", page, &node);
    if (found <= 0 || node.flags != TW_NODE_TABLE)
        return found < 0 ? found : 0;
    struct page_table table;
    tw_page_read_table(node.data, &table);
    found = tw_page_find(file, &table, "head", page, &node);
    if (found <= 0 || node.flags != 0 || node.data_bytes > sizeof ret->head)
        return found < 0 ? found : 0;
    ret->head_bytes = node.data_bytes;
    memcpy(ret->head, node.data, (size_t)node.data_bytes);
    return 0;
}

/* Commits take turns on the two pages, so their numbers follow one another and each number belongs
 * to one of the two: a flipped bit in a number that would change the winner breaks that. */
int tw_preflight_metas(const struct page_file *file, uint8_t *page, struct page_meta *winner,
                       struct page_meta *loser) {
    struct page_meta metas[2];
    for (unsigned index = 0; index < 2; index++) {
        int rc = tw_page_read_bytes(file, index * (uint64_t)TW_PAGE_BYTES, page, TW_PAGE_BYTES);
        if (rc)
            return rc;
        tw_page_read_meta(page, &metas[index]);
        if (metas[index].magic == TW_LMDB_MAGIC && metas[index].version > TW_LMDB_VERSION)
            return tw_fail(file->why, TW_E_NEWER,
                           "page %u: LMDB's format has version %" PRIu32 ", expected %d", index,
                           metas[index].version, TW_LMDB_VERSION);
        const char *wrong = tw_page_check_meta(page, index);
        if (!wrong && metas[index].version != TW_LMDB_VERSION)
            wrong = "it has no version of LMDB's format";
        if (wrong)
            return tw_page_fail(file, index, wrong);
    }
    unsigned higher = metas[1].transaction > metas[0].transaction;
    *winner = metas[higher];
    *loser = metas[!higher];
    if (winner->transaction == 0 && loser->transaction == 0)
        return 0;
    if (winner->transaction - loser->transaction != 1 || winner->transaction % 2 != higher)
        return tw_fail(file->why, TW_E_DAMAGED,
                       "pages 0 and 1 are of commits %" PRIu64 " and %" PRIu64
                       ", expected two that follow one another",
                       metas[0].transaction, metas[1].transaction);
    if (loser->last_page > winner->last_page)
        return tw_page_fail(file, higher, "it has fewer pages than the commit before");
    return 0;
}
