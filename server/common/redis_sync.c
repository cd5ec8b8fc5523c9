/* The blocking side: one connection per thread and tk_redis, closed when the thread ends. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/common/redis_conn.h"
#include "shared/base/time.h"

struct redis_thread {
    struct redis_thread *prev, *next;
    struct tk_redis *redis;
    redisContext *context;
    char run_id[RUN_ID_SIZE];
};

static void close_context(struct redis_thread *thread)
{
    if (thread->context)
        redisFree(thread->context);
    thread->context = NULL;
}

static void thread_end(void *arg)
{
    struct redis_thread *thread = arg;
    struct tk_redis *redis = thread->redis;

    pthread_mutex_lock(&redis->lock);
    *(thread->prev ? &thread->prev->next : &redis->threads) = thread->next;
    if (thread->next)
        thread->next->prev = thread->prev;
    pthread_mutex_unlock(&redis->lock);
    close_context(thread);
    free(thread);
}

int redis_sync_init(struct tk_redis *redis)
{
    if (pthread_key_create(&redis->key, thread_end) != 0)
        return -1;
    pthread_mutex_init(&redis->lock, NULL);
    tk_breaker_init(&redis->breaker);
    return 0;
}

void redis_sync_release(struct tk_redis *redis)
{
    pthread_key_delete(redis->key);
    for (struct redis_thread *thread = redis->threads, *next; thread; thread = next) {
        next = thread->next;
        close_context(thread);
        free(thread);
    }
    pthread_mutex_destroy(&redis->lock);
    tk_breaker_release(&redis->breaker);
}

static struct redis_thread *this_thread(struct tk_redis *redis)
{
    struct redis_thread *thread = pthread_getspecific(redis->key);

    if (thread)
        return thread;
    thread = calloc(1, sizeof *thread);
    if (!thread || pthread_setspecific(redis->key, thread) != 0) {
        free(thread);
        return NULL;
    }
    thread->redis = redis;
    pthread_mutex_lock(&redis->lock);
    thread->next = redis->threads;
    if (thread->next)
        thread->next->prev = thread;
    redis->threads = thread;
    pthread_mutex_unlock(&redis->lock);
    return thread;
}

static struct timeval interval(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* Writes all of what was appended. false: an incomplete command,
 * which the server will not execute. */
static bool write_all(redisContext *context)
{
    int done = 0;

    while (!done)
        if (redisBufferWrite(context, &done) != REDIS_OK)
            return false;
    return true;
}

/* The socket's own time-out counts anew with every byte, so the whole answer is waited for here. */
static redisReply *read_reply(redisContext *context, int64_t until)
{
    struct pollfd ready = {.fd = context->fd, .events = POLLIN};
    void *reply = NULL;
    int64_t left;

    for (;;) {
        if (redisGetReplyFromReader(context, &reply) != REDIS_OK)
            return NULL;
        if (reply)
            return reply;
        left = until - tk_mono_ms();
        if (left <= 0)
            return NULL;
        ready.revents = 0;
        if (poll(&ready, 1, (int)left) < 0 && errno != EINTR)
            return NULL;
        if (ready.revents && redisBufferRead(context) != REDIS_OK)
            return NULL;
    }
}

/* `sent`: whether the server may have executed it. */
static redisReply *exchange(redisContext *context, int argc, const char **argv, const size_t *lens,
                            int64_t until, bool *sent)
{
    *sent = false;
    if (redisAppendCommandArgv(context, argc, argv, lens) != REDIS_OK || !write_all(context))
        return NULL;
    *sent = true;
    return read_reply(context, until);
}

static bool prepare(struct redis_thread *thread, int64_t until)
{
    char *password = redis_password(thread->redis->conf);
    redisReply *reply = NULL;
    bool ok = password != NULL, sent;

    if (ok && *password) {
        reply = exchange(thread->context, 2, (const char *[]){"AUTH", password}, NULL, until,
                         &sent);
        ok = reply && reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
    }
    if (password)
        explicit_bzero(password, strlen(password));
    free(password);
    if (!ok)
        return false;
    reply = exchange(thread->context, 2, (const char *[]){"INFO", "server"}, NULL, until, &sent);
    ok = reply && reply->type == REDIS_REPLY_STRING &&
         redis_parse_run_id(reply->str, thread->run_id);
    freeReplyObject(reply);
    return ok;
}

static redisContext *open_context(const struct tk_redis_conf *conf, struct timeval limit)
{
    char host[256];
    int port;

    if (redis_host_port(conf->address, host, sizeof host, &port))
        return redisConnectWithTimeout(host, port, limit);
    return redisConnectUnixWithTimeout(conf->address, limit);
}

static bool connect_thread(struct redis_thread *thread, int64_t until)
{
    const struct tk_redis_conf *conf = thread->redis->conf;
    int64_t left = until - tk_mono_ms();
    bool ok;

    if (left <= 0 || !tk_breaker_enter(&thread->redis->breaker))
        return false;
    thread->context = open_context(conf, interval(left));
    ok = thread->context && !thread->context->err &&
         redisSetTimeout(thread->context, interval(conf->timeout_ms)) == REDIS_OK &&
         prepare(thread, until);
    tk_breaker_leave(&thread->redis->breaker, ok);
    if (!ok)
        close_context(thread);
    return ok;
}

/* An idle connection on which anything can be read was closed, or is out of step. */
static bool is_fresh(const redisContext *context)
{
    char byte;

    return recv(context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

const char TK_REDIS_RUN_ID[] = "";

/* The command as this connection's server is to get it. */
static redisReply *send_to(struct redis_thread *thread, int argc, const char **argv,
                           const size_t *lens, int64_t until, bool *sent)
{
    const char **all = calloc((size_t)argc, sizeof *all);
    size_t *sizes = calloc((size_t)argc, sizeof *sizes);
    redisReply *reply = NULL;

    *sent = false;
    for (int i = 0; all && sizes && i < argc; i++) {
        bool run_id = argv[i] == TK_REDIS_RUN_ID;

        all[i] = run_id ? thread->run_id : argv[i];
        sizes[i] = lens && !run_id ? lens[i] : strlen(all[i]);
    }
    if (all && sizes)
        reply = exchange(thread->context, argc, all, sizes, until, sent);
    free(all);
    free(sizes);
    return reply;
}

redisReply *tk_redis_call(struct tk_redis *redis, int argc, const char **argv, const size_t *lens)
{
    struct redis_thread *thread = this_thread(redis);
    int64_t until = tk_mono_ms() + redis->conf->timeout_ms;
    redisReply *reply;
    bool sent;

    if (!thread)
        return NULL;
    for (int tries = 0; tries < 2; tries++) {
        if (thread->context && !is_fresh(thread->context))
            close_context(thread);
        if (!thread->context && !connect_thread(thread, until))
            return NULL;
        reply = send_to(thread, argc, argv, lens, until, &sent);
        if (reply)
            return reply;
        close_context(thread); /* a late answer must never be taken for the next command's */
        if (sent)
            return NULL;
    }
    return NULL;
}

static bool load(struct tk_redis *redis, const struct redis_script *script)
{
    redisReply *reply = tk_redis_call(redis, 3, (const char *[]){"SCRIPT", "LOAD", script->text},
                                      NULL);
    bool ok = reply && reply->type == REDIS_REPLY_STRING;

    freeReplyObject(reply);
    return ok;
}

redisReply *tk_redis_eval(struct tk_redis *redis, const char *script, int keys, int argc,
                          const char **argv, const size_t *lens)
{
    struct redis_eval eval;
    redisReply *reply = NULL;

    if (redis_eval_init(&eval, redis, script, keys, argc, argv, lens))
        reply = tk_redis_call(redis, eval.argc, eval.argv, eval.lens);
    /* Nothing was done: a second time, after the text. */
    if (redis_is_noscript(reply) && load(redis, eval.script)) {
        freeReplyObject(reply);
        reply = tk_redis_call(redis, eval.argc, eval.argv, eval.lens);
    }
    redis_eval_release(&eval);
    return reply;
}

const char *tk_redis_thread_run_id(struct tk_redis *redis)
{
    const struct redis_thread *thread = pthread_getspecific(redis->key);

    return thread ? thread->run_id : "";
}
