/* Reads a time zone of the machine by name. */
#include "io/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/folder.h"
#include "io/system.h"

/* The largest zone of tzdata has some 3.5 KB; the bound only keeps a wrong file from being read. */
enum { ZONE_FILE_BYTES = 256 * 1024, ZONE_NAME_BYTES = 64 };

int tw_zone_name_valid(const char *name) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t length = strnlen(name, ZONE_NAME_BYTES + 1);
    if (length == 0 || length > ZONE_NAME_BYTES || strspn(name, allowed) != length)
        return 0;
    return name[0] != '/' && name[length - 1] != '/' && !strstr(name, "//");
}

/* The two zones that work without tzdata, so that a minimal container can keep a journal. */
static int load_built_in(const char *name, struct zone **ret, tw_error *why) {
    static const struct {
        const char *name;
        const char *rule;
    } built_in[] = {
        {"America/New_York", "EST5EDT,M3.2.0,M11.1.0"},
        {"UTC", "UTC0"},
        {"Etc/UTC", "UTC0"},
    };
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
        if (strcmp(built_in[i].name, name) == 0)
            return tw_zone_from_rule(built_in[i].rule, ret, why);
    return tw_fail(why, TW_E_NOT_FOUND,
                   "time zone %s is not on this machine; is the package tzdata installed?", name);
}

static int read_zone(int fd, const char *name, struct zone **ret, tw_error *why) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return tw_system_fail(why, errno, "time zone %s", name);
    if (!S_ISREG(status.st_mode))
        return tw_fail(why, TW_E_NOT_FOUND, "time zone %s is no zone but a folder of zones", name);
    if (status.st_size > ZONE_FILE_BYTES)
        return tw_fail(why, TW_E_DAMAGED,
                       "the file of time zone %s has %lld bytes, at most %d are read", name,
                       (long long)status.st_size, ZONE_FILE_BYTES);
    char *bytes = malloc((size_t)status.st_size + 1);
    if (!bytes)
        return tw_fail(why, TW_E_NOMEM, "no memory for time zone %s", name);
    size_t size = 0;
    int rc = tw_file_read(fd, bytes, (size_t)status.st_size, 0, &size, why);
    if (rc == 0)
        rc = tw_zone_from_tzif(bytes, size, ret, why);
    free(bytes);
    return rc;
}

int tw_zone_load_from(const char *folder, const char *name, struct zone **ret, tw_error *why) {
    char shown[80];
    if (!tw_zone_name_valid(name))
        return tw_fail(why, TW_E_INVALID, "\"%s\" is no name of a time zone",
                       tw_text_show(name, strnlen(name, 100), shown, sizeof shown));
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return load_built_in(name, ret, why);
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int error = errno;
    close(folder_fd);
    if (fd < 0 && (error == ENOENT || error == ENOTDIR))
        return load_built_in(name, ret, why);
    if (fd < 0)
        return tw_system_fail(why, error, "time zone %s", name);
    int rc = read_zone(fd, name, ret, why);
    close(fd);
    return rc;
}

int tw_zone_load(const char *name, struct zone **ret, tw_error *why) {
    return tw_zone_load_from("/usr/share/zoneinfo", name, ret, why);
}
