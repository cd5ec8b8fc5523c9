#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "server/common/metrics.h"

#define TIMES 20000

static struct tk_metric sold = {.name = "test_sold_total", .help = "Sold.", .type = TK_COUNTER};
static struct tk_metric mail = {
    .name = "test_depth", .help = "Depth.", .type = TK_GAUGE, .labels = "queue=\"mail\""};
static struct tk_metric seat = {
    .name = "test_depth", .help = "Depth.", .type = TK_GAUGE, .labels = "queue=\"seat\""};

static void has(const char *line)
{
    struct tk_buf text = {0};

    tk_metrics_print(&text);
    assert_false(text.failed);
    if (!strstr(text.data, line))
        fail_msg("'%s' is not in\n%s", line, text.data);
    tk_buf_release(&text);
}

static int64_t forty_two(void *arg)
{
    (void)arg;
    return 42;
}

static void prints_values(void **state)
{
    struct tk_buf text = {0};
    const char *at;

    (void)state;
    seat.read = forty_two;
    tk_metric_register(&mail);
    tk_metric_register(&sold);
    tk_metric_register(&seat);
    tk_metric_register(&seat); /* twice is once */
    tk_metric_add(&sold, 3);
    tk_metric_set(&mail, -7);
    has("# HELP test_sold_total Sold.\n# TYPE test_sold_total counter\ntest_sold_total 3\n");
    has("test_depth{queue=\"mail\"} -7\n");
    has("test_depth{queue=\"seat\"} 42\n");
    tk_metrics_print(&text);
    at = strstr(text.data, "# TYPE test_depth gauge");
    assert_non_null(at);
    assert_null(strstr(at + 1, "# TYPE test_depth gauge")); /* one head for all its labels */
    tk_buf_release(&text);
}

static void *hit(void *arg)
{
    for (int i = 0; i < TIMES; i++) {
        tk_metric_request(arg, i % 2 ? 200 : 404, i % 4 ? 400 : 2000000);
        tk_metric_add(&sold, 1);
    }
    return NULL;
}

static void counts_requests(void **state)
{
    static char route[] = "hold";
    pthread_t threads[4];

    (void)state;
    tk_metric_set(&sold, 0);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, hit, route);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    has("test_sold_total 80000\n");
    has("ticketaka_http_requests_total{route=\"hold\",status=\"200\"} 40000\n");
    has("ticketaka_http_requests_total{route=\"hold\",status=\"404\"} 40000\n");
    has("ticketaka_http_request_seconds_bucket{route=\"hold\",le=\"0.0005\"} 60000\n");
    has("ticketaka_http_request_seconds_bucket{route=\"hold\",le=\"1\"} 60000\n");
    has("ticketaka_http_request_seconds_bucket{route=\"hold\",le=\"3\"} 80000\n");
    has("ticketaka_http_request_seconds_bucket{route=\"hold\",le=\"+Inf\"} 80000\n");
    has("ticketaka_http_request_seconds_count{route=\"hold\"} 80000\n");
    has("ticketaka_http_request_seconds_sum{route=\"hold\"} 40024.000000\n");
}

/* More routes and statuses than there is room for are counted together, not written elsewhere. */
static void overflows(void **state)
{
    static char names[200][8];

    (void)state;
    for (int i = 0; i < 200; i++) {
        names[i][0] = 'r';
        tk_metric_request(names[i], 200, 1);
    }
    for (int i = 0; i < 60; i++)
        tk_metric_request(names[0], 300 + i, 1);
    has("ticketaka_http_requests_total{route=\"other\",status=\"200\"} 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(prints_values),
                                       cmocka_unit_test(counts_requests),
                                       cmocka_unit_test(overflows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
