/* The list of errors as text, and the line that goes with one. Pure. */
#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct error_text {
    const char *name, *happened, *remedy;
};

static const struct error_text error_texts[] = {
#define TW_ERROR(number, name, happened, remedy) [number] = {#name, happened, remedy},
#include "tradewal_errors.def"
#undef TW_ERROR
};

static const struct error_text unknown_error = {
    "UNKNOWN", "the number is not an error of tradewal",
    "check that the library is as new as the program that uses it"};

static const struct error_text *find_error(int code) {
    int64_t number = -(int64_t)code;
    int64_t count = (int64_t)(sizeof error_texts / sizeof error_texts[0]);
    /* Numbers are never reused, so the table may have holes. */
    if (number <= 0 || number >= count || !error_texts[number].name)
        return &unknown_error;
    return &error_texts[number];
}

const char *tw_error_name(int code) {
    return find_error(code)->name;
}

const char *tw_error_happened(int code) {
    return find_error(code)->happened;
}

const char *tw_error_remedy(int code) {
    return find_error(code)->remedy;
}

const char *tw_version(void) {
    return TW_VERSION;
}

/* Marks a line that was cut, without leaving half a character before the mark. */
static void end_cut_line(char *text, size_t room) {
    size_t at = room - sizeof "...";
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    memcpy(text + at, "...", sizeof "...");
}

static void format_line(char *text, size_t room, const char *format, va_list arguments) {
    int length = vsnprintf(text, room, format, arguments);
    assert(length >= 0);
    if ((size_t)length >= room)
        end_cut_line(text, room);
}

int tw_fail(tw_error *why, int code, const char *format, ...) {
    assert(code < 0);
    if (!why)
        return code;
    /* The arguments may point into why->text. */
    char line[sizeof why->text];
    va_list arguments;
    va_start(arguments, format);
    format_line(line, sizeof line, format, arguments);
    va_end(arguments);
    why->code = code;
    memcpy(why->text, line, strlen(line) + 1);
    return code;
}

int tw_fail_in(tw_error *why, int code, const char *format, ...) {
    assert(code < 0);
    if (!why)
        return code;
    char context[sizeof why->text];
    va_list arguments;
    va_start(arguments, format);
    format_line(context, sizeof context, format, arguments);
    va_end(arguments);
    return tw_fail(why, code, "%s: %s", context, why->text);
}
