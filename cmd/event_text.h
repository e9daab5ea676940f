/* Events in words. Everything that came from outside is escaped. */
#ifndef TW_CMD_EVENT_TEXT_H
#define TW_CMD_EVENT_TEXT_H

#include "base/buffer.h"
#include "base/zone.h"
#include "core/schema.h"
#include "tradewal.h"

/* "10:05:47.112     41  fill  TSLA  BUY 100 @ 445.25 ..." without a line end. */
void tw_event_line(struct buffer *out, const tw_event *event, const struct zone *zone);

/* Every field on a line of its own with its sentence. */
void tw_event_full(struct buffer *out, const tw_event *event, const struct zone *zone);

/* The value of a field as text; "-" where it is not known. */
void tw_event_value(struct buffer *out, const struct field *field, struct value value,
                    const struct zone *zone);

/* A text field of the event by its JSON name; NULL where it has none or it is not said. */
const char *tw_event_text(const tw_event *event, const char *name);

#endif
