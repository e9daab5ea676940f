/* The fold: dispatch, and what every event has in common. Pure. */
#include "core/fold.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "core/fold_internal.h"
#include "core/position.h"
#include "core/schema.h"

text_id tw_fold_text(struct state *state, const char *text) {
    return text ? tw_names_add(state->texts, text) : TW_NONE;
}

int64_t tw_or_unknown(tw_maybe maybe) {
    return maybe.known ? maybe.value : TW_UNKNOWN;
}

static void init_symbol(struct symbol *symbol) {
    symbol->sec_type = symbol->currency = symbol->exchange = TW_NONE;
    symbol->con_id = TW_UNKNOWN;
    symbol->multiplier_e8 = TW_E8;
    tw_plan_clear(&symbol->plan, 0);
}

/* Every event that has a symbol asks for it three times. */
static inline uint32_t find_symbol(struct state *state, const char *name) {
    uint32_t id = (uint32_t)state->symbol_asked;
    if (name && id < tw_state_symbol_count(state) &&
        strcmp(tw_state_symbol_name(state, id), name) == 0)
        return id;
    id = tw_state_find_symbol(state, name);
    if (id != TW_NONE)
        state->symbol_asked = id;
    return id;
}

struct symbol *tw_fold_slot(struct state *state, const char *name) {
    uint32_t id = find_symbol(state, name);
    if (id != TW_NONE)
        return &state->symbols[id];
    uint32_t count = tw_state_symbol_count(state);
    assert(count < state->symbol_capacity);
    init_symbol(&state->symbols[count]);
    return &state->symbols[count];
}

struct symbol *tw_fold_symbol(struct state *state, const char *name, uint32_t *ret_id) {
    uint32_t id = find_symbol(state, name);
    if (id == TW_NONE) {
        id = tw_names_add(state->symbol_names, name);
        assert(id < state->symbol_capacity);
        init_symbol(&state->symbols[id]);
    }
    if (ret_id)
        *ret_id = id;
    return &state->symbols[id];
}

int tw_fold_find_execution(struct state *state, const tw_event *event, const char *exec_id,
                           uint32_t *ret_id, tw_error *why) {
    uint32_t id = tw_state_find_execution(state, exec_id);
    if (id == TW_NONE && state->history.find && state->history_from > state->first_seq) {
        uint64_t seq = 0;
        int status = state->history.find(state->history.context, exec_id, &seq);
        if (status && status != TW_E_NOT_FOUND)
            return tw_fail(why, status, "the index of executions cannot be read");
        if (status == 0 && seq < event->seq) {
            *ret_id = TW_NONE;
            return 0;
        }
    }
    if (id == TW_NONE)
        return TW_E_NOT_FOUND;
    *ret_id = id;
    return 0;
}

int tw_fold_find_order(struct state *state, const tw_event *event, const char *order_ref,
                       uint32_t *ret_id, tw_error *why) {
    uint64_t seq = 0;
    *ret_id = tw_state_find_order(state, order_ref);
    if (*ret_id != TW_NONE)
        return 0;
    if (!state->history.find_order || state->history_from <= state->first_seq)
        return TW_E_NOT_FOUND;
    int status = state->history.find_order(state->history.context, order_ref, &seq);
    if (status && status != TW_E_NOT_FOUND)
        return tw_fail(why, status, "the index of orders cannot be read");
    if (status || seq >= event->seq)
        return TW_E_NOT_FOUND;
    return tw_fail(why, TW_E_HISTORY, "an order was finished before the snapshot");
}

int tw_fold_needs_changes(const struct symbol *symbol, const char *name, tw_error *why) {
    if (symbol->changes_total == (int64_t)symbol->change_count)
        return 0;
    return tw_fail(why, TW_E_HISTORY, "earlier executions of %s lie before the snapshot", name);
}

int tw_fold_check_price(const struct state *state, const struct symbol *symbol, const char *what,
                        int64_t price_e8, tw_error *why) {
    if (price_e8 == TW_UNKNOWN || price_e8 >= 0)
        return 0;
    const char *sec_type = tw_state_text(state, symbol->sec_type);
    const char *const can[] = {"FUT", "FOP", "BAG", "CFD", "CMDTY"};
    for (size_t i = 0; sec_type && i < sizeof can / sizeof can[0]; i++)
        if (strcmp(sec_type, can[i]) == 0)
            return 0;
    return tw_fail(why, TW_E_REFUSED,
                   "%s is below 0, which only an instrument of type FUT, FOP, BAG, CFD or CMDTY "
                   "can be",
                   what);
}

const char *tw_fold_show_position(const struct position *position, char out[64]) {
    char qty[TW_DECIMAL_TEXT_BYTES];
    if (!position->side)
        return "flat";
    tw_decimal_format(position->qty_e8, qty);
    tw_text_show(qty, strlen(qty), out + 6, 58);
    memcpy(out, position->side == TW_SIDE_LONG ? " LONG " : "SHORT ", 6);
    return position->side == TW_SIDE_LONG ? out + 1 : out;
}

struct change *tw_fold_add_change(struct symbol *symbol, const tw_event *event, int64_t kind) {
    assert(symbol->change_count < symbol->change_capacity);
    struct change *change = &symbol->changes[symbol->change_count++];
    memset(change, 0, sizeof *change);
    change->kind = kind;
    change->execution = TW_NONE;
    change->cost_e8 = TW_UNKNOWN;
    change->time_ns = event->time_ns;
    change->seq = event->seq;
    change->entry_path = TW_NONE;
    symbol->changes_total++;
    return change;
}

/* ---- room ---------------------------------------------------------------------------------- */

/* An exec id as a text, and the account's currency, come on top of the event's own texts. */
enum { MORE_TEXTS = 2, MORE_BYTES = 64, ID_BYTES = 64 };

/* Is there room for texts as long as they may be? Then nobody has to ask how long they are. */
static int has_room(const struct state *state, const struct event_type *type) {
    return tw_names_has_room(state->texts, type->texts + MORE_TEXTS,
                             type->text_bytes + MORE_BYTES) &&
           tw_names_has_room(state->symbol_names, 1, TW_SYMBOL_BYTES) &&
           tw_names_has_room(state->order_names, 1, ID_BYTES) &&
           tw_names_has_room(state->exec_names, 1, ID_BYTES);
}

static int reserve_tables(struct state *state, const struct event_type *type,
                          const tw_event *event) {
    if (has_room(state, type))
        return 0;
    size_t bytes = MORE_BYTES;
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL)
            bytes += tw_field_get(event, field).size;
    }
    int status = tw_names_reserve(state->texts, type->texts + MORE_TEXTS, bytes);
    if (!status)
        status = tw_names_reserve(state->symbol_names, 1, TW_SYMBOL_BYTES);
    if (!status)
        status = tw_names_reserve(state->order_names, 1, ID_BYTES);
    if (!status)
        status = tw_names_reserve(state->exec_names, 1, ID_BYTES);
    return status;
}

/* Room for one more than there are. */
#define GROW(how, array, capacity, count) \
    tw_array_##how((void **)&state->array, &state->capacity, (count) + 1, sizeof *state->array)

static int reserve_arrays(struct state *state) {
    int status = GROW(reserve, symbols, symbol_capacity, (size_t)tw_state_symbol_count(state) + 1);
    if (!status)
        status = GROW(room, orders, order_capacity, (size_t)tw_state_order_count(state));
    if (!status)
        status =
            GROW(room, executions, execution_capacity, (size_t)tw_state_execution_count(state));
    if (!status)
        status = GROW(reserve, gates, gate_capacity, state->gate_count);
    if (!status)
        status = GROW(reserve, findings, finding_capacity, state->finding_count);
    if (!status)
        status = GROW(reserve, counters, counter_capacity, state->counter_count);
    if (!status)
        status = GROW(reserve, money, money_capacity, state->money_count);
    return status;
}

static int reserve_symbol(struct state *state, const struct event_type *type,
                          const tw_event *event) {
    const char *name = NULL;
    if (type->symbol_offset)
        memcpy(&name, (const char *)&event->as + type->symbol_offset, sizeof name);
    if (!name)
        return 0;
    struct symbol *symbol = tw_fold_slot(state, name);
    int status = tw_position_reserve(symbol);
    if (!status)
        status = tw_array_reserve((void **)&symbol->attempts, &symbol->attempt_capacity,
                                  symbol->attempt_count + 1, sizeof *symbol->attempts);
    if (!status && event->type == TW_TYPE_bar && symbol->bar_count < TW_BARS_PER_SYMBOL)
        status = tw_array_reserve((void **)&symbol->bars, &symbol->bar_capacity,
                                  symbol->bar_count + 1, sizeof *symbol->bars);
    return status;
}

static int reserve(struct state *state, const struct event_type *type, const tw_event *event,
                   tw_error *why) {
    int status = reserve_tables(state, type, event);
    if (!status)
        status = reserve_arrays(state);
    if (!status)
        status = reserve_symbol(state, type, event);
    return status ? tw_fail(why, status, "no memory for the state to grow") : 0;
}

/* ---- what holds for every event ------------------------------------------------------------ */

static int check_place(const struct state *state, const tw_event *event, tw_error *why) {
    if (state->trading_date && event->trading_date != state->trading_date)
        return tw_fail(why, TW_E_DATE, "the event is of trading date %s, the session of %s",
                       tw_date_text(event->trading_date).text,
                       tw_date_text(state->trading_date).text);
    if (state->last_seq && event->seq != state->last_seq + 1)
        return tw_fail(why, TW_E_REFUSED, "the event has seq %llu, expected %llu",
                       (unsigned long long)event->seq, (unsigned long long)state->last_seq + 1);
    if (event->type == TW_TYPE_session_opened || event->type == TW_TYPE_OPAQUE)
        return 0;
    if (!state->session.opened_seq)
        return tw_fail(why, TW_E_REFUSED, "no session is open, expected session_opened first");
    if (state->session.closed)
        return tw_fail(why, TW_E_REFUSED, "the session was closed, expected session_opened first");
    return 0;
}

/* A record of a later version's type is kept and counted, never judged. */
static int check_opaque(const struct state *state, const tw_event *event, tw_error *why) {
    if (!state->last_seq)
        return tw_fail(why, TW_E_REFUSED, "the day starts with a record of an unknown type");
    return check_place(state, event, why);
}

/* Everything but what tw_schema_check says of the event alone. */
static int check_in_state(struct state *state, const tw_event *event, tw_error *why) {
    int status = check_place(state, event, why);
    if (!status)
        status = reserve(state, tw_schema_type(event->type), event, why);
    if (status)
        return status;
    switch (event->type) {
#define TW_EVENT(number, name, sentence) \
    case number:                         \
        return tw_check_##name(state, event, why);
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    }
    return tw_fail(why, TW_E_UNKNOWN_NAME, "no event type has the number %lld",
                   (long long)event->type);
}

void tw_fold_expect(const struct state *state, const tw_event *event) {
    const char *exec_id = NULL, *order_ref = NULL;
    if (event->type == TW_TYPE_fill) {
        exec_id = event->as.fill.exec_id;
        order_ref = event->as.fill.order_ref;
    } else if (event->type == TW_TYPE_commission) {
        exec_id = event->as.commission.exec_id;
    } else if (event->type == TW_TYPE_order_submitted) {
        order_ref = event->as.order_submitted.order_ref;
    } else if (event->type == TW_TYPE_order_updated) {
        order_ref = event->as.order_updated.order_ref;
    }
    if (exec_id)
        tw_names_expect(state->exec_names, exec_id);
    if (order_ref)
        tw_names_expect(state->order_names, order_ref);
}

int tw_fold_check(struct state *state, const tw_event *event, tw_error *why) {
    if (event->type == TW_TYPE_OPAQUE)
        return check_opaque(state, event, why);
    tw_fold_expect(state, event); /* fetched while the event itself is looked at */
    int status = tw_schema_check(event, why);
    return status ? status : check_in_state(state, event, why);
}

void tw_fold_apply(struct state *state, const tw_event *event) {
    if (!state->first_seq) {
        state->first_seq = event->seq;
        state->history_from = event->seq;
        state->trading_date = event->trading_date;
    }
    switch (event->type) {
#define TW_EVENT(number, name, sentence) \
    case number:                         \
        tw_apply_##name(state, event);   \
        break;
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    }
    state->last_seq = event->seq;
    state->last_time_ns = event->time_ns;
    _Static_assert(sizeof state->type_counts / sizeof state->type_counts[0] > 26, "one per type");
    state->type_counts[event->type]++;
}

int tw_fold(struct state *state, const tw_event *event, tw_error *why) {
    int status = tw_fold_check(state, event, why);
    if (status == 0)
        tw_fold_apply(state, event);
    return status;
}

int tw_fold_decoded(struct state *state, const tw_event *event, tw_error *why) {
    int status = event->type == TW_TYPE_OPAQUE ? check_opaque(state, event, why)
                                               : check_in_state(state, event, why);
    if (status == 0)
        tw_fold_apply(state, event);
    return status;
}
