/* Requests that are finished later, elsewhere, too late, or for nobody. */
#include <semaphore.h>

#include "server/common/httpd_fixture.h"

static sem_t entered, gate, freed;
static _Atomic(struct tk_req *) parked;
static _Atomic int never_run;

/* ---- handlers -------------------------------------------------------------------- */
static void finish_ok(void *arg)
{
    struct tk_req *req = arg;

    tk_reply_data(tk_req_reply(req), json_string("later"));
    tk_req_finish(req, TK_OK);
}

static enum tk_err later(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    assert_non_null(tk_loop_after(fx.loop, 20, finish_ok, req));
    return TK_ASYNC;
}

static enum tk_err at_once(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    finish_ok(req); /* as a store does whose connection is gone */
    return TK_ASYNC;
}

static void note_freed(void *arg)
{
    sem_post(arg);
}

/* Kept until the test finishes it by hand. */
static enum tk_err park(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    assert_int_equal(tk_arena_defer(tk_req_arena(req), note_freed, &freed), 0);
    parked = req;
    sem_post(&entered);
    return TK_ASYNC;
}

/* Blocks a worker until the test lets go. */
static enum tk_err block(struct tk_req *req, struct tk_reply *reply)
{
    assert_int_equal(tk_arena_defer(tk_req_arena(req), note_freed, &freed), 0);
    sem_post(&entered);
    sem_wait(&gate);
    tk_reply_data(reply, json_string(tk_req_header(req, "x-late")));
    return TK_OK;
}

static enum tk_err count_runs(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    (void)reply;
    never_run++;
    return TK_OK;
}

static void step(struct tk_req *req, char mark)
{
    char *trail = tk_req_get(req);

    if (!trail) {
        trail = tk_alloc(tk_req_arena(req), 16);
        assert_non_null(trail);
        tk_req_set(req, trail);
    }
    trail[strlen(trail)] = mark;
}

static char place(void)
{
    char name[16] = "";

    if (pthread_equal(pthread_self(), fx.thread))
        return 'L';
    pthread_getname_np(pthread_self(), name, sizeof name);
    return *name == 's' ? 'S' : 'W';
}

static enum tk_err trail(struct tk_req *req, struct tk_reply *reply)
{
    step(req, place());
    tk_reply_data(reply, json_string(tk_req_get(req)));
    return TK_OK;
}

static enum tk_err hop6(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    step(req, place());
    return tk_req_move(req, TK_ON_WORKER, trail);
}

/* Moves from a callback, outside of any handler. */
static void hop5_later(void *arg)
{
    step(arg, 'T');
    tk_req_move(arg, TK_ON_SLOW, hop6);
}

static enum tk_err hop5(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    step(req, place());
    assert_non_null(tk_loop_after(fx.loop, 1, hop5_later, req));
    return TK_ASYNC;
}

static enum tk_err hop4(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    step(req, place());
    return tk_req_move(req, TK_ON_LOOP, hop5);
}

static enum tk_err hop3(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    step(req, place());
    return tk_req_move(req, TK_ON_LOOP, hop4);
}

static enum tk_err hop2(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    step(req, place());
    return tk_req_move(req, TK_ON_WORKER, hop3);
}

static enum tk_err hop1(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    step(req, place());
    return tk_req_move(req, TK_ON_SLOW, hop2);
}

static enum tk_err forgets(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    (void)reply;
    return TK_ASYNC; /* on a worker, with no move: nobody would ever finish it */
}

/* Stops on a worker, then has a second part on the loop. */
static enum tk_err move(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    return tk_req_move(req, TK_ON_WORKER, count_runs);
}

static enum tk_err block_then_move(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    sem_post(&entered);
    sem_wait(&gate);
    return tk_req_move(req, TK_ON_LOOP, count_runs);
}

#define ROUTE(n, w, ms, h)                                                                         \
    {                                                                                              \
        .name = n, .method = "GET", .pattern = "/" n, .auth = TK_AUTH_PUBLIC, .where = w,          \
        .deadline_ms = ms, .handle = h                                                             \
    }
static const struct tk_route routes[] = {
    ROUTE("later", TK_ON_LOOP, 0, later),
    ROUTE("at-once", TK_ON_LOOP, 0, at_once),
    ROUTE("park", TK_ON_LOOP, 150, park),
    ROUTE("block", TK_ON_WORKER, 150, block),
    ROUTE("block-long", TK_ON_WORKER, 3000, block),
    ROUTE("block-slow", TK_ON_SLOW, 3000, block),
    ROUTE("queued", TK_ON_WORKER, 100, count_runs),
    ROUTE("trail", TK_ON_LOOP, 0, hop1),
    ROUTE("trail-worker", TK_ON_WORKER, 0, hop1),
    ROUTE("forgets", TK_ON_WORKER, 0, forgets),
    ROUTE("move-late", TK_ON_WORKER, 100, block_then_move),
    {.name = "unknown",
     .method = "GET",
     .pattern = "/unknown",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .deadline_ms = 100,
     .late = TK_OUTCOME_UNKNOWN,
     .handle = park},
    {.name = "cut-off",
     .method = "GET",
     .pattern = "/cut-off",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .late = TK_OUTCOME_UNKNOWN,
     .handle = move},
};

/* Each test has a server and counts of its own. */
static int setup(void **state)
{
    (void)state;
    sem_init(&entered, 0, 0);
    sem_init(&gate, 0, 0);
    sem_init(&freed, 0, 0);
    never_run = 0;
    return fx_start(routes, sizeof routes / sizeof routes[0], 0);
}

static int teardown(void **state)
{
    (void)state;
    return fx_stop();
}

static struct got got;

static int begin(const char *path)
{
    char raw[200];
    int fd = fx_connect();

    snprintf(raw, sizeof raw, "GET %s HTTP/1.1\r\nHost: t\r\nX-Late: kept\r\n\r\n", path);
    fx_write(fd, raw, strlen(raw));
    return fd;
}

static int end(int fd)
{
    fx_read(fd, &got, false);
    close(fd);
    return got.status;
}

/* ---- tests ----------------------------------------------------------------------- */
static void finishes_later(void **state)
{
    (void)state;
    assert_int_equal(fx_get(&got, "/later", ""), 200);
    fx_envelope(&got, NULL);
    assert_non_null(strstr(got.body, "\"data\":\"later\""));
    assert_int_equal(fx_get(&got, "/at-once", ""), 200);
    assert_non_null(strstr(got.body, "\"data\":\"later\""));
}

static void moves_everywhere(void **state)
{
    (void)state;
    assert_int_equal(fx_get(&got, "/trail", ""), 200);
    assert_non_null(strstr(got.body, "\"data\":\"LSWLLTSW\""));
    assert_int_equal(fx_get(&got, "/trail-worker", ""), 200);
    assert_non_null(strstr(got.body, "\"data\":\"WSWLLTSW\""));
    assert_int_equal(fx_get(&got, "/forgets", ""), 500);
    fx_envelope(&got, "INTERNAL");
}

static void answers_late_on_loop(void **state)
{
    int fd = begin("/park");

    (void)state;
    sem_wait(&entered);
    assert_int_equal(end(fd), 503);
    fx_envelope(&got, "UNAVAILABLE");
    assert_string_equal(fx_header(&got, "Retry-After"), "1");
    assert_int_equal(sem_trywait(&freed), -1); /* its handler still has it */
    tk_loop_post(fx.loop, finish_ok, parked);
    sem_wait(&freed);
    fd = begin("/unknown");
    sem_wait(&entered);
    assert_int_equal(end(fd), 503);
    fx_envelope(&got, "OUTCOME_UNKNOWN");
    tk_loop_post(fx.loop, finish_ok, parked);
    sem_wait(&freed);
}

static void answers_late_on_worker(void **state)
{
    int fd = begin("/block");

    (void)state;
    sem_wait(&entered);
    assert_int_equal(end(fd), 503);
    sem_post(&gate); /* the worker goes on with the request's memory, headers too */
    sem_wait(&freed);
    assert_int_equal(fx_get(&got, "/later", ""), 200);
}

/* Its first part has run: that nothing was done would be a lie. */
static void cut_off_between_parts_is_not_a_failure(void **state)
{
    int fds[10]; /* two workers, and a queue of eight */

    (void)state;
    for (int i = 0; i < 10; i++) {
        fds[i] = begin("/block-long");
        if (i < 2)
            sem_wait(&entered);
    }
    while (tk_workers_queued(fx.workers) < 8)
        usleep(1000);
    assert_int_equal(fx_get(&got, "/cut-off", ""), 503);
    fx_envelope(&got, "OUTCOME_UNKNOWN");
    assert_int_equal(fx_get(&got, "/queued", ""), 503);
    fx_envelope(&got, "UNAVAILABLE");
    for (int i = 0; i < 10; i++)
        sem_post(&gate);
    for (int i = 0; i < 10; i++)
        assert_int_equal(end(fds[i]), 200);
    assert_int_equal(never_run, 0);
}

static void never_begins_late(void **state)
{
    int a = begin("/block-long"), b = begin("/block-long"), c;

    (void)state;
    sem_wait(&entered);
    sem_wait(&entered); /* both workers are taken */
    c = begin("/queued");
    assert_int_equal(end(c), 503);
    sem_post(&gate);
    sem_post(&gate);
    assert_int_equal(end(a), 200);
    assert_non_null(strstr(got.body, "\"data\":\"kept\""));
    assert_int_equal(end(b), 200);
    assert_int_equal(fx_get(&got, "/queued", ""), 200);
    assert_int_equal(never_run, 1);
}

/* What was begun is brought to its end although nobody hears of it. */
static void ends_what_was_begun(void **state)
{
    int fd = begin("/move-late");

    (void)state;
    sem_wait(&entered);
    assert_int_equal(end(fd), 503);
    sem_post(&gate);
    while (never_run == 0)
        assert_int_equal(fx_get(&got, "/later", ""), 200);
    assert_int_equal(never_run, 1);
}

static void refuses_when_full(void **state)
{
    int fds[16], full = 0;

    (void)state;
    fds[0] = begin("/block-slow");
    sem_wait(&entered);
    for (int i = 1; i < 3; i++) { /* the queue of two */
        fds[i] = begin("/block-slow");
        while (tk_workers_queued(fx.slow) < (size_t)i)
            assert_int_equal(fx_get(&got, "/at-once", ""), 200);
    }
    for (int i = 3; i < 6; i++) {
        fds[i] = begin("/block-slow");
        full += end(fds[i]) == 503;
    }
    assert_int_equal(full, 3);
    for (int i = 0; i < 3; i++) {
        sem_post(&gate);
        assert_int_equal(end(fds[i]), 200);
    }
}

static void stands_leavers(void **state)
{
    struct linger hard = {.l_onoff = 1};
    int fd = begin("/park");

    (void)state;
    sem_wait(&entered);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    tk_loop_post(fx.loop, finish_ok, parked);
    sem_wait(&freed);
    fd = begin("/block-long");
    sem_wait(&entered);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    sem_post(&gate);
    sem_wait(&freed);
    assert_int_equal(fx_get(&got, "/later", ""), 200);
}

/* More sockets ready at once than libmicrohttpd takes in one epoll_wait. */
static void serves_many_at_once(void **state)
{
    static int fds[300];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 300; i++)
            fds[i] = begin(i % 3 ? "/later" : "/at-once");
        for (int i = 0; i < 300; i++)
            assert_int_equal(end(fds[i]), 200);
    }
}

/* ---- drain: the tests end the server themselves -------------------------------------- */
static bool refused(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fx.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    failed = connect(fd, (struct sockaddr *)&at, sizeof at);
    close(fd);
    return failed != 0;
}

static void drains(void **state)
{
    int busy, idle, parked_fd;
    int64_t start;

    (void)state;
    idle = fx_connect();
    busy = begin("/block-long");
    parked_fd = begin("/park");
    sem_wait(&entered);
    sem_wait(&entered);
    tk_loop_post(fx.loop, fx_drain, NULL);
    assert_true(fx_ended(idle));
    assert_true(refused());
    sem_post(&gate);
    fx_read(busy, &got, false);
    assert_int_equal(got.status, 200);
    assert_string_equal(fx_header(&got, "Connection"), "close");
    assert_true(fx_ended(busy));
    assert_int_equal(end(parked_fd), 503); /* by its deadline */
    start = tk_mono_ms();
    tk_loop_post(fx.loop, finish_ok, parked);
    pthread_join(fx.thread, NULL);
    assert_true(tk_mono_ms() - start < 2000);
    close(idle);
    close(busy);
    tk_workers_free(fx.workers);
    tk_workers_free(fx.slow);
    tk_httpd_free(fx.httpd);
    tk_loop_free(fx.loop);
}

/* A handler that does not end in time does not keep the loop;
 * what it says at last still arrives. */
static void drains_in_time(void **state)
{
    int fd;

    (void)state;
    fd = begin("/block-long");
    sem_wait(&entered);
    fx.drain_ms = 200;
    tk_loop_post(fx.loop, fx_drain, NULL);
    pthread_join(fx.thread, NULL);
    sem_post(&gate);
    tk_workers_free(fx.workers);
    tk_workers_free(fx.slow);
    tk_httpd_free(fx.httpd);
    tk_loop_free(fx.loop);
    assert_int_equal(end(fd), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finishes_later, setup, teardown),
        cmocka_unit_test_setup_teardown(moves_everywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_late_on_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_late_on_worker, setup, teardown),
        cmocka_unit_test_setup_teardown(never_begins_late, setup, teardown),
        cmocka_unit_test_setup_teardown(cut_off_between_parts_is_not_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_what_was_begun, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_when_full, setup, teardown),
        cmocka_unit_test_setup_teardown(stands_leavers, setup, teardown),
        cmocka_unit_test_setup_teardown(serves_many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(drains, setup, NULL),
        cmocka_unit_test_setup_teardown(drains_in_time, setup, NULL),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
