/*
 * Logins. A login starts a family of refresh tokens; every refresh replaces the family's newest
 * one.
 *
 * - A token that was replaced at most 30 s ago still works and gives *the same* successor again, so
 * that a lost answer or two processes refreshing at once log nobody out.
 * - A token that was replaced longer ago is in a second pair of hands: the whole family ends.
 *
 * Only SHA-256 of a token is stored. Blocking: call from workers.
 */
#ifndef MEMBER_SESSION_H
#define MEMBER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/db.h"
#include "server/common/httpd.h"
#include "server/member/store.h"

#define REFRESH_SIZE 44 /* 32 bytes as base64url, and the NUL */

struct refresh {
    const char *token; /* what the client sent */
    int64_t days;      /* life of the successor */
    struct tk_arena *arena;
    /* out */
    char next[REFRESH_SIZE];
    struct member_row member; /* id, birth, scope */
    bool stolen;              /* the family was ended: log it */
};

/* Starts a family. */
enum tk_db_res session_start(struct tk_db *db, int64_t deadline_ms, int64_t member, int64_t days,
                             char token[REFRESH_SIZE]);
/* TK_DB_OK; TK_DB_NONE: unknown, expired, stolen, or the member is not active: log in again. */
enum tk_db_res session_refresh(struct tk_db *db, int64_t deadline_ms, struct refresh *refresh);
/* Ends the family of a token. TK_DB_OK, also when there is none. */
enum tk_db_res session_end(struct tk_db *db, int64_t deadline_ms, const char *token,
                           struct tk_arena *arena);

/* Fills an answer: the access token in its header, the refresh token in data. */
enum tk_err session_reply(struct tk_req *req, struct tk_reply *reply,
                          const struct member_row *member, const char *refresh_token);

#endif
