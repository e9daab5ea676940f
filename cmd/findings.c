/* The log against the broker, shown. */
#include "findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/schema.h"
#include "core/state.h"
#include "table.h"

static const struct column text_columns[] = {
    {"SYMBOL", "symbol", COLUMN_TEXT}, {"LOG", "ours", COLUMN_TEXT},
    {"BROKER", "theirs", COLUMN_TEXT}, {"CASE", "case", COLUMN_TEXT},
    {"RESULT", "text", COLUMN_TEXT},
};

static const struct column all_columns[] = {
    {"CASE", "case", COLUMN_TEXT},        {"SYMBOL", "symbol", COLUMN_TEXT},
    {"ABOUT", "about", COLUMN_TEXT},      {"LOG", "ours", COLUMN_TEXT},
    {"BROKER", "theirs", COLUMN_TEXT},    {"RESULT", "text", COLUMN_TEXT},
    {"ACTION", "action", COLUMN_TEXT},    {"CRITICAL", "critical", COLUMN_COUNT},
    {"DIFFERS", "differs", COLUMN_COUNT}, {"FRESH", "fresh", COLUMN_COUNT},
};

int tw_findings_open(const char *url, const char *record, tw_broker **ret) {
    tw_error why = {0};
    tw_broker *broker = NULL;
    int result = tw_broker_open(url, &broker, &why);
    if (result == 0 && record)
        result = tw_broker_record(broker, record, &why);
    if (result != 0) {
        tw_broker_close(broker);
        return tw_out_error(&why);
    }
    *ret = broker;
    return 0;
}

int tw_findings_ask(const char *url, const char *record, tw_broker **ret_broker,
                    const tw_answer **ret) {
    tw_error why = {0};
    tw_broker *broker = NULL;
    int status = tw_findings_open(url, record, &broker);
    if (status != 0)
        return status;
    int result = tw_broker_ask_patiently(broker, -1, ret, &why);
    /* A tape of a conversation that failed is the one that is wanted most: it is ended either way.
     */
    int ended = tw_broker_record_end(broker, result ? NULL : &why);
    if (result != 0 || ended != 0) {
        tw_broker_close(broker);
        return tw_out_error(&why);
    }
    *ret_broker = broker;
    return 0;
}

int tw_findings_look(const struct view *view, const tw_answer *answer, tw_proposal **ret) {
    tw_error why = {0};
    tw_state *state = NULL, *older = NULL;
    struct view before = *view;
    before.date = tw_view_older_date(view);
    if (view->date == 0)
        return tw_out_wrong("the journal has no day yet, expected one to compare; "
                            "--apply begins today's");
    int status = tw_view_state(view, 0, 0, &state, NULL);
    if (status == 0 && before.date)
        status = tw_view_state(&before, 0, 0, &older, NULL);
    if (status == 0 && tw_reconcile(state, answer, older, view->settings.overnight, ret, &why) != 0)
        status = tw_out_error(&why);
    tw_state_free(state);
    tw_state_free(older);
    return status;
}

int tw_findings_apply(tw_store *store, const tw_answer *answer, tw_proposal **ret) {
    tw_error why = {0};
    tw_proposal *proposal = NULL;
    int result = tw_store_reconcile(store, answer, &proposal, &why);
    if (result == 0)
        result = tw_store_apply(store, proposal, &why);
    if (result != 0) {
        tw_proposal_free(proposal);
        return tw_out_error(&why);
    }
    *ret = proposal;
    return 0;
}

/* What is agreed upon is never on record as a finding. */
static int is_on_record(const tw_finding_view *finding) {
    return !finding->fresh && strcmp(finding->case_id, "D1") != 0;
}

static void put_text_row(struct table *table, const tw_finding_view *finding) {
    char text[1024];
    const char *about = finding->about;
    if (about && strstr(finding->text, about))
        about = NULL;
    snprintf(text, sizeof text, "%s%s%s%s", about ? about : "", about ? ": " : "", finding->text,
             is_on_record(finding) ? " (on record)" : "");
    tw_table_text(table, finding->symbol);
    tw_table_text(table, finding->ours);
    tw_table_text(table, finding->theirs);
    tw_table_text(table, finding->case_id);
    tw_table_text(table, text);
    if (finding->critical)
        tw_table_colour(table, "red");
}

static void put_full_row(struct table *table, const tw_finding_view *finding) {
    tw_table_text(table, finding->case_id);
    tw_table_text(table, finding->symbol);
    tw_table_text(table, finding->about);
    tw_table_text(table, finding->ours);
    tw_table_text(table, finding->theirs);
    tw_table_text(table, finding->text);
    tw_table_text(table, finding->action ? tw_text_of("finding_action", finding->action) : NULL);
    tw_table_bool(table, finding->critical != 0);
    tw_table_bool(table, finding->differs != 0);
    tw_table_bool(table, finding->fresh != 0);
}

/* How many rows there are of each kind. */
struct tally {
    uint64_t all, differ, on_record;
};

static void print_end(const struct tally *tally, uint64_t events, enum format format, int applied) {
    uint64_t differ = tally->differ, count = tally->all;
    if (format == FORMAT_JSON) {
        tw_out_format(",\"differ\":%" PRIu64 ",\"of\":%" PRIu64 ",\"events\":%" PRIu64
                      ",\"applied\":%s}\n",
                      differ, count, events, applied ? "true" : "false");
        return;
    }
    if (format != FORMAT_TEXT)
        return;
    if (count == 0)
        tw_out_plain("Nothing differs: neither side holds anything.");
    else if (differ == 0 && tally->on_record)
        tw_out_format("Nothing differs; %" PRIu64 " finding%s on record stay%s open.",
                      tally->on_record, tally->on_record == 1 ? "" : "s",
                      tally->on_record == 1 ? "s" : "");
    else if (differ == 0)
        tw_out_plain("Nothing differs.");
    else
        tw_out_format("%" PRIu64 " of %" PRIu64 " differ.", differ, count);
    if (applied && events == 0)
        tw_out_plain(" Nothing new to record.\n");
    else if (applied)
        tw_out_format(" Recorded as %" PRIu64 " event%s.\n", events, events == 1 ? "" : "s");
    else if (differ)
        tw_out_plain(" Nothing was changed; --apply records it.\n");
    else
        tw_out_plain("\n");
}

/* Who answered, and what of the answer is not as it was said. A file says of itself what it is. */
static void print_broker(const char *broker) {
    char shown[320];
    if (broker && strncmp(broker, "file:", 5) != 0)
        tw_out_format("Asked %s.\n", tw_text_show(broker, strlen(broker), shown, sizeof shown));
}

int tw_findings_print(const tw_proposal *proposal, const char *broker, enum format format,
                      int applied) {
    int is_text = format == FORMAT_TEXT;
    struct table *table =
        is_text ? tw_table_new(text_columns, sizeof text_columns / sizeof text_columns[0])
                : tw_table_new(all_columns, sizeof all_columns / sizeof all_columns[0]);
    struct tally tally = {.all = tw_proposal_findings(proposal)};
    for (uint64_t i = 0; i < tally.all; i++) {
        tw_finding_view finding = {.size = sizeof finding};
        if (tw_proposal_finding(proposal, i, &finding) != 0)
            continue;
        tally.differ += finding.differs != 0;
        tally.on_record += is_on_record(&finding) != 0;
        if (is_text)
            put_text_row(table, &finding);
        else
            put_full_row(table, &finding);
    }
    if (format == FORMAT_JSON)
        tw_out_plain("{\"findings\":");
    else if (is_text)
        print_broker(broker);
    int status = tw_table_print(table, format);
    if (status == 0)
        print_end(&tally, tw_proposal_events(proposal), format, applied);
    tw_table_free(table);
    return status ? status : tally.differ ? EXIT_DIFFERENT : EXIT_FINE;
}
