/* Members in MariaDB. Blocking; `deadline_ms` on tk_mono_ms's clock; addresses are canonical. */
#ifndef MEMBER_STORE_H
#define MEMBER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/db.h"

struct member_row {
    int64_t id;
    const char *email, *password, *name;
    const char *birth, *phone; /* NULL when unknown (staff) */
    const char *gender;        /* "M", "F", NULL; only for store_insert */
    const char *scope;         /* store_insert: NULL is "member" */
    bool active;               /* neither locked nor disabled */
};

/* TK_DB_OK and *row (texts in the arena), or TK_DB_NONE. */
enum tk_db_res store_by_email(struct tk_db *db, int64_t deadline_ms, const char *email,
                              struct tk_arena *arena, struct member_row *row);
enum tk_db_res store_by_id(struct tk_db *db, int64_t deadline_ms, int64_t id,
                           struct tk_arena *arena, struct member_row *row);
/*
 * Adds a member, active. TK_DB_DUP when the address is taken by another; when it is taken by this
 * very row (same salted hash: an earlier try whose outcome was unknown) that is TK_DB_OK.
 */
enum tk_db_res store_insert(struct tk_db *db, int64_t deadline_ms, const struct member_row *row,
                            struct tk_arena *arena);
/* TK_DB_OK also when nothing had to be changed; TK_DB_NONE when there is no such member. */
enum tk_db_res store_set_scope(struct tk_db *db, int64_t deadline_ms, const char *email,
                               const char *scope);
/* A new password ends every login of the member. */
enum tk_db_res store_set_password(struct tk_db *db, int64_t deadline_ms, const char *email,
                                  const char *hash);
/* "active", "locked" or "disabled"; anything but active ends every login of the member. */
enum tk_db_res store_set_state(struct tk_db *db, int64_t deadline_ms, const char *email,
                               const char *state);

#endif
