#include "server/performance/truth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/performance/engine.h"
#include "server/performance/hold_id.h"
#include "server/performance/performance.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/net/http.h"

/* ---- one client a thread ----------------------------------------------------- */
static pthread_key_t client_key;
static pthread_once_t client_once = PTHREAD_ONCE_INIT;

static void free_client(void *client)
{
    tk_http_free(client);
}

static void make_key(void)
{
    pthread_key_create(&client_key, free_client);
}

static struct tk_http *client(struct tk_app *app, const struct trace *trace)
{
    pthread_once(&client_once, make_key);
    struct tk_http *http = pthread_getspecific(client_key);
    if (!http) {
        http = tk_http_new(perf_conf.reservation_url);
        if (!http)
            return NULL;
        pthread_setspecific(client_key, http);
    }
    /* Asked for anew each time: the credential's file may have been replaced. */
    const char *credential = tk_service_credential(app->keyring);
    bool ok = tk_http_header(http, "X-Ticketaka-Service", credential) &&
              tk_http_header(http, "X-Request-Id", trace ? trace->request_id : NULL) &&
              tk_http_header(http, "traceparent", trace ? trace->traceparent : NULL);
    return ok ? http : NULL;
}

/* ---- reading answers --------------------------------------------------------- */
static void drop_json(void *json)
{
    json_decref(json);
}

/* "3,14" of names, which stand alone or as {seat, …}. A name that the plan does not have is a fault
 * of the plan: the others are still right, and the log says so. NULL: memory is short; a part of
 * the list would be worse than nothing, since settling frees what is not on it. */
static const char *offsets_of(const struct session *session, const json_t *list,
                              struct tk_arena *arena)
{
    struct tk_buf buf = {0};
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item) {
        const json_t *named = json_is_object(item) ? json_object_get(item, "seat") : item;
        const char *name = json_string_value(named);
        long off = name ? tk_plan_offset(session->plan, name) : -1;
        if (off < 0)
            tk_log(TK_ERROR, "seat-not-in-plan", TK_I("session", session->id),
                   TK_S("seat", name ? name : ""));
        else
            tk_buf_printf(&buf, "%s%ld", buf.len ? "," : "", off);
    }
    char *text = buf.failed ? NULL : tk_strdup(arena, buf.data ? buf.data : "");
    tk_buf_release(&buf);
    return text;
}

static enum outcome outcome_of_data(const json_t *data)
{
    const char *word = json_string_value(json_object_get(data, "outcome"));
    if (word && strcmp(word, "sold") == 0)
        return TRUTH_SOLD;
    if (word && strcmp(word, "none") == 0)
        return TRUTH_NONE;
    return word && strcmp(word, "refused") == 0 ? TRUTH_REFUSED : TRUTH_UNKNOWN;
}

/* Rejections that the service makes before it does anything. All that is not certain is unknown. */
static bool certainly_without_effect(const struct tk_answer *answer)
{
    switch (answer->err) {
    case TK_MALFORMED:
    case TK_INVALID_VALUE:
    case TK_UNAUTHORIZED:
    case TK_FORBIDDEN:
    case TK_NOT_FOUND:
    case TK_METHOD_NOT_ALLOWED:
    case TK_TOO_LARGE:
    case TK_TOO_MANY_REQUESTS:
        return answer->status >= 400 && answer->status < 500;
    default:
        return false;
    }
}

static enum outcome outcome_of(const struct tk_answer *answer)
{
    if (answer->sent == TK_HTTP_NOT_SENT)
        return TRUTH_NOT_SENT;
    if (answer->sent == TK_HTTP_UNCERTAIN)
        return TRUTH_UNKNOWN;
    if (answer->err == TK_KEY_REUSED)
        return TRUTH_REUSED;
    if (answer->status == 200 || answer->status == 409)
        return outcome_of_data(answer->data);
    return certainly_without_effect(answer) ? TRUTH_REJECTED : TRUTH_UNKNOWN;
}

/* There was an answer, but no memory to keep it: it can be asked for again. */
static struct truth unknown(void)
{
    return (struct truth){.outcome = TRUTH_UNKNOWN, .seats = "", .conflicts = ""};
}

static struct truth post(struct tk_app *app, const char *path, const struct session *session,
                         json_t *body, const struct trace *trace, struct tk_arena *arena)
{
    struct truth truth = {.outcome = TRUTH_NOT_SENT, .seats = "", .conflicts = ""};
    struct tk_http *http = client(app, trace);
    if (!http)
        return truth;
    struct tk_answer *answer = tk_alloc(arena, sizeof *answer);
    if (!answer)
        return truth;
    tk_http_call(http, "POST", path, body, perf_conf.call_ms, answer);
    truth.outcome = outcome_of(answer);
    if (truth.outcome == TRUTH_UNKNOWN || truth.outcome == TRUTH_REJECTED ||
        truth.outcome == TRUTH_NOT_SENT)
        tk_log(TK_WARN, "truth-call", TK_S("path", path), TK_I("status", answer->status),
               TK_S("error", answer->status ? tk_err_name(answer->err) : answer->why));
    truth.data = json_incref(answer->data);
    if (truth.data && tk_arena_defer(arena, drop_json, truth.data) != 0) {
        json_decref(truth.data);
        truth = unknown();
    }
    tk_answer_release(answer);
    truth.change = json_integer_value(json_object_get(truth.data, "change"));
    truth.hold = json_string_value(json_object_get(truth.data, "holdId"));
    /* A create key may have sold in another session, whose seats mean nothing here. */
    if (truth.outcome == TRUTH_SOLD && (!truth.hold || hold_id_session(truth.hold) == session->id))
        truth.seats = offsets_of(session, json_object_get(truth.data, "seats"), arena);
    if (truth.outcome == TRUTH_REFUSED)
        truth.conflicts = offsets_of(session, json_object_get(truth.data, "conflicts"), arena);
    return truth.seats && truth.conflicts ? truth : unknown();
}

struct truth truth_create(struct tk_app *app, const struct session *session, json_t *body,
                          const struct trace *trace, struct tk_arena *arena)
{
    return post(app, "/reservation/create", session, body, trace, arena);
}

struct truth truth_ask(struct tk_app *app, const struct session *session, const char *hold,
                       const struct trace *trace, struct tk_arena *arena)
{
    json_t *body = json_pack("{s:s}", "holdId", hold);
    struct truth truth = post(app, "/reservation/ask", session, body, trace, arena);
    json_decref(body);
    tk_metric_add(&asked_total, 1);
    return truth;
}

struct truth truth_ask_key(struct tk_app *app, const struct session *session, int64_t member,
                           const char *key, const struct trace *trace, struct tk_arena *arena)
{
    json_t *body = json_pack("{s:I, s:s}", "memberId", (json_int_t)member, "createKey", key);
    struct truth truth = post(app, "/reservation/ask", session, body, trace, arena);
    json_decref(body);
    tk_metric_add(&asked_total, 1);
    return truth;
}

bool truth_rebuild(struct tk_app *app, const struct session *session, struct tk_arena *arena,
                   struct rebuild *out)
{
    struct tk_http *http = client(app, NULL);
    struct tk_answer *answer = tk_alloc(arena, sizeof *answer);
    json_t *body = json_pack("{s:I}", "prfSessionId", (json_int_t)session->id);
    const json_t *name;
    size_t i;
    bool ok = false;
    if (!http || !answer || !body)
        goto out;
    tk_http_call(http, "POST", "/reservation/rebuild", body, perf_conf.call_ms, answer);
    json_t *floor = json_object_get(answer->data, "floor");
    json_t *sold = json_object_get(answer->data, "sold");
    *out = (struct rebuild){json_integer_value(floor), tk_strdup(arena, session->plan->map)};
    ok = answer->status == 200 && json_is_integer(floor) && json_is_array(sold) && out->map;
    if (!ok)
        tk_log(TK_WARN, "rebuild-read", TK_I("session", session->id),
               TK_I("status", answer->status), TK_S("why", answer->why));
    json_array_foreach (sold, i, name) {
        const char *text = ok ? json_string_value(name) : NULL;
        long off = text ? tk_plan_offset(session->plan, text) : -1;
        if (off >= 0)
            out->map[off] = 's';
        else if (ok)
            tk_log(TK_ERROR, "seat-not-in-plan", TK_I("session", session->id),
                   TK_S("seat", text ? text : ""));
    }
    tk_answer_release(answer);
out:
    json_decref(body);
    return ok;
}

/* ---- what follows ------------------------------------------------------------ */
static bool settle(struct tk_app *app, const struct session *session, const char *hold,
                   const struct truth *truth, struct tk_arena *arena)
{
    struct call call;
    redisReply *reply;
    call_begin(&call, arena, "settle.lua", session->id);
    call_str(&call, hold);
    call_int(&call, truth->change);
    call_str(&call, truth->seats);
    struct result result = engine_run(app, &call, &reply);
    freeReplyObject(reply);
    return result.status == ST_OK || result.status == ST_NOMAP;
}

static bool refuse(struct tk_app *app, const struct session *session, const char *hold,
                   int64_t member, const struct truth *truth, struct tk_arena *arena,
                   struct hold *kept)
{
    struct call call;
    redisReply *reply;
    char next[HOLD_ID] = "";
    if (*truth->conflicts)
        hold_id_successor(hold, member, next);
    call_begin(&call, arena, "refuse.lua", session->id);
    call_str(&call, hold);
    call_int(&call, truth->change);
    call_str(&call, truth->conflicts);
    call_str(&call, next);
    struct result result = engine_run(app, &call, &reply);
    if (result.status == ST_OK) {
        engine_due(app, session->id, result_int(&result, 2));
        if (kept && !hold_read(&result, session->plan, arena, kept))
            kept->id = NULL;
    }
    freeReplyObject(reply);
    return result.status == ST_OK || result.status == ST_NONE || result.status == ST_NOMAP;
}

bool truth_apply(struct tk_app *app, const struct session *session, const char *hold,
                 int64_t member, const struct truth *truth, struct tk_arena *arena,
                 struct hold *kept)
{
    if (kept)
        kept->id = NULL;
    if (truth->outcome == TRUTH_SOLD)
        return settle(app, session, hold, truth, arena);
    if (truth->outcome == TRUTH_REFUSED)
        return refuse(app, session, hold, member, truth, arena, kept);
    return true; /* unknown, or another body: nothing changes in Redis (†9) */
}
