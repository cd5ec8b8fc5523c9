#include "cli/pending.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/cli-pending-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? setenv("XDG_STATE_HOME", folder, 1) : -1;
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static int records(void)
{
    char path[PATH_SIZE];
    struct dirent *entry;
    int count = 0;
    DIR *dir;

    state_path(path, "pending");
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

static void makes_ordered_keys(void **state)
{
    char first[37], second[37];

    (void)state;
    key_make(first);
    usleep(2000);
    key_make(second);
    assert_int_equal(strlen(first), 36);
    assert_int_equal(first[14], '7');
    assert_non_null(strchr("89ab", first[19]));
    assert_true(strcmp(first, second) < 0);
}

static void forgets_after_an_answer(void **state)
{
    struct pending pending, next;

    (void)state;
    assert_int_equal(pending_open(&pending, "m1", "hold 11", NULL), 0);
    assert_int_equal(records(), 1);
    assert_false(pending.repeated);
    pending_close(&pending, true);
    assert_int_equal(records(), 0);
    assert_int_equal(pending_open(&next, "m1", "hold 11", NULL), 0);
    assert_false(next.repeated);
    assert_string_not_equal(next.key, pending.key);
    pending_close(&next, true);
}

static void remembers_without_one(void **state)
{
    struct pending pending, other, next;

    (void)state;
    assert_int_equal(pending_open(&pending, "m1", "reserve 11", NULL), 0);
    assert_int_equal(pending_set_hold(&pending, "11-aa-bb"), 0);
    pending_close(&pending, false);
    assert_int_equal(pending_open(&other, "m2", "reserve 11", NULL), 0);
    assert_false(other.repeated);
    assert_int_equal(pending_open(&next, "m1", "reserve 11", NULL), 0);
    assert_true(next.repeated);
    assert_string_equal(next.key, pending.key);
    assert_string_equal(next.hold, "11-aa-bb");
    pending_close(&other, true);
    pending_close(&next, true);
    assert_int_equal(records(), 0);
}

/* Two equal commands at the same time are two writes. */
static void leaves_running_commands_alone(void **state)
{
    struct pending one, two;

    (void)state;
    assert_int_equal(pending_open(&one, "m1", "hold 11", NULL), 0);
    assert_int_equal(pending_open(&two, "m1", "hold 11", NULL), 0);
    assert_false(two.repeated);
    assert_string_not_equal(one.key, two.key);
    pending_close(&one, true);
    pending_close(&two, true);
}

static void takes_a_given_key(void **state)
{
    struct pending pending;

    (void)state;
    assert_int_equal(pending_open(&pending, "m1", "hold 11", "my-own-key"), 0);
    assert_string_equal(pending.key, "my-own-key");
    pending_close(&pending, true);
}

static void spoil(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void drops_old_and_broken_records(void **state)
{
    static const char *const texts[] = {
        "", "{", "{\"key\":5}", "{\"key\":\"k\",\"hold\":\"\",\"created_ms\":1000}",
        "{\"key\":\""
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        "\",\"hold\":\"\",\"created_ms\":99999999999999}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct pending pending, next;

        assert_int_equal(pending_open(&pending, "m1", "hold 11", NULL), 0);
        pending_close(&pending, false);
        spoil(pending.path, texts[i]);
        assert_int_equal(pending_open(&next, "m1", "hold 11", NULL), 0);
        assert_false(next.repeated);
        pending_close(&next, true);
        assert_int_equal(records(), 0);
    }
}

static void needs_a_place(void **state)
{
    struct pending pending;

    (void)state;
    setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
    assert_int_not_equal(pending_open(&pending, "m1", "hold 11", NULL), 0);
    assert_int_equal(pending.fd, -1);
    pending_close(&pending, false);
    setenv("XDG_STATE_HOME", folder, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_ordered_keys),    cmocka_unit_test(forgets_after_an_answer),
        cmocka_unit_test(remembers_without_one), cmocka_unit_test(leaves_running_commands_alone),
        cmocka_unit_test(takes_a_given_key),     cmocka_unit_test(drops_old_and_broken_records),
        cmocka_unit_test(needs_a_place),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
