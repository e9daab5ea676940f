/* tradewal gate: show, close or clear the gates for new entries. */
#include <string.h>

#include "arguments.h"
#include "base/date.h"
#include "core/state.h"
#include "near.h"
#include "out.h"
#include "table.h"
#include "view.h"

static const struct column columns[] = {
    {"SCOPE", "scope", COLUMN_TEXT},
    {"SINCE", "since", COLUMN_TEXT},
    {"BY", "by", COLUMN_TEXT},
    {"REASON", "reason", COLUMN_TEXT},
};

static int list(const struct view *view, enum format format) {
    tw_state *state = NULL;
    int status = tw_view_state(view, 0, 0, &state, NULL);
    if (status != 0)
        return status;
    struct table *table = tw_table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < state->gate_count; i++) {
        const struct gate_data *gate = &state->gates[i];
        const char *scope = tw_state_text(state, gate->scope);
        tw_table_text(table, scope ? scope : "all");
        tw_table_time(table, gate->time_ns, view->zone);
        tw_table_text(table, tw_state_text(state, gate->by));
        tw_table_text(table, tw_state_text(state, gate->reason));
    }
    status = tw_table_print(table, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain("\n");
    else if (status == 0 && format == FORMAT_TEXT && tw_table_rows(table) == 0)
        tw_out_plain("No gate is closed.\n");
    tw_table_free(table);
    tw_state_free(state);
    return status;
}

/* What looks wrong about the change, before it is made. Sets *ret_needed to 0 where a gate that is
 * to be cleared is not closed. A symbol may be gated before anything is traded in it. */
static int check_change(const struct view *view, const tw_gate *gate, int *ret_needed) {
    tw_state *state = NULL;
    const char *near = NULL;
    int all = strcmp(gate->scope, "all") == 0;
    int status = tw_view_state(view, 0, 0, &state, NULL);
    if (status != 0)
        return status;
    int closed = 0;
    for (size_t i = 0; i < state->gate_count; i++) {
        const char *scope = tw_state_text(state, state->gates[i].scope);
        closed |= scope ? strcmp(scope, gate->scope) == 0 : all;
    }
    *ret_needed = gate->state == TW_GATE_CLOSED || closed;
    if (!all && !closed && !tw_near_symbol(state, gate->scope, &near))
        tw_out_note("warning: %s is not in this day of the journal%s%s%s", gate->scope,
                    near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    tw_state_free(state);
    return 0;
}

static int say_not_closed(const tw_gate *gate) {
    tw_out_plain("The gate was not closed in ");
    tw_out_text(strcmp(gate->scope, "all") == 0 ? "all symbols" : gate->scope);
    tw_out_plain(": nothing was recorded.\n");
    return EXIT_DIFFERENT;
}

static int change(const struct view *view, const tw_event *event) {
    tw_store *store = NULL;
    tw_error why = {0}, why_close = {0};
    int needed = 1;
    tw_writer writer = {.size = sizeof writer};
    int status = check_change(view, &event->as.gate, &needed);
    /* What a running writer has told last is not seen from here. */
    if (status == 0 && !needed &&
        (tw_journal_writer(view->journal, &writer, &why) != 0 || !writer.alive))
        return say_not_closed(&event->as.gate);
    if (status == 0)
        status = tw_view_write(view, &store);
    if (status != 0)
        return status;
    if (tw_append(store, event, NULL, &why) != 0)
        status = tw_out_error(&why);
    if (tw_close(store, "the gate has been recorded", &why_close) != 0 && status == 0)
        status = tw_out_error(&why_close);
    if (status == 0) {
        tw_out_plain(event->as.gate.state == TW_GATE_OPEN
                         ? "Cleared the gate: new entries may pass in "
                         : "Closed the gate: no new entries in ");
        tw_out_text(strcmp(event->as.gate.scope, "all") == 0 ? "all symbols"
                                                             : event->as.gate.scope);
        tw_out_plain(".\n");
    }
    return status;
}

/* Who closes a gate in the morning means the day to come. */
static void tell_date(const struct view *view) {
    char ended[TW_DATE_TEXT_BYTES], today[TW_DATE_TEXT_BYTES];
    if (!view->date || view->date >= tw_view_today(view))
        return;
    tw_date_format(view->date, ended);
    tw_date_format(tw_view_today(view), today);
    tw_out_note("that gate is of %s and ends with that day; --date %s is for today", ended, today);
}

static int take_change(const struct arguments *arguments, tw_event *event) {
    int close = tw_arguments_given(arguments, "close");
    const char *scope = tw_arguments_value(arguments, "symbol");
    tw_gate *gate = &event->as.gate;
    if (close && tw_arguments_given(arguments, "clear"))
        return tw_arguments_wrong(arguments->command, "--close and --clear, expected one of them");
    gate->scope = scope ? scope : "all";
    gate->state = close ? TW_GATE_CLOSED : TW_GATE_OPEN;
    gate->reason = tw_arguments_value(arguments, "reason");
    gate->by = tw_arguments_value(arguments, "by");
    if (!gate->reason)
        return tw_arguments_wrong(arguments->command, "no --reason, expected why it is decided");
    if (!gate->by)
        return tw_arguments_wrong(arguments->command, "no --by, expected who decides it");
    return 0;
}

static int run(const struct arguments *arguments) {
    struct view view;
    enum format format;
    tw_event event = {.size = sizeof event, .type = TW_TYPE_gate, .source = TW_SOURCE_OPERATOR};
    int changing = tw_arguments_given(arguments, "close") || tw_arguments_given(arguments, "clear");
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON | FORMAT_CSV, &format);
    if (status == 0 && changing)
        status = take_change(arguments, &event);
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    view.busy = "do not stop a trader for it: let the trader append it itself, with tw_append_gate";
    status = changing ? change(&view, &event) : list(&view, format);
    if (status == 0 && changing)
        tell_date(&view);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {0, "clear", NULL, "let new entries pass again"},
    {0, "close", NULL, "let no new entries pass"},
    {0, "symbol", "SYMBOL", "in this symbol only (default: in all)"},
    {0, "reason", "TEXT", "why; required with --clear and --close"},
    {0, "by", "NAME", "who decides it; required with --clear and --close"},
    {0, "date", "DATE", "trading date (default: the newest); a change may begin today's"},
    {'o', "output", "FORMAT", "of the list: text (default), json or csv"},
    {0},
};

const struct command tw_command_gate = {
    .name = "gate",
    .group = "write",
    .words = "[JOURNAL]",
    .summary = "Show the gates for new entries; close or clear one on record.",
    .text =
        "Exits are never gated, and a gate ends with its trading date. --clear without a symbol\n"
        "clears the gate of all symbols; gates of single symbols stay until they are cleared by\n"
        "name. Clearing the gate that recover closed without an answer of the broker (D7) is how\n"
        "to go on without one. Where the gate is not closed, --clear records nothing and ends\n"
        "with status 1.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
