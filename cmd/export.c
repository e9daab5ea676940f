/* tradewal export: the records as JSON or CSV, in constant memory. */
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "core/json_write.h"
#include "csv_event.h"
#include "out.h"
#include "walk.h"

struct export {
    const struct view *view;
    enum format format;
    struct csv_columns columns;
    struct buffer out; /* reused */
    uint64_t count;
};

static int export_event(void *context, const tw_event *event) {
    struct export *export = context;
    tw_buffer_clear(&export->out);
    if (export->format == FORMAT_JSON_ARRAY)
        tw_buffer_text(&export->out, export->count ? ",\n" : "\n");
    if (export->format == FORMAT_CSV)
        tw_csv_event(&export->out, &export->columns, event, export->view->zone);
    else
        tw_json_event(&export->out, event, export->view->zone);
    if (export->format != FORMAT_JSON_ARRAY)
        tw_buffer_char(&export->out, '\n');
    tw_out_buffer(&export->out);
    export->count++;
    return 0;
}

static int export_days(const struct view *view, const struct arguments *arguments,
                       enum format format) {
    struct export export = {.view = view, .format = format};
    struct filter filter;
    size_t first, end;
    int status = tw_walk_filter(view, arguments, &filter);
    if (status != 0)
        return status;
    tw_walk_days(view, &filter, tw_arguments_given(arguments, "all"),
                 tw_arguments_given(arguments, "date"), &first, &end);
    if (format == FORMAT_JSON_ARRAY)
        tw_out_plain("[");
    if (format == FORMAT_CSV) {
        tw_csv_columns(&export.columns);
        tw_csv_header(&export.out, &export.columns);
        tw_buffer_char(&export.out, '\n');
        tw_out_buffer(&export.out);
    }
    status = tw_walk(view, first, end, 0, &filter, export_event, &export);
    /* An export that broke off must not look whole. */
    if (format == FORMAT_JSON_ARRAY && status == 0)
        tw_out_plain(export.count ? "\n]\n" : "]\n");
    tw_buffer_free(&export.out);
    return status;
}

static int run(const struct arguments *arguments) {
    struct view view;
    enum format format = FORMAT_JSON;
    int status =
        tw_arguments_format(arguments, FORMAT_JSON | FORMAT_JSON_ARRAY | FORMAT_CSV, &format);
    if (status == 0 && tw_arguments_given(arguments, "all") &&
        tw_arguments_given(arguments, "date"))
        status = tw_arguments_wrong(arguments->command, "--all and --date, expected one of them");
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    status = export_days(&view, arguments, format);
    tw_view_close(&view);
    return status;
}

static const struct option_row options[] = {
    {0, "all", NULL, "every day of the journal"},
    {0, "date", "DATE", "trading date (default: the newest)"},
    {'S', "since", "TIME", "not before TIME; goes back over days unless --date is given"},
    {'U', "until", "TIME", "not after TIME"},
    {'o', "output", "FORMAT", "json (default; one object a line), json-array or csv"},
    {0},
};

const struct command tw_command_export = {
    .name = "export",
    .group = "hand over",
    .words = "[JOURNAL]",
    .summary = "The records as JSON lines, one JSON array or CSV.",
    .text = "Prices, quantities, money and ids are strings in JSON: other tools damage numbers of\n"
            "that kind. tradewal schema describes the lines, tradewal import takes them back.\n",
    .options = options,
    .journal = JOURNAL_FIRST,
    .run = run,
};
