/* Reading single pages of an LMDB data file by pread, every number compared with the file first. */
#ifndef TW_IO_PAGE_FILE_H
#define TW_IO_PAGE_FILE_H

#include "base/error.h"
#include "io/page.h"

struct page_file {
    int fd;
    uint64_t pages; /* 0..pages-1 may be in use */
    tw_error *why;
};

/* TW_E_DAMAGED: "page 12: what is wrong". */
int tw_page_fail(const struct page_file *file, uint64_t number, const char *wrong);

/* All `size` bytes at an offset, or an error. */
int tw_page_read_bytes(const struct page_file *file, uint64_t offset, void *out, size_t size);

/* Looks a key up in a tree, checking each page on the way: 1 found, 0 not there, or an error. The
 * node points into `page`, which has room for one page. */
int tw_page_find(const struct page_file *file, const struct page_table *table, const char *key,
                 uint8_t *page, struct page_node *ret);

#endif
