/* Opening, making, filling and reading single files of a journal's folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "io/folder.h"
#include "io/system.h"

/* Everything a file has to be before a byte of it is looked at. */
static int check_file(const struct folder *folder, const char *name, const struct stat *status,
                      tw_error *why) {
    if (!S_ISREG(status->st_mode))
        return tw_fail(why, TW_E_DAMAGED, "%s/%s is not a regular file", folder->shown, name);
    uid_t owner = status->st_uid;
    if (owner != geteuid() && !(folder->use == TW_FOLDER_READ && owner == 0))
        return tw_fail(why, TW_E_PERMISSION, "%s/%s belongs to user %u, expected %u", folder->shown,
                       name, (unsigned)owner, (unsigned)geteuid());
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return tw_fail(why, TW_E_PERMISSION, "%s/%s has mode %04o: others may write it",
                       folder->shown, name, (unsigned)(status->st_mode & 07777));
    if (status->st_nlink != 1)
        return tw_fail(why, TW_E_PERMISSION, "%s/%s has %lu names, expected one", folder->shown,
                       name, (unsigned long)status->st_nlink);
    return 0;
}

enum { TRIES_TO_OPEN = 5 };

/* 1: another file took its place meanwhile. */
static int open_once(const struct folder *folder, const char *name, int flags, int *ret_fd,
                     struct stat *ret_stat, tw_error *why) {
    /* O_NONBLOCK so that a named pipe put in the file's place cannot hang us; it does nothing to a
     * regular file. */
    int fd = openat(folder->fd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP)
        return tw_fail(why, TW_E_PERMISSION, "%s/%s is a symbolic link", folder->shown, name);
    if (fd < 0 && errno == EISDIR)
        return tw_fail(why, TW_E_DAMAGED, "%s/%s is not a regular file", folder->shown, name);
    if (fd < 0)
        return tw_system_fail(why, errno, "%s/%s", folder->shown, name);
    int rc =
        fstat(fd, ret_stat) == 0 ? 0 : tw_system_fail(why, errno, "%s/%s", folder->shown, name);
    if (rc == 0)
        rc = ret_stat->st_nlink == 0 ? 1 : check_file(folder, name, ret_stat, why);
    if (rc)
        close(fd);
    else
        *ret_fd = fd;
    return rc;
}

int tw_folder_open_file(const struct folder *folder, const char *name, int flags, int *ret_fd,
                        struct stat *ret_stat, tw_error *why) {
    struct stat status;
    int rc = 1;
    for (int tries = 0; rc > 0 && tries < TRIES_TO_OPEN; tries++)
        rc = open_once(folder, name, flags, ret_fd, &status, why);
    if (rc > 0)
        return tw_fail(why, TW_E_IO, "%s/%s is replaced again and again", folder->shown, name);
    if (rc == 0 && ret_stat)
        *ret_stat = status;
    return rc;
}

int tw_folder_make_file(const struct folder *folder, const char *name, int *ret_fd, tw_error *why) {
    int fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        return tw_system_fail(why, errno, "%s/%s", folder->shown, name);
    /* The umask may have taken bits away. */
    if (fchmod(fd, S_IRUSR | S_IWUSR) != 0) {
        int error = errno;
        close(fd);
        unlinkat(folder->fd, name, 0);
        return tw_system_fail(why, error, "%s/%s", folder->shown, name);
    }
    *ret_fd = fd;
    return 0;
}

int tw_folder_has(const struct folder *folder, const char *name, tw_error *why) {
    struct stat status;
    if (fstatat(folder->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    return tw_system_fail(why, errno, "%s/%s", folder->shown, name);
}

int tw_folder_rename(const struct folder *folder, const char *from, const char *to, tw_error *why) {
    if (renameat2(folder->fd, from, folder->fd, to, RENAME_NOREPLACE) == 0)
        return 0;
    return tw_system_fail(why, errno, "renaming %s/%s to %s", folder->shown, from, to);
}

int tw_folder_replace(const struct folder *folder, const char *from, const char *to,
                      tw_error *why) {
    if (renameat(folder->fd, from, folder->fd, to) == 0)
        return 0;
    return tw_system_fail(why, errno, "renaming %s/%s to %s", folder->shown, from, to);
}

int tw_folder_remove(const struct folder *folder, const char *name, tw_error *why) {
    if (unlinkat(folder->fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    return tw_system_fail(why, errno, "removing %s/%s", folder->shown, name);
}

int tw_folder_sync(const struct folder *folder, tw_error *why) {
    if (fsync(folder->fd) == 0)
        return 0;
    return tw_system_fail(why, errno, "syncing the folder %s", folder->shown);
}

int tw_file_reserve(int fd, int64_t bytes, tw_error *why) {
    struct stat before;
    if (fstat(fd, &before) != 0)
        return tw_system_fail(why, errno, "reserving %lld bytes", (long long)bytes);
    int error;
    do
        error = posix_fallocate(fd, 0, bytes);
    while (error == EINTR);
    if (error == 0)
        return 0;
    struct stat after;
    /* A refused reservation may have taken a part; that is given back. */
    if (fstat(fd, &after) == 0 && after.st_size > before.st_size &&
        ftruncate(fd, before.st_size) != 0)
        return tw_system_fail(why, errno, "giving back a reservation");
    return tw_system_fail(why, error, "reserving %lld bytes", (long long)bytes);
}

int tw_file_write(int fd, const void *data, size_t size, int64_t offset, tw_error *why) {
    const char *bytes = data;
    size_t done = 0;
    while (done < size) {
        ssize_t wrote = pwrite(fd, bytes + done, size - done, (off_t)(offset + (int64_t)done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return tw_system_fail(why, wrote < 0 ? errno : EIO, "writing %zu bytes", size - done);
        done += (size_t)wrote;
    }
    return 0;
}

int tw_file_read(int fd, void *data, size_t room, int64_t offset, size_t *ret_size, tw_error *why) {
    char *bytes = data;
    size_t done = 0;
    while (done < room) {
        ssize_t got = pread(fd, bytes + done, room - done, (off_t)(offset + (int64_t)done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tw_system_fail(why, errno, "reading %zu bytes", room - done);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_size = done;
    return 0;
}
