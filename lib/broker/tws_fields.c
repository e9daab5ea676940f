/* Walks over the fields of one TWS message. Pure. */
#include "broker/tws_fields.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "broker/tws_number.h"

enum { NAME_BYTES = 48, SHOWN_BYTES = 64 };

void tw_tws_fields_begin(struct tws_fields *fields, const char *payload, size_t size) {
    *fields = (struct tws_fields){.message = "message", .at = payload, .end = payload + size};
    if (size > 0 && payload[size - 1] == '\0')
        return;
    fields->failed = 1;
    tw_fail(&fields->why, TW_E_PARSE, "its last byte is not NUL");
}

void tw_tws_reject(struct tws_fields *fields, const char *name, const char *text,
                   const char *expected) {
    char shown[SHOWN_BYTES];
    if (fields->failed)
        return;
    fields->failed = 1;
    tw_fail(&fields->why, TW_E_PARSE, "field %d, %s, is \"%s\", expected %s", fields->index - 1,
            name, tw_text_show(text, strlen(text), shown, sizeof shown), expected);
}

const char *tw_tws_take_text(struct tws_fields *fields, const char *name) {
    if (!fields->failed && fields->at == fields->end) {
        fields->failed = 1;
        tw_fail(&fields->why, TW_E_PARSE, "it ends before field %d, %s", fields->index, name);
    }
    if (fields->failed)
        return "";
    const char *text = fields->at;
    fields->at += strlen(text) + 1;
    fields->index++;
    return text;
}

const char *tw_tws_take_name(struct tws_fields *fields, const char *name) {
    const char *text = tw_tws_take_text(fields, name);
    if (!*text)
        tw_tws_reject(fields, name, text, "some text");
    return text;
}

static int read_integer(struct tws_fields *fields, const char *name, const char *text,
                        int64_t *ret) {
    int status = tw_tws_integer(text, ret);
    if (status)
        tw_tws_reject(fields, name, text,
                      status == TW_E_RANGE ? "an integer of 64 bits" : "an integer");
    return status == 0;
}

int64_t tw_tws_take_integer(struct tws_fields *fields, const char *name) {
    int64_t value = 0;
    read_integer(fields, name, tw_tws_take_text(fields, name), &value);
    return value;
}

static int read_decimal(struct tws_fields *fields, const char *name, const char *text,
                        int64_t *ret) {
    int is_rounded = 0;
    int status = tw_tws_decimal(text, ret, &is_rounded);
    if (status)
        tw_tws_reject(fields, name, text,
                      status == TW_E_RANGE ? "less than 92 billion" : "a decimal number");
    fields->rounded |= is_rounded;
    return status == 0;
}

int64_t tw_tws_take_decimal(struct tws_fields *fields, const char *name) {
    const char *text = tw_tws_take_text(fields, name);
    int64_t value = 0;
    if (tw_tws_is_unset(text))
        tw_tws_reject(fields, name, text, "a decimal number");
    else
        read_decimal(fields, name, text, &value);
    return value;
}

tw_maybe tw_tws_take_maybe_decimal(struct tws_fields *fields, const char *name) {
    const char *text = tw_tws_take_text(fields, name);
    int64_t value;
    if (tw_tws_is_unset(text) || !read_decimal(fields, name, text, &value))
        return (tw_maybe){0};
    return (tw_maybe){value, 1};
}

static int is_flag(const char *text) {
    static const char *const flags[] = {"", "0", "1", "false", "true"};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(text, flags[i]) == 0)
            return 1;
    return 0;
}

int64_t tw_tws_take_flag(struct tws_fields *fields, const char *name) {
    const char *text = tw_tws_take_text(fields, name);
    if (!is_flag(text))
        tw_tws_reject(fields, name, text, "0 or 1");
    return !fields->failed && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

int64_t tw_tws_take_count(struct tws_fields *fields, const char *name) {
    const char *text = tw_tws_take_text(fields, name);
    int64_t count = 0;
    if (!*text || !read_integer(fields, name, text, &count))
        return 0;
    if (count < 0 || count > TW_TWS_COUNT_MAX) {
        tw_tws_reject(fields, name, text, "a count of 0 to 4096");
        return 0;
    }
    return count;
}

/* Numbers that nobody needs may be of any size. */
static int looks_like_number(const char *text) {
    int64_t value;
    int is_rounded;
    return tw_tws_is_unset(text) || strcmp(text, "Infinity") == 0 ||
           tw_tws_decimal(text, &value, &is_rounded) != TW_E_PARSE;
}

static void skip_one(struct tws_fields *fields, char kind, const char *name) {
    const char *text = tw_tws_take_text(fields, name);
    int64_t value;
    if (fields->failed)
        return;
    if (kind == 'i' && !tw_tws_is_unset(text) && tw_tws_integer(text, &value) == TW_E_PARSE)
        tw_tws_reject(fields, name, text, "an integer or nothing");
    if (kind == 'd' && !looks_like_number(text))
        tw_tws_reject(fields, name, text, "a number or nothing");
    if (kind == 'b' && !is_flag(text))
        tw_tws_reject(fields, name, text, "0 or 1");
}

void tw_tws_skip(struct tws_fields *fields, const char *names) {
    while (*names && !fields->failed) {
        char name[NAME_BYTES] = "";
        size_t length = strcspn(names + 2, ",");
        if (length < sizeof name)
            memcpy(name, names + 2, length);
        skip_one(fields, names[0], name);
        names += 2 + length;
        names += strspn(names, ", ");
    }
}

void tw_tws_skip_texts(struct tws_fields *fields, const char *name, int64_t count) {
    for (int64_t i = 0; i < count && !fields->failed; i++)
        tw_tws_take_text(fields, name);
}

int tw_tws_fields_end(struct tws_fields *fields, tw_error *why) {
    if (!fields->failed && fields->at != fields->end) {
        fields->failed = 1;
        tw_fail(&fields->why, TW_E_PARSE, "it goes on behind its last field, %d",
                fields->index - 1);
    }
    if (!fields->failed)
        return 0;
    if (why)
        *why = fields->why;
    return tw_fail_in(why, TW_E_PARSE, "%s of TWS", fields->message);
}
