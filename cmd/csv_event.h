/* Events as CSV: one column per field name of the one list. */
#ifndef TW_CMD_CSV_EVENT_H
#define TW_CMD_CSV_EVENT_H

#include "base/buffer.h"
#include "base/zone.h"
#include "tradewal.h"

enum { TW_CSV_COLUMNS_MAX = 160 };

/* Every field name once, in the order of the list. */
struct csv_columns {
    const char *names[TW_CSV_COLUMNS_MAX];
    size_t count;
};
void tw_csv_columns(struct csv_columns *ret);

/* Without a line end. */
void tw_csv_header(struct buffer *out, const struct csv_columns *columns);
void tw_csv_event(struct buffer *out, const struct csv_columns *columns, const tw_event *event,
                  const struct zone *zone);

/* One value in quotes. What came from outside is escaped, and where a spreadsheet would take it for
 * a formula it gets an apostrophe in front. NULL is empty. */
void tw_csv_text(struct buffer *out, const char *text, size_t length, int from_outside);

#endif
