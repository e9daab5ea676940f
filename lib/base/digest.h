/* CRC32C (RFC 3720) by hand, SHA-256 from nettle. Pure. */
#ifndef TW_BASE_DIGEST_H
#define TW_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { TW_DIGEST_BYTES = 32, TW_DIGEST_TEXT_BYTES = 65 };

/* Continues from `crc`, 0 at the start. Hardware where there is some, chosen once. */
uint32_t tw_crc32c(uint32_t crc, const void *data, size_t size);

/* The same by table, for the test that compares the two. */
uint32_t tw_crc32c_table(uint32_t crc, const void *data, size_t size);

void tw_sha256(const void *data, size_t size, uint8_t ret[TW_DIGEST_BYTES]);

/* SHA-256 of `before` followed by the data: one link of the chain. ret may be before. */
void tw_chain(const uint8_t before[TW_DIGEST_BYTES], const void *data, size_t size,
              uint8_t ret[TW_DIGEST_BYTES]);

void tw_digest_text(const uint8_t digest[TW_DIGEST_BYTES], char out[TW_DIGEST_TEXT_BYTES]);
int tw_digest_parse(const char *text,
                    uint8_t ret[TW_DIGEST_BYTES]); /* 64 hex digits of either case; TW_E_PARSE */

#endif
