/* The one table of commands, and how one is found. */
#include "command.h"

#include <string.h>

#include "near.h"
#include "out.h"

static const struct command *const commands[] = {
    &tw_command_init,       &tw_command_append, &tw_command_gate,         &tw_command_info,
    &tw_command_log,        &tw_command_show,   &tw_command_state,        &tw_command_positions,
    &tw_command_orders,     &tw_command_trades, &tw_command_pnl,          &tw_command_diff,
    &tw_command_recover,    &tw_command_replay, &tw_command_reconcile,    &tw_command_verify,
    &tw_command_salvage,    &tw_command_export, &tw_command_import,       &tw_command_schema,
    &tw_command_checkpoint, &tw_command_bench,  &tw_command_help_command, &tw_command_version,
};

enum { COMMANDS = sizeof commands / sizeof commands[0], NEAR = 2 };

const struct command *tw_command_at(size_t index) {
    return index < COMMANDS ? commands[index] : NULL;
}

const struct command *tw_command_named(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* The command whose name is nearest to a misspelt one, or NULL when none is near. */
static const struct command *find_near(const char *name) {
    const struct command *nearest = NULL;
    size_t least = NEAR + 1;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t far = tw_near_distance(name, commands[i]->name);
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
