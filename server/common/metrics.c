#include "server/common/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define ROUTES   128 /* power of two; more are counted together */
#define STATUSES 24

static const int64_t bounds_us[] = {500,   1000,   2500,   5000,   10000,   25000,
                                    50000, 100000, 250000, 500000, 1000000, 3000000};
static const char *const bounds_text[] = {"0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
                                          "0.05",   "0.1",   "0.25",   "0.5",   "1",    "3"};
#define BOUNDS (sizeof bounds_us / sizeof bounds_us[0])

struct route_stats {
    _Atomic(const char *) route;
    _Atomic int status[STATUSES];
    _Atomic int64_t count[STATUSES];
    _Atomic int64_t bucket[BOUNDS + 1]; /* not cumulative; the last is everything slower */
    _Atomic int64_t sum_us;
};

static struct route_stats stats[ROUTES + 1]; /* the last takes what has no room */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tk_metric *metrics; /* guarded by lock; in the order of names */

void tk_metric_register(struct tk_metric *metric)
{
    struct tk_metric **at = &metrics;

    pthread_mutex_lock(&lock);
    while (*at && *at != metric && strcmp((*at)->name, metric->name) <= 0)
        at = &(*at)->next;
    if (*at != metric) {
        metric->next = *at;
        *at = metric;
    }
    pthread_mutex_unlock(&lock);
}

void tk_metric_add(struct tk_metric *metric, int64_t n)
{
    atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

void tk_metric_set(struct tk_metric *metric, int64_t n)
{
    atomic_store_explicit(&metric->value, n, memory_order_relaxed);
}

/* By address: route names are literals, one for each row of a route table. */
static struct route_stats *stats_of(const char *route)
{
    size_t at = ((uintptr_t)route >> 2) * 2654435761u & (ROUTES - 1);

    for (size_t i = 0; i < ROUTES; i++) {
        struct route_stats *s = &stats[(at + i) & (ROUTES - 1)];
        const char *seen = atomic_load_explicit(&s->route, memory_order_acquire);

        if (!seen && atomic_compare_exchange_strong(&s->route, &seen, route))
            return s;
        if (seen == route)
            return s;
    }
    atomic_store(&stats[ROUTES].route, "other");
    return &stats[ROUTES];
}

static void count_status(struct route_stats *s, int status)
{
    for (size_t i = 0; i < STATUSES; i++) {
        int seen = atomic_load_explicit(&s->status[i], memory_order_relaxed);

        if (!seen && atomic_compare_exchange_strong(&s->status[i], &seen, status))
            seen = status;
        if (seen == status) {
            atomic_fetch_add_explicit(&s->count[i], 1, memory_order_relaxed);
            return;
        }
    }
}

void tk_metric_request(const char *route, int status, int64_t us)
{
    struct route_stats *s = stats_of(route);
    size_t b = 0;

    while (b < BOUNDS && us > bounds_us[b])
        b++;
    count_status(s, status);
    atomic_fetch_add_explicit(&s->bucket[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->sum_us, us, memory_order_relaxed);
}

static void print_counts(struct tk_buf *out)
{
    tk_buf_puts(out, "# HELP ticketaka_http_requests_total Requests answered.\n"
                     "# TYPE ticketaka_http_requests_total counter\n");
    for (size_t r = 0; r <= ROUTES; r++)
        for (size_t i = 0; stats[r].route && i < STATUSES && stats[r].status[i]; i++)
            tk_buf_printf(out, "ticketaka_http_requests_total{route=\"%s\",status=\"%d\"} %lld\n",
                          stats[r].route, stats[r].status[i], (long long)stats[r].count[i]);
}

static void print_histogram(struct tk_buf *out, struct route_stats *s)
{
    static const char name[] = "ticketaka_http_request_seconds";
    const char *route = s->route;
    int64_t total = 0, us = s->sum_us;

    for (size_t b = 0; b < BOUNDS; b++) {
        total += s->bucket[b];
        tk_buf_printf(out, "%s_bucket{route=\"%s\",le=\"%s\"} %lld\n", name, route, bounds_text[b],
                      (long long)total);
    }
    total += s->bucket[BOUNDS];
    tk_buf_printf(out, "%s_bucket{route=\"%s\",le=\"+Inf\"} %lld\n", name, route, (long long)total);
    tk_buf_printf(out, "%s_sum{route=\"%s\"} %lld.%06lld\n", name, route, (long long)(us / 1000000),
                  (long long)(us % 1000000));
    tk_buf_printf(out, "%s_count{route=\"%s\"} %lld\n", name, route, (long long)total);
}

static void print_metric(struct tk_buf *out, struct tk_metric *m, const char *before)
{
    int64_t value = m->read ? m->read(m->arg) : m->value;

    if (!before || strcmp(before, m->name) != 0)
        tk_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                      m->type == TK_COUNTER ? "counter" : "gauge");
    if (m->labels)
        tk_buf_printf(out, "%s{%s} %lld\n", m->name, m->labels, (long long)value);
    else
        tk_buf_printf(out, "%s %lld\n", m->name, (long long)value);
}

void tk_metrics_print(struct tk_buf *out)
{
    const char *before = NULL;

    print_counts(out);
    tk_buf_puts(out, "# HELP ticketaka_http_request_seconds Time from request line to last byte.\n"
                     "# TYPE ticketaka_http_request_seconds histogram\n");
    for (size_t r = 0; r <= ROUTES; r++)
        if (stats[r].route)
            print_histogram(out, &stats[r]);
    pthread_mutex_lock(&lock);
    for (struct tk_metric *m = metrics; m; before = m->name, m = m->next)
        print_metric(out, m, before);
    pthread_mutex_unlock(&lock);
}
