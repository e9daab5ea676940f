/* Snapshot bytes: reading. The digest tells damage; what it lets pass is still looked at member by
 * member, because the state that comes out is folded on and traded on. Pure. */
#include "core/image.h"

#include <string.h>

#include "base/date.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "core/image_layout.h"
#include "core/schema.h"
#include "core/unpack.h"

struct reader {
    struct unpack in;
    struct state *state;
    const char *layout, *member; /* what is being read, for the message */
    int no_memory;
};

static void fail_memory(struct reader *reader) {
    reader->no_memory = 1;
    tw_unpack_fail(&reader->in);
}

static void expect(struct reader *reader, int holds, const char *layout, const char *member) {
    if (holds || reader->in.failed)
        return;
    reader->layout = layout;
    reader->member = member;
    tw_unpack_fail(&reader->in);
}

static void expect_array(struct reader *reader, size_t count, const char *layout) {
    expect(reader, tw_unpack_array(&reader->in) == count, layout, "number of its members");
}

/* ---- members ------------------------------------------------------------------------------- */

/* Copies text to `out`, of most + 1 bytes. 1 if it is there, clean and not too long. */
static int read_text(struct reader *reader, char *out, size_t most) {
    size_t size;
    const char *text = tw_unpack_str(&reader->in, &size);
    if (!text)
        return 0;
    if (size == 0 || size > most || !tw_text_is_clean(text, size)) {
        tw_unpack_fail(&reader->in);
        return 0;
    }
    memcpy(out, text, size);
    out[size] = '\0';
    return 1;
}

static uint32_t read_text_id(struct reader *reader, enum image_kind kind) {
    char text[TW_IMAGE_TEXT_BYTES + 1];
    if (kind == IMAGE_TEXT && tw_unpack_nil(&reader->in))
        return TW_NONE;
    if (!read_text(reader, text, TW_IMAGE_TEXT_BYTES))
        return TW_NONE;
    if (tw_names_reserve(reader->state->texts, 1, strlen(text))) {
        fail_memory(reader);
        return TW_NONE;
    }
    return tw_names_add(reader->state->texts, text);
}

static int in_range(const struct image_member *member, int64_t number) {
    switch (member->kind) {
    case IMAGE_NUMBER:
    case IMAGE_MAYBE:
        return number != INT64_MIN;
    case IMAGE_AMOUNT:
        return number >= 0;
    case IMAGE_FLAG:
        return number == 0 || number == 1;
    case IMAGE_DATE:
        return number == 0 || tw_date_valid(number);
    case IMAGE_CHOICE:
        return number == 0 || tw_enum_text(tw_schema_enumeration(member->enumeration), number);
    case IMAGE_SEQ:
    case IMAGE_WIDE:
    case IMAGE_TEXT:
    case IMAGE_WORDS:
    case IMAGE_SYMBOL:
        break;
    }
    return 0;
}

static int64_t read_number(struct reader *reader, const struct image_member *member) {
    if (member->kind == IMAGE_MAYBE && tw_unpack_nil(&reader->in))
        return TW_UNKNOWN;
    int64_t number = tw_unpack_int(&reader->in);
    if (!in_range(member, number))
        tw_unpack_fail(&reader->in);
    return number;
}

static uint64_t read_seq(struct reader *reader) {
    uint64_t seq = tw_unpack_uint(&reader->in);
    if (seq > reader->state->last_seq)
        tw_unpack_fail(&reader->in);
    return seq;
}

/* 2^125 in 128 bits: more than any sum the fold makes, and two of them add up without overflow. */
#define LARGEST_HIGH (INT64_C(1) << 61)

static tw_int128 read_wide(struct reader *reader) {
    if (tw_unpack_array(&reader->in) != 2)
        tw_unpack_fail(&reader->in);
    int64_t high = tw_unpack_int(&reader->in);
    uint64_t low = tw_unpack_uint(&reader->in);
    if (high < -LARGEST_HIGH || high >= LARGEST_HIGH)
        tw_unpack_fail(&reader->in);
    return reader->in.failed ? 0 : (tw_int128)high * ((tw_int128)1 << 64) + low;
}

static uint32_t read_symbol_id(struct reader *reader) {
    if (tw_unpack_nil(&reader->in))
        return TW_NONE;
    uint64_t symbol = tw_unpack_uint(&reader->in);
    if (symbol >= tw_state_symbol_count(reader->state))
        tw_unpack_fail(&reader->in);
    return (uint32_t)symbol;
}

static void read_member(struct reader *reader, char *item, const struct image_member *member) {
    char *at = item + member->offset;
    switch (member->kind) {
    case IMAGE_NUMBER:
    case IMAGE_MAYBE:
    case IMAGE_AMOUNT:
    case IMAGE_FLAG:
    case IMAGE_DATE:
    case IMAGE_CHOICE: {
        int64_t number = read_number(reader, member);
        memcpy(at, &number, sizeof number);
        break;
    }
    case IMAGE_SEQ: {
        uint64_t seq = read_seq(reader);
        memcpy(at, &seq, sizeof seq);
        break;
    }
    case IMAGE_WIDE: {
        tw_int128 wide = read_wide(reader);
        memcpy(at, &wide, sizeof wide);
        break;
    }
    case IMAGE_TEXT:
    case IMAGE_WORDS:
    case IMAGE_SYMBOL: {
        uint32_t id = member->kind == IMAGE_SYMBOL ? read_symbol_id(reader)
                                                   : read_text_id(reader, member->kind);
        memcpy(at, &id, sizeof id);
        break;
    }
    }
}

static void read_members(struct reader *reader, void *item, const struct image_layout *layout) {
    expect_array(reader, layout->count, layout->name);
    for (size_t i = 0; i < layout->count && !reader->in.failed; i++) {
        reader->layout = layout->name;
        reader->member = layout->members[i].name;
        read_member(reader, item, &layout->members[i]);
    }
}

/* ---- lists --------------------------------------------------------------------------------- */

/* A count of items that take at least `least` bytes each, so that memory is taken in proportion to
 * what is there, and not to what is claimed. */
static size_t read_count(struct reader *reader, size_t least, size_t most, const char *layout) {
    size_t count = tw_unpack_array(&reader->in);
    size_t bytes = (size_t)(reader->in.end - reader->in.at);
    expect(reader, count <= bytes / least && count <= most, layout, "count");
    return reader->in.failed ? 0 : count;
}

static void read_list(struct reader *reader, void *of, const struct image_list *list) {
    const struct image_layout *layout = list->layout;
    char *owner = of;
    size_t count = read_count(reader, layout->count + 1, list->most, layout->name);
    size_t capacity = 0;
    void *items = NULL;
    if (tw_array_reserve(&items, &capacity, count, layout->item_bytes))
        fail_memory(reader);
    else
        memcpy(owner + list->count, &count, sizeof count);
    memcpy(owner + list->items, &items, sizeof items);
    memcpy(owner + list->capacity, &capacity, sizeof capacity);
    for (size_t i = 0; i < count && !reader->in.failed; i++)
        read_members(reader, (char *)items + i * layout->item_bytes, layout);
}

/* ---- symbols and orders -------------------------------------------------------------------- */

static void read_name(struct reader *reader, struct names *names, const char *layout) {
    char name[TW_IMAGE_NAME_BYTES + 1];
    if (!read_text(reader, name, TW_IMAGE_NAME_BYTES)) {
        reader->layout = layout;
        reader->member = "name";
        return;
    }
    if (tw_names_reserve(names, 1, strlen(name))) {
        fail_memory(reader);
        return;
    }
    uint32_t id = tw_names_count(names);
    expect(reader, tw_names_add(names, name) == id, layout, "name");
}

static int lots_add_up(const struct position *position) {
    int64_t sum = 0;
    for (size_t i = 0; i < position->lot_count; i++)
        if (tw_decimal_add(sum, position->lots[i].qty_e8, &sum))
            return 0;
    return sum == position->qty_e8;
}

static void read_position(struct reader *reader, struct position *position) {
    if (tw_unpack_nil(&reader->in)) {
        position->trade.entry_path = TW_NONE;
        return;
    }
    expect_array(reader, TW_IMAGE_POSITION_ITEMS, "position");
    read_members(reader, position, &tw_image_position);
    for (size_t i = 0; i < TW_IMAGE_POSITION_LISTS; i++)
        read_list(reader, position, &tw_image_position_lists[i]);
    expect(reader, position->side != 0 && position->trade.side == position->side, "position",
           "side");
    expect(reader, position->qty_e8 > 0 && lots_add_up(position), "position", "qty_e8");
}

static void read_plan(struct reader *reader, struct plan_data *plan) {
    if (tw_unpack_nil(&reader->in)) {
        plan->pivot_e8 = plan->stop_e8 = plan->target1_e8 = plan->target2_e8 = TW_UNKNOWN;
        plan->entry_path = plan->note = plan->stop_order = TW_NONE;
        return;
    }
    read_members(reader, plan, &tw_image_plan);
    expect(reader, plan->side != 0, "plan_data", "side");
}

static void read_symbol(struct reader *reader, struct symbol *symbol) {
    expect_array(reader, TW_IMAGE_SYMBOL_ITEMS, "symbol");
    read_name(reader, reader->state->symbol_names, "symbol");
    read_members(reader, symbol, &tw_image_symbol);
    read_position(reader, &symbol->position);
    read_plan(reader, &symbol->plan);
    for (size_t i = 0; i < TW_IMAGE_SYMBOL_LISTS; i++)
        read_list(reader, symbol, &tw_image_symbol_lists[i]);
    symbol->closed_first = symbol->trades_closed;
}

static void read_symbols(struct reader *reader) {
    struct state *state = reader->state;
    size_t least = tw_image_symbol.count + TW_IMAGE_SYMBOL_ITEMS + 1;
    size_t count = read_count(reader, least, TW_NONE - 1, "symbol");
    if (tw_array_reserve((void **)&state->symbols, &state->symbol_capacity, count,
                         sizeof *state->symbols))
        fail_memory(reader);
    for (size_t i = 0; i < count && !reader->in.failed; i++)
        read_symbol(reader, &state->symbols[i]);
}

static void read_orders(struct reader *reader) {
    struct state *state = reader->state;
    size_t least = tw_image_order.count + TW_IMAGE_ORDER_ITEMS + 1;
    size_t count = read_count(reader, least, TW_NONE - 1, "order");
    if (tw_array_reserve((void **)&state->orders, &state->order_capacity, count,
                         sizeof *state->orders))
        fail_memory(reader);
    for (size_t i = 0; i < count && !reader->in.failed; i++) {
        expect_array(reader, TW_IMAGE_ORDER_ITEMS, "order");
        read_name(reader, state->order_names, "order");
        read_members(reader, &state->orders[i], &tw_image_order);
        expect(reader, !tw_order_is_terminal(state->orders[i].status), "order", "status");
    }
}

static void read_type_counts(struct reader *reader) {
    expect_array(reader, TW_IMAGE_TYPE_COUNTS, "type_counts");
    for (size_t i = 0; i < TW_IMAGE_TYPE_COUNTS; i++) {
        reader->state->type_counts[i] = tw_unpack_int(&reader->in);
        expect(reader, reader->state->type_counts[i] >= 0, "type_counts", "count");
    }
}

static void read_body(struct reader *reader) {
    struct state *state = reader->state;
    expect_array(reader, TW_IMAGE_BODY_ITEMS, "body");
    read_members(reader, state, &tw_image_day);
    read_members(reader, &state->session, &tw_image_session);
    read_members(reader, &state->answer, &tw_image_answer);
    read_members(reader, &state->clock, &tw_image_clock);
    read_type_counts(reader);
    read_symbols(reader);
    read_orders(reader);
    for (size_t i = 0; i < TW_IMAGE_DAY_LISTS; i++)
        read_list(reader, state, &tw_image_day_lists[i]);
    expect(reader, tw_unpack_done(&reader->in), "body", "end");
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* The CRC comes before the version: a snapshot of a later version is one whose header is whole. */
static int check_header(const uint8_t *bytes, size_t size, tw_error *why) {
    if (size < TW_IMAGE_HEADER_BYTES || memcmp(bytes, TW_IMAGE_MAGIC, TW_IMAGE_VERSION_AT) != 0)
        return tw_fail(why, TW_E_DAMAGED, "%zu bytes do not start with a snapshot header", size);
    uint32_t crc = tw_crc32c(0, bytes, TW_IMAGE_CRC_AT);
    if (crc != tw_get_u32(bytes + TW_IMAGE_CRC_AT))
        return tw_fail(why, TW_E_DAMAGED, "a snapshot header has crc %08x, it says %08x",
                       (unsigned)crc, (unsigned)tw_get_u32(bytes + TW_IMAGE_CRC_AT));
    unsigned version = tw_get_u16(bytes + TW_IMAGE_VERSION_AT);
    if (version > TW_IMAGE_VERSION)
        return tw_fail(why, TW_E_NEWER, "a snapshot has version %u, this program knows %d", version,
                       TW_IMAGE_VERSION);
    uint64_t seq = tw_get_u64(bytes + TW_IMAGE_SEQ_AT);
    int64_t date = tw_get_u32(bytes + TW_IMAGE_DATE_AT);
    int dated = seq > 0 ? tw_date_valid(date) : date == 0 || tw_date_valid(date);
    if (version == 0 || tw_get_u16(bytes + TW_IMAGE_RESERVED_AT) != 0 || seq >= INT64_MAX || !dated)
        return tw_fail(why, TW_E_DAMAGED, "a snapshot header is not as it has to be");
    return 0;
}

static int check_body(const uint8_t *bytes, size_t size, tw_error *why) {
    unsigned long long seq = tw_get_u64(bytes + TW_IMAGE_SEQ_AT);
    uint64_t said = tw_get_u64(bytes + TW_IMAGE_BODY_BYTES_AT);
    if (said != size - TW_IMAGE_HEADER_BYTES)
        return tw_fail(why, TW_E_DAMAGED, "the snapshot at %llu has a body of %zu bytes, not %llu",
                       seq, size - TW_IMAGE_HEADER_BYTES, (unsigned long long)said);
    uint8_t digest[TW_DIGEST_BYTES];
    tw_sha256(bytes + TW_IMAGE_HEADER_BYTES, size - TW_IMAGE_HEADER_BYTES, digest);
    if (memcmp(digest, bytes + TW_IMAGE_DIGEST_AT, sizeof digest) != 0)
        return tw_fail(why, TW_E_DAMAGED, "the snapshot at %llu does not have the digest it says",
                       seq);
    return 0;
}

int tw_image_decode(const void *bytes, size_t size, struct state **ret, tw_error *why) {
    const uint8_t *at = bytes;
    int status = check_header(at, size, why);
    if (!status)
        status = check_body(at, size, why);
    if (status)
        return status;
    struct reader reader = {.in = {at + TW_IMAGE_HEADER_BYTES, at + size, 0}};
    if (tw_state_new(&reader.state))
        return tw_fail(why, TW_E_NOMEM, "no memory for the state of a snapshot");
    reader.state->trading_date = tw_get_u32(at + TW_IMAGE_DATE_AT);
    reader.state->last_seq = tw_get_u64(at + TW_IMAGE_SEQ_AT);
    reader.state->history_from = reader.state->last_seq + 1;
    read_body(&reader);
    if (!reader.in.failed) {
        *ret = reader.state;
        return 0;
    }
    unsigned long long seq = reader.state->last_seq;
    tw_state_free(reader.state);
    if (reader.no_memory)
        return tw_fail(why, TW_E_NOMEM, "no memory for the state of a snapshot");
    return tw_fail(why, TW_E_DAMAGED,
                   "the snapshot at %llu: %s of %s is not as it has to be (byte %zu)", seq,
                   reader.member ? reader.member : "form", reader.layout ? reader.layout : "body",
                   (size_t)(reader.in.at - at));
}
