/* Rows of cells as a table for people, CSV or a JSON array of objects. */
#ifndef TW_CMD_TABLE_H
#define TW_CMD_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"
#include "out.h"

enum column_kind {
    COLUMN_TEXT,    /* from outside; a JSON string */
    COLUMN_DECIMAL, /* a JSON string too: other tools damage numbers of that kind */
    COLUMN_COUNT    /* a JSON number, or true and false */
};

struct column {
    const char *title; /* SYMBOL */
    const char *name;  /* symbol: in CSV and JSON */
    enum column_kind kind;
};

struct table;

/* NULL when memory is short; every other call accepts that. `columns` outlives the table. */
struct table *tw_table_new(const struct column *columns, size_t count);
void tw_table_free(struct table *table);

/* Cells are put from left to right; after the last one a new row begins. */
void tw_table_text(struct table *table, const char *text); /* NULL: not known */
void tw_table_count(struct table *table, int64_t number);
void tw_table_e8(struct table *table, int64_t value_e8);    /* TW_UNKNOWN: not known */
void tw_table_money(struct table *table, int64_t value_e8); /* the same, two decimals at least */
void tw_table_time(struct table *table, int64_t time_ns, const struct zone *zone); /* 0: none */
void tw_table_day_time(struct table *table, int64_t time_ns, const struct zone *zone);
void tw_table_bool(struct table *table, int value);
void tw_table_colour(struct table *table, const char *colour); /* of the row begun last */

size_t tw_table_rows(const struct table *table);
/* Prints in the format, JSON without a line end. 0, or an exit status after telling why. */
int tw_table_print(const struct table *table, enum format format);

#endif
