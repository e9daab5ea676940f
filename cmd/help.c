/* tradewal help: the list of commands, or the usage of one. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "out.h"

static void print_options(const struct command *command) {
    tw_out_plain("\nOptions:\n");
    for (const struct option_row *row = command->options; row->name; row++) {
        char name[64];
        snprintf(name, sizeof name, "--%s%s%s", row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        if (row->letter)
            tw_out_format("  -%c, %-26s %s\n", row->letter, name, row->sentence);
        else
            tw_out_format("      %-26s %s\n", name, row->sentence);
    }
    tw_out_plain("  -h, --help                     this text\n");
}

void tw_command_help(const struct command *command) {
    tw_out_format("Usage: tradewal %s [OPTIONS]%s%s\n\n%s\n", command->name,
                  *command->words ? " " : "", command->words, command->summary);
    if (command->text)
        tw_out_format("\n%s", command->text);
    print_options(command);
}

static void print_commands(void) {
    tw_out_plain("Usage: tradewal COMMAND [OPTIONS] [JOURNAL] [ARGS]\n\n"
                 "Keeps a live trading process whole across crashes: an event log, snapshots,\n"
                 "recovery and reconciling with the broker. JOURNAL may be left out where\n"
                 "$TRADEWAL_JOURNAL names it.\n");
    const char *group = "";
    const struct command *command;
    for (size_t i = 0; (command = tw_command_at(i)) != NULL; i++) {
        if (strcmp(group, command->group) != 0) {
            group = command->group;
            tw_out_format("\n%s\n", group);
        }
        tw_out_format("  %-11s %s\n", command->name, command->summary);
    }
    tw_out_plain("\ntradewal help COMMAND tells more about one.\n\n"
                 "Exit status: 0 fine, 1 looked and found something wrong or different, 2 wrong\n"
                 "usage or could not run, 3 another process writes the journal, 4 it was written\n"
                 "by a newer version.\n");
}

static int run(const struct arguments *arguments) {
    if (arguments->count == 0) {
        print_commands();
        return EXIT_FINE;
    }
    const struct command *command = tw_command_named(arguments->words[0]);
    if (command) {
        tw_command_help(command);
        return EXIT_FINE;
    }
    return tw_command_unknown(arguments->words[0]);
}

static const struct option_row options[] = {{0}};

const struct command tw_command_help_command = {
    .name = "help",
    .group = "help",
    .words = "[COMMAND]",
    .summary = "List the commands, or tell more about one.",
    .options = options,
    .journal = JOURNAL_NONE,
    .most = 1,
    .run = run,
};
