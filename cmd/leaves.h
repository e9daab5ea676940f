/* A JSON value as a flat list of paths and values, to be compared. */
#ifndef TW_CMD_LEAVES_H
#define TW_CMD_LEAVES_H

#include <stddef.h>

#include "core/json_read.h"

struct leaf {
    char *path;  /* positions.TSLA.qty, partials_taken[0].price */
    char *value; /* as JSON writes it */
};

struct leaves {
    struct leaf *items; /* sorted by path */
    size_t count, capacity;
};

/* 0 or TW_E_NOMEM. Empty objects and arrays are leaves too. */
int tw_leaves_of(const struct json *root, struct leaves *ret);
void tw_leaves_free(struct leaves *leaves);

/* Steps through both in the order of their paths: *a and *b advance; each of the two results is
 * NULL where that side has no such path. 0 at the end. */
int tw_leaves_step(const struct leaves *a, const struct leaves *b, size_t *at_a, size_t *at_b,
                   const struct leaf **ret_a, const struct leaf **ret_b);

#endif
