/*
 * A request that is one script call on the loop: load the session if it is not remembered, send the
 * script, and when it says that something must be mended first (no map, a map of another server or
 * price list, a hold that must be asked about) mend that on a worker and send it again. The
 * request's answer is made from the script's.
 */
#ifndef PERFORMANCE_OP_H
#define PERFORMANCE_OP_H

#include "server/performance/engine.h"

struct op;

struct op_kind {
    const char *script;
    bool no_session;       /* the plan is not needed */
    bool installs;         /* wants a map; else no map means that there is no hold (ST_NONE) */
    const char *failpoint; /* after the script; error: its reply is lost; may be NULL */
    /* Adds the script's arguments to op->call; not TK_OK: answered at once. */
    enum tk_err (*build)(struct op *op);
    /* Makes the answer; never sees the statuses that are mended, nor those without an answer. */
    enum tk_err (*answer)(struct op *op, const struct result *result);
    /* What is answered when the map cannot be had; may be NULL. */
    enum tk_err (*without_map)(struct op *op);
};

struct op {
    const struct op_kind *kind;
    struct tk_req *req;
    int64_t session_id;
    int64_t member;
    const char *hold;        /* of the path or new; "" */
    char key[33], body[33];  /* hashes; "" without a key */
    struct session *session; /* belongs to the request's arena */
    struct call call;
    /* mending */
    int tries;
    enum status mend;
    const char *ask;
    int64_t ask_member;
};

/* A zeroed op of this request; NULL when memory is short. */
struct op *op_new(struct tk_req *req, const struct op_kind *kind, int64_t session_id);
/* Handler's end, on the loop: `return op_start(op);` */
enum tk_err op_start(struct op *op);

/*
 * Idempotency-Key: fills op->key and op->body (a hash of `body`, which may be NULL). Missing:
 * INVALID_VALUE with a detail when `required`, else left "".
 */
enum tk_err op_key(struct op *op, const json_t *body, bool required);

/* The session with this id for the length of the request (worker). */
enum tk_err op_session(struct tk_req *req, int64_t id, struct session **out);

#endif
