/* Looks at a day in a process of its own, with limits on time and memory. */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

enum { CPU_SECONDS = 600, DATES_MAX = 4096 };

/* Sanitizers reserve far more addresses than any limit would allow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMIT_MEMORY 0
#endif
#endif
#ifndef LIMIT_MEMORY
#define LIMIT_MEMORY 1
#endif

#define MEMORY_BYTES ((rlim_t)8 << 30)

/* What the child says. */
struct message {
    int64_t result;
    tw_error why;
    tw_verify_report report;
    uint64_t count;
    int64_t dates[DATES_MAX];
};

struct task {
    const char *path;
    int64_t trading_date; /* 0: list the dates */
};

static void limit_self(void) {
    struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS}, memory = {MEMORY_BYTES, MEMORY_BYTES};
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &no_core);
    if (LIMIT_MEMORY)
        setrlimit(RLIMIT_AS, &memory);
}

static void do_task(const struct task *task, struct message *message) {
    tw_journal *journal = NULL;
    message->report.size = sizeof message->report;
    int result = tw_journal_open(task->path, &journal, &message->why);
    if (result == 0 && task->trading_date) {
        result = tw_journal_verify(journal, task->trading_date, &message->report, &message->why);
    } else if (result == 0) {
        int64_t count = tw_journal_dates(journal, message->dates, DATES_MAX);
        if (count < 0)
            result = tw_fail(&message->why, (int)count, "the dates could not be read");
        else
            message->count = count < DATES_MAX ? (uint64_t)count : DATES_MAX;
    }
    message->result = result;
    tw_journal_close(journal);
}

static int write_all(int fd, const void *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t wrote = write(fd, (const char *)data + done, size - done);
        if (wrote < 0 && errno != EINTR)
            return -1;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return 0;
}

static size_t read_all(int fd, void *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, (char *)data + done, size - done);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    return done;
}

/* The child never returns. */
static void be_child(const struct task *task, struct message *message, int fd) {
    limit_self();
    do_task(task, message);
    _exit(write_all(fd, message, sizeof *message) == 0 ? 0 : 1);
}

static int judge(int status, size_t got, const struct message *message, tw_error *why) {
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        return tw_fail(why, TW_E_DAMAGED,
                       "reading it ends with signal SIG%s, expected it to be read",
                       name ? name : "?");
    }
    if (got != sizeof *message)
        return tw_fail(why, TW_E_IO, "the process that looks at the file ended without an answer");
    if (message->result != 0 && why)
        *why = message->why;
    return (int)message->result;
}

static int run_task(const struct task *task, struct message *message, tw_error *why) {
    int ends[2], status = 0;
    pid_t child;
    if (pipe(ends) != 0)
        return tw_fail(why, TW_E_IO, "pipe: %s", strerror(errno));
    child = fork();
    if (child == 0) {
        close(ends[0]);
        be_child(task, message, ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return tw_fail(why, TW_E_IO, "fork: %s", strerror(errno));
    }
    size_t got = read_all(ends[0], message, sizeof *message);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return judge(status, got, message, why);
}

int tw_child_verify(const char *path, int64_t trading_date, tw_verify_report *ret, tw_error *why) {
    struct task task = {.path = path, .trading_date = trading_date};
    struct message *message = calloc(1, sizeof *message);
    if (!message)
        return tw_fail(why, TW_E_NOMEM, "%zu bytes could not be had", sizeof *message);
    int result = run_task(&task, message, why);
    if (result == 0)
        *ret = message->report;
    free(message);
    return result;
}

int tw_child_dates(const char *path, int64_t **ret, uint64_t *ret_count, tw_error *why) {
    struct task task = {.path = path};
    struct message *message = calloc(1, sizeof *message);
    int64_t *dates = calloc(DATES_MAX, sizeof *dates);
    int result = message && dates ? run_task(&task, message, why)
                                  : tw_fail(why, TW_E_NOMEM, "memory for the dates");
    if (result == 0) {
        memcpy(dates, message->dates, message->count * sizeof *dates);
        *ret = dates;
        *ret_count = message->count;
        dates = NULL;
    }
    free(dates);
    free(message);
    return result;
}
