/* What a subcommand is, and the one table of them. */
#ifndef TW_CMD_COMMAND_H
#define TW_CMD_COMMAND_H

#include <stddef.h>

struct arguments;

/* One option: getopt, usage, help and completion all read this row. The same name means the same in
 * every command. A table ends with a row without a name; -h/--help is understood by itself. */
struct option_row {
    char letter; /* 0: no short form */
    const char *name;
    const char *value; /* what stands behind it in the usage; NULL: a flag */
    const char *sentence;
};

/* How the words that are no options are taken. */
enum journal_use {
    JOURNAL_NONE,   /* the command knows no journal */
    JOURNAL_FIRST,  /* JOURNAL is the first word, or $TRADEWAL_JOURNAL where a word is missing */
    JOURNAL_BY_LOOK /* the command looks at the words itself */
};

struct command {
    const char *name;
    const char *group;
    const char *words;   /* what follows the options in the usage line */
    const char *summary; /* one line, for the list of commands */
    const char *text;    /* what else there is to know; lines of at most 80 columns */
    const struct option_row *options;
    enum journal_use journal;
    int least, most; /* words after JOURNAL */
    /* Returns the exit status. */
    int (*run)(const struct arguments *arguments);
};

/* Every command, grouped, in the order in which help shows them. */
const struct command *tw_command_at(size_t index); /* NULL past the end */
const struct command *tw_command_named(const char *name);
/* Says so, and which one may have been meant. Returns EXIT_WRONG. */
int tw_command_unknown(const char *name);

/* Prints the usage of one command to standard output. */
void tw_command_help(const struct command *command);

extern const struct command tw_command_init, tw_command_append, tw_command_import, tw_command_gate;
extern const struct command tw_command_info, tw_command_log, tw_command_show, tw_command_state;
extern const struct command tw_command_positions, tw_command_orders, tw_command_trades;
extern const struct command tw_command_pnl, tw_command_diff, tw_command_recover, tw_command_replay;
extern const struct command tw_command_reconcile, tw_command_verify, tw_command_export;
extern const struct command tw_command_schema, tw_command_checkpoint, tw_command_help_command;
extern const struct command tw_command_version, tw_command_bench, tw_command_salvage;

#endif
