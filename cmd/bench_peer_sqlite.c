/* SQLite as a peer of tradewal bench: a table of records in WAL mode. Loaded when it is there; the
 * prototypes are those of its documented C interface. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_engine.h"
#include "bench_out.h"
#include "bench_peer.h"

/* Results and values of PRAGMA synchronous, as sqlite3.h and the pragma's page give them. */
enum { SQLITE_OK = 0, SQLITE_ROW = 100, SQLITE_DONE = 101 };
enum { SYNCHRONOUS_NORMAL = 1, SYNCHRONOUS_FULL = 2 };

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

struct api {
    int (*open)(const char *path, sqlite3 **ret);
    int (*close)(sqlite3 *db);
    const char *(*errmsg)(sqlite3 *db);
    int (*exec)(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *to,
                char **ret_why);
    int (*prepare)(sqlite3 *db, const char *sql, int bytes, sqlite3_stmt **ret, const char **tail);
    int (*bind_int64)(sqlite3_stmt *statement, int index, long long value);
    int (*bind_blob)(sqlite3_stmt *statement, int index, const void *bytes, int size,
                     void (*release)(void *));
    int (*step)(sqlite3_stmt *statement);
    int (*reset)(sqlite3_stmt *statement);
    int (*finalize)(sqlite3_stmt *statement);
    const void *(*column_blob)(sqlite3_stmt *statement, int column);
    int (*column_bytes)(sqlite3_stmt *statement, int column);
};

static const struct peer_symbol symbols[] = {
    {"sqlite3_open", offsetof(struct api, open)},
    {"sqlite3_close", offsetof(struct api, close)},
    {"sqlite3_errmsg", offsetof(struct api, errmsg)},
    {"sqlite3_exec", offsetof(struct api, exec)},
    {"sqlite3_prepare_v2", offsetof(struct api, prepare)},
    {"sqlite3_bind_int64", offsetof(struct api, bind_int64)},
    {"sqlite3_bind_blob", offsetof(struct api, bind_blob)},
    {"sqlite3_step", offsetof(struct api, step)},
    {"sqlite3_reset", offsetof(struct api, reset)},
    {"sqlite3_finalize", offsetof(struct api, finalize)},
    {"sqlite3_column_blob", offsetof(struct api, column_blob)},
    {"sqlite3_column_bytes", offsetof(struct api, column_bytes)},
    {0},
};

struct peer {
    struct api api;
    sqlite3 *db;
    sqlite3_stmt *insert, *begin, *commit;
};

static void check(const struct peer *peer, int result, int expected) {
    if (result != expected)
        tw_bench_die("SQLite: %s", peer->db ? peer->api.errmsg(peer->db) : "could not be opened");
}

static void execute(const struct peer *peer, const char *sql) {
    check(peer, peer->api.exec(peer->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static sqlite3_stmt *prepare(const struct peer *peer, const char *sql) {
    sqlite3_stmt *statement = NULL;
    check(peer, peer->api.prepare(peer->db, sql, -1, &statement, NULL), SQLITE_OK);
    return statement;
}

static void *open_sqlite(const struct engine *engine, const struct bench *bench, const char *path,
                         const char **ret_absent) {
    static const char *const files[] = {"libsqlite3.so.0", "libsqlite3.so", NULL};
    struct peer *peer = calloc(1, sizeof *peer);
    (void)bench;
    if (!peer)
        tw_bench_die("memory could not be allocated for SQLite");
    if (tw_peer_load(files, symbols, &peer->api) != 0) {
        *ret_absent = "SQLite: not installed (apt-get install libsqlite3-0)";
        free(peer);
        return NULL;
    }
    check(peer, peer->api.open(path, &peer->db), SQLITE_OK);
    execute(peer, "PRAGMA journal_mode = WAL");
    execute(peer, engine->option == SYNCHRONOUS_FULL ? "PRAGMA synchronous = FULL"
                                                     : "PRAGMA synchronous = NORMAL");
    execute(peer, "CREATE TABLE events(seq INTEGER PRIMARY KEY, record BLOB)");
    peer->insert = prepare(peer, "INSERT INTO events VALUES(?, ?)");
    peer->begin = prepare(peer, "BEGIN");
    peer->commit = prepare(peer, "COMMIT");
    return peer;
}

static void step_once(const struct peer *peer, sqlite3_stmt *statement) {
    check(peer, peer->api.step(statement), SQLITE_DONE);
    check(peer, peer->api.reset(statement), SQLITE_OK);
}

static void append_sqlite(void *self, const struct load *load) {
    struct peer *peer = self;
    if (load->count > 1)
        step_once(peer, peer->begin);
    for (size_t i = 0; i < load->count; i++) {
        size_t size = load->starts[i + 1] - load->starts[i];
        peer->api.bind_int64(peer->insert, 1, (long long)(load->number + i + 1));
        /* Without a function to release them the bytes have to stay, and do until the step. */
        peer->api.bind_blob(peer->insert, 2, load->bytes.data + load->starts[i], (int)size, NULL);
        step_once(peer, peer->insert);
    }
    if (load->count > 1)
        step_once(peer, peer->commit);
}

static void read_sqlite(void *self, void (*take)(void *to, const void *record, size_t size),
                        void *to) {
    struct peer *peer = self;
    sqlite3_stmt *select = prepare(peer, "SELECT record FROM events ORDER BY seq");
    int result;
    while ((result = peer->api.step(select)) == SQLITE_ROW)
        take(to, peer->api.column_blob(select, 0), (size_t)peer->api.column_bytes(select, 0));
    check(peer, result, SQLITE_DONE);
    peer->api.finalize(select);
}

static void close_sqlite(void *self) {
    struct peer *peer = self;
    peer->api.finalize(peer->insert);
    peer->api.finalize(peer->begin);
    peer->api.finalize(peer->commit);
    peer->api.close(peer->db);
    free(peer);
}

const struct engine tw_engine_sqlite_full = {.open = open_sqlite,
                                             .append = append_sqlite,
                                             .read = read_sqlite,
                                             .close = close_sqlite,
                                             .option = SYNCHRONOUS_FULL};
const struct engine tw_engine_sqlite_normal = {.open = open_sqlite,
                                               .append = append_sqlite,
                                               .read = read_sqlite,
                                               .close = close_sqlite,
                                               .option = SYNCHRONOUS_NORMAL};
