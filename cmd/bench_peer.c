/* Loads the libraries of peers that may be installed or not. */
#include "bench_peer.h"

#include <dlfcn.h>
#include <string.h>

static int find_symbols(void *library, const struct peer_symbol *symbols, char *table) {
    for (; symbols->name; symbols++) {
        void *found = dlsym(library, symbols->name);
        if (!found)
            return -1;
        /* C has no cast from an object's address to a function's; POSIX gives them one form. */
        memcpy(table + symbols->offset, &found, sizeof found);
    }
    return 0;
}

int tw_peer_load(const char *const *files, const struct peer_symbol *symbols, void *ret) {
    for (; *files; files++) {
        void *library = dlopen(*files, RTLD_NOW | RTLD_LOCAL);
        if (library && find_symbols(library, symbols, ret) == 0)
            return 0;
        if (library)
            dlclose(library);
    }
    return -1;
}
