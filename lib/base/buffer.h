/* A growing byte buffer whose growth may fail, and bounds-checked little-endian access. Pure. */
#ifndef TW_BASE_BUFFER_H
#define TW_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. `failed` is set when an allocation failed; from then on appends do nothing, so
 * a writer checks once, at the end. */
struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    int failed;
};

void tw_buffer_free(struct buffer *buffer);
void tw_buffer_clear(struct buffer *buffer);            /* keeps the memory, forgets a failure */
int tw_buffer_grow(struct buffer *buffer, size_t more); /* tw_buffer_reserve when it has to */

/* 0, or TW_E_NOMEM: it failed. */
static inline int tw_buffer_reserve(struct buffer *buffer, size_t more) {
    int has_room = !buffer->failed && buffer->data && more < buffer->capacity - buffer->size;
    return has_room ? 0 : tw_buffer_grow(buffer, more);
}

void tw_buffer_put(struct buffer *buffer, const void *data, size_t size);
void tw_buffer_text(struct buffer *buffer, const char *text);
void tw_buffer_char(struct buffer *buffer, char c);
void tw_buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The content as a C string (a NUL is kept behind it, not counted); "" when it failed. */
const char *tw_buffer_string(struct buffer *buffer);

/* Grows *array of items of item_bytes to hold at least `count`, which it does not yet, doubling;
 * *capacity is updated. New items are zeroed if that is asked for. 0 or TW_E_NOMEM with nothing
 * changed. */
int tw_array_grow(void **array, size_t *capacity, size_t count, size_t item_bytes, int zeroed);

/* The same if it has to. Inline: every event asks for room some ten times and nearly always has it.
 */
static inline int tw_array_reserve(void **array, size_t *capacity, size_t count,
                                   size_t item_bytes) {
    return count <= *capacity ? 0 : tw_array_grow(array, capacity, count, item_bytes, 1);
}

/* For items that are written whole when they are added: a large array then grows without touching
 * the memory that it may never use. */
static inline int tw_array_room(void **array, size_t *capacity, size_t count, size_t item_bytes) {
    return count <= *capacity ? 0 : tw_array_grow(array, capacity, count, item_bytes, 0);
}

/* Little-endian numbers at any address. Inline: replay reads some fifty of them per record. */
static inline void tw_put_u16(uint8_t *at, uint16_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void tw_put_u32(uint8_t *at, uint32_t value) {
    tw_put_u16(at, (uint16_t)value);
    tw_put_u16(at + 2, (uint16_t)(value >> 16));
}

static inline void tw_put_u64(uint8_t *at, uint64_t value) {
    tw_put_u32(at, (uint32_t)value);
    tw_put_u32(at + 4, (uint32_t)(value >> 32));
}

static inline uint16_t tw_get_u16(const uint8_t *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t tw_get_u32(const uint8_t *at) {
    return tw_get_u16(at) | (uint32_t)tw_get_u16(at + 2) << 16;
}

static inline uint64_t tw_get_u64(const uint8_t *at) {
    return tw_get_u32(at) | (uint64_t)tw_get_u32(at + 4) << 32;
}

#endif
