/*
 * RabbitMQ. One thread per connection, always; every call has a limit; on doubt the socket is closed and
 * what was not confirmed is sent again. Queues and exchanges are declared passively: definitions.json is
 * their only source.
 */
#ifndef TK_COMMON_MQ_H
#define TK_COMMON_MQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tk_mq_conf {
    const char *url; /* amqp://user@host:port/vhost */
    const char *password_file;
    int64_t timeout_ms; /* connect and each call: 2,500 */
};

struct tk_mq_msg {
    const char *exchange, *key;
    const char *body;
    size_t size;
    const char *message_id;  /* stable across repeats */
    const char *traceparent; /* may be NULL */
    int attempt;             /* header x-attempt; 0 is not written */
    bool confirmed;          /* out: the broker has it on a queue */
};

/* ---- publishing: not thread-safe, one publisher per thread ------------------------------------------- */
struct tk_pub;
struct tk_pub *tk_pub_new(const struct tk_mq_conf *conf);
void tk_pub_free(struct tk_pub *pub);
/*
 * Publishes all (persistent, mandatory) and waits for their confirms; sets .confirmed of each. Returns how
 * many were confirmed, -1 when there is no connection. nack and return count as not confirmed. Without messages (0) it
 * asks the broker for a sign of life.
 */
int tk_pub_send(struct tk_pub *pub, struct tk_mq_msg *msgs, size_t count);
const char *tk_pub_error(const struct tk_pub *pub);

/* ---- consuming: a thread of its own ------------------------------------------------------------------- */
enum tk_mq_verdict {
    TK_MQ_ACK,
    /*
     * Trouble of ours: fn gets it again after a pause of 200 ms, growing to 5 s. It stays with this consumer
     * meanwhile, because the broker counts a message given back towards the queue's delivery-limit.
     */
    TK_MQ_REQUEUE,
    TK_MQ_DEAD, /* can never succeed: dead-lettered */
};
struct tk_mq_in {
    const char *body; /* not NUL-terminated */
    size_t size;
    const char *message_id, *traceparent; /* "" when absent */
    int attempt;                          /* x-attempt, 0 when absent */
    bool redelivered;
};
struct tk_consumer;
/*
 * Starts a thread that consumes `queue` with `prefetch`, calls fn for each message on that thread, and reconnects
 * for ever with back-off. `fn` may block; heartbeats are kept while it is shorter than 30 s. While there is nothing to
 * do the broker is asked for a sign of life every three seconds: one that hangs is known within six.
 */
struct tk_consumer *tk_consumer_start(const struct tk_mq_conf *conf, const char *queue,
                                      int prefetch,
                                      enum tk_mq_verdict (*fn)(const struct tk_mq_in *, void *),
                                      void *arg);
bool tk_consumer_up(const struct tk_consumer *consumer); /* any thread */
/* Why the connection was last lost or refused, "" when it never was. Any thread; returns `to`. */
const char *tk_consumer_error(struct tk_consumer *consumer, char *to, size_t size);
/* Finishes the message in hand, then joins. NULL is fine. */
void tk_consumer_stop(struct tk_consumer *consumer);

#endif
