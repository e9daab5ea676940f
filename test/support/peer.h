/* What a peer says, as the tape that a conversation with it would leave. */
#ifndef TW_TEST_PEER_H
#define TW_TEST_PEER_H

#include "base/buffer.h"

/* A payload of one byte stands for what no message can say: nothing came for as long as was waited,
 * and the peer was gone and came back. */
enum { PEER_SILENT = 'S', PEER_GONE = 'C' };

/* A connection of such bytes, which comes in pieces of that many and then ends, behind what `out`
 * holds: the first line of a tape at least. */
void peer_tape(struct buffer *out, const char *bytes, size_t size, size_t piece);

/* The first line of a tape whose client may use two ids and names the trader's. */
void peer_first_line(struct buffer *out);

/* A path that reads what the buffer holds; good until the next call. */
const char *peer_path(const struct buffer *tape);

#endif
