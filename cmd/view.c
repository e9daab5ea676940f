/* A journal opened for looking: its date, its zone, and states of it. */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/error.h"
#include "core/state.h"
#include "journal.h"
#include "out.h"

int tw_view_refresh(struct view *view) {
    int64_t count = tw_journal_dates(view->journal, NULL, 0);
    tw_error why = {0};
    if (count < 0)
        return tw_out_error_at(
            view->path, (tw_fail(&why, (int)count, "%s", tw_error_happened((int)count)), &why));
    int64_t *dates = calloc((size_t)count + 1, sizeof *dates);
    if (!dates)
        return tw_out_memory();
    int64_t found = tw_journal_dates(view->journal, dates, (uint64_t)count);
    free(view->dates);
    view->dates = dates;
    view->date_count = (size_t)(found < count ? found : count);
    return 0;
}

int tw_view_open_path(const char *path, struct view *ret) {
    tw_error why = {0};
    struct view view = {.path = path, .settings = {.size = sizeof view.settings}};
    int result = tw_journal_open(path, &view.journal, &why);
    if (result != 0)
        return tw_out_error(&why);
    result = tw_journal_settings(view.journal, &view.settings);
    if (result == 0)
        result = tw_journal_zone(view.journal, &view.zone);
    int status = 0;
    if (result != 0) {
        tw_fail(&why, result, "the settings could not be read");
        status = tw_out_error_at(path, &why);
    } else {
        status = tw_view_refresh(&view);
    }
    if (status != 0) {
        tw_view_close(&view);
        return status;
    }
    view.date = view.date_count ? view.dates[view.date_count - 1] : 0;
    *ret = view;
    return 0;
}

static int has_date(const int64_t *dates, size_t count, int64_t date) {
    for (size_t i = 0; i < count; i++)
        if (dates[i] == date)
            return 1;
    return 0;
}

int tw_view_check_date(const int64_t *dates, size_t count, int64_t date) {
    char text[TW_DATE_TEXT_BYTES];
    if (has_date(dates, count, date))
        return 0;
    tw_date_format(date, text);
    return tw_out_wrong("the journal has no day %s, expected one of its trading dates; "
                        "tradewal info lists them",
                        text);
}

int64_t tw_view_today(const struct view *view) {
    return tw_trading_date(view->zone, tw_moment_now(), (int32_t)view->settings.roll_seconds);
}

static int records(const struct arguments *arguments) {
    static const char *const options[] = {"apply", "close", "clear"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (tw_arguments_knows(arguments, options[i]) && tw_arguments_given(arguments, options[i]))
            return 1;
    return 0;
}

int tw_view_open(const struct arguments *arguments, struct view *ret) {
    int64_t date = 0;
    int status = 0;
    if (tw_arguments_knows(arguments, "date"))
        status = tw_arguments_date(arguments, "date", &date);
    if (status == 0)
        status = tw_view_open_path(arguments->journal, ret);
    if (status != 0 || date == 0)
        return status;
    ret->begins = records(arguments) && !has_date(ret->dates, ret->date_count, date) &&
                  date == tw_view_today(ret);
    if (!ret->begins)
        status = tw_view_check_date(ret->dates, ret->date_count, date);
    if (status != 0)
        tw_view_close(ret);
    else
        ret->date = date;
    return status;
}

void tw_view_close(struct view *view) {
    tw_journal_close(view->journal);
    free(view->dates);
    *view = (struct view){0};
}

int tw_view_moments(const struct view *view, struct moment_context *ret) {
    *ret = (struct moment_context){.zone = view->zone,
                                   .trading_date = view->date,
                                   .roll_seconds = view->settings.roll_seconds};
    if (view->date == 0)
        return 0;
    tw_error why = {0};
    tw_day day = {.size = sizeof day};
    if (tw_journal_day(view->journal, view->date, &day, &why) != 0)
        return tw_out_error(&why);
    ret->last_ns = day.last_time_ns;
    return 0;
}

int tw_view_moment(const struct view *view, const struct arguments *arguments, const char *option,
                   int64_t *ret_ns) {
    const char *text = tw_arguments_value(arguments, option);
    char place[32];
    struct moment_context context;
    tw_error why = {0};
    if (!text)
        return 0;
    snprintf(place, sizeof place, "--%s", option);
    int status = tw_view_moments(view, &context);
    if (status == 0 && tw_moment_parse(text, &context, ret_ns, &why) != 0)
        status = tw_out_error_at(place, &why);
    return status;
}

int tw_view_date_of_seq(const struct view *view, uint64_t seq, int64_t *ret_date) {
    for (size_t i = view->date_count; i-- > 0;) {
        tw_error why = {0};
        tw_day day = {.size = sizeof day};
        if (tw_journal_day(view->journal, view->dates[i], &day, &why) != 0)
            return tw_out_error(&why);
        if (day.first_seq != 0 && seq >= day.first_seq && seq <= day.last_seq) {
            *ret_date = view->dates[i];
            return 0;
        }
    }
    return tw_out_wrong("no record %" PRIu64 ", expected a seq of the journal; "
                        "tradewal info shows how far it goes",
                        seq);
}

int tw_view_point(struct view *view, const struct arguments *arguments, uint64_t *ret_seq,
                  int64_t *ret_ns) {
    *ret_seq = 0;
    *ret_ns = 0;
    int status = tw_arguments_number(arguments, "at-seq", ret_seq);
    if (status == 0 && *ret_seq && tw_arguments_given(arguments, "at"))
        status = tw_arguments_wrong(arguments->command, "--at and --at-seq, expected one of them");
    if (status == 0 && *ret_seq)
        status = tw_view_date_of_seq(view, *ret_seq, &view->date);
    if (status == 0)
        status = tw_view_moment(view, arguments, "at", ret_ns);
    return status;
}

int64_t tw_view_older_date(const struct view *view) {
    int64_t older = 0;
    for (size_t i = 0; i < view->date_count; i++)
        if (view->dates[i] < view->date)
            older = view->dates[i];
    return older;
}

int tw_view_seq_at(const struct view *view, int64_t at_ns, uint64_t *ret_seq) {
    tw_error why = {0};
    tw_cursor *cursor = NULL;
    tw_event event = {.size = sizeof event};
    uint64_t last = 0;
    int more = tw_cursor_open(view->journal, view->date, 0, &cursor, &why);
    while (more == 0 && (more = tw_cursor_next(cursor, &event, &why)) == 1) {
        more = 0;
        if (event.time_ns <= at_ns)
            last = event.seq;
    }
    tw_cursor_close(cursor);
    if (more < 0)
        return tw_out_error(&why);
    *ret_seq = last;
    return 0;
}

/* What is wrong with a record says which record it is, not of which day. */
static int say_of_day(const struct view *view, const tw_error *why) {
    char text[TW_DATE_TEXT_BYTES];
    tw_date_format(view->date, text);
    return tw_out_error_at(text, why);
}

int tw_view_state(const struct view *view, uint64_t at_seq, int64_t at_ns, tw_state **ret,
                  tw_recovery *recovery) {
    tw_error why = {0};
    if (view->date && at_ns) {
        int status = tw_view_seq_at(view, at_ns, &at_seq);
        if (status != 0)
            return status;
    }
    if (view->date == 0 || view->begins || (at_ns && at_seq == 0))
        return tw_state_new(ret) == 0 ? 0 : tw_out_memory();
    if (tw_journal_state(view->journal, view->date, at_seq, 0, ret, recovery, &why) != 0)
        return say_of_day(view, &why);
    return 0;
}

void tw_view_options(const struct view *view, tw_options *ret) {
    *ret = (tw_options){.size = sizeof *ret, .trading_date = view->date};
}

int tw_view_write(const struct view *view, tw_store **ret) {
    tw_error why = {0};
    tw_options options;
    tw_view_options(view, &options);
    int result = tw_open(view->path, &options, ret, &why);
    if (result == TW_E_BUSY && view->busy)
        return tw_out_error_advised(NULL, &why, view->busy);
    return result == 0 ? 0 : tw_out_error(&why);
}

int tw_view_run(const struct arguments *arguments, int formats,
                int (*print)(const struct view *view, const tw_state *state, enum format format,
                             const struct arguments *arguments)) {
    struct view view;
    enum format format;
    uint64_t at_seq;
    int64_t at_ns;
    tw_state *state = NULL;
    int status = tw_arguments_format(arguments, formats, &format);
    if (status == 0)
        status = tw_view_open(arguments, &view);
    if (status != 0)
        return status;
    status = tw_view_point(&view, arguments, &at_seq, &at_ns);
    if (status == 0)
        status = tw_view_state(&view, at_seq, at_ns, &state, NULL);
    if (status == 0)
        status = print(&view, state, format, arguments);
    tw_state_free(state);
    tw_view_close(&view);
    return status;
}
