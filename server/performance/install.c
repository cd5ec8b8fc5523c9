#include "server/performance/install.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "server/common/failpoint.h"
#include "server/performance/engine.h"
#include "server/performance/performance.h"
#include "server/performance/truth.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

static enum status begin(struct tk_app *app, const struct session *session, const char *nonce,
                         struct tk_arena *arena)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, arena, "install_begin.lua", session->id);
    call_str(&call, nonce);
    call_int(&call, perf_conf.call_ms + 1000); /* outlives the read; a dead installer's runs out */
    struct result result = engine_run(app, &call, &reply);
    freeReplyObject(reply);
    return result.status;
}

/* tk:maps names every session with a map: it is told before there is one, so that none is ever
 * missing. */
static bool announce(struct tk_app *app, int64_t session)
{
    char member[24];
    snprintf(member, sizeof member, "%" PRId64, session);
    redisReply *reply = tk_redis_call(app->redis, 3, (const char *[]){"SADD", "tk:maps", member},
                                      NULL);
    bool ok = reply && reply->type == REDIS_REPLY_INTEGER;
    freeReplyObject(reply);
    return ok;
}

static enum status finish(struct tk_app *app, const struct session *session, const char *nonce,
                          const struct rebuild *rebuild, struct tk_arena *arena)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, arena, "install.lua", session->id);
    call_str(&call, nonce);
    call_str(&call, rebuild->map);
    call_str(&call, session->plan->gr);
    call_int(&call, rebuild->floor);
    call_str(&call, session->plan->sig);
    call_int(&call, session->plan->revision);
    struct result result = engine_run(app, &call, &reply);
    freeReplyObject(reply);
    return result.status;
}

/* Lets the next one in at once; should the nonce be another installer's by now, he only reads
 * again. */
static void give_up(struct tk_app *app, int64_t session)
{
    char key[48];
    snprintf(key, sizeof key, "{s%" PRId64 "}:nonce", session);
    freeReplyObject(tk_redis_call(app->redis, 2, (const char *[]){"DEL", key}, NULL));
}

static enum status install(struct tk_app *app, const struct session *session, const char *nonce,
                           struct tk_arena *arena)
{
    struct rebuild rebuild;
    if (TK_FAILPOINT("install.after-begin") || !truth_rebuild(app, session, arena, &rebuild) ||
        TK_FAILPOINT("install.after-read") || !announce(app, session->id)) {
        give_up(app, session->id);
        return ST_BROKEN;
    }
    enum status status = finish(app, session, nonce, &rebuild, arena);
    if (status == ST_OK) {
        tk_metric_add(&installs_total, 1);
        tk_log(TK_INFO, "map-installed", TK_I("session", session->id),
               TK_I("floor", rebuild.floor));
    }
    return status;
}

static void wait_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL);
}

enum tk_err map_install(struct tk_app *app, const struct session *session, struct tk_arena *arena)
{
    int64_t end = tk_mono_ms() + perf_conf.install_ms;
    unsigned char random[12];
    char nonce[2 * sizeof random + 1];
    do {
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return TK_INTERNAL;
        tk_hex(nonce, random, sizeof random);
        enum status status = begin(app, session, nonce, arena);
        if (status == ST_WON)
            status = install(app, session, nonce, arena);
        if (status == ST_OK || status == ST_READY)
            return TK_OK;
        if (status == ST_SILENT)
            return TK_REDIS_TROUBLE_OCCURRED;
        if (status == ST_BUSY)
            wait_a_little(); /* the other one's map is looked for until `end` */
        else if (status != ST_NONCE)
            return TK_UNAVAILABLE;
    } while (tk_mono_ms() < end);
    return TK_UNAVAILABLE;
}

enum tk_err map_reconcile(struct tk_app *app, const struct session *session, struct tk_arena *arena)
{
    struct rebuild rebuild;
    struct call call;
    redisReply *reply;
    if (!truth_rebuild(app, session, arena, &rebuild) || TK_FAILPOINT("reconcile.after-read"))
        return TK_UNAVAILABLE;
    call_begin(&call, arena, "reconcile.lua", session->id);
    call_int(&call, rebuild.floor);
    call_str(&call, session->plan->sig);
    call_int(&call, session->plan->revision);
    call_str(&call, session->plan->gr);
    call_str(&call, rebuild.map);
    struct result result = engine_run(app, &call, &reply);
    int64_t changed = result_int(&result, 2), due = result_int(&result, 3);
    freeReplyObject(reply);
    if (result.status == ST_PLAN)
        tk_log(TK_ERROR, "plan-of-another-size", TK_I("session", session->id));
    if (result.status != ST_OK)
        return result.status == ST_SILENT ? TK_REDIS_TROUBLE_OCCURRED : TK_OK;
    tk_metric_add(&reconciled_total, 1);
    if (changed > 0)
        tk_log(TK_WARN, "map-reconciled", TK_I("session", session->id), TK_I("seats", changed));
    engine_due(app, session->id, due);
    return TK_OK;
}

bool map_ask(struct tk_app *app, const struct session *session, const char *hold, int64_t member,
             struct tk_arena *arena)
{
    if (TK_FAILPOINT("sweep.before-ask"))
        return false;
    struct truth truth = truth_ask(app, session, hold, NULL, arena);
    if (truth.outcome != TRUTH_SOLD && truth.outcome != TRUTH_REFUSED)
        return false;
    if (TK_FAILPOINT("sweep.before-settle"))
        return false;
    return truth_apply(app, session, hold, member, &truth, arena, NULL);
}

void map_drop(struct tk_app *app, const struct session *session, struct tk_arena *arena)
{
    struct call call;
    redisReply *reply;
    char member[24];
    call_begin(&call, arena, "drop.lua", session->id);
    struct result result = engine_run(app, &call, &reply);
    const redisReply *ask = result_list(&result, 2);
    for (size_t i = 0; result.status == ST_ASK && i + 1 < ask->elements; i += 2)
        map_ask(app, session, ask->element[i]->str, strtoll(ask->element[i + 1]->str, NULL, 10),
                arena);
    freeReplyObject(reply);
    if (result.status != ST_OK && result.status != ST_NOMAP)
        return; /* again at the next pass */
    snprintf(member, sizeof member, "%" PRId64, session->id);
    freeReplyObject(
        tk_redis_call(app->redis, 3, (const char *[]){"SREM", "tk:maps", member}, NULL));
    freeReplyObject(tk_redis_call(app->redis, 3, (const char *[]){"ZREM", "tk:due", member}, NULL));
}
