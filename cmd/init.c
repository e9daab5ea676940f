/* tradewal init: a new journal. */
#include "arguments.h"
#include "out.h"
#include "tradewal.h"

static int run(const struct arguments *arguments) {
    tw_error why = {0};
    tw_settings settings = {.size = sizeof settings,
                            .account = tw_arguments_value(arguments, "account"),
                            .zone = tw_arguments_value(arguments, "zone"),
                            .currency = tw_arguments_value(arguments, "currency"),
                            .any_file_system = tw_arguments_given(arguments, "any-file-system")};
    if (!settings.account)
        return tw_arguments_wrong(arguments->command, "no --account, expected the broker account");
    if (!tw_arguments_given(arguments, "env"))
        return tw_arguments_wrong(arguments->command, "no --env, expected live or paper");
    int status = tw_arguments_enum(arguments, "env", "environment", &settings.environment);
    if (status == 0)
        status = tw_arguments_enum(arguments, "overnight", "overnight", &settings.overnight);
    if (status == 0)
        status = tw_arguments_enum(arguments, "cost", "cost_method", &settings.cost_method);
    if (status == 0)
        status = tw_arguments_roll(arguments, "roll", &settings.roll_seconds);
    if (status != 0)
        return status;
    if (tw_init(arguments->journal, &settings, &why) != 0)
        return tw_out_error(&why);
    tw_out_plain("Made the journal ");
    tw_out_text(arguments->journal);
    tw_out_plain(" for account ");
    tw_out_text(settings.account);
    tw_out_plain(settings.environment == TW_ENVIRONMENT_LIVE ? " (live).\n" : " (paper).\n");
    return EXIT_FINE;
}

static const struct option_row options[] = {
    {0, "account", "NAME", "the broker account; required"},
    {0, "env", "ENV", "live or paper; required"},
    {0, "zone", "ZONE", "zone of the trading date (default America/New_York)"},
    {0, "currency", "CODE", "base currency (default USD)"},
    {0, "overnight", "POLICY", "positions of an older day: reject (default) or carry"},
    {0, "cost", "METHOD", "cost of what is closed: average (default) or fifo"},
    {0, "roll", "HH:MM", "when a trading date begins (default 00:00)"},
    {0, "any-file-system", NULL, "accept a file system that cannot keep the promises"},
    {0},
};

const struct command tw_command_init = {
    .name = "init",
    .group = "write",
    .words = "[JOURNAL]",
    .summary = "Make a journal in a folder that is not there yet or is empty.",
    .text = "A journal belongs to one account and one environment for ever: a trader of another\n"
            "one is refused.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
