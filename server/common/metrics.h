/* Counters, gauges and latency histograms in Prometheus text. Thread-safe, lock-free on the hot path. */
#ifndef TK_COMMON_METRICS_H
#define TK_COMMON_METRICS_H

#include <stdint.h>

#include "shared/base/str.h"

/* Declare as static objects, with designated initialisers, and register once at start. */
struct tk_metric {
    const char *name; /* "ticketaka_holds_total" */
    const char *help;
    enum { TK_COUNTER, TK_GAUGE } type;
    const char *labels; /* constant label text, e.g. `queue="mail"`; NULL */
    _Atomic int64_t value;
    int64_t (*read)(void *arg); /* instead of value: asked at scrape time, any thread */
    void *arg;
    struct tk_metric *next;
};
void tk_metric_register(struct tk_metric *metric);
void tk_metric_add(struct tk_metric *metric, int64_t n);
void tk_metric_set(struct tk_metric *metric, int64_t n);
/* One finished request: ticketaka_http_requests_total{route,status} and …_seconds histogram. */
void tk_metric_request(const char *route, int status, int64_t us);
void tk_metrics_print(struct tk_buf *out);

#endif
