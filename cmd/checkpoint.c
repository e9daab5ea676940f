/* tradewal checkpoint: the snapshots of a day. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "journal.h"
#include "out.h"
#include "table.h"
#include "verify_day.h"
#include "view.h"

static const struct column columns[] = {
    {"SNAPSHOT", "seq", COLUMN_COUNT},
    {"RECORDS AFTER", "records_after", COLUMN_COUNT},
};

static int list(const struct view *view, enum format format) {
    enum { SNAPSHOTS_MAX = 64 };
    uint64_t seqs[SNAPSHOTS_MAX];
    tw_error why = {0};
    tw_day day = {.size = sizeof day};
    int64_t count = 0;
    if (view->date) {
        int result = tw_journal_day(view->journal, view->date, &day, &why);
        count = result == 0
                    ? tw_journal_snapshots(view->journal, view->date, seqs, SNAPSHOTS_MAX, &why)
                    : result;
        if (count < 0)
            return tw_out_error(&why);
    }
    struct table *table = tw_table_new(columns, sizeof columns / sizeof columns[0]);
    for (int64_t i = 0; i < count && i < SNAPSHOTS_MAX; i++) {
        tw_table_count(table, (int64_t)seqs[i]);
        tw_table_count(table, (int64_t)(day.last_seq - seqs[i]));
    }
    int status = tw_table_print(table, format);
    if (status == 0 && format == FORMAT_JSON)
        tw_out_plain("\n");
    else if (status == 0 && format == FORMAT_TEXT && count == 0)
        tw_out_plain("No snapshots.\n");
    tw_table_free(table);
    return status;
}

static int take(const struct view *view, enum format format) {
    tw_store *store = NULL;
    tw_error why = {0}, why_close = {0};
    uint64_t seq = 0;
    (void)format;
    int status = tw_view_write(view, &store);
    if (status != 0)
        return status;
    if (tw_checkpoint(store, &seq, &why) != 0)
        status = tw_out_error(&why);
    if (tw_close(store, "the checkpoint has been taken", &why_close) != 0 && status == 0)
        status = tw_out_error(&why_close);
    if (status == 0)
        tw_out_format("Took a snapshot of all up to seq %" PRIu64 ".\n", seq);
    return status;
}

static int verify(const struct view *view, enum format format) {
    if (view->date)
        return tw_verify_day(view->path, view->date, format);
    tw_out_plain("The journal has no days yet.\n");
    return EXIT_FINE;
}

static int invalidate(const struct view *view, enum format format) {
    tw_error why = {0};
    uint64_t seq = 0;
    (void)format;
    if (tw_journal_invalidate(view->path, view->date, &seq, &why) != 0)
        return tw_out_error(&why);
    tw_out_format("Took the snapshot of seq %" PRIu64 " out; the next start uses the one before.\n",
                  seq);
    return EXIT_FINE;
}

static const struct action {
    const char *name;
    int (*run)(const struct view *view, enum format format);
} actions[] = {{"list", list}, {"take", take}, {"verify", verify}, {"invalidate", invalidate}};

static const struct action *find_action(const char *word) {
    for (size_t i = 0; word && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].name, word) == 0)
            return &actions[i];
    return NULL;
}

/* The action may stand before the journal or behind it. */
static int run(const struct arguments *arguments) {
    struct view view;
    struct arguments with_journal = *arguments;
    enum format format;
    const char *first = arguments->words[0];
    const char *second = arguments->count > 1 ? arguments->words[1] : NULL;
    const struct action *action = find_action(first);
    with_journal.journal = second;
    if (!action) {
        action = find_action(second);
        with_journal.journal = first;
    }
    if (!action)
        return tw_arguments_wrong(arguments->command,
                                  "%s, expected list, take, verify or invalidate",
                                  second ? second : first);
    if (!with_journal.journal)
        with_journal.journal = getenv("TRADEWAL_JOURNAL");
    if (!with_journal.journal)
        return tw_arguments_wrong(arguments->command,
                                  "no journal named, expected one; set TRADEWAL_JOURNAL");
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status == 0)
        status = tw_view_open(&with_journal, &view);
    if (status != 0)
        return status;
    status = action->run(&view, format);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "of list and verify: text (default) or json"},
    {0},
};

const struct command tw_command_checkpoint = {
    .name = "checkpoint",
    .group = "keep",
    .words = "ACTION [JOURNAL]",
    .summary = "List, take, verify the snapshots, or invalidate the newest.",
    .text = "ACTION is list, take, verify or invalidate. take and invalidate need the journal for\n"
            "themselves; no event is ever removed.\n",
    .options = options,
    .journal = JOURNAL_BY_LOOK,
    .least = 1,
    .most = 2,
    .run = run,
};
