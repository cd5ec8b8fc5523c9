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

static void remembers_until_it_is_too_old(void **state)
{
    json_t *data = json_string("x"), *got;
    int64_t end;

    (void)state;
    assert_null(cache_get("a"));
    cache_put("a", data, 1);
    got = cache_get("a");
    assert_ptr_equal(got, data);
    json_decref(got);
    assert_null(cache_get("b"));
    perf_conf.catalogue_ms = 20;
    cache_put("a", data, 1);
    for (end = tk_mono_ms() + 21; tk_mono_ms() < end;)
        ;
    assert_null(cache_get("a"));
    json_decref(data);
}

static void keeps_out_what_is_large_or_unwanted(void **state)
{
    json_t *data = json_string("x");
    char key[1000];

    (void)state;
    cache_put("a", data, 501);
    assert_null(cache_get("a"));
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    cache_put(key, data, 1);
    assert_null(cache_get(key));
    cache_put("a", NULL, 1);
    assert_null(cache_get("a"));
    perf_conf.catalogue_ms = 0;
    cache_put("a", data, 1);
    assert_null(cache_get("a"));
    assert_int_equal(data->refcount, 1);
    json_decref(data);
}

static void never_answers_for_another_key(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        char key[20];
        json_t *data = json_integer(i);

        snprintf(key, sizeof(key), "key %d", i);
        cache_put(key, data, 1);
        json_decref(data);
    }
    for (int i = 0; i < 2000; i++) {
        char key[20];
        json_t *data;

        snprintf(key, sizeof(key), "key %d", i);
        data = cache_get(key);
        if (data)
            assert_int_equal(json_integer_value(data), i);
        json_decref(data);
    }
}

static void *ask_and_replace(void *arg)
{
    const char *key = arg;

    for (int i = 0; i < 3000; i++) {
        json_t *mine = json_pack("{s:i}", "n", i), *got;
        char *text;

        cache_put(key, mine, 1);
        json_decref(mine);
        got = cache_get(key);
        text = got ? json_dumps(got, 0) : NULL;
        if (got && !text)
            return (void *)key;
        free(text);
        json_decref(got);
    }
    return NULL;
}

static void threads_share_it(void **state)
{
    pthread_t threads[4];
    void *bad;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_replace, (void *)"one key"), 0);
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
        cmocka_unit_test_setup(threads_share_it, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
