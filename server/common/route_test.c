#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "server/common/request.h"

static enum tk_err none(struct tk_req *req, struct tk_reply *reply)
{
    (void)req;
    (void)reply;
    return TK_OK;
}

#define R(n, m, p)                                                                                 \
    {                                                                                              \
        .name = n, .method = m, .pattern = p, .auth = TK_AUTH_PUBLIC, .handle = none               \
    }
static const struct tk_route first[] = {
    R("one", "GET", "/reservation/:id"),
    R("lists", "GET", "/reservation/lists"),
    R("ticket", "GET", "/reservation/:id/ticket"),
    R("bare", "GET", "/performance"),
    R("hold", "POST", "/performance/rsv/hold"),
    R("look", "GET", "/performance/rsv/hold/:hold"),
    R("release", "DELETE", "/performance/rsv/hold/:hold"),
};
static const struct tk_route second[] = {
    R("healthz", "GET", "/healthz"),
    {.name = "inside",
     .method = "POST",
     .pattern = "/reservation/create",
     .auth = TK_AUTH_SERVICE,
     .handle = none},
};
static const struct tk_route_table tables[] = {{first, 7}, {second, 2}, {NULL, 0}};

static struct tk_arena *arena;
static struct router router;
static const struct tk_route *route;
static struct pair captured[PATH_MAX_PARTS];
static size_t captures;
static const char *allow;

static int setup(void **state)
{
    (void)state;
    arena = tk_arena_new(100000);
    return arena && router_init(&router, tables) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tk_arena_free(arena);
    router_release(&router);
    return 0;
}

/* Name of the route, "404", or the Allow header. */
static const char *find(const char *method, const char *path, bool service)
{
    allow = NULL;
    switch (
        router_find(&router, arena, method, path, service, &route, captured, &captures, &allow)) {
    case FOUND:
        return route->name;
    case NO_METHOD:
        return allow;
    case NO_PATH:
        break;
    }
    return "404";
}

static void finds(void **state)
{
    static const struct {
        const char *method, *path, *found;
    } rows[] = {
        {"GET", "/reservation/7", "one"},
        {"GET", "/reservation/lists", "lists"},
        {"HEAD", "/reservation/lists", "lists"},
        {"GET", "/reservation/lists/ticket", "ticket"},
        {"GET", "/performance", "bare"},
        {"GET", "/performance/", "404"},
        {"GET", "/", "404"},
        {"GET", "", "404"},
        {"GET", "*", "404"},
        {"GET", "performance", "404"},
        {"GET", "/reservation", "404"},
        {"GET", "/reservation//ticket", "404"},
        {"GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o", "404"},
        {"GET", "/Performance", "404"},
        {"GET", "/performanc%65", "404"},
        {"PUT", "/performance/rsv/hold/x", "OPTIONS, DELETE, GET, HEAD"},
        {"GET", "/performance/rsv/hold", "OPTIONS, POST"},
        {"POST", "/healthz", "OPTIONS, GET, HEAD"},
        {"get", "/healthz", "OPTIONS, GET, HEAD"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *found = find(rows[i].method, rows[i].path, false);

        /* Methods of one path come in no promised order. */
        if (strcmp(found, rows[i].found) != 0 &&
            !(strlen(found) == strlen(rows[i].found) && strstr(found, "DELETE")))
            fail_msg("%s %s gave '%s'", rows[i].method, rows[i].path, found);
    }
}

static void hides_services(void **state)
{
    (void)state;
    assert_string_equal(find("POST", "/reservation/create", true), "inside");
    assert_string_equal(find("POST", "/reservation/create", false), "OPTIONS, GET, HEAD");
    assert_string_equal(find("GET", "/reservation/create", false), "one");
}

static void captures_decoded(void **state)
{
    static const struct {
        const char *path, *value;
    } rows[] = {
        {"/reservation/7", "7"},          {"/reservation/a%20b", "a b"},
        {"/reservation/%EA%B0%80", "가"}, {"/reservation/a%2Fb", "a/b"},
        {"/reservation/a+b", "a+b"},      {"/reservation/100%", "100%"},
        {"/reservation/%4", "%4"},        {"/reservation/%zz", "%zz"},
        {"/reservation/%00", "%00"},      {"/reservation/%%41", "%A"},
        {"/reservation/..", ".."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(find("GET", rows[i].path, false), "one");
        assert_int_equal(captures, 1);
        assert_string_equal(captured[0].name, "id");
        assert_string_equal(captured[0].value, rows[i].value);
    }
}

static void parses_queries(void **state)
{
    static const struct {
        const char *query, *expected;
    } rows[] = {
        {"", ""},
        {"a=1&b=2", "a=1;b=2;"},
        {"keyword=100%&page=0", "keyword=100%;page=0;"},
        {"keyword=a&b&page=0", "keyword=a&b;page=0;"},
        {"keyword=a&b&c", "keyword=a&b&c;"},
        {"keyword=R%26B+x", "keyword=R&B x;"},
        {"keyword=a=b", "keyword=a=b;"},
        {"keyword=", "keyword=;"},
        {"keyword", "keyword=;"},
        {"&&a=1&&b=2&", "a=1;b=2;"},
        {"=x&a=1", "a=1;"},
        {"%6B=v", "k=v;"},
        {"k=%ED%95%9C&k=2", "k=한;k=2;"},
        {"k=%00%", "k=%00%;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair pairs[8];
        size_t count = query_parse(arena, rows[i].query, pairs, 8);
        struct tk_buf text = {0};

        tk_buf_puts(&text, "");
        for (size_t p = 0; p < count; p++)
            tk_buf_printf(&text, "%s=%s;", pairs[p].name, pairs[p].value);
        assert_string_equal(text.data, rows[i].expected);
        tk_buf_release(&text);
    }
}

static void bounds_queries(void **state)
{
    struct pair pairs[3];

    (void)state;
    assert_int_equal(query_parse(arena, "a=1&b=2&c=3&d=4&e=5", pairs, 3), 3);
    assert_int_equal(query_parse(arena, NULL, pairs, 3), 0);
}

static void refuses_bad_tables(void **state)
{
    static const struct tk_route no_handler[] = {
        {.name = "x", .method = "GET", .pattern = "/x", .auth = TK_AUTH_PUBLIC}};
    static const struct tk_route no_path[] = {R("x", "GET", "x")};
    const struct tk_route_table bad1[] = {{no_handler, 1}, {NULL, 0}};
    const struct tk_route_table bad2[] = {{no_path, 1}, {NULL, 0}};
    static const struct tk_route twins[] = {R("x", "GET", "/x/:a"), R("y", "POST", "/x/:a"),
                                            R("z", "GET", "/x/:a")};
    const struct tk_route_table bad3[] = {{twins, 3}, {NULL, 0}};
    struct router broken = {0};

    (void)state;
    assert_false(router_init(&broken, bad1));
    router_release(&broken);
    assert_false(router_init(&broken, bad2));
    router_release(&broken);
    assert_false(router_init(&broken, bad3));
    router_release(&broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(hides_services),
        cmocka_unit_test(captures_decoded),
        cmocka_unit_test(parses_queries),
        cmocka_unit_test(bounds_queries),
        cmocka_unit_test(refuses_bad_tables),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
