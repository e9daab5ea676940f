/* What no store can go below, and what a trader without a store does: plain files. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_engine.h"
#include "bench_out.h"
#include "core/codec.h"

enum { FILE_BYTES = 16 << 20, BLOCK_BYTES = 4096, STATE_BYTES = 2048 };
enum { OPTION_TAIL, OPTION_BLOCK, OPTION_BARE };

struct file {
    int fd;
    int option;
    uint64_t end; /* of what was written, before it begins anew */
    char *path, *path_new;
    char *bytes;
};

static _Noreturn void die_at(const char *path, const char *what) {
    tw_bench_die("%s: %s: %s", path, what, strerror(errno));
}

static void write_all(const struct file *file, const void *bytes, size_t size, uint64_t at) {
    if (pwrite(file->fd, bytes, size, (off_t)at) != (ssize_t)size)
        die_at(file->path, "pwrite");
}

static void flush(const struct file *file) {
    if (fdatasync(file->fd) != 0)
        die_at(file->path, "fdatasync");
}

static struct file *new_file(const char *path, int option) {
    struct file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(path)) || !(file->bytes = calloc(1, FILE_BYTES)) ||
        asprintf(&file->path_new, "%s.new", path) < 0)
        tw_bench_die("memory could not be allocated for a file");
    file->fd = -1;
    file->option = option;
    return file;
}

static struct file *make_file(const char *path, int option) {
    struct file *file = new_file(path, option);
    file->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->fd < 0)
        die_at(path, "open");
    return file;
}

static void close_file(void *self) {
    struct file *file = self;
    if (file->fd >= 0)
        close(file->fd);
    free(file->bytes);
    free(file->path);
    free(file->path_new);
    free(file);
}

/* ---- the floor: the bytes of tradewal's append into a file whose blocks are there already --- */

static void *open_floor(const struct engine *engine, const struct bench *bench, const char *path,
                        const char **ret_absent) {
    (void)bench;
    (void)ret_absent;
    struct file *file = make_file(path, engine->option);
    /* Block by block: large writes make large pages in the cache, and a small write into one of
     * those takes several times as long. */
    for (uint64_t at = 0; at < FILE_BYTES; at += BLOCK_BYTES)
        write_all(file, file->bytes, BLOCK_BYTES, at);
    flush(file);
    memset(file->bytes, 'x', FILE_BYTES);
    return file;
}

static void append_floor(void *self, const struct load *load) {
    struct file *file = self;
    size_t size = tw_load_frame_bytes(load);
    if (file->option == OPTION_BLOCK)
        file->end = (file->end + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    if (file->end + size > FILE_BYTES)
        file->end = 0;
    write_all(file, file->bytes, size, file->end);
    file->end += size;
    if (file->option != OPTION_BARE)
        flush(file);
}

/* ---- JSON: a whole state written beside the old one, flushed, and renamed over it ----------- */

static void *open_json(const struct engine *engine, const struct bench *bench, const char *path,
                       const char **ret_absent) {
    (void)bench;
    (void)ret_absent;
    struct file *file = new_file(path, engine->option);
    memset(file->bytes, ' ', STATE_BYTES);
    return file;
}

static void append_json(void *self, const struct load *load) {
    struct file *file = self;
    int length =
        snprintf(file->bytes, STATE_BYTES, "{\"last\": %llu,", (unsigned long long)load->number);
    file->bytes[length] = ' ';
    file->bytes[STATE_BYTES - 1] = '}';
    file->fd = open(file->path_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file->fd < 0)
        die_at(file->path_new, "open");
    write_all(file, file->bytes, STATE_BYTES, 0);
    if (fsync(file->fd) != 0)
        die_at(file->path_new, "fsync");
    close(file->fd);
    file->fd = -1;
    if (rename(file->path_new, file->path) != 0)
        die_at(file->path, "rename");
}

/* ---- flat: the records one behind the other, mapped to be read ------------------------------ */

static void *open_flat(const struct engine *engine, const struct bench *bench, const char *path,
                       const char **ret_absent) {
    (void)bench;
    (void)ret_absent;
    return make_file(path, engine->option);
}

static void append_flat(void *self, const struct load *load) {
    struct file *file = self;
    write_all(file, load->bytes.data, load->bytes.size, file->end);
    file->end += load->bytes.size;
}

static void read_flat(void *self, void (*take)(void *to, const void *record, size_t size),
                      void *to) {
    struct file *file = self;
    const uint8_t *bytes = mmap(NULL, file->end, PROT_READ, MAP_PRIVATE, file->fd, 0);
    if (bytes == MAP_FAILED)
        die_at(file->path, "mmap");
    for (uint64_t at = 0; at < file->end;) {
        struct record_header header;
        if (tw_record_header(bytes + at, file->end - at, &header) != 0)
            tw_bench_die("%s: no record at %llu, expected one", file->path, (unsigned long long)at);
        size_t size = TW_RECORD_HEADER_BYTES + header.body_bytes;
        take(to, bytes + at, size);
        at += size;
    }
    munmap((void *)(uintptr_t)bytes, file->end);
}

const struct engine tw_engine_floor_tail = {
    .open = open_floor, .append = append_floor, .close = close_file, .option = OPTION_TAIL};
const struct engine tw_engine_floor_block = {
    .open = open_floor, .append = append_floor, .close = close_file, .option = OPTION_BLOCK};
const struct engine tw_engine_floor_bare = {
    .open = open_floor, .append = append_floor, .close = close_file, .option = OPTION_BARE};
const struct engine tw_engine_json = {
    .open = open_json, .append = append_json, .close = close_file};
const struct engine tw_engine_flat = {
    .open = open_flat, .append = append_flat, .read = read_flat, .close = close_file};
