/* Between the files that read JSON: the arena, and strings. Pure. */
#ifndef TW_CORE_JSON_TREE_H
#define TW_CORE_JSON_TREE_H

#include <stddef.h>

#include "core/json_read.h"

struct json_arena {
    struct json_chunk *first, *current;
};

/* Memory that lives until the arena is cleared, aligned for anything; NULL when there is none. */
void *tw_json_take(struct json_arena *arena, size_t size);
void tw_json_arena_clear(struct json_arena *arena); /* keeps the memory for what comes next */
void tw_json_arena_free(struct json_arena *arena);

/* The arena in which a document's tree lies. */
struct json_arena *tw_json_arena_of(struct json_document *document);

/* A string that begins with the quote at `at`. */
struct json_string {
    const char *text; /* decoded, NUL-terminated, in the arena */
    size_t size;
    const char *after; /* behind the closing quote */
    const char *bad;   /* TW_E_PARSE: the byte in the input */
    const char *expected;
};
/* TW_E_PARSE, TW_E_NOMEM. */
int tw_json_read_string(struct json_arena *arena, const char *at, const char *end,
                        struct json_string *ret);

#endif
