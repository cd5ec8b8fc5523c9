/* The reconciler: a thread that passes over all maps. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/performance/engine.h"
#include "server/performance/install.h"
#include "server/performance/keeper.h"
#include "server/performance/performance.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

enum { ARENA = 4 * 1024 * 1024 };

static struct {
    struct tk_app *app;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool running, stopping, kicked;
} keeper = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool stopping(void)
{
    pthread_mutex_lock(&keeper.lock);
    bool stop = keeper.stopping;
    pthread_mutex_unlock(&keeper.lock);
    return stop;
}

/*
 * The work of one period is done by one process. The lock names the server: after a failover the
 * same period's pass is done again.
 */
static bool ours(struct tk_app *app, const char *what, int64_t session, int64_t period)
{
    char key[128], ms[24];
    snprintf(key, sizeof key, "{s%" PRId64 "}:%s:%s", session, what,
             tk_redis_thread_run_id(app->redis));
    snprintf(ms, sizeof ms, "%" PRId64, period * 9 / 10);
    redisReply *reply = tk_redis_call(app->redis, 6,
                                      (const char *[]){"SET", key, "1", "NX", "PX", ms}, NULL);
    bool won = reply && reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    return won;
}

static void reconcile(struct tk_app *app, const struct session *session, struct tk_arena *arena)
{
    if (session_is_over(session))
        map_drop(app, session, arena);
    else if (ours(app, "rl", session->id, perf_conf.reconcile_ms))
        map_reconcile(app, session, arena);
}

static bool count_free(struct tk_app *app, const struct session *session, struct tk_arena *arena,
                       struct remaining *row)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, arena, "read.lua", session->id);
    call_str(&call, "");
    call_str(&call, "counts");
    struct result result = engine_run(app, &call, &reply);
    *row = (struct remaining){session->id, result_int(&result, 3)};
    freeReplyObject(reply);
    return result.status == ST_OK;
}

struct pass {
    bool reconcile, remaining;
    struct remaining *rows;
    size_t count;
};

static void visit(struct tk_app *app, int64_t id, struct pass *pass)
{
    struct session *session;
    struct tk_arena *arena = tk_arena_new(ARENA);
    if (!arena)
        return;
    /* Read anew: a remembered price list could be older than the one that the map has. */
    enum tk_err err = pass->reconcile ? session_read(app, id, &session) : TK_INTERNAL;
    if (err != TK_OK)
        err = session_get(app, id, true, &session);
    if (err == TK_OK) {
        if (pass->reconcile)
            reconcile(app, session, arena);
        if (pass->remaining && count_free(app, session, arena, &pass->rows[pass->count]))
            pass->count++;
        session_release(session);
    }
    tk_arena_free(arena);
}

static void run_pass(struct tk_app *app, struct pass *pass)
{
    redisReply *maps = tk_redis_call(app->redis, 2, (const char *[]){"SMEMBERS", "tk:maps"}, NULL);
    if (!maps || maps->type != REDIS_REPLY_ARRAY)
        goto out;
    pass->rows = calloc(maps->elements + 1, sizeof *pass->rows);
    pass->remaining = pass->remaining && pass->rows &&
                      ours(app, "remaining", 0, perf_conf.remaining_ms);
    for (size_t i = 0; i < maps->elements && !stopping(); i++)
        visit(app, strtoll(maps->element[i]->str, NULL, 10), pass);
    if (pass->remaining)
        remaining_write(app, pass->rows, pass->count);
    free(pass->rows);
out:
    freeReplyObject(maps);
}

static struct timespec at_mono_ms(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

/* Waits for the next time that something is due, or a kick. */
static bool wait_until(int64_t due, bool *kicked)
{
    struct timespec end = at_mono_ms(due);
    pthread_mutex_lock(&keeper.lock);
    while (!keeper.stopping && !keeper.kicked && tk_mono_ms() < due)
        pthread_cond_timedwait(&keeper.wake, &keeper.lock, &end);
    *kicked = keeper.kicked;
    keeper.kicked = false;
    bool go_on = !keeper.stopping;
    pthread_mutex_unlock(&keeper.lock);
    return go_on;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void *run(void *arg)
{
    struct tk_app *app = arg;
    int64_t next_reconcile = tk_mono_ms(), next_remaining = tk_mono_ms() + perf_conf.remaining_ms;
    bool kicked;
    while (wait_until(earlier(next_reconcile, next_remaining), &kicked)) {
        int64_t now = tk_mono_ms();
        struct pass pass = {.reconcile = kicked || now >= next_reconcile,
                            .remaining = now >= next_remaining};
        if (now >= next_reconcile)
            next_reconcile = now + perf_conf.reconcile_ms;
        if (now >= next_remaining)
            next_remaining = now + perf_conf.remaining_ms;
        run_pass(app, &pass);
    }
    return NULL;
}

void reconciler_kick(void)
{
    pthread_mutex_lock(&keeper.lock);
    keeper.kicked = true;
    if (keeper.running)
        pthread_cond_signal(&keeper.wake);
    pthread_mutex_unlock(&keeper.lock);
}

int reconciler_start(struct tk_app *app)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper.wake, &attr);
    pthread_condattr_destroy(&attr);
    keeper.app = app;
    if (pthread_create(&keeper.thread, NULL, run, app) != 0) {
        tk_log(TK_ERROR, "reconciler-start", TK_S("why", "no thread"));
        return -1;
    }
    keeper.running = true;
    return 0;
}

void reconciler_stop(void)
{
    if (!keeper.running)
        return;
    pthread_mutex_lock(&keeper.lock);
    keeper.stopping = true;
    pthread_cond_signal(&keeper.wake);
    pthread_mutex_unlock(&keeper.lock);
    pthread_join(keeper.thread, NULL);
    keeper.running = false;
}
