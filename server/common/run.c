/*
 * A request between its body and its answer. It has one owner at a time: the loop, or the worker
 * that runs a part of it. A worker hands it back by posting to the loop, so nothing here is locked;
 * what the loop must touch meanwhile (deadline, connection) are fields that no worker looks at.
 */
#include "server/common/httpd_state.h"
#include "shared/base/log.h"

/* The answer is made: hand it to libmicrohttpd, or drop it when the deadline has answered
 * already. */
static void settle(struct tk_req *req)
{
    req->busy = false;
    req->httpd->out--;
    if (!req->late)
        httpd_resume(req);
    else if (req->completed)
        httpd_recycle(req);
}

static void conclude(struct tk_req *req, enum tk_err err)
{
    reply_build(req, err);
    settle(req);
}

static enum tk_err call(struct tk_req *req, tk_handler *part)
{
    enum tk_err err;

    req->moved = NULL;
    req->finished = false;
    req->running = true;
    tk_log_request(req->id, req->trace);
    err = part(req, &req->reply);
    req->running = false;
    req->later = true;
    return err == TK_ASYNC && req->finished ? req->finish_err : err;
}

static void start_part(struct tk_req *req, enum tk_where where, tk_handler *part);

static void run_here(struct tk_req *req, tk_handler *part)
{
    enum tk_err err = call(req, part);

    tk_log_request(NULL, NULL);
    if (err != TK_ASYNC)
        conclude(req, err);
    else if (req->moved)
        start_part(req, req->moved_to, req->moved);
}

/* On the loop, after a worker is done with its part. */
static void part_done(void *arg)
{
    struct tk_req *req = arg;

    req->on_worker = false;
    if (req->moved)
        start_part(req, req->moved_to, req->moved);
    else
        settle(req);
}

/* On a worker. A part that has waited past the deadline is not begun; one that follows another
 * is, since it may be what brings a half-made sale to its end. */
static void run_part(void *arg)
{
    struct tk_req *req = arg;
    enum tk_err err = TK_UNAVAILABLE;

    req->moved = NULL;
    if (req->later || tk_req_left_ms(req) > 0)
        err = call(req, req->part);
    if (err == TK_ASYNC && !req->moved) {
        tk_log(TK_ERROR, "handler-lost", TK_S("route", req->route->name));
        err = TK_INTERNAL;
    }
    if (err != TK_ASYNC) {
        req->moved = NULL;
        reply_build(req, err);
    }
    tk_log_request(NULL, NULL);
    tk_loop_post(req->httpd->conf.loop, part_done, req);
}

/* There is no room for this part. When one before it has run, what that did is the route's to name. */
static enum tk_err cut_off(const struct tk_req *req)
{
    return req->later && req->route->late ? req->route->late : TK_UNAVAILABLE;
}

static void start_part(struct tk_req *req, enum tk_where where, tk_handler *part)
{
    const struct tk_httpd_conf *conf = &req->httpd->conf;
    struct tk_workers *pool = where == TK_ON_SLOW ? conf->slow : conf->workers;

    if (where == TK_ON_LOOP) {
        run_here(req, part);
        return;
    }
    req->part = part;
    req->on_worker = true;
    if (pool && tk_workers_submit(pool, run_part, req))
        return;
    req->on_worker = false;
    conclude(req, cut_off(req));
}

void run_start(struct tk_req *req)
{
    enum tk_err err = body_check(req);

    if (err) {
        run_refuse(req, err);
        return;
    }
    req->busy = true;
    req->httpd->out++;
    start_part(req, req->route->where, req->route->handle);
}

void run_refuse(struct tk_req *req, enum tk_err err)
{
    if (err == TK_METHOD_NOT_ALLOWED && req->allow)
        tk_reply_header(&req->reply, "Allow", req->allow);
    reply_build(req, err);
    req->ready = true;
}

void run_late(struct tk_req *req)
{
    enum tk_err err = req->route && req->route->late ? req->route->late : TK_UNAVAILABLE;

    reply_short(req->late_body, sizeof req->late_body, err, "not done in time: try again");
    req->late_err = err;
    req->late = true;
    httpd_resume(req);
}

void tk_req_finish(struct tk_req *req, enum tk_err err)
{
    if (err == TK_ASYNC)
        err = TK_INTERNAL;
    if (req->running) { /* inside the handler: what called it looks when it returns */
        req->finished = true;
        req->finish_err = err;
        return;
    }
    conclude(req, err);
}

enum tk_err tk_req_move(struct tk_req *req, enum tk_where where, tk_handler *next)
{
    req->moved = next;
    req->moved_to = where;
    if (!req->running)
        start_part(req, where, next);
    return TK_ASYNC;
}
