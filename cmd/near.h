/* Which word may have been meant by a misspelt one. */
#ifndef TW_CMD_NEAR_H
#define TW_CMD_NEAR_H

#include <stddef.h>

#include "core/state.h"

enum { TW_NEAR_WORD_MAX = 64 };

/* Levenshtein distance; of words over TW_NEAR_WORD_MAX letters SIZE_MAX. */
size_t tw_near_distance(const char *a, const char *b);

/* 1 where the state knows the symbol. Else 0, and *ret_near is one of its symbols that may have
 * been meant, or NULL. */
int tw_near_symbol(const struct state *state, const char *symbol, const char **ret_near);

#endif
