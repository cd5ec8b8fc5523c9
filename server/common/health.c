#include "server/common/health.h"

#include <stdio.h>
#include <string.h>

#include "server/common/app.h"
#include "server/common/metrics.h"
#include "shared/base/log.h"

#define DEPENDENCIES 8
#define GOOD_MS      2000
#define BAD_MS       500

struct dependency {
    struct tk_app *app;
    const char *name;
    bool (*check)(struct tk_app *);
    _Atomic int up; /* -1: not asked yet */
    bool answer;    /* of the check under way; handed over by the post */
    struct tk_timer *timer;
    char label[64];
    struct tk_metric metric;
};

/* Written on the loop's thread at start; one process is one service. */
static struct dependency dependencies[DEPENDENCIES];
static size_t count;
static bool started;

static void ask(void *arg);

/* Back on the loop. A change is logged once. */
static void checked(void *arg)
{
    struct dependency *d = arg;

    if (d->up != d->answer)
        tk_log(d->answer ? TK_INFO : TK_WARN, d->answer ? "dependency-up" : "dependency-down",
               TK_S("name", d->name));
    d->up = d->answer;
    if (started)
        d->timer = tk_loop_after(d->app->loop, d->answer ? GOOD_MS : BAD_MS, ask, d);
}

/* On a worker. */
static void check(void *arg)
{
    struct dependency *d = arg;

    d->answer = d->check(d->app);
    tk_loop_post(d->app->loop, checked, d);
}

static void ask(void *arg)
{
    struct dependency *d = arg;

    d->timer = NULL;
    if (!tk_workers_submit(d->app->workers, check, d))
        d->timer = tk_loop_after(d->app->loop, BAD_MS, ask, d); /* all workers are busy */
}

static int64_t read_up(void *arg)
{
    struct dependency *d = arg;

    return d->up == 1;
}

void tk_app_dependency(struct tk_app *app, const char *name, bool (*fn)(struct tk_app *app))
{
    struct dependency *d = &dependencies[count];

    if (count == DEPENDENCIES) {
        tk_log(TK_ERROR, "too-many-dependencies", TK_S("name", name));
        return;
    }
    count++;
    d->app = app;
    d->name = name;
    d->check = fn;
    d->up = -1;
    snprintf(d->label, sizeof d->label, "name=\"%s\"", name);
    d->metric.name = "ticketaka_dependency_up";
    d->metric.help = "1 while the dependency answers.";
    d->metric.type = TK_GAUGE;
    d->metric.labels = d->label;
    d->metric.read = read_up;
    d->metric.arg = d;
    tk_metric_register(&d->metric);
    if (started)
        ask(d);
}

void tk_health_start(struct tk_app *app)
{
    (void)app;
    started = true;
    for (size_t i = 0; i < count; i++)
        ask(&dependencies[i]);
}

void tk_health_stop(struct tk_app *app)
{
    (void)app;
    started = false;
    for (size_t i = 0; i < count; i++) {
        tk_timer_cancel(dependencies[i].timer);
        dependencies[i].timer = NULL;
    }
}

static enum tk_err healthz(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    (void)reply;
    return TK_OK;
}

static enum tk_err readyz(struct tk_req *req, struct tk_reply *reply)
{
    struct tk_app *app = tk_req_app(req);
    json_t *states = json_object();
    bool ready = !(app && app->stopping);

    for (size_t i = 0; i < count; i++) {
        bool up = dependencies[i].up == 1;

        ready = ready && up;
        json_object_set_new(states, dependencies[i].name, json_string(up ? "up" : "down"));
    }
    tk_reply_data(reply, states ? json_pack("{s:o}", "dependencies", states) : NULL);
    if (!ready)
        tk_reply_detail(reply, "%s", app && app->stopping ? "stopping" : "a dependency is down");
    return ready ? TK_OK : TK_UNAVAILABLE;
}

static enum tk_err metrics(struct tk_req *req, struct tk_reply *reply)
{
    struct tk_buf text = {0};

    (void)req;
    tk_metrics_print(&text);
    if (!text.failed && text.data)
        tk_reply_raw(reply, 200, "text/plain; version=0.0.4", text.data, text.len);
    tk_buf_release(&text);
    return TK_OK;
}

static enum tk_err openapi_get(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    if (!openapi[0].name)
        return TK_NOT_FOUND;
    tk_reply_raw(reply, 200, "text/yaml; charset=utf-8", openapi[0].text, strlen(openapi[0].text));
    return TK_OK;
}

/* On the loop: they must answer when every worker hangs. */
const struct tk_route tk_health_routes[] = {
    {.name = "healthz",
     .method = "GET",
     .pattern = "/healthz",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .handle = healthz},
    {.name = "readyz",
     .method = "GET",
     .pattern = "/readyz",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .handle = readyz},
    {.name = "metrics",
     .method = "GET",
     .pattern = "/metrics",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .handle = metrics},
    {.name = "openapi",
     .method = "GET",
     .pattern = "/openapi.yaml",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .handle = openapi_get},
};
const size_t tk_health_route_count = sizeof tk_health_routes / sizeof tk_health_routes[0];
