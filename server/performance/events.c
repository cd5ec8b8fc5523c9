/* The consumer of seat.queue: {prfSessionId, seats, state, change}. Order, repetition and delay do
 * not matter. */
#include <jansson.h>
#include <string.h>

#include "server/common/failpoint.h"
#include "server/performance/engine.h"
#include "server/performance/keeper.h"
#include "server/performance/performance.h"
#include "shared/base/log.h"
#include "shared/base/str.h"

enum { PREFETCH = 50, ARENA = 256 * 1024 };

static struct tk_consumer *consumer;

struct event {
    int64_t session, change;
    const char *state;
    const json_t *seats;
};

static bool read_event(const json_t *body, struct event *event)
{
    *event = (struct event){
        .session = json_integer_value(json_object_get(body, "prfSessionId")),
        .change = json_integer_value(json_object_get(body, "change")),
        .state = json_string_value(json_object_get(body, "state")),
        .seats = json_object_get(body, "seats"),
    };
    return event->session > 0 && event->change > 0 && json_is_array(event->seats) && event->state &&
           (strcmp(event->state, "sold") == 0 || strcmp(event->state, "free") == 0);
}

/* false: a name that this plan does not have; the others are applied. */
static bool offsets_of(const struct session *session, const struct event *event, struct tk_buf *out)
{
    const json_t *seat;
    size_t i;
    bool all = true;
    tk_buf_puts(out, "");
    json_array_foreach (event->seats, i, seat) {
        const char *name = json_string_value(seat);
        long off = name ? tk_plan_offset(session->plan, name) : -1;
        if (off >= 0)
            tk_buf_printf(out, "%s%ld", out->len ? "," : "", off);
        else
            all = false;
    }
    return all;
}

static enum tk_mq_verdict apply(struct tk_app *app, const struct session *session,
                                const struct event *event, struct tk_arena *arena)
{
    struct tk_buf offsets = {0};
    struct call call;
    redisReply *reply;
    if (!offsets_of(session, event, &offsets))
        tk_log(TK_ERROR, "seat-not-in-plan", TK_I("session", event->session));
    if (offsets.failed) { /* half of an event must not be acknowledged as all of it */
        tk_buf_release(&offsets);
        return TK_MQ_REQUEUE;
    }
    call_begin(&call, arena, "event.lua", event->session);
    call_str(&call, event->state);
    call_int(&call, event->change);
    call_str(&call, offsets.data);
    tk_buf_release(&offsets);
    struct result result = engine_run(app, &call, &reply);
    freeReplyObject(reply);
    /* NOMAP is done too: the installer's nonce is gone,
     * and whoever installs reads what this told. */
    return result.status == ST_OK || result.status == ST_NOMAP ? TK_MQ_ACK : TK_MQ_REQUEUE;
}

static enum tk_mq_verdict handle(struct tk_app *app, const struct event *event)
{
    struct session *session;
    struct tk_arena *arena = tk_arena_new(ARENA);
    enum tk_mq_verdict verdict = TK_MQ_REQUEUE;
    if (!arena)
        return verdict;
    enum tk_err err = session_get(app, event->session, true, &session);
    if (err == TK_NO_SUCH_ELEMENT)
        verdict = TK_MQ_DEAD;
    if (err == TK_OK) {
        verdict = apply(app, session, event, arena);
        session_release(session);
    }
    tk_arena_free(arena);
    return verdict;
}

static enum tk_mq_verdict on_message(const struct tk_mq_in *in, void *arg)
{
    struct event event;
    json_t *body = json_loadb(in->body, in->size, JSON_REJECT_DUPLICATES, NULL);
    enum tk_mq_verdict verdict = TK_MQ_DEAD;
    if (TK_FAILPOINT("event.before-apply"))
        verdict = TK_MQ_REQUEUE;
    else if (read_event(body, &event))
        verdict = handle(arg, &event);
    else
        tk_log(TK_ERROR, "event-unreadable", TK_S("message", in->message_id));
    json_decref(body);
    if (TK_FAILPOINT("event.after-apply"))
        verdict = TK_MQ_REQUEUE;
    tk_metric_add(&events_total, 1);
    return verdict;
}

int events_start(struct tk_app *app)
{
    consumer = tk_consumer_start(&app->mq_conf, "seat.queue", PREFETCH, on_message, app);
    return consumer ? 0 : -1;
}

bool events_up(struct tk_app *app)
{
    (void)app;
    return consumer && tk_consumer_up(consumer);
}

void events_stop(void)
{
    tk_consumer_stop(consumer);
    consumer = NULL;
}
