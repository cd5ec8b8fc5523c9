/* ticketaka-performance: the catalogue, the seats of every session, and the holds on them. */
#include "server/common/app.h"
#include "server/performance/cache.h"
#include "server/performance/hold_id.h"
#include "server/performance/keeper.h"
#include "server/performance/performance.h"
#include "server/performance/routes.h"
#include "server/performance/session.h"
#include "shared/base/log.h"

extern const struct tk_file server_performance_sql[], server_performance_lua[];

/* Another server than before: all maps are compared with the truth at once. */
static void on_redis(bool changed, void *arg)
{
    (void)arg;
    if (changed)
        reconciler_kick();
}

static int start(struct tk_app *app)
{
    counters_register();
    if (!hold_id_init(perf_conf.hold_key_file)) {
        tk_log(TK_ERROR, "hold-key-file",
               TK_S("why", "not 32 bytes in hexadecimal: make one with "
                           "'openssl rand -hex 32'"));
        return -1;
    }
    tk_redis_on_connect(app->redis, on_redis, app);
    tk_app_dependency(app, "rabbitmq", events_up);
    if (sweeper_start(app) != 0 || reconciler_start(app) != 0 || events_start(app) != 0) {
        tk_log(TK_ERROR, "start", TK_S("why", "memory or threads are short"));
        return -1;
    }
    return 0;
}

static void stop(struct tk_app *app)
{
    (void)app;
    sweeper_stop();
    events_stop();
    reconciler_stop();
    session_forget();
    cache_forget();
}

int main(int argc, char **argv)
{
    const struct tk_service service = {
        .name = "performance",
        .uses = TK_USE_HTTP | TK_USE_DB | TK_USE_REDIS | TK_USE_MQ | TK_USE_AUTH,
        .listen = "127.0.0.1:8082",
        .routes = performance_routes,
        .route_count = performance_route_count,
        .conf = perf_conf_rows,
        .migrations = server_performance_sql,
        .scripts = server_performance_lua,
        .start = start,
        .stop = stop,
    };

    return tk_app_main(&service, argc, argv);
}
