#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const colours[] = {"red", "blue", NULL};

static const struct option_row global[] = {
    {"json", 0, OPTION_FLAG, NULL, "", 0, 0, NULL},
    {"server", 0, OPTION_TEXT, "URL", "", 0, 0, NULL},
    {"verbose", 'v', OPTION_FLAG, NULL, "", 0, 0, NULL},
    {"timeout", 0, OPTION_TIME, "T", "", 0, 0, NULL},
    {0},
};

static const struct option_row own[] = {
    {"count", 'c', OPTION_INT, "N", "", 1, 50, NULL},
    {"colour", 0, OPTION_CHOICE, "C", "", 0, 0, colours},
    {"on", 0, OPTION_DATE, "D", "", 0, 0, NULL},
    {0},
};

static const struct option_row *const tables[] = {global, own, NULL};
static struct args args;
static char why[256];

#define PARSE(...)                                                                                 \
    parse((const char *[]){"x", __VA_ARGS__, NULL},                                                \
          (int)(sizeof((const char *[]){"x", __VA_ARGS__, NULL}) / sizeof(char *)) - 1)

static int parse(const char *const *argv, int argc)
{
    args_release(&args);
    why[0] = '\0';
    return args_parse(&args, tables, argc, argv, why, sizeof why);
}

static void takes_options_anywhere(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--json", "hold", "--count=2", "11", "-vv", "--server", "u"), 0);
    assert_int_equal(args.count, 2);
    assert_string_equal(args.words[0], "hold");
    assert_string_equal(args.words[1], "11");
    assert_true(args_flag(&args, "json"));
    assert_int_equal(args_int(&args, "count", 0), 2);
    assert_int_equal(args_times(&args, "verbose"), 2);
    assert_string_equal(args_text(&args, "server"), "u");
    assert_null(args_text(&args, "on"));
}

static void ends_options_at_two_dashes(void **state)
{
    (void)state;
    assert_int_equal(PARSE("search", "--", "--json", "-x"), 0);
    assert_int_equal(args.count, 3);
    assert_string_equal(args.words[1], "--json");
    assert_false(args_flag(&args, "json"));
    assert_int_equal(PARSE("-"), 0);
    assert_string_equal(args.words[0], "-");
}

static void takes_values_of_letters(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-c3"), 0);
    assert_int_equal(args_int(&args, "count", 0), 3);
    assert_int_equal(PARSE("-vc", "4"), 0);
    assert_int_equal(args_int(&args, "count", 0), 4);
    assert_int_equal(args_times(&args, "verbose"), 1);
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *argument, *value, *part;
    } rows[] = {
        {"--cuont", "1", "did you mean '--count'"},
        {"--nonsense", NULL, "unknown option '--nonsense'"},
        {"-z", NULL, "unknown option '-z'"},
        {"--count", NULL, "'--count' needs a value"},
        {"--count", "0", "from 1 to 50"},
        {"--count", "51", "from 1 to 50"},
        {"--count", "2x", "'2x'"},
        {"--count", "99999999999999999999", "from 1 to 50"},
        {"--colour", "green", "red, blue"},
        {"--on", "2026-02-30", "date"},
        {"--server", "", "'--server' needs a value"},
        {"--json=yes", NULL, "takes no value"},
        {"--timeout", "soon", "10s"},
        {"--timeout", "0s", "10s"},
        {"--", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; rows[i].part; i++) {
        const char *argv[] = {"x", rows[i].argument, rows[i].value, NULL};

        assert_int_equal(parse(argv, rows[i].value ? 3 : 2), -1);
        assert_non_null(strstr(why, rows[i].part));
    }
    assert_int_equal(PARSE("--count", "1", "--count", "2"), -1);
    assert_non_null(strstr(why, "twice"));
}

static void reads_times(void **state)
{
    int64_t ms = 0;

    (void)state;
    assert_true(args_time("500ms", &ms) && ms == 500);
    assert_true(args_time("10s", &ms) && ms == 10000);
    assert_true(args_time("10", &ms) && ms == 10000);
    assert_true(args_time("2m", &ms) && ms == 120000);
    assert_false(args_time("", &ms) || args_time("s", &ms) || args_time("1h", &ms));
    assert_false(args_time("99999999m", &ms) || args_time("-1s", &ms));
    assert_true(ms == 120000);
}

static void peeks_at_the_command(void **state)
{
    const char *words[2];
    const char *plain[] = {"x", "--server", "u", "auth", "--json", "login", NULL};
    const char *early[] = {"x", "hold", "--best", "2", "show", NULL};
    const char *equals[] = {"x", "--server=u", "-v", "rank", NULL};

    (void)state;
    assert_int_equal(args_peek(global, 6, plain, words), 2);
    assert_string_equal(words[0], "auth");
    assert_string_equal(words[1], "login");
    assert_int_equal(args_peek(global, 5, early, words), 1);
    assert_int_equal(args_peek(global, 4, equals, words), 1);
    assert_string_equal(words[0], "rank");
}

static void finds_the_nearest(void **state)
{
    static const char *const names[] = {"search", "seats", "show", "auth login"};

    (void)state;
    assert_string_equal(args_nearest("serach", names, 4), "search");
    assert_string_equal(args_nearest("seat", names, 4), "seats");
    assert_string_equal(args_nearest("auth lgoin", names, 4), "auth login");
    assert_null(args_nearest("frobnicate", names, 4));
    assert_null(args_nearest("", names, 4));
}

static int release(void **state)
{
    (void)state;
    args_release(&args);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_anywhere),
        cmocka_unit_test(ends_options_at_two_dashes),
        cmocka_unit_test(takes_values_of_letters),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(reads_times),
        cmocka_unit_test(peeks_at_the_command),
        cmocka_unit_test(finds_the_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
