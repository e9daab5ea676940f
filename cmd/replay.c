/* tradewal replay: steps through a day and prints what each event changed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "base/decimal.h"
#include "changes.h"
#include "core/fold.h"
#include "core/json_write.h"
#include "core/schema.h"
#include "event_text.h"
#include "out.h"
#include "view.h"

struct replay {
    const struct view *view;
    tw_state *state;
    enum format format;
    uint64_t until_seq; /* 0: no limit */
    int nothing;        /* 1: the point lies before the first record */
    int64_t break_type; /* the same */
    int64_t speed_e8;   /* times real time; 0: as fast as it goes */
    int64_t last_ns;    /* time of the event before */
    struct picture before, after;
    struct buffer out; /* reused */
};

static void put_text(struct replay *replay, const tw_event *event) {
    enum { INDENT = 22 };
    struct buffer *out = &replay->out;
    tw_event_line(out, event, replay->view->zone);
    tw_buffer_char(out, '\n');
    for (size_t i = 0; i < replay->after.count && i < replay->before.count; i++) {
        const char *before = replay->before.parts[i].value, *after = replay->after.parts[i].value;
        if (strcmp(before, after) != 0)
            tw_buffer_format(out, "%*s%s: %s -> %s\n", INDENT, "", replay->after.parts[i].what,
                             before, after);
    }
}

static void put_json(struct replay *replay, const tw_event *event) {
    struct buffer *out = &replay->out;
    const char *comma = "";
    tw_buffer_text(out, "{\"event\":");
    tw_json_event(out, event, replay->view->zone);
    tw_buffer_text(out, ",\"changes\":[");
    for (size_t i = 0; i < replay->after.count && i < replay->before.count; i++) {
        const char *before = replay->before.parts[i].value, *after = replay->after.parts[i].value;
        const char *what = replay->after.parts[i].what;
        if (strcmp(before, after) == 0)
            continue;
        tw_buffer_format(out, "%s{\"what\":", comma);
        tw_json_text(out, what, strlen(what));
        tw_buffer_text(out, ",\"before\":");
        tw_json_text(out, before, strlen(before));
        tw_buffer_text(out, ",\"after\":");
        tw_json_text(out, after, strlen(after));
        tw_buffer_char(out, '}');
        comma = ",";
    }
    tw_buffer_text(out, "]}\n");
}

/* Waits as long as the day did between the two events, divided by the speed. */
static int wait_for(const struct replay *replay, const tw_event *event) {
    enum { LONGEST_MS = 60000 };
    if (!replay->speed_e8 || !replay->last_ns || event->time_ns <= replay->last_ns)
        return 0;
    tw_int128 wait_ns = (tw_int128)(event->time_ns - replay->last_ns) * TW_E8 / replay->speed_e8;
    tw_int128 wait_ms = wait_ns / 1000000;
    tw_out_flush();
    return tw_out_reader_gone(wait_ms < LONGEST_MS ? (int)wait_ms : LONGEST_MS);
}

/* 1 to go on, 0 when the point is reached, negative: an error in `why`. */
static int step(struct replay *replay, const tw_event *event, tw_error *why) {
    if ((replay->until_seq && event->seq > replay->until_seq) || wait_for(replay, event))
        return 0;
    replay->last_ns = event->time_ns;
    tw_changes_picture(replay->state, event, &replay->before);
    int result = tw_fold_decoded(replay->state, event, why);
    if (result != 0)
        return result;
    tw_changes_picture(replay->state, event, &replay->after);
    tw_buffer_clear(&replay->out);
    if (replay->format == FORMAT_JSON)
        put_json(replay, event);
    else
        put_text(replay, event);
    tw_out_buffer(&replay->out);
    if (replay->break_type && event->type == replay->break_type) {
        if (replay->format == FORMAT_TEXT)
            tw_out_format("stopped after seq %" PRIu64 ": %s\n", event->seq,
                          tw_type_name(event->type));
        return 0;
    }
    return tw_out_broken() ? 0 : 1;
}

static int replay_day(struct replay *replay) {
    tw_error why = {0};
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    int status = 0, more;
    if (replay->view->date == 0 || replay->nothing)
        return 0;
    more = tw_cursor_open(replay->view->journal, replay->view->date, 0, &cursor, &why);
    for (int go_on = 1; more >= 0 && go_on > 0;) {
        more = tw_cursor_next(cursor, &event, &why);
        if (more != 1)
            break;
        go_on = step(replay, &event, &why);
        if (go_on < 0)
            more = go_on;
    }
    if (more < 0)
        status = tw_out_error(&why);
    tw_cursor_close(cursor);
    return status;
}

static int take_options(struct replay *replay, const struct arguments *arguments) {
    const char *type = tw_arguments_value(arguments, "break");
    const char *speed = tw_arguments_value(arguments, "speed");
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &replay->format);
    if (status == 0)
        status = tw_arguments_number(arguments, "until-seq", &replay->until_seq);
    if (status == 0 && type) {
        const struct event_type *known = tw_schema_type_named(type);
        if (!known)
            return tw_arguments_wrong(arguments->command,
                                      "--break is %s, expected an event type such as fill", type);
        replay->break_type = known->number;
    }
    if (status == 0 && speed &&
        (tw_decimal_parse(speed, strlen(speed), &replay->speed_e8) != 0 || replay->speed_e8 <= 0))
        return tw_arguments_wrong(arguments->command,
                                  "--speed is %s, expected a number above 0 such as 10", speed);
    return status;
}

/* --until names the last record stamped at or before it: stamps need not ascend. */
static int take_until(struct replay *replay, struct view *view, const struct arguments *arguments) {
    int64_t until_ns = 0;
    if (replay->until_seq && !tw_arguments_given(arguments, "date"))
        return tw_view_date_of_seq(view, replay->until_seq, &view->date);
    int status = tw_view_moment(view, arguments, "until", &until_ns);
    if (status == 0 && until_ns) {
        status = tw_view_seq_at(view, until_ns, &replay->until_seq);
        replay->nothing = replay->until_seq == 0;
    }
    return status;
}

static int run(const struct arguments *arguments) {
    struct view view;
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return tw_out_memory();
    int status = take_options(replay, arguments);
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status == 0) {
        replay->view = &view;
        status = take_until(replay, &view, arguments);
        if (status == 0 && tw_state_new(&replay->state) != 0)
            status = tw_out_memory();
        if (status == 0)
            status = replay_day(replay);
        tw_view_close(&view);
    }
    tw_state_free(replay->state);
    tw_buffer_free(&replay->out);
    free(replay);
    return status;
}

static const struct option_row options[] = {
    {0, "until", "TIME", "not beyond TIME"},
    {0, "until-seq", "N", "not beyond record N"},
    {0, "break", "TYPE", "stop after the first event of this type"},
    {0, "speed", "X", "X times as fast as the day was (default: without waiting)"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default) or json (one object a line)"},
    {0},
};

const struct command tw_command_replay = {
    .name = "replay",
    .group = "crash",
    .words = "[JOURNAL]",
    .summary = "Step through a day, printing what each event changed.",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
