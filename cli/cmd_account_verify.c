#include <stdlib.h>

#include "cli/cli.h"
#include "shared/net/member.h"

static const struct column columns[] = {
    {"email", N_("E-mail"), CELL_TEXT, NULL},
    {"state", N_("State"), CELL_TEXT, NULL},
    {0},
};

static int print(struct cli *cli, const char *email, const char *state, const char *people)
{
    json_t *object = json_pack("{s:s, s:s}", "email", email, "state", state);

    if (!object)
        return cli_fail_shape(cli, NULL);
    if (cli->out.mode == OUT_TABLE)
        out_line(&cli->out, people, email);
    else
        out_one(&cli->out, columns, object);
    json_decref(object);
    return EXIT_DONE;
}

static int confirm(struct cli *cli, const char *email, const char *code)
{
    struct tk_answer answer;

    tk_member_validate(cli->api, email, code, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, NULL);
    tk_answer_release(&answer);
    return print(cli, email, "confirmed",
                 _("%s is confirmed; go on with 'ticketaka account signup'"));
}

static int run(struct cli *cli)
{
    const char *email = cli->words[0], *code = args_text(&cli->args, "code");
    struct tk_answer answer;
    char *typed;
    int status;

    if (code)
        return confirm(cli, email, code);
    tk_member_mail_code(cli->api, email, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, email);
    tk_answer_release(&answer);
    if (!cli->input_tty || cli->no_input)
        return print(cli, email, "mailed", _("a code was mailed to %s; it is valid for 5 minutes"));
    cli_note(cli, _("a code was mailed to %s; it is valid for 5 minutes"), email);
    typed = cli_ask(cli, _("Code"), "--code", &status);
    if (!typed)
        return status;
    status = confirm(cli, email, typed);
    free(typed);
    return status;
}

static const struct option_row options[] = {
    {"code", 0, OPTION_TEXT, "CODE", N_("the six digits from the mail"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_account_verify = {
    .name = "account verify",
    .synopsis = "EMAIL [--code CODE]",
    .summary = N_("have a code mailed, and confirm an e-mail with it"),
    .details = N_(
        "Without --code the code is mailed (and asked for, on a terminal); with it the e-mail is\n"
        "confirmed. An account can only be made for a confirmed e-mail."),
    .options = options,
    .examples = (const struct example[]){{"ticketaka account verify kim@example.com",
                                          N_("mails the code")},
                                         {"ticketaka account verify kim@example.com --code 012345",
                                          N_("confirms it")},
                                         {0}},
    .flags = CMD_WRITES,
    .exits = EXIT_BIT(TAKEN) | EXIT_BIT(REFUSED),
    .least = 1,
    .most = 1,
    .run = run,
};
