#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"

static int run(struct cli *cli)
{
    const struct cmd_entry *cmd;
    int used, status;

    if (!cli->count)
        return help_for(&cli->out, NULL);
    cmd = command_find(cli->words, cli->count, &used);
    if (cmd && used == cli->count)
        return help_for(&cli->out, cmd);
    if (cli->count == 1 && command_is_group(cli->words[0])) {
        help_group(&cli->out, cli->words[0]);
        return EXIT_DONE;
    }
    status = help_topic(&cli->out, cli->words[0]);
    if (status >= 0)
        return status;
    return cli_usage(cli, N_("see 'ticketaka help'"), _("there is no help on '%s'"), cli->words[0]);
}

const struct cmd_entry cmd_help = {
    .name = "help",
    .synopsis = "[COMMAND | TOPIC]",
    .summary = N_("show help on a command or a topic"),
    .details = N_("Topics: exit-codes, environment, formatting, scripting."),
    .examples = (const struct example[]){{"ticketaka help reserve", N_("how is a seat reserved?")},
                                         {"ticketaka help exit-codes",
                                          N_("what may a script rely on?")},
                                         {0}},
    .flags = CMD_LOCAL,
    .most = 2,
    .run = run,
};
