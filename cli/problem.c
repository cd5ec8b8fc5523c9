#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "shared/base/utf8.h"

static const char *const sentences[TK_ERR_COUNT] = {
    [TK_OK] = N_("done"),
    [TK_NO_DATA_SEARCHED] = N_("no performance matches"),
    [TK_NO_VACANCY] = N_("there are not enough free seats"),
    [TK_NO_RESERVATION_LIST] = N_("there is no such reservation of yours"),
    [TK_NOT_ABLE_TO_CREATE] = N_("the reservation cannot be made"),
    [TK_NO_SUCH_ELEMENT] = N_("there is no such thing"),
    [TK_NO_MEMBER] = N_("unknown e-mail or wrong password"),
    [TK_INVALID_NUM] = N_("the code is wrong or has expired"),
    [TK_DUPLICATE_EMAIL] = N_("this e-mail is already in use"),
    [TK_DUPLICATE_MEMBER] = N_("this member already exists"),
    [TK_RESERVATION_FAILED] = N_("making the reservation failed"),
    [TK_DB_UNABLE_TO_CONNECT] = N_("the server cannot reach its database"),
    [TK_REDIS_TROUBLE_OCCURRED] = N_("the server cannot reach its seat store"),
    [TK_RABBITMQ_UNABLE_TO_CONNECT] = N_("the server cannot reach its message broker"),
    [TK_MALFORMED] = N_("the server could not read the request"),
    [TK_INVALID_VALUE] = N_("a value is not acceptable"),
    [TK_KEY_REUSED] = N_("this idempotency key belongs to another request"),
    [TK_UNAUTHORIZED] = N_("you are not logged in, or the login has ended"),
    [TK_FORBIDDEN] = N_("your role may not do this"),
    [TK_NOT_VALIDATED] = N_("the e-mail is not confirmed yet"),
    [TK_NOT_FOUND] = N_("not found"),
    [TK_METHOD_NOT_ALLOWED] = N_("the server does not do this here"),
    [TK_SEAT_TAKEN] = N_("a seat is already taken"),
    [TK_SOLD_OUT] = N_("there are not enough free seats"),
    [TK_HOLD_EXPIRED] = N_("the hold has expired"),
    [TK_HOLD_NOT_FOUND] = N_("there is no such hold of yours"),
    [TK_HOLD_COMMITTING] = N_("the hold is just being sold"),
    [TK_EXTEND_LIMIT] = N_("the hold cannot be extended any more"),
    [TK_LIMIT_EXCEEDED] = N_("that is more seats than one member may hold"),
    [TK_SALE_CLOSED] = N_("the sale for this session has ended"),
    [TK_TOO_LARGE] = N_("the request is too large"),
    [TK_TOO_MANY_REQUESTS] = N_("too many requests"),
    [TK_INTERNAL] = N_("the server failed"),
    [TK_UNAVAILABLE] = N_("the server is not available"),
    [TK_OUTCOME_UNKNOWN] = N_("the outcome is not known yet"),
};

const char *cli_sentence(enum tk_err err)
{
    const char *sentence = (unsigned)err < TK_ERR_COUNT ? sentences[err] : NULL;

    /* An error that is newer than this table still has its name. */
    return sentence ? _(sentence) : tk_err_name(err);
}

static bool retryable(int status)
{
    return status == EXIT_NOT_SENT || status == EXIT_BUSY || status == EXIT_UNKNOWN;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new(object, name, json_string(text));
}

static void as_json(const struct problem *problem, const char *message, const char *key)
{
    json_t *error = json_pack("{s:s, s:i, s:s}", "code", problem->code, "exit", problem->exit,
                              "message", message);
    json_t *document;
    struct tk_buf text = {0};

    set_text(error, "hint", problem->hint && *problem->hint ? _(problem->hint) : NULL);
    set_text(error, "request_id", problem->request_id);
    json_object_set_new(error, "retryable", json_boolean(retryable(problem->exit)));
    set_text(error, "idempotency_key", key);
    if (problem->seats)
        json_object_set(error, "seats", problem->seats);
    document = json_pack("{s:o}", "error", error);
    if (document)
        out_json_text(&text, document, 0);
    fprintf(stderr, "%s\n", text.data ? text.data : "{}");
    tk_buf_release(&text);
    json_decref(document);
}

static void line(const struct cli *cli, const char *label, const char *colour, const char *text)
{
    struct tk_buf clean = {0};

    tk_sanitize(&clean, text);
    fprintf(stderr, "%s%s%s %s\n", cli->err_color ? colour : "", label,
            cli->err_color ? "\033[0m" : "", clean.data ? clean.data : "");
    tk_buf_release(&clean);
}

static void as_text(const struct cli *cli, const struct problem *problem, const char *message,
                    const char *key)
{
    line(cli, _("error:"), "\033[31m", message);
    if (problem->hint && *problem->hint)
        line(cli, _("hint:"), "\033[36m", _(problem->hint));
    if (key)
        line(cli, _("key:"), "", key);
    if (problem->request_id && *problem->request_id)
        line(cli, _("request:"), "", problem->request_id);
}

static int report(struct cli *cli, const struct problem *problem, const char *format, va_list args)
{
    const char *key = problem->exit == EXIT_UNKNOWN ? cli->client.key : NULL;
    char *message;

    if (vasprintf(&message, format, args) < 0)
        return EXIT_FAILED;
    cli->out.text.len = 0; /* a failure leaves standard output empty */
    if (cli->out.mode == OUT_JSON) {
        struct tk_buf valid = {0};

        tk_sanitize(&valid, message); /* also makes it valid UTF-8 */
        as_json(problem, valid.data ? valid.data : "", key);
        tk_buf_release(&valid);
    } else {
        as_text(cli, problem, message, key);
    }
    free(message);
    return problem->exit;
}

int cli_fail(struct cli *cli, const struct problem *problem, const char *format, ...)
{
    va_list args;
    int status;

    va_start(args, format);
    status = report(cli, problem, format, args);
    va_end(args);
    return status;
}

int cli_usage(struct cli *cli, const char *hint, const char *format, ...)
{
    struct problem problem = {.exit = EXIT_USAGE, .code = "USAGE", .hint = hint};
    va_list args;
    int status;

    va_start(args, format);
    status = report(cli, &problem, format, args);
    va_end(args);
    return status;
}

static int fail_not_sent(struct cli *cli, const struct tk_answer *answer)
{
    struct problem problem = {
        .exit = EXIT_NOT_SENT,
        .code = "NOT_SENT",
        .hint = N_("nothing was sent: check the address (--server), or run it again"),
    };

    if (cli->client.bad_address)
        return cli_usage(cli, N_("give an address such as http://127.0.0.1:8080"),
                         _("'%s' is no address of a server"), cli->server);
    /* An earlier run of this command, or an earlier step of it, may have reached the server. */
    if (cli->pending.repeated || cli->pending.hold[0])
        problem.hint = N_(
            "this attempt was not sent; an earlier one is open: run the same command again");
    return cli_fail(cli, &problem, _("cannot reach '%s': %s"), cli->server, answer->why);
}

static int fail_no_answer(struct cli *cli, const struct tk_answer *answer)
{
    struct problem problem = {
        .exit = EXIT_UNKNOWN,
        .code = "OUTCOME_UNKNOWN",
        .hint = tk_err_hint(TK_OUTCOME_UNKNOWN),
        .request_id = answer->request_id,
    };
    const char *why = answer->why[0] ? answer->why : cli_sentence(answer->err);

    if (cli->client.flags & TK_CALL_SAFE) {
        problem.exit = EXIT_BUSY;
        problem.code = "NO_ANSWER";
        problem.hint = N_("nothing was changed: run it again, or allow more --timeout");
        return cli_fail(cli, &problem, _("'%s' did not answer: %s"), cli->server, why);
    }
    if (!(cli->client.flags & TK_CALL_KEYED))
        problem.hint = N_("look whether it was done before you repeat it");
    return cli_fail(cli, &problem, _("it is not known whether '%s' did it: %s"), cli->server, why);
}

/* Names of the seats in data.conflicts, for people. */
static void conflict_names(struct tk_buf *to, json_t *conflicts)
{
    size_t index;
    json_t *item;

    json_array_foreach (conflicts, index, item) {
        const char *name = json_string_value(json_is_string(item) ? item
                                                                  : json_object_get(item, "seat"));

        if (name)
            tk_buf_printf(to, "%s'%s'", to->len ? ", " : "", name);
    }
}

int cli_fail_answer(struct cli *cli, struct tk_answer *answer, const char *subject)
{
    json_t *conflicts = json_object_get(answer->data, "conflicts");
    struct problem problem = {
        .exit = tk_err_exit(answer->err),
        .code = tk_err_name(answer->err),
        .hint = tk_err_hint(answer->err),
        .request_id = answer->request_id,
        .seats = conflicts,
    };
    struct tk_buf about = {0};
    int status;

    if (!answer->detail)
        answer->detail = "";
    if (answer->sent == TK_HTTP_NOT_SENT) {
        status = fail_not_sent(cli, answer);
    } else if (answer->sent == TK_HTTP_UNCERTAIN) {
        status = fail_no_answer(cli, answer);
    } else {
        conflict_names(&about, conflicts);
        /* The server's own words name the subject, and what to do where its error is a general
         * one. */
        if (!about.len && *answer->detail)
            tk_buf_puts(&about, answer->detail);
        else if (!about.len && subject)
            tk_buf_printf(&about, "'%s'", subject);
        if (answer->err == TK_NOT_FOUND && *answer->detail)
            problem.hint = NULL;
        status = cli_fail(cli, &problem, about.len ? "%s: %s" : "%s%s", cli_sentence(answer->err),
                          about.len ? about.data : "");
    }
    tk_buf_release(&about);
    tk_answer_release(answer);
    return status;
}

int cli_fail_shape(struct cli *cli, struct tk_answer *answer)
{
    struct problem problem = {
        .exit = EXIT_FAILED,
        .code = "UNREADABLE_ANSWER",
        .hint = N_("check that the address is a Ticketaka server ('ticketaka auth status')"),
        .request_id = answer ? answer->request_id : NULL,
    };
    int status = cli_fail(cli, &problem, _("the answer of '%s' cannot be read"), cli->server);

    if (answer)
        tk_answer_release(answer);
    return status;
}

void cli_note(const struct cli *cli, const char *format, ...)
{
    char *text;
    va_list args;
    int length;

    if (cli->quiet)
        return;
    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        return;
    line(cli, _("note:"), "", text);
    free(text);
}
