/* tradewal verify: is what is on the disk whole? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "base/date.h"
#include "base/digest.h"
#include "child.h"
#include "core/json_write.h"
#include "out.h"
#include "verify_day.h"
#include "view.h"

static void print_day(int64_t date, const tw_verify_report *report, enum format format) {
    char text[TW_DATE_TEXT_BYTES], digest[TW_DIGEST_TEXT_BYTES];
    tw_date_format(date, text);
    tw_digest_text(report->digest, digest);
    if (format == FORMAT_JSON)
        tw_out_format("{\"date\":\"%s\",\"ok\":true,\"records\":%" PRIu64 ",\"snapshots\":%" PRIu64
                      ",\"executions\":%" PRIu64 ",\"digest\":\"%s\"}\n",
                      text, report->records, report->snapshots, report->executions, digest);
    else
        tw_out_format("%s  ok  %" PRIu64 " records, %" PRIu64 " snapshots, %" PRIu64
                      " executions, digest %s\n",
                      text, report->records, report->snapshots, report->executions, digest);
}

static void print_damage(const char *date, const tw_error *why, enum format format) {
    struct buffer out = {0};
    if (format != FORMAT_JSON)
        return;
    tw_buffer_format(&out, "{\"date\":\"%s\",\"ok\":false,\"error\":\"%s\",\"text\":", date,
                     tw_error_name((int)why->code));
    tw_json_text(&out, why->text, strnlen(why->text, sizeof why->text));
    tw_buffer_text(&out, "}\n");
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

/* Who has run verify already is not sent there again. */
static int tell(const char *place, const tw_error *why) {
    if (why->code != TW_E_DAMAGED)
        return tw_out_error_at(place, why);
    tw_out_error_advised(
        place, why,
        "do not trade on it: tradewal salvage saves the records, the broker has the "
        "executions; or go back to the last good snapshot");
    return EXIT_DIFFERENT;
}

int tw_verify_day(const char *path, int64_t date, enum format format) {
    tw_error why = {0};
    tw_verify_report report = {.size = sizeof report};
    char text[TW_DATE_TEXT_BYTES];
    tw_date_format(date, text);
    if (tw_child_verify(path, date, &report, &why) == 0) {
        print_day(date, &report, format);
        return EXIT_FINE;
    }
    print_damage(text, &why, format);
    return tell(text, &why);
}

int tw_verify_newest(const char *path, int64_t *ret_date, int64_t **ret_dates,
                     uint64_t *ret_count) {
    tw_error why = {0};
    if (tw_child_dates(path, ret_dates, ret_count, &why) != 0)
        return tell(NULL, &why);
    if (*ret_date != 0)
        return tw_view_check_date(*ret_dates, *ret_count, *ret_date);
    if (*ret_count > 0)
        *ret_date = (*ret_dates)[*ret_count - 1];
    return 0;
}

static int run(const struct arguments *arguments) {
    enum format format;
    int64_t date = 0, *dates = NULL;
    uint64_t count = 0;
    int all = tw_arguments_given(arguments, "all");
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status == 0)
        status = tw_arguments_date(arguments, "date", &date);
    if (status == 0 && all && date)
        status = tw_arguments_wrong(arguments->command, "--all and --date, expected one of them");
    if (status == 0)
        status = tw_verify_newest(arguments->journal, &date, &dates, &count);
    if (status == 0 && count == 0 && format == FORMAT_TEXT)
        tw_out_plain("The journal has no days yet.\n");
    if (status == 0 && !all && count > 0)
        status = tw_verify_day(arguments->journal, date, format);
    /* Damage of one day says nothing of the others: all are looked at, the worst counts. */
    for (uint64_t i = 0; all && i < count; i++) {
        int found = tw_verify_day(arguments->journal, dates[i], format);
        status = found > status ? found : status;
    }
    free(dates);
    return status;
}

static const struct option_row options[] = {
    {0, "all", NULL, "every day of the journal"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'o', "output", "FORMAT", "text (default) or json (one object a day)"},
    {0},
};

const struct command tw_command_verify = {
    .name = "verify",
    .group = "trust",
    .words = "[JOURNAL]",
    .summary = "Check a day through and through; in a process of its own.",
    .text =
        "File structure, frames, sequence, digest chain, execution index, head, and that every\n"
        "snapshot is the fold of the records it covers. The exit status is 1 where something\n"
        "is damaged.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
