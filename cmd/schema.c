/* tradewal schema: JSON Schema of the export's lines. */
#include "arguments.h"
#include "core/json_write.h"
#include "out.h"

static int run(const struct arguments *arguments) {
    (void)arguments;
    struct buffer out = {0};
    tw_json_schema(&out);
    tw_buffer_char(&out, '\n');
    tw_out_buffer(&out);
    tw_buffer_free(&out);
    return EXIT_FINE;
}

static const struct option_row options[] = {{0}};

const struct command tw_command_schema = {
    .name = "schema",
    .group = "hand over",
    .words = "",
    .summary = "Print the JSON Schema of the export's lines.",
    .options = options,
    .journal = JOURNAL_NONE,
    .run = run,
};
