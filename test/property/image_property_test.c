/* Snapshots of random states: read back, damaged, and changed under a good digest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "core/image.h"
#include "core/image_layout.h"
#include "core/schema.h"
#include "harness.h"

/* ---- random states, made from the tables --------------------------------------------------- */

static text_id intern(struct state *state, const char *text) {
    ck_assert_int_eq(tw_names_reserve(state->texts, 1, strlen(text)), 0);
    return tw_names_add(state->texts, text);
}

static int64_t random_size(struct random *random) {
    return (int64_t)(random_next(random) >> (1 + random_below(random, 62)));
}

static int64_t random_choice(struct random *random, const char *name) {
    const struct enumeration *values = tw_schema_enumeration(name);
    ck_assert_ptr_nonnull(values);
    return values->values[random_below(random, values->count)].number;
}

static int64_t random_number(struct random *random, const struct image_member *member) {
    switch (member->kind) {
    case IMAGE_AMOUNT:
        return random_size(random);
    case IMAGE_FLAG:
        return (int64_t)random_below(random, 2);
    case IMAGE_DATE:
        return random_below(random, 2) ? 20251006 : 0;
    case IMAGE_CHOICE:
        return random_choice(random, member->enumeration);
    case IMAGE_MAYBE:
        if (random_below(random, 3) == 0)
            return TW_UNKNOWN;
        break;
    case IMAGE_NUMBER:
    case IMAGE_SEQ:
    case IMAGE_WIDE:
    case IMAGE_TEXT:
    case IMAGE_WORDS:
    case IMAGE_SYMBOL:
        break;
    }
    return random_below(random, 2) ? random_size(random) : -random_size(random);
}

static uint32_t random_id(struct random *random, struct state *state, enum image_kind kind) {
    char text[32];
    if (kind != IMAGE_WORDS && random_below(random, 4) == 0)
        return TW_NONE;
    if (kind == IMAGE_SYMBOL) {
        uint32_t symbols = tw_state_symbol_count(state);
        return symbols ? (uint32_t)random_below(random, symbols) : TW_NONE;
    }
    snprintf(text, sizeof text, "text \xC3\xA9 %d", (int)random_below(random, 40));
    return intern(state, text);
}

static void fill_members(struct random *random, struct state *state, void *item,
                         const struct image_layout *layout) {
    for (size_t i = 0; i < layout->count; i++) {
        const struct image_member *member = &layout->members[i];
        char *at = (char *)item + member->offset;
        if (member->kind == IMAGE_WIDE) {
            tw_int128 wide = (tw_int128)random_number(random, member) * (random_size(random) / 4);
            memcpy(at, &wide, sizeof wide);
        } else if (member->kind == IMAGE_SEQ) {
            uint64_t seq = random_below(random, state->last_seq + 1);
            memcpy(at, &seq, sizeof seq);
        } else if (member->kind == IMAGE_TEXT || member->kind == IMAGE_WORDS ||
                   member->kind == IMAGE_SYMBOL) {
            uint32_t id = random_id(random, state, member->kind);
            memcpy(at, &id, sizeof id);
        } else {
            int64_t number = random_number(random, member);
            memcpy(at, &number, sizeof number);
        }
    }
}

static void fill_list(struct random *random, struct state *state, void *of,
                      const struct image_list *list) {
    char *owner = of;
    size_t capacity = 0, count = random_below(random, 4), first = 0;
    void *items = NULL;
    if (list->first != TW_IMAGE_NO_RING && random_below(random, 3) == 0) {
        count = list->most;
        first = random_below(random, list->most);
        memcpy(owner + list->first, &first, sizeof first);
    }
    ck_assert_int_eq(tw_array_reserve(&items, &capacity, count, list->layout->item_bytes), 0);
    for (size_t i = 0; i < count; i++)
        fill_members(random, state, (char *)items + i * list->layout->item_bytes, list->layout);
    memcpy(owner + list->items, &items, sizeof items);
    memcpy(owner + list->count, &count, sizeof count);
    memcpy(owner + list->capacity, &capacity, sizeof capacity);
}

static void fill_position(struct random *random, struct state *state, struct position *position) {
    fill_members(random, state, position, &tw_image_position);
    for (size_t i = 0; i < TW_IMAGE_POSITION_LISTS; i++)
        fill_list(random, state, position, &tw_image_position_lists[i]);
    if (position->lot_count == 0) {
        position->lot_count = position->lot_capacity = 1;
        position->lots = calloc(1, sizeof *position->lots);
    }
    position->qty_e8 = 0;
    for (size_t i = 0; i < position->lot_count; i++)
        position->qty_e8 += position->lots[i].qty_e8 = random_between(random, 1, INT64_MAX / 8);
    position->trade.side = position->side;
}

static uint32_t add_name(struct names *names, const char *name) {
    ck_assert_int_eq(tw_names_reserve(names, 1, strlen(name)), 0);
    return tw_names_add(names, name);
}

static void add_symbol(struct random *random, struct state *state, const char *name) {
    uint32_t id = add_name(state->symbol_names, name);
    ck_assert_int_eq(tw_array_reserve((void **)&state->symbols, &state->symbol_capacity, id + 1,
                                      sizeof *state->symbols),
                     0);
    struct symbol *symbol = &state->symbols[id];
    fill_members(random, state, symbol, &tw_image_symbol);
    if (random_below(random, 2))
        fill_position(random, state, &symbol->position);
    if (random_below(random, 2))
        fill_members(random, state, &symbol->plan, &tw_image_plan);
    for (size_t i = 0; i < TW_IMAGE_SYMBOL_LISTS; i++)
        fill_list(random, state, symbol, &tw_image_symbol_lists[i]);
}

static void add_order(struct random *random, struct state *state, const char *name) {
    uint32_t id = add_name(state->order_names, name);
    ck_assert_int_eq(tw_array_reserve((void **)&state->orders, &state->order_capacity, id + 1,
                                      sizeof *state->orders),
                     0);
    fill_members(random, state, &state->orders[id], &tw_image_order);
    /* Finished orders are history: a snapshot leaves them out. */
    state->orders[id].status = random_between(random, TW_ORDER_SENT, TW_ORDER_INACTIVE);
}

static struct state *random_state(struct random *random) {
    struct state *state;
    char name[16];
    ck_assert_int_eq(tw_state_new(&state), 0);
    state->trading_date = 20251006;
    state->last_seq = 1 + random_below(random, 1000000);
    fill_members(random, state, state, &tw_image_day);
    fill_members(random, state, &state->session, &tw_image_session);
    fill_members(random, state, &state->answer, &tw_image_answer);
    fill_members(random, state, &state->clock, &tw_image_clock);
    for (size_t i = 0; i < TW_IMAGE_TYPE_COUNTS; i++)
        state->type_counts[i] = random_size(random);
    for (uint64_t i = random_below(random, 4); i > 0; i--) {
        snprintf(name, sizeof name, "SYM%d", (int)i);
        add_symbol(random, state, name);
    }
    for (uint64_t i = random_below(random, 5); i > 0; i--) {
        snprintf(name, sizeof name, "order %d", (int)i);
        add_order(random, state, name);
    }
    for (size_t i = 0; i < TW_IMAGE_DAY_LISTS; i++)
        fill_list(random, state, state, &tw_image_day_lists[i]);
    return state;
}

/* ---- comparing, apart from the encoder ----------------------------------------------------- */

static void assert_same_members(const struct state *a, const void *item_a, const struct state *b,
                                const void *item_b, const struct image_layout *layout) {
    for (size_t i = 0; i < layout->count; i++) {
        const struct image_member *member = &layout->members[i];
        const char *at_a = (const char *)item_a + member->offset;
        const char *at_b = (const char *)item_b + member->offset;
        if (member->kind == IMAGE_TEXT || member->kind == IMAGE_WORDS) {
            text_id id_a, id_b;
            memcpy(&id_a, at_a, sizeof id_a);
            memcpy(&id_b, at_b, sizeof id_b);
            const char *text_a = tw_state_text(a, id_a), *text_b = tw_state_text(b, id_b);
            ck_assert_msg(text_a && text_b ? strcmp(text_a, text_b) == 0 : text_a == text_b,
                          "%s.%s", layout->name, member->name);
            continue;
        }
        size_t size = member->kind == IMAGE_WIDE     ? sizeof(tw_int128)
                      : member->kind == IMAGE_SYMBOL ? sizeof(uint32_t)
                                                     : sizeof(int64_t);
        ck_assert_msg(memcmp(at_a, at_b, size) == 0, "%s.%s", layout->name, member->name);
    }
}

static size_t size_at(const void *owner, size_t offset) {
    size_t value;
    memcpy(&value, (const char *)owner + offset, sizeof value);
    return value;
}

static const char *item_at(const void *owner, const struct image_list *list, size_t index) {
    const char *items;
    memcpy(&items, (const char *)owner + list->items, sizeof items);
    if (list->first != TW_IMAGE_NO_RING)
        index = (size_at(owner, list->first) + index) % list->most;
    return items + index * list->layout->item_bytes;
}

static void assert_same_list(const struct state *a, const void *owner_a, const struct state *b,
                             const void *owner_b, const struct image_list *list) {
    size_t count = size_at(owner_a, list->count);
    ck_assert_uint_eq(count, size_at(owner_b, list->count));
    for (size_t i = 0; i < count; i++)
        assert_same_members(a, item_at(owner_a, list, i), b, item_at(owner_b, list, i),
                            list->layout);
}

static void assert_same_symbol(const struct state *a, const struct state *b, uint32_t id) {
    const struct symbol *of_a = &a->symbols[id], *of_b = &b->symbols[id];
    ck_assert_str_eq(tw_state_symbol_name(a, id), tw_state_symbol_name(b, id));
    assert_same_members(a, of_a, b, of_b, &tw_image_symbol);
    ck_assert_int_eq(of_a->position.side, of_b->position.side);
    ck_assert_int_eq(of_a->plan.side, of_b->plan.side);
    if (of_a->position.side) {
        assert_same_members(a, &of_a->position, b, &of_b->position, &tw_image_position);
        for (size_t i = 0; i < TW_IMAGE_POSITION_LISTS; i++)
            assert_same_list(a, &of_a->position, b, &of_b->position, &tw_image_position_lists[i]);
    }
    if (of_a->plan.side)
        assert_same_members(a, &of_a->plan, b, &of_b->plan, &tw_image_plan);
    for (size_t i = 0; i < TW_IMAGE_SYMBOL_LISTS; i++)
        assert_same_list(a, of_a, b, of_b, &tw_image_symbol_lists[i]);
    ck_assert_int_eq(of_b->closed_first, of_a->trades_closed);
    ck_assert_uint_eq(of_b->closed_count, 0);
    ck_assert_uint_eq(of_b->change_count, 0);
}

static void assert_same_state(const struct state *a, const struct state *b) {
    ck_assert_int_eq(a->trading_date, b->trading_date);
    ck_assert_uint_eq(a->last_seq, b->last_seq);
    assert_same_members(a, a, b, b, &tw_image_day);
    assert_same_members(a, &a->session, b, &b->session, &tw_image_session);
    assert_same_members(a, &a->answer, b, &b->answer, &tw_image_answer);
    assert_same_members(a, &a->clock, b, &b->clock, &tw_image_clock);
    ck_assert_mem_eq(a->type_counts, b->type_counts, sizeof a->type_counts);
    ck_assert_uint_eq(tw_state_symbol_count(a), tw_state_symbol_count(b));
    for (uint32_t i = 0; i < tw_state_symbol_count(a); i++)
        assert_same_symbol(a, b, i);
    ck_assert_uint_eq(tw_state_order_count(a), tw_state_order_count(b));
    for (uint32_t i = 0; i < tw_state_order_count(a); i++) {
        ck_assert_str_eq(tw_state_order_name(a, i), tw_state_order_name(b, i));
        assert_same_members(a, &a->orders[i], b, &b->orders[i], &tw_image_order);
    }
    for (size_t i = 0; i < TW_IMAGE_DAY_LISTS; i++)
        assert_same_list(a, a, b, b, &tw_image_day_lists[i]);
}

static void assert_same_bytes(const struct buffer *a, const struct buffer *b) {
    ck_assert_uint_eq(a->size, b->size);
    ck_assert_mem_eq(a->data, b->data, a->size);
}

START_TEST(a_state_comes_back_from_its_snapshot) {
    struct random random = {seed_from_environment("image round trip")};
    for (int i = 0; i < 1000; i++) {
        struct state *state = random_state(&random), *back;
        struct buffer image = {0}, again = {0};
        tw_error why;
        ck_assert_int_eq(tw_image_encode(state, &image), 0);
        ck_assert_msg(tw_image_decode(image.data, image.size, &back, &why) == 0, "%s", why.text);
        assert_same_state(state, back);
        ck_assert_uint_eq(back->history_from, back->last_seq + 1);
        ck_assert_uint_eq(tw_state_execution_count(back), 0);
        ck_assert_int_eq(tw_image_encode(back, &again), 0);
        assert_same_bytes(&image, &again);
        tw_buffer_free(&image);
        tw_buffer_free(&again);
        tw_state_free(state);
        tw_state_free(back);
    }
}
END_TEST

/* ---- damage -------------------------------------------------------------------------------- */

static int decode_exactly(const char *bytes, size_t size, struct state **ret, tw_error *why) {
    /* In memory of its own, so that a read past the end is seen. */
    char *exact = malloc(size ? size : 1);
    memcpy(exact, bytes, size);
    int status = tw_image_decode(exact, size, ret, why);
    free(exact);
    return status;
}

static void seal(struct buffer *image) {
    uint8_t *at = (uint8_t *)image->data;
    size_t body = image->size - TW_IMAGE_HEADER_BYTES;
    tw_put_u64(at + TW_IMAGE_BODY_BYTES_AT, body);
    tw_sha256(at + TW_IMAGE_HEADER_BYTES, body, at + TW_IMAGE_DIGEST_AT);
    tw_put_u32(at + TW_IMAGE_CRC_AT, tw_crc32c(0, at, TW_IMAGE_CRC_AT));
}

START_TEST(a_flipped_bit_and_a_missing_end_are_refused) {
    struct random random = {seed_from_environment("image damage")};
    struct buffer image = {0};
    struct state *state = random_state(&random), *back;
    ck_assert_int_eq(tw_image_encode(state, &image), 0);
    size_t step = 1 + image.size * 8 / 20000;
    for (size_t bit = 0; bit < image.size * 8; bit += bit < 512 ? 1 : step) {
        image.data[bit / 8] = (char)(image.data[bit / 8] ^ 1 << bit % 8);
        tw_error why = {0};
        int status = tw_image_decode(image.data, image.size, &back, &why);
        ck_assert_msg(status == TW_E_DAMAGED && why.code == status, "bit %zu: %d", bit, status);
        image.data[bit / 8] = (char)(image.data[bit / 8] ^ 1 << bit % 8);
    }
    for (size_t size = 0; size < image.size; size += size < 200 ? 1 : 97)
        ck_assert_int_eq(decode_exactly(image.data, size, &back, NULL), TW_E_DAMAGED);
    tw_buffer_char(&image, 0);
    ck_assert_int_eq(decode_exactly(image.data, image.size, &back, NULL), TW_E_DAMAGED);
    tw_buffer_free(&image);
    tw_state_free(state);
}
END_TEST

static void mutate(struct random *random, struct buffer *image) {
    static const uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0x8F, 0x90, 0x91,
                                      0x9F, 0xA0, 0xA1, 0xC0, 0xC1, 0xC4, 0xCF,
                                      0xD3, 0xD9, 0xDC, 0xDD, 0xDE, 0xE0, 0xFF};
    for (uint64_t i = random_below(random, 4); i + 1 > 0; i--) {
        size_t at =
            TW_IMAGE_HEADER_BYTES + random_below(random, image->size - TW_IMAGE_HEADER_BYTES);
        image->data[at] =
            (char)(random_below(random, 2) ? telling[random_below(random, sizeof telling)]
                                           : random_next(random));
    }
    if (random_below(random, 8) == 0)
        image->size -= random_below(random, image->size - TW_IMAGE_HEADER_BYTES);
}

START_TEST(a_changed_body_under_a_good_digest_is_refused_or_is_another_state) {
    struct random random = {seed_from_environment("image hostile")};
    int accepted = 0, refused = 0;
    for (int i = 0; i < 6000; i++) {
        struct state *state = random_state(&random), *back;
        struct buffer image = {0}, again = {0};
        ck_assert_int_eq(tw_image_encode(state, &image), 0);
        mutate(&random, &image);
        seal(&image);
        tw_error why = {0};
        int status = decode_exactly(image.data, image.size, &back, &why);
        if (status) {
            ck_assert_int_eq(status, TW_E_DAMAGED);
            refused++;
        } else {
            ck_assert_int_eq(tw_image_encode(back, &again), 0);
            assert_same_bytes(&image, &again);
            tw_state_free(back);
            accepted++;
        }
        tw_buffer_free(&image);
        tw_buffer_free(&again);
        tw_state_free(state);
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_gt(refused, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("image_property");
    TCase *tests = tcase_create("image");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_state_comes_back_from_its_snapshot);
    tcase_add_test(tests, a_flipped_bit_and_a_missing_end_are_refused);
    tcase_add_test(tests, a_changed_body_under_a_good_digest_is_refused_or_is_another_state);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
