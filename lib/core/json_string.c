/* JSON strings in: UTF-8 checked, escapes decoded, control characters and U+0000 refused. Pure. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/json_tree.h"

static int refuse(struct json_string *ret, const char *bad, const char *expected) {
    ret->bad = bad;
    ret->expected = expected;
    return TW_E_PARSE;
}

/* The closing quote, or NULL with the reason in ret. `seen` collects what the string is made of. */
static const char *find_quote(const char *at, const char *end, unsigned char *seen_bits,
                              int *seen_escape, struct json_string *ret) {
    for (; at < end && *at != '"'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20) {
            refuse(ret, at, "control characters in a string as \\u escapes");
            return NULL;
        }
        *seen_bits |= c;
        if (c == '\\') {
            *seen_escape = 1;
            if (at + 1 < end && (unsigned char)at[1] >= 0x20)
                at++;
        }
    }
    if (at < end)
        return at;
    refuse(ret, end, "a closing quote");
    return NULL;
}

/* The first byte of what is not UTF-8, in text that is not. */
static const char *find_bad_utf8(const char *at, const char *end) {
    for (;;) {
        size_t left = (size_t)(end - at), size = 1;
        while (size <= 4 && size <= left && !tw_text_is_utf8(at, size))
            size++;
        if (size > 4 || size > left)
            return at;
        at += size;
    }
}

/* Four hex digits; -1 when they are not. */
static int32_t read_hex(const char *at, const char *end) {
    if (end - at < 4)
        return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int32_t digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static char *write_utf8(char *out, int32_t character) {
    uint32_t c = (uint32_t)character;
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 63));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 63));
        *out++ = (char)(0x80 | (c >> 6 & 63));
    }
    *out++ = (char)(0x80 | (c & 63));
    return out;
}

/* The digits of a \u escape at *at, and of its second half where it is a pair. */
static int read_unicode(const char **at, const char *end, char **out, struct json_string *ret) {
    const char *escape = *at - 2;
    int32_t character = read_hex(*at, end);
    if (character < 0)
        return refuse(ret, escape, "four hex digits after \\u");
    if (character == 0)
        return refuse(ret, escape, "a string without U+0000");
    *at += 4;
    if (character >= 0xDC00 && character <= 0xDFFF)
        return refuse(ret, escape, "no second half of a surrogate pair alone");
    if (character >= 0xD800 && character <= 0xDBFF) {
        int32_t low =
            end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? read_hex(*at + 2, end) : -1;
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse(ret, escape, "both halves of a surrogate pair");
        *at += 6;
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
    }
    *out = write_utf8(*out, character);
    return 0;
}

/* An escape is never shorter than what it stands for, so the text fits where the input did. */
static int decode(const char *at, const char *end, char *out, struct json_string *ret) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    while (at < end) {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        at += 2;
        assert(at <= end);
        if (at[-1] == 'u') {
            int status = read_unicode(&at, end, &out, ret);
            if (status != 0)
                return status;
            continue;
        }
        const char *found = strchr(from, at[-1]);
        if (!found)
            return refuse(ret, at - 2, "one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
        *out++ = to[found - from];
    }
    ret->size = (size_t)(out - ret->text);
    return 0;
}

int tw_json_read_string(struct json_arena *arena, const char *at, const char *end,
                        struct json_string *ret) {
    assert(at < end && *at == '"');
    unsigned char bits = 0;
    int escapes = 0;
    const char *quote = find_quote(++at, end, &bits, &escapes, ret);
    if (!quote)
        return TW_E_PARSE;
    size_t size = (size_t)(quote - at);
    if ((bits & 0x80 || escapes) && !tw_text_is_utf8(at, size))
        return refuse(ret, find_bad_utf8(at, quote), "UTF-8");
    char *text = tw_json_take(arena, size + 1);
    if (!text)
        return TW_E_NOMEM;
    ret->text = text;
    ret->size = size;
    ret->after = quote + 1;
    if (!escapes)
        memcpy(text, at, size);
    else if (decode(at, quote, text, ret) != 0)
        return TW_E_PARSE;
    text[ret->size] = '\0';
    return 0;
}
