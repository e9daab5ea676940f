/* tradewal show: one event in full. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "arguments.h"
#include "core/json_write.h"
#include "event_text.h"
#include "out.h"
#include "view.h"

static int print(const struct view *view, uint64_t seq, enum format format) {
    tw_error why = {0};
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    int64_t date;
    int status = tw_view_date_of_seq(view, seq, &date);
    if (status != 0)
        return status;
    int result = tw_cursor_open(view->journal, date, seq, &cursor, &why);
    if (result == 0)
        result = tw_cursor_next(cursor, &event, &why);
    if (result < 0) {
        status = tw_out_error(&why);
    } else if (result == 0 || event.seq != seq) {
        status = tw_out_wrong("no record %" PRIu64 ", expected a seq of the journal; "
                              "tradewal info shows how far it goes",
                              seq);
    } else {
        struct buffer out = {0};
        if (format == FORMAT_JSON) {
            tw_json_event(&out, &event, view->zone);
            tw_buffer_char(&out, '\n');
        } else {
            tw_event_full(&out, &event, view->zone);
        }
        tw_out_buffer(&out);
        tw_buffer_free(&out);
    }
    tw_cursor_close(cursor);
    return status;
}

static int run(const struct arguments *arguments) {
    struct view view;
    enum format format;
    const char *word = arguments->words[0];
    char *end = NULL;
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status != 0)
        return status;
    errno = 0;
    unsigned long long seq = strtoull(word, &end, 10);
    if (word[0] < '0' || word[0] > '9' || *end || errno || seq == 0)
        return tw_arguments_wrong(arguments->command, "seq %s, expected a whole number from 1",
                                  word);
    status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    status = print(&view, seq, format);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {'o', "output", "FORMAT", "text (default) or json"},
    {0},
};

const struct command tw_command_show = {
    .name = "show",
    .group = "look",
    .words = "[JOURNAL] SEQ",
    .summary = "One event in full, with what each field is.",
    .options = options,
    .journal = JOURNAL_FIRST,
    .least = 1,
    .most = 1,
    .run = run,
};
