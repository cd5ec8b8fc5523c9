#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/net/performance.h"

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *hold;
    int status;

    if (!cli_begin_write(cli, &status))
        return status;
    tk_hold_extend(cli->api, cli->words[0], &answer);
    cli_end_write(cli, &answer);
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

const struct cmd_entry cmd_hold_extend = {
    .name = "hold extend",
    .synopsis = "HOLD",
    .summary = N_("give a hold three more minutes; twice at most"),
    .examples = (const struct example[]){{"ticketaka hold extend HOLD", N_("not decided yet")},
                                         {0}},
    .flags = CMD_LOGIN | CMD_WRITES | CMD_KEYED,
    .exits = EXIT_BIT(HOLD_GONE) | EXIT_BIT(REFUSED),
    .least = 1,
    .most = 1,
    .run = run,
};
