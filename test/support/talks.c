/* Conversations with TWS that end well, and what may become of them. */
#include "talks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_read.h"
#include "peer.h"

static const char *source(void) {
    const char *folder = getenv("TW_SOURCE_DIR");
    ck_assert_msg(folder != NULL, "TW_SOURCE_DIR is not set: ctest sets it");
    return folder;
}

static void say(struct talk *talk, const char *payload, size_t size) {
    ck_assert_uint_lt(talk->count, TALK_MESSAGES);
    tw_buffer_put(&talk->payloads[talk->count++], payload, size);
}

static void say_fields(struct talk *talk, const char *fields) {
    struct buffer payload = {0};
    wire_payload(&payload, fields);
    say(talk, payload.data, payload.size);
    tw_buffer_free(&payload);
}

/* ---- messages made by hand ----------------------------------------------------------------- */

static const char *const positions[] = {
    "61|3|DU1|76792991|TSLA|STK||0.0|||NASDAQ|USD|TSLA|NMS|50|445.26",
    "61|3|DU1|637533641|ES|FUT|20251219|0.0||50||USD|ESZ5|ES|-1|315114.75",
    "61|3|DU2|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL|NMS|7|1",
};

static const char *const executions[] = {
    "11|%d|5|76792991|TSLA|STK||0.0|||N|USD|TSLA|NMS|e9.01.01|20251006 10:11:00 US/Eastern|DU1|N|"
    "BOT|50|445.25|76|2001|0|50|445.25|tsla-1||||2|0",
    "59|1|e9.01.01|1.0|USD|1.7976931348623157E308|1.7976931348623157E308|",
    "11|%d|0|637533641|ES|FUT|20251219|0.0||50||USD|ESZ5|ES|f1.01|20251006  10:01:00|DU1|N|SLD|1|"
    "6302.25|91|0|1|1|6302.25|||||2|0",
    "55|1|%d",
};

static void say_positions(struct talk *talk) {
    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++)
        say_fields(talk, positions[i]);
}

static void say_executions(struct talk *talk, int request) {
    for (size_t i = 0; i < sizeof executions / sizeof executions[0]; i++) {
        char fields[300];
        snprintf(fields, sizeof fields, executions[i], request); /* NOLINT: our own formats */
        say_fields(talk, fields);
    }
}

static void say_orders(struct talk *talk) {
    static const struct wire_change stop[] = {
        {"account", "DU1"}, {"permId", "77"}, {"orderId", "6"}, {"parentId", "0"}};
    static const struct wire_change child[] = {
        {"account", "DU1"}, {"permId", "78"}, {"orderType", "TRAIL"}, {"parentId", "6"}};
    struct buffer payload = {0};
    wire_order(&payload, 178, stop, 4);
    say(talk, payload.data, payload.size);
    say_fields(talk, "3|6|PreSubmitted|0|100|0|77|0|0|7|trigger|0");
    wire_order(&payload, 178, child, 4);
    say(talk, payload.data, payload.size);
    tw_buffer_free(&payload);
}

/* ---- recorded messages --------------------------------------------------------------------- */

static struct talk recorded;

static void keep_recorded(const char *line, size_t length) {
    struct json_document *document;
    struct buffer payload = {0};
    ck_assert_int_eq(tw_json_parse(line, length, &document, NULL), 0);
    const struct json *fields = tw_json_member(tw_json_root(document), "fields");
    for (const struct json *field = fields->first; field; field = field->next)
        tw_buffer_put(&payload, field->text, field->size + 1);
    const char *id = payload.data;
    if (strcmp(id, "4") != 0) /* what is wrong would end the conversation */
        say(&recorded, payload.data, payload.size);
    tw_buffer_free(&payload);
    tw_json_free(document);
}

static void read_recorded(void) {
    char path[1024];
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    snprintf(path, sizeof path, "%s/../shared/data/tws/recorded_as178.jsonl", source());
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("SKIPPED: the recorded messages of TWS are not at hand, %s\n",
               "only those made by hand are used");
        return;
    }
    while ((length = getline(&line, &capacity, file)) > 0)
        if (line[0] == '{')
            keep_recorded(line, (size_t)length);
    free(line);
    fclose(file);
}

/* Those of one kind; the first field says it. */
static void say_recorded(struct talk *talk, const char *id) {
    for (size_t i = 0; i < recorded.count; i++)
        if (strcmp(recorded.payloads[i].data, id) == 0)
            say(talk, recorded.payloads[i].data, recorded.payloads[i].size);
}

/* Recorded fills that nobody asked for would have positions asked for again: these answer a
 * request.
 */
static void say_recorded_executions(struct talk *talk, const char *request) {
    size_t from = talk->count;
    say_recorded(talk, "11");
    for (size_t i = from; i < talk->count; i++) {
        struct buffer *payload = &talk->payloads[i], out = {0};
        const char *rest = payload->data + 3;
        rest += strlen(rest) + 1;
        tw_buffer_put(&out, "11", 3);
        tw_buffer_put(&out, request, strlen(request) + 1);
        tw_buffer_put(&out, rest, payload->size - (size_t)(rest - payload->data));
        tw_buffer_free(payload);
        *payload = out;
    }
    say_recorded(talk, "59");
}

/* ---- conversations ------------------------------------------------------------------------- */

int talk_count(void) {
    static int is_read;
    if (!is_read)
        read_recorded();
    is_read = 1;
    return recorded.count ? 2 : 1;
}

static void say_all_positions(struct talk *talk, int is_recorded) {
    if (is_recorded)
        say_recorded(talk, "61");
    else
        say_positions(talk);
    say_fields(talk, "62|1");
}

void talk_open(struct talk *talk, int index) {
    memset(talk, 0, sizeof *talk);
    say_fields(talk, "178|20251006 10:16:00 Eastern Standard Time");
    say_fields(talk, index ? "15|1|ACCOUNT_ID," : "15|1|DU1,");
    say_fields(talk, "9|1|1");
    say_all_positions(talk, index);
    for (int request = 9001; request <= 9002; request++) {
        if (!index) {
            say_executions(talk, request);
            continue;
        }
        say_recorded_executions(talk, request == 9001 ? "9001" : "9002");
        say_fields(talk, request == 9001 ? "55|1|9001" : "55|1|9002");
    }
    if (index) {
        say_recorded(talk, "5");
        say_recorded(talk, "3");
    } else {
        say_orders(talk);
    }
    say_fields(talk, "53|1");
    say_fields(talk, "53|1");
    const char silent = PEER_SILENT;
    say(talk, &silent, 1);
    say_all_positions(talk, index);
    say_fields(talk, "49|1|1759766400");
}

void talk_close(struct talk *talk) {
    for (size_t i = 0; i < TALK_MESSAGES; i++)
        tw_buffer_free(&talk->payloads[i]);
    talk->count = 0;
}

void talk_bytes(const struct talk *talk, struct buffer *out) {
    tw_buffer_clear(out);
    for (size_t i = 0; i < talk->count; i++)
        wire_frame(out, talk->payloads[i].data, talk->payloads[i].size);
}

/* ---- changes ------------------------------------------------------------------------------- */

static void put_in(struct talk *talk, size_t at, struct buffer payload) {
    if (talk->count == TALK_MESSAGES) {
        tw_buffer_free(&payload);
        return;
    }
    memmove(&talk->payloads[at + 1], &talk->payloads[at],
            (talk->count++ - at) * sizeof talk->payloads[0]);
    talk->payloads[at] = payload;
}

static void take_out(struct talk *talk, size_t at) {
    tw_buffer_free(&talk->payloads[at]);
    memmove(&talk->payloads[at], &talk->payloads[at + 1],
            (--talk->count - at) * sizeof talk->payloads[0]);
    memset(&talk->payloads[talk->count], 0, sizeof talk->payloads[0]);
}

/* What TWS may say at any time. */
static const char *const notices[] = {
    "4|2|-1|1100|lost|",    "4|2|-1|1102|restored|",     "4|2|-1|2110|lost|",
    "4|2|-1|1101|again|",   "4|2|-1|321|Read-Only|",     "4|2|9001|321|refused|",
    "4|2|-1|326|in use|",   "4|2|-1|1300|moved|",        "4|2|-1|100|too many|",
    "4|2|6|202|cancelled|", "4|2|-1|2104|farm is fine|", "102|x",
};

void talk_change(struct random *random, struct talk *talk) {
    if (talk->count == 0)
        return;
    size_t at = random_below(random, talk->count), other = random_below(random, talk->count);
    struct buffer more = {0}, kept = talk->payloads[at];
    switch (random_below(random, 8)) {
    case 0:
        take_out(talk, at);
        break;
    case 1: /* twice */
        tw_buffer_put(&more, kept.data, kept.size);
        put_in(talk, other, more);
        break;
    case 2: /* in another order */
        talk->payloads[at] = talk->payloads[other];
        talk->payloads[other] = kept;
        break;
    case 3:
        tw_buffer_char(&more, random_below(random, 3) ? PEER_SILENT : PEER_GONE);
        put_in(talk, at, more);
        break;
    case 4:
        wire_payload(&more, notices[random_below(random, sizeof notices / sizeof notices[0])]);
        put_in(talk, at, more);
        break;
    default:
        wire_change_any(random, &talk->payloads[at]);
    }
}

/* ---- tapes --------------------------------------------------------------------------------- */

const char *talk_tape_name(int index) {
    static const char *const names[] = {"whole", "cut",       "id-in-use", "fill-between",
                                        "lost",  "read-only", "restless",  "silent-fills"};
    return names[index];
}

void talk_tape(struct buffer *out, const char *name) {
    char path[1024], portion[4096];
    size_t got;
    snprintf(path, sizeof path, "%s/test/fixtures/tapes/%s.tape", source(), name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    tw_buffer_clear(out);
    while ((got = fread(portion, 1, sizeof portion, file)) > 0)
        tw_buffer_put(out, portion, got);
    fclose(file);
}

static size_t line_start(const struct buffer *tape, size_t at) {
    while (at > 0 && tape->data[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct buffer *tape, size_t at) {
    while (at < tape->size && tape->data[at] != '\n')
        at++;
    return at < tape->size ? at + 1 : at;
}

/* In place of the bytes from `from` up to `to`. */
static void replace(struct buffer *tape, size_t from, size_t to, const char *text, size_t size) {
    struct buffer out = {0};
    tw_buffer_put(&out, tape->data, from);
    tw_buffer_put(&out, text, size);
    tw_buffer_put(&out, tape->data + to, tape->size - to);
    tw_buffer_free(tape);
    *tape = out;
}

void talk_change_tape(struct random *random, struct buffer *tape) {
    static const char *const lines[] = {"silence\n", "closed\n",         "connected\n",
                                        "heard \n",  "refused nobody\n", "sent\n",
                                        "\n",        "heard \\x0\n"};
    if (tape->size == 0)
        return;
    size_t at = random_below(random, tape->size);
    size_t from = line_start(tape, at), to = line_end(tape, at);
    const char *line = lines[random_below(random, sizeof lines / sizeof lines[0])];
    switch (random_below(random, 8)) {
    case 0:
        tape->data[at] = (char)random_next(random);
        break;
    case 1:
        tape->size = random_below(random, 4) ? from : at;
        break;
    case 2: {
        char copy[4096];
        size_t size = to - from < sizeof copy ? to - from : sizeof copy;
        memcpy(copy, tape->data + from, size);
        replace(tape, to, to, copy, size);
        break;
    }
    case 3:
        replace(tape, from, to, "", 0);
        break;
    case 4:
        replace(tape, from, to, line, strlen(line));
        break;
    case 5:
        replace(tape, from, from, line, strlen(line));
        break;
    default:
        replace(tape, at, at + 1, "1", random_below(random, 2));
    }
}
