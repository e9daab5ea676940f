/* Turning what the operating system says into an error of ours. Pure. */
#include "io/system.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

int tw_system_code(int error) {
    static const struct {
        int error;
        int code;
    } codes[] = {
        {ENOSPC, TW_E_NO_SPACE},  {EDQUOT, TW_E_NO_SPACE},   {EFBIG, TW_E_NO_SPACE},
        {EROFS, TW_E_READ_ONLY},  {EACCES, TW_E_PERMISSION}, {EPERM, TW_E_PERMISSION},
        {ELOOP, TW_E_PERMISSION}, {ENOENT, TW_E_NOT_FOUND},  {EEXIST, TW_E_EXISTS},
        {ENOMEM, TW_E_NOMEM},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].error == error)
            return codes[i].code;
    return TW_E_IO;
}

int tw_system_fail(tw_error *why, int error, const char *format, ...) {
    char line[sizeof why->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    char words[128];
    return tw_fail(why, tw_system_code(error), "%s: %s", line,
                   strerror_r(error, words, sizeof words));
}
