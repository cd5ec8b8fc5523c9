/* A real server on a loopback port for the tests of the HTTP server, and a client that sends raw
 * bytes. */
#ifndef TK_COMMON_HTTPD_FIXTURE_H
#define TK_COMMON_HTTPD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/common/serve.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

struct fixture {
    struct tk_loop *loop;
    struct tk_workers *workers, *slow;
    struct tk_httpd *httpd;
    struct tk_route_table tables[2];
    pthread_t thread;
    int port;
    int64_t drain_ms;
};

struct got {
    char text[70000];
    size_t size;
    int status;  /* 0: no answer */
    char *body;  /* points into text */
    bool closed; /* the server ended the connection after the answer */
};

static struct fixture fx;

static bool fx_verify(void *arg, const char *token, struct tk_who *who)
{
    (void)arg;
    if (strcmp(token, "good") != 0 && strcmp(token, "boss") != 0)
        return false;
    who->member = 7;
    who->scopes = strcmp(token, "boss") == 0 ? TK_SCOPE_MANAGER : TK_SCOPE_MEMBER;
    return true;
}

static bool fx_verify_service(void *arg, const char *credential)
{
    (void)arg;
    return strcmp(credential, "secret") == 0;
}

static void *fx_run(void *arg)
{
    (void)arg;
    assert_int_equal(tk_loop_run(fx.loop), 0);
    return NULL;
}

static int fx_start(const struct tk_route *routes, size_t count, int head_ms)
{
    struct tk_httpd_conf conf = {.listen = "127.0.0.1:0",
                                 .verify = fx_verify,
                                 .verify_service = fx_verify_service,
                                 .head_ms = head_ms};
    char why[200];

    tk_log_init("test", TK_ERROR);
    fx = (struct fixture){.loop = tk_loop_new(), .drain_ms = 3000};
    fx.workers = tk_workers_new("worker", 2, 8);
    fx.slow = tk_workers_new("slow", 1, 2);
    fx.tables[0] = (struct tk_route_table){routes, count};
    conf.loop = fx.loop;
    conf.workers = fx.workers;
    conf.slow = fx.slow;
    conf.tables = fx.tables;
    fx.httpd = tk_httpd_new(&conf, why, sizeof why);
    if (!fx.httpd)
        fail_msg("%s", why);
    fx.port = tk_httpd_port(fx.httpd);
    return pthread_create(&fx.thread, NULL, fx_run, NULL);
}

static void fx_drained(void *arg)
{
    tk_loop_stop(arg);
}

static void fx_drain(void *arg)
{
    (void)arg;
    tk_httpd_drain(fx.httpd, fx.drain_ms, fx_drained, fx.loop);
}

static int fx_stop(void)
{
    tk_loop_post(fx.loop, fx_drain, NULL);
    pthread_join(fx.thread, NULL);
    tk_workers_free(fx.workers);
    tk_workers_free(fx.slow);
    tk_httpd_free(fx.httpd);
    tk_loop_free(fx.loop);
    return 0;
}

/* ---- client ---------------------------------------------------------------------- */
static int fx_connect(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fx.port)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void fx_write(int fd, const char *data, size_t size)
{
    assert_int_equal(send(fd, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

static bool complete(struct got *got, bool head)
{
    char *end = strstr(got->text, "\r\n\r\n");
    char *length = strcasestr(got->text, "\r\nContent-Length:");

    if (!end)
        return false;
    got->body = end + 4;
    got->status = atoi(got->text + 9);
    if (head || got->status == 204 || got->status == 304)
        return true;
    return length && length < end &&
           got->size >= (size_t)(got->body - got->text) + strtoul(length + 17, NULL, 10);
}

/* Reads one answer; `got->closed` after an orderly or hard end. */
static void fx_read(int fd, struct got *got, bool head)
{
    ssize_t n = 1;

    memset(got, 0, sizeof *got);
    got->body = got->text;
    while (!complete(got, head) && got->size + 1 < sizeof got->text) {
        n = recv(fd, got->text + got->size, sizeof got->text - 1 - got->size, 0);
        if (n <= 0)
            break;
        got->size += (size_t)n;
    }
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("no answer within ten seconds");
    got->closed = n <= 0;
}

/* true when the server has ended the connection (waits for it). */
static inline bool fx_ended(int fd)
{
    char byte;

    ssize_t n = recv(fd, &byte, 1, 0);

    return n == 0 || (n < 0 && errno != EAGAIN);
}

/* One connection, one request of raw bytes, one answer. */
static inline int fx_ask(struct got *got, const char *raw)
{
    int fd = fx_connect();

    fx_write(fd, raw, strlen(raw));
    fx_read(fd, got, strncmp(raw, "HEAD", 4) == 0);
    close(fd);
    return got->status;
}

static inline int fx_post(struct got *got, const char *path, const char *body)
{
    char raw[70000];

    snprintf(raw, sizeof raw, "POST %s HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n%s", path,
             strlen(body), body);
    return fx_ask(got, raw);
}

static inline int fx_get(struct got *got, const char *path, const char *headers)
{
    char raw[9000];

    snprintf(raw, sizeof raw, "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", path, headers);
    return fx_ask(got, raw);
}

/* Value of a header, or NULL; valid until the next call. */
static inline const char *fx_header(const struct got *got, const char *name)
{
    static char value[300];
    char key[80];
    const char *at;

    snprintf(key, sizeof key, "\r\n%s: ", name);
    at = strcasestr(got->text, key);
    if (!at || at > got->body)
        return NULL;
    at += strlen(key);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

/* The envelope is an object whose code equals the status, whose error is `error`. */
static inline void fx_envelope(const struct got *got, const char *error)
{
    json_t *envelope = json_loads(got->body, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(envelope);
    assert_int_equal(json_integer_value(json_object_get(envelope, "code")), got->status);
    assert_true(json_is_string(json_object_get(envelope, "description")));
    if (error)
        assert_string_equal(json_string_value(json_object_get(envelope, "error")), error);
    else
        assert_null(json_object_get(envelope, "error"));
    json_decref(envelope);
    assert_string_equal(fx_header(got, "Content-Type"), "application/json");
    assert_non_null(fx_header(got, "X-Request-Id"));
}

#endif
