#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shared/base/arena.h"
#include "shared/base/err.h"
#include "shared/base/str.h"

static void test_integers_are_strict(void **state)
{
    static const char *const bad[] = {"",    "-",    "+1",  " 1", "1 ",
                                      "1.0", "0x10", "1e3", "９", "99999999999999999999"};
    int64_t value = 42;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tk_parse_i64(bad[i], INT64_MIN, INT64_MAX, &value));
    assert_false(tk_parse_i64(NULL, 0, 1, &value));
    assert_false(tk_parse_i64("11", 0, 10, &value));
    assert_int_equal(value, 42);
    assert_true(tk_parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MIN);
}

static void test_buffer_grows_and_terminates(void **state)
{
    struct tk_buf buf = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        tk_buf_printf(&buf, "%d,", i);
    assert_false(buf.failed);
    assert_int_equal(buf.len, strlen(buf.data));
    assert_memory_equal(buf.data + buf.len - 8, "998,999,", 8);
    tk_buf_release(&buf);
    assert_null(buf.data);
}

static void test_hex_both_ways(void **state)
{
    unsigned char bytes[3] = {0x00, 0xab, 0xff};
    char text[7];

    (void)state;
    tk_hex(text, bytes, 3);
    assert_string_equal(text, "00abff");
    memset(bytes, 1, 3);
    assert_true(tk_unhex(bytes, 3, "00ABff"));
    assert_int_equal(bytes[1], 0xab);
    assert_false(tk_unhex(bytes, 3, "00abf"));
    assert_false(tk_unhex(bytes, 3, "00abfg"));
}

static void test_copy_and_trim(void **state)
{
    char text[] = " \t a b \r\n", to[4] = "zzz";

    (void)state;
    assert_string_equal(tk_trim(text), "a b");
    assert_false(tk_copy(to, sizeof to, "four"));
    assert_string_equal(to, "");
    assert_true(tk_copy(to, sizeof to, "abc"));
}

static void test_file_has_a_limit(void **state)
{
    char path[] = "/tmp/tk-str-test-XXXXXX";
    int fd = mkstemp(path);
    size_t size;
    char *text;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    close(fd);
    text = tk_read_file(path, 5, &size);
    assert_non_null(text);
    assert_string_equal(text, "hello");
    assert_int_equal(size, 5);
    free(text);
    assert_null(tk_read_file(path, 4, &size));
    assert_int_equal(errno, EFBIG);
    unlink(path);
    assert_null(tk_read_file(path, 4, &size));
    assert_int_equal(errno, ENOENT);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void test_arena_limit_and_order(void **state)
{
    struct tk_arena *arena = tk_arena_new(10000);
    int freed = 0;
    char *text;

    (void)state;
    text = tk_strf(arena, "%s-%d", "a", 7);
    assert_string_equal(text, "a-7");
    assert_int_equal((uintptr_t)tk_alloc(arena, 1) % _Alignof(max_align_t), 0);
    assert_non_null(tk_alloc(arena, 9000));
    assert_null(tk_alloc(arena, 1000));
    assert_null(tk_alloc(arena, SIZE_MAX));
    assert_int_equal(tk_arena_defer(arena, count, &freed), 0);
    tk_arena_free(arena);
    assert_int_equal(freed, 1);
    tk_arena_free(NULL);
}

static void test_errors_are_the_contract(void **state)
{
    enum tk_err err = TK_OK;

    (void)state;
    assert_int_equal(tk_err_http(TK_NO_VACANCY), 202);
    assert_string_equal(tk_err_text(TK_NO_MEMBER), "존재하지 않는 회원 정보입니다");
    assert_int_equal(tk_err_exit(TK_SEAT_TAKEN), 6);
    assert_int_equal(tk_err_http((enum tk_err)9999), 500);
    for (int i = 0; i < TK_ERR_COUNT; i++) {
        assert_true(tk_err_from_name(tk_err_name((enum tk_err)i), &err));
        assert_int_equal(err, i);
    }
    assert_false(tk_err_from_name("NOT_OURS", &err));
    assert_false(tk_err_from_name(NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_strict),
        cmocka_unit_test(test_buffer_grows_and_terminates),
        cmocka_unit_test(test_hex_both_ways),
        cmocka_unit_test(test_copy_and_trim),
        cmocka_unit_test(test_file_has_a_limit),
        cmocka_unit_test(test_arena_limit_and_order),
        cmocka_unit_test(test_errors_are_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
