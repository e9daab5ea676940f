/* The only place that asks the machine for the time, for its boot and for its name. */
#ifndef TW_IO_CLOCK_H
#define TW_IO_CLOCK_H

#include <stdint.h>

enum { TW_BOOT_ID_BYTES = 40, TW_HOST_BYTES = 65 };

int64_t tw_clock_now_ns(void);        /* UTC nanoseconds since 1970 */
int64_t tw_clock_monotonic_ns(void);  /* for spans only; never goes back */
void tw_clock_pause(int64_t span_ns); /* not cut short by signals */

/* The kernel's id of this boot, "unknown" where there is none. */
void tw_clock_boot_id(char ret[TW_BOOT_ID_BYTES]);

/* When a process started, in ticks since boot; 0 when there is no such process. Together with the
 * boot id it tells a process from a later one with the same number. */
int64_t tw_clock_process_start(int64_t pid);

/* The name of the machine as clean text of 1 to 64 bytes, whatever the machine calls itself. */
void tw_clock_host(char ret[TW_HOST_BYTES]);

/* What the kernel knows of its own clock, for the `clock` event. */
struct clock_state {
    int64_t synchronised;
    int64_t offset_ns;
    int64_t max_error_ns;
};

/* 0, or -1 when the kernel does not say. */
int tw_clock_state(struct clock_state *ret);

#endif
