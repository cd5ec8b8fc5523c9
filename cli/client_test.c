/* The client against a real socket: a thread that gives one scripted answer to each request. */
#include "cli/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/base/time.h"
#include "shared/net/member.h"
#include "shared/net/performance.h"

#define OLD "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3IiwiZXhwIjoxMDAwfQ.x" /* expired in 1970 */
#define NEW "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3IiwiZXhwIjo5OTk5OTk5OTk5fQ.x"

#define OK      "200 OK|{\"code\":200,\"data\":{\"holdId\":\"11-a-b\"}}"
#define REFRESH "200 OK\r\nAuthorization: " NEW "|{\"code\":200,\"data\":{\"refreshToken\":\"r2\"}}"
#define DENIED  "401 No|{\"code\":401,\"error\":\"UNAUTHORIZED\"}"
#define UNKNOWN "503 No\r\nRetry-After: 0|{\"code\":503,\"error\":\"OUTCOME_UNKNOWN\"}"
#define LOST    "" /* reads the request, closes without an answer */

static struct {
    const char *const *script; /* "STATUS[\r\nHEADERS]|BODY", ends with NULL */
    int listener;
    pthread_t thread;
    char requests[16][2048];
    int count;
} server;

static char folder[] = "/tmp/cli-client-XXXXXX", url[64];

static void read_request(int fd, char *to, size_t size)
{
    size_t used = 0, body = 0;
    char *end = NULL, *length;

    for (;;) {
        ssize_t got = read(fd, to + used, size - 1 - used);

        if (got <= 0)
            return;
        used += (size_t)got;
        to[used] = '\0';
        end = end ? end : strstr(to, "\r\n\r\n");
        length = strstr(to, "Content-Length: ");
        body = length ? strtoul(length + 16, NULL, 10) : 0;
        if (end && used >= (size_t)(end + 4 - to) + body)
            return;
    }
}

static void *serve(void *arg)
{
    (void)arg;
    for (const char *const *step = server.script; *step; step++) {
        const char *body = strchr(*step, '|');
        int fd = accept(server.listener, NULL, NULL);

        if (fd < 0)
            break;
        read_request(fd, server.requests[server.count++], sizeof server.requests[0]);
        if (body)
            dprintf(fd,
                    "HTTP/1.1 %.*s\r\nContent-Type: application/json\r\nConnection: close\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    (int)(body - *step), *step, strlen(body + 1), body + 1);
        close(fd);
    }
    close(server.listener);
    return NULL;
}

static void start(const char *const *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof address;

    memset(&server, 0, sizeof server);
    server.script = script;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static struct client logged_in(const char *token, int64_t timeout_ms)
{
    struct client client;

    client_init(&client, url, timeout_ms);
    client.credentials.source = TOKEN_STORED;
    strcpy(client.credentials.access, token);
    strcpy(client.credentials.refresh, "r1");
    credentials_read_token(&client.credentials);
    assert_int_equal(credentials_store(url, &client.credentials), 0);
    client.key = "key-12345";
    return client;
}

/* Runs one hold against the script and checks what is known at the end, and how often was asked. */
static void hold(const char *const *script, const char *token, int64_t timeout_ms,
                 enum tk_http_sent sent, enum tk_err err, int requests)
{
    const struct tk_hold_want want = {.session = 11, .count = 2};
    struct client client;
    struct tk_answer answer;

    start(script);
    client = logged_in(token, timeout_ms);
    tk_hold_create(&client.api, &want, &answer);
    pthread_join(server.thread, NULL);
    assert_int_equal(answer.sent, sent);
    if (sent == TK_HTTP_ANSWERED)
        assert_int_equal(answer.err, err);
    assert_int_equal(server.count, requests);
    tk_answer_release(&answer);
    client_release(&client);
}

static void sends_token_and_key(void **state)
{
    (void)state;
    hold((const char *[]){OK, NULL}, NEW, 5000, TK_HTTP_ANSWERED, TK_OK, 1);
    assert_non_null(strstr(server.requests[0], "POST /performance/rsv/hold "));
    assert_non_null(strstr(server.requests[0], "Idempotency-Key: key-12345\r\n"));
    assert_non_null(strstr(server.requests[0], "Authorization: Bearer " NEW "\r\n"));
}

static void renews_an_expired_token_before_sending(void **state)
{
    struct credentials stored;
    char why[256];

    (void)state;
    hold((const char *[]){REFRESH, OK, NULL}, OLD, 5000, TK_HTTP_ANSWERED, TK_OK, 2);
    assert_non_null(strstr(server.requests[0], "POST /member/refresh "));
    assert_null(strstr(server.requests[0], "Authorization:"));
    assert_non_null(strstr(server.requests[1], "Bearer " NEW));
    assert_int_equal(credentials_load(url, NULL, &stored, why, sizeof why), 0);
    assert_string_equal(stored.refresh, "r2");
    assert_string_equal(stored.access, NEW);
}

static void renews_once_after_401(void **state)
{
    (void)state;
    hold((const char *[]){DENIED, REFRESH, OK, NULL}, NEW "1", 5000, TK_HTTP_ANSWERED, TK_OK, 3);
    hold((const char *[]){DENIED, REFRESH, DENIED, NULL}, NEW "1", 5000, TK_HTTP_ANSWERED,
         TK_UNAUTHORIZED, 3);
    hold((const char *[]){DENIED, DENIED, NULL}, NEW "1", 5000, TK_HTTP_ANSWERED, TK_UNAUTHORIZED,
         2);
}

/* Another process renewed meanwhile: its token is taken,
 * and the spent refresh token is not sent. */
static void takes_a_token_renewed_elsewhere(void **state)
{
    struct client client, other;
    struct tk_answer answer;

    (void)state;
    start((const char *[]){DENIED, OK, NULL});
    client = logged_in(NEW "1", 5000);
    other = logged_in(NEW, 5000);
    tk_member_info(&client.api, &answer);
    pthread_join(server.thread, NULL);
    assert_int_equal(answer.err, TK_OK);
    assert_non_null(strstr(server.requests[1], "GET /member/info "));
    assert_non_null(strstr(server.requests[1], "Bearer " NEW "\r\n"));
    tk_answer_release(&answer);
    client_release(&client);
    client_release(&other);
}

static void repeats_with_the_same_key(void **state)
{
    (void)state;
    hold((const char *[]){LOST, UNKNOWN, OK, NULL}, NEW, 5000, TK_HTTP_ANSWERED, TK_OK, 3);
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(server.requests[i], "Idempotency-Key: key-12345\r\n"));
}

/* One lost answer, then nobody there: the write may have been done.
 * It must not read as "not sent". */
static void stays_unknown_after_a_lost_answer(void **state)
{
    (void)state;
    hold((const char *[]){LOST, NULL}, NEW, 3000, TK_HTTP_UNCERTAIN, TK_OK, 1);
    hold((const char *[]){LOST, DENIED, DENIED, NULL}, NEW "1", 3000, TK_HTTP_UNCERTAIN, TK_OK, 3);
    hold((const char *[]){"504 No|<html>", "429 No\r\nRetry-After: 60|{\"code\":429}", NULL}, NEW,
         3000, TK_HTTP_UNCERTAIN, TK_OK, 2);
    hold((const char *[]){LOST, "409 No|{\"code\":409,\"error\":\"SOLD_OUT\"}", NULL}, NEW, 3000,
         TK_HTTP_ANSWERED, TK_SOLD_OUT, 2);
}

/* What has no key and is not harmless is asked once. */
static void does_not_repeat_a_signup(void **state)
{
    struct client client;
    struct tk_answer answer;

    (void)state;
    start((const char *[]){LOST, NULL});
    client_init(&client, url, 3000);
    tk_member_validate(&client.api, "a@b.c", "012345", &answer);
    pthread_join(server.thread, NULL);
    assert_int_equal(answer.sent, TK_HTTP_UNCERTAIN);
    assert_int_equal(server.count, 1);
    tk_answer_release(&answer);
    client_release(&client);
}

static void says_when_nothing_was_sent(void **state)
{
    struct client client;
    struct tk_answer answer;

    (void)state;
    start((const char *[]){NULL});
    pthread_join(server.thread, NULL);
    client_init(&client, url, 3000);
    tk_performance_rank(&client.api, &answer);
    assert_int_equal(answer.sent, TK_HTTP_NOT_SENT);
    tk_answer_release(&answer);
    client_release(&client);
}

static void obeys_retry_after(void **state)
{
    struct tk_answer busy = {.sent = TK_HTTP_ANSWERED, .status = 503, .retry_after_s = 7};
    struct tk_answer broken = {.sent = TK_HTTP_ANSWERED, .status = 500};
    struct tk_answer fine = {.sent = TK_HTTP_ANSWERED, .status = 200};
    int64_t began = tk_mono_ms();

    (void)state;
    assert_int_equal(client_pause(TK_CALL_SAFE, &busy, 1), 7000);
    assert_int_equal(client_pause(TK_CALL_KEYED, &busy, 9), 7000);
    assert_int_equal(client_pause(0, &busy, 1), -1);
    assert_true(client_pause(TK_CALL_SAFE, &broken, 1) > 0);
    assert_int_equal(client_pause(TK_CALL_SAFE, &broken, 3), -1);
    assert_int_equal(client_pause(TK_CALL_SAFE, &fine, 1), -1);
    busy.retry_after_s = 0;
    assert_true(client_pause(TK_CALL_SAFE, &busy, 2) > client_pause(TK_CALL_SAFE, &busy, 1));
    assert_true(client_pause(TK_CALL_SAFE, &busy, 1000) <= 3200);
    /* A pause longer than the time that is left is not begun. */
    hold((const char *[]){"503 No\r\nRetry-After: 60|{\"code\":503,\"error\":\"UNAVAILABLE\"}",
                          NULL},
         NEW, 3000, TK_HTTP_ANSWERED, TK_UNAVAILABLE, 1);
    assert_true(tk_mono_ms() - began < 2500);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? setenv("XDG_STATE_HOME", folder, 1) : -1;
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_token_and_key),
        cmocka_unit_test(renews_an_expired_token_before_sending),
        cmocka_unit_test(renews_once_after_401),
        cmocka_unit_test(takes_a_token_renewed_elsewhere),
        cmocka_unit_test(repeats_with_the_same_key),
        cmocka_unit_test(stays_unknown_after_a_lost_answer),
        cmocka_unit_test(does_not_repeat_a_signup),
        cmocka_unit_test(says_when_nothing_was_sent),
        cmocka_unit_test(obeys_retry_after),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
