/* What every test program shares. */
#include "harness.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tradewal.h"

int run_suite(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int ran = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (ran == 0)
        fprintf(stderr, "no test ran: that is a failure\n");
    return ran == 0 || failed > 0;
}

uint64_t seed_from_environment(const char *test) {
    const char *given = getenv("TW_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("%s: TW_SEED=%" PRIu64 "\n", test, seed);
    fflush(stdout);
    return seed;
}

uint64_t random_next(struct random *random) {
    uint64_t z = (random->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound) {
    return random_next(random) % bound;
}

int64_t random_between(struct random *random, int64_t low, int64_t high) {
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    uint64_t offset = span ? random_below(random, span) : random_next(random);
    return (int64_t)((uint64_t)low + offset);
}

int64_t random_e8(struct random *random) {
    uint64_t bits = random_next(random) >> random_below(random, 64);
    int64_t value = (int64_t)(bits & INT64_MAX);
    switch (random_below(random, 8)) {
    case 0:
        value = INT64_MAX - (int64_t)random_below(random, 3);
        break;
    case 1:
        value = value / TW_E8 * TW_E8;
        break;
    case 2:
        value = (int64_t)random_below(random, 3);
        break;
    default:
        break;
    }
    return random_below(random, 2) ? value : -value;
}

static char folder[256];
static pid_t folder_owner;

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_folder(void) {
    if (folder[0] && folder_owner == getpid())
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_folder(void) {
    if (folder[0] && folder_owner == getpid())
        return folder;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tradewal-test-XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(1);
    }
    folder_owner = getpid();
    atexit(remove_folder);
    return folder;
}

const char *scratch_path(const char *name) {
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder(), name);
    return path;
}
