/* What a broker's answer must be before anything is concluded from it. Pure.
 *
 * A row that is wrong spoils the whole answer: leaving it out would look like a position that is
 * not there. */
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "core/reconcile_internal.h"
#include "core/schema.h"

#define LARGEST_COUNT (INT64_C(1) << 53)

struct place {
    const char *part;
    size_t index;
};

static int check_text(struct run *run, const struct place *place, const char *name,
                      const char *text, size_t limit, int required) {
    char shown[96];
    size_t size = text ? strnlen(text, limit + 1) : 0;
    if (size == 0)
        return required ? tw_fail(run->why, TW_E_TEXT, "%s %zu: %s is missing", place->part,
                                  place->index, name)
                        : 0;
    if (size > limit)
        return tw_fail(run->why, TW_E_TEXT, "%s %zu: %s has more than %zu bytes", place->part,
                       place->index, name, limit);
    if (!tw_text_is_clean(text, size))
        return tw_fail(
            run->why, TW_E_TEXT, "%s %zu: %s is \"%s\", expected UTF-8 without control characters",
            place->part, place->index, name, tw_text_show(text, size, shown, sizeof shown));
    return 0;
}

static int check_number(struct run *run, const struct place *place, const char *name, int64_t value,
                        int64_t low, int64_t high) {
    if (value >= low && value <= high)
        return 0;
    return tw_fail(run->why, TW_E_RANGE, "%s %zu: %s is out of range", place->part, place->index,
                   name);
}

static int check_maybe(struct run *run, const struct place *place, const char *name, tw_maybe value,
                       int64_t low, int64_t high) {
    return value.known ? check_number(run, place, name, value.value, low, high) : 0;
}

/* The numbers of the log never have this value. */
#define LOWEST (INT64_MIN + 1)

static int check_size(struct run *run, const struct place *place, uint64_t size, size_t expected) {
    if (size >= expected)
        return 0;
    return tw_fail(run->why, TW_E_INVALID, "%s %zu: size is %llu, expected %zu", place->part,
                   place->index, (unsigned long long)size, expected);
}

static int check_holding(struct run *run, size_t index) {
    const tw_holding *row = &run->answer->holdings[index];
    struct place place = {"position", index};
    int status = check_size(run, &place, row->size, sizeof *row);
    if (!status)
        status = check_text(run, &place, "symbol", row->symbol, TW_SYMBOL_BYTES, 1);
    if (!status)
        status = check_text(run, &place, "currency", row->currency, 8, 0);
    if (!status)
        status = check_text(run, &place, "sec_type", row->sec_type, 16, 0);
    if (!status)
        status = check_number(run, &place, "qty", row->qty_e8, LOWEST, INT64_MAX);
    if (!status)
        status = check_maybe(run, &place, "avg_cost", row->avg_cost_e8, LOWEST, INT64_MAX);
    if (!status)
        status = check_maybe(run, &place, "multiplier", row->multiplier_e8, 1, INT64_MAX);
    if (!status)
        status = check_maybe(run, &place, "con_id", row->con_id, -LARGEST_COUNT, LARGEST_COUNT);
    return status;
}

static int check_order_text(struct run *run, const struct place *place,
                            const tw_broker_order *row) {
    const struct {
        const char *name, *text;
        size_t limit;
        int required;
    } texts[] = {{"symbol", row->symbol, TW_SYMBOL_BYTES, 1},
                 {"order_ref", row->order_ref, 64, 0},
                 {"order_type", row->order_type, 32, 0},
                 {"tif", row->tif, 8, 0},
                 {"status", row->status, 32, 0},
                 {"why_held", row->why_held, 256, 0},
                 {"good_till", row->good_till, 64, 0}};
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof texts / sizeof texts[0]; i++)
        status =
            check_text(run, place, texts[i].name, texts[i].text, texts[i].limit, texts[i].required);
    return status;
}

static int check_order(struct run *run, size_t index) {
    const tw_broker_order *row = &run->answer->orders[index];
    struct place place = {"order", index};
    int status = check_size(run, &place, row->size, sizeof *row);
    if (!status)
        status = check_order_text(run, &place, row);
    if (!status)
        status = check_number(run, &place, "action", row->action, TW_ACTION_BUY, TW_ACTION_SELL);
    if (!status)
        status = check_number(run, &place, "qty", row->qty_e8, 0, INT64_MAX);
    const struct {
        const char *name;
        tw_maybe value;
        int64_t low, high;
    } numbers[] = {{"perm_id", row->perm_id, LOWEST, INT64_MAX},
                   {"order_id", row->order_id, -LARGEST_COUNT, LARGEST_COUNT},
                   {"client_id", row->client_id, -LARGEST_COUNT, LARGEST_COUNT},
                   {"parent_id", row->parent_id, -LARGEST_COUNT, LARGEST_COUNT},
                   {"filled", row->filled_e8, 0, INT64_MAX},
                   {"limit", row->limit_e8, LOWEST, INT64_MAX},
                   {"stop", row->stop_e8, LOWEST, INT64_MAX}};
    for (size_t i = 0; status == 0 && i < sizeof numbers / sizeof numbers[0]; i++)
        status = check_maybe(run, &place, numbers[i].name, numbers[i].value, numbers[i].low,
                             numbers[i].high);
    const tw_answer *answer = run->answer;
    if (!status && !(row->completed ? answer->completed_completeness : answer->orders_completeness))
        status = tw_fail(run->why, TW_E_INCOMPLETE,
                         "order %zu is given, but not whether the %s orders are complete", index,
                         row->completed ? "completed" : "open");
    return status;
}

static int check_execution(struct run *run, size_t index) {
    const tw_broker_execution *row = &run->answer->executions[index];
    struct place place = {"execution", index};
    int status = check_size(run, &place, row->size, sizeof *row);
    if (!status)
        status = check_text(run, &place, "exec_id", row->exec_id, 64, 1);
    if (!status)
        status = check_text(run, &place, "symbol", row->symbol, TW_SYMBOL_BYTES, 1);
    if (!status)
        status = check_text(run, &place, "order_ref", row->order_ref, 64, 0);
    if (!status)
        status = check_text(run, &place, "currency", row->currency, 8, 0);
    if (!status)
        status = check_number(run, &place, "action", row->action, TW_ACTION_BUY, TW_ACTION_SELL);
    if (!status)
        status = check_number(run, &place, "qty", row->qty_e8, 1, INT64_MAX);
    if (!status)
        status = check_number(run, &place, "price", row->price_e8, LOWEST, INT64_MAX);
    if (!status)
        status = check_number(run, &place, "kind", row->kind, 0, TW_FILL_LIQUIDATION);
    const struct {
        const char *name;
        tw_maybe value;
        int64_t low;
    } numbers[] = {{"fee", row->fee_e8, LOWEST},
                   {"realized", row->realized_e8, LOWEST},
                   {"perm_id", row->perm_id, LOWEST},
                   {"time", row->time_ns, 1},
                   {"cum_qty", row->cum_qty_e8, 0}};
    for (size_t i = 0; status == 0 && i < sizeof numbers / sizeof numbers[0]; i++)
        status =
            check_maybe(run, &place, numbers[i].name, numbers[i].value, numbers[i].low, INT64_MAX);
    return status;
}

/* ---- the answer as a whole
 * ----------------------------------------------------------------------- */

static int check_part(struct run *run, const char *part, int64_t completeness, const void *rows,
                      uint64_t count, uint64_t most) {
    if (completeness < 0 || completeness > TW_ANSWER_FAILED)
        return tw_fail(run->why, TW_E_UNKNOWN_NAME, "%s: no completeness has the number %lld", part,
                       (long long)completeness);
    if (count > 0 && !rows)
        return tw_fail(run->why, TW_E_INVALID, "%s: %llu rows are announced, none are given", part,
                       (unsigned long long)count);
    if (count > most)
        return tw_fail(run->why, TW_E_RANGE, "%s: %llu rows, at most %llu are allowed", part,
                       (unsigned long long)count, (unsigned long long)most);
    return 0;
}

static int check_parts(struct run *run) {
    const tw_answer *answer = run->answer;
    if (!answer->positions_completeness)
        return tw_fail(run->why, TW_E_INCOMPLETE,
                       "the answer does not say whether its positions are complete");
    if (answer->execution_count > 0 && !answer->executions_completeness)
        return tw_fail(run->why, TW_E_INCOMPLETE,
                       "the answer does not say whether its executions are complete");
    int status = check_part(run, "positions", answer->positions_completeness, answer->holdings,
                            answer->holding_count, TW_HOLDINGS_MOST);
    if (!status)
        status = check_part(run, "orders", answer->orders_completeness, answer->orders,
                            answer->order_count, TW_ORDERS_MOST);
    if (!status)
        status = check_part(run, "completed orders", answer->completed_completeness, answer->orders,
                            answer->order_count, TW_ORDERS_MOST);
    if (!status)
        status = check_part(run, "executions", answer->executions_completeness, answer->executions,
                            answer->execution_count, TW_EXECUTIONS_MOST);
    return status;
}

/* D35: positions of another account say nothing about this one. */
static int check_account(struct run *run) {
    const tw_answer *answer = run->answer;
    const struct session *session = &run->state->session;
    const char *account = tw_state_text(run->state, session->account);
    char shown[80];
    if (!session->opened_seq || !account)
        return tw_fail(run->why, TW_E_INVALID, "the state has no session to compare with");
    if (answer->account && strcmp(answer->account, account) != 0)
        return tw_fail(
            run->why, TW_E_OTHER_ACCOUNT, "the answer is of account %s, the journal of %s",
            tw_text_show(answer->account, strnlen(answer->account, 64), shown, sizeof shown),
            account);
    if (answer->environment && answer->environment != session->environment)
        return tw_fail(run->why, TW_E_OTHER_ACCOUNT,
                       "the answer is of a %s account, the journal of a %s one",
                       tw_text_of("environment", answer->environment),
                       tw_text_of("environment", session->environment));
    if (run->older && run->older->trading_date >= run->state->trading_date)
        return tw_fail(run->why, TW_E_DATE, "the older day is %s, expected one before %s",
                       tw_date_text(run->older->trading_date).text,
                       tw_date_text(run->state->trading_date).text);
    return 0;
}

int tw_reconcile_check_answer(struct run *run) {
    const tw_answer *answer = run->answer;
    struct place place = {"answer", 0};
    int status = check_size(run, &place, answer->size, sizeof *answer);
    if (!status)
        status = check_parts(run);
    if (!status)
        status = check_account(run);
    if (!status)
        status = check_text(run, &place, "broker", answer->broker, 256, 1);
    if (!status)
        status = check_maybe(run, &place, "as_of", answer->as_of_ns, 1, INT64_MAX);
    for (size_t i = 0; status == 0 && i < answer->holding_count; i++)
        status = check_holding(run, i);
    for (size_t i = 0; status == 0 && i < answer->order_count; i++)
        status = check_order(run, i);
    for (size_t i = 0; status == 0 && i < answer->execution_count; i++)
        status = check_execution(run, i);
    int needs_history = answer->execution_count > 0 || answer->order_count > 0;
    if (!status && needs_history && run->state->history_from > run->state->first_seq)
        status = tw_fail(run->why, TW_E_HISTORY,
                         "executions and orders of the day before seq %llu are not in memory",
                         (unsigned long long)run->state->history_from);
    return status;
}
