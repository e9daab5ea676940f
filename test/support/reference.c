/* A second decoder of records, over msgpack-c. */
#include "reference.h"

#include <msgpack.h>
#include <string.h>

#include "base/digest.h"
#include "core/codec.h"
#include "core/schema.h"

enum { BODY_ITEMS = 6, SIZE_AT = 8, CRC_AT = 12, SEQ_AT = 16 };

void reference_seal(uint8_t *record, size_t size) {
    uint64_t seq = tw_get_u64(record + SEQ_AT) & INT64_MAX;
    memcpy(record, "TWAL\1", 6);
    tw_put_u64(record + SEQ_AT, seq ? seq : 1);
    tw_put_u32(record + SIZE_AT, (uint32_t)(size - TW_RECORD_HEADER_BYTES));
    tw_put_u32(record + CRC_AT, 0);
    tw_put_u32(record + CRC_AT, tw_crc32c_table(0, record, size));
}

/* ---- one value ----------------------------------------------------------------------------- */

static int is_number(const msgpack_object *object, int64_t *ret) {
    *ret = object->via.i64;
    return object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
           (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER && object->via.u64 <= INT64_MAX);
}

static const char *keep(struct reference *reference, const char *data, size_t size) {
    if (size >= sizeof reference->text - reference->used)
        return NULL;
    char *copy = reference->text + reference->used;
    if (size > 0) /* msgpack-c has NULL for what is empty */
        memcpy(copy, data, size);
    copy[size] = '\0';
    reference->used += size + 1;
    return copy;
}

static int read_value(struct reference *reference, const struct field *field,
                      const msgpack_object *object, struct value *ret) {
    ret->known = 1;
    if (field->kind == KIND_TEXT || field->kind == KIND_SYMBOL) {
        if (object->type == MSGPACK_OBJECT_STR)
            ret->data = keep(reference, object->via.str.ptr, object->via.str.size);
        return ret->data != NULL;
    }
    if (field->kind == KIND_BYTES) {
        if (object->type == MSGPACK_OBJECT_BIN)
            ret->data = keep(reference, object->via.bin.ptr, object->via.bin.size);
        ret->size = object->via.bin.size;
        return ret->data != NULL;
    }
    if (field->kind == KIND_BOOL) {
        if (object->type == MSGPACK_OBJECT_BOOLEAN)
            ret->number = object->via.boolean;
        return object->type == MSGPACK_OBJECT_BOOLEAN;
    }
    return is_number(object, &ret->number);
}

/* ---- the body ------------------------------------------------------------------------------ */

static int read_envelope(struct reference *reference, const msgpack_object *items,
                         tw_event *event) {
    int64_t cause;
    if (!is_number(&items[0], &event->time_ns) || !is_number(&items[1], &event->trading_date) ||
        !is_number(&items[2], &event->source) || !is_number(&items[4], &cause))
        return 0;
    event->cause = (uint64_t)cause;
    if (items[3].type == MSGPACK_OBJECT_STR)
        event->corr = keep(reference, items[3].via.str.ptr, items[3].via.str.size);
    return event->corr || items[3].type == MSGPACK_OBJECT_NIL;
}

static int read_fields(struct reference *reference, const msgpack_object *map, tw_event *event) {
    const struct event_type *type = tw_schema_type(event->type);
    if (map->type != MSGPACK_OBJECT_MAP)
        return 0;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        const struct field *field = type->fields;
        struct value value = {0};
        while (field < type->fields + type->count && field->number != pair->key.via.u64)
            field++;
        if (pair->key.type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
            field == type->fields + type->count ||
            !read_value(reference, field, &pair->val, &value))
            return 0;
        tw_field_set(event, field, value);
    }
    return 1;
}

static int is_body(const msgpack_object *object) {
    return object->type == MSGPACK_OBJECT_ARRAY && object->via.array.size == BODY_ITEMS;
}

/* The event that msgpack-c finds in a record of a known type; 0 when there is none in it, or when
 * the record is not the one that such an event is encoded to. */
static int decode(struct reference *reference, const msgpack_object *body, const uint8_t *record,
                  size_t size, tw_event *ret) {
    memset(ret, 0, sizeof *ret);
    ret->size = sizeof *ret;
    ret->type = tw_get_u16(record + 6);
    ret->seq = tw_get_u64(record + SEQ_AT);
    reference->used = 0;
    if (!is_body(body) || !read_envelope(reference, body->via.array.ptr, ret) ||
        !read_fields(reference, &body->via.array.ptr[BODY_ITEMS - 1], ret) ||
        tw_schema_check(ret, NULL))
        return 0;
    tw_buffer_clear(&reference->again);
    return tw_record_encode(ret, &reference->again) == 0 && reference->again.size == size &&
           memcmp(reference->again.data, record, size) == 0;
}

/* ---- comparing ----------------------------------------------------------------------------- */

static int same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int same_envelope(const tw_event *a, const tw_event *b) {
    return a->seq == b->seq && a->time_ns == b->time_ns && a->trading_date == b->trading_date &&
           a->source == b->source && a->cause == b->cause && same_text(a->corr, b->corr);
}

static int same_fields(const tw_event *a, const tw_event *b) {
    const struct event_type *type = tw_schema_type(a->type);
    for (size_t i = 0; i < type->count; i++) {
        struct value of_a = tw_field_get(a, &type->fields[i]);
        struct value of_b = tw_field_get(b, &type->fields[i]);
        if (of_a.known != of_b.known || of_a.number != of_b.number || of_a.size != of_b.size ||
            (of_a.size && memcmp(of_a.data, of_b.data, of_a.size) != 0))
            return 0;
    }
    return 1;
}

static int has_ascending_keys(const msgpack_object *map) {
    uint64_t last = 0;
    if (map->type != MSGPACK_OBJECT_MAP)
        return 0;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object *key = &map->via.map.ptr[i].key;
        if (key->type != MSGPACK_OBJECT_POSITIVE_INTEGER || key->via.u64 <= last)
            return 0;
        last = key->via.u64;
    }
    return 1;
}

/* Of a type that nobody knows only the envelope has a meaning; the rest has to look like fields and
 * be in shortest form, which is how msgpack-c packs what it unpacked. */
static const char *compare_opaque(struct reference *reference, const msgpack_object *body,
                                  const uint8_t *record, size_t size, const tw_event *event) {
    tw_event ours = {.seq = tw_get_u64(record + SEQ_AT)};
    msgpack_sbuffer packed;
    msgpack_packer packer;
    reference->used = 0;
    if (!is_body(body) || !read_envelope(reference, body->via.array.ptr, &ours) ||
        !same_envelope(&ours, event))
        return "msgpack-c reads another envelope";
    if (!has_ascending_keys(&body->via.array.ptr[BODY_ITEMS - 1]))
        return "msgpack-c does not read fields in order of their numbers";
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_object(&packer, *body);
    int same = packed.size == size - TW_RECORD_HEADER_BYTES &&
               memcmp(packed.data, record + TW_RECORD_HEADER_BYTES, packed.size) == 0;
    msgpack_sbuffer_destroy(&packed);
    return same ? NULL : "a record of an unknown type is not in its shortest form";
}

static const char *compare(struct reference *reference, const msgpack_object *body,
                           const uint8_t *record, size_t size, int status, const tw_event *event) {
    tw_event ours;
    if (!tw_schema_type(tw_get_u16(record + 6)))
        return status ? NULL : compare_opaque(reference, body, record, size, event);
    if (!decode(reference, body, record, size, &ours))
        return status ? NULL : "accepted what msgpack-c does not read as an event";
    if (status)
        return "refused what msgpack-c reads as an event";
    if (ours.type != event->type || !same_envelope(&ours, event))
        return "msgpack-c reads another envelope";
    return same_fields(&ours, event) ? NULL : "msgpack-c reads other fields";
}

/* msgpack-c believes the head of an array or map that says it has 2^32 elements. No record has one
 * of these heads; where one of these bytes stands for something else, a refusal is not looked at.
 */
static int may_be_huge(const uint8_t *body, size_t size) {
    return memchr(body, 0xDD, size) || memchr(body, 0xDF, size);
}

const char *reference_objects(struct reference *reference, const uint8_t *record, size_t size,
                              int status, const tw_event *event) {
    const char *data = (const char *)record + TW_RECORD_HEADER_BYTES;
    size_t end = 0, body_bytes = size - TW_RECORD_HEADER_BYTES;
    if (status && may_be_huge(record + TW_RECORD_HEADER_BYTES, body_bytes))
        return NULL;
    msgpack_unpacked result;
    msgpack_unpacked_init(&result);
    const char *objection;
    if (msgpack_unpack_next(&result, data, body_bytes, &end) != MSGPACK_UNPACK_SUCCESS)
        objection = status ? NULL : "accepted what msgpack-c cannot read";
    else if (end != body_bytes)
        objection = status ? NULL : "accepted more than one value";
    else
        objection = compare(reference, &result.data, record, size, status, event);
    msgpack_unpacked_destroy(&result);
    return objection;
}

void reference_free(struct reference *reference) {
    tw_buffer_free(&reference->again);
}
