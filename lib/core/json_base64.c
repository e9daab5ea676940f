/* Base64 of RFC 4648. Pure. */
#include "core/json_base64.h"

#include "tradewal.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void tw_base64_put(struct buffer *out, const void *data, size_t size) {
    const uint8_t *bytes = data;
    if (tw_buffer_reserve(out, (size + 2) / 3 * 4) != 0)
        return;
    for (size_t at = 0; at < size; at += 3) {
        size_t left = size - at;
        uint32_t group = (uint32_t)bytes[at] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[at + 1] << 8;
        if (left > 2)
            group |= bytes[at + 2];
        char text[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63],
                        left > 1 ? alphabet[group >> 6 & 63] : '=',
                        left > 2 ? alphabet[group & 63] : '='};
        tw_buffer_put(out, text, sizeof text);
    }
}

/* What a character stands for, or 64. */
static uint32_t value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : 64;
}

/* One group of four characters, of which the last `padding` are '='. */
static int read_group(const char *text, size_t padding, uint8_t *out) {
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i < 4 - padding ? value_of(text[i]) : 0;
        if (value == 64)
            return TW_E_PARSE;
        group = group << 6 | value;
    }
    uint32_t unused = padding == 2 ? 0xFFFF : padding == 1 ? 0xFF : 0;
    if (group & unused)
        return TW_E_PARSE;
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (uint8_t)(group >> (16 - 8 * i));
    return 0;
}

int tw_base64_read(const char *text, size_t length, uint8_t *out, size_t *ret_size) {
    if (length % 4 != 0)
        return TW_E_PARSE;
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    size_t size = 0;
    for (size_t at = 0; at < length; at += 4) {
        size_t here = at + 4 == length ? padding : 0;
        int status = read_group(text + at, here, out + size);
        if (status != 0)
            return status;
        size += 3 - here;
    }
    *ret_size = size;
    return 0;
}
