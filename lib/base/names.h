/* A table of strings, each with a dense id from 0 in order of arrival. Nothing is ever removed.
 * Ids index the arrays of the state. Adding cannot fail after a reserve: that is what the fold's
 * "apply cannot fail" stands on. Pure. */
#ifndef TW_BASE_NAMES_H
#define TW_BASE_NAMES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TW_NO_NAME UINT32_MAX

struct names_block {
    struct names_block *before;
    size_t size, capacity;
    char text[];
};

struct names_slot {
    uint32_t name; /* id + 1, 0 is free */
    uint32_t hash;
};

/* Open for the inline functions alone, which every event asks some twenty times. */
struct names {
    struct names_block *block; /* the newest; only its end is written to */
    const char **texts;
    struct names_slot *slots; /* a power of two of them, at least twice the names */
    size_t slot_count;
    size_t capacity; /* of texts */
    uint32_t count;
};

int tw_names_new(struct names **ret);
void tw_names_free(struct names *names);

/* Room for `count` more names than there are now, of `bytes` bytes in all (without NULs). A second
 * reserve without an add between is not on top of the first. 0, or TW_E_NOMEM. */
int tw_names_reserve(struct names *names, size_t count, size_t bytes);

/* 1 when such a reserve has nothing to do. */
static inline int tw_names_has_room(const struct names *names, size_t count, size_t bytes) {
    size_t needed = names->count + count;
    return needed <= names->capacity && needed * 2 <= names->slot_count && names->block &&
           names->block->capacity - names->block->size >= bytes + count;
}

/* Lets the processor fetch what finding or adding the text will look at first. */
void tw_names_expect(const struct names *names, const char *text);

uint32_t tw_names_find(const struct names *names, const char *text); /* TW_NO_NAME if absent */
uint32_t tw_names_add(struct names *names, const char *text); /* finds or adds; room is reserved */

static inline uint32_t tw_names_count(const struct names *names) {
    return names->count;
}

/* NUL-terminated; stays at its address until the table is freed. */
static inline const char *tw_names_text(const struct names *names, uint32_t id) {
    assert(id < names->count);
    return names->texts[id];
}

#endif
