/* What a snapshot holds of the state, as tables. Pure. */
#include "core/image_layout.h"

#include "core/state.h"

#define MEMBER(kind, of, name) \
    { IMAGE_##kind, offsetof(struct of, name), #name, NULL }
#define CHOICE(of, name, values) \
    { IMAGE_CHOICE, offsetof(struct of, name), #name, values }
#define LAYOUT(of, members) \
    { #of, members, sizeof members / sizeof members[0], sizeof(struct of) }

static const struct image_member day_members[] = {
    MEMBER(SEQ, state, first_seq),       MEMBER(AMOUNT, state, last_time_ns),
    MEMBER(AMOUNT, state, total_trades), MEMBER(AMOUNT, state, winners),
    MEMBER(AMOUNT, state, losers),       MEMBER(AMOUNT, state, highest_revision),
};
const struct image_layout tw_image_day = LAYOUT(state, day_members);

static const struct image_member session_members[] = {
    MEMBER(TEXT, session, account),
    MEMBER(TEXT, session, zone),
    MEMBER(TEXT, session, host),
    MEMBER(TEXT, session, version),
    MEMBER(TEXT, session, currency),
    CHOICE(session, environment, "environment"),
    CHOICE(session, cost_method, "cost_method"),
    MEMBER(NUMBER, session, pid),
    CHOICE(session, resumed, "resumed"),
    MEMBER(AMOUNT, session, opened_ns),
    MEMBER(SEQ, session, opened_seq),
    MEMBER(AMOUNT, session, sessions),
    MEMBER(FLAG, session, closed),
    MEMBER(TEXT, session, closed_reason),
};
const struct image_layout tw_image_session = LAYOUT(session, session_members);

static const struct image_member answer_members[] = {
    MEMBER(TEXT, answer_data, broker),
    MEMBER(TEXT, answer_data, digest),
    CHOICE(answer_data, completeness, "completeness"),
    MEMBER(MAYBE, answer_data, as_of_ns),
    MEMBER(AMOUNT, answer_data, time_ns),
    MEMBER(SEQ, answer_data, seq),
};
const struct image_layout tw_image_answer = LAYOUT(answer_data, answer_members);

static const struct image_member clock_members[] = {
    MEMBER(SEQ, clock_data, seq),
    MEMBER(FLAG, clock_data, synchronised),
    MEMBER(MAYBE, clock_data, offset),
    MEMBER(MAYBE, clock_data, max_error),
};
const struct image_layout tw_image_clock = LAYOUT(clock_data, clock_members);

/* ---- symbols ------------------------------------------------------------------------------- */

static const struct image_member symbol_members[] = {
    MEMBER(TEXT, symbol, sec_type),        MEMBER(TEXT, symbol, currency),
    MEMBER(TEXT, symbol, exchange),        MEMBER(MAYBE, symbol, con_id),
    MEMBER(AMOUNT, symbol, multiplier_e8), MEMBER(AMOUNT, symbol, trades_closed),
    MEMBER(AMOUNT, symbol, changes_total),
};
const struct image_layout tw_image_symbol = LAYOUT(symbol, symbol_members);

static const struct image_member position_members[] = {
    CHOICE(position, side, "side"),
    MEMBER(AMOUNT, position, qty_e8),
    MEMBER(AMOUNT, position, shares_e8),
    MEMBER(AMOUNT, position, external_e8),
    MEMBER(FLAG, position, estimated),
    MEMBER(DATE, position, carried_from),
    CHOICE(position, trade.side, "side"),
    MEMBER(SEQ, position, trade.open_seq),
    MEMBER(SEQ, position, trade.close_seq),
    MEMBER(AMOUNT, position, trade.open_ns),
    MEMBER(AMOUNT, position, trade.close_ns),
    MEMBER(AMOUNT, position, trade.entered_qty_e8),
    MEMBER(AMOUNT, position, trade.exited_qty_e8),
    MEMBER(WIDE, position, trade.entered_value_e16),
    MEMBER(WIDE, position, trade.exited_value_e16),
    MEMBER(WIDE, position, trade.result_e8),
    MEMBER(AMOUNT, position, trade.unknown),
    MEMBER(AMOUNT, position, trade.executions),
    MEMBER(AMOUNT, position, trade.partials),
    MEMBER(FLAG, position, trade.estimated),
    MEMBER(AMOUNT, position, trade.unpriced),
    MEMBER(FLAG, position, trade.values_unknown),
    MEMBER(TEXT, position, trade.entry_path),
};
const struct image_layout tw_image_position = LAYOUT(position, position_members);

static const struct image_member plan_members[] = {
    CHOICE(plan_data, side, "side"),      MEMBER(MAYBE, plan_data, pivot_e8),
    MEMBER(MAYBE, plan_data, stop_e8),    MEMBER(MAYBE, plan_data, target1_e8),
    MEMBER(MAYBE, plan_data, target2_e8), CHOICE(plan_data, stop_reason, "stop_reason"),
    MEMBER(TEXT, plan_data, entry_path),  MEMBER(TEXT, plan_data, note),
    MEMBER(TEXT, plan_data, stop_order),
};
const struct image_layout tw_image_plan = LAYOUT(plan_data, plan_members);

static const struct image_member lot_members[] = {
    MEMBER(AMOUNT, lot, qty_e8),   MEMBER(AMOUNT, lot, entered_qty_e8), MEMBER(WIDE, lot, cost_e16),
    MEMBER(FLAG, lot, cost_known), MEMBER(NUMBER, lot, fee_e8),         MEMBER(SEQ, lot, seq),
};
static const struct image_layout lot_layout = LAYOUT(lot, lot_members);

static const struct image_member partial_members[] = {
    MEMBER(AMOUNT, partial_exit, time_ns),  MEMBER(SEQ, partial_exit, seq),
    MEMBER(AMOUNT, partial_exit, qty_e8),   MEMBER(MAYBE, partial_exit, price_e8),
    MEMBER(MAYBE, partial_exit, target_e8), MEMBER(MAYBE, partial_exit, fraction_e8),
    MEMBER(TEXT, partial_exit, reason),     MEMBER(WORDS, partial_exit, exec_id),
};
static const struct image_layout partial_layout = LAYOUT(partial_exit, partial_members);

static const struct image_member attempt_members[] = {
    CHOICE(attempt, side, "side"), MEMBER(MAYBE, attempt, level_e8), MEMBER(AMOUNT, attempt, count),
    MEMBER(MAYBE, attempt, max),   MEMBER(SEQ, attempt, last_seq),
};
static const struct image_layout attempt_layout = LAYOUT(attempt, attempt_members);

static const struct image_member bar_members[] = {
    MEMBER(AMOUNT, bar_data, start_ns),  MEMBER(NUMBER, bar_data, seconds),
    MEMBER(NUMBER, bar_data, open_e8),   MEMBER(NUMBER, bar_data, high_e8),
    MEMBER(NUMBER, bar_data, low_e8),    MEMBER(NUMBER, bar_data, close_e8),
    MEMBER(AMOUNT, bar_data, volume_e8),
};
static const struct image_layout bar_layout = LAYOUT(bar_data, bar_members);

static const struct image_member inferred_members[] = {
    MEMBER(WORDS, inferred, exec_id), CHOICE(inferred, action, "action"),
    MEMBER(AMOUNT, inferred, qty_e8), MEMBER(AMOUNT, inferred, time_ns),
    MEMBER(SEQ, inferred, seq),
};
static const struct image_layout inferred_layout = LAYOUT(inferred, inferred_members);

const struct image_list tw_image_position_lists[TW_IMAGE_POSITION_LISTS] = {
    {&lot_layout, offsetof(struct position, lots), offsetof(struct position, lot_count),
     offsetof(struct position, lot_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
    {&partial_layout, offsetof(struct position, partials), offsetof(struct position, partial_count),
     offsetof(struct position, partial_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
};

const struct image_list tw_image_symbol_lists[TW_IMAGE_SYMBOL_LISTS] = {
    {&attempt_layout, offsetof(struct symbol, attempts), offsetof(struct symbol, attempt_count),
     offsetof(struct symbol, attempt_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
    {&bar_layout, offsetof(struct symbol, bars), offsetof(struct symbol, bar_count),
     offsetof(struct symbol, bar_capacity), offsetof(struct symbol, bar_first), TW_BARS_PER_SYMBOL},
    {&inferred_layout, offsetof(struct symbol, inferred), offsetof(struct symbol, inferred_count),
     offsetof(struct symbol, inferred_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
};

/* ---- orders, and lists of the day ---------------------------------------------------------- */

static const struct image_member order_members[] = {
    MEMBER(SYMBOL, order, symbol),
    CHOICE(order, action, "action"),
    CHOICE(order, purpose, "purpose"),
    CHOICE(order, status, "order_status"),
    MEMBER(AMOUNT, order, qty_e8),
    MEMBER(AMOUNT, order, filled_e8),
    MEMBER(MAYBE, order, limit_e8),
    MEMBER(MAYBE, order, stop_e8),
    MEMBER(MAYBE, order, perm_id),
    MEMBER(MAYBE, order, order_id),
    MEMBER(MAYBE, order, client_id),
    MEMBER(TEXT, order, order_type),
    MEMBER(TEXT, order, tif),
    MEMBER(TEXT, order, reason),
    MEMBER(AMOUNT, order, submitted_ns),
    MEMBER(AMOUNT, order, updated_ns),
    MEMBER(SEQ, order, submitted_seq),
    MEMBER(SEQ, order, updated_seq),
};
const struct image_layout tw_image_order = LAYOUT(order, order_members);

static const struct image_member gate_members[] = {
    MEMBER(TEXT, gate_data, scope), MEMBER(WORDS, gate_data, reason),
    MEMBER(TEXT, gate_data, by),    MEMBER(AMOUNT, gate_data, time_ns),
    MEMBER(SEQ, gate_data, seq),
};
static const struct image_layout gate_layout = LAYOUT(gate_data, gate_members);

static const struct image_member finding_members[] = {
    MEMBER(WORDS, finding_data, case_id),
    MEMBER(TEXT, finding_data, symbol),
    MEMBER(TEXT, finding_data, about),
    MEMBER(TEXT, finding_data, ours),
    MEMBER(TEXT, finding_data, theirs),
    MEMBER(WORDS, finding_data, text),
    CHOICE(finding_data, action, "finding_action"),
    MEMBER(AMOUNT, finding_data, time_ns),
    MEMBER(SEQ, finding_data, seq),
};
static const struct image_layout finding_layout = LAYOUT(finding_data, finding_members);

static const struct image_member count_members[] = {
    MEMBER(WORDS, count_data, group),
    MEMBER(WORDS, count_data, name),
    MEMBER(NUMBER, count_data, value),
};
static const struct image_layout count_layout = LAYOUT(count_data, count_members);

static const struct image_member money_members[] = {
    MEMBER(TEXT, money, currency), MEMBER(WIDE, money, result_e8), MEMBER(WIDE, money, fees_e8),
    MEMBER(WIDE, money, drift_e8), MEMBER(AMOUNT, money, unknown),
};
static const struct image_layout money_layout = LAYOUT(money, money_members);

const struct image_list tw_image_day_lists[TW_IMAGE_DAY_LISTS] = {
    {&gate_layout, offsetof(struct state, gates), offsetof(struct state, gate_count),
     offsetof(struct state, gate_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
    {&finding_layout, offsetof(struct state, findings), offsetof(struct state, finding_count),
     offsetof(struct state, finding_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
    {&count_layout, offsetof(struct state, counters), offsetof(struct state, counter_count),
     offsetof(struct state, counter_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
    {&money_layout, offsetof(struct state, money), offsetof(struct state, money_count),
     offsetof(struct state, money_capacity), TW_IMAGE_NO_RING, UINT32_MAX},
};
