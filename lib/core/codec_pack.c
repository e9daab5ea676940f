/* The body of a record, packed by msgpack-c: one function per type, from the one list. Pure. */
#include "core/codec_pack.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

enum {
    BODY_ITEMS = 6,
    MOST_FIELDS = 15, /* the head of a map of so many has one byte */
    NUMBER_BYTES = 9,
    KEY_BYTES = 2,
    HEAD_BYTES = 5 /* of a text, an array or a map */
};

/* Room for all that is not text, and for what is around texts: asked for at the start and with each
 * text, so that nothing else has to. */
enum { ROOM_BYTES = (BODY_ITEMS + MOST_FIELDS) * (KEY_BYTES + HEAD_BYTES + NUMBER_BYTES) };

static int append(void *place, const char *bytes, size_t size) {
    char **at = place;
    memcpy(*at, bytes, size);
    *at += size;
    return 0;
}

/* A packer that is made where it is used is one whose callback the compiler knows and inlines, so
 * that where it stands is kept in a register. */
static inline msgpack_packer packer_at(char **at) {
    msgpack_packer packer = {at, append};
    return packer;
}

/* What packs returns where it ended. */
__attribute__((flatten)) static char *pack_int(char *at, int64_t number) {
    msgpack_packer packer = packer_at(&at);
    msgpack_pack_int64(&packer, number);
    return at;
}

/* Where to go on with room for `size` bytes and all that follows; NULL, with the failure set, when
 * there is no memory. */
static inline char *make_room(struct buffer *out, const char *at, size_t size) {
    out->size = (size_t)(at - out->data);
    return tw_buffer_reserve(out, size + ROOM_BYTES) ? NULL : out->data + out->size;
}

/* ---- fields -------------------------------------------------------------------------------- */

/* The fields of one event: how many there were so far. What finds no memory packs nothing, and so
 * does every text after it. */
struct fields {
    struct buffer *out;
    uint32_t count;
};

static inline char *pack_key(struct fields *fields, char *at, uint8_t number) {
    msgpack_packer packer = packer_at(&at);
    msgpack_pack_uint8(&packer, number);
    fields->count++;
    return at;
}

__attribute__((flatten)) static char *put_number(struct fields *fields, char *at, uint8_t number,
                                                 int64_t value) {
    at = pack_key(fields, at, number);
    return pack_int(at, value);
}

static inline char *put_maybe(struct fields *fields, char *at, uint8_t number, tw_maybe value) {
    return value.known ? put_number(fields, at, number, value.value) : at;
}

static inline char *put_named(struct fields *fields, char *at, uint8_t number, int64_t value) {
    return value ? put_number(fields, at, number, value) : at;
}

__attribute__((flatten)) static char *put_bool(struct fields *fields, char *at, uint8_t number,
                                               int64_t value) {
    at = pack_key(fields, at, number);
    msgpack_packer packer = packer_at(&at);
    if (value)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
    return at;
}

__attribute__((flatten)) static char *pack_text(char *at, const char *text, size_t size) {
    msgpack_packer packer = packer_at(&at);
    msgpack_pack_str(&packer, size);
    append(&at, text, size);
    return at;
}

static char *put_text(struct fields *fields, char *at, uint8_t number, const char *text) {
    if (!text)
        return at;
    size_t size = strlen(text);
    char *room = make_room(fields->out, at, size);
    return room ? pack_text(pack_key(fields, room, number), text, size) : at;
}

static char *put_bytes(struct fields *fields, char *at, uint8_t number, const void *bytes,
                       uint64_t size) {
    char *room = bytes || size == 0 ? make_room(fields->out, at, size) : NULL;
    if (!room)
        return at;
    at = pack_key(fields, room, number);
    msgpack_packer packer = packer_at(&at);
    msgpack_pack_bin(&packer, size);
    if (size > 0)
        append(&at, bytes, size);
    return at;
}

/* What becomes of a member, by its kind and by whether it may be missing. */
#define PUT_TEXT(need, number, member)    put_text(fields, at, number, it->member)
#define PUT_SYMBOL(need, number, member)  put_text(fields, at, number, it->member)
#define PUT_PRICE(need, number, member)   PUT_##need(number, member##_e8)
#define PUT_QTY(need, number, member)     PUT_##need(number, member##_e8)
#define PUT_AMOUNT(need, number, member)  PUT_##need(number, member##_e8)
#define PUT_MONEY(need, number, member)   PUT_##need(number, member##_e8)
#define PUT_DECIMAL(need, number, member) PUT_##need(number, member##_e8)
#define PUT_COUNT(need, number, member)   PUT_##need(number, member)
#define PUT_ID(need, number, member)      PUT_##need(number, member)
#define PUT_TIME(need, number, member)    PUT_##need(number, member##_ns)
#define PUT_DATE(need, number, member)    PUT_##need(number, member)
#define PUT_ENUM(need, number, member)    PUT_ENUM_##need(number, member)
#define PUT_BOOL(need, number, member)    PUT_BOOL_##need(number, member)
#define PUT_BYTES(need, number, member)   put_bytes(fields, at, number, SIZED(member))

#define SIZED(member)                     it->member, it->member##_size
#define PUT_REQUIRED(number, member)      put_number(fields, at, number, it->member)
#define PUT_OPTIONAL(number, member)      put_maybe(fields, at, number, it->member)
#define PUT_ENUM_REQUIRED(number, member) put_number(fields, at, number, it->member)
#define PUT_ENUM_OPTIONAL(number, member) put_named(fields, at, number, it->member)
#define PUT_BOOL_REQUIRED(number, member) put_bool(fields, at, number, it->member)

#define TW_EVENT(number, name, sentence) \
    static char *put_##name(struct fields *fields, char *at, const tw_##name *it) {
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    at = PUT_##kind(need, number, member);
#define TW_EVENT_END(name) \
    return at;             \
    }
#include "tradewal_events.def"

#define TW_EVENT(number, name, sentence) _Static_assert(0
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) +1
#define TW_EVENT_END(name) <= MOST_FIELDS, "the head of a larger map has three bytes");
#include "tradewal_events.def"

static char *put_fields(struct fields *fields, char *at, const tw_event *event) {
    switch (event->type) {
#define TW_EVENT(number, name, sentence) \
    case number:                         \
        return put_##name(fields, at, &event->as.name);
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    }
    return at;
}

/* ---- the body ------------------------------------------------------------------------------ */

/* How many fields there are is known behind them: their map's head gets its byte first, and says so
 * then. */
static void pack_fields(const tw_event *event, struct buffer *out, char *at) {
    struct fields fields = {out, 0};
    size_t head_at = (size_t)(at - out->data);
    char *end = put_fields(&fields, at + 1, event);
    char *head = out->data + head_at;
    msgpack_packer packer = packer_at(&head);
    msgpack_pack_map(&packer, fields.count);
    assert(head == out->data + head_at + 1);
    out->size = (size_t)(end - out->data);
}

__attribute__((flatten)) static char *pack_envelope(const tw_event *event, struct buffer *out) {
    char *at = out->data + out->size;
    msgpack_packer packer = packer_at(&at);
    msgpack_pack_array(&packer, BODY_ITEMS);
    at = pack_int(at, event->time_ns);
    at = pack_int(at, event->trading_date);
    at = pack_int(at, event->source);
    if (event->corr) {
        size_t size = strlen(event->corr);
        char *room = make_room(out, at, size);
        if (!room)
            return NULL;
        at = pack_text(room, event->corr, size);
    } else {
        msgpack_pack_nil(&packer);
    }
    msgpack_pack_uint64(&packer, event->cause);
    return at;
}

void tw_codec_pack(const tw_event *event, struct buffer *out) {
    if (tw_buffer_reserve(out, ROOM_BYTES))
        return;
    char *at = pack_envelope(event, out);
    if (at)
        pack_fields(event, out, at);
}
