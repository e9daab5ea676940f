/* Builders of events, and a day that folds them. */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/image.h"
#include "harness.h"

int64_t e8(const char *decimal) {
    int64_t value = 0;
    int status = tw_decimal_parse(decimal, strlen(decimal), &value);
    ck_assert_msg(status == 0, "%s is no decimal", decimal);
    return value;
}

tw_maybe maybe_e8(const char *decimal) {
    tw_maybe unknown = {0, 0};
    return decimal ? tw_known(e8(decimal)) : unknown;
}

static tw_event event_of(int64_t type) {
    tw_event event;
    memset(&event, 0, sizeof event);
    event.size = sizeof event;
    event.type = type;
    event.source = TW_SOURCE_HOST;
    return event;
}

tw_event event_session(int64_t resumed) {
    tw_event event = event_of(TW_TYPE_session_opened);
    tw_session_opened *opened = &event.as.session_opened;
    opened->account = "DU1";
    opened->environment = TW_ENVIRONMENT_PAPER;
    opened->zone = "America/New_York";
    opened->host = "desk";
    opened->pid = 4711;
    opened->version = TW_VERSION;
    opened->resumed = resumed;
    opened->currency = "USD";
    opened->cost_method = TW_COST_METHOD_AVERAGE;
    opened->previous_digest = "0000000000000000000000000000000000000000000000000000000000000000";
    return event;
}

tw_event event_closed(void) {
    tw_event event = event_of(TW_TYPE_session_closed);
    event.as.session_closed.reason = "end of the day";
    return event;
}

tw_event event_instrument(const char *symbol, const char *sec_type, const char *currency,
                          const char *multiplier) {
    tw_event event = event_of(TW_TYPE_instrument);
    event.as.instrument.symbol = symbol;
    event.as.instrument.sec_type = sec_type;
    event.as.instrument.currency = currency;
    event.as.instrument.multiplier_e8 = e8(multiplier);
    return event;
}

tw_event event_opening(const char *symbol, int64_t side, const char *qty, const char *cost) {
    tw_event event = event_of(TW_TYPE_position_opening);
    event.as.position_opening.symbol = symbol;
    event.as.position_opening.side = side;
    event.as.position_opening.qty_e8 = e8(qty);
    event.as.position_opening.avg_cost_e8 = maybe_e8(cost);
    return event;
}

tw_event event_attempt(const char *symbol, int64_t side, const char *level, int64_t max) {
    tw_event event = event_of(TW_TYPE_attempt);
    event.as.attempt.symbol = symbol;
    event.as.attempt.side = side;
    event.as.attempt.level_e8 = maybe_e8(level);
    if (max)
        event.as.attempt.max = tw_known(max);
    return event;
}

tw_event event_order(const char *order_ref, const char *symbol, int64_t action, int64_t purpose,
                     const char *qty) {
    tw_event event = event_of(TW_TYPE_order_submitted);
    event.as.order_submitted.order_ref = order_ref;
    event.as.order_submitted.symbol = symbol;
    event.as.order_submitted.action = action;
    event.as.order_submitted.purpose = purpose;
    event.as.order_submitted.qty_e8 = e8(qty);
    event.as.order_submitted.order_type = "LMT";
    return event;
}

tw_event event_status(const char *order_ref, int64_t status) {
    tw_event event = event_of(TW_TYPE_order_updated);
    event.as.order_updated.order_ref = order_ref;
    event.as.order_updated.status = status;
    return event;
}

tw_event event_fill(const char *exec_id, const char *symbol, int64_t action, const char *qty,
                    const char *price, const char *fee) {
    tw_event event = event_of(TW_TYPE_fill);
    event.as.fill.exec_id = exec_id;
    event.as.fill.symbol = symbol;
    event.as.fill.action = action;
    event.as.fill.qty_e8 = e8(qty);
    event.as.fill.price_e8 = e8(price);
    event.as.fill.fee_e8 = maybe_e8(fee);
    return event;
}

tw_event event_corrected(const char *exec_id, const char *corrects, const char *qty,
                         const char *price) {
    tw_event event = event_of(TW_TYPE_fill_corrected);
    event.as.fill_corrected.exec_id = exec_id;
    event.as.fill_corrected.corrects = corrects;
    event.as.fill_corrected.qty_e8 = e8(qty);
    event.as.fill_corrected.price_e8 = e8(price);
    return event;
}

tw_event event_busted(const char *exec_id, const char *corrects) {
    tw_event event = event_of(TW_TYPE_fill_busted);
    event.as.fill_busted.exec_id = exec_id;
    event.as.fill_busted.corrects = corrects;
    return event;
}

tw_event event_commission(const char *exec_id, const char *fee) {
    tw_event event = event_of(TW_TYPE_commission);
    event.as.commission.exec_id = exec_id;
    event.as.commission.fee_e8 = e8(fee);
    return event;
}

tw_event event_partial(const char *exec_id, const char *symbol, const char *qty,
                       const char *price) {
    tw_event event = event_of(TW_TYPE_partial);
    event.as.partial.exec_id = exec_id;
    event.as.partial.symbol = symbol;
    event.as.partial.qty_e8 = e8(qty);
    event.as.partial.price_e8 = e8(price);
    event.as.partial.reason = "target1";
    return event;
}

tw_event event_plan(const char *symbol, int64_t side, const char *entry_path, const char *stop) {
    tw_event event = event_of(TW_TYPE_plan);
    event.as.plan.symbol = symbol;
    event.as.plan.side = side;
    event.as.plan.entry_path = entry_path;
    event.as.plan.stop_e8 = maybe_e8(stop);
    return event;
}

tw_event event_stop(const char *symbol, const char *stop, int64_t reason) {
    tw_event event = event_of(TW_TYPE_stop_moved);
    event.as.stop_moved.symbol = symbol;
    event.as.stop_moved.stop_e8 = e8(stop);
    event.as.stop_moved.reason = reason;
    return event;
}

tw_event event_pnl(const char *amount, const char *exec_id) {
    tw_event event = event_of(TW_TYPE_pnl);
    event.as.pnl.amount_e8 = e8(amount);
    event.as.pnl.exec_id = exec_id;
    event.as.pnl.reason = TW_PNL_REALIZED;
    return event;
}

tw_event event_counter(const char *group, const char *name, int64_t delta) {
    tw_event event = event_of(TW_TYPE_counter);
    event.as.counter.group = group;
    event.as.counter.name = name;
    event.as.counter.delta = delta;
    return event;
}

tw_event event_bar(const char *symbol, int64_t start_ns, const char *price) {
    tw_event event = event_of(TW_TYPE_bar);
    tw_bar *bar = &event.as.bar;
    bar->symbol = symbol;
    bar->start_ns = start_ns;
    bar->seconds = 60;
    bar->open_e8 = bar->high_e8 = bar->low_e8 = bar->close_e8 = e8(price);
    bar->volume_e8 = e8("1000");
    return event;
}

tw_event event_answer(int64_t completeness) {
    tw_event event = event_of(TW_TYPE_broker_answer);
    event.as.broker_answer.broker = "file:positions.json";
    event.as.broker_answer.completeness = completeness;
    event.as.broker_answer.digest =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    return event;
}

tw_event event_finding(const char *case_id, const char *symbol, const char *about, int64_t open) {
    tw_event event = event_of(TW_TYPE_finding);
    event.as.finding.case_id = case_id;
    event.as.finding.symbol = symbol;
    event.as.finding.about = about;
    event.as.finding.text = "the broker holds less";
    event.as.finding.action = TW_FINDING_LOCK;
    event.as.finding.open = open;
    return event;
}

tw_event event_adjusted(const char *symbol, int64_t side, const char *qty, const char *cost) {
    tw_event event = event_of(TW_TYPE_position_adjusted);
    event.as.position_adjusted.symbol = symbol;
    event.as.position_adjusted.side = side;
    event.as.position_adjusted.qty_e8 = e8(qty);
    event.as.position_adjusted.avg_cost_e8 = maybe_e8(cost);
    event.as.position_adjusted.estimated = 1;
    return event;
}

tw_event event_gate(const char *scope, int64_t state, const char *reason) {
    tw_event event = event_of(TW_TYPE_gate);
    event.as.gate.scope = scope;
    event.as.gate.state = state;
    event.as.gate.reason = reason;
    return event;
}

tw_event event_clock(void) {
    tw_event event = event_of(TW_TYPE_clock);
    event.as.clock.synchronised = 1;
    event.as.clock.offset = tw_known(-1500);
    return event;
}

tw_event event_note(const char *text) {
    tw_event event = event_of(TW_TYPE_note);
    event.as.note.actor = "me";
    event.as.note.tag = "why";
    event.as.note.text = text;
    return event;
}

tw_event event_custom(const void *bytes, uint64_t size) {
    tw_event event = event_of(TW_TYPE_custom);
    event.as.custom.tag = "mine";
    event.as.custom.bytes = bytes;
    event.as.custom.bytes_size = size;
    return event;
}

tw_event event_superseded(const char *exec_id, const char *by) {
    tw_event event = event_of(TW_TYPE_inferred_superseded);
    event.as.inferred_superseded.exec_id = exec_id;
    event.as.inferred_superseded.superseded_by = by;
    return event;
}

tw_event event_inferred(const char *exec_id, const char *symbol, int64_t action, const char *qty) {
    tw_event event = event_of(TW_TYPE_fill_inferred);
    event.source = TW_SOURCE_INFERRED;
    event.as.fill_inferred.exec_id = exec_id;
    event.as.fill_inferred.symbol = symbol;
    event.as.fill_inferred.action = action;
    event.as.fill_inferred.qty_e8 = e8(qty);
    return event;
}
