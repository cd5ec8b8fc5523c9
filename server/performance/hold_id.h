/*
 * Hold ids: `<session>-<24 hex random>-<16 hex MAC>`. The MAC covers the session, the random part
 * and the owner's member id, so that whose hold it is can be told without any store, also after the
 * stores lost everything; only ids that were issued to this owner are ever asked about. Thread-safe
 * after hold_id_init.
 */
#ifndef PERFORMANCE_HOLD_ID_H
#define PERFORMANCE_HOLD_ID_H

#include <stdbool.h>
#include <stdint.h>

#define HOLD_ID 64 /* bytes with the NUL */

/* Reads the key; false when the file is missing or not 32 bytes in hexadecimal. */
bool hold_id_init(const char *key_file);
void hold_id_new(int64_t session, int64_t member, char out[HOLD_ID]);
/* Whether the id was issued to this member; then *session is its session. */
bool hold_id_check(const char *id, int64_t member, int64_t *session);
/*
 * The id of the hold that takes the seats over which a refused sale leaves: always the same for the
 * same hold, so that a repeated request finds what a lost answer was about.
 */
void hold_id_successor(const char *id, int64_t member, char out[HOLD_ID]);
/* Session of an id of ours, without any check of who it belongs to; 0 when it is none. */
int64_t hold_id_session(const char *id);
/* 32 hex digits that stand for `text`: idempotency keys and bodies. */
void hold_hash(const char *text, char out[33]);

#endif
