/* tradewal version. */
#include "arguments.h"
#include "out.h"
#include "tradewal.h"

static int run(const struct arguments *arguments) {
    (void)arguments;
    tw_out_format("tradewal %s\n", tw_version());
    return EXIT_FINE;
}

static const struct option_row options[] = {{0}};

const struct command tw_command_version = {
    .name = "version",
    .group = "help",
    .words = "",
    .summary = "Print the version.",
    .options = options,
    .journal = JOURNAL_NONE,
    .run = run,
};
