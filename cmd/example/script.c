/* The scripted day as a table, one row a step. Pure. */
#include "script.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "tradewal.h"

#define AT(hour, minute, second) .at = (hour)*3600 + (minute)*60 + (second)

/* 2025-10-06 00:00 in New York, which is UTC-4 on that day. */
#define MIDNIGHT_NS (INT64_C(1759723200) * INT64_C(1000000000))

const struct step script[] = {
    {ACT_NOTE, AT(9, 29, 0),
     .words = "watch list: TSLA over 444.77, NVDA over 725, AMD under 165.30"},
    {ACT_BAR, AT(9, 31, 0), "TSLA", .bar = {"441.10", "443.20", "440.85", "442.90", "812400"}},
    {ACT_BAR, AT(9, 31, 0), "NVDA", .bar = {"721.00", "722.40", "720.15", "722.05", "655100"}},
    {ACT_BAR, AT(9, 31, 0), "AMD", .bar = {"166.90", "167.15", "166.20", "166.35", "498300"}},
    {ACT_BLOCK, AT(9, 36, 12), "TSLA", .words = "choppy"},
    {ACT_BLOCK, AT(9, 41, 40), "NVDA", .words = "room_to_run"},
    {ACT_ENTRY, AT(9, 45, 31), "TSLA", TW_SIDE_LONG, 100, "444.95", "444.77", "443.90", "450.00",
     .words = "momentum"},
    {ACT_BAR, AT(9, 46, 0), "TSLA", .bar = {"444.80", "445.10", "444.20", "444.35", "301800"}},
    {ACT_STOPPED, AT(9, 52, 4), "TSLA", .price = "443.90"},
    {ACT_BLOCK, AT(9, 58, 30), "TSLA", .words = "choppy"},
    {ACT_ENTRY, AT(10, 5, 47), "TSLA", TW_SIDE_LONG, 100, "445.25", "444.77", "443.80", "450.00",
     .words = "pullback"},
    {ACT_BAR, AT(10, 6, 0), "TSLA", .bar = {"445.05", "445.90", "444.95", "445.80", "288700"}},
    {ACT_ENTRY, AT(10, 8, 20), "NVDA", TW_SIDE_LONG, 100, "725.50", "725.00", "722.60", "731.00",
     .words = "momentum"},
    {ACT_BAR, AT(10, 9, 0), "NVDA", .bar = {"725.40", "726.85", "725.10", "726.30", "190200"}},
    {ACT_PARTIAL, AT(10, 12, 3), "TSLA", .price = "450.10", .target = "450.00", .fraction = "0.5",
     .words = "target1"},
    {ACT_BREAKEVEN, AT(10, 12, 4), "TSLA"},
    {ACT_BAR, AT(10, 15, 0), "TSLA", .bar = {"449.90", "450.70", "449.20", "450.35", "264000"}},
    {ACT_BAR, AT(10, 15, 0), "AMD", .bar = {"165.60", "165.75", "165.05", "165.20", "233900"}},
    {ACT_ENTRY, AT(10, 20, 11), "AMD", TW_SIDE_SHORT, 200, "165.10", "165.30", "166.00", "163.90",
     .words = "momentum"},
    {ACT_BLOCK, AT(10, 24, 45), "NVDA", .words = "choppy"},
    {ACT_STOPPED, AT(10, 31, 9), "AMD", .price = "166.02"},
    {ACT_ENTRY, AT(10, 40, 2), "AMD", TW_SIDE_SHORT, 200, "165.05", "165.30", "165.95", "163.90",
     .words = "pullback"},
    {ACT_BAR, AT(10, 45, 0), "NVDA", .bar = {"727.10", "728.00", "726.75", "727.60", "151700"}},
    {ACT_PARTIAL, AT(10, 52, 27), "AMD", .price = "163.90", .target = "163.90", .fraction = "0.5",
     .words = "target1"},
    {ACT_BREAKEVEN, AT(10, 52, 28), "AMD"},
    {ACT_TRAIL, AT(11, 5, 0), "TSLA", .price = "449.00"},
    {ACT_BAR, AT(11, 6, 0), "TSLA", .bar = {"451.20", "451.65", "450.80", "451.10", "122500"}},
    {ACT_STOPPED, AT(11, 20, 33), "TSLA", .price = "449.00"},
    {ACT_ENTRY, AT(11, 30, 15), "TSLA", TW_SIDE_LONG, 100, "445.10", "444.77", "443.80", "450.00",
     .words = "momentum"},
    {ACT_BLOCK, AT(11, 44, 0), "AMD", .words = "lunch"},
    {ACT_EXIT, AT(12, 10, 52), "AMD", .price = "162.75", .words = "target2"},
    {ACT_BAR, AT(13, 0, 0), "TSLA", .bar = {"451.00", "452.10", "450.90", "451.95", "98800"}},
    {ACT_ENTRY, AT(13, 15, 6), "TSLA", TW_SIDE_LONG, 60, "452.30", "452.00", "450.60", "456.00",
     .words = "momentum"},
    {ACT_PARTIAL, AT(13, 40, 19), "NVDA", .price = "731.00", .target = "731.00", .fraction = "0.5",
     .words = "target1"},
    {ACT_BREAKEVEN, AT(13, 40, 20), "NVDA"},
    {ACT_BAR, AT(14, 0, 0), "NVDA", .bar = {"730.40", "730.95", "729.10", "729.35", "110400"}},
    {ACT_BLOCK, AT(14, 30, 0), "AMD", .words = "late"},
    {ACT_STOPPED, AT(15, 10, 41), "NVDA", .price = "725.50"},
    {ACT_EXIT, AT(15, 45, 0), "TSLA", .price = "455.10", .words = "end_of_day"},
    {ACT_EXIT, AT(15, 45, 0), "NVDA", .price = "725.90", .words = "end_of_day"},
    {ACT_COST, AT(15, 58, 0), .price = "-1.50", .words = "fee"},
    {ACT_NOTE, AT(16, 0, 0), .words = "the day is over"},
};
const uint32_t script_steps = sizeof script / sizeof script[0];

int64_t step_time_ns(const struct step *step) {
    return MIDNIGHT_NS + step->at * INT64_C(1000000000);
}

uint32_t step_entry_before(uint32_t index) {
    uint32_t entry = index;
    while (entry > 0) {
        entry--;
        if (script[entry].act == ACT_ENTRY &&
            strcmp(script[entry].symbol, script[index].symbol) == 0)
            return entry;
    }
    assert(0 && "the script closes nothing that it did not enter");
    return 0;
}
