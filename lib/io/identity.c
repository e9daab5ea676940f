/* The file `identity`: what a journal is and was set to. Its form is in docs/format.md. */
#include "io/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/date.h"
#include "base/digest.h"
#include "base/text.h"
#include "io/clock.h"
#include "io/lines.h"
#include "io/system.h"
#include "io/zone_file.h"

static const char file_name[] = "identity";
static const char temporary_name[] = "identity.new";
static const char magic_line[] = "tradewal journal";

enum { IDENTITY_FILE_BYTES = 4096, CRC_LINE_BYTES = 17, SECONDS_PER_DAY = 86400 };

/* The words of the enumerations, from the one list. */
static const struct {
    const char *of;
    int64_t number;
    const char *text;
} values[] = {
#define TW_ENUM(name, sentence)
#define TW_VALUE(of, number, constant, text) {#of, number, text},
#define TW_ENUM_END(name)
#include "tradewal_events.def"
};

static const char *text_of(const char *of, int64_t number) {
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(values[i].of, of) == 0 && values[i].number == number)
            return values[i].text;
    return NULL;
}

static int take_value(struct lines *lines, const char *of, int64_t *ret) {
    char text[32];
    if (!tw_lines_take(lines, of, text, sizeof text))
        return 0;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(values[i].of, of) == 0 && strcmp(values[i].text, text) == 0) {
            *ret = values[i].number;
            return 1;
        }
    return 0;
}

static int currency_valid(const char *currency) {
    size_t length = strnlen(currency, 9);
    return length >= 1 && length <= 8 &&
           strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length;
}

/* What both a caller's settings and a file have to keep to. What is wrong, or NULL. */
static const char *wrong_member(const struct identity *identity) {
    if (!tw_text_is_name(identity->account))
        return "account is not made of 1 to 64 letters, digits, '.', '_' and '-'";
    if (!text_of("environment", identity->environment))
        return "environment is neither live nor paper";
    if (!tw_zone_name_valid(identity->zone))
        return "zone is no name of a time zone";
    if (!currency_valid(identity->currency))
        return "currency is not made of 1 to 8 capitals and digits";
    if (!text_of("overnight", identity->overnight))
        return "overnight is neither reject nor carry";
    if (!text_of("cost_method", identity->cost_method))
        return "cost_method is neither average nor fifo";
    if (identity->roll_seconds < 0 || identity->roll_seconds >= SECONDS_PER_DAY)
        return "roll_seconds is not within a day";
    if (identity->any_file_system != 0 && identity->any_file_system != 1)
        return "any_file_system is neither 0 nor 1";
    return NULL;
}

static void copy_text(char *out, size_t room, const char *text, const char *otherwise) {
    /* One byte too many stays visible as a text that is too long: it is cut to room - 1, and the
     * caller has measured it. */
    snprintf(out, room, "%s", text ? text : otherwise);
}

int tw_identity_from_settings(const tw_settings *settings, struct identity *ret, tw_error *why) {
    struct identity identity;
    memset(&identity, 0, sizeof identity);
    if (!settings || settings->size < sizeof *settings)
        return tw_fail(why, TW_E_INVALID, "settings are missing or smaller than this version's");
    if (!settings->account)
        return tw_fail(why, TW_E_INVALID, "setting account is missing");
    if (strnlen(settings->account, 66) > 64 ||
        (settings->zone && strnlen(settings->zone, 66) > 64) ||
        (settings->currency && strnlen(settings->currency, 10) > 8))
        return tw_fail(why, TW_E_INVALID,
                       "account or zone has more than 64 bytes or currency more than 8");
    copy_text(identity.account, sizeof identity.account, settings->account, "");
    copy_text(identity.zone, sizeof identity.zone, settings->zone, "America/New_York");
    copy_text(identity.currency, sizeof identity.currency, settings->currency, "USD");
    identity.format = TW_FORMAT;
    identity.environment = settings->environment;
    identity.overnight = settings->overnight ? settings->overnight : TW_OVERNIGHT_REJECT;
    identity.cost_method = settings->cost_method ? settings->cost_method : TW_COST_METHOD_AVERAGE;
    identity.roll_seconds = settings->roll_seconds;
    identity.any_file_system = settings->any_file_system;
    const char *wrong = wrong_member(&identity);
    if (wrong)
        return tw_fail(why, TW_E_INVALID, "setting %s", wrong);
    *ret = identity;
    return 0;
}

void tw_identity_to_settings(const struct identity *identity, tw_settings *ret) {
    memset(ret, 0, sizeof *ret);
    ret->size = sizeof *ret;
    ret->account = identity->account;
    ret->environment = identity->environment;
    ret->zone = identity->zone;
    ret->currency = identity->currency;
    ret->overnight = identity->overnight;
    ret->cost_method = identity->cost_method;
    ret->roll_seconds = identity->roll_seconds;
    ret->any_file_system = identity->any_file_system;
}

void tw_uuid_text(const uint8_t uuid[TW_UUID_BYTES], char out[TW_UUID_TEXT_BYTES]) {
    char *at = out;
    for (int i = 0; i < TW_UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += snprintf(at, 3, "%02x", uuid[i]);
    }
}

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int parse_uuid(const char *text, uint8_t ret[TW_UUID_BYTES]) {
    if (strlen(text) != TW_UUID_TEXT_BYTES - 1)
        return 0;
    for (int i = 0; i < TW_UUID_BYTES; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return 0;
        int high = hex_digit(text[0]);
        int low = hex_digit(text[1]);
        if (high < 0 || low < 0)
            return 0;
        ret[i] = (uint8_t)(high * 16 + low);
        text += 2;
    }
    return 1;
}

void tw_identity_encode(struct buffer *out, const struct identity *identity) {
    size_t start = out->size;
    char uuid[TW_UUID_TEXT_BYTES];
    char created[TW_TIME_TEXT_BYTES];
    tw_uuid_text(identity->uuid, uuid);
    tw_time_format(identity->created_ns, 0, 9, created);
    tw_buffer_format(out, "%s\nformat: %" PRId64 "\nuuid: %s\n", magic_line, identity->format,
                     uuid);
    tw_buffer_format(out, "account: %s\nenvironment: %s\nzone: %s\ncurrency: %s\n",
                     identity->account, text_of("environment", identity->environment),
                     identity->zone, identity->currency);
    tw_buffer_format(out, "overnight: %s\ncost_method: %s\nroll_seconds: %" PRId64 "\n",
                     text_of("overnight", identity->overnight),
                     text_of("cost_method", identity->cost_method), identity->roll_seconds);
    tw_buffer_format(out, "any_file_system: %" PRId64 "\ncreated: %s\n", identity->any_file_system,
                     created);
    if (!out->failed)
        tw_buffer_format(out, "crc32c: %08" PRIx32 "\n",
                         tw_crc32c(0, out->data + start, out->size - start));
}

/* The last line is the CRC of all before it, in every format there will ever be. */
static int check_crc(const char *text, size_t size, tw_error *why) {
    char expected[CRC_LINE_BYTES + 1];
    size_t before = size >= CRC_LINE_BYTES ? size - CRC_LINE_BYTES : 0;
    snprintf(expected, sizeof expected, "crc32c: %08" PRIx32 "\n", tw_crc32c(0, text, before));
    if (size < CRC_LINE_BYTES || memcmp(text + before, expected, CRC_LINE_BYTES) != 0)
        return tw_fail(why, TW_E_DAMAGED, "identity has another checksum than its %zu bytes", size);
    return 0;
}

static int take_members(struct lines *lines, struct identity *ret) {
    char uuid[TW_UUID_TEXT_BYTES];
    char created[TW_TIME_TEXT_BYTES];
    return tw_lines_take(lines, "uuid", uuid, sizeof uuid) && parse_uuid(uuid, ret->uuid) &&
           tw_lines_take(lines, "account", ret->account, sizeof ret->account) &&
           take_value(lines, "environment", &ret->environment) &&
           tw_lines_take(lines, "zone", ret->zone, sizeof ret->zone) &&
           tw_lines_take(lines, "currency", ret->currency, sizeof ret->currency) &&
           take_value(lines, "overnight", &ret->overnight) &&
           take_value(lines, "cost_method", &ret->cost_method) &&
           tw_lines_number(lines, "roll_seconds", SECONDS_PER_DAY - 1, &ret->roll_seconds) &&
           tw_lines_number(lines, "any_file_system", 1, &ret->any_file_system) &&
           tw_lines_take(lines, "created", created, sizeof created) &&
           tw_time_parse(created, strlen(created), &ret->created_ns) == 0 && lines->left == 0;
}

int tw_identity_decode(const char *text, size_t size, struct identity *ret, tw_error *why) {
    struct identity identity;
    memset(&identity, 0, sizeof identity);
    if (size == 0)
        return tw_fail(why, TW_E_DAMAGED, "identity is empty");
    struct lines lines = {text, size};
    if (!tw_lines_expect(&lines, magic_line))
        return tw_fail(why, TW_E_NOT_JOURNAL, "identity does not start with \"%s\"", magic_line);
    int rc = check_crc(text, size, why);
    if (rc)
        return rc;
    lines.left -= CRC_LINE_BYTES;
    if (!tw_lines_number(&lines, "format", INT64_MAX, &identity.format) || identity.format == 0)
        return tw_fail(why, TW_E_DAMAGED, "identity does not say its format");
    if (identity.format > TW_FORMAT)
        return tw_fail(why, TW_E_NEWER,
                       "identity has format %" PRId64 ", this version knows up to %d",
                       identity.format, TW_FORMAT);
    if (!take_members(&lines, &identity) || wrong_member(&identity))
        return tw_fail(why, TW_E_DAMAGED,
                       "identity has a line that format %" PRId64 " does not have there",
                       identity.format);
    *ret = identity;
    return 0;
}

static int write_temporary(const struct folder *folder, const struct buffer *text, tw_error *why) {
    int fd = -1;
    int rc = tw_folder_remove(folder, temporary_name, why);
    if (rc == 0)
        rc = tw_folder_make_file(folder, temporary_name, &fd, why);
    if (rc)
        return rc;
    rc = tw_file_write(fd, text->data, text->size, 0, why);
    if (rc == 0 && fsync(fd) != 0)
        rc = tw_system_fail(why, errno, "syncing %s/%s", folder->shown, temporary_name);
    close(fd);
    return rc;
}

int tw_identity_new(const tw_settings *settings, struct identity *ret, tw_error *why) {
    struct identity identity;
    int rc = tw_identity_from_settings(settings, &identity, why);
    if (rc)
        return rc;
    if (getrandom(identity.uuid, sizeof identity.uuid, 0) != (ssize_t)sizeof identity.uuid)
        return tw_system_fail(why, errno, "asking for random bytes");
    /* The marks of a random uuid, RFC 9562 version 4. */
    identity.uuid[6] = (uint8_t)((identity.uuid[6] & 0x0F) | 0x40);
    identity.uuid[8] = (uint8_t)((identity.uuid[8] & 0x3F) | 0x80);
    identity.created_ns = tw_clock_now_ns();
    *ret = identity;
    return 0;
}

static int write_encoded(const struct folder *folder, const struct identity *identity,
                         tw_error *why) {
    struct buffer text = {0};
    tw_identity_encode(&text, identity);
    int rc = text.failed ? tw_fail(why, TW_E_NOMEM, "no memory for the identity")
                         : write_temporary(folder, &text, why);
    tw_buffer_free(&text);
    return rc;
}

int tw_identity_check_none(const struct folder *folder, tw_error *why) {
    int taken = tw_folder_has(folder, file_name, why);
    return taken > 0 ? tw_fail(why, TW_E_EXISTS, "%s is a journal already", folder->shown) : taken;
}

int tw_identity_write(const struct folder *folder, const struct identity *identity, tw_error *why) {
    int rc = tw_identity_check_none(folder, why);
    if (rc == 0)
        rc = write_encoded(folder, identity, why);
    if (rc == 0)
        rc = tw_folder_rename(folder, temporary_name, file_name, why);
    return rc ? rc : tw_folder_sync(folder, why);
}

int tw_identity_upgrade(const struct folder *folder, struct identity *identity, tw_error *why) {
    struct identity upgraded = *identity;
    upgraded.format = TW_FORMAT;
    int rc = write_encoded(folder, &upgraded, why);
    if (rc == 0)
        rc = tw_folder_replace(folder, temporary_name, file_name, why);
    if (rc == 0)
        rc = tw_folder_sync(folder, why);
    if (rc == 0)
        *identity = upgraded;
    return rc;
}

int tw_identity_read(const struct folder *folder, struct identity *ret, tw_error *why) {
    int fd = -1;
    int rc = tw_folder_open_file(folder, file_name, O_RDONLY, &fd, NULL, why);
    if (rc == TW_E_NOT_FOUND)
        return tw_fail(why, TW_E_NOT_JOURNAL, "%s is not a journal: it has no file identity",
                       folder->shown);
    if (rc)
        return rc;
    char text[IDENTITY_FILE_BYTES];
    size_t size = 0;
    rc = tw_file_read(fd, text, sizeof text, 0, &size, why);
    close(fd);
    if (rc)
        return rc;
    rc = tw_identity_decode(text, size, ret, why);
    return rc ? tw_fail_in(why, rc, "%s", folder->shown) : 0;
}
