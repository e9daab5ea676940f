/* The operations, carried out one by one; and one choice of what the disk holds, as files. */
#include "image_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t zeros[PAGE_BYTES];

_Noreturn void stop(const char *what, const char *name) {
    fprintf(stderr, "image_check: %s %s: %s\n", what, name, strerror(errno));
    exit(2);
}

static void *must(void *memory) {
    if (!memory)
        stop("no", "memory");
    return memory;
}

uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t x = (a ^ (b + UINT64_C(0x9E3779B97F4A7C15))) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 29)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 32);
}

/* ---- pages and lengths --------------------------------------------------------------------- */

/* 0 for zeros, so that what was never written counts for nothing. */
static uint64_t hash_sector(const uint8_t *bytes, size_t sector) {
    uint64_t hash = 0, word;
    if (memcmp(bytes, zeros, SECTOR_BYTES) == 0)
        return 0;
    for (size_t i = 0; i < SECTOR_BYTES; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        hash = mix(hash, word);
    }
    return mix(hash, sector + 1);
}

static void add_version(struct page *page, const uint8_t *bytes, uint32_t number) {
    page->versions = must(realloc(page->versions, (page->count + 1) * sizeof *page->versions));
    struct version *version = &page->versions[page->count++];
    version->bytes = bytes;
    version->number = number;
    for (size_t i = 0; i < SECTORS; i++)
        version->hashes[i] = hash_sector(bytes + i * SECTOR_BYTES, i);
}

static struct page *page_of(struct file *file, size_t index) {
    if (index >= file->page_count) {
        file->pages = must(realloc(file->pages, (index + 1) * sizeof *file->pages));
        for (size_t i = file->page_count; i <= index; i++) {
            file->pages[i] = (struct page){0};
            add_version(&file->pages[i], zeros, 0);
        }
        file->page_count = index + 1;
    }
    return &file->pages[index];
}

static void add_length(struct file *file, uint64_t bytes, uint32_t number) {
    file->lengths = must(realloc(file->lengths, (file->length_count + 1) * sizeof *file->lengths));
    file->lengths[file->length_count++] = (struct length){bytes, number};
}

static uint64_t newest_length(const struct file *file) {
    return file->length_count ? file->lengths[file->length_count - 1].bytes : 0;
}

static void put(struct file *file, uint64_t at, const uint8_t *data, size_t size, uint32_t number) {
    for (uint64_t done = 0; done < size;) {
        struct page *page = page_of(file, (at + done) / PAGE_BYTES);
        size_t from = (at + done) % PAGE_BYTES;
        size_t some = PAGE_BYTES - from < size - done ? PAGE_BYTES - from : size - done;
        uint8_t *bytes = must(malloc(PAGE_BYTES));
        memcpy(bytes, page->versions[page->count - 1].bytes, PAGE_BYTES);
        memcpy(bytes + from, data + done, some);
        add_version(page, bytes, number);
        done += some;
    }
    if (at + size > newest_length(file))
        add_length(file, at + size, number);
}

/* What a file was cut off at reads as zeros when it grows again. */
static void set_length(struct file *file, const struct op *op, int only_grows) {
    uint64_t before = newest_length(file);
    if (op->at == before || (only_grows && op->at < before))
        return;
    for (size_t i = (before + PAGE_BYTES - 1) / PAGE_BYTES; op->at > before && i < file->page_count;
         i++)
        if (memcmp(file->pages[i].versions[file->pages[i].count - 1].bytes, zeros, PAGE_BYTES) != 0)
            add_version(&file->pages[i], zeros, op->number);
    add_length(file, op->at, op->number);
}

uint64_t page_sum(const struct version *plain, const struct version *torn, uint8_t mask,
                  size_t index) {
    uint64_t sum = 0;
    for (size_t i = 0; i < SECTORS; i++)
        sum += (mask >> i & 1 ? torn : plain)->hashes[i];
    return sum ? mix(sum, index + 1) : 0;
}

static void sum_file(struct file *file) {
    file->sum = 0;
    for (size_t i = 0; i < file->page_count; i++)
        file->sum += page_sum(file->pages[i].versions, NULL, 0, i);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void read_exactly(FILE *from, void *bytes, size_t size, const char *name) {
    if (size && fread(bytes, 1, size, from) != size)
        stop("reading", name);
}

static uint32_t read_u32(FILE *from, const char *name) {
    uint32_t value;
    read_exactly(from, &value, sizeof value, name);
    return value;
}

static void read_op(FILE *from, struct op *op, const char *name) {
    uint8_t small[2];
    read_exactly(from, small, sizeof small, name);
    op->kind = (enum op_kind)small[0];
    op->dsync = small[1];
    op->number = read_u32(from, name);
    op->file = read_u32(from, name);
    read_exactly(from, &op->at, sizeof op->at, name);
    op->size = read_u32(from, name);
    op->data = must(calloc(1, (size_t)op->size + 1));
    read_exactly(from, op->data, op->size, name);
    if (op->file >= FILES_MOST)
        stop("too many files in", name);
}

static void read_base(struct model *model, const char *folder, const struct entry *entry) {
    char path[512];
    uint8_t bytes[PAGE_BYTES];
    size_t got;
    uint64_t at = 0;
    struct file *file = &model->files[entry->file];
    snprintf(path, sizeof path, "%s/%s", folder, entry->name);
    FILE *from = fopen(path, "rb");
    if (!from)
        stop("opening", path);
    while ((got = fread(bytes, 1, sizeof bytes, from)) > 0) {
        if (memcmp(bytes, zeros, got) != 0)
            put(file, at, bytes, got, 0);
        at += got;
    }
    fclose(from);
    for (size_t i = 0; i < file->page_count; i++) {
        file->pages[i].versions[0] = file->pages[i].versions[file->pages[i].count - 1];
        file->pages[i].count = 1;
    }
    file->length_count = 0;
    add_length(file, at, 0);
    sum_file(file);
}

static int is_lock(const char *name) {
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, "-lock") == 0;
}

struct model *model_new(const char *ops_path, const char *base_path) {
    struct model *model = must(calloc(1, sizeof *model));
    FILE *from = fopen(ops_path, "rb");
    if (!from)
        stop("opening", ops_path);
    model->names.count = read_u32(from, ops_path);
    model->op_count = read_u32(from, ops_path);
    for (size_t i = 0; i < model->names.count; i++) {
        struct entry *entry = &model->names.entries[i];
        entry->file = read_u32(from, ops_path);
        read_exactly(from, entry->name, read_u32(from, ops_path), ops_path);
        model->files[entry->file].means_nothing = is_lock(entry->name);
        read_base(model, base_path, entry);
        model->made |= strcmp(entry->name, "identity") == 0;
    }
    model->ops = must(calloc(model->op_count + 1, sizeof *model->ops));
    uint32_t most = 0;
    for (size_t i = 0; i < model->op_count; i++) {
        read_op(from, &model->ops[i], ops_path);
        most = model->ops[i].number > most ? model->ops[i].number : most;
    }
    fclose(from);
    model->ended_at = must(calloc(most + 1, sizeof *model->ended_at));
    model->begun_at = must(calloc(most + 1, sizeof *model->begun_at));
    for (size_t i = 0; i <= most; i++)
        model->ended_at[i] = SIZE_MAX;
    model->ended_at[0] = 0;
    return model;
}

/* ---- carrying out -------------------------------------------------------------------------- */

static void forget_versions(struct page *page, uint32_t count) {
    page->count -= count;
    memmove(page->versions, page->versions + count, page->count * sizeof *page->versions);
}

/* What ended before the flush began is on the disk for sure. */
static void flush_page(const struct model *model, struct page *page, size_t before) {
    uint32_t sure = 0;
    while (sure + 1 < page->count && model->ended_at[page->versions[sure + 1].number] < before)
        sure++;
    forget_versions(page, sure);
}

static void flush_length(const struct model *model, struct file *file, size_t before) {
    uint32_t sure = 0;
    while (sure + 1 < file->length_count &&
           model->ended_at[file->lengths[sure + 1].number] < before)
        sure++;
    file->length_count -= sure;
    memmove(file->lengths, file->lengths + sure, file->length_count * sizeof *file->lengths);
}

static void flush_pages(struct model *model, struct file *file, size_t from, size_t to,
                        size_t before) {
    for (size_t i = from; i < to && i < file->page_count; i++)
        flush_page(model, &file->pages[i], before);
    flush_length(model, file, before);
    sum_file(file);
}

static void finish(struct model *model, const struct op *op) {
    model->ended_at[op->number] = model->next;
    const struct op *begun = &model->ops[model->begun_at[op->number]];
    if (begun->kind != OP_WRITE || !begun->dsync)
        return;
    flush_pages(model, &model->files[begun->file], begun->at / PAGE_BYTES,
                (begun->at + begun->size + PAGE_BYTES - 1) / PAGE_BYTES, model->next + 1);
}

static void apply_change(struct listing *names, const struct change *change) {
    size_t i = 0;
    while (i < names->count && strcmp(names->entries[i].name, change->from) != 0)
        i++;
    if (change->kind == OP_CREATE) {
        if (i == names->count && names->count < FILES_MOST)
            names->count++;
        names->entries[i].file = change->file;
        memcpy(names->entries[i].name, change->from, NAME_BYTES);
        return;
    }
    /* What it was to change may not be there, in an image without the change before. */
    if (i < names->count)
        names->entries[i] = names->entries[--names->count];
    if (change->kind != OP_RENAME)
        return;
    struct change made = {.kind = OP_CREATE, .file = change->file};
    memcpy(made.from, change->to, NAME_BYTES);
    apply_change(names, &made);
}

static void add_change(struct model *model, const struct op *op) {
    if (model->change_count == CHANGES_MOST)
        stop("too many", "changes of names");
    struct change *change = &model->changes[model->change_count++];
    *change = (struct change){.kind = op->kind, .file = op->file};
    const char *name = (const char *)op->data, *slash = strchr(name, '/');
    snprintf(change->from, NAME_BYTES, "%.*s", slash ? (int)(slash - name) : NAME_BYTES - 1, name);
    snprintf(change->to, NAME_BYTES, "%s", slash ? slash + 1 : "");
    if (op->kind == OP_CREATE) {
        model->files[op->file].means_nothing = is_lock(name);
        add_length(&model->files[op->file], 0, 0);
    }
}

static void list_pending(struct model *model) {
    model->pending_count = 0;
    for (uint32_t i = 0; i < FILES_MOST; i++)
        for (uint32_t at = 0; at < model->files[i].page_count; at++)
            if (model->files[i].pages[at].count > 1) {
                if (model->pending_count == PENDING_MOST)
                    stop("too many", "pages that are not flushed");
                model->pending[model->pending_count++] = (struct pending){i, at};
            }
}

int model_step(struct model *model) {
    if (model->next == model->op_count)
        return 0;
    const struct op *op = &model->ops[model->next];
    struct file *file = &model->files[op->file];
    switch (op->kind) {
    case OP_WRITE:
        model->begun_at[op->number] = model->next;
        put(file, op->at, op->data, op->size, op->number);
        break;
    case OP_SIZE:
        model->begun_at[op->number] = model->next;
        set_length(file, op, op->size != 0);
        break;
    case OP_WROTE:
        finish(model, op);
        break;
    case OP_SYNC:
        model->begun_at[op->number] = model->next;
        break;
    case OP_SYNCED: {
        size_t begun = model->begun_at[op->number];
        file = &model->files[model->ops[begun].file];
        flush_pages(model, file, 0, file->page_count, begun);
        break;
    }
    case OP_CREATE:
    case OP_RENAME:
    case OP_UNLINK:
        add_change(model, op);
        break;
    case OP_DIRSYNC:
        for (size_t i = 0; i < model->change_count; i++)
            apply_change(&model->names, &model->changes[i]);
        model->change_count = 0;
        break;
    case OP_ACK:
        if (op->at > model->acknowledged)
            model->acknowledged = op->at;
        break;
    case OP_INIT:
        model->made = 1;
        break;
    case OP_RESTART:
        break;
    }
    model->next++;
    list_pending(model);
    return 1;
}

void image_listing(const struct model *model, const struct choice *choice, struct listing *ret) {
    *ret = model->names;
    for (size_t i = 0; i < model->change_count; i++)
        if (choice->changes >> i & 1)
            apply_change(ret, &model->changes[i]);
}
