#include "cli/credentials.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/files.h"
#include "shared/base/str.h"

/* {"alg":"none"}.{"sub":"7","exp":1900000000}.x */
#define TOKEN "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3IiwiZXhwIjoxOTAwMDAwMDAwfQ.x"

static char folder[] = "/tmp/cli-credentials-XXXXXX";
static char why[1400];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    unsetenv("TICKETAKA_TOKEN");
    unsetenv("CREDENTIALS_DIRECTORY");
    return setenv("XDG_STATE_HOME", folder, 1);
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static struct credentials some(const char *email)
{
    struct credentials out = {.source = TOKEN_STORED};

    strcpy(out.access, TOKEN);
    strcpy(out.refresh, "refresh");
    snprintf(out.email, sizeof out.email, "%s", email);
    return out;
}

static void stores_per_server(void **state)
{
    struct credentials one = some("one@b.c"), two = some("two@b.c"), got;

    (void)state;
    assert_int_equal(credentials_store("http://a", &one), 0);
    assert_int_equal(credentials_store("http://b", &two), 0);
    assert_int_equal(credentials_load("http://a", NULL, &got, why, sizeof why), 0);
    assert_int_equal(got.source, TOKEN_STORED);
    assert_string_equal(got.email, "one@b.c");
    assert_string_equal(got.member, "7");
    assert_int_equal(got.expires_at, 1900000000);
    assert_int_equal(credentials_store("http://a", &(struct credentials){0}), 0);
    assert_int_equal(credentials_load("http://a", NULL, &got, why, sizeof why), 0);
    assert_int_equal(got.source, TOKEN_NONE);
    assert_int_equal(credentials_load("http://b", NULL, &got, why, sizeof why), 0);
    assert_string_equal(got.email, "two@b.c");
}

static void is_for_its_owner_alone(void **state)
{
    struct credentials one = some("one@b.c"), got;
    char path[PATH_SIZE];
    struct stat info;

    (void)state;
    assert_int_equal(credentials_store("http://a", &one), 0);
    assert_true(state_path(path, "credentials.json"));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(credentials_load("http://a", NULL, &got, why, sizeof why), -1);
    assert_non_null(strstr(why, "chmod 600"));
    assert_int_equal(credentials_store("http://a", &one), EPERM);
    assert_int_equal(chmod(path, 0600), 0);
}

/* A damaged file is reported, never silently replaced: it may hold other servers' logins. */
static void does_not_overwrite_damage(void **state)
{
    struct credentials one = some("one@b.c"), got;
    char path[PATH_SIZE], *text;
    FILE *file;

    (void)state;
    assert_true(state_path(path, "credentials.json"));
    file = fopen(path, "w");
    fputs("{\"servers\":", file);
    fclose(file);
    assert_int_equal(credentials_load("http://a", NULL, &got, why, sizeof why), -1);
    assert_non_null(strstr(why, "damaged"));
    assert_int_not_equal(credentials_store("http://a", &one), 0);
    text = tk_read_file(path, 100, NULL);
    assert_string_equal(text, "{\"servers\":");
    free(text);
    assert_int_equal(unlink(path), 0);
}

static void obeys_the_order(void **state)
{
    char path[PATH_SIZE];
    struct credentials got;
    FILE *file;

    (void)state;
    snprintf(path, sizeof path, "%s/ticketaka.token", folder);
    file = fopen(path, "w");
    fputs(TOKEN "\n", file);
    fclose(file);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(credentials_load("http://a", NULL, &got, why, sizeof why), 0);
    assert_int_equal(got.source, TOKEN_DIRECTORY);
    assert_string_equal(got.access, TOKEN);
    setenv("TICKETAKA_TOKEN", "a.b.c", 1);
    assert_int_equal(credentials_load("http://a", NULL, &got, why, sizeof why), 0);
    assert_int_equal(got.source, TOKEN_ENVIRONMENT);
    assert_string_equal(got.member, "");
    assert_int_equal(credentials_load("http://a", path, &got, why, sizeof why), 0);
    assert_int_equal(got.source, TOKEN_OPTION);
    assert_int_equal(credentials_load("http://a", "/nonexistent", &got, why, sizeof why), -1);
    unsetenv("TICKETAKA_TOKEN");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void survives_odd_tokens(void **state)
{
    static const char *const tokens[] = {
        "", ".", "..", "a.b", "a..c", "a.!!.c", "a.e30.c", "a.bnVsbA.c", "a.eyJzdWIiOjd9.c"};

    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct credentials got = {.expires_at = 5};

        strcpy(got.access, tokens[i]);
        credentials_read_token(&got);
        assert_string_equal(got.member, "");
        assert_int_equal(got.expires_at, 0);
    }
}

static void locks_out_a_second_process(void **state)
{
    int lock = credentials_lock(100);

    (void)state;
    assert_true(lock >= 0);
    assert_int_equal(credentials_lock(60), -1);
    close(lock);
    lock = credentials_lock(100);
    assert_true(lock >= 0);
    close(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_per_server),         cmocka_unit_test(is_for_its_owner_alone),
        cmocka_unit_test(does_not_overwrite_damage), cmocka_unit_test(obeys_the_order),
        cmocka_unit_test(survives_odd_tokens),       cmocka_unit_test(locks_out_a_second_process),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
