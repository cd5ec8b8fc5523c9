/* Heads and bodies that smuggle, drip or end early; see framing.c. */
#include "server/common/httpd_fixture.h"

static _Atomic int handled;

static enum tk_err count(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    (void)reply;
    handled++;
    return TK_OK;
}

static const struct tk_route routes[] = {
    {.name = "get",
     .method = "GET",
     .pattern = "/get",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .handle = count},
    {.name = "post",
     .method = "POST",
     .pattern = "/post",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .body_max = 1000,
     .body_raw = true,
     .deadline_ms = 400,
     .handle = count},
    {.name = "inside",
     .method = "POST",
     .pattern = "/inside",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .handle = count},
};

static int setup(void **state)
{
    (void)state;
    return fx_start(routes, sizeof routes / sizeof routes[0], 500);
}

static int teardown(void **state)
{
    (void)state;
    return fx_stop();
}

static struct got got;

/* Each hides a second request in its body, or makes two readers of it differ. */
static const char *const hostile[] = {
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length : 33\r\n\r\nGET /get HTTP/1.1\r\nHost: "
    "t\r\nX:\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length\t: 3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\n Content-Length: 3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: "
    "chunked\r\n\r\n0\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: "
    "3\r\n\r\n0\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: Chunked \r\n\r\n0\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
    "chunked\r\n\r\n"
    "0\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n",
    "POST /post HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /get HTTP/1.1\nHost: t\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\nX: y\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\n\n",
    "GET /get HTTP/1.1\nHost: t\n\n",
    "GET /get HTTP/1.1\r\nX: a\rHost: t\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nX: a\r\n folded\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nX: a\r\n\tfolded\r\nY: b\r\n\r\n",
    "GET /get HTTP/1.1\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nX@Y: a\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nX\x01: a\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nX: a\x01\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\n: a\r\n\r\n",
    "GET /get HTTP/1.1\r\nHost: t\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
    "GET /get HTTP/1.2\r\nHost: t\r\n\r\n",
    "GET /get HTTP/2.0\r\nHost: t\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: +3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: -3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3, 3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 0x3\r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3 \r\n\r\nabc",
    "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
};

/* After the hostile head comes an honest request: it must never be served on the same
 * connection. */
static void refuses_and_closes(void **state)
{
    static const char next[] = "GET /get HTTP/1.1\r\nHost: t\r\n\r\n";

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        int fd = fx_connect(), before = handled;
        char rest[4000];
        ssize_t n;

        send(fd, hostile[i], strlen(hostile[i]), MSG_NOSIGNAL);
        send(fd, next, sizeof next - 1, MSG_NOSIGNAL); /* may fail: closed already */
        fx_read(fd, &got, false);
        if (got.status && got.status / 100 != 4 && got.status / 100 != 5)
            fail_msg("%zu: '%s' was answered '%s'", i, hostile[i], got.text);
        while ((n = recv(fd, rest, sizeof rest, 0)) > 0)
            if (memmem(rest, (size_t)n, "HTTP/1.1 2", 10))
                fail_msg("%zu: '%s' let another request through", i, hostile[i]);
        if (n < 0 && errno == EAGAIN)
            fail_msg("%zu: '%s' left the connection open", i, hostile[i]);
        if (handled != before)
            fail_msg("%zu: '%s' reached a handler", i, hostile[i]);
        close(fd);
    }
}

static void refuses_nul(void **state)
{
    static const char nul[] = "GET /get HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n";
    int fd = fx_connect(), before = handled;

    (void)state;
    fx_write(fd, nul, sizeof nul - 1);
    fx_read(fd, &got, false);
    assert_int_equal(got.status, 400);
    assert_true(fx_ended(fd));
    assert_int_equal(handled, before);
    close(fd);
}

static void takes_honest_heads(void **state)
{
    static const char *const honest[] = {
        "GET /get HTTP/1.1\r\nHost:t\r\n\r\n",
        "GET /get HTTP/1.1\r\nHost:   t  \r\nX:\r\nY: \t z\r\n\r\n",
        "GET /get HTTP/1.0\r\n\r\n",
        "GET /get HTTP/1.1\r\nhost: t\r\nCookie: a=1; b=2\r\nX: 한글\r\n\r\n",
        "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
        "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n",
        "POST /post HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof honest / sizeof honest[0]; i++)
        if (fx_ask(&got, honest[i]) != 200)
            fail_msg("'%s' was answered '%s'", honest[i], got.text);
}

/* Byte by byte, but in time: libmicrohttpd's buffer grows on the way, our count must stand it. */
static void takes_pieces(void **state)
{
    static const char head[] = "POST /post HTTP/1.1\r\nHost: t\r\nX-Long: ";
    static const char tail[] = "\r\nContent-Length: 3\r\n\r\nabc";
    int fd = fx_connect();

    (void)state;
    for (size_t i = 0; i < sizeof head - 1; i++)
        fx_write(fd, head + i, 1);
    for (size_t i = 0; i < 5000; i += 100)
        fx_write(fd,
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                 "xxxxxxx"
                 "xxxxxxxxxxxx",
                 100);
    for (size_t i = 0; i < sizeof tail - 1; i++)
        fx_write(fd, tail + i, 1);
    fx_read(fd, &got, false);
    assert_int_equal(got.status, 200);
    close(fd);
}

static void bounds_heads(void **state)
{
    struct tk_buf raw = {0};
    int before = handled;

    (void)state;
    tk_buf_puts(&raw, "GET /get HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 60; i++)
        tk_buf_printf(&raw, "X%d: y\r\n", i);
    tk_buf_puts(&raw, "\r\n");
    assert_int_equal(fx_ask(&got, raw.data), 400);
    raw.len = 0;
    tk_buf_puts(&raw, "GET /get HTTP/1.1\r\nHost: t\r\nX: ");
    for (int i = 0; i < 20000; i++)
        tk_buf_putc(&raw, 'x');
    tk_buf_puts(&raw, "\r\n\r\n");
    fx_ask(&got, raw.data);
    assert_int_not_equal(got.status, 200);
    assert_int_equal(handled, before);
    tk_buf_release(&raw);
}

/* Sends a byte every 50 ms until the server ends the connection; returns how long that took. */
static int64_t drip(int fd, const char *text)
{
    int64_t start = tk_mono_ms();

    while (tk_mono_ms() - start < 8000) {
        struct timeval tick = {.tv_usec = 50000};
        char byte;
        ssize_t n;

        if (send(fd, *text ? text++ : "x", 1, MSG_NOSIGNAL) < 0)
            break;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
        n = recv(fd, &byte, 1, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
    }
    return tk_mono_ms() - start;
}

static void cuts_drips(void **state)
{
    int head = fx_connect(), line = fx_connect(), body = fx_connect(), idle = fx_connect(),
        again = fx_connect();

    (void)state;
    fx_write(body, "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\n", 53);
    assert_true(drip(body, "") < 3000);
    assert_true(drip(head, "GET /get HTTP/1.1\r\nX: ") < 6000);
    assert_true(drip(line, "GET /") < 6000);
    assert_true(fx_ended(idle)); /* it never said anything */
    /* A kept connection may be idle, but not drip its next head. */
    close(again);
    again = fx_connect();
    fx_write(again, "GET /get HTTP/1.1\r\nHost: t\r\n\r\n", 30);
    fx_read(again, &got, false);
    assert_int_equal(got.status, 200);
    assert_true(drip(again, "GET /get HTTP/1.1\r\nX: ") < 6000);
    close(head);
    close(line);
    close(body);
    close(idle);
    close(again);
}

static void keeps_idle(void **state)
{
    struct timeval wait = {.tv_sec = 3};
    int fd = fx_connect();
    char byte;

    (void)state;
    fx_write(fd, "GET /get HTTP/1.1\r\nHost: t\r\n\r\n", 30);
    fx_read(fd, &got, false);
    assert_int_equal(got.status, 200);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    assert_int_equal(recv(fd, &byte, 1, 0), -1); /* open, and silent, for six times head_ms */
    assert_true(errno == EAGAIN);
    fx_write(fd, "GET /get HTTP/1.1\r\nHost: t\r\n\r\n", 30);
    wait.tv_sec = 10;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    fx_read(fd, &got, false);
    assert_int_equal(got.status, 200);
    close(fd);
}

/* Clients that leave at any point cost nothing and disturb nobody. */
static void survives_leavers(void **state)
{
    static const char whole[] = "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc";

    (void)state;
    for (size_t i = 0; i < sizeof whole; i++) {
        int fd = fx_connect();
        struct linger hard = {.l_onoff = 1};

        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        if (i)
            fx_write(fd, whole, i);
        close(fd);
    }
    assert_int_equal(fx_ask(&got, whole), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_and_closes), cmocka_unit_test(refuses_nul),
        cmocka_unit_test(takes_honest_heads), cmocka_unit_test(takes_pieces),
        cmocka_unit_test(bounds_heads),       cmocka_unit_test(survives_leavers),
        cmocka_unit_test(cuts_drips),         cmocka_unit_test(keeps_idle),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
