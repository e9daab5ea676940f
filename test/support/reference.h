/* A second decoder of records: msgpack-c reads the body, and the one list says what it may be. It
 * asks nobody whether a form is the shortest: it encodes what it read and compares the bytes. */
#ifndef TW_TEST_REFERENCE_H
#define TW_TEST_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tradewal.h"

enum { REFERENCE_TEXT_BYTES = 256 * 1024 };

/* Where the texts of a decoded event lie. Zeroed is fresh. */
struct reference {
    struct buffer again;
    char text[REFERENCE_TEXT_BYTES];
    size_t used;
};

/* What is wrong with how our decoder took a record whose frame is good: it returned `status` and,
 * when that is 0, the event. NULL when there is nothing. */
const char *reference_objects(struct reference *reference, const uint8_t *record, size_t size,
                              int status, const tw_event *event);

/* Makes the frame of a record good, whatever its body is: magic, version, a seq, size and CRC. The
 * type stays. At least TW_RECORD_HEADER_BYTES bytes. */
void reference_seal(uint8_t *record, size_t size);

void reference_free(struct reference *reference);

#endif
