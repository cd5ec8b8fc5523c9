#include "server/performance/hold_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int with_key(void **state)
{
    (void)state;
    char path[] = "/tmp/tk-hold-key-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    const char *hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    bool ok = write(fd, hex, strlen(hex)) == (ssize_t)strlen(hex) && hold_id_init(path);
    close(fd);
    unlink(path);
    return ok ? 0 : -1;
}

static void belongs_to_its_owner_only(void **state)
{
    (void)state;
    char id[HOLD_ID], other[HOLD_ID];
    int64_t session = 0;
    hold_id_new(INT64_MAX, 7, id);
    assert_true(strlen(id) < HOLD_ID - 1);
    hold_id_new(12, 7, id);
    hold_id_new(12, 7, other);
    assert_string_not_equal(id, other);
    assert_true(hold_id_check(id, 7, &session));
    assert_int_equal(session, 12);
    assert_false(hold_id_check(id, 8, &session));
    assert_false(hold_id_check(id, 0, &session));
}

/* Any changed, missing or added character makes it somebody else's, or nobody's. */
static void cannot_be_changed(void **state)
{
    (void)state;
    char id[HOLD_ID];
    int64_t session;
    hold_id_new(12, 7, id);
    for (size_t i = 0; i < strlen(id); i++) {
        char bad[HOLD_ID];
        strcpy(bad, id);
        bad[i] = bad[i] == '1' ? '2' : '1';
        assert_false(hold_id_check(bad, 7, &session));
        strcpy(bad, id);
        bad[i] = '\0';
        assert_false(hold_id_check(bad, 7, &session));
    }
    static const char *const bad[] = {"",    "-", "12",       "12-",
                                      "0-0", "x", "-1-aa-bb", "99999999999999999999999999-aa-bb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hold_id_check(bad[i], 7, &session));
}

static void has_one_successor_of_the_same_owner(void **state)
{
    (void)state;
    char id[HOLD_ID], next[HOLD_ID], again[HOLD_ID];
    int64_t session;
    hold_id_new(12, 7, id);
    hold_id_successor(id, 7, next);
    hold_id_successor(id, 7, again);
    assert_string_equal(next, again);
    assert_string_not_equal(id, next);
    assert_true(hold_id_check(next, 7, &session));
    assert_int_equal(session, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(belongs_to_its_owner_only),
        cmocka_unit_test(cannot_be_changed),
        cmocka_unit_test(has_one_successor_of_the_same_owner),
    };
    return cmocka_run_group_tests(tests, with_key, NULL);
}
