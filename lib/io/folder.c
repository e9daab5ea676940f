/* The folder of a journal: opened once with everything about it checked, then never reached by
 * path. */
#include "io/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/text.h"
#include "io/system.h"

enum { DAY_NAME_LENGTH = TW_DAY_NAME_BYTES - 1 };

static const struct {
    int64_t magic;
    const char *kind;
    int remote;
} refused_kinds[] = {
    {0x6969, "nfs", 1},        {0x517B, "smb", 1},           {0xFF534D42, "cifs", 1},
    {0xFE534D42, "smb2", 1},   {0x01021997, "9p", 1},        {0x01021994, "tmpfs", 0},
    {0x858458F6, "ramfs", 0},  {0x65735546, "fuse", 1},      {0x00C36400, "ceph", 1},
    {0x5346414F, "afs", 1},    {0x6B414653, "afs", 1},       {0x73757245, "coda", 1},
    {0x786F4256, "vboxsf", 1}, {0x958458F6, "hugetlbfs", 0},
};

const char *tw_folder_refused_kind(int64_t magic) {
    for (size_t i = 0; i < sizeof refused_kinds / sizeof refused_kinds[0]; i++)
        if (refused_kinds[i].magic == (magic & INT64_C(0xFFFFFFFF)))
            return refused_kinds[i].kind;
    return NULL;
}

static int64_t file_system_magic(const struct folder *folder) {
    struct statfs status;
    return fstatfs(folder->fd, &status) == 0 ? (int64_t)status.f_type & INT64_C(0xFFFFFFFF) : -1;
}

int tw_folder_is_remote(const struct folder *folder) {
    int64_t magic = file_system_magic(folder);
    for (size_t i = 0; i < sizeof refused_kinds / sizeof refused_kinds[0]; i++)
        if (refused_kinds[i].magic == magic)
            return refused_kinds[i].remote;
    return 0;
}

int tw_folder_check_file_system(const struct folder *folder, int any, tw_error *why) {
    if (folder->use == TW_FOLDER_WRITE && folder->read_only)
        return tw_fail(why, TW_E_READ_ONLY, "%s is on a read-only medium", folder->shown);
    int64_t magic = file_system_magic(folder);
    if (magic < 0)
        return tw_system_fail(why, errno, "file system of %s", folder->shown);
    const char *kind = tw_folder_refused_kind(magic);
    if (!kind || any)
        return 0;
    return tw_fail(
        why, TW_E_FILE_SYSTEM,
        "%s is on %s, which cannot keep what was written or cannot lock; expected a local "
        "disk",
        folder->shown, kind);
}

static int check_folder(struct folder *folder, tw_error *why) {
    struct stat status;
    struct statvfs medium;
    if (fstat(folder->fd, &status) != 0 || fstatvfs(folder->fd, &medium) != 0)
        return tw_system_fail(why, errno, "%s", folder->shown);
    if (status.st_uid != geteuid() && !(folder->use == TW_FOLDER_READ && status.st_uid == 0))
        return tw_fail(why, TW_E_PERMISSION, "%s belongs to user %u, expected %u", folder->shown,
                       (unsigned)status.st_uid, (unsigned)geteuid());
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return tw_fail(why, TW_E_PERMISSION, "%s has mode %04o: others may write in it",
                       folder->shown, (unsigned)(status.st_mode & 07777));
    folder->mode = status.st_mode & 07777;
    folder->device = status.st_dev;
    folder->inode = status.st_ino;
    folder->read_only = (medium.f_flag & ST_RDONLY) != 0;
    return 0;
}

int tw_folder_open(const char *path, enum folder_use use, struct folder **ret, tw_error *why) {
    struct folder *folder = calloc(1, sizeof *folder);
    if (!folder)
        return tw_fail(why, TW_E_NOMEM, "no memory to open a folder");
    folder->use = use;
    tw_text_show(path, strlen(path), folder->shown, sizeof folder->shown);
    int rc = 0;
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->fd < 0) {
        struct stat status;
        int error = errno;
        if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
            rc = tw_fail(why, TW_E_PERMISSION, "%s is a symbolic link, expected the folder itself",
                         folder->shown);
        else if (error == ENOTDIR)
            rc = tw_fail(why, TW_E_NOT_JOURNAL, "%s is not a folder", folder->shown);
        else
            rc = tw_system_fail(why, error, "%s", folder->shown);
    } else {
        rc = check_folder(folder, why);
    }
    if (rc) {
        tw_folder_close(folder);
        return rc;
    }
    *ret = folder;
    return 0;
}

void tw_folder_close(struct folder *folder) {
    if (!folder)
        return;
    if (folder->fd >= 0)
        close(folder->fd);
    free(folder);
}

/* The entry that makes a new folder findable lives in its parent. */
static int sync_parent(const struct folder *folder, tw_error *why) {
    int parent = openat(folder->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return tw_system_fail(why, errno, "folder above %s", folder->shown);
    int error = fsync(parent) == 0 ? 0 : errno;
    close(parent);
    return error ? tw_system_fail(why, error, "syncing the folder above %s", folder->shown) : 0;
}

/* A reader over the folder's names that does not move the position of folder->fd. */
static DIR *open_listing(const struct folder *folder, tw_error *why) {
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    if (listing)
        return listing;
    int error = errno;
    if (fd >= 0)
        close(fd);
    tw_system_fail(why, error, "listing %s", folder->shown);
    return NULL;
}

/* The next name, NULL at the end; *ret_error is 0 when the end is the end. */
static const char *next_name(DIR *listing, int *ret_error) {
    errno = 0;
    const struct dirent *entry = readdir(listing);
    *ret_error = entry ? 0 : errno;
    return entry ? entry->d_name : NULL;
}

/* What a crashed init can have left: a lock file, and an intake and an identity that were not the
 * journal's yet, since the identity is the last to get its name. */
static int is_left_over(const char *name) {
    const char *const left[] = {".",           "..",         "identity.new",
                                "writer.lock", "intake.wal", "intake.wal.new"};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        if (strcmp(name, left[i]) == 0)
            return 1;
    return 0;
}

static int check_empty(const struct folder *folder, tw_error *why) {
    tw_error unread = {0, ""};
    DIR *listing = open_listing(folder, &unread);
    if (!listing)
        return tw_fail(why, (int)unread.code, "%s", unread.text);
    int rc = 0;
    int error = 0;
    for (const char *name = next_name(listing, &error); name; name = next_name(listing, &error)) {
        char shown[80];
        if (is_left_over(name))
            continue;
        rc = tw_fail(why, TW_E_EXISTS, "%s is not empty: it has %s", folder->shown,
                     tw_text_show(name, strlen(name), shown, sizeof shown));
        break;
    }
    closedir(listing);
    if (rc == 0 && error)
        rc = tw_system_fail(why, error, "listing %s", folder->shown);
    return rc;
}

/* Without the slash and the name at the end; 0 where there is nothing in front of them. */
static size_t parent_length(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

int tw_folder_create(const char *path, struct folder **ret, tw_error *why) {
    char shown[TW_SHOWN_PATH_BYTES];
    int made = mkdir(path, S_IRWXU) == 0;
    if (!made && errno == ENOENT && parent_length(path))
        return tw_fail(why, TW_E_NOT_FOUND, "the folder %s is missing: its disk may not be mounted",
                       tw_text_show(path, parent_length(path), shown, sizeof shown));
    if (!made && errno != EEXIST)
        return tw_system_fail(why, errno, "making the folder %s",
                              tw_text_show(path, strlen(path), shown, sizeof shown));
    struct folder *folder = NULL;
    int rc = 0;
    /* With a umask that takes our own rights the folder could not even be opened. */
    if (made && chmod(path, S_IRWXU) != 0)
        rc = tw_system_fail(why, errno, "setting the mode of %s",
                            tw_text_show(path, strlen(path), shown, sizeof shown));
    if (rc == 0)
        rc = tw_folder_open(path, TW_FOLDER_WRITE, &folder, why);
    if (rc && made)
        rmdir(path);
    if (rc)
        return rc == TW_E_NOT_JOURNAL
                   ? tw_fail(why, TW_E_EXISTS, "%s is a file, expected a folder or nothing",
                             tw_text_show(path, strlen(path), shown, sizeof shown))
                   : rc;
    folder->made = made;
    rc = made ? 0 : check_empty(folder, why);
    if (rc == 0 && fchmod(folder->fd, S_IRWXU) != 0)
        rc = tw_system_fail(why, errno, "setting the mode of %s", folder->shown);
    if (rc == 0)
        rc = sync_parent(folder, why);
    if (rc) {
        tw_folder_undo(folder, path);
        tw_folder_close(folder);
        return rc;
    }
    *ret = folder;
    return 0;
}

void tw_folder_empty(const struct folder *folder) {
    const char *const made[] = {"identity", "identity.new", "intake.wal", "intake.wal.new"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        unlinkat(folder->fd, made[i], 0);
}

void tw_folder_undo(const struct folder *folder, const char *path) {
    struct stat status;
    if (folder->made) {
        if (lstat(path, &status) == 0 && status.st_dev == folder->device &&
            status.st_ino == folder->inode)
            rmdir(path);
        return;
    }
    /* Where another init has made a journal meanwhile, the mode is that journal's. */
    int is_journal = faccessat(folder->fd, "identity", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_journal && fchmod(folder->fd, folder->mode) != 0)
        return; /* nothing more can be done about it */
}

void tw_folder_day_name(int64_t date, char ret[TW_DAY_NAME_BYTES]) {
    assert(tw_date_valid(date));
    snprintf(ret, TW_DAY_NAME_BYTES, "%08d.mdb", (int)date);
}

/* The date of a day file's name, 0 when the name is none. */
static int64_t date_of_name(const char *name) {
    if (strlen(name) != DAY_NAME_LENGTH || strcmp(name + 8, ".mdb") != 0 ||
        strspn(name, "0123456789") != 8)
        return 0;
    int64_t date = strtoll(name, NULL, 10);
    return tw_date_valid(date) ? date : 0;
}

static int compare_dates(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int64_t tw_folder_dates(const struct folder *folder, int64_t *ret, uint64_t room, tw_error *why) {
    tw_error unread = {0, ""};
    DIR *listing = open_listing(folder, &unread);
    if (!listing)
        return tw_fail(why, (int)unread.code, "%s", unread.text);
    void *dates = NULL;
    size_t capacity = 0;
    size_t count = 0;
    int rc = 0;
    int error = 0;
    for (const char *name = next_name(listing, &error); name; name = next_name(listing, &error)) {
        int64_t date = date_of_name(name);
        if (date == 0)
            continue;
        rc = tw_array_reserve(&dates, &capacity, count + 1, sizeof(int64_t));
        if (rc)
            break;
        ((int64_t *)dates)[count++] = date;
    }
    closedir(listing);
    if (rc)
        tw_fail(why, rc, "no memory to list %s", folder->shown);
    else if (error)
        rc = tw_system_fail(why, error, "listing %s", folder->shown);
    if (rc == 0 && count > 0) {
        qsort(dates, count, sizeof(int64_t), compare_dates);
        size_t wanted = count < room ? count : (size_t)room;
        if (wanted > 0)
            memcpy(ret, dates, wanted * sizeof(int64_t));
    }
    free(dates);
    return rc ? rc : (int64_t)count;
}

/* The dates of the newest day file and of the newest lock file of one, 0 where there is none. */
static int newest_names(const struct folder *folder, int64_t *ret_day, int64_t *ret_lock,
                        tw_error *why) {
    tw_error unread = {0, ""};
    int error = 0;
    *ret_day = *ret_lock = 0;
    DIR *listing = open_listing(folder, &unread);
    if (!listing)
        return tw_fail(why, (int)unread.code, "%s", unread.text);
    for (const char *name = next_name(listing, &error); name; name = next_name(listing, &error)) {
        char day[TW_DAY_NAME_BYTES] = "";
        int locks = strlen(name) > DAY_NAME_LENGTH && strcmp(name + DAY_NAME_LENGTH, "-lock") == 0;
        if (locks)
            memcpy(day, name, DAY_NAME_LENGTH);
        int64_t *newest = locks ? ret_lock : ret_day;
        int64_t date = date_of_name(locks ? day : name);
        if (date > *newest)
            *newest = date;
    }
    closedir(listing);
    return error ? tw_system_fail(why, error, "listing %s", folder->shown) : 0;
}

int tw_folder_newest(const struct folder *folder, int64_t *ret_date, tw_error *why) {
    int64_t locked;
    return newest_names(folder, ret_date, &locked, why);
}

int tw_folder_check_newest(const struct folder *folder, tw_error *why) {
    char name[TW_DAY_NAME_BYTES];
    char made[TW_DAY_NAME_BYTES + 4];
    int64_t newest, locked;
    int rc = newest_names(folder, &newest, &locked, why);
    if (rc || locked <= newest)
        return rc;
    tw_folder_day_name(locked, name);
    snprintf(made, sizeof made, "%s.new", name);
    /* In this order: a day file that is being made goes from the second name to the first. */
    int found = tw_folder_has(folder, made, why);
    if (found == 0)
        found = tw_folder_has(folder, name, why);
    if (found)
        return found < 0 ? found : 0;
    return tw_fail(why, TW_E_DAMAGED,
                   "%s/%s is missing, but %s-lock is there: put the day file back, or remove the "
                   "lock file to go on without that day",
                   folder->shown, name, name);
}

int tw_folder_set_aside(const struct folder *folder, const char *name, int64_t now_ns,
                        char ret_name[TW_FILE_NAME_BYTES], tw_error *why) {
    struct civil when;
    tw_civil_from_seconds(now_ns / TW_NS_PER_SECOND, &when);
    assert(strlen(name) <= 48);
    for (int attempt = 1; attempt <= 99; attempt++) {
        char to[TW_FILE_NAME_BYTES];
        int length = snprintf(to, sizeof to, "%s.bad-%04d%02d%02dT%02d%02d%02dZ", name, when.year,
                              when.month, when.day, when.hour, when.minute, when.second);
        if (attempt > 1)
            snprintf(to + length, sizeof to - (size_t)length, "-%d", attempt);
        tw_error taken;
        int rc = tw_folder_rename(folder, name, to, &taken);
        if (rc == TW_E_EXISTS)
            continue;
        if (rc)
            return tw_fail(why, rc, "setting aside %s", taken.text);
        rc = tw_folder_sync(folder, why);
        if (rc == 0)
            memcpy(ret_name, to, sizeof to);
        return rc;
    }
    return tw_fail(why, TW_E_EXISTS, "%s/%s was set aside 99 times in one second", folder->shown,
                   name);
}
