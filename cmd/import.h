/* A trader_state.json of the reference trader, as import takes it. */
#ifndef TW_CMD_IMPORT_H
#define TW_CMD_IMPORT_H

#include "core/json_read.h"
#include "feed.h"

/* 1 when the object is a trader_state.json of the reference trader. */
int tw_import_is_trader_state(const struct json *root);

/* Its positions, attempts, result and counters as events. 0, or an exit status after telling. */
int tw_import_trader_state(struct feed *feed, const struct json *root);

#endif
