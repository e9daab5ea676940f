/* What the tests of the log share: a journal with its writer lock, and records that know
 * themselves. */
#ifndef TW_TEST_DAY_FILE_H
#define TW_TEST_DAY_FILE_H

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "harness.h"
#include "io/lock.h"
#include "io/log.h"

#define DAY      20251006
#define DAY_NAME "20251006.mdb"

static struct folder *journal;
static struct lock *writer;
static char journal_path[400]; /* scratch_path is another one in a child */

/* The test fails with the line of the error. */
#define CHECK_OK(call)                                                                  \
    do {                                                                                \
        tw_error check_why = {0, ""};                                                   \
        tw_error *why = &check_why;                                                     \
        int64_t check_rc = (call);                                                      \
        ck_assert_msg(check_rc >= 0, "%s: %s: %s", #call, tw_error_name((int)check_rc), \
                      why->text);                                                       \
    } while (0)

#define CHECK_FAILS(call, expected_code, part)                                                  \
    do {                                                                                        \
        tw_error check_why = {0, ""};                                                           \
        tw_error *why = &check_why;                                                             \
        int64_t check_rc = (call);                                                              \
        ck_assert_msg(check_rc == (expected_code), "%s: found %s (%s), expected %s", #call,     \
                      check_rc < 0 ? tw_error_name((int)check_rc) : "success", why->text,       \
                      tw_error_name(expected_code));                                            \
        ck_assert_int_eq(why->code, (expected_code));                                           \
        ck_assert_msg(strstr(why->text, part) != NULL, "\"%s\" does not say \"%s\"", why->text, \
                      part);                                                                    \
    } while (0)

static inline const char *in_journal(const char *name) {
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", journal_path, name);
    return path;
}

static inline const char *day_path(void) {
    return in_journal(DAY_NAME);
}

static inline const char *day_lock_path(void) {
    return in_journal(DAY_NAME "-lock");
}

static inline void make_journal(void) {
    snprintf(journal_path, sizeof journal_path, "%s/journal", scratch_folder());
    CHECK_OK(tw_folder_create(journal_path, &journal, why));
    CHECK_OK(tw_lock_take(journal, &writer, why));
}

static inline struct log_origin origin_of(int64_t date, uint64_t previous_seq) {
    struct log_origin origin = {.date = date, .previous_seq = previous_seq};
    memset(origin.uuid, 7, sizeof origin.uuid);
    memset(origin.previous_digest, 9, sizeof origin.previous_digest);
    return origin;
}

static inline void make_day_file(void) {
    struct log_origin origin = origin_of(DAY, 0);
    CHECK_OK(tw_log_create(journal, DAY, &origin, 0, why));
}

static inline struct log *open_day(enum log_mode mode) {
    struct log *log = NULL;
    CHECK_OK(tw_log_open(journal, DAY, mode, &log, why));
    return log;
}

/* A record of `size` bytes (16 or more): seq, size, filling, CRC of all before it. */
static inline uint8_t *make_record(uint64_t seq, size_t size) {
    uint8_t *bytes = malloc(size);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(seq * 31 + i * 7);
    tw_put_u64(bytes, seq);
    tw_put_u32(bytes + 8, (uint32_t)size);
    tw_put_u32(bytes + size - 4, tw_crc32c(0, bytes, size - 4));
    return bytes;
}

static inline int record_is_good(uint64_t seq, const uint8_t *bytes, size_t size) {
    return size >= 16 && tw_get_u64(bytes) == seq && tw_get_u32(bytes + 8) == size &&
           tw_get_u32(bytes + size - 4) == tw_crc32c(0, bytes, size - 4);
}

static inline void digest_after(uint64_t seq, uint8_t ret[TW_DIGEST_BYTES]) {
    tw_sha256(&seq, sizeof seq, ret);
}

/* Every third record is an execution. */
static inline const char *exec_id_of(uint64_t seq, char out[32]) {
    snprintf(out, 32, "exec-%020" PRIu64, seq);
    return seq % 3 == 0 ? out : NULL;
}

static inline int append_records(struct log *log, uint64_t first, size_t count, size_t size,
                                 const struct log_snapshot *snapshot, tw_error *why) {
    struct log_record *records = calloc(count, sizeof *records);
    uint8_t **bytes = calloc(count, sizeof *bytes);
    char(*ids)[32] = calloc(count, sizeof *ids);
    uint8_t digest[TW_DIGEST_BYTES];
    ck_assert(records && bytes && ids);
    for (size_t i = 0; i < count; i++) {
        uint64_t seq = first + i;
        bytes[i] = make_record(seq, size);
        records[i] = (struct log_record){
            bytes[i], size, seq, (int64_t)seq * 1000, exec_id_of(seq, ids[i]), NULL};
    }
    digest_after(first + count - 1, digest);
    int rc = tw_log_commit(log, records, count, snapshot, digest, why);
    for (size_t i = 0; i < count; i++)
        free(bytes[i]);
    free(ids);
    free(bytes);
    free(records);
    return rc;
}

static inline void append(struct log *log, uint64_t first, size_t count, size_t size) {
    CHECK_OK(append_records(log, first, count, size, NULL, why));
}

static inline struct log_head head_of(struct log *log) {
    struct log_head head;
    CHECK_OK(tw_log_head(log, &head, why));
    return head;
}

struct reading {
    uint64_t next;
    int bad;
};

static inline int check_record(void *context, uint64_t seq, const uint8_t *bytes, size_t size) {
    struct reading *reading = context;
    reading->bad += seq != reading->next || !record_is_good(seq, bytes, size);
    reading->next = seq + 1;
    return 0;
}

/* Reads records first..last in bounded calls and checks each. */
static inline void check_all(struct log *log, uint64_t first, uint64_t last) {
    struct reading reading = {first, 0};
    int64_t got = 1;
    while (got > 0) {
        tw_error why = {0, ""};
        got = tw_log_read(log, reading.next, check_record, &reading, 100, &why);
        ck_assert_msg(got >= 0 && got <= 100, "%s", why.text);
    }
    ck_assert_int_eq(reading.bad, 0);
    ck_assert_uint_eq(reading.next, last + 1);
}

static inline uint8_t *load_file(const char *path, size_t *ret_size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &status), 0);
    *ret_size = (size_t)status.st_size;
    uint8_t *bytes = malloc(*ret_size + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(pread(fd, bytes, *ret_size, 0), status.st_size);
    close(fd);
    return bytes;
}

static inline void store_file(const char *path, const uint8_t *bytes, size_t size) {
    /* Without O_TRUNC: ext4 would write a file replaced that way to the disk at every close. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, size, 0), (ssize_t)size);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

/* Runs in a child; the test fails unless it ends with 0. */
static inline void check_child(int (*run)(void)) {
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(run());
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "the child was killed by signal %d", WTERMSIG(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

#endif
