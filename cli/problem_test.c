/* What a failure says: text and JSON on standard error, the exit status, nothing on standard
 * output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/trace.h"

static char said[4096];

/* Runs the report with standard error caught into `said`. */
static int caught(struct cli *cli, struct tk_answer *answer, const char *subject)
{
    FILE *file = tmpfile();
    int kept = dup(2), status;
    size_t size;

    fflush(stderr);
    dup2(fileno(file), 2);
    status = cli_fail_answer(cli, answer, subject);
    fflush(stderr);
    dup2(kept, 2);
    close(kept);
    rewind(file);
    size = fread(said, 1, sizeof said - 1, file);
    said[size] = '\0';
    fclose(file);
    return status;
}

static struct cli some_cli(enum out_mode mode)
{
    struct cli cli = {.out.mode = mode, .pending.fd = -1};

    strcpy(cli.server, "http://s");
    tk_buf_puts(&cli.out.text, "half a table");
    return cli;
}

static void speaks_to_people(void **state)
{
    struct cli cli = some_cli(OUT_TABLE);
    struct tk_answer answer = {
        .status = 409, .err = TK_SOLD_OUT, .detail = "", .request_id = "r-1"};

    (void)state;
    assert_int_equal(caught(&cli, &answer, NULL), EXIT_TAKEN);
    assert_string_equal(said, "error: there are not enough free seats\n"
                              "hint: try fewer seats or another session\n"
                              "request: r-1\n");
    assert_int_equal(cli.out.text.len, 0);
    tk_buf_release(&cli.out.text);
}

static void speaks_to_programs(void **state)
{
    struct cli cli = some_cli(OUT_JSON);
    struct tk_answer answer = {.status = 409, .err = TK_SEAT_TAKEN, .detail = ""};
    json_t *error;

    (void)state;
    answer.envelope = json_pack("{s:{s:[{s:s,s:s}]}}", "data", "conflicts", "seat", "A1\033[2J",
                                "state", "sold");
    answer.data = json_object_get(answer.envelope, "data");
    assert_int_equal(caught(&cli, &answer, NULL), EXIT_TAKEN);
    assert_null(strchr(said, '\033'));
    error = json_loads(said, 0, NULL);
    assert_non_null(error);
    assert_string_equal(json_string_value(json_object_get(json_object_get(error, "error"), "code")),
                        "SEAT_TAKEN");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(error, "error"), "exit")),
                     EXIT_TAKEN);
    assert_true(json_is_false(json_object_get(json_object_get(error, "error"), "retryable")));
    assert_int_equal(json_array_size(json_object_get(json_object_get(error, "error"), "seats")), 1);
    json_decref(error);
    tk_buf_release(&cli.out.text);
}

/* The three ways in which there is no answer are three exit statuses. */
static void tells_apart_what_is_not_known(void **state)
{
    static const struct {
        enum tk_http_sent sent;
        unsigned flags;
        int exit;
        const char *says;
    } rows[] = {
        {TK_HTTP_NOT_SENT, TK_CALL_KEYED, EXIT_NOT_SENT, "nothing was sent"},
        {TK_HTTP_UNCERTAIN, TK_CALL_SAFE, EXIT_BUSY, "nothing was changed"},
        {TK_HTTP_UNCERTAIN, TK_CALL_KEYED, EXIT_UNKNOWN, "key: key-1"},
        {TK_HTTP_UNCERTAIN, 0, EXIT_UNKNOWN, "before you repeat it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli cli = some_cli(OUT_TSV);
        struct tk_answer answer = {.sent = rows[i].sent, .why = "cut\033[31m", .detail = ""};

        cli.client.flags = rows[i].flags;
        cli.client.key = "key-1";
        assert_int_equal(caught(&cli, &answer, NULL), rows[i].exit);
        assert_non_null(strstr(said, rows[i].says));
        assert_null(strchr(said, '\033'));
        tk_buf_release(&cli.out.text);
    }
}

/* "nothing was sent" would be a lie when an earlier run of the command may have reached the
 * server. */
static void does_not_promise_for_an_earlier_run(void **state)
{
    struct cli cli = some_cli(OUT_TSV);
    struct tk_answer answer = {.sent = TK_HTTP_NOT_SENT, .detail = ""};

    (void)state;
    cli.pending.repeated = true;
    assert_int_equal(caught(&cli, &answer, NULL), EXIT_NOT_SENT);
    assert_non_null(strstr(said, "run the same command again"));
    tk_buf_release(&cli.out.text);
}

static void has_a_sentence_for_every_error(void **state)
{
    (void)state;
    for (int err = 0; err < TK_ERR_COUNT; err++) {
        const char *sentence = cli_sentence((enum tk_err)err);

        assert_true(strlen(sentence) > 3);
        assert_string_not_equal(sentence, tk_err_name((enum tk_err)err));
        for (const char *c = sentence; *c; c++) /* English users read no Korean */
            assert_true((unsigned char)*c < 0x80);
    }
}

static void redacts_secrets(void **state)
{
    json_t *body = json_pack("{s:s, s:{s:s, s:[{s:s}]}}", "password", "p1", "data", "refreshToken",
                             "p2", "list", "authNum", "p3");
    json_t *safe = trace_redact(body);
    char *text = json_dumps(safe, JSON_SORT_KEYS | JSON_COMPACT);

    (void)state;
    assert_string_equal(text, "{\"data\":{\"list\":[{\"authNum\":\"[secret]\"}],\"refreshToken\":"
                              "\"[secret]\"},\"password\":\"[secret]\"}");
    free(text);
    json_decref(safe);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_to_people),
        cmocka_unit_test(speaks_to_programs),
        cmocka_unit_test(tells_apart_what_is_not_known),
        cmocka_unit_test(does_not_promise_for_an_earlier_run),
        cmocka_unit_test(has_a_sentence_for_every_error),
        cmocka_unit_test(redacts_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
