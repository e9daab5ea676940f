/* tradewal import: an export, or a trader_state.json of the reference trader, into a journal. */
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments.h"
#include "base/error.h"
#include "line_reader.h"
#include "out.h"

/* Which seq a record of the file has got here; both ascend. */
struct seq_map {
    struct {
        uint64_t theirs, ours;
    } * pairs;
    size_t count, capacity;
    int failed;
};

static void remember(void *context, uint64_t theirs, uint64_t ours) {
    struct seq_map *map = context;
    if (theirs == 0 || (map->count && map->pairs[map->count - 1].theirs >= theirs))
        return;
    if (tw_array_reserve((void **)&map->pairs, &map->capacity, map->count + 1,
                         sizeof *map->pairs) != 0) {
        map->failed = 1;
        return;
    }
    map->pairs[map->count].theirs = theirs;
    map->pairs[map->count++].ours = ours;
}

/* 0 where that record is not here. */
static uint64_t find_ours(const struct seq_map *map, uint64_t theirs) {
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->pairs[middle].theirs < theirs)
            low = middle + 1;
        else
            high = middle;
    }
    return low < map->count && map->pairs[low].theirs == theirs ? map->pairs[low].ours : 0;
}

static uint64_t seq_of(const struct json *object) {
    const struct json *seq = tw_json_member(object, "seq");
    return seq && (seq->kind == JSON_NUMBER || seq->kind == JSON_STRING)
               ? strtoull(seq->text, NULL, 10)
               : 0;
}

/* One event of an export: its cause becomes the seq that the causing record has got here. Session
 * records are left out: the journal writes its own. */
static int put_event(struct feed *feed, struct json_document *document, const struct json *object,
                     uint64_t line, uint64_t bytes) {
    const struct seq_map *map = feed->context;
    tw_error why = {0};
    tw_event event = {.size = sizeof event};
    int status = 0;
    if (tw_json_object_to_event(document, object, feed->view.zone, &event, &why) != 0) {
        tw_feed_refuse(feed, line, &why);
        return 0;
    }
    if (event.type == TW_TYPE_session_opened || event.type == TW_TYPE_session_closed)
        return 0;
    event.seq = seq_of(object);
    if (event.cause) {
        uint64_t cause = find_ours(map, event.cause);
        /* The cause may wait in the batch itself, in whose place this event would then be. */
        if (cause == 0 && feed->count > 0) {
            struct json_document **slot = tw_feed_slot(feed);
            struct json_document *own = *slot;
            status = tw_feed_flush(feed);
            *slot = feed->documents[0];
            feed->documents[0] = own;
            cause = find_ours(map, event.cause);
        }
        event.cause = cause;
    }
    if (status == 0)
        status = tw_feed_put(feed, &event, line, bytes);
    return status == 0 && map->failed ? tw_out_memory() : status;
}

static int import_lines(struct feed *feed, struct line_reader *reader) {
    for (int status = 0; status == 0;) {
        tw_error why = {0};
        const char *line;
        size_t size;
        enum line_result taken = tw_line_next(reader, &line, &size, &why);
        if (taken == LINE_END || taken == LINE_STOPPED)
            return tw_feed_flush(feed);
        if (taken == LINE_FAILED)
            return tw_out_error(&why);
        if (taken == LINE_TAKEN && tw_line_is_blank(line, size))
            continue;
        struct json_document **slot = tw_feed_slot(feed);
        int result =
            taken == LINE_TAKEN
                ? tw_json_parse_again(slot, line, size, (uint32_t)reader->line, &why)
                : tw_fail(&why, TW_E_TEXT, "the line is longer than %d bytes", TW_LINE_BYTES_MAX);
        if (result != 0)
            tw_feed_refuse(feed, reader->line, &why);
        else
            status = put_event(feed, *slot, tw_json_root(*slot), reader->line, size);
        if (status != 0)
            return status;
    }
    return 0;
}

static int import_array(struct feed *feed, struct json_document *document) {
    int status = 0;
    for (const struct json *at = tw_json_root(document)->first; status == 0 && at; at = at->next) {
        tw_error why = {0};
        if (at->kind == JSON_OBJECT) {
            status = put_event(feed, document, at, at->line, sizeof(tw_event));
        } else {
            tw_fail(&why, TW_E_PARSE, "an element that is no object, expected an event");
            tw_feed_refuse(feed, at->line, &why);
        }
    }
    return status ? status : tw_feed_flush(feed);
}

/* All of a regular file; *ret is NULL where it is too large to be read as one value. */
static int read_whole(int fd, char **ret, size_t *ret_size) {
    struct stat about;
    *ret = NULL;
    *ret_size = 0;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return tw_out_wrong("the input is no regular file, expected one; "
                            "tradewal append reads from a pipe");
    if (about.st_size > TW_JSON_BYTES_MAX)
        return 0;
    char *bytes = malloc((size_t)about.st_size + 1);
    if (!bytes)
        return tw_out_memory();
    ssize_t got = 1;
    size_t size = 0;
    while (size < (size_t)about.st_size &&
           (got = pread(fd, bytes + size, (size_t)about.st_size - size, (off_t)size)) > 0)
        size += (size_t)got;
    if (got < 0) {
        free(bytes);
        return tw_out_wrong("reading the input: %s; check the file", strerror(errno));
    }
    bytes[size] = '\0';
    *ret = bytes;
    *ret_size = size;
    return 0;
}

static int import_by_lines(struct feed *feed, int fd) {
    struct line_reader reader;
    if (tw_line_reader_open(&reader, fd) != 0)
        return tw_out_memory();
    int status = import_lines(feed, &reader);
    tw_line_reader_close(&reader);
    return status;
}

/* One JSON value: an array of events or a trader_state.json. Anything else is taken line by line.
 */
static int import_file(struct feed *feed, int fd) {
    struct json_document *document = NULL;
    char *bytes;
    size_t size;
    tw_error why = {0};
    int status = read_whole(fd, &bytes, &size);
    if (status != 0)
        return status;
    size_t begins = bytes ? strspn(bytes, " \t\r\n") : 0;
    int is_array = bytes && begins < size && bytes[begins] == '[';
    int result = bytes ? tw_json_parse(bytes, size, &document, &why) : TW_E_PARSE;
    const struct json *root = result == 0 ? tw_json_root(document) : NULL;
    free(bytes);
    if (is_array && result != 0)
        status = tw_out_error_at(feed->place, &why);
    else if (is_array)
        status = import_array(feed, document);
    else if (root && tw_import_is_trader_state(root))
        status = tw_import_trader_state(feed, root);
    else
        status = import_by_lines(feed, fd);
    /* The batch is empty by now: nothing points into the document. */
    tw_json_free(document);
    return status;
}

static int run(const struct arguments *arguments) {
    struct feed *feed = NULL;
    struct seq_map map = {0};
    const char *file = arguments->words[0];
    int64_t date = 0;
    int status = tw_arguments_date(arguments, "date", &date);
    if (status != 0)
        return status;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tw_out_wrong("%s: %s, expected an export or a trader_state.json; check the path",
                            file, strerror(errno));
    status = tw_feed_open(arguments->journal, "import has taken all of its input", &feed);
    if (status == 0) {
        feed->place = file;
        feed->date_wanted = date;
        feed->on_appended = remember;
        feed->context = &map;
        status = import_file(feed, fd);
        int found = tw_feed_report(feed);
        status = tw_feed_close(feed, status ? status : found);
    }
    free(map.pairs);
    close(fd);
    return status;
}

static const struct option_row options[] = {
    {0, "date", "DATE", "trading date of all events (default: from their times)"},
    {0},
};

const struct command tw_command_import = {
    .name = "import",
    .group = "hand over",
    .words = "[JOURNAL] FILE",
    .summary = "Append an export, or a reference trader_state.json.",
    .text = "An export (JSON lines or one array) is appended in its order, without its session\n"
            "records: the journal writes its own. Of a trader_state.json the positions, plans,\n"
            "attempts, result and counters are taken, marked as imported; what it does not say\n"
            "stays unknown.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .least = 1,
    .most = 1,
    .run = run,
};
