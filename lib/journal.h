/* What the command needs of a journal beyond tradewal.h. Not part of the ABI. */
#ifndef TW_JOURNAL_H
#define TW_JOURNAL_H

#include "base/zone.h"
#include "tradewal.h"

/* The zone of the journal; lives as long as the journal. */
int tw_journal_zone(const tw_journal *journal, const struct zone **ret);

/* Seqs of the snapshots of a day, newest first; at most `room` are written. Returns how many there
 * are, or an error. */
int64_t tw_journal_snapshots(tw_journal *journal, int64_t trading_date, uint64_t *ret,
                             uint64_t room, tw_error *why);

/* Takes the newest snapshot of a day out, so that the next start uses the one before. Takes the
 * writer lock for it. *ret_seq: which one. TW_E_BUSY, TW_E_NOT_FOUND. */
int tw_journal_invalidate(const char *path, int64_t trading_date, uint64_t *ret_seq, tw_error *why);

#endif
