#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/common/failpoint.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#ifdef TK_FAILPOINTS
static char path[64], logged[80];

static void arm(const char *lines)
{
    FILE *file;
    char fresh[80];

    /* Renamed into place, as a test must do it: a half-written file is never read. */
    snprintf(fresh, sizeof fresh, "%s.new", path);
    file = fopen(fresh, "w");
    assert_non_null(file);
    fputs(lines, file);
    fclose(file);
    assert_int_equal(rename(fresh, path), 0);
}

static int setup(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/failpoint_test.XXXXXX");
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    snprintf(logged, sizeof logged, "%s.log", path);
    return setenv("TICKETAKA_FAILPOINTS", path, 1);
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(logged);
    return 0;
}

static void strikes_where_armed(void **state)
{
    char *log;

    (void)state;
    assert_false(TK_FAILPOINT("sale.promote"));
    arm("sale.settle error\n  sale.promote\terror  \n");
    assert_true(TK_FAILPOINT("sale.promote"));
    assert_true(TK_FAILPOINT("sale.settle"));
    assert_false(TK_FAILPOINT("sale.prom"));
    assert_false(TK_FAILPOINT("sale.promoted"));
    arm("");
    assert_false(TK_FAILPOINT("sale.promote"));
    log = tk_read_file(logged, 1000, NULL);
    assert_non_null(log);
    assert_string_equal(log, "sale.promote\nsale.promote\nsale.settle\nsale.prom\n"
                             "sale.promoted\nsale.promote\n");
    free(log);
    unsetenv("TICKETAKA_FAILPOINTS");
    assert_false(TK_FAILPOINT("sale.promote"));
}

static void strikes_the_nth_time(void **state)
{
    (void)state;
    arm("nth error*3\n");
    assert_false(TK_FAILPOINT("nth"));
    assert_false(TK_FAILPOINT("nth"));
    assert_true(TK_FAILPOINT("nth"));
    assert_false(TK_FAILPOINT("nth"));
    arm("");
    assert_false(TK_FAILPOINT("nth"));
    arm("nth error*1\n"); /* armed anew: counted anew */
    assert_true(TK_FAILPOINT("nth"));
    assert_false(TK_FAILPOINT("nth"));
}

static void sleeps(void **state)
{
    int64_t start = tk_mono_ms();

    (void)state;
    arm("slow sleep 50\n");
    assert_false(TK_FAILPOINT("slow"));
    assert_true(tk_mono_ms() - start >= 50);
}

static _Atomic bool passed;

static void *walk_through(void *arg)
{
    (void)arg;
    assert_false(TK_FAILPOINT("stop-here"));
    passed = true;
    return NULL;
}

static void pauses_until_disarmed(void **state)
{
    pthread_t thread;
    int64_t until;

    (void)state;
    arm("stop-here pause\n");
    passed = false;
    pthread_create(&thread, NULL, walk_through, NULL);
    until = tk_mono_ms() + 200;
    while (tk_mono_ms() < until)
        assert_false(passed);
    arm("");
    pthread_join(thread, NULL);
    assert_true(passed);
}

static void kills(void **state)
{
    pid_t child;
    int status;

    (void)state;
    arm("die kill\n");
    child = fork();
    if (child == 0) {
        (void)TK_FAILPOINT("die");
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(strikes_where_armed), TEST(strikes_the_nth_time),
                                       TEST(sleeps), TEST(pauses_until_disarmed), TEST(kills)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void compiles_to_nothing(void **state)
{
    (void)state;
    assert_false(TK_FAILPOINT("anything"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(compiles_to_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
