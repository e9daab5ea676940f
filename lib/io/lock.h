/* writer.lock: one writer per journal. An OFD lock held for life keeps other processes out, and a
 * lock on the folder does when somebody removed the file; a table of this process keeps a second
 * handle out. Any thread may call. */
#ifndef TW_IO_LOCK_H
#define TW_IO_LOCK_H

#include "io/clock.h"
#include "io/folder.h"

struct lock;

/* Who writes the journal, or last did. */
struct lock_holder {
    int64_t alive; /* 1 when some process holds the lock now */
    int64_t gone;  /* 1 when the lock is held, but the process named is no more: a child of it holds
                      on */
    int64_t pid;   /* 0: nobody ever wrote, or the file says nothing that can be read */
    int64_t process_start;
    int64_t since_ns;
    char host[TW_HOST_BYTES];
    char boot_id[TW_BOOT_ID_BYTES];
};

/* TW_E_BUSY names the process that holds it; TW_E_OPEN_TWICE when this process does. */
int tw_lock_take(const struct folder *folder, struct lock **ret, tw_error *why);

/* Gives the lock up and frees it; NULL is fine. In a forked child only the memory is freed. */
void tw_lock_release(struct lock *lock);

/* 0, or TW_E_FORKED in a child of the process that took it. */
int tw_lock_check(const struct lock *lock, tw_error *why);

/* Looks without taking it and without disturbing the holder. */
int tw_lock_query(const struct folder *folder, struct lock_holder *ret, tw_error *why);

/* 1 when this process holds the lock of the journal. */
int tw_lock_held_here(const struct folder *folder);

#endif
