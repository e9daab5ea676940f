/* What a snapshot holds of the state, as tables: the writer and the reader walk the same ones, so
 * they cannot disagree. The order of the members is the format. Pure, immutable. */
#ifndef TW_CORE_IMAGE_LAYOUT_H
#define TW_CORE_IMAGE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* The header in front of the body, little-endian. */
enum {
    TW_IMAGE_VERSION_AT = 4,
    TW_IMAGE_RESERVED_AT = 6,
    TW_IMAGE_DATE_AT = 8,
    TW_IMAGE_SEQ_AT = 12,
    TW_IMAGE_BODY_BYTES_AT = 20,
    TW_IMAGE_DIGEST_AT = 28,
    TW_IMAGE_CRC_AT = 60,
    TW_IMAGE_HEADER_BYTES = 64
};

#define TW_IMAGE_MAGIC "TWSS"

enum {
    TW_IMAGE_BODY_ITEMS = 11, /* day, session, answer, clock, type counts, symbols, orders, lists */
    TW_IMAGE_SYMBOL_ITEMS = 7,   /* name, members, position or nil, plan or nil, lists */
    TW_IMAGE_POSITION_ITEMS = 3, /* members, lists */
    TW_IMAGE_ORDER_ITEMS = 2,    /* name, members */
    TW_IMAGE_TYPE_COUNTS = 64,
    TW_IMAGE_NAME_BYTES = 64,  /* longest name of a symbol or an order */
    TW_IMAGE_TEXT_BYTES = 4096 /* longest other text */
};

enum image_kind {
    IMAGE_NUMBER, /* int64, not INT64_MIN */
    IMAGE_MAYBE,  /* the same, or nil for TW_UNKNOWN */
    IMAGE_AMOUNT, /* int64, 0 or above */
    IMAGE_FLAG,   /* int64, 0 or 1 */
    IMAGE_DATE,   /* int64, 0 or a date */
    IMAGE_CHOICE, /* int64, 0 or a value of the enumeration */
    IMAGE_SEQ,    /* uint64, at most the snapshot's */
    IMAGE_WIDE,   /* 128 bits as [high int64, low uint64], -2^125 to below 2^125 */
    IMAGE_TEXT,   /* text_id as its text, or nil for TW_NONE */
    IMAGE_WORDS,  /* text_id as its text */
    IMAGE_SYMBOL  /* uint32 index of a symbol, or nil for TW_NONE */
};

struct image_member {
    enum image_kind kind;
    size_t offset;
    const char *name;        /* for messages */
    const char *enumeration; /* CHOICE */
};

struct image_layout {
    const char *name;
    const struct image_member *members;
    size_t count;
    size_t item_bytes;
};

#define TW_IMAGE_NO_RING SIZE_MAX

/* A growing array within its owner: offsets of its pointer, count and capacity. */
struct image_list {
    const struct image_layout *layout;
    size_t items, count, capacity;
    size_t first; /* of the index of the oldest, in a ring of `most`; else TW_IMAGE_NO_RING */
    size_t most;  /* largest count */
};

extern const struct image_layout tw_image_day, tw_image_session, tw_image_answer, tw_image_clock;
extern const struct image_layout tw_image_symbol, tw_image_position, tw_image_plan, tw_image_order;

enum { TW_IMAGE_POSITION_LISTS = 2, TW_IMAGE_SYMBOL_LISTS = 3, TW_IMAGE_DAY_LISTS = 4 };

extern const struct image_list tw_image_position_lists[TW_IMAGE_POSITION_LISTS];
extern const struct image_list tw_image_symbol_lists[TW_IMAGE_SYMBOL_LISTS];
extern const struct image_list tw_image_day_lists[TW_IMAGE_DAY_LISTS];

#endif
