/* An arena of chunks that is cleared and used again. Pure. */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/json_tree.h"

/* Nothing in a tree wants more than a pointer does. */
enum { ALIGN = alignof(void *) };

enum { FIRST_CHUNK_BYTES = 16 * 1024, LARGEST_STEP_BYTES = 4 * 1024 * 1024 };

struct json_chunk {
    struct json_chunk *next;
    size_t used, capacity;
    alignas(void *) char data[];
};

/* A new chunk behind the current one. Chunks double, so that there are few of them. */
static struct json_chunk *add_chunk(struct json_arena *arena, size_t size) {
    size_t capacity = FIRST_CHUNK_BYTES;
    if (arena->current)
        capacity = arena->current->capacity * 2;
    if (capacity > LARGEST_STEP_BYTES)
        capacity = LARGEST_STEP_BYTES;
    if (capacity < size)
        capacity = size;
    struct json_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (!chunk)
        return NULL;
    chunk->used = 0;
    chunk->capacity = capacity;
    struct json_chunk **link = arena->current ? &arena->current->next : &arena->first;
    chunk->next = *link;
    *link = chunk;
    return chunk;
}

void *tw_json_take(struct json_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct json_chunk *chunk = arena->current;
    if (!chunk || chunk->capacity - chunk->used < size) {
        chunk = chunk ? chunk->next : arena->first;
        if (!chunk || chunk->capacity < size)
            chunk = add_chunk(arena, size);
        if (!chunk)
            return NULL;
        chunk->used = 0;
        arena->current = chunk;
    }
    void *memory = chunk->data + chunk->used;
    chunk->used += size;
    return memory;
}

void tw_json_arena_clear(struct json_arena *arena) {
    arena->current = arena->first;
    if (arena->first)
        arena->first->used = 0;
}

void tw_json_arena_free(struct json_arena *arena) {
    while (arena->first) {
        struct json_chunk *next = arena->first->next;
        free(arena->first);
        arena->first = next;
    }
    arena->current = NULL;
}
