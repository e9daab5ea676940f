/* One choice of what the disk holds: its hash, and the files of it in a folder. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_model.h"

static uint64_t chosen_length(const struct model *model, const struct choice *choice,
                              uint32_t index) {
    const struct file *file = &model->files[index];
    return file->length_count ? file->lengths[choice->length[index]].bytes : 0;
}

/* ---- the hash ------------------------------------------------------------------------------ */

static uint64_t hash_text(const char *text) {
    uint64_t hash = 0;
    while (*text)
        hash = mix(hash, (uint8_t)*text++);
    return hash;
}

/* The sums of the files as chosen; those of pages behind the end of their file do not count. */
static void sum_files(const struct model *model, const struct choice *choice,
                      uint64_t sums[FILES_MOST]) {
    for (uint32_t i = 0; i < FILES_MOST; i++) {
        const struct file *file = &model->files[i];
        sums[i] = file->sum;
        for (size_t at = (chosen_length(model, choice, i) + PAGE_BYTES - 1) / PAGE_BYTES;
             at < file->page_count; at++)
            sums[i] -= page_sum(file->pages[at].versions, NULL, 0, at);
    }
    for (size_t i = 0; i < model->pending_count; i++) {
        struct pending at = model->pending[i];
        const struct version *versions = model->files[at.file].pages[at.page].versions;
        if ((uint64_t)at.page * PAGE_BYTES < chosen_length(model, choice, at.file))
            sums[at.file] +=
                page_sum(&versions[choice->version[i]], &versions[choice->torn_version[i]],
                         choice->torn[i], at.page) -
                page_sum(versions, NULL, 0, at.page);
    }
}

uint64_t image_hash(const struct model *model, const struct choice *choice) {
    uint64_t sums[FILES_MOST], hash = 0;
    struct listing listing;
    sum_files(model, choice, sums);
    image_listing(model, choice, &listing);
    for (size_t i = 0; i < listing.count; i++) {
        uint32_t index = listing.entries[i].file;
        uint64_t content = model->files[index].means_nothing
                               ? 0
                               : mix(sums[index], chosen_length(model, choice, index));
        hash += mix(hash_text(listing.entries[i].name), content);
    }
    return hash ? hash : 1;
}

/* ---- the files ----------------------------------------------------------------------------- */

static int listed(const struct listing *listing, const char *name) {
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->entries[i].name, name) == 0)
            return 1;
    return 0;
}

static void remove_others(const char *folder, const struct listing *listing) {
    DIR *names = opendir(folder);
    if (!names)
        stop("listing", folder);
    for (const struct dirent *name; (name = readdir(names));)
        if (name->d_name[0] != '.' && !listed(listing, name->d_name) &&
            unlinkat(dirfd(names), name->d_name, 0) != 0)
            stop("removing", name->d_name);
    closedir(names);
}

static void put_page(uint8_t *to, const uint8_t *bytes, size_t size) {
    if (memcmp(to, bytes, size) != 0)
        memcpy(to, bytes, size);
}

static void put_torn(uint8_t *to, const struct version *plain, const struct version *torn,
                     uint8_t mask, size_t size) {
    uint8_t bytes[PAGE_BYTES];
    for (size_t i = 0; i < SECTORS; i++)
        memcpy(bytes + i * SECTOR_BYTES, (mask >> i & 1 ? torn : plain)->bytes + i * SECTOR_BYTES,
               SECTOR_BYTES);
    put_page(to, bytes, size);
}

/* Only what differs is written: most of the folder is as the image before left it. Behind `grown`
 * there are zeros. */
static void fill(const struct model *model, const struct choice *choice, uint32_t index,
                 uint8_t *bytes, uint64_t grown, uint64_t length) {
    static const uint8_t zeros[PAGE_BYTES];
    const struct file *file = &model->files[index];
    for (size_t at = 0; at * PAGE_BYTES < length; at++) {
        uint64_t left = length - at * PAGE_BYTES;
        const struct page *page = at < file->page_count ? &file->pages[at] : NULL;
        const uint8_t *wanted = page ? page->versions[0].bytes : zeros;
        if (page && page->count > 1)
            continue;
        if (at * PAGE_BYTES < grown || memcmp(wanted, zeros, PAGE_BYTES) != 0)
            put_page(bytes + at * PAGE_BYTES, wanted, left < PAGE_BYTES ? left : PAGE_BYTES);
    }
    for (size_t i = 0; i < model->pending_count; i++) {
        uint64_t at = (uint64_t)model->pending[i].page * PAGE_BYTES;
        if (model->pending[i].file != index || at >= length)
            continue;
        const struct version *versions = file->pages[model->pending[i].page].versions;
        put_torn(bytes + at, &versions[choice->version[i]], &versions[choice->torn_version[i]],
                 choice->torn[i], length - at < PAGE_BYTES ? length - at : PAGE_BYTES);
    }
}

/* A file of the folder, and where it is seen in memory; that stays so from image to image. */
struct view {
    char name[NAME_BYTES];
    ino_t inode;
    uint8_t *bytes;
    size_t size;
};

/* The view may be longer than the file; nothing behind its end is touched. */
static uint8_t *view_of(int fd, const char *name, ino_t inode, size_t size) {
    enum { ROOM_BYTES = 16 << 20 };
    static struct view views[FILES_MOST];
    size_t i = 0;
    while (i < FILES_MOST - 1 && views[i].name[0] && strcmp(views[i].name, name) != 0)
        i++;
    struct view *view = &views[i];
    if (strcmp(view->name, name) == 0 && view->inode == inode && view->size >= size)
        return view->bytes;
    if (view->name[0])
        munmap(view->bytes, view->size);
    snprintf(view->name, sizeof view->name, "%s", name);
    view->inode = inode;
    view->size = size > ROOM_BYTES ? size : ROOM_BYTES;
    view->bytes = mmap(NULL, view->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (view->bytes == MAP_FAILED)
        stop("mapping", name);
    return view->bytes;
}

static void build_file(const struct model *model, const struct choice *choice, int folder,
                       const struct entry *entry) {
    uint64_t length = chosen_length(model, choice, entry->file);
    struct stat status;
    int fd = openat(folder, entry->name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &status) != 0)
        stop("making", entry->name);
    if ((uint64_t)status.st_size != length && ftruncate(fd, (off_t)length) != 0)
        stop("cutting", entry->name);
    /* An intake with holes is another case: recovery fills them. */
    if (strncmp(entry->name, "intake", 6) == 0 &&
        (uint64_t)status.st_blocks * SECTOR_BYTES < length &&
        posix_fallocate(fd, 0, (off_t)length) != 0)
        stop("reserving", entry->name);
    if (length && !model->files[entry->file].means_nothing)
        fill(model, choice, entry->file, view_of(fd, entry->name, status.st_ino, length),
             (uint64_t)status.st_size, length);
    close(fd);
}

void image_build(const struct model *model, const struct choice *choice, const char *folder) {
    struct listing listing;
    image_listing(model, choice, &listing);
    remove_others(folder, &listing);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        stop("opening", folder);
    for (size_t i = 0; i < listing.count; i++)
        build_file(model, choice, fd, &listing.entries[i]);
    close(fd);
}
