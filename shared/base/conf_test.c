#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/conf.h"

static const char *text, *unset;
static int64_t number;
static bool flag;

static const struct tk_conf_row one[] = {
    {TK_CONF_STR, "db-socket", &text, "/run/x", "socket", 0, 0},
    {TK_CONF_STR, "un-set", &unset, NULL, "nothing", 0, 0},
    {0},
};
static const struct tk_conf_row two[] = {
    {TK_CONF_INT, "workers", &number, "8", "threads", 1, 64},
    {TK_CONF_BOOL, "loud", &flag, "no", "noise", 0, 0},
    {0},
};
static const struct tk_conf_row *const tables[] = {one, two, NULL};

static char said[1000];
static char path[64];

static int load(int *rest, ...)
{
    char *argv[16] = {(char *)(uintptr_t) "program"};
    int argc = 1, status;
    va_list args;
    FILE *err = fmemopen(said, sizeof said, "w");

    va_start(args, rest);
    for (char *arg; (arg = va_arg(args, char *));)
        argv[argc++] = arg;
    va_end(args);
    memset(said, 0, sizeof said);
    status = tk_conf_load(tables, argc, argv, rest, err);
    fclose(err);
    return status;
}

static void write_file(const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static int setup(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/conf_test.XXXXXX");
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    unsetenv("TICKETAKA_DB_SOCKET");
    unsetenv("TICKETAKA_WORKERS");
    unsetenv("TICKETAKA_CONFIG");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void defaults(void **state)
{
    int rest;

    (void)state;
    assert_int_equal(load(&rest, NULL), 0);
    assert_string_equal(text, "/run/x");
    assert_null(unset);
    assert_int_equal(number, 8);
    assert_false(flag);
    assert_int_equal(rest, 1);
}

static void first_source_wins(void **state)
{
    int rest;

    (void)state;
    write_file(
        "; a comment\n# another\ndb-socket = /from/file  # why\nworkers=3\nloud = yes ; x\n");
    assert_int_equal(load(&rest, "--config", path, NULL), 0);
    assert_string_equal(text, "/from/file");
    assert_int_equal(number, 3);
    assert_true(flag);
    setenv("TICKETAKA_DB_SOCKET", "/from/env", 1);
    setenv("TICKETAKA_WORKERS", "4", 1);
    assert_int_equal(load(&rest, "--config", path, NULL), 0);
    assert_string_equal(text, "/from/env");
    assert_int_equal(number, 4);
    assert_int_equal(load(&rest, "--workers=5", "--config", path, "--loud", "0", NULL), 0);
    assert_int_equal(number, 5);
    assert_false(flag);
    setenv("TICKETAKA_CONFIG", path, 1);
    unsetenv("TICKETAKA_WORKERS");
    assert_int_equal(load(&rest, NULL), 0);
    assert_int_equal(number, 3);
}

static void leaves_the_command(void **state)
{
    int rest;

    (void)state;
    assert_int_equal(load(&rest, "--workers", "5", "migrate", "--workers", "6", NULL), 0);
    assert_int_equal(rest, 3);
    assert_int_equal(number, 5);
    assert_int_equal(load(&rest, "--", "--workers", NULL), 0);
    assert_int_equal(rest, 2);
}

static void refuses(void **state)
{
    static const struct {
        const char *file, *flag, *value, *says;
    } rows[] = {
        {"", "--workers", "0", "'0' of 'workers' (flag)"},
        {"", "--workers", "65", "1 to 64"},
        {"", "--workers", "", "'workers'"},
        {"", "--workers", "8x", "'8x'"},
        {"", "--loud", "perhaps", "neither yes nor no"},
        {"", "--nothing", "1", "'--nothing' is no option"},
        {"", "-w", "1", "'-w' is no option"},
        {"workers = many\n", "--loud", "1", "conf_test"},
        {"worker = 3\n", "--loud", "1", "'worker'"},
        {"[workers]\nworkers = 3\n", "--loud", "1", "'workers' in"},
        {"workers = 3\nworkers = 4\n", "--loud", "1", "twice"},
        {"workers\n", "--loud", "1", "line 1"},
    };
    int rest;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_file(rows[i].file);
        if (load(&rest, "--config", path, rows[i].flag, rows[i].value, NULL) != -1 ||
            !strstr(said, rows[i].says))
            fail_msg("%zu: said '%s'", i, said);
    }
    assert_int_equal(load(&rest, "--workers", NULL), -1);
    assert_non_null(strstr(said, "needs a value"));
    assert_int_equal(load(&rest, "--config", "/nonexistent/x", NULL), -1);
    assert_non_null(strstr(said, "/nonexistent/x"));
}

static void prints(void **state)
{
    char out[2000] = "";
    FILE *file = fmemopen(out, sizeof out, "w");
    int rest;

    (void)state;
    assert_int_equal(load(&rest, "--workers", "7", NULL), 0);
    tk_conf_print(tables, file);
    fclose(file);
    assert_non_null(strstr(out, "workers = 7  # flag\n"));
    assert_non_null(strstr(out, "db-socket = /run/x  # default\n"));
    /* What was printed is a file again. */
    write_file(out);
    assert_int_equal(load(&rest, "--config", path, NULL), 0);
    assert_int_equal(number, 7);
    assert_string_equal(text, "/run/x");
    assert_null(unset);
    file = fmemopen(out, sizeof out, "w");
    tk_conf_help(tables, file);
    fclose(file);
    assert_non_null(strstr(out, "--workers"));
    assert_non_null(strstr(out, "threads (default: 8)"));
}

static void prints_no_password(void **state)
{
    char out[2000] = "";
    FILE *file = fmemopen(out, sizeof out, "w");
    int rest;

    (void)state;
    assert_int_equal(load(&rest, "--db-socket", "amqp://user:secret@host:1/v", NULL), 0);
    assert_string_equal(text, "amqp://user:secret@host:1/v");
    tk_conf_print(tables, file);
    fclose(file);
    assert_null(strstr(out, "secret"));
    assert_non_null(strstr(out, "db-socket = amqp://user:***@host:1/v  # flag\n"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(defaults), TEST(first_source_wins),  TEST(leaves_the_command), TEST(refuses),
        TEST(prints),   TEST(prints_no_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
