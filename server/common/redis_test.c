/*
 * Against a real Redis: TICKETAKA_REDIS and TICKETAKA_REDIS_PASSWORD_FILE. With TICKETAKA_STACK
 * (the program scripts/stack, whose Redis it is) the server is also paused, killed and restarted.
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

#include "server/common/redis.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

static const struct tk_file scripts[] = {
    {"add.lua", "return add(KEYS[1], ARGV[1])\n"},
    {"broken.lua", "return redis.call('GET')\n"},
    {"lib.lua", "local function add(key, n) return redis.call('INCRBY', key, n) end\n"},
    {0},
};

static struct tk_redis_conf conf = {.timeout_ms = 1000};
static struct tk_loop *loop;
static struct tk_redis *redis;
static pthread_t loop_thread;
static atomic_int connects, changes;

static void nap(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static void *run_loop(void *arg)
{
    (void)arg;
    tk_loop_run(loop);
    tk_redis_free(redis);
    return NULL;
}

static void count_connect(bool changed, void *arg)
{
    (void)arg;
    changes += changed;
    connects++;
}

static void wait_up(int64_t ms)
{
    int64_t until = tk_mono_ms() + ms;

    while (!tk_redis_up(redis) && tk_mono_ms() < until)
        nap(5);
    assert_true(tk_redis_up(redis));
}

static int set_up(void **state)
{
    (void)state;
    connects = changes = 0;
    loop = tk_loop_new();
    redis = tk_redis_new(&conf, scripts, loop);
    if (!loop || !redis)
        return -1;
    tk_redis_on_connect(redis, count_connect, NULL);
    return pthread_create(&loop_thread, NULL, run_loop, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    tk_loop_stop(loop);
    pthread_join(loop_thread, NULL);
    tk_loop_free(loop);
    return 0;
}

/* ---- blocking ---------------------------------------------------------------- */
#define CALL(...)                                                                                  \
    tk_redis_call(redis, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                   \
                  (const char *[]){__VA_ARGS__}, NULL)

static int64_t integer(redisReply *reply)
{
    int64_t num = -1;

    if (reply && reply->type == REDIS_REPLY_INTEGER)
        num = reply->integer;
    else
        print_message("  not an integer: %s\n", reply && reply->str ? reply->str : "nothing");
    freeReplyObject(reply);
    return num;
}

static int64_t add(const char *key, const char *n)
{
    return integer(tk_redis_eval(redis, "add.lua", 1, 2, (const char *[]){key, n}, NULL));
}

static void calls(void **state)
{
    static const char bytes[] = "a\0b\r\n$9\r\n";
    const char *argv[] = {"SET", "t:bytes", bytes};
    const size_t lens[] = {3, 7, sizeof bytes};
    redisReply *reply;

    (void)state;
    freeReplyObject(tk_redis_call(redis, 3, argv, lens));
    reply = CALL("GET", "t:bytes");
    assert_non_null(reply);
    assert_int_equal(reply->len, sizeof bytes);
    assert_memory_equal(reply->str, bytes, sizeof bytes);
    freeReplyObject(reply);
    reply = CALL("NONSENSE");
    assert_int_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    assert_int_equal(strlen(tk_redis_thread_run_id(redis)), 40);
    freeReplyObject(CALL("DEL", "t:bytes"));
}

static void runs_scripts(void **state)
{
    redisReply *reply;

    (void)state;
    freeReplyObject(CALL("DEL", "t:n"));
    assert_int_equal(add("t:n", "2"), 2);
    freeReplyObject(CALL("SCRIPT", "FLUSH"));
    assert_int_equal(add("t:n", "3"), 5); /* NOSCRIPT: loaded again, done once */
    reply = tk_redis_eval(redis, "broken.lua", 0, 0, NULL, NULL);
    assert_int_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    assert_null(tk_redis_eval(redis, "absent.lua", 0, 0, NULL, NULL));
}

static void *use_and_end(void *arg)
{
    for (int i = 0; i < 50; i++)
        if (add("t:n", "1") < 1)
            atomic_fetch_add((atomic_int *)arg, 1);
    return NULL;
}

static void serves_threads(void **state)
{
    atomic_int failed = 0;
    pthread_t threads[8];

    (void)state;
    freeReplyObject(CALL("DEL", "t:n"));
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, use_and_end, &failed);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(failed, 0);
    assert_int_equal(add("t:n", "0"), 400);
}

static void replaces_dead_idle_connections(void **state)
{
    struct tk_redis *other = tk_redis_new(&conf, NULL, NULL), *mine = redis;
    redisReply *reply = CALL("CLIENT", "ID");
    char id[24];

    (void)state;
    snprintf(id, sizeof id, "%lld", reply->integer);
    freeReplyObject(reply);
    redis = other;
    assert_int_equal(integer(CALL("CLIENT", "KILL", "ID", id)), 1);
    redis = mine;
    assert_int_equal(integer(CALL("EXISTS", "t:nothing")), 0);
    tk_redis_free(other);
}

static void works_without_a_server(void **state)
{
    static const char *const addresses[] = {"127.0.0.1:1", "/nonexistent/redis.sock", "nonsense"};
    struct tk_redis *mine = redis;
    int64_t before;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct tk_redis_conf nowhere = {.address = addresses[i], .timeout_ms = 1000};

        redis = tk_redis_new(&nowhere, scripts, NULL);
        before = tk_mono_ms();
        for (int j = 0; j < 50; j++)
            assert_null(CALL("PING"));
        assert_true(tk_mono_ms() - before < 500);
        tk_redis_free(redis);
    }
    redis = mine;
    tk_redis_free(NULL);
}

/* ---- asynchronous: requests are made on the loop's thread, answers counted ---- */
struct batch {
    const char *script; /* NULL: plain INCR */
    int count;
    atomic_int answers, nulls, errors, disordered;
    int64_t last;
    atomic_bool issued;
};

static void on_answer(const redisReply *reply, void *arg)
{
    struct batch *batch = arg;

    if (!reply)
        batch->nulls++;
    else if (reply->type != REDIS_REPLY_INTEGER)
        batch->errors++;
    else if (reply->integer <= batch->last)
        batch->disordered++;
    else
        batch->last = reply->integer;
    batch->answers++;
}

static void issue(void *arg)
{
    struct batch *batch = arg;

    for (int i = 0; i < batch->count; i++) {
        if (batch->script)
            tk_redis_script(redis, batch->script, on_answer, batch, 1, 2,
                            (const char *[]){"t:batch", "1"}, NULL);
        else
            tk_redis_command(redis, on_answer, batch, 2, (const char *[]){"INCR", "t:batch"}, NULL);
    }
    batch->issued = true;
}

static void run_batch(struct batch *batch, int64_t ms)
{
    int64_t until = tk_mono_ms() + ms;

    tk_loop_post(loop, issue, batch);
    while (batch->answers < batch->count && tk_mono_ms() < until)
        nap(2);
    nap(20); /* for a callback too many */
    assert_int_equal(batch->answers, batch->count);
}

static void issue_stop_issue(void *arg)
{
    struct batch *batch = arg;

    issue(batch);
    tk_redis_stop(redis);
    assert_int_equal(batch->nulls, batch->count);
    issue(batch);
}

static void answers_all_when_stopped(void **state)
{
    struct batch batch = {.count = 10};
    int64_t until = tk_mono_ms() + 2000;

    (void)state;
    wait_up(2000);
    tk_loop_post(loop, issue_stop_issue, &batch);
    while (batch.answers < 2 * batch.count && tk_mono_ms() < until)
        nap(2);
    nap(100); /* it does not connect again */
    assert_int_equal(batch.nulls, 2 * batch.count);
    assert_false(tk_redis_up(redis));
    assert_int_equal(connects, 1);
}

static void pipelines(void **state)
{
    struct batch plain = {.count = 2000}, scripted = {.script = "add.lua", .count = 2000};

    (void)state;
    wait_up(2000);
    run_batch(&plain, 5000);
    run_batch(&scripted, 5000);
    assert_int_equal(plain.nulls + plain.errors + plain.disordered, 0);
    assert_int_equal(scripted.nulls + scripted.errors + scripted.disordered, 0);
    assert_int_equal(connects, 1);
    assert_int_equal(changes, 1);
}

static void reloads_scripts(void **state)
{
    struct batch first = {.script = "add.lua", .count = 1},
                 many = {.script = "add.lua", .count = 100};
    struct batch broken = {.script = "broken.lua", .count = 1},
                 absent = {.script = "no", .count = 1};

    (void)state;
    wait_up(2000);
    freeReplyObject(CALL("DEL", "t:batch"));
    freeReplyObject(CALL("SCRIPT", "FLUSH"));
    run_batch(&first, 2000);
    freeReplyObject(CALL("SCRIPT", "FLUSH"));
    run_batch(&many, 2000);
    assert_int_equal(first.last, 1);
    assert_int_equal(many.last, 101); /* each was done once, also those sent twice */
    assert_int_equal(first.nulls + first.errors + many.nulls + many.errors, 0);
    run_batch(&broken, 2000);
    assert_int_equal(broken.errors, 1);
    run_batch(&absent, 2000);
    assert_int_equal(absent.nulls, 1);
}

/* Cut off under load: every callback comes once, and the connection comes back with its scripts. */
static void survives_cuts(void **state)
{
    struct batch many = {.script = "add.lua", .count = 5000},
                 after = {.script = "add.lua", .count = 10};

    (void)state;
    wait_up(2000);
    tk_loop_post(loop, issue, &many);
    for (int i = 0; i < 200 && many.answers == 0; i++)
        nap(1);
    freeReplyObject(CALL("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));
    for (int i = 0; i < 400 && many.answers < many.count; i++)
        nap(5);
    assert_int_equal(many.answers, many.count);
    for (int i = 0; i < 400 && connects < 2; i++)
        nap(5);
    assert_int_equal(connects, 2);
    assert_int_equal(changes, 1); /* the same server as before */
    run_batch(&after, 2000);
    assert_int_equal(after.nulls + after.errors, 0);
}

/* ---- a server that is away (TICKETAKA_STACK) --------------------------------- */
static void stack(const char *what)
{
    char command[512];

    snprintf(command, sizeof command, "\"$TICKETAKA_STACK\" %s redis >/dev/null 2>&1", what);
    assert_int_equal(system(command), 0);
}

static void *call_while_away(void *arg)
{
    int64_t before = tk_mono_ms(), took;
    redisReply *reply = CALL("PING");

    took = tk_mono_ms() - before;
    freeReplyObject(reply);
    if (reply || took > 1300)
        atomic_fetch_add((atomic_int *)arg, 1);
    return NULL;
}

static void bears_a_stopped_server(void **state)
{
    struct batch batch = {.count = 200}, after = {.count = 10};
    pthread_t threads[20];
    atomic_int wrong = 0;
    int64_t before;

    (void)state;
    if (!getenv("TICKETAKA_STACK"))
        skip();
    wait_up(2000);
    stack("pause");
    before = tk_mono_ms();
    for (int i = 0; i < 20; i++)
        pthread_create(&threads[i], NULL, call_while_away, &wrong);
    run_batch(&batch, 1500);
    assert_int_equal(batch.nulls, 200);
    assert_in_range(tk_mono_ms() - before, 900, 1500);
    assert_false(tk_redis_up(redis));
    for (int i = 0; i < 20; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong, 0);
    batch = (struct batch){.count = 200};
    before = tk_mono_ms();
    run_batch(&batch, 500);
    assert_true(tk_mono_ms() - before < 200); /* no connection is known at once */
    stack("cont");
    wait_up(3000);
    run_batch(&after, 2000);
    assert_int_equal(after.nulls, 0);
}

static void bears_a_killed_server(void **state)
{
    struct batch batch = {.count = 20}, after = {.script = "add.lua", .count = 10};
    char run_id[41];

    (void)state;
    if (!getenv("TICKETAKA_STACK"))
        skip();
    wait_up(2000);
    freeReplyObject(CALL("PING"));
    tk_copy(run_id, sizeof run_id, tk_redis_thread_run_id(redis));
    stack("kill");
    run_batch(&batch, 1500);
    assert_int_equal(batch.nulls, 20);
    assert_null(CALL("PING"));
    stack("start");
    wait_up(3000);
    run_batch(&after, 2000);
    assert_int_equal(after.nulls + after.errors, 0);
    assert_int_equal(connects, 2);
    assert_int_equal(changes, 2); /* another run of the server */
    nap(250);
    assert_true(add("t:n", "1") > 0);
    assert_string_not_equal(run_id, tk_redis_thread_run_id(redis));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(calls),
        TEST(runs_scripts),
        TEST(serves_threads),
        TEST(replaces_dead_idle_connections),
        TEST(works_without_a_server),
        TEST(pipelines),
        TEST(answers_all_when_stopped),
        TEST(reloads_scripts),
        TEST(survives_cuts),
        TEST(bears_a_stopped_server),
        TEST(bears_a_killed_server),
    };

    signal(SIGPIPE, SIG_IGN);
    conf.address = getenv("TICKETAKA_REDIS");
    conf.password_file = getenv("TICKETAKA_REDIS_PASSWORD_FILE");
    if (!conf.address) {
        printf("skipped: redis_test: set TICKETAKA_REDIS and TICKETAKA_REDIS_PASSWORD_FILE\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
