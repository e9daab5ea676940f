/* A host that does what its words say, for strace to record: image_test.py builds from that what a
 * disk may hold after a loss of power. Each promise is a line in the file of marks: "ack SEQ", all
 * up to that record survives; "init", the journal does. usage: image_victim JOURNAL MARKS WORD...
 *
 *   init                             makes the journal, also on a tmpfs
 *   open=MODE,DATE,DELAY_NS,THREAD   mode each or group; thread 0: none of the library
 *   fills=COUNT                      so many appends of one fill
 *   batch=COUNT                      one append of so many fills
 *   bulk=COUNT                       one append of a fill and so many records of 65,000 bytes
 *   wait, checkpoint, tick, close    what the calls of that name do
 *   roll=DATE                        goes on with a later date
 *   die                              ends here, as if it had been killed */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tradewal.h"

enum { MOST = 64, EXEC_BYTES = 40, BULK_BYTES = 65000, DATES = 16 };

static unsigned char bulk[BULK_BYTES];
static const char *journal_path;
static int marks;
static tw_store *store;
static uint64_t number; /* of the next fill */
static uint64_t given;  /* the last seq that an append told */
static int each;        /* an append that returned is durable */

static void give_up(const char *doing, const tw_error *why) {
    fprintf(stderr, "image_victim: %s: %s\n", doing, why->text);
    exit(1);
}

static void check(int status, const char *doing, const tw_error *why) {
    if (status)
        give_up(doing, why);
}

static void mark(const char *text) {
    size_t size = strlen(text);
    if (write(marks, text, size) != (ssize_t)size)
        exit(3);
}

static void acknowledge(uint64_t seq) {
    char line[40];
    if (seq < tw_durable_seq(store))
        seq = tw_durable_seq(store);
    snprintf(line, sizeof line, "ack %" PRIu64 "\n", seq);
    mark(line);
}

/* How many of its fills the journal has, on all its days. */
static uint64_t count_fills(void) {
    tw_journal *journal = NULL;
    tw_error why = {0};
    int64_t dates[DATES];
    uint64_t count = 0;
    check(tw_journal_open(journal_path, &journal, &why), "looking", &why);
    int64_t days = tw_journal_dates(journal, dates, DATES);
    for (int64_t i = 0; i < days; i++) {
        tw_cursor *cursor = NULL;
        tw_event event = {.size = sizeof event};
        check(tw_cursor_open(journal, dates[i], 0, &cursor, &why), "looking", &why);
        while (tw_cursor_next(cursor, &event, &why) > 0)
            count += event.type == TW_TYPE_fill;
        tw_cursor_close(cursor);
    }
    tw_journal_close(journal);
    return count;
}

/* An exec id says which fill of all it is; it and the tag, which event of its append. */
static void append(uint64_t fills, uint64_t bulks) {
    static tw_event events[2 * MOST];
    static char exec_ids[MOST][EXEC_BYTES], tags[MOST][EXEC_BYTES];
    tw_error why = {0};
    uint64_t first = 0, made = 0;
    if (fills > MOST || bulks > MOST)
        exit(2);
    for (uint64_t i = 0; i < fills; i++, made++) {
        snprintf(exec_ids[i], EXEC_BYTES, "v-%06" PRIu64 "-%" PRIu64 "-%" PRIu64, number + i, i,
                 fills + bulks);
        events[made] = (tw_event){.size = sizeof *events, .type = TW_TYPE_fill};
        events[made].as.fill = (tw_fill){.exec_id = exec_ids[i],
                                         .symbol = "TSLA",
                                         .action = TW_ACTION_BUY,
                                         .qty_e8 = TW_E8,
                                         .price_e8 = 100 * TW_E8};
    }
    for (uint64_t i = 0; i < bulks; i++, made++) {
        events[made] = (tw_event){.size = sizeof *events, .type = TW_TYPE_custom};
        snprintf(tags[i], EXEC_BYTES, "b-%" PRIu64 "-%" PRIu64, made, fills + bulks);
        events[made].as.custom =
            (tw_custom){.tag = tags[i], .bytes = bulk, .bytes_size = sizeof bulk};
    }
    check(tw_append_batch(store, events, made, &first, NULL, &why), "appending", &why);
    number += fills;
    given = first + made - 1;
    acknowledge(each ? given : 0);
}

static void open_store(const char *how) {
    char mode[8];
    long long date, delay_ns, thread;
    tw_error why = {0};
    if (sscanf(how, "%7[a-z],%lld,%lld,%lld", mode, &date, &delay_ns, &thread) != 4)
        exit(2);
    each = strcmp(mode, "each") == 0;
    tw_options options = {.size = sizeof options,
                          .trading_date = date,
                          .checkpoint_ns = -1,
                          .no_thread = !thread,
                          .mode = each ? TW_MODE_EACH : TW_MODE_GROUP,
                          .commit_delay_ns = delay_ns};
    number = count_fills();
    check(tw_open(journal_path, &options, &store, &why), "opening", &why);
    acknowledge(0);
}

static void make_journal(void) {
    tw_settings settings = {.size = sizeof settings,
                            .account = "DU1",
                            .environment = TW_ENVIRONMENT_PAPER,
                            .any_file_system = 1};
    tw_error why = {0};
    check(tw_init(journal_path, &settings, &why), "making", &why);
    mark("init\n");
}

static int with_number(const char *word, const char *name, uint64_t *ret) {
    size_t size = strlen(name);
    if (strncmp(word, name, size) != 0 || word[size] != '=')
        return 0;
    *ret = strtoull(word + size + 1, NULL, 10);
    return 1;
}

static void obey(const char *word) {
    tw_error why = {0};
    uint64_t value = 0;
    if (strcmp(word, "init") == 0) {
        make_journal();
    } else if (strncmp(word, "open=", 5) == 0) {
        open_store(word + 5);
    } else if (with_number(word, "fills", &value)) {
        for (uint64_t i = 0; i < value; i++)
            append(1, 0);
    } else if (with_number(word, "batch", &value)) {
        append(value, 0);
    } else if (with_number(word, "bulk", &value)) {
        append(1, value);
    } else if (strcmp(word, "wait") == 0) {
        check(tw_wait(store, given, -1, &why), "waiting", &why);
        acknowledge(0);
    } else if (strcmp(word, "checkpoint") == 0) {
        check(tw_checkpoint(store, NULL, &why), "at a checkpoint", &why);
        acknowledge(0);
    } else if (strcmp(word, "tick") == 0) {
        check(tw_tick(store, &why), "at a tick", &why);
        acknowledge(0);
    } else if (with_number(word, "roll", &value)) {
        check(tw_roll(store, (int64_t)value, &why), "rolling", &why);
        acknowledge(0);
    } else if (strcmp(word, "close") == 0) {
        check(tw_close(store, "done", &why), "closing", &why);
        store = NULL;
        mark("closed\n");
    } else if (strcmp(word, "die") == 0) {
        _exit(0);
    } else {
        exit(2);
    }
}

int main(int count, char **words) {
    if (count < 4)
        return 2;
    journal_path = words[1];
    marks = open(words[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (marks < 0)
        return 2;
    for (int i = 3; i < count; i++)
        obey(words[i]);
    return 0;
}
