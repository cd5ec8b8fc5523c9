/*
 * A hold becomes a sale: promote, create, settle. Every step may be cut off; what is left
 * behind is a committing hold, which the sweeper asks about, and a repeat of the request goes the
 * same way again.
 */
#include <string.h>

#include "server/common/failpoint.h"
#include "server/performance/create.h"
#include "server/performance/hold.h"
#include "server/performance/performance.h"
#include "shared/base/log.h"

static enum tk_err unknown(void)
{
    return TK_OUTCOME_UNKNOWN; /* with Retry-After: the same request again tells */
}

static struct trace trace_of(const struct sale *sale)
{
    return (struct trace){tk_req_id(sale->req), tk_req_traceparent(sale->req)};
}

/* ---- promote ----------------------------------------------------------------- */
static struct result promote_once(struct sale *sale, struct hold *hold)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, sale->arena, "promote.lua", sale->session->id);
    call_str(&call, sale->hold_id);
    call_int(&call, sale->member);
    call_int(&call, perf_conf.ask_after_ms);
    call_str(&call, sale->key);
    call_str(&call, sale->body);
    struct result result = engine_run(sale->app, &call, &reply);
    if (result.status == ST_OK) {
        engine_due(sale->app, sale->session->id, result_int(&result, 2));
        if (!hold_read(&result, sale->session->plan, sale->arena, hold))
            result.status = ST_BROKEN;
    }
    freeReplyObject(reply);
    result.reply = NULL;
    return result;
}

/*
 * For the one who knows that nothing was sent: the hold is held again, so that its time runs out as
 * it would have, however long the reservation service stays away. The script keeps it committing
 * when anybody else may have sent something.
 */
static bool demote(struct sale *sale)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, sale->arena, "demote.lua", sale->session->id);
    call_str(&call, sale->hold_id);
    struct result result = engine_run(sale->app, &call, &reply);
    if (result.status == ST_OK)
        engine_due(sale->app, sale->session->id, result_int(&result, 2));
    freeReplyObject(reply);
    return result.status == ST_OK || result.status == ST_NONE;
}

/* ---- the request to the reservation service ---------------------------------- */
static json_t *seats_json(const struct hold *hold)
{
    json_t *seats = json_array();
    for (size_t i = 0; i < hold->count; i++)
        json_array_append_new(seats, json_pack("{s:s, s:s, s:I}", "seat", hold->seats[i].seat,
                                               "grade", hold->seats[i].grade_name, "price",
                                               (json_int_t)hold->seats[i].price));
    return seats;
}

/*
 * Only who stands at a till can say that money changed hands. By anybody else's word it did not:
 * staff would be told to give back, on a cancel or a refusal, what was never taken.
 */
static json_t *payment_json(const struct sale *sale)
{
    bool till = tk_req_who(sale->req)->scopes & (TK_SCOPE_BOX | TK_SCOPE_KIOSK);
    json_t *payment = json_pack("{s:s}", "method", till ? sale->method : "web");
    if (payment && till && sale->tendered >= 0)
        json_object_set_new(payment, "tendered", json_integer(sale->tendered));
    return payment;
}

/* A clerk sells to whoever stands before him: such a sale belongs to the reserved member 0. */
static json_t *request_json(const struct sale *sale, const struct hold *hold)
{
    const struct session *s = sale->session;
    bool box = !sale->documented && tk_req_who(sale->req)->scopes & TK_SCOPE_BOX;
    json_t *body = json_pack(
        "{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:I, s:o}",
        "holdId", hold->id, "requestHash", sale->request_hash, "memberId",
        (json_int_t)(box ? 0 : sale->member), "clerkId", (json_int_t)(box ? sale->member : 0),
        "terminal", hold->terminal, "channel", box ? "box" : "web", "performanceId", s->performance,
        "performanceTitle", s->title, "poster", s->poster, "facility", s->facility, "prfSessionId",
        (json_int_t)s->id, "date", s->date, "time", s->time, "seats", seats_json(hold), "total",
        (json_int_t)hold->total, "payment", payment_json(sale));
    if (body && *sale->key)
        json_object_set_new(body, "createKey", json_string(sale->key));
    if (body && sale->customer)
        json_object_set(body, "customer", sale->customer);
    return body;
}

static struct truth send_create(struct sale *sale, const struct hold *hold)
{
    struct truth truth = {.outcome = TRUTH_NOT_SENT, .seats = "", .conflicts = ""};
    struct trace trace = trace_of(sale);
    json_t *body = request_json(sale, hold);
    if (body && !TK_FAILPOINT("create.before-call"))
        truth = truth_create(sale->app, sale->session, body, &trace, sale->arena);
    json_decref(body);
    if (TK_FAILPOINT("create.after-call"))
        truth.outcome = TRUTH_UNKNOWN;
    return truth;
}

/* ---- answers ----------------------------------------------------------------- */
static enum tk_err answer_sold(struct sale *sale, const struct truth *truth)
{
    json_t *tickets = json_object_get(truth->data, "tickets");
    json_t *total = json_object_get(truth->data, "total");
    json_t *data = json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "reservationId",
                             json_object_get(truth->data, "reservationId"), "ticketCode",
                             json_object_get(json_array_get(tickets, 0), "code"), "tickets",
                             tickets, "seats", json_object_get(truth->data, "seats"), "total",
                             total, "createdAt", json_object_get(truth->data, "createdAt"));
    if (data && sale->tendered >= 0)
        json_object_set_new(data, "change",
                            json_integer(sale->tendered - json_integer_value(total)));
    tk_reply_data(sale->reply, data);
    return TK_OK;
}

static json_t *conflicts_json(const struct truth *truth)
{
    json_t *list = json_array();
    const json_t *seat;
    size_t i;
    json_array_foreach (json_object_get(truth->data, "conflicts"), i, seat)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "seat", json_string_value(seat), "state", "sold"));
    return list;
}

/* Others had some of the seats; the answer carries the hold that has the rest. */
static enum tk_err answer_refused(struct sale *sale, const struct truth *truth,
                                  const struct hold *kept)
{
    bool taken = json_array_size(json_object_get(truth->data, "conflicts")) > 0;
    if (taken) {
        json_t *data = json_pack("{s:o}", "conflicts", conflicts_json(truth));
        if (kept->id) {
            json_object_set_new(data, "holdId", json_string(kept->id));
            json_object_set_new(data, "hold", hold_json(kept));
        }
        tk_reply_data(sale->reply, data);
    }
    if (sale->documented)
        return TK_NOT_ABLE_TO_CREATE;
    return taken ? TK_SEAT_TAKEN : TK_HOLD_EXPIRED;
}

/* The truth has spoken: the map follows, then the client hears it. */
static enum tk_err finish(struct sale *sale, const struct truth *truth)
{
    struct hold kept = {0};
    bool settled = !TK_FAILPOINT("create.before-settle") &&
                   truth_apply(sale->app, sale->session, sale->hold_id, sale->member, truth,
                               sale->arena, &kept);
    if (!settled) /* the sale stands: its event repairs the map */
        tk_log(TK_WARN, "settle-failed", TK_I("session", sale->session->id),
               TK_S("hold", sale->hold_id));
    if (TK_FAILPOINT("create.after-settle"))
        return unknown();
    if (truth->outcome == TRUTH_REFUSED)
        return answer_refused(sale, truth, &kept);
    return answer_sold(sale, truth);
}

/* Nothing was sent, or nothing was done: "a failed create keeps the hold". */
static enum tk_err failed(struct sale *sale)
{
    return demote(sale) ? TK_RESERVATION_FAILED : unknown();
}

/* A sale that was made by another body is not this request's. */
static bool of_another_body(const struct sale *sale, const struct truth *truth)
{
    const char *hash = json_string_value(json_object_get(truth->data, "requestHash"));
    return truth->outcome == TRUTH_SOLD && hash && strcmp(hash, sale->request_hash) != 0;
}

enum tk_err sale_by_key(struct sale *sale)
{
    struct trace trace = trace_of(sale);
    struct truth truth = truth_ask_key(sale->app, sale->session, sale->member, sale->key, &trace,
                                       sale->arena);
    if (truth.outcome == TRUTH_NONE)
        return TK_NOT_ABLE_TO_CREATE;
    if (truth.outcome != TRUTH_SOLD || !truth.hold)
        return unknown();
    if (of_another_body(sale, &truth))
        return TK_KEY_REUSED;
    sale->hold_id = truth.hold;
    return finish(sale, &truth);
}

/*
 * There is no such hold: it may have been sold and the answer lost (†7). Asking is a write; the id
 * was issued to this member. A key is asked about first: it may have sold an earlier hold, which
 * Redis forgot.
 */
static enum tk_err ask(struct sale *sale)
{
    if (*sale->key) {
        enum tk_err err = sale_by_key(sale);
        if (err != TK_NOT_ABLE_TO_CREATE)
            return err;
    }
    struct trace trace = trace_of(sale);
    struct truth truth = truth_ask(sale->app, sale->session, sale->hold_id, &trace, sale->arena);
    if (truth.outcome != TRUTH_SOLD && truth.outcome != TRUTH_REFUSED)
        return unknown();
    if (of_another_body(sale, &truth))
        return TK_KEY_REUSED;
    return finish(sale, &truth);
}

static enum tk_err not_promoted(struct sale *sale, enum status status)
{
    switch (status) {
    case ST_NONE:
    case ST_NOMAP:
        return ask(sale);
    case ST_REUSED:
        return TK_KEY_REUSED;
    default: /* Redis is away; it may have promoted, and somebody may have sold it before */
        return TK_REDIS_TROUBLE_OCCURRED;
    }
}

static enum tk_err too_little(struct sale *sale, const struct hold *hold)
{
    tk_reply_detail(sale->reply, "'payment.tendered' is less than %lld won",
                    (long long)hold->total);
    return demote(sale) ? TK_INVALID_VALUE : unknown();
}

/*
 * Its key may have sold another hold before Redis forgot it. Then nothing was done to this one, nor
 * ever can be under this key: it is held again. If that cannot be done, it is asked about.
 */
static enum tk_err sold(struct sale *sale, const struct truth *truth)
{
    if (truth->hold && strcmp(truth->hold, sale->hold_id) != 0) {
        if (!demote(sale))
            tk_log(TK_WARN, "demote-failed", TK_I("session", sale->session->id),
                   TK_S("hold", sale->hold_id));
        sale->hold_id = truth->hold;
    } else {
        tk_metric_add(&sold_total, 1);
    }
    return finish(sale, truth);
}

enum tk_err sale_run(struct sale *sale)
{
    struct hold hold;
    if (TK_FAILPOINT("create.before-promote"))
        return TK_UNAVAILABLE;
    struct result promoted = promote_once(sale, &hold);
    if (promoted.status != ST_OK)
        return not_promoted(sale, promoted.status);
    if (TK_FAILPOINT("create.after-promote"))
        return unknown();
    if (sale->tendered >= 0 && sale->tendered < hold.total)
        return too_little(sale, &hold);
    struct truth truth = send_create(sale, &hold);
    switch (truth.outcome) {
    case TRUTH_SOLD:
        return sold(sale, &truth);
    case TRUTH_REFUSED:
        return finish(sale, &truth);
    case TRUTH_REUSED: /* changes nothing here: the hold stays committing and is asked about (†9) */
        return TK_KEY_REUSED;
    case TRUTH_NOT_SENT:
    case TRUTH_REJECTED:
        return failed(sale);
    default:
        return unknown();
    }
}
