/* intake.wal as a file: making it, opening it, looking at it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "io/intake_internal.h"
#include "io/system.h"

static const char temporary_name[] = "intake.wal.new";

enum { ZEROS_AT_ONCE = 4096 };

/* ---- making -------------------------------------------------------------------------------- */

/* Real zeros, not room that was only reserved: the first flush of a block in reserved room would
 * have to record that it is written now. In small pieces: a page cache that keeps large ones as one
 * makes every later write into them slower. */
static int write_zeros(int fd, tw_error *why) {
    char *zeros = calloc(1, ZEROS_AT_ONCE);
    int rc = zeros ? 0 : tw_fail(why, TW_E_NOMEM, "no memory to fill the intake");
    for (int64_t at = TW_INTAKE_HEADER_BYTES; rc == 0 && at < TW_INTAKE_BYTES; at += ZEROS_AT_ONCE)
        rc = tw_file_write(fd, zeros, ZEROS_AT_ONCE, at, why);
    free(zeros);
    return rc;
}

static int fill(const struct folder *folder, int fd, const uint8_t uuid[16], uint64_t session,
                tw_error *why) {
    uint8_t header[TW_INTAKE_HEADER_BYTES];
    struct intake_header empty = {.session = session, .is_empty = 1};
    tw_intake_header_encode(&empty, uuid, header);
    int rc = write_zeros(fd, why);
    if (rc == 0)
        rc = tw_file_write(fd, header, sizeof header, 0, why);
    if (rc == 0 && fsync(fd) != 0)
        rc = tw_system_fail(why, errno, "syncing %s/%s", folder->shown, temporary_name);
    return rc;
}

int tw_intake_create(const struct folder *folder, const uint8_t uuid[16], uint64_t session,
                     tw_error *why) {
    int fd = -1;
    int rc = tw_folder_remove(folder, temporary_name, why);
    if (rc == 0)
        rc = tw_folder_make_file(folder, temporary_name, &fd, why);
    if (rc)
        return rc;
    rc = fill(folder, fd, uuid, session, why);
    close(fd);
    if (rc == 0)
        rc = tw_folder_rename(folder, temporary_name, TW_INTAKE_NAME, why);
    if (rc) {
        tw_error ignored;
        tw_folder_remove(folder, temporary_name, &ignored);
        return rc;
    }
    return tw_folder_sync(folder, why);
}

int tw_intake_remake(const struct folder *folder, const uint8_t uuid[16], tw_error *why) {
    int rc = tw_folder_remove(folder, TW_INTAKE_NAME, why);
    return rc ? rc : tw_intake_create(folder, uuid, 0, why);
}

/* ---- opening ------------------------------------------------------------------------------- */

static int open_file(const struct folder *folder, const uint8_t uuid[16], int flags, int *ret_fd,
                     struct stat *ret_stat, struct intake_header *ret, tw_error *why) {
    uint8_t header[TW_INTAKE_HEADER_BYTES];
    size_t size = 0;
    int fd = -1;
    int rc = tw_folder_open_file(folder, TW_INTAKE_NAME, flags, &fd, ret_stat, why);
    if (rc)
        return rc;
    rc = tw_file_read(fd, header, sizeof header, 0, &size, why);
    if (rc == 0)
        rc = tw_intake_header_decode(header, size, uuid, ret, why);
    if (rc == 0 && ret_stat->st_size != TW_INTAKE_BYTES)
        rc = tw_fail(why, TW_E_DAMAGED, "it has %lld bytes, expected %d",
                     (long long)ret_stat->st_size, TW_INTAKE_BYTES);
    if (rc) {
        close(fd);
        return tw_fail_in(why, rc, "%s/%s", folder->shown, TW_INTAKE_NAME);
    }
    *ret_fd = fd;
    return 0;
}

static int read_half(int fd, int index, struct buffer *bytes, tw_error *why) {
    int64_t at = tw_intake_offset((uint64_t)index * TW_INTAKE_HALF_BYTES);
    size_t size = 0;
    if (tw_buffer_reserve(bytes, TW_INTAKE_HALF_BYTES))
        return tw_fail(why, TW_E_NOMEM, "no memory to read the intake");
    int rc = tw_file_read(fd, bytes->data + bytes->size, TW_INTAKE_HALF_BYTES, at, &size, why);
    if (rc == 0 && size != TW_INTAKE_HALF_BYTES)
        rc = tw_fail(why, TW_E_DAMAGED, "%s has become shorter", TW_INTAKE_NAME);
    if (rc == 0)
        bytes->size += size;
    return rc;
}

int tw_intake_look(const struct folder *folder, const uint8_t uuid[16], struct buffer *bytes,
                   struct intake_header *ret_header, struct intake_image *ret, tw_error *why) {
    struct intake_header header;
    struct stat status;
    int fd = -1;
    int rc = open_file(folder, uuid, O_RDONLY, &fd, &status, &header, why);
    size_t ends[TW_INTAKE_HALVES] = {0};
    tw_buffer_clear(bytes);
    for (int i = 0; rc == 0 && i < TW_INTAKE_HALVES; i++) {
        rc = header.is_empty ? 0 : read_half(fd, i, bytes, why);
        ends[i] = bytes->size;
    }
    if (fd >= 0)
        close(fd);
    if (rc)
        return rc;
    /* The buffer may have moved while it grew. */
    for (int i = 0; i < TW_INTAKE_HALVES; i++) {
        size_t start = i ? ends[i - 1] : 0;
        const uint8_t *at = ends[i] > start ? (const uint8_t *)bytes->data + start : NULL;
        ret->halves[i] = (struct intake_half){at, ends[i] - start};
    }
    ret->session = tw_intake_header_frames(&header, uuid);
    *ret_header = header;
    return 0;
}

/* A copy may have got holes where the zeros were. */
static int fill_holes(struct intake *intake, const struct stat *status, tw_error *why) {
    return (int64_t)status->st_blocks * 512 < TW_INTAKE_BYTES ? write_zeros(intake->fd, why) : 0;
}

int tw_intake_open(const struct folder *folder, const uint8_t uuid[16], struct intake **ret,
                   tw_error *why) {
    struct stat status;
    struct intake *intake = calloc(1, sizeof *intake);
    if (!intake)
        return tw_fail(why, TW_E_NOMEM, "no memory to open the intake");
    intake->folder = folder;
    intake->fd = -1;
    pthread_mutex_init(&intake->mutex, NULL);
    tw_thread_condition(&intake->released);
    memcpy(intake->uuid, uuid, sizeof intake->uuid);
    int rc = open_file(folder, uuid, O_RDWR, &intake->fd, &status, &intake->header, why);
    if (rc == 0) {
        intake->device = status.st_dev;
        intake->inode = status.st_ino;
        rc = fill_holes(intake, &status, why);
    }
    if (rc) {
        tw_intake_close(intake);
        return rc;
    }
    *ret = intake;
    return 0;
}

void tw_intake_forget(struct intake *intake) {
    if (intake && intake->fd >= 0)
        close(intake->fd);
    free(intake);
}

void tw_intake_close(struct intake *intake) {
    if (!intake)
        return;
    pthread_cond_destroy(&intake->released);
    pthread_mutex_destroy(&intake->mutex);
    tw_intake_forget(intake);
}

/* One sector of the block is used: it is there as it was or as it is to be. */
static int put_header(struct intake *intake, const struct intake_header *header, tw_error *why) {
    uint8_t block[TW_INTAKE_HEADER_BYTES];
    tw_intake_header_encode(header, intake->uuid, block);
    int rc = tw_file_write(intake->fd, block, sizeof block, 0, why);
    if (rc == 0 && fdatasync(intake->fd) != 0)
        rc = tw_system_fail(why, errno, "syncing");
    return rc ? tw_fail_in(why, rc, "%s/%s", intake->folder->shown, TW_INTAKE_NAME) : 0;
}

int tw_intake_reset(struct intake *intake, int64_t date, uint64_t session_before, uint64_t epoch,
                    uint64_t *ret_session, tw_error *why) {
    struct intake_header header = {.date = date, .session_before = session_before, .epoch = epoch};
    while (header.session == 0 || header.session == session_before)
        if (getrandom(&header.session, sizeof header.session, 0) != sizeof header.session)
            return tw_system_fail(why, errno, "asking for random bytes");
    int rc = put_header(intake, &header, why);
    if (rc)
        return rc;
    pthread_mutex_lock(&intake->mutex);
    intake->header = header;
    intake->session = tw_frame_session(intake->uuid, header.session, epoch);
    intake->end = intake->taken = intake->sealed = 0;
    memset(intake->filled, 0, sizeof intake->filled);
    intake->epoch = epoch;
    memset(intake->use_epoch, 0, sizeof intake->use_epoch);
    intake->next_seq = 0;
    intake->last_seq = 0;
    pthread_mutex_unlock(&intake->mutex);
    *ret_session = header.session;
    return 0;
}

int tw_intake_finish(struct intake *intake, const struct log_head *head, tw_error *why) {
    struct intake_header header = intake->header;
    header.is_empty = 1;
    header.last_seq = head->last_seq;
    memcpy(header.digest, head->digest, sizeof header.digest);
    int rc = put_header(intake, &header, why);
    if (rc == 0)
        intake->header = header;
    return rc;
}

/* Asked without the times of the file: a kernel that was asked for them gives the next write a time
 * of its own, and its flush then has an inode to record. */
int tw_intake_watch(struct intake *intake, tw_error *why) {
    struct statx status;
    if (statx(intake->folder->fd, TW_INTAKE_NAME, AT_SYMLINK_NOFOLLOW,
              STATX_INO | STATX_NLINK | STATX_SIZE, &status) != 0)
        return errno == ENOENT ? tw_fail(why, TW_E_DAMAGED, "the intake was removed")
                               : tw_system_fail(why, errno, "looking at the intake");
    if (makedev(status.stx_dev_major, status.stx_dev_minor) != intake->device ||
        status.stx_ino != intake->inode)
        return tw_fail(why, TW_E_DAMAGED, "the intake was replaced");
    if (status.stx_size != TW_INTAKE_BYTES || status.stx_nlink != 1)
        return tw_fail(
            why, TW_E_DAMAGED, "the intake has %llu bytes and %u names, expected %d and one",
            (unsigned long long)status.stx_size, (unsigned)status.stx_nlink, TW_INTAKE_BYTES);
    return 0;
}
