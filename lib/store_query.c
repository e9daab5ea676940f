/* The facade: what the state says. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/json_write.h"
#include "io/zone_file.h"
#include "store_internal.h"

int tw_store_recovery(tw_store *store, tw_recovery *ret) {
    int status = tw_store_enter_to_look(store);
    if (status)
        return status;
    status = tw_give(ret, &store->recovery, sizeof store->recovery);
    tw_store_leave(store);
    return status;
}

int tw_store_settings(tw_store *store, tw_settings *ret) {
    tw_settings settings;
    if (!store)
        return TW_E_INVALID;
    int status = tw_lock_check(store->lock, NULL);
    if (status)
        return status;
    tw_identity_to_settings(&store->identity, &settings);
    return tw_give(ret, &settings, sizeof settings);
}

int64_t tw_store_date(tw_store *store) {
    if (tw_store_enter_to_look(store))
        return 0;
    int64_t date = store->log ? tw_log_date(store->log) : 0;
    tw_store_leave(store);
    return date;
}

int tw_store_position(tw_store *store, const char *symbol, tw_position *ret, tw_error *why) {
    int status = tw_store_enter(store, why);
    if (status)
        return status;
    status = tw_state_position(store->state, symbol, ret);
    /* The state's own text goes when the day is rolled. */
    if (!status)
        ret->symbol = symbol;
    tw_store_leave(store);
    if (status == TW_E_NOT_FOUND)
        return tw_fail(why, status, "%s was not seen today", symbol);
    return status ? tw_fail(why, status, "symbol, result or its size are missing") : 0;
}

int tw_store_attempts(tw_store *store, const char *symbol, int64_t side, tw_maybe level_e8,
                      int64_t *ret) {
    int64_t count = 0;
    if (!symbol || !ret)
        return TW_E_INVALID;
    int status = tw_store_enter(store, NULL);
    if (status)
        return status;
    uint32_t id = tw_state_find_symbol(store->state, symbol);
    int64_t level = level_e8.known ? level_e8.value : TW_UNKNOWN;
    if (id != TW_NONE) {
        const struct symbol *data = &store->state->symbols[id];
        for (size_t i = 0; i < data->attempt_count; i++)
            if (data->attempts[i].side == side && data->attempts[i].level_e8 == level)
                count = data->attempts[i].count;
    }
    tw_store_leave(store);
    *ret = count;
    return 0;
}

int tw_store_gated(tw_store *store, const char *symbol) {
    int status = tw_store_enter(store, NULL);
    if (status)
        return status;
    int gated = tw_state_gated(store->state, symbol, NULL);
    tw_store_leave(store);
    return gated;
}

int tw_store_pnl(tw_store *store, int64_t *ret_e8, int64_t *ret_complete) {
    if (!ret_e8)
        return TW_E_INVALID;
    int status = tw_store_enter(store, NULL);
    if (status)
        return status;
    const struct money *base = store->state->money_count ? &store->state->money[0] : NULL;
    status = base ? tw_narrow_64(base->result_e8, ret_e8) : 0;
    if (!base)
        *ret_e8 = 0;
    if (!status && ret_complete)
        *ret_complete = !base || base->unknown == 0;
    tw_store_leave(store);
    return status;
}

/* Folded from the log by a handle of its own, so that who appends has to wait only for the last
 * steps: what the intake has. 1 when the day was rolled meanwhile. On 0 the mutex is held. */
static int fold_whole_day(tw_store *store, int64_t date, struct recovered *ret, tw_error *why) {
    struct recover_limit limit = {.whole_day = 1, .one_thread = store->one_thread};
    struct log *log = NULL;
    int status = tw_log_open(store->folder, date, TW_LOG_READ, &log, why);
    if (status)
        return status;
    status = tw_recover_day(log, &limit, ret, why);
    if (!status) {
        status = tw_store_enter(store, why);
        if (!status) {
            status =
                tw_log_date(store->log) == date ? tw_store_fold_again(store, log, ret, why) : 1;
            if (status)
                tw_store_leave(store);
        }
        if (status)
            tw_state_free(ret->state);
    }
    tw_log_close(log);
    return status;
}

int tw_store_whole_day_held(tw_store *store, struct recovered *ret, int64_t *ret_date,
                            tw_error *why) {
    int status = 1;
    while (status > 0) {
        status = tw_store_enter(store, why);
        if (status)
            return status;
        *ret_date = tw_log_date(store->log);
        tw_store_leave(store);
        status = fold_whole_day(store, *ret_date, ret, why);
    }
    return status;
}

int tw_store_whole_day(tw_store *store, struct recovered *ret, int64_t *ret_date, tw_error *why) {
    int status = tw_store_whole_day_held(store, ret, ret_date, why);
    if (!status)
        tw_store_leave(store);
    return status;
}

int tw_store_state(tw_store *store, tw_state **ret, tw_error *why) {
    struct recovered copy;
    int64_t date;
    if (!ret)
        return tw_fail(why, TW_E_INVALID, "the result has no place");
    int status = tw_store_whole_day(store, &copy, &date, why);
    if (!status)
        *ret = copy.state;
    return status;
}

int tw_state_json(const tw_state *state, char **ret, tw_error *why) {
    struct buffer out = {0};
    struct zone *zone = NULL;
    if (!state || !ret)
        return tw_fail(why, TW_E_INVALID, "state or result are missing");
    const char *name = tw_state_text(state, state->session.zone);
    int status = tw_zone_load(name ? name : "UTC", &zone, why);
    if (status)
        return status;
    tw_json_state(&out, state, zone);
    tw_zone_free(zone);
    tw_buffer_char(&out, 0);
    if (out.failed) {
        tw_buffer_free(&out);
        return tw_fail(why, TW_E_NOMEM, "no memory for the state as JSON");
    }
    *ret = out.data;
    return 0;
}

void tw_free(void *memory) {
    free(memory);
}
