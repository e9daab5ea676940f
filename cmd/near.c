/* Which word may have been meant by a misspelt one. */
#include "near.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

size_t tw_near_distance(const char *a, const char *b) {
    size_t row[TW_NEAR_WORD_MAX + 1];
    size_t length = strlen(b);
    if (length > TW_NEAR_WORD_MAX || strlen(a) > TW_NEAR_WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[length];
}

/* Most symbols of one or two letters are one letter from each other. */
static int is_near(const char *known, const char *symbol) {
    enum { LEAST_LETTERS = 3 };
    return strcasecmp(known, symbol) == 0 ||
           (strlen(known) >= LEAST_LETTERS && tw_near_distance(known, symbol) == 1);
}

int tw_near_symbol(const struct state *state, const char *symbol, const char **ret_near) {
    *ret_near = NULL;
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++) {
        const char *known = tw_state_symbol_name(state, i);
        if (strcmp(known, symbol) == 0)
            return 1;
        if (!*ret_near && is_near(known, symbol))
            *ret_near = known;
    }
    return 0;
}
