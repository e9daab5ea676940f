/* Which of all that a disk may hold is looked at: none of what is not flushed, all of it, each
 * page alone and each left out, all in the order of their writes up to any of them, every subset
 * where they are few, torn pages, other lengths and names, and random mixtures of all that. */
#include <string.h>

#include "image_model.h"

enum {
    ALL_SUBSETS_UP_TO = 10,
    SINGLES_MOST = 24,
    TORN_MOST = 6,
    LENGTHS_MOST = 8,
    RANDOM_IMAGES = 48
};

struct picker {
    const struct model *model;
    see_image *see;
    void *context;
    uint64_t random;
    struct choice *choice;
};

static uint64_t roll(struct picker *picker, uint64_t count) {
    picker->random = mix(picker->random, 1);
    return (picker->random >> 8) % count;
}

static uint32_t versions_of(const struct model *model, size_t i) {
    struct pending at = model->pending[i];
    return model->files[at.file].pages[at.page].count;
}

/* Everything as old or as new as can be. */
static void set_all(struct picker *picker, int is_new) {
    const struct model *model = picker->model;
    struct choice *choice = picker->choice;
    for (size_t i = 0; i < model->pending_count; i++) {
        choice->version[i] = is_new ? (uint16_t)(versions_of(model, i) - 1) : 0;
        choice->torn_version[i] = 0;
        choice->torn[i] = 0;
    }
    for (uint32_t i = 0; i < FILES_MOST; i++) {
        uint32_t lengths = model->files[i].length_count;
        choice->length[i] = is_new && lengths ? lengths - 1 : 0;
    }
    choice->changes = is_new ? UINT32_MAX : 0;
}

static void show(struct picker *picker, int wanted) {
    picker->see(picker->context, picker->choice, wanted);
}

/* A page whose length is not there is not there either: where pages are chosen, lengths are new. */
static void set_lengths(struct picker *picker) {
    for (uint32_t i = 0; i < FILES_MOST; i++)
        if (picker->model->files[i].length_count)
            picker->choice->length[i] = picker->model->files[i].length_count - 1;
}

/* ---- what is looked at always -------------------------------------------------------------- */

/* As if the disk had carried out all writes up to one, in their order. */
static void pick_prefixes(struct picker *picker) {
    const struct model *model = picker->model;
    size_t first = model->next > 24 ? model->next - 24 : 0;
    for (size_t op = first; op < model->next; op++) {
        if (model->ops[op].kind != OP_WRITE && model->ops[op].kind != OP_SIZE)
            continue;
        set_all(picker, 1);
        for (size_t i = 0; i < model->pending_count; i++) {
            struct pending at = model->pending[i];
            const struct version *versions = model->files[at.file].pages[at.page].versions;
            uint16_t version = 0;
            while (version + 1u < versions_of(model, i) &&
                   model->begun_at[versions[version + 1].number] <= op)
                version++;
            picker->choice->version[i] = version;
        }
        show(picker, 0);
    }
}

static void pick_singles(struct picker *picker) {
    size_t count = picker->model->pending_count;
    for (size_t k = 0; k < count && k < SINGLES_MOST; k++) {
        size_t i = count <= SINGLES_MOST ? k : roll(picker, count);
        uint16_t newest = (uint16_t)(versions_of(picker->model, i) - 1);
        set_all(picker, 1);
        picker->choice->version[i] = 0;
        show(picker, 0);
        set_all(picker, 0);
        set_lengths(picker);
        picker->choice->version[i] = newest;
        show(picker, 0);
    }
}

static void pick_subsets(struct picker *picker) {
    size_t count = picker->model->pending_count;
    for (uint32_t set = 0; count <= ALL_SUBSETS_UP_TO && set < 1U << count; set++) {
        set_all(picker, 1);
        for (size_t i = 0; i < count; i++)
            if (set >> i & 1)
                picker->choice->version[i] = 0;
        show(picker, 0);
    }
}

/* Each page of some torn at each place, with all others old or new. */
static void pick_torn(struct picker *picker) {
    size_t count = picker->model->pending_count;
    for (size_t k = 0; k < count && k < TORN_MOST; k++) {
        size_t i = count <= TORN_MOST ? k : roll(picker, count);
        for (uint32_t at = 1; at < 2 * SECTORS; at++) {
            uint8_t mask = (uint8_t)(at < SECTORS ? (1U << at) - 1 : ~((1U << (at - SECTORS)) - 1));
            for (int others = 0; others < 2; others++) {
                set_all(picker, others);
                set_lengths(picker);
                picker->choice->version[i] = (uint16_t)(versions_of(picker->model, i) - 1);
                picker->choice->torn[i] = mask;
                show(picker, 0);
            }
        }
    }
}

/* Changes of names: up to each of them, and without each of them. */
static void pick_changes(struct picker *picker) {
    size_t count = picker->model->change_count;
    for (size_t i = 0; i < count; i++) {
        for (int is_new = 0; is_new < 2; is_new++) {
            set_all(picker, is_new);
            picker->choice->changes = (1U << i) - 1;
            show(picker, 1);
            picker->choice->changes = ~(1U << i);
            show(picker, 1);
            picker->choice->changes = 1U << i;
            show(picker, 1);
        }
    }
}

static void pick_lengths(struct picker *picker) {
    for (uint32_t file = 0; file < FILES_MOST; file++)
        for (uint32_t i = 0; i < LENGTHS_MOST && i + 1 < picker->model->files[file].length_count;
             i++) {
            set_all(picker, 1);
            picker->choice->length[file] = i;
            show(picker, 0);
        }
}

/* ---- chance -------------------------------------------------------------------------------- */

static void pick_random(struct picker *picker) {
    const struct model *model = picker->model;
    struct choice *choice = picker->choice;
    for (int round = 0; round < RANDOM_IMAGES; round++) {
        uint64_t share = 1 + roll(picker, 15);
        set_all(picker, 1);
        for (size_t i = 0; i < model->pending_count; i++) {
            uint32_t versions = versions_of(model, i);
            if (roll(picker, 16) < share)
                choice->version[i] = (uint16_t)roll(picker, versions);
            if (roll(picker, 4) == 0 && choice->version[i]) {
                choice->torn_version[i] = (uint16_t)roll(picker, choice->version[i]);
                choice->torn[i] = (uint8_t)roll(picker, 256);
            }
        }
        for (uint32_t i = 0; i < FILES_MOST; i++)
            if (model->files[i].length_count > 1 && roll(picker, 4) == 0)
                choice->length[i] = (uint32_t)roll(picker, model->files[i].length_count);
        if (roll(picker, 2))
            choice->changes = (uint32_t)roll(picker, UINT32_MAX);
        show(picker, 0);
    }
}

void pick_images(const struct model *model, uint64_t seed, see_image *see, void *context) {
    static struct choice choice;
    struct picker picker = {model, see, context, mix(seed, model->next), &choice};
    set_all(&picker, 1);
    show(&picker, 1);
    set_all(&picker, 0);
    show(&picker, 1);
    set_lengths(&picker);
    show(&picker, 1);
    pick_changes(&picker);
    pick_lengths(&picker);
    if (model->pending_count == 0)
        return;
    pick_prefixes(&picker);
    pick_singles(&picker);
    pick_subsets(&picker);
    pick_torn(&picker);
    pick_random(&picker);
}
