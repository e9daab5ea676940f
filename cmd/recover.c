/* tradewal recover: what a restart would find; --apply does it. */
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "base/date.h"
#include "core/json_write.h"
#include "core/schema.h"
#include "core/state.h"
#include "findings.h"
#include "out.h"
#include "summary.h"
#include "view.h"

struct found {
    struct view *view;
    tw_recovery recovery;
    tw_state *state;
    tw_state *older; /* of the newest day before, NULL if none */
    tw_writer writer;
    int64_t today; /* by the clock; 0 where --date was given */
};

static int gather(struct found *found) {
    tw_error why = {0};
    struct view *view = found->view;
    int status = tw_view_state(view, 0, 0, &found->state, &found->recovery);
    if (status != 0)
        return status;
    struct view before = *view;
    before.begins = 0;
    before.date = tw_view_older_date(view);
    if (before.date)
        status = tw_view_state(&before, 0, 0, &found->older, NULL);
    if (status == 0 && tw_journal_writer(view->journal, &found->writer, &why) != 0)
        status = tw_out_error(&why);
    return status;
}

static const char *ended_text(const struct found *found) {
    if (found->recovery.last_seq == 0)
        return "none";
    if (found->writer.alive)
        return "running";
    return found->recovery.ended == TW_RESUMED_CRASH ? "crash" : "clean";
}

static void put_last_session(struct buffer *out, const struct found *found) {
    const tw_recovery *recovery = &found->recovery;
    tw_summary_label(out, "Last session");
    if (recovery->last_seq == 0) {
        tw_buffer_text(out, "none: a start begins clean\n");
        return;
    }
    int64_t ended_ns = recovery->ended_ns ? recovery->ended_ns : recovery->last_time_ns;
    if (found->writer.alive)
        tw_buffer_format(out, "still runs as process %" PRId64 ": last record ", found->writer.pid);
    else
        tw_buffer_text(out, recovery->ended == TW_RESUMED_CRASH ? "crashed " : "ended cleanly ");
    tw_moment_clock(out, ended_ns, found->view->zone);
    tw_buffer_format(out, " after seq %" PRIu64 " (", recovery->last_seq);
    tw_moment_span(out, tw_moment_now() - ended_ns);
    tw_buffer_text(out, " ago), ");
    if (recovery->intake_torn)
        tw_buffer_format(out, "%" PRIu64 " append%s cut off and dropped: not known to be durable\n",
                         recovery->intake_torn, recovery->intake_torn == 1 ? "" : "s");
    else
        tw_buffer_text(out, "nothing torn\n");
}

static void put_start(struct buffer *out, const tw_recovery *recovery) {
    if (recovery->last_seq == 0)
        return;
    tw_summary_label(out, "Started from");
    if (recovery->snapshot_seq)
        tw_buffer_format(out, "snapshot %" PRIu64 " + %" PRIu64 " record%s, ",
                         recovery->snapshot_seq, recovery->replayed,
                         recovery->replayed == 1 ? "" : "s");
    else
        tw_buffer_format(out, "the first record: %" PRIu64 " record%s, ", recovery->replayed,
                         recovery->replayed == 1 ? "" : "s");
    tw_moment_span(out, recovery->took_ns);
    if (recovery->snapshots_bad)
        tw_buffer_format(out, "; %" PRIu64 " unusable snapshot%s passed over",
                         recovery->snapshots_bad, recovery->snapshots_bad == 1 ? "" : "s");
    tw_buffer_char(out, '\n');
}

static void put_date(struct buffer *out, int64_t date) {
    char text[TW_DATE_TEXT_BYTES] = "-";
    if (tw_date_valid(date))
        tw_date_format(date, text);
    tw_buffer_text(out, text);
}

/* What a day left open. Only the policy may bring it back, never a restart by itself. */
static void put_left_open(struct buffer *out, const struct found *found, const struct state *state,
                          int64_t date) {
    for (uint32_t i = 0; state && i < tw_state_symbol_count(state); i++) {
        const struct position *position = &state->symbols[i].position;
        const char *name = tw_state_symbol_name(state, i);
        if (!position->side)
            continue;
        tw_summary_label(out, "Left open");
        put_date(out, date);
        tw_buffer_char(out, ' ');
        struct buffer shown = {0};
        tw_summary_label(&shown, name);
        while (shown.size && shown.data[shown.size - 1] == ' ')
            shown.size--;
        tw_buffer_put(out, shown.data, shown.size);
        tw_buffer_free(&shown);
        tw_buffer_char(out, ' ');
        tw_summary_holding(out, position);
        tw_buffer_format(out, "; not restored by itself (overnight: %s)\n",
                         tw_text_of("overnight", found->view->settings.overnight));
    }
}

static void print_text(const struct found *found) {
    struct buffer out = {0};
    const struct state *state = found->state;
    put_last_session(&out, found);
    put_start(&out, &found->recovery);
    tw_summary_positions(&out, state);
    tw_summary_attempts(&out, state);
    tw_summary_today(&out, state);
    tw_summary_gates(&out, state, found->view->zone);
    tw_summary_findings(&out, state);
    tw_summary_orders(&out, state, found->view->zone);
    put_left_open(&out, found, found->older, tw_view_older_date(found->view));
    if (found->view->date && found->today > found->view->date) {
        tw_summary_label(&out, "New day");
        put_date(&out, found->today);
        tw_buffer_text(&out, ": a start today begins clean; all above is of ");
        put_date(&out, found->view->date);
        tw_buffer_char(&out, '\n');
        put_left_open(&out, found, state, found->view->date);
    }
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

static void put_time(struct buffer *out, int64_t time_ns, const struct zone *zone) {
    struct buffer text = {0};
    if (time_ns) {
        tw_moment_exact(&text, time_ns, zone);
        tw_json_text(out, text.data, text.size);
    } else {
        tw_buffer_text(out, "null");
    }
    tw_buffer_free(&text);
}

static void put_doubts(struct buffer *out, const struct state *state) {
    const char *comma = "";
    tw_buffer_text(out, ",\n \"in_doubt\":[");
    for (uint32_t i = 0; i < tw_state_order_count(state); i++) {
        const char *name = tw_state_order_name(state, i);
        if (!tw_summary_in_doubt(&state->orders[i]))
            continue;
        tw_buffer_text(out, comma);
        tw_json_text(out, name, strlen(name));
        comma = ",";
    }
    tw_buffer_char(out, ']');
}

/* All but the end: the findings may still come. */
static void print_json(const struct found *found) {
    struct buffer out = {0};
    const tw_recovery *recovery = &found->recovery;
    const struct zone *zone = found->view->zone;
    tw_buffer_format(&out, "{\"last_session\":{\"ended\":\"%s\",\"time\":", ended_text(found));
    put_time(&out, recovery->ended_ns ? recovery->ended_ns : recovery->last_time_ns, zone);
    tw_buffer_format(&out,
                     ",\"seq\":%" PRIu64 ",\"pid\":%" PRIu64 ",\"opened\":", recovery->last_seq,
                     recovery->opened_pid);
    put_time(&out, recovery->opened_ns, zone);
    tw_buffer_format(&out,
                     "},\n \"snapshot_seq\":%" PRIu64 ",\"replayed\":%" PRIu64
                     ",\"snapshots_bad\":%" PRIu64 ",\"intake_records\":%" PRIu64
                     ",\"intake_torn\":%" PRIu64 ",\"took_ns\":\"%" PRId64 "\"",
                     recovery->snapshot_seq, recovery->replayed, recovery->snapshots_bad,
                     recovery->intake_records, recovery->intake_torn, recovery->took_ns);
    put_doubts(&out, found->state);
    tw_buffer_text(&out, ",\n \"state\":");
    tw_json_state(&out, found->state, zone);
    tw_buffer_text(&out, ",\n \"older\":");
    if (found->older)
        tw_json_state(&out, found->older, zone);
    else
        tw_buffer_text(&out, "null");
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

static void print(const struct found *found, enum format format) {
    if (format == FORMAT_JSON)
        print_json(found);
    else
        print_text(found);
}

/* The findings, if any, under what print has printed. */
static int print_end(const tw_proposal *proposal, const char *broker, enum format format,
                     int applied) {
    int status = EXIT_FINE;
    if (proposal) {
        tw_out_plain(format == FORMAT_JSON ? ",\n \"reconcile\":" : "\n");
        status = tw_findings_print(proposal, broker, format, applied);
    }
    if (format == FORMAT_JSON)
        tw_out_plain("}\n");
    return status;
}

/* A restart for real. */
struct restart {
    tw_store *store;
    tw_recover_report report;
    tw_proposal *proposal; /* NULL: no broker was asked */
    int ended;             /* not 0: the tape of the conversation is not whole, for this reason */
    tw_error unrecorded;
};

static int restart(const struct view *view, tw_broker *broker, struct restart *ret) {
    tw_error why = {0};
    tw_options options;
    if (!broker)
        return tw_view_write(view, &ret->store);
    tw_view_options(view, &options);
    ret->report.size = sizeof ret->report;
    int result =
        tw_recover(view->path, &options, broker, &ret->store, &ret->report, &ret->proposal, &why);
    ret->ended = tw_broker_record_end(broker, result ? NULL : &why);
    ret->unrecorded = why;
    return result ? tw_out_error(&why) : 0;
}

/* What it is like now, with the broker's word in it. */
static int look_again(struct found *found, tw_store *store) {
    tw_error why = {0};
    tw_state *state = NULL;
    tw_recovery recovery = {.size = sizeof recovery};
    if (tw_store_recovery(store, &recovery) != 0 || tw_store_state(store, &state, &why) != 0)
        return why.code ? tw_out_error(&why) : tw_out_memory();
    tw_state_free(found->state);
    found->state = state;
    found->recovery = recovery;
    found->writer.alive = 0;
    return 0;
}

static void print_report(const tw_recover_report *report, enum format format) {
    struct buffer out = {0};
    if (format == FORMAT_JSON) {
        tw_buffer_text(&out, ",\n \"broker\":{\"asked\":");
        tw_json_text(&out, report->broker, strlen(report->broker));
        tw_buffer_format(&out, ",\"tries\":%" PRId64 ",\"log_only\":%s,\"entries_gated\":%s}",
                         report->tries, report->log_only ? "true" : "false",
                         report->entries_gated ? "true" : "false");
        tw_out_buffer(&out);
        tw_buffer_free(&out);
    }
    if (*report->warning)
        tw_out_note("warning: %s", report->warning);
}

/* What it found is shown, then the session is ended cleanly. */
static int apply(struct found *found, tw_broker *broker, enum format format) {
    struct restart done = {0};
    tw_error why = {0};
    int status = restart(found->view, broker, &done);
    if (status == 0)
        status = look_again(found, done.store);
    if (status == 0) {
        print(found, format);
        if (broker)
            print_report(&done.report, format);
        status = print_end(done.proposal, done.report.broker, format, 1);
    }
    if (done.ended)
        status = tw_out_error(&done.unrecorded);
    tw_proposal_free(done.proposal);
    if (tw_close(done.store, "recover has been applied", &why) != 0 && status < EXIT_WRONG)
        status = tw_out_error(&why);
    return status;
}

static int look(const struct found *found, const tw_answer *answer, enum format format) {
    tw_proposal *proposal = NULL;
    int status = EXIT_FINE;
    print(found, format);
    if (answer)
        status = tw_findings_look(found->view, answer, &proposal);
    if (status == 0)
        status = print_end(proposal, answer ? answer->broker : NULL, format, 0);
    tw_proposal_free(proposal);
    return status;
}

/* What the broker holds now would be booked into a day that is over. */
static int refuse_old_day(const struct found *found) {
    char today[TW_DATE_TEXT_BYTES], newest[TW_DATE_TEXT_BYTES];
    tw_date_format(found->today, today);
    tw_date_format(found->view->date, newest);
    return tw_out_wrong(
        "today is %s and the newest day of the journal is %s: say with --date which "
        "of them the broker's answer is for",
        today, newest);
}

static int run(const struct arguments *arguments) {
    struct view view;
    struct found found = {.view = &view};
    enum format format;
    tw_broker *broker = NULL;
    const tw_answer *answer = NULL;
    const char *url = tw_arguments_value(arguments, "broker");
    const char *record = tw_arguments_value(arguments, "record");
    int applied = tw_arguments_given(arguments, "apply");
    found.recovery.size = sizeof found.recovery;
    found.writer.size = sizeof found.writer;
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    if (!tw_arguments_given(arguments, "date"))
        found.today = tw_view_today(&view);
    if (url && applied && view.date && found.today > view.date)
        status = refuse_old_day(&found);
    else if (url)
        status = applied ? tw_findings_open(url, record, &broker)
                         : tw_findings_ask(url, record, &broker, &answer);
    if (status == 0)
        status = gather(&found);
    if (status == 0)
        status = applied ? apply(&found, broker, format) : look(&found, answer, format);
    tw_state_free(found.state);
    tw_state_free(found.older);
    tw_broker_close(broker);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {0, "apply", NULL, "restart for real: recover, record the session, end it cleanly"},
    {0, "broker", "URL", "compare with the broker too: file:PATH, tws:// or replay:FILE"},
    {0, "record", "FILE", "write the conversation with tws: to FILE, for replay:FILE"},
    {0, "date", "DATE", "trading date (default: the newest; with --apply also today's)"},
    {'o', "output", "FORMAT", "text (default) or json"},
    {0},
};

const struct command tw_command_recover = {
    .name = "recover",
    .group = "crash",
    .words = "[JOURNAL]",
    .summary = "What a restart would find, without doing it; --apply does it.",
    .text =
        "Times are in the journal's zone. What remains is the part of the entry that is still\n"
        "held, NO STOP a position that neither the plan nor an order of the log protects.\n"
        "IN DOUBT names orders that were sent, or whose change or cancel was asked for, without\n"
        "an answer in the log: ask the broker about them before placing others.\n\n"
        "A URL with ? or & in it stands in quotes: --broker 'tws://HOST:PORT?client=1&trader=2'\n\n"
        "With --apply and --broker the broker is asked up to three times, and what differs is\n"
        "recorded and repaired. Without a complete answer the state is the log's alone and all\n"
        "entries are gated (D7), until a later run gets one, or gate --clear overrides it. Run\n"
        "again with nothing new, it adds none. The exit status is 1 where the two sides differ.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
