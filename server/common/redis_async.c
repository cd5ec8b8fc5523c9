/*
 * The pipelining connection on the loop. One tick looks at the oldest command, at a connect that
 * takes too long, and at the time of the next attempt: answers come in the order of the commands,
 * so the oldest deadline is the first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "server/common/redis_conn.h"
#include "shared/base/time.h"

#define TICK_MS        25
#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 1000

struct redis_call {
    struct redis_call *prev, *next;
    struct tk_redis *redis;
    tk_redis_fn *fn;
    void *arg;
    int64_t deadline;
    const struct redis_script *script; /* of an EVALSHA that may be sent a second time */
    char *text;                        /* the command as sent, kept for that */
    size_t size;
};

bool tk_redis_up(const struct tk_redis *redis)
{
    return redis->up;
}

const char *tk_redis_run_id(const struct tk_redis *redis)
{
    return redis->up ? redis->run_id : "";
}

void tk_redis_on_connect(struct tk_redis *redis, void (*fn)(bool changed, void *arg), void *arg)
{
    struct redis_listener *listener = calloc(1, sizeof *listener);
    struct redis_listener **end = &redis->listeners;

    if (!listener)
        abort(); /* at start, with nothing to fall back to */
    *listener = (struct redis_listener){fn, arg, NULL};
    while (*end)
        end = &(*end)->next;
    *end = listener;
}

/* ---- calls ------------------------------------------------------------------- */
static void enqueue(struct redis_call *call)
{
    struct tk_redis *redis = call->redis;

    call->deadline = tk_mono_ms() + redis->conf->timeout_ms;
    call->next = NULL;
    call->prev = redis->last;
    *(redis->last ? &redis->last->next : &redis->first) = call;
    redis->last = call;
}

static void dequeue(struct redis_call *call)
{
    struct tk_redis *redis = call->redis;

    *(call->prev ? &call->prev->next : &redis->first) = call->next;
    *(call->next ? &call->next->prev : &redis->last) = call->prev;
}

static void end_call(struct redis_call *call, const redisReply *reply)
{
    if (call->fn)
        call->fn(reply, call->arg);
    redisFreeCommand(call->text);
    free(call);
}

static void end_unanswered(void *arg)
{
    end_call(arg, NULL);
}

/* The caller hears of it from the loop, never from within its own call. */
static void refuse(struct tk_redis *redis, struct redis_call *call)
{
    tk_loop_post(redis->loop, end_unanswered, call);
}

static void on_reply(redisAsyncContext *ac, void *data, void *arg);

/* false: not sent, and on_reply will not be called. */
static bool send_call(struct redis_call *call)
{
    struct tk_redis *redis = call->redis;

    if (!redis->ac ||
        redisAsyncFormattedCommand(redis->ac, on_reply, call, call->text, call->size) != REDIS_OK)
        return false;
    enqueue(call);
    return true;
}

static struct redis_call *new_call(struct tk_redis *redis, tk_redis_fn *fn, void *arg, int argc,
                                   const char **argv, const size_t *lens)
{
    struct redis_call *call = calloc(1, sizeof *call);
    long long size;

    if (!call)
        return NULL;
    size = redisFormatCommandArgv(&call->text, argc, argv, lens);
    if (size < 0) {
        free(call);
        return NULL;
    }
    call->size = (size_t)size;
    call->redis = redis;
    call->fn = fn;
    call->arg = arg;
    return call;
}

/* NOSCRIPT means that nothing was done: load the text, then send the same call once more. */
static bool send_again(struct redis_call *call)
{
    const char *argv[] = {"SCRIPT", "LOAD", call->script->text};
    struct redis_call *load = new_call(call->redis, NULL, NULL, 3, argv, NULL);

    call->script = NULL;
    if (!load)
        return false;
    if (!send_call(load)) {
        end_call(load, NULL);
        return false;
    }
    return send_call(call);
}

static void on_reply(redisAsyncContext *ac, void *data, void *arg)
{
    struct redis_call *call = arg;
    const redisReply *reply = data;

    (void)ac;
    dequeue(call);
    if (call->script && redis_is_noscript(reply) && send_again(call))
        return;
    end_call(call, reply);
}

static void submit(struct tk_redis *redis, const struct redis_script *script, tk_redis_fn *fn,
                   void *arg, int argc, const char **argv, const size_t *lens)
{
    struct redis_call *call = new_call(redis, fn, arg, argc, argv, lens);

    if (!call) {
        fn(NULL, arg); /* no memory even to come back later */
        return;
    }
    call->script = script;
    if (!redis->up || !send_call(call))
        refuse(redis, call);
}

void tk_redis_command(struct tk_redis *redis, tk_redis_fn *fn, void *arg, int argc,
                      const char **argv, const size_t *lens)
{
    submit(redis, NULL, fn, arg, argc, argv, lens);
}

void tk_redis_script(struct tk_redis *redis, const char *script, tk_redis_fn *fn, void *arg,
                     int keys, int argc, const char **argv, const size_t *lens)
{
    struct redis_eval eval;

    if (redis_eval_init(&eval, redis, script, keys, argc, argv, lens))
        submit(redis, eval.script, fn, arg, eval.argc, eval.argv, eval.lens);
    else
        fn(NULL, arg);
    redis_eval_release(&eval);
}

/* ---- the socket on the loop -------------------------------------------------- */
static void on_events(uint32_t events, void *arg)
{
    struct tk_redis *redis = arg;
    redisAsyncContext *ac = redis->ac;
    bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;

    if ((events & EPOLLOUT) || (failed && (redis->events & EPOLLOUT)))
        redisAsyncHandleWrite(ac);
    if (redis->ac == ac && ((events & EPOLLIN) || failed))
        redisAsyncHandleRead(ac);
}

static void want(struct tk_redis *redis, uint32_t events)
{
    if (events == redis->events || !redis->watch)
        return;
    redis->events = events;
    tk_watch_change(redis->watch, events);
}

static void add_read(void *arg)
{
    struct tk_redis *redis = arg;

    want(redis, redis->events | EPOLLIN);
}

static void del_read(void *arg)
{
    struct tk_redis *redis = arg;

    want(redis, redis->events & ~(uint32_t)EPOLLIN);
}

static void add_write(void *arg)
{
    struct tk_redis *redis = arg;

    want(redis, redis->events | EPOLLOUT);
}

static void del_write(void *arg)
{
    struct tk_redis *redis = arg;

    want(redis, redis->events & ~(uint32_t)EPOLLOUT);
}

static void cleanup(void *arg)
{
    struct tk_redis *redis = arg;

    tk_watch_remove(redis->watch);
    redis->watch = NULL;
    redis->events = 0;
}

/* ---- connecting -------------------------------------------------------------- */
/* The context is gone or going: what is left of it is its callbacks,
 * which hiredis calls with NULL. */
static void went_down(struct tk_redis *redis)
{
    redis->up = false;
    redis->ac = NULL;
    redis->doomed = false;
    redis->setup_left = 0;
    redis->next_try = tk_mono_ms() + redis->backoff_ms;
    redis->backoff_ms = redis->backoff_ms * 2 < BACKOFF_MAX_MS ? redis->backoff_ms * 2
                                                               : BACKOFF_MAX_MS;
}

static void drop(struct tk_redis *redis)
{
    redisAsyncContext *ac = redis->ac;

    if (!ac)
        return;
    went_down(redis); /* first: callbacks that send again must find no connection */
    redisAsyncFree(ac);
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct tk_redis *redis = ac->data;

    (void)status;
    if (redis->ac == ac)
        went_down(redis);
}

static void came_up(struct tk_redis *redis)
{
    bool changed = strcmp(redis->run_id, redis->last_run_id) != 0;

    memcpy(redis->last_run_id, redis->run_id, sizeof redis->last_run_id);
    redis->backoff_ms = BACKOFF_MIN_MS;
    redis->up = true;
    for (struct redis_listener *it = redis->listeners; it; it = it->next)
        it->fn(changed, it->arg);
}

/* `fine`: an answer of the preparation was the expected one. */
static void step(struct tk_redis *redis, bool fine)
{
    if (!redis->ac || redis->setup_left == 0)
        return; /* answers of a connection that was dropped already */
    if (!fine)
        drop(redis);
    else if (--redis->setup_left == 0)
        came_up(redis);
}

static void on_ready(const redisReply *reply, void *arg)
{
    step(arg, reply && reply->type != REDIS_REPLY_ERROR);
}

static void on_info(const redisReply *reply, void *arg)
{
    struct tk_redis *redis = arg;

    step(redis, reply && reply->type == REDIS_REPLY_STRING &&
                    redis_parse_run_id(reply->str, redis->run_id));
}

static bool prepare(struct tk_redis *redis, tk_redis_fn *fn, int argc, const char **argv)
{
    struct redis_call *call = new_call(redis, fn, redis, argc, argv, NULL);

    if (!call)
        return false;
    redis->setup_left++;
    if (send_call(call))
        return true;
    call->fn = NULL;
    end_call(call, NULL);
    return false;
}

/* AUTH is not replayed by hiredis, and a restarted server knows no script. */
static void prepare_all(struct tk_redis *redis)
{
    char *password = redis_password(redis->conf);
    bool ok = password != NULL;

    if (ok && *password)
        ok = prepare(redis, on_ready, 2, (const char *[]){"AUTH", password});
    ok = ok && prepare(redis, on_info, 2, (const char *[]){"INFO", "server"});
    for (size_t i = 0; ok && i < redis->script_count; i++)
        ok = prepare(redis, on_ready, 3,
                     (const char *[]){"SCRIPT", "LOAD", redis->scripts[i].text});
    if (password)
        explicit_bzero(password, strlen(password));
    free(password);
    redis->doomed = !ok; /* hiredis does not bear being freed from here: the next tick does it */
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct tk_redis *redis = ac->data;

    if (redis->ac != ac)
        return;
    if (status != REDIS_OK)
        went_down(redis); /* hiredis frees it */
    else
        prepare_all(redis);
}

static redisAsyncContext *open_socket(const char *address)
{
    char host[256];
    int port;

    if (redis_host_port(address, host, sizeof host, &port))
        return redisAsyncConnect(host, port);
    return redisAsyncConnectUnix(address);
}

static void try_connect(struct tk_redis *redis)
{
    redisAsyncContext *ac = open_socket(redis->conf->address);

    if (ac && !ac->err)
        redis->watch = tk_loop_watch(redis->loop, ac->c.fd, 0, on_events, redis);
    if (!ac || ac->err || !redis->watch) {
        if (ac)
            redisAsyncFree(ac);
        went_down(redis);
        return;
    }
    redis->ac = ac;
    redis->connect_until = tk_mono_ms() + redis->conf->timeout_ms;
    ac->data = redis;
    ac->ev.data = redis;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = cleanup;
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
    redisAsyncSetConnectCallback(ac, on_connect); /* this one starts to wait for the socket */
}

static void tick(void *arg)
{
    struct tk_redis *redis = arg;
    int64_t now = tk_mono_ms();
    bool connected = redis->ac && (redis->ac->c.flags & REDIS_CONNECTED);

    if (!redis->ac) {
        if (now >= redis->next_try)
            try_connect(redis);
    } else if (redis->doomed || (redis->first && now >= redis->first->deadline) ||
               (!connected && now >= redis->connect_until)) {
        drop(redis);
    }
}

int redis_async_start(struct tk_redis *redis)
{
    redis->backoff_ms = BACKOFF_MIN_MS;
    redis->tick = tk_loop_every(redis->loop, TICK_MS, tick, redis);
    return redis->tick ? 0 : -1;
}

void redis_async_stop(struct tk_redis *redis)
{
    tk_timer_cancel(redis->tick);
    redis->tick = NULL;
    drop(redis);
}
