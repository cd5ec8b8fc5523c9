/*
 * A consumer's thread: reads deliveries into a small list, hands them to fn one by one, and keeps
 * the connection's heartbeats while it waits.
 *
 * TK_MQ_REQUEUE keeps the message here and tries it again after a pause, instead of giving it back:
 * the broker counts every return towards the queue's delivery-limit, so a database that is away for
 * a minute would turn all messages into poison. Only what is still here when the connection ends
 * goes back.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/common/mq_conn.h"
#include "shared/base/time.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define PAUSE_MIN_MS   200
#define PAUSE_MAX_MS   5000
#define WAIT_MS        250 /* also the longest that tk_consumer_stop waits for an idle consumer */
#define PROBE_MS       3000
#define BODY_MAX       ((size_t)1024 * 1024) /* nothing of ours is near it */
#define ID_MAX         255                   /* AMQP's short string */

struct tk_consumer {
    const struct tk_mq_conf *conf;
    char *queue;
    size_t prefetch;
    enum tk_mq_verdict (*fn)(const struct tk_mq_in *, void *);
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock; /* for wake and error */
    pthread_cond_t wake;
    char error[sizeof(((struct mq_conn *)0)->error)];
    atomic_bool stopping, up;

    /* The thread's own. */
    struct mq_conn conn;
    struct delivery *first, *last;
    size_t held;
    int64_t not_before, pause_ms, probe_at;
};

struct delivery {
    struct delivery *next;
    amqp_envelope_t envelope;
    bool tried;
};

/* ---- the list of what was delivered ------------------------------------------ */
static void append(struct tk_consumer *consumer, struct delivery *delivery)
{
    delivery->next = NULL;
    *(consumer->last ? &consumer->last->next : &consumer->first) = delivery;
    consumer->last = delivery;
    consumer->held++;
}

static struct delivery *take_first(struct tk_consumer *consumer)
{
    struct delivery *delivery = consumer->first;

    consumer->first = delivery->next;
    if (!consumer->first)
        consumer->last = NULL;
    consumer->held--;
    return delivery;
}

static void free_delivery(struct delivery *delivery)
{
    amqp_destroy_envelope(&delivery->envelope);
    free(delivery);
}

static void forget_all(struct tk_consumer *consumer)
{
    while (consumer->first)
        free_delivery(take_first(consumer));
}

/* ---- one message ------------------------------------------------------------- */
static void copy_bytes(char to[ID_MAX + 1], amqp_bytes_t from)
{
    size_t len = from.len < ID_MAX ? from.len : ID_MAX;

    if (len)
        memcpy(to, from.bytes, len);
    to[len] = '\0';
}

static bool is_key(const amqp_table_entry_t *entry, const char *name)
{
    return entry->key.len == strlen(name) && memcmp(entry->key.bytes, name, entry->key.len) == 0;
}

/* Whatever integer the publisher's library chose. Out of range is 0, as if absent. */
static int integer_of(const amqp_field_value_t *value)
{
    int64_t num = 0;

    switch (value->kind) {
    case AMQP_FIELD_KIND_I8:
        num = (int)value->value.i8;
        break;
    case AMQP_FIELD_KIND_I16:
        num = value->value.i16;
        break;
    case AMQP_FIELD_KIND_I32:
        num = value->value.i32;
        break;
    case AMQP_FIELD_KIND_I64:
        num = value->value.i64;
        break;
    default:
        break;
    }
    return num > 0 && num < 1000000 ? (int)num : 0;
}

static enum tk_mq_verdict ask(struct tk_consumer *consumer, const struct delivery *delivery)
{
    const amqp_message_t *message = &delivery->envelope.message;
    const amqp_basic_properties_t *props = &message->properties;
    char id[ID_MAX + 1] = "", trace[ID_MAX + 1] = "";
    struct tk_mq_in in = {
        .body = message->body.bytes,
        .size = message->body.len,
        .message_id = id,
        .traceparent = trace,
        .redelivered = delivery->envelope.redelivered || delivery->tried,
    };

    if (message->body.len > BODY_MAX)
        return TK_MQ_DEAD;
    if (!in.body)
        in.body = "";
    if (props->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        copy_bytes(id, props->message_id);
    for (int i = 0; (props->_flags & AMQP_BASIC_HEADERS_FLAG) && i < props->headers.num_entries;
         i++) {
        const amqp_table_entry_t *entry = &props->headers.entries[i];

        if (is_key(entry, "x-attempt"))
            in.attempt = integer_of(&entry->value);
        else if (is_key(entry, "traceparent") && entry->value.kind == AMQP_FIELD_KIND_UTF8)
            copy_bytes(trace, entry->value.value.bytes);
    }
    return consumer->fn(&in, consumer->arg);
}

static void pause_for_trouble(struct tk_consumer *consumer)
{
    consumer->not_before = tk_mono_ms() + consumer->pause_ms;
    consumer->pause_ms = consumer->pause_ms * 2 < PAUSE_MAX_MS ? consumer->pause_ms * 2
                                                               : PAUSE_MAX_MS;
}

/* false: the connection is lost. */
static bool handle_first(struct tk_consumer *consumer)
{
    struct delivery *delivery = take_first(consumer);
    uint64_t tag = delivery->envelope.delivery_tag;
    enum tk_mq_verdict verdict = ask(consumer, delivery);
    int status;

    if (verdict == TK_MQ_REQUEUE) {
        delivery->tried = true;
        append(consumer, delivery); /* behind the others: they may be luckier */
        pause_for_trouble(consumer);
        return true;
    }
    free_delivery(delivery);
    consumer->pause_ms = PAUSE_MIN_MS;
    status = verdict == TK_MQ_ACK ? amqp_basic_ack(consumer->conn.state, MQ_CHANNEL, tag, false)
                                  : amqp_basic_reject(consumer->conn.state, MQ_CHANNEL, tag, false);
    if (status != AMQP_STATUS_OK)
        mq_fail(&consumer->conn, "cannot acknowledge", status);
    return status == AMQP_STATUS_OK;
}

/* ---- the connection ---------------------------------------------------------- */
/* basic.cancel (the queue was deleted), a closed channel or connection: all mean to begin anew. */
static bool read_other(struct tk_consumer *consumer)
{
    amqp_frame_t frame;

    if (mq_frame(&consumer->conn, &frame, WAIT_MS) != AMQP_STATUS_OK)
        return false;
    if (frame.frame_type == AMQP_FRAME_METHOD &&
        frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD) {
        snprintf(consumer->conn.error, sizeof consumer->conn.error, "the queue '%s' is gone",
                 consumer->queue);
        return false;
    }
    return frame.frame_type == AMQP_FRAME_HEARTBEAT;
}

/* Waits up to `ms` for a delivery, sending and checking heartbeats. false:
 * the connection is lost. */
static bool receive(struct tk_consumer *consumer, int64_t ms)
{
    struct timeval limit = mq_interval(ms);
    struct delivery *delivery = calloc(1, sizeof *delivery);
    amqp_rpc_reply_t reply;

    if (!delivery)
        return false;
    amqp_maybe_release_buffers(consumer->conn.state);
    reply = amqp_consume_message(consumer->conn.state, &delivery->envelope, &limit, 0);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
        append(consumer, delivery);
        return true;
    }
    free(delivery);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
        if (reply.library_error == AMQP_STATUS_TIMEOUT)
            return true;
        if (reply.library_error == AMQP_STATUS_UNEXPECTED_STATE)
            return read_other(consumer);
    }
    return mq_ok(&consumer->conn, "lost", reply);
}

static bool subscribe(struct tk_consumer *consumer)
{
    amqp_connection_state_t state = consumer->conn.state;
    amqp_bytes_t queue = amqp_cstring_bytes(consumer->queue);

    amqp_queue_declare(state, MQ_CHANNEL, queue, true, false, false, false, amqp_empty_table);
    if (!mq_ok(&consumer->conn, "no such queue", amqp_get_rpc_reply(state)))
        return false;
    amqp_basic_qos(state, MQ_CHANNEL, 0, (uint16_t)consumer->prefetch, false);
    if (!mq_ok(&consumer->conn, "cannot limit", amqp_get_rpc_reply(state)))
        return false;
    amqp_basic_consume(state, MQ_CHANNEL, queue, amqp_empty_bytes, false, false, false,
                       amqp_empty_table);
    return mq_ok(&consumer->conn, "cannot consume", amqp_get_rpc_reply(state));
}

/* A broker that hangs keeps its connections, and heartbeats tell only after half a minute. Limiting anew to what
 * is the limit already is the cheapest question that must be answered. */
static bool probe(struct tk_consumer *consumer)
{
    if (consumer->first || tk_mono_ms() < consumer->probe_at)
        return true;
    consumer->probe_at = tk_mono_ms() + PROBE_MS;
    amqp_basic_qos(consumer->conn.state, MQ_CHANNEL, 0, (uint16_t)consumer->prefetch, false);
    return mq_ok(&consumer->conn, "no answer", amqp_get_rpc_reply(consumer->conn.state));
}

static void serve(struct tk_consumer *consumer)
{
    bool ok = true;

    while (ok && !consumer->stopping) {
        int64_t pause = consumer->not_before - tk_mono_ms();

        if (consumer->first && pause <= 0)
            ok = handle_first(consumer);
        else
            ok = probe(consumer) &&
                 receive(consumer, consumer->first && pause < WAIT_MS ? pause : WAIT_MS);
    }
}

/* Sleeps, but wakes at once for tk_consumer_stop. */
static void rest(struct tk_consumer *consumer, int64_t ms)
{
    int64_t until = tk_mono_ms() + ms;
    struct timespec when = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};

    pthread_mutex_lock(&consumer->lock);
    while (!consumer->stopping && tk_mono_ms() < until)
        pthread_cond_timedwait(&consumer->wake, &consumer->lock, &when);
    pthread_mutex_unlock(&consumer->lock);
}

static void publish_error(struct tk_consumer *consumer)
{
    pthread_mutex_lock(&consumer->lock);
    memcpy(consumer->error, consumer->conn.error, sizeof consumer->error);
    pthread_mutex_unlock(&consumer->lock);
}

static void *run(void *arg)
{
    struct tk_consumer *consumer = arg;
    int64_t backoff = BACKOFF_MIN_MS;

    while (!consumer->stopping) {
        if (mq_open(&consumer->conn, consumer->conf, consumer->conf->timeout_ms) &&
            subscribe(consumer)) {
            consumer->up = true;
            backoff = BACKOFF_MIN_MS;
            consumer->pause_ms = PAUSE_MIN_MS;
            consumer->probe_at = tk_mono_ms() + PROBE_MS;
            serve(consumer);
            consumer->up = false;
        }
        if (!consumer->stopping)
            publish_error(consumer);
        if (consumer->stopping)
            mq_close_gently(&consumer->conn, 500);
        else
            mq_close(&consumer->conn);
        forget_all(consumer);
        rest(consumer, backoff);
        backoff = backoff * 2 < BACKOFF_MAX_MS ? backoff * 2 : BACKOFF_MAX_MS;
    }
    return NULL;
}

static void release(struct tk_consumer *consumer)
{
    pthread_cond_destroy(&consumer->wake);
    pthread_mutex_destroy(&consumer->lock);
    free(consumer->queue);
    free(consumer);
}

struct tk_consumer *tk_consumer_start(const struct tk_mq_conf *conf, const char *queue,
                                      int prefetch,
                                      enum tk_mq_verdict (*fn)(const struct tk_mq_in *, void *),
                                      void *arg)
{
    struct tk_consumer *consumer = calloc(1, sizeof *consumer);
    pthread_condattr_t attr;

    if (!consumer)
        return NULL;
    consumer->conf = conf;
    consumer->queue = strdup(queue);
    consumer->prefetch = prefetch > 0 && prefetch < 1000 ? (size_t)prefetch : 1;
    consumer->fn = fn;
    consumer->arg = arg;
    consumer->pause_ms = PAUSE_MIN_MS;
    pthread_mutex_init(&consumer->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&consumer->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (!consumer->queue || pthread_create(&consumer->thread, NULL, run, consumer) != 0) {
        release(consumer);
        return NULL;
    }
    return consumer;
}

bool tk_consumer_up(const struct tk_consumer *consumer)
{
    return consumer->up;
}

const char *tk_consumer_error(struct tk_consumer *consumer, char *to, size_t size)
{
    pthread_mutex_lock(&consumer->lock);
    snprintf(to, size, "%s", consumer->error);
    pthread_mutex_unlock(&consumer->lock);
    return to;
}

void tk_consumer_stop(struct tk_consumer *consumer)
{
    if (!consumer)
        return;
    pthread_mutex_lock(&consumer->lock);
    consumer->stopping = true;
    pthread_cond_signal(&consumer->wake);
    pthread_mutex_unlock(&consumer->lock);
    pthread_join(consumer->thread, NULL);
    release(consumer);
}
