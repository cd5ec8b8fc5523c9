/*
 * Starting and stopping the HTTP server of httpd.h. Used by app.c and by tests; services never need
 * it. Everything here runs on the loop's thread.
 */
#ifndef TK_COMMON_SERVE_H
#define TK_COMMON_SERVE_H

#include "server/common/httpd.h"
#include "server/common/loop.h"
#include "server/common/worker.h"

struct tk_httpd;

struct tk_route_table {
    const struct tk_route *routes;
    size_t count;
};

struct tk_httpd_conf {
    const char *listen; /* "127.0.0.1:8081", "[::1]:0"; numeric */
    struct tk_loop *loop;
    struct tk_workers *workers, *slow;
    struct tk_app *app;                  /* what tk_req_app answers */
    const struct tk_route_table *tables; /* kept; ends with NULL routes */
    /* The proofs of auth.h, handed in so that tests need no keys. NULL refuses everybody. */
    bool (*verify)(void *arg, const char *token, struct tk_who *who);
    bool (*verify_service)(void *arg, const char *credential);
    void *arg;
    int head_ms; /* longest wait for a complete request head; 0: 5,000 */
    int idle_s;  /* idle keep-alive connections are closed after this; 0: 75 */
};

/* Binds and listens. NULL after writing the reason to `why`. */
struct tk_httpd *tk_httpd_new(const struct tk_httpd_conf *conf, char *why, size_t size);
int tk_httpd_port(const struct tk_httpd *httpd);
int64_t tk_httpd_in_flight(const struct tk_httpd *httpd); /* any thread */
/* Stops accepting, lets the requests in flight end, then calls fn(arg), at the latest after
 * `limit_ms`. */
void tk_httpd_drain(struct tk_httpd *httpd, int64_t limit_ms, void (*fn)(void *), void *arg);
/* Cuts what is left. Workers must have been freed before. NULL is fine. */
void tk_httpd_free(struct tk_httpd *httpd);

#endif
