/* The facade: making a journal. */
#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "base/error.h"
#include "core/schema.h"
#include "io/system.h"
#include "io/zone_file.h"
#include "store_internal.h"

static int make_files(const struct folder *folder, const struct identity *identity, tw_error *why) {
    int status = tw_intake_remake(folder, identity->uuid, why);
    if (!status)
        status = tw_identity_write(folder, identity, why);
    if (status)
        tw_folder_empty(folder);
    return status;
}

/* The identity comes last: with it the folder is a journal. Another init in the same folder waits,
 * and then finds one. */
static int fill_folder(const struct folder *folder, const tw_settings *settings, tw_error *why) {
    struct identity identity;
    int status = tw_identity_new(settings, &identity, why);
    if (!status && flock(folder->fd, LOCK_EX) != 0)
        status = tw_system_fail(why, errno, "locking %s", folder->shown);
    if (!status)
        status = tw_identity_check_none(folder, why);
    return status ? status : make_files(folder, &identity, why);
}

/* Whose journal it is that stands there: at a path mistyped that is what one has to know. */
static void tell_taken(const char *path, tw_error *why) {
    struct folder *folder = NULL;
    struct identity identity;
    if (tw_folder_open(path, TW_FOLDER_READ, &folder, NULL) == 0 &&
        tw_identity_read(folder, &identity, NULL) == 0)
        tw_fail(why, TW_E_EXISTS, "%s is a journal already, of account %s (%s)", folder->shown,
                identity.account, tw_text_of("environment", identity.environment));
    tw_folder_close(folder);
}

int tw_init(const char *path, const tw_settings *settings, tw_error *why) {
    struct identity identity;
    struct folder *folder = NULL;
    struct zone *zone = NULL;
    tw_settings known = {.size = sizeof known};
    if (!path || !tw_has_size(settings))
        return tw_fail(why, TW_E_INVALID, "path or settings are missing");
    memcpy(&known, settings, settings->size < sizeof known ? settings->size : sizeof known);
    known.size = sizeof known;
    int status = tw_identity_from_settings(&known, &identity, why);
    if (!status)
        status = tw_zone_load(identity.zone, &zone, why);
    if (!status)
        status = tw_folder_create(path, &folder, why);
    if (!status)
        status = tw_folder_check_file_system(folder, (int)identity.any_file_system, why);
    if (!status)
        status = fill_folder(folder, &known, why);
    if (status && folder)
        tw_folder_undo(folder, path);
    if (status == TW_E_EXISTS)
        tell_taken(path, why);
    tw_zone_free(zone);
    tw_folder_close(folder);
    return status;
}
