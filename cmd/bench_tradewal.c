/* tradewal as an engine of its own benchmark: through the public header, as a host uses it. */
#include <stdio.h>
#include <stdlib.h>

#include "bench_engine.h"
#include "bench_out.h"

enum { OPTION_EACH, OPTION_EACH_BUSY, OPTION_GROUP };

#define BUSY_DELAY_NS INT64_C(1000000)

char *tw_bench_path(const struct bench *bench, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", bench->folder, name) < 0)
        tw_bench_die("memory could not be allocated for a path");
    return path;
}

void tw_bench_init_journal(const struct bench *bench, const char *path) {
    tw_settings settings = {.size = sizeof settings,
                            .account = "BENCH",
                            .environment = TW_ENVIRONMENT_PAPER,
                            .any_file_system = bench->any_file_system};
    tw_error why = {0};
    int result = tw_init(path, &settings, &why);
    if (result == TW_E_FILE_SYSTEM)
        tw_bench_die("%s; name a FOLDER on one, or measure here with --any-file-system", why.text);
    if (result != 0)
        tw_bench_die_of(&why);
}

tw_store *tw_bench_open_store(const char *path, const tw_options *options) {
    tw_store *store = NULL;
    tw_error why = {0};
    if (tw_open(path, options, &store, &why) != 0)
        tw_bench_die_of(&why);
    return store;
}

static void *open_tradewal(const struct engine *engine, const struct bench *bench, const char *path,
                           const char **ret_absent) {
    (void)ret_absent;
    tw_options options = {.size = sizeof options,
                          .trading_date = BENCH_DATE,
                          .checkpoint_ns = -1,
                          .mode = engine->option == OPTION_GROUP ? TW_MODE_GROUP : TW_MODE_EACH,
                          .commit_delay_ns =
                              engine->option == OPTION_EACH_BUSY ? BUSY_DELAY_NS : 0};
    tw_bench_init_journal(bench, path);
    return tw_bench_open_store(path, &options);
}

tw_store *tw_engine_store(void *self) {
    return self;
}

static void append_tradewal(void *self, const struct load *load) {
    tw_error why = {0};
    int result = load->count == 1
                     ? tw_append(self, &load->events[0], NULL, &why)
                     : tw_append_batch(self, load->events, load->count, NULL, NULL, &why);
    if (result != 0)
        tw_bench_die_of(&why);
}

/* A checkpoint covers all that was appended, so what is behind an append has been done by then, in
 * nobody else's time. */
static void settle_tradewal(void *self) {
    tw_error why = {0};
    if (tw_checkpoint(self, NULL, &why) != 0)
        tw_bench_die_of(&why);
}

static void close_tradewal(void *self) {
    tw_error why = {0};
    if (tw_close(self, "measured", &why) != 0)
        tw_bench_die_of(&why);
}

const struct engine tw_engine_each = {.open = open_tradewal,
                                      .append = append_tradewal,
                                      .settle = settle_tradewal,
                                      .close = close_tradewal,
                                      .option = OPTION_EACH};
const struct engine tw_engine_each_busy = {.open = open_tradewal,
                                           .append = append_tradewal,
                                           .settle = settle_tradewal,
                                           .close = close_tradewal,
                                           .option = OPTION_EACH_BUSY};
const struct engine tw_engine_group = {.open = open_tradewal,
                                       .append = append_tradewal,
                                       .settle = settle_tradewal,
                                       .close = close_tradewal,
                                       .option = OPTION_GROUP};
