/*
 * The six-digit codes that prove an e-mail address. Redis keeps, per address (named by a hash of
 * it):
 *
 *     m:code:{<hash>}  the code, keyed-hashed, and how often it was tried       5 minutes
 *     m:mail:{<hash>}  when mails went to this address                          1 hour
 *     m:ok:{<hash>}    the address was proven and may sign up                   30 minutes
 *
 * A code has only 10^6 values, so an unkeyed hash would hide nothing: the key is derived from the
 * signing key (token.h), which is in no store. Blocking: call from workers.
 */
#ifndef MEMBER_CODE_H
#define MEMBER_CODE_H

#include <stdint.h>

#include "server/common/redis.h"
#include "server/member/rules.h"
#include "server/member/token.h"
#include "shared/base/err.h"

#define CODE_HASH_SIZE 65 /* hex and the NUL */

struct code {
    char digits[CODE_SIZE];
    char id[33]; /* of the mail; its message id */
};

/*
 * Makes a new code for a canonical address and stores it; the one before it is void.
 * TOO_MANY_REQUESTS after three mails in an hour, with the wait in *retry_ms;
 * REDIS_TROUBLE_OCCURRED.
 */
enum tk_err code_put(struct tk_redis *redis, const struct signer *signer, const char *email,
                     struct code *code, int64_t *retry_ms);
/* The mail of this code could not be sent: it does not count,
 * and the code before it is good again. */
enum tk_err code_drop(struct tk_redis *redis, const char *email, const struct code *code);
/* One try. OK once, and the address is validated; INVALID_NUM; REDIS_TROUBLE_OCCURRED. */
enum tk_err code_try(struct tk_redis *redis, const struct signer *signer, const char *email,
                     const char *digits);
/* OK, NOT_VALIDATED or REDIS_TROUBLE_OCCURRED. */
enum tk_err code_validated(struct tk_redis *redis, const char *email);
/* The address has become a member: its validation is used up. OK or REDIS_TROUBLE_OCCURRED. */
enum tk_err code_consume(struct tk_redis *redis, const char *email);

/* At most `limit` calls a minute for `who`: OK, TOO_MANY_REQUESTS with the wait in *retry_ms,
 * REDIS_TROUBLE_OCCURRED. */
enum tk_err code_limit(struct tk_redis *redis, const char *who, int64_t limit, int64_t *retry_ms);

/* What Redis keeps of a code; false when there is no such secret. For code.c and its test. */
bool code_hash(const struct signer *signer, size_t secret, const char *email, const char *digits,
               char hash[CODE_HASH_SIZE]);

#endif
