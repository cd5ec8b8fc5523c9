/* What every request meets: look-up, rights, bodies, parameters, envelope. */
#include "server/common/httpd_fixture.h"
#include "server/common/validate.h"

static enum tk_err echo(struct tk_req *req, struct tk_reply *reply)
{
    int64_t n = -1;

    tk_req_int(req, "n", &n);
    tk_reply_data(reply,
                  json_pack("{s:s?,s:s?,s:s?,s:I,s:s,s:s,s:I}", "id", tk_req_path(req, "id"), "q",
                            tk_req_query(req, "q"), "s", tk_req_str(req, "s"), "n", (json_int_t)n,
                            "trace", tk_req_traceparent(req), "remote", tk_req_remote(req),
                            "member", (json_int_t)tk_req_who(req)->member));
    return TK_OK;
}

static enum tk_err nothing_found(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    tk_reply_detail(reply, "a \"quoted\" word");
    return TK_NO_DATA_SEARCHED;
}

static enum tk_err busy(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    tk_reply_header(reply, "X-Split", "a\r\nX-Evil: b");
    return TK_TOO_MANY_REQUESTS;
}

static enum tk_err raw(struct tk_req *req, struct tk_reply *reply)
{
    size_t size;
    const char *body = tk_req_raw(req, &size);

    tk_reply_header(reply, "ETag", "\"7\"");
    tk_reply_raw(reply, 200, "text/plain", body, size);
    return TK_OK;
}

static enum tk_err unchanged(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    tk_reply_raw(reply, 304, "application/json", "", 0);
    return TK_OK;
}

static enum tk_err no_memory(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    tk_reply_data(reply, NULL);
    return TK_OK;
}

static const struct tk_param echo_params[] = {
    {TK_IN_PATH, "id", tk_check_text, true},
    {TK_IN_QUERY, "page", tk_check_page, false},
    {0},
};
static const struct tk_param post_params[] = {
    {TK_IN_BODY, "n", tk_check_count, true},
    {TK_IN_BODY, "s", tk_check_text, false},
    {0},
};

static const struct tk_route routes[] = {
    {.name = "echo",
     .method = "GET",
     .pattern = "/echo/:id",
     .auth = TK_AUTH_PUBLIC,
     .where = TK_ON_LOOP,
     .params = echo_params,
     .handle = echo},
    {.name = "fixed",
     .method = "GET",
     .pattern = "/echo/fixed",
     .auth = TK_AUTH_PUBLIC,
     .handle = nothing_found},
    {.name = "post",
     .method = "POST",
     .pattern = "/post",
     .auth = TK_AUTH_PUBLIC,
     .body_max = 16384,
     .params = post_params,
     .handle = echo},
    {.name = "small",
     .method = "POST",
     .pattern = "/small",
     .auth = TK_AUTH_PUBLIC,
     .body_max = 10,
     .body_raw = true,
     .handle = raw},
    {.name = "optional",
     .method = "POST",
     .pattern = "/optional",
     .auth = TK_AUTH_PUBLIC,
     .body_max = 100,
     .handle = echo},
    {.name = "busy", .method = "GET", .pattern = "/busy", .auth = TK_AUTH_PUBLIC, .handle = busy},
    {.name = "unchanged",
     .method = "GET",
     .pattern = "/unchanged",
     .auth = TK_AUTH_PUBLIC,
     .handle = unchanged},
    {.name = "no-memory",
     .method = "GET",
     .pattern = "/no-memory",
     .auth = TK_AUTH_PUBLIC,
     .handle = no_memory},
    {.name = "forgotten", .method = "GET", .pattern = "/forgotten", .handle = echo},
    {.name = "mine", .method = "GET", .pattern = "/mine", .auth = TK_AUTH_MEMBER, .handle = echo},
    {.name = "manage",
     .method = "GET",
     .pattern = "/manage",
     .auth = TK_AUTH_MEMBER,
     .scopes = TK_SCOPE_MANAGER | TK_SCOPE_ADMIN,
     .handle = echo},
    {.name = "inside",
     .method = "POST",
     .pattern = "/inside",
     .auth = TK_AUTH_SERVICE,
     .body_max = 100,
     .handle = echo},
};

static int setup(void **state)
{
    (void)state;
    return fx_start(routes, sizeof routes / sizeof routes[0], 0);
}

static int teardown(void **state)
{
    (void)state;
    return fx_stop();
}

static struct got got;

static void looks_up(void **state)
{
    (void)state;
    assert_int_equal(fx_get(&got, "/echo/a%20b%2Fc?q=x+y%21", ""), 200);
    fx_envelope(&got, NULL);
    assert_non_null(strstr(got.body, "\"id\":\"a b/c\",\"q\":\"x y!\""));
    assert_int_equal(fx_get(&got, "/echo/fixed", ""), 202);
    fx_envelope(&got, "NO_DATA_SEARCHED");
    assert_non_null(strstr(got.body, "\"detail\":\"a \\\"quoted\\\" word\""));
    assert_non_null(strstr(got.body, "검색어에 해당하는 공연을 찾을 수 없습니다."));
    assert_int_equal(fx_get(&got, "/echo/%66ixed", ""), 200); /* not the literal */
    assert_int_equal(fx_get(&got, "/nowhere", ""), 404);
    fx_envelope(&got, "NOT_FOUND");
    assert_int_equal(fx_get(&got, "/", ""), 404);
    assert_int_equal(fx_get(&got, "/echo/1/", ""), 404);
    assert_int_equal(fx_get(&got, "//echo/1", ""), 404);
    assert_int_equal(fx_get(&got, "http://t/echo/1", ""), 404);
}

static void knows_methods(void **state)
{
    (void)state;
    assert_int_equal(fx_post(&got, "/echo/1", "{}"), 405);
    fx_envelope(&got, "METHOD_NOT_ALLOWED");
    assert_string_equal(fx_header(&got, "Allow"), "OPTIONS, GET, HEAD");
    assert_int_equal(fx_ask(&got, "OPTIONS /post HTTP/1.1\r\nHost: t\r\n\r\n"), 204);
    assert_string_equal(fx_header(&got, "Allow"), "OPTIONS, POST");
    assert_int_equal(fx_ask(&got, "OPTIONS /nowhere HTTP/1.1\r\nHost: t\r\n\r\n"), 404);
    assert_int_equal(fx_ask(&got, "HEAD /echo/1 HTTP/1.1\r\nHost: t\r\n\r\n"), 200);
    assert_non_null(fx_header(&got, "Content-Length"));
    assert_string_equal(got.body, "");
}

static void raw_keywords(void **state)
{
    (void)state;
    assert_int_equal(fx_get(&got, "/echo/1?q=100%&page=0", ""), 200);
    assert_non_null(strstr(got.body, "\"q\":\"100%\""));
    assert_int_equal(fx_get(&got, "/echo/1?q=a&b&page=0", ""), 200);
    assert_non_null(strstr(got.body, "\"q\":\"a&b\""));
    assert_int_equal(fx_get(&got, "/echo/1?q=%zz%4&page=x", ""), 422);
    assert_non_null(strstr(got.body, "'page'"));
}

static void closes_by_default(void **state)
{
    (void)state;
    assert_int_equal(fx_get(&got, "/forgotten", "Authorization: boss\r\n"), 403);
    fx_envelope(&got, "FORBIDDEN");
}

static void verifies_tokens(void **state)
{
    char long_token[4300];

    (void)state;
    assert_int_equal(fx_get(&got, "/mine", ""), 401);
    fx_envelope(&got, "UNAUTHORIZED");
    assert_string_equal(fx_header(&got, "Cache-Control"), "no-store");
    assert_int_equal(fx_get(&got, "/mine", "Authorization: forged\r\n"), 401);
    assert_int_equal(fx_get(&got, "/mine", "Authorization: Bearer \r\n"), 401);
    assert_int_equal(fx_get(&got, "/mine", "x-istio-jwt-sub: 7\r\n"), 401);
    assert_int_equal(fx_get(&got, "/mine", "Authorization: good\r\n"), 200);
    assert_non_null(strstr(got.body, "\"member\":7"));
    assert_int_equal(fx_get(&got, "/mine", "Authorization: Bearer good\r\n"), 200);
    assert_int_equal(fx_get(&got, "/mine", "Authorization: bearer   good\r\n"), 200);
    assert_int_equal(fx_get(&got, "/manage", "Authorization: good\r\n"), 403);
    assert_int_equal(fx_get(&got, "/manage", "Authorization: boss\r\n"), 200);
    /* The largest token fits into the connection's memory; a larger one is refused unread. */
    strcpy(long_token, "Authorization: ");
    memset(long_token + 15, 'x', 4097);
    strcpy(long_token + 15 + 4096, "\r\n");
    assert_int_equal(fx_get(&got, "/mine", long_token), 401);
    memset(long_token + 15, 'x', 4097);
    strcpy(long_token + 15 + 4097, "\r\n");
    assert_int_equal(fx_get(&got, "/mine", long_token), 401);
}

static void hides_services(void **state)
{
    (void)state;
    assert_int_equal(fx_post(&got, "/inside", "{}"), 404);
    fx_envelope(&got, "NOT_FOUND");
    assert_int_equal(fx_get(&got, "/inside", ""), 404); /* not 405: it is not there */
    assert_int_equal(fx_get(&got, "/inside", "X-Ticketaka-Service: guess\r\n"), 404);
    assert_int_equal(fx_get(&got, "/inside", "X-Ticketaka-Service: secret\r\n"), 405);
    assert_int_equal(fx_ask(&got, "POST /inside HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n"
                                  "X-Ticketaka-Service: secret\r\n\r\n{}"),
                     200);
}

static void parses_bodies(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *says;
    } rows[] = {
        {"{\"n\":3,\"s\":\"가\"}", 200, "\"s\":\"가\""},
        {"{\"n\":\"3\"}", 200, "\"n\":3"},
        {"", 400, "missing"},
        {"[1]", 400, "no JSON object"},
        {"7", 400, "no JSON"},
        {"{\"n\":3", 400, "line 1"},
        {"{\"n\":3,\"n\":4}", 400, "line 1"},
        {"{\"n\":3}{}", 400, "line 1"},
        {"{\"n\":3,\"s\":\"\\u0000\"}", 400, "line 1"},
        {"{\"n\":3,\"s\":\"\xff\"}", 400, "line 1"},
        {"{\"n\":1.5}", 422, "'n'"},
        {"{\"n\":2.0}", 422, "'n'"},
        {"{\"n\":3,\"deep\":{\"x\":[1,2.5]}}", 422, "'x'"},
        {"{\"n\":-1}", 422, "'n'"},
        {"{\"n\":0}", 422, "'n'"},
        {"{\"n\":2147483648}", 422, "'n'"},
        {"{\"n\":\"x\"}", 422, "'n'"},
        {"{\"n\":null}", 422, "'n'"},
        {"{\"n\":true}", 422, "'n'"},
        {"{}", 422, "'n'"},
        {"{\"n\":3,\"s\":7}", 422, "'s'"},
        {"{\"n\":3,\"s\":null}", 200, ""},
        {"{\"n\":99999999999999999999}", 400, "line 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (fx_post(&got, "/post", rows[i].body) != rows[i].status)
            fail_msg("'%s' was answered %s", rows[i].body, got.text);
        fx_envelope(&got, rows[i].status == 200   ? NULL
                          : rows[i].status == 400 ? "MALFORMED"
                                                  : "INVALID_VALUE");
        if (!strstr(got.body, rows[i].says))
            fail_msg("'%s' was answered %s", rows[i].body, got.text);
    }
    assert_int_equal(fx_post(&got, "/optional", ""), 200);
    assert_int_equal(fx_post(&got, "/optional", "{}"), 200);
}

static void bounds_bodies(void **state)
{
    struct tk_buf body = {0};

    (void)state;
    tk_buf_puts(&body, "{\"n\":3");
    for (int i = 0; i < 63; i++)
        tk_buf_printf(&body, ",\"k%d\":1", i);
    tk_buf_puts(&body, "}");
    assert_int_equal(fx_post(&got, "/post", body.data), 200); /* 64 keys */
    body.len--;
    tk_buf_puts(&body, ",\"more:\":1}");
    assert_int_equal(fx_post(&got, "/post", body.data), 400);
    assert_non_null(strstr(got.body, "more than 64 keys"));
    body.len = 0;
    tk_buf_puts(&body, "{\"n\":3,\"s\":\"::::::::::::::::::::::::::::::::::::::::::::::::::::"
                       "::::::::::::::::\\\"{{{{{{{{{{{{{{{{{{{{\"}");
    assert_int_equal(fx_post(&got, "/post", body.data), 200); /* inside a string they are text */
    body.len = 0;
    tk_buf_puts(&body, "{\"n\":3,\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}");
    assert_int_equal(fx_post(&got, "/post", body.data), 400);
    assert_non_null(strstr(got.body, "16 deep"));
    tk_buf_release(&body);
}

static void refuses_large_bodies(void **state)
{
    static char large[60000];

    (void)state;
    assert_int_equal(fx_post(&got, "/small", "0123456789"), 200);
    assert_string_equal(got.body, "0123456789");
    assert_string_equal(fx_header(&got, "ETag"), "\"7\"");
    assert_int_equal(fx_post(&got, "/small", "0123456789a"), 413);
    fx_envelope(&got, "TOO_LARGE");
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(fx_post(&got, "/post", large), 413);
    assert_int_equal(fx_post(&got, "/echo/1", large), 405);
    /* Declared larger than we would ever read: answered at once, without the body. */
    assert_int_equal(
        fx_ask(&got, "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 9000000\r\n\r\n"), 413);
    assert_true(strcmp(fx_header(&got, "Connection"), "close") == 0);
    assert_int_equal(fx_ask(&got, "POST /small HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n"
                                  "Expect: 100-continue\r\n\r\n"),
                     413);
    /* Chunked: counted. */
    assert_int_equal(fx_ask(&got,
                            "POST /small HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
                            "\r\nb\r\n0123456789a\r\n0\r\n\r\n"),
                     413);
    assert_int_equal(fx_ask(&got,
                            "POST /small HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
                            "\r\n4\r\nabcd\r\n0\r\n\r\n"),
                     200);
}

static void names_requests(void **state)
{
    (void)state;
    fx_get(&got, "/echo/1", "X-Request-Id: abcDEF-12345\r\n");
    assert_string_equal(fx_header(&got, "X-Request-Id"), "abcDEF-12345");
    fx_get(&got, "/echo/1", "X-Request-Id: short\r\n");
    assert_string_not_equal(fx_header(&got, "X-Request-Id"), "short");
    fx_get(&got, "/echo/1", "X-Request-Id: with space inside\r\n");
    assert_int_equal(strlen(fx_header(&got, "X-Request-Id")), 24);
    fx_get(&got, "/echo/1",
           "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
    assert_non_null(strstr(got.body, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    fx_get(&got, "/echo/1",
           "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n");
    assert_null(strstr(got.body, "00000000000000000000000000000000"));
    fx_get(&got, "/echo/1", "X-Forwarded-For: 6.6.6.6, 10.1.2.3\r\n");
    assert_non_null(strstr(got.body, "\"remote\":\"10.1.2.3\""));
    fx_get(&got, "/echo/1", "X-Forwarded-For: nonsense\r\n");
    assert_non_null(strstr(got.body, "\"remote\":\"127.0.0.1\""));
}

static void answers_edges(void **state)
{
    (void)state;
    assert_int_equal(fx_get(&got, "/busy", ""), 429);
    assert_string_equal(fx_header(&got, "Retry-After"), "1");
    assert_null(fx_header(&got, "X-Evil"));
    assert_null(fx_header(&got, "X-Split"));
    assert_int_equal(fx_get(&got, "/unchanged", ""), 304);
    assert_int_equal(fx_get(&got, "/no-memory", ""), 500);
    fx_envelope(&got, "INTERNAL");
}

static void keeps_connections(void **state)
{
    static const char two[] =
        "GET /echo/1 HTTP/1.1\r\nHost: t\r\n\r\n"
        "POST /post HTTP/1.1\r\nHost: t\r\nContent-Length: 7\r\n\r\n{\"n\":4}";
    int fd = fx_connect();

    (void)state;
    for (int i = 0; i < 50; i++) {
        fx_write(fd, two, 35);
        fx_read(fd, &got, false);
        assert_int_equal(got.status, 200);
        fx_write(fd, two + 35, sizeof two - 36);
        fx_read(fd, &got, false);
        assert_int_equal(got.status, 200);
        assert_non_null(strstr(got.body, "\"n\":4"));
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_up),
        cmocka_unit_test(knows_methods),
        cmocka_unit_test(raw_keywords),
        cmocka_unit_test(closes_by_default),
        cmocka_unit_test(verifies_tokens),
        cmocka_unit_test(hides_services),
        cmocka_unit_test(parses_bodies),
        cmocka_unit_test(bounds_bodies),
        cmocka_unit_test(refuses_large_bodies),
        cmocka_unit_test(names_requests),
        cmocka_unit_test(answers_edges),
        cmocka_unit_test(keeps_connections),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
