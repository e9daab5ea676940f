/* A host that only appends, to be killed: numbered events, in either mode, going on where the
 * journal ends. It tells what it was told: a line in the file of acks for each append that
 * returned. usage: append_victim JOURNAL each|group EVENTS BYTES BATCH DELAY_NS CHECKPOINT_NS ACKS
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tradewal.h"

enum { DATE = 20251006, BATCH_MOST = 128, BYTES_MOST = 65536 };

static unsigned char bulk[BYTES_MOST];

static void give_up(const char *doing, const tw_error *why) {
    fprintf(stderr, "append_victim: %s: %s\n", doing, why->text);
    exit(1);
}

/* How many of its events the journal has. */
static uint64_t count_events(const char *path) {
    tw_journal *journal = NULL;
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    tw_error why = {0};
    uint64_t count = 0;
    int status = tw_journal_open(path, &journal, &why);
    if (status == 0)
        status = tw_cursor_open(journal, DATE, 0, &cursor, &why);
    while (status == 0 && (status = tw_cursor_next(cursor, &event, &why)) > 0) {
        count += event.type == TW_TYPE_fill;
        status = 0;
    }
    if (status < 0 && status != TW_E_NOT_FOUND)
        give_up("looking", &why);
    tw_cursor_close(cursor);
    tw_journal_close(journal);
    return count;
}

/* Each number is a fill, so that none can be in twice, with as many bytes behind it as asked for.
 */
static uint64_t make_events(tw_event *events, char exec_ids[][16], uint64_t number, uint64_t count,
                            uint64_t bytes) {
    uint64_t made = 0;
    for (uint64_t i = 0; i < count; i++) {
        snprintf(exec_ids[i], 16, "v-%06" PRIu64, (number + i) % 1000000);
        events[made] = (tw_event){.size = sizeof *events, .type = TW_TYPE_fill};
        events[made].as.fill = (tw_fill){.exec_id = exec_ids[i],
                                         .symbol = "TSLA",
                                         .action = TW_ACTION_BUY,
                                         .qty_e8 = TW_E8,
                                         .price_e8 = 100 * TW_E8};
        made++;
        if (bytes) {
            events[made] = (tw_event){.size = sizeof *events, .type = TW_TYPE_custom};
            events[made].as.custom = (tw_custom){.tag = "bulk", .bytes = bulk, .bytes_size = bytes};
            made++;
        }
    }
    return made;
}

int main(int count, char **words) {
    static tw_event events[2 * BATCH_MOST];
    static char exec_ids[BATCH_MOST][16];
    if (count != 9)
        return 2;
    uint64_t wanted = strtoull(words[3], NULL, 10), bytes = strtoull(words[4], NULL, 10);
    uint64_t batch = strtoull(words[5], NULL, 10);
    tw_options options = {.size = sizeof options,
                          .trading_date = DATE,
                          .mode = strcmp(words[2], "group") ? TW_MODE_EACH : TW_MODE_GROUP,
                          .commit_delay_ns = strtoll(words[6], NULL, 10),
                          .checkpoint_ns = strtoll(words[7], NULL, 10)};
    tw_store *store = NULL;
    tw_error why = {0};
    int acks = open(words[8], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (acks < 0 || batch == 0 || batch > BATCH_MOST || bytes > BYTES_MOST)
        return 2;
    uint64_t number = count_events(words[1]);
    if (tw_open(words[1], &options, &store, &why))
        give_up("opening", &why);
    while (number < wanted) {
        uint64_t some = wanted - number < batch ? wanted - number : batch;
        uint64_t made = make_events(events, exec_ids, number, some, bytes);
        if (tw_append_batch(store, events, made, NULL, NULL, &why))
            give_up("appending", &why);
        number += some;
        if (dprintf(acks, "%" PRIu64 "\n", number) < 0)
            return 2;
    }
    if (tw_close(store, "done", &why))
        give_up("closing", &why);
    return 0;
}
