/*
 * Against a real RabbitMQ: TICKETAKA_AMQP, TICKETAKA_AMQP_PASSWORD_FILE name a user who may publish
 * to and consume from what scripts/test/t0100-stores.sh declares: exchange t.exchange, key t.key,
 * quorum queue t.queue with a delivery-limit of 3, dead-lettering to t.dead. With TICKETAKA_STACK
 * (the program scripts/stack, whose RabbitMQ it is) the broker is also paused, killed and
 * restarted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/common/mq.h"
#include "shared/base/time.h"

#define MAX 20000

static struct tk_mq_conf conf = {.timeout_ms = 2500};
static struct tk_pub *pub;

/* What consumers have seen: how often each number came, by body. */
struct seen {
    atomic_int times[MAX];
    atomic_int total, wrong;
    enum tk_mq_verdict verdict;
    atomic_int requeues; /* so many TK_MQ_REQUEUE first */
    atomic_int slow_ms;
};

static struct seen seen, dead;

static void nap(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static enum tk_mq_verdict on_message(const struct tk_mq_in *in, void *arg)
{
    struct seen *into = arg;
    char text[32] = "";
    int n;

    if (in->size < sizeof text)
        memcpy(text, in->body, in->size);
    n = atoi(text);
    if (n < 0 || n >= MAX || strcmp(in->traceparent, "00-trace-01") != 0 || in->attempt != 3 ||
        atoi(in->message_id) != n)
        into->wrong++;
    else
        into->times[n]++;
    into->total++;
    nap(into->slow_ms);
    if (into->requeues > 0) {
        into->requeues--;
        return TK_MQ_REQUEUE;
    }
    return into->verdict;
}

static struct tk_consumer *consume(const char *queue, struct seen *into)
{
    struct tk_consumer *consumer = tk_consumer_start(&conf, queue, 20, on_message, into);

    assert_non_null(consumer);
    return consumer;
}

static void wait_total(struct seen *into, int total, int64_t ms)
{
    int64_t until = tk_mono_ms() + ms;

    while (into->total < total && tk_mono_ms() < until)
        nap(5);
    assert_true(into->total >= total);
}

struct letters {
    struct tk_mq_msg msg[1000];
    char text[1000][16];
};

/* Numbered messages from `first`. */
static void write_letters(struct letters *letters, int first, int count, const char *key)
{
    for (int i = 0; i < count; i++) {
        snprintf(letters->text[i], sizeof letters->text[i], "%d", first + i);
        letters->msg[i] = (struct tk_mq_msg){
            .exchange = "t.exchange",
            .key = key,
            .body = letters->text[i],
            .size = strlen(letters->text[i]),
            .message_id = letters->text[i],
            .traceparent = "00-trace-01",
            .attempt = 3,
        };
    }
}

static void drain(const char *queue)
{
    static struct seen into;
    struct tk_consumer *consumer = consume(queue, &into);
    int before;

    for (int i = 0; i < 1000 && !tk_consumer_up(consumer); i++)
        nap(10);
    do {
        before = into.total;
        nap(300);
    } while (into.total != before);
    tk_consumer_stop(consumer);
}

static int set_up(void **state)
{
    (void)state;
    drain("t.queue");
    drain("t.dead");
    memset(&seen, 0, sizeof seen);
    memset(&dead, 0, sizeof dead);
    pub = tk_pub_new(&conf);
    return pub ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tk_pub_free(pub);
    return 0;
}

static struct letters letters;

/* ---- tests ------------------------------------------------------------------- */
static void delivers(void **state)
{
    struct tk_consumer *consumer = consume("t.queue", &seen);

    (void)state;
    write_letters(&letters, 0, 1000, "t.key");
    for (int i = 0; i < 3; i++)
        assert_int_equal(tk_pub_send(pub, letters.msg, 1000), 1000);
    assert_int_equal(tk_pub_send(pub, letters.msg, 0), 0);
    wait_total(&seen, 3000, 10000);
    assert_true(tk_consumer_up(consumer));
    tk_consumer_stop(consumer);
    assert_int_equal(seen.wrong, 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen.times[i], 3);
}

static void tells_unroutable(void **state)
{
    (void)state;
    write_letters(&letters, 0, 300, "t.key");
    for (int i = 0; i < 300; i += 3)
        letters.msg[i].key = "t.nowhere";
    assert_int_equal(tk_pub_send(pub, letters.msg, 300), 200);
    for (int i = 0; i < 300; i++)
        assert_int_equal(letters.msg[i].confirmed, i % 3 != 0);
    assert_non_null(strstr(tk_pub_error(pub), "no queue"));
    letters.msg[0].body = NULL; /* an empty one has no body frame */
    letters.msg[0].size = 0;
    assert_int_equal(tk_pub_send(pub, letters.msg, 1), 0);
    letters.msg[0].message_id = NULL;
    assert_int_equal(tk_pub_send(pub, letters.msg, 1), 0);
    assert_int_equal(tk_pub_send(pub, letters.msg + 1, 1), 1); /* and all goes on */
    letters.msg[1].exchange = "t.absent";                      /* closes the channel */
    assert_true(tk_pub_send(pub, letters.msg + 1, 2) <= 0);
    assert_non_null(strstr(tk_pub_error(pub), "404"));
    assert_int_equal(tk_pub_send(pub, letters.msg + 2, 1), 1);
}

static void carries_large_bodies(void **state)
{
    static char large[300000];
    struct tk_mq_msg msg = {.exchange = "t.exchange",
                            .key = "t.nowhere",
                            .body = large,
                            .size = sizeof large,
                            .message_id = "1"};

    (void)state;
    memset(large, 'x', sizeof large);
    assert_int_equal(tk_pub_send(pub, &msg, 1), 0); /* returned whole, in several frames */
    msg.key = "t.key";
    assert_int_equal(tk_pub_send(pub, &msg, 1), 1);
}

/* More troubles than the delivery-limit: the message must not become poison by them. */
static void keeps_what_is_in_trouble(void **state)
{
    struct tk_consumer *consumer, *of_dead = consume("t.dead", &dead);
    int64_t before = tk_mono_ms();

    (void)state;
    seen.requeues = 6;
    consumer = consume("t.queue", &seen);
    write_letters(&letters, 0, 2, "t.key");
    assert_int_equal(tk_pub_send(pub, letters.msg, 2), 2);
    wait_total(&seen, 8, 30000);
    assert_true(tk_mono_ms() - before > 2000); /* it did not spin */
    nap(300);
    tk_consumer_stop(consumer);
    tk_consumer_stop(of_dead);
    assert_int_equal(seen.total, 8);
    assert_int_equal(dead.total, 0);
}

static void buries_the_dead(void **state)
{
    struct tk_consumer *consumer, *of_dead = consume("t.dead", &dead);

    (void)state;
    seen.verdict = TK_MQ_DEAD;
    consumer = consume("t.queue", &seen);
    write_letters(&letters, 0, 5, "t.key");
    assert_int_equal(tk_pub_send(pub, letters.msg, 5), 5);
    wait_total(&dead, 5, 10000);
    tk_consumer_stop(consumer);
    tk_consumer_stop(of_dead);
    assert_int_equal(seen.total, 5);
}

/* The consumer says why it is not up; connecting takes its time on a busy machine. */
static void wait_error(struct tk_consumer *consumer, const char *part)
{
    int64_t end = tk_mono_ms() + 5000;
    char why[200];

    while (!strstr(tk_consumer_error(consumer, why, sizeof why), part)) {
        if (tk_mono_ms() > end)
            fail_msg("the consumer says '%s', not '%s'", why, part);
        nap(10);
    }
}

static void stops_soon(void **state)
{
    struct tk_consumer *consumer = consume("t.queue", &seen), *absent = consume("t.absent", &dead);
    int64_t before;

    (void)state;
    seen.slow_ms = 200;
    write_letters(&letters, 0, 50, "t.key");
    assert_int_equal(tk_pub_send(pub, letters.msg, 50), 50);
    wait_total(&seen, 1, 5000);
    assert_false(tk_consumer_up(absent));
    wait_error(absent, "404");
    before = tk_mono_ms();
    tk_consumer_stop(consumer);
    tk_consumer_stop(absent);
    tk_consumer_stop(NULL);
    assert_true(tk_mono_ms() - before < 3000);
    assert_true(seen.total < 50);
    consumer = consume("t.queue", &seen); /* the rest comes again */
    seen.slow_ms = 0;
    wait_total(&seen, 50, 10000);
    tk_consumer_stop(consumer);
    for (int i = 0; i < 50; i++)
        assert_true(seen.times[i] >= 1);
}

static void works_without_a_broker(void **state)
{
    static const char *const urls[] = {"amqp://127.0.0.1:1/x", "nonsense", "amqps://127.0.0.1/x",
                                       NULL};
    int64_t before = tk_mono_ms();

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct tk_mq_conf nowhere = {.url = urls[i], .timeout_ms = 2500};
        struct tk_pub *none = tk_pub_new(&nowhere);

        write_letters(&letters, 0, 1, "t.key");
        for (int j = 0; j < 50; j++)
            assert_int_equal(tk_pub_send(none, letters.msg, 1), -1);
        assert_true(tk_pub_error(none)[0] != '\0');
        tk_pub_free(none);
    }
    tk_pub_free(NULL);
    assert_true(tk_mono_ms() - before < 1000);
}

/* ---- a broker that is away (TICKETAKA_STACK) --------------------------------- */
static void stack(const char *what)
{
    char command[512];

    snprintf(command, sizeof command, "\"$TICKETAKA_STACK\" %s rabbitmq >/dev/null 2>&1", what);
    assert_int_equal(system(command), 0);
}

struct relay { /* an outbox in small: sends each message until it is confirmed */
    atomic_bool stop;
    atomic_int next; /* numbers below are confirmed */
    int64_t worst_ms;
    int failures;
};

static void *relay_thread(void *arg)
{
    static struct letters batch;
    struct relay *relay = arg;
    struct tk_pub *mine = tk_pub_new(&conf);
    int count = 0;

    while (!relay->stop && relay->next + 50 < MAX) {
        int64_t before = tk_mono_ms(), took;

        if (count == 0)
            write_letters(&batch, relay->next, count = 50, "t.key");
        if (tk_pub_send(mine, batch.msg, (size_t)count) == count) {
            relay->next += count;
            count = 0;
            nap(10);
        } else {
            relay->failures++;
            nap(50);
        }
        took = tk_mono_ms() - before;
        relay->worst_ms = took > relay->worst_ms ? took : relay->worst_ms;
    }
    tk_pub_free(mine);
    return NULL;
}

static void strike(const char *first, int between_ms, const char *second, int64_t heal_ms)
{
    struct tk_consumer *consumer = consume("t.queue", &seen);
    struct relay relay = {0};
    pthread_t thread;
    int confirmed;
    int64_t until;

    pthread_create(&thread, NULL, relay_thread, &relay);
    while (relay.next < 500)
        nap(5);
    stack(first);
    nap(between_ms);
    stack(second);
    confirmed = relay.next;
    for (until = tk_mono_ms() + heal_ms; relay.next < confirmed + 500 && tk_mono_ms() < until;)
        nap(10);
    assert_true(relay.next >= confirmed + 500); /* the publisher heals by itself */
    relay.stop = true;
    pthread_join(thread, NULL);
    for (until = tk_mono_ms() + heal_ms; tk_mono_ms() < until; nap(50)) {
        int missing = 0;

        for (int i = 0; i < relay.next; i++)
            missing += seen.times[i] == 0;
        if (!missing)
            break;
    }
    for (int i = 0; i < relay.next; i++) /* what was confirmed has arrived: nothing is lost */
        assert_true(seen.times[i] > 0);
    tk_consumer_stop(consumer);
    print_message("  %d confirmed, %d delivered, %d failed sends, worst %lld ms\n", relay.next,
                  seen.total, relay.failures, (long long)relay.worst_ms);
    assert_true(relay.failures > 0);
    assert_true(relay.worst_ms < 3100);
    assert_int_equal(seen.wrong, 0);
}

static void bears_a_killed_broker(void **state)
{
    (void)state;
    if (!getenv("TICKETAKA_STACK"))
        skip();
    strike("kill", 300, "start", 20000);
}

static void bears_a_stopped_broker(void **state)
{
    (void)state;
    if (!getenv("TICKETAKA_STACK"))
        skip();
    strike("pause", 4000, "cont", 20000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(delivers),
        TEST(tells_unroutable),
        TEST(carries_large_bodies),
        TEST(keeps_what_is_in_trouble),
        TEST(buries_the_dead),
        TEST(stops_soon),
        TEST(works_without_a_broker),
        TEST(bears_a_killed_broker),
        TEST(bears_a_stopped_broker),
    };

    signal(SIGPIPE, SIG_IGN);
    conf.url = getenv("TICKETAKA_AMQP");
    conf.password_file = getenv("TICKETAKA_AMQP_PASSWORD_FILE");
    if (!conf.url || !conf.password_file) {
        printf("skipped: mq_test: set TICKETAKA_AMQP and TICKETAKA_AMQP_PASSWORD_FILE\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
