/* Making a day file under a temporary name, and the sizes that day files have. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "io/lock.h"
#include "io/log_internal.h"
#include "io/system.h"

int64_t tw_log_next_bytes(int64_t bytes) {
    return bytes < TW_LOG_GROWTH_BYTES ? bytes * 2 : bytes + TW_LOG_GROWTH_BYTES;
}

int64_t tw_log_roomy_bytes(uint64_t used) {
    int64_t bytes = TW_LOG_FIRST_BYTES;
    while ((uint64_t)bytes / 4 * 3 < used)
        bytes = tw_log_next_bytes(bytes);
    return bytes;
}

/* LMDB maps its lock file and touches all of it: without real disk space behind it that is a SIGBUS
 * on a full disk. No environment of this process is open on it, since closing the file drops its
 * locks. */
int tw_log_reserve_lock(int folder_fd, const struct folder *folder, const char *name,
                        tw_error *why) {
    struct folder at = *folder;
    at.fd = folder_fd;
    int fd = -1;
    int rc = tw_folder_open_file(&at, name, O_RDWR, &fd, NULL, why);
    int is_new = rc == TW_E_NOT_FOUND;
    if (is_new)
        rc = tw_folder_make_file(&at, name, &fd, why);
    if (rc)
        return rc;
    rc = tw_file_reserve(fd, TW_ENV_LOCK_BYTES, why);
    close(fd);
    /* An empty one would be mapped by the next who reads. */
    tw_error ignored;
    if (rc && is_new)
        tw_folder_remove(&at, name, &ignored);
    return rc ? tw_fail_in(why, rc, "%s/%s", folder->shown, name) : 0;
}

int tw_log_check_lock(const struct folder *folder, tw_error *why) {
    if (tw_lock_held_here(folder))
        return 0;
    return tw_fail(why, TW_E_INVALID, "%s: a day file is to be written without the writer lock",
                   folder->shown);
}

/* Names of a file that is being made; nothing but a crash leaves them behind. */
struct new_names {
    char name[TW_DAY_NAME_BYTES];
    char lock[TW_DAY_LOCK_NAME_BYTES];
    char new_name[TW_DAY_NAME_BYTES + 4];
    char new_lock[TW_DAY_LOCK_NAME_BYTES + 4];
};

/* The lock file goes first, durably: alone it would tell of a day file that was lost. */
static int remove_new(const struct folder *folder, const struct new_names *names, tw_error *why) {
    int is_there = tw_folder_has(folder, names->lock, why);
    int rc = is_there < 0 ? is_there : 0;
    if (is_there > 0)
        rc = tw_folder_remove(folder, names->lock, why);
    if (rc == 0 && is_there)
        rc = tw_folder_sync(folder, why);
    if (rc == 0)
        rc = tw_folder_remove(folder, names->new_name, why);
    return rc ? rc : tw_folder_remove(folder, names->new_lock, why);
}

static int put_fixed(struct env *env, struct MDB_txn *txn, const char *name, const uint8_t *record,
                     size_t size, tw_error *why) {
    return tw_env_put(env, txn, TW_TABLE_META, tw_log_fixed_key(name), (struct bytes){record, size},
                      TW_PUT_REPLACE, why);
}

/* The first records go into LMDB's second commit: the first made the tables. */
static int write_first(struct env *env, const struct log_origin *origin, uint64_t session,
                       tw_error *why) {
    uint8_t origin_record[TW_ORIGIN_BYTES];
    uint8_t head_record[TW_HEAD_BYTES];
    struct MDB_txn *txn = NULL;
    int rc = tw_env_begin(env, 1, &txn, why);
    if (rc)
        return rc > 0 ? tw_fail(why, TW_E_IO, "a new day file has changed already") : rc;
    struct log_head head = {.last_seq = origin->previous_seq,
                            .transaction = tw_env_transaction(txn),
                            .session = session};
    memcpy(head.digest, origin->previous_digest, sizeof head.digest);
    tw_origin_encode(origin, origin_record);
    size_t head_bytes = tw_head_encode(&head, head_record);
    rc = put_fixed(env, txn, "origin", origin_record, sizeof origin_record, why);
    if (rc == 0)
        rc = put_fixed(env, txn, "head", head_record, head_bytes, why);
    if (rc) {
        tw_env_abort(txn);
        return rc;
    }
    return tw_env_commit(txn, why);
}

static int fill_new(const struct folder *folder, const struct new_names *names, int fd,
                    const struct log_origin *origin, uint64_t session, tw_error *why) {
    struct env *env = NULL;
    int rc = tw_log_reserve_lock(folder->fd, folder, names->new_lock, why);
    if (rc == 0)
        rc = tw_env_open(folder->fd, names->new_name, TW_ENV_MAKE, TW_LOG_FIRST_BYTES, &env, why);
    if (rc == 0)
        rc = write_first(env, origin, session, why);
    tw_env_close(env);
    /* LMDB takes a file with anything in it for one of its own, so the space comes last. */
    if (rc == 0)
        rc = tw_file_reserve(fd, TW_LOG_FIRST_BYTES, why);
    if (rc == 0 && fsync(fd) != 0)
        rc = tw_system_fail(why, errno, "syncing %s/%s", folder->shown, names->new_name);
    return rc;
}

static int make_day(const struct folder *folder, const struct new_names *names,
                    const struct log_origin *origin, uint64_t session, tw_error *why) {
    int fd = -1;
    int rc = remove_new(folder, names, why);
    if (rc == 0)
        rc = tw_folder_make_file(folder, names->new_name, &fd, why);
    if (rc)
        return rc;
    rc = fill_new(folder, names, fd, origin, session, why);
    close(fd);
    if (rc == 0)
        rc = tw_folder_remove(folder, names->new_lock, why);
    /* For the same reason the name of the new file is durable before there is one of the lock. */
    if (rc == 0)
        rc = tw_folder_sync(folder, why);
    if (rc == 0)
        rc = tw_log_reserve_lock(folder->fd, folder, names->lock, why);
    if (rc == 0)
        rc = tw_folder_rename(folder, names->new_name, names->name, why);
    if (rc == 0)
        return tw_folder_sync(folder, why);
    tw_error ignored;
    remove_new(folder, names, &ignored);
    return rc;
}

int tw_log_create(const struct folder *folder, int64_t date, const struct log_origin *origin,
                  uint64_t session, tw_error *why) {
    struct new_names names;
    if (!tw_date_valid(date) || origin->date != date)
        return tw_fail(why, TW_E_INVALID, "a day file for %s whose origin says %s",
                       tw_date_text(date).text, tw_date_text(origin->date).text);
    int rc = tw_log_check_lock(folder, why);
    if (rc)
        return rc;
    tw_folder_day_name(date, names.name);
    snprintf(names.lock, sizeof names.lock, "%s-lock", names.name);
    snprintf(names.new_name, sizeof names.new_name, "%s.new", names.name);
    snprintf(names.new_lock, sizeof names.new_lock, "%s.new-lock", names.name);
    rc = tw_folder_check_newest(folder, why);
    if (rc)
        return rc;
    int taken = tw_folder_has(folder, names.name, why);
    if (taken)
        return taken < 0
                   ? taken
                   : tw_fail(why, TW_E_EXISTS, "%s/%s is there already", folder->shown, names.name);
    tw_share_lock();
    rc = make_day(folder, &names, origin, session, why);
    tw_share_unlock();
    return rc;
}
