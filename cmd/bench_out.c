/* What tradewal bench prints: rows as they are measured, as a table or as JSON lines. */
#include "bench_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "core/json_write.h"

enum { NUMBER_BYTES = 48, TARGET_BYTES = 96, PROGRESS_NS = 250000000, PATIENCE_NS = 1000000000 };

static struct {
    enum format format;
    const char *part;
    const char *unjudged; /* said in place of a verdict; NULL: targets are judged */
    const char *doubt;    /* of the part, said behind a target that is missed; NULL: none */
    int64_t part_began_ns, progress_ns;
    int progress_shown;
} out;

void tw_bench_out_start(enum format format) {
    out.format = format;
    out.part = "machine";
}

void tw_bench_out_short(const char *unjudged) {
    out.unjudged = unjudged;
}

static void clear_progress(void) {
    if (out.progress_shown)
        fputs("\r\033[K", stderr);
    out.progress_shown = 0;
}

void tw_bench_progress(uint64_t done, uint64_t total) {
    int64_t now = tw_bench_now_ns();
    if (!isatty(STDERR_FILENO) || now - out.part_began_ns < PATIENCE_NS ||
        now - out.progress_ns < PROGRESS_NS)
        return;
    out.progress_ns = now;
    out.progress_shown = 1;
    fprintf(stderr, "\r\033[K%s %" PRIu64 " of %" PRIu64, out.part, done, total);
}

void tw_bench_die(const char *format, ...) {
    va_list arguments;
    char *line = NULL;
    clear_progress();
    va_start(arguments, format);
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    _exit(length < 0 ? tw_out_memory() : tw_out_wrong("%s", line));
}

void tw_bench_die_of(const tw_error *why) {
    clear_progress();
    _exit(tw_out_error(why));
}

static int is_met(double value, struct bench_target target) {
    if (target.sense == TARGET_AT_MOST)
        return value <= target.limit;
    return target.sense == TARGET_NONE || value >= target.limit;
}

static void put_target(struct buffer *line, const char *of, struct bench_target target) {
    if (target.sense == TARGET_NONE)
        return;
    tw_buffer_format(line, "%s%s%s %.7g", line->size ? ", " : "", of,
                     target.sense == TARGET_AT_MOST ? "<=" : ">=", target.limit);
}

static const char *number_text(double value, char text[NUMBER_BYTES]) {
    if (!isfinite(value))
        return "-";
    int digits = fabs(value) >= 1000 ? 0 : fabs(value) >= 100 ? 1 : fabs(value) >= 10 ? 2 : 3;
    snprintf(text, NUMBER_BYTES, "%.*f", digits, value);
    return text;
}

static void put_json_text(struct buffer *line, const char *name, const char *text) {
    tw_buffer_format(line, "%s\"%s\":", line->size ? "," : "{", name);
    if (text)
        tw_json_text(line, text, strlen(text));
    else
        tw_buffer_text(line, "null");
}

static void put_json_number(struct buffer *line, const char *name, double value) {
    if (isfinite(value))
        tw_buffer_format(line, ",\"%s\":%.6g", name, value);
    else
        tw_buffer_format(line, ",\"%s\":null", name);
}

static void finish_line(struct buffer *line) {
    while (line->size > 0 && line->data[line->size - 1] == ' ')
        line->size--;
    if (out.format == FORMAT_JSON)
        tw_buffer_char(line, '}');
    tw_buffer_char(line, '\n');
    clear_progress();
    tw_out_buffer(line);
    tw_out_flush();
    tw_buffer_free(line);
}

void tw_bench_part(const char *part, const char *title, const char *times) {
    out.part = part;
    out.doubt = NULL;
    out.part_began_ns = tw_bench_now_ns();
    if (out.format == FORMAT_JSON)
        return;
    struct buffer line = {0};
    tw_buffer_format(&line, "\n%s", title);
    if (times)
        tw_buffer_format(&line, "\n  %-44s %9s %9s %9s  %8s %8s", "", "p50 us", "p99 us",
                         "p99.9 us", times, *times ? "x p99" : "");
    finish_line(&line);
}

void tw_bench_part_doubt(const char *doubt) {
    out.doubt = doubt;
}

void tw_bench_fact(const char *row, const char *text) {
    struct buffer line = {0};
    if (out.format == FORMAT_JSON) {
        put_json_text(&line, "part", out.part);
        put_json_text(&line, "row", row);
        put_json_text(&line, "value", text);
        tw_buffer_text(&line, ",\"unit\":\"\",\"target\":\"\"");
    } else {
        tw_buffer_format(&line, "%-12s ", row);
        tw_text_escape(&line, text, strlen(text));
    }
    finish_line(&line);
}

/* Whether a target is met is told, not judged: a machine with other work misses some. */
static void put_verdict(struct buffer *line, const char *target, int met) {
    if (out.format == FORMAT_JSON)
        tw_buffer_format(line, ",\"met\":%s",
                         !*target || out.unjudged ? "null"
                         : met                    ? "true"
                                                  : "false");
    else if (*target)
        tw_buffer_format(line, "  %s: %s%s", target,
                         out.unjudged ? out.unjudged
                         : met        ? "met"
                                      : "NOT met",
                         out.unjudged || met || !out.doubt ? "" : out.doubt);
}

void tw_bench_row(const char *row, double value, const char *unit, struct bench_target target) {
    struct buffer line = {0}, wanted = {0};
    char number[NUMBER_BYTES];
    put_target(&wanted, "", target);
    if (out.format == FORMAT_JSON) {
        put_json_text(&line, "part", out.part);
        put_json_text(&line, "row", row);
        put_json_number(&line, "value", value);
        put_json_text(&line, "unit", unit);
        put_json_text(&line, "target", tw_buffer_string(&wanted));
    } else {
        tw_buffer_format(&line, "  %-56s %11s %-9s", row, number_text(value, number), unit);
    }
    put_verdict(&line, tw_buffer_string(&wanted), is_met(value, target));
    finish_line(&line);
    tw_buffer_free(&wanted);
}

void tw_bench_latency_row(const char *row, const struct latency *latency,
                          struct bench_target target_p50, struct bench_target target_p99) {
    struct buffer line = {0}, wanted = {0};
    char number[5][NUMBER_BYTES];
    put_target(&wanted, "p50 x ", target_p50);
    put_target(&wanted, "p99 x ", target_p99);
    if (out.format == FORMAT_JSON) {
        put_json_text(&line, "part", out.part);
        put_json_text(&line, "row", row);
        put_json_number(&line, "value", latency->p50_us);
        put_json_text(&line, "unit", "us");
        put_json_text(&line, "target", tw_buffer_string(&wanted));
        put_json_number(&line, "p50_us", latency->p50_us);
        put_json_number(&line, "p99_us", latency->p99_us);
        put_json_number(&line, "p999_us", latency->p999_us);
        put_json_number(&line, "ratio_p50", latency->ratio_p50);
        put_json_number(&line, "ratio_p99", latency->ratio_p99);
    } else {
        tw_buffer_format(
            &line, "  %-44s %9s %9s %9s  %8s %8s", row, number_text(latency->p50_us, number[0]),
            number_text(latency->p99_us, number[1]), number_text(latency->p999_us, number[2]),
            number_text(latency->ratio_p50, number[3]), number_text(latency->ratio_p99, number[4]));
    }
    put_verdict(&line, tw_buffer_string(&wanted),
                is_met(latency->ratio_p50, target_p50) && is_met(latency->ratio_p99, target_p99));
    finish_line(&line);
    tw_buffer_free(&wanted);
}

void tw_bench_absent_row(const char *row, const char *why) {
    struct buffer line = {0};
    if (out.format == FORMAT_JSON) {
        put_json_text(&line, "part", out.part);
        put_json_text(&line, "row", row);
        put_json_text(&line, "value", NULL);
        put_json_text(&line, "unit", "");
        put_json_text(&line, "target", "");
        put_json_text(&line, "absent", why);
    } else {
        tw_buffer_format(&line, "  %-44s %s", row, why);
    }
    finish_line(&line);
}

struct latency tw_bench_latency_of(struct samples *samples) {
    return (struct latency){.p50_us = tw_samples_quantile(samples, 0.5),
                            .p99_us = tw_samples_quantile(samples, 0.99),
                            .p999_us = tw_samples_quantile(samples, 0.999),
                            .ratio_p50 = NAN,
                            .ratio_p99 = NAN};
}
