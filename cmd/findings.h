/* The log against the broker, shown. */
#ifndef TW_CMD_FINDINGS_H
#define TW_CMD_FINDINGS_H

#include "out.h"
#include "view.h"

/* Opens the broker behind the URL; what is said to it goes into the file `record`, unless NULL. 0
 * or an exit status after telling. */
int tw_findings_open(const char *url, const char *record, tw_broker **ret);

/* The same, and asks it, patiently. The answer lives until *ret_broker is
 * closed. 0 or an exit status after telling. */
int tw_findings_ask(const char *url, const char *record, tw_broker **ret_broker,
                    const tw_answer **ret);

/* Compares the view's day with the answer; nothing is written. */
int tw_findings_look(const struct view *view, const tw_answer *answer, tw_proposal **ret);

/* The same with the store's state, and the result is appended. */
int tw_findings_apply(tw_store *store, const tw_answer *answer, tw_proposal **ret);

/* The table of findings and the line that says how many differ. EXIT_DIFFERENT when some do.
 * `broker`: who answered, NULL if that is not known. */
int tw_findings_print(const tw_proposal *proposal, const char *broker, enum format format,
                      int applied);

#endif
