/* Rows of cells as a table for people (libsmartcols), CSV or a JSON array of objects. */
#include "table.h"

#include <assert.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "core/json_write.h"
#include "core/state.h"
#include "csv_event.h"
#include "moment.h"

struct cell {
    char *shown; /* NULL: not known */
    char *exact; /* for CSV and JSON, where it is another text; else NULL */
};

struct table {
    const struct column *columns;
    size_t column_count;
    struct cell *cells; /* row by row */
    size_t cell_count, cell_capacity;
    const char **colours; /* by row, NULL: none */
    size_t colour_capacity;
    int failed;
};

struct table *tw_table_new(const struct column *columns, size_t count) {
    struct table *table = calloc(1, sizeof *table);
    if (table) {
        table->columns = columns;
        table->column_count = count;
    }
    return table;
}

void tw_table_free(struct table *table) {
    if (!table)
        return;
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i].shown);
        free(table->cells[i].exact);
    }
    free(table->cells);
    free(table->colours);
    free(table);
}

static void put_cell(struct table *table, const char *shown, const char *exact) {
    if (!table || table->failed)
        return;
    struct cell cell = {0};
    if (tw_array_reserve((void **)&table->cells, &table->cell_capacity, table->cell_count + 1,
                         sizeof *table->cells) != 0) {
        table->failed = 1;
        return;
    }
    cell.shown = shown ? strdup(shown) : NULL;
    cell.exact = exact ? strdup(exact) : NULL;
    table->failed = (shown && !cell.shown) || (exact && !cell.exact);
    table->cells[table->cell_count++] = cell;
}

void tw_table_text(struct table *table, const char *text) {
    put_cell(table, text, NULL);
}

void tw_table_count(struct table *table, int64_t number) {
    char text[TW_DECIMAL_TEXT_BYTES];
    snprintf(text, sizeof text, "%" PRId64, number);
    put_cell(table, text, NULL);
}

void tw_table_bool(struct table *table, int value) {
    put_cell(table, value ? "yes" : "no", value ? "true" : "false");
}

void tw_table_e8(struct table *table, int64_t value_e8) {
    char text[TW_DECIMAL_TEXT_BYTES];
    if (value_e8 != TW_UNKNOWN)
        tw_decimal_format(value_e8, text);
    put_cell(table, value_e8 == TW_UNKNOWN ? NULL : text, NULL);
}

void tw_table_money(struct table *table, int64_t value_e8) {
    enum { CENTS = 2 };
    char shown[TW_DECIMAL_TEXT_BYTES], exact[TW_DECIMAL_TEXT_BYTES];
    if (value_e8 == TW_UNKNOWN) {
        put_cell(table, NULL, NULL);
        return;
    }
    tw_decimal_format_min(value_e8, CENTS, shown);
    tw_decimal_format(value_e8, exact);
    put_cell(table, shown, exact);
}

void tw_table_day_time(struct table *table, int64_t time_ns, const struct zone *zone) {
    struct buffer shown = {0}, exact = {0};
    tw_moment_day_clock(&shown, time_ns, zone);
    tw_moment_exact(&exact, time_ns, zone);
    put_cell(table, time_ns ? tw_buffer_string(&shown) : NULL,
             time_ns ? tw_buffer_string(&exact) : NULL);
    tw_buffer_free(&shown);
    tw_buffer_free(&exact);
}

void tw_table_time(struct table *table, int64_t time_ns, const struct zone *zone) {
    struct buffer shown = {0}, exact = {0};
    tw_moment_clock(&shown, time_ns, zone);
    tw_moment_exact(&exact, time_ns, zone);
    put_cell(table, time_ns ? tw_buffer_string(&shown) : NULL,
             time_ns ? tw_buffer_string(&exact) : NULL);
    tw_buffer_free(&shown);
    tw_buffer_free(&exact);
}

void tw_table_colour(struct table *table, const char *colour) {
    if (!table || table->failed || table->cell_count == 0)
        return;
    size_t row = (table->cell_count - 1) / table->column_count;
    if (tw_array_reserve((void **)&table->colours, &table->colour_capacity, row + 1,
                         sizeof *table->colours) != 0)
        table->failed = 1;
    else
        table->colours[row] = colour;
}

size_t tw_table_rows(const struct table *table) {
    return table ? table->cell_count / table->column_count : 0;
}

static void put_json(struct buffer *out, const char *text, enum column_kind kind) {
    if (!text)
        tw_buffer_text(out, "null");
    else if (kind == COLUMN_COUNT)
        tw_buffer_text(out, text);
    else
        tw_json_text(out, text, strlen(text));
}

static const char *exact_text(const struct cell *cell) {
    return cell->exact ? cell->exact : cell->shown;
}

static void write_csv(struct buffer *out, const struct table *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        tw_buffer_text(out, i ? "," : "");
        tw_csv_text(out, table->columns[i].name, strlen(table->columns[i].name), 0);
    }
    tw_buffer_char(out, '\n');
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t column = i % table->column_count;
        tw_buffer_text(out, column ? "," : "");
        const char *text = exact_text(&table->cells[i]);
        tw_csv_text(out, text, text ? strlen(text) : 0, table->columns[column].kind == COLUMN_TEXT);
        if (column + 1 == table->column_count)
            tw_buffer_char(out, '\n');
    }
}

static void write_json(struct buffer *out, const struct table *table) {
    tw_buffer_char(out, '[');
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t column = i % table->column_count;
        tw_buffer_text(out, column ? "," : i ? ",\n{" : "\n{");
        tw_json_text(out, table->columns[column].name, strlen(table->columns[column].name));
        tw_buffer_char(out, ':');
        put_json(out, exact_text(&table->cells[i]), table->columns[column].kind);
        if (column + 1 == table->column_count)
            tw_buffer_char(out, '}');
    }
    tw_buffer_text(out, table->cell_count ? "\n]" : "]");
}

static int fill_line(struct libscols_line *line, const struct cell *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct buffer shown = {0};
        const char *text = cells[i].shown ? cells[i].shown : "-";
        tw_text_escape(&shown, text, strlen(text));
        int result = shown.failed ? -1 : scols_line_set_data(line, i, tw_buffer_string(&shown));
        tw_buffer_free(&shown);
        if (result != 0)
            return -1;
    }
    return 0;
}

/* The table without blanks at line ends: they would make golden files and diffs noisy. */
static void put_trimmed(struct buffer *out, const char *text) {
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        size_t length = (size_t)(end - text);
        while (length > 0 && text[length - 1] == ' ')
            length--;
        tw_buffer_put(out, text, length);
        tw_buffer_char(out, '\n');
    }
}

static int fill_smart(struct libscols_table *smart, const struct table *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        int flags = table->columns[i].kind == COLUMN_TEXT ? 0 : SCOLS_FL_RIGHT;
        if (!scols_table_new_column(smart, table->columns[i].title, 0, flags))
            return -1;
    }
    for (size_t row = 0; row < tw_table_rows(table); row++) {
        struct libscols_line *line = scols_table_new_line(smart, NULL);
        if (!line ||
            fill_line(line, table->cells + row * table->column_count, table->column_count) != 0)
            return -1;
        if (row < table->colour_capacity && table->colours[row])
            scols_line_set_color(line, table->colours[row]);
    }
    return 0;
}

static void write_table(struct buffer *out, const struct table *table) {
    struct libscols_table *smart = scols_new_table();
    char *text = NULL;
    int result = -1;
    if (smart) {
        scols_table_enable_colors(smart, tw_out_colour());
        scols_table_set_column_separator(smart, "  ");
        result = fill_smart(smart, table);
        if (result == 0 && tw_table_rows(table) > 0)
            result = scols_print_table_to_string(smart, &text);
    }
    if (result != 0)
        out->failed = 1;
    else if (text)
        put_trimmed(out, text);
    free(text);
    scols_unref_table(smart);
}

int tw_table_print(const struct table *table, enum format format) {
    if (!table || table->failed)
        return tw_out_memory();
    struct buffer out = {0};
    assert(table->cell_count % table->column_count == 0);
    if (format == FORMAT_JSON)
        write_json(&out, table);
    else if (format == FORMAT_CSV)
        write_csv(&out, table);
    else
        write_table(&out, table);
    int status = out.failed ? tw_out_memory() : 0;
    if (status == 0)
        tw_out_buffer(&out);
    tw_buffer_free(&out);
    return status;
}
