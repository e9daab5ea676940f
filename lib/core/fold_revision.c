/* Revisions of one execution, told by their exec ids. Pure. */
#include <string.h>

#include "base/error.h"
#include "core/fold_internal.h"

enum {
    REVISION_AT = 21, /* where the revision stands in an exec id of Interactive Brokers */
};

static int are_hex(const char *text, size_t count) {
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)text[i];
        unsigned char lower = (unsigned char)(c | 0x20);
        if ((c < '0' || c > '9') && (lower < 'a' || lower > 'f'))
            return 0;
    }
    return 1;
}

/* Interactive Brokers numbers the revisions of one execution in its id's last part:
 * 0000e0d5.68e3c1a2.01.01, then .02. Returns the revision, or 0 for an id of another form; `least`
 * spares looking at all of an id whose revision is below it, which may come out as 0 too. */
static int revision_of(const char *exec_id, int least) {
    if (strlen(exec_id) != REVISION_AT + 2 || exec_id[8] != '.' || exec_id[17] != '.' ||
        exec_id[REVISION_AT - 1] != '.')
        return 0;
    char tens = exec_id[REVISION_AT], ones = exec_id[REVISION_AT + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9')
        return 0;
    int revision = (tens - '0') * 10 + (ones - '0');
    return revision >= least && are_hex(exec_id, 8) && are_hex(exec_id + 9, 8) ? revision : 0;
}

/* A trade that was busted may be booked anew under a revision of its own. */
static int is_booked(const struct state *state, uint32_t id) {
    const struct execution *execution = &state->executions[id];
    return !(execution->flags & EXECUTION_VOID) || execution->replaced_by != TW_NONE;
}

int tw_fold_check_revisions(struct state *state, const tw_event *event, const char *exec_id,
                            tw_error *why) {
    char other[REVISION_AT + 3];
    int last = state->highest_revision < 99 ? (int)state->highest_revision : 99;
    /* On a day without revisions there is none beside a first one. */
    int revision = revision_of(exec_id, last > 1 ? 1 : 2);
    if (last < revision - 1)
        last = revision - 1;
    for (int i = 1; revision && i <= last; i++) {
        if (i == revision)
            continue;
        uint32_t id;
        memcpy(other, exec_id, sizeof other);
        other[REVISION_AT] = (char)('0' + i / 10);
        other[REVISION_AT + 1] = (char)('0' + i % 10);
        int status = tw_fold_find_execution(state, event, other, &id, why);
        if (status == TW_E_NOT_FOUND)
            continue;
        if (status)
            return status;
        if (id == TW_NONE)
            return tw_fail(why, TW_E_HISTORY, "execution %s lies before the snapshot", other);
        if (is_booked(state, id))
            return tw_fail(why, TW_E_REFUSED,
                           "execution %s is another revision of %s, which is in the log: append "
                           "fill_corrected",
                           exec_id, other);
    }
    return 0;
}

void tw_fold_note_revision(struct state *state, const char *exec_id) {
    int least = state->highest_revision < 99 ? (int)state->highest_revision + 1 : 100;
    int revision = revision_of(exec_id, least);
    if (revision)
        state->highest_revision = revision;
}
