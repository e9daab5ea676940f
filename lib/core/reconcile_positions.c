/* Quantities: what executions did not explain is taken over from the broker, who owns it. Pure. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "core/reconcile_internal.h"

static int sign(int64_t value) {
    return (value > 0) - (value < 0);
}

static int64_t magnitude(int64_t value) {
    return value < 0 ? -value : value;
}

/* Which case two quantities are; 1 when they are equal. */
static int case_of(const struct subject *subject, int64_t ours_e8) {
    int64_t theirs_e8 = subject->theirs_e8;
    if (ours_e8 == theirs_e8)
        return 1;
    if (ours_e8 == 0)
        return 8;
    if (theirs_e8 == 0)
        return subject->holding ? 5 : 6;
    if (sign(ours_e8) != sign(theirs_e8))
        return 4;
    return magnitude(theirs_e8) < magnitude(ours_e8) ? 2 : 3;
}

static const char *show_theirs(const struct subject *subject, char out[TW_QUANTITY_TEXT_BYTES]) {
    return tw_reconcile_quantity(subject->theirs_e8, subject->holding ? "flat" : "-", out);
}

/* ---- inferring
 * -------------------------------------------------------------------------------------- */

/* Made from what it explains, so that a second run on the same log makes the same one; the count of
 * the symbol's changes keeps it apart from an earlier step between the same quantities. */
static const char *inferred_id(struct run *run, uint32_t id, int64_t from_e8, int64_t to_e8) {
    const struct subject *subject = &run->subjects[id];
    char from[TW_DECIMAL_TEXT_BYTES], to[TW_DECIMAL_TEXT_BYTES];
    int64_t changes = 0;
    if (subject->symbol != TW_NONE)
        changes = run->state->symbols[subject->symbol].changes_total;
    tw_decimal_format(from_e8, from);
    tw_decimal_format(to_e8, to);
    char text[256], hex[TW_DIGEST_TEXT_BYTES];
    long long date = (long long)run->state->trading_date;
    int length = snprintf(text, sizeof text, "inferred-%lld-%s-%sto%s-%lld", date, subject->name,
                          from, to, (long long)changes);
    if (length > 64) {
        uint8_t digest[TW_DIGEST_BYTES];
        tw_sha256(text, (size_t)length, digest);
        tw_digest_text(digest, hex);
        snprintf(text, sizeof text, "inferred-%lld-%.32s", date, hex);
    }
    return tw_reconcile_keep(run, text);
}

static void infer_step(struct run *run, uint32_t id, int64_t to_e8, const char *reason) {
    struct subject *subject = &run->subjects[id];
    int64_t from_e8 = subject->now_e8;
    const char *exec_id = inferred_id(run, id, from_e8, to_e8);
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_fill_inferred, TW_SOURCE_INFERRED);
    if (!event)
        return;
    tw_fill_inferred *fill = &event->as.fill_inferred;
    fill->exec_id = exec_id;
    fill->symbol = subject->name;
    fill->action = to_e8 > from_e8 ? TW_ACTION_BUY : TW_ACTION_SELL;
    fill->qty_e8 = magnitude(to_e8 - from_e8);
    fill->reason = reason;
    subject->now_e8 = to_e8;
    subject->repaired = 1;
}

void tw_reconcile_infer(struct run *run, uint32_t id, int64_t to_e8, const char *reason) {
    int64_t from_e8 = run->subjects[id].now_e8;
    if (from_e8 == to_e8)
        return;
    /* Through zero it is two trades: the old one ends, a new one begins. */
    if (sign(from_e8) * sign(to_e8) < 0)
        infer_step(run, id, 0, reason);
    infer_step(run, id, to_e8, reason);
}

void tw_reconcile_adopt(struct run *run, uint32_t id, const char *reason) {
    struct subject *subject = &run->subjects[id];
    tw_reconcile_introduce(run, id);
    tw_event *event = tw_reconcile_repair(run, id, TW_TYPE_position_adjusted, TW_SOURCE_QUERY);
    if (!event)
        return;
    tw_position_adjusted *adjusted = &event->as.position_adjusted;
    adjusted->symbol = subject->name;
    adjusted->side = subject->theirs_e8 > 0 ? TW_SIDE_LONG : TW_SIDE_SHORT;
    adjusted->qty_e8 = magnitude(subject->theirs_e8);
    adjusted->reason = reason;
    adjusted->estimated = 1;
    /* The broker's cost is of all it holds: it says nothing about a part that was added. */
    int from_nothing = sign(subject->now_e8) != sign(subject->theirs_e8);
    if (from_nothing && subject->holding->avg_cost_e8.known &&
        tw_reconcile_price_fits(run, subject, subject->holding->avg_cost_e8.value))
        adjusted->avg_cost_e8 = subject->holding->avg_cost_e8;
    subject->now_e8 = subject->theirs_e8;
    subject->repaired = 1;
}

/* ---- what is said
 * ------------------------------------------------------------------------------------- */

static const char *source_text(struct run *run, const struct subject *subject, int number) {
    char qty[TW_DECIMAL_TEXT_BYTES];
    tw_decimal_format(magnitude(subject->theirs_e8), qty);
    switch (number) {
    case 4:
        return tw_reconcile_keepf(run,
                                  "the opposite side: using the broker's %s %s (source of "
                                  "truth)",
                                  subject->theirs_e8 > 0 ? "LONG" : "SHORT", qty);
    case 5:
        return "flat at the broker (source of truth)";
    case 6:
        return "not in the broker's complete answer: flat (source of truth)";
    case 8:
        return "not in the log";
    default:
        return tw_reconcile_keepf(run, "using the broker's %s (source of truth)", qty);
    }
}

static const char *rest_text(int number, int partly) {
    if (number == 5 || number == 6)
        return partly ? "the rest is closed at an unknown price, entries locked"
                      : "unexplained, closed at an unknown price, entries locked";
    if (number == 3)
        return partly ? "the rest is inferred and marked external, entries locked"
                      : "unexplained, marked external, entries locked";
    return partly ? "the rest is inferred, entries locked" : "unexplained, entries locked";
}

static const char *explained_text(struct run *run, const struct subject *subject) {
    if (subject->booked == 0)
        return "explained by the broker's corrections, booked";
    return tw_reconcile_keepf(run, "explained by %zu execution%s, booked", subject->booked,
                              subject->booked == 1 ? "" : "s");
}

static void find_explained(struct run *run, uint32_t id, int number) {
    struct subject *subject = &run->subjects[id];
    char ours[TW_QUANTITY_TEXT_BYTES], theirs[TW_QUANTITY_TEXT_BYTES];
    tw_reconcile_quantity(subject->log_e8, "-", ours);
    show_theirs(subject, theirs);
    tw_reconcile_find(run, number, id, NULL, ours, theirs, TW_FINDING_ACCEPT,
                      FOUND_EVENT | FOUND_DIFFERS, "%s; %s", source_text(run, subject, number),
                      explained_text(run, subject));
}

static void infer_rest(struct run *run, uint32_t id, int number, int64_t ours_e8) {
    struct subject *subject = &run->subjects[id];
    char ours[TW_QUANTITY_TEXT_BYTES], theirs[TW_QUANTITY_TEXT_BYTES];
    tw_reconcile_quantity(ours_e8, "-", ours);
    show_theirs(subject, theirs);
    const char *partly = subject->booked ? "partly " : "";
    tw_reconcile_find(
        run, number, id, NULL, ours, theirs, TW_FINDING_INFER,
        FOUND_EVENT | FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS, "%s; %s%s%s",
        source_text(run, subject, number), partly,
        subject->booked ? tw_reconcile_keepf(run, "%s, ", explained_text(run, subject)) : "",
        rest_text(number, subject->booked > 0));
    tw_reconcile_infer(run, id, subject->theirs_e8,
                       tw_reconcile_keepf(run, "D%d: the broker holds %s", number, theirs));
}

static void adopt_unknown(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    char theirs[TW_QUANTITY_TEXT_BYTES];
    show_theirs(subject, theirs);
    tw_reconcile_find(run, 8, id, NULL, "-", theirs, TW_FINDING_ASK,
                      FOUND_EVENT | FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                      "not in the log: opened by hand or log lost; adopted as estimated with "
                      "--apply");
    tw_reconcile_adopt(run, id, "D8: the broker holds it, the log does not know it");
}

/* D17: the position contained these fills all along. */
static void find_contained(struct run *run, uint32_t id) {
    const struct subject *subject = &run->subjects[id];
    char both[TW_QUANTITY_TEXT_BYTES];
    if (subject->booked == 0 || subject->told)
        return;
    tw_reconcile_quantity(subject->theirs_e8, "flat", both);
    tw_reconcile_find(run, 17, id, NULL, both, both, TW_FINDING_ACCEPT, FOUND_EVENT,
                      "%zu execution%s of working orders booked; the position contains them",
                      subject->booked, subject->booked == 1 ? "" : "s");
}

/* An adopted quantity held these executions already; it was an estimate of them and more. */
static int was_adopted(const struct run *run, const struct subject *subject) {
    if (subject->booked == 0 || subject->symbol == TW_NONE || subject->theirs_e8 == 0)
        return 0;
    return run->state->symbols[subject->symbol].position.estimated != 0;
}

static void keep_adopted(struct run *run, uint32_t id) {
    const struct subject *subject = &run->subjects[id];
    char both[TW_QUANTITY_TEXT_BYTES];
    tw_reconcile_quantity(subject->theirs_e8, "flat", both);
    tw_reconcile_find(run, 16, id, NULL, both, both, TW_FINDING_ACCEPT, FOUND_EVENT | FOUND_DIFFERS,
                      "%zu execution%s that the adopted quantity contained: booked, the quantity "
                      "stays the broker's",
                      subject->booked, subject->booked == 1 ? "" : "s");
    tw_reconcile_adopt(run, id, "D16: the adopted quantity contained the executions");
}

int tw_reconcile_positions(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    int number = case_of(subject, subject->log_e8);
    if (subject->now_e8 == subject->theirs_e8) {
        if (number == 1)
            find_contained(run, id);
        else
            find_explained(run, id, number);
        return 0;
    }
    if (number == 1 && was_adopted(run, subject)) {
        keep_adopted(run, id);
        return 0;
    }
    int settled = 0;
    int status = tw_reconcile_overnight(run, id, &settled);
    if (status || settled)
        return status;
    /* Both sides agreed until executions came that the position does not show. */
    int64_t ours_e8 = number == 1 ? subject->now_e8 : subject->log_e8;
    int64_t ignored;
    if (tw_decimal_sub(subject->theirs_e8, subject->now_e8, &ignored))
        return tw_fail(run->why, TW_E_RANGE, "the quantities of %s do not fit 64 bits",
                       subject->name);
    number = case_of(subject, ours_e8);
    if (number == 8 && subject->theirs_e8 != 0)
        adopt_unknown(run, id);
    else
        infer_rest(run, id, number, ours_e8);
    return 0;
}

/* ---- D7: no complete answer
 * ------------------------------------------------------------------------------ */

static const char *shown_failure(struct run *run) {
    const char *failure = run->answer->failure;
    if (!failure || !*failure)
        return run->answer->positions_completeness == TW_ANSWER_PARTIAL
                   ? "the broker answered in part"
                   : "the broker could not be asked";
    char shown[TW_LINE_BYTES];
    tw_text_show(failure, strnlen(failure, 4096), shown, sizeof shown);
    return tw_reconcile_keep(run, shown);
}

static void compare_in_part(struct run *run, uint32_t id) {
    struct subject *subject = &run->subjects[id];
    char ours[TW_QUANTITY_TEXT_BYTES], theirs[TW_QUANTITY_TEXT_BYTES];
    int number = case_of(subject, subject->log_e8);
    tw_reconcile_quantity(subject->log_e8, "-", ours);
    show_theirs(subject, theirs);
    if (number == 6)
        tw_reconcile_find(run, 6, id, NULL, ours, theirs, TW_FINDING_LOCK,
                          FOUND_OPEN | FOUND_DIFFERS | FOUND_LOCKS,
                          "not in an answer that is not complete: nothing is changed, entries "
                          "locked");
    else if (number != 1)
        tw_reconcile_find(run, number, id, NULL, ours, theirs, TW_FINDING_NOTE,
                          FOUND_OPEN | FOUND_DIFFERS,
                          "the answer is not complete: nothing is changed");
    else if (subject->log_e8 != 0)
        tw_reconcile_agree(run, id, ours, theirs);
}

void tw_reconcile_drift(struct run *run) {
    const char *word =
        run->answer->positions_completeness == TW_ANSWER_PARTIAL ? "partial" : "failed";
    tw_reconcile_find(run, 7, TW_NONE, NULL, NULL, word, TW_FINDING_HALT,
                      FOUND_OPEN | FOUND_DIFFERS | FOUND_CRITICAL | FOUND_LOCKS,
                      "possible drift: %s; the state is from the log alone, all entries are "
                      "halted until a complete answer or an operator's word on record",
                      shown_failure(run));
    if (run->answer->positions_completeness != TW_ANSWER_PARTIAL)
        return;
    for (uint32_t id = 0; id < run->subject_count; id++)
        compare_in_part(run, id);
}

static void find_unanswered(struct run *run, const char *part, int64_t completeness, int64_t action,
                            unsigned flags, const char *meaning) {
    if (completeness != TW_ANSWER_FAILED && completeness != TW_ANSWER_PARTIAL)
        return;
    const char *failure = run->answer->failure && *run->answer->failure
                              ? shown_failure(run)
                              : "the broker did not finish its answer";
    tw_reconcile_find(
        run, 7, TW_NONE, part, NULL, completeness == TW_ANSWER_PARTIAL ? "partial" : "failed",
        action, FOUND_OPEN | FOUND_DIFFERS | FOUND_CRITICAL | flags, "%s: %s", meaning, failure);
}

void tw_reconcile_unanswered(struct run *run) {
    const tw_answer *answer = run->answer;
    run->blind = answer->orders_completeness && answer->orders_completeness != TW_ANSWER_COMPLETE;
    find_unanswered(run, TW_OPEN_ORDERS, answer->orders_completeness, TW_FINDING_HALT, FOUND_LOCKS,
                    "nobody knows whether positions are protected, all entries are halted");
    find_unanswered(run, "executions", answer->executions_completeness, TW_FINDING_NOTE, 0,
                    "what differs cannot be explained by fills");
}
