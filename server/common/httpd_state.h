/* The server's own state: for httpd.c and the parts that ask it something. */
#ifndef TK_COMMON_HTTPD_STATE_H
#define TK_COMMON_HTTPD_STATE_H

#include "server/common/request.h"

struct tk_httpd {
    struct tk_httpd_conf conf;
    struct router router;
    struct MHD_Daemon *daemon;
    int port, listen_fd;
    struct tk_watch *watch;
    struct tk_timer *sweep; /* deadlines; runs while something is in flight */
    struct tk_timer *walk;  /* connections, every second */
    bool kick;              /* libmicrohttpd has work that its epoll fd does not show */
    struct conn *conns;
    struct tk_req *flight; /* head complete, not completed */
    _Atomic int64_t in_flight;
    size_t out; /* requests that a handler has; may be answered already */
    struct tk_req *spare;
    size_t spares;
    bool draining;
    int64_t drain_until_ms;
    void (*drained)(void *);
    void *drained_arg;
};

#endif
