#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "shared/base/log.h"

static char line[8192];

/* What one call writes to stderr. */
static const char *captured(void (*write_line)(void))
{
    int ends[2], saved = dup(STDERR_FILENO);
    ssize_t size;

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    write_line();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    size = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    line[size < 0 ? 0 : size] = '\0';
    return line;
}

static void hostile(void)
{
    tk_log(TK_WARN, "odd", TK_S("text", "a\"b\\c\n\x1b[0m\xff\xed\x95\x9c"), TK_I("n", -7));
}

static void test_hostile_text_stays_one_json_line(void **state)
{
    (void)state;
    tk_log_init("test", TK_INFO);
    tk_log_request("req-1", NULL);
    captured(hostile);
    tk_log_request(NULL, NULL);
    assert_non_null(strstr(line,
                           "\"level\":\"warn\",\"service\":\"test\",\"event\":\"odd\","
                           "\"request\":\"req-1\",\"text\":\"a\\\"b\\\\c\\u000a\\u001b[0m?한\","
                           "\"n\":-7}\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void quiet(void)
{
    tk_log(TK_DEBUG, "unseen");
}

static void test_level_filters(void **state)
{
    enum tk_level level;

    (void)state;
    assert_string_equal(captured(quiet), "");
    assert_true(tk_level_parse("error", &level));
    assert_int_equal(level, TK_ERROR);
    assert_false(tk_level_parse("loud", &level));
}

/* The reader hangs: the pipe is full. Before, this test would never have ended. */
static void test_a_full_pipe_stops_nobody(void **state)
{
    int ends[2], saved = dup(STDERR_FILENO);
    static char filling[65536];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, (int)sizeof filling), sizeof filling);
    assert_int_equal(write(ends[1], filling, sizeof filling), sizeof filling);
    dup2(ends[1], STDERR_FILENO);
    tk_log(TK_ERROR, "lost");
    assert_int_equal(read(ends[0], filling, sizeof filling), sizeof filling);
    tk_log(TK_ERROR, "heard");
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    memset(filling, 0, sizeof filling);
    assert_true(read(ends[0], filling, sizeof filling - 1) > 0);
    assert_null(strstr(filling, "lost"));
    assert_non_null(strstr(filling, "heard"));
    close(ends[0]);
}

static void huge(void)
{
    static char text[5000];

    memset(text, 'x', sizeof text - 1);
    tk_log(TK_INFO, "huge", TK_S("a", text), TK_S("b", text), TK_S("c", text), TK_S("d", text),
           TK_S("e", text));
}

static void test_long_values_are_cut_and_the_line_still_closes(void **state)
{
    (void)state;
    captured(huge);
    assert_true(strlen(line) <= 4096);
    assert_string_equal(line + strlen(line) - 4,
                        "x\"}\n"); /* the field that did not fit is gone whole */
    assert_null(strstr(line, "\"e\":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_text_stays_one_json_line),
        cmocka_unit_test(test_level_filters),
        cmocka_unit_test(test_a_full_pipe_stops_nobody),
        cmocka_unit_test(test_long_values_are_cut_and_the_line_still_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
