/* The tape of a conversation with TWS. One line each: a word, a blank, the bytes. NUL is shown as
 * |, every other byte that is not plain text, | and \ as \xNN. */
#include "broker/tws_tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

enum { TAPE_BYTES_MAX = 256 << 20, SHOWN_BYTES = 160, URL_BYTES_MAX = 1024 };

static const char first_word[] = "tradewal-tws-tape-1 ";

static const char *const words[] = {
    [TWS_MARK_CONNECTED] = "connected", [TWS_MARK_REFUSED] = "refused",
    [TWS_MARK_SENT] = "sent",           [TWS_MARK_HEARD] = "heard",
    [TWS_MARK_SILENCE] = "silence",     [TWS_MARK_CLOSED] = "closed",
};

enum { MARKS = sizeof words / sizeof words[0] };

struct tws_tape {
    FILE *file;
    char *line; /* the one that was read last */
    size_t room;
    unsigned long number;
    char *url;
    int error; /* errno of the first write that failed */
};

/* Takes the descriptor, also when it fails: NULL and errno. */
static struct tws_tape *new_tape(int fd, const char *mode) {
    struct tws_tape *tape = fd >= 0 ? calloc(1, sizeof *tape) : NULL;
    if (tape)
        tape->file = fdopen(fd, mode);
    if (tape && tape->file)
        return tape;
    int error = errno;
    free(tape);
    if (fd >= 0)
        close(fd);
    errno = error;
    return NULL;
}

/* ---- writing ------------------------------------------------------------------------------- */

int tw_tws_tape_write(const char *path, const char *url, struct tws_tape **ret, tw_error *why) {
    char shown[SHOWN_BYTES];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct tws_tape *tape = new_tape(fd, "w");
    if (!tape)
        return tw_fail(why, TW_E_IO, "the tape %s cannot be made: %s",
                       tw_text_show(path, strlen(path), shown, sizeof shown), strerror(errno));
    fprintf(tape->file, "%s%s\n", first_word, url);
    *ret = tape;
    return 0;
}

void tw_tws_tape_add(struct tws_tape *tape, enum tws_mark mark, const char *bytes, size_t size) {
    if (!tape || tape->error)
        return;
    fputs(words[mark], tape->file);
    if (size > 0)
        fputc(' ', tape->file);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\0')
            fputc('|', tape->file);
        else if (c < ' ' || c > '~' || c == '|' || c == '\\')
            fprintf(tape->file, "\\x%02x", c);
        else
            fputc(c, tape->file);
    }
    fputc('\n', tape->file);
    /* Line by line, so that a conversation that hangs can be looked at. */
    if (fflush(tape->file) != 0 || ferror(tape->file))
        tape->error = errno ? errno : EIO;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int wrong_line(const struct tws_tape *tape, const char *expected, tw_error *why) {
    return tw_fail(why, TW_E_PARSE, "line %lu of the tape is not %s", tape->number, expected);
}

/* 1 and a line without its end; 0 at the end. */
static int read_line(struct tws_tape *tape, size_t *ret, tw_error *why) {
    ssize_t length = getline(&tape->line, &tape->room, tape->file);
    if (length < 0)
        return ferror(tape->file)
                   ? tw_fail(why, TW_E_BROKER, "the tape cannot be read: %s", strerror(errno))
                   : 0;
    tape->number++;
    if (tape->line[length - 1] != '\n')
        return wrong_line(tape, "whole", why);
    tape->line[--length] = '\0';
    *ret = (size_t)length;
    return 1;
}

static int read_first(struct tws_tape *tape, tw_error *why) {
    size_t length = 0, prefix = strlen(first_word);
    int found = read_line(tape, &length, why);
    if (found < 0)
        return found;
    if (!found || length <= prefix || length > URL_BYTES_MAX ||
        memcmp(tape->line, first_word, prefix) != 0 || strlen(tape->line) != length ||
        !tw_text_is_clean(tape->line, length))
        return tw_fail(why, TW_E_PARSE, "it is not the tape of a conversation with TWS");
    tape->url = strdup(tape->line + prefix);
    return tape->url ? 0 : tw_fail(why, TW_E_NOMEM, "no memory for a tape");
}

int tw_tws_tape_read(const char *path, struct tws_tape **ret, const char **ret_url, tw_error *why) {
    char shown[SHOWN_BYTES];
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    tw_text_show(path, strlen(path), shown, sizeof shown);
    if (fd >= 0 &&
        (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > TAPE_BYTES_MAX)) {
        close(fd);
        return tw_fail(why, TW_E_PARSE, "the tape %s is not a regular file of at most %d MiB",
                       shown, TAPE_BYTES_MAX >> 20);
    }
    struct tws_tape *tape = new_tape(fd, "r");
    if (!tape)
        return tw_fail(why, TW_E_BROKER, "the tape %s cannot be opened: %s", shown,
                       strerror(errno));
    int status = read_first(tape, why);
    if (status) {
        tw_tws_tape_close(tape, NULL);
        return tw_fail_in(why, status, "%s", shown);
    }
    *ret = tape;
    *ret_url = tape->url;
    return 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0, or -1 when the text is not what `add` writes. */
static int unescape(const char *text, size_t length, struct buffer *out) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\\') {
            tw_buffer_char(out, text[i] == '|' ? '\0' : text[i]);
            continue;
        }
        if (length - i < 4 || text[i + 1] != 'x' || hex_digit(text[i + 2]) < 0 ||
            hex_digit(text[i + 3]) < 0)
            return -1;
        tw_buffer_char(out, (char)(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3])));
        i += 3;
    }
    return 0;
}

int tw_tws_tape_next(struct tws_tape *tape, enum tws_mark *ret, struct buffer *out, tw_error *why) {
    size_t length = 0;
    tw_buffer_clear(out);
    int found = read_line(tape, &length, why);
    if (found < 0)
        return found;
    if (!found) {
        *ret = TWS_MARK_END;
        return 0;
    }
    size_t word = strcspn(tape->line, " ");
    size_t from = word < length ? word + 1 : length;
    for (int mark = TWS_MARK_CONNECTED; mark < MARKS; mark++) {
        if (strlen(words[mark]) != word || memcmp(words[mark], tape->line, word) != 0)
            continue;
        if (unescape(tape->line + from, length - from, out) != 0)
            return wrong_line(tape, "well escaped", why);
        if (out->failed)
            return tw_fail(why, TW_E_NOMEM, "no memory for a line of the tape");
        *ret = (enum tws_mark)mark;
        return 0;
    }
    return wrong_line(tape, "connected, refused, sent, heard, silence or closed", why);
}

int tw_tws_tape_ended(struct tws_tape *tape) {
    int next = getc(tape->file);
    return next == EOF || ungetc(next, tape->file) == EOF;
}

int tw_tws_tape_close(struct tws_tape *tape, tw_error *why) {
    if (!tape)
        return 0;
    int error = tape->error;
    if (fclose(tape->file) != 0 && !error)
        error = errno;
    free(tape->line);
    free(tape->url);
    free(tape);
    if (error)
        return tw_fail(why, TW_E_IO, "the tape could not be written: %s", strerror(error));
    return 0;
}
