/* The oracle: plans and stops. */
#include <string.h>

#include "oracle.h"

static struct oracle_table table;
static struct oracle_position position;

static void clear(struct oracle_plan *plan, int64_t side) {
    memset(plan, 0, sizeof *plan);
    plan->side = side;
    plan->pivot = plan->stop = plan->target1 = plan->target2 = TW_UNKNOWN;
}

static void set(int64_t *member, tw_maybe said) {
    if (said.known)
        *member = said.value;
}

static void say(struct oracle_plan *plan, const tw_plan *said) {
    if (plan->side != said->side)
        clear(plan, said->side);
    set(&plan->pivot, said->pivot_e8);
    set(&plan->stop, said->stop_e8);
    set(&plan->target1, said->target1_e8);
    set(&plan->target2, said->target2_e8);
    if (said->stop_e8.known)
        plan->reason = TW_STOP_INITIAL;
    if (said->entry_path)
        plan->entry_path = said->entry_path;
    if (said->note)
        plan->note = said->note;
}

static void move(struct oracle_plan *plan, const tw_stop_moved *said, int64_t held) {
    if (held && plan->side != held)
        clear(plan, held);
    plan->stop = said->stop_e8;
    plan->reason = said->reason;
    plan->order = said->order_ref;
}

/* A plan goes with its position: when a trade of its side ends, or when an amendment of the past
 * shows that there is none. */
static void follow(struct oracle_plan *plan, const tw_event *event, int64_t side_before,
                   int trades_before) {
    if (!plan->side || plan->side != side_before)
        return;
    int amends = event->type == TW_TYPE_fill_corrected || event->type == TW_TYPE_fill_busted ||
                 event->type == TW_TYPE_inferred_superseded ||
                 event->type == TW_TYPE_position_opening;
    if (amends ? position.side != plan->side : position.trades > trades_before)
        clear(plan, 0);
}

void oracle_plan(const struct oracle *oracle, const char *symbol, struct oracle_plan *ret) {
    clear(ret, 0);
    memset(&position, 0, sizeof position);
    for (size_t i = 0; i < oracle->count; i++) {
        const tw_event *event = &oracle->events[i];
        if (event->type == TW_TYPE_plan && same(event->as.plan.symbol, symbol))
            say(ret, &event->as.plan);
        if (event->type == TW_TYPE_stop_moved && same(event->as.stop_moved.symbol, symbol))
            move(ret, &event->as.stop_moved, position.side);
        if (!oracle_moves(oracle, i, symbol))
            continue;
        int64_t side_before = position.side;
        int trades_before = position.trades;
        oracle_executions(oracle, i + 1, &table);
        oracle_work_out(oracle, i + 1, symbol, &table, &position);
        follow(ret, event, side_before, trades_before);
    }
}
