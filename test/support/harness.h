/* What every test program shares: a main that fails when nothing ran, seeds, scratch folders. */
#ifndef TW_TEST_HARNESS_H
#define TW_TEST_HARNESS_H

#include <check.h>
#include <stdint.h>

/* Runs the suite; 1 when a test failed or when none ran. Call it from main. */
int run_suite(Suite *suite);

/* A seeded generator (splitmix64). seed_from_environment prints the seed it took: TW_SEED, or one
 * from the clock, so that a failure can be run again. */
struct random {
    uint64_t state;
};
uint64_t seed_from_environment(const char *test);
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound);             /* 0..bound-1 */
int64_t random_between(struct random *random, int64_t low, int64_t high); /* both included */
int64_t random_e8(struct random *random); /* any size is as likely as any other, edges more so */

/* A fresh folder below TMPDIR, removed with all in it when the test's process ends well. */
const char *scratch_folder(void);
/* scratch_folder()/name in one of a few rotating buffers. */
const char *scratch_path(const char *name);

#endif
