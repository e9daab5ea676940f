/* Snapshots: the same state gives the same bytes, nothing of it is forgotten, and what no fold
 * makes is not taken for a state. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "core/image.h"
#include "core/image_layout.h"
#include "harness.h"

static text_id intern(struct state *state, const char *text) {
    ck_assert_int_eq(tw_names_reserve(state->texts, 1, strlen(text)), 0);
    return tw_names_add(state->texts, text);
}

static void add_symbol(struct state *state, const char *name) {
    ck_assert_int_eq(tw_names_reserve(state->symbol_names, 1, strlen(name)), 0);
    uint32_t id = tw_names_add(state->symbol_names, name);
    ck_assert_int_eq(tw_array_reserve((void **)&state->symbols, &state->symbol_capacity, id + 1,
                                      sizeof *state->symbols),
                     0);
    struct symbol *symbol = &state->symbols[id];
    symbol->sec_type = symbol->currency = symbol->exchange = TW_NONE;
    symbol->con_id = TW_UNKNOWN;
    symbol->multiplier_e8 = TW_E8;
    symbol->trades_closed = 3;
}

static void hold(struct position *position) {
    position->lots = calloc(2, sizeof *position->lots);
    position->lot_count = position->lot_capacity = 2;
    position->lots[0].qty_e8 = position->lots[1].qty_e8 = 50 * TW_E8;
    position->qty_e8 = 100 * TW_E8;
    position->side = position->trade.side = TW_SIDE_LONG;
    position->trade.entry_path = TW_NONE;
}

/* A day with one symbol, NVDA, that holds two lots of 50, and one order. */
static struct state *a_day(void) {
    struct state *state;
    ck_assert_int_eq(tw_state_new(&state), 0);
    state->trading_date = 20251006;
    state->last_seq = 9;
    state->first_seq = 1;
    state->session.account = intern(state, "U1");
    add_symbol(state, "NVDA");
    hold(&state->symbols[0].position);
    ck_assert_int_eq(tw_names_reserve(state->order_names, 1, 2), 0);
    tw_names_add(state->order_names, "o1");
    ck_assert_int_eq(
        tw_array_reserve((void **)&state->orders, &state->order_capacity, 1, sizeof *state->orders),
        0);
    struct order *order = &state->orders[0];
    order->order_type = order->tif = order->reason = TW_NONE;
    return state;
}

static void assert_same_bytes(const struct buffer *a, const struct buffer *b) {
    ck_assert_uint_eq(a->size, b->size);
    ck_assert_mem_eq(a->data, b->data, a->size);
}

START_TEST(a_day_without_a_record_has_a_snapshot_too) {
    struct state *state, *back;
    struct buffer image = {0};
    ck_assert_int_eq(tw_state_new(&state), 0);
    ck_assert_int_eq(tw_image_encode(state, &image), 0);
    ck_assert_int_eq(tw_image_decode(image.data, image.size, &back, NULL), 0);
    ck_assert_uint_eq(back->last_seq, 0);
    ck_assert_uint_eq(tw_state_symbol_count(back), 0);
    tw_buffer_free(&image);
    tw_state_free(state);
    tw_state_free(back);
}
END_TEST

/* ---- the same state, the same bytes -------------------------------------------------------- */

START_TEST(the_order_in_which_text_was_met_does_not_show) {
    struct state *a, *b;
    struct buffer image_a = {0}, image_b = {0};
    ck_assert_int_eq(tw_state_new(&a), 0);
    ck_assert_int_eq(tw_state_new(&b), 0);
    a->session.account = intern(a, "U1");
    a->session.zone = intern(a, "UTC");
    intern(b, "said and forgotten");
    b->session.zone = intern(b, "UTC");
    b->session.account = intern(b, "U1");
    ck_assert_int_eq(tw_image_encode(a, &image_a), 0);
    ck_assert_int_eq(tw_image_encode(b, &image_b), 0);
    assert_same_bytes(&image_a, &image_b);
    tw_buffer_free(&image_a);
    tw_buffer_free(&image_b);
    tw_state_free(a);
    tw_state_free(b);
}
END_TEST

START_TEST(what_a_closed_position_leaves_behind_does_not_show) {
    struct state *state = a_day(), *back;
    struct buffer before = {0}, after = {0};
    add_symbol(state, "FLAT");
    struct symbol *flat = &state->symbols[tw_state_find_symbol(state, "FLAT")];
    ck_assert_int_eq(tw_image_encode(state, &before), 0);
    flat->position.trade.entry_path = flat->plan.note = 0;
    flat->plan.stop_e8 = 5;
    ck_assert_int_eq(tw_image_encode(state, &after), 0);
    assert_same_bytes(&before, &after);
    ck_assert_int_eq(tw_image_decode(before.data, before.size, &back, NULL), 0);
    const struct symbol *read = &back->symbols[tw_state_find_symbol(back, "FLAT")];
    ck_assert_int_eq(read->position.side, 0);
    ck_assert_int_eq(read->position.qty_e8, 0);
    ck_assert_uint_eq(read->position.trade.entry_path, TW_NONE);
    ck_assert_uint_eq(read->plan.note, TW_NONE);
    ck_assert_int_eq(read->plan.stop_e8, TW_UNKNOWN);
    tw_buffer_free(&before);
    tw_buffer_free(&after);
    tw_state_free(state);
    tw_state_free(back);
}
END_TEST

START_TEST(where_the_ring_of_bars_begins_does_not_show) {
    struct state *state = a_day();
    struct buffer before = {0}, after = {0};
    struct symbol *symbol = &state->symbols[0];
    symbol->bars = calloc(TW_BARS_PER_SYMBOL, sizeof *symbol->bars);
    symbol->bar_count = symbol->bar_capacity = TW_BARS_PER_SYMBOL;
    symbol->bar_first = 0;
    for (int i = 0; i < TW_BARS_PER_SYMBOL; i++)
        symbol->bars[i].start_ns = i;
    ck_assert_int_eq(tw_image_encode(state, &before), 0);
    symbol->bar_first = 50;
    for (int i = 0; i < TW_BARS_PER_SYMBOL; i++)
        symbol->bars[(i + 50) % TW_BARS_PER_SYMBOL].start_ns = i;
    ck_assert_int_eq(tw_image_encode(state, &after), 0);
    assert_same_bytes(&before, &after);
    tw_buffer_free(&before);
    tw_buffer_free(&after);
    tw_state_free(state);
}
END_TEST

/* ---- nothing is forgotten ------------------------------------------------------------------ */

struct range {
    size_t offset, size;
};

#define RANGE(of, name) \
    { offsetof(struct of, name), sizeof(((struct of *)0)->name) }
/* The padding behind the last member. */
#define BEHIND(of, name)                                                                   \
    {                                                                                      \
        offsetof(struct of, name) + sizeof(((struct of *)0)->name),                        \
            sizeof(struct of) - offsetof(struct of, name) - sizeof(((struct of *)0)->name) \
    }

static void mark(char *seen, size_t offset, size_t size) {
    memset(seen + offset, 1, size);
}

static void mark_list(char *seen, const struct image_list *list) {
    mark(seen, list->items, sizeof(void *));
    mark(seen, list->count, sizeof(size_t));
    mark(seen, list->capacity, sizeof(size_t));
    if (list->first != TW_IMAGE_NO_RING)
        mark(seen, list->first, sizeof(size_t));
}

/* Every byte of the struct is in the snapshot, in one of its lists, or named here. */
static void assert_covered(const struct image_layout *layout, const struct image_list *lists,
                           size_t list_count, const struct range *ranges, size_t range_count) {
    static char seen[4096];
    ck_assert_uint_le(layout->item_bytes, sizeof seen);
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < layout->count; i++) {
        enum image_kind kind = layout->members[i].kind;
        int narrow = kind == IMAGE_TEXT || kind == IMAGE_WORDS || kind == IMAGE_SYMBOL;
        mark(seen, layout->members[i].offset, narrow ? 4 : kind == IMAGE_WIDE ? 16 : 8);
    }
    for (size_t i = 0; i < list_count; i++)
        mark_list(seen, &lists[i]);
    for (size_t i = 0; i < range_count; i++)
        mark(seen, ranges[i].offset, ranges[i].size);
    for (size_t i = 0; i < layout->item_bytes; i++)
        ck_assert_msg(seen[i], "byte %zu of struct %s is not in the snapshot", i, layout->name);
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

START_TEST(every_member_of_the_state_is_kept_or_known_to_be_history) {
    static const struct range state[] = {
        RANGE(state, trading_date), RANGE(state, last_seq), /* in the header */
        RANGE(state, session), RANGE(state, answer), RANGE(state, clock), RANGE(state, type_counts),
        RANGE(state, symbol_names), RANGE(state, symbols), RANGE(state, symbol_capacity),
        RANGE(state, order_names), RANGE(state, orders), RANGE(state, order_capacity),
        RANGE(state, texts),
        /* history */
        RANGE(state, history_from), RANGE(state, history), RANGE(state, exec_names),
        RANGE(state, symbol_asked), RANGE(state, executions), RANGE(state, execution_capacity)};
    static const struct range symbol[] = {RANGE(symbol, position),
                                          RANGE(symbol, plan),
                                          {offsetof(struct symbol, exchange) + 4, 4}, /* padding */
                                          RANGE(symbol, changes),
                                          RANGE(symbol, change_count),
                                          RANGE(symbol, change_capacity),
                                          RANGE(symbol, closed),
                                          RANGE(symbol, closed_count),
                                          RANGE(symbol, closed_capacity),
                                          RANGE(symbol, closed_first),
                                          BEHIND(symbol, closed_first)};
    static const struct range position[] = {{offsetof(struct position, trade.exited_qty_e8) + 8, 8},
                                            BEHIND(position, trade.entry_path)};
    static const struct range session[] = {{offsetof(struct session, currency) + 4, 4},
                                           BEHIND(session, closed_reason)};
    static const struct range plan[] = {BEHIND(plan_data, stop_order)};
    static const struct range order[] = {{offsetof(struct order, symbol) + 4, 4},
                                         {offsetof(struct order, reason) + 4, 4}};
    assert_covered(&tw_image_day, tw_image_day_lists, TW_IMAGE_DAY_LISTS, state, COUNT_OF(state));
    assert_covered(&tw_image_symbol, tw_image_symbol_lists, TW_IMAGE_SYMBOL_LISTS, symbol,
                   COUNT_OF(symbol));
    assert_covered(&tw_image_position, tw_image_position_lists, TW_IMAGE_POSITION_LISTS, position,
                   COUNT_OF(position));
    assert_covered(&tw_image_session, NULL, 0, session, COUNT_OF(session));
    assert_covered(&tw_image_answer, NULL, 0, NULL, 0);
    assert_covered(&tw_image_clock, NULL, 0, NULL, 0);
    assert_covered(&tw_image_plan, NULL, 0, plan, COUNT_OF(plan));
    assert_covered(&tw_image_order, NULL, 0, order, COUNT_OF(order));
}
END_TEST

START_TEST(every_member_of_a_list_is_kept) {
    static const struct range lot[] = {BEHIND(lot, seq)};
    static const struct range inferred[] = {{offsetof(struct inferred, exec_id) + 4, 4}};
    static const struct range gate[] = {{offsetof(struct gate_data, by) + 4, 4}};
    static const struct range money[] = {{offsetof(struct money, currency) + 4, 12},
                                         BEHIND(money, unknown)};
    assert_covered(tw_image_position_lists[0].layout, NULL, 0, lot, COUNT_OF(lot));
    assert_covered(tw_image_position_lists[1].layout, NULL, 0, NULL, 0);
    assert_covered(tw_image_symbol_lists[0].layout, NULL, 0, NULL, 0);
    assert_covered(tw_image_symbol_lists[1].layout, NULL, 0, NULL, 0);
    assert_covered(tw_image_symbol_lists[2].layout, NULL, 0, inferred, COUNT_OF(inferred));
    assert_covered(tw_image_day_lists[0].layout, NULL, 0, gate, COUNT_OF(gate));
    assert_covered(tw_image_day_lists[1].layout, NULL, 0, NULL, 0);
    assert_covered(tw_image_day_lists[2].layout, NULL, 0, NULL, 0);
    assert_covered(tw_image_day_lists[3].layout, NULL, 0, money, COUNT_OF(money));
}
END_TEST

/* ---- what is not a state ------------------------------------------------------------------- */

static void seal(struct buffer *image) {
    uint8_t *at = (uint8_t *)image->data;
    size_t body = image->size - TW_IMAGE_HEADER_BYTES;
    tw_put_u64(at + TW_IMAGE_BODY_BYTES_AT, body);
    tw_sha256(at + TW_IMAGE_HEADER_BYTES, body, at + TW_IMAGE_DIGEST_AT);
    tw_put_u32(at + TW_IMAGE_CRC_AT, tw_crc32c(0, at, TW_IMAGE_CRC_AT));
}

START_TEST(a_snapshot_of_a_later_version_is_newer_and_not_damaged) {
    struct state *state = a_day(), *back;
    struct buffer image = {0};
    ck_assert_int_eq(tw_image_encode(state, &image), 0);
    tw_put_u16((uint8_t *)image.data + TW_IMAGE_VERSION_AT, TW_IMAGE_VERSION + 1);
    seal(&image);
    ck_assert_int_eq(tw_image_decode(image.data, image.size, &back, NULL), TW_E_NEWER);
    tw_buffer_free(&image);
    tw_state_free(state);
}
END_TEST

/* Each case makes the day one that no fold makes. */
enum wrong {
    NOTHING,
    LOTS_MISSING,
    LOTS_OVERFLOW,
    TRADE_OF_OTHER_SIDE,
    QTY_ZERO,
    QTY_NEGATIVE,
    SIDE_UNKNOWN,
    SEQ_AHEAD,
    TOO_MANY_BARS,
    COUNT_NEGATIVE,
    ORDER_OF_NO_SYMBOL,
    FLAG_OF_TWO,
    DATE_OF_NONE,
    SUM_TOO_WIDE,
    NO_DATE,
    WRONGS
};

static void spoil_symbol(struct state *state, enum wrong wrong) {
    struct symbol *symbol = &state->symbols[0];
    struct position *position = &symbol->position;
    if (wrong == LOTS_MISSING)
        position->lot_count = 0;
    if (wrong == LOTS_OVERFLOW)
        position->lots[0].qty_e8 = position->lots[1].qty_e8 = INT64_MAX;
    if (wrong == TRADE_OF_OTHER_SIDE)
        position->trade.side = TW_SIDE_SHORT;
    if (wrong == QTY_ZERO)
        position->qty_e8 = position->lots[0].qty_e8 = position->lots[1].qty_e8 = 0;
    if (wrong == QTY_NEGATIVE)
        position->shares_e8 = -1;
    if (wrong == SIDE_UNKNOWN)
        position->side = position->trade.side = 3;
    if (wrong == SEQ_AHEAD)
        position->lots[0].seq = state->last_seq + 1;
    if (wrong == TOO_MANY_BARS)
        symbol->bar_count = TW_BARS_PER_SYMBOL + 1;
    if (wrong == FLAG_OF_TWO)
        position->estimated = 2;
    if (wrong == DATE_OF_NONE)
        position->carried_from = 20250230;
    if (wrong == SUM_TOO_WIDE)
        position->lots[0].cost_e16 = (tw_int128)1 << 125;
}

START_TEST(a_state_that_no_fold_makes_is_refused) {
    for (enum wrong wrong = NOTHING; wrong < WRONGS; wrong++) {
        struct state *state = a_day(), *back = NULL;
        struct buffer image = {0};
        tw_error why = {0};
        struct symbol *symbol = &state->symbols[0];
        symbol->bars = calloc(TW_BARS_PER_SYMBOL + 1, sizeof *symbol->bars);
        symbol->bar_count = TW_BARS_PER_SYMBOL;
        if (wrong == NO_DATE)
            state->trading_date = 0;
        if (wrong == COUNT_NEGATIVE)
            state->type_counts[1] = -1;
        if (wrong == ORDER_OF_NO_SYMBOL)
            state->orders[0].symbol = 1;
        spoil_symbol(state, wrong);
        ck_assert_int_eq(tw_image_encode(state, &image), 0);
        int status = tw_image_decode(image.data, image.size, &back, &why);
        ck_assert_msg(status == (wrong == NOTHING ? 0 : TW_E_DAMAGED), "case %d: %d %s", (int)wrong,
                      status, why.text);
        tw_buffer_free(&image);
        tw_state_free(state);
        tw_state_free(back);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("image");
    TCase *tests = tcase_create("image");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_day_without_a_record_has_a_snapshot_too);
    tcase_add_test(tests, the_order_in_which_text_was_met_does_not_show);
    tcase_add_test(tests, what_a_closed_position_leaves_behind_does_not_show);
    tcase_add_test(tests, where_the_ring_of_bars_begins_does_not_show);
    tcase_add_test(tests, every_member_of_the_state_is_kept_or_known_to_be_history);
    tcase_add_test(tests, every_member_of_a_list_is_kept);
    tcase_add_test(tests, a_snapshot_of_a_later_version_is_newer_and_not_damaged);
    tcase_add_test(tests, a_state_that_no_fold_makes_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
