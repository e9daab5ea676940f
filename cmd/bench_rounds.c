/* Engines beside each other in one run of tradewal bench. */
#include "bench_rounds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WARM_SHARE = 4, NS_PER_US = 1000 };

/* A contender while it runs. */
struct runner {
    const struct contender *contender;
    void *self; /* NULL: not on this machine */
    const char *absent;
    uint64_t number; /* of its next event */
    double round_p50_us;
    struct samples all, ratios;
};

static void run_block(struct runner *runner, struct load *load, size_t appends,
                      struct samples *ret_us) {
    const struct engine *engine = runner->contender->engine;
    const struct stint *stint = runner->contender->stint;
    int64_t due_ns = tw_bench_now_ns();
    for (size_t i = 0; i < appends; i++) {
        tw_load_make(load, runner->number, stint->batch);
        runner->number += stint->batch;
        if (stint->pace_ns)
            tw_bench_sleep_until(due_ns += stint->pace_ns);
        int64_t began_ns = tw_bench_now_ns();
        engine->append(runner->self, load);
        double took_us = (double)(tw_bench_now_ns() - began_ns) / NS_PER_US;
        if (ret_us)
            tw_samples_add(ret_us, took_us);
    }
    if (engine->settle)
        engine->settle(runner->self);
}

static void open_runner(struct runner *runner, const struct bench *bench, struct load *load,
                        const char *name, size_t index) {
    const struct engine *engine = runner->contender->engine;
    char numbered[32];
    snprintf(numbered, sizeof numbered, "%s-%zu", name, index);
    char *path = tw_bench_path(bench, numbered);
    runner->self = engine->open(engine, bench, path, &runner->absent);
    free(path);
    if (runner->self)
        run_block(runner, load, runner->contender->stint->block / WARM_SHARE + 1, NULL);
}

static void run_round(struct runner *runners, const size_t *order, size_t count,
                      struct load *load) {
    for (size_t i = 0; i < count; i++) {
        struct runner *runner = &runners[order[i]];
        struct samples block = {0};
        if (!runner->self)
            continue;
        run_block(runner, load, runner->contender->stint->block, &block);
        runner->round_p50_us = tw_samples_median(&block);
        for (size_t at = 0; at < block.count; at++)
            tw_samples_add(&runner->all, block.values[at]);
        tw_samples_free(&block);
    }
    for (size_t i = 0; i < count; i++)
        if (runners[i].self)
            tw_samples_add(&runners[i].ratios,
                           runners[i].round_p50_us /
                               runners[runners[i].contender->floor].round_p50_us);
}

static struct bench_target target_of(double most) {
    return (struct bench_target){most > 0 ? TARGET_AT_MOST : TARGET_NONE, most};
}

static void print_runner(struct runner *runner, struct runner *runners, size_t index) {
    const struct contender *contender = runner->contender;
    if (!runner->self) {
        tw_bench_absent_row(contender->row, runner->absent);
        return;
    }
    struct latency latency = tw_bench_latency_of(&runner->all);
    if (contender->floor != index) {
        latency.ratio_p50 = tw_samples_median(&runner->ratios);
        latency.ratio_p99 =
            latency.p99_us / tw_samples_quantile(&runners[contender->floor].all, 0.99);
    }
    tw_bench_latency_row(contender->row, &latency, target_of(contender->most_p50),
                         target_of(contender->most_p99));
}

void tw_rounds_run(const struct bench *bench, const char *name, const struct contender *contenders,
                   size_t count) {
    struct runner *runners = calloc(count, sizeof *runners);
    size_t *order = calloc(count, sizeof *order);
    struct load *load = tw_load_new();
    uint64_t random = bench->seed;
    if (!runners || !order)
        tw_bench_die("memory could not be allocated for the engines");
    for (size_t i = 0; i < count; i++) {
        runners[i].contender = &contenders[i];
        open_runner(&runners[i], bench, load, name, i);
    }
    for (uint64_t round = 0; round < bench->rounds; round++) {
        tw_bench_shuffle(&random, order, count);
        run_round(runners, order, count, load);
        tw_bench_progress(round + 1, bench->rounds);
    }
    for (size_t i = 0; i < count; i++)
        print_runner(&runners[i], runners, i);
    for (size_t i = 0; i < count; i++) {
        if (runners[i].self)
            contenders[i].engine->close(runners[i].self);
        tw_samples_free(&runners[i].all);
        tw_samples_free(&runners[i].ratios);
    }
    tw_load_free(load);
    free(order);
    free(runners);
}
