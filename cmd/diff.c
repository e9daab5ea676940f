/* tradewal diff: the state at one point against the state at another. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "core/json_write.h"
#include "core/state.h"
#include "leaves.h"
#include "out.h"
#include "view.h"

/* One side: a point of a journal, flattened. */
struct side {
    const char *word;
    uint64_t seq;
    struct leaves leaves;
};

static int is_directory(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* @41, a date, a time, or "" for the end of the newest day. */
static int read_point(struct view *view, const char *word, uint64_t *ret_seq, int64_t *ret_ns) {
    struct moment_context context;
    tw_error why = {0};
    char *end = NULL;
    *ret_seq = 0;
    *ret_ns = 0;
    if (!*word)
        return 0;
    if (word[0] == '@') {
        *ret_seq = strtoull(word + 1, &end, 10);
        if (word[1] < '0' || word[1] > '9' || *end || *ret_seq == 0)
            return tw_out_wrong("point %s, expected a record such as @41", word);
        return tw_view_date_of_seq(view, *ret_seq, &view->date);
    }
    int status = tw_view_moments(view, &context);
    if (status != 0)
        return status;
    if (tw_moment_parse(word, &context, ret_ns, &why) != 0)
        return tw_out_error_at("point", &why);
    /* The newest day that had begun at that time. */
    int64_t date = tw_trading_date(view->zone, *ret_ns, (int32_t)view->settings.roll_seconds);
    for (size_t i = 0; i < view->date_count; i++)
        if (i == 0 || view->dates[i] <= date)
            view->date = view->dates[i];
    return 0;
}

static int flatten(const struct view *view, const struct state *state, struct leaves *ret) {
    struct buffer text = {0};
    struct json_document *document = NULL;
    tw_error why = {0};
    tw_json_state(&text, state, view->zone);
    int status = text.failed ? tw_out_memory() : 0;
    if (status == 0 && tw_json_parse(text.data, text.size, &document, &why) != 0)
        status = tw_out_error_at("the state as JSON", &why);
    if (status == 0 && tw_leaves_of(tw_json_root(document), ret) != 0)
        status = tw_out_memory();
    tw_json_free(document);
    tw_buffer_free(&text);
    return status;
}

/* `word` is a point of `journal`, or another journal. */
static int load_side(const char *journal, struct side *side) {
    struct view view;
    uint64_t seq;
    int64_t at_ns;
    tw_state *state = NULL;
    int own = is_directory(side->word);
    if (!own && !journal)
        return tw_out_wrong("%s is no journal, expected one; or name the journal it is a point of",
                            side->word);
    int status = tw_view_open_path(own ? side->word : journal, &view);
    if (status != 0)
        return status;
    status = read_point(&view, own ? "" : side->word, &seq, &at_ns);
    if (status == 0)
        status = tw_view_state(&view, seq, at_ns, &state, NULL);
    if (status == 0) {
        side->seq = state->last_seq;
        status = flatten(&view, state, &side->leaves);
    }
    tw_state_free(state);
    tw_view_close(&view);
    return status;
}

/* Two points always differ in these. */
static int is_place(const char *path) {
    return strcmp(path, "seq") == 0 || strcmp(path, "timestamp") == 0;
}

static void print_line(const char *mark, const struct leaf *leaf) {
    if (!leaf)
        return;
    tw_out_plain(mark);
    tw_out_text(leaf->path);
    tw_out_plain(" ");
    tw_out_text(leaf->value);
    tw_out_plain("\n");
}

static void print_object(const struct leaf *a, const struct leaf *b, size_t before) {
    struct buffer out = {0};
    const char *path = a ? a->path : b->path;
    tw_buffer_text(&out, before ? ",\n{\"path\":" : "[\n{\"path\":");
    tw_json_text(&out, path, strlen(path));
    tw_buffer_format(&out, ",\"a\":%s,\"b\":%s}", a ? a->value : "null", b ? b->value : "null");
    tw_out_buffer(&out);
    tw_buffer_free(&out);
}

static size_t compare(const struct side *sides, enum format format) {
    size_t at_a = 0, at_b = 0, differences = 0;
    const struct leaf *a, *b;
    while (tw_leaves_step(&sides[0].leaves, &sides[1].leaves, &at_a, &at_b, &a, &b)) {
        if (is_place(a ? a->path : b->path) || (a && b && strcmp(a->value, b->value) == 0))
            continue;
        if (format == FORMAT_JSON) {
            print_object(a, b, differences);
        } else {
            for (int i = 0; differences == 0 && i < 2; i++) {
                tw_out_plain(i ? "+++ " : "--- ");
                tw_out_text(sides[i].word);
                tw_out_format(" (seq %" PRIu64 ")\n", sides[i].seq);
            }
            print_line("- ", a);
            print_line("+ ", b);
        }
        differences++;
    }
    if (format == FORMAT_JSON)
        tw_out_plain(differences ? "\n]\n" : "[]\n");
    return differences;
}

/* With two words, either of them may itself name the journal of the other. */
static int run(const struct arguments *arguments) {
    struct side sides[2] = {{0}};
    const char *journal = getenv("TRADEWAL_JOURNAL");
    char *const *words = arguments->words;
    enum format format;
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status != 0)
        return status;
    if (arguments->count == 3) {
        journal = words[0];
        words++;
    } else if (!journal || !*journal) {
        journal = is_directory(words[0]) ? words[0] : is_directory(words[1]) ? words[1] : NULL;
    }
    for (size_t i = 0; status == 0 && i < 2; i++) {
        sides[i].word = words[i];
        status = load_side(journal, &sides[i]);
    }
    if (status == 0)
        status = compare(sides, format) ? EXIT_DIFFERENT : EXIT_FINE;
    tw_leaves_free(&sides[0].leaves);
    tw_leaves_free(&sides[1].leaves);
    return status;
}

static const struct option_row options[] = {
    {'o', "output", "FORMAT", "text (default) or json"},
    {0},
};

const struct command tw_command_diff = {
    .name = "diff",
    .group = "look",
    .words = "[JOURNAL] A B",
    .summary = "The state at A against the state at B.",
    .text =
        "A and B are records (@41), times (10:05, -15m behind --, RFC 3339), or other journals,\n"
        "of which the end is taken. Lines with - are only at A, lines with + only at B. The\n"
        "exit status is 1 where the states differ.\n",
    .options = options,
    .journal = JOURNAL_BY_LOOK,
    .least = 2,
    .most = 3,
    .run = run,
};
