/* JSON text to a tree, without recursion. Pure. */
#include "core/json_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"
#include "core/json_tree.h"

/* Up to this many names are compared one by one; more are sorted first. */
enum { FEW_NAMES = 16, SHOWN_BYTES = 96 };

struct json_document {
    struct json_arena arena;
    const struct json *root;
    const struct json **names; /* of the object being closed, when they are many */
    size_t name_capacity;
};

struct frame {
    struct json *container, *last;
};

struct reader {
    struct json_document *document;
    const char *at, *end, *line_start;
    uint32_t line;
    size_t values, depth;
    struct frame open[TW_JSON_DEPTH_MAX];
    tw_error *why;
};

/* What may come next. */
enum want { WANT_FIRST, WANT_ENTRY, WANT_NEXT, WANT_NOTHING };

static int is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.' || c == '_';
}

static const char *end_of_word(const char *at, const char *end) {
    while (at < end && is_word(*at))
        at++;
    return at;
}

/* A whole word, or one character, however many bytes it has. */
static size_t size_of_token(const char *at, const char *end) {
    size_t size = (size_t)(end_of_word(at, end) - at);
    if (size > 0)
        return size;
    size_t left = (size_t)(end - at);
    for (size = 2; size <= 4 && size <= left; size++)
        if (tw_text_is_utf8(at, size) && !tw_text_is_utf8(at, 1))
            return size;
    return 1;
}

static int refuse(struct reader *reader, const char *at, const char *expected) {
    unsigned line = reader->line, column = (unsigned)(at - reader->line_start) + 1;
    if (at == reader->end)
        return tw_fail(reader->why, TW_E_PARSE,
                       "line %u, column %u: found the end of the text, expected %s", line, column,
                       expected);
    char shown[SHOWN_BYTES];
    tw_text_show(at, size_of_token(at, reader->end), shown, sizeof shown);
    return tw_fail(reader->why, TW_E_PARSE, "line %u, column %u: found %s, expected %s", line,
                   column, shown, expected);
}

static int no_memory(struct reader *reader) {
    return tw_fail(reader->why, TW_E_NOMEM, "no memory for the JSON text at line %u",
                   (unsigned)reader->line);
}

static void skip_blanks(struct reader *reader) {
    for (; reader->at < reader->end; reader->at++) {
        char c = *reader->at;
        if (c == '\n') {
            reader->line++;
            reader->line_start = reader->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static int read_string(struct reader *reader, const char **ret_text, size_t *ret_size) {
    struct json_string string = {0};
    int status = tw_json_read_string(&reader->document->arena, reader->at, reader->end, &string);
    if (status == TW_E_PARSE)
        return refuse(reader, string.bad, string.expected);
    if (status != 0)
        return no_memory(reader);
    *ret_text = string.text;
    *ret_size = string.size;
    reader->at = string.after;
    return 0;
}

static size_t count_digits(const char *at, const char *end) {
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - start);
}

static int is_number(const char *at, const char *end) {
    if (at < end && *at == '-')
        at++;
    size_t digits = count_digits(at, end);
    if (digits == 0 || (digits > 1 && *at == '0'))
        return 0;
    at += digits;
    if (at < end && *at == '.') {
        digits = count_digits(at + 1, end);
        if (digits == 0)
            return 0;
        at += 1 + digits;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = count_digits(at, end);
        if (digits == 0)
            return 0;
        at += digits;
    }
    return at == end;
}

/* A number, true, false or null. */
static int read_word(struct reader *reader, struct json *value) {
    static const struct {
        const char *text;
        enum json_kind kind;
    } words[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};
    const char *start = reader->at, *end = end_of_word(start, reader->end);
    size_t size = (size_t)(end - start);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (size == strlen(words[i].text) && memcmp(start, words[i].text, size) == 0)
            value->kind = words[i].kind;
    if (value->kind) {
        reader->at = end;
        return 0;
    }
    if (!is_number(start, end)) {
        int like = size > 0 && (count_digits(start, end) > 0 || strchr("+-.", *start));
        return refuse(reader, start,
                      like ? "a number (no '+' or zero in front, digits around the point)"
                           : "a value");
    }
    char *text = tw_json_take(&reader->document->arena, size + 1);
    if (!text)
        return no_memory(reader);
    memcpy(text, start, size);
    text[size] = '\0';
    value->kind = JSON_NUMBER;
    value->text = text;
    value->size = size;
    reader->at = end;
    return 0;
}

/* The name of a member and the colon behind it. */
static int read_name(struct reader *reader, const char **ret) {
    if (reader->at == reader->end || *reader->at != '"')
        return refuse(reader, reader->at, "a name in quotes");
    size_t size;
    int status = read_string(reader, ret, &size);
    if (status != 0)
        return status;
    skip_blanks(reader);
    if (reader->at == reader->end || *reader->at != ':')
        return refuse(reader, reader->at, "':'");
    reader->at++;
    skip_blanks(reader);
    return 0;
}

/* The next member of what is open, or the root. */
static struct json *add_value(struct reader *reader, const char *name) {
    struct json *value = tw_json_take(&reader->document->arena, sizeof *value);
    if (!value)
        return NULL;
    *value = (struct json){.key = name,
                           .line = reader->line,
                           .column = (uint32_t)(reader->at - reader->line_start) + 1};
    if (reader->depth == 0) {
        reader->document->root = value;
        return value;
    }
    struct frame *frame = &reader->open[reader->depth - 1];
    if (frame->last)
        frame->last->next = value;
    else
        frame->container->first = value;
    frame->last = value;
    frame->container->count++;
    return value;
}

static int read_entry(struct reader *reader, enum want *ret) {
    const char *name = NULL;
    int status = 0;
    if (reader->depth > 0 && reader->open[reader->depth - 1].container->kind == JSON_OBJECT)
        status = read_name(reader, &name);
    if (status != 0)
        return status;
    if (reader->values++ == TW_JSON_VALUES_MAX)
        return refuse(reader, reader->at, "no more than 4194304 values");
    struct json *value = add_value(reader, name);
    if (!value)
        return no_memory(reader);
    *ret = WANT_NEXT;
    char c = reader->at < reader->end ? *reader->at : '\0';
    if (c == '"') {
        value->kind = JSON_STRING;
        return read_string(reader, &value->text, &value->size);
    }
    if (c != '{' && c != '[')
        return read_word(reader, value);
    if (reader->depth == TW_JSON_DEPTH_MAX)
        return refuse(reader, reader->at, "at most 32 levels of arrays and objects");
    value->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
    reader->open[reader->depth++] = (struct frame){value, NULL};
    reader->at++;
    *ret = WANT_FIRST;
    return 0;
}

static int comes_later(const struct json *a, const struct json *b) {
    return a->line != b->line ? a->line > b->line : a->column > b->column;
}

static int compare_names(const void *a, const void *b) {
    const struct json *const *left = a, *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);
    return order ? order : comes_later(*left, *right) - comes_later(*right, *left);
}

/* Finds a member whose name an earlier one has already. */
static int find_twice(struct json_document *document, const struct json *object,
                      const struct json **ret) {
    *ret = NULL;
    if (object->count <= FEW_NAMES) {
        for (const struct json *b = object->first; b; b = b->next)
            for (const struct json *a = object->first; a != b; a = a->next)
                if (*a->key == *b->key && strcmp(a->key, b->key) == 0) {
                    *ret = b;
                    return 0;
                }
        return 0;
    }
    if (tw_array_reserve((void **)&document->names, &document->name_capacity, object->count,
                         sizeof *document->names) != 0)
        return TW_E_NOMEM;
    const struct json **names = document->names;
    size_t count = 0;
    for (const struct json *member = object->first; member; member = member->next)
        names[count++] = member;
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1]->key, names[i]->key) == 0 && (!*ret || comes_later(*ret, names[i])))
            *ret = names[i];
    return 0;
}

static int close_container(struct reader *reader) {
    const struct json *container = reader->open[--reader->depth].container;
    reader->at++;
    if (container->kind != JSON_OBJECT)
        return 0;
    const struct json *twice;
    if (find_twice(reader->document, container, &twice) != 0)
        return no_memory(reader);
    if (!twice)
        return 0;
    char shown[SHOWN_BYTES];
    tw_text_show(twice->key, strlen(twice->key), shown, sizeof shown);
    return tw_json_place(twice,
                         tw_fail(reader->why, TW_E_PARSE,
                                 "found \"%s\" a second time, expected each name once", shown),
                         reader->why);
}

/* One step between values: a comma, a closing bracket, or the entry itself. */
static int read_step(struct reader *reader, enum want *want) {
    if (*want == WANT_ENTRY || reader->depth == 0)
        return read_entry(reader, want);
    int object = reader->open[reader->depth - 1].container->kind == JSON_OBJECT;
    char c = reader->at < reader->end ? *reader->at : '\0';
    if (c == (object ? '}' : ']')) {
        *want = WANT_NEXT;
        return close_container(reader);
    }
    if (*want == WANT_FIRST)
        return read_entry(reader, want);
    if (c != ',')
        return refuse(reader, reader->at, object ? "',' or '}'" : "',' or ']'");
    reader->at++;
    *want = WANT_ENTRY;
    return 0;
}

static int read_all(struct reader *reader) {
    if (reader->end - reader->at >= 3 && memcmp(reader->at, "\xEF\xBB\xBF", 3) == 0)
        return refuse(reader, reader->at, "JSON without a byte order mark");
    enum want want = WANT_ENTRY;
    while (want != WANT_NOTHING) {
        skip_blanks(reader);
        int status = read_step(reader, &want);
        if (status != 0)
            return status;
        if (want == WANT_NEXT && reader->depth == 0)
            want = WANT_NOTHING;
    }
    skip_blanks(reader);
    return reader->at == reader->end ? 0 : refuse(reader, reader->at, "nothing more");
}

int tw_json_parse_again(struct json_document **document, const char *text, size_t size,
                        uint32_t line, tw_error *why) {
    if (!*document)
        *document = calloc(1, sizeof **document);
    if (!*document)
        return tw_fail(why, TW_E_NOMEM, "no memory for JSON text");
    tw_json_arena_clear(&(*document)->arena);
    (*document)->root = NULL;
    if (size > TW_JSON_BYTES_MAX)
        return tw_fail(why, TW_E_PARSE,
                       "line %u, column 1: found %zu bytes of JSON text, expected at most %d",
                       (unsigned)line, size, (int)TW_JSON_BYTES_MAX);
    struct reader reader = {.document = *document,
                            .at = text,
                            .end = text + size,
                            .line_start = text,
                            .line = line,
                            .why = why};
    int status = read_all(&reader);
    if (status != 0)
        (*document)->root = NULL;
    return status;
}

int tw_json_parse(const char *text, size_t size, struct json_document **ret, tw_error *why) {
    struct json_document *document = NULL;
    int status = tw_json_parse_again(&document, text, size, 1, why);
    if (status == 0)
        *ret = document;
    else
        tw_json_free(document);
    return status;
}

const struct json *tw_json_root(const struct json_document *document) {
    return document->root;
}

struct json_arena *tw_json_arena_of(struct json_document *document) {
    return &document->arena;
}

void tw_json_free(struct json_document *document) {
    if (!document)
        return;
    tw_json_arena_free(&document->arena);
    free(document->names);
    free(document);
}

const struct json *tw_json_member(const struct json *object, const char *name) {
    if (object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *member = object->first; member; member = member->next)
        if (strcmp(member->key, name) == 0)
            return member;
    return NULL;
}
