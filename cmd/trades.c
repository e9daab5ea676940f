/* tradewal trades: from flat to flat, and the ones still open. */
#include "arguments.h"
#include "core/schema.h"
#include "core/state.h"
#include "out.h"
#include "table.h"
#include "view.h"

static const struct column columns[] = {
    {"SYMBOL", "symbol", COLUMN_TEXT},        {"SIDE", "side", COLUMN_TEXT},
    {"OPENED", "opened", COLUMN_TEXT},        {"CLOSED", "closed", COLUMN_TEXT},
    {"QTY", "qty", COLUMN_DECIMAL},           {"EXITED", "exited", COLUMN_DECIMAL},
    {"ENTRY", "entry_price", COLUMN_DECIMAL}, {"EXIT", "exit_price", COLUMN_DECIMAL},
    {"PARTIALS", "partials", COLUMN_COUNT},   {"RESULT", "result", COLUMN_DECIMAL},
    {"CURRENCY", "currency", COLUMN_TEXT},    {"UNKNOWN", "unknown", COLUMN_COUNT},
    {"PATH", "entry_path", COLUMN_TEXT},      {"ESTIMATED", "estimated", COLUMN_COUNT},
    {"FROM", "open_seq", COLUMN_COUNT},       {"TO", "close_seq", COLUMN_COUNT},
};

/* price x quantity over quantity; what is not known has no average. */
static int64_t average_e8(const struct trade *trade, tw_int128 value_e16, int64_t qty_e8) {
    int64_t price_e8;
    if (qty_e8 == 0 || trade->values_unknown)
        return TW_UNKNOWN;
    return tw_narrow_64(tw_divide_half_even(value_e16, qty_e8), &price_e8) == 0 ? price_e8
                                                                                : TW_UNKNOWN;
}

static void put_row(struct table *table, const struct state *state, uint32_t symbol,
                    const struct trade *trade, const struct zone *zone) {
    int64_t result_e8;
    tw_table_text(table, tw_state_symbol_name(state, symbol));
    tw_table_text(table, tw_text_of("side", trade->side));
    tw_table_time(table, trade->open_ns, zone);
    tw_table_time(table, trade->close_seq ? trade->close_ns : 0, zone);
    tw_table_e8(table, trade->entered_qty_e8);
    tw_table_e8(table, trade->exited_qty_e8);
    tw_table_money(table, average_e8(trade, trade->entered_value_e16, trade->entered_qty_e8));
    tw_table_money(table, average_e8(trade, trade->exited_value_e16, trade->exited_qty_e8));
    tw_table_count(table, trade->partials);
    tw_table_money(table, tw_narrow_64(trade->result_e8, &result_e8) == 0 ? result_e8 : TW_UNKNOWN);
    tw_table_text(table, tw_state_currency(state, symbol));
    tw_table_count(table, trade->unknown);
    tw_table_text(table, tw_state_text(state, trade->entry_path));
    tw_table_bool(table, trade->estimated != 0);
    tw_table_count(table, (int64_t)trade->open_seq);
    if (trade->close_seq)
        tw_table_count(table, (int64_t)trade->close_seq);
    else
        tw_table_text(table, NULL);
}

static int print(const struct view *view, const struct state *state, enum format format,
                 const struct arguments *arguments) {
    const char *only_symbol = tw_arguments_value(arguments, "symbol");
    struct table *table = tw_table_new(columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < tw_state_symbol_count(state); i++) {
        const struct symbol *symbol = &state->symbols[i];
        if (only_symbol && i != tw_state_find_symbol(state, only_symbol))
            continue;
        for (size_t j = 0; j < symbol->closed_count; j++)
            put_row(table, state, i, &symbol->closed[j], view->zone);
        if (symbol->position.side)
            put_row(table, state, i, &symbol->position.trade, view->zone);
    }
    int status = tw_table_print(table, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain("\n");
    else if (status == 0 && format == FORMAT_TEXT && tw_table_rows(table) == 0)
        tw_out_plain("No trades.\n");
    tw_table_free(table);
    return status;
}

static int run(const struct arguments *arguments) {
    return tw_view_run(arguments, FORMAT_TEXT | FORMAT_JSON | FORMAT_CSV, print);
}

static const struct option_row options[] = {
    {0, "symbol", "SYMBOL", "only this one"},
    {0, "at", "TIME", "after the last record stamped at or before TIME"},
    {0, "at-seq", "N", "after record N"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default), json or csv"},
    {0},
};

const struct command tw_command_trades = {
    .name = "trades",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "The day's trades, each from flat to flat.",
    .text = "UNKNOWN counts executions of which a price, a cost or a fee is not known: RESULT is\n"
            "then what is known of it. FROM and TO are records of the log.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
