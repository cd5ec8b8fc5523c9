#include "cli/cli.h"
#include "shared/net/member.h"

static const struct column columns[] = {
    {"email", N_("E-mail"), CELL_TEXT, "email"},
    {"name", N_("Name"), CELL_TEXT, "name"},
    {"phone", N_("Phone"), CELL_TEXT, "phone"},
    {"birth", N_("Birth"), CELL_TEXT, "birth"},
    {0},
};

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *object;

    tk_member_info(cli->api, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, NULL);
    object = json_is_object(answer.data) ? out_reshape(columns, answer.data) : NULL;
    if (!object)
        return cli_fail_shape(cli, &answer);
    out_one(&cli->out, columns, object);
    json_decref(object);
    tk_answer_release(&answer);
    return EXIT_DONE;
}

const struct cmd_entry cmd_account_info = {
    .name = "account info",
    .synopsis = "",
    .summary = N_("show your account"),
    .examples = (const struct example[]){{"ticketaka account info", N_("as what am I known?")},
                                         {0}},
    .flags = CMD_LOGIN,
    .run = run,
};
