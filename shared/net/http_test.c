#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/str.h"
#include "shared/base/time.h"
#include "shared/net/http.h"

/* ---- a server that does what the script says, request by request ------------- */
struct turn {
    const char *answer; /* sent after a request was read; NULL: none */
    bool close;         /* afterwards */
    int stall_ms;       /* before answering */
    bool drop;          /* close without reading the request */
};

struct server {
    int fd, port;
    pthread_t thread;
    const struct turn *turns;
    int turn_count;
    atomic_int requests, connections;
    pthread_mutex_t lock;
    char last[65536]; /* the last whole request as it came */
    atomic_bool stop;
};

static bool whole(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "Content-Length: ");

    if (!end)
        return false;
    return !length || length > end || strlen(end + 4) >= (size_t)atoi(length + 16);
}

static bool wait_readable(struct server *server, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    while (!server->stop)
        if (poll(&ready, 1, 20) == 1)
            return true;
    return false;
}

static bool read_request(struct server *server, int fd)
{
    char text[sizeof server->last] = "";
    size_t have = 0;
    ssize_t got;

    while (!whole(text)) {
        if (!wait_readable(server, fd))
            return false;
        got = read(fd, text + have, sizeof text - 1 - have);
        if (got <= 0)
            return false;
        have += (size_t)got;
        text[have] = '\0';
    }
    pthread_mutex_lock(&server->lock);
    memcpy(server->last, text, have + 1);
    pthread_mutex_unlock(&server->lock);
    return true;
}

static void stall(struct server *server, int ms)
{
    for (int64_t until = tk_mono_ms() + ms; tk_mono_ms() < until && !server->stop;)
        poll(NULL, 0, 5);
}

/* false: the connection is to be closed */
static bool serve_one(struct server *server, int fd)
{
    const struct turn *turn = &server->turns[server->requests % server->turn_count];
    size_t left = turn->answer ? strlen(turn->answer) : 0;
    ssize_t put;

    if (turn->drop) {
        server->requests++;
        return false;
    }
    if (!read_request(server, fd))
        return false;
    server->requests++;
    stall(server, turn->stall_ms);
    for (const char *at = turn->answer; left > 0; at += put, left -= (size_t)put) {
        put = send(fd, at, left, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
    }
    return !turn->close;
}

static void *serve(void *arg)
{
    struct server *server = arg;

    while (wait_readable(server, server->fd)) {
        int fd = accept(server->fd, NULL, NULL);

        if (fd < 0)
            break;
        server->connections++;
        while (serve_one(server, fd))
            ;
        close(fd);
    }
    return NULL;
}

static void start(struct server *server, const struct turn *turns, int count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    *server = (struct server){.turns = turns, .turn_count = count};
    pthread_mutex_init(&server->lock, NULL);
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->fd, 8), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    server->stop = true;
    pthread_join(server->thread, NULL);
    pthread_mutex_destroy(&server->lock);
    close(server->fd);
}

static bool got(struct server *server, const char *text)
{
    bool found;

    pthread_mutex_lock(&server->lock);
    found = strstr(server->last, text) != NULL;
    pthread_mutex_unlock(&server->lock);
    return found;
}

static struct tk_http *client(const struct server *server)
{
    char base[64];
    struct tk_http *http;

    snprintf(base, sizeof base, "http://127.0.0.1:%d/", server->port);
    http = tk_http_new(base);
    assert_non_null(http);
    return http;
}

#define OK_BODY(body, length)                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body

/* ---- tests ------------------------------------------------------------------- */
static void reads_an_answer(void **state)
{
    static const struct turn turns[] = {
        {.answer =
             "HTTP/1.1 100 Continue\r\nX-Request-Id: not-this\r\n\r\n"
             "HTTP/1.1 200 OK\r\nauthorization: head.er.token\r\nX-Request-Id: r-1\r\n"
             "Retry-After: 7\r\nContent-Length: 29\r\n\r\n{\"data\":{\"a\":1},\"detail\":\"d\"}"},
    };
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;
    json_t *body = json_pack("{s:s}", "name", "값");

    (void)state;
    start(&server, turns, 1);
    http = client(&server);
    assert_true(tk_http_header(http, "Authorization", "Bearer x"));
    assert_true(tk_http_header(http, "X-Empty", ""));
    tk_http_call(http, "POST", "/a/b?c=d", body, 2000, &answer);
    assert_int_equal(answer.sent, TK_HTTP_ANSWERED);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.err, TK_OK);
    assert_int_equal(json_integer_value(json_object_get(answer.data, "a")), 1);
    assert_string_equal(answer.detail, "d");
    assert_string_equal(answer.authorization, "head.er.token");
    assert_string_equal(answer.request_id, "r-1");
    assert_int_equal(answer.retry_after_s, 7);
    assert_true(got(&server, "POST /a/b?c=d HTTP/1.1\r\n"));
    assert_true(got(&server, "\r\nAuthorization: Bearer x\r\n"));
    assert_true(got(&server, "\r\nX-Empty:\r\n"));
    assert_true(got(&server, "\r\nContent-Type: application/json\r\n"));
    assert_false(got(&server, "Expect"));
    assert_true(got(&server, "\r\n\r\n{\"name\":\"값\"}"));
    tk_answer_release(&answer);
    json_decref(body);
    tk_http_free(http);
    stop(&server);
}

static void sends_each_method_well(void **state)
{
    static const struct turn turns[] = {{.answer = OK_BODY("{}", "2")}};
    static const struct {
        const char *method, *line, *length;
    } rows[] = {
        {"GET", "GET /x HTTP/1.1", NULL},
        {"POST", "POST /x HTTP/1.1", "Content-Length: 0"},
        {"DELETE", "DELETE /x HTTP/1.1", NULL},
        {"GET", "GET /x HTTP/1.1", NULL},
        {"PUT", "PUT /x HTTP/1.1", "Content-Length: 0"},
        {"PATCH", "PATCH /x HTTP/1.1", NULL},
    };
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;

    (void)state;
    start(&server, turns, 1);
    http = client(&server);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tk_http_call(http, rows[i].method, "/x", NULL, 2000, &answer);
        assert_int_equal(answer.sent, TK_HTTP_ANSWERED);
        assert_true(got(&server, rows[i].line));
        if (rows[i].length)
            assert_true(got(&server, rows[i].length));
        else
            assert_false(got(&server, "Content-Length"));
        tk_answer_release(&answer);
    }
    assert_int_equal(server.connections, 1); /* kept */
    tk_http_free(http);
    stop(&server);
}

static void maps_errors(void **state)
{
    static const struct {
        struct turn turn;
        enum tk_err get, post;
    } rows[] = {
        {{.answer = "HTTP/1.1 409 C\r\nContent-Length: 22\r\n\r\n{\"error\":\"SEAT_TAKEN\"}"},
         TK_SEAT_TAKEN,
         TK_SEAT_TAKEN},
        {{.answer = "HTTP/1.1 202 A\r\nContent-Length: 22\r\n\r\n{\"error\":\"NO_VACANCY\"}"},
         TK_NO_VACANCY,
         TK_NO_VACANCY},
        {{.answer = "HTTP/1.1 401 U\r\nContent-Length: 17\r\n\r\n{\"error\":\"OTHER\"}"},
         TK_UNAUTHORIZED,
         TK_UNAUTHORIZED},
        {{.answer = "HTTP/1.1 403 F\r\nContent-Length: 0\r\n\r\n"}, TK_FORBIDDEN, TK_FORBIDDEN},
        {{.answer = "HTTP/1.1 404 N\r\nContent-Length: 4\r\n\r\nnope"}, TK_NOT_FOUND, TK_NOT_FOUND},
        {{.answer = "HTTP/1.1 413 T\r\nContent-Length: 2\r\n\r\n[]"}, TK_TOO_LARGE, TK_TOO_LARGE},
        {{.answer = "HTTP/1.1 429 T\r\nContent-Length: 0\r\n\r\n"},
         TK_TOO_MANY_REQUESTS,
         TK_TOO_MANY_REQUESTS},
        {{.answer = "HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n"}, TK_INTERNAL, TK_INTERNAL},
        {{.answer = "HTTP/1.1 502 B\r\nContent-Length: 0\r\n\r\n"},
         TK_UNAVAILABLE,
         TK_OUTCOME_UNKNOWN},
        {{.answer = "HTTP/1.1 503 U\r\nContent-Length: 0\r\n\r\n"}, TK_UNAVAILABLE, TK_UNAVAILABLE},
        {{.answer = "HTTP/1.1 504 G\r\nContent-Length: 0\r\n\r\n"},
         TK_UNAVAILABLE,
         TK_OUTCOME_UNKNOWN},
        {{.answer = "HTTP/1.1 302 F\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n"},
         TK_INTERNAL,
         TK_INTERNAL},
        {{.answer = "HTTP/1.1 204 N\r\n\r\n"}, TK_OK, TK_OK},
        {{.answer = "HTTP/1.1 200 O\r\nContent-Type: application/json\r\n\r\n{\"data\":{\"hol",
          .close = true},
         TK_INTERNAL,
         TK_OUTCOME_UNKNOWN},
    };
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start(&server, &rows[i].turn, 1);
        http = client(&server);
        tk_http_call(http, "GET", "/", NULL, 2000, &answer);
        assert_int_equal(answer.sent, TK_HTTP_ANSWERED);
        assert_int_equal(answer.err, rows[i].get);
        tk_answer_release(&answer);
        tk_http_call(http, "POST", "/", NULL, 2000, &answer);
        assert_int_equal(answer.err, rows[i].post);
        tk_answer_release(&answer);
        assert_int_equal(server.requests, 2); /* a redirect is not followed */
        tk_http_free(http);
        stop(&server);
    }
}

static void expect_fate(const struct turn *turns, int count, int calls, const char *method,
                        enum tk_http_sent sent, int requests)
{
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;
    int64_t before = tk_mono_ms();

    start(&server, turns, count);
    http = client(&server);
    for (int i = 0; i < calls; i++) {
        tk_http_call(http, method, "/", NULL, 300, &answer);
        if (i < calls - 1) {
            assert_int_equal(answer.sent, TK_HTTP_ANSWERED);
            tk_answer_release(&answer);
        }
    }
    print_message("  %s: %s\n", method, answer.why);
    assert_int_equal(answer.sent, sent);
    if (sent == TK_HTTP_UNCERTAIN && strcmp(method, "GET") != 0)
        assert_int_equal(answer.err, TK_OUTCOME_UNKNOWN);
    if (sent != TK_HTTP_ANSWERED)
        assert_true(answer.why[0] != '\0');
    assert_true(tk_mono_ms() - before < 1500);
    tk_answer_release(&answer);
    tk_http_free(http);
    stop(&server);
    assert_int_equal(server.requests, requests);
}

static void tells_unsent_from_uncertain(void **state)
{
    static const struct turn closes[] = {{.answer = NULL, .close = true}};
    static const struct turn stalls[] = {{.answer = OK_BODY("{}", "2"), .stall_ms = 2000}};
    static const struct turn cut[] = {{.answer = OK_BODY("{}", "20"), .close = true}};
    static const struct turn half[] = {{.answer = "HTTP/1.1 200 OK\r\nConte", .close = true}};
    static const struct turn junk[] = {{.answer = "SSH-2.0-x\r\n\r\n", .close = true}};

    (void)state;
    expect_fate(closes, 1, 1, "POST", TK_HTTP_UNCERTAIN, 1);
    expect_fate(closes, 1, 1, "GET", TK_HTTP_UNCERTAIN, 1);
    expect_fate(stalls, 1, 1, "POST", TK_HTTP_UNCERTAIN, 1);
    expect_fate(cut, 1, 1, "POST", TK_HTTP_UNCERTAIN, 1);
    expect_fate(half, 1, 1, "POST", TK_HTTP_UNCERTAIN, 1);
    expect_fate(junk, 1, 1, "POST", TK_HTTP_UNCERTAIN, 1);
}

/* A kept connection dies under the second request: curl would send a write twice, unseen. */
static void never_repeats_a_write(void **state)
{
    static const struct turn turns[] = {
        {.answer = OK_BODY("{}", "2")},
        {.answer = NULL, .close = true}, /* reads the request, may have carried it out, and dies */
        {.answer = OK_BODY("{}", "2")},
    };

    (void)state;
    expect_fate(turns, 3, 2, "POST", TK_HTTP_UNCERTAIN, 2);
    expect_fate(turns, 3, 2, "GET", TK_HTTP_ANSWERED, 3); /* a read may be */
}

static void finds_no_server(void **state)
{
    static const char *const bases[] = {"http://127.0.0.1:1", "http://name.invalid:80",
                                        "https://127.0.0.1:1"};
    struct tk_answer answer;
    struct tk_http *http;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        http = tk_http_new(bases[i]);
        assert_non_null(http);
        tk_http_call(http, "POST", "/", NULL, 1000, &answer);
        print_message("  %s: %s\n", bases[i], answer.why);
        assert_int_equal(answer.sent, TK_HTTP_NOT_SENT);
        assert_int_equal(answer.err, TK_UNAVAILABLE);
        tk_answer_release(&answer);
        tk_http_free(http);
    }
}

/* The listening queue takes the connection, nobody ever reads: the bytes have left, so it is
 * uncertain. */
static void waits_no_longer_than_told(void **state)
{
    static const struct turn never[] = {{.answer = NULL, .stall_ms = 10000}};
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;
    int64_t before;

    (void)state;
    start(&server, never, 1);
    http = client(&server);
    before = tk_mono_ms();
    tk_http_call(http, "GET", "/", NULL, 200, &answer);
    assert_in_range(tk_mono_ms() - before, 150, 600);
    assert_int_equal(answer.sent, TK_HTTP_UNCERTAIN);
    tk_answer_release(&answer);
    tk_http_call(http, "GET", "/", NULL, 0, &answer);
    assert_int_equal(answer.sent, TK_HTTP_NOT_SENT);
    tk_answer_release(&answer);
    tk_http_free(http);
    stop(&server);
}

static void caps_the_body(void **state)
{
    struct turn turn = {.close = true};
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;
    struct tk_buf text = {0};

    (void)state;
    tk_buf_puts(&text, "HTTP/1.1 200 OK\r\n\r\n\"");
    for (int i = 0; i < 5 * 1024; i++)
        for (int j = 0; j < 16; j++)
            tk_buf_puts(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    turn.answer = text.data;
    start(&server, &turn, 1);
    http = client(&server);
    tk_http_call(http, "POST", "/", NULL, 5000, &answer);
    assert_int_equal(answer.sent, TK_HTTP_UNCERTAIN);
    assert_non_null(strstr(answer.why, "4 MiB"));
    tk_answer_release(&answer);
    tk_http_free(http);
    stop(&server);
    tk_buf_release(&text);
}

static void drops_hostile_headers(void **state)
{
    static const struct turn turns[] = {
        {.answer = "HTTP/1.1 200 OK\r\nX-Request-Id: a\033[2Jb\r\nRetry-After: -5\r\n"
                   "Content-Length: 32\r\n\r\n{\"data\":1,\"data\":2,\"detail\":\"x\"}"},
        {.answer =
             "HTTP/1.1 200 OK\r\nRetry-After: 99999999999999999999\r\n"
             "X-Request-Id: "
             "0123456789012345678901234567890123456789012345678901234567890123456789012345\r\n"
             "Content-Length: 0\r\n\r\n"},
    };
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;

    (void)state;
    start(&server, turns, 2);
    http = client(&server);
    for (int i = 0; i < 2; i++) {
        tk_http_call(http, "GET", "/", NULL, 2000, &answer);
        assert_int_equal(answer.sent, TK_HTTP_ANSWERED);
        assert_string_equal(answer.request_id, "");
        assert_int_equal(answer.retry_after_s, 0);
        assert_null(answer.envelope); /* the same name twice is not JSON to us */
        tk_answer_release(&answer);
    }
    tk_http_free(http);
    stop(&server);
}

static void refuses_what_is_not_ours(void **state)
{
    static const char *const bases[] = {
        "",           "ftp://127.0.0.1",        "file:///etc/passwd", "127.0.0.1:80",
        "http://",    "http://u:p@127.0.0.1",   "http://u@127.0.0.1", "http://127.0.0.1/?q",
        "gopher://x", "http://127.0.0.1\r\nX:", "http://127.0.0.1#f",
    };
    static const char *const paths[] = {"", "x", "/a b", "/a\r\nX: y", "/a#b", "@evil/"};
    struct tk_http *http = tk_http_new("http://127.0.0.1:1");
    struct tk_answer answer;

    (void)state;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        print_message("  %s\n", bases[i]);
        assert_null(tk_http_new(bases[i]));
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        tk_http_call(http, "GET", paths[i], NULL, 500, &answer);
        assert_int_equal(answer.sent, TK_HTTP_NOT_SENT);
        assert_non_null(strstr(answer.why, "address"));
        tk_answer_release(&answer);
    }
    tk_http_call(http, "GET /x HTTP/1.1\r\n", "/", NULL, 500, &answer);
    assert_non_null(strstr(answer.why, "address"));
    tk_answer_release(&answer);
    assert_false(tk_http_header(http, "X", "a\r\nY: b"));
    assert_false(tk_http_header(http, "X", "a\x7f"));
    assert_false(tk_http_header(http, "X: a\r\nY", "b"));
    assert_false(tk_http_header(http, "", "b"));
    tk_http_free(http);
    tk_http_free(NULL);
}

static void changes_headers(void **state)
{
    static const struct turn turns[] = {{.answer = OK_BODY("{}", "2")}};
    struct tk_answer answer;
    struct server server;
    struct tk_http *http;
    char name[16];

    (void)state;
    start(&server, turns, 1);
    http = client(&server);
    assert_true(tk_http_header(http, "X-A", "1"));
    assert_true(tk_http_header(http, "x-a", "2"));
    assert_true(tk_http_header(http, "X-B", "3"));
    assert_true(tk_http_header(http, "X-B", NULL));
    tk_http_call(http, "GET", "/", NULL, 2000, &answer);
    assert_false(got(&server, "X-A: 1"));
    assert_true(got(&server, "x-a: 2"));
    assert_false(got(&server, "X-B"));
    tk_answer_release(&answer);
    for (int i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "H%d", i);
        assert_true(tk_http_header(http, name, "v"));
    }
    assert_false(tk_http_header(http, "One-too-many", "v"));
    tk_http_free(http);
    stop(&server);
}

static void escapes(void **state)
{
    struct tk_buf buf = {0};

    (void)state;
    tk_url_escape(&buf, "aZ09-._~ /?#%&=+\n값");
    assert_string_equal(buf.data, "aZ09-._~%20%2F%3F%23%25%26%3D%2B%0A%EA%B0%92");
    tk_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_answer),
        cmocka_unit_test(sends_each_method_well),
        cmocka_unit_test(maps_errors),
        cmocka_unit_test(tells_unsent_from_uncertain),
        cmocka_unit_test(never_repeats_a_write),
        cmocka_unit_test(finds_no_server),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(caps_the_body),
        cmocka_unit_test(drops_hostile_headers),
        cmocka_unit_test(refuses_what_is_not_ours),
        cmocka_unit_test(changes_headers),
        cmocka_unit_test(escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
