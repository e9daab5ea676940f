/* Conversations with TWS that end well, made of messages; and what may become of them. */
#ifndef TW_TEST_TALKS_H
#define TW_TEST_TALKS_H

#include "wire.h"

enum { TALK_MESSAGES = 256 };

/* Payloads in the order in which they come. */
struct talk {
    struct buffer payloads[TALK_MESSAGES];
    size_t count;
};

/* How many there are: one more where the recorded messages of live gateways are at hand. Where they
 * are not that is said once. */
int talk_count(void);

/* 0: messages made by hand; 1: recorded ones. Ask talk_count first. */
void talk_open(struct talk *talk, int index);
void talk_close(struct talk *talk);

/* All of it as the bytes of a connection. */
void talk_bytes(const struct talk *talk, struct buffer *out);

/* One change: of a message, of the order of two, one less or twice, a silence, a new connection. */
void talk_change(struct random *random, struct talk *talk);

/* A tape of the test gateway, by its name below test/fixtures/tapes; there are eight. */
void talk_tape(struct buffer *out, const char *name);
const char *talk_tape_name(int index);

/* One change of a tape: a byte, a word, a line less or twice, an end. */
void talk_change_tape(struct random *random, struct buffer *tape);

#endif
