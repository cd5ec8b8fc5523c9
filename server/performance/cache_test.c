#include "server/performance/cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/performance/performance.h"
#include "shared/base/time.h"

static int setup(void **state)
{
    (void)state;
    perf_conf.catalogue_ms = 60000;
    cache_forget();
    return 0;
}

static void expect(const char *key, const char *body)
{
    struct tk_buf got = {0};

    assert_int_equal(cache_get(key, &got), body != NULL);
    if (body)
        assert_string_equal(got.data, body);
    else
        assert_int_equal(got.len, 0);
    tk_buf_release(&got);
}

static void remembers_until_it_is_too_old(void **state)
{
    int64_t end;

    (void)state;
    expect("a", NULL);
    cache_put("a", "first", 5);
    expect("a", "first");
    expect("b", NULL);
    cache_put("a", "second", 6);
    expect("a", "second");
    perf_conf.catalogue_ms = 20;
    cache_put("a", "third", 5);
    for (end = tk_mono_ms() + 21; tk_mono_ms() < end;)
        ;
    expect("a", NULL);
}

static void keeps_out_what_is_large_or_unwanted(void **state)
{
    char *large = calloc(1, CACHE_BODY_MAX + 1), key[1000];

    (void)state;
    assert_non_null(large);
    cache_put("a", large, CACHE_BODY_MAX + 1);
    expect("a", NULL);
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    cache_put(key, "x", 1);
    expect(key, NULL);
    perf_conf.catalogue_ms = 0;
    cache_put("a", "x", 1);
    expect("a", NULL);
    free(large);
}

static void never_answers_for_another_key(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        char key[20];

        snprintf(key, sizeof(key), "key %d", i);
        cache_put(key, key, strlen(key));
    }
    for (int i = 0; i < 2000; i++) {
        struct tk_buf got = {0};
        char key[20];

        snprintf(key, sizeof(key), "key %d", i);
        if (cache_get(key, &got))
            assert_string_equal(got.data, key);
        tk_buf_release(&got);
    }
}

static void *ask_and_replace(void *arg)
{
    for (int i = 0; i < 3000; i++) {
        char body[64];
        struct tk_buf got = {0};
        bool good;

        memset(body, 'a' + i % 26, sizeof(body));
        cache_put("one key", body, sizeof(body));
        good = cache_get("one key", &got) && got.len == sizeof(body) &&
               got.data[0] == got.data[sizeof(body) - 1];
        tk_buf_release(&got);
        if (!good)
            return arg;
    }
    return NULL;
}

static void threads_see_whole_answers(void **state)
{
    pthread_t threads[4];
    void *bad;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_replace, threads), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
    cache_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(remembers_until_it_is_too_old, setup),
        cmocka_unit_test_setup(keeps_out_what_is_large_or_unwanted, setup),
        cmocka_unit_test_setup(never_answers_for_another_key, setup),
        cmocka_unit_test_setup(threads_see_whole_answers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
