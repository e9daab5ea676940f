/* What the files of the intake share. */
#ifndef TW_IO_INTAKE_INTERNAL_H
#define TW_IO_INTAKE_INTERNAL_H

#include <sys/types.h>

#include "io/intake.h"
#include "io/thread.h"

#define TW_INTAKE_NAME "intake.wal"

/* Places count the bytes of all uses from the last reset on: a half is used at 0, 2, 4 ... times
 * its size, the other at 1, 3, 5 ... times. */
struct intake {
    const struct folder *folder;
    int fd;
    dev_t device;
    ino_t inode;
    pthread_mutex_t mutex; /* over everything below */
    pthread_cond_t released;
    uint64_t end;                         /* behind the last frame */
    uint64_t taken;                       /* all before is in the day file */
    uint64_t sealed;                      /* a flush of what lies before it began */
    uint64_t filled[TW_INTAKE_HALVES];    /* behind the last frame of the half's newest use */
    uint64_t use_epoch[TW_INTAKE_HALVES]; /* of that use */
    uint8_t uuid[16];
    struct intake_header header;  /* as it is in the file */
    struct frame_session session; /* that follows from it */
    uint64_t epoch;               /* for the next use */
    uint64_t last_seq;            /* of the last frame; 0: none since the reset */
    uint64_t next_seq;            /* first record that waits to be taken over; 0: none did yet */
};

static inline uint64_t tw_intake_use(uint64_t place) {
    return place / TW_INTAKE_HALF_BYTES;
}

static inline int64_t tw_intake_offset(uint64_t place) {
    return TW_INTAKE_HEADER_BYTES +
           (int64_t)(place % ((uint64_t)TW_INTAKE_HALVES * TW_INTAKE_HALF_BYTES));
}

#endif
