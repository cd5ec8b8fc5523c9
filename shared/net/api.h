/*
 * How the resource functions (member.h, performance.h, reservation.h) send. They say what to ask;
 * whoever owns the struct tk_api says how: with which token, key, time limit and retries. A test
 * puts a fake here.
 */
#ifndef TK_NET_API_H
#define TK_NET_API_H

#include "shared/net/http.h"

enum {
    TK_CALL_LOGIN = 1, /* needs the access token */
    TK_CALL_SAFE = 2,  /* changes nothing, or the same however often: may be repeated at will */
    TK_CALL_KEYED = 4, /* carries an Idempotency-Key, and so may be repeated with the same one */
};

struct tk_call {
    const char *method;
    const char *path; /* escaped */
    json_t *body;     /* borrowed; NULL: none */
    unsigned flags;
};

struct tk_api {
    /* Always fills `answer`, which the caller of the resource function releases. Blocks, with a
     * limit. */
    void (*send)(struct tk_api *api, const struct tk_call *call, struct tk_answer *answer);
};

/*
 * For the resource functions. The path is prefix + percent-encoded id + suffix; `id` may be NULL.
 * `body` is taken over; NULL is a failed json_pack and is answered as TK_HTTP_NOT_SENT.
 */
void tk_api_get(struct tk_api *api, unsigned flags, const char *prefix, const char *id,
                const char *suffix, struct tk_answer *answer);
void tk_api_post(struct tk_api *api, unsigned flags, const char *prefix, const char *id,
                 const char *suffix, json_t *body, struct tk_answer *answer);
void tk_api_delete(struct tk_api *api, unsigned flags, const char *prefix, const char *id,
                   struct tk_answer *answer);

#endif
