/* What TWS has said so far that an answer is made of. Pure. */
#include "broker/tws_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

int tw_tws_row_make(const char *payload, size_t size, int64_t version, struct tws_row *ret,
                    tw_error *why) {
    struct tws_row row = {.payload = malloc(size + 1), .size = size};
    if (!row.payload)
        return tw_fail(why, TW_E_NOMEM, "no memory for what the broker sent");
    memcpy(row.payload, payload, size);
    int status = tw_tws_decode(row.payload, size, version, &row.message, why);
    if (status)
        tw_tws_row_free(&row);
    else
        *ret = row;
    return status;
}

void tw_tws_row_free(struct tws_row *row) {
    free(row->payload);
    row->payload = NULL;
}

static int is_same_contract(const struct tws_position *a, const struct tws_position *b) {
    return a->contract.con_id == b->contract.con_id && strcmp(a->account, b->account) == 0;
}

static struct tws_row *find_position(const struct tws_rows *rows,
                                     const struct tws_position *position) {
    for (size_t i = 0; i < rows->count; i++) {
        const struct tws_message *message = &rows->rows[i].message;
        if (message->kind == TWS_POSITION && is_same_contract(&message->as.position, position))
            return &rows->rows[i];
    }
    return NULL;
}

int tw_tws_rows_add(struct tws_rows *rows, struct tws_row *row, tw_error *why) {
    int is_position = row->message.kind == TWS_POSITION;
    struct tws_row *earlier = is_position ? find_position(rows, &row->message.as.position) : NULL;
    if (is_position && !earlier && rows->positions >= TW_TWS_POSITIONS_MAX)
        return tw_fail(why, TW_E_PARSE, "TWS tells of more than %d positions",
                       TW_TWS_POSITIONS_MAX);
    if (rows->count >= TW_TWS_ROWS_MAX || row->size > TW_TWS_ROWS_BYTES_MAX - rows->bytes)
        return tw_fail(why, TW_E_PARSE,
                       "TWS goes on sending: %zu rows of %zu bytes, expected at most %d of %d",
                       rows->count, rows->bytes, TW_TWS_ROWS_MAX, TW_TWS_ROWS_BYTES_MAX);
    if (earlier) {
        rows->bytes -= earlier->size;
        tw_tws_row_free(earlier);
    } else if (tw_array_room((void **)&rows->rows, &rows->capacity, rows->count + 1,
                             sizeof *rows->rows) != 0) {
        return tw_fail(why, TW_E_NOMEM, "no memory for what the broker sent");
    }
    rows->bytes += row->size;
    rows->positions += is_position && !earlier;
    *(earlier ? earlier : &rows->rows[rows->count++]) = *row;
    *row = (struct tws_row){0};
    return 0;
}

void tw_tws_rows_cut(struct tws_rows *rows, size_t count) {
    while (rows->count > count) {
        struct tws_row *last = &rows->rows[--rows->count];
        rows->bytes -= last->size;
        rows->positions -= last->message.kind == TWS_POSITION;
        tw_tws_row_free(last);
    }
}

void tw_tws_rows_free(struct tws_rows *rows) {
    tw_tws_rows_cut(rows, 0);
    free(rows->rows);
    memset(rows, 0, sizeof *rows);
}

/* ---- positions ----------------------------------------------------------------------------- */

static int compare_positions(const void *left, const void *right) {
    const struct tws_position *a = *(const struct tws_position *const *)left;
    const struct tws_position *b = *(const struct tws_position *const *)right;
    int order = strcmp(a->account, b->account);
    if (order == 0)
        order =
            (a->contract.con_id > b->contract.con_id) - (a->contract.con_id < b->contract.con_id);
    if (order == 0)
        order = (a->qty_e8 > b->qty_e8) - (a->qty_e8 < b->qty_e8);
    return order;
}

/* The open positions in an order of their own; their number, or TW_E_NOMEM. */
static int64_t sort_positions(const struct tws_rows *rows, const struct tws_position ***ret) {
    const struct tws_position **found = calloc(rows->count + 1, sizeof(const void *));
    int64_t count = 0;
    if (!found)
        return TW_E_NOMEM;
    for (size_t i = 0; i < rows->count; i++) {
        const struct tws_message *message = &rows->rows[i].message;
        if (message->kind == TWS_POSITION && message->as.position.qty_e8 != 0)
            found[count++] = &message->as.position;
    }
    qsort(found, (size_t)count, sizeof(const void *), compare_positions);
    *ret = found;
    return count;
}

int tw_tws_rows_same_positions(const struct tws_rows *a, const struct tws_rows *b) {
    const struct tws_position **left = NULL, **right = NULL;
    int64_t count = sort_positions(a, &left), other = sort_positions(b, &right);
    int result = count < 0 || other < 0 ? TW_E_NOMEM : count == other;
    for (int64_t i = 0; result == 1 && i < count; i++)
        result = compare_positions(&left[i], &right[i]) == 0;
    free(left);
    free(right);
    return result;
}
