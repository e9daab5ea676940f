/* UTF-8, and making text from outside safe to show. Pure. */
#ifndef TW_BASE_TEXT_H
#define TW_BASE_TEXT_H

#include <stddef.h>

#include "base/buffer.h"

/* Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
int tw_text_is_utf8(const char *text, size_t length);

/* As above and without C0, DEL, C1, bidirectional controls, U+2028, U+2029 and U+FEFF. */
int tw_text_is_clean(const char *text, size_t length);

/* A name that may become a file name: [A-Za-z0-9._-]{1,64}, not starting with '.' or '-'. */
int tw_text_is_name(const char *text);

/* Appends the text with everything that is not clean shown as \xNN, byte by byte. A backslash stays
 * as it is: this is for showing, not for reading back. */
void tw_text_escape(struct buffer *out, const char *text, size_t length);

/* The same for error lines: at most `room` bytes with the NUL, "..." where it was cut. Returns
 * `out`, or "" when there is no room at all. */
const char *tw_text_show(const char *text, size_t length, char *out, size_t room);

#endif
