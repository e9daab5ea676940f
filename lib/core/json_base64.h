/* Base64 of RFC 4648 with padding, nothing looser. Pure. */
#ifndef TW_CORE_JSON_BASE64_H
#define TW_CORE_JSON_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

void tw_base64_put(struct buffer *out, const void *data, size_t size);

/* Writes at most length / 4 * 3 bytes. TW_E_PARSE for blanks, missing padding, foreign characters
 * and bits set behind the last byte: there is one text for any bytes. */
int tw_base64_read(const char *text, size_t length, uint8_t *out, size_t *ret_size);

#endif
