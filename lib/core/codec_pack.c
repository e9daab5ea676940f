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

static int append(void *out, const char *bytes, size_t size) {
    struct buffer *buffer = out;
    memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return 0;
}

/* A packer that is made where it is used is one whose callback the compiler knows and inlines. */
static inline msgpack_packer packer_to(struct buffer *out) {
    msgpack_packer packer = {out, append};
    return packer;
}

__attribute__((flatten)) static void pack_int(struct buffer *out, int64_t number) {
    msgpack_packer packer = packer_to(out);
    msgpack_pack_int64(&packer, number);
}

/* Sets the failure and packs nothing where there is no memory; so does all that follows. */
__attribute__((flatten)) static void pack_text(struct buffer *out, const char *text) {
    size_t size = strlen(text);
    if (tw_buffer_reserve(out, size + ROOM_BYTES))
        return;
    msgpack_packer packer = packer_to(out);
    msgpack_pack_str(&packer, size);
    append(out, text, size);
}

/* ---- fields -------------------------------------------------------------------------------- */

/* The fields of one event: how many there were so far. */
struct fields {
    struct buffer *out;
    uint32_t count;
};

static inline void pack_key(struct fields *fields, uint8_t number) {
    msgpack_packer packer = packer_to(fields->out);
    msgpack_pack_uint8(&packer, number);
    fields->count++;
}

static void put_number(struct fields *fields, uint8_t number, int64_t value) {
    pack_key(fields, number);
    pack_int(fields->out, value);
}

static inline void put_maybe(struct fields *fields, uint8_t number, tw_maybe value) {
    if (value.known)
        put_number(fields, number, value.value);
}

static inline void put_named(struct fields *fields, uint8_t number, int64_t value) {
    if (value)
        put_number(fields, number, value);
}

static void put_bool(struct fields *fields, uint8_t number, int64_t value) {
    pack_key(fields, number);
    msgpack_packer packer = packer_to(fields->out);
    if (value)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
}

static void put_text(struct fields *fields, uint8_t number, const char *text) {
    if (!text)
        return;
    pack_key(fields, number);
    pack_text(fields->out, text);
}

static void put_bytes(struct fields *fields, uint8_t number, const void *bytes, uint64_t size) {
    if ((!bytes && size > 0) || tw_buffer_reserve(fields->out, size + ROOM_BYTES))
        return;
    pack_key(fields, number);
    msgpack_packer packer = packer_to(fields->out);
    msgpack_pack_bin(&packer, size);
    if (size > 0)
        append(fields->out, bytes, size);
}

/* What becomes of a member, by its kind and by whether it may be missing. */
#define PUT_TEXT(need, number, member)    put_text(fields, number, it->member)
#define PUT_SYMBOL(need, number, member)  put_text(fields, number, it->member)
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
#define PUT_BYTES(need, number, member)   put_bytes(fields, number, it->member, it->member##_size)

#define PUT_REQUIRED(number, member)      put_number(fields, number, it->member)
#define PUT_OPTIONAL(number, member)      put_maybe(fields, number, it->member)
#define PUT_ENUM_REQUIRED(number, member) put_number(fields, number, it->member)
#define PUT_ENUM_OPTIONAL(number, member) put_named(fields, number, it->member)
#define PUT_BOOL_REQUIRED(number, member) put_bool(fields, number, it->member)

#define TW_EVENT(number, name, sentence) \
    static void put_##name(struct fields *fields, const tw_##name *it) {
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) \
    PUT_##kind(need, number, member);
#define TW_EVENT_END(name) }
#include "tradewal_events.def"

#define TW_EVENT(number, name, sentence) _Static_assert(0
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence) +1
#define TW_EVENT_END(name) <= MOST_FIELDS, "the head of a larger map has three bytes");
#include "tradewal_events.def"

static void put_fields(struct fields *fields, const tw_event *event) {
    switch (event->type) {
#define TW_EVENT(number, name, sentence)     \
    case number:                             \
        put_##name(fields, &event->as.name); \
        break;
#define TW_FIELD(event, number, kind, member, text, need, limit, sentence)
#define TW_EVENT_END(name)
#include "tradewal_events.def"
    }
}

/* ---- the body ------------------------------------------------------------------------------ */

/* How many fields there are is known behind them: their map's head gets its byte first, and says so
 * then. */
static void pack_fields(const tw_event *event, struct buffer *out) {
    struct fields fields = {out, 0};
    size_t head = out->size++;
    put_fields(&fields, event);
    size_t end = out->size;
    msgpack_packer packer = packer_to(out);
    out->size = head;
    msgpack_pack_map(&packer, fields.count);
    assert(out->size == head + 1);
    out->size = end;
}

__attribute__((flatten)) static void pack_envelope(const tw_event *event, struct buffer *out) {
    msgpack_packer packer = packer_to(out);
    msgpack_pack_array(&packer, BODY_ITEMS);
    pack_int(out, event->time_ns);
    pack_int(out, event->trading_date);
    pack_int(out, event->source);
    if (event->corr)
        pack_text(out, event->corr);
    else
        msgpack_pack_nil(&packer);
    msgpack_pack_uint64(&packer, event->cause);
}

void tw_codec_pack(const tw_event *event, struct buffer *out) {
    if (tw_buffer_reserve(out, ROOM_BYTES))
        return;
    pack_envelope(event, out);
    pack_fields(event, out);
}
