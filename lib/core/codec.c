/* Events to and from record bytes. Pure. */
#include "core/codec.h"

#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "core/codec_pack.h"
#include "core/schema.h"
#include "core/unpack.h"

enum { VERSION_AT = 4, TYPE_AT = 6, BODY_BYTES_AT = 8, CRC_AT = 12, SEQ_AT = 16, BODY_ITEMS = 6 };

static const uint8_t magic[VERSION_AT] = {'T', 'W', 'A', 'L'};

/* The CRC covers the header, its own four bytes taken as zero, and the body. */
static uint32_t record_crc(const uint8_t *record, size_t size) {
    uint8_t header[TW_RECORD_HEADER_BYTES];
    memcpy(header, record, sizeof header);
    tw_put_u32(header + CRC_AT, 0);
    uint32_t crc = tw_crc32c(0, header, sizeof header);
    return tw_crc32c(crc, record + sizeof header, size - sizeof header);
}

/* ---- encoding ------------------------------------------------------------------------------ */

int tw_record_encode(const tw_event *event, struct buffer *out) {
    assert(tw_schema_type(event->type));
    assert(event->seq > 0);
    size_t start = out->size;
    uint8_t header[TW_RECORD_HEADER_BYTES] = {0};
    memcpy(header, magic, sizeof magic);
    tw_put_u16(header + VERSION_AT, TW_RECORD_VERSION);
    tw_put_u16(header + TYPE_AT, (uint16_t)event->type);
    tw_put_u64(header + SEQ_AT, event->seq);
    tw_buffer_put(out, header, sizeof header);
    tw_codec_pack(event, out);
    if (out->failed) {
        out->size = start;
        return TW_E_NOMEM;
    }
    size_t size = out->size - start;
    assert(size - sizeof header <= TW_RECORD_BODY_BYTES_MAX);
    uint8_t *record = (uint8_t *)out->data + start;
    tw_put_u32(record + BODY_BYTES_AT, (uint32_t)(size - sizeof header));
    tw_put_u32(record + CRC_AT, tw_crc32c(0, record, size)); /* its own four bytes are still 0 */
    return 0;
}

/* ---- decoding ------------------------------------------------------------------------------ */

int tw_record_header(const void *bytes, size_t size, struct record_header *ret) {
    const uint8_t *at = bytes;
    if (size < TW_RECORD_HEADER_BYTES || memcmp(at, magic, sizeof magic) != 0)
        return TW_E_DAMAGED;
    struct record_header header = {.version = tw_get_u16(at + VERSION_AT),
                                   .type = tw_get_u16(at + TYPE_AT),
                                   .body_bytes = tw_get_u32(at + BODY_BYTES_AT),
                                   .crc = tw_get_u32(at + CRC_AT),
                                   .seq = tw_get_u64(at + SEQ_AT)};
    if (header.version == 0 || header.type == 0 || header.seq == 0 || header.seq > INT64_MAX ||
        header.body_bytes > TW_RECORD_BODY_BYTES_MAX)
        return TW_E_DAMAGED;
    *ret = header;
    return 0;
}

/* The CRC comes before the version: a record of a later version is one that is whole. */
static int check_frame(const uint8_t *bytes, size_t size, struct record_header *ret,
                       tw_error *why) {
    if (tw_record_header(bytes, size, ret))
        return tw_fail(why, TW_E_DAMAGED, "%zu bytes do not start with a record header", size);
    unsigned long long seq = ret->seq;
    size_t whole = (size_t)TW_RECORD_HEADER_BYTES + ret->body_bytes;
    if (size != whole)
        return tw_fail(why, TW_E_DAMAGED, "record %llu has %zu bytes, its header says %zu", seq,
                       size, whole);
    uint32_t crc = record_crc(bytes, size);
    if (crc != ret->crc)
        return tw_fail(why, TW_E_DAMAGED, "record %llu has crc %08x, its header says %08x", seq,
                       (unsigned)crc, (unsigned)ret->crc);
    if (ret->version > TW_RECORD_VERSION)
        return tw_fail(why, TW_E_NEWER, "record %llu has version %u, this program knows %d", seq,
                       (unsigned)ret->version, TW_RECORD_VERSION);
    return 0;
}

/* Copies behind what is there, with a NUL. A str or bin of the body has a byte or more in front of
 * it, so room for the body's size is room for all of them. */
static const char *keep(struct buffer *text, const void *data, size_t size) {
    assert(text->capacity - text->size > size);
    char *copy = text->data + text->size;
    memcpy(copy, data, size);
    copy[size] = '\0';
    text->size += size + 1;
    return copy;
}

/* A body while it is read. What a single value has to be is looked at while it is at hand; one that
 * may not be makes the body suspect, and tw_schema_check then says what is wrong with it. */
struct body {
    struct unpack in;
    struct buffer *text;
    int is_suspect;
};

static const char *read_text(struct body *body, size_t limit) {
    const uint8_t *start = body->in.at;
    size_t size;
    const char *data = tw_unpack_str(&body->in, &size);
    if (!data)
        return NULL;
    if (size == 0 || size > limit || !tw_text_is_clean(data, size)) {
        body->is_suspect = 1;
        /* What lies behind a NUL would be lost to a C string and still be in the record. */
        if (memchr(data, '\0', size)) {
            body->in.at = start;
            tw_unpack_fail(&body->in);
            return NULL;
        }
    }
    return keep(body->text, data, size);
}

static void read_envelope(struct body *body, tw_event *event) {
    struct unpack *in = &body->in;
    if (tw_unpack_array(in) != BODY_ITEMS) {
        tw_unpack_fail(in);
        return;
    }
    event->time_ns = tw_unpack_int(in);
    event->trading_date = tw_unpack_int(in);
    event->source = tw_unpack_int(in);
    if (!tw_unpack_nil(in))
        event->corr = read_text(body, TW_CORR_BYTES);
    event->cause = tw_unpack_uint(in);
}

static int64_t read_number(struct body *body, const struct field *field) {
    struct unpack *in = &body->in;
    if (field->kind == KIND_BOOL)
        return tw_unpack_bool(in);
    int64_t number = tw_unpack_int(in);
    /* 0 is how a struct says that an enumeration is not told: it may not be told as 0. */
    if (field->kind == KIND_ENUM && number == 0)
        tw_unpack_fail(in);
    if (!tw_field_fits(field, number))
        body->is_suspect = 1;
    return number;
}

static void read_field(struct body *body, const struct field *field, tw_event *event) {
    struct value value = {.known = 1};
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        const char *text = read_text(body, field->limit);
        if (text && field->kind == KIND_SYMBOL && strcmp(text, "all") == 0)
            body->is_suspect = 1;
        value.data = text;
    } else if (field->kind == KIND_BYTES) {
        const void *data = tw_unpack_bin(&body->in, &value.size);
        if (data)
            value.data = keep(body->text, data, value.size);
        if (value.size > field->limit)
            body->is_suspect = 1;
    } else {
        value.number = read_number(body, field);
    }
    tw_field_set(event, field, value);
}

/* Passes over fields that are not in the record, up to the one of that number. Those that have to
 * be there are missed here, and not by the look at the event: empty bytes are as good as none to
 * it. */
static inline const struct field *pass_absent(struct unpack *in, const struct field *next,
                                              const struct field *end, uint64_t number) {
    for (; next < end && next->number < number; next++)
        if (!next->optional)
            tw_unpack_fail(in);
    return next;
}

static int read_fields(struct body *body, const struct event_type *type, tw_event *event,
                       tw_error *why) {
    struct unpack *in = &body->in;
    const struct field *next = type->fields; /* those before it are passed: numbers ascend */
    const struct field *end = next + type->count;
    for (size_t count = tw_unpack_map(in); count > 0 && !in->failed; count--) {
        const uint8_t *start = in->at;
        uint64_t number = tw_unpack_uint(in);
        next = pass_absent(in, next, end, number);
        if (next < end && next->number == number && !in->failed) {
            read_field(body, next++, event);
        } else if (!in->failed && number > end[-1].number) {
            return tw_fail(why, TW_E_NEWER, "record %llu: %s has no field %llu in this version",
                           (unsigned long long)event->seq, type->name, (unsigned long long)number);
        } else {
            in->at = start;
            tw_unpack_fail(in);
        }
    }
    pass_absent(in, next, end, UINT64_MAX);
    return 0;
}

/* The fields of a type that is not known: any values, but in the shape that fields have. */
static void skip_fields(struct unpack *in) {
    uint64_t last = 0;
    for (size_t count = tw_unpack_map(in); count > 0 && !in->failed; count--) {
        uint64_t number = tw_unpack_uint(in);
        if (number <= last)
            tw_unpack_fail(in);
        last = number;
        tw_unpack_skip(in);
    }
}

static int read_body(struct decoder *decoder, const uint8_t *bytes, size_t size, tw_event *event,
                     tw_error *why) {
    const struct event_type *type = tw_schema_type(event->type);
    struct body body = {{bytes, bytes + size, 0}, &decoder->text, 0};
    int status = 0;
    tw_buffer_clear(&decoder->text);
    if (tw_buffer_reserve(&decoder->text, size + 1))
        return tw_fail(why, TW_E_NOMEM, "no memory for the text of a record");
    read_envelope(&body, event);
    if (type)
        status = read_fields(&body, type, event, why);
    else
        skip_fields(&body.in);
    if (status)
        return status;
    if (!tw_unpack_done(&body.in))
        return tw_fail(why, TW_E_DAMAGED,
                       "record %llu: byte %zu of its body is not as it has to be",
                       (unsigned long long)event->seq, (size_t)(body.in.at - bytes));
    tw_error detail;
    status = type && body.is_suspect ? tw_schema_check(event, &detail)
                                     : tw_schema_check_envelope(event, &detail);
    if (status)
        return tw_fail(why, TW_E_DAMAGED, "record %llu: %s", (unsigned long long)event->seq,
                       detail.text);
    return 0;
}

int tw_record_check(const void *bytes, size_t size, tw_error *why) {
    struct record_header header;
    return check_frame(bytes, size, &header, why);
}

static int decode(struct decoder *decoder, const struct record_header *header, const uint8_t *body,
                  tw_event *ret, tw_error *why) {
    const struct event_type *type = tw_schema_type(header->type);
    tw_event event;
    /* What lies behind a type's own struct is cleared in ret alone. */
    size_t bytes = type ? offsetof(tw_event, as) + type->struct_bytes : sizeof event;
    memset(&event, 0, bytes);
    event.size = sizeof event;
    event.type = header->type;
    event.seq = header->seq;
    if (type) {
        uint64_t struct_bytes = type->struct_bytes;
        memcpy(&event.as, &struct_bytes, sizeof struct_bytes);
    }
    decoder->type_number = header->type;
    int status = read_body(decoder, body, header->body_bytes, &event, why);
    if (status)
        return status;
    if (!type)
        event.type = TW_TYPE_OPAQUE;
    memcpy(ret, &event, bytes);
    memset((char *)ret + bytes, 0, sizeof event - bytes);
    return 0;
}

int tw_record_decode(struct decoder *decoder, const void *bytes, size_t size, tw_event *ret,
                     tw_error *why) {
    struct record_header header;
    int status = check_frame(bytes, size, &header, why);
    return status ? status
                  : decode(decoder, &header, (const uint8_t *)bytes + TW_RECORD_HEADER_BYTES, ret,
                           why);
}

int tw_record_decode_checked(struct decoder *decoder, const void *bytes, size_t size, tw_event *ret,
                             tw_error *why) {
    struct record_header header;
    int status = tw_record_header(bytes, size, &header);
    assert(status == 0 && size == (size_t)TW_RECORD_HEADER_BYTES + header.body_bytes);
    return decode(decoder, &header, (const uint8_t *)bytes + TW_RECORD_HEADER_BYTES, ret, why);
}

void tw_decoder_free(struct decoder *decoder) {
    if (decoder)
        tw_buffer_free(&decoder->text);
}

/* ---- what an event books ------------------------------------------------------------------- */

/* The id of a correction or bust itself, where it has one of its own. */
static const char *own_id(const char *exec_id, const char *corrects) {
    return strcmp(exec_id, corrects) != 0 ? exec_id : NULL;
}

const char *tw_event_exec_id(const tw_event *event) {
    if (event->type == TW_TYPE_fill)
        return event->as.fill.exec_id;
    if (event->type == TW_TYPE_partial)
        return event->as.partial.exec_id;
    if (event->type == TW_TYPE_fill_inferred)
        return event->as.fill_inferred.exec_id;
    if (event->type == TW_TYPE_fill_corrected)
        return own_id(event->as.fill_corrected.exec_id, event->as.fill_corrected.corrects);
    if (event->type == TW_TYPE_fill_busted)
        return own_id(event->as.fill_busted.exec_id, event->as.fill_busted.corrects);
    return NULL;
}
