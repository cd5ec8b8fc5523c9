#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "server/common/loop.h"
#include "shared/base/time.h"

static struct tk_loop *loop;
static char trail[200];
static struct tk_timer *ticker;
static struct tk_watch *watches[2];
static int counter;

static int setup(void **state)
{
    (void)state;
    loop = tk_loop_new();
    memset(trail, 0, sizeof trail);
    counter = 0;
    return loop ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tk_loop_free(loop);
    return 0;
}

static void mark(void *arg)
{
    strcat(trail, arg);
}

static void mark_and_post(void *arg)
{
    mark(arg);
    tk_loop_post(loop, mark, (void *)"5");
}

static void stop(void *arg)
{
    (void)arg;
    tk_loop_stop(loop);
}

static void timers_in_order(void **state)
{
    int64_t start = tk_mono_ms();

    (void)state;
    tk_loop_after(loop, 60, stop, NULL);
    tk_loop_after(loop, 30, mark, (void *)"c");
    tk_loop_after(loop, 10, mark, (void *)"a");
    tk_loop_after(loop, 20, mark, (void *)"b");
    tk_timer_cancel(tk_loop_after(loop, 15, mark, (void *)"x"));
    tk_timer_cancel(NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_string_equal(trail, "abc");
    assert_true(tk_mono_ms() - start >= 60);
}

static void tick(void *arg)
{
    (void)arg;
    if (++counter == 3) {
        tk_timer_cancel(ticker); /* from inside itself */
        tk_loop_after(loop, 30, stop, NULL);
    }
}

static void repeats_until_cancelled(void **state)
{
    (void)state;
    ticker = tk_loop_every(loop, 5, tick, NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_int_equal(counter, 3);
}

static int due[1000];

static void note(void *arg)
{
    int at = (int)(intptr_t)arg;

    if (counter && due[at] < due[counter - 1])
        trail[0] = '!';
    counter = at + 1;
}

/* Many timers, every third cancelled: the heap stays a heap. */
static void many_timers(void **state)
{
    static struct tk_timer *timers[1000];
    unsigned seed = 7;

    (void)state;
    counter = 0;
    for (int i = 0; i < 1000; i++) {
        due[i] = (int)(seed = seed * 1103515245 + 12345) % 40;
        due[i] = due[i] < 0 ? -due[i] : due[i];
        timers[i] = tk_loop_after(loop, due[i], note, (void *)(intptr_t)i);
    }
    for (int i = 0; i < 1000; i += 3)
        tk_timer_cancel(timers[i]);
    tk_loop_after(loop, 80, stop, NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_true(counter > 0);
    assert_int_equal(trail[0], 0);
}

static void again(void *arg)
{
    counter++;
    tk_loop_after(loop, 0, again, arg);
}

/* A timer of no time, over and over, starves neither posts nor sockets. */
static void zero_timers_are_fair(void **state)
{
    (void)state;
    tk_loop_after(loop, 0, again, NULL);
    tk_loop_after(loop, 20, stop, NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_true(counter > 1);
}

static void on_pipe(uint32_t events, void *arg)
{
    int *fds = arg;
    char c[8];

    assert_true(events & EPOLLIN);
    assert_true(read(fds[0], c, sizeof c) > 0);
    strcat(trail, "p");
    if (strlen(trail) == 2) {
        tk_loop_stop(loop);
        return;
    }
    assert_int_equal(write(fds[1], "x", 1), 1);
}

static void watches_pipe(void **state)
{
    int fds[2];
    struct tk_watch *watch;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    watch = tk_loop_watch(loop, fds[0], EPOLLIN, on_pipe, fds);
    assert_non_null(watch);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_string_equal(trail, "pp");
    tk_watch_change(watch, 0);
    tk_watch_remove(watch);
    tk_watch_remove(NULL);
    close(fds[0]);
    close(fds[1]);
    assert_null(tk_loop_watch(loop, 999, EPOLLIN, on_pipe, fds));
}

/* Both are ready in one round; the first removes both, so the second must not be called. */
static void remove_both(uint32_t events, void *arg)
{
    (void)events;
    (void)arg;
    counter++;
    tk_watch_remove(watches[0]);
    tk_watch_remove(watches[1]);
    tk_loop_after(loop, 10, stop, NULL);
}

static void removes_while_dispatching(void **state)
{
    int a[2], b[2];

    (void)state;
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    watches[0] = tk_loop_watch(loop, a[0], EPOLLIN, remove_both, NULL);
    watches[1] = tk_loop_watch(loop, b[0], EPOLLIN, remove_both, NULL);
    assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_int_equal(counter, 1);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

#define POSTS 20000
static int64_t last[4];

struct posted {
    int thread;
    int64_t number;
};

static void in_order(void *arg)
{
    struct posted *p = arg;

    if (p->number != last[p->thread] + 1)
        trail[0] = '!';
    last[p->thread] = p->number;
    free(p);
    if (++counter == 4 * POSTS)
        tk_loop_stop(loop);
}

static void *poster(void *arg)
{
    for (int64_t i = 1; i <= POSTS; i++) {
        struct posted *p = malloc(sizeof *p);

        if (!p)
            abort();
        *p = (struct posted){(int)(intptr_t)arg, i};
        tk_loop_post(loop, in_order, p);
    }
    return NULL;
}

static void posts_from_threads(void **state)
{
    pthread_t threads[4];

    (void)state;
    memset(last, 0, sizeof last);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, poster, (void *)(intptr_t)i);
    assert_int_equal(tk_loop_run(loop), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counter, 4 * POSTS);
    assert_int_equal(trail[0], 0);
}

static void post_again(void *arg)
{
    strcat(trail, "1");
    tk_loop_post(loop, mark, (void *)"2");
    tk_loop_after(loop, 5, stop, arg);
}

static void posts_from_itself(void **state)
{
    (void)state;
    tk_loop_post(loop, post_again, NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_string_equal(trail, "12");
    tk_loop_post(loop, mark, (void *)"3");
    tk_loop_flush(loop);
    assert_string_equal(trail, "123");
    tk_loop_post(loop, mark_and_post, (void *)"4");
    tk_loop_flush(loop);
    assert_string_equal(trail, "12345");
}

static int64_t prepared(void *arg)
{
    (void)arg;
    if (++counter == 5)
        tk_loop_stop(loop);
    return 2;
}

static void prepares(void **state)
{
    int64_t start = tk_mono_ms();

    (void)state;
    tk_loop_prepare(loop, prepared, NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_int_equal(counter, 5);
    assert_true(tk_mono_ms() - start < 2000); /* it waited as long as was allowed, not a minute */
}

static void be_slow(void *arg)
{
    int64_t until = tk_mono_ms() + 30;

    while (tk_mono_ms() < until)
        ;
    tk_loop_after(loop, 0, stop, arg);
}

static void measures_lag(void **state)
{
    (void)state;
    tk_loop_post(loop, be_slow, NULL);
    assert_int_equal(tk_loop_run(loop), 0);
    assert_true(tk_loop_lag_us(loop) >= 29000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(timers_in_order),    TEST(repeats_until_cancelled),
        TEST(many_timers),        TEST(zero_timers_are_fair),
        TEST(watches_pipe),       TEST(removes_while_dispatching),
        TEST(posts_from_threads), TEST(posts_from_itself),
        TEST(prepares),           TEST(measures_lag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
