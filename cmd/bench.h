/* One run of tradewal bench, and its parts. */
#ifndef TW_CMD_BENCH_H
#define TW_CMD_BENCH_H

#include <stdint.h>
#include <sys/types.h>

struct bench {
    const char *folder; /* for scratch, on the disk that is measured; gone afterwards */
    uint64_t rounds;    /* of latencies; other parts take a share of it */
    uint64_t events;    /* of the day that is replayed */
    uint64_t seed;      /* of the order of the engines */
    int any_file_system;
};

/* Each prints its rows; each leaves nothing open. */
void tw_bench_latency(const struct bench *bench);
void tw_bench_batches(const struct bench *bench);
void tw_bench_threads(const struct bench *bench);
void tw_bench_checkpoints(const struct bench *bench);
void tw_bench_cpu(const struct bench *bench);
void tw_bench_costs(const struct bench *bench);
void tw_bench_replay(const struct bench *bench);
void tw_bench_export(const struct bench *bench);

/* Processor time of all threads of this process so far. */
double tw_bench_processor_seconds(void);

/* What this process has made the system write so far; NaN where the system does not tell. */
double tw_bench_written_bytes(void);

/* The lines at the top: machine, system, disk, date. */
void tw_bench_machine(const struct bench *bench);

/* Calls `work` in a process of its own with a new folder inside `parent`, and removes the folder
 * however that process ends: also when it is killed, or this one is interrupted (then it ends by
 * the same signal). Returns the exit status. `bench->folder` is set for the work. */
int tw_bench_scratch(const char *parent, struct bench *bench, int (*work)(const struct bench *));

/* As fork, for processes that must not outlive the one that starts them. */
pid_t tw_bench_fork(void);

/* The exit status of a process that has ended, told when it was a signal that ended it. */
int tw_bench_exit_of(int status);

#endif
