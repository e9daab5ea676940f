/* Lines of a file or a pipe, none longer than a limit. */
#include "line_reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { BUFFER_BYTES = TW_LINE_BYTES_MAX + 1 };

static volatile sig_atomic_t stop_asked;

static void ask_stop(int number) {
    (void)number;
    stop_asked = 1;
}

/* The signals stay blocked but for the wait in ppoll, so none is missed between a look at the flag
 * and the wait, and none interrupts a write to the journal. */
void tw_line_stop_on_signals(void) {
    struct sigaction action = {.sa_handler = ask_stop};
    sigset_t stopping;
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    sigprocmask(SIG_BLOCK, &stopping, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int tw_line_reader_open(struct line_reader *reader, int fd) {
    *reader = (struct line_reader){.fd = fd, .bytes = malloc(BUFFER_BYTES)};
    return reader->bytes ? 0 : TW_E_NOMEM;
}

void tw_line_reader_close(struct line_reader *reader) {
    free(reader->bytes);
    reader->bytes = NULL;
}

int tw_line_is_blank(const char *line, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return 0;
    return 1;
}

int tw_line_waits(const struct line_reader *reader) {
    struct pollfd in = {.fd = reader->fd, .events = POLLIN};
    size_t left = reader->end - reader->start;
    if (reader->at_end || (left && memchr(reader->bytes + reader->start, '\n', left)))
        return 0;
    return poll(&in, 1, 0) == 0;
}

/* Reads more behind what is buffered. LINE_TAKEN when something came. */
static enum line_result fill(struct line_reader *reader, tw_error *why) {
    struct pollfd in = {.fd = reader->fd, .events = POLLIN};
    sigset_t none;
    sigemptyset(&none);
    if (reader->start > 0) {
        memmove(reader->bytes, reader->bytes + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    for (;;) {
        int ready = ppoll(&in, 1, NULL, &none);
        if (stop_asked)
            return LINE_STOPPED;
        ssize_t got =
            ready < 0 ? -1
                      : read(reader->fd, reader->bytes + reader->end, BUFFER_BYTES - reader->end);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0) {
            tw_fail(why, TW_E_IO, "reading the input: %s", strerror(errno));
            return LINE_FAILED;
        }
        if (got == 0)
            reader->at_end = 1;
        reader->end += (size_t)got;
        return LINE_TAKEN;
    }
}

/* Takes the line that ends at `at`, or at the end of the input. */
static enum line_result take(struct line_reader *reader, size_t at, const char **ret,
                             size_t *ret_size) {
    *ret = reader->bytes + reader->start;
    *ret_size = at - reader->start;
    reader->start = at < reader->end ? at + 1 : at;
    reader->searched = 0;
    reader->line++;
    if (reader->skipping) {
        reader->skipping = 0;
        return LINE_TOO_LONG;
    }
    return *ret_size > TW_LINE_BYTES_MAX ? LINE_TOO_LONG : LINE_TAKEN;
}

enum line_result tw_line_next(struct line_reader *reader, const char **ret, size_t *ret_size,
                              tw_error *why) {
    for (;;) {
        size_t from = reader->start + reader->searched;
        const char *end =
            reader->end > from ? memchr(reader->bytes + from, '\n', reader->end - from) : NULL;
        if (end)
            return take(reader, (size_t)(end - reader->bytes), ret, ret_size);
        reader->searched = reader->end - reader->start;
        if (reader->at_end) {
            if (reader->searched == 0 && !reader->skipping)
                return LINE_END;
            return take(reader, reader->end, ret, ret_size);
        }
        if (reader->searched == BUFFER_BYTES) {
            reader->skipping = 1;
            reader->start = reader->end = reader->searched = 0;
        }
        enum line_result result = fill(reader, why);
        if (result != LINE_TAKEN)
            return result;
    }
}
