/* Positions that were there before the first record of the day: from the older day (D34), changed
 * in a ratio overnight (D32), or told by executions that close what the log never opened (D20).
 * Pure. */
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "core/reconcile_internal.h"

struct night {
    const struct symbol *older; /* NULL: the older day has no open position in it */
    int64_t older_e8;           /* signed quantity there */
    int64_t opening_e8;         /* what must have been there for all of today to fit */
    int64_t from_date;
    int pristine; /* the log has no change of it today */
    int can_open; /* nothing in today's log stands for an opening already */
    int carry;
};

static int64_t magnitude(int64_t value) {
    return value < 0 ? -value : value;
}

/* An opening goes in front of the day's fills; where something else has taken its place (an
 * opening, an adjustment, an inference) it would count twice. */
static int opening_missing(const struct symbol *symbol) {
    if (symbol->inferred_count > 0)
        return 0;
    for (size_t i = 0; i < symbol->change_count; i++)
        if (symbol->changes[i].kind != CHANGE_EXECUTION)
            return 0;
    return 1;
}

static int look_back(struct run *run, uint32_t id, struct night *ret) {
    const struct subject *subject = &run->subjects[id];
    const struct symbol *symbol = NULL;
    struct night night = {.pristine = 1, .can_open = 1};
    if (subject->symbol != TW_NONE)
        symbol = &run->state->symbols[subject->symbol];
    if (symbol && symbol->changes_total > 0) {
        if (symbol->changes_total != (int64_t)symbol->change_count)
            return tw_fail(run->why, TW_E_HISTORY, "earlier executions of %s are not in memory",
                           subject->name);
        night.pristine = 0;
        night.can_open = opening_missing(symbol);
    }
    if (tw_decimal_sub(subject->theirs_e8, subject->now_e8, &night.opening_e8))
        return tw_fail(run->why, TW_E_RANGE, "the quantities of %s do not fit 64 bits",
                       subject->name);
    if (subject->older != TW_NONE) {
        night.older = &run->older->symbols[subject->older];
        night.older_e8 = tw_reconcile_signed(&night.older->position);
        night.from_date = night.older->position.carried_from ? night.older->position.carried_from
                                                             : run->older->trading_date;
    }
    night.carry = run->overnight == TW_OVERNIGHT_CARRY;
    *ret = night;
    return 0;
}

/* ---- repairs ------------------------------------------------------------------------------- */

static tw_position_opening *open_before(struct run *run, uint32_t id, int64_t opening_e8) {
    struct subject *subject = &run->subjects[id];
    tw_reconcile_introduce(run, id);
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_position_opening, TW_SOURCE_QUERY);
    if (!event)
        return NULL;
    tw_position_opening *opening = &event->as.position_opening;
    opening->symbol = subject->name;
    opening->side = opening_e8 > 0 ? TW_SIDE_LONG : TW_SIDE_SHORT;
    opening->qty_e8 = magnitude(opening_e8);
    subject->now_e8 += opening_e8; /* theirs minus now fits: look_back saw to it */
    subject->repaired = 1;
    return opening;
}

static tw_maybe maybe_of(int64_t value) {
    tw_maybe maybe = {value == TW_UNKNOWN ? 0 : value, value != TW_UNKNOWN};
    return maybe;
}

static void carry_plan(struct run *run, uint32_t id, const struct night *night) {
    const struct subject *subject = &run->subjects[id];
    const struct plan_data *plan = &night->older->plan;
    if (subject->symbol != TW_NONE && run->state->symbols[subject->symbol].plan.side)
        return; /* today's plan is newer */
    if (plan->side != night->older->position.side)
        return;
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_plan, TW_SOURCE_INFERRED);
    if (!event)
        return;
    event->as.plan.symbol = subject->name;
    event->as.plan.side = plan->side;
    event->as.plan.entry_path = tw_state_text(run->older, plan->entry_path);
    event->as.plan.pivot_e8 = maybe_of(plan->pivot_e8);
    event->as.plan.stop_e8 = maybe_of(plan->stop_e8);
    event->as.plan.target1_e8 = maybe_of(plan->target1_e8);
    event->as.plan.target2_e8 = maybe_of(plan->target2_e8);
    event->as.plan.note =
        tw_reconcile_keepf(run, "carried from %s", tw_date_text(run->older->trading_date).text);
    if (plan->stop_e8 == TW_UNKNOWN || plan->stop_reason <= TW_STOP_INITIAL)
        return;
    event = tw_reconcile_repair(run, id, TW_TYPE_stop_moved, TW_SOURCE_INFERRED);
    if (!event)
        return;
    event->as.stop_moved.symbol = subject->name;
    event->as.stop_moved.stop_e8 = plan->stop_e8;
    event->as.stop_moved.reason = plan->stop_reason;
    event->as.stop_moved.order_ref = tw_state_text(run->older, plan->stop_order);
}

static int same_direction(int64_t a, int64_t b) {
    return (a > 0 && b > 0) || (a < 0 && b < 0);
}

static void carry(struct run *run, uint32_t id, const struct night *night) {
    struct subject *subject = &run->subjects[id];
    int estimated = night->older->position.estimated && subject->now_e8 == 0;
    int64_t cost;
    tw_position_opening *opening = open_before(run, id, night->older_e8);
    if (!opening)
        return;
    opening->from_date = tw_known(night->from_date);
    if (tw_state_average_cost(&night->older->position, &cost) == 0 &&
        tw_reconcile_price_fits(run, subject, cost))
        opening->avg_cost_e8 = tw_known(cost);
    if (same_direction(subject->now_e8, night->older_e8))
        carry_plan(run, id, night);
    if (!estimated)
        return;
    /* An opening cannot say that it was an estimate; what was one the day before still is. */
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_position_adjusted, TW_SOURCE_INFERRED);
    if (!event)
        return;
    event->as.position_adjusted.symbol = subject->name;
    event->as.position_adjusted.side = night->older->position.side;
    event->as.position_adjusted.qty_e8 = magnitude(night->older_e8);
    event->as.position_adjusted.reason = "D34: carried as the estimate that it was";
    event->as.position_adjusted.estimated = 1;
}

/* ---- what is said -------------------------------------------------------------------------- */

enum { ASKED = FOUND_EVENT | FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS };

static void find_night(struct run *run, uint32_t id, int number, int64_t action, unsigned flags,
                       const char *text) {
    const struct subject *subject = &run->subjects[id];
    char ours[TW_QUANTITY_TEXT_BYTES], theirs[TW_QUANTITY_TEXT_BYTES];
    tw_reconcile_quantity(subject->log_e8, "-", ours);
    tw_reconcile_quantity(subject->theirs_e8, subject->holding ? "flat" : "-", theirs);
    tw_reconcile_find(run, number, id, NULL, ours, theirs, action, flags, "%s", text);
}

static const char *night_text(struct run *run, const struct night *night, const char *rest) {
    char held[TW_QUANTITY_TEXT_BYTES];
    tw_reconcile_quantity(night->older_e8, "-", held);
    return tw_reconcile_keepf(run, "held overnight (%s since %s)%s", held,
                              tw_date_text(night->from_date).text, rest);
}

/* ---- the cases ----------------------------------------------------------------------------- */

/* The older day's position explains all of it. */
static void settle_held(struct run *run, uint32_t id, const struct night *night) {
    struct subject *subject = &run->subjects[id];
    if (night->carry) {
        find_night(run, id, 34, TW_FINDING_ACCEPT, FOUND_EVENT | FOUND_DIFFERS,
                   night_text(run, night,
                              ": the broker confirms it, carried with its plan; counters start "
                              "anew"));
        carry(run, id, night);
        return;
    }
    find_night(run, id, 34, TW_FINDING_ASK, ASKED,
               night_text(run, night,
                          ": overnight policy is reject, so it is not restored but adopted as "
                          "estimated; entries locked"));
    if (night->pristine && subject->booked == 0)
        tw_reconcile_adopt(run, id, "D34: held overnight, the policy is not to restore it");
    else
        open_before(run, id, night->opening_e8);
}

/* D20: today's executions close more than the log and they ever opened. */
static void settle_before_window(struct run *run, uint32_t id, const struct night *night) {
    char held[TW_QUANTITY_TEXT_BYTES];
    int gone = run->subjects[id].theirs_e8 == 0;
    tw_reconcile_quantity(night->opening_e8, "-", held);
    find_night(run, id, 20, gone ? TW_FINDING_NOTE : TW_FINDING_ASK,
               gone ? FOUND_EVENT | FOUND_DIFFERS : ASKED,
               tw_reconcile_keepf(run,
                                  "its executions fit only if %s was held before them: taken as "
                                  "opening position, P&L unknown for that part%s",
                                  held, gone ? "" : "; entries locked"));
    open_before(run, id, night->opening_e8);
}

/* b is n times a, or n for m as 3:2, and not the same. */
static int in_ratio(int64_t a_e8, int64_t b_e8) {
    int64_t small = magnitude(a_e8), large = magnitude(b_e8);
    if (!same_direction(a_e8, b_e8) || small == large)
        return 0;
    if (small > large) {
        int64_t swap = small;
        small = large;
        large = swap;
    }
    int whole = large % small == 0 && large / small <= 100;
    int three_for_two = (tw_int128)small * 3 == (tw_int128)large * 2;
    return whole || three_for_two;
}

static void settle_changed(struct run *run, uint32_t id, const struct night *night) {
    struct subject *subject = &run->subjects[id];
    int64_t theirs_e8 = subject->theirs_e8;
    if (in_ratio(night->older_e8, theirs_e8)) {
        find_night(run, id, 32, TW_FINDING_ASK, ASKED,
                   night_text(run, night,
                              ": now in a ratio to that, a corporate action is suspected; adopted "
                              "as estimated, entries locked"));
        tw_reconcile_adopt(run, id, "D32: quantity in a ratio to the older day's");
        return;
    }
    int restore = night->carry && same_direction(night->older_e8, theirs_e8);
    find_night(run, id, 34, TW_FINDING_ASK, ASKED,
               night_text(run, night,
                          restore ? ": carried, and the broker's quantity taken over; unexplained, "
                                    "entries locked"
                                  : ": the broker holds another quantity, adopted as estimated; "
                                    "entries locked"));
    if (!restore) {
        tw_reconcile_adopt(run, id, "D34: held overnight, the broker holds another quantity");
        return;
    }
    carry(run, id, night);
    tw_reconcile_infer(run, id, theirs_e8, "D34: the broker's quantity after the night");
}

int tw_reconcile_overnight(struct run *run, uint32_t id, int *ret_settled) {
    struct subject *subject = &run->subjects[id];
    struct night night = {0};
    int status = look_back(run, id, &night);
    if (status)
        return status;
    *ret_settled = 1;
    int complete = run->answer->executions_completeness == TW_ANSWER_COMPLETE;
    if (night.can_open && night.older_e8 && night.older_e8 == night.opening_e8)
        settle_held(run, id, &night);
    else if (night.pristine && subject->booked > 0 && complete)
        settle_before_window(run, id, &night);
    else if (night.pristine && subject->booked == 0 && subject->theirs_e8 && night.older_e8)
        settle_changed(run, id, &night);
    else
        *ret_settled = 0;
    return 0;
}
