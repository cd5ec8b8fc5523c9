/* A whole service as its own process: configuration, readiness, signals, the options that ask. */
#include "server/common/app.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/base/time.h"

/* Seen by the test and by the service, which is its child. */
static struct shared {
    _Atomic bool up, entered, go, stopped, hold_check, checking, checked_after_stop;
} * shared;

static bool dependency(struct tk_app *app)
{
    (void)app;
    if (shared->hold_check) {
        shared->checking = true;
        while (!shared->go)
            usleep(1000);
        shared->checked_after_stop = shared->stopped;
    }
    return shared->up;
}

static const char *extra;

static int start(struct tk_app *app)
{
    tk_app_dependency(app, "thing", dependency);
    return strcmp(extra, "fail") == 0 ? -1 : 0;
}

static void stop(struct tk_app *app)
{
    (void)app;
    shared->stopped = true;
}

static enum tk_err hang(struct tk_req *req, struct tk_reply *reply)
{
    struct rlimit core;
    mode_t mask = umask(077);

    (void)req;
    shared->entered = true;
    while (!shared->go)
        usleep(1000);
    getrlimit(RLIMIT_CORE, &core);
    tk_reply_data(reply, json_pack("{s:i,s:i}", "core", (int)core.rlim_max, "mask", (int)mask));
    return TK_OK;
}

static int greet(struct tk_app *app, int argc, char **argv)
{
    printf("%s %s %d\n", app->service->name, argv[argc - 1], argc);
    return 7;
}

static const struct tk_route routes[] = {
    {.name = "hang",
     .method = "GET",
     .pattern = "/hang/:id",
     .auth = TK_AUTH_PUBLIC,
     .handle = hang},
    {.name = "shut",
     .method = "POST",
     .pattern = "/shut",
     .auth = TK_AUTH_MEMBER,
     .scopes = TK_SCOPE_BOX | TK_SCOPE_ADMIN,
     .handle = hang},
};
static const struct tk_command commands[] = {
    {"greet", "greet NAME", "says hello", greet},
    {0},
};
static const struct tk_conf_row rows[] = {
    {TK_CONF_STR, "extra", &extra, "more", "a setting of its own", 0, 0},
    {0},
};
static const struct tk_service service = {
    .name = "test",
    .uses = TK_USE_HTTP,
    .listen = "127.0.0.1:1",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .conf = rows,
    .commands = commands,
    .start = start,
    .stop = stop,
};

struct child {
    pid_t pid;
    FILE *out; /* its stdout and stderr */
    int port;
};

static struct child begin(char **argv)
{
    int fds[2], argc = 0;
    struct child child = {0};

    while (argv[argc])
        argc++;
    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    child.pid = fork();
    if (child.pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        argc = tk_app_main(&service, argc, argv);
        fflush(NULL);
        _exit(argc);
    }
    close(fds[1]);
    child.out = fdopen(fds[0], "r");
    return child;
}

static int end(struct child *child)
{
    int status;

    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    fclose(child->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs to its end; returns the exit status and what it said. */
static int run(char *said, size_t size, char **argv)
{
    struct child child = begin(argv);

    said[fread(said, 1, size - 1, child.out)] = '\0';
    return end(&child);
}

#define ARGS(...) ((char *[]){(char *)(uintptr_t) "test", __VA_ARGS__, NULL})
#define S(text)   ((char *)(uintptr_t)(text))

/* A service that has said READY. */
static struct child serve(void)
{
    struct child child;
    char line[1000] = "";
    const char *port;

    *shared = (struct shared){0};
    child = begin(ARGS(S("--listen"), S("127.0.0.1:0")));
    while (fgets(line, sizeof line, child.out) && !strstr(line, "\"READY\""))
        ;
    port = strstr(line, "\"port\":");
    assert_non_null(port);
    child.port = atoi(port + 7);
    return child;
}

static int ask(int port, const char *path)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char raw[200];

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    snprintf(raw, sizeof raw, "GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", path);
    assert_true(send(fd, raw, strlen(raw), MSG_NOSIGNAL) > 0);
    return fd;
}

static char text[40000];

static int hear(int fd)
{
    size_t size = 0;
    ssize_t n;

    while ((n = recv(fd, text + size, sizeof text - 1 - size, 0)) > 0)
        size += (size_t)n;
    text[size] = '\0';
    close(fd);
    return atoi(text + 9);
}

static int get(int port, const char *path)
{
    return hear(ask(port, path));
}

static void wait_ready(int port, int wanted)
{
    int64_t until = tk_mono_ms() + 8000;

    while (get(port, "/readyz") != wanted) {
        assert_true(tk_mono_ms() < until);
        usleep(50000); /* every answer is a log line in a pipe that is read later */
    }
}

static void tells_readiness(void **state)
{
    struct child child = serve();

    (void)state;
    assert_int_equal(get(child.port, "/healthz"), 200);
    wait_ready(child.port, 503);
    assert_non_null(strstr(text, "\"dependencies\":{\"thing\":\"down\"}"));
    assert_non_null(strstr(text, "\"error\":\"UNAVAILABLE\""));
    assert_non_null(strstr(text, "Retry-After"));
    shared->up = true;
    wait_ready(child.port, 200);
    assert_non_null(strstr(text, "\"thing\":\"up\""));
    assert_int_equal(get(child.port, "/metrics"), 200);
    assert_non_null(strstr(text, "ticketaka_dependency_up{name=\"thing\"} 1"));
    assert_non_null(strstr(text, "ticketaka_loop_lag_us "));
    assert_non_null(strstr(text, "ticketaka_worker_queue{pool=\"slow\"} 0"));
    assert_non_null(strstr(text, "ticketaka_http_in_flight 1"));
    assert_non_null(strstr(text, "{route=\"readyz\",status=\"503\"}"));
    shared->up = false;
    wait_ready(child.port, 503);
    kill(child.pid, SIGINT);
    assert_int_equal(end(&child), 0);
    assert_true(shared->stopped);
}

/* SIGTERM: the request in flight is answered, then the process ends by itself. */
static void drains_on_sigterm(void **state)
{
    struct child child = serve();
    int fd = ask(child.port, "/hang/secret-value"), status;
    char line[1000];
    bool stopped = false;

    (void)state;
    while (!shared->entered)
        usleep(1000);
    kill(child.pid, SIGTERM);
    while (fgets(line, sizeof line, child.out) && !strstr(line, "\"stopping\""))
        ;
    shared->go = true;
    assert_int_equal(hear(fd), 200);
    assert_non_null(strstr(text, "\"core\":0,\"mask\":63"));
    while (fgets(line, sizeof line, child.out)) {
        stopped = stopped || strstr(line, "\"stopped\"");
        assert_null(strstr(line, "secret-value")); /* no path value in any log */
    }
    status = end(&child);
    assert_int_equal(status, 0);
    assert_true(stopped);
}

/* What the service frees when it stops, a check that is under way may still look at. */
static void stops_after_the_last_check(void **state)
{
    struct child child = serve();
    char line[1000];
    int64_t until;

    (void)state;
    shared->hold_check = true; /* of the next one; a failed check is repeated soon */
    while (!shared->checking)
        usleep(1000);
    kill(child.pid, SIGTERM);
    while (fgets(line, sizeof line, child.out) && !strstr(line, "\"stopped\""))
        ;
    for (until = tk_mono_ms() + 200; !shared->stopped && tk_mono_ms() < until;)
        usleep(1000);
    shared->go = true;
    assert_int_equal(end(&child), 0);
    assert_true(shared->stopped);
    assert_false(shared->checked_after_stop);
}

static void ends_what_a_failed_start_began(void **state)
{
    struct child child;

    (void)state;
    *shared = (struct shared){0};
    child = begin(ARGS(S("--listen"), S("127.0.0.1:0"), S("--extra"), S("fail")));
    assert_int_equal(end(&child), 1);
    assert_true(shared->stopped);
}

static void answers_questions(void **state)
{
    (void)state;
    assert_int_equal(run(text, sizeof text, ARGS(S("--routes"))), 0);
    assert_non_null(strstr(text, "GET\t/hang/:id\tpublic\t-\n"));
    assert_non_null(strstr(text, "POST\t/shut\tmember\tbox,admin\n"));
    assert_non_null(strstr(text, "GET\t/readyz\tpublic\t-\n"));
    assert_int_equal(run(text, sizeof text, ARGS(S("--help"))), 0);
    assert_non_null(strstr(text, "greet NAME"));
    assert_non_null(strstr(text, "--extra"));
    assert_null(strstr(text, "--db-name")); /* it uses no database */
    assert_int_equal(run(text, sizeof text, ARGS(S("--version"))), 0);
    assert_string_equal(text, "ticketaka-test " TK_VERSION "\n");
    assert_int_equal(run(text, sizeof text, ARGS(S("--workers"), S("3"), S("--print-config"))), 0);
    assert_non_null(strstr(text, "workers = 3  # flag\n"));
    assert_non_null(strstr(text, "listen = 127.0.0.1:1  # default\n"));
}

static void runs_commands(void **state)
{
    (void)state;
    assert_int_equal(run(text, sizeof text, ARGS(S("--extra=x"), S("greet"), S("--help"))), 7);
    assert_string_equal(text, "test --help 2\n");
    assert_int_equal(run(text, sizeof text, ARGS(S("sing"))), 2);
    assert_non_null(strstr(text, "'sing' is no command"));
    assert_int_equal(run(text, sizeof text, ARGS(S("--worker"), S("3"))), 2);
    assert_int_equal(run(text, sizeof text, ARGS(S("--log-level"), S("loud"))), 2);
}

static void says_why_it_cannot_start(void **state)
{
    struct child child = serve();
    char address[40];

    (void)state;
    snprintf(address, sizeof address, "127.0.0.1:%d", child.port);
    assert_int_equal(run(text, sizeof text, ARGS(S("--listen"), address)), 1);
    assert_non_null(strstr(text, "cannot-start"));
    assert_non_null(strstr(text, "in use"));
    assert_int_equal(run(text, sizeof text, ARGS(S("--listen"), S("nowhere"))), 1);
    kill(child.pid, SIGTERM);
    assert_int_equal(end(&child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_readiness),
        cmocka_unit_test(drains_on_sigterm),
        cmocka_unit_test(stops_after_the_last_check),
        cmocka_unit_test(ends_what_a_failed_start_began),
        cmocka_unit_test(answers_questions),
        cmocka_unit_test(runs_commands),
        cmocka_unit_test(says_why_it_cannot_start),
    };

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
