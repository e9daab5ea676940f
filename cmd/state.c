/* tradewal state: the state now, at a time, or after a record. */
#include "core/state.h"

#include <inttypes.h>

#include "arguments.h"
#include "core/json_write.h"
#include "out.h"
#include "summary.h"
#include "view.h"

static void print_text(const struct view *view, const struct state *state) {
    struct buffer out = {0};
    tw_summary_label(&out, "State");
    if (state->last_seq) {
        tw_moment_day_clock(&out, state->last_time_ns, view->zone);
        tw_buffer_format(&out, " after seq %" PRIu64 "\n", state->last_seq);
    } else {
        tw_buffer_text(&out, "no records yet\n");
    }
    tw_summary_positions(&out, state);
    tw_summary_attempts(&out, state);
    tw_summary_today(&out, state);
    tw_summary_gates(&out, state, view->zone);
    tw_summary_findings(&out, state);
    tw_summary_orders(&out, state, view->zone);
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

static void print_json(const struct view *view, const struct state *state) {
    struct buffer out = {0};
    tw_json_state(&out, state, view->zone);
    tw_buffer_char(&out, '\n');
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

static int print(const struct view *view, const struct state *state, enum format format,
                 const struct arguments *arguments) {
    (void)arguments;
    if (format == FORMAT_JSON)
        print_json(view, state);
    else
        print_text(view, state);
    return EXIT_FINE;
}

static int run(const struct arguments *arguments) {
    return tw_view_run(arguments, FORMAT_TEXT | FORMAT_JSON, print);
}

static const struct option_row options[] = {
    {0, "at", "TIME", "after the last record stamped at or before TIME"},
    {0, "at-seq", "N", "after record N"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default) or json"},
    {0},
};

const struct command tw_command_state = {
    .name = "state",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "Positions, attempts, P&L, orders and gates: now, or at a point.",
    .text = "TIME is 10:05, 10:05:47.112, 2025-10-06 10:05, RFC 3339, or -15m before the last\n"
            "record; without a zone it is in the journal's.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
