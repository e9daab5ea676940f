/* tradewal reconcile: the log against the broker. */
#include "arguments.h"
#include "findings.h"
#include "out.h"
#include "view.h"

static int apply(const struct view *view, const tw_answer *answer, enum format format) {
    tw_store *store = NULL;
    tw_proposal *proposal = NULL;
    tw_error why = {0};
    int status = tw_view_write(view, &store);
    if (status != 0)
        return status;
    status = tw_findings_apply(store, answer, &proposal);
    if (status == 0)
        status = tw_findings_print(proposal, answer->broker, format, 1);
    tw_proposal_free(proposal);
    if (tw_close(store, "reconcile has been recorded", &why) != 0 && status < EXIT_WRONG)
        status = tw_out_error(&why);
    return status;
}

static int look(const struct view *view, const tw_answer *answer, enum format format) {
    tw_proposal *proposal = NULL;
    int status = tw_findings_look(view, answer, &proposal);
    if (status == 0)
        status = tw_findings_print(proposal, answer->broker, format, 0);
    tw_proposal_free(proposal);
    return status;
}

static int run(const struct arguments *arguments) {
    struct view view;
    tw_broker *broker = NULL;
    const tw_answer *answer = NULL;
    const char *url = tw_arguments_value(arguments, "broker");
    enum format format;
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON | FORMAT_CSV, &format);
    if (status != 0)
        return status;
    if (!url)
        return tw_arguments_wrong(arguments->command,
                                  "no --broker, expected a URL such as file:positions.json");
    status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    status = tw_findings_ask(url, tw_arguments_value(arguments, "record"), &broker, &answer);
    if (status == 0)
        status = tw_arguments_given(arguments, "apply") ? apply(&view, answer, format)
                                                        : look(&view, answer, format);
    tw_broker_close(broker);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {0, "broker", "URL", "whom to ask: file:PATH, tws://HOST:PORT?client=N or replay:FILE"},
    {0, "record", "FILE", "write the conversation with tws: to FILE, for replay:FILE"},
    {0, "apply", NULL, "record the findings and the repairs in the journal"},
    {0, "date", "DATE", "trading date (default: the newest; with --apply also today's)"},
    {'o', "output", "FORMAT", "text (default), json or csv"},
    {0},
};

const struct command tw_command_reconcile = {
    .name = "reconcile",
    .group = "crash",
    .words = "[JOURNAL]",
    .summary = "Compare the log with what the broker holds; --apply records it.",
    .text =
        "Without --apply nothing is changed, and another process may be writing. A broker file\n"
        "says whether it is complete: {\"complete\":true,\"positions\":[{\"symbol\":\"TSLA\",\n"
        "\"qty\":\"50\",\"avg_cost\":\"445.25\"}],\"orders\":[],\"executions\":[]}; qty below 0\n"
        "is short, and docs/reconcile.md has all members. A URL with ? or & in it stands in\n"
        "quotes, or the shell takes it apart: --broker "
        "'tws://127.0.0.1:7497?client=2010&trader=1'\n"
        "The exit status is 1 where the two sides differ. tradewal sends nothing to the broker\n"
        "and cancels nothing.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
