/* Changes of bytes for the tests of a fuzz target: what a mutator of libFuzzer does, by a seed. */
#ifndef TW_TEST_MUTATE_H
#define TW_TEST_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "harness.h"

/* One change of bytes[0..size): a bit, a byte, eight bytes, a piece left out, put in twice or
 * moved, or a token (a list that ends with NULL; may be NULL) put in. Returns the new size, at most
 * room. */
size_t mutate_once(struct random *random, uint8_t *bytes, size_t size, size_t room,
                   const char *const *tokens);

#endif
