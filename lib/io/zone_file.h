/* Reads a time zone of the machine by name. Neither TZ nor the C library's zone calls have a say.
 */
#ifndef TW_IO_ZONE_FILE_H
#define TW_IO_ZONE_FILE_H

#include "base/zone.h"

/* From /usr/share/zoneinfo; where that has no such file, the built-in rules of America/New_York and
 * UTC. TW_E_INVALID for a name that is not one, TW_E_NOT_FOUND, TW_E_DAMAGED, TW_E_NOMEM, TW_E_IO.
 * Free it with tw_zone_free. */
int tw_zone_load(const char *name, struct zone **ret, tw_error *why);

/* The same from another folder. */
int tw_zone_load_from(const char *folder, const char *name, struct zone **ret, tw_error *why);

/* 1 when the text may be the name of a zone: [A-Za-z0-9_+-] parts between single slashes, at most
 * 64 bytes. */
int tw_zone_name_valid(const char *name);

#endif
