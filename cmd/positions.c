/* tradewal positions: what is open. */
#include <inttypes.h>

#include "arguments.h"
#include "core/schema.h"
#include "core/state.h"
#include "out.h"
#include "table.h"
#include "view.h"

static const struct column columns[] = {
    {"SYMBOL", "symbol", COLUMN_TEXT},
    {"SIDE", "side", COLUMN_TEXT},
    {"QTY", "qty", COLUMN_DECIMAL},
    {"SHARES", "shares", COLUMN_DECIMAL},
    {"ENTRY", "entry_price", COLUMN_DECIMAL},
    {"SINCE", "entry_time", COLUMN_TEXT},
    {"STOP", "stop", COLUMN_DECIMAL},
    {"REASON", "stop_reason", COLUMN_TEXT},
    {"PIVOT", "pivot", COLUMN_DECIMAL},
    {"TARGET1", "target1", COLUMN_DECIMAL},
    {"TARGET2", "target2", COLUMN_DECIMAL},
    {"PARTIALS", "partials", COLUMN_COUNT},
    {"REALIZED NET", "realized", COLUMN_DECIMAL},
    {"ESTIMATED", "estimated", COLUMN_COUNT},
    {"GATED", "gated", COLUMN_COUNT},
};

static int64_t known_or_unknown(tw_maybe value) {
    return value.known ? value.value : TW_UNKNOWN;
}

static void put_row(struct table *table, const tw_position *position, const struct zone *zone) {
    tw_table_text(table, position->symbol);
    tw_table_text(table, tw_text_of("side", position->side));
    tw_table_e8(table, position->qty_e8);
    tw_table_e8(table, position->shares_e8);
    tw_table_money(table, known_or_unknown(position->entry_price_e8));
    tw_table_time(table, position->entry_time_ns, zone);
    tw_table_money(table, known_or_unknown(position->stop_e8));
    tw_table_text(table,
                  position->stop_reason ? tw_text_of("stop_reason", position->stop_reason) : NULL);
    tw_table_money(table, known_or_unknown(position->pivot_e8));
    tw_table_money(table, known_or_unknown(position->target1_e8));
    tw_table_money(table, known_or_unknown(position->target2_e8));
    tw_table_count(table, position->partials);
    tw_table_money(table, position->realized_e8);
    tw_table_bool(table, position->estimated != 0);
    tw_table_bool(table, position->gated != 0);
}

/* A time between two records is that of the one before: which one that was is worth a line. */
static void print_point(const tw_state *state, const struct zone *zone) {
    struct buffer out = {0};
    tw_buffer_format(&out, "After record %" PRIu64 ", ", state->last_seq);
    tw_moment_day_clock(&out, state->last_time_ns, zone);
    tw_buffer_text(&out, ".\n");
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

static int print(const struct view *view, const tw_state *state, enum format format,
                 const struct arguments *arguments) {
    int point = tw_arguments_given(arguments, "at") || tw_arguments_given(arguments, "at-seq");
    struct table *table = tw_table_new(columns, sizeof columns / sizeof columns[0]);
    tw_position position = {.size = sizeof position};
    for (uint64_t i = 0; tw_state_position_at(state, i, &position) == 0; i++)
        put_row(table, &position, view->zone);
    int status = tw_table_print(table, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain("\n");
    else if (status == 0 && format == FORMAT_TEXT && tw_table_rows(table) == 0)
        tw_out_plain("No open positions.\n");
    if (status == 0 && format == FORMAT_TEXT && point && state->last_seq)
        print_point(state, view->zone);
    tw_table_free(table);
    return status;
}

static int run(const struct arguments *arguments) {
    return tw_view_run(arguments, FORMAT_TEXT | FORMAT_JSON | FORMAT_CSV, print);
}

static const struct option_row options[] = {
    {0, "at", "TIME", "after the last record stamped at or before TIME"},
    {0, "at-seq", "N", "after record N"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default), json or csv"},
    {0},
};

const struct command tw_command_positions = {
    .name = "positions",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "The open positions.",
    .text =
        "QTY is what is held now, SHARES what was entered in all: their ratio is what remains.\n"
        "REALIZED NET is what exits have brought so far less all fees: before the first exit\n"
        "it is the fees alone. GATED: no new entries pass in the symbol.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
