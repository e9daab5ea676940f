/* The file `identity`: what a journal is and was set to, written once by init. */
#ifndef TW_IO_IDENTITY_H
#define TW_IO_IDENTITY_H

#include "base/buffer.h"
#include "io/folder.h"

/* From format 2 on a journal has an intake, which a reader has to look at; from 3 on it has
 * sessions. */
enum {
    TW_FORMAT = 3,
    TW_FORMAT_INTAKE = 2,
    TW_FORMAT_SESSIONS = 3,
    TW_UUID_BYTES = 16,
    TW_UUID_TEXT_BYTES = 37
};

struct identity {
    int64_t format;
    uint8_t uuid[TW_UUID_BYTES];
    char account[65];
    int64_t environment;
    char zone[65];
    char currency[9];
    int64_t overnight;
    int64_t cost_method;
    int64_t roll_seconds;
    int64_t any_file_system;
    int64_t created_ns;
};

/* Settings with the defaults filled in, checked. TW_E_INVALID names the one that is wrong. The uuid
 * and the time stay zero. */
int tw_identity_from_settings(const tw_settings *settings, struct identity *ret, tw_error *why);

/* The other way; text points into the identity. */
void tw_identity_to_settings(const struct identity *identity, tw_settings *ret);

/* The same with a fresh uuid and the time of now: what a new journal is. */
int tw_identity_new(const tw_settings *settings, struct identity *ret, tw_error *why);

/* TW_E_EXISTS when there is one. */
int tw_identity_check_none(const struct folder *folder, tw_error *why);

/* Writes the file, durably. TW_E_EXISTS when there is one, TW_E_NO_SPACE, TW_E_IO. What a crashed
 * call left behind is in nobody's way. */
int tw_identity_write(const struct folder *folder, const struct identity *identity, tw_error *why);

/* Writes it anew as one of TW_FORMAT, which the journal fulfils by now. */
int tw_identity_upgrade(const struct folder *folder, struct identity *identity, tw_error *why);

/* TW_E_NOT_JOURNAL when there is none or it is something else, TW_E_NEWER, TW_E_DAMAGED. */
int tw_identity_read(const struct folder *folder, struct identity *ret, tw_error *why);

/* The bytes of the file and back, without touching a disk. */
void tw_identity_encode(struct buffer *out, const struct identity *identity);
int tw_identity_decode(const char *text, size_t size, struct identity *ret, tw_error *why);

void tw_uuid_text(const uint8_t uuid[TW_UUID_BYTES], char out[TW_UUID_TEXT_BYTES]);

#endif
