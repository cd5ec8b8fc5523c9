#include "cli/cli.h"
#include "shared/net/performance.h"

static const struct column columns[] = {
    {"id", N_("Hold"), CELL_TEXT, NULL},
    {"state", N_("State"), CELL_TEXT, NULL},
    {0},
};

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *done;
    int status;

    if (!cli_confirm(cli, &status, _("Give the seats of hold '%s' back?"), cli->words[0]) ||
        !cli_begin_write(cli, &status))
        return status;
    tk_hold_release(cli->api, cli->words[0], &answer);
    cli_end_write(cli, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    tk_answer_release(&answer);
    done = json_pack("{s:s, s:s}", "id", cli->words[0], "state", "released");
    if (!done)
        return cli_fail_shape(cli, NULL);
    out_one(&cli->out, columns, done);
    json_decref(done);
    return EXIT_DONE;
}

const struct cmd_entry cmd_hold_release = {
    .name = "hold release",
    .synopsis = "HOLD",
    .summary = N_("give the seats of a hold back"),
    .examples = (const struct example[]){{"ticketaka hold release HOLD --yes",
                                          N_("without a question")},
                                         {0}},
    .flags = CMD_LOGIN | CMD_WRITES | CMD_KEYED,
    .exits = EXIT_BIT(HOLD_GONE),
    .least = 1,
    .most = 1,
    .run = run,
};
