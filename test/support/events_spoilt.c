/* How the events of a random day go wrong. */
#include <string.h>

#include "core/schema.h"
#include "events_random.h"

static const struct field *random_field(struct generator *generator, const tw_event *event) {
    const struct event_type *type = tw_schema_type(event->type);
    return &type->fields[random_below(&generator->random, type->count)];
}

/* A number no event should have, or one at the very edge of what it may. */
static int64_t odd_number(struct generator *generator) {
    static const int64_t numbers[] = {0, -1, INT64_MAX, INT64_MIN, INT64_MIN + 1, 99, -TW_E8};
    return numbers[random_below(&generator->random, sizeof numbers / sizeof numbers[0])];
}

static const char *odd_text(struct generator *generator) {
    static const char *const texts[] = {"", "\xff", "a\nb", "\xe2\x80\xae", "unheard", NULL};
    static char too_long[5000];
    uint64_t which = random_below(&generator->random, sizeof texts / sizeof texts[0] + 1);
    if (which < sizeof texts / sizeof texts[0])
        return texts[which];
    memset(too_long, 'x', sizeof too_long - 1);
    return too_long;
}

static void spoil_field(struct generator *generator, tw_event *event) {
    const struct field *field = random_field(generator, event);
    struct value value = tw_field_get(event, field);
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        value.data = odd_text(generator);
        value.known = value.data != NULL;
    } else if (field->kind != KIND_BYTES) {
        value.known = 1;
        value.number = odd_number(generator);
    }
    tw_field_set(event, field, value);
}

static void spoil_envelope(struct generator *generator, const struct day *day, tw_event *event) {
    switch (random_below(&generator->random, 6)) {
    case 0:
        event->trading_date = 20251007;
        break;
    case 1:
        event->trading_date = 20251340;
        break;
    case 2:
        event->seq = day->seq + 1 - 2 * random_below(&generator->random, 2);
        break;
    case 3:
        event->source = 7;
        break;
    case 4:
        event->corr = odd_text(generator);
        break;
    default:
        event->time_ns = -1;
        break;
    }
}

/* The same execution or order once more, or none that anybody knows. */
static void spoil_identity(struct generator *generator, const struct day *day, tw_event *event) {
    const char *known = random_exec_id(generator, day);
    switch (event->type) {
    case TW_TYPE_fill:
        event->as.fill.exec_id = known;
        break;
    case TW_TYPE_fill_inferred:
        event->as.fill_inferred.exec_id = known;
        break;
    case TW_TYPE_partial:
        event->as.partial.qty_e8 = times(event->as.partial.qty_e8, 3);
        break;
    case TW_TYPE_commission:
        event->as.commission.exec_id = "unheard";
        break;
    case TW_TYPE_fill_corrected:
        event->as.fill_corrected.exec_id = known;
        break;
    case TW_TYPE_fill_busted:
        event->as.fill_busted.exec_id = known;
        break;
    case TW_TYPE_pnl:
        event->as.pnl.currency = "JPY";
        break;
    case TW_TYPE_session_opened:
        event->as.session_opened.account = "DU2";
        break;
    case TW_TYPE_order_submitted:
        if (tw_state_order_count(day->state) > 0)
            event->as.order_submitted.order_ref =
                generator_text(generator, "%s", tw_state_order_name(day->state, 0));
        break;
    default:
        spoil_field(generator, event);
        break;
    }
}

void spoil(struct generator *generator, const struct day *day, tw_event *event) {
    switch (random_below(&generator->random, 4)) {
    case 0:
        spoil_envelope(generator, day, event);
        break;
    case 1:
        spoil_identity(generator, day, event);
        break;
    default:
        spoil_field(generator, event);
        break;
    }
}
