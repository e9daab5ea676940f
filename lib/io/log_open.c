/* Opening and closing a day file: everything that has to be true before it is believed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "io/lock.h"
#include "io/log_internal.h"
#include "io/process.h"
#include "io/system.h"

enum { ROOM_TO_GO_ON_BYTES = 64 * TW_PAGE_BYTES };

/* The head of the last commit must be LMDB's last commit, and so for the commit before: a flipped
 * bit in a meta page could otherwise take the file back by a commit in silence. */
static int check_heads(const struct preflight *preflight, tw_error *why) {
    struct log_head head;
    struct log_head before;
    const struct preflight_meta *winner = &preflight->winner;
    const struct preflight_meta *loser = &preflight->loser;
    int rc = tw_head_decode(winner->head, winner->head_bytes, &head, why);
    if (rc)
        return rc;
    if (head.transaction != winner->transaction)
        return tw_fail(why, TW_E_DAMAGED,
                       "the head is of commit %" PRIu64 ", LMDB's last is %" PRIu64,
                       head.transaction, winner->transaction);
    /* The first commit made the tables and had no head yet. */
    if (loser->transaction <= 1)
        return 0;
    rc = tw_head_decode(loser->head, loser->head_bytes, &before, why);
    if (rc)
        return tw_fail_in(why, rc, "the commit before the last");
    if (before.transaction != loser->transaction || before.last_seq > head.last_seq)
        return tw_fail(why, TW_E_DAMAGED,
                       "commit %" PRIu64 " up to record %" PRIu64 " stands before commit %" PRIu64
                       " up to record %" PRIu64,
                       before.transaction, before.last_seq, head.transaction, head.last_seq);
    return 0;
}

/* Reads and checks the fixed records through LMDB, and that the events end where the head says. */
static int check_day(struct log *log, struct MDB_txn *txn, tw_error *why) {
    struct env *env = log->share->env;
    struct MDB_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value;
    uint64_t count = 0;
    uint64_t last = 0;
    int rc = tw_env_get(env, txn, TW_TABLE_META, tw_log_fixed_key("origin"), &value, why);
    if (rc == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_DAMAGED, "the day file has no origin record");
    if (rc == 0)
        rc = tw_origin_decode(value.data, value.size, &log->origin, why);
    if (rc == 0 && log->origin.date != log->date)
        rc = tw_fail(why, TW_E_DAMAGED, "it is the day file of %s",
                     tw_date_text(log->origin.date).text);
    if (rc == 0)
        rc = tw_log_get_head(env, txn, &log->head, why);
    if (rc == 0)
        rc = tw_env_count(env, txn, TW_TABLE_EVENTS, &count, why);
    if (rc == 0)
        rc = tw_env_cursor(env, txn, TW_TABLE_EVENTS, &cursor, why);
    if (rc)
        return rc;
    rc = tw_env_move(cursor, TW_MOVE_LAST, &key, &value, why);
    if (rc == 0)
        rc = tw_log_get_seq(key, &last, why);
    else if (rc == TW_E_NOT_FOUND)
        rc = 0;
    tw_env_cursor_close(cursor);
    const struct log_head *head = &log->head;
    uint64_t first = log->origin.previous_seq + 1;
    if (rc == 0 && (count == 0 ? head->first_seq != 0 || head->last_seq + 1 != first
                               : head->first_seq != first || head->last_seq != last ||
                                     last - first + 1 != count))
        rc = tw_fail(why, TW_E_DAMAGED,
                     "it has %" PRIu64 " records up to %" PRIu64 ", its head says %" PRIu64
                     " to %" PRIu64,
                     count, last, head->first_seq, head->last_seq);
    return rc;
}

static int check_through_lmdb(struct log *log, tw_error *why) {
    struct MDB_txn *txn = NULL;
    int rc = tw_share_begin(log->share, &txn, why);
    if (rc)
        return rc;
    rc = check_day(log, txn, why);
    tw_share_end(log->share, txn);
    return rc;
}

static int is_newest(const struct folder *folder, const struct share *share) {
    char name[TW_DAY_NAME_BYTES];
    int64_t newest = 0;
    if (tw_folder_newest(folder, &newest, NULL) || !newest)
        return 1;
    tw_folder_day_name(newest, name);
    return strcmp(name, share->name) == 0;
}

/* LMDB maps all of its lock file; one that somebody copied may have no room behind it. */
static int fill_lock(const struct folder *folder, const struct share *share, tw_error *why) {
    struct stat status;
    if (fstatat(folder->fd, share->lock_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return tw_system_fail(why, errno, "%s/%s", folder->shown, share->lock_name);
    if ((int64_t)status.st_blocks * 512 >= TW_ENV_LOCK_BYTES)
        return 0;
    return tw_log_reserve_lock(folder->fd, folder, share->lock_name, why);
}

/* LMDB's lock file is needed wherever a writer can be; without it only a copy is read. */
static int decide_locking(const struct folder *folder, const struct share *share, int *ret_how,
                          int *ret_alive, tw_error *why) {
    struct lock_holder holder;
    int rc = tw_lock_query(folder, &holder, why);
    if (rc)
        return rc;
    /* The writer that is this very process writes no day but the one that it has open. */
    if (tw_lock_held_here(folder))
        holder.alive = 0;
    *ret_alive = holder.alive != 0;
    *ret_how = TW_ENV_ALONE;
    int has_lock = tw_folder_has(folder, share->lock_name, why);
    if (has_lock < 0)
        return has_lock;
    if (folder->read_only && holder.alive)
        return tw_fail(
            why, TW_E_READ_ONLY,
            "a process writes %s while it is read-only here, so its lock cannot be taken",
            folder->shown);
    if (folder->read_only)
        return 0;
    /* A day that is over needs none: nobody writes it. */
    if (!has_lock && holder.alive && is_newest(folder, share))
        return tw_fail(why, TW_E_DAMAGED, "%s/%s is missing while a process writes the journal",
                       folder->shown, share->lock_name);
    if (!has_lock)
        return 0;
    if (tw_folder_is_remote(folder))
        return tw_fail(why, TW_E_FILE_SYSTEM,
                       "%s is not on a local disk and may be written elsewhere; copy it without %s",
                       share->shown, share->lock_name);
    if (faccessat(folder->fd, share->lock_name, W_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0)
        return tw_system_fail(why, errno, "%s/%s has to be writable to read beside a writer",
                              folder->shown, share->lock_name);
    rc = fill_lock(folder, share, why);
    if (rc == TW_E_NO_SPACE && !holder.alive)
        return 0;
    *ret_how = TW_ENV_READ;
    return rc;
}

static void note_unread(struct share *share, const struct preflight *preflight) {
    share->checked_from = preflight->events_from;
    share->indexes_unread = preflight->indexes_unread != 0;
}

static int open_reading(const struct folder *folder, struct log *log, tw_error *why) {
    struct share *share = log->share;
    struct preflight preflight;
    int64_t bytes = 0;
    int how = TW_ENV_ALONE;
    int alive = 0;
    if (share->env)
        return check_through_lmdb(log, why);
    preflight.events_from = 0;
    preflight.indexes_unread = 0;
    int rc = decide_locking(folder, share, &how, &alive, why);
    if (rc == 0)
        rc = tw_preflight_live(share->fd, TW_PREFLIGHT_NEWEST, &preflight, why);
    if (rc == 0)
        rc = check_heads(&preflight, why);
    /* A file that changed at every look is as alive as its writer; LMDB's own locks must do then.
     */
    if (rc > 0)
        rc = alive && how == TW_ENV_READ
                 ? 0
                 : tw_fail(why, TW_E_DAMAGED, "it changes, but no process holds the writer lock");
    if (rc == 0)
        rc = tw_share_size(share, &bytes, why);
    if (rc == 0)
        note_unread(share, &preflight);
    if (rc == 0)
        rc = tw_share_open_env(share, how, (uint64_t)bytes / TW_PAGE_BYTES * TW_PAGE_BYTES, why);
    return rc ? rc : check_through_lmdb(log, why);
}

/* Takes disk space for the day ahead. On a full disk it goes on with the room
 * that it has, or with a little more. */
static int reserve_day(struct share *share, uint64_t used, tw_error *why) {
    int64_t bytes = 0;
    int rc = tw_share_size(share, &bytes, why);
    if (rc)
        return rc;
    int64_t wanted = tw_log_roomy_bytes(used);
    bytes = bytes / TW_PAGE_BYTES * TW_PAGE_BYTES;
    if (wanted < bytes)
        wanted = bytes;
    rc = tw_file_reserve(share->fd, wanted, why);
    if (rc == TW_E_NO_SPACE) {
        int64_t least = (int64_t)used + ROOM_TO_GO_ON_BYTES;
        wanted = bytes > least ? bytes : least;
        rc = tw_file_reserve(share->fd, wanted, why);
    }
    if (rc)
        return tw_fail_in(why, rc, "room for the day");
    if (ftruncate(share->fd, wanted) != 0 || fsync(share->fd) != 0)
        return tw_system_fail(why, errno, "syncing the day file");
    share->file_bytes = wanted;
    return 0;
}

static int remember_lock(struct share *share, tw_error *why) {
    struct stat status;
    if (fstatat(share->folder_fd, share->lock_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return tw_system_fail(why, errno, "%s", share->lock_name);
    share->lock_device = status.st_dev;
    share->lock_inode = status.st_ino;
    return 0;
}

static int open_writing(const struct folder *folder, struct log *log, tw_error *why) {
    struct share *share = log->share;
    struct preflight preflight;
    uint64_t cleared = 0;
    if (share->writing)
        return tw_fail(why, TW_E_OPEN_TWICE, "this process writes it already");
    tw_share_close_env(share);
    /* What an earlier writer left in the page cache after a failed write is not on the disk; only
     * what is survives the next power loss. */
    if (fsync(share->fd) != 0)
        return tw_system_fail(why, errno, "syncing the day file");
    int rc = tw_preflight_scope(share->fd, TW_PREFLIGHT_NEWEST, &preflight, why);
    if (rc == 0)
        rc = check_heads(&preflight, why);
    if (rc == 0)
        rc = tw_log_reserve_lock(share->folder_fd, folder, share->lock_name, why);
    if (rc == 0)
        rc = reserve_day(share, preflight.used_bytes, why);
    if (rc == 0)
        note_unread(share, &preflight);
    if (rc == 0)
        rc = tw_share_open_env(share, TW_ENV_WRITE, (uint64_t)share->file_bytes, why);
    if (rc == 0)
        rc = tw_env_sync(share->env, why);
    if (rc == 0)
        rc = tw_env_clear_readers(share->env, &cleared, why);
    if (rc == 0)
        rc = remember_lock(share, why);
    if (rc == 0)
        rc = check_through_lmdb(log, why);
    if (rc == 0 && log->head.transaction != preflight.winner.transaction)
        rc =
            tw_fail(why, TW_E_DAMAGED, "LMDB shows commit %" PRIu64 ", the file's last is %" PRIu64,
                    log->head.transaction, preflight.winner.transaction);
    if (rc == 0)
        share->writing = 1;
    return rc;
}

/* After a writer, or one that could not be opened: the readers of this process go on with an
 * environment of their own. */
static void reopen_for_readers(struct share *share) {
    tw_error ignored;
    int64_t bytes = 0;
    if (share->handles > 1 && tw_share_size(share, &bytes, &ignored) == 0)
        tw_share_open_env(share, TW_ENV_READ, (uint64_t)bytes / TW_PAGE_BYTES * TW_PAGE_BYTES,
                          &ignored);
}

static int open_share(const struct folder *folder, struct log *log, int fd,
                      const struct stat *status, tw_error *why) {
    int writing = log->mode == TW_LOG_WRITE;
    tw_share_lock();
    int rc = tw_share_get(folder, log->date, fd, status, writing, &log->share, why);
    if (rc == 0) {
        rc = writing ? open_writing(folder, log, why) : open_reading(folder, log, why);
        if (rc) {
            tw_fail_in(why, rc, "%s", log->share->shown);
            int damaged = rc == TW_E_DAMAGED || rc == TW_E_NEWER;
            if (writing && !log->share->writing && !damaged)
                reopen_for_readers(log->share);
            tw_share_put(log->share);
        }
    }
    tw_share_unlock();
    return rc;
}

int tw_log_open(const struct folder *folder, int64_t date, enum log_mode mode, struct log **ret,
                tw_error *why) {
    char name[TW_DAY_NAME_BYTES];
    struct stat status;
    int fd = -1;
    if (!tw_date_valid(date))
        return tw_fail(why, TW_E_INVALID, "%" PRId64 " is no date", date);
    int rc = mode == TW_LOG_WRITE ? tw_log_check_lock(folder, why) : 0;
    if (rc)
        return rc;
    tw_folder_day_name(date, name);
    rc = tw_folder_open_file(folder, name, mode == TW_LOG_WRITE ? O_RDWR : O_RDONLY, &fd, &status,
                             why);
    if (rc)
        return rc;
    struct log *log = calloc(1, sizeof *log);
    if (!log || status.st_size == 0) {
        rc = log ? tw_fail(why, TW_E_DAMAGED, "%s/%s is empty", folder->shown, name)
                 : tw_fail(why, TW_E_NOMEM, "no memory to open a day file");
        close(fd);
        free(log);
        return rc;
    }
    log->date = date;
    log->mode = mode;
    log->owner = tw_process_id();
    rc = open_share(folder, log, fd, &status, why);
    if (rc) {
        free(log);
        return rc;
    }
    *ret = log;
    return 0;
}

/* ---- closing ------------------------------------------------------------------------------- */

static int trim_day(struct share *share, uint64_t used, tw_error *why) {
    if (ftruncate(share->fd, (off_t)used) != 0 || fsync(share->fd) != 0)
        return tw_system_fail(why, errno, "cutting %s to its used size", share->shown);
    return 0;
}

static int close_log(struct log *log, int trimming, tw_error *why) {
    int rc = 0;
    /* A child of the process that opened it must not touch LMDB; what it inherited ends with it. */
    if (!log || log->owner != tw_process_id())
        return 0;
    struct share *share = log->share;
    tw_share_lock();
    if (log->mode == TW_LOG_WRITE) {
        uint64_t map = 0;
        uint64_t used = 0;
        if (share->env)
            tw_env_size(share->env, &map, &used);
        share->writing = 0;
        tw_share_close_env(share);
        if (trimming && used > 0 && !log->failed)
            rc = trim_day(share, used, why);
        reopen_for_readers(share);
    }
    tw_share_put(share);
    tw_share_unlock();
    tw_log_tail_free(log->tail);
    free(log);
    return rc;
}

void tw_log_close(struct log *log) {
    close_log(log, 0, NULL);
}

int tw_log_close_trimmed(struct log *log, tw_error *why) {
    return close_log(log, 1, why);
}
