/* The preflight of a file that a live writer may be changing meanwhile. */
#include <string.h>

#include "io/folder.h"
#include "io/page.h"
#include "io/preflight.h"

enum { TRIES = 5 };

/* The parts of both meta pages that a commit writes. */
static int read_marks(int fd, uint8_t ret[2 * TW_META_BYTES], tw_error *why) {
    memset(ret, 0, 2 * (size_t)TW_META_BYTES);
    for (int index = 0; index < 2; index++) {
        size_t got = 0;
        int rc = tw_file_read(fd, ret + index * TW_META_BYTES, TW_META_BYTES,
                              index * (int64_t)TW_PAGE_BYTES + TW_PAGE_HEADER_BYTES, &got, why);
        if (rc)
            return rc;
    }
    return 0;
}

int tw_preflight_live(int fd, enum preflight_scope scope, struct preflight *ret, tw_error *why) {
    for (int attempt = 0; attempt < TRIES; attempt++) {
        uint8_t before[2 * TW_META_BYTES];
        uint8_t after[2 * TW_META_BYTES];
        struct preflight result;
        int rc = read_marks(fd, before, why);
        if (rc)
            return rc;
        rc = tw_preflight_scope(fd, scope, &result, why);
        int again = read_marks(fd, after, why);
        if (again)
            return again;
        if (memcmp(before, after, sizeof before) != 0)
            continue;
        if (rc == 0)
            *ret = result;
        return rc;
    }
    return 1;
}
