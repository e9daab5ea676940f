/* The broker that is a file: what somebody wrote down or saved of a broker's answer, as JSON.
 * Without `complete` it is refused: an empty list must not pass for "flat". */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "broker/broker.h"
#include "broker/rows.h"
#include "core/json_read.h"
#include "core/schema.h"
#include "io/clock.h"

enum { LARGEST_FILE_BYTES = 64 << 20, PAUSE_NS = 100000000 };

#define MOST_AHEAD_NS INT64_C(300000000000)

struct file_broker {
    char *path;
    char *label; /* "file:PATH" with the path escaped */
    struct json_document *document;
    tw_answer answer;
    tw_holding *holdings;
    tw_broker_order *orders;
    tw_broker_execution *executions;
};

#define COUNT(members) (sizeof(members) / sizeof(members)[0])

/* ---- the file ------------------------------------------------------------------------------ */

static int list_of(const struct json *root, const char *name, const struct json **ret,
                   tw_error *why) {
    *ret = tw_json_member(root, name);
    if (*ret && (*ret)->kind != JSON_ARRAY)
        return tw_rows_wrong(*ret, name, "a list", why);
    return 0;
}

static const struct member top_members[] = {
    {"complete", MEMBER_OTHER, 1, 0},
    {"as_of", MEMBER_MAYBE_TIME, 0, offsetof(tw_answer, as_of_ns)},
    {"account", MEMBER_TEXT, 0, offsetof(tw_answer, account)},
    {"environment", MEMBER_OTHER, 0, 0},
    {"positions", MEMBER_OTHER, 1, 0},
    {"orders", MEMBER_OTHER, 0, 0},
    {"completed_orders", MEMBER_OTHER, 0, 0},
    {"executions", MEMBER_OTHER, 0, 0},
    {"executions_since", MEMBER_MAYBE_TIME, 0, offsetof(tw_answer, executions_since_ns)},
};

static int check_top(const struct json *root, tw_error *why) {
    if (root->kind != JSON_OBJECT)
        return tw_rows_wrong(root, "the file", "one object", why);
    for (const struct json *value = root->first; value; value = value->next)
        if (!tw_rows_find(top_members, COUNT(top_members), value->key))
            return tw_rows_unknown(value, "a broker file", top_members, COUNT(top_members), why);
    const struct json *complete = tw_json_member(root, "complete");
    if (!complete)
        return tw_fail(why, TW_E_INCOMPLETE,
                       "the broker file does not say \"complete\": true or false");
    if (complete->kind != JSON_TRUE && complete->kind != JSON_FALSE)
        return tw_rows_wrong(complete, "complete", "true or false without quotes", why);
    return 0;
}

static int read_head(struct file_broker *file, const struct json *root, tw_error *why) {
    tw_answer *answer = &file->answer;
    for (size_t i = 0; i < COUNT(top_members); i++) {
        const struct member *member = &top_members[i];
        const struct json *value = tw_json_member(root, member->name);
        if (!value || value->kind == JSON_NULL || member->kind == MEMBER_OTHER)
            continue;
        int status = tw_rows_member(root, member, value, (char *)answer + member->offset, why);
        if (status)
            return status;
    }
    if (answer->as_of_ns.known && answer->as_of_ns.value > tw_clock_now_ns() + MOST_AHEAD_NS)
        return tw_json_place(
            tw_json_member(root, "as_of"),
            tw_fail(why, TW_E_RANGE, "as_of lies beyond the clock of this machine"), why);
    const struct json *environment = tw_json_member(root, "environment");
    if (environment && environment->kind == JSON_STRING)
        answer->environment =
            tw_enum_number(tw_schema_enumeration("environment"), environment->text);
    if (environment && !answer->environment)
        return tw_rows_wrong(environment, "environment", "live or paper", why);
    return 0;
}

static int read_answer(struct file_broker *file, const struct json *root, tw_error *why) {
    const struct json *positions, *orders, *completed, *executions;
    tw_answer *answer = &file->answer;
    int status = check_top(root, why);
    if (!status)
        status = list_of(root, "positions", &positions, why);
    if (!status)
        status = list_of(root, "orders", &orders, why);
    if (!status)
        status = list_of(root, "completed_orders", &completed, why);
    if (!status)
        status = list_of(root, "executions", &executions, why);
    if (!status)
        status = read_head(file, root, why);
    if (status)
        return status;
    int whole = tw_json_member(root, "complete")->kind == JSON_TRUE;
    int64_t how = whole ? TW_ANSWER_COMPLETE : TW_ANSWER_PARTIAL;
    answer->positions_completeness = positions ? how : 0;
    answer->orders_completeness = orders ? how : 0;
    answer->completed_completeness = completed ? how : 0;
    answer->executions_completeness = executions ? how : 0;
    if (!positions)
        return tw_fail(why, TW_E_INCOMPLETE, "the broker file has no list of positions");
    answer->holding_count = positions->count;
    answer->order_count = (orders ? orders->count : 0) + (completed ? completed->count : 0);
    answer->execution_count = executions ? executions->count : 0;
    file->holdings = calloc(answer->holding_count + 1, sizeof *file->holdings);
    file->orders = calloc(answer->order_count + 1, sizeof *file->orders);
    file->executions = calloc(answer->execution_count + 1, sizeof *file->executions);
    if (!file->holdings || !file->orders || !file->executions)
        return tw_fail(why, TW_E_NOMEM, "no memory for the broker's answer");
    answer->holdings = file->holdings;
    answer->orders = file->orders;
    answer->executions = file->executions;
    status = tw_rows_read(positions, ROW_HOLDING, file->holdings, why);
    size_t open_orders = orders ? orders->count : 0;
    if (!status && orders)
        status = tw_rows_read(orders, ROW_ORDER, file->orders, why);
    if (!status && completed)
        status = tw_rows_read(completed, ROW_ORDER, file->orders + open_orders, why);
    for (size_t i = open_orders; !status && i < answer->order_count; i++)
        file->orders[i].completed = 1;
    if (!status && executions)
        status = tw_rows_read(executions, ROW_EXECUTION, file->executions, why);
    return status;
}

static void forget_answer(struct file_broker *file) {
    tw_json_free(file->document);
    free(file->holdings);
    free(file->orders);
    free(file->executions);
    file->document = NULL;
    file->holdings = NULL;
    file->orders = NULL;
    file->executions = NULL;
    memset(&file->answer, 0, sizeof file->answer);
}

static int read_all(int fd, struct buffer *out, tw_error *why) {
    char portion[65536];
    ssize_t got;
    while ((got = read(fd, portion, sizeof portion)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tw_fail(why, TW_E_BROKER, "the broker file cannot be read: %s", strerror(errno));
        tw_buffer_put(out, portion, (size_t)got);
        if (out->failed)
            return tw_fail(why, TW_E_NOMEM, "no memory for the broker file");
        if (out->size > LARGEST_FILE_BYTES)
            return tw_fail(why, TW_E_PARSE, "the broker file is larger than %d MiB",
                           LARGEST_FILE_BYTES >> 20);
    }
    return 0;
}

static int ask(void *adapter, const tw_answer **ret, tw_error *why) {
    struct file_broker *file = adapter;
    struct buffer text = {0};
    forget_answer(file);
    /* Without O_NONBLOCK, opening a FIFO would wait for somebody to write into it. */
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tw_fail(why, TW_E_BROKER, "%s cannot be opened: %s", file->label, strerror(errno));
    struct stat stat;
    int status = 0;
    if (fstat(fd, &stat) || !S_ISREG(stat.st_mode))
        status = tw_fail(why, TW_E_PARSE, "%s is not a regular file", file->label);
    if (!status)
        status = read_all(fd, &text, why);
    close(fd);
    if (!status)
        status = tw_json_parse(text.data ? text.data : "", text.size, &file->document, why);
    tw_buffer_free(&text);
    file->answer.size = sizeof file->answer;
    file->answer.broker = file->label;
    if (!status)
        status = read_answer(file, tw_json_root(file->document), why);
    if (status) {
        forget_answer(file);
        return status == TW_E_BROKER ? status : tw_fail_in(why, status, "%s", file->label);
    }
    *ret = &file->answer;
    return 0;
}

static void close_file(void *adapter) {
    struct file_broker *file = adapter;
    forget_answer(file);
    free(file->path);
    free(file->label);
    free(file);
}

static int open_file(const char *rest, void **ret, tw_error *why) {
    char shown[200], label[216];
    if (!*rest)
        return tw_fail(why, TW_E_INVALID, "file: has no path, expected file:PATH");
    tw_text_show(rest, strlen(rest), shown, sizeof shown);
    snprintf(label, sizeof label, "file:%s", shown);
    struct file_broker *file = calloc(1, sizeof *file);
    if (file) {
        file->path = strdup(rest);
        file->label = strdup(label);
    }
    if (!file || !file->path || !file->label) {
        if (file)
            close_file(file);
        return tw_fail(why, TW_E_NOMEM, "no memory for a broker");
    }
    *ret = file;
    return 0;
}

const struct broker_kind tw_broker_file = {"file",     PAUSE_NS, open_file, ask,
                                           close_file, NULL,     NULL};
