/* What the two forms of POST /performance/rsv/create have in common once they know which hold is
 * meant. */
#ifndef PERFORMANCE_CREATE_H
#define PERFORMANCE_CREATE_H

#include "server/performance/engine.h"
#include "server/performance/truth.h"

struct sale {
    struct tk_req *req;
    struct tk_reply *reply;
    struct tk_app *app;
    struct tk_arena *arena;
    int64_t member;
    struct session *session;
    const char *hold_id;
    bool documented;
    const char *key, *body; /* hashes of the documented form's Idempotency-Key; "" */
    char request_hash[33];
    const char *method;
    int64_t tendered; /* -1: not given */
    json_t *customer; /* borrowed; NULL */
};

/* promote, create, settle or refuse (ARCHITECTURE.md, The path of a sale). Blocking. */
enum tk_err sale_run(struct sale *sale);
/*
 * What the truth says of sale->key, which must not be "": the answer of its sale, KEY_REUSED when
 * that was another request's, NOT_ABLE_TO_CREATE when it has sold nothing. Blocking.
 */
enum tk_err sale_by_key(struct sale *sale);

#endif
