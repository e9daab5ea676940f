/* The folder that tradewal bench works in, and the process that works there: whatever becomes of
 * it, the folder is removed. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "out.h"

enum { FILES_OPEN = 16, PATH_BYTES = 4096 };

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk) {
    (void)about;
    (void)type;
    (void)walk;
    return remove(path);
}

static int remove_all(const char *folder) {
    if (nftw(folder, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0)
        return EXIT_FINE;
    return tw_out_wrong("%s could not be removed: %s; remove it by hand", folder, strerror(errno));
}

/* The end of a child, and what ends a process from outside unless it was started to ignore it. */
static void watched_signals(sigset_t *ret) {
    static const int enders[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(ret);
    signal(SIGCHLD, SIG_DFL);
    sigaddset(ret, SIGCHLD);
    for (size_t i = 0; i < sizeof enders / sizeof enders[0]; i++) {
        struct sigaction how;
        if (sigaction(enders[i], NULL, &how) == 0 && how.sa_handler != SIG_IGN)
            sigaddset(ret, enders[i]);
    }
}

/* Processes that the worker started are handed to this one when it dies, and die with it: nobody
 * writes into the folder any more while it is removed. Returns the worker's status. */
static int wait_for_all(pid_t worker) {
    int status = 0, ended = 0;
    for (pid_t child; (child = waitpid(-1, &ended, 0)) > 0 || errno == EINTR;)
        if (child == worker)
            status = ended;
    return status;
}

/* Returns the signal that was to end this process, 0 when the worker has ended by itself. */
static int wait_for_end(pid_t worker, const sigset_t *signals) {
    for (;;) {
        int found = sigwaitinfo(signals, NULL);
        if (found < 0)
            continue;
        if (found != SIGCHLD)
            return found;
        siginfo_t about = {0};
        if (waitid(P_PID, (id_t)worker, &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            about.si_pid == worker)
            return 0;
    }
}

pid_t tw_bench_fork(void) {
    tw_out_flush();
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* It may have died before it was asked to tell. */
        if (getppid() != parent)
            _exit(EXIT_WRONG);
    }
    return child;
}

int tw_bench_exit_of(int status) {
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    const char *name = sigabbrev_np(WTERMSIG(status));
    return tw_out_wrong("the process that measures ended with signal SIG%s, expected it to finish",
                        name ? name : "?");
}

/* Returns the exit status of the work. *ret_signal: what interrupted it, or 0. */
static int work_apart(const struct bench *bench, int (*work)(const struct bench *),
                      const sigset_t *signals, const sigset_t *before, int *ret_signal) {
    pid_t worker = tw_bench_fork();
    if (worker < 0)
        return tw_out_wrong("fork: %s, expected room for another process", strerror(errno));
    if (worker == 0) {
        sigprocmask(SIG_SETMASK, before, NULL);
        exit(tw_out_finish(work(bench)));
    }
    *ret_signal = wait_for_end(worker, signals);
    if (*ret_signal)
        kill(worker, SIGKILL);
    int ended = wait_for_all(worker);
    /* A terminal's signal reaches all of them, and the news of the worker's end may come first. */
    if (!*ret_signal && WIFSIGNALED(ended) && sigismember(signals, WTERMSIG(ended)) == 1)
        *ret_signal = WTERMSIG(ended);
    return *ret_signal ? EXIT_FINE : tw_bench_exit_of(ended);
}

int tw_bench_scratch(const char *parent, struct bench *bench, int (*work)(const struct bench *)) {
    sigset_t signals, before;
    char folder[PATH_BYTES];
    int status, interrupted = 0;
    if (snprintf(folder, sizeof folder, "%s/tradewal-bench-XXXXXX", parent) >= (int)sizeof folder)
        return tw_out_wrong("the path of the folder is too long, expected fewer than %d bytes",
                            PATH_BYTES);
    watched_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    if (mkdtemp(folder)) {
        bench->folder = folder;
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        status = work_apart(bench, work, &signals, &before, &interrupted);
        int removed = remove_all(folder);
        status = status ? status : removed;
    } else {
        status = tw_out_wrong("%s: %s, expected a folder to make another one in", parent,
                              strerror(errno));
    }
    if (interrupted) {
        if (isatty(STDERR_FILENO))
            fputs("\r\033[K", stderr); /* what the worker last said about how far it was */
        raise(interrupted);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
