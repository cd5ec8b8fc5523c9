#include "server/mail/deliver.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/failpoint.h"
#include "server/common/metrics.h"
#include "server/mail/letter.h"
#include "server/mail/store.h"
#include "shared/base/log.h"

#define ATTEMPTS_MAX  10
#define THREADS_MAX   8
#define TICKET_OLD_S  (3 * 86400)
#define VALID_OLD_S   300
#define ARENA_LIMIT   (8u << 20) /* 100 seats, each with its picture */
#define MESSAGE_LIMIT (256u << 10)

/* What differs between the two queues. */
struct kind {
    const char *name, *queue;
    bool (*write)(const json_t *, struct tk_arena *, struct letter *, const char **);
    int64_t old_s;
    const char *delays[3]; /* keys of delay.exchange, by attempt; the last serves all later ones */
};

static const struct kind ticket_kind = {
    .name = "ticket",
    .queue = "mail.queue",
    .write = letter_ticket,
    .old_s = TICKET_OLD_S,
    .delays = {"mail.delay.5s", "mail.delay.30s", "mail.delay.300s"},
};
static const struct kind valid_kind = {
    .name = "valid",
    .queue = "valid.queue",
    .write = letter_valid,
    .old_s = VALID_OLD_S,
    .delays = {"valid.delay.5s", "valid.delay.5s", "valid.delay.30s"},
};

/* One consumer thread with what belongs to it alone. */
struct lane {
    const struct kind *kind;
    struct tk_app *app;
    struct smtp *smtp;
    struct tk_pub *pub;
    struct tk_consumer *consumer;
};

struct courier {
    struct lane lanes[THREADS_MAX + 1];
    size_t count;
};

static struct tk_metric sent_total = {
    .name = "ticketaka_mail_sent_total",
    .help = "Mails that the SMTP server took",
};
static struct tk_metric failed_total = {
    .name = "ticketaka_mail_failed_total",
    .help = "Mails given up: refused for good, too old, or unreadable",
};
static struct tk_metric delayed_total = {
    .name = "ticketaka_mail_delayed_total",
    .help = "Mails put off to be tried again",
};
static struct tk_metric repeated_total = {
    .name = "ticketaka_mail_repeated_total",
    .help = "Messages that arrived again after their mail was out",
};

/* ---- verdicts ---------------------------------------------------------------- */

static enum tk_mq_verdict give_up(struct lane *lane, const struct tk_mq_in *in, const char *why)
{
    tk_metric_add(&failed_total, 1);
    tk_log(TK_ERROR, "mail given up", TK_S("queue", lane->kind->queue),
           TK_S("message_id", in->message_id), TK_S("why", why), TK_I("attempt", in->attempt));
    /* Best effort: the dead-letter queue is the record that counts. */
    if (*in->message_id && sent_finish(lane->app->db, in->message_id, SENT_GIVEN_UP) != TK_DB_OK)
        tk_log(TK_WARN, "giving up was not recorded", TK_S("message_id", in->message_id),
               TK_S("why", tk_db_error()));
    return TK_MQ_DEAD;
}

static enum tk_mq_verdict put_off(struct lane *lane, const struct tk_mq_in *in, int attempt,
                                  const char *why)
{
    int step = attempt < 1 ? 0 : attempt < 3 ? attempt - 1 : 2;
    struct tk_mq_msg msg = {
        .exchange = "delay.exchange",
        .key = lane->kind->delays[step],
        .body = in->body,
        .size = in->size,
        .message_id = in->message_id,
        .traceparent = in->traceparent,
        .attempt = attempt,
    };

    if (attempt >= ATTEMPTS_MAX)
        return give_up(lane, in, why);
    tk_log(TK_WARN, "mail put off", TK_S("queue", lane->kind->queue),
           TK_S("message_id", in->message_id), TK_S("why", why), TK_I("attempt", attempt),
           TK_S("until", msg.key));
    tk_metric_add(&delayed_total, 1);
    /* Not confirmed: the original stays ours and comes again. Perhaps both do;
     * the sent log knows. */
    if (tk_pub_send(lane->pub, &msg, 1) != 1)
        return TK_MQ_REQUEUE;
    return TK_MQ_ACK;
}

static enum tk_mq_verdict sent(struct lane *lane, const struct tk_mq_in *in)
{
    enum tk_db_res res;

    tk_metric_add(&sent_total, 1);
    if (TK_FAILPOINT("mail.after-send"))
        return TK_MQ_REQUEUE; /* as if the record could not be written and we had died here */
    res = sent_finish(lane->app->db, in->message_id, SENT_DONE);
    if (res != TK_DB_OK)
        tk_log(TK_ERROR, "sent mail was not recorded", TK_S("message_id", in->message_id),
               TK_S("why", tk_db_error()));
    else
        tk_log(TK_INFO, "mail sent", TK_S("queue", lane->kind->queue),
               TK_S("message_id", in->message_id), TK_I("attempt", in->attempt));
    /* Unrecorded, but out: acknowledging repeats nothing, asking for it again would. */
    return TK_MQ_ACK;
}

static enum tk_mq_verdict send_letter(struct lane *lane, const struct tk_mq_in *in,
                                      const struct letter *letter)
{
    if (TK_FAILPOINT("mail.before-send"))
        return TK_MQ_REQUEUE;
    switch (smtp_send(lane->smtp, letter, in->message_id)) {
    case SMTP_SENT:
        return sent(lane, in);
    case SMTP_NEVER:
        return give_up(lane, in, smtp_error(lane->smtp));
    case SMTP_DOWN:
        return put_off(lane, in, in->attempt, smtp_error(lane->smtp));
    case SMTP_LATER:
        break;
    }
    return put_off(lane, in, in->attempt + 1, smtp_error(lane->smtp));
}

/* ---- a message --------------------------------------------------------------- */

/* What the record says about this message; ACK, DEAD and REQUEUE end it, *go means: send. */
static enum tk_mq_verdict consult_log(struct lane *lane, const struct tk_mq_in *in, bool *go)
{
    enum sent_state state;
    int64_t age_s;

    *go = false;
    if (sent_begin(lane->app->db, in->message_id, lane->kind->name, &state, &age_s) != TK_DB_OK) {
        /* Not requeued: every delivery counts towards the queue's delivery-limit, an outage would
         * use it up. */
        return put_off(lane, in, in->attempt, "the sent log does not answer");
    }
    if (state == SENT_DONE) {
        tk_metric_add(&repeated_total, 1);
        return TK_MQ_ACK;
    }
    if (age_s > lane->kind->old_s)
        return give_up(lane, in, "too old");
    *go = true;
    return TK_MQ_ACK;
}

static bool id_is_sound(const char *id)
{
    size_t length = strlen(id);

    return length >= 1 && length <= 128 &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") ==
               length;
}

static enum tk_mq_verdict handle(struct lane *lane, const struct tk_mq_in *in,
                                 struct tk_arena *arena)
{
    json_t *message = json_loadb(in->body, in->size, JSON_REJECT_DUPLICATES, NULL);
    enum tk_mq_verdict verdict = TK_MQ_DEAD;
    struct letter letter;
    const char *why = "not a JSON object";
    bool go = false;

    if (json_is_object(message) && lane->kind->write(message, arena, &letter, &why)) {
        verdict = consult_log(lane, in, &go);
        if (go)
            verdict = send_letter(lane, in, &letter);
    } else if (why) {
        verdict = give_up(lane, in, why);
    } else {
        tk_log(TK_ERROR, "memory is short", TK_S("message_id", in->message_id));
        verdict = TK_MQ_REQUEUE;
    }
    json_decref(message);
    return verdict;
}

static enum tk_mq_verdict on_message(const struct tk_mq_in *in, void *arg)
{
    struct lane *lane = arg;
    struct tk_arena *arena;
    enum tk_mq_verdict verdict;

    if (!id_is_sound(in->message_id) || in->size > MESSAGE_LIMIT) {
        tk_metric_add(&failed_total, 1);
        tk_log(TK_ERROR, "mail given up", TK_S("queue", lane->kind->queue),
               TK_S("why", "no message id, or too large"), TK_I("size", in->size));
        return TK_MQ_DEAD;
    }
    arena = tk_arena_new(ARENA_LIMIT);
    if (!arena)
        return TK_MQ_REQUEUE;
    verdict = handle(lane, in, arena);
    tk_arena_free(arena);
    return verdict;
}

/* ---- the consumers ----------------------------------------------------------- */

static bool lane_open(struct lane *lane, struct tk_app *app, const struct kind *kind,
                      const struct smtp_conf *conf)
{
    *lane = (struct lane){.kind = kind, .app = app};
    lane->smtp = smtp_new(conf);
    lane->pub = tk_pub_new(&app->mq_conf);
    if (!lane->smtp || !lane->pub)
        return false;
    lane->consumer = tk_consumer_start(&app->mq_conf, kind->queue, 1, on_message, lane);
    return lane->consumer != NULL;
}

static void lane_close(struct lane *lane)
{
    tk_consumer_stop(lane->consumer);
    tk_pub_free(lane->pub);
    smtp_free(lane->smtp);
}

struct courier *courier_start(struct tk_app *app, const struct smtp_conf *smtp, int mail_threads)
{
    struct courier *courier = calloc(1, sizeof *courier);
    size_t lanes = (size_t)(mail_threads > THREADS_MAX ? THREADS_MAX : mail_threads) + 1;

    if (!courier)
        return NULL;
    tk_metric_register(&sent_total);
    tk_metric_register(&failed_total);
    tk_metric_register(&delayed_total);
    tk_metric_register(&repeated_total);
    while (courier->count < lanes) {
        const struct kind *kind = courier->count ? &ticket_kind : &valid_kind;
        struct lane *lane = &courier->lanes[courier->count++];

        if (!lane_open(lane, app, kind, smtp)) {
            courier_stop(courier);
            return NULL;
        }
    }
    return courier;
}

void courier_stop(struct courier *courier)
{
    if (!courier)
        return;
    for (size_t i = 0; i < courier->count; i++)
        lane_close(&courier->lanes[i]);
    free(courier);
}

bool courier_up(const struct courier *courier)
{
    for (size_t i = 0; i < courier->count; i++)
        if (!tk_consumer_up(courier->lanes[i].consumer))
            return false;
    return true;
}
