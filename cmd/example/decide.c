/* What the example trader does at each step of its script.
 *
 * Three habits make a step safe to interrupt anywhere. The limit is asked by logging the attempt:
 * the journal refuses the third one, before and after a crash. An order is in the log before it is
 * sent, so that none can be out there unknown. What the broker executed is logged under its exec
 * id, so that telling it twice counts once. */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trader.h"

enum { FEE_E8 = 100000000 }; /* 1.00 an execution */

static int64_t price_of(const char *text) {
    int64_t value = 0;
    int failed = tw_e8_parse(text, &value);
    assert(!failed);
    (void)failed;
    return value;
}

/* "tsla-07-entry": made from the step alone, so that it is the same before and after a crash. */
static struct text order_ref(uint32_t step, const char *purpose) {
    struct text out;
    char symbol[8] = "";
    for (size_t i = 0; script[step].symbol[i] && i + 1 < sizeof symbol; i++)
        symbol[i] = (char)tolower((unsigned char)script[step].symbol[i]);
    snprintf(out.text, sizeof out.text, "%s-%02" PRIu32 "-%s", symbol, step + 1, purpose);
    return out;
}

/* The pretend broker fills every order once, at once; its ids come from the step too. */
static struct text broker_exec_id(uint32_t step) {
    struct text out;
    snprintf(out.text, sizeof out.text, "sim.%08d.%04" PRIu32 ".01", TRADING_DATE, step + 1);
    return out;
}

static int64_t open_quantity(struct trader *trader, const char *symbol) {
    tw_position position = {.size = sizeof position};
    int found = tw_store_position(trader->store, symbol, &position, NULL);
    return found == 0 && position.side ? position.qty_e8 : 0;
}

static int in_log(const struct trader *trader, int64_t type) {
    return trader->step == trader->progress.step && trader->progress.logged[type] > 0;
}

/* What the step's order is about: as logged by the run before us, or what is open now. */
static int64_t step_quantity(struct trader *trader, int64_t fraction_e8) {
    if (trader->step == trader->progress.step && trader->progress.qty_e8)
        return trader->progress.qty_e8;
    int64_t shares = open_quantity(trader, script[trader->step].symbol) / TW_E8;
    return shares * fraction_e8 / TW_E8 * TW_E8;
}

static int log_order(struct trader *trader, const tw_order_submitted *order) {
    tw_event event = {.as.order_submitted = *order};
    return log_event(trader, TW_TYPE_order_submitted, &event);
}

static void log_update(struct trader *trader, const tw_order_updated *update) {
    tw_event event = {.as.order_updated = *update};
    (void)log_event(trader, TW_TYPE_order_updated, &event);
}

static void log_count(struct trader *trader, const char *group, const char *name) {
    tw_event event = {.as.counter = {.group = group, .name = name, .delta = 1}};
    (void)log_event(trader, TW_TYPE_counter, &event);
}

/* Hands an order to the pretend broker. If the run before us died between logging the order and
 * logging the answer, the order may be out there: the broker is asked before anything is sent. Not
 * 0 when the journal does not let the order pass. */
static int send_order(struct trader *trader, const tw_order_submitted *order, int64_t price_e8) {
    const char *symbol = script[trader->step].symbol;
    int in_doubt = in_log(trader, TW_TYPE_order_submitted);
    int refused = log_order(trader, order);
    if (refused)
        return refused;
    if (in_doubt && !in_log(trader, TW_TYPE_order_updated))
        say(trader,
            "%-5s in doubt: %s was logged as sent and no answer was; asked the broker: it has it",
            symbol, order->order_ref);
    else if (!in_doubt)
        say(trader, "%-5s sent %s %s %s @ %s  [%s]", symbol,
            order->action == TW_ACTION_BUY ? "BUY" : "SELL", show_e8(order->qty_e8).text,
            order->order_type, show_money(price_e8).text, order->order_ref);
    pause_for(trader);
    log_update(trader, &(tw_order_updated){.order_ref = order->order_ref,
                                           .perm_id = tw_known(900000 + trader->step),
                                           .status = TW_ORDER_ACKNOWLEDGED});
    return 0;
}

/* The execution. A duplicate is what we want to hear after a crash: it is booked already. A real
 * broker's time of the execution belongs into broker_time_ns; this one has only the script's. */
static void log_fill(struct trader *trader, const char *ref, int64_t action, int64_t qty_e8,
                     int64_t price_e8) {
    struct text exec_id = broker_exec_id(trader->step);
    const struct step *step = &script[trader->step];
    tw_event event = {.as.fill = {.exec_id = exec_id.text,
                                  .symbol = step->symbol,
                                  .action = action,
                                  .qty_e8 = qty_e8,
                                  .price_e8 = price_e8,
                                  .fee_e8 = tw_known(FEE_E8),
                                  .order_ref = ref}};
    if (log_event(trader, TW_TYPE_fill, &event) == TW_E_DUPLICATE)
        say(trader, "%-5s %s is in the log already: counted once", step->symbol, exec_id.text);
}

/* Books what an exit earned, as this strategy counts it, beside what the journal computes. */
static void log_result(struct trader *trader, int64_t qty_e8, int64_t price_e8) {
    const struct step *entry = &script[step_entry_before(trader->step)];
    struct text exec_id = broker_exec_id(trader->step);
    int64_t gain_e8 = (price_e8 - price_of(entry->price)) * (qty_e8 / TW_E8);
    tw_event event = {
        .as.pnl = {.amount_e8 = (entry->side == TW_SIDE_LONG ? gain_e8 : -gain_e8) - FEE_E8,
                   .symbol = entry->symbol,
                   .exec_id = exec_id.text,
                   .reason = TW_PNL_REALIZED}};
    (void)log_event(trader, TW_TYPE_pnl, &event);
    int64_t day_e8 = 0, complete = 0;
    tw_store_pnl(trader->store, &day_e8, &complete);
    say(trader, "%-5s filled %s @ %s, P&L %s, day %s%s", entry->symbol, show_e8(qty_e8).text,
        show_money(price_e8).text, show_money(event.as.pnl.amount_e8).text, show_money(day_e8).text,
        complete ? "" : " (some of it not known)");
}

static int64_t exit_action(uint32_t step) {
    return script[step_entry_before(step)].side == TW_SIDE_LONG ? TW_ACTION_SELL : TW_ACTION_BUY;
}

static void stay_out(struct trader *trader, const struct step *step, int why) {
    if (why == TW_E_REFUSED) {
        say(trader, "%-5s no entry: %d attempts at %s are used up", step->symbol,
            ATTEMPTS_PER_LEVEL, step->level);
        log_count(trader, "filter_block", "max_attempts");
    } else {
        say(trader, "%-5s no entry: the gate is closed until somebody looks", step->symbol);
        log_count(trader, "filter_block", "gate");
    }
}

/* 0 when the journal lets the entry pass. */
static int ask_for_entry(struct trader *trader, const struct step *step) {
    tw_maybe level_e8 = tw_known(price_of(step->level));
    tw_event event = {.as.attempt = {.symbol = step->symbol,
                                     .side = step->side,
                                     .level_e8 = level_e8,
                                     .max = tw_known(ATTEMPTS_PER_LEVEL)}};
    int refused = log_event(trader, TW_TYPE_attempt, &event);
    if (refused)
        return refused;
    int64_t taken = 0;
    tw_store_attempts(trader->store, step->symbol, step->side, level_e8, &taken);
    say(trader, "%-5s attempt %" PRId64 " of %d %s at %s", step->symbol, taken, ATTEMPTS_PER_LEVEL,
        step->side == TW_SIDE_LONG ? "long" : "short", step->level);
    return 0;
}

static void protect(struct trader *trader, const struct step *step) {
    struct text ref = order_ref(trader->step, "stop");
    int64_t stop_e8 = price_of(step->stop);
    tw_event moved = {.as.stop_moved = {.symbol = step->symbol,
                                        .stop_e8 = stop_e8,
                                        .reason = TW_STOP_INITIAL,
                                        .order_ref = ref.text}};
    (void)log_order(
        trader,
        &(tw_order_submitted){.order_ref = ref.text,
                              .symbol = step->symbol,
                              .action = step->side == TW_SIDE_LONG ? TW_ACTION_SELL : TW_ACTION_BUY,
                              .purpose = TW_PURPOSE_STOP,
                              .qty_e8 = step->shares * TW_E8,
                              .order_type = "STP",
                              .stop_e8 = tw_known(stop_e8),
                              .tif = "DAY"});
    log_update(trader, &(tw_order_updated){.order_ref = ref.text,
                                           .perm_id = tw_known(800000 + trader->step),
                                           .status = TW_ORDER_ACKNOWLEDGED});
    (void)log_event(trader, TW_TYPE_stop_moved, &moved);
}

static void enter(struct trader *trader, const struct step *step) {
    if (in_log(trader, TW_TYPE_counter) && !in_log(trader, TW_TYPE_attempt))
        return; /* the run before us stayed out */
    int refused = ask_for_entry(trader, step);
    if (refused) {
        stay_out(trader, step, refused);
        return;
    }
    int64_t action = step->side == TW_SIDE_LONG ? TW_ACTION_BUY : TW_ACTION_SELL;
    int64_t price_e8 = price_of(step->price);
    struct text ref = order_ref(trader->step, "entry");
    tw_event plan = {.as.plan = {.symbol = step->symbol,
                                 .side = step->side,
                                 .entry_path = step->words,
                                 .pivot_e8 = tw_known(price_of(step->level)),
                                 .stop_e8 = tw_known(price_of(step->stop)),
                                 .target1_e8 = tw_known(price_of(step->target))}};
    (void)log_event(trader, TW_TYPE_plan, &plan);
    refused = send_order(trader,
                         &(tw_order_submitted){.order_ref = ref.text,
                                               .symbol = step->symbol,
                                               .action = action,
                                               .purpose = TW_PURPOSE_ENTRY,
                                               .qty_e8 = step->shares * TW_E8,
                                               .order_type = "LMT",
                                               .limit_e8 = tw_known(price_e8),
                                               .tif = "DAY"},
                         price_e8);
    if (refused) {
        stay_out(trader, step, refused);
        return;
    }
    log_fill(trader, ref.text, action, step->shares * TW_E8, price_e8);
    log_count(trader, "entry_path", step->words);
    protect(trader, step);
    say(trader, "%-5s filled %" PRId64 " @ %s, stop %s", step->symbol, step->shares, step->price,
        step->stop);
}

/* The resting stop order now stands for `qty_e8` at `stop_e8`. */
static void change_stop(struct trader *trader, int64_t qty_e8, tw_maybe stop_e8) {
    if (qty_e8 == 0)
        return;
    struct text ref = order_ref(step_entry_before(trader->step), "stop");
    log_update(trader, &(tw_order_updated){.order_ref = ref.text,
                                           .status = TW_ORDER_MODIFIED,
                                           .qty_e8 = tw_known(qty_e8),
                                           .stop_e8 = stop_e8});
}

static void take_partial(struct trader *trader, const struct step *step) {
    int64_t fraction_e8 = price_of(step->fraction), price_e8 = price_of(step->price);
    int64_t action = exit_action(trader->step);
    int64_t qty_e8 = step_quantity(trader, fraction_e8);
    struct text ref = order_ref(trader->step, "partial"), exec_id = broker_exec_id(trader->step);
    if (qty_e8 == 0) {
        say(trader, "%-5s nothing open to take off", step->symbol);
        return;
    }
    (void)send_order(trader,
                     &(tw_order_submitted){.order_ref = ref.text,
                                           .symbol = step->symbol,
                                           .action = action,
                                           .purpose = TW_PURPOSE_PARTIAL,
                                           .qty_e8 = qty_e8,
                                           .order_type = "LMT",
                                           .limit_e8 = tw_known(price_e8),
                                           .tif = "DAY"},
                     price_e8);
    log_fill(trader, ref.text, action, qty_e8, price_e8);
    tw_event mark = {.as.partial = {.exec_id = exec_id.text,
                                    .symbol = step->symbol,
                                    .qty_e8 = qty_e8,
                                    .price_e8 = price_e8,
                                    .reason = step->words,
                                    .target_e8 = tw_known(price_of(step->target)),
                                    .fraction_e8 = tw_known(fraction_e8)}};
    (void)log_event(trader, TW_TYPE_partial, &mark);
    change_stop(trader, open_quantity(trader, step->symbol), (tw_maybe){0});
    log_result(trader, qty_e8, price_e8);
}

static void move_stop(struct trader *trader, const struct step *step) {
    int64_t qty_e8 = open_quantity(trader, step->symbol);
    if (qty_e8 == 0) {
        say(trader, "%-5s nothing open to protect", step->symbol);
        return;
    }
    int breakeven = step->act == ACT_BREAKEVEN;
    uint32_t entry = step_entry_before(trader->step);
    int64_t stop_e8 = price_of(breakeven ? script[entry].price : step->price);
    struct text ref = order_ref(entry, "stop");
    change_stop(trader, qty_e8, tw_known(stop_e8));
    tw_event moved = {.as.stop_moved = {.symbol = step->symbol,
                                        .stop_e8 = stop_e8,
                                        .reason = breakeven ? TW_STOP_BREAKEVEN : TW_STOP_TRAIL,
                                        .order_ref = ref.text}};
    (void)log_event(trader, TW_TYPE_stop_moved, &moved);
    say(trader, "%-5s stop moved to %s (%s)", step->symbol, show_money(stop_e8).text,
        breakeven ? "breakeven" : "trail");
}

static void stop_out(struct trader *trader, const struct step *step) {
    int64_t qty_e8 = step_quantity(trader, TW_E8);
    if (qty_e8 == 0) {
        say(trader, "%-5s nothing open, so no stop to fill", step->symbol);
        return;
    }
    struct text ref = order_ref(step_entry_before(trader->step), "stop");
    int64_t price_e8 = price_of(step->price);
    say(trader, "%-5s the stop is hit", step->symbol);
    log_fill(trader, ref.text, exit_action(trader->step), qty_e8, price_e8);
    log_result(trader, qty_e8, price_e8);
}

static void leave(struct trader *trader, const struct step *step) {
    int64_t qty_e8 = step_quantity(trader, TW_E8), price_e8 = price_of(step->price);
    if (qty_e8 == 0) {
        say(trader, "%-5s nothing open to close", step->symbol);
        return;
    }
    int64_t action = exit_action(trader->step);
    struct text ref = order_ref(trader->step, "exit");
    struct text stop = order_ref(step_entry_before(trader->step), "stop");
    (void)send_order(trader,
                     &(tw_order_submitted){.order_ref = ref.text,
                                           .symbol = step->symbol,
                                           .action = action,
                                           .purpose = TW_PURPOSE_EXIT,
                                           .qty_e8 = qty_e8,
                                           .order_type = "MKT",
                                           .tif = "DAY"},
                     price_e8);
    log_fill(trader, ref.text, action, qty_e8, price_e8);
    log_update(trader, &(tw_order_updated){.order_ref = stop.text,
                                           .status = TW_ORDER_CANCELLED,
                                           .reason = "the position is closed"});
    log_result(trader, qty_e8, price_e8);
}

static void log_bar(struct trader *trader, const struct step *step) {
    tw_event event = {.as.bar = {.symbol = step->symbol,
                                 .start_ns = step_time_ns(step) - INT64_C(60000000000),
                                 .seconds = 60,
                                 .open_e8 = price_of(step->bar[0]),
                                 .high_e8 = price_of(step->bar[1]),
                                 .low_e8 = price_of(step->bar[2]),
                                 .close_e8 = price_of(step->bar[3]),
                                 .volume_e8 = price_of(step->bar[4])}};
    (void)log_event(trader, TW_TYPE_bar, &event);
    say(trader, "%-5s bar, close %s", step->symbol, step->bar[3]);
}

static void log_words(struct trader *trader, const struct step *step) {
    tw_event event = {.as.note = {.actor = "trader", .tag = "day", .text = step->words}};
    (void)log_event(trader, TW_TYPE_note, &event);
    say(trader, "      %s", step->words);
}

static void log_cost(struct trader *trader, const struct step *step) {
    tw_event event = {.as.pnl = {.amount_e8 = price_of(step->price), .reason = TW_PNL_FEE}};
    (void)log_event(trader, TW_TYPE_pnl, &event);
    say(trader, "      market data, %s", step->price);
}

void do_step(struct trader *trader) {
    const struct step *step = &script[trader->step];
    trader->events = 0;
    memset(trader->seen, 0, sizeof trader->seen);
    switch (step->act) {
    case ACT_NOTE:
        log_words(trader, step);
        break;
    case ACT_BAR:
        log_bar(trader, step);
        break;
    case ACT_BLOCK:
        log_count(trader, "filter_block", step->words);
        say(trader, "%-5s no entry: %s", step->symbol, step->words);
        break;
    case ACT_ENTRY:
        enter(trader, step);
        break;
    case ACT_PARTIAL:
        take_partial(trader, step);
        break;
    case ACT_BREAKEVEN:
    case ACT_TRAIL:
        move_stop(trader, step);
        break;
    case ACT_STOPPED:
        stop_out(trader, step);
        break;
    case ACT_EXIT:
        leave(trader, step);
        break;
    case ACT_COST:
        log_cost(trader, step);
        break;
    }
}
