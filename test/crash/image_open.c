/* A folder as a loss of power may have left it, opened as a trader would. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_model.h"
#include "tradewal.h"

enum { FIRST_DATE = 20251006, DATES = 16 };

/* What is expected next while all days are read in their order. */
struct reader {
    uint64_t seq;
    uint64_t fills;       /* of all days */
    uint64_t day_fills;   /* of this day */
    uint64_t place, size; /* in the append, and of it; size 0: between two */
    uint64_t session_seq; /* of the last session_opened */
    uint64_t limit;       /* up to here the records count for `digest` */
    uint64_t digest;
    struct outcome *ret;
};

static int wrong(struct outcome *ret, const char *what, const char *detail, uint64_t number) {
    if (!ret->wrong[0])
        snprintf(ret->wrong, sizeof ret->wrong, "%s: %s (%" PRIu64 ")", what, detail, number);
    return 1;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int read_place(struct reader *reader, const char *text, uint64_t seq) {
    uint64_t place, size;
    if (sscanf(text, "%" SCNu64 "-%" SCNu64, &place, &size) != 2 || place != reader->place ||
        (reader->size && size != reader->size))
        return wrong(reader->ret, "a part of an append is there", text, seq);
    reader->place = place + 1 == size ? 0 : place + 1;
    reader->size = place + 1 == size ? 0 : size;
    return 0;
}

static int read_event(struct reader *reader, const tw_event *event) {
    uint64_t number;
    int used = 0;
    if (event->seq != ++reader->seq)
        return wrong(reader->ret, "a gap or a record twice", "seq", event->seq);
    if (event->seq <= reader->limit) {
        reader->digest = mix(reader->digest, (uint64_t)event->time_ns);
        reader->digest = mix(reader->digest, (uint64_t)event->type);
    }
    if (event->type == TW_TYPE_session_opened)
        reader->session_seq = event->seq;
    if (event->type == TW_TYPE_custom)
        return read_place(reader, event->as.custom.tag + 2, event->seq);
    if (event->type != TW_TYPE_fill)
        return reader->size ? wrong(reader->ret, "a part of an append is there", "", event->seq)
                            : 0;
    if (sscanf(event->as.fill.exec_id, "v-%" SCNu64 "-%n", &number, &used) != 1 ||
        number != reader->fills)
        return wrong(reader->ret, "a fill is missing or twice", event->as.fill.exec_id,
                     reader->fills);
    reader->fills++;
    reader->day_fills++;
    return read_place(reader, event->as.fill.exec_id + used, event->seq);
}

/* The state from the newest snapshot on holds what the day's fills come to. */
static int check_state(struct reader *reader, tw_journal *journal, int64_t date) {
    tw_error why = {0};
    tw_state *state = NULL;
    tw_recovery recovery = {.size = sizeof recovery};
    tw_position position = {.size = sizeof position};
    if (tw_journal_state(journal, date, 0, 0, &state, &recovery, &why))
        return wrong(reader->ret, "no state", why.text, (uint64_t)date);
    int status = tw_state_position(state, "TSLA", &position);
    tw_state_free(state);
    if (status && status != TW_E_NOT_FOUND)
        return wrong(reader->ret, "no position", tw_error_name(status), (uint64_t)date);
    if ((status ? 0 : position.qty_e8) != (int64_t)reader->day_fills * TW_E8)
        return wrong(reader->ret, "the state is not the fold of the records", "",
                     reader->day_fills);
    return 0;
}

static int read_day(struct reader *reader, tw_journal *journal, int64_t date) {
    tw_error why = {0};
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    tw_verify_report report = {.size = sizeof report};
    int more = 0, bad = 0;
    reader->day_fills = 0;
    if (tw_journal_verify(journal, date, &report, &why))
        return wrong(reader->ret, "verify", why.text, (uint64_t)date);
    if (tw_cursor_open(journal, date, 0, &cursor, &why))
        return wrong(reader->ret, "reading", why.text, (uint64_t)date);
    while (!bad && (more = tw_cursor_next(cursor, &event, &why)) > 0)
        bad = read_event(reader, &event);
    tw_cursor_close(cursor);
    if (more < 0)
        return wrong(reader->ret, "reading", why.text, (uint64_t)date);
    if (!bad && reader->size)
        bad = wrong(reader->ret, "a part of an append is there", "at the end", reader->seq);
    return bad ? bad : check_state(reader, journal, date);
}

static int read_all(struct reader *reader, const char *folder) {
    tw_error why = {0};
    tw_journal *journal = NULL;
    int64_t dates[DATES];
    int bad = 0;
    if (tw_journal_open(folder, &journal, &why))
        return wrong(reader->ret, "looking", why.text, 0);
    int64_t days = tw_journal_dates(journal, dates, DATES);
    for (int64_t i = 0; !bad && i < days; i++)
        bad = read_day(reader, journal, dates[i]);
    tw_journal_close(journal);
    return bad;
}

/* ---- opening ------------------------------------------------------------------------------- */

static int open_once(const char *folder, int64_t date, int is_clean, uint64_t limit,
                     struct reader *reader) {
    tw_options options = {
        .size = sizeof options, .trading_date = date, .checkpoint_ns = -1, .no_thread = 1};
    tw_error why = {0};
    tw_store *store = NULL;
    int status = tw_open(folder, &options, &store, &why);
    if (status == TW_E_NOT_JOURNAL && reader->ret->survived != LOST_JOURNAL) {
        tw_settings settings = {.size = sizeof settings,
                                .account = "DU1",
                                .environment = TW_ENVIRONMENT_PAPER,
                                .any_file_system = 1};
        reader->ret->survived = LOST_JOURNAL;
        if (tw_init(folder, &settings, &why))
            return wrong(reader->ret, "init where no journal is", why.text, 0);
        status = tw_open(folder, &options, &store, &why);
    }
    if (status)
        return wrong(reader->ret, "refused", why.text, (uint64_t)-status);
    if (!is_clean)
        tw_abandon(store);
    else if (tw_close(store, "seen", &why))
        return wrong(reader->ret, "closing", why.text, 0);
    struct outcome *ret = reader->ret;
    *reader = (struct reader){.limit = limit, .ret = ret};
    return read_all(reader, folder);
}

/* The newest day that is there, or sometimes the next: a trader may start a day late. */
static int64_t choose_date(const struct listing *names, uint64_t chance) {
    int64_t date = FIRST_DATE;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->entries[i].name;
        int64_t found = strlen(name) == 12 && strcmp(name + 8, ".mdb") == 0 ? atoll(name) : 0;
        date = found > date ? found : date;
    }
    return date + (chance % 8 == 0);
}

void open_image(const char *folder, const struct listing *names, uint64_t chance,
                struct outcome *ret) {
    struct reader first = {.ret = ret}, second = {.ret = ret};
    int64_t date = choose_date(names, chance >> 8);
    memset(ret, 0, sizeof *ret);
    if (open_once(folder, date, (chance >> 16) % 8 != 0, UINT64_MAX, &first))
        return;
    if (ret->survived != LOST_JOURNAL)
        ret->survived = (int64_t)first.session_seq - 1;
    /* What the first open found stays as it is. */
    if ((chance >> 24) % 4 == 0 && open_once(folder, date, 1, first.seq, &second))
        return;
    if (second.seq && (second.digest != first.digest || second.fills != first.fills))
        wrong(ret, "the second open finds something else", "", first.seq);
}
