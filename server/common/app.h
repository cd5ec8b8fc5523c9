/*
 * What every service is made of, so that a service's main.c is one table. tk_app_main does:
 * configuration
 * (--help, --print-config, --version, --routes), `migrate`, the service's own commands, loop,
 * workers, database, Redis, keyring, HTTP server, /healthz /readyz /metrics /openapi.yaml, SIGTERM
 * drain (<= 10 s). A dependency that is away never stops the process: /readyz says which, requests
 * that need it fail.
 */
#ifndef TK_COMMON_APP_H
#define TK_COMMON_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/auth.h"
#include "server/common/db.h"
#include "server/common/file.h"
#include "server/common/httpd.h"
#include "server/common/loop.h"
#include "server/common/mq.h"
#include "server/common/redis.h"
#include "server/common/worker.h"
#include "shared/base/conf.h"

/* What a service uses; the configuration rows of the parts named here exist, others do not. */
enum tk_use { TK_USE_HTTP = 1, TK_USE_DB = 2, TK_USE_REDIS = 4, TK_USE_MQ = 8, TK_USE_AUTH = 16 };

struct tk_command { /* `ticketaka-member staff-add …`: runs without the loop, database at hand */
    const char *name, *synopsis, *summary;
    int (*run)(struct tk_app *app, int argc, char **argv); /* exit status */
};

struct tk_service {
    const char *name;   /* "member" */
    unsigned uses;      /* enum tk_use */
    const char *listen; /* default of --listen: "127.0.0.1:8081" */
    const struct tk_route *routes;
    size_t route_count;
    const struct tk_conf_row *conf;    /* rows of its own; may be NULL */
    const struct tk_file *migrations;  /* may be NULL */
    const struct tk_file *scripts;     /* Lua; may be NULL */
    const struct tk_command *commands; /* ends with a NULL name; may be NULL */
    /* Called on the loop's thread before serving; 0, or -1 after logging why the process cannot
     * start. */
    int (*start)(struct tk_app *app);
    /* Called after the last request and check, when no worker runs any more; before the stores close.
     * Also after a start that failed half-way: what it began must end. */
    void (*stop)(struct tk_app *app);
};

struct tk_app {
    const struct tk_service *service;
    struct tk_loop *loop;
    struct tk_workers *workers, *slow;
    struct tk_db *db;
    struct tk_redis *redis;
    struct tk_keyring *keyring;
    struct tk_httpd *httpd;
    struct tk_db_conf db_conf;
    struct tk_redis_conf redis_conf;
    struct tk_mq_conf mq_conf;
    struct tk_auth_conf auth_conf;
    _Atomic bool stopping;
    void *state; /* the service's own */
};

int tk_app_main(const struct tk_service *service, int argc, char **argv);

/*
 * A dependency for /readyz. `check` runs on a worker every two seconds and after each failure every
 * half second; it returns whether the dependency answers. DB and Redis are registered by
 * tk_app_main.
 */
void tk_app_dependency(struct tk_app *app, const char *name, bool (*check)(struct tk_app *app));

#endif
