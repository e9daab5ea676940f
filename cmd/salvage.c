/* tradewal salvage: what is left of a damaged journal, into a new one. */
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "base/date.h"
#include "core/json_write.h"
#include "out.h"
#include "tradewal.h"

/* ---- as text ------------------------------------------------------------------------------- */

static void print_count(const char *what, uint64_t count, const char *sentence) {
    if (count)
        tw_out_format("%-9s %" PRIu64 " %s\n", what, count, sentence);
}

static void print_damage(const char *name, const char *damage) {
    if (!damage[0])
        return;
    tw_out_format("%-9s ", "Damage");
    tw_out_text(name);
    tw_out_plain(": ");
    tw_out_text(damage);
    tw_out_plain("\n");
}

static void print_gaps(const tw_salvage_report *report) {
    for (uint64_t i = 0; i < report->gap_count; i++) {
        const tw_salvage_gap *gap = &report->gaps[i];
        uint64_t count = gap->last_seq - gap->first_seq + 1;
        tw_out_format("%-9s %" PRIu64, "Missing", gap->first_seq);
        if (count > 1)
            tw_out_format(" to %" PRIu64 ", %" PRIu64 " records", gap->last_seq, count);
        tw_out_plain("\n");
    }
    if (!report->end_known)
        tw_out_format("%-9s nothing tells whether more was appended after %" PRIu64 "\n",
                      "Missing?", report->last_seq);
}

static void print_settings(const tw_salvage_report *report) {
    if (report->settings_from == TW_SALVAGE_FROM_LOG)
        tw_out_plain("Settings  from the last session in the log; --overnight and --roll as given "
                     "or by default\n");
    if (report->settings_from == TW_SALVAGE_FROM_OPTIONS)
        tw_out_plain("Settings  from the options and their defaults alone\n");
}

static void print_text(const tw_salvage_report *report, const char *path) {
    char date[TW_DATE_TEXT_BYTES];
    tw_date_format(report->trading_date, date);
    tw_out_format("Salvaged  %" PRIu64 " records in their places, of seqs %" PRIu64 " to %" PRIu64
                  ", newest date %s\n",
                  report->records, report->first_seq, report->last_seq, date);
    for (uint64_t i = 0; i < report->file_count; i++) {
        tw_out_format("%-9s ", "From");
        tw_out_text(report->files[i].name);
        tw_out_format(": %" PRIu64 " records\n", report->files[i].records);
    }
    for (uint64_t i = 0; i < report->file_count; i++)
        print_damage(report->files[i].name, report->files[i].damage);
    print_damage("identity", report->identity_damage);
    print_settings(report);
    print_gaps(report);
    print_count("Refused", report->refused,
                "that contradict what is left: kept as bytes, not part of the state");
    print_count("Others", report->others, "of a seq that has another record: see salvage-other");
    print_count("Astray", report->astray, "that fit nowhere");
    tw_out_format("%-9s %" PRIu64 " records lie in unbroken pieces of the old chain", "Chain",
                  report->proven);
    if (report->missing || report->refused)
        tw_out_plain("; behind the first hole it is new:\n"
                     "          digests of the damaged journal hold no longer");
    tw_out_plain("\n");
    print_count("Chain", report->chain_breaks,
                "pieces without a hole do not fit it: records in "
                "them were exchanged");
    tw_out_plain("Entries   are gated. Reconcile ");
    tw_out_text(path);
    tw_out_plain(
        " with the broker, executions too; then\n"
        "          tradewal gate --clear --by NAME --reason TEXT opens the gate on record\n");
}

/* ---- as JSON ------------------------------------------------------------------------------- */

static void put_text(struct buffer *out, const char *name, const char *text) {
    tw_buffer_format(out, "\"%s\":", name);
    if (text[0])
        tw_json_text(out, text, strlen(text));
    else
        tw_buffer_text(out, "null");
}

static void put_number(struct buffer *out, const char *name, uint64_t number) {
    tw_buffer_format(out, "\"%s\":%" PRIu64 ",", name, number);
}

static void put_lists(struct buffer *out, const tw_salvage_report *report) {
    tw_buffer_text(out, "\"gaps\":[");
    for (uint64_t i = 0; i < report->gap_count; i++)
        tw_buffer_format(out, "%s[%" PRIu64 ",%" PRIu64 "]", i ? "," : "",
                         report->gaps[i].first_seq, report->gaps[i].last_seq);
    tw_buffer_text(out, "],\"files\":[");
    for (uint64_t i = 0; i < report->file_count; i++) {
        tw_buffer_text(out, i ? ",{" : "{");
        put_text(out, "name", report->files[i].name);
        tw_buffer_char(out, ',');
        put_number(out, "bytes", report->files[i].bytes);
        put_number(out, "records", report->files[i].records);
        put_text(out, "damage", report->files[i].damage);
        tw_buffer_char(out, '}');
    }
    tw_buffer_text(out, "],");
}

static void print_json(const tw_salvage_report *report) {
    static const char *const sources[] = {"", "identity", "log", "options"};
    struct buffer out = {0};
    char date[TW_DATE_TEXT_BYTES];
    tw_date_format(report->trading_date, date);
    tw_buffer_text(&out, "{");
    put_number(&out, "records", report->records);
    put_number(&out, "first_seq", report->first_seq);
    put_number(&out, "last_seq", report->last_seq);
    put_number(&out, "missing", report->missing);
    put_lists(&out, report);
    put_number(&out, "refused", report->refused);
    put_number(&out, "others", report->others);
    put_number(&out, "astray", report->astray);
    put_number(&out, "proven", report->proven);
    put_number(&out, "chain_breaks", report->chain_breaks);
    put_number(&out, "salvage_seq", report->salvage_seq);
    put_text(&out, "date", date);
    tw_buffer_format(&out, ",\"end_known\":%s,\"settings_from\":\"%s\",",
                     report->end_known ? "true" : "false", sources[report->settings_from]);
    put_text(&out, "identity_damage", report->identity_damage);
    tw_buffer_text(&out, "}\n");
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

/* ---- running ------------------------------------------------------------------------------- */

static void show_progress(void *context, const char *doing, uint64_t done, uint64_t all) {
    (void)context;
    tw_out_progress(doing, done, all);
}

static int is_whole(const tw_salvage_report *report) {
    return !report->missing && !report->refused && !report->others && !report->astray &&
           !report->chain_breaks && report->end_known;
}

static int run(const struct arguments *arguments) {
    enum format format;
    tw_error why = {0};
    tw_salvage_report report = {.size = sizeof report};
    const char *path = arguments->words[1];
    tw_salvage_options options = {.size = sizeof options,
                                  .account = tw_arguments_value(arguments, "account"),
                                  .zone = tw_arguments_value(arguments, "zone"),
                                  .currency = tw_arguments_value(arguments, "currency"),
                                  .any_file_system =
                                      tw_arguments_given(arguments, "any-file-system"),
                                  .progress = show_progress};
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status == 0)
        status = tw_arguments_enum(arguments, "env", "environment", &options.environment);
    if (status == 0)
        status = tw_arguments_enum(arguments, "overnight", "overnight", &options.overnight);
    if (status == 0)
        status = tw_arguments_enum(arguments, "cost", "cost_method", &options.cost_method);
    if (status == 0)
        status = tw_arguments_roll(arguments, "roll", &options.roll_seconds);
    if (status != 0)
        return status;
    int result = tw_salvage(arguments->words[0], path, &options, &report, &why);
    tw_out_progress_end();
    if (result == TW_E_INVALID)
        return tw_out_error_advised(NULL, &why, "say it with --account and --env, or correct it");
    if (result == TW_E_NOT_FOUND)
        return tw_out_error_advised(NULL, &why,
                                    "go back to the last good snapshot or backup, and "
                                    "ask the broker for its executions");
    if (result != 0)
        return tw_out_error(&why);
    if (format == FORMAT_JSON)
        print_json(&report);
    else
        print_text(&report, path);
    status = is_whole(&report) ? EXIT_FINE : EXIT_DIFFERENT;
    tw_free(report.gaps);
    tw_free(report.files);
    return status;
}

static const struct option_row options[] = {
    {0, "account", "NAME", "the broker account, where nothing that is left says it"},
    {0, "env", "ENV", "the same: live or paper"},
    {0, "zone", "ZONE", "the same: zone of the trading date"},
    {0, "currency", "CODE", "the same: base currency"},
    {0, "cost", "METHOD", "the same: average or fifo"},
    {0, "overnight", "POLICY", "where the identity is gone: reject (default) or carry"},
    {0, "roll", "HH:MM", "where the identity is gone: when a trading date begins"},
    {0, "any-file-system", NULL, "accept a file system that cannot keep the promises"},
    {'o', "output", "FORMAT", "text (default) or json"},
    {0},
};

const struct command tw_command_salvage = {
    .name = "salvage",
    .group = "trust",
    .words = "DAMAGED NEW",
    .summary = "Carve the records out of a damaged journal into a new one.",
    .text =
        "Looks for records in all bytes of the day files and the intake of DAMAGED, which is\n"
        "only read, and puts them into the journal NEW, saying what is missing. They keep their\n"
        "seqs and their bytes. In the place of each missing record stands a note. All entries\n"
        "are gated in NEW until somebody clears the gate: reconcile with the broker first. The\n"
        "exit status is 1 where something is missing or doubtful.\n",
    .options = options,
    .journal = JOURNAL_NONE,
    .least = 2,
    .most = 2,
    .run = run,
};
