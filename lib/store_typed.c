/* tw_append_<event>: one call per event type, expanded from the one list. */
#include <string.h>

#include "base/error.h"
#include "tradewal.h"

/* A caller built against an earlier header has a shorter struct: what it lacks is not known. */
#define TW_EVENT(number, name, sentence)                                                           \
    int tw_append_##name(tw_store *store, const tw_##name *event, uint64_t *ret_seq,               \
                         tw_error *why) {                                                          \
        if (!event || event->size <= sizeof event->size)                                           \
            return tw_fail(why, TW_E_INVALID, #name ": the event is NULL or its size is not set"); \
        tw_event whole = {.size = sizeof whole, .type = number};                                   \
        size_t known = event->size < sizeof *event ? event->size : sizeof *event;                  \
        memcpy(&whole.as.name, event, known);                                                      \
        return tw_append(store, &whole, ret_seq, why);                                             \
    }
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
