#include "server/common/httpd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "server/common/httpd_state.h"
#include "server/common/metrics.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

#define BACKLOG  1024
#define SWEEP_MS 25
#define WALK_MS  1000
#if defined(__SANITIZE_ADDRESS__)
#define SPARES 0 /* so that a use after free is seen */
#else
#define SPARES 256
#endif

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- requests: taken from a few spare ones, so that each costs no malloc -------- */
static struct tk_req *req_new(struct tk_httpd *httpd)
{
    struct tk_req *req = httpd->spare;
    struct tk_arena *arena;

    if (req) {
        httpd->spare = req->next;
        httpd->spares--;
        req->next = NULL;
        return req;
    }
    req = calloc(1, sizeof *req);
    arena = req ? tk_arena_new(ARENA_LIMIT) : NULL;
    if (!arena) {
        free(req);
        return NULL;
    }
    req->arena = arena;
    return req;
}

static void req_free(struct tk_req *req)
{
    tk_arena_free(req->arena);
    tk_buf_release(&req->in);
    tk_buf_release(&req->out);
    free(req);
}

static void keep_small(struct tk_buf *buf)
{
    if (buf->cap > BODY_LIMIT || buf->failed)
        tk_buf_release(buf);
    buf->len = 0;
}

void httpd_recycle(struct tk_req *req)
{
    struct tk_httpd *httpd = req->httpd;
    struct tk_arena *arena = req->arena;
    struct tk_buf in, out;

    json_decref(req->body);
    json_decref(req->reply.data);
    if (httpd->spares == SPARES) {
        req_free(req);
        return;
    }
    tk_arena_reset(arena);
    keep_small(&req->in);
    keep_small(&req->out);
    in = req->in;
    out = req->out;
    *req = (struct tk_req){.arena = arena, .in = in, .out = out, .next = httpd->spare};
    httpd->spare = req;
    httpd->spares++;
}

static void sweep(void *arg);

static void flight_add(struct tk_req *req)
{
    struct tk_httpd *httpd = req->httpd;

    req->next = httpd->flight;
    if (req->next)
        req->next->prev = req;
    httpd->flight = req;
    httpd->in_flight++;
    if (!httpd->sweep)
        httpd->sweep = tk_loop_after(httpd->conf.loop, SWEEP_MS, sweep, httpd);
}

static void flight_remove(struct tk_req *req)
{
    struct tk_httpd *httpd = req->httpd;

    if (req->prev)
        req->prev->next = req->next;
    else
        httpd->flight = req->next;
    if (req->next)
        req->next->prev = req->prev;
    req->prev = req->next = NULL;
    httpd->in_flight--;
}

void httpd_resume(struct tk_req *req)
{
    req->ready = true;
    if (!req->suspended)
        return; /* still inside libmicrohttpd's call, which looks at ready */
    req->suspended = false;
    req->httpd->kick = true;
    MHD_resume_connection(req->connection);
}

/* ---- libmicrohttpd's calls ------------------------------------------------------ */
static void *on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct tk_httpd *httpd = arg;
    struct tk_req *req = req_new(httpd);

    if (!req)
        return NULL;
    req->httpd = httpd;
    req->app = httpd->conf.app;
    req->connection = connection;
    req->reply.req = req;
    req->start_us = now_us();
    /* libmicrohttpd decodes in place after this call; ours needs the raw text. */
    req->uri = tk_strdup(req->arena, uri);
    return req;
}

/* Whether the answer goes out now, the body unread; the connection then ends. */
static bool answer_now(struct tk_req *req, int64_t length)
{
    const char *expect = tk_req_header(req, "expect");

    return req->early && (length > (int64_t)DRAIN_MAX || (length && expect));
}

static enum MHD_Result send_answer(struct tk_req *req)
{
    struct tk_reply *reply = &req->reply;
    struct tk_buf none = {0};
    struct tk_buf *out = req->late ? &none : &req->out;
    int status = req->late ? tk_err_http(req->late_err) : reply->status;
    size_t size = req->late                        ? strlen(req->late_body)
                  : status == 204 || status == 304 ? 0
                                                   : out->len;
    void *body = req->late ? (void *)req->late_body : out->data ? (void *)out->data : (void *)"";
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body,
                                                                    MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued;

    if (!response)
        return MHD_NO;
    if (size || status == 200)
        MHD_add_response_header(response, "Content-Type",
                                req->late ? "application/json" : reply->type);
    MHD_add_response_header(response, "X-Request-Id", req->id);
    for (size_t i = 0; !req->late && i < reply->header_count; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    if (req->late)
        MHD_add_response_header(response, "Retry-After", "1");
    if (!req->route || req->route->auth != TK_AUTH_PUBLIC)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    if (req->close || req->httpd->draining)
        MHD_add_response_header(response, "Connection", "close");
    queued = MHD_queue_response(req->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result refuse_now(struct tk_req *req, enum tk_err err)
{
    req->close = true;
    run_refuse(req, err);
    return send_answer(req);
}

/* A preflight, or somebody asking what a path knows. */
static void answer_options(struct tk_req *req)
{
    tk_reply_header(&req->reply, "Allow", req->allow);
    tk_reply_raw(&req->reply, 204, "text/plain", "", 0);
    reply_build(req, TK_OK);
    req->ready = true;
}

/* First call of a request: its head is complete, its body is not read. */
static enum MHD_Result begin(struct tk_req *req, const char *method, const char *version)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        req->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const char *bad;
    int64_t length;
    bool copied;

    req->begun = true;
    req->conn = info ? info->socket_context : NULL;
    req->method = method;
    req->deadline_ms = tk_mono_ms() + 3000;
    if (req->conn)
        req->conn->busy = true;
    flight_add(req);
    bad = framing_check(req->connection, method, version, &length);
    copied = head_copy(req) && req->uri;
    head_identity(req);
    if (bad) {
        tk_reply_detail(&req->reply, "%s: send a plain HTTP/1.1 request", bad);
        return refuse_now(req, TK_MALFORMED);
    }
    if (!copied) /* memory is short */
        return refuse_now(req, TK_UNAVAILABLE);
    req->early = head_route(req, method, length);
    if (req->route && req->route->deadline_ms)
        req->deadline_ms += req->route->deadline_ms - 3000;
    return answer_now(req, length) ? refuse_now(req, req->early) : MHD_YES;
}

static enum MHD_Result take_body(struct tk_req *req, const char *data, size_t *size)
{
    size_t max = req->route && req->route->body_max < BODY_LIMIT ? req->route->body_max
                                                                 : BODY_LIMIT;

    req->received += *size;
    if (req->received > DRAIN_MAX)
        return MHD_NO;
    if (!req->early && req->received > max)
        req->early = TK_TOO_LARGE;
    if (!req->early)
        tk_buf_add(&req->in, data, *size);
    *size = 0;
    return MHD_YES;
}

static void run(struct tk_req *req)
{
    req->ran = true;
    if (req->early == TK_METHOD_NOT_ALLOWED && strcmp(req->method, "OPTIONS") == 0)
        answer_options(req);
    else if (req->early)
        run_refuse(req, req->early);
    else
        run_start(req);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **slot)
{
    struct tk_req *req = *slot;

    (void)arg;
    (void)url;
    if (!req)
        return MHD_NO; /* memory was short */
    if (!req->begun)
        return begin(req, method, version);
    if (*size)
        return take_body(req, data, size);
    if (!req->ran)
        run(req);
    if (req->ready)
        return send_answer(req);
    req->suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void log_request(const struct tk_req *req, int64_t us)
{
    const char *route = req->route ? req->route->name : "none";
    enum tk_err err = req->late ? req->late_err : req->reply.err;
    int status = req->late ? tk_err_http(err) : req->reply.status;

    tk_metric_request(route, status, us);
    tk_log_request(req->id, req->trace);
    if (err == TK_OK)
        tk_log(TK_INFO, "request", TK_S("route", route), TK_I("status", status), TK_I("us", us));
    else
        tk_log(TK_INFO, "request", TK_S("route", route), TK_I("status", status), TK_I("us", us),
               TK_S("error", tk_err_name(err)));
    tk_log_request(NULL, NULL);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    struct tk_req *req = *slot;

    (void)arg;
    (void)connection;
    (void)how;
    *slot = NULL;
    if (!req)
        return;
    if (req->begun) {
        flight_remove(req);
        if (req->ready)
            log_request(req, now_us() - req->start_us);
        if (req->conn) {
            req->conn->busy = req->conn->counted = false;
            req->conn->begun_ms = 0;
        }
    }
    req->completed = true;
    if (!req->busy)
        httpd_recycle(req);
    else
        req->late = true; /* the client is gone: nobody hears the answer */
}

/* ---- what time does: deadlines, slow heads, drain ------------------------------- */
static void check_deadline(struct tk_req *req, int64_t now)
{
    if (req->ready || now < req->deadline_ms + (req->on_worker ? GRACE_MS : 0))
        return;
    if (req->ran)
        run_late(req);
    else
        conns_cut(req->conn); /* its body never came */
}

static void end_drain(struct tk_httpd *httpd)
{
    void (*fn)(void *) = httpd->drained;

    httpd->drained = NULL;
    if (fn)
        fn(httpd->drained_arg);
}

static void sweep(void *arg)
{
    struct tk_httpd *httpd = arg;
    int64_t now = tk_mono_ms();

    httpd->sweep = NULL;
    for (struct tk_req *req = httpd->flight, *next; req; req = next) {
        next = req->next;
        check_deadline(req, now);
    }
    if (httpd->draining) {
        conns_close_idle(httpd);
        if ((!httpd->flight && !httpd->out && !httpd->conns) || now >= httpd->drain_until_ms) {
            end_drain(httpd);
            return;
        }
    }
    if (httpd->flight || httpd->draining)
        httpd->sweep = tk_loop_after(httpd->conf.loop, SWEEP_MS, sweep, httpd);
}

/* ---- the loop's side ------------------------------------------------------------ */
static void on_epoll(uint32_t events, void *arg)
{
    struct tk_httpd *httpd = arg;

    (void)events;
    httpd->kick = true;
}

/* Before every wait: everything that became ready in this round is served in one go. */
static int64_t prepare(void *arg)
{
    struct tk_httpd *httpd = arg;
    MHD_UNSIGNED_LONG_LONG timeout;

    if (httpd->kick || (MHD_get_timeout(httpd->daemon, &timeout) == MHD_YES && timeout == 0)) {
        httpd->kick = false;
        MHD_run(httpd->daemon);
    }
    if (httpd->kick) /* a handler has resumed another request: not to be seen on the epoll fd */
        return 0;
    return MHD_get_timeout(httpd->daemon, &timeout) == MHD_YES ? (int64_t)timeout : -1;
}

/* ---- life ----------------------------------------------------------------------- */
static int open_address(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_listen(const char *address, char *why, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    struct addrinfo *found = NULL;
    const char *colon = address ? strrchr(address, ':') : NULL;
    char host[64] = "";
    size_t length = colon ? (size_t)(colon - address) : sizeof host;
    int fd = -1;

    if (length < sizeof host) {
        bool bracket = address[0] == '[' && length > 2 && address[length - 1] == ']';

        memcpy(host, address + bracket, length - 2 * bracket);
        host[length - 2 * bracket] = '\0';
    }
    if (!*host || getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        snprintf(why, size, "'%s' is no address: give a number and a port, like 127.0.0.1:8081",
                 address ? address : "");
        return -1;
    }
    fd = open_address(found);
    if (fd < 0)
        snprintf(why, size, "cannot listen on '%s': %s; choose another with --listen", address,
                 strerror(errno));
    freeaddrinfo(found);
    return fd;
}

static int bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } at = {.six = {0}};
    socklen_t size = sizeof at;

    if (getsockname(fd, &at.any, &size) < 0)
        return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.six.sin6_port : at.four.sin_port);
}

static unsigned connection_limit(void)
{
    struct rlimit limit = {.rlim_cur = 1024};

    (void)getrlimit(RLIMIT_NOFILE, &limit); /* when it fails: what every system allows */
    if (limit.rlim_cur > 20000)
        return 16384;
    return limit.rlim_cur > 512 ? (unsigned)limit.rlim_cur - 256 : 256;
}

static bool start(struct tk_httpd *httpd)
{
    const union MHD_DaemonInfo *info;

    httpd->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, httpd,
        MHD_OPTION_LISTEN_SOCKET, httpd->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, httpd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, httpd, MHD_OPTION_NOTIFY_CONNECTION,
        conns_notify, httpd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONN_POOL_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit(), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)httpd->conf.idle_s, MHD_OPTION_END);
    if (!httpd->daemon)
        return false;
    info = MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return false;
    httpd->watch = tk_loop_watch(httpd->conf.loop, info->epoll_fd, EPOLLIN, on_epoll, httpd);
    httpd->walk = tk_loop_every(httpd->conf.loop, WALK_MS, conns_walk, httpd);
    tk_loop_prepare(httpd->conf.loop, prepare, httpd);
    return httpd->watch && httpd->walk;
}

struct tk_httpd *tk_httpd_new(const struct tk_httpd_conf *conf, char *why, size_t size)
{
    struct tk_httpd *httpd = calloc(1, sizeof *httpd);

    snprintf(why, size, "not enough memory");
    if (!httpd)
        return NULL;
    httpd->conf = *conf;
    httpd->conf.head_ms = conf->head_ms ? conf->head_ms : 5000;
    httpd->conf.idle_s = conf->idle_s ? conf->idle_s : 75;
    httpd->listen_fd = -1;
    if (!router_init(&httpd->router, conf->tables)) {
        snprintf(why, size, "a route lacks name, method, pattern or handler, or is there twice");
        goto out;
    }
    httpd->listen_fd = open_listen(conf->listen, why, size);
    if (httpd->listen_fd < 0)
        goto out;
    httpd->port = bound_port(httpd->listen_fd);
    if (start(httpd))
        return httpd;
    snprintf(why, size, "cannot start the HTTP server: %s", strerror(errno));
out:
    tk_httpd_free(httpd);
    return NULL;
}

int tk_httpd_port(const struct tk_httpd *httpd)
{
    return httpd->port;
}

int64_t tk_httpd_in_flight(const struct tk_httpd *httpd)
{
    return httpd->in_flight;
}

static void stop_listening(struct tk_httpd *httpd)
{
    if (httpd->daemon && httpd->listen_fd >= 0)
        MHD_quiesce_daemon(httpd->daemon);
    if (httpd->listen_fd >= 0)
        close(httpd->listen_fd);
    httpd->listen_fd = -1;
}

void tk_httpd_drain(struct tk_httpd *httpd, int64_t limit_ms, void (*fn)(void *), void *arg)
{
    httpd->draining = true;
    httpd->drain_until_ms = tk_mono_ms() + limit_ms;
    httpd->drained = fn;
    httpd->drained_arg = arg;
    stop_listening(httpd);
    tk_timer_cancel(httpd->sweep);
    httpd->sweep = tk_loop_after(httpd->conf.loop, 0, sweep, httpd);
}

void tk_httpd_free(struct tk_httpd *httpd)
{
    if (!httpd)
        return;
    tk_watch_remove(httpd->watch);
    tk_timer_cancel(httpd->sweep);
    tk_timer_cancel(httpd->walk);
    stop_listening(httpd);
    httpd->conf.workers = httpd->conf.slow = NULL;
    tk_loop_flush(httpd->conf.loop);
    /* To stop with a suspended connection is forbidden: answer them all first. */
    for (struct tk_req *req = httpd->flight; req; req = req->next)
        if (!req->ready && req->ran)
            run_late(req);
    if (httpd->daemon) {
        tk_loop_prepare(httpd->conf.loop, NULL, NULL);
        MHD_run(httpd->daemon);
        MHD_stop_daemon(httpd->daemon);
    }
    for (struct tk_req *req; (req = httpd->spare);) {
        httpd->spare = req->next;
        req_free(req);
    }
    router_release(&httpd->router);
    free(httpd);
}
