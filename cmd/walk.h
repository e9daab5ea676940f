/* Records across the days of a journal, filtered. */
#ifndef TW_CMD_WALK_H
#define TW_CMD_WALK_H

#include <stdint.h>

#include "view.h"

struct filter {
    int64_t since_ns, until_ns; /* both included; 0: no limit */
    int64_t type;               /* 0: all; TW_TYPE_OPAQUE cannot be asked for */
    const char *symbol, *order, *exec;
};

/* --since, --until, --symbol, --type, --order, --exec, as far as the command has them. 0 or an exit
 * status after telling. */
int tw_walk_filter(const struct view *view, const struct arguments *arguments, struct filter *ret);
int tw_walk_matches(const struct filter *filter, const tw_event *event);

/* Which days are walked: [first, last) in view->dates. One day, unless `all` or a limit in time is
 * given without a date. */
void tw_walk_days(const struct view *view, const struct filter *filter, int all, int date_given,
                  size_t *ret_first, size_t *ret_end);

/* Calls `take` for every matching event of the days; a status other than 0 ends the walk and is
 * returned. from_seq 0: from the start. */
int tw_walk(const struct view *view, size_t first, size_t end, uint64_t from_seq,
            const struct filter *filter, int (*take)(void *context, const tw_event *event),
            void *context);

#endif
