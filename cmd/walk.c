/* Records across the days of a journal, filtered. */
#include "walk.h"

#include <string.h>

#include "core/schema.h"
#include "event_text.h"
#include "out.h"

static int take_type(const struct arguments *arguments, int64_t *ret) {
    const char *name = tw_arguments_value(arguments, "type");
    if (!name)
        return 0;
    const struct event_type *type = tw_schema_type_named(name);
    if (!type)
        return tw_arguments_wrong(arguments->command,
                                  "--type is %s, expected an event type such as fill", name);
    *ret = type->number;
    return 0;
}

int tw_walk_filter(const struct view *view, const struct arguments *arguments, struct filter *ret) {
    *ret = (struct filter){0};
    int status = tw_view_moment(view, arguments, "since", &ret->since_ns);
    if (status == 0)
        status = tw_view_moment(view, arguments, "until", &ret->until_ns);
    if (status == 0 && tw_arguments_knows(arguments, "type")) {
        status = take_type(arguments, &ret->type);
        ret->symbol = tw_arguments_value(arguments, "symbol");
        ret->order = tw_arguments_value(arguments, "order");
        ret->exec = tw_arguments_value(arguments, "exec");
    }
    return status;
}

static int has_text(const tw_event *event, const char *name, const char *wanted) {
    const char *text = tw_event_text(event, name);
    return text && strcmp(text, wanted) == 0;
}

int tw_walk_matches(const struct filter *filter, const tw_event *event) {
    if (filter->since_ns && event->time_ns < filter->since_ns)
        return 0;
    if (filter->until_ns && event->time_ns > filter->until_ns)
        return 0;
    if (filter->type && event->type != filter->type)
        return 0;
    if (filter->symbol && !has_text(event, "symbol", filter->symbol) &&
        !has_text(event, "scope", filter->symbol))
        return 0;
    if (filter->order && !has_text(event, "order_ref", filter->order) &&
        !has_text(event, "about", filter->order))
        return 0;
    return !filter->exec || has_text(event, "exec_id", filter->exec) ||
           has_text(event, "corrects", filter->exec) ||
           has_text(event, "superseded_by", filter->exec) || has_text(event, "about", filter->exec);
}

void tw_walk_days(const struct view *view, const struct filter *filter, int all, int date_given,
                  size_t *ret_first, size_t *ret_end) {
    *ret_first = 0;
    *ret_end = view->date_count;
    if (all || (!date_given && filter->since_ns) || view->date_count == 0)
        return;
    for (size_t i = 0; i < view->date_count; i++)
        if (view->dates[i] == view->date)
            *ret_first = i;
    *ret_end = *ret_first + 1;
    if (!date_given && filter->until_ns)
        *ret_first = 0;
}

static int walk_day(const struct view *view, int64_t date, uint64_t from_seq,
                    const struct filter *filter, int (*take)(void *context, const tw_event *event),
                    void *context) {
    tw_error why = {0};
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    int status = 0;
    int more = tw_cursor_open(view->journal, date, from_seq, &cursor, &why);
    while (more == 0 && status == 0 && (more = tw_cursor_next(cursor, &event, &why)) == 1) {
        more = 0;
        if (tw_walk_matches(filter, &event))
            status = take(context, &event);
        if (tw_out_broken())
            break;
    }
    if (more < 0)
        status = tw_out_error(&why);
    tw_cursor_close(cursor);
    return status;
}

/* A day that ended before the first moment asked for need not be read. */
static int ended_before(const struct view *view, int64_t date, int64_t since_ns) {
    tw_day day = {.size = sizeof day};
    return since_ns && tw_journal_day(view->journal, date, &day, NULL) == 0 &&
           day.last_time_ns < since_ns;
}

int tw_walk(const struct view *view, size_t first, size_t end, uint64_t from_seq,
            const struct filter *filter, int (*take)(void *context, const tw_event *event),
            void *context) {
    int status = 0;
    for (size_t i = first; status == 0 && i < end && !tw_out_broken(); i++)
        if (!ended_before(view, view->dates[i], filter->since_ns))
            status = walk_day(view, view->dates[i], from_seq, filter, take, context);
    return status;
}
