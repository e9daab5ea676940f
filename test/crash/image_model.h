/* What a disk may hold. The operations that images_record.py wrote down are carried out one by one;
 * what no flush covers yet may be on the disk or not: each page of 4,096 bytes as it was after any
 * of its writes, and torn between two of them at sectors of 512 bytes; each size that the file has
 * had; each change of a name. */
#ifndef TW_TEST_IMAGE_MODEL_H
#define TW_TEST_IMAGE_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    PAGE_BYTES = 4096,
    SECTOR_BYTES = 512,
    SECTORS = PAGE_BYTES / SECTOR_BYTES,
    FILES_MOST = 48,
    NAME_BYTES = 64,
    CHANGES_MOST = 32,
    PENDING_MOST = 16384
};

/* The order is that of KINDS in images_record.py. */
enum op_kind {
    OP_WRITE,
    OP_WROTE,
    OP_SIZE,
    OP_SYNC,
    OP_SYNCED,
    OP_CREATE,
    OP_RENAME,
    OP_UNLINK,
    OP_DIRSYNC,
    OP_ACK,
    OP_INIT,
    OP_RESTART
};

struct op {
    enum op_kind kind;
    int dsync;
    uint32_t number, file;
    uint64_t at;
    uint32_t size;
    uint8_t *data;
};

struct version {
    const uint8_t *bytes; /* a page */
    uint64_t hashes[SECTORS];
    uint32_t number; /* of the write that made it */
};

/* Versions from the one that is surely on the disk to the newest. */
struct page {
    struct version *versions;
    uint32_t count;
};

struct length {
    uint64_t bytes;
    uint32_t number;
};

struct file {
    struct page *pages;
    size_t page_count;
    struct length *lengths;
    uint32_t length_count;
    int means_nothing; /* a lock file of LMDB's */
    uint64_t sum;      /* over what is surely on the disk */
};

struct change { /* of a name */
    enum op_kind kind;
    uint32_t file;
    char from[NAME_BYTES], to[NAME_BYTES];
};

struct entry {
    char name[NAME_BYTES];
    uint32_t file;
};

struct listing {
    struct entry entries[FILES_MOST];
    size_t count;
};

struct pending {
    uint32_t file, page;
};

struct model {
    struct op *ops;
    size_t op_count, next;
    size_t *ended_at, *begun_at; /* by number */
    struct file files[FILES_MOST];
    struct listing names; /* surely on the disk */
    struct change changes[CHANGES_MOST];
    size_t change_count;
    struct pending pending[PENDING_MOST]; /* pages with more than one version */
    size_t pending_count;
    uint64_t acknowledged;
    int made; /* the journal was said to be there */
};

/* One thing that the disk may hold: for each pending page a version, and another one in the sectors
 * of the mask; for each file a length, for each change of a name whether it is there. */
struct choice {
    uint16_t version[PENDING_MOST], torn_version[PENDING_MOST];
    uint8_t torn[PENDING_MOST];
    uint32_t length[FILES_MOST];
    uint32_t changes;
};

/* The model before the first operation. Ends the process when a file cannot be read. */
struct model *model_new(const char *ops_path, const char *base_path);

/* Carries out the next operation; 0 when there is none. */
int model_step(struct model *model);

uint64_t image_hash(const struct model *model, const struct choice *choice);
void image_listing(const struct model *model, const struct choice *choice, struct listing *ret);

/* Makes the folder hold the image, and nothing else. */
void image_build(const struct model *model, const struct choice *choice, const char *folder);

uint64_t mix(uint64_t a, uint64_t b);

/* What a page counts for in the hash of its file. */
uint64_t page_sum(const struct version *plain, const struct version *torn, uint8_t mask,
                  size_t index);
_Noreturn void stop(const char *what, const char *name);

/* Shows `see` the choices worth looking at; `wanted` 1: one that no sample leaves out. */
typedef void see_image(void *context, const struct choice *choice, int wanted);
void pick_images(const struct model *model, uint64_t seed, see_image *see, void *context);

/* What an image came to when it was opened. */
enum { LOST_JOURNAL = -1 };
struct outcome {
    int64_t survived; /* the last seq that was there, LOST_JOURNAL when there was no journal */
    char wrong[600];  /* empty: nothing was */
};

/* Opens what the folder holds by the real recovery, and looks at all of it; some again. */
void open_image(const char *folder, const struct listing *names, uint64_t chance,
                struct outcome *ret);

#endif
