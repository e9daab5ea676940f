/* tradewal pnl: the day's result by symbol and by currency. */
#include <stdlib.h>

#include "arguments.h"
#include "core/json_write.h"
#include "core/state.h"
#include "out.h"
#include "table.h"
#include "view.h"

static const struct column symbol_columns[] = {
    {"SYMBOL", "symbol", COLUMN_TEXT},          {"CURRENCY", "currency", COLUMN_TEXT},
    {"EXECUTIONS", "executions", COLUMN_COUNT}, {"RESULT", "result", COLUMN_DECIMAL},
    {"BOOKED", "booked", COLUMN_DECIMAL},       {"COMPUTED", "computed", COLUMN_DECIMAL},
    {"DRIFT", "drift", COLUMN_DECIMAL},         {"FEES", "fees", COLUMN_DECIMAL},
    {"BROKER", "broker", COLUMN_DECIMAL},       {"UNKNOWN", "unknown", COLUMN_COUNT},
};

static const struct column currency_columns[] = {
    {"CURRENCY", "currency", COLUMN_TEXT}, {"RESULT", "result", COLUMN_DECIMAL},
    {"FEES", "fees", COLUMN_DECIMAL},      {"DRIFT", "drift", COLUMN_DECIMAL},
    {"UNKNOWN", "unknown", COLUMN_COUNT},
};

/* What the executions of one symbol add up to. */
struct sums {
    tw_int128 result_e8, booked_e8, computed_e8, drift_e8, fees_e8, broker_e8;
    int64_t executions, booked, computed, drifts, broker, unknown;
};

static void add_execution(struct sums *sums, const struct execution *execution) {
    int known;
    sums->executions++;
    sums->result_e8 += tw_state_execution_result(execution, &known);
    sums->unknown += !known;
    if (execution->fee_e8 != TW_UNKNOWN)
        sums->fees_e8 += execution->fee_e8;
    if (execution->booked_e8 != TW_UNKNOWN) {
        sums->booked_e8 += execution->booked_e8;
        sums->booked++;
    }
    if (execution->broker_realized_e8 != TW_UNKNOWN) {
        sums->broker_e8 += execution->broker_realized_e8;
        sums->broker++;
    }
    if (execution->realized_e8 == TW_UNKNOWN)
        return;
    tw_int128 computed_e8 = execution->realized_e8;
    if (execution->fee_e8 != TW_UNKNOWN)
        computed_e8 -= execution->fee_e8;
    sums->computed_e8 += computed_e8;
    sums->computed++;
    if (execution->booked_e8 != TW_UNKNOWN) {
        sums->drift_e8 += execution->booked_e8 - computed_e8;
        sums->drifts++;
    }
}

static void put_sum(struct table *table, tw_int128 value_e8, int64_t count) {
    int64_t narrow;
    tw_table_money(table, count && tw_narrow_64(value_e8, &narrow) == 0 ? narrow : TW_UNKNOWN);
}

static struct table *table_by_symbol(const struct state *state) {
    uint32_t symbols = tw_state_symbol_count(state);
    struct table *table =
        tw_table_new(symbol_columns, sizeof symbol_columns / sizeof symbol_columns[0]);
    struct sums *sums = calloc((size_t)symbols + 1, sizeof *sums);
    if (!table || !sums) {
        tw_table_free(table);
        free(sums);
        return NULL;
    }
    for (uint32_t i = 0; i < tw_state_execution_count(state); i++) {
        const struct execution *execution = &state->executions[i];
        if (!(execution->flags & EXECUTION_VOID) && execution->symbol < symbols)
            add_execution(&sums[execution->symbol], execution);
    }
    for (uint32_t i = 0; i < symbols; i++) {
        const struct sums *sum = &sums[i];
        if (sum->executions == 0)
            continue;
        tw_table_text(table, tw_state_symbol_name(state, i));
        tw_table_text(table, tw_state_currency(state, i));
        tw_table_count(table, sum->executions);
        put_sum(table, sum->result_e8, sum->executions);
        put_sum(table, sum->booked_e8, sum->booked);
        put_sum(table, sum->computed_e8, sum->computed);
        put_sum(table, sum->drift_e8, sum->drifts);
        put_sum(table, sum->fees_e8, sum->executions);
        put_sum(table, sum->broker_e8, sum->broker);
        tw_table_count(table, sum->unknown);
    }
    free(sums);
    return table;
}

static struct table *table_by_currency(const struct state *state) {
    struct table *table =
        tw_table_new(currency_columns, sizeof currency_columns / sizeof currency_columns[0]);
    for (size_t i = 0; i < state->money_count; i++) {
        const struct money *money = &state->money[i];
        const char *currency = tw_state_text(state, money->currency);
        tw_table_text(table, currency ? currency : tw_state_base_currency(state));
        put_sum(table, money->result_e8, 1);
        put_sum(table, money->fees_e8, 1);
        put_sum(table, money->drift_e8, 1);
        tw_table_count(table, money->unknown);
    }
    return table;
}

static int print(const struct view *view, const struct state *state, enum format format,
                 const struct arguments *arguments) {
    (void)view;
    (void)arguments;
    struct table *symbols = table_by_symbol(state);
    struct table *currencies = table_by_currency(state);
    int status;
    if (format == FORMAT_JSON)
        tw_out_plain("{\"symbols\":");
    status = tw_table_print(symbols, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain(",\n\"currencies\":");
    else if (status == 0 && format == FORMAT_TEXT && tw_table_rows(symbols))
        tw_out_plain("\n");
    if (status == 0 && format != FORMAT_CSV)
        status = tw_table_print(currencies, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain("}\n");
    else if (status == 0 && format == FORMAT_TEXT && tw_table_rows(currencies) == 0)
        tw_out_plain("No result yet.\n");
    tw_table_free(symbols);
    tw_table_free(currencies);
    return status;
}

static int run(const struct arguments *arguments) {
    return tw_view_run(arguments, FORMAT_TEXT | FORMAT_JSON | FORMAT_CSV, print);
}

static const struct option_row options[] = {
    {0, "at", "TIME", "after the last record stamped at or before TIME"},
    {0, "at-seq", "N", "after record N"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default), json or csv (by symbol)"},
    {0},
};

const struct command tw_command_pnl = {
    .name = "pnl",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "The day's result, by symbol and by currency.",
    .text = "RESULT counts each execution once: BOOKED by the host where it was, else COMPUTED\n"
            "from prices and fees. DRIFT is the difference where there are both. The sums by\n"
            "currency hold amounts that belong to no execution too; currencies are never added\n"
            "up. UNKNOWN counts executions of which a part is not known.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
