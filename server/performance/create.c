/* POST /performance/rsv/create: which hold is meant, by our form (holdId) and by the documented
 * one. */
#include "server/performance/create.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/failpoint.h"
#include "server/common/validate.h"
#include "server/performance/hold.h"
#include "server/performance/hold_id.h"
#include "server/performance/install.h"
#include "server/performance/op.h"
#include "server/performance/performance.h"

static enum tk_err bad(struct sale *sale, const char *what)
{
    tk_reply_detail(sale->reply, "%s", what);
    return TK_INVALID_VALUE;
}

/* ---- our form ---------------------------------------------------------------- */
static const char *const METHODS[] = {"card", "cash", "transfer", "comp", "web"};

static bool known_method(const char *method)
{
    for (size_t i = 0; method && i < sizeof METHODS / sizeof *METHODS; i++)
        if (strcmp(METHODS[i], method) == 0)
            return true;
    return false;
}

static enum tk_err read_payment(struct sale *sale, const json_t *body)
{
    const json_t *payment = json_object_get(body, "payment");
    const json_t *tendered = json_object_get(payment, "tendered");
    sale->method = payment ? json_string_value(json_object_get(payment, "method")) : "web";
    if (!known_method(sale->method))
        return bad(sale, "'payment.method' must be card, cash, transfer, comp or web");
    if (tendered && (!json_is_integer(tendered) || !tk_check_won(NULL, tendered)))
        return bad(sale, "'payment.tendered' must be a number of won");
    sale->tendered = tendered ? json_integer_value(tendered) : -1;
    return TK_OK;
}

/* Text that the reservation service takes as well: what it refused would be known only after
 * promoting. */
static enum tk_err read_customer(struct sale *sale, const json_t *body)
{
    static const struct {
        const char *name, *wrong;
        bool (*check)(const char *, const json_t *);
    } rows[] = {
        {"name", "'customer.name' must be a name", tk_check_name},
        {"phone", "'customer.phone' must be 01x-xxxx-xxxx", tk_check_phone},
        {"email", "'customer.email' must be an e-mail address", tk_check_email},
    };
    json_t *customer = json_object_get(body, "customer");
    if (!customer || json_is_null(customer))
        return TK_OK;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json_t *value = json_object_get(customer, rows[i].name);
        if (value && !json_is_null(value) && !rows[i].check(NULL, value))
            return bad(sale, rows[i].wrong);
    }
    sale->customer = customer;
    return TK_OK;
}

/* What must be the same in a repeat: all that changes the sale. */
static enum tk_err hash_request(struct sale *sale, const json_t *what)
{
    char *text = json_dumps(what, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        return TK_INTERNAL;
    hold_hash(text, sale->request_hash);
    free(text);
    return TK_OK;
}

static enum tk_err create_ours(struct sale *sale)
{
    json_t *body = tk_req_body(sale->req);
    int64_t session;
    sale->hold_id = tk_req_str(sale->req, "holdId");
    sale->key = sale->body = "";
    enum tk_err err = read_payment(sale, body);
    if (err == TK_OK)
        err = read_customer(sale, body);
    if (err != TK_OK)
        return err;
    /* Another member's hold is answered as one that is no more. */
    if (!sale->hold_id || !hold_id_check(sale->hold_id, sale->member, &session))
        return TK_HOLD_EXPIRED;
    json_t *what = json_pack("[O?, O?]", json_object_get(body, "payment"), sale->customer);
    err = hash_request(sale, what);
    json_decref(what);
    if (err == TK_OK)
        err = op_session(sale->req, session, &sale->session);
    if (err != TK_OK)
        return err;
    return sale_run(sale);
}

/* ---- the documented form ----------------------------------------------------- */
/* Looks the hold up: by the Idempotency-Key of an earlier try, else the member's count-hold. */
static enum tk_err find_hold(struct sale *sale, struct hold *hold)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, sale->arena, "look.lua", sale->session->id);
    call_str(&call, "");
    call_int(&call, sale->member);
    call_str(&call, sale->key);
    call_str(&call, sale->body);
    struct result result = engine_run(sale->app, &call, &reply);
    enum tk_err err = TK_OK;
    *hold = (struct hold){0};
    switch (result.status) {
    case ST_OK:
        if (!hold_read(&result, sale->session->plan, sale->arena, hold))
            err = TK_INTERNAL;
        break;
    case ST_NONE: /* the key's hold has ended: it may have been sold, so it is asked about by its id
                   */
        hold->id = tk_strdup(sale->arena, result_str(&result, 2));
        if (!hold->id || !*hold->id)
            err = TK_NOT_ABLE_TO_CREATE;
        break;
    case ST_NOMAP:
        err = TK_NOT_ABLE_TO_CREATE;
        break;
    case ST_REUSED:
        err = TK_KEY_REUSED;
        break;
    default:
        err = TK_REDIS_TROUBLE_OCCURRED;
    }
    freeReplyObject(reply);
    return err;
}

/*
 * Which grade `price` means (ARCHITECTURE.md, Money): count × a grade's price, or, only when no grade
 * matches so, 1 ×. Of grades with the same price the one that the seats already have, else the
 * first. -1: none.
 */
static int meant_grade(const struct hold *hold, int64_t price)
{
    int64_t times[] = {(int64_t)hold->count, 1};
    for (size_t t = 0; t < 2; t++) {
        int found = -1;
        for (size_t i = 0; i < hold->grade_count; i++) {
            if (hold->grades[i].price * times[t] != price)
                continue;
            if (found < 0 || hold->seats[0].grade == (int)i)
                found = (int)i;
        }
        if (found >= 0)
            return found;
    }
    return -1;
}

static bool all_of_grade(const struct hold *hold, int grade)
{
    for (size_t i = 0; i < hold->count; i++)
        if (hold->seats[i].grade != grade)
            return false;
    return true;
}

/* Index in the session's own list of the grade that the hold's list calls so; -1 when it is gone or
 * costs something else by now. */
static int grade_today(const struct session *session, const struct tk_grade *grade)
{
    int index = tk_plan_grade_index(session->plan, grade->name);
    return index >= 0 && session->plan->grades[index].price == grade->price ? index : -1;
}

static enum tk_err move_once(struct sale *sale, const struct hold *hold, int grade,
                             enum status *status)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, sale->arena, "grade.lua", sale->session->id);
    call_str(&call, hold->id);
    call_int(&call, sale->member);
    call_int(&call, grade);
    call_str(&call, sale->session->plan->grade_text);
    call_str(&call, sale->session->plan->sig);
    struct result result = engine_run(sale->app, &call, &reply);
    *status = result.status;
    enum tk_err err = TK_OK;
    if (result.status == ST_STALE || result.status == ST_PLAN)
        err = map_reconcile(sale->app, sale->session, sale->arena);
    if (result.status == ST_ASK &&
        !map_ask(sale->app, sale->session, hold->id, sale->member, sale->arena))
        err = TK_UNAVAILABLE;
    freeReplyObject(reply);
    return err;
}

static enum tk_err being_paid(struct sale *sale)
{
    tk_reply_detail(sale->reply, "these seats are being paid for at another price");
    return TK_NOT_ABLE_TO_CREATE;
}

/* Moves the held seats to the grade that was meant; a full grade keeps the hold as it is. */
static enum tk_err move_to_grade(struct sale *sale, const struct hold *hold, int64_t price)
{
    int meant = meant_grade(hold, price);
    if (meant < 0) {
        tk_reply_detail(sale->reply, "no grade of this session has this price");
        return TK_NOT_ABLE_TO_CREATE;
    }
    if (all_of_grade(hold, meant))
        return TK_OK;
    if (hold->committing) /* neither moved (†4), nor sold for another price than was said */
        return being_paid(sale);
    int grade = grade_today(sale->session, &hold->grades[meant]);
    if (grade < 0)
        return TK_NOT_ABLE_TO_CREATE;
    for (int tries = 0; tries < 3; tries++) {
        enum status status;
        enum tk_err err = move_once(sale, hold, grade, &status);
        if (err != TK_OK)
            return err;
        if (status == ST_OK)
            return TK_OK;
        if (status == ST_COMMITTING) /* meanwhile, by another request */
            return being_paid(sale);
        if (status == ST_SILENT || status == ST_BROKEN)
            return TK_REDIS_TROUBLE_OCCURRED;
        if (status == ST_FULL)
            tk_reply_detail(sale->reply, "this grade has not enough seats; the hold is kept");
        if (status != ST_STALE && status != ST_PLAN && status != ST_ASK)
            return TK_NOT_ABLE_TO_CREATE;
    }
    return TK_UNAVAILABLE;
}

static enum tk_err read_documented(struct sale *sale, int64_t *price)
{
    int64_t id = 0;
    const char *performance = tk_req_str(sale->req, "performanceId");
    struct op op = {.req = sale->req, .member = sale->member};
    if (!tk_req_int(sale->req, "prfSessionId", &id) || id < 1)
        return bad(sale, "'prfSessionId' must be a session's id");
    if (!tk_req_int(sale->req, "price", price) || *price < 0)
        return bad(sale, "'price' must be won");
    if (!performance)
        return bad(sale, "'performanceId' is missing");
    json_t *what = json_pack("[s, I, I]", performance, (json_int_t)id, (json_int_t)*price);
    enum tk_err err = what ? hash_request(sale, what) : TK_INTERNAL;
    if (err == TK_OK)
        err = op_key(&op, what, false);
    json_decref(what);
    sale->key = tk_strdup(sale->arena, op.key);
    sale->body = tk_strdup(sale->arena, op.body);
    if (err == TK_OK && (!sale->key || !sale->body))
        err = TK_INTERNAL;
    if (err == TK_OK)
        err = op_session(sale->req, id, &sale->session);
    if (err == TK_NO_SUCH_ELEMENT ||
        (err == TK_OK && strcmp(sale->session->performance, performance) != 0))
        return TK_NOT_ABLE_TO_CREATE;
    return err;
}

static enum tk_err sell_found(struct sale *sale, int64_t price)
{
    struct hold hold;
    enum tk_err err = find_hold(sale, &hold);
    if (err == TK_OK && hold.count > 0)
        err = move_to_grade(sale, &hold, price);
    if (err != TK_OK)
        return err;
    sale->hold_id = hold.id;
    return sale_run(sale);
}

/* Redis may have forgotten what the key has sold: before a definite "no", the truth is asked. */
static enum tk_err create_documented(struct sale *sale)
{
    int64_t price;
    sale->documented = true;
    sale->method = "web";
    sale->tendered = -1;
    enum tk_err err = read_documented(sale, &price);
    if (err != TK_OK)
        return err;
    err = sell_found(sale, price);
    if (!*sale->key || (err != TK_NOT_ABLE_TO_CREATE && err != TK_KEY_REUSED))
        return err;
    enum tk_err asked = sale_by_key(sale);
    return asked == TK_NOT_ABLE_TO_CREATE ? err : asked;
}

enum tk_err create_post(struct tk_req *req, struct tk_reply *reply)
{
    struct sale sale = {
        .req = req,
        .reply = reply,
        .app = tk_req_app(req),
        .arena = tk_req_arena(req),
        .member = tk_req_who(req)->member,
    };
    if (json_object_get(tk_req_body(req), "holdId"))
        return create_ours(&sale);
    return create_documented(&sale);
}
