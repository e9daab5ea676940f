/* Opens what a disk may hold after a loss of power, by the real recovery: every promise that was
 * given before is kept, and nothing is there twice or in part. Some processes share the images.
 * usage: image_check OPS BASE FOLDER WORKERS MOST SEED [stop]
 * MOST: so many images at most, chosen by chance; stop: at the first that is wrong. One line tells
 * what came of it; exit 1 when an image was wrong. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image_model.h"

enum { WORKERS_MOST = 16, FEW_PENDING = 64, SOME = 61 };

/* What a worker found; its process may end at any moment. */
struct share {
    uint64_t distinct, opened, wrong, points;
    uint64_t at, image; /* what it works on: the operation, the image */
    char first[900];
};

/* How far each image was seen to survive, by its hash. */
struct seen {
    uint64_t hash;
    int64_t survived;
    int is_open; /* it was opened, and `survived` means something */
};

struct check {
    const struct model *model;
    struct share *share;
    struct seen *seen;
    size_t room;
    int counts_only;
    uint64_t worker, workers, keep, of; /* of all images so many are opened */
    const char *folder;
};

static struct seen *find(struct check *check, uint64_t hash) {
    size_t i = (size_t)(hash % check->room);
    while (check->seen[i].hash && check->seen[i].hash != hash)
        i = (i + 1) % check->room;
    return &check->seen[i];
}

static void make_room(struct check *check) {
    struct seen *before = check->seen;
    size_t room = check->room;
    if (check->share->distinct * 2 < room)
        return;
    check->room = room ? room * 2 : 1 << 16;
    check->seen = calloc(check->room, sizeof *check->seen);
    if (!check->seen)
        stop("no", "memory");
    for (size_t i = 0; i < room; i++)
        if (before[i].hash)
            *find(check, before[i].hash) = before[i];
    free(before);
}

static void reject(struct check *check, const char *what, int64_t survived) {
    struct share *share = check->share;
    if (share->wrong++ == 0)
        snprintf(share->first, sizeof share->first,
                 "after operation %zu, image %016" PRIx64 ": %s (survived %" PRId64
                 ", acknowledged %" PRIu64 ")",
                 check->model->next, share->image, what, survived, check->model->acknowledged);
}

/* The same image may stand for later promises too. */
static void judge(struct check *check, const struct seen *seen) {
    const struct model *model = check->model;
    if (seen->survived == LOST_JOURNAL ? model->made
                                       : seen->survived < (int64_t)model->acknowledged)
        reject(check, "what was acknowledged is lost", seen->survived);
}

static void open_it(struct check *check, const struct choice *choice, struct seen *seen) {
    struct outcome outcome;
    struct listing names;
    image_listing(check->model, choice, &names);
    image_build(check->model, choice, check->folder);
    open_image(check->folder, &names, seen->hash, &outcome);
    check->share->opened++;
    seen->is_open = 1;
    seen->survived = outcome.survived;
    if (outcome.wrong[0]) {
        seen->survived = INT64_MAX; /* told once */
        reject(check, outcome.wrong, outcome.survived);
    }
}

static void see(void *context, const struct choice *choice, int wanted) {
    struct check *check = context;
    uint64_t hash = image_hash(check->model, choice);
    if (!check->counts_only && (hash >> 40) % check->workers != check->worker)
        return;
    struct seen *seen = find(check, hash);
    check->share->image = hash;
    if (!seen->hash) {
        seen->hash = hash;
        check->share->distinct++;
        if (check->counts_only) {
            make_room(check);
            return;
        }
    } else if (seen->is_open) {
        judge(check, seen);
        return;
    }
    if (check->counts_only)
        return;
    if (wanted || mix(hash, 7) % check->of < check->keep) {
        open_it(check, choice, seen);
        judge(check, seen);
    }
    make_room(check);
}

/* Between which operations the power fails. Where a long file is filled, only here and there. */
static int is_point(const struct model *model) {
    enum op_kind kind = model->ops[model->next - 1].kind;
    if (kind == OP_SYNC || kind == OP_RESTART)
        return 0;
    return model->pending_count <= FEW_PENDING || (kind != OP_WRITE && kind != OP_WROTE) ||
           model->next % SOME == 0;
}

static void walk(struct check *check, struct model *model, uint64_t seed, int stops) {
    check->model = model;
    make_room(check);
    while (!(stops && check->share->wrong) && model_step(model)) {
        check->share->at = model->next;
        if (!is_point(model))
            continue;
        check->share->points++;
        pick_images(model, seed, see, check);
    }
}

/* ---- workers ------------------------------------------------------------------------------- */

static void work(const char *const *words, struct share *share, uint64_t worker, uint64_t workers,
                 uint64_t keep, uint64_t of, int stops) {
    char folder[512];
    struct check check = {.share = share,
                          .worker = worker,
                          .workers = workers,
                          .keep = keep,
                          .of = of ? of : 1,
                          .folder = folder};
    /* An open reads megabytes: they are kept, not asked for anew each time. */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    snprintf(folder, sizeof folder, "%s/%" PRIu64, words[3], worker);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        stop("making", folder);
    walk(&check, model_new(words[1], words[2]), strtoull(words[6], NULL, 10), stops);
}

/* In a process of its own too: what it asked memory for ends with it. */
static void count_images(const char *const *words, struct share *share) {
    struct check check = {.share = share, .counts_only = 1};
    walk(&check, model_new(words[1], words[2]), strtoull(words[6], NULL, 10), 0);
}

static pid_t start(void) {
    pid_t process = fork();
    if (process < 0)
        stop("no", "process");
    return process;
}

/* A worker that did not end well is as bad as an image that is wrong: it is one. */
static void gather(const pid_t *workers, struct share *shares, uint64_t count, struct share *ret) {
    for (uint64_t i = 0; i < count; i++) {
        int status = 0;
        waitpid(workers[i], &status, 0);
        if (status && !shares[i].wrong++)
            snprintf(shares[i].first, sizeof shares[i].first,
                     "after operation %" PRIu64 ", image %016" PRIx64
                     ": the process ended with status %d",
                     shares[i].at, shares[i].image, status);
        ret->distinct += shares[i].distinct;
        ret->opened += shares[i].opened;
        ret->wrong += shares[i].wrong;
        ret->points = shares[i].points > ret->points ? shares[i].points : ret->points;
        if (shares[i].first[0] && !ret->first[0])
            memcpy(ret->first, shares[i].first, sizeof ret->first);
    }
}

int main(int count, char **words) {
    pid_t workers[WORKERS_MOST];
    if (count < 7)
        return 2;
    uint64_t worker_count = strtoull(words[4], NULL, 10), most = strtoull(words[5], NULL, 10);
    if (worker_count < 1 || worker_count > WORKERS_MOST)
        return 2;
    const char *const *given = (const char *const *)words;
    struct share all = {0}, counted = {0};
    struct share *shares = mmap(NULL, (WORKERS_MOST + 1) * sizeof *shares, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shares == MAP_FAILED)
        stop("no", "memory");
    pid_t counter = start();
    if (counter == 0) {
        count_images(given, &shares[WORKERS_MOST]);
        _exit(0);
    }
    gather(&counter, &shares[WORKERS_MOST], 1, &counted);
    for (uint64_t i = 0; !counted.wrong && i < worker_count; i++) {
        workers[i] = start();
        if (workers[i] == 0) {
            work(given, &shares[i], i, worker_count, most, counted.distinct, count > 7);
            _exit(0);
        }
    }
    if (counted.wrong)
        all = counted;
    else
        gather(workers, shares, worker_count, &all);
    printf("points=%" PRIu64 " distinct=%" PRIu64 " opened=%" PRIu64 " wrong=%" PRIu64
           " first=%s\n",
           all.points, counted.distinct, all.opened, all.wrong, all.first);
    return all.wrong != 0;
}
