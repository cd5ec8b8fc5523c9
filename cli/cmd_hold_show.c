#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/net/performance.h"

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *hold;

    tk_hold_get(cli->api, cli->words[0], &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    hold = shape_hold(answer.data);
    if (!hold)
        return cli_fail_shape(cli, &answer);
    out_one(&cli->out, hold_columns, hold);
    json_decref(hold);
    tk_answer_release(&answer);
    return EXIT_DONE;
}

const struct cmd_entry cmd_hold_show = {
    .name = "hold show",
    .synopsis = "HOLD",
    .summary = N_("show a hold: its seats, its total, how long it lasts"),
    .examples = (const struct example[]){{"ticketaka hold show HOLD", N_("what is in it?")}, {0}},
    .flags = CMD_LOGIN,
    .exits = EXIT_BIT(HOLD_GONE),
    .least = 1,
    .most = 1,
    .run = run,
};
