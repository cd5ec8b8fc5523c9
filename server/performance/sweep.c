/* The sweeper: scripts on the loop, questions on workers. */
#include <stdlib.h>
#include <string.h>

#include "server/performance/engine.h"
#include "server/performance/hold_id.h"
#include "server/performance/install.h"
#include "server/performance/keeper.h"
#include "server/performance/performance.h"
#include "shared/base/log.h"
#include "shared/base/str.h"

enum { MOST_SESSIONS = 100, MOST_HOLDS = 200, MOST_ASKING = 4, ARENA = 1024 * 1024 };

static struct tk_timer *timer;
/* Questions on workers: few, so that a reservation service that hangs does not take all workers
 * with it. */
static _Atomic int asking;
static bool looking; /* a look at tk:due is under way: loop's thread only */

/* One script under way, or one question. */
struct job {
    struct tk_app *app;
    struct tk_arena *arena;
    struct call call;
    int64_t session, member;
    char hold[HOLD_ID];
};

static struct job *job_new(struct tk_app *app, int64_t session)
{
    struct tk_arena *arena = tk_arena_new(ARENA);
    struct job *job = arena ? tk_alloc(arena, sizeof *job) : NULL;
    if (!job) {
        tk_arena_free(arena);
        return NULL;
    }
    job->app = app;
    job->arena = arena;
    job->session = session;
    return job;
}

/* ---- questions --------------------------------------------------------------- */
static void ask(void *arg)
{
    struct job *job = arg;
    struct session *session;
    if (session_get(job->app, job->session, true, &session) == TK_OK) {
        /* Without an answer the hold is due again after ask-again-ms. */
        map_ask(job->app, session, job->hold, job->member, job->arena);
        session_release(session);
    }
    tk_arena_free(job->arena);
    asking--;
}

/* What is not asked now is due again after ask-again-ms. */
static void ask_all(struct tk_app *app, int64_t session, const redisReply *list)
{
    for (size_t i = 0; i + 1 < list->elements && asking < MOST_ASKING; i += 2) {
        struct job *job = job_new(app, session);
        if (!job)
            return;
        asking++;
        job->member = list->element[i + 1]->str ? strtoll(list->element[i + 1]->str, NULL, 10) : 0;
        if (!tk_copy(job->hold, sizeof job->hold, list->element[i]->str) ||
            !tk_workers_submit(app->workers, ask, job)) {
            tk_arena_free(job->arena);
            asking--;
        }
    }
}

/* ---- sweeping ---------------------------------------------------------------- */
static void swept(const redisReply *reply, void *arg)
{
    struct job *job = arg;
    struct result result = result_of(&job->call, reply);
    if (result.status == ST_OK) {
        tk_metric_add(&expired_total, result_int(&result, 3));
        engine_due_loop(job->app, job->session, result_int(&result, 2));
        ask_all(job->app, job->session, result_list(&result, 4));
    } else if (result.status != ST_NOMAP && !job->app->stopping) {
        engine_due_loop(job->app, job->session, 1); /* again at once, when Redis is back */
    }
    tk_arena_free(job->arena);
}

static void sweep(struct tk_app *app, int64_t session)
{
    struct job *job = job_new(app, session);
    if (!job)
        return;
    call_begin(&job->call, job->arena, "sweep.lua", session);
    call_int(&job->call, perf_conf.ask_again_ms);
    call_int(&job->call, MOST_HOLDS);
    engine_send(app, &job->call, swept, job);
}

static void found(const redisReply *reply, void *arg)
{
    struct job *job = arg;
    struct result result = result_of(&job->call, reply);
    const redisReply *sessions = result_list(&result, 2);
    for (size_t i = 0; result.status == ST_OK && i < sessions->elements; i++)
        sweep(job->app, strtoll(sessions->element[i]->str, NULL, 10));
    looking = false;
    tk_arena_free(job->arena);
}

static void look(void *arg)
{
    struct tk_app *app = arg;
    if (looking || app->stopping || !tk_redis_up(app->redis))
        return;
    struct job *job = job_new(app, 0);
    if (!job)
        return;
    looking = true;
    call_begin(&job->call, job->arena, "due.lua", 0);
    job->call.argv[0] = "tk:due";
    job->call.lens[0] = strlen("tk:due");
    call_int(&job->call, MOST_SESSIONS);
    engine_send(app, &job->call, found, job);
}

int sweeper_start(struct tk_app *app)
{
    timer = tk_loop_every(app->loop, perf_conf.sweep_ms, look, app);
    return timer ? 0 : -1;
}

void sweeper_stop(void)
{
    tk_timer_cancel(timer);
    timer = NULL;
}
