#include "server/performance/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/log.h"

static const struct {
    const char *word;
    enum status status;
} words[] = {
    {"OK", ST_OK},         {"AGAIN", ST_AGAIN}, {"NONE", ST_NONE},
    {"TAKEN", ST_TAKEN},   {"FULL", ST_FULL},   {"LIMIT", ST_LIMIT},
    {"REUSED", ST_REUSED}, {"GONE", ST_GONE},   {"COMMITTING", ST_COMMITTING},
    {"KEPT", ST_KEPT},     {"READY", ST_READY}, {"WON", ST_WON},
    {"BUSY", ST_BUSY},     {"OLD", ST_OLD},     {"NOMAP", ST_NOMAP},
    {"STALE", ST_STALE},   {"PLAN", ST_PLAN},   {"LOST", ST_NONCE},
    {"ASK", ST_ASK},
};

static void put(struct call *call, const char *text)
{
    if (call->argc >= (int)(sizeof call->argv / sizeof *call->argv) || !text) {
        call->script = NULL;
        return;
    }
    call->argv[call->argc] = text;
    call->lens[call->argc++] = strlen(text);
}

void call_begin(struct call *call, struct tk_arena *arena, const char *script, int64_t session)
{
    *call = (struct call){.script = script, .arena = arena};
    put(call, tk_strf(arena, "{s%" PRId64 "}", session));
    put(call, "");
}

void call_str(struct call *call, const char *text)
{
    put(call, tk_strdup(call->arena, text));
}

void call_int(struct call *call, int64_t number)
{
    put(call, tk_strf(call->arena, "%" PRId64, number));
}

static void set_run_id(struct call *call, const char *run_id)
{
    call->argv[1] = tk_strdup(call->arena, run_id);
    call->lens[1] = strlen(run_id);
    if (!call->argv[1])
        call->script = NULL;
}

static enum status status_of(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].status;
    return ST_BROKEN;
}

struct result result_of(const struct call *call, const redisReply *reply)
{
    struct result result = {.status = ST_SILENT};
    if (!reply)
        return result;
    result.status = ST_BROKEN;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 && reply->element[0]->str) {
        result.status = status_of(reply->element[0]->str);
        result.now = reply->element[1]->integer;
        result.reply = reply;
    }
    if (result.status == ST_BROKEN)
        tk_log(TK_ERROR, "script-failed", TK_S("script", call->script ? call->script : "(memory)"),
               TK_S("why", reply->str ? reply->str : "unexpected answer"));
    return result;
}

static const redisReply *at(const struct result *result, size_t i)
{
    return result->reply && i < result->reply->elements ? result->reply->element[i] : NULL;
}

int64_t result_int(const struct result *result, size_t i)
{
    const redisReply *r = at(result, i);
    return r && r->type == REDIS_REPLY_INTEGER ? r->integer : 0;
}

const char *result_str(const struct result *result, size_t i)
{
    const redisReply *r = at(result, i);
    return r && r->type == REDIS_REPLY_STRING ? r->str : "";
}

const redisReply *result_list(const struct result *result, size_t i)
{
    static const redisReply empty;
    const redisReply *r = at(result, i);
    return r && r->type == REDIS_REPLY_ARRAY ? r : &empty;
}

struct result engine_run(struct tk_app *app, struct call *call, redisReply **reply)
{
    *reply = NULL;
    call->argv[1] = TK_REDIS_RUN_ID; /* of the server that gets it, exactly */
    call->lens[1] = 0;
    if (call->script)
        *reply = tk_redis_eval(app->redis, call->script, 1, call->argc, call->argv, call->lens);
    struct result result = result_of(call, *reply);
    if (!call->script)
        result.status = ST_BROKEN;
    return result;
}

void engine_send(struct tk_app *app, struct call *call, tk_redis_fn *fn, void *arg)
{
    set_run_id(call, tk_redis_run_id(app->redis));
    if (call->script)
        tk_redis_script(app->redis, call->script, fn, arg, 1, call->argc, call->argv, call->lens);
    else
        fn(NULL, arg);
}

/* LT: an earlier time stands; a new session is added. Lost hints are made good once a minute. */
#define DUE_ARGS(due, session)                                                                     \
    (const char *[])                                                                               \
    {                                                                                              \
        "ZADD", "tk:due", "LT", due, session                                                       \
    }

static void ignore(const redisReply *reply, void *arg)
{
    (void)reply;
    (void)arg;
}

void engine_due_loop(struct tk_app *app, int64_t session, int64_t due)
{
    char score[24], member[24];
    if (due <= 0)
        return;
    snprintf(score, sizeof score, "%" PRId64, due);
    snprintf(member, sizeof member, "%" PRId64, session);
    tk_redis_command(app->redis, ignore, NULL, 5, DUE_ARGS(score, member), NULL);
}

void engine_due(struct tk_app *app, int64_t session, int64_t due)
{
    char score[24], member[24];
    if (due <= 0)
        return;
    snprintf(score, sizeof score, "%" PRId64, due);
    snprintf(member, sizeof member, "%" PRId64, session);
    freeReplyObject(tk_redis_call(app->redis, 5, DUE_ARGS(score, member), NULL));
}
