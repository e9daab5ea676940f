/* A growing byte buffer, growing arrays and little-endian numbers. Pure. */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tradewal.h"

enum { FIRST_BUFFER_BYTES = 256, FIRST_ARRAY_ITEMS = 8 };

void tw_buffer_free(struct buffer *buffer) {
    if (!buffer)
        return;
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void tw_buffer_clear(struct buffer *buffer) {
    buffer->size = 0;
    buffer->failed = 0;
}

int tw_buffer_grow(struct buffer *buffer, size_t more) {
    if (buffer->failed)
        return TW_E_NOMEM;
    assert(buffer->data ? buffer->size < buffer->capacity : buffer->size == 0);
    size_t needed;
    if (__builtin_add_overflow(buffer->size, more, &needed) || needed > SIZE_MAX / 4)
        goto failed;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_BUFFER_BYTES;
    while (capacity <= needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data)
        goto failed;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
failed:
    buffer->failed = 1;
    return TW_E_NOMEM;
}

void tw_buffer_put(struct buffer *buffer, const void *data, size_t size) {
    if (size == 0 || tw_buffer_reserve(buffer, size) != 0)
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void tw_buffer_text(struct buffer *buffer, const char *text) {
    tw_buffer_put(buffer, text, strlen(text));
}

void tw_buffer_char(struct buffer *buffer, char c) {
    tw_buffer_put(buffer, &c, 1);
}

void tw_buffer_format(struct buffer *buffer, const char *format, ...) {
    /* Most pieces are short: one attempt in place, and a second one when it did not fit. */
    for (size_t room = 64;;) {
        if (tw_buffer_reserve(buffer, room) != 0)
            return;
        size_t left = buffer->capacity - buffer->size;
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(buffer->data + buffer->size, left, format, arguments);
        va_end(arguments);
        assert(length >= 0);
        if ((size_t)length < left) {
            buffer->size += (size_t)length;
            return;
        }
        room = (size_t)length;
    }
}

const char *tw_buffer_string(struct buffer *buffer) {
    if (buffer->failed || !buffer->data)
        return "";
    buffer->data[buffer->size] = '\0';
    return buffer->data;
}

int tw_array_grow(void **array, size_t *capacity, size_t count, size_t item_bytes, int zeroed) {
    assert(item_bytes > 0 && count > *capacity);
    size_t grown = *capacity ? *capacity : FIRST_ARRAY_ITEMS;
    while (grown < count) {
        if (grown > SIZE_MAX / 2)
            return TW_E_NOMEM;
        grown *= 2;
    }
    size_t bytes;
    if (__builtin_mul_overflow(grown, item_bytes, &bytes) || bytes > PTRDIFF_MAX)
        return TW_E_NOMEM;
    /* The caller's pointer is of another type than void *, so it is read and written as bytes. */
    char *items;
    memcpy(&items, array, sizeof items);
    items = realloc(items, bytes);
    if (!items)
        return TW_E_NOMEM;
    if (zeroed)
        memset(items + *capacity * item_bytes, 0, (grown - *capacity) * item_bytes);
    memcpy(array, &items, sizeof items);
    *capacity = grown;
    return 0;
}
