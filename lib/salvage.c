/* The facade: what is left of a damaged journal, into a new one. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/give.h"
#include "io/intake.h"
#include "io/lock.h"
#include "io/zone_file.h"
#include "salvage_internal.h"

/* A caller that could not free the lists gets none. */
enum { LEAST_REPORT_BYTES = offsetof(tw_salvage_report, first_seq) };

/* ---- what the new journal is --------------------------------------------------------------- */

static const char *either(const char *found, const char *given) {
    return found[0] ? found : given;
}

static int check_same(const struct salvage *salvage, const tw_salvage_options *options,
                      tw_error *why) {
    const struct identity *found = &salvage->identity;
    if (options->account && found->account[0] && strcmp(options->account, found->account) != 0)
        return tw_fail(why, TW_E_OTHER_ACCOUNT, "the journal is of account %s, expected %s",
                       found->account, options->account);
    if (options->environment && found->environment && options->environment != found->environment)
        return tw_fail(why, TW_E_OTHER_ACCOUNT, "the journal is a %s one, expected %s",
                       found->environment == TW_ENVIRONMENT_LIVE ? "live" : "paper",
                       options->environment == TW_ENVIRONMENT_LIVE ? "live" : "paper");
    return 0;
}

/* The identity says it, else the log, else the caller. */
static int choose_identity(const struct salvage *salvage, const tw_salvage_options *options,
                           struct identity *ret, int64_t *ret_from, tw_error *why) {
    const struct identity *found = &salvage->identity;
    tw_settings settings;
    int status = check_same(salvage, options, why);
    if (status)
        return status;
    *ret_from = salvage->identity_known ? TW_SALVAGE_FROM_IDENTITY
                : salvage->session_seq  ? TW_SALVAGE_FROM_LOG
                                        : TW_SALVAGE_FROM_OPTIONS;
    tw_identity_to_settings(found, &settings);
    if (!salvage->identity_known) {
        settings.account = either(found->account, options->account);
        settings.zone = either(found->zone, options->zone);
        settings.currency = either(found->currency, options->currency);
        settings.environment = found->environment ? found->environment : options->environment;
        settings.cost_method = found->cost_method ? found->cost_method : options->cost_method;
        settings.overnight = options->overnight;
        settings.roll_seconds = options->roll_seconds;
    }
    if (!settings.account || !settings.environment)
        return tw_fail(why, TW_E_INVALID,
                       "%s: neither a file identity nor a session says whose journal it is, "
                       "expected the account and the environment to be given",
                       salvage->folder->shown);
    if (options->any_file_system)
        settings.any_file_system = 1;
    return tw_identity_new(&settings, ret, why);
}

/* ---- the new journal ----------------------------------------------------------------------- */

static int check_new(const char *path, tw_error *why) {
    tw_journal *journal = NULL;
    int status = tw_journal_open(path, &journal, why);
    int64_t count = status ? 0 : tw_journal_dates(journal, NULL, 0);
    int64_t *dates = calloc((size_t)(count > 0 ? count : 0) + 1, sizeof *dates);
    if (!status && !dates)
        status = tw_fail(why, TW_E_NOMEM, "no memory for a list of dates");
    if (!status)
        count = tw_journal_dates(journal, dates, (uint64_t)count);
    for (int64_t i = 0; status == 0 && i < count; i++) {
        tw_verify_report report = {.size = sizeof report};
        status = tw_journal_verify(journal, dates[i], &report, why);
    }
    free(dates);
    tw_journal_close(journal);
    return status ? tw_fail_in(why, status, "the new journal") : 0;
}

/* Everything that was made; the folder itself is taken back by its maker. */
static void remove_new(const struct folder *folder) {
    int64_t count = tw_folder_dates(folder, NULL, 0, NULL);
    int64_t *dates = calloc((size_t)(count > 0 ? count : 0) + 1, sizeof *dates);
    char name[TW_DAY_NAME_BYTES], other[TW_DAY_NAME_BYTES + 8];
    const char *const ends[] = {"-lock", ".new", ".new-lock"};
    tw_folder_empty(folder);
    if (dates)
        count = tw_folder_dates(folder, dates, (uint64_t)(count > 0 ? count : 0), NULL);
    for (int64_t i = 0; dates && i < count; i++) {
        tw_folder_day_name(dates[i], name);
        for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
            snprintf(other, sizeof other, "%s%s", name, ends[k]);
            tw_folder_remove(folder, other, NULL);
        }
        tw_folder_remove(folder, name, NULL);
    }
    tw_folder_remove(folder, "writer.lock", NULL);
    free(dates);
}

/* The identity comes last: with it the folder is a journal, and by then its gate is closed. */
static int write_files(struct rewrite *rewrite, const struct identity *identity, tw_error *why) {
    const struct folder *folder = rewrite->writer.folder;
    int status = tw_rewrite_records(rewrite, why);
    if (!status)
        status = tw_rewrite_close(rewrite, why);
    if (!status)
        status = tw_intake_remake(folder, identity->uuid, why);
    return status ? status : tw_identity_write(folder, identity, why);
}

static int fill_folder(struct rewrite *rewrite, struct folder *folder, const char *path,
                       const struct identity *identity, tw_error *why) {
    struct lock *lock = NULL;
    rewrite->writer.folder = folder;
    rewrite->writer.identity = identity;
    int status = tw_folder_check_file_system(folder, (int)identity->any_file_system, why);
    if (!status)
        status = tw_lock_take(folder, &lock, why);
    if (!status)
        status = tw_identity_check_none(folder, why);
    if (!status)
        status = write_files(rewrite, identity, why);
    if (!status)
        status = check_new(path, why);
    /* What a failed write leaves open is closed before its file goes. */
    tw_writer_free(&rewrite->writer);
    memset(&rewrite->writer, 0, sizeof rewrite->writer);
    if (status && lock)
        remove_new(folder);
    tw_lock_release(lock);
    return status;
}

/* A new folder inside of the damaged one would change it. */
static int check_outside(const struct folder *damaged, const char *path, tw_error *why) {
    struct stat status;
    size_t length = strlen(path);
    char *above = malloc(length + 4);
    if (!above)
        return tw_fail(why, TW_E_NOMEM, "no memory for a path");
    memcpy(above, path, length + 1);
    while (length > 1 && above[length - 1] == '/')
        above[--length] = 0;
    char *slash = strrchr(above, '/');
    if (slash)
        slash[slash == above] = 0;
    int found = stat(slash ? above : ".", &status);
    free(above);
    if (found == 0 && status.st_dev == damaged->device && status.st_ino == damaged->inode)
        return tw_fail(why, TW_E_INVALID,
                       "the new journal would lie inside of the damaged one, expected another "
                       "place");
    return 0;
}

static int write_new(struct rewrite *rewrite, const char *path, const struct identity *identity,
                     tw_error *why) {
    struct folder *folder = NULL;
    struct zone *zone = NULL;
    int status = tw_zone_load(identity->zone, &zone, why);
    tw_zone_free(zone);
    if (!status)
        status = check_outside(rewrite->salvage->folder, path, why);
    if (!status)
        status = tw_folder_create(path, &folder, why);
    if (!status)
        status = fill_folder(rewrite, folder, path, identity, why);
    if (status && folder)
        tw_folder_undo(folder, path);
    tw_folder_close(folder);
    return status;
}

/* ---- the report ---------------------------------------------------------------------------- */

static int list_files(const struct salvage *salvage, tw_salvage_report *report, tw_error *why) {
    report->files = calloc(salvage->file_count + 1, sizeof *report->files);
    if (!report->files)
        return tw_fail(why, TW_E_NOMEM, "no memory for the report");
    report->file_count = salvage->file_count;
    for (size_t i = 0; i < salvage->file_count; i++) {
        const struct salvage_file *file = &salvage->files[i];
        tw_salvage_file *shown = &report->files[i];
        shown->size = sizeof *shown;
        shown->bytes = file->bytes;
        shown->records = file->records;
        snprintf(shown->name, sizeof shown->name, "%.63s", file->name);
        memcpy(shown->damage, file->damage, sizeof shown->damage);
    }
    return 0;
}

static void finish_report(const struct salvage *salvage, tw_salvage_report *report) {
    report->others = salvage->others;
    report->astray = salvage->astray;
    report->proven = salvage->proven;
    report->chain_breaks = salvage->unproven;
    report->end_known = salvage->end_known && salvage->intake_known;
    memcpy(report->identity_damage, salvage->identity_damage, sizeof report->identity_damage);
}

static int find(struct salvage *salvage, tw_error *why) {
    struct lock_holder holder = {0};
    if (tw_lock_query(salvage->folder, &holder, NULL) == 0 && holder.alive)
        return tw_fail(why, TW_E_BUSY, "%s is being written by process %lld",
                       salvage->folder->shown, (long long)holder.pid);
    int status = tw_salvage_scan(salvage, why);
    if (!status)
        status = tw_salvage_choose(salvage, why);
    return status ? status : tw_salvage_judge(salvage, why);
}

static int run(struct rewrite *rewrite, const char *path, const tw_salvage_options *options,
               tw_error *why) {
    struct salvage *salvage = rewrite->salvage;
    struct identity identity;
    int status = find(salvage, why);
    if (!status)
        status = list_files(salvage, &rewrite->report, why);
    if (!status)
        status = choose_identity(salvage, options, &identity, &rewrite->report.settings_from, why);
    if (status)
        return status;
    finish_report(salvage, &rewrite->report);
    return write_new(rewrite, path, &identity, why);
}

int tw_salvage(const char *damaged, const char *path, const tw_salvage_options *options,
               tw_salvage_report *ret, tw_error *why) {
    tw_salvage_options given = {.size = sizeof given};
    struct folder *folder = NULL;
    if (!damaged || !path || !tw_has_size(ret) || ret->size < LEAST_REPORT_BYTES ||
        (options && !tw_has_size(options)))
        return tw_fail(why, TW_E_INVALID, "paths, result or its size are missing");
    if (options)
        memcpy(&given, options, options->size < sizeof given ? options->size : sizeof given);
    int status = tw_folder_open(damaged, TW_FOLDER_READ, &folder, why);
    if (status == TW_E_NOT_FOUND)
        status = tw_fail(why, TW_E_NOT_JOURNAL, "there is no folder at %s", damaged);
    if (status)
        return status;
    struct salvage salvage = {
        .folder = folder, .progress = given.progress, .context = given.context, .fd = -1};
    struct rewrite rewrite = {.salvage = &salvage};
    status = run(&rewrite, path, &given, why);
    if (status) {
        free(rewrite.report.gaps);
        free(rewrite.report.files);
    } else {
        tw_give(ret, &rewrite.report, sizeof rewrite.report);
    }
    tw_salvage_free(&salvage);
    tw_decoder_free(&rewrite.decoder);
    tw_buffer_free(&rewrite.bytes);
    free(rewrite.asides);
    tw_folder_close(folder);
    return status;
}
