#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "shared/net/member.h"

static const struct column columns[] = {
    {"email", N_("E-mail"), CELL_TEXT, NULL},
    {"name", N_("Name"), CELL_TEXT, NULL},
    {"state", N_("State"), CELL_TEXT, NULL},
    {0},
};

/* What a sign-up needs beside e-mail and password: the option, the question, and where it goes. */
static const struct {
    const char *option, *flag, *question;
} fields[] = {
    {"name", "--name", N_("Name")},
    {"birth", "--birth", N_("Birth (yyyy-MM-dd)")},
    {"phone", "--phone", N_("Phone (010-1234-5678)")},
    {"gender", "--gender", N_("Gender (M or F)")},
};

#define FIELDS (sizeof fields / sizeof fields[0])

static bool fill(struct cli *cli, char *values[FIELDS], int *status)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const char *given = args_text(&cli->args, fields[i].option);

        values[i] = given ? strdup(given)
                          : cli_ask(cli, _(fields[i].question), fields[i].flag, status);
        if (!values[i])
            return false;
    }
    return true;
}

/* True when there was no --code, or it was right. */
static bool confirm(struct cli *cli, int *status)
{
    const char *code = args_text(&cli->args, "code");
    struct tk_answer answer;

    if (!code)
        return true;
    tk_member_validate(cli->api, cli->words[0], code, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK) {
        *status = cli_fail_answer(cli, &answer, NULL);
        return false;
    }
    tk_answer_release(&answer);
    return true;
}

static int send_form(struct cli *cli, const struct tk_signup *form)
{
    struct tk_answer answer;
    json_t *object;

    tk_member_signup(cli->api, form, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, form->email);
    tk_answer_release(&answer);
    object = json_pack("{s:s, s:s, s:s}", "email", form->email, "name", form->name, "state",
                       "signed up");
    if (!object)
        return cli_fail_shape(cli, NULL);
    if (cli->out.mode == OUT_TABLE)
        out_line(&cli->out, _("welcome; log in with: ticketaka auth login %s"), form->email);
    else
        out_one(&cli->out, columns, object);
    json_decref(object);
    return EXIT_DONE;
}

static int run(struct cli *cli)
{
    char *values[FIELDS] = {NULL}, *password = NULL;
    int status = EXIT_FAILED;

    if (fill(cli, values, &status) && (password = cli_password(cli, true, &status))) {
        if (confirm(cli, &status))
            status = send_form(cli, &(struct tk_signup){.email = cli->words[0],
                                                        .password = password,
                                                        .name = values[0],
                                                        .birth = values[1],
                                                        .phone = values[2],
                                                        .gender = values[3]});
    }
    cli_wipe(password);
    for (size_t i = 0; i < FIELDS; i++)
        free(values[i]);
    return status;
}

static const char *const genders[] = {"M", "F", "남", "여", NULL};

static const struct option_row options[] = {
    {"name", 0, OPTION_TEXT, "NAME", N_("your name, at least two characters"), 0, 0, NULL},
    {"birth", 0, OPTION_DATE, "DATE", N_("your birthday"), 0, 0, NULL},
    {"phone", 0, OPTION_TEXT, "PHONE", N_("such as 010-1234-5678"), 0, 0, NULL},
    {"gender", 0, OPTION_CHOICE, "M|F", N_("M or F"), 0, 0, genders},
    {"code", 0, OPTION_TEXT, "CODE", N_("confirm the e-mail with this code first"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_account_signup = {
    .name = "account signup",
    .synopsis = "EMAIL [options]",
    .summary = N_("make an account for a confirmed e-mail"),
    .details = N_(
        "What is not given is asked for on a terminal. Confirm the e-mail first with\n"
        "'ticketaka account verify', or give the mailed code with --code. The password has at\n"
        "least 8 characters and is never an option: --password-stdin or --password-file."),
    .options = options,
    .examples =
        (const struct example[]){
            {"ticketaka account signup kim@example.com", N_("asks for everything")},
            {"ticketaka account signup kim@example.com --code 012345 --name 김하나 --birth "
             "1990-01-31 --phone 010-1234-5678 --gender F --password-file password",
             N_("without a terminal")},
            {0}},
    .flags = CMD_WRITES,
    .exits = EXIT_BIT(TAKEN) | EXIT_BIT(REFUSED),
    .least = 1,
    .most = 1,
    .run = run,
};
