/* Peers of tradewal bench that may be installed or not: their libraries are loaded when they are
 * there, so that the command needs none of them. */
#ifndef TW_CMD_BENCH_PEER_H
#define TW_CMD_BENCH_PEER_H

#include <stddef.h>

struct peer_symbol {
    const char *name; /* NULL ends the list */
    size_t offset;    /* of the pointer to it in the table of functions */
};

/* Fills in the table from the first library of `files` (ended by NULL) that has all symbols. The
 * library stays loaded. 0, or -1 when there is none. */
int tw_peer_load(const char *const *files, const struct peer_symbol *symbols, void *ret);

#endif
