/* Inside of the HTTP server: shared by httpd.c and its parts, included by nothing else. */
#ifndef TK_COMMON_REQUEST_H
#define TK_COMMON_REQUEST_H

#include <microhttpd.h>

#include "server/common/serve.h"
#include "shared/base/str.h"

#define HEADERS_MAX    48
#define QUERY_MAX      24
#define PATH_MAX_PARTS 12
#define REPLY_HEADERS  12
#define ARENA_LIMIT    (4u << 20)
/* Bytes of an unwanted body that are read so that its answer arrives. */
#define DRAIN_MAX       (1u << 20)
#define BODY_LIMIT      (64u << 10)
#define GRACE_MS        500 /* a handler on a worker has this long to fail by itself */
#define CONN_POOL_BYTES 8192

struct pair {
    const char *name, *value;
};

/* One segment of a path or a pattern. */
struct segment {
    const char *text;
    size_t size;
};

struct compiled {
    const struct tk_route *route;
    size_t count;
    struct segment parts[PATH_MAX_PARTS];
};

struct router {
    struct compiled *rows;
    size_t count;
    size_t first[PATH_MAX_PARTS + 2]; /* rows of n segments are [first[n], first[n + 1]) */
};

/* One connection, from MHD_OPTION_NOTIFY_CONNECTION on. */
struct conn {
    struct conn *prev, *next;
    int fd;
    bool busy;    /* a request whose head is complete is being answered */
    bool cut;     /* shutdown(2) was called */
    bool counted; /* `bytes` is what had arrived when the last request was done */
    uint64_t bytes;
    int64_t begun_ms; /* when the first byte of the next request was noticed; 0: none yet */
};

struct tk_reply {
    struct tk_req *req;
    json_t *data;
    bool no_data; /* memory was short */
    const char *detail;
    struct pair headers[REPLY_HEADERS];
    size_t header_count;
    bool raw;
    int status;
    const char *type;
    enum tk_err err;
};

struct tk_req {
    /* Touched on the loop's thread only. */
    struct tk_httpd *httpd;
    struct tk_app *app;
    struct MHD_Connection *connection;
    struct conn *conn;
    struct tk_req *prev, *next; /* in flight; `next` also links spare ones */
    bool begun;                 /* the head was seen */
    bool ran;                   /* the body is complete, the handler was started */
    bool close;                 /* the connection ends with this answer */
    bool on_worker;             /* a worker owns the fields below */
    bool busy;                  /* a handler has it: on a worker, or asynchronous */
    bool suspended;
    bool late;         /* answered by the deadline; what the handler says is dropped */
    bool ready;        /* there is something to send */
    bool completed;    /* libmicrohttpd is done with it */
    enum tk_err early; /* decided before the body was read; TK_OK: none */
    size_t received;
    enum tk_err late_err;
    char late_body[512];
    int64_t start_us;

    /* Set while the head is read, constant afterwards. */
    const struct tk_route *route;
    bool head_only;
    char id[68], traceparent[56], trace[33], remote[48];
    const char *uri, *method, *allow, *token;
    struct pair headers[HEADERS_MAX], query[QUERY_MAX], path[PATH_MAX_PARTS];
    size_t header_count, query_count, path_count;
    struct tk_who who;
    int64_t deadline_ms;

    /* Of whoever runs the handler. */
    struct tk_arena *arena;
    struct tk_buf in, out;
    json_t *body;
    void *data;
    struct tk_reply reply;
    bool running;  /* inside a handler */
    bool finished; /* tk_req_finish was called inside the handler */
    bool later;    /* not the first part any more */
    enum tk_err finish_err;
    tk_handler *part; /* what runs next, and where */
    tk_handler *moved;
    enum tk_where moved_to;
};

/* ---- route.c -------------------------------------------------------------------- */
bool router_init(struct router *router, const struct tk_route_table *tables);
void router_release(struct router *router);
enum tk_found { FOUND, NO_PATH, NO_METHOD };
/*
 * Splits `path` (raw, without query) and looks it up; captures go decoded to `path_out` (arena).
 * With NO_METHOD `*allow` is the Allow header. Routes for services are invisible unless `service`.
 */
enum tk_found router_find(const struct router *router, struct tk_arena *arena, const char *method,
                          const char *path, bool service, const struct tk_route **route,
                          struct pair *path_out, size_t *path_count, const char **allow);
/* Percent-decoding in which a malformed escape, and %00, stand for themselves. NULL: memory is
 * short. */
char *url_decode(struct tk_arena *arena, const char *text, size_t size, bool plus_is_space);
size_t query_parse(struct tk_arena *arena, const char *query, struct pair *out, size_t max);

/* ---- framing.c ------------------------------------------------------------------ */
/* NULL, or why the head must not be trusted. `*length` is the declared body size,
 * -1 when chunked. */
const char *framing_check(struct MHD_Connection *connection, const char *method,
                          const char *version, int64_t *length);

/* ---- head.c: what is decided before the body ------------------------------------ */
bool head_copy(struct tk_req *req);
void head_identity(struct tk_req *req);
enum tk_err head_route(struct tk_req *req, const char *method, int64_t length);
enum tk_err head_auth(struct tk_req *req);

/* ---- body.c --------------------------------------------------------------------- */
/* Parses and checks body and parameters; the reply's detail says what is wrong. */
enum tk_err body_check(struct tk_req *req);

/* ---- run.c: the handler, wherever it runs; loop's thread ------------------------ */
/* Checks the body and starts the handler. Afterwards req->ready, or the request is on its way. */
void run_start(struct tk_req *req);
/* Answers 503 in the handler's place. */
void run_late(struct tk_req *req);
/* An answer without a handler. */
void run_refuse(struct tk_req *req, enum tk_err err);

/* ---- httpd.c -------------------------------------------------------------------- */
void httpd_resume(struct tk_req *req);
/* libmicrohttpd and the handler are both done with it. */
void httpd_recycle(struct tk_req *req);

/* ---- conns.c -------------------------------------------------------------------- */
void conns_notify(void *httpd, struct MHD_Connection *connection, void **slot,
                  enum MHD_ConnectionNotificationCode how);
/* shutdown(2): libmicrohttpd sees the end and closes. NULL is fine. */
void conns_cut(struct conn *conn);
/* Idle connections are closed while draining, unless a request has just arrived on them. */
void conns_close_idle(struct tk_httpd *httpd);
void conns_walk(void *httpd);

/* ---- reply.c -------------------------------------------------------------------- */
/* Makes req->out the answer. On the thread that owns the request. */
void reply_build(struct tk_req *req, enum tk_err err);
/* The envelope of an error that needs nothing of the request. */
void reply_short(char *to, size_t size, enum tk_err err, const char *detail);

#endif
