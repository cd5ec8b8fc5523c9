/*
 * The HTTP server: a route table in, envelopes out. libmicrohttpd stays behind this header.
 *
 * What happens to a request, in this order: framing that libmicrohttpd misreads is refused and the
 * connection closed; path and method are looked up (404, 405 with Allow); the token is verified as the
 * route demands (401, 403); the body is read up to the route's limit (413) and deadline; parameters and
 * JSON body are checked (400 MALFORMED, 422 INVALID_VALUE naming the field); the handler runs where the
 * route says. A handler that takes longer than the deadline does not delay the answer to others.
 */
#ifndef TK_COMMON_HTTPD_H
#define TK_COMMON_HTTPD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/arena.h"
#include "shared/base/err.h"

struct tk_req;
struct tk_reply;
struct tk_app; /* app.h */

/* Who is asking, as far as the token or the service credential proves it. */
struct tk_who {
    int64_t member;   /* 0: nobody */
    bool adult;       /* role ADULT */
    unsigned scopes;  /* bits of enum tk_scope */
    char session[33]; /* token id (jti), for look-ups and revocation; never log it */
};

enum tk_scope {
    TK_SCOPE_MEMBER = 1 << 0,
    TK_SCOPE_BOX = 1 << 1,
    TK_SCOPE_DOOR = 1 << 2,
    TK_SCOPE_MANAGER = 1 << 3,
    TK_SCOPE_ADMIN = 1 << 4,
    TK_SCOPE_KIOSK = 1 << 5,
};

/* What a route demands. Zero denies, so that a forgotten line is closed, not open. */
enum tk_auth {
    TK_AUTH_DENY = 0,
    TK_AUTH_PUBLIC,
    TK_AUTH_MEMBER,  /* any valid token; with .scopes one of those bits as well */
    TK_AUTH_SERVICE, /* another service of ours (X-Ticketaka-Service); never through the gateway */
};

/* Where the handler runs. */
enum tk_where {
    TK_ON_WORKER = 0, /* may block, within tk_req_left_ms */
    TK_ON_LOOP,       /* must not block; may return TK_ASYNC */
    TK_ON_SLOW,       /* the small pool for Argon2id */
};

typedef enum tk_err tk_handler(struct tk_req *req, struct tk_reply *reply);

enum tk_param_in { TK_IN_PATH = 1, TK_IN_QUERY, TK_IN_BODY };

/*
 * One checked value. `check` gets the text (path, query) or NULL, and the JSON value (body) or NULL, and
 * says whether it is acceptable; validate.h has the vocabulary. A missing value is only refused when required.
 * A member of the body that is null is missing: the handler does not find it there either.
 */
struct tk_param {
    enum tk_param_in in; /* 0 ends the list */
    const char *name;
    bool (*check)(const char *text, const json_t *value);
    bool required;
};

struct tk_route {
    const char *name;    /* metric and log label: "rsv-hold" */
    const char *method;  /* "GET" … ; HEAD is answered by GET's route */
    const char *pattern; /* "/performance/session/:id" */
    enum tk_auth auth;
    unsigned scopes;
    enum tk_where where;
    size_t body_max;  /* 0: no body expected (413 if one comes); at most 64 KiB */
    bool body_raw;    /* body is not JSON */
    int deadline_ms;  /* 0: 3,000 */
    enum tk_err late; /* 503 of a request that is past its deadline; 0: UNAVAILABLE */
    const struct tk_param *params;
    tk_handler *handle;
};

/* ---- what a handler can ask of a request; all memory belongs to the request's arena -------------------- */
struct tk_arena *tk_req_arena(struct tk_req *req);
struct tk_app *tk_req_app(struct tk_req *req);
const struct tk_route *tk_req_route(const struct tk_req *req);
const struct tk_who *tk_req_who(const struct tk_req *req);
const char *tk_req_id(const struct tk_req *req);          /* request id: pass on as X-Request-Id */
const char *tk_req_traceparent(const struct tk_req *req); /* pass on */
const char *tk_req_path(const struct tk_req *req, const char *name); /* ":id"; decoded; NULL */
const char *tk_req_query(const struct tk_req *req,
                         const char *name); /* decoded, first of its name; NULL */
const char *tk_req_header(const struct tk_req *req, const char *name);
const char *tk_req_remote(const struct tk_req *req); /* client address as the gateway saw it */
const char *
tk_req_bearer(const struct tk_req *req);       /* raw token of a verified request, to pass on */
json_t *tk_req_body(const struct tk_req *req); /* the JSON object; borrowed; NULL without a body */
const char *tk_req_raw(const struct tk_req *req,
                       size_t *size); /* the body's bytes, NUL-terminated */
/* Body members by name; the default, NULL or false when absent or of another type. */
const char *tk_req_str(const struct tk_req *req, const char *name);
bool tk_req_int(const struct tk_req *req, const char *name,
                int64_t *out);                    /* number or numeric string */
int64_t tk_req_left_ms(const struct tk_req *req); /* until the deadline; <= 0 when past */
/* A pointer of the handler's own, for requests that come back from elsewhere. */
void tk_req_set(struct tk_req *req, void *data);
void *tk_req_get(const struct tk_req *req);

/* ---- what it can answer -------------------------------------------------------------------------------- */
/* The envelope's "data"; steals the reference. NULL is out of memory: the answer becomes INTERNAL. */
void tk_reply_data(struct tk_reply *reply, json_t *data);
/* "detail" of a failure, for people; copied. Must not hold secrets. */
void tk_reply_detail(struct tk_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A header; copied; a value with control characters is dropped. */
void tk_reply_header(struct tk_reply *reply, const char *name, const char *value);
/* Instead of an envelope: these bytes, copied. */
void tk_reply_raw(struct tk_reply *reply, int status, const char *type, const void *data,
                  size_t size);

/* ---- asynchronous handlers (all on the loop's thread unless said otherwise) ------------------------------ */
/*
 * A handler on the loop that returned TK_ASYNC finishes the request with this, exactly once. If the client
 * is gone or the deadline has passed in between (then 503 was sent already) the call only frees the request.
 */
void tk_req_finish(struct tk_req *req, enum tk_err err);
struct tk_reply *tk_req_reply(struct tk_req *req); /* to fill before tk_req_finish */
/*
 * Runs the request's next part elsewhere: `return tk_req_move(req, TK_ON_WORKER, load_session);`
 * The new handler follows the rules of the place it runs at. From a worker, TK_ON_LOOP is allowed too.
 */
enum tk_err tk_req_move(struct tk_req *req, enum tk_where where, tk_handler *next);

#endif
