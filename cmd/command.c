/* The one table of commands, and how one is found. */
#include "command.h"

#include <string.h>

#include "out.h"

static const struct command *const commands[] = {
    &tw_command_init,       &tw_command_append, &tw_command_gate,         &tw_command_info,
    &tw_command_log,        &tw_command_show,   &tw_command_state,        &tw_command_positions,
    &tw_command_orders,     &tw_command_trades, &tw_command_pnl,          &tw_command_diff,
    &tw_command_recover,    &tw_command_replay, &tw_command_reconcile,    &tw_command_verify,
    &tw_command_salvage,    &tw_command_export, &tw_command_import,       &tw_command_schema,
    &tw_command_checkpoint, &tw_command_bench,  &tw_command_help_command, &tw_command_version,
};

enum { COMMANDS = sizeof commands / sizeof commands[0], WORD_MAX = 24, NEAR = 2 };

const struct command *tw_command_at(size_t index) {
    return index < COMMANDS ? commands[index] : NULL;
}

const struct command *tw_command_named(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* Levenshtein distance of two words of at most WORD_MAX letters. */
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_MAX + 1];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[length];
}

/* The command whose name is nearest to a misspelt one, or NULL when none is near. */
static const struct command *find_near(const char *name) {
    const struct command *nearest = NULL;
    size_t least = NEAR + 1;
    if (strlen(name) > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t far = distance(name, commands[i]->name);
        if (far < least) {
            least = far;
            nearest = commands[i];
        }
    }
    return nearest;
}

int tw_command_unknown(const char *name) {
    const struct command *near = find_near(name);
    if (near)
        return tw_out_wrong("unknown command %s, did you mean %s? tradewal help lists them all",
                            name, near->name);
    return tw_out_wrong("unknown command %s, expected a command; tradewal help lists them", name);
}
