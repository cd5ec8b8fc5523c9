#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>

#include "server/common/worker.h"

static sem_t entered, gate;
static _Atomic int done;

static int setup(void **state)
{
    (void)state;
    sem_init(&entered, 0, 0);
    sem_init(&gate, 0, 0);
    done = 0;
    return 0;
}

static void count(void *arg)
{
    (void)arg;
    done++;
}

static void wait_gate(void *arg)
{
    (void)arg;
    sem_post(&entered);
    sem_wait(&gate);
    done++;
}

static void runs_all(void **state)
{
    struct tk_workers *workers = tk_workers_new("test", 4, 1000);

    (void)state;
    assert_non_null(workers);
    for (int i = 0; i < 1000; i++)
        assert_true(tk_workers_submit(workers, count, NULL));
    tk_workers_free(workers); /* finishes what is queued */
    assert_int_equal(done, 1000);
    tk_workers_free(NULL);
}

static void refuses_past_its_queue(void **state)
{
    struct tk_workers *workers = tk_workers_new("test", 2, 3);

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(tk_workers_submit(workers, wait_gate, NULL));
        sem_wait(&entered);
    }
    for (int i = 0; i < 3; i++)
        assert_true(tk_workers_submit(workers, count, NULL));
    assert_int_equal(tk_workers_queued(workers), 3);
    assert_false(tk_workers_submit(workers, count, NULL));
    sem_post(&gate);
    sem_post(&gate);
    tk_workers_free(workers);
    assert_int_equal(done, 5);
}

static char order[8];

static void append(void *arg)
{
    order[done++] = *(const char *)arg;
}

static void keeps_order_on_one_thread(void **state)
{
    struct tk_workers *workers = tk_workers_new("test", 1, 4);
    static const char letters[] = "abcdef";

    (void)state;
    for (int i = 0; i < 6; i++)
        while (!tk_workers_submit(workers, append, (void *)(uintptr_t)&letters[i]))
            ; /* the ring of four wraps */
    tk_workers_free(workers);
    assert_string_equal(order, "abcdef");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(runs_all, setup),
        cmocka_unit_test_setup(refuses_past_its_queue, setup),
        cmocka_unit_test_setup(keeps_order_on_one_thread, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
