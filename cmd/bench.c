/* tradewal bench: what tradewal costs on this machine's own disk, beside what no store can go below
 * and beside the stores a trader would take instead. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "arguments.h"
#include "bench.h"
#include "bench_engine.h"
#include "bench_out.h"

enum { ROUNDS = 40, EVENTS = 1000000, QUICK_ROUNDS = 5, QUICK_EVENTS = 100000 };
enum { EVENTS_LEAST = 1000, ROUNDS_MAX = 10000 };

/* Latencies first: they are what most come for. */
static const struct part {
    const char *name;
    void (*run)(const struct bench *bench);
    /* What its targets want as many of as in a full run. */
    enum { WANTS_NOTHING, WANTS_ROUNDS, WANTS_EVENTS } wants;
} parts[] = {
    {"latency", tw_bench_latency, WANTS_ROUNDS},
    {"batches", tw_bench_batches, WANTS_ROUNDS},
    {"threads", tw_bench_threads, WANTS_ROUNDS},
    {"checkpoints", tw_bench_checkpoints, WANTS_ROUNDS},
    {"cpu", tw_bench_cpu, WANTS_NOTHING},
    {"costs", tw_bench_costs, WANTS_NOTHING},
    {"replay", tw_bench_replay, WANTS_EVENTS},
    {"export", tw_bench_export, WANTS_EVENTS},
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static const struct part *only; /* NULL: all parts */
static enum format format;
static int quick;

/* In a process of its own, so that no part meets the memory and the threads of another. */
static int run_part(const struct part *part, const struct bench *bench) {
    int status = 0;
    pid_t child = tw_bench_fork();
    if (child == 0) {
        if ((part->wants == WANTS_ROUNDS && bench->rounds < ROUNDS) ||
            (part->wants == WANTS_EVENTS && bench->events < EVENTS))
            tw_bench_out_short(quick ? "not measured by --quick" : "not measured by a short run");
        part->run(bench);
        exit(tw_out_finish(EXIT_FINE));
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return tw_out_wrong("fork: %s, expected room for another process", strerror(errno));
    return tw_bench_exit_of(status);
}

static int work(const struct bench *bench) {
    tw_bench_out_start(format);
    /* A file system that cannot keep the promises is told before anything is measured on it. */
    char *probe = tw_bench_path(bench, "probe");
    tw_bench_init_journal(bench, probe);
    free(probe);
    tw_bench_machine(bench);
    int status = EXIT_FINE;
    for (size_t i = 0; i < PARTS && status == EXIT_FINE && !tw_out_broken(); i++)
        if (!only || only == &parts[i])
            status = run_part(&parts[i], bench);
    return status;
}

static int take_part(const struct arguments *arguments) {
    const char *name = tw_arguments_value(arguments, "only");
    for (size_t i = 0; name && i < PARTS; i++)
        if (strcmp(name, parts[i].name) == 0)
            only = &parts[i];
    if (name && !only)
        return tw_arguments_wrong(arguments->command,
                                  "--only is %s, expected latency, batches, threads, checkpoints, "
                                  "cpu, costs, replay or export",
                                  name);
    return 0;
}

static int take_numbers(const struct arguments *arguments, struct bench *bench) {
    quick = tw_arguments_given(arguments, "quick");
    bench->rounds = quick ? QUICK_ROUNDS : ROUNDS;
    bench->events = quick ? QUICK_EVENTS : EVENTS;
    bench->seed = 1;
    int status = tw_arguments_number(arguments, "rounds", &bench->rounds);
    if (status == 0)
        status = tw_arguments_number(arguments, "events", &bench->events);
    if (status == 0)
        status = tw_arguments_number(arguments, "seed", &bench->seed);
    if (status == 0 && bench->rounds > ROUNDS_MAX)
        status = tw_arguments_wrong(arguments->command, "--rounds is %s, expected at most %d",
                                    tw_arguments_value(arguments, "rounds"), ROUNDS_MAX);
    if (status == 0 && (bench->events < EVENTS_LEAST || bench->events > BENCH_EVENTS_MAX))
        status = tw_arguments_wrong(arguments->command, "--events is %s, expected %d to %d",
                                    tw_arguments_value(arguments, "events"), EVENTS_LEAST,
                                    BENCH_EVENTS_MAX);
    return status;
}

static int run(const struct arguments *arguments) {
    struct bench bench = {.any_file_system = tw_arguments_given(arguments, "any-file-system")};
    int status = tw_arguments_format(arguments, FORMAT_TEXT | FORMAT_JSON, &format);
    if (status == 0)
        status = take_part(arguments);
    if (status == 0)
        status = take_numbers(arguments, &bench);
    if (status != 0)
        return status;
    return tw_bench_scratch(arguments->count ? arguments->words[0] : ".", &bench, work);
}

static const struct option_row options[] = {
    {0, "quick", NULL, "in half a minute: 5 rounds, 100,000 events"},
    {0, "rounds", "N", "rounds of latencies (default 40)"},
    {0, "events", "N", "events of the day that is replayed (default 1000000)"},
    {0, "seed", "N", "of the order in which engines take turns (default 1)"},
    {0, "only", "PART", "latency, batches, threads, checkpoints, cpu, costs, replay or export"},
    {0, "any-file-system", NULL, "measure on a file system that cannot keep the promises"},
    {'o', "output", "FORMAT", "text (default) or json (one object a line)"},
    {0},
};

const struct command tw_command_bench = {
    .name = "bench",
    .group = "machine",
    .words = "[FOLDER]",
    .summary = "What an append costs on this disk, beside its floor and other stores.",
    .text = "Works in a new folder inside FOLDER (default: the current one) and removes it. The\n"
            "floor is the same bytes written to a plain file, with a flush where the event has\n"
            "to survive loss of power. Ratios to it carry over to other machines, times do not.\n"
            "SQLite and RocksDB are measured where they are installed. Takes some minutes and\n"
            "1 GB of disk. Targets are told, not judged: the exit status is 0 either way.\n",
    .options = options,
    .journal = JOURNAL_NONE,
    .most = 1,
    .run = run,
};
