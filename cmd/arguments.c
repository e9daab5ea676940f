/* The words behind a command's name: getopt_long fed from the command's own table. */
#include "arguments.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/text.h"
#include "core/schema.h"

enum { LETTERS_MAX = 2 + 2 * (TW_OPTIONS_MAX + 1), FIRST_KEY = 256, SHOWN_BYTES = 64 };

int tw_arguments_wrong(const struct command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *line = NULL;
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return tw_out_memory();
    int status = tw_out_wrong("%s; see tradewal help %s", line, command->name);
    free(line);
    return status;
}

static int tell_missing(const struct command *command, const char *found, const char *advice) {
    return tw_arguments_wrong(command, "%s, expected tradewal %s [OPTIONS] %s%s", found,
                              command->name, command->words, advice);
}

static int tell_too_many(const struct command *command, char *const *words, int count) {
    struct buffer list = {0};
    for (int i = 0; i < count; i++)
        tw_buffer_format(&list, "%s%s", i ? ", " : "", words[i]);
    const char *text = tw_buffer_string(&list);
    int status = tw_arguments_wrong(command, "%s too many: %s; expected tradewal %s [OPTIONS]%s%s",
                                    count == 1 ? "one word is" : "words are", text ? text : "?",
                                    command->name, *command->words ? " " : "", command->words);
    tw_buffer_free(&list);
    return status;
}

static int find_row(const struct command *command, const char *name) {
    for (int i = 0; command->options[i].name; i++)
        if (strcmp(command->options[i].name, name) == 0)
            return i;
    return -1;
}

int tw_arguments_knows(const struct arguments *arguments, const char *name) {
    return find_row(arguments->command, name) >= 0;
}

const char *tw_arguments_value(const struct arguments *arguments, const char *name) {
    int row = find_row(arguments->command, name);
    assert(row >= 0);
    return arguments->values[row];
}

int tw_arguments_given(const struct arguments *arguments, const char *name) {
    return tw_arguments_value(arguments, name) != NULL;
}

/* What getopt_long wants, from what we have. Keys are FIRST_KEY + row. */
static void make_tables(const struct command *command, char *letters, struct option *longs) {
    int at = 0, i = 0;
    letters[at++] = ':';
    for (; command->options[i].name; i++) {
        const struct option_row *row = &command->options[i];
        assert(i < TW_OPTIONS_MAX);
        longs[i] = (struct option){.name = row->name,
                                   .has_arg = row->value ? required_argument : no_argument,
                                   .val = FIRST_KEY + i};
        if (!row->letter)
            continue;
        letters[at++] = row->letter;
        if (row->value)
            letters[at++] = ':';
    }
    letters[at++] = 'h';
    letters[at] = '\0';
    longs[i] = (struct option){.name = "help", .has_arg = no_argument, .val = 'h'};
    longs[i + 1] = (struct option){0};
}

static int row_of_key(const struct command *command, int key) {
    if (key >= FIRST_KEY)
        return key - FIRST_KEY;
    for (int i = 0; command->options[i].name; i++)
        if (command->options[i].letter == key)
            return i;
    return -1;
}

static int tell_bad_option(const struct command *command, int found, char **argv) {
    const char *word = argv[optind - 1];
    if (found == ':')
        return tw_arguments_wrong(command, "option %s stands alone, expected a value behind it",
                                  word);
    if (optopt >= FIRST_KEY) /* --flag=value */
        return tw_arguments_wrong(command, "option %s has a value, expected none", word);
    if (optopt && optopt < FIRST_KEY)
        return tw_arguments_wrong(command, "unknown option -%c of tradewal %s", optopt,
                                  command->name);
    return tw_arguments_wrong(command, "unknown option %s of tradewal %s", word, command->name);
}

static int is_directory(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* No journal, but a URL: the shell took what stood behind an & for another command, or the option
 * took the journal for its URL. */
static int tell_no_journal(const struct arguments *arguments) {
    static const char advice[] = "; name the journal or set TRADEWAL_JOURNAL";
    char longer[SHOWN_BYTES * 2 + sizeof advice], shown[SHOWN_BYTES];
    const struct option_row *row = arguments->command->options;
    snprintf(longer, sizeof longer, "%s", advice);
    for (size_t i = 0; row[i].name; i++) {
        const char *url = arguments->values[i];
        if (!url || !row[i].value || strcmp(row[i].value, "URL") != 0)
            continue;
        if (strchr(url, '?'))
            snprintf(longer, sizeof longer,
                     "%s; where there is an & in the URL, put the URL in quotes", advice);
        else if (!strchr(url, ':'))
            snprintf(longer, sizeof longer, "%s; --%s has taken %s for a URL", advice, row[i].name,
                     tw_text_show(url, strlen(url), shown, sizeof shown));
    }
    return tell_missing(arguments->command, "no journal named", longer);
}

/* JOURNAL is left out where the variable names one and the words that are there suffice without it.
 * Where both readings fit, a word that names a directory is the journal. */
static int take_journal(struct arguments *ret) {
    const struct command *command = ret->command;
    const char *named = getenv("TRADEWAL_JOURNAL");
    if (named && !*named)
        named = NULL;
    int fits_without = named && ret->count >= command->least && ret->count <= command->most;
    int fits_with = ret->count > command->least && ret->count <= command->most + 1;
    if (fits_with && (!fits_without || is_directory(ret->words[0]))) {
        ret->journal = ret->words[0];
        ret->words++;
        ret->count--;
        return -1;
    }
    if (fits_without) {
        ret->journal = named;
        return -1;
    }
    if (ret->count > command->most)
        return tell_too_many(command, ret->words + command->most + 1,
                             ret->count - command->most - 1);
    if (named)
        return tell_missing(command, "words are missing", "");
    if (ret->count == 0)
        return tell_no_journal(ret);
    return tell_missing(command, "words are missing", "; name the journal or set TRADEWAL_JOURNAL");
}

int tw_arguments_read(const struct command *command, int argc, char **argv, struct arguments *ret) {
    char letters[LETTERS_MAX];
    struct option longs[TW_OPTIONS_MAX + 2];
    *ret = (struct arguments){.command = command};
    make_tables(command, letters, longs);
    opterr = 0;
    optind = 1;
    for (int found; (found = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (found == 'h' && row_of_key(command, 'h') < 0) {
            tw_command_help(command);
            return EXIT_FINE;
        }
        if (found == '?' || found == ':')
            return tell_bad_option(command, found, argv);
        int row = row_of_key(command, found);
        assert(row >= 0);
        ret->values[row] = command->options[row].value ? optarg : "";
    }
    ret->words = argv + optind;
    ret->count = argc - optind;
    if (command->journal == JOURNAL_FIRST)
        return take_journal(ret);
    if (ret->count > command->most)
        return tell_too_many(command, ret->words + command->most, ret->count - command->most);
    return ret->count < command->least ? tell_missing(command, "words are missing", "") : -1;
}

int tw_arguments_number(const struct arguments *arguments, const char *name, uint64_t *ret) {
    const char *text = tw_arguments_value(arguments, name);
    if (!text)
        return 0;
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || number == 0 || number > INT64_MAX)
        return tw_arguments_wrong(arguments->command, "--%s is %s, expected a whole number from 1",
                                  name, text);
    *ret = number;
    return 0;
}

int tw_arguments_date(const struct arguments *arguments, const char *name, int64_t *ret) {
    const char *text = tw_arguments_value(arguments, name);
    if (text && tw_date_parse(text, strlen(text), ret) != 0)
        return tw_arguments_wrong(arguments->command,
                                  "--%s is %s, expected a date such as 2025-10-06", name, text);
    return 0;
}

int tw_arguments_enum(const struct arguments *arguments, const char *name, const char *enumeration,
                      int64_t *ret) {
    const char *text = tw_arguments_value(arguments, name);
    if (!text)
        return 0;
    const struct enumeration *values = tw_schema_enumeration(enumeration);
    assert(values);
    int64_t number = tw_enum_number(values, text);
    if (number == 0) {
        char known[256] = "";
        for (size_t i = 0; i < values->count; i++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                     values->values[i].text);
        }
        return tw_arguments_wrong(arguments->command, "--%s is %s, expected one of %s", name, text,
                                  known);
    }
    *ret = number;
    return 0;
}

int tw_arguments_format(const struct arguments *arguments, int allowed, enum format *ret) {
    static const struct {
        enum format format;
        const char *name;
    } formats[] = {{FORMAT_TEXT, "text"},
                   {FORMAT_JSON, "json"},
                   {FORMAT_JSON_ARRAY, "json-array"},
                   {FORMAT_CSV, "csv"}};
    const char *text = tw_arguments_value(arguments, "output");
    char known[64] = "";
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (!((int)formats[i].format & allowed))
            continue;
        if (!text || strcmp(text, formats[i].name) == 0) {
            *ret = formats[i].format;
            return 0;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", formats[i].name);
    }
    return tw_arguments_wrong(arguments->command, "--output is %s, expected one of %s", text,
                              known);
}

/* 18:00, into seconds since midnight. */
int tw_arguments_roll(const struct arguments *arguments, const char *name, int64_t *ret_seconds) {
    const char *text = tw_arguments_value(arguments, name);
    static const char shape[] = "dd:dd";
    if (!text)
        return 0;
    int fits = strlen(text) == sizeof shape - 1;
    for (size_t i = 0; fits && shape[i]; i++)
        fits = shape[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
    int64_t hour = fits ? (text[0] - '0') * 10 + text[1] - '0' : 0;
    int64_t minute = fits ? (text[3] - '0') * 10 + text[4] - '0' : 0;
    if (!fits || hour > 23 || minute > 59)
        return tw_arguments_wrong(arguments->command,
                                  "--%s is %s, expected a time of day such as 18:00", name, text);
    *ret_seconds = (hour * 60 + minute) * 60;
    return 0;
}
