/* GET, DELETE /performance/rsv/hold/:holdId, POST …/extend, POST /performance/rsv/withdraw. */
#include "server/performance/hold.h"
#include "server/performance/hold_id.h"
#include "server/performance/performance.h"

enum { MOST_EXTENSIONS = 2 };

/* An id that was not issued to the caller is answered as one that does not exist. */
static enum tk_err start_by_id(struct tk_req *req, const struct op_kind *kind, bool key)
{
    const char *id = tk_req_path(req, "holdId");
    int64_t session;
    if (!id || !hold_id_check(id, tk_req_who(req)->member, &session))
        return TK_HOLD_NOT_FOUND;
    struct op *op = op_new(req, kind, session);
    if (!op)
        return TK_INTERNAL;
    op->hold = id;
    enum tk_err err = key ? op_key(op, NULL, true) : TK_OK;
    return err == TK_OK ? op_start(op) : err;
}

static enum tk_err answer_record(struct op *op, const struct result *result)
{
    struct hold hold;
    switch (result->status) {
    case ST_OK:
        if (!hold_read(result, op->session->plan, tk_req_arena(op->req), &hold))
            return TK_INTERNAL;
        tk_reply_data(tk_req_reply(op->req), hold_json(&hold));
        return TK_OK;
    case ST_COMMITTING:
        return TK_HOLD_COMMITTING;
    case ST_LIMIT:
        return TK_EXTEND_LIMIT;
    default:
        return TK_HOLD_NOT_FOUND;
    }
}

static enum tk_err build_look(struct op *op)
{
    call_str(&op->call, op->hold);
    call_int(&op->call, op->member);
    call_str(&op->call, "");
    call_str(&op->call, "");
    return TK_OK;
}

enum tk_err hold_get(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {
        .script = "look.lua", .build = build_look, .answer = answer_record};
    (void)reply;
    return start_by_id(req, &kind, false);
}

static enum tk_err build_extend(struct op *op)
{
    call_str(&op->call, op->hold);
    call_int(&op->call, op->member);
    call_int(&op->call, perf_conf.hold_ms);
    call_str(&op->call, op->key);
    call_int(&op->call, MOST_EXTENSIONS);
    return TK_OK;
}

enum tk_err extend_post(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {
        .script = "extend.lua", .build = build_extend, .answer = answer_record};
    (void)reply;
    return start_by_id(req, &kind, true);
}

static enum tk_err build_release(struct op *op)
{
    call_str(&op->call, op->hold);
    call_int(&op->call, op->member);
    call_str(&op->call, op->key);
    call_str(&op->call, *op->hold ? "delete" : "withdraw");
    return TK_OK;
}

/* One that has ended is as released as can be: a repeat gets the same answer. */
static enum tk_err answer_delete(struct op *op, const struct result *result)
{
    (void)op;
    switch (result->status) {
    case ST_COMMITTING:
        return TK_HOLD_COMMITTING;
    case ST_REUSED:
        return TK_KEY_REUSED;
    default:
        return TK_OK;
    }
}

enum tk_err hold_delete(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {.script = "release.lua",
                                        .no_session = true,
                                        .build = build_release,
                                        .answer = answer_delete};
    (void)reply;
    return start_by_id(req, &kind, true);
}

/* Documented: 200 whether or not there was one. One that is being paid for is left alone (†4). */
static enum tk_err answer_withdraw(struct op *op, const struct result *result)
{
    (void)op;
    return result->status == ST_REUSED ? TK_KEY_REUSED : TK_OK;
}

enum tk_err withdraw_post(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {.script = "release.lua",
                                        .no_session = true,
                                        .build = build_release,
                                        .answer = answer_withdraw};
    (void)reply;
    int64_t session = 0;
    tk_req_int(req, "prfSessionId", &session);
    struct op *op = op_new(req, &kind, session);
    if (!op)
        return TK_INTERNAL;
    enum tk_err err = op_key(op, tk_req_body(req), false);
    return err == TK_OK ? op_start(op) : err;
}
