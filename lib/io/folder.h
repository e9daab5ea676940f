/* The folder of a journal, and every way in which a file in it is opened, made, moved or listed.
 * Nothing in it is ever reached by path again: the folder is opened once, then openat. */
#ifndef TW_IO_FOLDER_H
#define TW_IO_FOLDER_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

enum folder_use {
    TW_FOLDER_READ, /* may belong to root (read-only media); nothing is changed */
    TW_FOLDER_WRITE /* must be ours */
};

enum { TW_DAY_NAME_BYTES = 13, TW_FILE_NAME_BYTES = 96, TW_SHOWN_PATH_BYTES = 160 };

struct folder {
    int fd;
    enum folder_use use;
    dev_t device;
    ino_t inode;
    int read_only;                   /* the medium is mounted read-only */
    int made;                        /* by tw_folder_create: it was not there before */
    mode_t mode;                     /* as it was found */
    char shown[TW_SHOWN_PATH_BYTES]; /* the path, escaped, for error lines */
};

/* The last part of the path must be a real folder, not a link, that belongs to this user and that
 * nobody else may write. TW_E_NOT_FOUND, TW_E_PERMISSION, TW_E_NOT_JOURNAL when it is no folder. */
int tw_folder_open(const char *path, enum folder_use use, struct folder **ret, tw_error *why);

/* Makes the folder with mode 0700 whatever the umask, or takes one that is empty but for what a
 * crashed init left behind, and makes it durable in its parent. TW_E_EXISTS when anything else is
 * in it. Opened for writing. */
int tw_folder_create(const char *path, struct folder **ret, tw_error *why);

void tw_folder_close(struct folder *folder);

/* For an init that failed: takes the files of a new journal out, while nobody else makes one there;
 * then takes tw_folder_create back: the folder goes if it made it at this path and nothing is in
 * it, or has its mode again. */
void tw_folder_empty(const struct folder *folder);
void tw_folder_undo(const struct folder *folder, const char *path);

/* TW_E_FILE_SYSTEM naming the kind when it cannot keep the promises (network, memory, user space),
 * unless `any`. TW_E_READ_ONLY for a folder opened for writing on a read-only medium. */
int tw_folder_check_file_system(const struct folder *folder, int any, tw_error *why);

/* What kind of file system a magic number of statfs stands for when it is one that is refused, or
 * NULL. */
const char *tw_folder_refused_kind(int64_t magic);

/* 1 when other machines may change the files behind our back. */
int tw_folder_is_remote(const struct folder *folder);

/* The trading dates that have a day file, ascending; at most `room` are written. Returns how many
 * there are, or an error. */
int64_t tw_folder_dates(const struct folder *folder, int64_t *ret, uint64_t room, tw_error *why);

/* The newest of them, 0 where there is none. */
int tw_folder_newest(const struct folder *folder, int64_t *ret_date, tw_error *why);

/* The file that LMDB locks is made before its day file and stays beside it: where the newest one is
 * alone, the day file was removed or renamed, which is never taken for a clean start. TW_E_DAMAGED.
 */
int tw_folder_check_newest(const struct folder *folder, tw_error *why);

/* "20251006.mdb"; the date is valid. */
void tw_folder_day_name(int64_t date, char ret[TW_DAY_NAME_BYTES]);

/* Opens a file that is there: flags are O_RDONLY or O_RDWR. It must be a regular file with one
 * name, ours, that nobody else may write. TW_E_NOT_FOUND, TW_E_PERMISSION, TW_E_READ_ONLY, TW_E_IO;
 * TW_E_DAMAGED when a folder, a pipe or the like has its name.
 * `ret_stat` may be NULL. */
int tw_folder_open_file(const struct folder *folder, const char *name, int flags, int *ret_fd,
                        struct stat *ret_stat, tw_error *why);

/* Makes a file that is not there, mode 0600 whatever the umask, opened O_RDWR. TW_E_EXISTS. */
int tw_folder_make_file(const struct folder *folder, const char *name, int *ret_fd, tw_error *why);

/* 1 when the name is taken, 0 when not, or an error. */
int tw_folder_has(const struct folder *folder, const char *name, tw_error *why);

/* Renames; never over a file. TW_E_EXISTS. Not durable before tw_folder_sync. */
int tw_folder_rename(const struct folder *folder, const char *from, const char *to, tw_error *why);

/* The same over the file that is there. */
int tw_folder_replace(const struct folder *folder, const char *from, const char *to, tw_error *why);

/* Removes a file that may be missing: for our own temporary files only. */
int tw_folder_remove(const struct folder *folder, const char *name, tw_error *why);

int tw_folder_sync(const struct folder *folder, tw_error *why);

/* Gives the file at least `bytes` of real disk space and that size. TW_E_NO_SPACE with the size as
 * it was. */
int tw_file_reserve(int fd, int64_t bytes, tw_error *why);

/* Writes all of it at an offset, reads up to `room` bytes at an offset (*ret_size says how many).
 */
int tw_file_write(int fd, const void *data, size_t size, int64_t offset, tw_error *why);
int tw_file_read(int fd, void *data, size_t room, int64_t offset, size_t *ret_size, tw_error *why);

/* Sets a bad file aside as NAME.bad-20251006T141500Z (with -2, -3 ... if that is taken), durably.
 * The new name goes to ret_name. Nothing is ever deleted or overwritten. */
int tw_folder_set_aside(const struct folder *folder, const char *name, int64_t now_ns,
                        char ret_name[TW_FILE_NAME_BYTES], tw_error *why);

#endif
