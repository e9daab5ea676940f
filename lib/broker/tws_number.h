/* Numbers and times as TWS writes them. Pure. */
#ifndef TW_BROKER_TWS_NUMBER_H
#define TW_BROKER_TWS_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "tradewal.h"

/* 1 for the texts that mean "not set": nothing, the largest double, and the largest and smallest
 * integers of 32 and 64 bits. They mean that for every kind of number. */
int tw_tws_is_unset(const char *text);

/* Plain or scientific decimal text, exactly or, with more than eight decimals that matter, rounded
 * half to even (*ret_rounded is 1 then). Average costs and commissions come with such tails.
 * TW_E_PARSE; TW_E_RANGE when it does not fit. Does not know "not set". */
int tw_tws_decimal(const char *text, int64_t *ret_e8, int *ret_rounded);

/* An integer, signed. TW_E_PARSE, TW_E_RANGE. */
int tw_tws_integer(const char *text, int64_t *ret);

enum tws_clock {
    TWS_CLOCK_UTC,    /* written with a dash between date and time, or with a Z behind it */
    TWS_CLOCK_NAMED,  /* the zone's name follows the time */
    TWS_CLOCK_ASSUMED /* the zone is that of the login, which is not told */
};

struct tws_time {
    int64_t local_seconds; /* since 1970, as if the clock showed UTC */
    enum tws_clock clock;
    const char *zone; /* where it is named: the rest of the text */
};

/* yyyymmdd, one or two blanks or a dash, hh:mm:ss, and perhaps Z or a blank and a zone; which form
 * comes is a setting of TWS. TW_E_PARSE. */
int tw_tws_time(const char *text, struct tws_time *ret);

/* An exec id up to its last dot, and what is behind it as a number: ids that differ only there are
 * corrections of each other. 0 for a text without such an end; the length then is that of the
 * text. */
uint64_t tw_tws_correction(const char *exec_id, size_t *ret_length);

#endif
