/* tradewal orders: the day's orders and what became of them. */
#include "arguments.h"
#include "core/schema.h"
#include "core/state.h"
#include "out.h"
#include "summary.h"
#include "table.h"
#include "view.h"

static const struct column columns[] = {
    {"ORDER", "order_ref", COLUMN_TEXT},    {"SYMBOL", "symbol", COLUMN_TEXT},
    {"ACTION", "action", COLUMN_TEXT},      {"PURPOSE", "purpose", COLUMN_TEXT},
    {"QTY", "qty", COLUMN_DECIMAL},         {"FILLED", "filled", COLUMN_DECIMAL},
    {"TYPE", "order_type", COLUMN_TEXT},    {"LIMIT", "limit", COLUMN_DECIMAL},
    {"STOP", "stop", COLUMN_DECIMAL},       {"STATUS", "status", COLUMN_TEXT},
    {"SENT", "submitted", COLUMN_TEXT},     {"UPDATED", "updated", COLUMN_TEXT},
    {"PERM_ID", "perm_id", COLUMN_DECIMAL}, {"IN DOUBT", "in_doubt", COLUMN_COUNT},
};

/* Said where it is said: 0 is no value of an enumeration. */
static const char *maybe_enum(const char *enumeration, int64_t number) {
    return number ? tw_text_of(enumeration, number) : NULL;
}

static void put_id(struct table *table, int64_t id) {
    if (id == TW_UNKNOWN)
        tw_table_text(table, NULL);
    else
        tw_table_count(table, id);
}

static void put_row(struct table *table, const struct state *state, uint32_t index,
                    const struct zone *zone) {
    const struct order *order = &state->orders[index];
    tw_table_text(table, tw_state_order_name(state, index));
    tw_table_text(table,
                  order->symbol == TW_NONE ? NULL : tw_state_symbol_name(state, order->symbol));
    tw_table_text(table, maybe_enum("action", order->action));
    tw_table_text(table, maybe_enum("purpose", order->purpose));
    tw_table_e8(table, order->qty_e8);
    tw_table_e8(table, order->filled_e8);
    tw_table_text(table, tw_state_text(state, order->order_type));
    tw_table_money(table, order->limit_e8);
    tw_table_money(table, order->stop_e8);
    tw_table_text(table, maybe_enum("order_status", order->status));
    tw_table_time(table, order->submitted_ns, zone);
    tw_table_time(table, order->updated_ns, zone);
    put_id(table, order->perm_id);
    tw_table_bool(table, tw_summary_in_doubt(order));
    if (tw_summary_in_doubt(order))
        tw_table_colour(table, "red");
}

static int print(const struct view *view, const struct state *state, enum format format,
                 const struct arguments *arguments) {
    int only_open = tw_arguments_given(arguments, "open");
    struct table *table = tw_table_new(columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < tw_state_order_count(state); i++)
        if (!only_open || !tw_order_is_terminal(state->orders[i].status))
            put_row(table, state, i, view->zone);
    int status = tw_table_print(table, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain("\n");
    else if (status == 0 && format == FORMAT_TEXT && tw_table_rows(table) == 0)
        tw_out_plain(only_open ? "No open orders.\n" : "No orders.\n");
    tw_table_free(table);
    return status;
}

static int run(const struct arguments *arguments) {
    return tw_view_run(arguments, FORMAT_TEXT | FORMAT_JSON | FORMAT_CSV, print);
}

static const struct option_row options[] = {
    {0, "open", NULL, "only those that may still be filled"},
    {0, "at", "TIME", "after the last record stamped at or before TIME"},
    {0, "at-seq", "N", "after record N"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default), json or csv"},
    {0},
};

const struct command tw_command_orders = {
    .name = "orders",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "The day's orders and what became of them.",
    .text = "An order IN DOUBT was sent, or a change or cancel of it was asked for, and no answer\n"
            "is in the log: ask the broker before placing another.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
