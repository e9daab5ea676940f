/* What one event changed in the state, in words. */
#ifndef TW_CMD_CHANGES_H
#define TW_CMD_CHANGES_H

#include "base/buffer.h"
#include "core/state.h"

enum { TW_CHANGES_MAX = 8, TW_CHANGE_BYTES = 160 };

/* The parts of a state that an event may touch, as text. */
struct picture {
    struct {
        char what[TW_CHANGE_BYTES];
        char value[TW_CHANGE_BYTES];
    } parts[TW_CHANGES_MAX];
    size_t count;
};

/* Takes the picture of what the event is about: its symbol's position, stop, attempts and result,
 * its order, the day's result, gates and findings. */
void tw_changes_picture(const struct state *state, const tw_event *event, struct picture *ret);

#endif
