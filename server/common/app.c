#include "server/common/app.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/common/health.h"
#include "server/common/metrics.h"
#include "server/common/migrate.h"
#include "server/common/serve.h"
#include "shared/base/log.h"

#define DRAIN_MS     7000
#define STOP_S       10 /* SIGTERM to gone, whatever hangs */
#define QUEUE_MAX    1024
#define SLOW_THREADS 2
#define SLOW_QUEUE   64
#define TABLES_MAX   9

/* One process, one service. What the configuration says lands here; rows hold addresses. */
static struct tk_app the_app;
static struct {
    const char *listen, *log_level;
    int64_t workers;
} settings;

/* ---- configuration ---------------------------------------------------------------- */
/* Defaults that are named after the service are filled in before the rows are read. */
static struct tk_conf_row http_rows[] = {
    {TK_CONF_STR, "listen", &settings.listen, NULL, "address and port to serve at", 0, 0},
    {0},
};
static const struct tk_conf_row common_rows[] = {
    {TK_CONF_STR, "log-level", &settings.log_level, "info", "debug, info, warn or error", 0, 0},
    {TK_CONF_INT, "workers", &settings.workers, "8", "threads for what blocks", 1, 64},
    {0},
};
static struct tk_conf_row db_rows[] = {
    {TK_CONF_STR, "db-socket", &the_app.db_conf.socket, NULL,
     "MariaDB's unix socket; goes before db-host", 0, 0},
    {TK_CONF_STR, "db-host", &the_app.db_conf.host, "127.0.0.1", "MariaDB's host", 0, 0},
    {TK_CONF_INT, "db-port", &the_app.db_conf.port, "3306", "MariaDB's port", 1, 65535},
    {TK_CONF_STR, "db-name", &the_app.db_conf.name, NULL, "database", 0, 0},
    {TK_CONF_STR, "db-user", &the_app.db_conf.user, NULL, "database user", 0, 0},
    {TK_CONF_STR, "db-password-file", &the_app.db_conf.password_file, NULL,
     "file with the database password (0600)", 0, 0},
    {TK_CONF_INT, "db-pool", &the_app.db_conf.pool, "8", "database connections", 1, 32},
    {0},
};
enum { DB_NAME = 3, DB_USER = 4 };
static const struct tk_conf_row redis_rows[] = {
    {TK_CONF_STR, "redis", &the_app.redis_conf.address, "127.0.0.1:6379",
     "Redis, host:port or socket path", 0, 0},
    {TK_CONF_STR, "redis-password-file", &the_app.redis_conf.password_file, NULL,
     "file with the Redis password (0600)", 0, 0},
    {0},
};
static const struct tk_conf_row mq_rows[] = {
    {TK_CONF_STR, "amqp", &the_app.mq_conf.url, "amqp://ticketaka@127.0.0.1:5672/",
     "RabbitMQ, amqp://user@host:port/vhost", 0, 0},
    {TK_CONF_STR, "amqp-password-file", &the_app.mq_conf.password_file, NULL,
     "file with the RabbitMQ password (0600)", 0, 0},
    {0},
};
static const struct tk_conf_row auth_rows[] = {
    {TK_CONF_STR, "jwks", &the_app.auth_conf.jwks, NULL,
     "file with the public keys of tokens (JWKS)", 0, 0},
    {TK_CONF_STR, "service-token-file", &the_app.auth_conf.service_token_file, NULL,
     "file with the credential between services (0600)", 0, 0},
    {0},
};

static void choose_tables(const struct tk_service *service, const struct tk_conf_row **tables)
{
    http_rows[0].def = service->listen ? service->listen : "127.0.0.1:8080";
    db_rows[DB_NAME].def = db_rows[DB_USER].def = service->name;
    the_app.db_conf.timeout_ms = the_app.mq_conf.timeout_ms = 2500;
    the_app.redis_conf.timeout_ms = 1000;
    if (service->uses & TK_USE_HTTP)
        *tables++ = http_rows;
    *tables++ = common_rows;
    if (service->uses & TK_USE_DB)
        *tables++ = db_rows;
    if (service->uses & TK_USE_REDIS)
        *tables++ = redis_rows;
    if (service->uses & TK_USE_MQ)
        *tables++ = mq_rows;
    if (service->uses & TK_USE_AUTH)
        *tables++ = auth_rows;
    if (service->conf)
        *tables++ = service->conf;
    *tables = NULL;
}

/* ---- what is asked of the program itself ------------------------------------------- */
static void print_help(const struct tk_service *service, const struct tk_conf_row *const *tables)
{
    printf("usage: ticketaka-%s [OPTION…] [COMMAND]\n\nWithout a command it serves.\n\n",
           service->name);
    if (service->migrations || service->commands)
        printf("commands:\n");
    if (service->migrations)
        printf("  %-26s %s\n", "migrate", "bring the database up to date");
    for (const struct tk_command *c = service->commands; c && c->name; c++)
        printf("  %-26s %s\n", c->synopsis ? c->synopsis : c->name, c->summary);
    printf("\noptions:\n  --%-24s %s\n  --%-24s %s\n  --%-24s %s\n  --%-24s %s\n  --%-24s %s\n",
           "help", "this text", "version", "the version", "routes", "the routes, tab-separated",
           "print-config", "every setting and where it came from", "config FILE",
           "settings, one `name = value` a line");
    tk_conf_help(tables, stdout);
}

static void print_scopes(unsigned scopes)
{
    static const char *const names[] = {"member", "box", "door", "manager", "admin", "kiosk"};
    bool first = true;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (scopes & 1u << i) {
            printf("%s%s", first ? "" : ",", names[i]);
            first = false;
        }
    printf("%s\n", first ? "-" : "");
}

static void print_table(const struct tk_route *routes, size_t count)
{
    static const char *const auths[] = {"deny", "public", "member", "service"};

    for (size_t i = 0; i < count; i++) {
        printf("%s\t%s\t%s\t", routes[i].method, routes[i].pattern, auths[routes[i].auth]);
        print_scopes(routes[i].scopes);
    }
}

static int print_routes(const struct tk_service *service)
{
    print_table(service->routes, service->route_count);
    if (service->uses & TK_USE_HTTP)
        print_table(tk_health_routes, tk_health_route_count);
    return 0;
}

/* ---- parts -------------------------------------------------------------------------- */
static bool db_up(struct tk_app *app)
{
    return tk_db_ping(app->db);
}

/* A server that hangs keeps its connections: only an answer tells. */
static bool redis_up(struct tk_app *app)
{
    static const char *const ping[] = {"PING"};
    redisReply *reply;
    bool up;

    if (!tk_redis_up(app->redis))
        return false;
    reply = tk_redis_call(app->redis, 1, (const char **)ping, NULL);
    up = reply && reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    return up;
}

static bool verify(void *arg, const char *token, struct tk_who *who)
{
    return tk_token_verify(arg, token, (int64_t)time(NULL), who);
}

static bool verify_service(void *arg, const char *credential)
{
    return tk_service_verify(arg, credential);
}

static int64_t read_lag(void *arg)
{
    return tk_loop_lag_us(arg);
}

static int64_t read_queue(void *arg)
{
    return (int64_t)tk_workers_queued(arg);
}

static int64_t read_flight(void *arg)
{
    return tk_httpd_in_flight(arg);
}

static void register_metrics(struct tk_app *app)
{
    static struct tk_metric lag = {.name = "ticketaka_loop_lag_us",
                                   .help = "How late the event loop was at worst, in a second.",
                                   .type = TK_GAUGE,
                                   .read = read_lag};
    static struct tk_metric queue = {.name = "ticketaka_worker_queue",
                                     .help = "Requests that wait for a worker.",
                                     .type = TK_GAUGE,
                                     .labels = "pool=\"workers\"",
                                     .read = read_queue};
    static struct tk_metric slow = {.name = "ticketaka_worker_queue",
                                    .help = "Requests that wait for a worker.",
                                    .type = TK_GAUGE,
                                    .labels = "pool=\"slow\"",
                                    .read = read_queue};
    static struct tk_metric flight = {.name = "ticketaka_http_in_flight",
                                      .help = "Requests that are being answered.",
                                      .type = TK_GAUGE,
                                      .read = read_flight};

    lag.arg = app->loop;
    queue.arg = app->workers;
    slow.arg = app->slow;
    flight.arg = app->httpd;
    tk_metric_register(&lag);
    tk_metric_register(&queue);
    tk_metric_register(&slow);
    if (app->httpd)
        tk_metric_register(&flight);
}

static int fail(const char *what, const char *why)
{
    tk_log(TK_ERROR, "cannot-start", TK_S("part", what), TK_S("why", why));
    return -1;
}

static int open_parts(struct tk_app *app)
{
    unsigned uses = app->service->uses;

    app->loop = tk_loop_new();
    app->workers = tk_workers_new("worker", (size_t)settings.workers, QUEUE_MAX);
    app->slow = tk_workers_new("slow", SLOW_THREADS, SLOW_QUEUE);
    if (!app->loop || !app->workers || !app->slow)
        return fail("threads", strerror(errno));
    if (uses & TK_USE_DB) {
        app->db = tk_db_new(&app->db_conf);
        tk_app_dependency(app, "db", db_up);
    }
    if (uses & TK_USE_REDIS) {
        app->redis = tk_redis_new(&app->redis_conf, app->service->scripts, app->loop);
        tk_app_dependency(app, "redis", redis_up);
    }
    if (uses & TK_USE_AUTH)
        app->keyring = tk_keyring_new(&app->auth_conf);
    if ((uses & TK_USE_DB && !app->db) || (uses & TK_USE_REDIS && !app->redis) ||
        (uses & TK_USE_AUTH && !app->keyring))
        return fail("stores", "not enough memory");
    return 0;
}

static int open_http(struct tk_app *app)
{
    static struct tk_route_table tables[3]; /* the server keeps their address */
    struct tk_httpd_conf conf = {.listen = settings.listen,
                                 .loop = app->loop,
                                 .workers = app->workers,
                                 .slow = app->slow,
                                 .app = app,
                                 .tables = tables,
                                 .arg = app->keyring};
    char why[256];

    if (app->keyring) {
        conf.verify = verify;
        conf.verify_service = verify_service;
    }
    tables[0] = (struct tk_route_table){tk_health_routes, tk_health_route_count};
    if (app->service->routes)
        tables[1] = (struct tk_route_table){app->service->routes, app->service->route_count};
    app->httpd = tk_httpd_new(&conf, why, sizeof why);
    return app->httpd ? 0 : fail("http", why);
}

/*
 * In the order that nothing is used after it is gone: whoever may call into the service (checks,
 * workers, answers of Redis, requests), the service, the stores.
 */
static void close_parts(struct tk_app *app, bool started)
{
    tk_health_stop(app);
    tk_workers_free(app->workers);
    tk_workers_free(app->slow);
    tk_redis_stop(app->redis); /* its answers go to requests: the last of them before those end */
    tk_httpd_free(app->httpd);
    if (started && app->service->stop)
        app->service->stop(app);
    tk_redis_free(app->redis);
    tk_db_free(app->db);
    tk_keyring_free(app->keyring);
    tk_loop_free(app->loop);
}

/* ---- life --------------------------------------------------------------------------- */
static void drained(void *arg)
{
    struct tk_app *app = arg;

    tk_loop_stop(app->loop);
}

/* The last resort when a part hangs while stopping; only what a signal handler may call. */
static void give_up(int signal)
{
    static const char line[] = "{\"level\":\"error\",\"event\":\"stop-forced\"}\n";

    (void)signal;
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(1);
    _exit(1);
}

static int signal_fd = -1;

static void on_signal(uint32_t events, void *arg)
{
    struct tk_app *app = arg;
    struct signalfd_siginfo info;

    (void)events;
    if (read(signal_fd, &info, sizeof info) != (ssize_t)sizeof info || app->stopping)
        return;
    tk_log(TK_INFO, "stopping", TK_I("signal", info.ssi_signo));
    app->stopping = true;
    signal(SIGALRM, give_up);
    alarm(STOP_S);
    if (app->httpd)
        tk_httpd_drain(app->httpd, DRAIN_MS, drained, app);
    else
        tk_loop_stop(app->loop);
}

/* Before any thread starts, so that all of them inherit the mask and only the loop hears the
 * signals. */
static int mask_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return signal_fd < 0 ? -1 : 0;
}

/* Keys are in our memory: no core dumps, nothing of ours readable by others. */
static void harden(void)
{
    struct rlimit none = {0}, files;

    umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        tk_log(TK_WARN, "core-dumps-on", TK_S("why", strerror(errno)));
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0)
            tk_log(TK_WARN, "few-files", TK_S("why", strerror(errno)));
    }
}

static int serve(struct tk_app *app)
{
    struct tk_watch *signals = NULL;
    bool started = false;
    int status = 1;

    if (mask_signals() != 0)
        return fail("signals", strerror(errno)), 1;
    if (open_parts(app) != 0)
        goto out;
    signals = tk_loop_watch(app->loop, signal_fd, EPOLLIN, on_signal, app);
    if (!signals) {
        fail("signals", strerror(errno));
        goto out;
    }
    started = true;
    if (app->service->start && app->service->start(app) != 0)
        goto out;
    if (app->service->uses & TK_USE_HTTP && open_http(app) != 0)
        goto out;
    register_metrics(app);
    tk_health_start(app);
    tk_log(TK_INFO, "READY", TK_S("version", TK_VERSION),
           TK_I("port", app->httpd ? tk_httpd_port(app->httpd) : 0), TK_I("pid", getpid()));
    status = tk_loop_run(app->loop) == 0 ? 0 : 1;
    tk_log(TK_INFO, "stopped");
out:
    tk_watch_remove(signals);
    close_parts(app, started);
    close(signal_fd);
    return status;
}

static int run_migrate(struct tk_app *app)
{
    return tk_migrate(&app->db_conf, app->service->migrations, stdout, stderr) == 0 ? 0 : 1;
}

static int run_command(struct tk_app *app, int argc, char **argv)
{
    const struct tk_service *service = app->service;
    int status;

    if (strcmp(argv[0], "migrate") == 0 && service->migrations)
        return run_migrate(app);
    for (const struct tk_command *c = service->commands; c && c->name; c++) {
        if (strcmp(c->name, argv[0]) != 0)
            continue;
        if (service->uses & TK_USE_DB && !(app->db = tk_db_new(&app->db_conf)))
            return fail("database", "not enough memory"), 1;
        status = c->run(app, argc, argv);
        tk_db_free(app->db);
        return status;
    }
    fprintf(stderr, "'%s' is no command: see ticketaka-%s --help\n", argv[0], service->name);
    return 2;
}

/* Options that ask about the program are taken out of argv,
 * so that the table sees only settings. */
static int take_asked(int argc, char **argv, const char **asked)
{
    static const char *const words[] = {"--help", "--version", "--routes", "--print-config"};
    int kept = 1;
    bool options = true;

    for (int i = 1; i < argc; i++) {
        bool found = false;

        options = options && argv[i][0] == '-' && strcmp(argv[i], "--") != 0;
        for (size_t w = 0; options && w < sizeof words / sizeof words[0]; w++)
            if (strcmp(argv[i], words[w]) == 0) {
                *asked = words[w];
                found = true;
            }
        if (!found)
            argv[kept++] = argv[i];
        if (options && !found && !strchr(argv[i], '=') && i + 1 < argc)
            argv[kept++] = argv[++i]; /* its value */
    }
    argv[kept] = NULL;
    return kept;
}

/* -1: not asked, go on. */
static int answer_asked(const struct tk_service *service, const char *asked,
                        const struct tk_conf_row *const *tables)
{
    if (!asked || strcmp(asked, "--print-config") == 0)
        return -1;
    if (strcmp(asked, "--routes") == 0)
        return print_routes(service);
    if (strcmp(asked, "--help") == 0)
        print_help(service, tables);
    else
        printf("ticketaka-%s %s\n", service->name, TK_VERSION);
    return 0;
}

int tk_app_main(const struct tk_service *service, int argc, char **argv)
{
    const struct tk_conf_row *tables[TABLES_MAX];
    const char *asked = NULL;
    enum tk_level level;
    int rest, status;

    tk_log_init(service->name, TK_INFO);
    harden();
    json_object_seed(0); /* before threads: jansson seeds lazily and unguarded */
    the_app.service = service;
    choose_tables(service, tables);
    argc = take_asked(argc, argv, &asked);
    status = answer_asked(service, asked, tables);
    if (status >= 0)
        return status;
    if (tk_conf_load(tables, argc, argv, &rest, stderr) != 0)
        return 2;
    if (!tk_level_parse(settings.log_level, &level)) {
        fprintf(stderr, "'%s' is no log-level: use debug, info, warn or error\n",
                settings.log_level);
        return 2;
    }
    tk_log_init(service->name, level);
    if (asked) {
        tk_conf_print(tables, stdout);
        return 0;
    }
    return rest < argc ? run_command(&the_app, argc - rest, argv + rest) : serve(&the_app);
}
