#include "server/performance/op.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/common/failpoint.h"
#include "server/common/validate.h"
#include "server/performance/hold_id.h"
#include "server/performance/install.h"

enum { MOST_TRIES = 5 };

static enum tk_err op_send(struct tk_req *req, struct tk_reply *reply);

static void release(void *session)
{
    session_release(session);
}

/* Takes the reference over. */
static enum tk_err keep(struct tk_req *req, struct session *session)
{
    if (tk_arena_defer(tk_req_arena(req), release, session) == 0)
        return TK_OK;
    session_release(session);
    return TK_INTERNAL;
}

enum tk_err op_session(struct tk_req *req, int64_t id, struct session **out)
{
    enum tk_err err = session_get(tk_req_app(req), id, false, out);
    return err == TK_OK ? keep(req, *out) : err;
}

/* ---- mending, on a worker ---------------------------------------------------- */
/* Another price list than the map's: ours may be the old one, so it is read anew before the map
 * follows it. */
static enum tk_err mend_plan(struct op *op)
{
    struct session *session;
    enum tk_err err = session_read(tk_req_app(op->req), op->session_id, &session);
    if (err == TK_OK)
        err = keep(op->req, session);
    if (err != TK_OK)
        return err;
    op->session = session;
    return map_reconcile(tk_req_app(op->req), session, tk_req_arena(op->req));
}

static enum tk_err mend_session(struct op *op)
{
    return op->session ? TK_OK : op_session(op->req, op->session_id, &op->session);
}

static enum tk_err mend(struct op *op)
{
    struct tk_app *app = tk_req_app(op->req);
    struct tk_arena *arena = tk_req_arena(op->req);
    enum tk_err err = mend_session(op);
    if (err != TK_OK)
        return err;
    switch (op->mend) {
    case ST_NOMAP:
        return map_install(app, op->session, arena);
    case ST_STALE:
        return map_reconcile(app, op->session, arena);
    case ST_PLAN:
        return mend_plan(op);
    case ST_ASK:
        return map_ask(app, op->session, op->ask, op->ask_member, arena) ? TK_OK : TK_UNAVAILABLE;
    default:
        return TK_INTERNAL;
    }
}

static enum tk_err op_mend(struct tk_req *req, struct tk_reply *reply)
{
    struct op *op = tk_req_get(req);
    (void)reply;
    enum tk_err err = mend(op);
    if (err == TK_OK)
        return tk_req_move(req, TK_ON_LOOP, op_send);
    return op->kind->without_map && err == TK_UNAVAILABLE ? op->kind->without_map(op) : err;
}

/* ---- on the loop ------------------------------------------------------------- */
static bool must_mend(struct op *op, const struct result *result)
{
    switch (result->status) {
    case ST_NOMAP:
        return op->kind->installs && !session_is_over(op->session);
    case ST_ASK: {
        const redisReply *ask = result_list(result, 2);
        if (ask->elements < 2)
            return false;
        op->ask = tk_strdup(tk_req_arena(op->req), ask->element[0]->str);
        op->ask_member = strtoll(ask->element[1]->str, NULL, 10);
        return op->ask != NULL;
    }
    case ST_STALE:
    case ST_PLAN:
        return true;
    default:
        return false;
    }
}

static void op_reply(const redisReply *reply, void *arg)
{
    struct op *op = arg;
    struct result result = result_of(&op->call, reply);
    if (op->kind->failpoint && TK_FAILPOINT(op->kind->failpoint))
        result.status = ST_SILENT;
    if (must_mend(op, &result)) {
        op->mend = result.status;
        if (++op->tries < MOST_TRIES)
            tk_req_move(op->req, TK_ON_WORKER, op_mend);
        else
            tk_req_finish(op->req, TK_UNAVAILABLE);
        return;
    }
    if (result.status == ST_NOMAP)
        result.status = ST_NONE;
    if (result.status == ST_SILENT || result.status == ST_BROKEN)
        tk_req_finish(op->req, TK_REDIS_TROUBLE_OCCURRED);
    else
        tk_req_finish(op->req, op->kind->answer(op, &result));
}

static enum tk_err op_send(struct tk_req *req, struct tk_reply *reply)
{
    struct op *op = tk_req_get(req);
    (void)reply;
    call_begin(&op->call, tk_req_arena(req), op->kind->script, op->session_id);
    enum tk_err err = op->kind->build(op);
    if (err != TK_OK)
        return err;
    engine_send(tk_req_app(req), &op->call, op_reply, op);
    return TK_ASYNC;
}

static enum tk_err op_load(struct tk_req *req, struct tk_reply *reply)
{
    struct op *op = tk_req_get(req);
    (void)reply;
    enum tk_err err = op_session(req, op->session_id, &op->session);
    return err == TK_OK ? tk_req_move(req, TK_ON_LOOP, op_send) : err;
}

struct op *op_new(struct tk_req *req, const struct op_kind *kind, int64_t session_id)
{
    struct op *op = tk_alloc(tk_req_arena(req), sizeof *op);
    if (!op)
        return NULL;
    op->kind = kind;
    op->req = req;
    op->session_id = session_id;
    op->member = tk_req_who(req)->member;
    op->hold = "";
    tk_req_set(req, op);
    return op;
}

enum tk_err op_start(struct op *op)
{
    if (op->kind->no_session)
        return op_send(op->req, tk_req_reply(op->req));
    struct session *session = session_cached(op->session_id);
    if (!session)
        return tk_req_move(op->req, TK_ON_WORKER, op_load);
    if (keep(op->req, session) != TK_OK)
        return TK_INTERNAL;
    op->session = session;
    return op_send(op->req, tk_req_reply(op->req));
}

enum tk_err op_key(struct op *op, const json_t *body, bool required)
{
    const char *key = tk_req_header(op->req, "Idempotency-Key");
    if (!key && !required)
        return TK_OK;
    if (!key || !tk_check_key(key, NULL)) {
        tk_reply_detail(tk_req_reply(op->req),
                        "header 'Idempotency-Key' must be 8 to 64 of [A-Za-z0-9._:-]");
        return TK_INVALID_VALUE;
    }
    char *text = body ? json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    const char *owned = tk_strf(tk_req_arena(op->req), "%lld|%s", (long long)op->member, key);
    if (owned && (text || !body)) {
        hold_hash(owned, op->key);
        hold_hash(text ? text : "", op->body);
    }
    free(text);
    return op->key[0] ? TK_OK : TK_INTERNAL;
}
