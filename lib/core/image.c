/* Snapshot bytes: writing. Reading is in image_decode.c, what is written in image_layout.c. Pure.
 */
#include "core/image.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

#include "base/digest.h"
#include "core/image_layout.h"

static int append_packed(void *out, const char *bytes, size_t size) {
    tw_buffer_put(out, bytes, size);
    return 0; /* the buffer remembers a failure itself */
}

static void pack_text(msgpack_packer *packer, const char *text) {
    if (text)
        msgpack_pack_str_with_body(packer, text, strlen(text));
    else
        msgpack_pack_nil(packer);
}

static void pack_wide(msgpack_packer *packer, const void *at) {
    tw_int128 value;
    memcpy(&value, at, sizeof value);
    msgpack_pack_array(packer, 2);
    msgpack_pack_int64(packer, (int64_t)(value >> 64));
    msgpack_pack_uint64(packer, (uint64_t)value);
}

static void pack_member(msgpack_packer *packer, const struct state *state, const char *item,
                        const struct image_member *member) {
    const char *at = item + member->offset;
    int64_t number;
    uint64_t seq;
    uint32_t id;
    switch (member->kind) {
    case IMAGE_NUMBER:
    case IMAGE_MAYBE:
    case IMAGE_AMOUNT:
    case IMAGE_FLAG:
    case IMAGE_DATE:
    case IMAGE_CHOICE:
        memcpy(&number, at, sizeof number);
        if (member->kind == IMAGE_MAYBE && number == TW_UNKNOWN)
            msgpack_pack_nil(packer);
        else
            msgpack_pack_int64(packer, number);
        break;
    case IMAGE_SEQ:
        memcpy(&seq, at, sizeof seq);
        msgpack_pack_uint64(packer, seq);
        break;
    case IMAGE_WIDE:
        pack_wide(packer, at);
        break;
    case IMAGE_TEXT:
    case IMAGE_WORDS:
        memcpy(&id, at, sizeof id);
        assert(member->kind == IMAGE_TEXT || id != TW_NONE);
        pack_text(packer, tw_state_text(state, id));
        break;
    case IMAGE_SYMBOL:
        memcpy(&id, at, sizeof id);
        if (id == TW_NONE)
            msgpack_pack_nil(packer);
        else
            msgpack_pack_uint32(packer, id);
        break;
    }
}

static void pack_members(msgpack_packer *packer, const struct state *state, const void *item,
                         const struct image_layout *layout) {
    msgpack_pack_array(packer, layout->count);
    for (size_t i = 0; i < layout->count; i++)
        pack_member(packer, state, item, &layout->members[i]);
}

static size_t size_at(const char *owner, size_t offset) {
    size_t value;
    memcpy(&value, owner + offset, sizeof value);
    return value;
}

static void pack_list(msgpack_packer *packer, const struct state *state, const void *of,
                      const struct image_list *list) {
    const char *owner = of;
    const char *items;
    memcpy(&items, owner + list->items, sizeof items);
    size_t count = size_at(owner, list->count);
    int ring = list->first != TW_IMAGE_NO_RING;
    size_t first = ring ? size_at(owner, list->first) : 0;
    msgpack_pack_array(packer, count);
    for (size_t i = 0; i < count; i++) {
        size_t index = ring ? (first + i) % list->most : i;
        pack_members(packer, state, items + index * list->layout->item_bytes, list->layout);
    }
}

static void pack_position(msgpack_packer *packer, const struct state *state,
                          const struct position *position) {
    msgpack_pack_array(packer, TW_IMAGE_POSITION_ITEMS);
    pack_members(packer, state, position, &tw_image_position);
    for (size_t i = 0; i < TW_IMAGE_POSITION_LISTS; i++)
        pack_list(packer, state, position, &tw_image_position_lists[i]);
}

/* What lies in a position that is flat, or in a plan that is none, means nothing and depends on
 * what was there before: it is not written. */
static void pack_symbol(msgpack_packer *packer, const struct state *state, uint32_t id) {
    const struct symbol *symbol = &state->symbols[id];
    msgpack_pack_array(packer, TW_IMAGE_SYMBOL_ITEMS);
    pack_text(packer, tw_state_symbol_name(state, id));
    pack_members(packer, state, symbol, &tw_image_symbol);
    if (symbol->position.side)
        pack_position(packer, state, &symbol->position);
    else
        msgpack_pack_nil(packer);
    if (symbol->plan.side)
        pack_members(packer, state, &symbol->plan, &tw_image_plan);
    else
        msgpack_pack_nil(packer);
    for (size_t i = 0; i < TW_IMAGE_SYMBOL_LISTS; i++)
        pack_list(packer, state, symbol, &tw_image_symbol_lists[i]);
}

static void pack_body(msgpack_packer *packer, const struct state *state) {
    uint32_t symbols = tw_state_symbol_count(state);
    uint32_t orders = tw_state_order_count(state);
    msgpack_pack_array(packer, TW_IMAGE_BODY_ITEMS);
    pack_members(packer, state, state, &tw_image_day);
    pack_members(packer, state, &state->session, &tw_image_session);
    pack_members(packer, state, &state->answer, &tw_image_answer);
    pack_members(packer, state, &state->clock, &tw_image_clock);
    msgpack_pack_array(packer, TW_IMAGE_TYPE_COUNTS);
    for (size_t i = 0; i < TW_IMAGE_TYPE_COUNTS; i++)
        msgpack_pack_int64(packer, state->type_counts[i]);
    msgpack_pack_array(packer, symbols);
    for (uint32_t i = 0; i < symbols; i++)
        pack_symbol(packer, state, i);
    uint32_t unfinished = 0;
    for (uint32_t i = 0; i < orders; i++)
        unfinished += !tw_order_is_terminal(state->orders[i].status);
    msgpack_pack_array(packer, unfinished);
    for (uint32_t i = 0; i < orders; i++) {
        if (tw_order_is_terminal(state->orders[i].status))
            continue;
        msgpack_pack_array(packer, TW_IMAGE_ORDER_ITEMS);
        pack_text(packer, tw_state_order_name(state, i));
        pack_members(packer, state, &state->orders[i], &tw_image_order);
    }
    for (size_t i = 0; i < TW_IMAGE_DAY_LISTS; i++)
        pack_list(packer, state, state, &tw_image_day_lists[i]);
}

int tw_image_encode(const struct state *state, struct buffer *out) {
    static const uint8_t nothing[TW_IMAGE_HEADER_BYTES];
    assert(sizeof state->type_counts / sizeof state->type_counts[0] == TW_IMAGE_TYPE_COUNTS);
    size_t start = out->size;
    tw_buffer_put(out, nothing, sizeof nothing);
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, append_packed);
    pack_body(&packer, state);
    if (out->failed) {
        out->size = start;
        return TW_E_NOMEM;
    }
    uint8_t *header = (uint8_t *)out->data + start;
    size_t body_bytes = out->size - start - TW_IMAGE_HEADER_BYTES;
    memcpy(header, TW_IMAGE_MAGIC, TW_IMAGE_VERSION_AT);
    tw_put_u16(header + TW_IMAGE_VERSION_AT, TW_IMAGE_VERSION);
    tw_put_u32(header + TW_IMAGE_DATE_AT, (uint32_t)state->trading_date);
    tw_put_u64(header + TW_IMAGE_SEQ_AT, state->last_seq);
    tw_put_u64(header + TW_IMAGE_BODY_BYTES_AT, body_bytes);
    tw_sha256(header + TW_IMAGE_HEADER_BYTES, body_bytes, header + TW_IMAGE_DIGEST_AT);
    tw_put_u32(header + TW_IMAGE_CRC_AT, tw_crc32c(0, header, TW_IMAGE_CRC_AT));
    return 0;
}
