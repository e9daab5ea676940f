/* The day that tradewal bench writes. */
#include "bench_day.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_out.h"
#include "core/codec.h"
#include "core/frame.h"

#define OPENS_NS INT64_C(1759757400000000000) /* 2025-10-06T09:30:00-04:00 */
#define STEP_NS  INT64_C(20000000)

struct load *tw_load_new(void) {
    struct load *load = calloc(1, sizeof *load);
    if (!load)
        tw_bench_die("memory could not be allocated for the events");
    return load;
}

void tw_load_free(struct load *load) {
    if (load)
        tw_buffer_free(&load->bytes);
    free(load);
}

static void make_bar(tw_event *event, const char *symbol, int64_t price) {
    event->type = TW_TYPE_bar;
    event->as.bar = (tw_bar){.symbol = symbol,
                             .start_ns = event->time_ns,
                             .seconds = 60,
                             .open_e8 = price,
                             .high_e8 = price + TW_E8,
                             .low_e8 = price - TW_E8,
                             .close_e8 = price + TW_E8 / 2,
                             .volume_e8 = 1200 * TW_E8};
}

static void make_order(struct load *load, size_t slot, int64_t price) {
    tw_event *event = &load->events[slot];
    event->type = TW_TYPE_order_submitted;
    event->as.order_submitted = (tw_order_submitted){.order_ref = load->order_ref[slot],
                                                     .symbol = load->symbol[slot],
                                                     .action = TW_ACTION_BUY,
                                                     .purpose = TW_PURPOSE_ENTRY,
                                                     .qty_e8 = 100 * TW_E8,
                                                     .order_type = "LMT",
                                                     .limit_e8 = tw_known(price)};
}

/* Each entry is sold at once, so that the day's positions stay as small as a trader's. */
static void make_fill(struct load *load, size_t slot, int64_t price, int is_entry) {
    tw_event *event = &load->events[slot];
    event->type = TW_TYPE_fill;
    event->as.fill = (tw_fill){.exec_id = load->exec_id[slot],
                               .symbol = load->symbol[slot],
                               .action = is_entry ? TW_ACTION_BUY : TW_ACTION_SELL,
                               .qty_e8 = 100 * TW_E8,
                               .price_e8 = price,
                               .fee_e8 = tw_known(TW_E8),
                               .order_ref = is_entry ? load->order_ref[slot] : NULL};
}

static int64_t begin_event(struct load *load, size_t slot, uint64_t number, uint64_t symbol) {
    tw_event *event = &load->events[slot];
    memset(event, 0, sizeof *event);
    event->size = sizeof *event;
    event->time_ns = OPENS_NS + (int64_t)number * STEP_NS;
    snprintf(load->symbol[slot], sizeof load->symbol[slot], "S%03" PRIu64, symbol % BENCH_SYMBOLS);
    snprintf(load->exec_id[slot], sizeof load->exec_id[slot], "0000e0d5.%08" PRIx64 ".01.01",
             number);
    snprintf(load->order_ref[slot], sizeof load->order_ref[slot], "order-%" PRIu64, number / 10);
    return 100 * TW_E8 + (int64_t)(number % 997) * (TW_E8 / 100);
}

static void make_event(struct load *load, size_t slot, uint64_t number) {
    tw_event *event = &load->events[slot];
    int64_t price = begin_event(load, slot, number, number / 10);
    switch (number % 10) {
    case 0:
        make_order(load, slot, price);
        break;
    case 1:
    case 2:
        make_fill(load, slot, price, number % 10 == 1);
        break;
    case 3:
        event->type = TW_TYPE_pnl;
        event->as.pnl = (tw_pnl){.amount_e8 = TW_E8 / 4, .reason = TW_PNL_DIVIDEND};
        break;
    case 4:
        event->type = TW_TYPE_counter;
        event->as.counter = (tw_counter){.group = "filter_block", .name = "choppy", .delta = 1};
        break;
    default:
        make_bar(event, load->symbol[slot], price);
        break;
    }
}

void tw_load_clear(struct load *load, uint64_t number) {
    load->number = number;
    load->count = 0;
    load->starts[0] = 0;
    tw_buffer_clear(&load->bytes);
}

void tw_load_add_record(struct load *load, const tw_event *event) {
    assert(load->count < BENCH_BATCH);
    if (tw_record_encode(event, &load->bytes) != 0)
        tw_bench_die("memory could not be allocated for the records");
    load->starts[++load->count] = load->bytes.size;
}

/* The record carries what the store would stamp, so that it has the length it has in the store. */
static void add_stamped(struct load *load, size_t slot, uint64_t number) {
    tw_event stamped = load->events[slot];
    stamped.seq = number + 1;
    stamped.trading_date = BENCH_DATE;
    stamped.source = TW_SOURCE_HOST;
    tw_load_add_record(load, &stamped);
}

void tw_load_make(struct load *load, uint64_t number, size_t count) {
    tw_load_clear(load, number);
    for (size_t slot = 0; slot < count; slot++) {
        make_event(load, slot, number + slot);
        add_stamped(load, slot, number + slot);
    }
}

void tw_load_make_bars(struct load *load, uint64_t number, size_t count) {
    tw_load_clear(load, number);
    for (size_t slot = 0; slot < count; slot++) {
        int64_t price = begin_event(load, slot, number + slot, number + slot);
        make_bar(&load->events[slot], load->symbol[slot], price);
        add_stamped(load, slot, number + slot);
    }
}

size_t tw_load_frame_bytes(const struct load *load) {
    size_t bytes = TW_FRAME_HEADER_BYTES + load->count * TW_FRAME_PREFIX_BYTES + load->bytes.size;
    return (bytes + TW_FRAME_ALIGN - 1) / TW_FRAME_ALIGN * TW_FRAME_ALIGN;
}
