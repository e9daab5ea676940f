/* A JSON value as a flat list of paths and values. */
#include "leaves.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "core/json_write.h"

/* One level of nesting on the way to the leaf. */
struct level {
    const struct json *at; /* the member that is being looked at */
    size_t index;
    int in_array;
};

static void put_path(struct buffer *out, const struct level *levels, size_t depth) {
    for (size_t i = 0; i < depth; i++) {
        if (levels[i].in_array)
            tw_buffer_format(out, "[%zu]", levels[i].index);
        else
            tw_buffer_format(out, "%s%s", i ? "." : "", levels[i].at->key);
    }
}

static void put_value(struct buffer *out, const struct json *value) {
    switch (value->kind) {
    case JSON_NULL:
        tw_buffer_text(out, "null");
        break;
    case JSON_FALSE:
        tw_buffer_text(out, "false");
        break;
    case JSON_TRUE:
        tw_buffer_text(out, "true");
        break;
    case JSON_NUMBER:
        tw_buffer_put(out, value->text, value->size);
        break;
    case JSON_STRING:
        tw_json_text(out, value->text, value->size);
        break;
    case JSON_ARRAY:
        tw_buffer_text(out, "[]");
        break;
    case JSON_OBJECT:
        tw_buffer_text(out, "{}");
        break;
    }
}

static int add_leaf(struct leaves *leaves, const struct level *levels, size_t depth) {
    struct buffer path = {0}, value = {0};
    int result = TW_E_NOMEM;
    put_path(&path, levels, depth);
    put_value(&value, levels[depth - 1].at);
    if (!path.failed && !value.failed &&
        tw_array_reserve((void **)&leaves->items, &leaves->capacity, leaves->count + 1,
                         sizeof *leaves->items) == 0) {
        struct leaf *leaf = &leaves->items[leaves->count++];
        leaf->path = strdup(tw_buffer_string(&path));
        leaf->value = strdup(tw_buffer_string(&value));
        result = leaf->path && leaf->value ? 0 : TW_E_NOMEM;
    }
    tw_buffer_free(&path);
    tw_buffer_free(&value);
    return result;
}

static int compare_leaves(const void *a, const void *b) {
    return strcmp(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

int tw_leaves_of(const struct json *root, struct leaves *ret) {
    struct level levels[TW_JSON_DEPTH_MAX + 1];
    size_t depth = 0;
    int result = 0;
    *ret = (struct leaves){0};
    if (!root || !root->first)
        return 0;
    levels[depth++] = (struct level){root->first, 0, root->kind == JSON_ARRAY};
    while (depth > 0 && result == 0) {
        struct level *level = &levels[depth - 1];
        if (!level->at) {
            /* This level is done: its parent goes on with the next member. */
            if (--depth > 0) {
                levels[depth - 1].at = levels[depth - 1].at->next;
                levels[depth - 1].index++;
            }
        } else if (level->at->first && depth <= TW_JSON_DEPTH_MAX) {
            levels[depth++] = (struct level){level->at->first, 0, level->at->kind == JSON_ARRAY};
        } else {
            result = add_leaf(ret, levels, depth);
            level->at = level->at->next;
            level->index++;
        }
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof *ret->items, compare_leaves);
    return result;
}

void tw_leaves_free(struct leaves *leaves) {
    for (size_t i = 0; i < leaves->count; i++) {
        free(leaves->items[i].path);
        free(leaves->items[i].value);
    }
    free(leaves->items);
    *leaves = (struct leaves){0};
}

int tw_leaves_step(const struct leaves *a, const struct leaves *b, size_t *at_a, size_t *at_b,
                   const struct leaf **ret_a, const struct leaf **ret_b) {
    const struct leaf *left = *at_a < a->count ? &a->items[*at_a] : NULL;
    const struct leaf *right = *at_b < b->count ? &b->items[*at_b] : NULL;
    int order = !left ? 1 : !right ? -1 : strcmp(left->path, right->path);
    *ret_a = order <= 0 ? left : NULL;
    *ret_b = order >= 0 ? right : NULL;
    *at_a += *ret_a != NULL;
    *at_b += *ret_b != NULL;
    return left || right;
}
