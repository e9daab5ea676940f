/* What the two meta pages of an LMDB data file say, and the heads of their commits. `page` has room
 * for one page. */
#ifndef TW_IO_PREFLIGHT_META_H
#define TW_IO_PREFLIGHT_META_H

#include "io/page_file.h"
#include "io/preflight.h"

/* Reads and checks both; the winner is the one of the later commit. TW_E_DAMAGED, TW_E_NEWER. */
int tw_preflight_metas(const struct page_file *file, uint8_t *page, struct page_meta *winner,
                       struct page_meta *loser);

/* The head record of the commit that a meta page stands for. */
int tw_preflight_head(const struct page_file *file, uint8_t *page, const struct page_meta *meta,
                      struct preflight_meta *ret);

#endif
