/* tradewal append: events as JSON lines into the journal. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "base/error.h"
#include "base/text.h"
#include "feed.h"
#include "line_reader.h"
#include "out.h"

/* One line into an event whose text lies in *slot. */
static int read_event(struct json_document **slot, const char *line, size_t size, uint64_t number,
                      const struct zone *zone, tw_event *ret, tw_error *why) {
    *ret = (tw_event){.size = sizeof *ret};
    int result = tw_json_parse_again(slot, line, size, (uint32_t)number, why);
    if (result == 0)
        result = tw_json_to_event(*slot, zone, ret, why);
    /* The host is only the default of what neither the line nor --source says. */
    if (result == 0 && !tw_json_member(tw_json_root(*slot), "source"))
        ret->source = 0;
    if (result == 0 && (ret->type == TW_TYPE_session_opened || ret->type == TW_TYPE_session_closed))
        result = tw_fail(why, TW_E_REFUSED,
                         "%s is written by the journal itself, expected another type; "
                         "tradewal import takes an export back",
                         tw_type_name(ret->type));
    return result;
}

static int fail_long(tw_error *why) {
    return tw_fail(why, TW_E_TEXT, "the line is longer than %d bytes", TW_LINE_BYTES_MAX);
}

/* All lines until the end; what waits in the batch is appended before waiting for more. */
static int feed_batches(struct feed *feed, struct line_reader *reader) {
    for (int status = 0;;) {
        tw_error why = {0};
        const char *line;
        size_t size;
        tw_event event;
        if (feed->count && tw_line_waits(reader) && (status = tw_feed_flush(feed)) != 0)
            return status;
        switch (tw_line_next(reader, &line, &size, &why)) {
        case LINE_END:
        case LINE_STOPPED:
            return tw_feed_flush(feed);
        case LINE_FAILED:
            tw_out_error(&why);
            tw_feed_flush(feed);
            return EXIT_WRONG;
        case LINE_TOO_LONG:
            fail_long(&why);
            tw_feed_refuse(feed, reader->line, &why);
            continue;
        case LINE_TAKEN:
            break;
        }
        if (tw_line_is_blank(line, size))
            continue;
        if (read_event(tw_feed_slot(feed), line, size, reader->line, feed->view.zone, &event,
                       &why) != 0)
            tw_feed_refuse(feed, reader->line, &why);
        else if ((status = tw_feed_put(feed, &event, reader->line, size)) != 0)
            return status;
    }
}

static void answer(int result, uint64_t seq, const tw_error *why) {
    if (result == 0) {
        tw_out_format("%" PRIu64 "\n", seq);
    } else if (result == TW_E_DUPLICATE) {
        tw_out_plain("duplicate\n");
    } else {
        tw_out_plain("refused: ");
        tw_out_text(why->text);
        tw_out_plain("\n");
    }
    tw_out_flush();
}

/* Each line is durable before its answer is printed. Answers that nobody reads any more are no
 * reason to lose events. */
static int feed_each(struct feed *feed, struct line_reader *reader) {
    for (;;) {
        tw_error why = {0};
        const char *line;
        size_t size;
        uint64_t seq = 0;
        tw_event event;
        enum line_result taken = tw_line_next(reader, &line, &size, &why);
        if (taken == LINE_END || taken == LINE_STOPPED)
            return EXIT_FINE;
        if (taken == LINE_FAILED)
            return tw_out_error(&why);
        int result = taken == LINE_TOO_LONG
                         ? fail_long(&why)
                         : read_event(tw_feed_slot(feed), line, size, reader->line, feed->view.zone,
                                      &event, &why);
        if (result != 0) {
            feed->refused++;
        } else {
            result = tw_feed_append(feed, &event, &seq, &why);
            if (result != 0 && !tw_feed_is_refusal(result))
                return tw_out_error(&why);
        }
        answer(result, seq, &why);
    }
}

static int feed_all(struct feed *feed, int fd, int each) {
    struct line_reader reader;
    if (tw_line_reader_open(&reader, fd) != 0)
        return tw_out_memory();
    tw_line_stop_on_signals();
    int status = each ? feed_each(feed, &reader) : feed_batches(feed, &reader);
    tw_line_reader_close(&reader);
    if (!each) {
        int found = tw_feed_report(feed);
        status = status ? status : found;
    } else if (status == 0 && feed->refused) {
        status = EXIT_DIFFERENT;
    }
    return status;
}

static int run(const struct arguments *arguments) {
    struct feed *feed = NULL;
    const char *file = arguments->count ? arguments->words[0] : NULL;
    int64_t date = 0, source = 0;
    int fd = STDIN_FILENO;
    int status = tw_arguments_date(arguments, "date", &date);
    if (status == 0)
        status = tw_arguments_enum(arguments, "source", "source", &source);
    if (status != 0)
        return status;
    if (file && strcmp(file, "-") != 0) {
        fd = open(file, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return tw_out_wrong("%s: %s, expected a file of JSON lines; check the path", file,
                                strerror(errno));
    }
    status = tw_feed_open(arguments->journal, "append has taken all of its input", &feed);
    if (status == 0) {
        feed->place = fd == STDIN_FILENO ? NULL : file;
        feed->date_wanted = date;
        feed->source_wanted = source;
        status = feed_all(feed, fd, tw_arguments_given(arguments, "each"));
        status = tw_feed_close(feed, status);
    }
    if (fd != STDIN_FILENO)
        close(fd);
    return status;
}

static const struct option_row options[] = {
    {0, "date", "DATE", "trading date of all events (default: from their times)"},
    {0, "each", NULL, "durable one by one, one line of answer each"},
    {0, "source", "SOURCE", "where events come from that do not say (default host)"},
    {0},
};

const struct command tw_command_append = {
    .name = "append",
    .group = "write",
    .words = "[JOURNAL] [FILE]",
    .summary = "Append events, one JSON object a line, from FILE or standard input.",
    .text = "Events are appended in batches; an event that is refused is told with its line, and\n"
            "the ones after it go on. A trading date later than the journal's newest begins a new\n"
            "day; an earlier one is refused. The last line of output counts what was appended,\n"
            "what was there already, and what was refused (then the exit status is 1).\n"
            "\n"
            "With --each every event is durable before its line of output is printed: its seq, or\n"
            "duplicate, or refused: and why.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .most = 1,
    .run = run,
};
