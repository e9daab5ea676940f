/* The lines at the top of tradewal bench: where and when this was measured. */
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_out.h"

enum { TEXT_BYTES = 512 };

static void processor_name(char *ret) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[TEXT_BYTES];
    snprintf(ret, TEXT_BYTES, "processor not known");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", strlen("model name")) != 0 || !colon)
            continue;
        snprintf(ret, TEXT_BYTES, "%s", colon + 2);
        ret[strcspn(ret, "\n")] = '\0';
        break;
    }
    if (file)
        fclose(file);
}

static int lies_below(const char *path, const char *mount) {
    size_t length = strlen(mount);
    if (strcmp(mount, "/") == 0)
        return 1;
    return strncmp(path, mount, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The mount that the folder is on is the longest path above it; of equal ones the last hides the
 * others. */
static void file_system_name(const char *folder, char *ret) {
    char *path = realpath(folder, NULL);
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    const struct mntent *mount;
    size_t longest = 0;
    snprintf(ret, TEXT_BYTES, "not known");
    while (path && mounts && (mount = getmntent(mounts)) != NULL) {
        size_t length = strlen(mount->mnt_dir);
        if (!lies_below(path, mount->mnt_dir) || length < longest)
            continue;
        longest = length;
        snprintf(ret, TEXT_BYTES, "%s on %s (%s)", mount->mnt_type, mount->mnt_fsname,
                 mount->mnt_opts);
    }
    if (mounts)
        endmntent(mounts);
    free(path);
}

void tw_bench_machine(const struct bench *bench) {
    char text[2 * TEXT_BYTES], processor[TEXT_BYTES];
    struct utsname system;
    time_t now = time(NULL);
    struct tm date;
    processor_name(processor);
    uname(&system);
    snprintf(text, sizeof text, "%s, %ld cores, %s %s", processor, sysconf(_SC_NPROCESSORS_ONLN),
             system.sysname, system.release);
    tw_bench_fact("machine", text);
    file_system_name(bench->folder, text);
    tw_bench_fact("file system", text);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &date));
    tw_bench_fact("date", text);
    snprintf(text, sizeof text, "%llu rounds, %llu events, seed %llu",
             (unsigned long long)bench->rounds, (unsigned long long)bench->events,
             (unsigned long long)bench->seed);
    tw_bench_fact("run", text);
}
