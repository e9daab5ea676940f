/* tradewal bench: the export as JSON lines, and the memory of a writer and of an export, each in a
 * process of its own, so that the peak is nobody else's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_journal.h"
#include "bench_out.h"
#include "core/json_write.h"
#include "journal.h"

enum { SHORT_EVENTS = 100000, STEP_EVENTS = 10000, FLUSH_BYTES = 1 << 20 };

/* What a child measured. */
struct measured {
    double peak_mib, rate;
};

struct task {
    const struct bench *bench;
    const char *path;
    uint64_t events;
};

static void write_day(const struct task *task, struct measured *ret) {
    tw_options options = {.size = sizeof options, .trading_date = BENCH_DATE, .checkpoint_ns = -1};
    tw_error why = {0};
    struct load *load = tw_load_new();
    tw_bench_init_journal(task->bench, task->path);
    tw_store *store = tw_bench_open_store(task->path, &options);
    for (uint64_t at = 0; at < task->events; at += STEP_EVENTS) {
        uint64_t end = at + STEP_EVENTS < task->events ? at + STEP_EVENTS : task->events;
        tw_bench_append_range(store, load, at, end);
        tw_bench_note_memory(&ret->peak_mib);
        if (tw_checkpoint(store, NULL, &why) != 0)
            tw_bench_die_of(&why);
        tw_bench_note_memory(&ret->peak_mib);
    }
    if (tw_close(store, "done", &why) != 0)
        tw_bench_die_of(&why);
    tw_load_free(load);
}

static void export_day(const struct task *task, struct measured *ret) {
    tw_journal *journal = NULL;
    tw_cursor *cursor = NULL;
    const struct zone *zone = NULL;
    tw_error why = {0};
    tw_event event = {.size = sizeof event};
    struct buffer out = {0};
    FILE *nowhere = fopen("/dev/null", "w");
    if (!nowhere)
        tw_bench_die("/dev/null cannot be opened");
    int64_t began_ns = tw_bench_now_ns();
    if (tw_journal_open(task->path, &journal, &why) != 0 ||
        tw_cursor_open(journal, BENCH_DATE, 0, &cursor, &why) != 0)
        tw_bench_die_of(&why);
    tw_journal_zone(journal, &zone);
    int found;
    while ((found = tw_cursor_next(cursor, &event, &why)) > 0) {
        tw_json_event(&out, &event, zone);
        tw_buffer_char(&out, '\n');
        if (out.size < FLUSH_BYTES)
            continue;
        fwrite(out.data, 1, out.size, nowhere);
        tw_bench_note_memory(&ret->peak_mib);
        tw_buffer_clear(&out);
    }
    if (found < 0)
        tw_bench_die_of(&why);
    fwrite(out.data, 1, out.size, nowhere);
    ret->rate = (double)task->events * 1e9 / (double)(tw_bench_now_ns() - began_ns);
    tw_bench_note_memory(&ret->peak_mib);
    fclose(nowhere);
    tw_buffer_free(&out);
    tw_cursor_close(cursor);
    tw_journal_close(journal);
}

static struct measured run_child(const struct task *task,
                                 void (*measure)(const struct task *, struct measured *)) {
    struct measured measured = {0};
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        tw_bench_die("a pipe could not be made");
    pid_t child = tw_bench_fork();
    if (child < 0)
        tw_bench_die("another process could not be started");
    if (child == 0) {
        close(ends[0]);
        measure(task, &measured);
        _exit(write(ends[1], &measured, sizeof measured) == (ssize_t)sizeof measured ? EXIT_FINE
                                                                                     : EXIT_WRONG);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &measured, sizeof measured);
    close(ends[0]);
    waitpid(child, &status, 0);
    if (got != (ssize_t)sizeof measured) /* It has said why, unless it was killed. */
        _exit(tw_bench_exit_of(status) ? EXIT_WRONG : tw_out_wrong("no answer from a process"));
    return measured;
}

void tw_bench_export(const struct bench *bench) {
    struct bench_target none = {0};
    char *whole = tw_bench_path(bench, "export"), *brief = tw_bench_path(bench, "export-short");
    uint64_t brief_events = bench->events < SHORT_EVENTS ? bench->events : SHORT_EVENTS;
    tw_bench_part("export", "Export and memory", NULL);
    struct task task = {bench, brief, brief_events};
    double writer_mib = run_child(&task, write_day).peak_mib;
    double brief_mib = run_child(&task, export_day).peak_mib;
    task = (struct task){bench, whole, bench->events};
    run_child(&task, write_day);
    struct measured measured = run_child(&task, export_day);
    tw_bench_row("export as JSON lines", measured.rate, "events/s",
                 (struct bench_target){TARGET_AT_LEAST, 1000000});
    tw_bench_row("peak memory of the export", measured.peak_mib, "MiB", none);
    tw_bench_row("the same of at most 100,000 events", brief_mib, "MiB", none);
    tw_bench_row("peak memory of the writer, at most 100,000 events", writer_mib, "MiB",
                 (struct bench_target){TARGET_AT_MOST, 64});
    free(whole);
    free(brief);
}
