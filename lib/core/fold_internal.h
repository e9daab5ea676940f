/* What the files of the fold share: one check and one apply per event type. Pure. */
#ifndef TW_CORE_FOLD_INTERNAL_H
#define TW_CORE_FOLD_INTERNAL_H

#include "core/state.h"
#include "tradewal.h"

/* tw_check_fill, tw_apply_fill and so on: the compiler names what is missing. A check may assume
 * that tw_schema_check let the event pass and that room for it is reserved (tw_fold_check does
 * both). */
#define TW_EVENT(number, name, sentence)                                            \
    int tw_check_##name(struct state *state, const tw_event *event, tw_error *why); \
    void tw_apply_##name(struct state *state, const tw_event *event);
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"

/* Text into the table of texts; TW_NONE for NULL. Room was reserved. */
text_id tw_fold_text(struct state *state, const char *text);

/* The symbol's slot, new if need be, and its id. */
struct symbol *tw_fold_symbol(struct state *state, const char *name, uint32_t *ret_id);

/* The slot the event's symbol has or would get: what a check looks at. Never NULL. */
struct symbol *tw_fold_slot(struct state *state, const char *name);

int64_t tw_or_unknown(tw_maybe maybe);

/* Is the exec id booked? 0 with *ret_id (TW_NONE if it lies before history_from) or TW_E_NOT_FOUND.
 */
int tw_fold_find_execution(struct state *state, const tw_event *event, const char *exec_id,
                           uint32_t *ret_id, tw_error *why);

/* The order of that reference: 0; TW_E_NOT_FOUND when the day has none; TW_E_HISTORY when it was
 * finished before history_from. */
int tw_fold_find_order(struct state *state, const tw_event *event, const char *order_ref,
                       uint32_t *ret_id, tw_error *why);

/* An exec id was booked: no other is looked for beyond the highest revision of the day. */
void tw_fold_note_revision(struct state *state, const char *exec_id);

/* Another revision of the same execution must not be booked beside it: TW_E_REFUSED. */
int tw_fold_check_revisions(struct state *state, const tw_event *event, const char *exec_id,
                            tw_error *why);

/* TW_E_HISTORY when some of the symbol's changes lie before history_from. */
int tw_fold_needs_changes(const struct symbol *symbol, const char *name, tw_error *why);

/* A negative price is possible for futures, options on them and combinations only. */
int tw_fold_check_price(const struct state *state, const struct symbol *symbol, const char *what,
                        int64_t price_e8, tw_error *why);

/* Appends a change of quantity; room was reserved. */
struct change *tw_fold_add_change(struct symbol *symbol, const tw_event *event, int64_t kind);

/* "LONG 100" or "flat", for error lines. */
const char *tw_fold_show_position(const struct position *position, char out[64]);

/* The execution that stands for this one: itself, or what replaced it. */
uint32_t tw_fold_live(const struct state *state, uint32_t execution);

/* A new, empty slot for an exec id that is not booked yet. */
struct execution *tw_fold_new_execution(struct state *state, const char *exec_id, uint32_t *ret_id);

/* What an order has been filled, after an execution of it came, went or changed by delta. */
void tw_fold_order_filled(struct state *state, uint32_t order, int64_t delta_e8,
                          const tw_event *event);

#endif
