/* tradewal log: the events, filtered, from either end, as they come. */
#include <stdlib.h>

#include "arguments.h"
#include "core/json_write.h"
#include "event_text.h"
#include "near.h"
#include "out.h"
#include "walk.h"

enum { CHUNK = 1024, FOLLOW_LINES = 10, POLL_MS = 200 };

struct log {
    struct view *view;
    struct filter filter;
    enum format format;
    struct buffer lines; /* rendered; reused */
    size_t ends[CHUNK];  /* of each line of a stretch that is printed backwards */
    uint64_t wanted;     /* -n; 0: all */
    uint64_t found;      /* matches so far, from the end */
    uint64_t start_seq;  /* the oldest of them */
    uint64_t last_seq;   /* printed or passed over last */
    int printed;
};

static void render(struct log *log, const tw_event *event) {
    if (log->format == FORMAT_JSON)
        tw_json_event(&log->lines, event, log->view->zone);
    else
        tw_event_line(&log->lines, event, log->view->zone);
    tw_buffer_char(&log->lines, '\n');
}

static int print_event(void *context, const tw_event *event) {
    struct log *log = context;
    tw_buffer_clear(&log->lines);
    render(log, event);
    tw_out_buffer(&log->lines);
    log->printed = 1;
    if (event->seq > log->last_seq)
        log->last_seq = event->seq;
    return 0;
}

static void print_backwards(struct log *log, size_t count, size_t most) {
    for (size_t i = count; i-- > 0 && most-- > 0;) {
        size_t from = i ? log->ends[i - 1] : 0;
        struct buffer line = {.data = log->lines.data + from,
                              .size = log->ends[i] - from,
                              .failed = log->lines.failed};
        tw_out_buffer(&line);
    }
}

/* One stretch of at most CHUNK records, gone through forwards because cursors only go that way. */
static int look_at_chunk(struct log *log, int64_t date, uint64_t from, uint64_t to, int print) {
    tw_error why = {0};
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    uint64_t seqs[CHUNK];
    size_t count = 0;
    int more = tw_cursor_open(log->view->journal, date, from, &cursor, &why);
    tw_buffer_clear(&log->lines);
    while (more == 0 && (more = tw_cursor_next(cursor, &event, &why)) == 1 && event.seq <= to) {
        more = 0;
        if (count == CHUNK || !tw_walk_matches(&log->filter, &event))
            continue;
        if (print)
            render(log, &event);
        log->ends[count] = log->lines.size;
        seqs[count++] = event.seq;
    }
    tw_cursor_close(cursor);
    if (more < 0)
        return tw_out_error(&why);
    size_t most =
        log->wanted && log->wanted - log->found < count ? log->wanted - log->found : count;
    if (print)
        print_backwards(log, count, most);
    if (most > 0)
        log->start_seq = seqs[count - most];
    log->found += most;
    return 0;
}

/* From the newest record back until enough were found: prints them, or only finds the oldest. */
static int go_backwards(struct log *log, size_t first, size_t end, int print) {
    for (size_t i = end; i-- > first;) {
        tw_error why = {0};
        tw_day day = {.size = sizeof day};
        if (tw_journal_day(log->view->journal, log->view->dates[i], &day, &why) != 0)
            return tw_out_error(&why);
        if (log->filter.since_ns && day.last_time_ns < log->filter.since_ns)
            continue;
        for (uint64_t to = day.last_seq; day.first_seq && to >= day.first_seq;) {
            uint64_t from = to - day.first_seq >= CHUNK ? to - CHUNK + 1 : day.first_seq;
            int status = look_at_chunk(log, day.trading_date, from, to, print);
            if (status != 0)
                return status;
            if ((log->wanted && log->found == log->wanted) || tw_out_broken())
                return 0;
            to = from - 1;
        }
    }
    return 0;
}

/* Prints what the cursor still has. 0 or an exit status. */
static int drain(struct log *log, tw_cursor *cursor) {
    tw_error why = {0};
    tw_event event = {.size = sizeof event};
    int more;
    while ((more = tw_cursor_next(cursor, &event, &why)) == 1 && !tw_out_broken())
        if (event.seq > log->last_seq && tw_walk_matches(&log->filter, &event))
            print_event(log, &event);
    tw_out_flush();
    return more < 0 ? tw_out_error(&why) : 0;
}

/* Prints records as they become durable, over the change of days, until the reader goes away. */
static int follow(struct log *log) {
    struct view *view = log->view;
    tw_cursor *cursor = NULL;
    int64_t date = 0;
    int status = 0;
    while (status == 0 && !tw_out_broken()) {
        int64_t next = 0;
        if (cursor)
            status = drain(log, cursor);
        if (status == 0)
            status = tw_view_refresh(view);
        for (size_t i = view->date_count; status == 0 && i-- > 0;)
            if (view->dates[i] > date && (date != 0 || i + 1 == view->date_count))
                next = view->dates[i];
        if (status == 0 && next) {
            tw_error why = {0};
            tw_cursor_close(cursor);
            cursor = NULL;
            date = next;
            if (tw_cursor_open(view->journal, date, log->last_seq + 1, &cursor, &why) != 0)
                status = tw_out_error(&why);
        } else if (status == 0 && tw_out_reader_gone(POLL_MS)) {
            break;
        }
    }
    tw_cursor_close(cursor);
    return status;
}

static int print_log(struct log *log, const struct arguments *arguments) {
    size_t first, end;
    tw_walk_days(log->view, &log->filter, 0, tw_arguments_given(arguments, "date"), &first, &end);
    int following = tw_arguments_given(arguments, "follow");
    if (following && !log->wanted && !log->filter.since_ns)
        log->wanted = FOLLOW_LINES;
    /* What is there when this begins is printed first; following starts behind it. */
    if (following && log->view->date_count) {
        tw_day day = {.size = sizeof day};
        tw_error why = {0};
        int64_t newest = log->view->dates[log->view->date_count - 1];
        if (tw_journal_day(log->view->journal, newest, &day, &why) != 0)
            return tw_out_error(&why);
        log->last_seq = day.last_seq;
    }
    if (tw_arguments_given(arguments, "reverse"))
        return go_backwards(log, first, end, 1);
    int status = log->wanted ? go_backwards(log, first, end, 0) : 0;
    if (status == 0 && (!log->wanted || log->found))
        status = tw_walk(log->view, first, end, log->start_seq, &log->filter, print_event, log);
    return status == 0 && following ? follow(log) : status;
}

/* A symbol in small letters looks like one of which there is nothing. */
static void say_none_matched(const struct log *log) {
    tw_state *state = NULL;
    const char *near = NULL;
    if (log->filter.symbol && tw_view_state(log->view, 0, 0, &state, NULL) == 0)
        tw_near_symbol(state, log->filter.symbol, &near);
    if (near)
        tw_out_note("no event matched; did you mean the symbol %s?", near);
    else
        tw_out_note("no event matched");
    tw_state_free(state);
}

static int run(const struct arguments *arguments) {
    struct view view;
    struct log *log = calloc(1, sizeof *log);
    if (!log)
        return tw_out_memory();
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &log->format);
    if (status == 0)
        status = tw_arguments_number(arguments, "lines", &log->wanted);
    if (status == 0 && tw_arguments_given(arguments, "follow") &&
        tw_arguments_given(arguments, "reverse"))
        status =
            tw_arguments_wrong(arguments->command, "--follow and --reverse, expected one of them");
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status == 0) {
        log->view = &view;
        status = tw_walk_filter(&view, arguments, &log->filter);
        if (status == 0)
            status = print_log(log, arguments);
        int none = status == 0 && !log->printed && !log->found && !tw_out_broken();
        if (none && view.date_count)
            say_none_matched(log);
        else if (none)
            tw_out_note("the journal has no events yet");
        tw_view_close(&view);
    }
    tw_buffer_free(&log->lines);
    free(log);
    return status;
}

static const struct option_row options[] = {
    {'S', "since", "TIME", "not before TIME; goes back over days unless --date is given"},
    {'U', "until", "TIME", "not after TIME"},
    {'n', "lines", "N", "the newest N"},
    {'r', "reverse", NULL, "newest first"},
    {'f', "follow", NULL, "go on with what is appended from now on"},
    {0, "symbol", "SYMBOL", "only this symbol"},
    {0, "type", "TYPE", "only this type of event"},
    {0, "order", "REF", "only what is about this order"},
    {0, "exec", "ID", "only what is about this execution"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default) or json (one object a line)"},
    {0},
};

const struct command tw_command_log = {
    .name = "log",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "The events, filtered by time, symbol, type, order or execution.",
    .text = "TIME is 10:05, 10:05:47.112, 2025-10-06 10:05, RFC 3339, or -15m before the last\n"
            "record; without a zone it is in the journal's, as are all times that are shown; json\n"
            "adds the offset. With --follow, what is durable is printed as it comes; it never\n"
            "holds up the writer.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
