/* The LMDB environments of this process, one per day file however many handles there are on it.
 *
 * LMDB forbids two environments on one file in one process: closing one drops the locks of the
 * other. So handles share; a handle that writes makes the environment a writing one for all, and
 * leaves a reading one behind. The gate is held shared by every transaction, and alone by whoever
 * closes, opens or remaps the environment. */
#ifndef TW_IO_LOG_SHARE_H
#define TW_IO_LOG_SHARE_H

#include <pthread.h>
#include <stdatomic.h>

#include "io/folder.h"
#include "io/log_lmdb.h"

enum { TW_DAY_LOCK_NAME_BYTES = TW_DAY_NAME_BYTES + 5 };

struct share {
    struct share *next;
    dev_t device; /* of the day file */
    ino_t inode;
    pid_t owner;
    unsigned handles;
    int writing; /* one of the handles writes */
    int alone;   /* opened without LMDB's lock file */
    int folder_fd;
    int fd;             /* our own descriptor of the day file */
    int64_t file_bytes; /* while writing: the size it has to have */
    /* Records before this seq lie on pages nobody has looked at yet; 1: nor at those of the
     * indexes. */
    _Atomic uint64_t checked_from;
    atomic_int indexes_unread;
    dev_t lock_device; /* while writing: which lock file LMDB has open */
    ino_t lock_inode;
    pthread_rwlock_t gate;
    struct env *env; /* NULL when it could not be opened again */
    char name[TW_DAY_NAME_BYTES];
    char lock_name[TW_DAY_LOCK_NAME_BYTES];
    char shown[TW_SHOWN_PATH_BYTES + TW_DAY_NAME_BYTES]; /* path of the file, for error lines */
};

/* Between these two nobody else opens or closes a handle in this process. */
void tw_share_lock(void);
void tw_share_unlock(void);

/* The rest needs tw_share_lock. The day file's share: found, or made without an environment.
 * It takes over fd (of the file of `status`), also on failure, and counts one handle more. */
int tw_share_get(const struct folder *folder, int64_t date, int fd, const struct stat *status,
                 int writing, struct share **ret, tw_error *why);

/* One handle less; the last one closes the environment and frees the share. */
void tw_share_put(struct share *share);

/* Opens the environment in the place of the one there is. The gate is held alone inside. On failure
 * there is none. */
int tw_share_open_env(struct share *share, int how, uint64_t map_bytes, tw_error *why);
void tw_share_close_env(struct share *share);

/* A read transaction under the gate; end it with tw_share_end. */
int tw_share_begin(struct share *share, struct MDB_txn **ret, tw_error *why);
void tw_share_end(struct share *share, struct MDB_txn *txn);

/* The size of the day file as it is now. */
int tw_share_size(const struct share *share, int64_t *ret, tw_error *why);

#endif
