/* UTF-8, and making text from outside safe to show. Pure. */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "base/word.h"

enum { NAME_BYTES = 64, ESCAPE_BYTES = 4 };

/* Bytes of the well-formed character at the start of the text (RFC 3629), 0 if there is none. */
static size_t decode_character(const unsigned char *text, size_t length, uint32_t *ret) {
    if (length == 0)
        return 0;
    unsigned char first = text[0];
    if (first < 0x80) {
        *ret = first;
        return 1;
    }
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || length < size)
        return 0;
    uint32_t character = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (text[i] & 0x3F);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (character < least[size] || character > 0x10FFFF ||
        (character >= 0xD800 && character <= 0xDFFF))
        return 0;
    *ret = character;
    return size;
}

/* Characters that change how the text around them is read or shown. */
static int is_hidden(uint32_t character) {
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F},
        {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return 1;
    return 0;
}

/* Bytes of the clean character at the start of the text, 0 if there is none. */
static size_t clean_character(const char *text, size_t length) {
    uint32_t character;
    size_t size = decode_character((const unsigned char *)text, length, &character);
    return size > 0 && !is_hidden(character) ? size : 0;
}

int tw_text_is_utf8(const char *text, size_t length) {
    uint32_t character;
    for (size_t at = 0, size; at < length; at += size) {
        size = decode_character((const unsigned char *)text + at, length - at, &character);
        if (size == 0)
            return 0;
    }
    return 1;
}

/* Eight bytes that are all printable ASCII: none with the high bit, below a space, or DEL. */
static int are_printable(uint64_t word) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return ((word | (word + ones) | (word - ones * 0x20)) & ones * 0x80) == 0;
}

/* Character by character, for what is not all printable ASCII. */
static int are_clean_characters(const char *text, size_t length) {
    for (size_t at = 0, size; at < length; at += size) {
        if (length - at >= 8 && are_printable(tw_word(text + at))) {
            size = 8;
            continue;
        }
        size = clean_character(text + at, length - at);
        if (size == 0)
            return 0;
    }
    return 1;
}

/* Nearly all text is printable ASCII, and that of every event is looked at. */
int tw_text_is_clean(const char *text, size_t length) {
    size_t at = 0;
    if (length == 0 || (length < 8 && are_printable(tw_word_short(text, length))))
        return 1;
    while (length - at >= 8 && are_printable(tw_word(text + at)))
        at += 8;
    /* What is left is the end of the last eight bytes. */
    if (length >= 8 && length - at < 8 && are_printable(tw_word(text + length - 8)))
        return 1;
    return are_clean_characters(text + at, length - at);
}

static int is_name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

int tw_text_is_name(const char *text) {
    if (!text || text[0] == '.' || text[0] == '-')
        return 0;
    size_t length = 0;
    for (; text[length]; length++)
        if (length == NAME_BYTES || !is_name_character(text[length]))
            return 0;
    return length > 0;
}

/* The next piece to show: a clean character as it is, or one byte as an escape. Writes at most
 * ESCAPE_BYTES, sets how many, and returns how many bytes of the text it stands for. */
static size_t show_piece(const char *text, size_t length, char piece[ESCAPE_BYTES],
                         size_t *piece_size) {
    static const char digits[] = "0123456789abcdef";
    size_t size = clean_character(text, length);
    if (size > 0) {
        memcpy(piece, text, size);
        *piece_size = size;
        return size;
    }
    unsigned char byte = (unsigned char)text[0];
    piece[0] = '\\';
    piece[1] = 'x';
    piece[2] = digits[byte >> 4];
    piece[3] = digits[byte & 15];
    *piece_size = ESCAPE_BYTES;
    return 1;
}

void tw_text_escape(struct buffer *out, const char *text, size_t length) {
    char piece[ESCAPE_BYTES];
    size_t piece_size;
    for (size_t at = 0; at < length;) {
        at += show_piece(text + at, length - at, piece, &piece_size);
        tw_buffer_put(out, piece, piece_size);
    }
}

const char *tw_text_show(const char *text, size_t length, char *out, size_t room) {
    static const char mark[] = "...";
    if (room == 0)
        return "";
    char piece[ESCAPE_BYTES];
    size_t piece_size;
    size_t used = 0, cut = 0; /* cut: the last end of a piece that leaves room for the mark */
    for (size_t at = 0; at < length;) {
        at += show_piece(text + at, length - at, piece, &piece_size);
        if (used + piece_size >= room) {
            size_t dots = room - 1 - cut < sizeof mark - 1 ? room - 1 - cut : sizeof mark - 1;
            memcpy(out + cut, mark, dots);
            used = cut + dots;
            break;
        }
        memcpy(out + used, piece, piece_size);
        used += piece_size;
        if (used + sizeof mark <= room)
            cut = used;
    }
    out[used] = '\0';
    return out;
}
