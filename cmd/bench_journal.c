/* The journal of a whole day that tradewal bench replays and exports. */
#include "bench_journal.h"

#include <stdio.h>

#include "bench_out.h"
#include "journal.h"

void tw_bench_append_range(tw_store *store, struct load *load, uint64_t from, uint64_t to) {
    tw_error why = {0};
    for (uint64_t at = from; at < to; at += load->count) {
        tw_load_make(load, at, to - at < BENCH_BATCH ? (size_t)(to - at) : BENCH_BATCH);
        if (tw_append_batch(store, load->events, load->count, NULL, NULL, &why) != 0)
            tw_bench_die_of(&why);
        tw_bench_progress(at, to);
    }
}

double tw_bench_make_journal(const struct bench *bench, const char *path, uint64_t events,
                             uint64_t tail) {
    tw_options options = {.size = sizeof options, .trading_date = BENCH_DATE, .checkpoint_ns = -1};
    tw_error why = {0};
    struct load *load = tw_load_new();
    tw_bench_init_journal(bench, path);
    int64_t began_ns = tw_bench_now_ns();
    tw_store *store = tw_bench_open_store(path, &options);
    tw_bench_append_range(store, load, 0, events - tail);
    if (tw_checkpoint(store, NULL, &why) != 0)
        tw_bench_die_of(&why);
    tw_bench_append_range(store, load, events - tail, events);
    if (tw_close(store, "the day is whole", &why) != 0)
        tw_bench_die_of(&why);
    double took_s = (double)(tw_bench_now_ns() - began_ns) / 1e9;
    /* A clean end takes a snapshot of everything; a crash would have left the one before it. */
    if (tw_journal_invalidate(path, BENCH_DATE, NULL, &why) != 0)
        tw_bench_die_of(&why);
    tw_load_free(load);
    return (double)events / took_s;
}

void tw_bench_note_memory(double *peak_mib) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[128];
    long kib;
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1 && (double)kib / 1024 > *peak_mib)
            *peak_mib = (double)kib / 1024;
    if (status)
        fclose(status);
}
