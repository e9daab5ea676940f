/* The LMDB environments of this process, one per day file however many handles there are on it. */
#include "io/log_share.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/process.h"
#include "io/system.h"

enum { TRIES_TO_BEGIN = 5 };

static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct share *table;

static void lock_table(void) {
    pthread_mutex_lock(&table_mutex);
}

static void unlock_table(void) {
    pthread_mutex_unlock(&table_mutex);
}

/* A child must not inherit the mutex from another thread that happened to hold it. */
static void survive_fork(void) {
    pthread_atfork(lock_table, unlock_table, unlock_table);
}

void tw_share_lock(void) {
    pthread_once(&fork_once, survive_fork);
    lock_table();
}

void tw_share_unlock(void) {
    unlock_table();
}

static struct share *find_here(const struct stat *status) {
    for (struct share *share = table; share; share = share->next)
        if (share->device == status->st_dev && share->inode == status->st_ino &&
            share->owner == tw_process_id())
            return share;
    return NULL;
}

/* A thread that waits to grow the file must not wait for ever because others keep reading. */
static int make_gate(pthread_rwlock_t *gate) {
    pthread_rwlockattr_t attributes;
    if (pthread_rwlockattr_init(&attributes) != 0)
        return ENOMEM;
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    int error = pthread_rwlock_init(gate, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    return error;
}

static int make_share(const struct folder *folder, int64_t date, const struct stat *status,
                      struct share **ret, tw_error *why) {
    struct share *share = calloc(1, sizeof *share);
    if (!share)
        return tw_fail(why, TW_E_NOMEM, "no memory to open a day file");
    share->device = status->st_dev;
    share->inode = status->st_ino;
    share->owner = tw_process_id();
    tw_folder_day_name(date, share->name);
    snprintf(share->lock_name, sizeof share->lock_name, "%s-lock", share->name);
    snprintf(share->shown, sizeof share->shown, "%s/%s", folder->shown, share->name);
    share->folder_fd = fcntl(folder->fd, F_DUPFD_CLOEXEC, 0);
    int error = share->folder_fd < 0 ? errno : make_gate(&share->gate);
    if (error) {
        if (share->folder_fd >= 0)
            close(share->folder_fd);
        free(share);
        return tw_system_fail(why, error, "opening a day file");
    }
    *ret = share;
    return 0;
}

int tw_share_get(const struct folder *folder, int64_t date, int fd, const struct stat *status,
                 int writing, struct share **ret, tw_error *why) {
    struct share *share = find_here(status);
    if (!share) {
        int rc = make_share(folder, date, status, &share, why);
        if (rc) {
            close(fd);
            return rc;
        }
        share->fd = fd;
        share->next = table;
        table = share;
    } else if (writing && !share->writing) {
        /* The descriptor of the readers cannot write. */
        pthread_rwlock_wrlock(&share->gate);
        int older = share->fd;
        share->fd = fd;
        pthread_rwlock_unlock(&share->gate);
        close(older);
    } else {
        close(fd);
    }
    share->handles++;
    *ret = share;
    return 0;
}

void tw_share_put(struct share *share) {
    assert(share->handles > 0);
    if (--share->handles > 0)
        return;
    struct share **link = &table;
    while (*link != share)
        link = &(*link)->next;
    *link = share->next;
    tw_env_close(share->env);
    close(share->fd);
    close(share->folder_fd);
    pthread_rwlock_destroy(&share->gate);
    free(share);
}

void tw_share_close_env(struct share *share) {
    pthread_rwlock_wrlock(&share->gate);
    tw_env_close(share->env);
    share->env = NULL;
    pthread_rwlock_unlock(&share->gate);
}

int tw_share_open_env(struct share *share, int how, uint64_t map_bytes, tw_error *why) {
    pthread_rwlock_wrlock(&share->gate);
    tw_env_close(share->env);
    share->env = NULL;
    struct env *env = NULL;
    dev_t device = 0;
    ino_t inode = 0;
    int rc = tw_env_open(share->folder_fd, share->name, how, map_bytes, &env, why);
    if (rc == 0)
        rc = tw_env_file(env, &device, &inode, why);
    if (rc == 0 && (device != share->device || inode != share->inode))
        rc = tw_fail(why, TW_E_DAMAGED, "%s was replaced while it was opened", share->shown);
    if (rc == 0) {
        share->env = env;
        share->alone = how == TW_ENV_ALONE;
    } else {
        tw_env_close(env);
    }
    pthread_rwlock_unlock(&share->gate);
    return rc;
}

int tw_share_size(const struct share *share, int64_t *ret, tw_error *why) {
    struct stat status;
    if (fstat(share->fd, &status) != 0)
        return tw_system_fail(why, errno, "size of %s", share->shown);
    *ret = status.st_size;
    return 0;
}

/* Another process has made the file bigger than our map of it. */
static int map_again(struct share *share, tw_error *why) {
    int64_t bytes = 0;
    pthread_rwlock_wrlock(&share->gate);
    int rc = tw_share_size(share, &bytes, why);
    if (rc == 0 && share->env)
        rc = tw_env_resize(share->env, (uint64_t)bytes, why);
    pthread_rwlock_unlock(&share->gate);
    return rc;
}

int tw_share_begin(struct share *share, struct MDB_txn **ret, tw_error *why) {
    for (int attempt = 0; attempt < TRIES_TO_BEGIN; attempt++) {
        pthread_rwlock_rdlock(&share->gate);
        int rc = share->env ? tw_env_begin(share->env, 0, ret, why)
                            : tw_fail(why, TW_E_IO, "%s could not be opened again", share->shown);
        if (rc == 0)
            return 0;
        pthread_rwlock_unlock(&share->gate);
        if (rc == TW_ENV_RESIZED)
            rc = map_again(share, why);
        if (rc)
            return rc;
    }
    return tw_fail(why, TW_E_IO, "%s grows faster than it can be read", share->shown);
}

void tw_share_end(struct share *share, struct MDB_txn *txn) {
    tw_env_abort(txn);
    pthread_rwlock_unlock(&share->gate);
}
