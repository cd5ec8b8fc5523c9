/* The sent log: which mails went out, so that a message that arrives again is not mailed again.
 * Blocking. */
#ifndef MAIL_STORE_H
#define MAIL_STORE_H

#include <stdint.h>

#include "server/common/db.h"

enum sent_state { SENT_NEW, SENT_UNFINISHED, SENT_DONE, SENT_GIVEN_UP };

/*
 * Records that `message_id` is about to be sent, unless it is recorded already. *state is what was
 * recorded before; *age_s the seconds since it was first seen.
 */
enum tk_db_res sent_begin(struct tk_db *db, const char *message_id, const char *kind,
                          enum sent_state *state, int64_t *age_s);
enum tk_db_res sent_finish(struct tk_db *db, const char *message_id, enum sent_state state);

#endif
