#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"

static int run(struct cli *cli)
{
    if (strcmp(cli->words[0], "bash") != 0)
        return cli_usage(cli, N_("give bash"), _("there is no completion for '%s'"), cli->words[0]);
    help_completion(&cli->out);
    return EXIT_DONE;
}

const struct cmd_entry cmd_completion = {
    .name = "completion",
    .synopsis = "bash",
    .summary = N_("print the completion script of a shell"),
    .examples = (const struct example[]){{"eval \"$(ticketaka completion bash)\"",
                                          N_("complete commands and options with the Tab key")},
                                         {0}},
    .flags = CMD_LOCAL,
    .least = 1,
    .most = 1,
    .run = run,
};
