/* A table of strings with dense ids: open addressing over ids, text in blocks that never move.
 * Pure.
 *
 * A million names of thirty bytes are meant to fit: a name costs its text, a pointer and two to
 * four slots of eight bytes. A slot keeps the hash of its name, so that a probe that meets another
 * name, and growing, need not look at the text, which lies elsewhere in memory. */
#include "base/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/word.h"
#include "tradewal.h"

enum { BLOCK_BYTES = 64 * 1024, FIRST_NAMES = 16 };

__extension__ typedef unsigned __int128 uint128;

#define MOST_NAMES (UINT32_MAX / 2)

int tw_names_new(struct names **ret) {
    struct names *names = calloc(1, sizeof *names);
    if (!names)
        return TW_E_NOMEM;
    *ret = names;
    return 0;
}

void tw_names_free(struct names *names) {
    if (!names)
        return;
    while (names->block) {
        struct names_block *before = names->block->before;
        free(names->block);
        names->block = before;
    }
    free(names->texts);
    free(names->slots);
    free(names);
}

/* Both halves of the product: each bit of the text reaches one of them, and so the low bits, which
 * choose the slot. */
static uint64_t mix(uint64_t hash, uint64_t part) {
    uint128 product = (uint128)(hash ^ part) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash_text(const char *text, size_t size) {
    uint64_t hash = size * UINT64_C(0x9E3779B97F4A7C15);
    if (size == 0)
        return 0;
    if (size < 8)
        return (uint32_t)mix(hash, tw_word_short(text, size));
    for (size_t at = 0; at + 8 < size; at += 8)
        hash = mix(hash, tw_word(text + at));
    return (uint32_t)mix(hash, tw_word(text + size - 8));
}

/* The slot that holds the text, or the free one where it belongs. */
static struct names_slot *find_slot(const struct names *names, const char *text, uint32_t hash) {
    size_t mask = names->slot_count - 1;
    size_t at = hash & mask;
    while (names->slots[at].name && (names->slots[at].hash != hash ||
                                     strcmp(names->texts[names->slots[at].name - 1], text) != 0))
        at = (at + 1) & mask;
    return &names->slots[at];
}

static int grow_texts(struct names *names, size_t needed) {
    if (needed <= names->capacity)
        return 0;
    size_t capacity = names->capacity ? names->capacity : FIRST_NAMES;
    while (capacity < needed)
        capacity *= 2;
    const char **texts = realloc(names->texts, capacity * sizeof *texts);
    if (!texts)
        return TW_E_NOMEM;
    names->texts = texts;
    names->capacity = capacity;
    return 0;
}

static int grow_slots(struct names *names, size_t needed) {
    if (needed * 2 <= names->slot_count)
        return 0;
    size_t slot_count = names->slot_count ? names->slot_count : (size_t)FIRST_NAMES * 2;
    while (slot_count < needed * 2)
        slot_count *= 2;
    struct names_slot *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return TW_E_NOMEM;
    for (size_t i = 0; i < names->slot_count; i++) {
        if (!names->slots[i].name)
            continue;
        size_t at = names->slots[i].hash & (slot_count - 1);
        while (slots[at].name)
            at = (at + 1) & (slot_count - 1);
        slots[at] = names->slots[i];
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = slot_count;
    return 0;
}

static int grow_block(struct names *names, size_t bytes) {
    if (names->block && names->block->capacity - names->block->size >= bytes)
        return 0;
    size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    if (capacity > PTRDIFF_MAX - sizeof(struct names_block))
        return TW_E_NOMEM;
    struct names_block *block = malloc(sizeof *block + capacity);
    if (!block)
        return TW_E_NOMEM;
    *block = (struct names_block){.before = names->block, .capacity = capacity};
    names->block = block;
    return 0;
}

int tw_names_reserve(struct names *names, size_t count, size_t bytes) {
    if (count > MOST_NAMES - names->count || bytes > SIZE_MAX - count)
        return TW_E_NOMEM;
    size_t needed = names->count + count;
    int failed = grow_texts(names, needed);
    if (!failed)
        failed = grow_slots(names, needed);
    if (!failed && count > 0)
        failed = grow_block(names, bytes + count);
    return failed;
}

void tw_names_expect(const struct names *names, const char *text) {
    if (names->slot_count > 0)
        __builtin_prefetch(&names->slots[hash_text(text, strlen(text)) & (names->slot_count - 1)]);
}

uint32_t tw_names_find(const struct names *names, const char *text) {
    if (names->count == 0)
        return TW_NO_NAME;
    const struct names_slot *slot = find_slot(names, text, hash_text(text, strlen(text)));
    return slot->name ? slot->name - 1 : TW_NO_NAME;
}

uint32_t tw_names_add(struct names *names, const char *text) {
    assert(names->slot_count > 0);
    size_t bytes = strlen(text) + 1;
    uint32_t hash = hash_text(text, bytes - 1);
    struct names_slot *slot = find_slot(names, text, hash);
    if (slot->name)
        return slot->name - 1;
    assert(names->count < names->capacity);
    assert((size_t)names->count * 2 < names->slot_count);
    assert(names->block && names->block->capacity - names->block->size >= bytes);
    char *copy = names->block->text + names->block->size;
    memcpy(copy, text, bytes);
    names->block->size += bytes;
    names->texts[names->count] = copy;
    slot->name = ++names->count;
    slot->hash = hash;
    return names->count - 1;
}
