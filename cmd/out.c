/* The one way out: standard output with its errors kept, one-line errors, everything escaped. */
#include "out.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { OUT_BYTES = 1 << 20 };

static char out_bytes[OUT_BYTES];
static int out_errno; /* of the first write that failed */

void tw_out_start(void) {
    if (isatty(STDOUT_FILENO))
        setvbuf(stdout, out_bytes, _IOLBF, OUT_BYTES);
    else
        setvbuf(stdout, out_bytes, _IOFBF, OUT_BYTES);
}

static void put(const char *data, size_t size) {
    if (out_errno || size == 0)
        return;
    errno = 0;
    if (fwrite(data, 1, size, stdout) != size)
        out_errno = errno ? errno : EIO;
}

void tw_out_plain(const char *text) {
    put(text, strlen(text));
}

void tw_out_text(const char *text) {
    struct buffer shown = {0};
    if (!text)
        text = "-";
    tw_text_escape(&shown, text, strlen(text));
    tw_out_buffer(&shown);
    tw_buffer_free(&shown);
}

void tw_out_buffer(const struct buffer *buffer) {
    if (buffer->failed) {
        out_errno = out_errno ? out_errno : ENOMEM;
        return;
    }
    put(buffer->data, buffer->size);
}

void tw_out_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *line = NULL;
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0) {
        out_errno = out_errno ? out_errno : ENOMEM;
        return;
    }
    put(line, (size_t)length);
    free(line);
}

void tw_out_flush(void) {
    errno = 0;
    if (!out_errno && fflush(stdout) != 0)
        out_errno = errno ? errno : EIO;
}

int tw_out_broken(void) {
    return out_errno != 0;
}

int tw_out_reader_gone(int timeout_ms) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = 0};
    return poll(&out, 1, timeout_ms) > 0 && (out.revents & (POLLERR | POLLNVAL | POLLHUP)) != 0;
}

int tw_out_finish(int status) {
    tw_out_flush();
    errno = 0;
    if (fclose(stdout) != 0 && !out_errno)
        out_errno = errno ? errno : EIO;
    if (out_errno == 0 || out_errno == EPIPE)
        return status;
    return tw_out_wrong("standard output: %s, expected all of it to be written; "
                        "make room or choose another destination",
                        strerror(out_errno));
}

int tw_out_colour(void) {
    const char *terminal = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

/* One line, whatever is in it: a line end inside is escaped with the rest. */
static void say(const char *place, const char *line, const char *remedy) {
    struct buffer shown = {0};
    tw_buffer_text(&shown, "tradewal: ");
    if (place) {
        tw_text_escape(&shown, place, strlen(place));
        tw_buffer_text(&shown, ": ");
    }
    tw_text_escape(&shown, line, strlen(line));
    if (remedy) {
        tw_buffer_text(&shown, "; ");
        tw_text_escape(&shown, remedy, strlen(remedy));
    }
    tw_buffer_char(&shown, '\n');
    /* What was printed before stands before: both often go to one terminal. */
    tw_out_flush();
    if (shown.failed)
        fputs("tradewal: memory could not be allocated; free memory and try again\n", stderr);
    else
        fwrite(shown.data, 1, shown.size, stderr);
    tw_buffer_free(&shown);
}

int tw_exit_status(int code) {
    if (code == 0)
        return EXIT_FINE;
    if (code == TW_E_BUSY)
        return EXIT_BUSY;
    return code == TW_E_NEWER ? EXIT_NEWER : EXIT_WRONG;
}

int tw_out_error_advised(const char *place, const tw_error *why, const char *advice) {
    int code = (int)why->code;
    say(place, why->text[0] ? why->text : tw_error_happened(code), advice);
    /* A failure that nobody explained is a failure all the same. */
    return code ? tw_exit_status(code) : EXIT_WRONG;
}

int tw_out_error_at(const char *place, const tw_error *why) {
    return tw_out_error_advised(place, why, tw_error_remedy((int)why->code));
}

int tw_out_error(const tw_error *why) {
    return tw_out_error_at(NULL, why);
}

static void say_formatted(const char *format, va_list arguments) {
    char *line = NULL;
    if (vasprintf(&line, format, arguments) < 0) {
        say(NULL, "memory could not be allocated", "free memory and try again");
        return;
    }
    say(NULL, line, NULL);
    free(line);
}

int tw_out_wrong(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say_formatted(format, arguments);
    va_end(arguments);
    return EXIT_WRONG;
}

void tw_out_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say_formatted(format, arguments);
    va_end(arguments);
}

int tw_out_memory(void) {
    return tw_out_wrong("memory could not be allocated, expected more to be free; "
                        "free memory and try again");
}

/* ---- progress ------------------------------------------------------------------------------ */

enum { SHOW_AFTER_MS = 1000, SHOW_EVERY_MS = 200 };

static int64_t progress_began_ms, progress_shown_ms;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void tw_out_progress(const char *doing, uint64_t done, uint64_t all) {
    int64_t now = now_ms();
    if (!progress_began_ms)
        progress_began_ms = now;
    if (now - progress_began_ms < SHOW_AFTER_MS || now - progress_shown_ms < SHOW_EVERY_MS ||
        !isatty(STDERR_FILENO))
        return;
    progress_shown_ms = now;
    uint64_t percent = all ? done / (all / 100 + 1) : 0;
    fprintf(stderr, "\r%s %3llu %%", doing, (unsigned long long)(percent < 100 ? percent : 100));
    fflush(stderr);
}

void tw_out_progress_end(void) {
    if (progress_shown_ms)
        fputs("\r                    \r", stderr);
    progress_began_ms = progress_shown_ms = 0;
}
