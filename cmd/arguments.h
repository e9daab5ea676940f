/* The words behind a command's name, read by its table of options. */
#ifndef TW_CMD_ARGUMENTS_H
#define TW_CMD_ARGUMENTS_H

#include <stdint.h>

#include "command.h"
#include "out.h"

enum { TW_OPTIONS_MAX = 24 };

struct arguments {
    const struct command *command;
    const char *values[TW_OPTIONS_MAX]; /* by row of the table; "" for a flag, NULL: not given */
    const char *journal;                /* NULL where the command takes the words as they are */
    char *const *words;                 /* those after JOURNAL */
    int count;
};

/* -1 to go on, or the exit status when that was all (help, or a wrong usage that has been told). */
int tw_arguments_read(const struct command *command, int argc, char **argv, struct arguments *ret);

/* The option has to be in the command's table. */
const char *tw_arguments_value(const struct arguments *arguments, const char *name); /* or NULL */
int tw_arguments_given(const struct arguments *arguments, const char *name);
int tw_arguments_knows(const struct arguments *arguments, const char *name);

/* These return 0, or the exit status after telling what is wrong; *ret is untouched when the option
 * is not given. */
int tw_arguments_number(const struct arguments *arguments, const char *name, uint64_t *ret);
int tw_arguments_date(const struct arguments *arguments, const char *name, int64_t *ret);
int tw_arguments_enum(const struct arguments *arguments, const char *name, const char *enumeration,
                      int64_t *ret);
/* 18:00, into seconds since midnight. */
int tw_arguments_roll(const struct arguments *arguments, const char *name, int64_t *ret_seconds);
/* -o: one of the formats in the mask; *ret is set to the first of them (text before json) if
 * absent. */
int tw_arguments_format(const struct arguments *arguments, int allowed, enum format *ret);

/* Says so, and where help is. Returns EXIT_WRONG. */
int tw_arguments_wrong(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
