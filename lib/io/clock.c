/* The only place that asks the machine for the time, for its boot and for its name. */
#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/text.h"

static int64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * TW_NS_PER_SECOND + now.tv_nsec;
}

int64_t tw_clock_now_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

int64_t tw_clock_monotonic_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

void tw_clock_pause(int64_t span_ns) {
    struct timespec left = {.tv_sec = span_ns / TW_NS_PER_SECOND,
                            .tv_nsec = span_ns % TW_NS_PER_SECOND};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* The start of a small file of the kernel's, as a string; returns its length, 0 when it cannot be
 * read. */
static size_t read_small(const char *path, char *out, size_t room) {
    out[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return 0;
    ssize_t got;
    do
        got = read(fd, out, room - 1);
    while (got < 0 && errno == EINTR);
    close(fd);
    size_t length = got > 0 ? (size_t)got : 0;
    out[length] = '\0';
    return length;
}

void tw_clock_boot_id(char ret[TW_BOOT_ID_BYTES]) {
    char text[64];
    size_t length = read_small("/proc/sys/kernel/random/boot_id", text, sizeof text);
    length = strcspn(text, "\n");
    if (length == 0 || length >= TW_BOOT_ID_BYTES || !tw_text_is_name(strtok(text, "\n"))) {
        snprintf(ret, TW_BOOT_ID_BYTES, "unknown");
        return;
    }
    memcpy(ret, text, length);
    ret[length] = '\0';
}

int64_t tw_clock_process_start(int64_t pid) {
    char path[48];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    if (pid <= 0 || read_small(path, text, sizeof text) == 0)
        return 0;
    /* The second field is the program's name in brackets and may itself hold blanks and brackets;
     * the start is field 22, so the 20th behind the last bracket. */
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at, ' ');
        if (at)
            at++;
    }
    return at ? (int64_t)strtoll(at, NULL, 10) : 0;
}

void tw_clock_host(char ret[TW_HOST_BYTES]) {
    char name[TW_HOST_BYTES + 1];
    memset(name, 0, sizeof name);
    if (gethostname(name, TW_HOST_BYTES) != 0)
        name[0] = '\0';
    name[TW_HOST_BYTES - 1] = '\0';
    size_t length = strlen(name);
    /* Cutting may leave half a character. */
    for (size_t cut = 0; cut < 4 && length > 0 && !tw_text_is_utf8(name, length); cut++)
        name[--length] = '\0';
    if (length == 0 || !tw_text_is_clean(name, length))
        snprintf(ret, TW_HOST_BYTES, "unknown");
    else
        snprintf(ret, TW_HOST_BYTES, "%.*s", (int)length, name);
}

int tw_clock_state(struct clock_state *ret) {
    struct timex kernel;
    memset(&kernel, 0, sizeof kernel);
    int state = adjtimex(&kernel);
    if (state < 0)
        return -1;
    int64_t offset = (int64_t)kernel.offset;
    ret->offset_ns = kernel.status & STA_NANO ? offset : offset * 1000;
    ret->max_error_ns = (int64_t)kernel.maxerror * 1000;
    ret->synchronised = state != TIME_ERROR && !(kernel.status & STA_UNSYNC);
    return 0;
}
