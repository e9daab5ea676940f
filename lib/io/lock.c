/* writer.lock: one writer per journal. */
#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/date.h"
#include "io/lines.h"
#include "io/process.h"
#include "io/system.h"

static const char file_name[] = "writer.lock";
static const char magic_line[] = "tradewal writer";

/* The text is padded to one size, so that writing it again needs no room on a full disk. */
enum { LOCK_FILE_BYTES = 512 };

struct lock {
    struct lock *next;
    int fd;
    int folder_fd; /* the folder is locked too: writer.lock can be removed under its holder */
    pid_t owner;
    dev_t device;
    ino_t inode;
};

/* All locks of this process. Entries that a child inherited from its parent are told by their
 * owner. */
static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct lock *table;

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

static struct lock *find_here(const struct folder *folder) {
    for (struct lock *lock = table; lock; lock = lock->next)
        if (lock->device == folder->device && lock->inode == folder->inode &&
            lock->owner == tw_process_id())
            return lock;
    return NULL;
}

static int open_or_make(const struct folder *folder, int *ret_fd, tw_error *why) {
    int rc = tw_folder_open_file(folder, file_name, O_RDWR, ret_fd, NULL, why);
    if (rc != TW_E_NOT_FOUND)
        return rc;
    rc = tw_folder_make_file(folder, file_name, ret_fd, why);
    if (rc == TW_E_EXISTS)
        rc = tw_folder_open_file(folder, file_name, O_RDWR, ret_fd, NULL, why);
    return rc;
}

static int write_holder(int fd, tw_error *why) {
    char text[LOCK_FILE_BYTES + 1];
    char since[TW_TIME_TEXT_BYTES];
    char boot[TW_BOOT_ID_BYTES];
    char host[TW_HOST_BYTES];
    tw_clock_boot_id(boot);
    tw_clock_host(host);
    tw_time_format(tw_clock_now_ns(), 0, 9, since);
    int length = snprintf(
        text, sizeof text,
        "%s\npid: %d\nprocess_start: %" PRId64 "\nsince: %s\nboot_id: %s\nhost: %s\n", magic_line,
        (int)tw_process_id(), tw_clock_process_start(tw_process_id()), since, boot, host);
    memset(text + length, '\n', LOCK_FILE_BYTES - (size_t)length);
    return tw_file_write(fd, text, LOCK_FILE_BYTES, 0, why);
}

/* What the file says; pid stays 0 when it says nothing that can be read. */
static void read_holder(int fd, struct lock_holder *ret) {
    char text[LOCK_FILE_BYTES];
    char since[TW_TIME_TEXT_BYTES];
    size_t size = 0;
    tw_error ignored;
    struct lock_holder holder;
    memset(&holder, 0, sizeof holder);
    if (tw_file_read(fd, text, sizeof text, 0, &size, &ignored) != 0)
        size = 0;
    struct lines lines = {text, size};
    if (tw_lines_expect(&lines, magic_line) &&
        tw_lines_number(&lines, "pid", INT32_MAX, &holder.pid) &&
        tw_lines_number(&lines, "process_start", INT64_MAX, &holder.process_start) &&
        tw_lines_take(&lines, "since", since, sizeof since) &&
        tw_time_parse(since, strlen(since), &holder.since_ns) == 0 &&
        tw_lines_take(&lines, "boot_id", holder.boot_id, sizeof holder.boot_id) &&
        tw_lines_take(&lines, "host", holder.host, sizeof holder.host))
        *ret = holder;
    else
        memset(ret, 0, sizeof *ret);
}

/* A child made by fork without exec shares its parent's lock and keeps it past the parent's death.
 */
static int is_gone(const struct lock_holder *holder) {
    char boot[TW_BOOT_ID_BYTES];
    char host[TW_HOST_BYTES];
    tw_clock_boot_id(boot);
    tw_clock_host(host);
    return holder->pid > 0 && strcmp(boot, holder->boot_id) == 0 &&
           strcmp(host, holder->host) == 0 &&
           tw_clock_process_start(holder->pid) != holder->process_start;
}

static int fail_busy(const struct folder *folder, int fd, tw_error *why) {
    struct lock_holder holder;
    char since[TW_TIME_TEXT_BYTES];
    read_holder(fd, &holder);
    if (holder.pid == 0)
        return tw_fail(why, TW_E_BUSY, "another process writes %s; it has not said which",
                       folder->shown);
    tw_time_format(holder.since_ns, 0, 0, since);
    return tw_fail(why, TW_E_BUSY, "process %" PRId64 " on %s writes %s since %s%s", holder.pid,
                   holder.host, folder->shown, since,
                   is_gone(&holder) ? "; it is gone, but a child of it holds on" : "");
}

static int set_lock(int fd, int type, int command, struct flock *ret) {
    memset(ret, 0, sizeof *ret);
    ret->l_type = (short)type;
    ret->l_whence = SEEK_SET;
    int rc;
    do
        rc = fcntl(fd, command, ret);
    while (rc != 0 && errno == EINTR);
    return rc;
}

/* Of its own descriptor, so that it lasts as long as the lock and not as long as the folder. */
static int take_folder(const struct folder *folder, struct lock *lock, tw_error *why) {
    lock->folder_fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock->folder_fd < 0)
        return tw_system_fail(why, errno, "opening %s", folder->shown);
    if (flock(lock->folder_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return fail_busy(folder, lock->fd, why);
    return tw_system_fail(why, errno, "locking %s", folder->shown);
}

static int take_file(const struct folder *folder, struct lock *lock, tw_error *why) {
    int rc = open_or_make(folder, &lock->fd, why);
    if (rc)
        return rc;
    struct flock range;
    if (set_lock(lock->fd, F_WRLCK, F_OFD_SETLK, &range) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return fail_busy(folder, lock->fd, why);
        return tw_system_fail(why, errno, "locking %s/%s", folder->shown, file_name);
    }
    rc = take_folder(folder, lock, why);
    return rc ? rc : write_holder(lock->fd, why);
}

int tw_lock_take(const struct folder *folder, struct lock **ret, tw_error *why) {
    pthread_once(&fork_once, survive_fork);
    struct lock *lock = calloc(1, sizeof *lock);
    if (!lock)
        return tw_fail(why, TW_E_NOMEM, "no memory for the writer lock");
    lock->fd = lock->folder_fd = -1;
    lock->owner = tw_process_id();
    lock->device = folder->device;
    lock->inode = folder->inode;
    lock_table();
    int rc = find_here(folder)
                 ? tw_fail(why, TW_E_OPEN_TWICE, "this process writes %s already", folder->shown)
                 : take_file(folder, lock, why);
    if (rc == 0) {
        lock->next = table;
        table = lock;
    }
    unlock_table();
    if (rc) {
        if (lock->fd >= 0)
            close(lock->fd);
        if (lock->folder_fd >= 0)
            close(lock->folder_fd);
        free(lock);
        return rc;
    }
    *ret = lock;
    return 0;
}

void tw_lock_release(struct lock *lock) {
    if (!lock)
        return;
    lock_table();
    struct lock **link = &table;
    while (*link && *link != lock)
        link = &(*link)->next;
    if (*link)
        *link = lock->next;
    /* Unlocking says it for all copies of the descriptor, so only the owner may; closing does not.
     */
    struct flock range;
    if (lock->owner == tw_process_id()) {
        set_lock(lock->fd, F_UNLCK, F_OFD_SETLK, &range);
        flock(lock->folder_fd, LOCK_UN);
    }
    close(lock->fd);
    close(lock->folder_fd);
    unlock_table();
    free(lock);
}

int tw_lock_check(const struct lock *lock, tw_error *why) {
    if (lock->owner == tw_process_id())
        return 0;
    return tw_fail(why, TW_E_FORKED, "process %d opened the journal, this is its child %d",
                   (int)lock->owner, (int)tw_process_id());
}

int tw_lock_query(const struct folder *folder, struct lock_holder *ret, tw_error *why) {
    int fd = -1;
    int rc = tw_folder_open_file(folder, file_name, O_RDONLY, &fd, NULL, why);
    if (rc == TW_E_NOT_FOUND) {
        memset(ret, 0, sizeof *ret);
        return 0;
    }
    if (rc)
        return rc;
    struct flock range;
    struct lock_holder holder;
    if (set_lock(fd, F_RDLCK, F_OFD_GETLK, &range) != 0) {
        rc = tw_system_fail(why, errno, "asking for the lock of %s", folder->shown);
    } else {
        read_holder(fd, &holder);
        holder.alive = range.l_type != F_UNLCK;
        holder.gone = holder.alive && is_gone(&holder);
        *ret = holder;
    }
    close(fd);
    return rc;
}

int tw_lock_held_here(const struct folder *folder) {
    lock_table();
    int held = find_here(folder) != NULL;
    unlock_table();
    return held;
}
