/* Which process this is, asked at every call and so without a system call. */
#ifndef TW_IO_PROCESS_H
#define TW_IO_PROCESS_H

#include <sys/types.h>

/* As getpid: a child of a fork, however it was made, gets its own number. Any thread may call. */
pid_t tw_process_id(void);

#endif
