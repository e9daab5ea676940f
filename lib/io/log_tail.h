/* What the intake of a dead writer holds behind the last record of a day file, for who only looks:
 * nothing is moved, and yet the day reads as the next start will find it. */
#ifndef TW_IO_LOG_TAIL_H
#define TW_IO_LOG_TAIL_H

#include "io/log.h"

struct log_tail;

/* *ret is NULL where there is nothing to put behind it: the intake has no records of this date, or
 * a process writes the journal, who brings them into the day file itself. Of the newest day it is
 * checked that the intake belongs to it. TW_E_NOT_FOUND when there
 * is no intake; TW_E_DAMAGED, TW_E_NEWER, TW_E_NOMEM, TW_E_IO. */
int tw_log_tail_load(struct log *log, int is_newest, const struct folder *folder,
                     const uint8_t uuid[16], struct log_tail **ret, tw_error *why);
void tw_log_tail_free(struct log_tail *tail); /* NULL is fine */

/* The calls of the log, for what lies behind its stored part. A writer that has started since may
 * have stored some or all of it. */
void tw_log_tail_head(const struct log_tail *tail, struct log_head *head);
int64_t tw_log_tail_read(const struct log_tail *tail, uint64_t from_seq,
                         int (*each)(void *context, uint64_t seq, const uint8_t *bytes,
                                     size_t size),
                         void *context, uint64_t max_records);
int tw_log_tail_read_one(const struct log_tail *tail, uint64_t seq, struct buffer *out,
                         tw_error *why);
int tw_log_tail_find(const struct log_tail *tail, int is_order, const char *id, uint64_t *ret_seq);
int tw_log_tail_each(const struct log_tail *tail, int is_order,
                     int (*each)(void *context, const char *id, size_t length, uint64_t seq),
                     void *context, int64_t *count);
uint64_t tw_log_tail_executions(const struct log_tail *tail);

#endif
