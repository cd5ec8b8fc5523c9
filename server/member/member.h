/* What the parts of the member service share. */
#ifndef MEMBER_MEMBER_H
#define MEMBER_MEMBER_H

#include <stdint.h>

#include "server/common/app.h"
#include "server/member/password.h"
#include "server/member/token.h"

struct member_conf {
    const char *key_dir, *kid;
    int64_t refresh_days;
    int64_t lookups; /* per minute and client address; 0: unlimited */
};
extern struct member_conf member_conf;
extern const struct tk_command member_commands[];
extern const struct tk_route member_routes[];
extern const size_t member_route_count;

struct member {
    struct signer *signer;
    /* The hash that is checked for addresses nobody has, so that they take the same time. */
    char dummy_hash[PASSWORD_HASH_SIZE];
};
struct member *member_of(struct tk_app *app);

/* For database calls of a handler: leaves time to answer within the request's own deadline. */
int64_t db_deadline(const struct tk_req *req);
/* The contract's error for a result; what the server refused, a bug of ours, is logged. */
enum tk_err db_err(enum tk_db_res res, const char *what);
/* Retry-After, rounded up. */
void reply_retry(struct tk_reply *reply, int64_t ms);
/* Overwrites a secret member of the body in place once it is not needed any more. */
void wipe_body(struct tk_req *req, const char *name);
/* Counts a question that tells whether an address is known: OK or TOO_MANY_REQUESTS or
 * REDIS_TROUBLE_OCCURRED. */
enum tk_err lookup_allowed(struct tk_req *req, struct tk_reply *reply);

#endif
