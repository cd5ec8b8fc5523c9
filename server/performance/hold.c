/* POST /performance/rsv/hold: named seats, or a count of them that the server picks;
 * all or none. */
#include "server/performance/hold.h"

#include <stdlib.h>
#include <string.h>

#include "server/common/failpoint.h"
#include "server/performance/hold_id.h"
#include "server/performance/performance.h"
#include "shared/base/str.h"

enum { TERMINAL_MAX = 32 };

int64_t hold_cap(const struct tk_who *who)
{
    return who->scopes & TK_SCOPE_BOX ? perf_conf.box_cap : perf_conf.hold_cap;
}

const char *seat_state(char byte)
{
    switch (byte) {
    case 'f':
        return "free";
    case 's':
        return "sold";
    case 'x':
        return "blocked";
    default:
        return "held"; /* committing is nobody's business but the owner's */
    }
}

static enum tk_err bad(struct op *op, const char *what)
{
    tk_reply_detail(tk_req_reply(op->req), "%s", what);
    return TK_INVALID_VALUE;
}

/* Offsets "3,4" of the named seats, each once; NULL after the detail was set. */
static const char *named_offsets(struct op *op, const json_t *seats)
{
    struct tk_buf buf = {0};
    long seen[100];
    const char *text = NULL;
    const json_t *seat;
    size_t i;
    json_array_foreach (seats, i, seat) {
        seen[i] = tk_plan_offset(op->session->plan, json_string_value(seat));
        if (seen[i] < 0) {
            tk_reply_detail(tk_req_reply(op->req), "'seats': no seat '%s' in this session",
                            json_string_value(seat));
            goto out;
        }
        for (size_t j = 0; j < i; j++)
            if (seen[j] == seen[i]) {
                tk_reply_detail(tk_req_reply(op->req), "'seats' names '%s' twice",
                                json_string_value(seat));
                goto out;
            }
        tk_buf_printf(&buf, "%s%ld", i ? "," : "", seen[i]);
    }
    text = buf.failed ? NULL : tk_strdup(tk_req_arena(op->req), buf.data);
out:
    tk_buf_release(&buf);
    return text;
}

/* What every form of the hold begins with. */
static void add_common(struct op *op, const char *terminal)
{
    struct call *call = &op->call;
    call_str(call, op->hold);
    call_int(call, op->member);
    call_int(call, hold_cap(tk_req_who(op->req)));
    call_int(call, perf_conf.hold_ms);
    call_str(call, op->session->plan->sig);
    call_int(call, op->session->plan->revision);
    call_str(call, op->session->plan->grade_text);
    call_str(call, op->key);
    call_str(call, op->body);
    call_str(call, terminal);
}

static enum tk_err build_named(struct op *op, const json_t *seats)
{
    if ((int64_t)json_array_size(seats) > hold_cap(tk_req_who(op->req)))
        return bad(op, "'seats': more than one may hold at once");
    const char *offsets = named_offsets(op, seats);
    if (!offsets)
        return TK_INVALID_VALUE;
    call_str(&op->call, "seats");
    call_str(&op->call, offsets);
    call_str(&op->call, "");
    call_str(&op->call, "");
    return TK_OK;
}

static enum tk_err build_count(struct op *op)
{
    const char *type = tk_req_str(op->req, "seatType"), *zone = tk_req_str(op->req, "zone");
    int grade = type ? tk_plan_grade_index(op->session->plan, type) : -1;
    int64_t count = 0;
    if (!tk_req_int(op->req, "count", &count) || count < 1 || count > hold_cap(tk_req_who(op->req)))
        return bad(op, "'count' must be 1 to the number that one may hold at once");
    if (type && grade < 0)
        return bad(op, "'seatType': no such grade in this session");
    if (zone && *zone)
        return bad(op, "'zone': this session has none");
    call_str(&op->call, "count");
    call_int(&op->call, count);
    if (type)
        call_int(&op->call, grade);
    else
        call_str(&op->call, "");
    call_str(&op->call, json_is_true(json_object_get(tk_req_body(op->req), "together")) ? "1" : "");
    return TK_OK;
}

static enum tk_err build_hold(struct op *op)
{
    const json_t *seats = json_object_get(tk_req_body(op->req), "seats");
    const json_t *count = json_object_get(tk_req_body(op->req), "count");
    const char *terminal = tk_req_str(op->req, "terminal");
    if (!session_on_sale(op->session))
        return TK_SALE_CLOSED;
    if (terminal && strlen(terminal) > TERMINAL_MAX)
        return bad(op, "'terminal' must be at most 32 bytes");
    if (!seats == !count)
        return bad(op, "give either 'seats' or 'count'");
    add_common(op, terminal ? terminal : "");
    return seats ? build_named(op, seats) : build_count(op);
}

static enum tk_err conflicts(struct op *op, const struct result *result)
{
    const redisReply *pairs = result_list(result, 2);
    json_t *list = json_array();
    for (size_t i = 0; i + 1 < pairs->elements; i += 2) {
        char name[TK_SEAT_NAME] = "";
        tk_plan_name(op->session->plan, strtoul(pairs->element[i]->str, NULL, 10), name);
        json_array_append_new(list, json_pack("{s:s, s:s}", "seat", name, "state",
                                              seat_state(pairs->element[i + 1]->str[0])));
    }
    tk_reply_data(tk_req_reply(op->req), json_pack("{s:o}", "conflicts", list));
    tk_metric_add(&conflicts_total, 1);
    return TK_SEAT_TAKEN;
}

static enum tk_err granted(struct op *op, const struct result *result)
{
    struct hold hold;
    if (!hold_read(result, op->session->plan, tk_req_arena(op->req), &hold))
        return TK_INTERNAL;
    if (result->status == ST_OK)
        tk_metric_add(&holds_total, 1);
    engine_due_loop(tk_req_app(op->req), op->session_id, result_int(result, 2));
    tk_reply_data(tk_req_reply(op->req), hold_json(&hold));
    return TK_OK;
}

static enum tk_err answer_hold(struct op *op, const struct result *result)
{
    switch (result->status) {
    case ST_OK:
    case ST_AGAIN:
        return granted(op, result);
    case ST_TAKEN:
        return conflicts(op, result);
    case ST_FULL:
        tk_metric_add(&conflicts_total, 1);
        return TK_SOLD_OUT;
    case ST_LIMIT:
        tk_reply_detail(tk_req_reply(op->req), "at most %lld seats at once in one session",
                        (long long)hold_cap(tk_req_who(op->req)));
        return TK_LIMIT_EXCEEDED;
    case ST_REUSED:
        return TK_KEY_REUSED;
    case ST_GONE:
        return TK_HOLD_EXPIRED;
    default:
        return TK_INTERNAL;
    }
}

/* The request of a hold or a check: a new id, the key, then the script. */
static enum tk_err start(struct tk_req *req, const struct op_kind *kind, bool key_required)
{
    int64_t session = 0;
    tk_req_int(req, "prfSessionId", &session);
    struct op *op = op_new(req, kind, session);
    char *id = tk_alloc(tk_req_arena(req), HOLD_ID);
    if (!op || !id)
        return TK_INTERNAL;
    enum tk_err err = op_key(op, tk_req_body(req), key_required);
    if (err != TK_OK)
        return err;
    hold_id_new(session, op->member, id);
    op->hold = id;
    return op_start(op);
}

enum tk_err hold_post(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {
        .script = "hold.lua",
        .installs = true,
        .failpoint = "hold.after-script",
        .build = build_hold,
        .answer = answer_hold,
    };
    (void)reply;
    return start(req, &kind, true);
}

/* ---- POST /performance/rsv/check: the documented hold by count, one for each member and session ---- */
static enum tk_err build_check(struct op *op)
{
    int64_t count = 0;
    if (!tk_req_int(op->req, "count", &count) || count < 1 || count > hold_cap(tk_req_who(op->req)))
        return bad(op, "'count' must be 1 to the number that one may hold at once");
    if (!session_on_sale(op->session))
        return TK_NO_VACANCY;
    add_common(op, "");
    call_str(&op->call, "check");
    call_int(&op->call, count);
    call_str(&op->call, "");
    call_str(&op->call, "");
    return TK_OK;
}

static enum tk_err answer_check(struct op *op, const struct result *result)
{
    if (result->status == ST_OK)
        tk_metric_add(&holds_total, 1);
    if (result->status == ST_OK)
        engine_due_loop(tk_req_app(op->req), op->session_id, result_int(result, 2));
    if (result->status == ST_OK || result->status == ST_AGAIN)
        return TK_OK;
    enum tk_err err = answer_hold(op, result);
    return err == TK_SOLD_OUT ? TK_NO_VACANCY : err;
}

enum tk_err check_post(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {
        .script = "hold.lua",
        .installs = true,
        .failpoint = "hold.after-script",
        .build = build_check,
        .answer = answer_check,
    };
    (void)reply;
    return start(req, &kind, false);
}
