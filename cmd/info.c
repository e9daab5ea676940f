/* tradewal info: what a journal is, how far it goes, who writes it, how the last session ended. */
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "base/date.h"
#include "base/text.h"
#include "core/json_write.h"
#include "core/schema.h"
#include "out.h"
#include "summary.h"
#include "table.h"
#include "view.h"

static const struct column columns[] = {
    {"DATE", "date", COLUMN_TEXT},
    {"RECORDS", "records", COLUMN_COUNT},
    {"FIRST", "first_seq", COLUMN_COUNT},
    {"LAST", "last_seq", COLUMN_COUNT},
    {"LAST TIME", "last_time", COLUMN_TEXT},
    {"SNAPSHOTS", "snapshots", COLUMN_COUNT},
    {"NEWEST", "snapshot_seq", COLUMN_COUNT},
    {"USED", "used_bytes", COLUMN_COUNT},
    {"SIZE", "file_bytes", COLUMN_COUNT},
    {"END", "end", COLUMN_TEXT},
};

/* What is known without folding anything. */
struct facts {
    tw_day newest;
    tw_writer writer;
    uint64_t intake_records, intake_torn; /* of all days */
    struct table *days;
};

static void put_day(struct table *table, const tw_day *day, const struct zone *zone, int running) {
    char date[TW_DATE_TEXT_BYTES];
    tw_date_format(day->trading_date, date);
    tw_table_text(table, date);
    tw_table_count(table, day->first_seq ? (int64_t)(day->last_seq - day->first_seq + 1) : 0);
    tw_table_count(table, (int64_t)day->first_seq);
    tw_table_count(table, (int64_t)day->last_seq);
    tw_table_day_time(table, day->last_time_ns, zone);
    tw_table_count(table, (int64_t)day->snapshots);
    tw_table_count(table, (int64_t)day->snapshot_seq);
    tw_table_count(table, day->used_bytes);
    tw_table_count(table, day->file_bytes);
    tw_table_text(table, day->last_type == TW_TYPE_session_closed ? "clean"
                         : day->first_seq == 0                    ? "empty"
                         : running                                ? "running"
                                                                  : "crash");
}

static int gather(const struct view *view, struct facts *ret) {
    tw_error why = {0};
    ret->newest.size = sizeof ret->newest;
    ret->writer.size = sizeof ret->writer;
    if (tw_journal_writer(view->journal, &ret->writer, &why) != 0)
        return tw_out_error(&why);
    ret->days = tw_table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < view->date_count; i++) {
        tw_day day = {.size = sizeof day};
        if (tw_journal_day(view->journal, view->dates[i], &day, &why) != 0)
            return tw_out_error(&why);
        put_day(ret->days, &day, view->zone, ret->writer.alive && i + 1 == view->date_count);
        ret->newest = day;
        ret->intake_records += day.intake_records;
        ret->intake_torn += day.intake_torn;
    }
    return 0;
}

static const char *last_stop(const struct view *view, const struct facts *facts) {
    if (view->date_count == 0 || facts->newest.first_seq == 0)
        return "none yet";
    if (facts->newest.last_type == TW_TYPE_session_closed)
        return "clean";
    return facts->writer.alive ? "running" : "crash";
}

static void put_line(struct buffer *out, const char *label, const char *text) {
    tw_summary_label(out, label);
    tw_text_escape(out, text, strlen(text));
    tw_buffer_char(out, '\n');
}

static void put_settings(struct buffer *out, const struct view *view) {
    const tw_settings *settings = &view->settings;
    put_line(out, "Journal", view->path);
    tw_summary_label(out, "Account");
    tw_text_escape(out, settings->account, strlen(settings->account));
    tw_buffer_format(out, " (%s)\n", tw_text_of("environment", settings->environment));
    tw_summary_label(out, "Zone");
    tw_text_escape(out, settings->zone, strlen(settings->zone));
    tw_buffer_text(out, ", as are all times here\n");
    if (settings->roll_seconds)
        tw_buffer_format(out, "%-15s%02" PRId64 ":%02" PRId64 "\n", "Day begins",
                         settings->roll_seconds / 3600, settings->roll_seconds / 60 % 60);
    put_line(out, "Currency", settings->currency);
    put_line(out, "Overnight", tw_text_of("overnight", settings->overnight));
    put_line(out, "Cost", tw_text_of("cost_method", settings->cost_method));
}

static void put_writer(struct buffer *out, const struct view *view, const tw_writer *writer) {
    tw_summary_label(out, "Writer");
    if (writer->alive) {
        tw_buffer_format(out, "process %" PRId64, writer->pid);
        if (writer->host[0]) {
            tw_buffer_text(out, " on ");
            tw_text_escape(out, writer->host, strlen(writer->host));
        }
        if (writer->since_ns) {
            tw_buffer_text(out, " since ");
            tw_moment_day_clock(out, writer->since_ns, view->zone);
        }
        tw_buffer_char(out, '\n');
    } else {
        tw_buffer_text(out, "none\n");
    }
}

static void put_intake(struct buffer *out, const struct facts *facts) {
    uint64_t records = facts->intake_records, torn = facts->intake_torn;
    tw_summary_label(out, "Intake");
    if (facts->writer.alive) {
        tw_buffer_text(out, "the writer's: it moves what it appends into the day file\n");
        return;
    }
    if (records == 0 && torn == 0)
        tw_buffer_text(out, "nothing waits for the day file");
    if (records)
        tw_buffer_format(out,
                         "%" PRIu64 " record%s not in the day file yet, the next start moves %s",
                         records, records == 1 ? "" : "s", records == 1 ? "it" : "them");
    if (torn)
        tw_buffer_format(out, "%s%" PRIu64 " append%s cut off, not known to be durable",
                         records ? "; " : "", torn, torn == 1 ? "" : "s");
    tw_buffer_char(out, '\n');
}

/* The last record, for who reads it after a stop and for who reads it while the writer runs. */
static void put_last(struct buffer *out, const struct view *view, const struct facts *facts) {
    const tw_day *newest = &facts->newest;
    if (facts->writer.alive)
        put_line(out, "Last stop", "none, the writer is at work");
    else if (newest->first_seq == 0)
        put_line(out, "Last stop", "none yet");
    else
        put_line(out, "Last stop",
                 newest->last_type == TW_TYPE_session_closed
                     ? "clean, the session was closed"
                     : "crash, the last session has no end on record");
    if (newest->last_seq == 0)
        return;
    tw_summary_label(out, "Last record");
    tw_buffer_format(out, "seq %" PRIu64 " at ", newest->last_seq);
    tw_moment_day_clock(out, newest->last_time_ns, view->zone);
    tw_buffer_char(out, '\n');
}

static int print_text(const struct view *view, const struct facts *facts) {
    struct buffer out = {0};
    put_settings(&out, view);
    put_writer(&out, view, &facts->writer);
    put_last(&out, view, facts);
    put_intake(&out, facts);
    if (view->date_count == 0)
        put_line(&out, "Days", "none yet");
    else
        tw_buffer_char(&out, '\n');
    tw_out_buffer(&out);
    tw_buffer_free(&out);
    return tw_table_print(facts->days, FORMAT_TEXT);
}

static void put_member(struct buffer *out, const char *name, const char *text) {
    tw_buffer_format(out, "%s\"%s\":", out->size > 1 ? ",\n " : "", name);
    if (text)
        tw_json_text(out, text, strlen(text));
    else
        tw_buffer_text(out, "null");
}

static void put_writer_json(struct buffer *out, const struct view *view, const tw_writer *writer) {
    struct buffer since = {0};
    if (writer->since_ns)
        tw_moment_exact(&since, writer->since_ns, view->zone);
    tw_buffer_format(out, ",\n \"writer\":{\"alive\":%s,\"pid\":%" PRId64 ",\"since\":",
                     writer->alive ? "true" : "false", writer->pid);
    if (writer->since_ns)
        tw_json_text(out, since.data, since.size);
    else
        tw_buffer_text(out, "null");
    tw_buffer_text(out, ",\"host\":");
    tw_json_text(out, writer->host, strnlen(writer->host, sizeof writer->host));
    tw_buffer_char(out, '}');
    tw_buffer_free(&since);
}

static int print_json(const struct view *view, const struct facts *facts) {
    struct buffer out = {0};
    const tw_settings *settings = &view->settings;
    tw_buffer_char(&out, '{');
    put_member(&out, "journal", view->path);
    put_member(&out, "account", settings->account);
    put_member(&out, "environment", tw_text_of("environment", settings->environment));
    put_member(&out, "zone", settings->zone);
    put_member(&out, "currency", settings->currency);
    put_member(&out, "overnight", tw_text_of("overnight", settings->overnight));
    put_member(&out, "cost_method", tw_text_of("cost_method", settings->cost_method));
    tw_buffer_format(&out, ",\n \"roll_seconds\":%" PRId64 ",\n \"last_seq\":%" PRIu64,
                     settings->roll_seconds, facts->newest.last_seq);
    put_member(&out, "last_stop", last_stop(view, facts));
    tw_buffer_format(&out, ",\n \"intake_records\":%" PRIu64 ",\n \"intake_torn\":%" PRIu64,
                     facts->intake_records, facts->intake_torn);
    put_writer_json(&out, view, &facts->writer);
    tw_buffer_text(&out, ",\n \"days\":");
    tw_out_buffer(&out);
    tw_buffer_free(&out);
    int status = tw_table_print(facts->days, FORMAT_JSON);
    tw_out_plain("}\n");
    return status;
}

static int run(const struct arguments *arguments) {
    struct view view;
    struct facts facts = {0};
    enum format format;
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    status = gather(&view, &facts);
    if (status == 0)
        status = format == FORMAT_JSON ? print_json(&view, &facts) : print_text(&view, &facts);
    tw_table_free(facts.days);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {'o', "output", "FORMAT", "text (default) or json"},
    {0},
};

const struct command tw_command_info = {
    .name = "info",
    .group = "look",
    .words = "[JOURNAL]",
    .summary = "What the journal is, how far it goes, who writes it, the last stop.",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
